"""The only place that reads what a bureau's own items are computed from.

Documents, meetings and trainings are those of the bureau itself. The counts of pool and posts come
from the schools that leave items to it: counted ones, of a profile that a running campaign's list
gives to the district. Of the studios all those of the county count.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence, Set

from django.db.models import F, QuerySet

from reform.checks.base import Facts
from reform.models import Enrolment, Item
from reform.models.campaign import CampaignState
from reform.models.catalogue import Level, ProfileValue
from schools.models import CadrePool, Post, School, Studio
from schools.models.capability import StudioStatus
from schools.models.schools import SchoolKind

COUNTS: dict[str, type[CadrePool] | type[Post]] = {"cadre_pool": CadrePool, "posts": Post}


def widen(found: dict[int, Facts], wanted: Set[str]) -> None:
    """Add to the facts of each bureau what its schools have entered; five queries at most."""
    bureaus = [facts for facts in found.values() if facts.school.kind == SchoolKind.bureau]
    if not bureaus or wanted.isdisjoint({*COUNTS, "studios"}):
        return
    schools = _schools({facts.school.authority_id for facts in bureaus})
    if not wanted.isdisjoint(COUNTS):
        _add_counts(bureaus, schools, wanted)
    if "studios" in wanted:
        _add_studios(bureaus, schools)


def supplying(authorities: Iterable[str]) -> "QuerySet[School]":
    """The schools whose counts a bureau's items add up, by name."""
    held = counted(authorities).filter(profile__in=left_to_bureaus(_running_items()))
    return School.objects.filter(pk__in=held.values("school")).order_by("name", "code")


def counted(authorities: Iterable[str]) -> "QuerySet[Enrolment]":
    """Enrolments of counted schools of these authorities in open campaigns."""
    return Enrolment.objects.filter(
        authority__in=list(authorities),
        campaign__state=CampaignState.open,
        counted=True,
        voided_at=None,
    )


def left_to_bureaus(items: "QuerySet[Item]") -> list[str]:
    """The profiles whose schools leave items to their bureau that are not the district's own."""
    found: set[str] = set()
    for profiles in items.exclude(level=Level.district).values_list("profiles", flat=True):
        found |= {name for name, value in profiles.items() if value == ProfileValue.district}
    return sorted(found)


def _running_items() -> "QuerySet[Item]":
    return Item.objects.filter(framework__campaigns__state=CampaignState.open).distinct()


def _schools(authorities: Collection[str]) -> dict[str, dict[int, set[str]]]:
    """Authority → its counted schools → the profiles under which campaigns ask them."""
    found: dict[str, dict[int, set[str]]] = {code: defaultdict(set) for code in authorities}
    rows = counted(authorities).values_list("authority", "school_id", "profile")
    for code, school, profile in rows:
        found[code][school].add(profile)
    return found


def _add_counts(
    bureaus: Sequence[Facts], schools: dict[str, dict[int, set[str]]], wanted: Set[str]
) -> None:
    """Rows of the schools that leave items to their bureau."""
    left = set(left_to_bureaus(_running_items()))
    whose = {
        school: facts
        for facts in bureaus
        for school, profiles in schools[facts.school.authority_id].items()
        if profiles & left
    }
    for key in wanted & COUNTS.keys():
        for facts in bureaus:
            getattr(facts, key).clear()
        rows = COUNTS[key]._default_manager.filter(removed_at=None, school__in=whose)
        for row in rows.order_by("pk"):
            getattr(whose[row.school_id], key).append(row)


def _add_studios(bureaus: Sequence[Facts], schools: dict[str, dict[int, set[str]]]) -> None:
    """Studios that schools of the county host, and how many of its schools take part in one."""
    by_code = {facts.school.authority_id: facts for facts in bureaus}
    rows = (
        Studio.objects.filter(removed_at=None, school__authority__in=by_code)
        .annotate(code=F("school__authority"), member=F("members__pk"))
        .order_by("pk")
    )
    joined: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        facts = by_code[row.code]
        if all(row.pk != known.pk for known in facts.studios):
            facts.studios.append(row)
        if row.status == StudioStatus.active and row.member in schools[row.code]:
            joined[row.code].add(row.member)
    for code, facts in by_code.items():
        facts.schools, facts.joined = len(schools[code]), len(joined[code])
