"""The pages of registers: added in place, changed, ended, removed and brought back; who reads."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools.models import Branch, CommitteeSeat, Meeting, Region
from schools.registers import REGISTERS
from tests import world

pytestmark = pytest.mark.database
HEADERS = {"origin": world.ORIGIN}
SAMPLE = {
    "branches": {"name": "二支部", "form": "branch"},
    "units": {"kind": "subject", "name": "语文组"},
    "committee_members": {"seat": "publicity"},
    "leadership_groups": {"name": "德育领导小组", "scopes": ["moral"]},
    "meetings": {"kind": "principal", "held_on": date(2026, 10, 12), "expected": 7, "attended": 7},
    "consultations": {"kind": "award", "batch": "优秀教师"},
    "documents": {"kind": "plan", "doc_no": "校发〔2026〕3号"},
    "trainings": {"title": "政治训练班", "held_on": date(2026, 10, 12)},
    "cadre_pool": {"as_of": date(2026, 10, 1), "cadres": 12},
    "posts": {"level": "school", "approved": 5, "filled": 4},
    "studios": {"name": "名校长工作室"},
    "activities": {"kind": "red_resource", "title": "清明祭扫", "held_on": date(2026, 10, 12)},
}  # fmt: skip


@pytest.fixture
def english(cast):
    for seat in (cast.filer, cast.viewer, cast.manager):
        seat.user.language = "en"
        seat.user.save(update_fields=["language"])


def text(response):
    return response.content.decode()


def send(client, path, **values):
    return client.post(path, values, headers=HEADERS)


def sample(key, school, branch):
    more = {"branch": branch} if key == "committee_members" else {}
    return world.row(key, school, **SAMPLE[key], **more)


# ---- keeping


@pytest.mark.parametrize("key", REGISTERS)
def test_each_register_has_its_page_and_each_row_its_form(cast, at, key):
    row = sample(key, cast.school, world.branch(cast.school, "一支部"))
    client = at(cast.filer)

    assert client.get(f"/registers/{key}/").status_code == 200
    assert client.get(f"/registers/{key}/?show=gaps").status_code == 200
    assert client.get(f"/registers/{key}/{row.pk}/").status_code == 200


def test_a_meeting_is_added_with_what_last_time_said_and_offered_again(cast, at, english):
    branch = world.branch(cast.school, "一支部")
    client = at(cast.filer)
    path = "/registers/meetings/"
    first = send(client, path, kind="committee", held_on="2026-10-12", branch=f"#{branch.pk}",
                 expected="5", attended="4", topics=["theory"])  # fmt: skip
    meeting = Meeting.objects.get()

    page = client.get(first.url)
    assert "The same again on <time" in text(page)
    again = client.get(page.context["again"].split("#")[0])
    started = again.context["form"].initial
    assert (started["held_on"], started["branch"]) == ("2026-11-12", f"#{branch.pk}")
    assert (started["expected"], started["attended"]) == (5, "")
    assert (meeting.branch_id, meeting.attended, meeting.topics) == (branch.pk, 4, ["theory"])


def test_a_month_that_is_still_to_come_is_not_offered(cast, at):
    meeting = world.row("meetings", cast.school, kind="talk", held_on=date(2026, 11, 3))
    assert at(cast.filer).get(f"/registers/meetings/?done={meeting.pk}").context["again"] == ""


def test_the_last_day_of_january_comes_again_on_the_last_of_february(cast, at):
    meeting = world.row("meetings", cast.school, kind="talk", held_on=date(2026, 1, 31))
    page = at(cast.filer).get(f"/registers/meetings/?done={meeting.pk}")
    assert page.context["again_on"] == date(2026, 2, 28)


def test_wrong_cells_are_told_beside_their_fields_and_what_was_typed_stays(cast, at, english):
    world.branch(cast.school, "一支部")
    response = send(at(cast.filer), "/registers/meetings/", kind="principal", held_on="2026-10-12",
                    expected="7", attended="9", note="13800138000")  # fmt: skip

    form = response.context["form"]
    assert (response.status_code, Meeting.objects.count()) == (422, 0)
    assert form.errors["attended"] == ["More came than were expected (7). Was it exchanged?"]
    assert list(form.errors) == ["attended", "note"]
    assert form.more_open and 'value="9"' in text(response)


def test_a_kind_is_chosen_first_and_only_its_fields_are_asked(cast, at):
    client = at(cast.filer)
    assert client.get("/registers/meetings/").context["form"] is None
    asked = {kind: set(client.get(f"/registers/meetings/?kind={kind}").context["form"].fields)
             for kind in ("principal", "party_group", "leadership_group")}  # fmt: skip

    common = {"kind", "held_on", "expected", "attended", "topics", "note"}
    assert asked == {
        "principal": common | {"has_appointment"},
        "party_group": common | {"branch", "party_group"},
        "leadership_group": common | {"group"},
    }


def test_a_plan_is_offered_todays_date_and_a_rule_none(cast, at):
    def offered(kind):
        page = at(cast.filer).get(f"/registers/documents/?kind={kind}")
        return page.context["form"]["adopted_on"].value()

    assert (offered("activity_plan"), offered("rule_talk")) == ("2026-11-20", "")


def test_choices_are_those_of_the_own_school(cast, at):
    world.branch(cast.school, "一支部")
    world.branch(cast.stranger_school, "邻校支部")
    page = text(at(cast.filer).get("/registers/units/"))
    assert "一支部" in page and "邻校支部" not in page


def test_a_row_is_changed_ended_and_stays_in_the_fold(cast, at):
    branch = world.branch(cast.school, "一支部", form="branch")
    client, path = at(cast.filer), f"/registers/branches/{branch.pk}/"
    version = branch.changed_at.isoformat()

    changed = send(client, path, name="语文支部", form="branch", full_members="8", version=version)
    ended = send(client, f"{path}end/", until="2026-08-31")

    assert (changed.status_code, ended.status_code) == (302, 302)
    branch.refresh_from_db()
    assert (branch.name, branch.full_members, branch.until) == ("语文支部", 8, date(2026, 8, 31))
    page = client.get("/registers/branches/").context
    assert (page["lines"], [line.row for line in page["over"]]) == ([], [branch])


def test_a_row_that_was_changed_meanwhile_is_not_overwritten(cast, at):
    branch = world.branch(cast.school, "一支部")
    response = send(at(cast.filer), f"/registers/branches/{branch.pk}/", name="甲", form="branch",
                    version="2026-01-01T00:00:00+00:00")  # fmt: skip

    assert response.status_code == 409
    assert Branch.objects.get().name == "一支部"


def test_a_removed_row_is_brought_back_from_its_notice(cast, at):
    branch = world.branch(cast.school, "一支部")
    client = at(cast.filer)

    gone = client.get(send(client, f"/registers/branches/{branch.pk}/remove/").url)
    assert (gone.context["lines"], gone.context["gone"], gone.context["out"]) == (
        [], branch, [branch]
    )  # fmt: skip
    back = client.get(send(client, f"/registers/branches/{branch.pk}/restore/").url)
    assert [line.row for line in back.context["lines"]] == [branch]


def test_a_branch_that_others_name_is_offered_an_end_instead(cast, at):
    branch = world.branch(cast.school, "一支部")
    world.row("units", cast.school, kind="subject", name="语文组", branch=branch)

    response = send(at(cast.filer), f"/registers/branches/{branch.pk}/remove/")

    assert response.status_code == 422
    assert [(one.key, n) for one, n in response.context["named"]] == [("units", 1)]
    assert f"/registers/branches/{branch.pk}/end/" in text(response)
    assert Branch.objects.get().removed_at is None


def test_another_schools_row_is_no_row(cast, at):
    strange = world.branch(cast.stranger_school)
    client = at(cast.filer)
    assert client.get(f"/registers/branches/{strange.pk}/").status_code == 404
    for step in ("", "end/", "remove/", "restore/"):
        assert send(client, f"/registers/branches/{strange.pk}/{step}").status_code == 404


def test_pages_of_many_rows_show_each_once(cast, at):
    for n in range(120):
        world.row("meetings", cast.school, kind="talk", held_on=date(2026, 9, 1 + n % 7))
    client, seen, query = at(cast.filer), [], "?kind=talk"
    while query:
        page = client.get(f"/registers/meetings/{query}").context
        seen += [line.row.pk for line in page["lines"]]
        query = page["next_url"]

    assert len(seen) == len(set(seen)) == 120
    assert seen == list(Meeting.objects.values_list("pk", flat=True))


# ---- the overview, and who else reads


def test_whoever_came_from_an_item_is_led_back_to_it(cast, at, english):
    branch = world.branch(cast.school, "一支部")
    entry, other = world.entry(cast.school, "S3.2"), world.entry(cast.stranger_school, "S3.2")
    client = at(cast.filer)
    path = "/registers/committee_members/"
    values = {"branch": f"#{branch.pk}", "seat": "publicity"}

    form = client.get(f"{path}?for={entry.pk}")
    saved = send(client, path, **values, **{"for": entry.pk})
    shown = text(client.get(saved.url))
    strange = client.get(f"{path}?for={other.pk}")

    row = CommitteeSeat.objects.get()
    back = f'<a class="btn" href="/entries/{entry.pk}/">Back to S3.2</a>'
    assert f'name="for" value="{entry.pk}"' in text(form)
    assert back in shown
    assert re.search(r'<div class="note late"[^>]*><p>S3.2 still lacks \d+ rows?: ', shown)
    assert f'href="{path}{row.pk}/?for={entry.pk}"' in text(client.get(saved.url))
    changed = send(client, f"{path}{row.pk}/", **values, version=row.changed_at.isoformat(),
                   **{"for": entry.pk})  # fmt: skip
    assert back in text(client.get(changed.url))
    assert "Back to" not in text(strange)
    assert "Back to" not in text(client.get(f"{path}?for=x"))


def test_the_row_that_a_link_meant_is_marked(cast, at, english):
    rows = [world.branch(cast.school, f"{n}支部") for n in range(2)]

    page = text(at(cast.filer).get(f"/registers/branches/?row={rows[1].pk}"))

    assert page.count("the row that was meant") == 1
    assert f'<tr id="r{rows[1].pk}" aria-current="true">' in page


def test_the_overview_says_whether_our_facts_are_right(cast, at, english):
    client = at(cast.filer)
    assert "Your registers are still empty." in text(client.get("/registers/"))
    world.branch(cast.school, "一支部", form="branch")

    page = client.get("/registers/")
    assert "1 row of your registers lacks something" in text(page)
    found = {one.register.key: one for _pillar, many in page.context["pillars"] for one in many}
    assert len(found) == 12
    assert (found["branches"].rows, found["branches"].gaps) == (1, 1)


def test_items_that_a_register_answers_are_named_and_linked(cast, at):
    entry = world.entry(cast.school, "S2.1")
    page = at(cast.filer).get("/registers/branches/")
    assert [url for _words, url in page.context["items"]] == [f"/entries/{entry.pk}/"]


def test_every_gap_that_is_counted_is_named_at_its_row(cast, at):
    branch = world.branch(cast.school, "一支部")
    for key in REGISTERS:
        sample(key, cast.school, branch)
    client = at(cast.filer)
    counted = {one.register.key: one.gaps
               for _pillar, many in client.get("/registers/").context["pillars"]
               for one in many}  # fmt: skip

    pages = {key: client.get(f"/registers/{key}/").context["lines"] for key in REGISTERS}
    named = {key: sum(bool(line.lacks) for line in lines) for key, lines in pages.items()}
    assert counted == named
    assert sum(counted.values()) > 5


def test_officials_read_and_press_nothing(cast, at):
    world.branch(cast.school, "一支部")
    for seat in (cast.viewer, cast.reviewer, cast.manager, world.seat("viewer", "3301")):
        page = text(at(seat).get(f"/schools/{cast.school.code}/registers/branches/"))
        assert "一支部" in page
        main = page[page.index("<main") :]
        assert "<form" not in main and 'href="/registers/' not in main
    assert at(cast.strange_reviewer).get(
        f"/schools/{cast.school.code}/registers/").status_code == 404  # fmt: skip


def test_small_counts_of_persons_are_hidden_outside_the_school(cast, at):
    world.row("posts", cast.school, level="school", approved=17, filled=3)
    assert '<td class="num"><span class="narrow muted">在岗数 </span>3</td>' in text(
        at(cast.filer).get("/registers/posts/"))  # fmt: skip
    outside = text(at(cast.viewer).get(f"/schools/{cast.school.code}/registers/posts/"))
    assert "&lt;5" in outside and "17" in outside and "</span>3</td>" not in outside


def test_a_name_stands_only_where_the_county_allows_it(cast, at, english):
    branch = world.branch(cast.school, "一支部")
    seat = world.row("committee_members", cast.school, branch=branch, seat="secretary",
                     holder="张某某")  # fmt: skip
    own, outside = "/registers/committee_members/", f"/schools/{cast.school.code}/registers/"
    paths = (own, f"{own}{seat.pk}/", f"{outside}committee_members/")

    def shown():
        readers = (cast.filer, cast.filer, cast.viewer)
        return [
            "张某某" in text(at(who).get(path)) for who, path in zip(readers, paths, strict=True)
        ]

    assert shown() == [False, False, False]
    off = send(at(cast.filer), own, branch=f"#{branch.pk}", seat="publicity", holder="李某某")
    assert (off.status_code, CommitteeSeat.objects.filter(holder="李某某").count()) == (302, 0)
    assert send(at(cast.manager), "/setup/names/", allow="yes").status_code == 302
    assert Region.objects.get(pk=world.COUNTY).office_names is True
    assert shown() == [True, True, True]
    send(at(cast.manager), "/setup/names/", allow="no")
    assert shown() == [False, False, False]
    assert CommitteeSeat.objects.get(pk=seat.pk).holder == "张某某"


# ---- figures

QUERIES = {"/registers/": 7, "/registers/branches/": 10, "/registers/meetings/?kind=general": 10,
           "/registers/activities/?kind=frontline": 8, "/registers/trainings/": 8,
           "/registers/studios/": 9}  # fmt: skip


@pytest.mark.parametrize("path", QUERIES)
@pytest.mark.parametrize("rows", [1, 3])
def test_the_queries_of_a_page_do_not_grow_with_its_rows(cast, at, path, rows):
    key = path.split("/")[2] or "branches"
    for n in range(rows):
        branch = world.branch(cast.school, f"{n}支部")
        row = sample(key, cast.school, branch)
        if key == "studios":
            row.members.set([cast.school, cast.stranger_school])
    world.entry(cast.school, "S2.1")
    client = at(cast.filer)
    client.get(path)

    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    assert len(asked) == QUERIES[path]
