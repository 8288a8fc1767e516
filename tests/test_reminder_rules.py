"""By which rules people are reminded: the nearest region's stages, hours, grace, working days."""

from datetime import date, time

import pytest

from reform import reminder_rules
from reform.models import ReminderPolicy
from schools import clock
from schools.models import CalendarDay
from schools.workdays import Calendar
from tests import world
from tests.planning import DUE, rows

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def entry(cast):
    """Of 阳光小学, due on 2026-11-30."""
    world.slot(cast.campaign, due_on=DUE)
    return world.entry(cast.school)


def policy(region, stages, **fields):
    values = {
        "mail": True,
        "quiet_before": time(8, 30),
        "quiet_after": time(17, 30),
        "changed_at": clock.now(),
    }
    stored = [{"days": days, "roles": roles} for days, roles in stages.items()]
    return ReminderPolicy.objects.create(region_id=region, stages=stored, **{**values, **fields})


@pytest.mark.parametrize("region", ["0", "33", "3301", world.COUNTY])
def test_the_rules_of_the_nearest_region_hold(cast, entry, plan_at, region):
    policy("32", {-8: ["secretary"]})
    policy(region, {-2: ["secretary"]}, quiet_before=time(10, 0))

    assert plan_at("2026-11-26T09:59") == []
    assert plan_at("2026-11-26T10:00") == [(cast.secretary.user.name, -2, "waiting")]


def test_rules_of_a_county_do_not_hold_next_door(cast, entry, plan_at):
    next_door = world.entry(cast.stranger_school, "Z2.1", due_on=DUE)
    policy(world.COUNTY, {-2: ["filer"]})

    plan_at("2026-11-26T10:00")

    assert {stage for _n, stage, _s in rows(entry=entry)} == {-2}
    assert {stage for _n, stage, _s in rows(entry=next_door)} == {-15, -7, -3}


def test_grace_moves_the_stages_past_the_date_only(entry, plan_at):
    policy(world.COUNTY, {0: ["filer"], 1: ["filer"]}, grace_days=3)

    plan_at("2026-12-03T09:00")
    assert {stage for _n, stage, _s in rows()} == {0}
    plan_at("2026-12-04T09:00")
    assert {stage for _n, stage, _s in rows()} == {0, 1}


def test_working_days_are_those_of_the_authority(cast, plan_at):
    entry = world.entry(cast.school, "Z2.1", due_on=DUE)
    next_door = world.entry(cast.stranger_school, "Z2.1", due_on=DUE)
    CalendarDay.objects.create(
        region_id=world.COUNTY, date=date(2026, 11, 26), kind="holiday", name="运动会"
    )

    plan_at("2026-11-24T09:00")

    assert {stage for _n, stage, _s in rows(entry=entry)} == {-15, -7, -3}
    assert {stage for _n, stage, _s in rows(entry=next_door)} == {-15, -7}


@pytest.mark.parametrize(
    ("due", "days"),
    [
        ("2026-10-08", "09-10 09-21 09-28 10-08 10-09 10-14"),
        ("2026-11-30", "11-09 11-19 11-25 11-30 12-01 12-07"),
    ],
)
def test_the_default_stages_fall_on_the_days_of_the_official_calendar(cast, due, days):
    CalendarDay.objects.get_or_create(
        region_id="0", date=date(2026, 9, 25), defaults={"kind": "holiday", "name": "中秋节"}
    )
    rules, calendar = reminder_rules.of(world.COUNTY), Calendar.of(world.COUNTY)

    found = [rules.day(one.days, date.fromisoformat(due), calendar) for one in rules.stages]

    assert " ".join(f"{day:%m-%d}" for day in found) == days
