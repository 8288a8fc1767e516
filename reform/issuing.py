"""The only place where entries come to be: enrols schools and fans their entries out, set-based."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet

from reform import history, reach, tallies
from reform.history import NewEvent
from reform.models import Campaign, Chain, Entry, Slot
from reform.states import Bucket, Keeper, Status
from schools import clock
from schools.models import School, User
from schools.models.regions import NATION
from schools.roles import Profile

OPENINGS = f"region:{NATION}"  # whoever holds this chain is the only one to fill entries
Arrivals = Sequence[tuple[int, str]]  # school, authority


def issue(
    campaign: Campaign,
    arrivals: Arrivals,
    slots: Sequence[Slot],
    dates: Mapping[str, Mapping[int, date]],
    actor: User | None,
) -> None:
    """Enrol schools that are not enrolled yet, with entries, tally and a line in their history.

    Bureaus are only enrolled here; `keeping` gives them what they keep.
    `dates`: authority → slot → due date; slots that are not named are not asked there. Call it
    inside a transaction that holds the chain of openings, so that nobody is asked twice.
    """
    schools = [school for school, _authority in arrivals]
    if not schools:
        return
    chains = history.lock(f"school:{school}" for school in schools)
    _enrol(campaign, schools)
    elsewhere = reach.asked_elsewhere(campaign).filter(school_id__in=schools)
    asked = elsewhere if elsewhere.exists() else None
    alike: dict[tuple[tuple[int, date], ...], set[str]] = defaultdict(set)
    for authority, own in dates.items():
        alike[tuple(sorted(own.items()))].add(authority)
    for common, authorities in alike.items():
        here = [school for school, authority in arrivals if authority in authorities]
        due = dict(common)
        rows = [slot for slot in slots if slot.pk in due]
        for profile in reach.PROFILES:
            _issue_to(campaign, here, profile, rows, due, asked)
    School.objects.filter(pk__in=schools, locked=False).update(locked=True)
    _count(campaign, schools, slots)
    _tell(campaign, schools, slots, chains, actor)


def add(
    school: School, wanted: Sequence[tuple[Slot, date]], authority: str, *, counted: bool
) -> list[Entry]:
    """Further entries, by slot and date, of a school that is enrolled; counting them is left."""
    return Entry.objects.bulk_create(
        Entry(slot=slot, school=school, authority=authority, counted=counted, due_on=due_on)
        for slot, due_on in wanted
    )


def _enrol(campaign: Campaign, schools: Sequence[int]) -> None:
    """Freeze profile and authority; private schools and bureaus are not counted."""
    now = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reform_enrolment "
            "(campaign_id, school_id, authority, profile, counted, created_at, kept_for) "
            "SELECT %s, id, authority_id, profile, "
            "(kind = 'school' AND ownership = 'public'), %s, '' FROM schools_school "
            f"WHERE id IN ({_places(schools)}) AND (kind = 'bureau' OR profile <> 'unknown')",
            [campaign.pk, now, *schools],
        )


def _issue_to(
    campaign: Campaign,
    schools: Sequence[int],
    profile: Profile,
    slots: Sequence[Slot],
    dates: Mapping[int, date],
    asked: "QuerySet[Entry] | None",
) -> None:
    """One INSERT for the schools of a profile, one more for each list of school types."""
    wanted = [slot for slot in slots if reach.suits_profile(slot.item, profile)]
    for types, some in groupby(sorted(wanted, key=_types), key=_types):
        rows = [(slot.pk, dates[slot.pk], slot.item.code, slot.period) for slot in some]
        here = list(schools)
        if types:
            suited = School.objects.filter(pk__in=schools, school_type__in=types)
            here = list(suited.values_list("pk", flat=True))
        if here:
            _insert(campaign, here, profile, rows, asked)


def _insert(
    campaign: Campaign,
    schools: Sequence[int],
    profile: Profile,
    rows: Sequence[tuple[int, date, str, str]],
    asked: "QuerySet[Entry] | None",
) -> None:
    """INSERT … SELECT of schools × rows (slot, due_on, code, period), less what `asked` holds."""
    values = ", ".join(f"({_places(row)})" for row in rows)
    params: list[Any] = [value for row in rows for value in row]
    also = join = unless = ""
    if asked is not None:
        pairs = asked.order_by().values_list("school_id", "slot__item__code", "slot__period")
        sql, more = pairs.query.sql_with_params()
        params += more
        also = f", asked(school_id, code, period) AS ({sql})"
        join = (
            "LEFT JOIN asked ON asked.school_id = en.school_id "
            "AND asked.code = wanted.code AND asked.period = wanted.period "
        )
        unless = "AND asked.school_id IS NULL "
    params += [int(Keeper.school), int(Status.not_started), campaign.pk, str(profile), *schools]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH wanted(slot_id, due_on, code, period) AS (VALUES {values}){also} "
            "INSERT INTO reform_entry "
            "(slot_id, school_id, authority, keeper, counted, status, due_on, version) "
            "SELECT wanted.slot_id, en.school_id, en.authority, %s, en.counted, %s, "
            "wanted.due_on, 0 "
            f"FROM reform_enrolment en CROSS JOIN wanted {join}"
            f"WHERE en.campaign_id = %s AND en.profile = %s {unless}"
            f"AND en.school_id IN ({_places(schools)})",
            params,
        )


def _types(slot: Slot) -> tuple[str, ...]:
    listed = slot.item.school_types
    return () if listed == "all" else tuple(listed)


def _places(values: Iterable[Any]) -> str:
    return ", ".join("%s" for _value in values)


def _count(campaign: Campaign, schools: Sequence[int], slots: Sequence[Slot]) -> None:
    """The tally, from counts of what was just written."""
    written = Entry.objects.filter(slot__in=slots, school_id__in=schools, counted=True)
    groups = (
        written.order_by().values_list("authority", "slot_id", "due_on").annotate(n=Count("pk"))
    )
    deltas: tallies.Deltas = Counter()
    for authority, slot, due_on, n in groups:
        deltas[tallies.Key(campaign.pk, authority, slot, int(Bucket.not_started), due_on)] += n
    tallies.apply(deltas)


def _tell(
    campaign: Campaign,
    schools: Sequence[int],
    slots: Sequence[Slot],
    chains: Mapping[str, Chain],
    actor: User | None,
) -> None:
    """ "Issued, n" in the history of each school that got something."""
    written = Entry.objects.filter(slot__in=slots, school_id__in=schools).order_by()
    issued = written.values_list("school_id").annotate(n=Count("pk"))
    history.append_each(
        [
            (
                chains[f"school:{school}"],
                NewEvent("issued", actor, body={"campaign": campaign.pk, "entries": n}),
            )
            for school, n in sorted(issued)
        ]
    )
