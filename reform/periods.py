"""The only place that says what time a check looks at in a slot, and whether it is judged there.

Two clocks: months, quarters and years of the Party clock are those of the calendar, terms and
school years (1 September to 31 August) those of the school clock.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from reform import cycles
from reform.checks.base import Span, Window
from reform.models.catalogue import Clock

DAY = timedelta(days=1)
MONTHS = {"month": 1, "quarter": 3}


@dataclass(frozen=True)
class Place:
    """Where in time an entry stands.

    `due_on` and `before` are dates in force for the authority, not moved by a return or extension:
    that of its slot, and the latest one of the earlier slots of the same item at this school.
    `since`: the day of the school's first enrolment. `terms`: school year → term → days.
    `cycle`: school years of a training cycle.
    """

    period: str
    clock: str
    due_on: date
    before: date | None
    since: date | None
    terms: Mapping[str, Mapping[int, Span]]
    cycle: int = cycles.DEFAULT

    @property
    def term(self) -> int | None:
        """1 or 2; None of an item with one slot a year."""
        return int(self.period[10:]) if len(self.period) > 9 else None

    @property
    def years(self) -> tuple[int, int]:
        """The two calendar years that the school year lies in."""
        return int(self.period[:4]), int(self.period[5:9])


def window(per: str, place: Place, as_of: date) -> Window:
    """The time of a check that counts per as_of, term, year, cycle, month or quarter.

    A period longer than the slot is shown to date and judged in its last slot: of a term item the
    first-term slot for a calendar year, the second-term slot for a school year or a cycle.
    """
    if per in MONTHS:
        return _in_pieces(MONTHS[per], place, as_of)
    span, judged = _SPANS[per](place, as_of)
    return Window(span, as_of, (), judged)


def _day(_place: Place, as_of: date) -> tuple[Span, bool]:
    return (as_of, as_of), True


def _term(place: Place, _as_of: date) -> tuple[Span, bool]:
    """The term of the slot; of an item with one slot, that in which its date lies."""
    terms = place.terms.get(place.period[:9], {})
    halves = {no: terms.get(no) or half for no, half in _halves(place).items()}
    if place.term:
        return halves[place.term], True
    return halves[2] if halves[2][0] <= place.due_on else halves[1], True


def _halves(place: Place) -> dict[int, Span]:
    """What stands for a term that nobody has entered."""
    first, second = place.years
    return {
        1: (date(first, 9, 1), date(second, 1, 31)),
        2: (date(second, 2, 1), date(second, 8, 31)),
    }


def _year(place: Place, _as_of: date) -> tuple[Span, bool]:
    """The calendar year that ends inside the campaign; in a second term the one under way."""
    first, second = place.years
    if place.clock == Clock.school:
        return (date(first, 9, 1), date(second, 8, 31)), place.term != 1
    year = second if place.term == 2 else first
    return (date(year, 1, 1), date(year, 12, 31)), place.term != 2


def _cycle(place: Place, _as_of: date) -> tuple[Span, bool]:
    end = place.years[1]
    return (date(end - place.cycle, 9, 1), date(end, 8, 31)), place.term != 1


_SPANS: dict[str, Callable[[Place, date], tuple[Span, bool]]] = {
    "as_of": _day,
    "term": _term,
    "year": _year,
    "cycle": _cycle,
}


def _in_pieces(months: int, place: Place, as_of: date) -> Window:
    """Whole months or quarters: those that ended since the date before and before this one.

    So each is judged once, in the first slot that falls due after it has ended; none that began
    before the month of the first enrolment. An item with one slot judges those of its year.
    """
    (first, last), _judged = _year(place, as_of)
    if place.term:
        last = place.due_on - DAY
        first = place.before or date(place.years[0], 9, 1)
    floor = _floor(place)
    pieces = tuple(
        piece for piece in _pieces(months, first, last) if floor is None or piece[0] >= floor
    )
    span = (pieces[0][0], pieces[-1][1]) if pieces else (as_of, as_of)
    return Window(span, as_of, pieces)


def _floor(place: Place) -> date | None:
    """The first day on which a month may begin; a school without an earlier slot owes none of an
    earlier school year."""
    days = [place.since.replace(day=1)] if place.since else []
    if place.term and place.before is None:
        days.append(date(place.years[0], 9, 1))
    return max(days, default=None)


def _pieces(months: int, first: date, last: date) -> Iterator[Span]:
    """The calendar's months or quarters that end from `first` to `last`."""
    start = date(first.year, (first.month - 1) // months * months + 1, 1)
    while (end := _next(start, months) - DAY) <= last:
        if end >= first:
            yield start, end
        start = end + DAY


def _next(start: date, months: int) -> date:
    month = start.month + months
    return date(start.year + (month > 12), (month - 1) % 12 + 1, 1)
