"""What must change nothing: outages, two planners at once, filings while it plans."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from reform import planner, rounds
from reform.models import Hold, Reminder, ReminderPolicy
from tests import world
from tests.chaos import load
from tests.planning import DUE, moment, rows

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def entry(cast):
    """Of 阳光小学, due on 2026-11-30."""
    world.slot(cast.campaign, due_on=DUE)
    return world.entry(cast.school)


def test_ten_days_off_tell_each_person_once_with_the_latest_stage(cast, entry, plan_at):
    plan_at("2026-11-09T09:00")
    Reminder.objects.update(state="told")

    plan_at("2026-11-30T09:00")

    mine = Reminder.objects.filter(person=cast.filer.user).values_list("stage", "state")
    assert sorted(mine) == [(-15, "told"), (-7, "superseded"), (-3, "superseded"), (0, "waiting")]
    assert not Hold.objects.filter(released_at=None).exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite counts no index reads")
@pytest.mark.parametrize("before", ["nothing", "a plan that was rolled back"])
def test_the_first_plan_of_all_does_not_read_again_what_it_is_writing(travel, before):
    """As a join, guessed small, this read half of the rows for each: minutes for 10,000 people."""
    load.build(200)
    stages = [{"days": days, "roles": ["filer"]} for days in (-load.DAYS, 0, 1)]
    ReminderPolicy.objects.update(stages=stages)
    travel.shift(timedelta(days=10))

    with connection.cursor() as cursor:
        if before != "nothing":
            point = transaction.savepoint()
            planner.plan()
            transaction.savepoint_rollback(point)
            cursor.execute("ANALYZE reform_reminder")  # pages without a row: guessed empty for long
        cursor.execute("SELECT pg_stat_get_xact_tuples_returned('reminder_once'::regclass)")
        (known,) = cursor.fetchone()
        cursor.execute("SET LOCAL enable_sort = off")  # rows are written while others are sought
        assert planner.plan()[0] is True
        cursor.execute("SELECT pg_stat_get_xact_tuples_returned('reminder_once'::regclass)")
        (read,) = cursor.fetchone()
    assert Reminder.objects.count() == 3 * load.keys() == 1800
    assert read - known < 4 * 1800


def test_a_round_plans(cast, entry, travel):
    travel.move_to(moment("2026-11-19T09:00"))

    rounds.tick(by="worker")

    assert [row[:2] for row in rows()] == [(cast.filer.user.name, n) for n in (-15, -7)]


def test_two_planners_at_once_write_each_reminder_once(real_db, travel):
    cast = world.Cast()
    entries = [world.entry(world.school(), "Z2.1", due_on=DUE) for _ in range(20)]
    for one in entries:
        world.seat("filer", one.school)
    world.entry(cast.school, "Z2.1", due_on=DUE)
    travel.move_to(moment("2026-11-25T09:00"))
    gate = Barrier(4)

    def plan(_):
        gate.wait()
        try:
            return planner.plan()[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(plan, range(4))) == [True] * 4

    keys = list(Reminder.objects.values_list("person", "topic", "stage", "due_on"))
    assert len(keys) == len(set(keys)) == 21 * 3 + 1
    assert Reminder.objects.filter(state="waiting").count() == 22


def test_planning_while_schools_file_leaves_nothing_waiting_for_what_was_sent(real_db, travel):
    cast = world.Cast()
    seats = [world.seat("filer", world.school()) for _ in range(12)]
    entries = [world.entry(seat.school, "Z2.1", due_on=DUE) for seat in seats]
    travel.move_to(moment("2026-11-25T09:00"))
    assert cast.school not in [seat.school for seat in seats]

    def file(pair):
        try:
            return world.file(*pair).status
        finally:
            connection.close()

    def plan(_):
        try:
            return planner.plan()[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        filed = pool.map(file, zip(entries, seats, strict=True))
        assert all(pool.map(plan, range(6)))
        assert {int(status) for status in filed} == {4}
    travel.shift(60)
    assert planner.plan()[0]

    assert not Reminder.objects.filter(state="waiting").exists()
