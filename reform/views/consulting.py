"""The only place for the page that follows each consultation from the question to the decision."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from reform.views.whose import Books, school_of, year_of, years
from schools import clock, consulting, scope
from schools.access import access
from schools.consulting import CLOSED, FAULTY, LATE, OPEN, Way
from schools.models import Consultation, School

LIGHTS = {FAULTY: "back", LATE: "late", OPEN: "busy", CLOSED: "done"}


@access("see_school")
@require_safe
def consultations_followed(request: HttpRequest) -> HttpResponse:
    """The own school's consultations of a school year, each as steps in the order of dates."""
    return _of_school(request, school_of(request, None))


@access("see_registers")
@require_safe
def consultations_of_school(request: HttpRequest, code: str) -> HttpResponse:
    """The same of a school, for its officials."""
    return _of_school(request, school_of(request, code))


def _of_school(request: HttpRequest, school: School) -> HttpResponse:
    today = clock.today()
    rows = scope.rows(Consultation.objects.all(), request.seat)
    kept = list(rows.filter(school=school, removed_at=None))
    year = year_of(request, today)
    mine = [batch for batch in kept if consulting.year_of(batch, today) == year]
    ways = consulting.ways(mine, today)
    books = Books(school, request.seat)
    found = {consulting.year_of(batch, today) for batch in kept}
    context = {
        "books": books,
        "register": books.register("consultations"),
        "sentence": _sentence(ways),
        "rows": [_row(way) for way in ways],
        "year": year,
        "years": years(request, year, found),
    }
    return render(request, "registers/consulting.html", context)


def _row(way: Way) -> dict[str, Any]:
    words = {
        FAULTY: _("Does not count"),
        LATE: _("Overdue"),
        OPEN: pgettext("consultation", "Under way"),
        CLOSED: pgettext("consultation", "Closed"),
    }
    said = [*way.faults, *way.late, *([way.next] if way.next else [])]
    return {"way": way, "light": LIGHTS[way.state], "word": words[way.state], "said": said}


def _sentence(ways: Sequence[Way]) -> str:
    """How many were heard before the decision, and what stands in the way of the others."""
    if not ways:
        return _("No consultation is on record for this school year.")
    counts = Counter(way.state for way in ways)
    said = ngettext(
        "%(closed)d of %(n)d batch was heard before it was decided",
        "%(closed)d of %(n)d batches were heard before they were decided",
        len(ways),
    ) % {"closed": counts[CLOSED], "n": len(ways)}
    words = [said]
    if counts[FAULTY]:
        words.append(
            ngettext("%(n)d does not count", "%(n)d do not count", counts[FAULTY])
            % {"n": counts[FAULTY]}
        )
    if counts[LATE]:
        words.append(
            ngettext("%(n)d is overdue", "%(n)d are overdue", counts[LATE]) % {"n": counts[LATE]}
        )
    return _("%(what)s.") % {"what": _(", ").join(words)}
