"""The only place where a manager lets a school go into another, or divides one (撤并校)."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from reform import merging, restructure, splitting, steering
from reform.forms.hidden import key_for, key_of
from reform.forms.refused import complain
from reform.forms.succession import MergeForm, SplitForm
from reform.models import IdempotencyKey
from reform.views import restructure_words
from reform.views import succession_words as words
from schools import scope
from schools.access import access
from schools.models import School
from schools.models.schools import SchoolKind


def choices(school: School) -> list[dict[str, str]]:
    """The two further changes of a school, for the page of its changes."""
    return [
        {"title": title, "line": line, "url": reverse(f"school_{kind}", args=[school.code])}
        for kind, (title, line) in words.TITLES.items()
        if not restructure.why_not(school, kind)
    ]


def _find(request: HttpRequest, code: str) -> School:
    if not code.isprintable():
        raise Http404
    rows = School.objects.filter(kind=SchoolKind.school)
    rows = scope.rows(rows.select_related("authority", "school_type", "region"), request.seat)
    return get_object_or_404(rows, code=code)


@access("manage_schools")
@require_http_methods(["GET", "HEAD", "POST"])
def school_merge(request: HttpRequest, code: str) -> HttpResponse:
    """First what it does, then, confirmed, the deed; it cannot be undone, and says so."""
    school = _find(request, code)
    if request.method != "POST":
        restructure.require(request.seat, school, "merge")
        return _page(request, school, "merge", MergeForm(school=school, by=request.seat))
    confirmed = request.POST.get("do") == "change"
    if confirmed and (into := _merged_before(request)):
        return redirect("school_changes", code=into.code)
    restructure.require(request.seat, school, "merge")
    form = MergeForm(request.POST, school=school, by=request.seat)
    if not form.is_valid():
        return _page(request, school, "merge", form)
    reason = form.cleaned_data["reason"]
    try:
        steering.check_reason(reason)
        effect = merging.preview(school, form.merger(), by=request.seat)
        told = words.merging(effect, form.merger(), len(form.ending))
        seen = restructure_words.digest(effect, str(told))
        if not confirmed or request.POST.get("seen") != seen:
            return _page(request, school, "merge", form, told, effect.doubts, seen)
        done = merging.merge(
            school.pk, form.merger(), by=request.seat, reason=reason, key=key_of(request.POST)
        )
    except ValidationError as error:
        complain(form, error)
        return _page(request, school, "merge", form)
    into = School.objects.get(pk=form.merger().into)
    messages.success(request, words.merged(school, into, done))
    return redirect("school_changes", code=into.code)


def _merged_before(request: HttpRequest) -> School | None:
    """The school that goes on, where this very form was answered; its code may have moved on."""
    key = key_of(request.POST)
    found = IdempotencyKey.objects.filter(user=request.user, key=key).first() if key else None
    into = found.answer.get("into") if found else None
    return School.objects.get(pk=into) if into else None


@access("manage_schools")
@require_http_methods(["GET", "HEAD", "POST"])
def school_split(request: HttpRequest, code: str) -> HttpResponse:
    """First what it does to both schools, then, confirmed, the deed."""
    school = _find(request, code)
    restructure.require(request.seat, school, "split")
    if request.method != "POST":
        return _page(request, school, "split", SplitForm(school=school))
    form = SplitForm(request.POST, school=school)
    try:
        return _split(request, school, form)
    except ValidationError as error:
        complain(form, error)
        return _page(request, school, "split", form)


def _split(request: HttpRequest, school: School, form: SplitForm) -> HttpResponse:
    key, reason = key_of(request.POST), request.POST.get("reason", "")
    confirmed = request.POST.get("do") == "change"
    if confirmed and (again := _split_before(request)):
        return redirect("school", code=again.code)
    if not form.is_valid():
        return _page(request, school, "split", form)
    reason = form.cleaned_data["reason"]
    steering.check_reason(reason)
    effect = splitting.preview(
        school, form.split(), by=request.seat, rows=form.rows, types=form.types
    )
    told = words.splitting(effect)
    seen = restructure_words.digest(effect, f"{form.split()} {told}")
    if not confirmed or request.POST.get("seen") != seen:
        return _page(request, school, "split", form, told, effect.doubts, seen)
    done = splitting.split_off(school.pk, form.split(), by=request.seat, reason=reason, key=key)
    messages.success(request, words.divided(school, effect.new, done))
    return redirect("school", code=done["code"])


def _split_before(request: HttpRequest) -> School | None:
    """The new school, where this form with this name was answered: its branches are gone by now."""
    key, name = key_of(request.POST), request.POST.get("name", "").strip()
    answers = IdempotencyKey.objects.filter(user=request.user, key=key) if key else ()
    codes = [found.answer["code"] for found in answers if "code" in found.answer]
    return School.objects.filter(code__in=codes, name=name).first() if codes else None


def _page(
    request: HttpRequest,
    school: School,
    kind: str,
    form: Form,
    effects: Sequence[str] = (),
    doubts: Sequence[str] = (),
    seen: str = "",
) -> HttpResponse:
    title, line = words.TITLES[kind]
    context: dict[str, Any] = {
        "school": school,
        "kind": kind,
        "title": title,
        "line": line,
        "form": form,
        "key": key_for(request),
        "effect": {"doubts": doubts} if effects else None,
        "effects": effects,
        "seen": seen,
        "again": bool(effects and request.POST.get("seen")),
    }
    return render(request, "schools/change.html", context, status=422 if form.errors else 200)
