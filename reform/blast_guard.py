"""The only place that holds mail back when far more would go out than on any day before."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from reform.models import Hold, Reminder
from reform.models.reminder import About, ReminderState
from schools import clock
from schools.models import User

FLOOR = 500  # people; fewer are never held back
TIMES = 3
DAYS = 28
DATES = (About.due, About.term)  # what a plan writes


def held() -> Hold | None:
    """The hold that keeps digests back now, if any."""
    return Hold.objects.filter(released_at=None).order_by("-day").first()


def release(day: date, by: User) -> bool:
    """An operator lets the mail of a held day go. False when it went already."""
    mine = Hold.objects.filter(day=day, released_at=None)
    return mine.update(released_at=clock.now(), released_by=by) == 1


def brace() -> None:
    """Hold back before a plan that has days to make up for; `weigh` lets go when it is small."""
    now = clock.now()
    hold = Hold(day=clock.local_date(now), planned=0, usual=0, at=now)
    Hold.objects.bulk_create([hold], ignore_conflicts=True)


def weigh(since: datetime, explained: Iterable[tuple[int, date]]) -> Hold | None:
    """Hold today's mail back, or let it go, by how many people it would surprise.

    The calendar explains stages (stage, due date) that have come up `since` the last working day,
    and whatever was opened or given a new date since then. The rest is weighed against the largest
    of the 28 days before. What an operator let go is not held again that day.
    """
    now = clock.now()
    today = clock.local_date(now)
    planned = _people(_of_day(today).exclude(_expected(since, explained)))
    usual = _usual(today) if planned > FLOOR else 0
    mine = Hold.objects.filter(day=today)
    if planned <= max(FLOOR, TIMES * usual):
        mine.filter(released_at=None, planned=0).delete()
        mine.filter(released_at=None).update(released_at=now)
    else:
        Hold.objects.bulk_create(
            [Hold(day=today, planned=0, usual=0, at=now)], ignore_conflicts=True
        )
        mine.filter(released_by=None).update(planned=planned, usual=usual, released_at=None)
    for hold in Hold.objects.filter(released_at=None, day__lt=today):
        if _people(_of_day(hold.day)) <= max(FLOOR, TIMES * hold.usual):
            Hold.objects.filter(pk=hold.pk).update(released_at=now)
    return held()


def _of_day(day: date) -> "QuerySet[Reminder]":
    """What was planned on a day and still waits."""
    waiting = Reminder.objects.filter(state=ReminderState.waiting, about__in=DATES)
    return waiting.filter(planned_at__date=day)


def _expected(since: datetime, explained: Iterable[tuple[int, date]]) -> Q:
    """What the calendar, an opening or a moved date of the last days explains."""
    moved = Reminder.objects.filter(
        entry=OuterRef("entry"), about=About.moved, planned_at__gte=since
    )
    found = Q(entry__slot__campaign__opened_at__gte=since) | Q(Exists(moved))
    found |= Q(entry__slot__opens_on__gte=clock.local_date(since))
    for stage, due_on in explained:
        found |= Q(stage=stage, due_on=due_on)
    return found


def _people(reminders: "QuerySet[Reminder]") -> int:
    return reminders.aggregate(n=Count("person", distinct=True))["n"] or 0


def _usual(today: date) -> int:
    """How many people heard of a date on the largest of the 28 days before."""
    days = (
        Reminder.objects.filter(
            about__in=DATES,
            state__in=(ReminderState.told, ReminderState.cancelled),
            planned_at__date__lt=today,
            planned_at__date__gte=today - timedelta(days=DAYS),
        )
        .order_by()
        .annotate(day=TruncDate("planned_at", tzinfo=clock.SHANGHAI))
        .values_list("day")
        .annotate(n=Count("person", distinct=True))
    )
    return max((n for _day, n in days), default=0)
