"""The only place where a school tells its five numbers, and its authority sees who has not."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from reform import baseline
from reform.forms.hidden import key_for, key_of
from reform.forms.school import BaselineForm
from schools import clock, names
from schools.access import access
from schools.models import Membership, School
from schools.roles import Profile, Role

PAGE = 50


@access("answer_baseline")
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest) -> HttpResponse:
    """The form; what looks odd is said once, and taken all the same when it is sent again."""
    school = request.seat.school
    baseline.require(request.seat, school)
    if request.method != "POST":
        return page(request, school)
    form = BaselineForm(request.POST, school=school)
    if not form.is_valid():
        return page(request, school, form)
    told = form.figures()
    doubts = baseline.doubts(told)
    if doubts and request.POST.get("seen") != _seen(form):
        return page(request, school, form, doubts)
    done = baseline.answer(school.pk, told, by=request.seat, key=key_of(request.POST))
    messages.success(request, baseline.sentence(done))
    return redirect("school_home")


def page(
    request: HttpRequest,
    school: School,
    form: BaselineForm | None = None,
    doubts: list[str] | None = None,
) -> HttpResponse:
    """The form under its sentence; also shown as the home of a school that is asked nothing yet."""
    first = school.baseline_at is None
    proposed = baseline.proposal(school)
    context = {
        "school": school,
        "form": form or BaselineForm(school=school, initial=proposed.values),
        "came": proposed.schools,
        "first": first,
        "doubts": doubts or [],
        "seen": _seen(form) if form and doubts else "",
        "key": key_for(request),
        "known": school.profile != Profile.unknown,
    }
    status = 422 if form and form.errors else 200
    return render(request, "school/baseline.html", context, status=status)


def _seen(form: BaselineForm) -> str:
    """What was doubted: only that may then be sent as it is."""
    return urlencode(form.cleaned_data)


# ---- the authority

SHOWS = ("missing", "unknown", "answered", "by_hand", "differing")


@access("manage_schools")
@require_safe
def baselines(request: HttpRequest) -> HttpResponse:
    """Schools of exactly this authority by name, with whom to call; first those not answered."""
    seat = request.seat
    every = baseline.asked_of(seat.place_code)
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "missing"
    found = _shown(every, show)
    counts = {name: _shown(every, name).count() for name in SHOWS}
    after = request.GET.get("after", "")[:20]
    rows = names.page(found.select_related("school_type"), every, after, PAGE + 1)
    context = {
        "sentence": _sentence(counts),
        "line": _line(counts["differing"]),
        "choices": _choices(counts, show),
        "show": show,
        "rows": _with_people(rows[:PAGE]),
        "any": sum(counts[name] for name in ("missing", "answered")),
        "first_url": f"?show={show}" if after else "",
        "next_url": f"?show={show}&after={rows[PAGE - 1].code}" if len(rows) > PAGE else "",
    }
    return render(request, "schools/baselines.html", context)


def _shown(every: "QuerySet[School]", show: str) -> "QuerySet[School]":
    if show == "missing":
        return every.filter(baseline_at=None)
    if show == "unknown":
        return every.filter(profile=Profile.unknown)
    if show == "answered":
        return every.exclude(baseline_at=None)
    if show == "by_hand":
        return every.exclude(profile_by_hand="")
    return baseline.differing(every)


def _with_people(schools: list[School]) -> list[dict[str, Any]]:
    """Each school with who files there and may be called; one query."""
    held = Membership.objects.live(clock.today()).filter(
        school__in=schools, role__in=(Role.filer, Role.secretary)
    )
    people: dict[int, list[Any]] = {}
    for one in held.select_related("user").order_by("role", "pk"):
        people.setdefault(one.school_id, []).append(one.user)
    return [{"school": school, "people": people.get(school.pk, [])} for school in schools]


def _sentence(counts: dict[str, int]) -> str:
    n, of = counts["missing"], counts["missing"] + counts["answered"]
    if not of:
        return _("There is no school here yet.")
    if not n:
        return ngettext(
            "The one school has entered its numbers.",
            "All %(n)d schools have entered their numbers.",
            of,
        ) % {"n": of}
    return ngettext(
        "%(n)d of %(of)d schools has not entered its numbers yet.",
        "%(n)d of %(of)d schools have not entered their numbers yet.",
        n,
    ) % {"n": n, "of": of}


def _line(differing: int) -> str:
    if not differing:
        return ""
    return ngettext(
        "%(n)d school has another profile by its numbers than its campaign asks by.",
        "%(n)d schools have another profile by their numbers than their campaigns ask by.",
        differing,
    ) % {"n": differing}


def _choices(counts: dict[str, int], show: str) -> list[dict[str, Any]]:
    labels = {
        "missing": _("Not answered"),
        "unknown": _("Asked nothing until it is known"),
        "answered": _("Answered"),
        "by_hand": _("Profile set by hand"),
        "differing": _("Asked by another profile"),
    }
    return [
        {
            "label": labels[name],
            "n": counts[name],
            "url": f"{reverse('baselines')}?show={name}",
            "current": name == show,
        }
        for name in SHOWS
        if counts[name] or name in ("missing", show)
    ]
