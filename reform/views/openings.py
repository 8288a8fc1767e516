"""The only place where a manager reads what opening a campaign would do, and then opens it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reform import policy, reach, rollout
from reform.forms.hidden import version_of
from reform.models import Campaign
from reform.models.campaign import CampaignState
from reform.slots import Plan
from reform.views import campaign_words as words
from reform.views.campaigns import visible
from schools import names, scope
from schools.access import access
from schools.errors import Denied, Stale
from schools.models import School
from schools.models.schools import SchoolKind

PAGE = 50


@access("open")
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_open(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: what it asks of whom, school by school on demand. POST: open it."""
    found = get_object_or_404(visible(request.seat), pk=pk)
    if request.method == "POST":
        return _open(request, found)
    if found.state != CampaignState.draft:
        return redirect("campaign", pk=found.pk)
    policy.require(request.seat, "open", found)
    try:
        planned = rollout.plan(found)
    except Denied as denied:
        context = {"campaign": found, "refusal": denied.reason}
        return render(request, "campaigns/open.html", context)
    if "school" in request.GET:
        return _school(request, found, planned)
    if request.GET.get("by") == "school":
        return _schools(request, found, planned)
    seen = reach.preview(found, planned)
    context = {
        "campaign": found,
        "seen": seen,
        "sentence": words.opening_sentence(seen),
        "figures": words.opening_figures(seen),
        "lines": words.opening_lines(seen),
        "refusal": rollout.why_not(found, planned, seen),
        "dates": words.planned(planned),
        "over": words.over(planned),
        "by_school": f"{reverse('campaign_open', args=[found.pk])}?by=school",
        "large": seen.schools + seen.reference > rollout.AT_ONCE,
    }
    return render(request, "campaigns/open.html", context)


def _open(request: HttpRequest, found: Campaign) -> HttpResponse:
    here = reverse("campaign", args=[found.pk])
    try:
        opened = rollout.open_campaign(found.pk, by=request.seat, version=version_of(request.POST))
    except Stale as stale:
        stale.context["url"] = here
        raise
    if opened.state == CampaignState.opening:
        done = _("The opening goes on by itself; you can leave this page.")
    else:
        done = _("“%(name)s” is open.") % {"name": opened.name}
    messages.success(request, done)
    return redirect(here)


def _schools(request: HttpRequest, found: Campaign, planned: Plan) -> HttpResponse:
    """By name, keyset paged by `after` (the code of the last school shown)."""
    every = School.objects.filter(kind=SchoolKind.school).select_related("school_type")
    mine = scope.rows(every, request.seat)
    after = request.GET.get("after", "")[:20]
    shown = names.page(mine, mine, after, PAGE + 1)
    lines = reach.school_lines(found, planned, shown[:PAGE])
    context = {
        "campaign": found,
        "lines": lines,
        "first_url": "?by=school" if after else "",
        "next_url": f"?by=school&after={shown[PAGE - 1].code}" if len(shown) > PAGE else "",
    }
    return render(request, "campaigns/open_schools.html", context)


def _school(request: HttpRequest, found: Campaign, planned: Plan) -> HttpResponse:
    """Every item of the list with its sentence for one school."""
    code = request.GET["school"][:20]
    if "\0" in code:
        raise Http404
    every = School.objects.filter(kind=SchoolKind.school).select_related("school_type")
    school = get_object_or_404(scope.rows(every, request.seat), code=code)
    reason = reach.school_reason(school)
    reasons = [] if reason else reach.reasons(found, planned, school)
    context: dict[str, Any] = {
        "campaign": found,
        "school": school,
        "reasons": reasons,
        "sentence": words.school_sentence(school, reason, sum(r.filings for r in reasons)),
    }
    return render(request, "campaigns/open_school.html", context)
