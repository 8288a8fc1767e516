"""Accounts on their pages: the list, a person, one by one, ended, handed over, the gaps."""

import re
from datetime import date

import pytest
from django.urls import reverse

from reform import accounts
from reform.models import AuditLine, Draft
from schools.models import Membership, School, User
from tests import world
from tests.reading import heading

pytestmark = pytest.mark.django_db

TODAY, YESTERDAY, TOMORROW = date(2026, 11, 20), date(2026, 11, 19), date(2026, 11, 21)


@pytest.fixture
def desk(cast, client):
    """The county's manager, signed in, in English."""
    client.cookies["language"] = "en"
    return world.sign_in(client, cast.manager)


@pytest.fixture
def machine(cast, client):
    """An operator of the nation, signed in, in English."""
    client.cookies["language"] = "en"
    return world.sign_in(client, world.seat("operator", "0"))


def text(response):
    """The words of a page, without marks."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", words)


def names(response):
    """The user names of the list."""
    return [row["user"].username for row in response.context["rows"]]


def made(cast, **fields):
    said = {"place": cast.school, "role": "filer", "name": "周老师", **fields}
    return accounts.create(cast.manager, **said)


def post_of(user):
    return user.memberships.latest("pk")


# ---- the list


def test_a_manager_sees_the_people_of_the_own_schools_and_an_operator_those_of_regions(
    cast, desk, client
):
    listed = names(desk.get(reverse("people")))
    assert listed == [cast.filer.user.username, cast.secretary.user.username]

    world.sign_in(client, world.seat("operator", "0", world.person("machine")))
    listed = names(client.get(reverse("people")))
    assert cast.reviewer.user.username in listed
    assert cast.filer.user.username not in listed


def test_where_nobody_has_an_account_the_page_says_what_to_do_and_counts_nothing(cast, client):
    client.cookies["language"] = "en"
    empty = world.sign_in(client, world.seat("manager", world.OTHER_CITY)).get(reverse("people"))

    assert "Accounts come after the school list." in text(empty)
    assert "Find people" not in text(empty)
    assert "Schools nobody files for" not in text(empty)


def test_refused_mail_is_counted_only_where_mail_is_sent(cast, desk, settings):
    made(cast)
    assert "Mail refused" not in text(desk.get(reverse("people")))
    settings.MAIL_SERVER = {"host": "127.0.0.1"}
    assert "Mail refused" in text(desk.get(reverse("people")))


def test_a_city_keeps_the_accounts_of_its_own_schools_only(cast, desk):
    senior = world.school("市属中学", authority="3301", region=world.COUNTY)
    filer = world.seat("filer", senior)
    world.sign_in(desk, world.seat("manager", "3301"))

    assert names(desk.get(reverse("people"))) == [filer.user.username]
    assert desk.get(reverse("person", args=[cast.filer.user.pk])).status_code == 404


def test_the_list_is_narrowed_by_name_account_school_and_state(cast, desk):
    waiting = made(cast, name="周老师", phone="0571-87001234", username="zhou.laoshi")
    gone = world.seat("filer", cast.school, world.person("gone"))
    Membership.objects.filter(user=gone.user).update(ends_on=YESTERDAY)
    User.objects.filter(pk=cast.secretary.user.pk).update(email_refused_at=world.NOON)

    def found(**query):
        return names(desk.get(reverse("people"), query))

    assert found(q="周老") == found(q="ZHOU.") == found(show="waiting") == [waiting.username]
    assert len(found(q="阳光")) == 3
    assert found(show="ended") == ["gone"]
    assert found(show="refused") == [cast.secretary.user.username]
    assert found(q="无此人") == []
    page = desk.get(reverse("people"))
    assert "3 people of 西湖区 have an account; not yet activated: 1." in text(page)
    assert "0571****34" in text(page)
    assert "0571-87001234" not in text(page)
    assert "no slip issued yet" in text(page)


def test_a_row_tells_of_the_last_slip(cast, desk, travel):
    user = made(cast)
    accounts.reissue(user, by=cast.manager)
    assert "slip of 2026-11-20, valid until 2026-12-04" in text(desk.get(reverse("people")))
    travel.shift(world.days(15))
    world.sign_in(desk, cast.manager)
    assert "slip of 2026-11-20 ran out on 2026-12-04" in text(desk.get(reverse("people")))


def test_paging_shows_everybody_once_in_the_order_of_schools(cast, desk):
    for n in range(60):
        world.seat("filer", world.school("同名小学" if n % 2 else f"学校{n:02d}"))
    seen, address = [], reverse("people")
    while address:
        page = desk.get(address)
        seen += [row["place"] for row in page.context["rows"]]
        address = page.context["next_url"] and reverse("people") + page.context["next_url"]

    assert len(seen) == 62
    assert seen == sorted(seen)
    assert desk.get(reverse("people"), {"after": "987654321"}).status_code == 200
    assert desk.get(reverse("people"), {"after": "x", "q": "\0"}).status_code == 200


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_asks_the_same_however_long_it_is(cast, desk, n, django_assert_num_queries):
    for i in range(n):
        user = made(cast, place=world.school(), name=f"教师{i}")
        accounts.reissue(user, by=cast.manager)

    with django_assert_num_queries(9):
        desk.get(reverse("people"))


# ---- one by one


def test_an_account_is_made_once_however_often_the_button_is_pressed(cast, desk):
    asked = {"role": "filer", "school": cast.school.code, "name": "周老师",
             "phone": "0571-87001234", "key": "k1"}  # fmt: skip
    first = desk.post(reverse("person_new"), asked)
    again = desk.post(reverse("person_new"), asked)

    user = User.objects.get(name="周老师")
    assert first.url == again.url == reverse("person", args=[user.pk])
    assert not user.has_usable_password()
    assert post_of(user).school == cast.school
    page = text(desk.get(first.url))
    assert "周老师, Filer at 阳光小学: not yet activated." in page
    assert "No slip was issued yet; nobody can sign in." in page
    assert "made this account" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"school": ""}, "school"),
        ({"phone": "13812345678"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"username": "两 个"}, "username"),
        ({"username": "taken"}, "username"),
        ({"name": "名" * 41}, "name"),
        ({"role": "operator"}, "role"),
    ],
)
def test_a_wrong_account_is_refused_beside_its_field(cast, desk, wrong, field):
    world.person("taken")
    before = User.objects.count()
    asked = {"role": "filer", "school": cast.school.code, "name": "周老师", **wrong}

    answer = desk.post(reverse("person_new"), asked)

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert User.objects.count() == before


def test_a_school_of_another_county_is_no_choice(cast, desk):
    asked = {"role": "filer", "school": cast.stranger_school.code, "name": "周老师"}
    answer = desk.post(reverse("person_new"), asked)
    assert set(answer.context["form"].errors) == {"school"}
    assert "邻县小学" not in answer.content.decode()


def test_an_operator_makes_a_manager_by_the_name_of_the_county(cast, machine):
    asked = {"role": "manager", "region": "上城区教育局", "name": "钱科长"}
    machine.post(reverse("person_new"), asked)
    assert Membership.objects.get(user__name="钱科长").region_id == world.SIBLING
    wrong = machine.post(reverse("person_new"), {**asked, "region": "无此县", "name": "孙科长"})
    assert set(wrong.context["form"].errors) == {"region"}


# ---- changed


def test_a_changed_address_takes_letters_again(cast, desk):
    user = cast.filer.user
    User.objects.filter(pk=user.pk).update(
        email="old@a.cn", email_refused_at=world.NOON, email_refused_why="550"
    )
    here = reverse("person_change", args=[user.pk])

    desk.post(here, {"name": "新名", "email": "new@a.cn"})

    user.refresh_from_db()
    assert (user.name, user.email, user.email_refused_at) == ("新名", "new@a.cn", None)
    assert AuditLine.objects.get(what="account change").thing == f"{user.username} name email"
    assert desk.post(here, {"name": ""}).status_code == 422


def test_nobody_touches_an_account_that_is_also_somebody_elses(cast, desk):
    world.seat("filer", cast.stranger_school, cast.filer.user)
    page = desk.get(reverse("person", args=[cast.filer.user.pk]))

    assert "also holds a post elsewhere" in text(page)
    assert "邻县小学" not in page.content.decode()
    assert "Issue a new code" not in text(page)
    here = reverse("person_change", args=[cast.filer.user.pk])
    assert desk.post(here, {"name": "新名"}).status_code == 403


# ---- ended, handed over


def test_what_stays_is_said_before_a_post_ends(cast, desk):
    entry = world.entry(cast.school, "Z2.1")
    Draft.objects.create(
        entry=entry, user=cast.filer.user, base_version=0, note="半句", saved_at=world.NOON
    )
    world.send_back(world.file(world.entry(cast.school, "Z2.2"), cast.filer), cast.reviewer)
    post = post_of(cast.filer.user)

    said = text(desk.get(reverse("post_end", args=[post.pk])))
    assert "1 draft of" in said
    assert "1 returned item waits at the school, as before." in said
    assert "Nobody else holds this post at the school" in said

    desk.post(reverse("post_end", args=[post.pk]), {"on": YESTERDAY.isoformat()})

    post.refresh_from_db()
    assert post.ends_on == YESTERDAY
    assert names(desk.get(reverse("people"), {"show": "ended"})) == [cast.filer.user.username]
    assert text(desk.get(reverse("people_gaps"))).count("阳光小学") == 2
    assert desk.post(reverse("post_end", args=[post.pk]), {"on": "2026-11-20"}).status_code == 403


def test_a_last_day_before_the_first_is_refused(cast, desk):
    post = post_of(cast.filer.user)
    answer = desk.post(reverse("post_end", args=[post.pk]), {"on": "2020-01-01"})
    assert answer.status_code == 422
    assert post_of(cast.filer.user).ends_on is None


def test_a_new_successor_takes_over_with_the_drafts(cast, desk, travel):
    entry = world.entry(cast.school, "Z2.1")
    Draft.objects.create(
        entry=entry, user=cast.filer.user, base_version=0, note="半句", saved_at=world.NOON
    )
    here = reverse("post_successor", args=[post_of(cast.filer.user).pk])
    assert "goes to the successor" in text(desk.get(here))

    done = desk.post(here, {"who": "new", "name": "吴老师", "on": YESTERDAY.isoformat()})

    heir = User.objects.get(name="吴老师")
    assert done.url == reverse("person", args=[heir.pk])
    assert post_of(heir).starts_on == TODAY
    assert post_of(cast.filer.user).ends_on == YESTERDAY
    assert Draft.objects.get(entry=entry).user == heir


def test_a_colleague_may_be_the_successor_and_a_stranger_not(cast, desk):
    colleague = made(cast, name="郑老师")
    here = reverse("post_successor", args=[post_of(cast.secretary.user).pk])

    strange = desk.post(here, {"who": str(cast.stranger.user.pk), "on": TODAY.isoformat()})
    assert set(strange.context["form"].errors) == {"who"}
    nameless = desk.post(here, {"who": "new", "on": TODAY.isoformat()})
    assert set(nameless.context["form"].errors) == {"name"}
    assert post_of(cast.secretary.user).ends_on is None

    desk.post(here, {"who": str(colleague.pk), "on": TODAY.isoformat()})
    assert Membership.objects.get(user=colleague, role="secretary").starts_on == TOMORROW


# ---- gaps


def test_the_gaps_name_each_school_without_a_filer_and_no_other(cast, desk):
    world.school("无人小学")
    world.school("已撤小学", closed_on=date(2026, 8, 1))
    leaving = world.seat("filer", world.school("将缺小学"))
    Membership.objects.filter(user=leaving.user).update(ends_on=YESTERDAY)

    page = desk.get(reverse("people_gaps"))

    assert [school.name for school in page.context["schools"]] == ["将缺小学", "无人小学"]
    assert "2 schools of 西湖区 have nobody who files." in text(page)


def test_without_any_school_the_gaps_lead_to_the_school_list(cast, desk):
    School.objects.filter(authority=world.COUNTY).update(closed_on=date(2026, 8, 1))
    page = desk.get(reverse("people_gaps"))
    assert heading(page) == "There is no school here yet."
    assert f'href="{reverse("school_lists")}"' in page.content.decode()


def test_an_operator_reads_which_authorities_have_no_manager(cast, machine):
    page = machine.get(reverse("people_gaps"))
    assert [region.pk for region in page.context["regions"]] == [world.SIBLING]


@pytest.mark.parametrize("n", [1, 3])
def test_the_gaps_ask_the_same_however_many(cast, desk, n, django_assert_num_queries):
    for _ in range(n):
        world.school()
    with django_assert_num_queries(5):
        desk.get(reverse("people_gaps"))


# ---- from elsewhere


def test_the_page_of_a_school_leads_its_manager_to_its_people(cast, desk, client):
    page = desk.get(reverse("school", args=[cast.school.code])).content.decode()
    assert reverse("person", args=[cast.filer.user.pk]) in page
    assert f"{reverse('person_new')}?school={cast.school.code}" in page

    world.sign_in(client, cast.viewer)
    page = client.get(reverse("school", args=[cast.school.code])).content.decode()
    assert reverse("person", args=[cast.filer.user.pk]) not in page
    assert reverse("person_new") not in page


def test_an_operator_finds_the_accounts_in_the_rail(machine):
    places = machine.get(reverse("people")).context["house"]["places"]
    assert [p["current"] for p in places if p["url"] == reverse("people")] == ["page"]
