"""The only place that reads a board above an authority: the regions below, pillars, and days.

Read from today's rows of `snapshots`, which follow the tally within a minute; from the tally itself
where today has none yet, or where one measure is asked for.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    F,
    FilteredRelation,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Left

from reform import snapshots, tallies
from reform.boards import Part
from reform.models import Pulse
from reform.snapshots import Day
from reform.tallies import SUMS, Figures
from schools.language import local
from schools.models import Region
from schools.models.regions import NATION, RegionKind, ancestors, bounds

EVERY = {1: 14, 2: 14, 4: 7}  # digits of a code → days between two points of its trend
_NAMES = ("name_zh", "name_en", "theme_zh", "theme_en")


class Total(NamedTuple):
    """The figures of a region, and how many of the expected ones ought to be sent by now."""

    figures: Figures
    planned: int


@dataclass(frozen=True)
class Below:
    """A region below with its figures; `itself`: the schools that the region above reviews."""

    region: Region
    figures: Figures
    planned: int = 0
    itself: bool = False


@dataclass(frozen=True)
class Overview:
    """`as_of`: when its rows were last brought up to the tally; None where read from it now."""

    total: Total
    below: Sequence[Below]
    pillars: Sequence[Part]
    days: Sequence[Day]
    as_of: datetime | None


def children(region: Region) -> dict[str, Region]:
    """The regions directly below, by code; a placeholder gives way to its counties. One query."""
    return directly_below(region.code, Region.objects.filter(below(region.code)))


def below(code: str) -> Q:
    """The regions that `directly_below` chooses from."""
    low, high = bounds(code)
    inside = Q(code__gte=low, code__lt=high) & ~Q(code=code)
    return inside & Q(kind=RegionKind.province) if code == NATION else inside


def directly_below(code: str, regions: Iterable[Region]) -> dict[str, Region]:
    found = sorted(regions, key=lambda region: region.code)
    if code == NATION:
        return {region.code: region for region in found}
    hidden = {region.code for region in found if region.kind == RegionKind.placeholder}
    digits = len(code) + 2
    return {
        region.code: region
        for region in found
        if region.code not in hidden and (len(region.code) == digits or region.code[:4] in hidden)
    }


def read(
    region: Region,
    inside: Mapping[str, Region],
    year: str,
    on: date,
    *,
    pillar: str = "",
    measure: str = "",
) -> Overview:
    """The board of `region` with the regions `inside`, by code; at most two queries.

    A placeholder is never shown: its counties stand directly below the province.
    """
    rows = [] if measure else _kept(region, year, on, pillar)
    today = [row for row in rows if row["day"] == on]
    as_of = today[0]["at"] if today else None
    days = _days(rows)
    if not today:
        today = _live(region, year, on, pillar, measure)
    total = _total(today)
    if days and as_of is None:
        days.append(Day(day=on, planned=total.planned, **total.figures._asdict()))
    return Overview(
        total=total,
        below=_below(region, inside, today),
        pillars=_pillars(today),
        days=days,
        as_of=as_of,
    )


def points(on: date, every: int) -> list[date]:
    """The days that a trend is drawn from, and those near a week ago; a school year at most."""
    near = range(7 - snapshots.NEAR.days, 8 + snapshots.NEAR.days)
    back = {0, *near, *range(0, 366, every)}
    return sorted(on - timedelta(days=n) for n in back)


def _digits(region: Region) -> int:
    return 2 if region.code == NATION else 6


def _kept(region: Region, year: str, on: date, pillar: str) -> list[dict[str, Any]]:
    """The rows of today by region below and pillar, and of each day before as a whole."""
    rows = snapshots.of_year(*bounds(region.code), year).filter(
        day__in=points(on, EVERY[len(region.code)])
    )
    if pillar:
        rows = rows.filter(pillar=pillar)
    link = "campaign__framework__pillars"
    found: Any = (
        rows.annotate(
            of=FilteredRelation(link, condition=Q(**{f"{link}__code": F("pillar")})),
            at=Subquery(
                Pulse.objects.filter(name=snapshots.PULSE).values("finished_at")[:1],
                output_field=DateTimeField(),
            ),
        )
        .order_by("day")
        .values(
            "day",
            "at",
            code=_today_only(on, Left("authority", _digits(region))),
            part=_today_only(on, F("pillar")),
            place=Case(When(day=on, then=F("of__position")), default=Value(0)),
            **{name: _today_only(on, F(f"of__{name}")) for name in _NAMES},
        )
        .annotate(**{f"sum_{name}": Sum(name) for name in SUMS})
    )
    return [{**row, **{name: row[f"sum_{name}"] for name in SUMS}} for row in found]


def _today_only(on: date, value: Any) -> Case:
    return Case(When(day=on, then=value), default=Value(""), output_field=CharField())


def _live(region: Region, year: str, on: date, pillar: str, measure: str) -> list[dict[str, Any]]:
    rows = tallies.owed(*bounds(region.code), on=on).filter(campaign__school_year=year)
    of = "slot__item__measure__"
    if pillar:
        rows = rows.filter(**{f"{of}pillar__code": pillar})
    if measure:
        rows = rows.filter(**{f"{of}code": measure})
    groups: dict[str, Any] = {name: F(f"{of}pillar__{name}") for name in _NAMES}
    groups |= {"part": F(f"{of}pillar__code"), "place": F(f"{of}pillar__position")}
    return list(tallies.summed(rows, on, code=Left("authority", _digits(region)), **groups))


def _days(rows: Iterable[Mapping[str, Any]]) -> list[Day]:
    found: dict[date, Counter[str]] = defaultdict(Counter)
    for row in rows:
        found[row["day"]].update({name: row[name] for name in SUMS})
    return [Day(day, *(sums[name] for name in SUMS)) for day, sums in found.items()]


def _total(rows: Iterable[Mapping[str, Any]]) -> Total:
    sums = dict.fromkeys(SUMS, 0)
    for row in rows:
        for name in SUMS:
            sums[name] += row[name]
    planned = sums.pop("planned")
    return Total(Figures(**sums), planned)


def _below(
    region: Region, inside: Mapping[str, Region], rows: Iterable[Mapping[str, Any]]
) -> list[Below]:
    """The regions below, by code, and the region's own schools first where it has any."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        above = reversed(ancestors(row["code"]))
        found[next((code for code in above if code in inside), region.code)].append(row)
    lines = [Below(child, *_total(found[code])) for code, child in inside.items()]
    if region.code in found:
        lines.insert(0, Below(region, *_total(found[region.code]), itself=True))
    return lines


def _pillars(rows: Iterable[Mapping[str, Any]]) -> list[Part]:
    """Figures by pillar, in the order of the catalogue."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["place"], row["part"])):
        found[row["part"]].append(row)
    return [
        Part(code, local(of[0], "name"), local(of[0], "theme"), _total(of).figures)
        for code, of in found.items()
    ]
