"""The only place where a manager gives a slot a new date, or takes it back, seeing what moves."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from reform import policy, steering
from reform.forms.campaign import DateForm, ReasonForm
from reform.forms.hidden import key_for, key_of
from reform.forms.refused import complain
from reform.models import Slot
from reform.states import Keeper, Status
from reform.steering import Shift
from reform.views import campaign_words as words
from schools import scope
from schools.access import access
from schools.errors import Denied
from schools.models import Region
from schools.models.regions import bounds
from schools.scope import Seat


def _slots(seat: Seat) -> "QuerySet[Slot]":
    """Slots of the campaigns that a seat may look at."""
    rows = Slot.objects.select_related("campaign__region", "item__measure")
    return scope.reaching(rows, seat)


@access("reschedule")
@require_http_methods(["GET", "HEAD", "POST"])
def slot_reschedule(request: HttpRequest, pk: int) -> HttpResponse:
    """A new date in two steps: first how many schools it moves, then, confirmed, the move."""
    slot = get_object_or_404(_slots(request.seat), pk=pk)
    _may(request, "reschedule", slot)
    authorities = _authorities(slot)
    if request.method != "POST":
        return _date_page(request, slot, DateForm(slot=slot, authorities=authorities))
    form = DateForm(request.POST, slot=slot, authorities=authorities)
    if not form.is_valid():
        return _date_page(request, slot, form)
    said = form.cleaned_data
    authority = said.get("authority") or None
    try:
        steering.check_reason(said["reason"])
        shift = steering.preview_reschedule(slot, authority, said["due_on"])
        if request.POST.get("do") != "move" or request.POST.get("seen") != _seen(said):
            return _date_page(request, slot, form, shift)
        moved = steering.reschedule(
            slot.pk,
            authority,
            said["due_on"],
            by=request.seat,
            reason=said["reason"],
            key=key_of(request.POST),
        )
    except ValidationError as error:
        complain(form, error)
        return _date_page(request, slot, form)
    words_done = ngettext(
        "%(item)s is due on %(day)s now; %(n)s filing moved.",
        "%(item)s is due on %(day)s now; %(n)s filings moved.",
        moved,
    )
    told = {"item": slot.item.code, "day": said["due_on"], "n": words.number(moved)}
    messages.success(request, words_done % told)
    return redirect("campaign", pk=slot.campaign_id)


@access("withdraw_slot")
@require_http_methods(["GET", "HEAD", "POST"])
def slot_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """What is lost, school by state, then, with a reason, the withdrawal."""
    slot = get_object_or_404(_slots(request.seat), pk=pk)
    _may(request, "withdraw_slot", slot)
    if request.method != "POST":
        return _withdraw_page(request, slot, ReasonForm())
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _withdraw_page(request, slot, form)
    try:
        steering.withdraw_slot(
            slot.pk,
            by=request.seat,
            reason=form.cleaned_data["reason"],
            key=key_of(request.POST),
        )
    except ValidationError as error:
        complain(form, error)
        return _withdraw_page(request, slot, form)
    messages.success(request, _("%(item)s is withdrawn.") % {"item": slot.item.code})
    return redirect("campaign", pk=slot.campaign_id)


def _may(request: HttpRequest, verb: str, slot: Slot) -> None:
    policy.require(request.seat, verb, slot.campaign)
    if slot.withdrawn_at and not request.POST.get("key"):
        raise Denied(_("This item was withdrawn; nothing is owed here."))


def _authorities(slot: Slot) -> list[Region]:
    """Whom a campaign above the counties reaches; of a county there is only one."""
    region = slot.campaign.region_id
    if len(region) == 6:
        return []
    low, high = bounds(region)
    found = Region.objects.filter(code__gte=low, code__lt=high, supervised__isnull=False)
    return list(found.distinct().order_by("code"))


def _seen(said: Mapping[str, Any]) -> str:
    """What a preview was asked about: only that may then be confirmed."""
    return f"{said['due_on']} {said.get('authority', '')}".strip()


def _date_page(
    request: HttpRequest, slot: Slot, form: DateForm, shift: Shift | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "slot": slot,
        "form": form,
        "key": key_for(request),
        "shift": shift,
        "moves": words.shift(shift) if shift else "",
        "seen": _seen(form.cleaned_data) if shift else "",
        "sentence": words.date_sentence(slot),
        "name": words.slot_name(slot),
    }
    status = 422 if form.errors else 200
    return render(request, "campaigns/date.html", context, status=status)


def _withdraw_page(request: HttpRequest, slot: Slot, form: ReasonForm) -> HttpResponse:
    entries = slot.entries.filter(counted=True, keeper=Keeper.school)
    begun = entries.exclude(status=Status.not_started).count()
    context = {
        "slot": slot,
        "form": form,
        "key": key_for(request),
        "all": entries.count(),
        "begun": begun,
        "name": words.slot_name(slot),
        "sentence": _("%(item)s leaves every list and count; it cannot come back here.")
        % {"item": slot.item.code},
    }
    status = 422 if form.errors else 200
    return render(request, "campaigns/withdraw.html", context, status=status)
