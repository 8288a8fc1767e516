"""The only place that settles whose registers a page shows: one school's, or an authority's."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from reform import overview
from reform.views.board_frame import path_to
from schools import clock, scope
from schools.models import Region, School
from schools.models.schools import SchoolKind
from schools.scope import Seat
from schools.workdays import school_year_of


def school_of(request: HttpRequest, code: str | None) -> School:
    """The own school, or the one that an official (or its own people) names; else 404."""
    seat: Seat = request.seat  # type: ignore[attr-defined]
    if code is None:
        if seat.school is None:
            raise Http404
        return seat.school
    return get_object_or_404(scope.rows(School.objects.all(), seat), code=code)


@dataclass(frozen=True)
class Authority:
    """One authority that an official looks at, and the regions below it that could be next."""

    path: list[Region]
    below: list[Region]
    seat: Seat
    address: str

    @property
    def region(self) -> Region:
        return self.path[-1]

    def schools(self) -> "QuerySet[School]":
        """Schools that are reviewed by exactly this authority and are open today."""
        open_ = Q(closed_on=None) | Q(closed_on__gt=clock.today())
        found = scope.rows(School.objects.all(), self.seat)
        return found.filter(open_, authority=self.region, kind=SchoolKind.school)

    def url(self, region: Region | None = None, **query: str) -> str:
        """This page for a region, with these other things asked for."""
        code = (region or self.region).code
        asked = {"region": code} if code != self.seat.place_code else {}
        asked |= {name: value for name, value in query.items() if value}
        return f"{self.address}?{urlencode(asked)}" if asked else self.address

    def nothing(self) -> str:
        """What to say where there is no row to show."""
        if self.below:
            return _("Choose a region: %(here)s has no school of its own here.") % {
                "here": self.region.name
            }
        return _("Nothing is on record yet in the registers of %(here)s.") % {
            "here": self.region.name
        }

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [(region.name, self.url(region)) for region in self.path[:-1]]

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(region.name, self.url(region)) for region in self.below]


def authority_of(request: HttpRequest, address: str) -> Authority:
    """The seat's own region, or the one below it that `region` names; 404 outside. Two queries."""
    seat: Seat = request.seat  # type: ignore[attr-defined]
    path = path_to(seat, request.GET.get("region", "") or seat.place_code)
    below = [] if len(path[-1].code) == 6 else list(overview.children(path[-1]).values())
    return Authority(path, below, seat, address)


@dataclass(frozen=True)
class Books:
    """The registers of one school, as its own people or its officials open them."""

    school: School
    seat: Seat

    @property
    def own(self) -> bool:
        return self.seat.school == self.school

    @property
    def url(self) -> str:
        if self.own:
            return reverse("registers")
        return reverse("school_registers", args=[self.school.code])

    def register(self, key: str) -> str:
        if self.own:
            return reverse("register", args=[key])
        return reverse("school_register", args=[self.school.code, key])


_YEAR = re.compile(r"20\d\d-20\d\d")


def year_of(request: HttpRequest, today: date) -> str:
    """The school year asked for; this one when none or nonsense is."""
    asked = request.GET.get("year", "")
    good = _YEAR.fullmatch(asked) and int(asked[5:]) == int(asked[:4]) + 1
    return asked if good else school_year_of(today)


def years(request: HttpRequest, year: str, found: Iterable[str]) -> list[tuple[str, str, bool]]:
    """School years to choose from, the latest first: label, address, whether it is shown."""
    every = sorted({*found, year, school_year_of(clock.today())}, reverse=True)
    kept = request.GET.copy()
    lines = []
    for one in every:
        kept["year"] = one
        lines.append((one, f"{request.path}?{kept.urlencode()}", one == year))
    return lines if len(lines) > 1 else []
