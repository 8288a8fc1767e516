"""The only place that says what a changed school owes in campaigns under way."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q

from reform import reach, slots
from reform.models import Campaign, Draft, Enrolment, Entry, Extension, Slot
from reform.models.campaign import CampaignState
from reform.models.reminder import ExtensionState
from reform.progress import RETURN_DAYS
from reform.states import OPEN, Status
from schools import clock
from schools.models import School
from schools.models.regions import ancestors
from schools.models.schools import Ownership
from schools.roles import Profile
from schools.workdays import Calendar, school_year_of

RUNNING = (CampaignState.opening, CampaignState.open)
HELD = ("pk", "authority", "profile", "counted", "voided_at")  # what an enrolment froze
Dues = dict[tuple[int, str], date]  # slot and authority → its own date
What = tuple[str, str]  # item and period: what a school is never asked twice


@dataclass(frozen=True)
class Facts:
    """What decides on a school's entries. `profile` "": each campaign keeps the one it froze."""

    authority: str
    school_type: str | None
    counted: bool
    asked: bool
    profile: str = ""


def facts(school: School, profile: str = "") -> Facts:
    """Of a school as it is, or as it would be once changed."""
    closed = school.closed_on is not None and school.closed_on <= clock.today()
    kind = school.school_type
    return Facts(
        authority=school.authority_id,
        school_type=school.school_type_id,
        counted=school.ownership == Ownership.public,
        asked=not closed and (kind is None or kind.use not in reach.NOT_ASKED_TYPES),
        profile="" if profile == Profile.unknown else profile,
    )


@dataclass
class Fit:
    """What becomes of a school's entries in one campaign; `enrolment` None: it would join.

    `dates`: entry → its other date. `undated`: the authority's own dates were never reckoned here.
    """

    campaign: Campaign
    enrolment: Enrolment | None
    facts: Facts
    own: list[Slot] = field(default_factory=list)
    stays: list[Entry] = field(default_factory=list)
    goes: list[Entry] = field(default_factory=list)
    comes: list[Entry] = field(default_factory=list)
    new: list[tuple[Slot, date]] = field(default_factory=list)
    dates: dict[int, date] = field(default_factory=dict)
    undated: bool = False

    @property
    def profile(self) -> str:
        return self.facts.profile or (self.enrolment.profile if self.enrolment else "")

    @property
    def asked(self) -> list[Entry]:
        """Those that stand in lists afterwards, the new ones aside."""
        return [*self.stays, *self.comes]

    @property
    def wanted(self) -> dict[int, Slot]:
        """The slots that a school with these facts is asked for."""
        if not self.facts.asked:
            return {}
        kind = self.facts.school_type
        return {one.pk: one for one in self.own if reach.is_asked(one.item, self.profile, kind)}

    @property
    def in_vain(self) -> list[Entry]:
        """What was sent or settled and would not be asked any more; it stays."""
        wanted = self.wanted
        return [row for row in self.stays if row.slot_id not in wanted]

    @property
    def moves(self) -> bool:
        """Whether another authority reviews from now on."""
        return bool(self.enrolment and self.enrolment.authority != self.facts.authority)

    @property
    def recounts(self) -> bool:
        """Whether its entries enter or leave the counts without leaving the lists."""
        return bool(self.enrolment and self.enrolment.counted != self.facts.counted)

    @property
    def reaches(self) -> bool:
        """Whether the campaign reaches the authority; it keeps whom it asked, all the same."""
        return self.campaign.region_id in ancestors(self.facts.authority)

    @property
    def changes(self) -> bool:
        held = self.enrolment
        if held is None:
            return bool(self.new)
        frozen = held.profile != self.profile or (held.voided_at is None) != self.facts.asked
        listed = self.goes or self.comes or self.new or self.dates
        return bool(listed or frozen or self.moves or self.recounts)


def plan(school: School, facts: Facts) -> list[Fit]:
    """What `facts` would do in each campaign under way, those that it would join last.

    Five queries at most, whatever the school owes.
    """
    fits = _fits(school, facts)
    if not fits:
        return []
    fits.sort(key=lambda fit: (fit.enrolment is None, fit.campaign.opened_at, fit.campaign.pk))
    dues = _fill_slots(fits)
    rows = _entries(school)
    for fit in fits:
        _part(fit, rows)
    if facts.asked:
        _date_and_add(fits, rows, dues)
    return fits


def _fits(school: School, facts: Facts) -> list[Fit]:
    """The campaigns under way that have the school, and those that would take it in; one query."""
    mine = FilteredRelation("enrolments", condition=Q(enrolments__school=school))
    dated = Enrolment.objects.filter(campaign=OuterRef("pk"), authority=facts.authority)
    reached = Q(region__in=ancestors(facts.authority), state=CampaignState.open)
    reached &= Q(school_year__gte=school_year_of(clock.today()))
    found: Any = Campaign.objects.filter(state__in=RUNNING)
    found = found.annotate(mine=mine, dated=Exists(dated))
    found = found.filter(Q(mine__isnull=False) | reached)
    joins = facts.asked and school.profile != Profile.unknown
    joining = replace(facts, profile=facts.profile or school.profile)
    fits = []
    for one in found.annotate(**{f"held_{name}": F(f"mine__{name}") for name in HELD}):
        if one.held_pk:
            held = {name: getattr(one, f"held_{name}") for name in HELD}
            fit = Fit(one, Enrolment(campaign=one, school=school, **held), facts)
        elif joins:
            fit = Fit(one, None, joining)
        else:
            continue
        fit.undated = fit.reaches and not one.dated
        fits.append(fit)
    return fits


def _fill_slots(fits: Sequence[Fit]) -> Dues:
    """The slots of each campaign, with the dates that the authorities have of their own."""
    codes = {code for fit in fits for code in _codes(fit)}
    every: Any = Slot.objects.filter(
        campaign__in=[fit.campaign.pk for fit in fits], withdrawn_at=None
    )
    dated = FilteredRelation("dues", condition=Q(dues__authority__in=codes))
    every = every.annotate(dated=dated, whose=F("dated__authority"), day=F("dated__due_on"))
    own: dict[int, dict[int, Slot]] = defaultdict(dict)
    dues: Dues = {}
    for slot in every.select_related("item").order_by("position"):
        own[slot.campaign_id].setdefault(slot.pk, slot)
        if slot.whose:
            dues[slot.pk, slot.whose] = slot.day
    for fit in fits:
        fit.own = list(own[fit.campaign.pk].values())
    return dues


def _entries(school: School) -> list[Entry]:
    """All that the school has in campaigns that count, with whether a draft or a request waits."""
    mine = OuterRef("pk")
    waiting = Extension.objects.filter(entry=mine, state=ExtensionState.waiting)
    found = Entry.objects.filter(
        school=school, slot__campaign__state__in=reach.LIVE, slot__withdrawn_at=None
    ).annotate(drafted=Exists(Draft.objects.filter(entry=mine)), asks=Exists(waiting))
    return list(found.select_related("slot__item", "slot__campaign").order_by("pk"))


def _part(fit: Fit, rows: Iterable[Entry]) -> None:
    """Which entries go. What was sent stays, whatever applies now; of a closed school all goes."""
    wanted = fit.wanted
    for row in rows:
        if row.slot.campaign_id != fit.campaign.pk or row.left_at:
            continue
        in_vain = row.status in OPEN and row.slot_id not in wanted
        (fit.goes if in_vain or not fit.facts.asked else fit.stays).append(row)


def _date_and_add(fits: Sequence[Fit], rows: Sequence[Entry], dues: Dues) -> None:
    """Other dates for what stays; then what comes back and what is new, nothing twice."""
    calendars = Calendar.of_each({code for fit in fits for code in _codes(fit)})
    gone = {row.pk for fit in fits for row in fit.goes}
    live = {_what(row.slot) for row in rows if not row.left_at and row.pk not in gone}
    there = {row.slot_id for row in rows}
    for fit in fits:
        calendar = calendars[fit.facts.authority]
        dates = _in_force(fit, fit.facts.authority, calendars, dues)
        if fit.enrolment and (fit.moves or fit.recounts):
            before = _in_force(fit, fit.enrolment.authority, calendars, dues)
            _date(fit, before, dates, calendar)
        arrivals = slots.for_arrivals(fit.own, dates, calendar, on=clock.today())
        away = [row for row in rows if row.left_at and row.slot.campaign_id == fit.campaign.pk]
        _bring_back(fit, away, arrivals, calendar, live)
        for slot in fit.wanted.values():
            if slot.pk in arrivals and slot.pk not in there and _what(slot) not in live:
                live.add(_what(slot))
                fit.new.append((slot, arrivals[slot.pk]))


def _what(slot: Slot) -> What:
    return slot.item.code, slot.period


def _bring_back(
    fit: Fit,
    away: Iterable[Entry],
    arrivals: Mapping[int, date],
    calendar: Calendar,
    live: set[What],
) -> None:
    """What had left and applies again; with time enough, as after a return."""
    wanted = fit.wanted
    for row in away:
        owed = row.status not in OPEN or (row.slot_id in wanted and row.slot_id in arrivals)
        if not fit.facts.asked or not owed or _what(row.slot) in live:
            continue
        live.add(_what(row.slot))
        fit.comes.append(row)
        if row.status in OPEN:
            since = max(clock.today(), row.slot.opens_on)
            _set(fit, row, max(row.due_on, calendar.first_offered(since, RETURN_DAYS)))


def _set(fit: Fit, row: Entry, due_on: date) -> None:
    if row.due_on != due_on:
        fit.dates[row.pk] = due_on


def _date(
    fit: Fit, before: Mapping[int, date], dates: Mapping[int, date], calendar: Calendar
) -> None:
    """A new authority's date where that differs; time enough for what is late and counts anew.

    What was returned keeps the time it was given.
    """
    today = clock.today()
    for row in fit.stays:
        if row.status not in OPEN or row.status == Status.returned:
            continue
        since = max(today, row.slot.opens_on)
        was, now = before[row.slot_id], dates[row.slot_id]
        if row.due_on == was != now:
            _set(fit, row, slots.in_time(now, calendar, since))
        elif fit.recounts and fit.facts.counted and row.due_on < today:
            _set(fit, row, slots.in_time(row.due_on, calendar, since))


def _codes(fit: Fit) -> set[str]:
    before = {fit.enrolment.authority} if fit.enrolment else set()
    return {fit.facts.authority, fit.campaign.region_id, *before}


def _in_force(
    fit: Fit,
    authority: str,
    calendars: Mapping[str, Calendar],
    dues: Dues,
) -> dict[int, date]:
    """slot → the date of an authority: its own, or one yet to be reckoned, or that of all."""
    found = {slot.pk: dues.get((slot.pk, authority), slot.due_on) for slot in fit.own}
    calendar = calendars[authority]
    fresh = fit.undated and authority == fit.facts.authority
    if fresh and calendar is not calendars[fit.campaign.region_id]:
        opened = clock.local_date(fit.campaign.opened_at or clock.now())
        first = max(opened, fit.campaign.opens_on)
        for slot in fit.own:
            since = max(first, slot.opens_on)
            found[slot.pk] = slots.by_rule(slot.item, slot.period, calendar, since)
    return found
