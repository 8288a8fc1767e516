"""What the status page and /healthz say of the clock, the planning and what is untold."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from reform import blast_guard, health, planner, planner_health
from reform.lines import BAD, CARE, GOOD
from reform.models import ClockGuard, Pulse, Reminder
from schools import clock
from tests import planning, world
from tests.planning import DUE

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def english(cast):
    with override("en"):
        yield


def reminders():
    return planner_health.reminders({pulse.name: pulse for pulse in Pulse.objects.all()})


def red(client):
    return client.get("/healthz").json()["red"]


def test_a_new_installation_has_not_planned_yet():
    assert (reminders().light, reminders().why) == (CARE, "never")


def test_after_a_plan_all_is_well():
    planner.plan()

    assert (reminders().light, reminders().said) == (GOOD, "Last less than a minute ago.")
    assert planner_health.the_clock({}).light == GOOD


def test_no_plan_for_a_quarter_of_an_hour_is_red(client, travel):
    planner.plan()
    travel.shift(timedelta(minutes=14))
    assert "reminders" not in red(client)

    travel.shift(timedelta(minutes=2))

    assert red(client)["reminders"] == "late"


@pytest.mark.parametrize(
    ("jump", "word"), [(timedelta(days=-2), "clock_went_back"), (timedelta(days=400), "")]
)
def test_a_clock_that_cannot_be_trusted_is_red_with_its_word(client, travel, jump, word):
    planner.plan()
    travel.shift(jump)

    assert red(client).get("clock", "") == word
    travel.shift(-jump)
    assert "clock" not in red(client)


def test_a_clock_that_jumped_is_red_with_its_word(client, travel, settings, tmp_path):
    settings.CLOCK_PROC = str(tmp_path)
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("one")
    (tmp_path / "uptime").write_text("77.0 1.0")
    planner.plan()
    travel.shift(timedelta(days=400))

    assert red(client)["clock"] == "clock_jumped"
    assert ClockGuard.objects.get().uptime == 77.0
    assert health.report()["well"] is False


def test_without_mail_nothing_is_said_to_wait_for_it(cast, travel):
    world.slot(cast.campaign, due_on=DUE)
    world.entry(cast.school)
    planning.plan_at(travel, "2026-11-19T09:00")

    assert "by mail" not in reminders().said


def test_what_waits_is_counted_and_after_two_working_days_red(cast, client, travel, settings):
    settings.MAIL_SERVER = {"host": "127.0.0.1"}
    world.slot(cast.campaign, due_on=DUE)
    world.entry(cast.school)
    planning.plan_at(travel, "2026-11-19T09:00")
    assert "1 waits to be told by mail, the oldest since 2026-11-19 09:00." in reminders().said

    planning.plan_at(travel, "2026-11-23T09:00")
    assert reminders().light == GOOD
    planning.plan_at(travel, "2026-11-24T09:00")
    assert (reminders().light, reminders().why) == (BAD, "untold")

    blast_guard.brace()
    assert reminders().light == GOOD  # the letters' line says that they are held
    Reminder.objects.update(state="told", settled_at=clock.now())
    assert "waits" not in reminders().said
