"""Far more mail than on any day before waits for a look, unless the calendar explains it."""

from datetime import date, timedelta

import pytest

from reform import blast_guard, planner
from reform.models import Hold, Reminder
from schools import clock
from tests import planning, world
from tests.planning import DUE, moment

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def few(monkeypatch):
    """Two people are few here, so that a handful of schools can be many."""
    monkeypatch.setattr(blast_guard, "FLOOR", 2)


@pytest.fixture
def schools(cast, few):
    """Five schools with a filer each, in a campaign that has long been open, due on 2026-11-30."""
    world.slot(cast.campaign, due_on=DUE)
    cast.campaign.__class__.objects.update(opened_at=moment("2026-09-01T09:00"))
    seats = [world.seat("filer", world.school()) for _ in range(5)]
    return [world.entry(seat.school) for seat in seats]


def test_what_the_calendar_explains_goes_out_however_much(schools, travel):
    for day in ("2026-11-06", "2026-11-09", "2026-11-18", "2026-11-19"):
        planning.plan_at(travel, f"{day}T09:00")

    assert Reminder.objects.filter(state="waiting").count() == 5
    assert not Hold.objects.exists()


def test_a_weekend_without_a_plan_is_explained_too(schools, travel):
    world.slot(schools[0].slot.campaign, "Z2.2", due_on=date(2026, 12, 1))
    planning.plan_at(travel, "2026-11-19T09:00")
    planning.plan_at(travel, "2026-11-23T09:00")

    assert blast_guard.held() is None


def test_a_catch_up_far_above_the_usual_is_held_though_all_are_told_in_the_inbox(schools, travel):
    planning.plan_at(travel, "2026-11-06T09:00")
    planning.plan_at(travel, "2026-11-24T09:00")

    hold = blast_guard.held()
    assert (hold.day, hold.planned, hold.usual) == (date(2026, 11, 24), 5, 0)
    assert Reminder.objects.filter(state="waiting").count() == 5


def test_what_is_held_stays_held_over_the_night(schools, travel):
    planning.plan_at(travel, "2026-11-24T09:00")
    planning.plan_at(travel, "2026-11-24T23:59")
    planning.plan_at(travel, "2026-11-25T07:00")

    assert blast_guard.held().day == date(2026, 11, 24)


def test_mail_that_only_waits_for_the_server_is_not_held(schools, travel):
    for day in ("2026-11-18", "2026-11-19", "2026-11-20", "2026-11-23", "2026-11-24"):
        planning.plan_at(travel, f"{day}T09:00")

    assert Reminder.objects.filter(state="waiting").count() == 5
    assert blast_guard.held() is None


def test_three_times_the_largest_day_is_usual(schools, travel, cast):
    planning.plan_at(travel, "2026-11-24T09:00")
    assert blast_guard.held() is not None
    Reminder.objects.update(state="told", planned_at=moment("2026-11-10T09:00"))
    more = [world.seat("filer", world.school()) for _ in range(14)]
    for seat in more:
        world.entry(seat.school)

    planning.plan_at(travel, "2026-11-24T09:01")

    assert Reminder.objects.filter(state="waiting").count() == 14
    assert blast_guard.held() is None
    last = world.seat("filer", world.school()), world.seat("filer", world.school())
    for seat in last:
        world.entry(seat.school)
    planning.plan_at(travel, "2026-11-24T09:02")
    assert (blast_guard.held().planned, blast_guard.held().usual) == (16, 5)


def test_a_campaign_opened_since_yesterday_explains_itself(schools, travel, cast):
    cast.campaign.__class__.objects.update(opened_at=moment("2026-11-23T15:00"))

    planning.plan_at(travel, "2026-11-24T09:00")

    assert Reminder.objects.filter(state="waiting").count() == 5
    assert blast_guard.held() is None


def test_a_hold_lifts_itself_when_the_work_is_done(schools, travel):
    planning.plan_at(travel, "2026-11-24T09:00")
    assert blast_guard.held() is not None
    for entry in schools[:3]:
        world.file(entry, world.seat("filer", entry.school))
    planning.plan_at(travel, "2026-11-24T09:05")

    assert blast_guard.held() is None


def test_an_operator_lets_it_go_once_and_for_that_day(schools, travel, client):
    planning.plan_at(travel, "2026-11-24T09:00")
    operator = world.seat("operator", "0")
    client.cookies["language"] = "en"
    world.sign_in(client, operator)

    answer = client.post("/status/release/", headers={"origin": world.ORIGIN})

    assert answer.status_code == 302
    assert Hold.objects.get().released_by == operator.user
    planning.plan_at(travel, "2026-11-24T09:10")
    assert blast_guard.held() is None
    assert client.post("/status/release/", headers={"origin": world.ORIGIN}).status_code == 409


def test_the_status_page_offers_to_let_go_what_is_held(schools, travel, client, settings):
    settings.MAIL_SERVER = {"console": True}
    planning.plan_at(travel, "2026-11-24T09:00")
    client.cookies["language"] = "en"
    world.sign_in(client, world.seat("operator", "0"))

    shown = client.get("/status/").content.decode()

    assert "5 people would hear of dates that no calendar explains" in shown
    assert "The dates are right: let them go" in shown


def test_a_plan_that_dies_in_the_middle_leaves_mail_held_until_the_next(
    schools, travel, monkeypatch
):
    planning.plan_at(travel, "2026-11-06T09:00")
    travel.move_to(moment("2026-11-24T09:00"))
    with monkeypatch.context() as broken:
        broken.setattr(planner, "SOURCES", (planner.due_dates, lambda round_: 1 / 0))
        with pytest.raises(ZeroDivisionError):
            planner.plan()
    assert blast_guard.held() is not None

    monkeypatch.setattr(blast_guard, "FLOOR", 500)
    travel.shift(60)
    planner.plan()
    assert blast_guard.held() is None
    assert clock.now() - moment("2026-11-24T09:00") < timedelta(minutes=5)
