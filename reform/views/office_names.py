"""The only place where a manager decides whether registers may name office-holders."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reform import bookkeeping
from schools.access import access
from schools.models import CommitteeSeat, Region
from schools.noted import note


@access("allow_names")
@require_http_methods(["GET", "HEAD", "POST"])
def office_names(request: HttpRequest) -> HttpResponse:
    """Off by default; switched for all schools of exactly this authority."""
    code = request.seat.place_code
    if request.method == "POST":
        allowed = request.POST.get("allow") == "yes"
        if bookkeeping.allow_names(code, allowed, by=request.seat):
            note(request, "names allow" if allowed else "names forbid", code)
            messages.success(
                request,
                _("Names may be entered from now on; nobody has to.")
                if allowed
                else _("Names are shown no longer, and cannot be entered."),
            )
        return redirect("office_names")
    kept = CommitteeSeat.objects.filter(school__authority=code, removed_at=None)
    context = {
        "allowed": Region.objects.values_list("office_names", flat=True).get(pk=code),
        "kept": kept.exclude(holder="").count(),
    }
    return render(request, "setup/names.html", context)
