"""The only place that plans a campaign's slots: their periods, opening days and due dates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from reform.models import Campaign, Due, Item, Slot
from reform.models.campaign import DueSource
from reform.models.catalogue import Cadence, Clock
from schools import clock, workdays
from schools.workdays import Calendar

ARRIVAL_DAYS = 10  # working days that whoever is asked has at least, from the day of being asked

Dates = Mapping[int, date]  # slot → due date


class Planned(NamedTuple):
    """A slot as it would be written."""

    item: Item
    period: str
    opens_on: date
    due_on: date


@dataclass(frozen=True)
class Plan:
    """`over`: (item, period) left out because the period has ended."""

    slots: list[Planned]
    over: list[tuple[Item, str]]


def periods(item: Item, school_year: str) -> list[str]:
    """["2026-2027-1", "2026-2027-2"] of a term item, ["2026-2027"] of any other."""
    if item.cadence == Cadence.term:
        return [f"{school_year}-1", f"{school_year}-2"]
    return [school_year]


def term_of(period: str) -> int | None:
    """1 or 2; None of a whole year."""
    return int(period[10:]) if len(period) > 9 else None


def last_day(item: Item, period: str, calendar: Calendar) -> date:
    """The day after which nobody can be asked for this period any more."""
    year, term = period[:9], term_of(period)
    if term:
        return calendar.term(year, term)[1]
    if item.cadence == Cadence.year and item.clock == Clock.party:
        return date(int(year[:4]), 12, 31)
    return date(int(year[5:]), 8, 31)


def plan(
    campaign: Campaign, items: Iterable[Item], calendar: Calendar, *, on: date | None = None
) -> Plan:
    """The slots of `campaign` if it were opened on the day `on`, in the order of the framework.

    Denied where a term that is needed has no dates yet.
    """
    since = max(on or clock.today(), campaign.opens_on)
    planned = Plan([], [])
    for item in items:
        for period in periods(item, campaign.school_year):
            if last_day(item, period, calendar) < since:
                planned.over.append((item, period))
                continue
            opens = opens_on(period, calendar, campaign.opens_on)
            due = by_rule(item, period, calendar, max(since, opens))
            planned.slots.append(Planned(item, period, opens, due))
    return planned


def opens_on(period: str, calendar: Calendar, campaign_opens: date) -> date:
    """A term slot opens with its term, any other with the campaign; none before the campaign."""
    term = term_of(period)
    return max(calendar.term(period[:9], term)[0], campaign_opens) if term else campaign_opens


def by_rule(item: Item, period: str, calendar: Calendar, since: date) -> date:
    """The date by the item's rule, with time enough for whoever is asked on the day `since`."""
    term = term_of(period)
    day = workdays.due_date(item.due, period[:9], term, calendar, clock=item.clock)
    return in_time(day, calendar, since)


def in_time(day: date, calendar: Calendar, since: date) -> date:
    """`day`; if that is less than ten working days after `since`, the first offered date."""
    if calendar.add(since, ARRIVAL_DAYS) <= day:
        return day
    return calendar.first_offered(since, ARRIVAL_DAYS)


def write(campaign: Campaign, planned: Plan) -> list[Slot]:
    """Store the slots of a plan."""
    return Slot.objects.bulk_create(
        Slot(
            campaign=campaign,
            item=one.item,
            period=one.period,
            opens_on=one.opens_on,
            due_on=one.due_on,
            position=position,
        )
        for position, one in enumerate(planned.slots)
    )


def of_campaign(campaign: Campaign) -> list[Slot]:
    """Its slots that are still asked, with their items; two queries at most."""
    slots = campaign.slots.filter(withdrawn_at=None).select_related("item")
    return list(slots.order_by("position"))


def date_authorities(
    campaign: Campaign, slots: Iterable[Slot], calendars: Mapping[str, Calendar]
) -> None:
    """Give authorities with terms or days of their own their own dates, where those differ.

    `calendars`: those of the authorities, and that of the campaign's region.
    """
    common = calendars[campaign.region_id]
    opened = clock.local_date(campaign.opened_at or clock.now())
    since = max(opened, campaign.opens_on)
    made: dict[int, list[tuple[Slot, date]]] = {}
    dues = []
    for authority, calendar in calendars.items():
        if calendar is common:
            continue
        if id(calendar) not in made:
            made[id(calendar)] = [
                (slot, by_rule(slot.item, slot.period, calendar, max(since, slot.opens_on)))
                for slot in slots
            ]
        dues += [
            Due(slot=slot, authority_id=authority, due_on=day, source=DueSource.computed)
            for slot, day in made[id(calendar)]
            if day != slot.due_on
        ]
    Due.objects.bulk_create(dues, ignore_conflicts=True)


def dates(slots: Iterable[Slot], authorities: Iterable[str]) -> dict[str, dict[int, date]]:
    """authority → slot → the date in force there; one query."""
    common = {slot.pk: slot.due_on for slot in slots}
    found = {authority: dict(common) for authority in authorities}
    own = Due.objects.filter(slot_id__in=common, authority_id__in=found)
    for slot, authority, day in own.values_list("slot_id", "authority_id", "due_on"):
        found[authority][slot] = day
    return found


def for_arrivals(
    slots: Iterable[Slot], in_force: Dates, calendar: Calendar, *, on: date
) -> dict[int, date]:
    """What is still asked of a school that arrives on the day `on`, and by when.

    Slots whose period is over are left out; nobody is late on arrival.
    """
    return {
        slot.pk: in_time(in_force[slot.pk], calendar, max(on, slot.opens_on))
        for slot in slots
        if last_day(slot.item, slot.period, calendar) >= on
    }
