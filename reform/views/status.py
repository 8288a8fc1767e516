"""The only place for the page that tells an operator what is alive."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from reform import health
from schools.access import access


@access("see_status")
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    lines = health.lines()
    broken = sum(line.light == health.BAD for line in lines)
    doubtful = sum(line.light == health.CARE for line in lines)
    if broken:
        sentence = ngettext("%(n)d part is not working", "%(n)d parts are not working", broken)
    elif doubtful:
        sentence = ngettext("All works, %(n)d part to look at", "All works, %(n)d parts to look at",
                            doubtful)  # fmt: skip
    else:
        sentence = _("All works")
    context = {"sentence": sentence % {"n": broken or doubtful}, "lines": lines}
    return render(request, "status/status.html", context)
