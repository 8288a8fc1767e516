"""The only place that fetches schools by the thousand: as much of each as a list may touch."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from django.db.models import QuerySet

from schools.models import School

CHUNK = 500


class Standing(NamedTuple):
    """A school as it stands, as much of it as a list may touch; whole rows would be too many."""

    pk: int
    code: str
    name: str
    region_id: str
    authority_id: str
    school_type_id: str | None
    ownership: str
    form: str
    full_members: int | None
    probationary_members: int | None
    branches: int | None
    classes: int | None
    staff: int | None
    kind: str
    locked: bool
    closed_on: date | None


def fetch(wanted: dict[str, set[Any]], *, lock: bool) -> dict[int, Standing]:
    """Schools by key that any of `wanted` (attribute: values) fits.

    With `lock` they stay as they are until the transaction ends; all are locked in one order, so
    that two lists never wait for each other.
    """
    schools = School.objects.all()
    if lock:
        keys = {pk for each in _parts(schools, wanted) for pk in each.values_list("pk", flat=True)}
        schools, wanted = School.objects.select_for_update(no_key=True), {"pk": keys}
    return {
        row[0]: Standing._make(row)
        for each in _parts(schools, wanted)
        for row in each.values_list(*Standing._fields)
    }


def _parts(
    schools: "QuerySet[School]", wanted: dict[str, set[Any]]
) -> Iterator["QuerySet[School]"]:
    for attribute, values in wanted.items():
        ordered = sorted(values)
        for start in range(0, len(ordered), CHUNK):
            part = ordered[start : start + CHUNK]
            yield schools.filter(**{f"{attribute}__in": part}).order_by("pk")
