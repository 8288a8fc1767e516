"""The only place that reads who has an account: posts a seat looks after, their state, the gaps."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from reform import leaving
from reform.models import AuditLine, Draft, Entry
from reform.states import Keeper, Status
from schools import scope
from schools.models import Activation, Membership, Region, School, User
from schools.models.regions import bounds
from schools.models.schools import SchoolKind
from schools.names import by_name
from schools.roles import Role
from schools.scope import Seat

SHOWN_LINES = 50


class State(StrEnum):
    """What stands between a person and the first page."""

    active = "active"
    waiting = "waiting"  # no password was ever chosen
    ended = "ended"


UNOPENED = leaving.no_password("user__")


# What `in_order` looks at, the post itself last.
ORDER = ("school__name", "school__code", "region", "pk")


def in_order(post: Any) -> tuple[Any, ...]:
    """The place of a post, as a tuple of ORDER: regions first, then schools by name."""
    name, code, region, *pk = post
    return name is not None, by_name(name or ""), code or "", region or "", *pk


# ---- the posts a seat looks after


def keeps_schools(seat: Seat) -> bool:
    """Whether this seat makes accounts of schools; else of regions."""
    return seat.region is not None and Role.manager in seat.roles


def posts(seat: Seat) -> "QuerySet[Membership]":
    return scope.posts(seat).select_related("user", "school", "region")


def persons(seat: Seat) -> "QuerySet[User]":
    """Whoever holds or held one of these posts."""
    return User.objects.filter(pk__in=posts(seat).order_by().values("user"))


def is_over(on: date) -> Q:
    return Q(ends_on__lt=on) | Q(user__is_active=False)


def narrowed(
    rows: "QuerySet[Membership]", text: str, show: str, on: date
) -> "QuerySet[Membership]":
    """By part of a name, a user name or a school, and by state; without one, what is not over."""
    rows = rows.filter(is_over(on)) if show == "ended" else rows.exclude(is_over(on))
    if show == "waiting":
        rows = rows.filter(UNOPENED)
    if show == "refused":
        rows = rows.filter(user__email_refused_at__isnull=False)
    if text:
        rows = rows.filter(
            Q(user__name__icontains=text)
            | Q(user__username__istartswith=text)
            | Q(school__name__icontains=text)
            | Q(region__name__icontains=text)
        )
    return rows


def with_codes(rows: "QuerySet[Membership]") -> "QuerySet[Membership]":
    """The newest code that was not revoked comes along, used or not."""
    codes = Activation.objects.filter(revoked_at=None).order_by("-pk")
    return rows.prefetch_related(Prefetch("user__activations", codes, to_attr="codes"))


@dataclass(frozen=True)
class Counts:
    """Accounts that are not over; of these, those never opened and those whose mail comes back."""

    people: int
    waiting: int
    refused: int


def counts(seat: Seat, on: date) -> Counts:
    found = posts(seat).exclude(is_over(on)).order_by()
    told = found.aggregate(
        people=Count("user", distinct=True),
        waiting=Count("user", filter=UNOPENED, distinct=True),
        refused=Count("user", filter=Q(user__email_refused_at__isnull=False), distinct=True),
    )
    return Counts(**told)


def state(membership: Membership, on: date) -> State:
    """Of a post as its person stands today."""
    user = membership.user
    if not user.is_active or (membership.ends_on and membership.ends_on < on):
        return State.ended
    return State.active if user.has_usable_password() else State.waiting


def holds_code(now: datetime) -> Exists:
    """Whether a code of a post's person still opens the account."""
    live = Activation.objects.filter(used_at=None, revoked_at=None, expires_at__gt=now)
    return Exists(live.filter(user=OuterRef("user")))


def last_code(user: User) -> Activation | None:
    return next(iter(getattr(user, "codes", ())), None)


# ---- gaps


def schools(seat: Seat) -> "QuerySet[School]":
    """Schools whose accounts this seat keeps: open ones of exactly this authority."""
    if not keeps_schools(seat):
        return School.objects.none()
    return School.objects.filter(
        authority=seat.place_code, kind=SchoolKind.school, closed_on=None
    ).order_by("name", "code")


def places(seat: Seat) -> "QuerySet[School]":
    """Where this seat gives posts of a school: the own bureau, which files too, and the schools."""
    if not keeps_schools(seat):
        return School.objects.none()
    return School.objects.filter(authority=seat.place_code, closed_on=None).order_by(
        "kind", "name", "code"
    )


def bureau_without_filer(seat: Seat, on: date) -> School | None:
    """The own bureau, where a campaign asks it and nobody files for it."""
    held = Membership.objects.filter(school=OuterRef("pk"), role=Role.filer).exclude(is_over(on))
    asked = places(seat).filter(kind=SchoolKind.bureau, locked=True)
    return asked.filter(~Exists(held)).first()


def without_filer(seat: Seat, on: date) -> "QuerySet[School]":
    """Schools where nobody files today or from a later day on."""
    held = Membership.objects.filter(school=OuterRef("pk"), role=Role.filer).exclude(is_over(on))
    return schools(seat).filter(~Exists(held))


def without_manager(seat: Seat, on: date) -> "QuerySet[Region]":
    """Authorities with schools and no manager, where an operator keeps the accounts of regions."""
    if seat.region is None or Role.operator not in seat.roles:
        return Region.objects.none()
    low, high = bounds(seat.place_code)
    held = Membership.objects.filter(region=OuterRef("pk"), role=Role.manager)
    supervised = School.objects.filter(
        authority=OuterRef("pk"), kind=SchoolKind.school, closed_on=None
    )
    return Region.objects.filter(
        Exists(supervised), ~Exists(held.exclude(is_over(on))), code__gte=low, code__lt=high
    ).order_by("code")


# ---- what a person leaves behind


@dataclass(frozen=True)
class Left:
    """What stays with the school when a post there ends."""

    drafts: int
    returned: int
    waiting: int
    colleagues: int


def left_by(membership: Membership, on: date) -> Left:
    """Drafts of this person at this school, what was returned or waits there, who else files."""
    if membership.school_id is None:
        return Left(0, 0, 0, 0)
    entries = Entry.objects.filter(
        school=membership.school_id,
        keeper=Keeper.school,
        slot__withdrawn_at=None,
        slot__campaign__state="open",
    )
    told = entries.aggregate(
        returned=Count("pk", filter=Q(status=Status.returned)),
        waiting=Count("pk", filter=Q(status__in=(Status.in_progress, Status.awaiting_signoff))),
    )
    drafts = Draft.objects.filter(user=membership.user, entry__school=membership.school_id)
    others = Membership.objects.filter(school=membership.school_id, role=membership.role)
    others = others.exclude(is_over(on)).exclude(user=membership.user)
    return Left(
        drafts=drafts.count(),
        returned=told["returned"],
        waiting=told["waiting"],
        colleagues=others.values("user").distinct().count(),
    )


def lines_about(user: User, region: str | None = None) -> list[AuditLine]:
    """What was done to this account by those who keep accounts, newest first; of one region's
    where the person has gone to another."""
    about = Q(thing=user.username) | Q(thing__startswith=f"{user.username} ")
    rows = AuditLine.objects.filter(about, what__in=KEPT).select_related("user")
    if region is not None:
        rows = rows.filter(region=region)
    return list(rows.order_by("-at", "-pk")[:SHOWN_LINES])


KEPT = (
    "account new",
    "account change",
    "account end",
    "post change",
    "password reset",
    "code issue",
    "code use",
)
