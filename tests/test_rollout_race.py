"""Openings, late joiners, new dates and filings at one instant: nobody twice, no count wrong."""

from datetime import date
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.db.models import Count

from reform import history, rollout, steering, tallies
from reform.models import Campaign, Entry, Event, Tally
from reform.states import Keeper, Status
from schools.errors import Denied
from tests import world

pytestmark = pytest.mark.database


@pytest.fixture
def schools(real_db, travel):
    travel.move_to(world.FIRST_DAY)
    return [world.school(profile="multi") for _n in range(8)]


def at_once(*works):
    """Run all of them at the same instant; the errors they raised."""
    start = Barrier(len(works))
    faults = []

    def run(work):
        try:
            start.wait()
            work()
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def everything_is_true():
    return tallies.differences() == {} and list(history.verify()) == []


def test_two_campaigns_opened_at_once_ask_nobody_twice(schools, monkeypatch):
    monkeypatch.setattr(rollout, "BATCH", 2)
    other = world.school(authority=world.SIBLING)
    county, city = world.seat("manager", world.COUNTY), world.seat("manager", "3301")
    drafts = [world.draft(county).pk, world.draft(city).pk]

    faults = at_once(
        lambda: rollout.open_campaign(drafts[0], by=county),
        lambda: rollout.open_campaign(drafts[1], by=city),
        rollout.continue_openings,
        rollout.add_late_joiners,
    )

    rollout.continue_openings()
    late = [fault for fault in faults if isinstance(fault, Denied)]  # the city had asked it all
    assert faults == late
    states = sorted(Campaign.objects.values_list("state", flat=True))
    assert states == ["draft"] * len(late) + ["open"] * (2 - len(late))
    rows = Entry.objects.filter(keeper=Keeper.school).values_list("school_id").order_by()
    asked = dict(rows.annotate(n=Count("pk")))
    assert asked == {school.pk: 60 for school in [*schools, other]}
    kept = Entry.objects.filter(keeper=Keeper.district).values_list("school__name", flat=True)
    assert sorted(kept) == ["上城区教育局", "西湖区教育局"]
    assert everything_is_true()


def test_one_campaign_opened_by_two_at_once_is_opened_once(schools, monkeypatch):
    monkeypatch.setattr(rollout, "BATCH", 2)
    first, second = world.seat("manager", world.COUNTY), world.seat("manager", world.COUNTY)
    campaign = world.draft(first).pk

    faults = at_once(
        lambda: rollout.open_campaign(campaign, by=first),
        lambda: rollout.open_campaign(campaign, by=second),
    )

    assert faults == []
    assert Entry.objects.filter(keeper=Keeper.school).count() == 60 * len(schools)
    assert list(Event.objects.filter(subject="region:330106").values_list("kind", flat=True)) == [
        "open",
        "opened",
    ]
    assert everything_is_true()


def test_filings_under_way_while_a_date_moves_are_counted_under_the_right_date(schools, travel):
    by = world.seat("manager", world.COUNTY)
    filers = [world.seat("filer", school) for school in schools]
    slot = world.opened(by).slots.get(item__code="Z2.1", period="2026-2027-1")
    travel.move_to(world.NOON)

    def move():
        for day in (22, 18, 21, 19):
            due_on = date(2027, 1, day)
            steering.reschedule(slot.pk, None, due_on, by=by, reason="统一调整")

    def file(entry, filer):
        return lambda: world.file(entry, filer)

    entries = [slot.entries.get(school=school) for school in schools]
    faults = at_once(move, *map(file, entries, filers))

    assert faults == []
    assert {Status(s) for s in slot.entries.values_list("status", flat=True)} == {Status.submitted}
    assert Tally.objects.filter(slot=slot, n__lt=0).count() == 0
    assert everything_is_true()
