"""The only place that sums the tally up by day: what boards above an authority read, and a trend.

Today's rows follow the tally within a minute, where summing it up takes longer by and by: a
hundredth of the time goes into it at most. When the day is over they stay as they are.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Max, QuerySet, Sum

from reform import tallies
from reform.models import Event, Pulse, Snapshot
from reform.tallies import SUMS
from schools import clock
from schools.models.regions import NATION, bounds

PULSE = "snapshot"
SHARE = 100  # the tally is summed up again after a hundred times what the last time took
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

    The pulse says of which day and after which event that was done last, and what it took;
    `finished_at` is when the rows were known to be up to the tally.
    """
    today, now = clock.today(), clock.now()
    state = f"{today} {Event.objects.aggregate(n=Max('pk'))['n'] or 0}"
    pulse = Pulse.objects.filter(name=PULSE).first()
    done, _space, cost = pulse.detail.rpartition(" ") if pulse else ("", "", "")
    if pulse and done == state:
        Pulse.objects.filter(pk=pulse.pk).update(finished_at=now)
        return True, ""
    if pulse and pulse.started_at and done.startswith(f"{today} "):
        rest = timedelta(seconds=SHARE * float(cost))
        if timedelta() <= now - pulse.started_at < rest:
            return True, ""
    begun = monotonic()
    take(today)
    told = {"ok": True, "detail": f"{state} {monotonic() - begun:.2f}"}
    told |= {"started_at": now, "finished_at": now}
    Pulse.objects.update_or_create(name=PULSE, defaults=told)
    return True, ""


def take(today: date, region: str = NATION) -> int:
    """Bring the rows of `today` at and below `region` up to the tally; how many were not so yet."""
    low, high = bounds(region)
    with transaction.atomic():
        wanted = {_key(row): tuple(row[name] for name in SUMS) for row in _summed(today, region)}
        rows = Snapshot.objects.filter(day=today, authority__gte=low, authority__lt=high)
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


def _summed(today: date, region: str) -> Iterable[dict[str, Any]]:
    """The tally by campaign, authority and pillar."""
    rows = tallies.owed(*bounds(region), on=today)
    pillar = F("slot__item__measure__pillar__code")
    return tallies.summed(rows, today, "campaign_id", "authority", pillar=pillar).iterator()


def _key(row: dict[str, Any]) -> tuple[int, str, str]:
    return row["campaign_id"], row["authority"], row["pillar"]


def _named(sums: Iterable[int]) -> dict[str, int]:
    return dict(zip(SUMS, sums, strict=True))
