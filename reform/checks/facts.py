"""The only place that reads the registers for the checks: many schools at once, few queries."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import F, Model, Q, QuerySet, TextField, prefetch_related_objects
from django.db.models.functions import Cast

from reform.checks import bureaus
from reform.checks.base import Facts, Held
from schools.models import (
    Activity,
    Branch,
    CadrePool,
    CommitteeSeat,
    Consultation,
    Document,
    LeadershipGroup,
    Meeting,
    Post,
    School,
    Studio,
    Training,
    Unit,
)
from schools.models.capability import Channel

LASTING: dict[str, type[Model]] = {
    "branches": Branch,
    "units": Unit,
    "committee_members": CommitteeSeat,
    "leadership_groups": LeadershipGroup,
    "consultations": Consultation,
    "documents": Document,
    "cadre_pool": CadrePool,
    "posts": Post,
}
REGISTERS = frozenset({*LASTING, "meetings", "activities", "trainings", "studios"})
# What no check reads; a name that may stand there never leaves the database.
UNREAD = {
    "committee_members": ("note", "changed_at", "removed_at", "holder"),
    "leadership_groups": ("note", "changed_at", "removed_at", "head_post", "member_posts"),
}


def load(
    schools: Sequence[School],
    *,
    since: date | None = None,
    registers: Collection[str] | None = None,
) -> dict[int, Facts]:
    """School → its facts, in 12 queries for any number of schools that came with their types.

    A bureau's facts hold those of the schools whose items it keeps as well: five queries more.
    `since`: meetings, trainings and activities before that day are left in the database, rotating
    training aside, whose cycle is longer than a year. `registers`: only these are read. All rows
    are in memory together, so ever so many schools are taken in batches.
    """
    prefetch_related_objects(schools, "school_type")
    found = {school.pk: Facts(school, phases=_phases(school)) for school in schools}
    wanted = REGISTERS if registers is None else registers
    for key, model in LASTING.items():
        if key in wanted:
            _hand_out(_living(model, key).filter(school_id__in=found), key, found)
    if "meetings" in wanted:
        _hand_out(_meetings(found, since), "meetings", found)
    if "activities" in wanted:
        rows = _since(_living(Activity, "activities").filter(school_id__in=found), since)
        _hand_out(rows, "activities", found)
    if "studios" in wanted or "trainings" in wanted:
        _read_trainings(found, since, "trainings" in wanted)
    bureaus.widen(found, frozenset(wanted))
    return found


def _living(model: type[Model], key: str) -> QuerySet[Any]:
    """Rows that nobody took out, in the order they came."""
    unread = UNREAD.get(key, ("note", "changed_at", "removed_at"))
    return model._default_manager.filter(removed_at=None).defer(*unread).order_by("pk")


def _meetings(found: dict[int, Facts], since: date | None) -> Iterator[Held]:
    """Meetings as plain tuples. Few different lists of topics stand in them: each is read once."""
    rows = _since(Meeting.objects.filter(removed_at=None, school_id__in=found), since)
    texts = {name: Cast(name, TextField()) for name in ("topics", "duty_tags")}
    plain = [name for name in Held._fields if name not in texts]
    for *values, topics, duties in rows.values_list(*plain, *texts.values()):
        yield Held._make([*values, _keys(topics), _keys(duties)])


@lru_cache(1000)
def _keys(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _since(rows: QuerySet[Any], since: date | None) -> QuerySet[Any]:
    """By their days, from `since` on."""
    return (rows.filter(held_on__gte=since) if since else rows).order_by("held_on", "pk")


def _hand_out(rows: Iterable[Any], key: str, found: dict[int, Facts]) -> None:
    lists = {pk: getattr(facts, key) for pk, facts in found.items()}
    for row in rows:
        lists[row.school_id].append(row)


def _read_trainings(found: dict[int, Facts], since: date | None, trainings: bool) -> None:
    """Studios that a school hosts or has joined, its trainings, and those of these studios."""
    who = _studios(found)
    if not trainings:
        return
    rows = _living(Training, "trainings").order_by("held_on", "pk")
    rows = rows.filter(Q(school_id__in=found) | Q(studio_id__in=who))
    if since:
        recent = Q(held_on__gte=since) | Q(ended_on__gte=since)
        rows = rows.filter(recent | Q(channel=Channel.rotation))
    for row in rows:
        if row.school_id in found:
            found[row.school_id].trainings.append(row)
        for pk in who.get(row.studio_id, ()):
            if pk != row.school_id:
                found[pk].shared.append(row)


def _studios(found: dict[int, Facts]) -> dict[int, set[int]]:
    """Studio → which of the schools host or have joined it; the facts get their studios."""
    rows = (
        _living(Studio, "studios")
        .annotate(member=F("members__pk"))
        .filter(Q(school_id__in=found) | Q(member__in=found))
    )
    who: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        for pk in {row.school_id, row.member} & found.keys():
            if pk not in who[row.pk]:
                found[pk].studios.append(row)
            who[row.pk].add(pk)
    return dict(who)


def _phases(school: School) -> str:
    """The stages of schooling of its type, as letters joined by commas."""
    return school.school_type.phases if school.school_type else ""
