"""What ought to be told by now: which stages, to whom, for which entries, and what no longer."""

from datetime import date, timedelta

import pytest

from reform import planner, progress, steering
from reform.models import Campaign, Entry, Pulse, Reminder
from schools import clock
from schools.models import Membership, School, User
from tests import world
from tests.planning import DUE, moment, rows

pytestmark = [pytest.mark.database, pytest.mark.django_db]

WHY = "期末工作集中，统一顺延"


@pytest.fixture
def entry(cast):
    """Of 阳光小学, due on 2026-11-30."""
    world.slot(cast.campaign, due_on=DUE)
    return world.entry(cast.school)


def names(*seats):
    return [seat.user.name for seat in seats]


# ---- stages


def test_nothing_is_told_before_the_first_stage(entry, plan_at):
    assert plan_at("2026-11-09T08:29") == []


def test_each_stage_is_told_to_its_role_and_takes_the_place_of_the_one_before(cast, entry, plan_at):
    filer, secretary, reviewer = names(cast.filer, cast.secretary, cast.reviewer)

    assert plan_at("2026-11-09T08:30") == [(filer, -15, "waiting")]
    assert plan_at("2026-11-19T08:30") == [(filer, -15, "superseded"), (filer, -7, "waiting")]
    plan_at("2026-11-25T08:30")
    assert rows(stage=-3) == [(filer, -3, "waiting"), (secretary, -3, "waiting")]
    plan_at("2026-11-30T08:30")
    plan_at("2026-12-01T08:30")
    assert plan_at("2026-12-07T08:30") == [
        (filer, -15, "superseded"),
        (filer, -7, "superseded"),
        (filer, -3, "superseded"),
        (secretary, -3, "superseded"),
        (filer, 0, "superseded"),
        (secretary, 0, "superseded"),
        (filer, 1, "waiting"),
        (secretary, 1, "waiting"),
        (reviewer, 5, "waiting"),
    ]


def test_a_row_says_why_this_person_hears_it(cast, entry, plan_at):
    plan_at("2026-12-07T09:00")

    last = Reminder.objects.get(stage=5)
    assert (last.role, last.place) == ("reviewer", f"r{world.COUNTY}")
    assert (last.entry, last.topic, last.due_on) == (entry, f"entry:{entry.pk}", DUE)
    first = Reminder.objects.get(stage=1, person=cast.secretary.user)
    assert (first.role, first.place) == ("secretary", f"s{cast.school.pk}")


def test_what_was_missed_is_recorded_and_only_the_latest_is_told(cast, entry, plan_at):
    filer, secretary = names(cast.filer, cast.secretary)

    assert plan_at("2026-11-30T21:00") == [
        (filer, -15, "superseded"),
        (filer, -7, "superseded"),
        (filer, -3, "superseded"),
        (secretary, -3, "superseded"),
        (filer, 0, "waiting"),
        (secretary, 0, "waiting"),
    ]
    assert Reminder.objects.filter(state="superseded", settled_at=None).count() == 0


def test_stages_of_more_than_thirty_days_ago_are_let_be(entry, plan_at):
    plan_at("2027-01-04T09:00")

    assert {stage for _name, stage, _state in rows()} == {5}


def test_planning_again_changes_nothing(cast, entry, plan_at):
    first = plan_at("2026-11-25T09:00")
    pks = set(Reminder.objects.values_list("pk", flat=True))

    assert plan_at("2026-11-25T09:01") == plan_at("2026-11-26T23:00") == first
    assert set(Reminder.objects.values_list("pk", flat=True)) == pks


def test_what_was_told_is_not_told_again(cast, entry, plan_at):
    plan_at("2026-11-25T09:00")
    Reminder.objects.filter(stage=-3).update(state="told")

    plan_at("2026-11-26T09:00")

    assert {state for _name, _stage, state in rows(stage=-3)} == {"told"}


def test_a_second_look_within_the_minute_sees_new_stages_only_and_the_next_full_one_all(
    cast, entry, travel
):
    travel.move_to(moment("2026-11-24T08:00"))
    planner.plan()
    late = world.entry(cast.school, "Z2.2", due_on=DUE)
    full = Pulse.objects.get(name="full plan")
    Pulse.objects.filter(pk=full.pk).update(finished_at=full.started_at + timedelta(hours=3))
    travel.move_to(moment("2026-11-24T12:00"))
    planner.plan()
    assert not Reminder.objects.filter(entry=late).exists()

    travel.move_to(moment("2026-11-25T08:30"))
    planner.plan()
    assert rows(entry=late, state="waiting") == [
        (cast.filer.user.name, -3, "waiting"),
        (cast.secretary.user.name, -3, "waiting"),
    ]
    assert rows(entry=entry, state="waiting") == rows(entry=late, state="waiting")


# ---- who owes, and who hears


@pytest.mark.parametrize(
    "unowed",
    [
        lambda e: Campaign.objects.update(state="closed"),
        lambda e: Campaign.objects.update(state="void"),
        lambda e: type(e.slot).objects.update(withdrawn_at=clock.now()),
        lambda e: type(e.slot).objects.update(opens_on=date(2026, 11, 26)),
        lambda e: School.objects.update(closed_on=date(2026, 11, 25)),
        lambda e: Entry.objects.update(left_at=clock.now()),
        lambda e: Entry.objects.update(counted=False),
        lambda e: Membership.objects.update(ends_on=date(2026, 11, 24)),
        lambda e: Membership.objects.update(starts_on=date(2026, 11, 26)),
        lambda e: User.objects.update(is_active=False),
    ],
    ids=[
        "closed", "void", "withdrawn", "not open yet", "school closed", "left", "reference",
        "post ended", "post not begun", "blocked",
    ],
)  # fmt: skip
def test_who_owes_nothing_or_is_gone_hears_nothing(entry, plan_at, unowed):
    unowed(entry)

    assert plan_at("2026-11-25T09:00") == []


def test_what_was_sent_is_not_reminded_of(cast, entry, plan_at):
    world.file(entry, cast.filer)

    assert plan_at("2026-11-25T09:00") == []


def test_what_is_taken_back_by_the_school_is_reminded_of_again(cast, entry, plan_at):
    plan_at("2026-11-19T18:00")
    filed = world.file(entry, cast.filer)
    assert rows(stage=-7) == [(cast.filer.user.name, -7, "cancelled")]

    progress.withdraw(entry.pk, by=cast.filer, version=filed.version)
    plan_at("2026-11-20T09:00")

    assert rows(stage=-7) == [(cast.filer.user.name, -7, "waiting")]
    assert Reminder.objects.filter(stage=-7).get().why == ""


def test_a_reopened_campaign_is_reminded_of_again(cast, entry, plan_at):
    plan_at("2026-11-19T18:00")
    campaign = entry.slot.campaign
    closed = steering.close(
        campaign.pk, by=cast.manager, version=campaign.version, reason="学年结束。"
    )
    assert {state for _n, _s, state in plan_at("2026-11-20T09:00")} == {"cancelled", "superseded"}

    steering.reopen_campaign(campaign.pk, by=cast.manager, version=closed.version, reason=WHY)
    plan_at("2026-11-20T10:00")

    assert rows(stage=-7) == [(cast.filer.user.name, -7, "waiting")]


def test_an_entry_readmitted_though_its_campaign_is_closed_is_reminded_of(entry, plan_at):
    Campaign.objects.update(state="closed")
    Entry.objects.update(readmitted_until=date(2026, 11, 30))

    assert plan_at("2026-11-19T09:00") != []
    assert plan_at("2026-12-01T09:00")[-1][2] == "cancelled"


def test_a_moved_date_is_planned_by_the_new_date(cast, entry, plan_at):
    plan_at("2026-11-19T09:00")

    nearer = date(2026, 11, 26)
    steering.reschedule(entry.slot_id, None, nearer, by=cast.manager, reason=WHY)
    plan_at("2026-11-23T09:00")

    filer, secretary = names(cast.filer, cast.secretary)
    assert rows(due_on=DUE) == [(filer, -15, "superseded"), (filer, -7, "cancelled")]
    assert rows(due_on=nearer, state="waiting") == [
        (filer, -3, "waiting"),
        (secretary, -3, "waiting"),
    ]


def test_the_bureaus_own_entries_are_reminded_of_though_no_tally_counts_them(cast, plan_at):
    bureau = world.bureau()
    clerk = world.seat("filer", bureau)
    entry = world.entry(bureau, "Z2.1", due_on=DUE)
    assert entry.keeper == 2

    plan_at("2026-11-19T09:00")

    assert rows(entry=entry, state="waiting") == [(clerk.user.name, -7, "waiting")]


def test_one_who_files_and_signs_is_told_each_stage_once(cast, entry, plan_at):
    both = world.seat("secretary", cast.school, cast.filer.user)

    plan_at("2026-11-25T09:00")

    mine = Reminder.objects.filter(person=both.user).values_list("stage", "state", "role")
    assert sorted(mine) == [
        (-15, "superseded", "filer"),
        (-7, "superseded", "filer"),
        (-3, "waiting", "filer"),
    ]


def test_a_reviewer_who_also_files_is_told_the_latest_of_both_posts(cast, entry, plan_at):
    world.seat("filer", cast.school, cast.reviewer.user)

    plan_at("2026-12-07T09:00")

    mine = Reminder.objects.filter(person=cast.reviewer.user, state="waiting")
    assert list(mine.values_list("stage", "role")) == [(5, "reviewer")]


def test_a_new_colleague_is_told_what_is_current(cast, entry, plan_at):
    plan_at("2026-11-19T09:00")
    new = world.seat("filer", cast.school)

    plan_at("2026-11-20T09:00")

    mine = Reminder.objects.filter(person=new.user).values_list("stage", "state")
    assert sorted(mine) == [(-15, "superseded"), (-7, "waiting")]


@pytest.mark.parametrize("way", ["blocked", "post ended"])
def test_what_waits_for_one_who_left_is_taken_back(cast, entry, plan_at, way):
    plan_at("2026-11-19T09:00")
    if way == "blocked":
        cast.filer.user.is_active = False
        cast.filer.user.save()
    else:
        Membership.objects.filter(user=cast.filer.user).update(ends_on=date(2026, 11, 19))

    plan_at("2026-11-20T09:00")

    assert Reminder.objects.get(stage=-7).why == "person ended"


def test_what_a_closed_school_or_a_row_changed_by_hand_no_longer_owes_is_taken_back(
    cast, entry, plan_at
):
    other = world.entry(cast.stranger_school, "Z2.1", due_on=DUE)
    plan_at("2026-11-19T09:00")
    School.objects.filter(pk=cast.school.pk).update(closed_on=date(2026, 11, 20))
    Entry.objects.filter(pk=other.pk).update(left_at=clock.now())

    plan_at("2026-11-20T09:00")

    assert Reminder.objects.get(stage=-7, entry=entry).why == "closed"
    assert Reminder.objects.get(stage=-7, entry=other).why == "done"
