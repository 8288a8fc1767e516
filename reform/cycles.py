"""The only place for how many school years a training cycle lasts: by region, inherited."""

from typing import NamedTuple

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Length, Substr
from django.utils.translation import gettext as _

from reform import history
from reform.history import NewEvent
from schools.errors import Denied
from schools.models import Region
from schools.models.regions import NATION, ancestors
from schools.scope import Seat

DEFAULT, LEAST, MOST = 3, 1, 6  # school years; the last one is that of the campaign


class Rule(NamedTuple):
    """How many school years, and whose rule that is; no region: our default."""

    years: int
    region: Region | None


def in_force(region: str) -> Rule:
    """The rule of the nearest region at or above `region`; one query."""
    return _nearest(ancestors(region))


def from_above(region: str) -> Rule:
    """What would hold if the region had no rule of its own."""
    return _nearest(ancestors(region)[:-1])


def _nearest(codes: list[str]) -> Rule:
    found = _set(Region.objects.filter(pk__in=codes)).first()
    return Rule(found.cycle_years or DEFAULT, found) if found else Rule(DEFAULT, None)


def _set(regions: "QuerySet[Region]") -> "QuerySet[Region]":
    """Those with a rule of their own, the nearest first: a longer code lies further down."""
    return regions.exclude(cycle_years=None).order_by(Length("pk").desc(), "-pk")


def of_authority(column: str) -> Subquery:
    """The same for a query: the years for the authority in `column`; NULL where nobody set any."""
    above = Q(pk=NATION) | Q(pk=OuterRef(column))
    for length in (2, 4):
        above |= Q(pk=Substr(OuterRef(column), 1, length))
    return Subquery(_set(Region.objects.filter(above)).values("cycle_years")[:1])


def set_own(region: str, years: int | None, *, by: Seat) -> bool:
    """Give a region a rule of its own, or (None) let it follow the one above; False if it was so.

    What is sent from now on is counted by it, and what is shown by the coming night.
    """
    if not by.has("set_calendar") or not by.is_authority(region):
        raise Denied(_("Only the manager of this region sets its training cycle."))
    with transaction.atomic():
        subject = f"region:{region}"
        chain = history.lock([subject])[subject]
        mine = Region.objects.select_for_update(no_key=True).get(pk=region)
        if mine.cycle_years == years:
            return False
        Region.objects.filter(pk=region).update(cycle_years=years)
        body = {"was": mine.cycle_years, "is": years, "seat": by.key}
        history.append(chain, [NewEvent("set_cycle", by.user, body=body)])
    return True
