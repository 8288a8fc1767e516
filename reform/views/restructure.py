"""The only place where a manager changes a school, told first what that does to what is asked."""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from reform import baseline, restructure, steering
from reform.forms.campaign import ReasonForm
from reform.forms.hidden import key_for, key_of, number_of
from reform.forms.refused import complain
from reform.forms.school import change_form
from reform.models import Event, IdempotencyKey
from reform.restructure import Change, Effect
from reform.views import restructure_words as words
from reform.views import succession
from schools import scope
from schools.access import access
from schools.models import School
from schools.models.schools import SchoolKind
from schools.scope import Seat

MOST_STEPS, PAGE = 50, 50


def _schools(seat: Seat) -> "QuerySet[School]":
    rows = School.objects.filter(kind=SchoolKind.school)
    return scope.rows(rows.select_related("authority", "school_type", "region"), seat)


def _find(request: HttpRequest, code: str) -> School:
    if not code.isprintable():
        raise Http404
    return get_object_or_404(_schools(request.seat), code=code)


@access("manage_schools")
@require_safe
def school_changes(request: HttpRequest, code: str) -> HttpResponse:
    """What can be changed of a school, and what was."""
    school = _find(request, code)
    mine = request.seat.is_authority(school.authority_id)
    events = Event.objects.filter(subject=school.subject, kind__in=words.STEPS)
    told = events.select_related("actor", "words").order_by("-seq")[:MOST_STEPS]
    differs = baseline.differing(School.objects.filter(pk=school.pk)).exists()
    context = {
        "school": school,
        "mine": mine,
        "choices": _choices(school) if mine else [],
        "differs": differs,
        "numbers_say": baseline.by_numbers(school),
        "steps": words.steps(told),
    }
    return render(request, "schools/changes.html", context)


def _choices(school: School) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "line": restructure.why_not(school, kind) or line,
            "url": reverse("school_change", args=[school.code, kind]),
        }
        for kind, (title, line) in words.TITLES.items()
        if not restructure.why_not(school, kind)
    ] + succession.choices(school)


@access("manage_schools")
@require_http_methods(["GET", "HEAD", "POST"])
def school_change(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """A change in two steps: first what it does to what is asked, then, confirmed, the deed."""
    if kind not in restructure.KINDS:
        raise Http404
    try:
        school = _find(request, code)
    except Http404:
        if _was_answered(request):
            return redirect("region_changes")
        raise
    if request.method != "POST":
        restructure.require(request.seat, school, kind)
        return _page(request, school, kind, change_form(kind, school))
    form = change_form(kind, school, request.POST)
    if not form.is_valid():
        restructure.require(request.seat, school, kind)
        return _page(request, school, kind, form)
    said = {name: value for name, value in form.cleaned_data.items() if name != "reason"}
    try:
        return _go_on(request, school, Change(kind, said), form)
    except ValidationError as error:
        complain(form, error)
        return _page(request, school, kind, form)


def _was_answered(request: HttpRequest) -> bool:
    """Whether a second press comes after the school went to another authority or code."""
    key = key_of(request.POST)
    return bool(key) and IdempotencyKey.objects.filter(user=request.user, key=key).exists()


def _go_on(request: HttpRequest, school: School, change: Change, form: ReasonForm) -> HttpResponse:
    reason, key = form.cleaned_data["reason"], key_of(request.POST)
    steering.check_reason(reason)
    confirmed = request.POST.get("do") == "change"
    if not (confirmed and restructure.was_done(school.pk, change, request.seat, reason, key)):
        effect = restructure.preview(school, change, by=request.seat, reason=reason)
        seen = words.digest(effect, str(sorted(change.values.items())))
        if not confirmed or request.POST.get("seen") != seen:
            return _page(request, school, change.kind, form, effect, seen)
    done = restructure.carry_out(school.pk, change, by=request.seat, reason=reason, key=key)
    school.refresh_from_db()
    messages.success(request, words.done(change.kind, school, done))
    if not request.seat.is_authority(school.authority_id):
        return redirect("region_changes")
    return redirect("school_changes", code=school.code)


def _page(
    request: HttpRequest,
    school: School,
    kind: str,
    form: ReasonForm,
    effect: Effect | None = None,
    seen: str = "",
) -> HttpResponse:
    title, line = words.TITLES[kind]
    context = {
        "school": school,
        "kind": kind,
        "title": title,
        "line": line,
        "form": form,
        "key": key_for(request),
        "effect": effect,
        "effects": words.effects(effect, kind) if effect else [],
        "seen": seen,
        "again": bool(effect and request.POST.get("seen")),
    }
    status = 422 if form.errors else 200
    return render(request, "schools/change.html", context, status=status)


@access("manage_schools")
@require_safe
def region_changes(request: HttpRequest) -> HttpResponse:
    """Every change of a school that concerns this region, newest first; keyset paged by number."""
    subject = f"region:{request.seat.place_code}"
    events = Event.objects.filter(subject=subject, kind__in=words.SHOWN)
    before = number_of(request.GET.get("before", ""), most_digits=9)
    rows = events.select_related("actor", "words").order_by("-seq")
    if before is not None:
        rows = rows.filter(seq__lt=before)
    shown = list(rows[: PAGE + 1])
    more = f"?before={shown[PAGE - 1].seq}" if len(shown) > PAGE else ""
    context = {
        "place": request.seat.place_name,
        "steps": words.steps(shown[:PAGE], links=_links(request.seat, shown[:PAGE])),
        "first_url": reverse("region_changes") if before is not None else "",
        "next_url": more,
        "sentence": _("What changed among the schools, newest first.")
        if shown
        else _("No school was changed yet."),
    }
    return render(request, "schools/region_changes.html", context)


def _links(seat: Seat, events: Sequence[Event]) -> dict[int, str]:
    """The schools told of that this seat still sees, by the code they have now; one query."""
    told = {json.loads(event.body)["school"] for event in events}
    rows = _schools(seat).filter(pk__in=told).values_list("pk", "code")
    return dict(rows) if told else {}
