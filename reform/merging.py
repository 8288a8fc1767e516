"""The only place that lets a school go into another, or a part of it become a school of its own.

撤并校. One transaction: the school, its entries, registers, posts and codes, with events in the
chain of every school that is touched and of the authority. What was filed stays where it was filed.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from reform import accounts, bookkeeping, filings, fitting, history, leaving, settling, steering
from reform.fitting import Fit
from reform.history import NewEvent
from reform.restructure import copied, require
from reform.rollout import OPENINGS
from schools import clock, succession
from schools.errors import Stale
from schools.models import Membership, School
from schools.models.schools import SchoolKind, SuccessionKind, code_warnings
from schools.roles import SCHOOL_ROLES
from schools.scope import Seat
from schools.succession import Branches, Passage

NUMBERS = ("full_members", "probationary_members", "branches", "classes", "staff")


@dataclass(frozen=True)
class Merger:
    """`into`: the school that goes on; `take_code`: it takes over the code of the one that ends.

    `people`: posts at the school that ends whose holders get the same post at the other one.
    """

    into: int
    take_code: bool = False
    people: tuple[int, ...] = ()


@dataclass(frozen=True)
class Effect:
    """What a merger would do. `counts`: register → rows that run at the school that ends."""

    before: School
    after: School
    into: School
    branches: Branches
    counts: dict[str, int]
    fits: list[Fit] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def candidates(school: School) -> "QuerySet[School]":
    """The schools that it may go into: of the same authority, open, not itself."""
    found = School.objects.filter(authority=school.authority_id, kind=SchoolKind.school)
    return found.filter(closed_on=None).exclude(pk=school.pk).order_by("name", "code")


def posts(school: School, by: Seat) -> "QuerySet[Membership]":
    """Posts at the school that end with it; that of who decides is left to somebody else.

    `elsewhere`: their holder has a post at another authority too, which then gives the new one.
    """
    held = leaving.not_over().filter(school=school, role__in=SCHOOL_ROLES)
    other = leaving.not_over().filter(user=OuterRef("user"))
    other = other.exclude(school__authority=school.authority_id)
    found = held.exclude(user=by.user).annotate(elsewhere=Exists(other))
    return found.select_related("user").order_by("role", "user__name", "pk")


def preview(school: School, merger: Merger, *, by: Seat) -> Effect:
    """What it would do; ValidationError names its field, Denied says why it cannot be."""
    require(by, school, "merge")
    into = School.objects.filter(pk=merger.into).first()
    into = _checked(school, into)
    today = clock.today()
    after = copied(school)
    after.school_type, after.closed_on = school.school_type, today
    fits = fitting.plan(after, fitting.facts(after))
    return Effect(
        before=school,
        after=after,
        into=into,
        branches=succession.merging(school, into, today),
        counts=succession.counts(school, today),
        fits=[fit for fit in fits if fit.changes],
        doubts=[str(one) for one in code_warnings(school.code, into.school_type_id)]
        if merger.take_code
        else [],
    )


def merge(
    school_id: int, merger: Merger, *, by: Seat, reason: str, key: str = ""
) -> dict[str, int]:
    """Let it go into the other school; what was done to its entries and registers, in counts."""
    steering.check_reason(reason)
    asked = {**vars(merger), "people": list(merger.people)}
    asked |= {"do": "merge", "school": school_id, "text": reason}
    with transaction.atomic():
        school, into, held = _take(school_id, merger.into)
        if answer := filings.answered(by.user, key, asked):
            return dict(answer["done"])
        require(by, school, "merge")
        into = _checked(school, into)
        found = succession.merging(school, into, clock.today())
        unchanged(succession.schools_of(school, into, found), held)
        done = _merge(school, into, found, merger, by, reason)
        filings.remember(by.user, key, asked, {"done": done, "into": into.pk})
    return done


def _checked(school: School, into: School | None) -> School:
    """The school that goes on, if it can; ValidationError with the sentence otherwise."""
    why = ""
    if into is None:
        why = _("Choose a school from the list.")
    elif into.pk == school.pk:
        why = _("A school cannot go into itself.")
    elif into.authority_id != school.authority_id:
        why = _("That school has another authority. First hand one of the two over.")
    elif into.kind != SchoolKind.school:
        why = _("A bureau is not a school; nothing can go into it.")
    elif into.closed_on:
        why = _("That school is closed, or its last day is fixed.")
    if into is None or why:
        raise ValidationError({"into": [why]})
    return into


def _take(school_id: int, into_id: int) -> tuple[School, School | None, set[int]]:
    """Lock openings, the authority and every school that is touched; then read the two."""
    school = School.objects.get(pk=school_id)
    into = School.objects.filter(pk=into_id).first()
    touched = {school_id, into_id} if into else {school_id}
    if into and into.pk != school.pk:
        found = succession.merging(school, into, clock.today())
        touched |= succession.schools_of(school, into, found).keys()
    history.lock({OPENINGS, f"region:{school.authority_id}", *(f"school:{pk}" for pk in touched)})
    return locked(school_id), locked(into_id) if into else None, touched


def unchanged(touched: Iterable[int], held: Collection[int]) -> None:
    """Stale where a school came to be touched between the look and the lock.

    A second lock would come out of the order that keeps two writers from waiting for each other.
    """
    if not set(touched) <= set(held):
        raise Stale(_("A school joined one of the branches meanwhile; look at it again."))


def locked(pk: int) -> School:
    """A school as it stands now that its chain is held."""
    found = School.objects.select_for_update(of=("self",), no_key=True)
    return found.select_related("school_type").get(pk=pk)


def _merge(
    school: School, into: School, found: Branches, merger: Merger, by: Seat, reason: str
) -> dict[str, int]:
    today = clock.today()
    before, into_before = copied(school), copied(into)
    written = succession.summed(Passage(school, into, found, today).carry(everything=True))
    people = _people(school, into, set(merger.people), by)
    if merger.take_code:
        _change_codes(school, into)
    school.closed_on = today
    School.objects.filter(pk=school.pk).update(closed_on=today)
    School.objects.filter(pk=into.pk).update(baseline_at=None)
    fits = fitting.plan(school, fitting.facts(school))
    done = settling.settle(school, fits, by=by, reason=reason, why="closed")
    succession.remember(school, into, SuccessionKind.merge, today)
    done |= {"rows": sum(len(one.added) for one in written.values()), **people}
    tell_registers(written, by)
    was = {"closed_on": "", **({"code": before.code} if merger.take_code else {})}
    now = {"closed_on": today.isoformat(), **({"code": school.code} if merger.take_code else {})}
    body = {"was": was, "is": now, "done": done, "other": _named(into)}
    tell(school, "merge_school", body, by, reason, region=True)
    body = {
        "was": {"code": into_before.code} if merger.take_code else {},
        "is": {"code": into.code} if merger.take_code else {},
        "other": _named(school),
        "numbers": {name: getattr(before, name) for name in NUMBERS},
    }
    tell(into, "absorb_school", body, by, reason)
    return done


def _people(school: School, into: School, chosen: Collection[int], by: Seat) -> dict[str, int]:
    """New posts first, so that nobody is signed out for good in between; then the old ones end."""
    held = list(posts(school, by))
    there = set(leaving.not_over().filter(school=into).values_list("user_id", "role"))
    given = 0
    for post in held:
        if post.pk in chosen and (post.user_id, post.role) not in there:
            accounts.appoint(by, post.user, place=into, role=post.role)
            given += 1
    yesterday = clock.today() - timedelta(days=1)
    for post in held:
        accounts.end(post, by=by, on=max(yesterday, post.starts_on))
    return {"ended": len(held), "given": given}


def _change_codes(school: School, into: School) -> None:
    """The school that goes on takes the code over; the other's is never given again (CODE-03)."""
    old, new = into.code, school.code
    School.objects.filter(pk=school.pk).update(code=f"M-{school.pk}")
    School.objects.filter(pk=into.pk).update(code=new)
    School.objects.filter(pk=school.pk).update(code=old)
    school.code, into.code = old, new


# ---- history


def _named(school: School) -> dict[str, Any]:
    return {"school": school.pk, "name": school.name, "code": school.code}


def tell(
    school: School, kind: str, body: dict[str, Any], by: Seat, reason: str, *, region: bool = False
) -> None:
    """An event in the history of a school and, where it begins with this one, of its authority."""
    event = NewEvent(kind, by.user, body={**_named(school), "seat": by.key, **body}, text=reason)
    subjects = {school.subject, *([f"region:{school.authority_id}"] if region else [])}
    chains = history.lock(subjects)
    history.append_each([(chain, event) for chain in chains.values()])


def tell_registers(written: dict[tuple[int, str], Any], by: Seat) -> None:
    """One event for each register of each school that was written to."""
    chains = history.lock({f"school:{school}" for school, _key in written})
    for (school, key), done in sorted(written.items()):
        body = {"register": key, "seat": by.key, **vars(done)}
        body = {name: value for name, value in body.items() if value != []}
        event = NewEvent(bookkeeping.KIND, by.user, body=body)
        history.append(chains[f"school:{school}"], [event])
