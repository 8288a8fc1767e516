"""The only place for what every page of the boards shares: where it is, which year, its links."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform import boards, overview
from reform.boards import Running
from reform.tallies import Figures
from reform.views.headlines import number
from schools import clock
from schools.models import Region
from schools.models.regions import NATION, RegionKind, ancestors, bounds
from schools.scope import Seat
from schools.workdays import school_year_of

# Field of Figures → label, in the order in which the six stand everywhere.
FIGURES = {
    "expected": gettext_lazy("Owed"),
    "done": gettext_lazy("Accepted"),
    "on_time": gettext_lazy("of these on time"),
    "late": gettext_lazy("Overdue"),
    "waiting": gettext_lazy("Awaiting review"),
    "returned": gettext_lazy("Returned"),
}
STATES = FIGURES | {
    "on_time": gettext_lazy("Accepted, on time"),
    "open": gettext_lazy("Not sent yet"),
}


_CODE = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True)
class Links:
    """Where the numbers of a board lead; nowhere when the reader may not see single entries.

    `base`: the filters of the board, which its rows keep.
    """

    region: str
    year: str
    drill: bool
    own: bool = False
    base: Mapping[str, str] = field(default_factory=dict)

    def rows(self, **filters: str) -> str:
        if not self.drill:
            return ""
        if self.base.keys() & filters.keys():
            return self._address({**self.base, **filters})
        return f"{self._start}&{urlencode(filters)}" if filters else self._start

    def without(self, name: str) -> str:
        return self._address({key: value for key, value in self.base.items() if key != name})

    @cached_property
    def _start(self) -> str:
        return self._address(self.base)

    def _address(self, filters: Mapping[str, str]) -> str:
        values = {"year": self.year, **({"own": "1"} if self.own else {}), **filters}
        return f"{reverse('board_rows', args=[self.region])}?{urlencode(values)}"

    def figures(self, figures: Figures, **filters: str) -> list[dict[str, Any]]:
        """The six numbers with label and link, as parts/figures.html takes them."""
        rows = self.rows(**filters)
        return [
            {"label": label, "value": number(n), "url": rows and f"{rows}&state={name}"}
            for (name, label), n in zip(FIGURES.items(), figures, strict=True)
        ]


def path_to(seat: Seat, code: str) -> list[Region]:
    """From the seat's region down to `code`, without placeholders; 404 outside of it."""
    wanted = _above(seat, code)
    return _path(Region.objects.filter(pk__in=wanted), code)


def place(seat: Seat, code: str) -> tuple[list[Region], dict[str, Region]]:
    """The same path, and the regions directly below `code`; one query for both."""
    wanted = _above(seat, code)
    found = list(Region.objects.filter(Q(pk__in=wanted) | overview.below(code)))
    path = _path((region for region in found if region.code in wanted), code)
    return path, overview.directly_below(code, [r for r in found if r.code not in wanted])


def _above(seat: Seat, code: str) -> list[str]:
    low, high = bounds(seat.place_code)
    if not (_CODE.fullmatch(code) and low <= code < high):
        raise Http404
    wanted = [above for above in ancestors(code) if len(above) >= len(seat.place_code)]
    return [above for above in wanted if above != NATION or seat.place_code == NATION]


def _path(found: Iterable[Region], code: str) -> list[Region]:
    shown = [region for region in found if region.kind != RegionKind.placeholder]
    path = sorted(shown, key=lambda region: (not region.is_nation, region.code))
    if not path or path[-1].code != code:
        raise Http404
    return path


def frame(
    path: Sequence[Region],
    running: Sequence[Running],
    year: str,
    kept: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """Crumbs, the school year and its campaigns, and the other school years.

    `kept`: the filters of the board, of which those above keep what they know.
    """
    here = path[-1]
    above = ancestors(here.code)
    years = sorted({campaign.year for campaign in running} | {year}, reverse=True)
    above_it = {name: value for name, value in kept.items() if name in ("pillar", "measure")}
    return {
        "region": here,
        "crumbs": [(region.name, board_url(region.code, year, **above_it)) for region in path[:-1]],
        "year": year,
        "years": [(name, board_url(here.code, name)) for name in years] if len(years) > 1 else [],
        "campaigns": [c for c in running if c.year == year and c.region in above],
    }


def board_url(code: str, year: str, **filters: str) -> str:
    return f"{reverse('board_region', args=[code])}?{urlencode({'year': year, **filters})}"


def year_of(request: HttpRequest, running: Sequence[Running]) -> tuple[str, list[str]]:
    """The school year to show: this one, else the latest; and a word where another was asked."""
    years = sorted({campaign.year for campaign in running}, reverse=True)
    this = school_year_of(clock.today())
    asked = request.GET.get("year", "")[:20]
    if asked in years:
        return asked, []
    fallback = this if this in years or not years else years[0]
    if not asked or asked == fallback:
        return fallback, []
    words = _("There is nothing of school year “%(asked)s”; this is %(year)s.")
    return fallback, [words % {"asked": asked, "year": fallback}]


def may_drill(seat: Seat, code: str) -> bool:
    """Single entries are listed for cities and counties, and never to the nation, nor to whoever
    files for a bureau: that seat reads its region's figures alone."""
    return seat.school is None and seat.place_code != NATION and len(code) >= boards.DRILL_FROM


def structure_url(seat: Seat, code: str) -> str:
    """The structure check of the same region, for who may read it; the nation has none."""
    if not seat.has("see_structure") or code == NATION or seat.place_code == NATION:
        return ""
    here = reverse("structure")
    return here if code == seat.place_code else f"{here}?{urlencode({'region': code})}"
