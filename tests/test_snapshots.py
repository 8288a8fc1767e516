"""What the boards showed at the end of a day: summed from the tally, kept when the day is over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import count
from threading import Event

import pytest
from django.db import connection, transaction

from reform import bookkeeping, rounds, snapshots, steering, tallies
from reform.models import Pulse, Slot, Snapshot
from schools import clock
from schools.models import Document
from schools.registers import REGISTERS
from tests import world

pytestmark = [pytest.mark.database, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)
PAST, AHEAD = date(2026, 11, 13), date(2027, 1, 15)


@pytest.fixture
def term(cast):
    """Four items of two pillars: one past its date, one sent, one accepted, one to come."""
    in_past = world.entry(cast.school, "Z2.1", due_on=PAST)
    Slot.objects.update(due_on=PAST)
    sent = world.entry(cast.school, "Z2.2", due_on=AHEAD, campaign=in_past.slot.campaign)
    taken = world.entry(cast.school, "X1.3", due_on=AHEAD, campaign=in_past.slot.campaign)
    world.entry(cast.school, "Z4.3", due_on=AHEAD, campaign=in_past.slot.campaign)
    world.file(sent, cast.filer)
    world.accept(world.file(taken, cast.filer), cast.reviewer)
    return in_past


def today_of(code=world.COUNTY):
    rows = snapshots.of_year(code, f"{code}0", world.YEAR)
    return {day.day: day for day in snapshots.days(rows)}.get(clock.today())


def is_fresh():
    return clock.now() - snapshots.as_of() < MINUTE / 2


def test_a_day_says_what_the_board_says(term):
    snapshots.take(clock.today())

    live = tallies.figures(
        tallies.read(world.COUNTY, f"{world.COUNTY}0", school_year=world.YEAR, on=clock.today()),
        clock.today(),
    )
    day = today_of()
    assert {name: getattr(day, name) for name in live._fields} == live._asdict()
    assert day == (clock.today(), 4, 1, 1, 1, 1, 1, 0)


def test_a_day_is_told_by_pillar(term):
    snapshots.take(clock.today())

    rows = Snapshot.objects.order_by("pillar").values_list("pillar", "expected", "waiting")
    assert list(rows) == [("X", 1, 0), ("Z", 3, 1)]


def test_the_date_of_an_authority_decides_what_was_planned(term):
    term.slot.dues.create(authority_id=world.COUNTY, due_on=AHEAD, source="hand")

    snapshots.take(clock.today())

    assert today_of().planned == 0


def test_taking_a_day_again_writes_only_what_has_changed(term, cast):
    snapshots.take(clock.today())
    assert snapshots.take(clock.today()) == 0

    world.file(term, cast.filer)

    assert snapshots.take(clock.today()) == 1
    assert today_of().waiting == 2


def test_what_is_counted_no_more_leaves_today_and_stays_in_the_days_before(term, cast, travel):
    snapshots.take(clock.today())
    travel.move_to(world.NOON + timedelta(days=1))
    snapshots.take(clock.today())

    steering.void(term.slot.campaign_id, by=cast.manager, reason="重复下发，另行安排。", version=0)
    snapshots.take(clock.today())

    assert set(Snapshot.objects.values_list("day", flat=True)) == {date(2026, 11, 20)}


def test_a_round_takes_a_day_only_where_something_happened(term, cast, travel):
    rounds.tick(by="test")
    Snapshot.objects.update(waiting=99)

    travel.shift(MINUTE)
    rounds.tick(by="test")
    assert today_of().waiting == 198
    assert is_fresh()

    world.file(term, cast.filer)
    travel.shift(MINUTE)
    rounds.tick(by="test")
    assert today_of().waiting == 2
    assert Pulse.objects.get(name=snapshots.PULSE).finished_at == snapshots.as_of()


@pytest.fixture
def costly(monkeypatch):
    """Each look at everything takes three seconds; how many there were."""
    seconds, looks = count(), []

    def tell():
        looks.append(next(seconds))
        return 3.0 * looks[-1]

    monkeypatch.setattr(snapshots, "monotonic", tell)
    return lambda: len(looks) // 2


def test_a_look_at_everything_that_takes_long_is_taken_less_often(term, cast, travel, costly):
    snapshots.refresh()
    taken = snapshots.as_of()
    slot = Slot.objects.get(item__code="Z2.2")
    steering.withdraw_slot(slot.pk, by=cast.manager, reason="另有安排，本学期不再填报。")

    for _n in range(4):  # 3 s it took: not again before five minutes are over
        travel.shift(MINUTE)
        snapshots.refresh()
        assert (today_of().waiting, snapshots.as_of(), costly()) == (1, taken, 1)

    travel.shift(MINUTE)
    snapshots.refresh()
    assert (today_of().waiting, is_fresh(), costly()) == (0, True, 2)


def test_where_entries_moved_their_authorities_alone_are_looked_at_and_at_once(
    term, cast, travel, costly
):
    elsewhere = world.entry(cast.stranger_school, "Z2.1", campaign=term.slot.campaign)
    snapshots.refresh()
    Snapshot.objects.filter(authority=world.SIBLING).update(waiting=99)
    world.file(term, cast.filer)
    row = Document(school=cast.school, kind="plan", title="学年工作计划")
    bookkeeping.keep(cast.school, REGISTERS["documents"], [row], by=cast.filer)
    travel.shift(MINUTE)

    snapshots.refresh()

    assert (today_of().waiting, is_fresh(), costly()) == (2, True, 1)
    assert today_of(world.SIBLING).waiting == 99

    world.file(elsewhere, cast.stranger)
    travel.shift(MINUTE)
    snapshots.refresh()
    assert (today_of(world.SIBLING).waiting, costly()) == (1, 1)


@pytest.fixture
def held(real_db, travel):
    """A change that took its number before another and is finished after it: begin, end."""
    begun, told = Event(), Event()
    with ThreadPoolExecutor(1) as pool:
        change = []

        def begin(do):
            def work():
                with transaction.atomic():
                    do()
                    begun.set()
                    assert told.wait(30)
                connection.close()

            change.append(pool.submit(work))
            assert begun.wait(30)

        def end():
            told.set()
            change[0].result(30)

        yield begin, end
        told.set()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite writes one after another")
@pytest.mark.parametrize("what", ["entry", "campaign"])
def test_what_is_finished_late_under_a_smaller_number_is_summed_up_too(held, travel, what):
    begin, end = held
    cast = world.Cast()
    mine = world.entry(cast.school, "Z2.1", due_on=AHEAD)
    other = world.entry(cast.stranger_school, "Z2.1", campaign=world.campaign(world.SIBLING))
    snapshots.refresh()
    assert today_of().waiting == 0 and today_of().expected == 1

    def change():
        if what == "entry":
            world.file(mine, cast.filer)
        else:
            steering.withdraw_slot(mine.slot_id, by=cast.manager, reason="另有安排，不再填报。")

    begin(change)
    world.file(other, cast.stranger)
    snapshots.refresh()
    assert today_of(world.SIBLING).waiting == 1
    end()
    travel.shift(MINUTE)
    snapshots.refresh()

    day = today_of()
    assert (day and day.waiting) == (1 if what == "entry" else None)


def test_a_new_day_is_taken_at_once_however_long_it_took(term, travel, costly):
    snapshots.refresh()
    travel.move_to(world.NOON + timedelta(hours=13))

    snapshots.refresh()

    assert is_fresh()
    assert Snapshot.objects.filter(day=clock.today()).exists()


def test_a_week_ago_is_the_day_nearest_to_it():
    def on(day):
        return snapshots.Day(date(2026, 11, day), *[0] * 7)

    today = date(2026, 11, 20)
    assert snapshots.week_ago([on(9), on(12), on(14), on(19)], today) == on(12)
    assert snapshots.week_ago([on(9), on(16), on(18)], today) == on(16)
    assert snapshots.week_ago([on(9), on(18)], today) is None
