"""The only place where a school asks for a later date, or is given one unasked."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from reform import extensions as requests
from reform.forms.extension import AnswerForm, AskForm, GiveForm, chosen, days, ticked
from reform.forms.hidden import key_for, key_of, number_of
from reform.forms.refused import complain
from reform.models import Entry, Extension
from reform.models.reminder import ExtensionState
from reform.states import light
from schools import clock, scope
from schools.access import access
from schools.errors import Denied
from schools.models import School
from schools.scope import Seat
from schools.workdays import Calendar

PAGE = 50
DECIDED = 10  # of the last decisions shown below the queue


@access("ask_extension")
@require_http_methods(["GET", "HEAD", "POST"])
def extension_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a date, say why, send: two presses from a reminder."""
    rows = Entry.objects.select_related("slot__campaign", "slot__item", "school__authority")
    entry = get_object_or_404(scope.rows(rows, request.seat), pk=pk)
    mine = requests.waiting(Extension.objects.filter(entry=entry)).first()
    calendar = Calendar.of(entry.authority)
    days = requests.offered(entry, calendar)
    dates = [(day, _words(entry, day, calendar)) for day in days]
    form = AskForm(request.POST if request.method == "POST" else None, dates=dates)
    if request.method == "POST" and form.is_valid():
        try:
            requests.ask(entry.pk, by=request.seat, key=key_of(request.POST), **form.cleaned_data)
        except ValidationError as error:
            complain(form, error)
        else:
            messages.success(request, _("Your request is sent; the answer comes to your inbox."))
            return redirect("entry", pk=entry.pk)
    context = {
        "entry": entry,
        "item": entry.slot.item,
        "mine": mine,
        "form": form,
        "dates": dates,
        "why_not": _why_not(request.seat, entry),
        "key": key_for(request),
        "left": calendar.working_days_between(clock.today(), entry.due_on),
        "reviewers": [m.user for m in scope.people("reviewer", authority=entry.authority)],
    }
    status = 422 if form.errors else 200
    return render(request, "extensions/ask.html", context, status=status)


def _words(entry: Entry, day: Any, calendar: Calendar) -> str:
    more = calendar.working_days_between(entry.due_on, day)
    words = ngettext("%(day)s, %(n)d working day more", "%(day)s, %(n)d working days more", more)
    return words % {"day": day, "n": more}


def _why_not(seat: Seat, entry: Entry) -> str:
    try:
        requests.require(seat, entry)
    except Denied as denied:
        return denied.reason
    return ""


@access("ask_extension")
@require_POST
def extension_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The school needs it no more."""
    found = get_object_or_404(scope.rows(Extension.objects.all(), request.seat), pk=pk)
    requests.withdraw(found.pk, by=request.seat)
    messages.success(request, _("The request is taken back; the date stays as it is."))
    return redirect("entry", pk=found.entry_id)


@access("decide_extension")
@require_http_methods(["GET", "HEAD", "POST"])
def extensions(request: HttpRequest) -> HttpResponse:
    """What schools ask for, the nearest date first; tick some, then grant or refuse them."""
    if request.method == "POST":
        return _decide(request)
    return _queue(request, AnswerForm())


def _mine(seat: Seat) -> "QuerySet[Extension]":
    """Requests of schools that exactly this authority reviews, and of the bureaus next below."""
    rows = Extension.objects.select_related(
        "entry__school", "entry__slot__item", "asked_by", "decided_by"
    )
    mine = Q(entry__authority=seat.place_code)
    if seat.has_bureaus_below:
        mine |= Q(entry__school__in=scope.bureaus_below(seat))
    return scope.rows(rows, seat).filter(mine)


def _queue(
    request: HttpRequest, form: AnswerForm, ticked: frozenset[int] = frozenset()
) -> HttpResponse:
    seat = request.seat
    waiting = requests.waiting(_mine(seat)).order_by("was_on", "pk")
    found = list(waiting[: PAGE + 1])
    decided = _mine(seat).filter(decided_by__isnull=False).order_by("-decided_at", "-pk")
    calendar = Calendar.of(seat.place_code)
    today, posted = clock.today(), days(request.POST)
    rows = [
        {
            "extension": one,
            "item": one.entry.slot.item,
            "school": one.entry.school,
            "left": calendar.working_days_between(today, one.entry.due_on),
            "more": calendar.working_days_between(one.entry.due_on, one.wanted_on),
            "dates": requests.offered(
                one.entry, calendar if seat.is_authority(one.entry.authority) else None
            ),
            "day": posted.get(one.pk) or one.wanted_on,
            "ticked": one.pk in ticked or len(found) == 1,
        }
        for one in found[:PAGE]
    ]
    context = {
        "rows": rows,
        "more": len(found) > PAGE,
        "asleep": 0 if found else requests.asleep(_mine(seat)).count(),
        "decided": list(decided[:DECIDED]),
        "form": form,
        "granted": ExtensionState.granted,
    }
    return render(request, "extensions/queue.html", context, status=422 if form.errors else 200)


def _decide(request: HttpRequest) -> HttpResponse:
    """Grant or refuse what was ticked; another date holds for one alone."""
    form = AnswerForm(request.POST)
    ticked = chosen(request.POST)
    known = set(_mine(request.seat).filter(pk__in=ticked).values_list("pk", flat=True))
    if ticked.keys() - known:
        raise Http404
    if not ticked:
        form.add_error(None, _("Tick the requests first; nothing was decided."))
        return _queue(request, form)
    grant = request.POST.get("do") == "grant"
    if not form.is_valid():
        return _queue(request, form, frozenset(ticked))
    try:
        done, refused = requests.decide_many(
            ticked, by=request.seat, grant=grant, answer=form.cleaned_data["reason"]
        )
    except ValidationError as error:
        complain(form, error)
        return _queue(request, form, frozenset(ticked))
    _say(request, done, refused, grant=grant)
    return HttpResponseRedirect(request.path)


def _say(request: HttpRequest, done: int, refused: list[str], *, grant: bool) -> None:
    if done:
        words = (
            ngettext("%(n)d request granted.", "%(n)d requests granted.", done)
            if grant
            else ngettext("%(n)d request refused.", "%(n)d requests refused.", done)
        )
        messages.success(request, words % {"n": done})
    for sentence in dict.fromkeys(refused):
        messages.warning(request, sentence)


@access("give_date")
@require_http_methods(["GET", "HEAD", "POST"])
def school_dates(request: HttpRequest, code: str) -> HttpResponse:
    """Tick what one school gets a later date for, or take all that is due before that date."""
    seat, post = request.seat, request.POST
    found = get_object_or_404(scope.rows(School.objects.all(), seat), code=code)
    if not seat.is_authority(found.authority_id):
        raise Denied(_("Another authority reviews this school."))
    entries = list(requests.open_at(found.pk, seat))
    dates = requests.offered_for(entries, Calendar.of(seat.place_code))
    words = [(day, _for_how_many(day, len(able))) for day, able in dates.items()]
    form = GiveForm(post if request.method == "POST" else None, dates=words)
    mine = ticked(post) or frozenset({number_of(request.GET.get("entry", "")) or 0})
    if form.is_bound and form.is_valid():
        day = form.cleaned_data["on"]
        taken = {entry.pk for entry in dates[day]} if post.get("do") == "all" else ticked(post)
        try:
            n = requests.give(found.pk, taken, by=seat, key=key_of(post), **form.cleaned_data)
        except ValidationError as error:
            complain(form, error)
        else:
            done = ngettext(
                "%(n)d item now has until %(day)s.", "%(n)d items now have until %(day)s.", n
            )
            messages.success(request, done % {"n": n, "day": day})
            return redirect("school_ledger", code=found.code)
    context = {
        "school": found,
        "rows": _rows(entries, mine),
        "form": form,
        "key": key_for(request),
    }
    status = 422 if form.errors else 200
    return render(request, "extensions/give.html", context, status=status)


def _for_how_many(day: Any, n: int) -> str:
    words = ngettext("%(day)s, possible for %(n)d item", "%(day)s, possible for %(n)d items", n)
    return words % {"day": day, "n": n}


def _rows(entries: list[Entry], mine: frozenset[int]) -> list[dict[str, Any]]:
    """What is open at a school, with its light and the date it asked for."""
    today = clock.today()
    asked = requests.waiting(Extension.objects.filter(entry__in=entries))
    wanted = dict(asked.values_list("entry_id", "wanted_on"))
    return [
        {
            "entry": entry,
            "light": light(entry.status, entry.due_on, today),
            "wanted_on": wanted.get(entry.pk),
            "ticked": entry.pk in mine,
        }
        for entry in entries
    ]
