"""The only place for working-day arithmetic: holidays, terms, offered dates and due dates."""

import calendar as months
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from schools import almanac
from schools.almanac import Window
from schools.errors import Denied
from schools.models.calendar import CalendarDay, DayKind
from schools.models.regions import ancestors

DAY = timedelta(days=1)
SHIFTS = ("forward", "back")


class Calendar:
    """The working days and terms of one region, with what it inherits; no query after loading."""

    def __init__(self, days: dict[date, bool], terms: dict[str, dict[int, Window]]) -> None:
        """`days`: dates that differ from their weekday → worked or not; `terms`: year → windows."""
        self._days = days
        self._terms = terms

    @classmethod
    def of(cls, region_code: str) -> "Calendar":
        """The calendar of one region; two queries."""
        return cls.of_each([region_code])[region_code]

    @classmethod
    def days_of(cls, region_code: str) -> "Calendar":
        """Only the working days of one region, without terms; one query."""
        own = ancestors(region_code)
        found = CalendarDay.objects.filter(region_id__in=own).values_list(
            "region_id", "date", "kind"
        )
        nearest_last = sorted(found, key=lambda row: own.index(row[0]))
        return cls({day: kind == DayKind.makeup_workday for _code, day, kind in nearest_last}, {})

    @classmethod
    def of_each(cls, region_codes: Iterable[str]) -> dict[str, "Calendar"]:
        """Region code → calendar, two queries for any number; equals share one."""
        codes = set(region_codes)
        return cls._made(codes, *_rows(codes))

    @classmethod
    def around(
        cls, change: almanac.Change, region_codes: Iterable[str]
    ) -> tuple[dict[str, "Calendar"], dict[str, "Calendar"]]:
        """Like `of_each`, as they are before a change and as they would be after it."""
        codes = set(region_codes)
        days, terms = _rows(codes)
        after = almanac.days_after(change, days), almanac.terms_after(change, terms)
        return cls._made(codes, days, terms), cls._made(codes, *after)

    @classmethod
    def _made(
        cls, codes: Iterable[str], days: almanac.DayRows, terms: almanac.TermRows
    ) -> dict[str, "Calendar"]:
        made: dict[tuple[str, ...], Calendar] = {}
        found = {}
        for code in codes:
            own = tuple(above for above in ancestors(code) if above in days or above in terms)
            if own not in made:
                merged = {day: worked for above in own for day, worked in days[above].items()}
                made[own] = cls(merged, almanac.resolve([terms[above] for above in own]))
            found[code] = made[own]
        return found

    def is_workday(self, day: date) -> bool:
        """Monday to Friday, less holidays, plus make-up workdays."""
        return self._days.get(day, day.weekday() < 5)

    def forward(self, day: date) -> date:
        """顺延: `day` itself if worked, else the next working day."""
        while not self.is_workday(day):
            day += DAY
        return day

    def back(self, day: date) -> date:
        """提前: `day` itself if worked, else the last working day before it."""
        while not self.is_workday(day):
            day -= DAY
        return day

    def add(self, day: date, working_days: int) -> date:
        """The n-th working day after `day` (before it when negative); 0 is `day` itself."""
        step = DAY if working_days > 0 else -DAY
        left = abs(working_days)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and with `end`; negative when `end` comes first."""
        if end < start:
            return -self.working_days_between(end, start)
        span = (start + DAY * number for number in range(1, (end - start).days + 1))
        return sum(self.is_workday(day) for day in span)

    def terms(self, school_year: str) -> dict[int, Window]:
        """Term number → first and last day; where stages differ the latest start, earliest end."""
        return dict(self._terms.get(school_year, {}))

    def term(self, school_year: str, no: int) -> Window:
        """First and last day of one term; Denied with the sentence when nobody has entered it."""
        try:
            return self._terms[school_year][no]
        except KeyError:
            raise Denied(
                _("The dates of term %(no)s of %(year)s are not known yet; enter the terms first.")
                % {"no": no, "year": school_year}
            ) from None

    def offered(self, after: date, until: date) -> list[date]:
        """Dates common to all schools of the region: each week's last working day inside a term.

        Later than `after`, not later than `until`, in order.
        """
        return [day for day in self._week_ends(after, until) if after < day <= until]

    def first_offered(self, after: date, working_days: int = 5) -> date:
        """The first offered date at least `working_days` working days after `after`.

        Beyond the last known term it is the last working day of a week, so that no return fails.
        """
        floor = self.add(after, working_days)
        last = max(
            (ends for terms in self._terms.values() for _s, ends in terms.values()), default=floor
        )
        found = self.offered(floor - DAY, last)
        if found:
            return found[0]
        monday = floor - DAY * floor.weekday()
        while (day := self.back(monday + DAY * 6)) < floor:
            monday += DAY * 7
        return day

    def _week_ends(self, after: date, until: date) -> Iterator[date]:
        windows = sorted(window for terms in self._terms.values() for window in terms.values())
        for starts, ends in windows:
            if ends <= after or starts > until:
                continue
            monday = starts - DAY * starts.weekday()
            while monday <= ends:
                day = self.back(min(monday + DAY * 6, ends))
                if day >= max(monday, starts):
                    yield day
                monday += DAY * 7


def _rows(codes: Iterable[str]) -> tuple[almanac.DayRows, almanac.TermRows]:
    wanted = {above for code in codes for above in ancestors(code)}
    return almanac.day_rows(wanted), almanac.term_rows(wanted)


def school_year_of(day: date) -> str:
    """The school year (1 September to 31 August) that `day` lies in: "2026-2027"."""
    first = day.year if day.month >= 9 else day.year - 1
    return f"{first}-{first + 1}"


def due_date(
    rule: dict[str, Any],
    school_year: str,
    term_no: int | None,
    calendar: Calendar,
    *,
    clock: str = "school",
) -> date:
    """The due date of one slot by the rule of its item; a working day of the region.

    `rule`: {"anchor": "term_start"|"term_end", "weeks"|"working_days": n} or {"date": "MM-DD"},
    with "shift": "back" to shorten instead of postpone. `term_no` is None for a one-slot item,
    whose term start is that of the first term and term end that of the second. A date of the
    Party clock stays in its month; a term item stays in its term. Denied when the term is unknown.
    """
    wanted = _wanted(rule, school_year, term_no, calendar)
    back_first = rule.get("shift") == "back"
    day = calendar.back(wanted) if back_first else calendar.forward(wanted)
    if clock == "party" and (day.year, day.month) != (wanted.year, wanted.month):
        day = calendar.forward(wanted) if back_first else calendar.back(wanted)
    if term_no is None:
        return day
    starts, ends = calendar.term(school_year, term_no)
    return max(min(day, calendar.back(ends)), calendar.forward(starts))


def _wanted(
    rule: dict[str, Any], school_year: str, term_no: int | None, calendar: Calendar
) -> date:
    """What the rule names, before it is moved to a working day."""
    if "date" in rule:
        month, day = map(int, rule["date"].split("-"))
        year = int(school_year[:4]) + (month < 9)
        return date(year, month, min(day, months.monthrange(year, month)[1]))
    if rule["anchor"] == "term_start":
        base = calendar.term(school_year, term_no or 1)[0]
    else:
        base = calendar.term(school_year, term_no or 2)[1]
    if "weeks" in rule:
        return base + timedelta(weeks=rule["weeks"])
    return calendar.add(base, rule["working_days"])
