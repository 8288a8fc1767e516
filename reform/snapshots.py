"""The only place that sums the tally up by day: what boards above an authority read, and a trend.

Today's rows follow the tally within a minute where entries moved. What moves many at once, a
campaign that opens or a term that is put off, may wait: a look at everything is taken again after
a hundred times what it took. When the day is over they stay as they are.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, F, Max, Q, QuerySet, Sum

from reform import tallies
from reform.models import Event, Pulse, Snapshot
from reform.tallies import SUMS
from schools import clock
from schools.models.regions import NATION, bounds

PULSE = "snapshot"
SHARE = 100  # everything is summed up again after a hundred times what the last time took
MOST = 300  # authorities that are summed up by themselves
OVERLAP = 10_000  # events: as many may be written while one change is under way
STILL = ("registers",)  # events without an entry that move no tally, and come often
NEAR = timedelta(days=3)  # how far from a week ago a day may lie that stands for it


class Day(NamedTuple):
    """The figures of a region on one day; `planned`: those whose date in force had passed."""

    day: date
    expected: int
    planned: int
    done: int
    on_time: int
    late: int
    waiting: int
    returned: int


def refresh() -> tuple[bool, str]:
    """Each minute: sum the tally up for today, where anything has happened since.

    Where only entries moved, their authorities are summed up and no others. The pulse says of which
    day and after which events all was last in step, and what a look at everything took;
    `finished_at` is when the rows were known to be up to the tally.
    """
    today, now = clock.today(), clock.now()
    mark = _mark(Event.objects.aggregate(n=Max("pk"))["n"] or 0)
    pulse = Pulse.objects.filter(name=PULSE).first()
    seen = _seen(pulse)
    if pulse is None or seen is None or seen.day != str(today):
        _take_all(today, now, mark)
    elif (only := _moved(seen.mark)) is not None:
        if only:
            take(today, only=only)
        detail = " ".join([seen.day, *map(str, mark), seen.cost])
        Pulse.objects.filter(pk=pulse.pk).update(finished_at=now, detail=detail)
    elif not timedelta() <= now - seen.taken < SHARE * timedelta(seconds=float(seen.cost)):
        _take_all(today, now, mark)
    return True, ""


class _Mark(NamedTuple):
    """An event, and how many of the OVERLAP before it there are of entries and of other things.

    Who took a smaller number may finish later: then there are more when they are counted again.
    """

    event: int
    entries: int
    others: int


class _Seen(NamedTuple):
    """What the pulse says: `taken`: when everything was looked at; `cost`: seconds that took."""

    day: str
    mark: _Mark
    cost: str
    taken: datetime


def _mark(event: int) -> _Mark:
    near = Event.objects.filter(pk__gt=event - OVERLAP, pk__lte=event)
    other = Q(entry=None) & ~Q(kind__in=STILL)
    return _Mark(event, **near.aggregate(entries=Count("entry"), others=Count("pk", filter=other)))


def _seen(pulse: Pulse | None) -> _Seen | None:
    said = pulse.detail.split() if pulse else []
    if pulse is None or pulse.started_at is None or len(said) != 5:
        return None
    return _Seen(said[0], _Mark(*map(int, said[1:4])), said[4], pulse.started_at)


def _take_all(today: date, now: datetime, mark: _Mark) -> None:
    begun = monotonic()
    take(today)
    cost = f"{monotonic() - begun:.2f}"
    told = {"ok": True, "detail": " ".join([str(today), *map(str, mark), cost])}
    told |= {"started_at": now, "finished_at": now}
    Pulse.objects.update_or_create(name=PULSE, defaults=told)


def _moved(seen: _Mark) -> set[str] | None:
    """The authorities whose entries moved since; None where something else happened, or too much:
    then everything is looked at.
    """
    known = _mark(seen.event)
    new = Event.objects.filter(pk__gt=seen.event)
    if known.others != seen.others or new.filter(entry=None).exclude(kind__in=STILL).exists():
        return None
    if known.entries != seen.entries:
        new = Event.objects.filter(pk__gt=seen.event - OVERLAP)
    found = new.exclude(entry=None).order_by().values_list("entry__authority", flat=True)
    authorities = set(found.distinct()[: MOST + 1])
    return authorities if len(authorities) <= MOST else None


def take(today: date, region: str = NATION, *, only: Collection[str] | None = None) -> int:
    """Bring the rows of `today` at and below `region` up to the tally; how many were not so yet.

    `only`: of these authorities.
    """
    low, high = bounds(region)
    with transaction.atomic():
        summed = _summed(today, region, only)
        wanted = {_key(row): tuple(row[name] for name in SUMS) for row in summed}
        rows = Snapshot.objects.filter(day=today, authority__gte=low, authority__lt=high)
        rows = rows if only is None else rows.filter(authority__in=only)
        kept = {
            (row["campaign_id"], row["authority"], row["pillar"]): row
            for row in rows.values("pk", "campaign_id", "authority", "pillar", *SUMS)
        }
        gone = [row["pk"] for key, row in kept.items() if key not in wanted]
        changed = [
            Snapshot(day=today, campaign_id=key[0], authority=key[1], pillar=key[2], **_named(sums))
            for key, sums in wanted.items()
            if key not in kept or sums != tuple(kept[key][name] for name in SUMS)
        ]
        for start in range(0, len(gone), 500):
            rows.filter(pk__in=gone[start : start + 500]).delete()
        Snapshot.objects.bulk_create(
            changed,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["day", "campaign", "authority", "pillar"],
            update_fields=SUMS,
        )
    return len(gone) + len(changed)


def as_of() -> datetime | None:
    """When the tally was last looked at; None before the first time."""
    return Pulse.objects.filter(name=PULSE).values_list("finished_at", flat=True).first()


def of_year(low: str, high: str, year: str) -> "QuerySet[Snapshot]":
    """The rows of authorities in [low, high) for the campaigns of a school year that count."""
    return Snapshot.objects.filter(
        authority__gte=low,
        authority__lt=high,
        campaign__school_year=year,
        campaign__state__in=tallies.COUNTING,
    )


def days(rows: "QuerySet[Snapshot]") -> list[Day]:
    """A line for each day that was taken, the earliest first; one query."""
    found: Any = rows.order_by("day").values("day").annotate(**{n: Sum(n) for n in SUMS})
    return [Day(row["day"], *(row[name] for name in SUMS)) for row in found]


def week_ago(taken: Iterable[Day], today: date) -> Day | None:
    """The day nearest to seven days ago, the earlier of two; None where none is near."""
    wanted = today - timedelta(days=7)
    near = [day for day in taken if abs(day.day - wanted) <= NEAR]
    return min(near, key=lambda day: (abs(day.day - wanted), day.day), default=None)


def _summed(today: date, region: str, only: Collection[str] | None) -> Iterable[dict[str, Any]]:
    """The tally by campaign, authority and pillar."""
    rows = tallies.owed(*bounds(region), on=today)
    rows = rows if only is None else rows.filter(authority__in=only)
    pillar = F("slot__item__measure__pillar__code")
    return tallies.summed(rows, today, "campaign_id", "authority", pillar=pillar).iterator()


def _key(row: dict[str, Any]) -> tuple[int, str, str]:
    return row["campaign_id"], row["authority"], row["pillar"]


def _named(sums: Iterable[int]) -> dict[str, int]:
    return dict(zip(SUMS, sums, strict=True))
