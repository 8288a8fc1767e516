"""The only place that decides visibility, both ways: rows for a seat, and people for a row."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Length, Substr

from schools.clock import today
from schools.models import Membership, Region, School, User
from schools.models.regions import NATION, RegionKind, ancestors, bounds
from schools.models.schools import SchoolKind
from schools.roles import AT_BUREAU, OFFICIAL_ROLES, RIGHTS, SCHOOL_ROLES, Role

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

    @property
    def has_bureaus_below(self) -> bool:
        """Whether there may be bureaus next below: of a city and of a province."""
        return self.region is not None and len(self.region.code) in (2, 4)

    def has(self, verb: str) -> bool:
        """Whether a role held here has the right `verb`; an unknown verb is a KeyError, no "no"."""
        holders = RIGHTS[verb]
        if self.school and self.school.kind == SchoolKind.bureau:
            holders |= AT_BUREAU.get(verb, frozenset())
        return bool(holders & self.roles)

    def is_authority(self, code: str) -> bool:
        """Whether this seat stands at exactly the region that reviews `code`'s schools."""
        return self.region is not None and self.region.code == code


def next_above(code: str) -> str:
    """The region next above `code` that has a bureau; empty where that is the nation.

    A city that is a mere placeholder is passed over: above its counties stands the province.
    """
    chain = Region.objects.filter(pk__in=ancestors(code)[1:-1]).exclude(kind=RegionKind.placeholder)
    return max(chain.values_list("pk", flat=True), key=len, default="")


def is_next_above(seat: Seat, code: str) -> bool:
    """Whether this seat stands at the region next above `code`."""
    own, chain = seat.region.code if seat.region else "", ancestors(code)[1:-1]
    return own in chain and (own == chain[-1] or own == next_above(code))


def bureaus_below(seat: Seat) -> "QuerySet[School]":
    """Bureaus of the regions next below this seat, whose own entries it reviews too."""
    found = School.objects.filter(kind=SchoolKind.bureau)
    if not seat.has_bureaus_below:
        return found.none()
    low, high = bounds(seat.place_code)
    found = found.filter(authority__gte=low, authority__lt=high).exclude(authority=low)
    if len(seat.place_code) == 4:
        return found
    inner = Region.objects.filter(kind=RegionKind.placeholder, pk__gte=low, pk__lt=high)
    found = found.annotate(digits=Length("authority_id"), city=Substr("authority_id", 1, 4))
    return found.filter(Q(digits=4) | Q(city__in=inner.values("pk")))


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


def reviewers(school: School, authority: str = "") -> "QuerySet[Membership]":
    """Who reviews for a school today: its authority; for a bureau the region above it as well.

    `authority`: whose an entry is, where the school was handed to another one since.
    """
    code = authority or school.authority_id
    held = people(Role.reviewer, authority=code)
    if school.kind == SchoolKind.bureau:
        held |= people(Role.reviewer, authority=next_above(code))
    return held


def partners(school: School, authority: str) -> "QuerySet[Membership]":
    """Who takes part in what a school files at `authority`: its own people, and who reviews it."""
    own = Membership.objects.live(today()).filter(school=school, role__in=SCHOOL_ROLES)
    return reviewers(school, authority) | own.select_related("user")
