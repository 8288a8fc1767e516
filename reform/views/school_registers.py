"""The only place where others read a school's registers: officials, and who took it over."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from reform.views import register_page as page
from reform.views import register_words as words
from schools import scope, succession
from schools.access import access
from schools.models import School
from schools.registers import REGISTERS


@access("see_registers")
@require_safe
def school_registers(request: HttpRequest, code: str) -> HttpResponse:
    """The twelve registers of a school; its own people go to their own page."""
    school = _school(request, code)
    if request.seat.school == school:
        return redirect("registers")
    found = page.summaries(school, outside=True)
    rows, gaps = (sum(getattr(one, name) for one in found) for name in ("rows", "gaps"))
    context = {
        "school": school,
        "sentence": words.overview_of(school.name, rows, gaps),
        "pillars": page.by_pillar(found),
        "steps": page.history(school),
        "outside": True,
    }
    return render(request, "registers/overview.html", context)


@access("see_registers")
@require_safe
def school_register(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """One register of a school, without anything to press."""
    school, register = _school(request, code), REGISTERS[key]
    if request.seat.school == school:
        return redirect("register", key=key)
    context = page.listing(request, school, register, outside=True)
    context |= {
        "school": school,
        "register": register,
        "items": page.answers(school).get(key, []),
        "outside": True,
    }
    return render(request, "registers/register.html", context)


def _school(request: HttpRequest, code: str) -> School:
    schools = School.objects.select_related("authority")
    seen = scope.rows(schools, request.seat)
    if request.seat.school and request.seat.has("see_registers"):
        before = succession.came_from(request.seat.school).values("pk")
        seen |= schools.filter(pk__in=before)
    return get_object_or_404(seen, code=code)
