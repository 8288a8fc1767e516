"""The only place that changes a campaign under way: dates, withdrawn slots, close, reopen, void."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from reform import filings, history, moves, policy, reminders
from reform.history import NewEvent
from reform.models import Campaign, Chain, Due, Enrolment, Entry, Event, Slot
from reform.models.campaign import CampaignState, DueSource
from reform.rollout import OPENINGS
from reform.states import OPEN
from schools import clock
from schools.errors import Stale
from schools.models import School
from schools.models.regions import bounds
from schools.scope import Seat
from schools.workdays import Calendar

MOST_REASON = 500


# ---- dates


@dataclass(frozen=True)
class Shift:
    """What a new date would do. `entries`: open ones that move, one to a school."""

    entries: int
    earliest: date | None
    latest: date | None
    working_days: int


def preview_reschedule(slot: Slot, authority: str | None, due_on: date) -> Shift:
    """How many schools a new date moves, from which dates; ValidationError if it is no date."""
    check_date(slot, authority, due_on)
    found = _moving(slot, authority, due_on).order_by().values_list("due_on")
    days = sorted(found.annotate(n=Count("pk")))
    calendar = Calendar.of(authority or slot.campaign.region_id)
    return Shift(
        entries=sum(n for _day, n in days),
        earliest=days[0][0] if days else None,
        latest=days[-1][0] if days else None,
        working_days=calendar.working_days_between(clock.today(), due_on),
    )


def reschedule(
    slot_id: int, authority: str | None, due_on: date, *, by: Seat, reason: str, key: str = ""
) -> int:
    """Give a slot a new date, for all or for one authority; how many entries moved.

    What was returned keeps the time it was given; nobody's date comes before the new one.
    ValidationError names "due_on", "authority" or "reason".
    """
    check_reason(reason)
    told: dict[str, Any] = {"slot": slot_id, "due_on": due_on.isoformat(), "at": authority or ""}
    asked = {"do": "reschedule", "text": reason, **told}
    with transaction.atomic():
        slot = _slot(slot_id)
        authority = None if authority == slot.campaign.region_id else authority
        chains = history.lock([OPENINGS, slot.campaign.subject])
        slot = _slot(slot_id)
        if answer := filings.answered(by.user, key, asked):
            return int(answer["moved"])
        policy.require(by, "reschedule", slot.campaign)
        _require_asked(slot)
        check_date(slot, authority, due_on)
        before = in_force(slot, authority)
        moved = _move_dates(slot, authority, due_on, by, reason)
        _write_date(slot, authority, due_on, reason)
        body = {
            "campaign": slot.campaign_id,
            "item": slot.item.code,
            "period": slot.period,
            "moved": moved,
            "was": before.isoformat(),
        }
        event = NewEvent("reschedule", by.user, body={**told, **body}, text=reason)
        history.append(chains[slot.campaign.subject], [event])
        filings.remember(by.user, key, asked, {"moved": moved})
    return moved


def in_force(slot: Slot, authority: str | None) -> date:
    """The date of a slot, or of an authority where it has its own."""
    own = slot.dues.filter(authority=authority).first() if authority else None
    return own.due_on if own else slot.due_on


def check_date(slot: Slot, authority: str | None, due_on: date) -> None:
    """ValidationError with the sentence where a slot may not fall due on that day."""
    campaign = slot.campaign
    if authority and not _covers(campaign, authority):
        raise ValidationError({"authority": [_("This campaign does not reach that authority.")]})
    calendar = Calendar.of(authority or campaign.region_id)
    if wrong := _wrong_date(slot, authority, due_on, calendar):
        raise ValidationError({"due_on": [wrong]})


def _wrong_date(slot: Slot, authority: str | None, due_on: date, calendar: Calendar) -> str:
    last = date(int(slot.campaign.school_year[5:]), 8, 31)
    if due_on < clock.today():
        return _("That day is past; nobody may be made late by a new date.")
    if due_on < slot.opens_on:
        return _("This item opens on %(day)s only.") % {"day": slot.opens_on}
    if not calendar.is_workday(due_on):
        return _("%(day)s is not a working day: take %(next)s, or %(before)s before it.") % {
            "day": due_on,
            "next": calendar.forward(due_on),
            "before": calendar.back(due_on),
        }
    if authority and due_on > slot.due_on and not slot.campaign.later_dates:
        return _("At the latest %(day)s, the date of all: this campaign allows no later one.") % {
            "day": slot.due_on
        }
    if due_on > max(last, slot.due_on):
        return _("The school year ends on %(day)s.") % {"day": last}
    if due_on == in_force(slot, authority):
        return _("This is the date already.")
    return ""


def _covers(campaign: Campaign, authority: str) -> bool:
    low, high = bounds(campaign.region_id)
    reached = School.objects.filter(authority=authority).exists()
    return low <= authority < high and reached


def _moving(slot: Slot, authority: str | None, due_on: date) -> "QuerySet[Entry]":
    """Open entries that a new date moves: those on the old date, and those before the new one."""
    found = slot.entries.filter(status__in=OPEN, left_at=None)
    if authority:
        old = {in_force(slot, authority)}
        found = found.filter(authority=authority)
    else:
        replaced = slot.dues.filter(_replaced(slot, due_on))
        old = {slot.due_on, *replaced.values_list("due_on", flat=True)}
        kept = slot.dues.exclude(pk__in=replaced.values("pk")).values("authority_id")
        found = found.exclude(authority__in=kept)
    return moves.onward(found, old, due_on)


def _replaced(slot: Slot, due_on: date) -> Q:
    """Own dates that a new date for all replaces: reckoned ones, and those now too late."""
    gone = Q(source=DueSource.computed)
    return gone if slot.campaign.later_dates else gone | Q(due_on__gt=due_on)


def _move_dates(slot: Slot, authority: str | None, due_on: date, by: Seat, reason: str) -> int:
    """Under the locks of their schools, so that no filing counts itself under the old date."""
    held = slot.entries.filter(authority=authority) if authority else slot.entries.all()
    chains = moves.lock_schools(held.values_list("school_id", flat=True))
    moving = _moving(slot, authority, due_on)
    part = moves.Part(moving, slot, due_on)
    return moves.move([part], chains, by=by, reason=reason)[0]


def _write_date(slot: Slot, authority: str | None, due_on: date, reason: str) -> None:
    if authority:
        Due.objects.update_or_create(
            slot=slot,
            authority_id=authority,
            defaults={"due_on": due_on, "source": DueSource.hand, "reason": reason.strip()},
        )
        return
    slot.dues.filter(_replaced(slot, due_on)).delete()
    Slot.objects.filter(pk=slot.pk).update(due_on=due_on, source=DueSource.hand)


def _slot(slot_id: int) -> Slot:
    return Slot.objects.select_related("campaign", "item").get(pk=slot_id)


def _require_asked(slot: Slot) -> None:
    if slot.withdrawn_at:
        raise Stale(_("This item was withdrawn; nothing is owed here."))


def withdraw_slot(slot_id: int, *, by: Seat, reason: str, key: str = "") -> Slot:
    """Take a slot back: it leaves every list and count, its history stays."""
    check_reason(reason)
    asked = {"do": "withdraw_slot", "slot": slot_id, "text": reason}
    with transaction.atomic():
        slot = _slot(slot_id)
        chains = history.lock([OPENINGS, slot.campaign.subject])
        if filings.answered(by.user, key, asked):
            return slot
        slot = _slot(slot_id)
        policy.require(by, "withdraw_slot", slot.campaign)
        withdrawn = Slot.objects.filter(pk=slot_id, withdrawn_at=None).update(
            withdrawn_at=clock.now(), withdrawn_reason=reason.strip()
        )
        if withdrawn != 1:
            raise Stale(_("This item was withdrawn; nothing is owed here."))
        reminders.cancel(slot.entries.all(), "withdrawn")
        body = {
            "campaign": slot.campaign_id,
            "slot": slot_id,
            "item": slot.item.code,
            "period": slot.period,
        }
        event = NewEvent("withdraw_slot", by.user, body=body, text=reason)
        history.append(chains[slot.campaign.subject], [event])
        filings.remember(by.user, key, asked, {"slot": slot_id})
    return _slot(slot_id)


# ---- the campaign itself


def close(campaign_id: int, *, by: Seat, version: int, reason: str, key: str = "") -> Campaign:
    """Nothing more is filed or reviewed; figures stay. Its schools may be changed again."""
    check_reason(reason)
    fields = {"state": CampaignState.closed, "closed_at": clock.now()}
    return _turn("close", campaign_id, by, version, fields, reason=reason, key=key)


def reopen_campaign(
    campaign_id: int, *, by: Seat, version: int, reason: str, key: str = ""
) -> Campaign:
    """Filing and review go on where they stopped."""
    check_reason(reason)
    fields = {"state": CampaignState.open, "closed_at": None}
    return _turn("reopen_campaign", campaign_id, by, version, fields, reason=reason, key=key)


def void(campaign_id: int, *, by: Seat, version: int, reason: str, key: str = "") -> Campaign:
    """Its entries leave every count and list for good; history stays."""
    check_reason(reason)
    fields = {"state": CampaignState.void, "void_reason": reason.strip()}
    return _turn("void", campaign_id, by, version, fields, reason=reason, key=key)


def check_reason(reason: str) -> None:
    """A reason must be there, short enough, and hold no private numbers."""
    text = reason.strip()
    if not text:
        raise ValidationError({"reason": [_("Write the reason; schools will ask for it.")]})
    if len(text) > MOST_REASON:
        over = len(text) - MOST_REASON
        raise ValidationError(
            {"reason": [_("At most 500 characters; this is %(over)d too many.") % {"over": over}]}
        )
    if found := filings.private_numbers(text):
        raise ValidationError({"reason": found})


def _turn(
    verb: str,
    campaign_id: int,
    by: Seat,
    version: int,
    fields: Mapping[str, Any],
    *,
    reason: str = "",
    key: str = "",
) -> Campaign:
    """Compare and set the state, lock or free its schools, tell the region's history."""
    asked = {"do": verb, "campaign": campaign_id, "version": version, "text": reason}
    with transaction.atomic():
        campaign = Campaign.objects.get(pk=campaign_id)
        chains = history.lock([OPENINGS, campaign.subject])
        campaign = Campaign.objects.get(pk=campaign_id)
        if filings.answered(by.user, key, asked):
            return campaign
        if campaign.version != version:
            raise _stale(campaign, chains[campaign.subject])
        policy.require(by, verb, campaign)
        was = campaign.state
        moved = Campaign.objects.filter(pk=campaign_id, version=version, state=was).update(
            **fields, version=F("version") + 1
        )
        if moved != 1:
            raise _stale(campaign, chains[campaign.subject])
        running = fields["state"] == CampaignState.open
        _hold_schools(campaign, running=running)
        if not running:
            ended = Entry.objects.filter(slot__campaign=campaign)
            reminders.cancel(ended, str(fields["state"]))
        body = {"campaign": campaign_id, "seat": by.key}
        event = NewEvent(verb, by.user, None, was, str(fields["state"]), body, reason)
        history.append(chains[campaign.subject], [event])
        filings.remember(by.user, key, asked, {"campaign": campaign_id})
    campaign.refresh_from_db()
    return campaign


def _hold_schools(campaign: Campaign, *, running: bool) -> None:
    """A school is locked while a campaign that asks it is under way, no longer."""
    mine = School.objects.filter(
        pk__in=campaign.enrolments.filter(voided_at=None).values("school_id")
    )
    if running:
        mine.filter(locked=False).update(locked=True)
        return
    elsewhere = Enrolment.objects.filter(
        campaign__state__in=(CampaignState.opening, CampaignState.open), voided_at=None
    )
    mine.filter(locked=True).exclude(pk__in=elsewhere.values("school_id")).update(locked=False)


def _stale(campaign: Campaign, chain: Chain) -> Stale:
    last = Event.objects.filter(subject=chain.subject).select_related("actor").last()
    who = str(last.actor) if last and last.actor else _("Somebody")
    return Stale(
        _("%(who)s was first: this campaign is now “%(state)s”.")
        % {"who": who, "state": CampaignState(campaign.state).label}
    )
