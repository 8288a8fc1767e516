"""Another authority, type, ownership or profile: what a school owes under way follows."""

from datetime import date

import pytest

from reform import fitting, queues, restructure, rollout
from reform.models import Due, Enrolment, Entry, Reminder
from reform.restructure import Change
from reform.states import Status
from schools.errors import Denied
from schools.models import School, SchoolType, Term
from tests import changes, world
from tests.changes import CITY, WHY, change, counted, kinds, listed, of

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def school(manager):
    """A school with several branches, asked for everything: 60 filings."""
    school = world.school("阳光小学", profile="multi")
    world.school("月亮小学", profile="multi")
    world.opened(manager)
    return school


@pytest.fixture
def filer(school):
    return world.seat("filer", school)


@pytest.fixture
def reviewer(school):
    return world.seat("reviewer", world.COUNTY)


@pytest.fixture(autouse=True)
def books_agree(db):
    """After each of these changes, whatever it was."""
    yield
    assert changes.faults() == []


# ---- another authority


def test_a_school_handed_to_its_city_is_reviewed_and_counted_there(
    school, manager, filer, reviewer
):
    entry = world.file(of(school, slot__opens_on__lte=date(2026, 9, 1))[0], filer)
    there = world.seat("reviewer", CITY)

    done = change(school, "authority", manager, authority=CITY)

    school.refresh_from_db()
    assert (school.authority_id, school.region_id) == (CITY, world.COUNTY)
    assert done == {"moved": 60}
    assert (counted(), counted(CITY)) == (60, 60)
    assert (queues.waiting(reviewer).count(), queues.waiting(there).count()) == (0, 1)
    assert world.accept(entry, there).status == Status.accepted
    assert kinds(f"region:{CITY}") == ["move_school"]
    assert kinds(f"region:{world.COUNTY}")[-1] == "move_school"
    with pytest.raises(Denied):
        change(school, "name", manager, name="新名")


def test_a_school_handed_to_the_next_county_stands_there_too(school, manager):
    change(school, "authority", manager, authority=world.SIBLING)
    school.refresh_from_db()
    assert (school.authority_id, school.region_id) == (world.SIBLING, world.SIBLING)


def test_a_county_hands_on_to_its_city_and_the_counties_of_that_city(school):
    assert [region.pk for region in restructure.targets(school)] == [CITY, world.SIBLING]
    school.authority_id = CITY
    assert [region.pk for region in restructure.targets(school)] == [
        "33", world.SIBLING, world.COUNTY,
    ]  # fmt: skip
    school.authority_id = "33"
    assert [region.pk for region in restructure.targets(school)] == [
        CITY, world.SIBLING, world.COUNTY, "330203",
    ]  # fmt: skip


def test_dates_of_the_new_authority_hold_and_nobody_is_late_on_arrival(db, travel):
    travel.move_to(world.FIRST_DAY)
    school = world.school("阳光小学", profile="single")
    world.school("邻县小学", authority=world.SIBLING, profile="single")
    world.seat("manager", CITY)
    Term.objects.create(region_id=world.SIBLING, school_year=world.YEAR, no=1,
                        starts=date(2026, 9, 1), ends=date(2026, 12, 31))  # fmt: skip
    world.opened(world.seat("manager", CITY))
    there = of(School.objects.get(name="邻县小学"), slot__item__code="Z2.1").first()
    here = of(school, slot=there.slot).get()
    assert here.due_on != there.due_on

    travel.move_to("2026-12-28T04:00:00+00:00")
    manager = world.seat("manager", world.COUNTY)
    filer = world.seat("filer", school).user
    done = change(school, "authority", manager, authority=world.SIBLING)
    told = Reminder.objects.filter(person=filer, about="moved").values_list("entry", flat=True)
    assert here.pk in told and len(told) == done["dates"]

    moved = Entry.objects.get(pk=here.pk)
    assert done["dates"] > 0
    assert moved.due_on >= date(2027, 1, 11) and moved.authority == world.SIBLING


def test_an_authority_that_had_no_school_here_gets_its_own_dates(db, travel):
    travel.move_to(world.FIRST_DAY)
    school = world.school("阳光小学", profile="single")
    Term.objects.create(region_id=world.SIBLING, school_year=world.YEAR, no=1,
                        starts=date(2026, 9, 1), ends=date(2026, 12, 31))  # fmt: skip
    world.opened(world.seat("manager", CITY))
    here = of(school, slot__item__code="Z2.1", slot__period="2026-2027-1").get()

    change(school, "authority", world.seat("manager", world.COUNTY), authority=world.SIBLING)

    own = Due.objects.get(slot=here.slot, authority=world.SIBLING).due_on
    assert own != here.due_on
    assert Entry.objects.get(pk=here.pk).due_on == own


def test_whoever_comes_is_asked_what_the_new_authority_asks_besides(school, manager, travel):
    """The county asked for all; the next county's own campaign then has nothing left to ask."""
    world.school("邻县小学", authority=world.SIBLING)
    world.opened(world.seat("manager", world.SIBLING))

    change(school, "authority", manager, authority=world.SIBLING)

    assert listed(school).count() == 60
    assert Enrolment.objects.filter(school=school).count() == 2
    assert rollout.add_late_joiners() == 0


# ---- type, ownership, profile


def test_a_private_school_is_asked_for_reference_only_and_back(school, manager, filer, reviewer):
    world.accept(world.file(of(school, slot__opens_on__lte=date(2026, 9, 1))[0], filer), reviewer)

    change(school, "ownership", manager, ownership="private")
    assert (listed(school).count(), counted(), Enrolment.objects.get(school=school).counted) == (
        60, 60, False,
    )  # fmt: skip

    change(school, "ownership", manager, ownership="public")
    assert (counted(), Enrolment.objects.get(school=school).counted) == (120, True)


def test_what_is_late_gets_time_when_it_begins_to_count(db, travel):
    travel.move_to(world.FIRST_DAY)
    school = world.school("民办小学", ownership="private")
    world.opened(world.seat("manager", world.COUNTY))
    travel.move_to(world.NOON)
    late = of(school, due_on__lt=date(2026, 11, 20))
    late_ones = list(late.values_list("pk", flat=True))

    done = change(school, "ownership", world.seat("manager", world.COUNTY), ownership="public")

    assert done == {"dates": len(late_ones)} and late_ones
    days = set(of(school, pk__in=late_ones).values_list("due_on", flat=True))
    assert days == {date(2026, 12, 4)}
    assert kinds(school.subject).count("reschedule") == len(late_ones)


def test_another_profile_drops_what_nobody_sent_and_keeps_what_was_sent(
    school, manager, filer, reviewer
):
    sent = world.file(of(school, slot__opens_on__lte=date(2026, 9, 1))[0], filer)

    done = change(school, "profile", manager, profile="joint")

    school.refresh_from_db()
    held = Enrolment.objects.get(school=school)
    assert (school.profile, school.profile_by_hand, school.profile_note) == ("joint", "joint", WHY)
    assert held.profile == "joint"
    assert str(WHY) in str(school.profile_reason)
    wanted = {s.pk for s in fitting.plan(school, fitting.facts(school))[0].wanted.values()}
    assert {e.slot_id for e in listed(school)} == wanted | {sent.slot_id}
    assert done["gone"] == 60 - len(wanted | {sent.slot_id})


def test_a_profile_taken_off_brings_back_what_its_numbers_ask(school, manager):
    ids = set(listed(school).values_list("pk", flat=True))
    change(school, "profile", manager, profile="single")
    fewer = listed(school).count()

    done = change(school, "profile", manager, profile="")

    school.refresh_from_db()
    assert (fewer, done["back"]) == (49, 11)
    assert set(listed(school).values_list("pk", flat=True)) == ids
    assert (school.profile, school.profile_by_hand, school.profile_note) == ("multi", "", "")


@pytest.mark.parametrize("begun_with", ["multi", "single"])
def test_what_another_campaign_asks_meanwhile_is_not_asked_here_again(manager, begun_with):
    """Eleven items left, or never were asked; the city asks them before the county follows."""
    forms = {"multi": "general", "single": "branch"}
    school = world.school("阳光小学", profile=begun_with)
    world.opened(manager)
    for profile in ("single", "multi"):
        School.objects.filter(pk=school.pk).update(profile=profile, form=forms[profile])
        if profile == "single" and begun_with == "multi":
            assert change(school, "profile", manager, profile="") == {"gone": 11}
    world.opened(world.seat("manager", CITY))
    assert listed(school).count() == 60

    done = change(school, "profile", manager, profile="")

    assert done == {}
    assert listed(school).count() == 60
    assert {held.profile for held in Enrolment.objects.filter(school=school)} == {"multi"}


def test_more_items_come_the_late_joiners_way(db, travel):
    travel.move_to(world.FIRST_DAY)
    school = world.school("小村教学点", profile="joint")
    world.opened(world.seat("manager", world.COUNTY))
    assert listed(school).count() == 17
    travel.move_to(world.NOON)

    done = change(school, "profile", world.seat("manager", world.COUNTY), profile="single")

    fresh = listed(school).filter(slot__item__profiles__joint__in=["host", "na", "district"])
    assert done["new"] == fresh.count() > 0
    assert fresh.filter(due_on__lt=date(2026, 12, 4)).count() == 0


def test_a_teaching_point_by_type_takes_over_the_profile_that_follows(db, manager):
    school = world.school("小村小学", profile="single", form="", full_members=8)
    world.opened(manager)

    change(school, "type", manager, type="218")

    school.refresh_from_db()
    assert (school.profile, Enrolment.objects.get(school=school).profile) == ("joint", "joint")
    assert listed(school).count() == 17


def test_a_type_that_is_not_asked_leaves_like_a_closed_school(school, manager):
    SchoolType.objects.create(code="111", name_zh="幼儿园", phases="K", use="excluded")

    change(school, "type", manager, type="111")
    assert (listed(school).count(), counted()) == (0, 60)

    change(school, "type", manager, type="211")
    assert (listed(school).count(), counted()) == (60, 120)


def test_the_preview_says_what_is_then_done(school, manager, filer):
    sent = of(school, slot__opens_on__lte=date(2026, 9, 1))[0]
    world.file(sent, filer)
    asked = Change("profile", {"profile": "joint"})

    seen = restructure.preview(school, asked, by=manager)
    done = restructure.carry_out(school.pk, asked, by=manager, reason=WHY)

    [fit] = seen.fits
    assert (len(fit.goes), len(fit.comes), len(fit.new)) == (done["gone"], 0, 0)
    assert Entry.objects.filter(pk=sent.pk, left_at=None).exists()


def test_a_school_without_a_campaign_changes_all_the_same(manager):
    school = world.school("月牙小学")
    for kind, values in (
        ("ownership", {"ownership": "private"}),
        ("type", {"type": "311"}),
        ("profile", {"profile": "single"}),
        ("close", {"on": date(2026, 9, 1)}),
        ("reopen", {}),
        ("authority", {"authority": CITY}),
    ):
        assert change(school, kind, manager, **values) == {}
    school.refresh_from_db()
    assert (school.ownership, school.profile, school.authority_id) == ("private", "single", CITY)
