"""The only place where a manager closes, reopens or voids a campaign, told first what it does."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from reform import policy, readmission, steering
from reform.forms.campaign import ReasonForm
from reform.forms.hidden import key_for, key_of, version_of
from reform.forms.refused import complain
from reform.models import Campaign, Entry
from reform.models.campaign import CampaignState
from reform.states import OPEN, Keeper, Status
from reform.views import campaign_words as words
from reform.views.campaigns import visible
from schools import names, scope
from schools.access import access
from schools.errors import Stale
from schools.models import School

SHOWN = 50  # schools named where something is still open


@access("close")
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Says what is still open, school by school, then closes."""
    found = get_object_or_404(visible(request.seat), pk=pk)
    if request.method == "POST":
        return _turn(request, found, "close", steering.close, _("“%(name)s” is closed."))
    policy.require(request.seat, "close", found)
    return _ask(request, found, "close")


@access("reopen_campaign")
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(visible(request.seat), pk=pk)
    if request.method == "POST":
        done = _("“%(name)s” is open again.")
        return _turn(request, found, "reopen_campaign", steering.reopen_campaign, done)
    policy.require(request.seat, "reopen_campaign", found)
    return _ask(request, found, "reopen_campaign")


@access("void")
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_void(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(visible(request.seat), pk=pk)
    if request.method == "POST":
        return _turn(request, found, "void", steering.void, _("“%(name)s” is void."))
    policy.require(request.seat, "void", found)
    return _ask(request, found, "void")


def _turn(
    request: HttpRequest, found: Campaign, verb: str, change: Callable[..., Campaign], done: str
) -> HttpResponse:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        policy.require(request.seat, verb, found)
        return _ask(request, found, verb, form)
    fields: dict[str, Any] = {
        "by": request.seat,
        "version": version_of(request.POST),
        "key": key_of(request.POST),
        "reason": form.cleaned_data["reason"],
    }
    try:
        change(found.pk, **fields)
    except ValidationError as error:
        complain(form, error)
        return _ask(request, found, verb, form)
    except Stale as stale:
        stale.context["url"] = reverse("campaign", args=[found.pk])
        raise
    messages.success(request, done % {"name": found.name})
    return redirect("campaign", pk=found.pk)


def _ask(
    request: HttpRequest, found: Campaign, verb: str, form: ReasonForm | None = None
) -> HttpResponse:
    """The page before the deed: what will happen, what is lost, the way back."""
    context: dict[str, Any] = {
        "campaign": found,
        "verb": verb,
        "key": key_for(request),
        "form": form or ReasonForm(),
        **words.turn(found, verb),
    }
    if verb == "close":
        context.update(_still_open(request, found))
    if verb == "void" and found.state != CampaignState.draft:
        begun = Entry.objects.filter(slot__campaign=found, keeper=Keeper.school)
        begun = begun.exclude(status=Status.not_started).order_by()
        context["effects"] = [words.lost(begun.count()), *context["effects"]]
    status = 422 if form else 200
    return render(request, "campaigns/turn.html", context, status=status)


def _still_open(request: HttpRequest, found: Campaign) -> dict[str, Any]:
    """What nobody could file or decide any more: by state, and the schools by name."""
    left, later = readmission.unsettled(found), readmission.unopened()
    counts = {"n": Count("pk"), "later": Count("pk", filter=later)}
    reference = Count("pk", filter=Q(counted=False))
    states = {
        Status(row["status"]): row
        for row in left.values("status").annotate(**counts, reference=reference)
    }
    owing = {pk: sums for pk, *sums in left.values_list("school_id").annotate(**counts)}
    mine = scope.rows(School.objects.all(), request.seat)
    schools = names.page(mine.filter(pk__in=left.values("school_id")), mine, "", SHOWN + 1)
    total, unopened, outside = (
        sum(row[name] for row in states.values()) for name in ("n", "later", "reference")
    )
    return {
        "parts": words.unsettled_parts(unopened, outside),
        "sentence": ngettext(
            "%(n)s filing is not settled; once closed, nobody can file or decide it.",
            "%(n)s filings are not settled; once closed, nobody can file or decide them.",
            total,
        )
        % {"n": words.number(total)}
        if total
        else _("Everything is settled; nothing is lost by closing."),
        "states": [
            (status.label, words.number(states[status]["n"]))
            for status in (*OPEN, Status.submitted)
            if status in states
        ],
        "schools": [(school, *owing.get(school.pk, (0, 0))) for school in schools[:SHOWN]],
        "more": len(schools) > SHOWN,
    }
