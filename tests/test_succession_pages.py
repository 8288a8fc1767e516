"""The pages of mergers and divisions, as managers, both schools and the officials use them."""

import re
from datetime import date

import pytest
from django.urls import reverse

from reform.models import Event
from schools.models import Branch, School
from tests import changes, world
from tests.changes import CITY, WHY, listed, of

pytestmark = pytest.mark.django_db


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
def old(manager):
    school = world.school("阳光小学", profile="multi", form="general", branches=2, full_members=24)
    world.school("月亮小学", profile="multi")
    for name in ("第一支部", "第二支部"):
        row = world.branch(school, name, full_members=12)
        world.row("units", school, kind="grade", name=f"{name}年级组", branch=row)
    world.opened(manager)
    return school


@pytest.fixture
def into(old):
    return School.objects.get(name="月亮小学")


def here(school, kind):
    return reverse(f"school_{kind}", args=[school.code])


def look(desk, school, kind, **fields):
    typed = {"reason": WHY, "key": "k", "do": "look", **fields}
    return typed, desk.post(here(school, kind), typed)


def do(desk, school, kind, **fields):
    """Look, then confirm what was seen."""
    typed, seen = look(desk, school, kind, **fields)
    confirm = {**typed, "do": "change", "seen": seen.context["seen"]}
    return confirm, desk.post(here(school, kind), confirm, follow=True)


def halves(school, **more):
    """What is typed to split off the second branch."""
    second = Branch.objects.get(school=school, name="第二支部")
    return {"name": "东校区小学", "type": "211", "form": "branch", "form_left": "branch",
            "branches": [second.pk], **more}  # fmt: skip


# ---- merge


def test_a_merger_is_told_first_then_done_and_stands_with_both(desk, old, into):
    hub = text(desk.get(reverse("school_changes", args=[old.code])))
    assert "Merge it into another school" in hub and "Split off a new school" in hub
    post = world.seat("filer", old, world.person("zhou", name="周老师")).user.memberships.get()

    _typed, seen = look(desk, old, "merge", into=into.pk, people=[post.pk])
    told = text(seen)
    assert "阳光小学 is closed from today; 月亮小学 goes on with its own entries." in told
    assert "Out of its list and your counts: 60 filings not sent yet." in told
    assert "goes on at 月亮小学: Branch register 2, Unit register 2." in told
    assert "1 post at 阳光小学 ends" in told and "1 person gets the same post" in told
    assert "This cannot be undone: 阳光小学 can be reopened" in told
    assert listed(old).count() == 60

    _confirm, done = do(desk, old, "merge", into=into.pk, people=[post.pk])
    assert done.redirect_chain == [(reverse("school_changes", args=[into.code]), 302)]
    told = text(done)
    assert "阳光小学 went into 月亮小学. 4 rows of its registers go on there." in told
    assert f"let 阳光小学 {old.code} go into it {WHY}" in told
    other = text(desk.get(reverse("school_changes", args=[old.code])))
    assert f"merged it into 月亮小学 {into.code}" in other
    county = text(desk.get(reverse("region_changes")))
    assert f"merged it into 月亮小学 {into.code}" in county
    assert changes.faults() == []


def test_the_page_of_either_school_leads_to_the_other(desk, old, into):
    do(desk, old, "merge", into=into.pk)

    gone, stays = (desk.get(reverse("school", args=[one.code])) for one in (old, into))
    assert "月亮小学" in text(gone) and "this school was merged into it, 2026-09-01" in text(gone)
    assert "merged into this school, 2026-09-01" in text(stays)
    assert reverse("school_ledger", args=[old.code]) in stays.content.decode()


def test_what_the_one_filed_is_still_read_by_the_officials(desk, old, into, client):
    entry = of(old, slot__opens_on__lte=date(2026, 9, 1))[0]
    world.file(entry, world.seat("filer", old))
    do(desk, old, "merge", into=into.pk)

    ledger = desk.get(reverse("school_ledger", args=[old.code]))
    assert "What was filed" in text(ledger)
    page = desk.get(reverse("entry", args=[entry.pk]))
    assert reverse("entry", args=[entry.pk]) in ledger.content.decode()
    assert page.status_code == 200 and "本学期按课表开齐" in text(page)


def test_the_other_school_reads_the_registers_and_nobody_else_does(desk, old, into, client):
    filer = world.seat("filer", into)
    stranger = world.seat("filer", world.school("第三小学"))
    pages = [
        reverse("school_registers", args=[old.code]),
        reverse("school_register", args=[old.code, "branches"]),
    ]
    world.sign_in(client, filer)
    assert [client.get(page).status_code for page in pages] == [404, 404]
    world.sign_in(client, world.seat("manager", world.COUNTY))
    do(client, old, "merge", into=into.pk)

    world.sign_in(client, filer)
    assert [client.get(page).status_code for page in pages] == [200, 200]
    assert "第一支部" in text(client.get(pages[1]))
    own = client.get(reverse("registers")).content.decode()
    assert pages[0] in own
    world.sign_in(client, stranger)
    assert [client.get(page).status_code for page in pages] == [404, 404]


def test_the_other_school_is_offered_what_was_last_answered_there(desk, old, into, client):
    here_, there = (
        of(one, slot__item__code="Z2.1", slot__period="2026-2027-1").get() for one in (old, into)
    )
    filer = world.seat("filer", into)
    world.file(here_, world.seat("filer", old), note="阳光小学上学期的做法")
    page = world.sign_in(client, filer).get(reverse("entry", args=[there.pk]))
    assert "阳光小学上学期的做法" not in page.content.decode()
    world.sign_in(client, world.seat("manager", world.COUNTY))
    do(client, old, "merge", into=into.pk)

    page = world.sign_in(client, filer).get(reverse("entry", args=[there.pk]))

    assert "阳光小学上学期的做法" in page.content.decode() and "阳光小学 2026-2027" in text(page)


def test_the_numbers_of_both_stand_in_the_form_of_the_other_school(desk, old, into, client):
    do(desk, old, "merge", into=into.pk)
    world.sign_in(client, world.seat("filer", into))

    page = client.get(reverse("baseline"))

    assert "The numbers of 阳光小学 are added in" in text(page)
    assert page.context["form"]["full_members"].value() == 24


def test_a_second_press_tells_the_same_and_merges_once(desk, old, into):
    confirm, _done = do(desk, old, "merge", into=into.pk, code="take")
    again = desk.post(here(old, "merge"), confirm)

    into.refresh_from_db()
    assert again.headers["Location"] == reverse("school_changes", args=[into.code])
    assert Event.objects.filter(kind="absorb_school").count() == 1
    assert into.code == old.code


def test_only_what_was_seen_is_done(desk, old, into):
    typed, seen = look(desk, old, "merge", into=into.pk)
    world.branch(old, "新支部")

    again = desk.post(here(old, "merge"), {**typed, "do": "change", "seen": seen.context["seen"]})

    assert "Something changed since you looked" in text(again)
    assert School.objects.get(pk=old.pk).closed_on is None


def test_what_cannot_be_stands_beside_its_field(desk, old, into):
    far = world.school("邻县小学", authority=world.SIBLING)
    wrong = desk.post(here(old, "merge"), {"into": far.pk, "reason": WHY})
    none = desk.post(here(old, "merge"), {"into": into.pk, "reason": " "})
    number = desk.post(here(old, "merge"), {"into": into.pk, "reason": "电 13912345678"})
    nameless = desk.post(here(old, "split"), {**halves(old), "name": " ", "reason": WHY})
    code = desk.post(here(old, "split"), {**halves(old), "code": into.code, "reason": WHY})

    answers = (wrong, none, number, nameless, code)
    assert [one.status_code for one in answers] == [422] * 5
    assert [set(one.context["form"].errors) for one in answers] == [
        {"into"}, {"reason"}, {"reason"}, {"name"}, {"code"},
    ]  # fmt: skip


def test_those_above_and_beside_change_nothing(client, old, into):
    for kind in ("merge", "split"):
        city = world.sign_in(client, world.seat("manager", CITY))
        assert city.get(here(old, kind)).status_code == 403
        assert city.post(here(old, kind), {"reason": WHY}).status_code == 403
        next_door = world.sign_in(client, world.seat("manager", world.SIBLING))
        assert next_door.get(here(old, kind)).status_code == 404


# ---- split


def test_a_division_is_told_first_then_done(desk, old):
    _typed, seen = look(desk, old, "split", **halves(old))
    told = text(seen)
    assert "东校区小学 becomes a school of its own under the same authority." in told
    assert "These go there with their groups, seats and plans: 第二支部." in told
    assert "Profile of 东校区小学: One branch." in told
    assert "nothing late" in told
    assert "The profile of 阳光小学 becomes: One branch." in told
    assert "Out of its list and your counts: 11 filings" in told

    confirm, done = do(desk, old, "split", **halves(old))
    new = School.objects.get(name="东校区小学")
    assert done.redirect_chain == [(reverse("school", args=[new.code]), 302)]
    assert "东校区小学 was split off 阳光小学." in text(done)
    assert "this school was split off it" in text(done)
    again = desk.post(here(old, "split"), confirm)
    assert again.headers["Location"] == reverse("school", args=[new.code])
    assert School.objects.filter(name="东校区小学").count() == 1
    assert changes.faults() == []


# ---- figures


@pytest.mark.parametrize(("kind", "most"), [("merge", 12), ("split", 12)])
def test_a_preview_asks_as_often_for_one_branch_as_for_three(
    desk, old, into, django_assert_max_num_queries, kind, most
):
    typed = {"into": into.pk} if kind == "merge" else halves(old)
    typed |= {"reason": WHY, "key": "k", "do": "look"}
    for _round in range(2):
        with django_assert_max_num_queries(most):
            seen = desk.post(here(old, kind), typed)
        assert seen.context["effects"]
        for _n in range(2):
            row = world.branch(old, full_members=5)
            world.branch(world.school(), form="joint", host=row)
            world.seat("filer", old)
