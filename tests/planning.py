"""The only place that plans reminders at a moment of a test, and reads what came of it."""

from datetime import date, datetime

from reform import planner
from reform.models import Reminder
from schools import clock

DUE = date(2026, 11, 30)  # stages 11-09, 11-19, 11-25, 11-30, 12-01, 12-07


def moment(text):
    """A moment by the clock of Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)


def plan_at(travel, text):
    """Plan at that moment; the rows there are then."""
    travel.move_to(moment(text))
    assert planner.plan()[0] is True
    return rows()


def rows(**fields):
    """(person, stage, state) of the reminders of dates, the oldest first."""
    found = Reminder.objects.filter(about="due", **fields).order_by("stage", "person__pk")
    return list(found.values_list("person__name", "stage", "state"))
