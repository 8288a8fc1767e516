"""The only place that gives many open entries another date, with their history and the counters."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from reform import history, reminders, tallies
from reform.history import NewEvent
from reform.models import Chain, Entry, Slot
from reform.models.reminder import About
from reform.states import Keeper, Status, bucket
from schools.scope import Seat

AT_ONCE = 1000  # chains or events of one statement

Chains = Mapping[str, Chain]


def lock_schools(schools: Iterable[int]) -> dict[str, Chain]:
    """The chains of many schools, in the order all writers take, so that no filing gets between."""
    subjects = sorted({f"school:{pk}" for pk in schools})
    chains: dict[str, Chain] = {}
    for start in range(0, len(subjects), AT_ONCE):
        chains |= history.lock(subjects[start : start + AT_ONCE])
    return chains


def onward(found: "QuerySet[Entry]", old: Iterable[date], due_on: date) -> "QuerySet[Entry]":
    """Of open entries those that the date `due_on` moves: on an old date, or before the new one.

    What was returned keeps the time it was given; nobody's date comes before the new one.
    """
    on_old_date = Q(due_on__in=list(old)) & ~Q(status=Status.returned)
    found = found.filter(left_at=None)
    return found.filter(on_old_date | Q(due_on__lt=due_on)).exclude(due_on=due_on)


class Part(NamedTuple):
    """Open entries of one slot, and the date they get."""

    moving: "QuerySet[Entry]"
    slot: Slot
    due_on: date


def move(parts: Sequence[Part], chains: Chains, *, by: Seat | None, reason: str) -> list[int]:
    """Give open entries their new dates; how many moved, part by part.

    Call it in a transaction that holds `chains`, those of every school concerned. What waited to be
    told of an old date is taken back, and whoever owes it is told of the new one.
    """
    entries, cause = _tell_schools(parts, chains, by, reason)
    deltas: tallies.Deltas = Counter()
    moved = []
    for part in parts:
        counted = part.moving.filter(counted=True).exclude(keeper=Keeper.district).order_by()
        groups = counted.values_list("authority", "status", "due_on").annotate(n=Count("pk"))
        for at, status, old, n in groups:
            where, _day = bucket(status, old, None)
            key = tallies.Key(part.slot.campaign_id, at, part.slot.pk, where, old)
            deltas[key] -= n
            deltas[key._replace(due_on=part.due_on)] += n
        moved.append(part.moving.update(due_on=part.due_on))
    tallies.apply(deltas)
    reminders.cancel(entries, "date moved")
    reminders.tell_schools(About.moved, entries, cause=cause)
    return moved


def _tell_schools(
    parts: Sequence[Part], chains: Chains, by: Seat | None, reason: str
) -> tuple[list[int], int]:
    """One event for each entry that moves, in the history of its school.

    These entries, and the number of the last event, which names the change.
    """
    seat = {"seat": by.key} if by else {}
    found = [
        (school, entry, status, was, part.due_on)
        for part in parts
        for entry, school, status, was in part.moving.order_by().values_list(
            "pk", "school_id", "status", "due_on"
        )
    ]
    found.sort()  # a school's events together, so that its chain is written once
    events = [
        (
            chains[f"school:{school}"],
            NewEvent(
                "reschedule",
                by.user if by else None,
                entry_id=entry,
                from_state=Status(status).name,
                to_state=Status(status).name,
                body={"was": was.isoformat(), "due_on": due_on.isoformat(), **seat},
                text=reason,
            ),
        )
        for school, entry, status, was, due_on in found
    ]
    cause = 0
    for start in range(0, len(events), AT_ONCE):
        cause = history.append_each(events[start : start + AT_ONCE])[-1].pk
    return [entry for _school, entry, _status, _was, _due_on in found], cause
