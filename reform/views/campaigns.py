"""The only place for the list of campaigns, a new draft, and the page of one campaign."""

import json
from collections import Counter
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from reform import policy, reach, rollout, tallies
from reform.forms.campaign import OutlineForm
from reform.forms.hidden import key_for, key_of, number_of, version_of
from reform.models import Campaign, Due, Enrolment, Event, Slot
from reform.models.campaign import CampaignState
from reform.views import campaign_words as words
from reform.views.board_frame import Links, board_url, may_drill
from reform.views.headlines import reasons_uncounted
from schools import clock, scope
from schools.access import access
from schools.models.regions import NATION, ancestors, bounds
from schools.models.schools import SchoolKind
from schools.scope import Seat

PAGE = 20
EVENTS = tuple(words.KINDS)


@access("see_campaigns")
@require_safe
def campaigns(request: HttpRequest) -> HttpResponse:
    """Those of the own region, those from above that bind it and those below, newest year first;
    of a year the widest first."""
    seat = request.seat
    found = visible(seat).annotate(depth=Length("region_id"))
    found = found.order_by("-school_year", "depth", "-pk")
    shown = list(_after(found, request.GET.get("after", ""))[: PAGE + 1])
    low, high = bounds(seat.place_code)
    today = clock.today()
    sums = tallies.by_campaign([campaign.pk for campaign in shown[:PAGE]], low, high, on=today)
    enrolled = Enrolment.objects.filter(
        campaign__in=[campaign.pk for campaign in shown[:PAGE]],
        counted=True,
        voided_at=None,
        authority__gte=low,
        authority__lt=high,
    )
    counts = enrolled.order_by().values_list("campaign").annotate(n=Count("pk"))
    schools = dict(counts)
    lines = [
        {
            "campaign": campaign,
            "state": words.state(campaign),
            "figures": words.line_figures(
                schools.get(campaign.pk, 0),
                tallies.figures(sums.get(campaign.pk, []), today),
            ),
        }
        for campaign in shown[:PAGE]
    ]
    last = shown[PAGE - 1] if len(shown) > PAGE else None
    part = bool(last or request.GET.get("after"))
    of_all = found.filter(state=CampaignState.open).count() if part else 0
    running = of_all or sum(line["campaign"].state == CampaignState.open for line in lines)
    context = {
        "sentence": _list_sentence(seat, running),
        "lines": lines,
        "may_plan": _may_plan(seat),
        "first_url": "?" if request.GET.get("after") else "",
        "next_url": f"?after={last.school_year}.{last.depth}.{last.pk}" if last else "",
    }
    return render(request, "campaigns/list.html", context)


def _after(found: "QuerySet[Campaign]", text: str) -> "QuerySet[Campaign]":
    year, _dot, rest = text.partition(".")
    depth, last = map(number_of, rest.partition(".")[::2])
    if len(year) != 9 or depth is None or last is None:
        return found
    same = Q(depth__gt=depth) | Q(depth=depth, pk__lt=last)
    return found.filter(Q(school_year__lt=year) | Q(same, school_year=year))


def _list_sentence(seat: Seat, running: int) -> str:
    if not running:
        return _("No campaign is under way in %(place)s.") % {"place": seat.place_name}
    return ngettext(
        "%(n)d campaign is under way in %(place)s.",
        "%(n)d campaigns are under way in %(place)s.",
        running,
    ) % {"n": running, "place": seat.place_name}


def _may_plan(seat: Seat) -> bool:
    draft = Campaign(region_id=seat.place_code, state=CampaignState.draft)
    return bool(policy.may(seat, "plan", draft))


# ---- a draft


@access("plan")
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_new(request: HttpRequest) -> HttpResponse:
    """A draft of the seat's own region; from here straight on to what opening would do."""
    seat = request.seat
    form = OutlineForm(request.POST or None, region=seat.place_code)
    if request.method == "POST" and form.is_valid():
        key = key_of(request.POST)
        campaign = rollout.create(seat.place_code, form.outline(), by=seat, key=key)
        return redirect("campaign_open", pk=campaign.pk)
    context = {"form": form, "key": key_for(request)}
    status = 422 if request.method == "POST" else 200
    return render(request, "campaigns/new.html", context, status=status)


def visible(seat: Seat) -> "QuerySet[Campaign]":
    """Campaigns that a seat may look at: those above, its own, those below."""
    return scope.reaching(Campaign.objects.select_related("framework", "region"), seat)


@access("see_campaigns")
@require_http_methods(["GET", "HEAD", "POST"])
def campaign(request: HttpRequest, pk: int) -> HttpResponse:
    """A campaign with its figures, dates and schools; a draft is changed here by its manager."""
    found = get_object_or_404(visible(request.seat), pk=pk)
    if request.method == "POST":
        return _revise(request, found)
    return render(request, "campaigns/campaign.html", _page(request, found))


def _revise(request: HttpRequest, found: Campaign) -> HttpResponse:
    policy.require(request.seat, "plan", found)
    form = OutlineForm(request.POST, region=found.region_id, campaign=found)
    if not form.is_valid():
        return render(request, "campaigns/campaign.html", _page(request, found, form), status=422)
    rollout.revise(found.pk, form.outline(), by=request.seat, version=version_of(request.POST))
    messages.success(request, _("The draft is saved."))
    return redirect("campaign", pk=found.pk)


# ---- the page of one


def _page(request: HttpRequest, found: Campaign, form: OutlineForm | None = None) -> dict[str, Any]:
    """Everything the page shows, in a number of queries that does not grow."""
    seat = request.seat
    low, high = _range(seat, found)
    today = clock.today()
    slots = _slots(found)
    sums = tallies.by_campaign([found.pk], low, high, on=today)
    figures = tallies.figures(sums.get(found.pk, []), today)
    counting = found.state in tallies.COUNTING
    profiles = _profiles(found, low, high)
    counted = sum(n for (_profile, is_counted), n in profiles.items() if is_counted)
    events = _events(found, low, high)
    allowed = {verb: bool(policy.may(seat, verb, found)) for verb in _VERBS}
    context = {
        "campaign": found,
        "state": words.state(found),
        "sentence": words.sentence(found, figures, counted),
        "may": allowed,
        "may_readmit": found.state == CampaignState.closed and seat.has("readmit"),
        "pillars": words.pillars(slots, _own_dates(found, low, high), today),
        "passed": words.passed_dates(slots, sums.get(found.pk, []), today) if counting else [],
        "next_dates": words.next_dates(slots, today) if counting else [],
        "withdrawn": [(slot, words.term(slot.period)) for slot in slots if slot.withdrawn_at],
        "profiles": words.profiles(profiles),
        "steps": words.steps(events),
        "skipped": words.skipped(events),
        "figures": words.figures(figures, counted, _links(seat, found)) if counting else [],
        "board_url": board_url(_part(seat, found), found.school_year) if counting else "",
    }
    if found.state == CampaignState.open and counted:
        context["uncounted"] = _uncounted(seat, found)
    if found.state == CampaignState.draft and allowed["plan"]:
        context["form"] = form or OutlineForm(region=found.region_id, campaign=found)
    if found.state == CampaignState.opening:
        context["progress"] = _progress(found)
    return context


_VERBS = ("plan", "open", "reschedule", "withdraw_slot", "close", "reopen_campaign", "void")


def _range(seat: Seat, found: Campaign) -> tuple[str, str]:
    """The seat's part of the campaign: both regions lie one inside the other."""
    return bounds(_part(seat, found))


def _part(seat: Seat, found: Campaign) -> str:
    return max(seat.place_code, found.region_id, key=_depth)


def _links(seat: Seat, found: Campaign) -> Links:
    """To the rows of exactly this campaign in the seat's part of it."""
    code = _part(seat, found)
    return Links(code, found.school_year, may_drill(seat, code), base={"campaign": str(found.pk)})


def _uncounted(seat: Seat, found: Campaign) -> dict[str, Any]:
    """Why it counts fewer schools than the seat's part of it has; not asked for a whole nation."""
    code = _part(seat, found)
    if code == NATION:
        return {}
    enrolled = found.enrolments.filter(counted=True, voided_at=None).values("school")
    left_out = reach.uncounted(code, Q(pk__in=enrolled))
    return reasons_uncounted(left_out, linked=seat.place_code == code)


def _depth(code: str) -> int:
    return len(ancestors(code))


def _slots(found: Campaign) -> list[Slot]:
    rows = found.slots.select_related("item__measure__pillar").order_by("position")
    text = ("ask", "guidance", "enough", "stuck", "light", "note", "evidence")
    return list(rows.defer(*(f"item__{name}_{tongue}" for name in text for tongue in ("zh", "en"))))


def _profiles(found: Campaign, low: str, high: str) -> Counter[tuple[str, bool]]:
    """(profile frozen at enrolment, counted or for reference) → schools."""
    rows = (
        found.enrolments.filter(
            authority__gte=low,
            authority__lt=high,
            voided_at=None,
            school__kind=SchoolKind.school,
        )
        .order_by()
        .values_list("profile", "counted")
        .annotate(n=Count("pk"))
    )
    return Counter({(profile, counted): n for profile, counted, n in rows})


def _own_dates(found: Campaign, low: str, high: str) -> dict[int, list[Due]]:
    """slot → dates of authorities of their own; only the seat's part, at most some per slot."""
    dues = Due.objects.filter(slot__campaign=found, authority__gte=low, authority__lt=high)
    own: dict[int, list[Due]] = {}
    for due in dues.select_related("authority").order_by("slot", "authority")[:500]:
        own.setdefault(due.slot_id, []).append(due)
    return own


def _events(found: Campaign, low: str, high: str) -> list[Event]:
    """What was done to this campaign, newest first; the region's history holds them all."""
    mine = f'"campaign":{found.pk}'
    about = Q(body__contains=f"{mine},") | Q(body__contains=f"{mine}}}")
    rows = Event.objects.filter(about, subject=found.subject, kind__in=EVENTS)
    events = rows.select_related("actor", "words").order_by("-seq")[:30]
    return [event for event in events if _concerns(event, low, high)]


def _concerns(event: Event, low: str, high: str) -> bool:
    """What was decided for one authority is read there and above it, not next door."""
    at = json.loads(event.body).get("at", "")
    return not at or low <= at < high


def _progress(found: Campaign) -> dict[str, int]:
    """Schools asked so far, of all that will be."""
    every = reach.enrolable(reach.schools_of(found.region_id))
    counts = every.aggregate(
        all=Count("pk"), done=Count("pk", filter=Q(authority_id__lte=found.filled_to))
    )
    return {"all": counts["all"], "done": counts["done"]}
