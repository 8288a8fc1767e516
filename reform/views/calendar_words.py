"""The only place for the sentences and rows of a region's calendar and of what a change moves."""

import calendar as months
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from reform.redating import Move, Plan, Stay
from reform.views.campaign_words import filings, slot_name
from reform.views.headlines import number
from schools.almanac import NOTICE
from schools.language import listed
from schools.models import CalendarDay, Region, Term
from schools.models.calendar import DayKind
from schools.models.regions import NATION
from schools.workdays import DAY, Calendar, Window

SHOWN = 60  # dates named before a change
NEAR = timedelta(days=80)  # this month and the next two


def term_name(no: int) -> str:
    return {1: _("first term"), 2: _("second term")}[no]


def place(region: Region) -> str:
    """Where a date comes from: the region by its short name."""
    return _("Nation") if region.code == NATION else region.name or region.code


def sentence(year: str, windows: dict[int, Window], rows: Iterable[Term]) -> str:
    """What is known of a school year's terms."""
    if not windows:
        return _("The terms of %(year)s are not known yet.") % {"year": year}
    known = listed(
        _("%(term)s %(starts)s to %(ends)s")
        % {"term": term_name(no), "starts": starts, "ends": ends}
        for no, (starts, ends) in sorted(windows.items())
    )
    said = {"year": year, "terms": known}
    if len(windows) == 1:
        return _("%(year)s: %(terms)s; the other term is not known yet.") % said
    if any(row.provisional for row in rows):
        return _("%(year)s: %(terms)s; still provisional.") % said
    return _("%(year)s: %(terms)s.") % said


def term_rows(
    found: dict[tuple[str, int], list[Term]], year: str, region: str
) -> list[dict[str, Any]]:
    """The rows in force of a school year, with where each comes from; a gap is a row too."""
    lines: list[dict[str, Any]] = []
    for no in (1, 2):
        rows = found.get((year, no), [])
        lines += [_term_line(row, region) for row in rows]
        if not rows:
            asked = urlencode({"year": year, "no": no})
            lines.append({"name": term_name(no), "url": f"{reverse('calendar_term')}?{asked}"})
    return lines


def _term_line(row: Term, region: str) -> dict[str, Any]:
    asked = {"year": row.school_year, "no": row.no, "stage": row.stage}
    url = f"{reverse('calendar_term')}?{urlencode(asked)}"
    return {
        "name": term_name(row.no),
        "stage": row.get_stage_display() if row.stage else _("All stages"),
        "row": row,
        "place": place(row.region),
        "own": row.region_id == region,
        "url": url,
        "remove": f"{url}&remove=1",
    }


def day_lines(days: Sequence[CalendarDay], region: str) -> list[dict[str, Any]]:
    """Special days in spans of one kind, name and origin."""
    spans: list[list[CalendarDay]] = []
    for day in days:
        last = spans[-1][-1] if spans else None
        if last and last.date + DAY == day.date and _alike(last, day):
            spans[-1].append(day)
        else:
            spans.append([day])
    return [_day_line(span, region) for span in spans]


def _alike(one: CalendarDay, other: CalendarDay) -> bool:
    names = ("kind", "name", "region_id", "provisional")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _day_line(span: list[CalendarDay], region: str) -> dict[str, Any]:
    first, last = span[0], span[-1]
    own = first.region_id == region
    asked = urlencode({"first": first.date, "last": last.date, "remove": 1})
    return {
        "first": first.date,
        "last": last.date if last is not first else None,
        "name": first.name,
        "kind": first.get_kind_display(),
        "n": ngettext("%(n)d day", "%(n)d days", len(span)) % {"n": len(span)},
        "place": place(first.region),
        "notice": first.source == NOTICE,
        "provisional": first.provisional,
        "own": own,
        "remove": f"{reverse('calendar_days')}?{asked}" if own else "",
    }


def year_months(
    year: str, days: Sequence[CalendarDay], calendar: Calendar, today: date
) -> list[dict[str, Any]]:
    """Twelve months from September: weeks of cells, and how many days are worked."""
    special = {day.date: day for day in days}
    windows = list(calendar.terms(year).values())
    first = int(year[:4])
    return [
        _month(date(first + (month < 9), month, 1), special, calendar, windows, today)
        for month in (9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8)
    ]


def _month(
    first: date,
    special: dict[date, CalendarDay],
    calendar: Calendar,
    windows: Sequence[Window],
    today: date,
) -> dict[str, Any]:
    size = months.monthrange(first.year, first.month)[1]
    days = [first + timedelta(days=n) for n in range(size)]
    cells: list[dict[str, Any] | None] = [None] * first.weekday()
    for day in days:
        worked = calendar.is_workday(day)
        cells.append(
            {
                "day": day,
                "mark": _mark(special.get(day)),
                "taught": worked and any(starts <= day <= ends for starts, ends in windows),
                "today": day == today,
            }
        )
    cells += [None] * (-len(cells) % 7)
    n = sum(map(calendar.is_workday, days))
    return {
        "name": f"{first:%Y-%m}",
        "near": timedelta() <= first - today.replace(day=1) < NEAR,
        "worked": ngettext("%(n)d working day", "%(n)d working days", n) % {"n": n},
        "weeks": [cells[at : at + 7] for at in range(0, len(cells), 7)],
    }


def _mark(day: CalendarDay | None) -> str:
    """The word under a number; nothing where a day is like its weekday."""
    if day is None or (day.kind == DayKind.makeup_workday) == (day.date.weekday() < 5):
        return ""
    if day.kind == DayKind.holiday:
        return pgettext("calendar", "off")
    return pgettext("calendar", "work")


def weekdays() -> list[tuple[str, str]]:
    """Short and full names of the days of a week, Monday first."""
    return [
        (pgettext("weekday", "Mo"), _("Monday")),
        (pgettext("weekday", "Tu"), _("Tuesday")),
        (pgettext("weekday", "We"), _("Wednesday")),
        (pgettext("weekday", "Th"), _("Thursday")),
        (pgettext("weekday", "Fr"), _("Friday")),
        (pgettext("weekday", "Sa"), _("Saturday")),
        (pgettext("weekday", "Su"), _("Sunday")),
    ]


def ahead(
    found: dict[tuple[str, int], list[Term]], days: Sequence[CalendarDay], years: Sequence[str]
) -> list[tuple[str, str]]:
    """What is known of the terms of some school years, and of the holidays of some years."""
    lines = []
    for year in years:
        rows = [row for no in (1, 2) for row in found.get((year, no), [])]
        whole = all(found.get((year, no)) for no in (1, 2))
        state = _known(whole, any(row.provisional for row in rows))
        lines.append((_("Terms of %(year)s") % {"year": year}, state))
    for n in sorted({int(year[:4]) for year in years}):
        own = [day for day in days if day.date.year == n]
        state = _known(bool(own), any(day.provisional for day in own))
        lines.append((_("Holidays of %(year)d") % {"year": n}, state))
    return lines


def _known(whole: bool, provisional: bool) -> str:
    if not whole:
        return _("not known yet")
    return _("provisional") if provisional else _("settled")


# ---- what a change moves


def plan_sentence(plan: Plan) -> str:
    if not plan.moves:
        return _("No due date moves by this.")
    dates = ngettext("%(n)s due date", "%(n)s due dates", len(plan.moves))
    words = _("%(dates)s and with them %(filings)s still open would move.")
    return words % {
        "dates": dates % {"n": number(len(plan.moves))},
        "filings": filings(plan.entries),
    }


def move_rows(moves: Sequence[Move]) -> list[dict[str, Any]]:
    return [
        {
            "name": slot_name(move.slot),
            "campaign": move.slot.campaign.name,
            "places": len(move.authorities),
            "was": move.was,
            "due_on": move.due_on,
            "entries": number(move.entries),
            "kept": _kept(move),
        }
        for move in moves[:SHOWN]
    ]


def _kept(move: Move) -> str:
    said = []
    if move.returned:
        words = ngettext(
            "%(n)d returned keeps its time", "%(n)d returned keep their time", move.returned
        )
        said.append(words % {"n": move.returned})
    if move.own:
        words = ngettext("%(n)d keeps a later date", "%(n)d keep a later date", move.own)
        said.append(words % {"n": move.own})
    return listed(said)


def stay_rows(stays: Sequence[Stay]) -> list[dict[str, Any]]:
    why = {
        "hand": _("set by hand"),
        "past": _("past already"),
        "soon": _("too near to be brought forward"),
    }
    return [
        {"name": slot_name(stay.slot), "day": stay.day, "rule": stay.rule, "why": why[stay.why]}
        for stay in stays[:SHOWN]
    ]
