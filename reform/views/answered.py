"""The only place where a school has its registers asked anew: for one entry, or for all."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from reform import checking
from reform.views import entry_page, fast
from schools.access import access
from schools.models import School


@access("save")
@require_POST
def entry_answers(request: HttpRequest, pk: int) -> HttpResponse:
    """Work the answers of one entry out, keep them and show them; a fragment for a script."""
    found = entry_page.find(request, pk)
    found.computed = checking.refresh_entry(found)
    if not request.htmx:
        return fast.here(found) if fast.asked(request) else redirect("entry", pk=found.pk)
    context = entry_page.answered(found, request)
    context["fast"] = request.POST.get("fast", "")[:18]
    context["shortcuts"] = request.user.shortcuts  # type: ignore[union-attr]
    return render(request, "entry/_answers.html", context)


@access("save")
@require_POST
def school_answers(request: HttpRequest) -> HttpResponse:
    """Work out whatever the school owes; its home, which is swapped in place, shows the rest."""
    schools = School.objects.select_related("school_type")
    checking.refresh([get_object_or_404(schools, pk=request.seat.school.pk)])
    return redirect("school_home")
