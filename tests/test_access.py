"""Who may open what: 18 personas × 4 relations × 7 methods × every address of the resolver."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from reform import comments
from reform.models import Evidence
from schools.models import Membership, School
from schools.roles import AT_BUREAU, RIGHTS
from tests import world

MATRIX = tomllib.loads(Path(__file__).with_name("access_matrix.toml").read_text("utf-8"))
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
RELATIONS = ("own", "sibling", "foreign", "missing")
OFFICIALS_SEE = {"own", "sibling"}
# persona → (roles held, relations whose schools it may see, is it the authority of own and sibling)
PERSONAS = {
    "anonymous": (set(), set()),
    "filer": ({"filer"}, {"own"}),
    "secretary": ({"secretary"}, {"own"}),
    "neighbour": ({"filer"}, {"sibling"}),
    "bureau": ({"filer"}, set()),  # its own things are named in the matrix
    "reviewer": ({"reviewer"}, OFFICIALS_SEE),
    "manager": ({"manager"}, OFFICIALS_SEE),
    "viewer": ({"viewer"}, OFFICIALS_SEE),
    "other_reviewer": ({"reviewer"}, {"foreign"}),
    "city_viewer": ({"viewer"}, OFFICIALS_SEE),
    "province_viewer": ({"viewer"}, OFFICIALS_SEE),
    "nation_viewer": ({"viewer"}, set()),
    "editor": ({"editor"}, set()),
    "auditor": ({"auditor"}, set()),
    "operator": ({"operator"}, set()),
    "disabled": (set(), set()),
    "ended": (set(), {"own"}),  # the account still tells of the post
    "replaced": (set(), set()),
}
ANYONE, SIGNED_IN = "anyone", "signed_in"


def patterns(resolver=None, prefix=""):
    """Every named pattern of ours: (name, pattern); the stock admin has its own test."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name, pattern
        elif pattern.app_name != "admin":
            yield from patterns(pattern)


NAMED = dict(patterns())


def test_every_address_has_a_name_and_every_name_is_declared_here():
    assert None not in NAMED
    assert sorted(NAMED) == sorted(MATRIX)


def test_every_view_says_itself_who_may_open_it_and_says_the_same_as_the_matrix():
    said = {name: sorted(pattern.callback.access) for name, pattern in NAMED.items()}
    assert said == {name: sorted(row["access"]) for name, row in MATRIX.items()}


class Cast:
    """Two schools of one county, one of another province, and one person per persona."""

    def __init__(self):
        self.things = {
            "own": self.school("canary-own-1f", world.COUNTY),
            "sibling": self.school("canary-sibling-2e", world.COUNTY),
            "foreign": self.school("canary-foreign-3d", world.ABROAD),
        }
        own, sibling = self.things["own"]["school"], self.things["sibling"]["school"]
        seats = {
            "filer": ("filer", own),
            "secretary": ("secretary", own),
            "neighbour": ("filer", sibling),
            "bureau": ("filer", School.objects.get(kind="bureau", authority=world.COUNTY)),
            "reviewer": ("reviewer", world.COUNTY),
            "manager": ("manager", world.COUNTY),
            "viewer": ("viewer", world.COUNTY),
            "other_reviewer": ("reviewer", world.ABROAD),
            "city_viewer": ("viewer", "3301"),
            "province_viewer": ("viewer", "33"),
            "nation_viewer": ("viewer", "0"),
            "editor": ("editor", "0"),
            "auditor": ("auditor", "0"),
            "operator": ("operator", "0"),
            "disabled": ("filer", own),
            "ended": ("filer", own),
            "replaced": ("reviewer", world.COUNTY),
        }
        self.seats = {name: world.seat(role, place) for name, (role, place) in seats.items()}
        lists = {
            "own": world.list_of(self.seats["manager"]),
            "foreign": world.list_of(world.seat("manager", world.ABROAD)),
        }
        for relation, things in self.things.items():
            things["school_list"] = lists.get(relation, lists["own"])
        yesterday = date(2026, 11, 19)
        for name in ("ended", "replaced"):
            Membership.objects.filter(user=self.seats[name].user).update(ends_on=yesterday)

    def school(self, name, authority):
        school = world.school(name, authority=authority)
        filer = world.seat("filer", school)
        entry = world.entry(school, "Z2.1", due_on=date(2026, 11, 30))
        file = Evidence.objects.create(
            entry=entry,
            school=school,
            sha256="0" * 64,
            name=f"{name}.pdf",
            size=10,
            kind="pdf",
            uploaded_by=filer.user,
            uploaded_at=world.NOON,
        )
        waiting = world.file(world.entry(school, "Z2.2"), filer, note=f"{name} 已办。")
        campaign = entry.slot.campaign
        return {
            "school": school,
            "branch": world.branch(school, name=f"{name} 支部"),
            "entry": entry,
            "hosted": self.hosted(school),
            "kept": self.kept(authority),
            "waiting": waiting,
            "evidence": file,
            "person": filer.user,
            "post": filer.user.memberships.get(),
            "comment": comments.say(entry.pk, by=filer, text="请看一下课时数。"),
            "extension": world.asked(entry, filer),
            "reminder": world.told(entry, filer),
            "campaign": campaign,
            "slot": entry.slot,
            "region": authority,
            "framework": campaign.framework,
        }

    def hosted(self, school):
        """An entry of the school where the joint branch of this one stands."""
        host = world.school("牵头学校", authority=school.authority_id)
        world.branch(school, form="joint", host=world.branch(host, form="joint"))
        school.enrolments.update(profile="joint")
        return world.entry(host, "S5.1")

    def kept(self, authority):
        """An entry that the bureau keeps itself."""
        bureau = School.objects.filter(kind="bureau", authority=authority).first()
        bureau = bureau or world.bureau(authority)
        return bureau.entries.first() or world.entry(bureau, "X1.4", counted=False)

    def client(self, persona):
        client = Client()
        if persona != "anonymous":
            world.sign_in(client, self.seats[persona])
        if persona == "disabled":
            user = self.seats[persona].user
            user.is_active = False
            user.save()
        return client

    def path(self, name, relation):
        return reverse(name, kwargs=self.arguments(name, relation))

    def arguments(self, name, relation):
        kind = MATRIX[name].get("thing")
        values = {}
        for argument in NAMED[name].pattern.converters:
            if argument in MATRIX[name].get("with", {}):
                values[argument] = MATRIX[name]["with"][argument]
            elif relation == "missing":
                values[argument] = {"region": "999999", "code": "2133999999"}.get(
                    argument, 987654321
                )
            else:
                thing = self.things[relation][kind]
                values[argument] = (
                    thing if kind == "region" else thing.code if kind == "school" else thing.pk
                )
        return values


@pytest.fixture
def everybody(db, travel):
    return Cast()


def expected(name, persona, relation, method):
    """The set of answers that are right; written down here apart from the product's own rules."""
    row = MATRIX[name]
    access = set(row["access"])
    roles, sees = PERSONAS[persona]
    if ANYONE not in access:
        if persona in ("anonymous", "disabled"):
            return {302}
        granted = {str(role) for verb in access & RIGHTS.keys() for role in RIGHTS[verb]}
        if persona == "bureau":
            granted |= {str(role) for verb in access & AT_BUREAU.keys() for role in AT_BUREAU[verb]}
        if SIGNED_IN not in access and not roles & granted:
            return {403}
    if method not in row["methods"]:
        return {405}
    kind = row.get("thing")
    if (kind and relation == "missing") or persona in row.get("closed_to", ()):
        return {404}
    if kind and relation not in sees | set(row.get("open_to", {}).get(persona, [])):
        return {404} if kind != "framework" else set(row["ok"])
    return set(row.get("post", row["ok"]) if method == "POST" else row["ok"])


def relations_of(name):
    return RELATIONS if MATRIX[name].get("thing") else ("own",)


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_matrix(everybody, persona, caplog):
    """Every address × relation × method gives what the matrix says; refusals leave no trace."""
    wrong, asked = [], 0
    client = everybody.client(persona)
    caplog.set_level("CRITICAL")
    for name in NAMED:
        for relation in relations_of(name):
            for method in METHODS:
                if MATRIX[name].get("ends_session") and method == "POST":
                    continue
                response = client.generic(method, everybody.path(name, relation))
                asked += 1
                right = expected(name, persona, relation, method)
                if response.status_code not in right:
                    wrong.append((name, relation, method, response.status_code, sorted(right)))
    assert not wrong, "\n".join(map(str, wrong))
    assert asked >= 7 * len(NAMED) - 1


@pytest.mark.parametrize("persona", PERSONAS)
def test_no_page_shows_a_name_from_out_of_scope(everybody, persona):
    """Read every page with every relation: no foreign canary in any body."""
    _roles, sees = PERSONAS[persona]
    client = everybody.client(persona)
    hidden = [t["school"].name for relation, t in everybody.things.items() if relation not in sees]
    leaks = []
    for name in NAMED:
        if "GET" not in MATRIX[name]["methods"]:
            continue
        for relation in relations_of(name):
            response = client.get(everybody.path(name, relation))
            body = b"".join(response) if response.streaming else response.content
            leaks += [(name, relation, canary) for canary in hidden if canary.encode() in body]
    assert leaks == []


def test_a_foreign_object_and_none_at_all_look_the_same(everybody):
    client = everybody.client("filer")
    for name, row in MATRIX.items():
        if row.get("thing") in (None, "framework") or "GET" not in row["methods"]:
            continue
        bodies = [client.get(everybody.path(name, rel)) for rel in ("foreign", "missing")]
        texts = {r.content.replace(r.wsgi_request.path.encode(), b"") for r in bodies}
        assert len(texts) == 1, name


def test_a_post_that_ends_is_refused_at_once(everybody):
    client = everybody.client("reviewer")
    assert client.get(reverse("review")).status_code == 200
    Membership.objects.filter(user=everybody.seats["reviewer"].user).update(
        ends_on=date(2026, 11, 20) - timedelta(days=1)
    )
    assert client.get(reverse("review")).status_code == 403
