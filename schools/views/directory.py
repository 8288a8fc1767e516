"""The only place for the list of schools and the page of a school, as officials see them."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from schools import clock, names, noted, scope, succession
from schools.access import access
from schools.forms import SchoolSearch
from schools.models import Membership, School
from schools.models.regions import NATION
from schools.models.schools import SchoolKind, code_warnings
from schools.resources import Csv, SchoolResource, Xlsx
from schools.roles import Profile, Role
from schools.scope import Seat
from schools.views.away import away

PAGE = 50
FORMATS = {"xlsx": Xlsx, "csv": Csv}


@access("see_schools")
@require_safe
def schools(request: HttpRequest) -> HttpResponse:
    """By name, keyset paged by `after` (the code of the last school shown); never by progress."""
    seat = request.seat  # type: ignore[attr-defined]
    if seat.place_code == NATION:
        return render(request, "schools/nation.html")
    form = SchoolSearch(request.GET, scope=seat.place_code)
    form.is_valid()
    said = {name: value for name, value in form.cleaned_data.items() if value}
    open_ = School.objects.filter(kind=SchoolKind.school).exclude(closed_on__lte=clock.today())
    visible = scope.rows(open_, seat)
    found = _narrowed(visible, said)
    counts = found.aggregate(
        schools=Count("pk"), unknown=Count("pk", filter=Q(profile=Profile.unknown))
    )
    rows = found.select_related("school_type", "region")
    shown = names.page(rows, visible, request.GET.get("after", ""), PAGE + 1)
    query = request.GET.copy()
    query.pop("after", None)
    first_url = f"?{query.urlencode()}"
    if len(shown) > PAGE:
        query["after"] = shown[PAGE - 1].code
    context = {
        "form": form,
        "narrowed": bool(said),
        "sentence": _sentence(seat, counts["schools"], bool(said)),
        "line": _line(counts["unknown"]),
        "schools": shown[:PAGE],
        "show_place": len(seat.place_code) < 6,
        "first_url": first_url if "after" in request.GET else "",
        "next_url": f"?{query.urlencode()}" if len(shown) > PAGE else "",
        "away": _away(said) if shown else (),
        "may_manage": seat.has("manage_schools"),
    }
    return render(request, "schools/schools.html", context)


def _away(said: dict[str, Any]) -> list[tuple[str, str]]:
    """(format, address) of the files that hold what this list shows."""
    here = reverse("schools_export")
    return [(form, f"{here}?{urlencode({**said, 'format': form})}") for form in FORMATS]


@access("see_schools")
@require_safe
def schools_export(request: HttpRequest) -> HttpResponse:
    """What the list shows, all of it, as a file that a list import takes back unchanged."""
    seat = request.seat  # type: ignore[attr-defined]
    form = SchoolSearch(request.GET, scope=seat.place_code)
    form.is_valid()
    said = {name: value for name, value in form.cleaned_data.items() if value}
    open_ = School.objects.filter(kind=SchoolKind.school).exclude(closed_on__lte=clock.today())
    visible = scope.rows(open_, seat)
    rows = _narrowed(visible, said).order_by("name", "code")
    kind = FORMATS.get(request.GET.get("format", ""), Xlsx)()
    dataset = SchoolResource().export(rows)
    noted.note(request, "school export", f"{len(dataset)} {kind.get_extension()}")
    name = f"{seat.place_name} {clock.today()}.{kind.get_extension()}"
    return away(kind.export_data(dataset), name, kind=kind.get_content_type())


def _narrowed(rows: "QuerySet[School]", said: dict[str, Any]) -> "QuerySet[School]":
    fields = {
        "county": "region",
        "type": "school_type",
        "profile": "profile",
        "ownership": "ownership",
    }
    rows = rows.filter(**{field: said[name] for name, field in fields.items() if name in said})
    if text := said.get("q", "").strip():
        rows = rows.filter(Q(name__icontains=text) | Q(code__istartswith=text))
    return rows


def _sentence(seat: Seat, count: int, narrowed: bool) -> str:
    place = seat.place_name
    if narrowed:
        return ngettext("%(n)d school fits.", "%(n)d schools fit.", count) % {"n": count}
    if not count:
        return _("%(place)s has no school here yet.") % {"place": place}
    if len(seat.place_code) < 6:  # most of them are looked after by its counties
        words = ngettext("%(n)d school within %(place)s.", "%(n)d schools within %(place)s.", count)
        return words % {"place": place, "n": count}
    return ngettext(
        "%(place)s looks after %(n)d school.", "%(place)s looks after %(n)d schools.", count
    ) % {"place": place, "n": count}


def _line(unknown: int) -> str:
    if not unknown:
        return ""
    return ngettext(
        "%(n)d of them has no profile yet: its Party organisation and members are not known.",
        "%(n)d of them have no profile yet: their Party organisation and members are not known.",
        unknown,
    ) % {"n": unknown}


@access("see_schools")
@require_safe
def school(request: HttpRequest, code: str) -> HttpResponse:
    """The facts of a school, its profile and why, who files and who reviews."""
    seat = request.seat  # type: ignore[attr-defined]
    rows = School.objects.filter(kind=SchoolKind.school).select_related(
        "school_type", "region", "authority"
    )
    if not code.isprintable():
        raise Http404
    found = get_object_or_404(scope.rows(rows, seat), code=code)
    held = (
        Membership.objects.live(clock.today())
        .filter(Q(school=found) | Q(region=found.authority_id, role=Role.reviewer))
        .select_related("user")
        .order_by("role", "user__name", "pk")
    )
    people: dict[str, list[Membership]] = {Role.filer: [], Role.secretary: [], Role.reviewer: []}
    for membership in held:
        people[membership.role].append(membership)
    context = {
        "school": found,
        "sentence": _said_of(found),
        "crumbs": [(_("Schools"), reverse("schools"))],
        "warnings": code_warnings(found.code, found.school_type_id),
        "at_school": [*people[Role.secretary], *people[Role.filer]],
        "reviewers": people[Role.reviewer],
        "keeps_people": Role.manager in seat.roles and seat.is_authority(found.authority_id),
        "may_manage": seat.has("manage_schools"),
        "story": succession.story(found),
        "ahead": found.closed_on is not None and found.closed_on > clock.today(),
    }
    return render(request, "schools/school.html", context)


def _said_of(found: School) -> str:
    """Name, and what decides the items it gets."""
    if found.profile == Profile.unknown:
        return _("%(school)s has no profile yet.") % {"school": found}
    return _("%(school)s: %(profile)s.") % {
        "school": found,
        "profile": found.get_profile_display(),
    }
