"""The only place where a change of terms or days moves the due dates reckoned from them."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from reform import filings, history, moves, slots
from reform.history import NewEvent
from reform.models import Campaign, Due, Enrolment, Entry, Slot
from reform.models.campaign import CampaignState, DueSource
from reform.rollout import OPENINGS
from reform.states import OPEN, Status
from reform.steering import check_reason
from schools import almanac, clock
from schools.almanac import Change
from schools.errors import Denied, Stale
from schools.models.regions import ancestors, bounds
from schools.scope import Seat
from schools.workdays import Calendar

AT_ONCE = 10_000  # entries that a page moves; `manage.py holiday_notice` moves any number


class Move(NamedTuple):
    """A date that changes: of a slot for some authorities. `entries`: open ones that move."""

    slot: Slot
    authorities: tuple[str, ...]
    was: date
    due_on: date
    entries: int = 0
    returned: int = 0  # keep the time they were given
    own: int = 0  # keep a later date of their own: extended, or come late


class Stay(NamedTuple):
    """A date that stays although the rule gives another. `why`: "hand", "past" or "soon"."""

    slot: Slot
    authorities: tuple[str, ...]
    day: date
    rule: date
    why: str


@dataclass
class Plan:
    """What a change would do to the campaigns under way."""

    change: Change
    moves: list[Move] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    opens: list[tuple[Slot, date]] = field(default_factory=list)
    commons: dict[int, date] = field(default_factory=dict)  # slot → new date for all
    own: dict[tuple[int, str], date | None] = field(default_factory=dict)  # None: like all

    @property
    def entries(self) -> int:
        return sum(move.entries for move in self.moves)

    @property
    def seen(self) -> str:
        """What a preview was asked about and answered: only that may then be confirmed."""
        said = [
            repr(self.change),
            [(m.slot.pk, m.authorities, str(m.was), str(m.due_on)) for m in self.moves],
            [(slot.pk, str(day)) for slot, day in self.opens],
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def plan(change: Change) -> Plan:
    """Which dates a change moves, and which stay; a number of queries that does not grow.

    Denied where a campaign is being opened, or a term that is asked would have no dates.
    """
    found = Plan(change)
    asked = _asked(change.region)
    low, high = bounds(change.region)
    regions = {code for slot, where in asked for code in (slot.campaign.region_id, *where)}
    before, after = Calendar.around(change, regions)
    reckoned = _Reckoned()
    dues = _dues([slot for slot, _where in asked], low, high)
    for slot, where in asked:
        common = slot.campaign.region_id
        groups: dict[tuple[date, date], list[str]] = defaultdict(list)
        stays: dict[tuple[date, date, str], list[str]] = defaultdict(list)
        target = slot.due_on
        if low <= common < high:
            target, _rule, _why = _settled(
                slot, slot.due_on, slot.source, reckoned, before[common], after[common]
            )
            _open(found, slot, target, after[common])
        for code in where:
            due = dues.get((slot.pk, code))
            now, source = (due.due_on, due.source) if due else (slot.due_on, slot.source)
            day, rule, why = _settled(slot, now, source, reckoned, before[code], after[code])
            if why:
                stays[now, rule, why].append(code)
            if day != now:
                groups[now, day].append(code)
            _own(found, slot, code, due, day, target)
        if target != slot.due_on:
            found.commons[slot.pk] = target
        found.moves += [Move(slot, tuple(at), *days) for days, at in sorted(groups.items())]
        found.stays += [Stay(slot, tuple(at), *said) for said, at in sorted(stays.items())]
    _count(found)
    return found


def _asked(region: str) -> list[tuple[Slot, list[str]]]:
    """Slots of the campaigns under way, with the authorities in `region` that they reach."""
    low, high = bounds(region)
    here = Q(region__in=ancestors(region)) | Q(region__gte=low, region__lt=high)
    states = dict(
        Campaign.objects.filter(
            here, state__in=(CampaignState.opening, CampaignState.open)
        ).values_list("pk", "state")
    )
    if CampaignState.opening in states.values():
        raise Denied(_("A campaign is being opened just now; try again in some minutes."))
    reached: dict[int, list[str]] = defaultdict(list)
    rows = Enrolment.objects.filter(
        campaign__in=states, authority__gte=low, authority__lt=high, voided_at=None
    )
    for campaign, code in rows.order_by().values_list("campaign", "authority").distinct():
        reached[campaign].append(code)
    wanted = Slot.objects.filter(campaign__in=states, withdrawn_at=None)
    wanted = wanted.select_related("campaign", "item").order_by("campaign", "position")
    return [(slot, sorted(reached[slot.campaign_id])) for slot in wanted]


def _dues(asked: Iterable[Slot], low: str, high: str) -> dict[tuple[int, str], Due]:
    rows = Due.objects.filter(slot__in=list(asked), authority__gte=low, authority__lt=high)
    return {(due.slot_id, due.authority_id): due for due in rows}


class _Reckoned(dict[tuple[int, int], date]):
    """The date of a slot by its rule and a calendar; equal calendars are reckoned once."""

    def of(self, slot: Slot, calendar: Calendar) -> date:
        key = (slot.pk, id(calendar))
        if key not in self:
            opened = clock.local_date(slot.campaign.opened_at or clock.now())
            opens = slots.opens_on(slot.period, calendar, slot.campaign.opens_on)
            since = max(opened, slot.campaign.opens_on, opens)
            self[key] = slots.by_rule(slot.item, slot.period, calendar, since)
        return self[key]


def _settled(
    slot: Slot, now: date, source: str, reckoned: _Reckoned, old: Calendar, new: Calendar
) -> tuple[date, date, str]:
    """The date in force after the change, that of the rule, and why the two differ.

    Only a date whose rule gives another day than before moves. Set by hand it stays; past it
    stays; an earlier one leaves at least ten working days from today, or it stays.
    """
    rule = reckoned.of(slot, new)
    if rule == now or rule == reckoned.of(slot, old):
        return now, rule, ""
    if source == DueSource.hand:
        return now, rule, "hand"
    today = clock.today()
    if now < today and rule < today:
        return now, rule, "past"
    if rule > now:
        return rule, rule, ""
    day = slots.in_time(rule, new, max(today, slot.opens_on))
    return (day, rule, "") if day < now else (now, rule, "soon")


def _open(found: Plan, slot: Slot, due_on: date, new: Calendar) -> None:
    """A slot that is not open yet opens with its term as it is then, never after its date."""
    day = slots.opens_on(slot.period, new, slot.campaign.opens_on)
    if slot.opens_on > clock.today() and day != slot.opens_on and day <= due_on:
        found.opens.append((slot, day))


def _own(found: Plan, slot: Slot, code: str, due: Due | None, day: date, common: date) -> None:
    """Whether an authority needs a row of its own for the date it has then."""
    if due and due.source == DueSource.hand:
        return
    if day == common:
        if due:
            found.own[slot.pk, code] = None
    elif not due or due.due_on != day:
        found.own[slot.pk, code] = day


def _count(found: Plan) -> None:
    """How many open entries each date moves, and how many keep a date of their own."""
    if not found.moves:
        return
    low, high = bounds(found.change.region)
    rows = Entry.objects.filter(
        slot__in={move.slot.pk for move in found.moves},
        authority__gte=low,
        authority__lt=high,
        status__in=OPEN,
        left_at=None,
    ).order_by()
    counts: dict[tuple[int, str], Counter[tuple[int, date]]] = defaultdict(Counter)
    grouped = rows.values_list("slot", "authority", "status", "due_on").annotate(n=Count("pk"))
    for slot, code, status, day, n in grouped:
        counts[slot, code][status, day] += n
    for number, move in enumerate(found.moves):
        total: Counter[str] = Counter()
        for code in move.authorities:
            for (status, day), n in counts[move.slot.pk, code].items():
                total[_kept_or_moved(move, status, day)] += n
        found.moves[number] = move._replace(
            entries=total["moved"], returned=total["returned"], own=total["own"]
        )


def _kept_or_moved(move: Move, status: int, day: date) -> str:
    """What `moves.onward` would do with an open entry."""
    if day == move.due_on:
        return "there"
    if day < move.due_on or (day == move.was and status != Status.returned):
        return "moved"
    return "returned" if status == Status.returned else "own"


# ---- doing it


def apply(
    change: Change,
    *,
    by: Seat | None,
    reason: str,
    seen: str = "",
    move_dates: bool = True,
    at_once: int | None = AT_ONCE,
    key: str = "",
) -> int:
    """Write a change, move what it moves, tell history; how many entries moved. All or nothing.

    `by` None is the operator's command. Without `move_dates` only the calendar changes. Stale
    where the dates are no longer those that were `seen`; Denied above `at_once` entries.
    """
    check_reason(reason)
    asked = {"do": "calendar", "seen": seen, "move": move_dates, "text": reason}
    with transaction.atomic():
        subject = f"region:{change.region}"
        campaigns = {f"region:{slot.campaign.region_id}" for slot, _w in _asked(change.region)}
        chains = history.lock([OPENINGS, subject, *campaigns])
        if by and (answer := filings.answered(by.user, key, asked)):
            return int(answer["moved"])
        _require(by, change.region)
        found = plan(change)
        if seen and found.seen != seen:
            raise Stale(_("Dates or schools changed meanwhile; look at it again."))
        if move_dates and at_once is not None and found.entries > at_once:
            raise Denied(too_many(found.entries))
        almanac.write(change)
        moved = _carry_out(found, chains, by, reason) if move_dates else 0
        dates = len(found.moves)
        done = {"dates": dates, "kept": 0} if move_dates else {"dates": 0, "kept": dates}
        body = {**_said(change), **done, "moved": moved}
        event = NewEvent("calendar", by.user if by else None, body=body, text=reason)
        history.append(chains[subject], [event])
        if by:
            filings.remember(by.user, key, asked, {"moved": moved})
    return moved


def _said(change: Change) -> dict[str, Any]:
    """A change as history keeps it."""
    return {
        "terms": [[*map(str, term)] for term in change.terms],
        "terms_gone": sorted(map(list, change.terms_gone)),
        "days": [[str(day.date), day.kind, day.name] for day in change.days],
        "days_gone": sorted(map(str, change.days_gone)),
    }


def may_set(seat: Seat, region: str) -> bool:
    """Whether a seat keeps the calendar of exactly this region."""
    return seat.has("set_calendar") and seat.is_authority(region)


def too_many(entries: int) -> str:
    words = _(
        "%(n)d filings would move, more than a page moves at once. Save the calendar alone, or "
        "have the operator run holiday_notice."
    )
    return words % {"n": entries}


def _require(by: Seat | None, region: str) -> None:
    if by and not may_set(by, region):
        raise Denied(_("Only the manager of a region changes its calendar."))


def _carry_out(
    found: Plan, chains: Mapping[str, history.Chain], by: Seat | None, reason: str
) -> int:
    low, high = bounds(found.change.region)
    moving = {move.slot.pk for move in found.moves}
    held = Entry.objects.filter(slot__in=moving, authority__gte=low, authority__lt=high)
    schools = moves.lock_schools(held.order_by().values_list("school_id", flat=True).distinct())
    parts = []
    for move in found.moves:
        entries = move.slot.entries.filter(authority__in=move.authorities, status__in=OPEN)
        entries = moves.onward(entries, [move.was], move.due_on)
        parts.append(moves.Part(entries, move.slot, move.due_on))
    done: Counter[Campaign] = Counter()
    dates = Counter(move.slot.campaign for move in found.moves)
    for move, n in zip(found.moves, moves.move(parts, schools, by=by, reason=reason), strict=True):
        done[move.slot.campaign] += n
    _write_dates(found)
    for campaign, n in dates.items():
        body = {"campaign": campaign.pk, "dates": n, "moved": done[campaign]}
        if found.change.region != campaign.region_id:
            body["at"] = found.change.region  # type: ignore[assignment]
        event = NewEvent("redate", by.user if by else None, body=body, text=reason)
        history.append(chains[campaign.subject], [event])
    return sum(done.values())


def _write_dates(found: Plan) -> None:
    for slot, day in found.commons.items():
        Slot.objects.filter(pk=slot).update(due_on=day)
    for opening, day in found.opens:
        Slot.objects.filter(pk=opening.pk).update(opens_on=day)
    for (slot, code), own in found.own.items():
        if own is None:
            Due.objects.filter(slot=slot, authority=code).delete()
    Due.objects.bulk_create(
        [
            Due(slot_id=slot, authority_id=code, due_on=own, source=DueSource.computed)
            for (slot, code), own in found.own.items()
            if own is not None
        ],
        update_conflicts=True,
        unique_fields=["slot", "authority"],
        update_fields=["due_on", "source"],
    )
