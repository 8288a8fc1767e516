"""What people are told, or no longer told, when an entry, its date or its campaign changes."""

from datetime import date, timedelta

import pytest

from reform import progress, reminders, steering
from reform.models import Entry, Message, Reminder
from reform.models.reminder import About
from schools import clock
from schools.models import Membership
from tests import world

pytestmark = [pytest.mark.database, pytest.mark.django_db]

WHY = "期末工作集中，统一顺延"
NEW_DAY = date(2027, 1, 20)


@pytest.fixture
def entry(cast):
    """Due on 2027-01-15, of 阳光小学."""
    return world.entry(cast.school, "Z2.1")


@pytest.fixture
def waiting(cast, entry):
    """The filer's reminder that the date comes near, not sent yet."""
    return remind(entry, cast.filer)


def remind(entry, seat, about=About.due, stage=-7, **fields):
    values = {
        "person": seat.user,
        "topic": reminders.topic(entry.pk),
        "entry": entry,
        "due_on": entry.due_on,
        "role": sorted(seat.roles)[0],
        "place": seat.key,
        "planned_at": clock.now(),
    }
    return Reminder.objects.create(about=about, stage=stage, **{**values, **fields})


def found(about=None):
    """(person, about, state, why) of the reminders, by name."""
    rows = Reminder.objects.filter(**({"about": about} if about else {}))
    return sorted(rows.values_list("person__name", "about", "state", "why"))


def names(*seats):
    return sorted(seat.user.name for seat in seats)


# ---- an entry


def test_what_is_filed_is_no_longer_reminded_of(cast, entry, waiting):
    world.file(entry, cast.filer)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.why) == ("cancelled", "done")
    assert clock.now() - waiting.settled_at < timedelta(minutes=1)


def test_what_waits_for_the_secretary_is_reminded_of_until_it_is_signed(cast):
    entry = world.entry(cast.school, campaign=world.campaign("3301", sign_off=True))
    waiting = remind(entry, cast.secretary)
    filed = world.file(entry, cast.filer)
    waiting.refresh_from_db()
    assert waiting.state == "waiting"

    progress.sign_off(entry.pk, by=cast.secretary, version=filed.version)

    waiting.refresh_from_db()
    assert waiting.why == "done"


def test_what_was_told_stays_told(cast, entry):
    told = remind(entry, cast.filer, state="told")

    world.file(entry, cast.filer)

    told.refresh_from_db()
    assert (told.state, told.why) == ("told", "")


def test_of_a_return_filer_and_secretary_are_told_with_the_new_date(cast, entry):
    world.file(entry, cast.filer)

    returned = world.send_back(entry, cast.reviewer)

    rows = Reminder.objects.values_list("person", "about", "role", "place", "state", "due_on")
    place = f"s{cast.school.pk}"
    assert sorted(rows) == sorted(
        (seat.user.pk, "returned", role, place, "waiting", returned.due_on)
        for seat, role in ((cast.filer, "filer"), (cast.secretary, "secretary"))
    )


def test_a_second_return_is_told_again(cast, entry):
    for _round in range(2):
        world.file(entry, cast.filer)
        world.send_back(entry, cast.reviewer)

    assert Reminder.objects.filter(about="returned").count() == 4


def test_a_decision_is_told_and_taken_back_with_it(cast, entry):
    world.file(entry, cast.filer)
    accepted = world.accept(entry, cast.reviewer)
    assert [row[2] for row in found("decided")] == ["waiting", "waiting"]

    progress.undo_accept(entry.pk, by=cast.reviewer, version=accepted.version)

    assert {row[2:] for row in found("decided")} == {("cancelled", "reopened")}


def test_reopening_is_told_like_a_return(cast, entry):
    world.file(entry, cast.filer)
    accepted = world.accept(entry, cast.reviewer)

    progress.reopen(entry.pk, by=cast.reviewer, version=accepted.version, reason="请补充材料。")

    assert {row[2:] for row in found("decided")} == {("cancelled", "reopened")}
    assert [row[2] for row in found("returned")] == ["waiting", "waiting"]


def test_nobody_else_is_told(cast, entry):
    gone = world.seat("filer", cast.school)
    Membership.objects.filter(user=gone.user).update(ends_on=date(2026, 11, 19))
    blocked = world.seat("filer", cast.school)
    blocked.user.is_active = False
    blocked.user.save()
    world.file(entry, cast.filer)

    world.send_back(entry, cast.reviewer)

    assert [row[0] for row in found("returned")] == names(cast.filer, cast.secretary)


def test_one_who_files_and_signs_is_told_once_as_filer(cast, entry):
    world.seat("secretary", cast.school, cast.filer.user)
    world.file(entry, cast.filer)

    world.send_back(entry, cast.reviewer)

    assert Reminder.objects.get(about="returned", person=cast.filer.user).role == "filer"


def test_what_is_undone_by_an_error_is_told_nobody(cast, entry, waiting, monkeypatch):
    monkeypatch.setattr(progress.filings, "remember", lambda *a: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        world.file(entry, cast.filer)

    waiting.refresh_from_db()
    assert waiting.state == "waiting"


# ---- a campaign


def test_a_moved_date_takes_back_what_waits_and_is_told_once_each(cast, entry, waiting):
    returned = remind(entry, cast.filer, About.returned, stage=0)

    steering.reschedule(entry.slot_id, None, NEW_DAY, by=cast.manager, reason=WHY)

    assert found("due") == [(cast.filer.user.name, "due", "cancelled", "date moved")]
    returned.refresh_from_db()
    assert returned.state == "waiting"
    told = Reminder.objects.filter(about="moved")
    assert sorted(told.values_list("person__name", "due_on")) == [
        (name, NEW_DAY) for name in names(cast.filer, cast.secretary)
    ]


def test_a_date_moved_there_and_back_and_there_again_is_told_each_time(cast, entry):
    for day in (NEW_DAY, entry.due_on, NEW_DAY):
        steering.reschedule(entry.slot_id, None, day, by=cast.manager, reason=WHY)

    assert Reminder.objects.filter(about="moved", person=cast.filer.user).count() == 3


def test_withdrawing_closing_and_voiding_take_back_what_waits(cast, entry, waiting):
    elsewhere = remind(world.entry(cast.stranger_school), cast.stranger)
    campaign = entry.slot.campaign
    steering.withdraw_slot(entry.slot_id, by=cast.manager, reason=WHY)
    waiting.refresh_from_db()
    assert waiting.why == "withdrawn"

    for about, end in (("nudge", steering.close), ("moved", steering.void)):
        last = remind(entry, cast.filer, about)
        campaign.refresh_from_db()
        end(campaign.pk, by=cast.manager, version=campaign.version, reason=WHY)
        last.refresh_from_db()
        assert last.why == {"nudge": "closed", "moved": "void"}[about]
    elsewhere.refresh_from_db()
    assert elsewhere.state == "waiting"


def test_a_thousand_schools_cost_what_one_costs(cast, django_assert_num_queries):
    entries = [world.entry(world.school(), "Z2.1") for _ in range(3)]
    for entry in entries:
        remind(entry, world.seat("filer", entry.school))

    with django_assert_num_queries(1):
        assert reminders.cancel(Entry.objects.all(), "void") == 3
    with django_assert_num_queries(1):
        assert reminders.tell_schools(About.moved, [e.pk for e in entries], cause=1) == 3
    with django_assert_num_queries(1):
        assert reminders.tell_schools(About.moved, [e.pk for e in entries], cause=1) == 0


# ---- the two doors for others


def test_telling_says_how_many_had_not_been_told(cast, entry):
    asked = {"due_on": entry.due_on, "cause": 5, "role": "reviewer"}

    assert reminders.tell(About.asked, entry, people=[cast.reviewer.user] * 2, **asked) == 1
    assert reminders.tell(About.asked, entry, people=[cast.reviewer.user], **asked) == 0
    assert reminders.tell(About.asked, entry, people=[], **asked) == 0

    row = Reminder.objects.get()
    assert (row.place, row.role, row.topic) == (f"r{world.COUNTY}", "reviewer", f"entry:{entry.pk}")
    assert not Message.objects.exists()


def test_cancelling_can_be_narrowed_to_persons_and_to_one_kind(cast, entry, waiting):
    other = remind(entry, cast.secretary)
    moved = remind(entry, cast.filer, About.moved)

    assert reminders.cancel([entry.pk], "person ended", person_ids=[cast.secretary.user.pk]) == 1
    assert reminders.cancel([entry.pk], "done", about=About.moved) == 1

    states = {row.pk: row.state for row in Reminder.objects.all()}
    assert states == {waiting.pk: "waiting", other.pk: "cancelled", moved.pk: "cancelled"}


def test_the_people_of_an_entry_are_filers_and_secretaries_each_once(cast, entry):
    world.seat("secretary", cast.school, cast.filer.user)

    assert reminders.people_of(entry) == [cast.filer.user, cast.secretary.user]


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        ("2026-11-20T12:00", "2026-11-20T12:00"),
        ("2026-11-20T06:00", "2026-11-20T08:30"),
        ("2026-11-20T17:30", "2026-11-23T08:30"),
        ("2026-10-10T12:00", "2026-10-10T12:00"),
        ("2026-10-03T12:00", "2026-10-08T08:30"),
    ],
)
def test_mail_goes_out_within_its_hours_on_a_working_day(cast, now, goes):
    moment = clock.datetime.fromisoformat(now).replace(tzinfo=clock.SHANGHAI)

    assert f"{reminders.in_hours(moment, world.COUNTY).astimezone(clock.SHANGHAI):%FT%R}" == goes
