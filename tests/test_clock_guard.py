"""A clock that cannot be trusted holds reminders back, and lets go by itself."""

from datetime import timedelta

import pytest
from django.db import connection

from reform import clock_guard, planner
from reform.models import ClockGuard, Reminder
from schools import clock
from tests import world
from tests.planning import DUE, moment

pytestmark = [pytest.mark.database, pytest.mark.django_db]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Machine:
    """A host: `run` lets time pass, `jump` moves its clock only, `reboot` restarts its uptime."""

    def __init__(self, folder, travel):
        self.folder, self.travel = folder, travel
        self.up, self.boot = 1000.0, 0
        (folder / "sys/kernel/random").mkdir(parents=True)
        self.reboot()

    def _tell(self):
        (self.folder / "uptime").write_text(f"{self.up:.2f} 123.00\n")

    def reboot(self):
        self.up, self.boot = 5.0, self.boot + 1
        (self.folder / "sys/kernel/random/boot_id").write_text(f"boot-{self.boot}\n")
        self._tell()

    def run(self, length):
        self.up += length.total_seconds()
        self._tell()
        self.jump(length)

    def jump(self, length):
        self.travel.shift(length)


@pytest.fixture
def machine(db, travel, settings, tmp_path):
    settings.CLOCK_PROC = str(tmp_path / "proc")
    return Machine(tmp_path / "proc", travel)


@pytest.fixture
def entry(cast):
    world.slot(cast.campaign, due_on=DUE)
    return world.entry(cast.school)


def plan():
    """What the planner says; and whether mail may go out just then."""
    well, _said = planner.plan()
    assert clock_guard.sound() is well
    return well


def test_the_first_plan_believes_the_clock(machine):
    assert plan() is True
    assert ClockGuard.objects.get().boot_id == "boot-1"


def test_days_without_a_plan_are_no_fault_while_clock_and_uptime_agree(machine):
    plan()
    machine.run(10 * DAY)

    assert plan() is True


@pytest.mark.parametrize(
    ("jump", "fault"), [(400 * DAY, "clock_jumped"), (-2 * DAY, "clock_went_back")]
)
def test_a_clock_that_jumps_holds_and_normal_life_returns_with_it(machine, entry, jump, fault):
    machine.travel.move_to(moment("2026-11-18T09:00"))
    plan()
    before = Reminder.objects.count()
    machine.jump(jump)

    assert planner.plan()[0] is False
    assert clock_guard.fault(clock_guard.read()) == fault
    assert Reminder.objects.count() == before
    machine.run(HOUR)
    assert plan() is False

    machine.jump(-jump)
    assert plan() is True
    machine.run(DAY)
    assert plan() is True
    assert Reminder.objects.filter(stage=-7).exists()


def test_five_minutes_more_or_less_are_no_jump(machine):
    plan()
    machine.jump(4 * MINUTE)
    assert plan() is True
    machine.jump(-4 * MINUTE)
    assert plan() is True
    machine.jump(6 * MINUTE)
    assert plan() is False


def test_a_jump_across_a_reboot_is_time_the_machine_was_off(machine):
    plan()
    machine.jump(3 * DAY)
    machine.reboot()

    assert plan() is True


def test_a_clock_far_behind_is_held_after_a_reboot_too(machine):
    plan()
    machine.jump(-3 * DAY)
    machine.reboot()

    assert plan() is False


@pytest.mark.parametrize("jump", [3 * DAY, -3 * DAY])
def test_a_clock_that_runs_evenly_for_six_hours_is_believed(machine, jump):
    plan()
    machine.jump(jump)
    assert plan() is False
    machine.run(5 * HOUR)
    assert plan() is False
    assert planner.plan()[0] is False

    machine.run(HOUR)

    assert planner.plan()[0] is True
    machine.run(MINUTE)
    assert plan() is True


def test_a_clock_that_keeps_jumping_is_not_believed(machine):
    plan()
    for _hour in range(8):
        machine.run(HOUR)
        machine.jump(DAY)
        assert plan() is False


def test_a_sleeper_asks_without_changing_anything(machine):
    plan()
    kept = ClockGuard.objects.get().wall
    machine.run(HOUR)

    assert clock_guard.sound()
    assert ClockGuard.objects.get().wall == kept


@pytest.mark.parametrize("proc", ["", "/nowhere"])
def test_without_proc_only_a_clock_behind_is_noticed(db, travel, settings, proc):
    settings.CLOCK_PROC = proc
    assert plan() is True
    travel.shift(9 * DAY)
    assert plan() is True
    travel.shift(-DAY)
    assert plan() is False


def test_an_unreadable_uptime_is_none(machine):
    for text in ("", "soon", "\n"):
        (machine.folder / "uptime").write_text(text)
        assert clock_guard.read().uptime is None


def test_a_clock_that_differs_from_the_databases_holds(db, settings):
    settings.CLOCK_ASKS_DATABASE = True
    assert plan() is True

    with_database = connection.vendor == "postgresql"
    reading = clock_guard.read()
    assert (reading.database is not None) is with_database
    odd = reading._replace(database=clock.now() - 6 * MINUTE)
    assert clock_guard.fault(odd) == "clock_differs_from_database"
    assert clock_guard.settle(odd) == "clock_differs_from_database"
    assert clock_guard.fault(reading._replace(database=clock.now() - 4 * MINUTE)) == ""
