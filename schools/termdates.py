"""The only place that says which dates of a term cannot be, and which are doubtful."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

from schools import almanac
from schools.almanac import NewTerm, TermRow, Window
from schools.models.regions import ancestors
from schools.workdays import Calendar

SHORTEST, LONGEST = timedelta(weeks=6), timedelta(weeks=30)
BREAK_SHORTEST, BREAK_LONGEST = timedelta(days=5), timedelta(days=75)

Neighbour = tuple[str, int, Window]  # school year, term, its days


def span_of(school_year: str) -> Window:
    """The days between which terms of a school year lie: schools may begin in late August."""
    first = int(school_year[:4])
    return date(first, 8, 15), date(first + 1, 8, 31)


def judge(region: str, term: NewTerm) -> tuple[dict[str, str], list[str]]:
    """field ("starts", "ends") → why the term cannot be; else what is odd. Two queries at most."""
    if found := _alone(term):
        return found, []
    near = _neighbours(region, term)
    if found := _overlaps(near, term):
        return found, []
    return {}, _doubts(Calendar.days_of(region), near, term)


def _alone(term: NewTerm) -> dict[str, str]:
    first, last = span_of(term.school_year)
    said = {"year": term.school_year, "first": first, "last": last}
    outside = _("The school year %(year)s has its terms between %(first)s and %(last)s.")
    found = {
        name: outside % said
        for name in ("starts", "ends")
        if not first <= getattr(term, name) <= last
    }
    if found:
        return found
    if term.ends <= term.starts:
        words = _("The last day must come after the first, %(day)s.")
        return {"ends": words % {"day": term.starts}}
    length = term.ends - term.starts
    if not SHORTEST <= length <= LONGEST:
        words = _("That would be a term of %(n)d weeks; look at both dates.")
        return {"ends": words % {"n": round(length.days / 7)}}
    return {}


def _overlaps(near: list[Neighbour], term: NewTerm) -> dict[str, str]:
    found = {}
    for year, no, window in near:
        starts, ends = window
        said = {"year": year, "no": no, "starts": starts, "ends": ends}
        words = _("Term %(no)s of %(year)s runs from %(starts)s to %(ends)s; the two overlap.")
        if (year, no) < (term.school_year, term.no) and term.starts <= ends:
            found["starts"] = words % said
        if (year, no) > (term.school_year, term.no) and term.ends >= starts:
            found["ends"] = words % said
    return found


def _neighbours(region: str, term: NewTerm) -> list[Neighbour]:
    """The terms just before and after, in force in the region, for every stage it concerns."""
    chain = ancestors(region)
    rows = almanac.term_rows(chain)
    levels: list[list[TermRow]] = [rows[code] for code in chain]
    stages = {term.stage} if term.stage else {*almanac.STAGES}
    first = int(term.school_year[:4])
    years = [f"{n}-{n + 1}" for n in (first - 1, first, first + 1)]
    found = {
        (year, no, window)
        for year in years
        for no in (1, 2)
        if (year, no) != (term.school_year, term.no)
        for stage in stages
        if (window := almanac.nearest(levels, stage, year, no))
    }
    return sorted(found)


def _doubts(calendar: Calendar, near: list[Neighbour], term: NewTerm) -> list[str]:
    found = [
        _("%(day)s is not a working day.") % {"day": day}
        for day in (term.starts, term.ends)
        if not calendar.is_workday(day)
    ]
    for year, no, (starts, ends) in near:
        before = (year, no) < (term.school_year, term.no)
        if abs((int(year[:4]) * 2 + no) - (int(term.school_year[:4]) * 2 + term.no)) != 1:
            continue
        gap = term.starts - ends if before else starts - term.ends
        if not BREAK_SHORTEST <= gap <= BREAK_LONGEST:
            words = _("Between this term and term %(no)s of %(year)s lie %(n)d days.")
            found.append(words % {"no": no, "year": year, "n": gap.days - 1})
    return found
