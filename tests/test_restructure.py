"""A school is renamed, closed and reopened under a running campaign; its entries follow."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from reform import progress, queues, reminders, restructure, rollout
from reform.filings import Filing
from reform.models import Draft, Enrolment, Event, Extension, Reminder
from reform.restructure import Change
from reform.states import Status
from schools.errors import Denied
from schools.models import School
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


# ---- names and codes


def test_a_new_name_stands_in_the_history_of_school_and_county(school, manager):
    done = change(school, "name", manager, name=" 阳光学校 ")

    school.refresh_from_db()
    assert (school.name, done) == ("阳光学校", {})
    event = Event.objects.get(subject=school.subject, kind="rename")
    assert '"was":{"name":"阳光小学"}' in event.body
    assert event.words.text == WHY
    assert kinds(f"region:{world.COUNTY}")[-1] == "rename"


def test_a_name_that_another_school_has_is_allowed_and_doubted(school, manager):
    seen = restructure.preview(school, Change("name", {"name": "月亮小学"}), by=manager)
    [doubt] = seen.doubts
    assert School.objects.get(name="月亮小学").code in doubt


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("name", {"name": " "}, "name"),
        ("name", {"name": "阳光小学"}, "name"),
        ("name", {"name": "名" * 61}, "name"),
        ("code", {"code": "有字"}, "code"),
        ("code", {"code": "1" * 21}, "code"),
        ("type", {"type": "999"}, "type"),
        ("type", {"type": "211"}, "type"),
        ("ownership", {"ownership": "public"}, "ownership"),
        ("authority", {"authority": world.COUNTY}, "authority"),
        ("authority", {"authority": "330203"}, "authority"),
        ("authority", {"authority": "33"}, "authority"),
        ("authority", {"authority": "\0"}, "authority"),
        ("profile", {"profile": "unknown"}, "profile"),
        ("profile", {"profile": ""}, "profile"),
        ("close", {"on": date(2028, 1, 1)}, "on"),
        ("close", {"on": date(1900, 1, 1)}, "on"),
    ],
)
def test_nonsense_is_refused_by_its_field_and_changes_nothing(school, manager, kind, values, field):
    before = School.objects.values().get(pk=school.pk)

    with pytest.raises(ValidationError) as refused:
        change(school, kind, manager, **values)

    assert list(refused.value.message_dict) == [field]
    assert School.objects.values().get(pk=school.pk) == before


def test_a_code_that_another_school_has_is_refused(school, manager):
    other = School.objects.get(name="月亮小学")
    with pytest.raises(ValidationError):
        change(school, "code", manager, code=other.code)


def test_a_reissued_code_keeps_the_entries_and_their_history(school, manager):
    change(school, "code", manager, code="3133000001")

    assert (School.objects.get(code="3133000001").pk, listed(school).count()) == (school.pk, 60)


def test_a_reason_is_needed(school, manager):
    with pytest.raises(ValidationError):
        restructure.carry_out(school.pk, Change("name", {"name": "新名"}), by=manager, reason=" ")


def test_a_second_press_changes_nothing_more(school, manager):
    asked = Change("close", {"on": date(2026, 9, 1)})
    answers = [
        restructure.carry_out(school.pk, asked, by=manager, reason=WHY, key="k") for _n in range(2)
    ]

    assert answers == [{"gone": 60}, {"gone": 60}]
    assert kinds(school.subject).count("close_school") == 1


# ---- who may


def test_only_the_manager_of_exactly_the_authority_changes_a_school(school, manager):
    for role, place in (("manager", CITY), ("manager", world.SIBLING), ("reviewer", world.COUNTY)):
        with pytest.raises(Denied):
            change(school, "name", world.seat(role, place), name="新名")


def test_a_bureau_is_never_changed(manager):
    with pytest.raises(Denied):
        change(world.bureau(), "name", manager, name="新名")


def test_a_closed_school_is_reopened_before_anything_else(school, manager):
    with pytest.raises(Denied):
        change(school, "reopen", manager)
    change(school, "close", manager, on=date(2026, 9, 1))
    with pytest.raises(Denied):
        change(school, "ownership", manager, ownership="private")


# ---- close and reopen


def test_closing_takes_all_out_of_lists_and_counts_and_keeps_the_work(
    school, manager, filer, reviewer
):
    first, second, third = of(school, slot__opens_on__lte=date(2026, 9, 1))[:3]
    world.accept(world.file(first, filer), reviewer)
    world.file(second, filer)
    progress.save(third.pk, by=filer, version=0, filing=Filing(note="写到一半"))
    assert counted() == 120

    done = change(school, "close", manager, on=date(2026, 9, 1))

    held = Enrolment.objects.get(school=school)
    school.refresh_from_db()
    assert done == {"gone": 60}
    assert (listed(school).count(), counted(), queues.waiting(reviewer).count()) == (0, 60, 0)
    assert (held.voided_at is not None, school.locked) == (True, False)
    assert world.status(first) == Status.accepted
    assert Draft.objects.get(entry=third).note == "写到一半"
    with pytest.raises(Denied):
        progress.save(third.pk, by=filer, version=0, filing=Filing(note="再写"))
    assert rollout.add_late_joiners() == 0


def test_reopening_brings_all_back_with_five_working_days_at_least(
    school, manager, filer, reviewer, travel
):
    first, second = of(school, slot__opens_on__lte=date(2026, 9, 1))[:2]
    world.accept(world.file(first, filer), reviewer)
    world.file(second, filer)
    change(school, "close", manager, on=date(2026, 9, 1))
    travel.move_to(world.NOON)

    done = change(school, "reopen", manager)

    school.refresh_from_db()
    late = listed(school).filter(status__in=[0, 1, 2], due_on__lt=date(2026, 11, 27))
    gone = of(school).exclude(left_at=None)
    assert (school.closed_on, school.locked, late.count(), gone.count()) == (None, True, 0, 0)
    assert (done["back"], listed(school).count(), counted()) == (60, 60, 120)
    assert (world.status(first), world.status(second)) == (Status.accepted, Status.submitted)
    assert queues.waiting(reviewer).count() == 1


def test_a_period_that_ended_while_the_school_was_closed_stays_away(school, manager, travel):
    change(school, "close", manager, on=date(2026, 9, 1))
    travel.move_to("2027-03-10T04:00:00+00:00")

    change(school, "reopen", world.seat("manager", world.COUNTY))

    assert listed(school).filter(slot__period="2026-2027-1").count() == 0
    assert listed(school).filter(slot__period="2026-2027-2").count() > 0


def test_a_closing_ahead_happens_on_its_day(school, manager, travel):
    seen = restructure.preview(school, Change("close", {"on": date(2026, 11, 20)}), by=manager)
    done = change(school, "close", manager, on=date(2026, 11, 20))
    assert (seen.later, seen.fits, done, listed(school).count()) == (date(2026, 11, 20), [], {}, 60)
    assert restructure.close_due() == (True, "")

    travel.move_to(world.NOON)

    assert restructure.close_due() == (True, "1")
    assert restructure.close_due() == (True, "")
    assert listed(school).count() == 0
    assert kinds(school.subject)[-1] == "closed_school"


def test_a_closing_ahead_can_be_taken_back(school, manager):
    change(school, "close", manager, on=date(2027, 1, 31))
    assert change(school, "reopen", manager) == {}
    assert listed(school).count() == 60


def test_what_waits_to_be_told_or_decided_ends_with_the_school(school, manager, filer):
    entry = listed(school).first()
    asked = Extension.objects.create(
        entry=entry, asked_by=filer.user, asked_at=world.FIRST_DAY, reason="开学事多",
        was_on=entry.due_on, wanted_on=date(2026, 12, 25),
    )  # fmt: skip

    reminders.tell("due", entry, people=[filer.user], due_on=entry.due_on, cause=0, role="filer")

    change(school, "close", manager, on=date(2026, 9, 1))

    asked.refresh_from_db()
    told = Reminder.objects.get(person=filer.user)
    assert (asked.state, told.state, told.why) == ("lapsed", "cancelled", "closed")
