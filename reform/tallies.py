"""The only place that writes the tally: apply deltas, rebuild, check, read."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, F, FilteredRelation, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from reform.models import Entry, Tally
from reform.models.campaign import CampaignState
from reform.states import OPEN, Bucket, Keeper, bucket

COUNTING = (CampaignState.open, CampaignState.closed)  # campaigns that stand on boards


class Key(NamedTuple):
    campaign: int
    authority: str
    slot: int
    bucket: int
    due_on: date


Deltas = Counter[Key]


def key_of(entry: Entry, campaign: int) -> Key | None:
    """The tally key of an entry; None for what is counted nowhere (private, district-kept)."""
    if not entry.counted or entry.keeper == Keeper.district:
        return None
    where, due_on = bucket(entry.status, entry.due_on, entry.sent_late)
    return Key(campaign, entry.authority, entry.slot_id, where, due_on)


def moved(deltas: Deltas, before: Key | None, after: Key | None) -> None:
    """Add one entry's move to `deltas`."""
    if before is not None:
        deltas[before] -= 1
    if after is not None:
        deltas[after] += 1


def apply(deltas: Mapping[Key, int]) -> None:
    """Write all deltas of a change in one sorted upsert, the same statement on both engines."""
    changes = sorted((key, n) for key, n in deltas.items() if n)
    for start in range(0, len(changes), 500):
        part = changes[start : start + 500]
        places = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(part))
        values = [value for key, n in part for value in (*key, n)]
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO reform_tally (campaign_id, authority, slot_id, bucket, due_on, n) "
                f"VALUES {places} ON CONFLICT (campaign_id, authority, slot_id, bucket, due_on) "
                "DO UPDATE SET n = reform_tally.n + excluded.n",
                values,
            )


def counted_rows() -> Iterator[tuple[Key, int]]:
    """What the tally ought to hold, counted from the entries, grouped by the database."""
    groups = (
        Entry.objects.filter(counted=True)
        .exclude(keeper=Keeper.district)
        .order_by()
        .values_list("slot__campaign_id", "authority", "slot_id", "status", "due_on", "sent_late")
        .annotate(n=Count("pk"))
    )
    sums: Deltas = Counter()
    for campaign, authority, slot, status, due_on, late, n in groups.iterator():
        where, day = bucket(status, due_on, late)
        sums[Key(campaign, authority, slot, where, day)] += n
    yield from sums.items()


def differences() -> dict[Key, tuple[int, int]]:
    """key → (in the tally, in truth) wherever the two differ; empty when all is well."""
    with transaction.atomic():
        truth = dict(counted_rows())
        kept = {
            Key(*row[:5]): row[5]
            for row in Tally.objects.values_list(
                "campaign_id", "authority", "slot_id", "bucket", "due_on", "n"
            )
        }
    return {
        key: (kept.get(key, 0), truth.get(key, 0))
        for key in kept.keys() | truth.keys()
        if kept.get(key, 0) != truth.get(key, 0)
    }


def rebuild() -> int:
    """Write the differences away in one transaction; returns how many keys were wrong."""
    with transaction.atomic():
        wrong = differences()
        apply({key: truth - kept for key, (kept, truth) in wrong.items()})
    return len(wrong)


class Line(NamedTuple):
    """One summed row; `by_campaign` leaves authority and slot empty."""

    authority: str
    slot: int
    bucket: int
    due_on: date
    n: int


def owed(low: str, high: str, *, on: date) -> "QuerySet[Tally]":
    """The rows of [low, high) for campaigns that count and slots owed on the day `on`."""
    return Tally.objects.filter(
        authority__gte=low,
        authority__lt=high,
        campaign__state__in=COUNTING,
        slot__withdrawn_at=None,
        slot__opens_on__lte=on,
    )


SUMS = ("expected", "planned", "done", "on_time", "late", "waiting", "returned")
_ACCEPTED = (Bucket.accepted_on_time, Bucket.accepted_late)
_SENT = (Bucket.submitted_on_time, Bucket.submitted_late)


def summed(rows: "QuerySet[Tally]", on: date, *names: str, **groups: Any) -> Any:
    """What `figures` says of `rows` by group, by the database; and `planned`: those expected whose
    date in force for their authority has passed."""
    owes = ~Q(bucket=Bucket.exempt)
    wanted: dict[str, Q] = {
        "expected": owes,
        "planned": owes & Q(in_force__lt=on),
        "done": Q(bucket__in=_ACCEPTED),
        "on_time": Q(bucket=Bucket.accepted_on_time),
        "late": Q(bucket__in=OPEN, due_on__lt=on),
        "waiting": Q(bucket__in=_SENT),
        "returned": Q(bucket=Bucket.returned),
    }
    own = FilteredRelation("slot__dues", condition=Q(slot__dues__authority=F("authority")))
    return (
        rows.annotate(own=own, in_force=Coalesce("own__due_on", "slot__due_on"))
        .order_by()
        .values(*names, **groups)
        .annotate(**{name: Sum("n", filter=rule, default=0) for name, rule in wanted.items()})
    )


def read(low: str, high: str, *, school_year: str, on: date) -> list[Line]:
    """The counts of every authority in the half-open range [low, high) for a school year.

    Only campaigns that are open or closed, slots that are owed on the day `on` and not withdrawn.
    """
    found = (
        owed(low, high, on=on)
        .filter(campaign__school_year=school_year)
        .exclude(n=0)
        .values_list("authority", "slot_id", "bucket", "due_on")
        .annotate(total=Sum("n"))
        .order_by("authority", "slot_id", "bucket", "due_on")
    )
    return [Line(*row) for row in found]


def by_campaign(
    campaigns: Iterable[int], low: str, high: str, *, on: date
) -> dict[int, list[Line]]:
    """campaign → its counts in [low, high), summed over authorities and slots; one query."""
    rows = (
        owed(low, high, on=on)
        .filter(campaign__in=list(campaigns))
        .order_by()
        .values_list("campaign_id", "bucket", "due_on")
        .annotate(total=Sum("n"))
    )
    found: dict[int, list[Line]] = {}
    for campaign, where, due_on, n in rows:
        found.setdefault(campaign, []).append(Line("", 0, where, due_on, n))
    return found


class Figures(NamedTuple):
    """The six numbers of a board, all in entries."""

    expected: int = 0
    done: int = 0
    on_time: int = 0
    late: int = 0
    waiting: int = 0
    returned: int = 0


def figures(lines: list[Line], on: date) -> Figures:
    """Expected, done (accepted), of these on time, late (open, past its date), waiting, returned.

    What was found not applicable is not expected. Overdue is derived from the date here.
    """
    total: Counter[str] = Counter()
    for line in lines:
        if line.bucket == Bucket.exempt:
            continue
        total["expected"] += line.n
        if line.bucket in _ACCEPTED:
            total["done"] += line.n
            total["on_time"] += line.n if line.bucket == Bucket.accepted_on_time else 0
        elif line.bucket in _SENT:
            total["waiting"] += line.n
        elif line.bucket == Bucket.returned:
            total["returned"] += line.n
        if line.bucket in OPEN and line.due_on < on:
            total["late"] += line.n
    return Figures(**total)
