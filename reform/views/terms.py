"""The only place for the page of a region's calendar, and for changing a term or special days."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from reform import redating
from reform.forms.calendar import CalendarForm, DaysForm, TermDatesForm, school_years
from reform.forms.hidden import key_for, key_of
from reform.forms.refused import complain
from reform.views import calendar_words as words
from schools import almanac, clock, noted
from schools.access import access
from schools.almanac import Change
from schools.errors import Denied, Stale
from schools.models import CalendarDay, Term
from schools.models.regions import ancestors
from schools.workdays import Calendar, school_year_of

YEAR = timedelta(days=366)


@access("see_campaigns")
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """A school year with its terms, holidays and working days, and where each comes from."""
    region = request.seat.place_code
    year = request.GET.get("year", "")
    years = school_years()
    year = year if year in years else school_year_of(clock.today())
    first = int(year[:4])
    following = [f"{n}-{n + 1}" for n in (first, first + 1, first + 2)]
    terms = almanac.terms_in_force(region, following)
    days = almanac.days_in_force(region, date(first, 1, 1), date(first + 2, 12, 31))
    shown = [day for day in days if date(first, 9, 1) <= day.date <= date(first + 1, 8, 31)]
    reckoned = Calendar.of(region)
    rows = [row for no in (1, 2) for row in terms.get((year, no), [])]
    months = words.year_months(year, shown, reckoned, clock.today())
    context = {
        "year": year,
        "years": [(one, one == year) for one in years],
        "sentence": words.sentence(year, reckoned.terms(year), rows),
        "may_set": redating.may_set(request.seat, region),
        "terms": words.term_rows(terms, year, region),
        "days": words.day_lines(shown, region),
        "near": [month for month in months if month["near"]],
        "far": [month for month in months if not month["near"]],
        "weekdays": words.weekdays(),
        "ahead": words.ahead(terms, days, following),
    }
    return render(request, "calendar/year.html", context)


# ---- a change, first shown, then made


@access("set_calendar")
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_term(request: HttpRequest) -> HttpResponse:
    """Dates of a term for the own region, or away with them; shows first what moves."""
    region = request.seat.place_code
    asked = request.POST or request.GET
    if asked.get("remove"):
        return _remove_term(request, region)
    if request.method != "POST":
        form = TermDatesForm(region=region, initial=_term_initial(request, region))
        return page(request, form, title=_("Dates of a term"))
    form = TermDatesForm(request.POST, region=region)
    if not form.is_valid():
        return page(request, form, title=_("Dates of a term"))
    term = form.term()
    return settle(
        request,
        Change(region, terms=(term,)),
        form,
        title=_("Dates of a term"),
        doubts=form.doubts,
        year=term.school_year,
    )


def _term_initial(request: HttpRequest, region: str) -> dict[str, Any]:
    """The term that was asked for, with the dates in force where there are some."""
    years = school_years()
    year, stage = request.GET.get("year", ""), request.GET.get("stage", "")
    no = 2 if request.GET.get("no") == "2" else 1
    year = year if year in years else years[1]
    found = {"school_year": year, "no": no, "stage": stage, "reason": _("Term dates changed.")}
    rows = almanac.terms_in_force(region, [year]).get((year, no), [])
    row = next((row for row in rows if row.stage == stage), rows[0] if rows else None)
    if row:
        own = row.region_id == region
        found |= {"starts": row.starts, "ends": row.ends, "provisional": own and row.provisional}
    return found


def _remove_term(request: HttpRequest, region: str) -> HttpResponse:
    asked = request.POST or request.GET
    no = 2 if asked.get("no") == "2" else 1
    key = (asked.get("stage", "")[:1], asked.get("year", "")[:9], no)
    row = Term.objects.filter(region_id=region, stage=key[0], school_year=key[1], no=key[2]).first()
    if row is None and not request.POST.get("key"):
        raise Http404
    said = {"title": _("Follow the dates from above"), "year": key[1]}
    hidden = {"remove": "1", "year": key[1], "no": key[2], "stage": key[0]}
    return _removal(request, Change(region, terms_gone=frozenset({key})), said, hidden)


def _removal(
    request: HttpRequest, change: Change, said: dict[str, str], hidden: dict[str, Any]
) -> HttpResponse:
    """Taking rows of one's own away: only the reason is typed, so what moves is shown at once."""
    if request.method == "POST":
        form = CalendarForm(request.POST)
        if not form.is_valid():
            return page(request, form, title=said["title"], hidden=hidden)
    else:
        form = CalendarForm(initial={"reason": _("The region follows the dates from above again.")})
    return settle(request, change, form, title=said["title"], year=said["year"], hidden=hidden)


@access("set_calendar")
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_days(request: HttpRequest) -> HttpResponse:
    """Holidays and make-up working days of the own region; shows first what moves."""
    region = request.seat.place_code
    if (request.POST or request.GET).get("remove"):
        return _remove_days(request, region)
    title = _("Holiday or make-up working day")
    if request.method != "POST":
        return page(request, DaysForm(initial={"reason": _("Holidays changed.")}), title=title)
    form = DaysForm(request.POST)
    if not form.is_valid():
        return page(request, form, title=title)
    days = form.days()
    year = school_year_of(days[0].date)
    return settle(request, Change(region, days=days), form, title=title, year=year)


def _remove_days(request: HttpRequest, region: str) -> HttpResponse:
    asked = request.POST or request.GET
    try:
        first, last = (date.fromisoformat(asked.get(name, "")) for name in ("first", "last"))
    except ValueError:
        raise Http404 from None
    rows = CalendarDay.objects.filter(region_id=region, date__range=(first, last))
    gone = frozenset(rows.values_list("date", flat=True))
    if request.POST.get("key") and not gone and timedelta() <= last - first <= YEAR:
        gone = frozenset({first})
    if not gone:
        raise Http404
    said = {"title": _("Take the days away"), "year": school_year_of(first)}
    hidden = {"remove": "1", "first": first.isoformat(), "last": last.isoformat()}
    return _removal(request, Change(region, days_gone=gone), said, hidden)


def settle(
    request: HttpRequest,
    change: Change,
    form: CalendarForm,
    *,
    title: str,
    year: str,
    **said: Any,
) -> HttpResponse:
    """Show what a change moves; once that was seen and confirmed, make it and go to the year."""
    said |= {"title": title, "year": year}
    try:
        plan = redating.plan(change)
        do = request.POST.get("do", "look")
        if do in ("move", "keep") and request.POST.get("seen") != plan.seen:
            said["moved_on"] = True
        elif do in ("move", "keep"):
            return _made(request, change, form, plan, move_dates=do == "move", year=year)
    except ValidationError as error:
        complain(form, error)
        return page(request, form, **said)
    except Denied as denied:
        return page(request, form, refusal=denied.reason, **said)
    return page(request, form, plan=plan, **said)


def _made(
    request: HttpRequest,
    change: Change,
    form: CalendarForm,
    plan: redating.Plan,
    *,
    move_dates: bool,
    year: str,
) -> HttpResponse:
    try:
        moved = redating.apply(
            change,
            by=request.seat,
            reason=form.cleaned_data["reason"],
            seen=plan.seen,
            move_dates=move_dates,
            key=key_of(request.POST),
        )
    except Stale as stale:
        stale.context["url"] = reverse("calendar")
        raise
    noted.note(request, "calendar change", year)
    if moved:
        done = ngettext(
            "The calendar is changed; %(n)s filing moved.",
            "The calendar is changed; %(n)s filings moved.",
            moved,
        )
        messages.success(request, done % {"n": words.number(moved)})
    elif plan.moves and not move_dates:
        messages.success(request, _("The calendar is changed; due dates stay as they were."))
    else:
        messages.success(request, _("The calendar is changed."))
    return redirect(f"{reverse('calendar')}?year={year}")


def page(
    request: HttpRequest, form: CalendarForm, *, plan: redating.Plan | None = None, **said: Any
) -> HttpResponse:
    """The form of a change, and what it would move once that was asked."""
    context = {
        "form": form,
        "key": key_for(request),
        "above": len(ancestors(request.seat.place_code)) > 1,
        **said,
    }
    if plan is not None:
        context |= {
            "plan": plan,
            "sentence": words.plan_sentence(plan),
            "moves": words.move_rows(plan.moves),
            "stays": words.stay_rows(plan.stays),
            "more": max(len(plan.moves) - words.SHOWN, 0),
            "too_many": redating.too_many(plan.entries) if plan.entries > redating.AT_ONCE else "",
        }
    context.setdefault("sentence", _("A change shows first which due dates it moves."))
    status = 422 if form.errors or "refusal" in said else 200
    return render(request, said.get("template", "calendar/change.html"), context, status=status)
