"""The only place that makes the row of an education bureau: a school of its own kind, which files.

What a district keeps itself are entries of this row. Where nobody has said what the bureau is
called, it goes by the name of its region.
"""

from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef

from schools.columns import words
from schools.models import Region, School
from schools.models.regions import NATION, RegionKind
from schools.models.schools import SchoolKind


def code_of(authority: str) -> str:
    """The code of an authority's bureau: "B-330106"."""
    return f"B-{authority}"


def name_of(region: Region) -> str:
    """What the bureau is called: by its own name, else by its region's."""
    endings = words()["bureau"]
    kind = "province" if region.kind == RegionKind.province else "other"
    return region.bureau_name or f"{region.name}{endings[kind]}"


def make(authorities: Iterable[str]) -> list[School]:
    """Bureaus for those of `authorities` that have none; the new ones."""
    asked = set(authorities) - {NATION}
    there = School.objects.filter(kind=SchoolKind.bureau, authority__in=asked)
    missing = asked - set(there.values_list("authority_id", flat=True))
    return School.objects.bulk_create(
        School(
            code=code_of(region.pk),
            name=name_of(region),
            region=region,
            authority=region,
            kind=SchoolKind.bureau,
        )
        for region in Region.objects.filter(pk__in=missing)
    )


def follow(schools: Iterable[School]) -> None:
    """The registers of these schools moved, and with them what their bureaus add up."""
    authorities = {one.authority_id for one in schools if one.kind == SchoolKind.school}
    School.objects.filter(kind=SchoolKind.bureau, authority__in=authorities).update(
        registers_rev=F("registers_rev") + 1
    )


def missing() -> list[str]:
    """Authorities of schools that a campaign asks, and no bureau on record; one query."""
    of_region = School.objects.filter(authority=OuterRef("pk"))
    without = ~Exists(of_region.filter(kind=SchoolKind.bureau))
    asked = Exists(of_region.filter(kind=SchoolKind.school, locked=True))
    found = Region.objects.filter(without, asked).exclude(pk=NATION)
    return list(found.order_by("pk").values_list("pk", flat=True))
