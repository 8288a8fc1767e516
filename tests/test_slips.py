"""Slips: codes told once on paper, for those who wait, for a school without anybody, for one."""

import re

import pytest
from django.urls import reverse

from reform import accounts, slips
from reform.models import AuditLine
from schools import activation
from schools.errors import Denied
from schools.models import Activation, User
from tests import world

pytestmark = pytest.mark.django_db

CODE = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}")
FILL, SLIPS = "/people/fill/", "/people/slips/"


@pytest.fixture
def desk(cast, client):
    """The county's manager, signed in, in English."""
    client.cookies["language"] = "en"
    return world.sign_in(client, cast.manager)


def made(cast, n=1, **fields):
    said = {"role": "filer", **fields}
    return [
        accounts.create(cast.manager, place=cast.school, name=f"教师{i}", **said) for i in range(n)
    ]


def printed(response):
    """(account, code) of each slip of a page."""
    return [(slip.username, slip.code) for slip in response.context["slips"]]


def test_one_button_makes_a_filer_and_a_slip_for_each_school_that_has_none(cast, desk):
    bare = [world.school(f"无人小学{n}") for n in range(3)]

    page = desk.post(FILL, {"key": "k1"})

    assert page.status_code == 200
    assert [slip.place for slip in page.context["slips"]] == [school.name for school in bare]
    for school, (username, code) in zip(bare, printed(page), strict=True):
        found = activation.use(username, code)
        assert found.memberships.get().school == school
        assert found.name == "Filer"
    assert desk.post(FILL, {"key": "k2"}).url == reverse("people_gaps")
    assert AuditLine.objects.filter(what="account new").count() == 3
    assert AuditLine.objects.filter(what="code issue").count() == 3
    assert AuditLine.objects.get(what="slip print").thing.startswith("3 ")


def test_the_chains_of_all_schools_of_a_page_are_locked_at_once(
    cast, desk, django_assert_max_num_queries
):
    """One by one, in the order of names, two people would wait for each other for ever."""
    schools = [world.school(name) for name in ("乙小学", "甲小学", "丙小学")]
    chains = sorted(school.subject for school in schools)
    for url, fields in ((FILL, {"key": "k1"}), (SLIPS, {"all": "anew", "key": "k2"})):
        with django_assert_max_num_queries(200) as asked:
            assert desk.post(url, fields).status_code == 200
        first = next(q["sql"] for q in asked if 'FROM "reform_chain"' in q["sql"])
        assert all(f"'{chain}'" in first for chain in chains)


def test_a_slip_opens_the_account_once(cast, desk, client):
    made(cast)
    ((username, code),) = printed(desk.post(SLIPS, {"all": "wait"}))
    first = {"username": username, "code": code,
             "new_password1": world.PASSWORD, "new_password2": world.PASSWORD}  # fmt: skip

    stranger = type(client)()
    opened = stranger.post(reverse("activate"), first)
    again = type(client)().post(reverse("activate"), first)

    assert opened.status_code == 302
    assert User.objects.get(username=username).has_usable_password()
    assert again.status_code != 302
    assert Activation.objects.filter(used_at__isnull=False).count() == 1


def test_a_new_slip_ends_the_one_before_and_leaves_the_password(cast, desk):
    user = cast.filer.user
    ((_name, first),) = printed(desk.post(SLIPS, {"person": user.pk, "key": "a"}))
    ((_name, second),) = printed(desk.post(SLIPS, {"person": user.pk, "key": "b"}))

    assert isinstance(activation.check(user.username, first), Denied)
    assert Activation.objects.filter(revoked_at__isnull=False).count() == 1
    assert activation.check(user.username, second) == user
    user.refresh_from_db()
    assert user.check_password(world.PASSWORD)


def test_the_codes_are_shown_once_and_kept_nowhere(cast, desk):
    made(cast, 2)
    page = desk.post(SLIPS, {"all": "anew", "key": "k1"})
    codes = [code for _name, code in printed(page)]
    again = desk.post(SLIPS, {"all": "anew", "key": "k1"})

    assert again.status_code == 409
    assert "known to nobody now" in again.content.decode()
    assert not CODE.search(again.content.decode())
    kept = str([list(Activation.objects.values()), list(AuditLine.objects.values())])
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]
    assert "no-store" in page.headers["Cache-Control"]


def test_who_holds_a_valid_slip_is_not_given_another_unasked(cast, desk, travel):
    made(cast, 3)
    assert len(printed(desk.post(SLIPS, {"all": "wait", "key": "a"}))) == 3

    assert desk.post(SLIPS, {"all": "wait", "key": "b"}).url == reverse("people")
    assert len(printed(desk.post(SLIPS, {"all": "anew", "key": "c"}))) == 3
    travel.shift(world.days(15))
    world.sign_in(desk, cast.manager)
    assert len(printed(desk.post(SLIPS, {"all": "wait", "key": "d"}))) == 3


def test_a_slip_has_what_a_teacher_needs_to_sign_in(cast, desk, settings):
    settings.PUBLIC_URL = "https://ledger.example.cn"
    User.objects.filter(pk=cast.manager.user.pk).update(name="钱科长", phone="0571-8700 0000")
    (user,) = made(cast)
    page = desk.post(SLIPS, {"all": "wait"})
    (slip,) = page.context["slips"]
    body = page.content.decode()

    for word in ("阳光小学", "教师0", user.username, slip.code, "https://ledger.example.cn",
                 "2026-12-04", "钱科长", "0571-8700 0000"):  # fmt: skip
        assert word in body, word
    assert slip.qr == slips.drawn(f"https://ledger.example.cn/activate/?u={user.username}")
    assert slip.code not in slip.qr
    assert "<path" in slip.qr
    assert "style=" not in slip.qr


def test_nobody_elses_people_get_a_slip(cast, desk):
    page = desk.post(SLIPS, {"person": [cast.stranger.user.pk, cast.reviewer.user.pk, "x", "-1"]})
    assert printed(page) == []
    assert Activation.objects.count() == 0


def test_who_also_sits_elsewhere_is_named_and_the_others_are_printed(cast, desk):
    world.seat("filer", cast.stranger_school, cast.filer.user)
    (user,) = made(cast)

    page = desk.post(SLIPS, {"person": [cast.filer.user.pk, user.pk]})

    assert [name for name, _code in printed(page)] == [user.username]
    assert "also holds a post elsewhere" in page.content.decode()


def test_more_than_a_page_of_slips_goes_on_with_the_next(cast, desk, monkeypatch):
    monkeypatch.setattr(slips, "AT_ONCE", 2)
    made(cast, 3)

    first = desk.post(SLIPS, {"all": "wait", "key": "a"})
    assert (len(printed(first)), first.context["left"]) == (2, 1)
    second = desk.post(SLIPS, {"all": "wait", "key": first.context["key"]})
    assert (len(printed(second)), second.context["left"]) == (1, 0)


def test_an_operator_makes_no_accounts_for_schools(cast, client):
    world.school("无人小学")
    world.sign_in(client, world.seat("operator", "0"))
    assert client.post(FILL, {}).status_code == 403
    assert User.objects.filter(memberships__school__name="无人小学").count() == 0


@pytest.mark.parametrize(("address", "list_of"), [(SLIPS, "people"), (FILL, "people_gaps")])
def test_who_comes_back_to_a_sheet_of_slips_is_led_to_the_list(cast, desk, address, list_of):
    """From the history of the browser; and nothing on the sheet itself asks for it again."""
    world.school("无人小学")
    assert desk.get(address).url == reverse(list_of)
    assert not Activation.objects.exists()

    sheet = desk.post(FILL, {"key": "k1"}).content.decode()
    assert reverse("language") not in sheet
    assert reverse("language") in desk.get("/people/").content.decode()
