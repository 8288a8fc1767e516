"""The only place that tells, while a meeting is typed, whether enough people were there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reform.forms.hidden import number_of
from schools import quorum
from schools.access import access


@access("keep_registers")
@require_safe
def meeting_quorum(request: HttpRequest) -> HttpResponse:
    """A sentence for the field, or nothing; it warns, and the row may be saved as it is."""
    asked = request.GET
    expected, attended = (number_of(asked.get(name, "")) for name in ("expected", "attended"))
    found = quorum.quorum(
        asked.get("kind", ""), expected, attended, bool(asked.get("has_appointment"))
    )
    said = quorum.warning(found, expected, attended)
    return render(request, "registers/_quorum.html", {"word": quorum.flag(found), "said": said})
