"""The only place that gives a county's bureau the entries that it keeps itself.

They are the district's own items, and those that schools of a profile leave to it: "district" in
the profile of at least one of its counted schools. A bureau's enrolment remembers for which
profiles that was done (`kept_for`), so that running campaigns catch up, batch by batch, and a
profile that comes late is noticed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from reform import history, reach, slots
from reform.checks.bureaus import left_to_bureaus
from reform.history import NewEvent
from reform.issuing import OPENINGS
from reform.models import Campaign, Enrolment, Entry, Item, Slot
from reform.models.campaign import CampaignState
from reform.states import Keeper
from schools import bureaus, clock
from schools.models import School, User
from schools.models.schools import SchoolKind
from schools.roles import Profile
from schools.workdays import Calendar

BATCH = 200  # authorities of one transaction
BUDGET = timedelta(minutes=1)  # of one tick
DISTRICT = "district"  # what `kept_for` begins with once the district's own items were given

Kinds = set[tuple[str, str | None]]  # profile and type of schools


def found_bureaus() -> tuple[bool, str]:
    """A step of the round: put bureaus on record that schools under way have not got; how many.

    They are enrolled like any late school, and then given what they keep.
    """
    authorities = bureaus.missing()[:BATCH]
    if not authorities:
        return True, ""
    with transaction.atomic():
        history.lock([OPENINGS])
        made = bureaus.make(authorities)
    return True, f"bureaus: {len(made)}" if made else ""


def catch_up() -> tuple[bool, str]:
    """A step of the round: entries for bureaus of running campaigns that lack some; how many."""
    made = 0
    until = clock.now() + BUDGET
    while clock.now() < until and (batch := _next_batch()):
        made += _give_late(*batch)
    return True, f"bureau entries: {made}" if made else ""


def give(
    campaign: Campaign,
    own: Sequence[Slot],
    dates: Mapping[str, Mapping[int, date]],
    actor: User | None,
) -> int:
    """What the bureaus of the authorities in `dates` lack, with a line in their history; how much.

    `dates`: authority → slot → due date; slots that are not named are not asked there. Call it in
    a transaction that holds the chain of openings, after the schools were enrolled.
    """
    every = _bureaus(campaign, dates)
    held = {code: rows[0] for code, rows in every.items()}
    if not held:
        return 0
    kinds = _kinds(campaign, held)
    there = _there(campaign, own, [row.school_id for row in held.values()])
    made = [
        Entry(
            slot=slot,
            school_id=row.school_id,
            authority=code,
            keeper=Keeper.district,
            counted=False,
            due_on=dates[code][slot.pk],
        )
        for code, row in held.items()
        for slot in own
        if slot.pk in dates[code]
        and reach.is_kept(slot.item, kinds[code])
        and (row.school_id, slot.item.code, slot.period) not in there
    ]
    Entry.objects.bulk_create(made)
    for code, rows in every.items():
        for row in rows:
            row.kept_for = _mark({profile for profile, _type in kinds[code]})
    done = [row for rows in every.values() for row in rows]
    Enrolment.objects.bulk_update(done, ["kept_for"])
    _tell(campaign, made, actor)
    return len(made)


def _bureaus(campaign: Campaign, authorities: Iterable[str]) -> dict[str, list[Enrolment]]:
    """Authority → the enrolment of its bureau; where there are two the oldest keeps all, and
    the others are done with it."""
    found: dict[str, list[Enrolment]] = defaultdict(list)
    rows = campaign.enrolments.filter(
        authority__in=list(authorities),
        profile=Profile.unknown,
        school__kind=SchoolKind.bureau,
        voided_at=None,
    )
    for row in rows.order_by("pk"):
        found[row.authority].append(row)
    return found


def _kinds(campaign: Campaign, authorities: Iterable[str]) -> dict[str, Kinds]:
    """Authority → profile and type of its counted schools."""
    found: dict[str, Kinds] = defaultdict(set)
    rows = _counted(campaign.enrolments.filter(authority__in=list(authorities))).order_by()
    for code, profile, kind in rows.values_list(
        "authority", "profile", "school__school_type"
    ).distinct():
        found[code].add((profile, kind))
    return found


def _counted(rows: "QuerySet[Enrolment]") -> "QuerySet[Enrolment]":
    return rows.filter(counted=True, voided_at=None)


def _there(
    campaign: Campaign, own: Sequence[Slot], schools: Sequence[int]
) -> set[tuple[int, str, str]]:
    """(bureau, item, period) of what they have already, here or in another campaign."""
    mine = Entry.objects.filter(slot__in=own, school__in=schools)
    elsewhere = reach.asked_elsewhere(campaign).filter(school__in=schools)
    names = ("school_id", "slot__item__code", "slot__period")
    return {
        *mine.order_by().values_list(*names),
        *elsewhere.order_by().values_list(*names),
    }


def _mark(profiles: Iterable[str]) -> str:
    return " ".join([DISTRICT, *sorted(profiles)])


def _tell(campaign: Campaign, made: Sequence[Entry], actor: User | None) -> None:
    """ "Issued, n" in the history of each bureau."""
    counts: dict[str, int] = defaultdict(int)
    for entry in made:
        counts[f"school:{entry.school_id}"] += 1
    chains = history.lock(counts)
    body = {"campaign": campaign.pk}
    history.append_each(
        [
            (chains[subject], NewEvent("issued", actor, body={**body, "entries": n}))
            for subject, n in sorted(counts.items())
        ]
    )
    schools = {entry.school_id for entry in made}
    School.objects.filter(pk__in=schools, locked=False).update(locked=True)


# ---- running campaigns


def _next_batch() -> tuple[int, list[str]] | None:
    """A running campaign and the authorities whose bureau lacks something there; two queries."""
    frameworks = reach.running().order_by().values("framework")
    found = (
        Enrolment.objects.filter(
            _lacking(Item.objects.filter(framework__in=frameworks)),
            campaign__in=reach.running(),
            profile=Profile.unknown,
            school__kind=SchoolKind.bureau,
            voided_at=None,
        )
        .order_by("campaign", "authority")
        .values_list("campaign", "authority")[:BATCH]
    )
    rows = list(found)
    if not rows:
        return None
    first = rows[0][0]
    return first, [code for campaign, code in rows if campaign == first]


def _lacking(items: "QuerySet[Item]") -> Any:
    """Enrolments of bureaus that were given nothing yet, or nothing for a profile they have."""
    held = Enrolment.objects.filter(campaign=OuterRef("campaign"), authority=OuterRef("authority"))
    lacking: Any = Q(kept_for="")
    for profile in left_to_bureaus(items):
        lacking |= ~Q(kept_for__contains=profile) & Exists(_counted(held).filter(profile=profile))
    return lacking


def _give_late(campaign_id: int, authorities: Sequence[str]) -> int:
    """Give what is missing, by dates on which nobody is late on arrival."""
    with transaction.atomic():
        history.lock([OPENINGS])
        campaign = Campaign.objects.get(pk=campaign_id)
        if campaign.state != CampaignState.open:
            return 0
        own = slots.of_campaign(campaign)
        in_force = slots.dates(own, authorities)
        calendars: Any = Calendar.of_each(authorities)
        today = clock.today()
        dates = {
            code: slots.for_arrivals(own, in_force[code], calendars[code], on=today)
            for code in authorities
        }
        return give(campaign, own, dates, None)
