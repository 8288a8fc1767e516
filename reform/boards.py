"""The only place that reads what the boards show: figures, measures, schools, and their rows."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, Exists, FilteredRelation, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from reform import tallies
from reform.models import Campaign, Entry, Measure, Slot
from reform.states import OPEN, Bucket, Keeper, Status, bucket, is_late, light, light_of_all
from reform.tallies import Figures, Line
from schools.language import local
from schools.models import School
from schools.models.regions import ancestors, bounds
from schools.names import by_name

PAGE = 50  # rows of a list
DRILL_FROM = 4  # digits of a code: single entries are listed for cities and counties only


class Range(NamedTuple):
    """Half-open range of authority codes."""

    low: str
    high: str


def whole(code: str) -> Range:
    """A region and all below it."""
    return Range(*bounds(code))


def own(code: str) -> Range:
    """Exactly the schools that `code` itself reviews: "3301" is its city-run schools."""
    return Range(code, f"{code}0")


class Running(NamedTuple):
    """A campaign that counts on a board."""

    pk: int
    name: str
    year: str
    region: str


def campaigns(code: str) -> list[Running]:
    """Every campaign, open or closed, that reaches `code` or was opened below it; one query."""
    low, high = whole(code)
    found = Campaign.objects.filter(
        Q(region__in=ancestors(code)) | Q(region__gte=low, region__lt=high),
        state__in=tallies.COUNTING,
    )
    rows = found.order_by("-school_year", "region", "pk")
    return [Running(*row) for row in rows.values_list("pk", "name", "school_year", "region_id")]


class Duty(NamedTuple):
    """A slot of a board: which item, measure and pillar it stands for, by code."""

    pk: int
    item: str
    title: str
    measure: str
    measure_name: str
    pillar: str
    pillar_name: str
    theme: str
    campaign: int
    in_force: date


def duties(lines: Iterable[Line], authority: str = "") -> dict[int, Duty]:
    """The slots that `lines` count, in the order of the catalogue; one query.

    `in_force`: the date of the slot, or that of `authority` where it has one of its own.
    """
    item, measure, pillar = "item__", "item__measure__", "item__measure__pillar__"
    own = FilteredRelation("dues", condition=Q(dues__authority=authority))
    found = (
        Slot.objects.filter(pk__in={line.slot for line in lines})
        .annotate(own=own, in_force=Coalesce("own__due_on", "due_on"))
        .order_by(pillar + "position", measure + "position", item + "position", "period", "pk")
        .values(
            "pk",
            "campaign_id",
            "in_force",
            *(item + name for name in ("code", "short_zh", "short_en")),
            *(measure + name for name in ("code", "name_zh", "name_en")),
            *(pillar + name for name in ("code", "name_zh", "name_en", "theme_zh", "theme_en")),
        )
    )
    return {
        row["pk"]: Duty(
            row["pk"],
            row[item + "code"],
            local(row, item + "short"),
            row[measure + "code"],
            local(row, measure + "name"),
            row[pillar + "code"],
            local(row, pillar + "name"),
            local(row, pillar + "theme"),
            row["campaign_id"],
            row["in_force"],
        )
        for row in found
    }


def planned(lines: Iterable[Line], owed: Mapping[int, Duty], on: date) -> int:
    """How many of the expected ones ought to be sent by now: past the date in force."""
    return sum(
        line.n for line in lines if line.bucket != Bucket.exempt and owed[line.slot].in_force < on
    )


def measures_of(campaigns: Iterable[int]) -> list[tuple[str, str, str, str]]:
    """Pillar and measure, each with its code and name, of what these campaigns may ask."""
    asked = Slot.objects.filter(campaign__in=list(campaigns), item__measure=OuterRef("pk"))
    found = Measure.objects.filter(Exists(asked)).order_by("position", "pk")
    names = ("name_zh", "name_en")
    fields = ("code", "pillar__code", *names, *(f"pillar__{name}" for name in names))
    return [
        (row["pillar__code"], local(row, "pillar__name"), row["code"], local(row, "name"))
        for row in found.values(*fields)
    ]


class Part(NamedTuple):
    """A pillar or a measure with its figures."""

    code: str
    name: str
    theme: str
    figures: Figures

    @property
    def open(self) -> int:
        """Not sent yet, late and returned ones among them."""
        return self.figures.expected - self.figures.done - self.figures.waiting


def pillars(lines: Iterable[Line], owed: Mapping[int, Duty], on: date) -> list[Part]:
    return _parts(lines, owed, lambda duty: (duty.pillar, duty.pillar_name, duty.theme), on)


def measures(lines: Iterable[Line], owed: Mapping[int, Duty], on: date) -> list[Part]:
    return _parts(lines, owed, lambda duty: (duty.measure, duty.measure_name, ""), on)


def _parts(
    lines: Iterable[Line],
    owed: Mapping[int, Duty],
    named: Callable[[Duty], tuple[str, str, str]],
    on: date,
) -> list[Part]:
    """Figures by code, in the order of the catalogue; what nobody here was asked is left out."""
    names: dict[str, tuple[str, str, str]] = {}
    for duty in owed.values():
        names.setdefault(named(duty)[0], named(duty))
    found: dict[str, list[Line]] = {code: [] for code in names}
    for line in lines:
        found[named(owed[line.slot])[0]].append(line)
    return [
        Part(*names[code], tallies.figures(inside, on)) for code, inside in found.items() if inside
    ]


def stuck(lines: Iterable[Line], owed: Mapping[int, Duty], on: date, most: int = 5) -> list[Part]:
    """The items with the most overdue entries, in the order of the catalogue."""
    items = _parts(lines, owed, lambda duty: (duty.item, duty.title, ""), on)
    worst = sorted((part for part in items if part.figures.late), key=_late)[:most]
    return [part for part in items if part in worst]


def most_late(items: Sequence[Part]) -> Part | None:
    """Of `items` the one with the most overdue entries; none where several share that."""
    first, *others = [*sorted(items, key=_late), None]
    second = others[0] if others else None
    if first is None or not first.figures.late:
        return None
    return None if second and second.figures.late == first.figures.late else first


def _late(part: Part) -> int:
    return -part.figures.late


# ---- schools × measures


class Cell(NamedTuple):
    """A school's entries in one measure: `light` is that of the most urgent one, "" where none
    stands in the state that is asked for."""

    light: str
    done: int
    expected: int
    counts: Mapping[str, int]  # light → how many


class SchoolLine(NamedTuple):
    """A school with its cell in each measure where it has entries, and its figures."""

    code: str
    name: str
    cells: Mapping[str, Cell]
    figures: Figures
    shown: bool = True  # whether anything of it stands in the state that is asked for


def entries(rows: "QuerySet[Entry]", where: Range, owed: Iterable[int]) -> "QuerySet[Entry]":
    """Those of `rows` that boards count: in slots owed by now, not kept by the district."""
    return rows.filter(
        slot__in=list(owed), authority__gte=where.low, authority__lt=where.high, counted=True
    ).exclude(keeper=Keeper.district)


def of_schools(where: Range, year: str, on: date, schools: Mapping[str, str]) -> list[Line]:
    """What `tallies.read` says, of some schools of one authority, counted from their entries."""
    found = (
        Entry.objects.filter(
            slot__campaign__school_year=year,
            slot__campaign__state__in=tallies.COUNTING,
            slot__withdrawn_at=None,
            slot__opens_on__lte=on,
            authority__gte=where.low,
            authority__lt=where.high,
            counted=True,
            **{f"school__{field}": value for field, value in schools.items()},
        )
        .exclude(keeper=Keeper.district)
        .order_by()
        .values_list("authority", "slot_id", "status", "due_on", "sent_late")
        .annotate(n=Count("pk"))
    )
    return [
        Line(authority, slot, *bucket(status, due_on, late), n)
        for authority, slot, status, due_on, late, n in found
    ]


def grid(
    counted: "QuerySet[Entry]", owed: Mapping[int, Duty], on: date, state: str = ""
) -> list[SchoolLine]:
    """A line per school, by name; two queries whatever the size.

    With a `state`, lights of what stands in it alone; all counts stay those of the whole.
    """
    lights: dict[int, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    chosen: dict[int, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    shown: dict[tuple[int, date], str] = {}
    found = counted.order_by().values_list("school_id", "slot_id", "status", "due_on", "sent_late")
    for school, slot, status, due_on, sent_late in found.iterator():
        if (status, due_on) not in shown:
            shown[status, due_on] = light(status, due_on, on)
        measure, mark = owed[slot].measure, shown[status, due_on]
        lights[school][measure][mark] += 1
        if state and stands_in(state, status, due_on, sent_late, on):
            chosen[school][measure][mark] += 1
        _count(sums[school], status, due_on, sent_late, on)
    schools = School.objects.filter(pk__in=list(lights)).values_list("pk", "code", "name")
    lines = [
        SchoolLine(
            code,
            name,
            {
                measure: _cell(counts, chosen[pk][measure] if state else counts)
                for measure, counts in lights[pk].items()
            },
            Figures(**sums[pk]),
            not state or any(chosen[pk].values()),
        )
        for pk, code, name in schools
    ]
    return sorted(lines, key=lambda line: (*by_name(line.name), line.code))


def _cell(counts: Counter[str], chosen: Counter[str]) -> Cell:
    return Cell(
        light=light_of_all(counts, chosen),
        done=counts["done"],
        expected=counts.total() - counts["off"],
        counts=counts,
    )


def _count(sums: Counter[str], status: int, due_on: date, sent_late: bool | None, on: date) -> None:
    """The same six figures as `tallies.figures`, from one entry."""
    if status == Status.exempt:
        return
    sums["expected"] += 1
    if status == Status.accepted:
        sums["done"] += 1
        sums["on_time"] += not sent_late
    sums["waiting"] += status == Status.submitted
    sums["returned"] += status == Status.returned
    sums["late"] += is_late(status, due_on, on)


# ---- the entries behind a number

_ROW = (
    "pk",
    "status",
    "due_on",
    "sent_late",
    "slot_id",
    "slot__period",
    "slot__position",
    "school_id",
    "school__name",
    "school__code",
    "report__sent_at",
)


def in_state(state: str, on: date) -> Q:
    """The condition of a figure; "open" is what is not sent yet."""
    return {
        "expected": ~Q(status=Status.exempt),
        "done": Q(status=Status.accepted),
        "on_time": Q(status=Status.accepted) & (Q(sent_late=False) | Q(sent_late=None)),
        "late": Q(status__in=OPEN, due_on__lt=on),
        "waiting": Q(status=Status.submitted),
        "returned": Q(status=Status.returned),
        "open": Q(status__in=OPEN),
    }[state]


def stands_in(state: str, status: int, due_on: date, sent_late: bool | None, on: date) -> bool:
    """The same condition for one entry."""
    if state in ("done", "on_time"):
        return status == Status.accepted and (state == "done" or not sent_late)
    if state == "late":
        return is_late(status, due_on, on)
    if state == "open":
        return status in OPEN
    if state == "expected":
        return status != Status.exempt
    return status == {"waiting": Status.submitted, "returned": Status.returned}[state]


@dataclass(frozen=True)
class Page:
    """Part of a list, by school and then in the order of the catalogue; `total` is the whole.

    `strayed`: it was to begin after an entry that is not in the list.
    """

    rows: Sequence[Mapping[str, Any]]
    total: int
    more: bool
    strayed: bool = False


def page(
    counted: "QuerySet[Entry]", after: int | None, more: Sequence[str] = (), whole: int = 0
) -> Page:
    """At most PAGE rows after the entry `after`, schools by name; three queries at most.

    `more`: fields of a row beside those that every list needs; `whole`: where there are no more
    rows than that, all of them.

    The database sorts Chinese names by code point, so the schools are sorted here.
    """
    named = counted.order_by().values_list("school_id", "school__name", "school__code")
    schools = sorted(named.annotate(n=Count("pk")), key=lambda s: (*by_name(s[1]), s[2]))
    total = sum(n for *_school, n in schools)
    after, most = (None, total) if total <= whole else (after, PAGE)
    ranks = {pk: rank for rank, (pk, *_rest) in enumerate(schools)}
    key = ("school_id", "slot__position", "pk")
    last = counted.filter(pk=after).values_list(*key).first() if after else None
    start = ranks[last[0]] if last else 0
    wanted, room = [], most + 1 + (schools[start][3] if last else 0)
    for pk, _name, _code, n in schools[start:]:
        if room <= 0:
            break
        wanted.append(pk)
        room -= n
    rows = counted.filter(school__in=wanted)
    if last:
        school, position, pk = last
        here = Q(slot__position__gt=position) | Q(slot__position=position, pk__gt=pk)
        rows = rows.filter(~Q(school=school) | here)
    found = sorted(
        rows.order_by().values(*_ROW, *more),
        key=lambda row: (ranks[row["school_id"]], row["slot__position"], row["pk"]),
    )
    return Page(found[:most], total, len(found) > most, strayed=bool(after) and not last)
