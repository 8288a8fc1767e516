"""The only place that decides visibility, both ways: rows for a seat, and people for a row."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from schools.clock import today
from schools.models import Membership, Region, School, User
from schools.models.regions import NATION, ancestors, bounds
from schools.roles import OFFICIAL_ROLES, RIGHTS, SCHOOL_ROLES, Role

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Seat:
    """A person at one place, with every role held there today: `school`, or else `region`."""

    user: User
    roles: frozenset[str]
    school: School | None = None
    region: Region | None = None

    @property
    def key(self) -> str:
        return f"s{self.school.pk}" if self.school else f"r{self.place_code}"

    @property
    def place_code(self) -> str:
        """Code of the region; of a school, that of its authority."""
        if self.school:
            return self.school.authority_id
        assert self.region is not None
        return self.region.code

    @property
    def place_name(self) -> str:
        if self.school:
            return self.school.name
        assert self.region is not None
        return self.region.office

    def has(self, verb: str) -> bool:
        """Whether a role held here has the right `verb`; an unknown verb is a KeyError, no "no"."""
        return bool(RIGHTS[verb] & self.roles)

    def is_authority(self, code: str) -> bool:
        """Whether this seat stands at exactly the region that reviews `code`'s schools."""
        return self.region is not None and self.region.code == code


def seats(user: User) -> list[Seat]:
    """Every place where `user` holds a role today, schools first; one query."""
    places: dict[Any, dict[str, Any]] = {}
    held = (
        Membership.objects.filter(user=user)
        .live(today())
        .select_related("school", "school__authority", "region")
        .order_by("region", "school__name", "pk")
    )
    for membership in held:
        at = ("s", membership.school_id) if membership.school_id else ("r", membership.region_id)
        place = places.setdefault(
            at, {"school": membership.school, "region": membership.region, "roles": set()}
        )
        place["roles"].add(membership.role)
    found = sorted(places.items(), key=lambda item: (item[0][0] != "s", str(item[0][1])))
    return [
        Seat(user, frozenset(place["roles"]), place["school"], place["region"])
        for _at, place in found
    ]


def rows(queryset: "QuerySet[M]", seat: Seat | None) -> "QuerySet[M]":
    """`queryset` narrowed to what `seat` may see, by the model's scope fields.

    A school sees its own rows; an official those whose authority lies in the region, as a range.
    A model with `scope_roles` is read by these roles instead of the officials.
    The nation sees no single school, only what carries no school field (campaigns, tallies).
    """
    if seat is None:
        return queryset.none()
    model: Any = queryset.model
    if seat.school:
        if not model.scope_school or not seat.roles & SCHOOL_ROLES:
            return queryset.none()
        return queryset.filter(**{model.scope_school: seat.school.pk})
    if not seat.roles & getattr(model, "scope_roles", OFFICIAL_ROLES):
        return queryset.none()
    if seat.place_code == NATION:
        return queryset.none() if model.scope_school else queryset
    low, high = bounds(seat.place_code)
    name = model.scope_authority
    return queryset.filter(**{f"{name}__gte": low, f"{name}__lt": high})


def reaching(queryset: "QuerySet[M]", seat: Seat | None) -> "QuerySet[M]":
    """Like `rows`, and what stands above the region: a city's campaign binds its counties."""
    if seat is None:
        return queryset.none()
    above = queryset.filter(
        **{f"{queryset.model.scope_authority}__in": ancestors(seat.place_code)}  # type: ignore[attr-defined]
    )
    if seat.school:
        return above
    if not seat.roles & OFFICIAL_ROLES:
        return queryset.none()
    return rows(queryset, seat) | above


def posts(seat: Seat | None) -> "QuerySet[Membership]":
    """Posts that a seat gives and ends, ended ones too: a manager those at the schools of exactly
    this authority, an operator those at the regions that lie in the own one."""
    mine = Q(pk__in=())
    if seat is not None and seat.region is not None:
        if Role.manager in seat.roles:
            mine |= Q(school__authority=seat.place_code)
        if Role.operator in seat.roles:
            low, high = bounds(seat.place_code)
            mine |= Q(region__gte=low, region__lt=high)
    return Membership.objects.filter(mine)


def people(
    role: str, *, authority: str | None = None, school: School | None = None
) -> "QuerySet[Membership]":
    """Who holds `role` today at exactly this school or this authority."""
    held = Membership.objects.live(today()).filter(role=role).select_related("user")
    if school is not None:
        return held.filter(school=school)
    return held.filter(region_id=authority)
