"""The only place that decides who gets a daily letter: at most one a person and local day."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from reform import outbox, statistics
from reform.models import Message, Reminder
from reform.models.message import MessageKind, MessageState
from reform.models.reminder import About, ReminderState
from schools import clock
from schools.models import User

BATCH = 2000  # reminders settled at once
LOOK = 10_000  # people of one look
MOST = 50_000  # letters of one call; the next comes a minute later
REST = timedelta(hours=1)  # news gather so long, so that an hour of reviewing is one letter
# A letter that ended unsent today is opened again when there is something new to tell.
AGAIN = (MessageState.cancelled, MessageState.bounced)


def plan() -> tuple[bool, str]:
    """Put a letter in the outbox for each person who has something waiting. A step of each minute.

    Those whom no letter reaches are told in the inbox alone, at once.
    """
    silent = told_in_app()
    made = 0
    if outbox.mail_is_on():
        last = 0
        while made < MOST and (people := _next(last)):
            last = people[-1]
            made += _post(_without_letter(people))
        statistics.renew(Message, made)
    words = [f"daily letters: {made}"] if made else []
    words += [f"told in the inbox only: {silent}"] if silent else []
    return True, ", ".join(words)


def told_in_app() -> int:
    """Settle the reminders of those whom no letter reaches; how many."""
    waiting = Reminder.objects.filter(state=ReminderState.waiting)
    values: dict[str, Any] = {"state": ReminderState.told, "settled_at": clock.now()}
    if not outbox.mail_is_on():
        return _update(waiting, values)
    unreached = User.objects.filter(Q(email="") | ~Q(email_refused_at=None) | Q(is_active=False))
    unwilling = User.objects.filter(digest=False)
    return _update(waiting.filter(person__in=unreached), values) + _update(
        waiting.filter(person__in=unwilling).exclude(about=About.nudge), values
    )


def _update(waiting: "QuerySet[Reminder]", values: dict[str, Any]) -> int:
    """Settle what nobody else settles just now; the rest a minute later."""
    done = 0
    while done < MOST:
        with transaction.atomic():
            free = waiting.select_for_update(skip_locked=True, of=("self",), no_key=True)
            some = list(free.order_by("pk").values_list("pk", flat=True)[:BATCH])
            done += Reminder.objects.filter(pk__in=some).update(**values)
        if len(some) < BATCH:
            break
    return done


def _next(after: int) -> list[int]:
    """The next people, by number, who have something to tell by letter."""
    ripe = Q(about=About.due) | Q(planned_at__lte=clock.now() - REST)
    waiting = Reminder.objects.filter(ripe, state=ReminderState.waiting).exclude(about=About.nudge)
    people = waiting.filter(
        person__gt=after, person__is_active=True, person__digest=True,
        person__email_refused_at=None,
    ).exclude(person__email="")  # fmt: skip
    return list(people.order_by("person").values_list("person", flat=True).distinct()[:LOOK])


def _without_letter(people: list[int]) -> list[int]:
    """Those who have no letter yet today, nor an older one that is on its way.

    Apart from the question who has something to tell: a join of reminders with letters is as slow
    as their numbers are guessed wrong.
    """
    now = clock.now()
    mine = Message.objects.filter(person__in=people, kind=MessageKind.digest)
    today = Q(key=_key(now)) & ~Q(state__in=AGAIN)
    sent_today = Q(state=MessageState.accepted, settled_at__gte=_midnight(now))
    written = mine.filter(today | sent_today | Q(state__in=outbox.OPEN))
    have = set(written.values_list("person", flat=True))
    return [pk for pk in people if pk not in have]


def _post(people: list[int]) -> int:
    now = clock.now()
    key = _key(now)
    made = [
        Message(
            person_id=pk, kind=MessageKind.digest, key=key, made_at=now, next_at=now,
            message_id=outbox.name_of(pk, outbox.MAIL, MessageKind.digest, key),
        )
        for pk in people
    ]  # fmt: skip
    Message.objects.bulk_create(made, ignore_conflicts=True)
    ended = Message.objects.filter(person__in=people, kind=MessageKind.digest, key=key)
    ended.filter(state__in=AGAIN).update(
        state=MessageState.waiting, next_at=now, settled_at=None, reply=""
    )
    return len(people)


def _key(moment: datetime) -> str:
    return clock.local_date(moment).isoformat()


def _midnight(moment: datetime) -> datetime:
    local = moment.astimezone(clock.SHANGHAI)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
