"""The only place that reads and changes the rows of a region's calendar: terms and special days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from schools.models.calendar import CalendarDay, DayKind, Term
from schools.models.regions import ancestors
from schools.roles import Stage

# The stages a term date must suit even when no row names them; kindergartens are not asked.
STAGES = frozenset({Stage.primary, Stage.junior, Stage.senior})
NOTICE = "notice"  # source of a day that came from an official notice

Window = tuple[date, date]
TermRow = tuple[str, str, str, int, date, date]  # region, stage, school year, no, starts, ends
TermKey = tuple[str, str, int]  # stage ("" = all), school year, no


class NewTerm(NamedTuple):
    """A term as it shall stand in a region."""

    stage: str
    school_year: str
    no: int
    starts: date
    ends: date
    provisional: bool = False

    @property
    def key(self) -> TermKey:
        return self.stage, self.school_year, self.no


class NewDay(NamedTuple):
    """A day that differs from its weekday, as it shall stand in a region."""

    date: date
    kind: str
    name: str
    source: str = ""

    @property
    def worked(self) -> bool:
        return self.kind == DayKind.makeup_workday


@dataclass(frozen=True)
class Change:
    """What is to change in the rows of one region: those written, and those taken away."""

    region: str
    terms: tuple[NewTerm, ...] = ()
    terms_gone: frozenset[TermKey] = frozenset()
    days: tuple[NewDay, ...] = ()
    days_gone: frozenset[date] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.terms or self.terms_gone or self.days or self.days_gone)


TermRows = dict[str, list[TermRow]]  # region → its own terms
DayRows = dict[str, dict[date, bool]]  # region → its own special days, worked or not


def term_rows(codes: Iterable[str]) -> TermRows:
    """Region → its own terms; one query."""
    found: TermRows = defaultdict(list)
    fields = ("region_id", "stage", "school_year", "no", "starts", "ends")
    for row in Term.objects.filter(region_id__in=list(codes)).values_list(*fields):
        found[row[0]].append(row)
    return found


def day_rows(codes: Iterable[str]) -> DayRows:
    """Region → its own special days; one query."""
    found: DayRows = defaultdict(dict)
    own = CalendarDay.objects.filter(region_id__in=list(codes))
    for region, day, kind in own.values_list("region_id", "date", "kind"):
        found[region][day] = kind == DayKind.makeup_workday
    return found


def terms_after(change: Change, rows: TermRows) -> TermRows:
    """Term rows as `change` would leave them."""
    replaced = {term.key for term in change.terms} | change.terms_gone
    kept = [row for row in rows.get(change.region, ()) if row[1:4] not in replaced]
    added: list[TermRow] = [(change.region, *term[:5]) for term in change.terms]
    return defaultdict(list, {**rows, change.region: kept + added})


def days_after(change: Change, rows: DayRows) -> DayRows:
    """Special days as `change` would leave them."""
    own = {day: worked for day, worked in rows.get(change.region, {}).items()
           if day not in change.days_gone}  # fmt: skip
    own |= {day.date: day.worked for day in change.days}
    return defaultdict(dict, {**rows, change.region: own})


def write(change: Change) -> None:
    """Bring the rows of the region in step with `change`; call inside a transaction."""
    for stage, year, no in sorted(change.terms_gone):
        Term.objects.filter(region_id=change.region, stage=stage, school_year=year, no=no).delete()
    for term in change.terms:
        Term.objects.update_or_create(
            region_id=change.region,
            stage=term.stage,
            school_year=term.school_year,
            no=term.no,
            defaults={
                "starts": term.starts,
                "ends": term.ends,
                "provisional": term.provisional,
            },
        )
    CalendarDay.objects.filter(region_id=change.region, date__in=change.days_gone).delete()
    for day in change.days:
        CalendarDay.objects.update_or_create(
            region_id=change.region,
            date=day.date,
            defaults={
                "kind": day.kind,
                "name": day.name,
                "source": day.source,
                "provisional": False,
            },
        )


# ---- what is in force


def resolve(levels: list[list[TermRow]]) -> dict[str, dict[int, Window]]:
    """School year → term → window, from term rows of the nation first to the region itself last.

    For each stage the nearest region wins, and within it a row of the stage over one for all.
    """
    rows = [row for level in levels for row in level]
    stages = STAGES | {row[1] for row in rows} - {"", Stage.kindergarten}
    found: dict[str, dict[int, Window]] = {}
    for year, no in {(row[2], row[3]) for row in rows}:
        windows = {nearest(levels, stage, year, no) for stage in stages} - {None}
        if windows:
            starts, ends = max(w[0] for w in windows if w), min(w[1] for w in windows if w)
            found.setdefault(year, {})[no] = (starts, ends)
    return found


def nearest(levels: list[list[TermRow]], stage: str, year: str, no: int) -> Window | None:
    """The window of one stage in one term: that of the nearest region, of the stage before all."""
    for level in reversed(levels):
        by_stage = {row[1]: (row[4], row[5]) for row in level if (row[2], row[3]) == (year, no)}
        if window := by_stage.get(stage) or by_stage.get(""):
            return window
    return None


def terms_in_force(region: str, years: Iterable[str]) -> dict[tuple[str, int], list[Term]]:
    """(school year, no) → the rows in force: for all stages first, then those of a stage; a query.

    A row for all stages of a nearer region stands over every row of those above it.
    """
    chain = ancestors(region)
    rows = Term.objects.filter(region_id__in=chain, school_year__in=list(years))
    found: dict[tuple[str, int], dict[str, Term]] = {}
    for row in sorted(rows.select_related("region"), key=lambda row: chain.index(row.region_id)):
        at = found.setdefault((row.school_year, row.no), {})
        if not row.stage:
            at = {kept: old for kept, old in at.items() if old.region_id == row.region_id}
            found[row.school_year, row.no] = at
        at[row.stage] = row
    order = ["", *Stage.values]
    return {
        key: sorted(at.values(), key=lambda row: order.index(row.stage))
        for key, at in found.items()
    }


def days_in_force(region: str, first: date, last: date) -> list[CalendarDay]:
    """The special days in force from `first` to `last`, each from the nearest region; one query."""
    chain = ancestors(region)
    rows = CalendarDay.objects.filter(region_id__in=chain, date__range=(first, last))
    found: dict[date, CalendarDay] = {}
    for row in sorted(rows.select_related("region"), key=lambda row: chain.index(row.region_id)):
        found[row.date] = row
    return [found[day] for day in sorted(found)]


def from_notice(region: str, days: Mapping[date, tuple[str, str]], *, ordinary: str) -> Change:
    """What a notice (date → kind, name) changes in a region, for the years that it names.

    Days of the region's own that were provisional, or came from a notice before, go where the
    notice does not name them. An inherited provisional day within a week of a named holiday is
    overridden as a day like any other, with the name `ordinary`; one further off stays as it is,
    as the notice does not speak of it. An inherited day that is confirmed is not repeated.
    """
    years = {day.year for day in days}
    first, last = date(min(years), 1, 1), date(max(years), 12, 31)
    chain = ancestors(region)
    stored = CalendarDay.objects.filter(region_id__in=chain, date__range=(first, last))
    rows = sorted(stored, key=lambda row: chain.index(row.region_id))
    own = {row.date: row for row in rows if row.region_id == region}
    above = {row.date: row for row in rows if row.region_id != region}
    written = [
        NewDay(day, kind, name, NOTICE)
        for day, (kind, name) in sorted(days.items())
        if not _same(own.get(day) or above.get(day), kind)
    ]
    near = [day for day, (kind, _name) in days.items() if kind == DayKind.holiday]
    for day, row in sorted(above.items()):
        close = any(abs((day - other).days) <= 7 for other in near)
        if row.provisional and day not in days and close and not _ordinary(own.get(day)):
            kind = DayKind.makeup_workday if day.weekday() < 5 else DayKind.holiday
            written.append(NewDay(day, kind, ordinary, NOTICE))
    gone = {
        day
        for day, row in own.items()
        if day not in days
        and (row.provisional or row.source == NOTICE)
        and any(abs((day - other).days) <= 7 for other in near)
        and not (_ordinary(row) and day in above)
    }
    return Change(region, days=tuple(sorted(written)), days_gone=frozenset(gone))


def _same(row: CalendarDay | None, kind: str) -> bool:
    return row is not None and row.kind == kind and not row.provisional


def _ordinary(row: CalendarDay | None) -> bool:
    """Whether a row says no more than the weekday would."""
    if row is None:
        return False
    return (row.kind == DayKind.makeup_workday) == (row.date.weekday() < 5)
