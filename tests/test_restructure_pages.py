"""The pages of school changes and basic figures, as filers and managers use them."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from reform import baseline
from reform.models import Entry, Event
from schools.models import School
from tests import changes, world
from tests.changes import CITY, WHY, listed

pytestmark = pytest.mark.django_db
NUMBERS = {"form": "branch", "full_members": "18", "probationary_members": "2", "branches": "1",
           "classes": "24", "staff": "62"}  # fmt: skip


def text(response):
    """The words of a page, without marks."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", words)


@pytest.fixture
def desk(client, manager):
    """The manager's browser, in English, on 1 September."""
    client.cookies["language"] = "en"
    return world.sign_in(client, manager)


@pytest.fixture
def school(manager):
    school = world.school("阳光小学", profile="multi")
    world.opened(manager)
    return school


@pytest.fixture
def unknown(manager):
    world.school("月亮小学", profile="multi")
    world.opened(manager)
    return world.school("新学校", profile="unknown")


def here(school, kind):
    return reverse("school_change", args=[school.code, kind])


def look(desk, school, kind, **fields):
    typed = {"reason": WHY, "key": "k", "do": "look", **fields}
    return typed, desk.post(here(school, kind), typed)


def do(desk, school, kind, **fields):
    """Look, then confirm what was seen."""
    typed, seen = look(desk, school, kind, **fields)
    confirm = {**typed, "do": "change", "seen": seen.context["seen"]}
    return confirm, desk.post(here(school, kind), confirm, follow=True)


# ---- the school's first sign-in


def test_a_school_that_nobody_knows_finds_the_form_and_then_its_items(client, unknown):
    client.cookies["language"] = "en"
    filer = world.sign_in(client, world.seat("filer", unknown))
    home = filer.get(reverse("school_home"))
    assert "Five numbers and one choice, once" in text(home)

    saved = filer.post(reverse("baseline"), {**NUMBERS, "key": "k"}, follow=True)

    assert "Saved. It has one branch of its own. 49 filings are asked of you" in text(saved)
    assert "All 49 items" in text(saved)
    assert changes.faults() == []


def test_wrong_numbers_are_refused_by_their_fields_and_kept(client, unknown):
    filer = world.sign_in(client, world.seat("filer", unknown))

    answer = filer.post(
        reverse("baseline"),
        {"form": "club", "full_members": "-1", "probationary_members": "二", "classes": "1.5",
         "staff": "100000"},
    )  # fmt: skip

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"form", *baseline.NUMBERS}
    assert 'value="二"' in answer.content.decode()
    assert School.objects.get(pk=unknown.pk).baseline_at is None


def test_odd_numbers_are_asked_about_once_and_then_taken(client, unknown):
    client.cookies["language"] = "en"
    filer = world.sign_in(client, world.seat("filer", unknown))
    odd = {**NUMBERS, "staff": "9", "key": "k"}

    asked = filer.post(reverse("baseline"), odd)
    assert asked.status_code == 200
    assert "There are fewer staff than classes." in text(asked)
    assert School.objects.get(pk=unknown.pk).baseline_at is None

    other = filer.post(reverse("baseline"), {**odd, "staff": "10", "seen": asked.context["seen"]})
    assert "There are fewer staff than classes." in text(other)

    filer.post(reverse("baseline"), {**odd, "seen": asked.context["seen"]})
    assert School.objects.get(pk=unknown.pk).staff == 9


def test_a_known_school_is_reminded_on_its_home_until_it_has_answered(client, school):
    client.cookies["language"] = "en"
    filer = world.sign_in(client, world.seat("filer", school))
    assert "not confirmed yet" in text(filer.get(reverse("school_home")))

    School.objects.update(baseline_at=timezone.now())

    assert "not confirmed yet" not in text(filer.get(reverse("school_home")))


def test_officials_see_no_form_of_the_school(desk, unknown):
    page = desk.get(reverse("school_ledger", args=[unknown.code]))
    assert "Nothing can be issued yet" in text(page)
    assert "Confirm the five numbers" not in text(page)


# ---- the authority's list


def test_the_manager_sees_by_name_who_has_not_answered_and_whom_to_call(desk, unknown):
    filer = world.person("zhou", name="周老师", phone="0571-87001234")
    world.seat("filer", unknown, filer)
    world.school("邻县小学", authority=world.SIBLING)
    world.school("已撤小学", closed_on=date(2026, 8, 1))

    page = text(desk.get(reverse("baselines")))

    assert "2 of 2 schools have not entered their numbers yet." in page
    assert "新学校" in page and "周老师" in page and "0571-87001234" in page
    assert "邻县小学" not in page and "已撤小学" not in page
    known = text(desk.get(reverse("baselines"), {"show": "unknown"}))
    assert "新学校" in known and "月亮小学" not in known
    School.objects.update(baseline_at=timezone.now())
    assert "All 2 schools have entered their numbers." in text(desk.get(reverse("baselines")))
    assert "Nobody is left to be asked." in text(desk.get(reverse("baselines")))


def test_who_is_asked_by_another_profile_is_named(desk, unknown, manager):
    filer = world.seat("filer", unknown)
    baseline.answer(unknown.pk, baseline.Figures("branch", 18, 2, 1, 24, 62), by=filer)
    baseline.answer(unknown.pk, baseline.Figures("general", 60, 2, 3, 24, 82), by=filer)

    page = text(desk.get(reverse("baselines"), {"show": "differing"}))
    hub = text(desk.get(reverse("school_changes", args=[unknown.code])))

    assert "1 school has another profile by its numbers" in page and "新学校" in page
    assert "asks this school by another profile than it has now" in hub


def test_the_list_turns_pages_by_name(desk, manager):
    for n in range(52):
        world.school(f"第{n:03d}小学")

    first = desk.get(reverse("baselines"))
    second = desk.get(reverse("baselines") + first.context["next_url"])

    assert [len(page.context["rows"]) for page in (first, second)] == [50, 2]
    assert desk.get(reverse("baselines"), {"after": "\0", "show": "x"}).status_code == 200


def test_the_list_asks_as_often_for_one_school_as_for_three(desk, django_assert_num_queries):
    for number in (1, 2):
        for _n in range(number):
            world.seat("filer", world.school())
        with django_assert_num_queries(11):
            desk.get(reverse("baselines"))


# ---- changes


def test_a_closing_is_told_first_then_done_and_can_be_undone(desk, school, client):
    filer = world.seat("filer", school)
    world.file(listed(school).filter(slot__opens_on__lte=date(2026, 9, 1))[0], filer)
    typed, seen = look(desk, school, "close", on="2026-09-01")
    assert "Out of its list and your counts: 59 filings not sent yet." in text(seen)
    assert "Out of your queue without a review: 1 filing." in text(seen)
    assert WHY in text(seen)
    assert listed(school).count() == 60

    _confirm, done = do(desk, school, "close", on="2026-09-01")
    assert "阳光小学 is closed from 2026-09-01. 60 filings changed with it." in text(done)
    assert f"closed it from 2026-09-01 {WHY}" in text(done)
    ledger = text(desk.get(reverse("school_ledger", args=[school.code])))
    assert "This school was closed on 2026-09-01 ; nothing is asked of it any more." in ledger

    _confirm, back = do(desk, school, "reopen", key="k2")
    assert "阳光小学 is open again. 60 filings changed with it." in text(back)
    assert changes.faults() == []
    assert typed["do"] == "look"


def test_a_closed_school_reads_that_it_is_closed_and_is_asked_nothing(client, school, manager):
    client.cookies["language"] = "en"
    filer = world.sign_in(client, world.seat("filer", school))
    changes.change(school, "close", manager, on=date(2026, 9, 1))

    home = filer.get(reverse("school_home"))

    assert "nothing is asked of it any more" in text(home)
    assert reverse("baseline") not in home.content.decode()
    assert filer.get(reverse("baseline")).status_code == 403


def test_a_second_press_tells_the_same_again(desk, school):
    confirm, _done = do(desk, school, "close", on="2026-09-01")
    again = desk.post(here(school, "close"), confirm, follow=True)

    assert "is closed from 2026-09-01. 60 filings changed with it." in text(again)
    assert Event.objects.filter(subject=school.subject, kind="close_school").count() == 1


def test_only_what_was_seen_is_done(desk, school):
    """Between the look and the deed a filer sent something: the manager looks once more."""
    typed, seen = look(desk, school, "profile", profile="joint")
    world.file(listed(school).filter(slot__opens_on__lte=date(2026, 9, 1))[0],
               world.seat("filer", school))  # fmt: skip

    again = desk.post(
        here(school, "profile"), {**typed, "do": "change", "seen": seen.context["seen"]}
    )

    assert "Something changed since you looked" in text(again)
    assert School.objects.get(pk=school.pk).profile == "multi"


def test_whoever_hands_a_school_over_reads_it_in_the_region_and_so_does_the_other_side(
    desk, school, client
):
    _typed, seen = look(desk, school, "authority", authority=CITY)
    assert "Reviewed and counted by 杭州市: 60 filings." in text(seen)
    assert "you no longer see it" in text(seen)

    confirm, done = do(desk, school, "authority", authority=CITY)
    assert f"阳光小学 {school.code}: handed it from 西湖区 to 杭州市 {WHY}" in text(done)
    again = desk.post(here(school, "authority"), confirm, follow=True)
    assert again.redirect_chain == [(reverse("region_changes"), 302)]

    assert 'changes/">阳光小学' not in done.content.decode()
    city = world.sign_in(client, world.seat("manager", CITY))
    assert 'changes/">阳光小学' in city.get(reverse("region_changes")).content.decode()
    assert "handed it from 西湖区 to 杭州市" in text(city.get(reverse("region_changes")))
    assert "阳光小学" in text(city.get(reverse("school_changes", args=[school.code])))


def test_a_second_press_after_a_new_code_leads_on(desk, school):
    confirm, done = do(desk, school, "code", code="3133000009")
    assert "阳光小学 has the code 3133000009 now." in text(done)
    again = desk.post(here(school, "code"), confirm, follow=True)
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("name", {"name": "阳光学校"}, "they show the new name at once"),
        ("type", {"type": "311"}, "Nothing changes in what the school is asked for."),
        ("ownership", {"ownership": "private"}, "kept for reference: 60 filings"),
        ("profile", {"profile": "single"}, "Out of its list and your counts: 11 filings"),
        ("close", {"on": "2026-12-01"}, "Until 2026-12-01 all goes on"),
    ],
)
def test_each_change_says_what_it_does(desk, school, kind, fields, told):
    _typed, seen = look(desk, school, kind, **fields)
    assert told in text(seen)
    _confirm, done = do(desk, school, kind, **fields)
    assert done.redirect_chain == [(reverse("school_changes", args=[school.code]), 302)]


def test_a_missing_reason_or_a_wrong_value_stands_beside_its_field(desk, school):
    wrong = desk.post(here(school, "name"), {"name": "阳光小学", "reason": WHY, "key": "k"})
    none = desk.post(here(school, "name"), {"name": "新名", "reason": " ", "key": "k"})
    number = desk.post(here(school, "name"), {"name": "新名", "reason": "电 13912345678"})
    strange = desk.post(here(school, "authority"), {"authority": "32", "reason": WHY})

    assert [a.status_code for a in (wrong, none, number, strange)] == [422] * 4
    assert [set(a.context["form"].errors) for a in (wrong, none, number, strange)] == [
        {"name"}, {"reason"}, {"reason"}, {"authority"},
    ]  # fmt: skip


def test_those_above_look_and_change_nothing(client, school):
    client.cookies["language"] = "en"
    city = world.sign_in(client, world.seat("manager", CITY))
    hub = text(city.get(reverse("school_changes", args=[school.code])))
    assert "Another authority looks after this school" in hub
    assert "What can be changed" not in hub
    assert city.get(here(school, "close")).status_code == 403
    assert city.post(here(school, "close"), {"on": "2026-09-01"}).status_code == 403
    next_door = world.sign_in(client, world.seat("manager", world.SIBLING))
    assert next_door.get(here(school, "close")).status_code == 404


def test_what_makes_no_sense_now_has_no_page(desk, school):
    assert desk.get(here(school, "reopen")).status_code == 403
    assert desk.get(here(school, "swap")).status_code == 404
    assert desk.get(reverse("school_change", args=["\0", "name"])).status_code == 404


def test_an_entry_that_left_says_so_and_keeps_its_history(desk, school, client, manager):
    filer = world.seat("filer", school)
    entry = Entry.objects.filter(school=school, slot__opens_on__lte=date(2026, 9, 1))[0]
    changes.change(school, "close", manager, on=date(2026, 9, 1))

    page = world.sign_in(client, filer).get(reverse("entry", args=[entry.pk]))

    assert page.status_code == 200
    assert "took it out: it is asked no longer" in text(page) and WHY in text(page)
    saved = client.post(reverse("entry_submit", args=[entry.pk]), {"version": 0, "note": "写"})
    assert saved.status_code == 403


@pytest.mark.parametrize(
    ("kind", "fields", "number"),
    [
        ("authority", {"authority": CITY}, 11),
        ("profile", {"profile": "single"}, 9),
        ("close", {"on": "2026-09-01"}, 7),
        ("name", {"name": "阳光学校"}, 5),
    ],
)
def test_a_preview_asks_as_often_for_two_campaigns_as_for_one(
    desk, school, django_assert_num_queries, kind, fields, number
):
    typed = {"reason": WHY, "key": "k", "do": "look", **fields}
    for _campaigns in (1, 2):
        with django_assert_num_queries(number):
            desk.post(here(school, kind), typed)
        world.school(authority=world.SIBLING)
        world.opened(world.seat("manager", CITY))


def test_the_histories_ask_as_often_for_one_change_as_for_three(
    desk, school, manager, django_assert_num_queries
):
    pages = ((reverse("school_changes", args=[school.code]), 6), (reverse("region_changes"), 5))
    changes.change(school, "name", manager, name="改名")
    for name in ("改名二", "改名三"):
        for url, number in pages:
            with django_assert_num_queries(number):
                desk.get(url)
        changes.change(school, "name", manager, name=name)
