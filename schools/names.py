"""The only place for the order of names: as a reader looks a school up, not by code points."""

from bisect import bisect_right
from collections.abc import Iterable

from django.db.models import QuerySet

from schools.models import School


def by_name(name: str) -> tuple[bytes, str]:
    """Sorts as a reader looks a name up: GB 18030 holds its common characters by pinyin."""
    return name.encode("gb18030", "replace"), name


def in_order(schools: Iterable[School]) -> list[School]:
    """All of them by name; those of one name by code."""
    return sorted(schools, key=lambda one: (*by_name(one.name), one.code))


def page(
    found: "QuerySet[School]", every: "QuerySet[School]", after: str, size: int
) -> list[School]:
    """The first `size` by name of `found` that lie behind the school of `every` called `after`.

    `after` is a code; where none of it is seen, from the first on. Three queries at most.
    """
    rows = found.order_by().values_list("name", "code", "pk")
    keys = sorted((*by_name(name), code, pk) for name, code, pk in rows)
    start = 0
    if after and after.isprintable():
        for name, code in every.order_by().filter(code=after[:20]).values_list("name", "code"):
            start = bisect_right(keys, (*by_name(name), code), key=lambda key: key[:3])
    wanted = [key[3] for key in keys[start : start + size]]
    shown = found.order_by().in_bulk(wanted)
    return [shown[pk] for pk in wanted]
