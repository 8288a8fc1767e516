"""The only place that makes slips: a code for each person, told once, and the way in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

import segno
from django.db import transaction
from django.utils.safestring import SafeString, mark_safe

from reform import accounts, filings, history, leaving, people
from schools import activation, clock
from schools.errors import Denied
from schools.models import Membership
from schools.roles import Role
from schools.scope import Seat

AT_ONCE = 200  # slips of one page; the rest is the next page


class Shown(Exception):
    """These slips were made by an earlier press; their codes cannot be shown again."""


@dataclass(frozen=True)
class Slip:
    """What is printed: cut out, handed over, and kept nowhere else."""

    person: str
    username: str
    code: str
    place: str
    role: str
    until: date
    address: str
    qr: SafeString


@dataclass
class Sheet:
    """Slips that were made, the people who got none and why, and how many wait for the next."""

    slips: list[Slip]
    refused: list[tuple[str, str]]
    left: int = 0


def wanting(seat: Seat, *, anew: bool = False) -> list[int]:
    """Who cannot sign in yet, by school; whose slip still holds only where it is made `anew`."""
    rows = people.narrowed(people.posts(seat), "", "waiting", clock.today())
    if not anew:
        rows = rows.exclude(people.holds_code(clock.now()))
    found = sorted(rows.order_by().values_list(*people.ORDER, "user_id"), key=people.in_order)
    return list(dict.fromkeys(row[-1] for row in found))


def print_for(seat: Seat, user_ids: Iterable[int], *, base: str, path: str, key: str) -> Sheet:
    """A new code for each of these people; those before it no longer hold.

    `base` and `path` are the address and the page where a code is used. Shown when the same
    request comes again: the codes were shown then and are known to nobody since.
    """
    wanted = sorted(set(user_ids))
    asked = {"do": "slips", "people": wanted}
    told: list[tuple[Membership, str]] = []
    refused: list[tuple[str, str]] = []
    with transaction.atomic():
        if filings.answered(seat.user, key, asked) is not None:
            raise Shown
        posts = _current(seat, wanted)
        _lock_places_of({post.user_id for post in posts[:AT_ONCE]})
        for post in posts[:AT_ONCE]:
            try:
                told.append((post, accounts.reissue(post.user, by=seat)))
            except Denied as denied:
                refused.append((str(post.user), denied.reason))
        filings.remember(seat.user, key, asked, {"slips": len(told)})
    drawn_slips = [_slip(post, code, base, path) for post, code in told]
    return Sheet(drawn_slips, refused, left=max(len(posts) - AT_ONCE, 0))


def make_filers(seat: Seat, role_name: str) -> list[int]:
    """A filer's account for each school that has none, AT_ONCE at most; who they are.

    They go by the name of their role until somebody fills in a name.
    """
    with transaction.atomic():
        bare = people.without_filer(seat, clock.today())
        schools = {school.pk: school.subject for school in bare[:AT_ONCE]}
        history.lock(schools.values())
        return [  # asked again: a colleague who pressed first is done by now
            accounts.create(seat, place=school, role=Role.filer, name=role_name).pk
            for school in bare.filter(pk__in=schools)
        ]


def _lock_places_of(user_ids: set[int]) -> None:
    """All chains of a page at once, in the order of all writers: one by one they would cross."""
    held = leaving.not_over().filter(user__in=user_ids)
    history.lock(leaving.subject(post) for post in held)


def _current(seat: Seat, user_ids: list[int]) -> list[Membership]:
    """One post of each person, in the order of schools; who is none of ours is left out."""
    rows = people.posts(seat).filter(user__in=user_ids).exclude(people.is_over(clock.today()))
    posts = {post.pk: post for post in rows.order_by()}
    first: dict[int, Membership] = {}
    for row in sorted(rows.order_by().values_list(*people.ORDER), key=people.in_order):
        first.setdefault(posts[row[-1]].user_id, posts[row[-1]])
    return list(first.values())


def _slip(post: Membership, code: str, base: str, path: str) -> Slip:
    return Slip(
        person=post.user.name,
        username=post.user.username,
        code=code,
        place=str(post.school or post.region),
        role=post.get_role_display(),
        until=clock.local_date(clock.now() + activation.VALID_FOR),
        address=base,
        qr=drawn(f"{base}{path}?{urlencode({'u': post.user.username})}"),
    )


def drawn(text: str) -> SafeString:
    """A QR code as a drawing in the page: no picture file, no style; dark on white at night too."""
    code = segno.make(text, error="m", micro=False)
    options = {"svgclass": None, "lineclass": None, "omitsize": True, "border": 2}
    return mark_safe(code.svg_inline(dark="#000", light="#fff", **options))
