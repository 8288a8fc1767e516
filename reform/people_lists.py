"""The only place that compares a list of accounts with what is known: whose each row means."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _

from reform import leaving, particulars, people, people_columns
from reform.people_columns import goes_by_role
from schools import clock, scope
from schools.columns import Listing, Row, name_key
from schools.columns import code as school_code
from schools.errors import Denied
from schools.language import listed
from schools.models import Membership, School, User
from schools.roles import Role
from schools.scope import Seat

NEAR_MISSES = 30  # rows that are told a name like theirs; comparing names takes its time


@dataclass
class Line:
    """What a row means: a new account, a post that is held, and the values that would change."""

    row: Row
    values: dict[str, str]
    school: School | None = None
    held: Membership | None = None
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        return bool(self.row.problems)

    @property
    def key(self) -> tuple[Any, ...]:
        """Two rows with the same one mean the same account."""
        if self.held is not None:
            return ("held", self.held.pk)
        if name := self.values.get("username"):
            return ("username", name.casefold())
        assert self.school is not None
        return (self.school.pk, self.values["role"], name_key(self.values.get("name", "")))


# ---- which school and whose account a row means


def compare(listing: Listing, seat: Seat) -> list[Line]:
    """A Line per row, in order; what is wrong with a row stands in its problems."""
    lines = [Line(row, people_columns.values(row)) for row in listing.rows]
    known = _Schools(seat, lines)
    for line in lines:
        try:
            line.school = known.of(line.row)
        except Denied as denied:
            line.row.wrong("school" if line.row.texts.get("school") else "code", denied.reason)
    held = _Accounts(seat, lines)
    for line in lines:
        if line.refused:
            continue
        try:
            line.held = held.of(line)
        except Denied as denied:
            line.row.wrong("username" if "username" in line.values else "name", denied.reason)
            continue
        if line.held is None:
            line.values.setdefault("name", str(Role(line.values["role"]).label))
            continue
        _find_changes(line, line.held.user)
        if line.changes and line.held.user_id in held.elsewhere:
            words = _("%(name)s also holds a post elsewhere; whoever runs this installation helps.")
            line.row.wrong("", words % {"name": line.held.user})
    _refuse_repeated(lines)
    return lines


class _Schools:
    """The schools of this authority by code and name, and whether another one has a name."""

    def __init__(self, seat: Seat, lines: list[Line]) -> None:
        self.place = seat.place_name
        rows = list(people.places(seat))
        self.by_code = {school.code: school for school in rows}
        self.by_name: dict[str, list[School]] = defaultdict(list)
        for school in rows:
            self.by_name[name_key(school.name)].append(school)
        told = [line.row.texts for line in lines]
        codes = {_code(text.get("code", "")) for text in told} - self.by_code.keys()
        names = {text.get("school", "") for text in told if name_key(text.get("school", ""))
                 not in self.by_name}  # fmt: skip
        self.foreign_codes = set(_listed("code", codes))
        self.foreign_names = set(_listed("name", names))
        self.near = NEAR_MISSES

    def of(self, row: Row) -> School:
        code, name = row.texts.get("code", ""), row.texts.get("school", "")
        if code:
            return self._of_code(school_code(code), name)
        if not name:
            raise Denied(_("The school is missing. Enter its name or its code."))
        found = self.by_name.get(name_key(name), [])
        if len(found) > 1:
            codes = listed(school.code for school in found[:5])
            raise Denied(
                _("Several schools are called “%(name)s”. Enter the code: %(codes)s.")
                % {"name": name[:60], "codes": codes}
            )
        if not found:
            raise Denied(self._unknown(name))
        return found[0]

    def _of_code(self, code: str, name: str) -> School:
        school = self.by_code.get(code)
        if school is None:
            if code in self.foreign_codes:
                raise Denied(self._elsewhere(name or code))
            raise Denied(
                _("%(place)s has no open school with the code %(code)s.")
                % {"place": self.place, "code": code}
            )
        if name and name_key(name) != name_key(school.name):
            raise Denied(
                _("The code %(code)s is that of %(school)s, not of “%(name)s”.")
                % {"code": code, "school": school.name, "name": name[:60]}
            )
        return school

    def _elsewhere(self, said: str) -> str:
        return _(
            "“%(school)s” is not a school of %(place)s; its own manager makes its accounts."
        ) % {"school": said[:60], "place": self.place}

    def _unknown(self, name: str) -> str:
        if name in self.foreign_names:
            return self._elsewhere(name)
        near: list[str] = []
        if self.near:
            self.near -= 1
            names = [rows[0].name for rows in self.by_name.values()]
            near = get_close_matches(name, names, n=2, cutoff=0.6)
        if near:
            return _("There is no school called “%(name)s” here; is it %(near)s?") % {
                "name": name[:60],
                "near": _(" or ").join(near),
            }
        return _("There is no school called “%(name)s” here. Enter its code.") % {"name": name[:60]}


def _code(text: str) -> str:
    try:
        return school_code(text) if text else ""
    except Denied:
        return ""


def _listed(attribute: str, wanted: Iterable[str]) -> Iterable[str]:
    """Those of `wanted` that some school has."""
    asked = sorted(set(wanted) - {""})
    for start in range(0, len(asked), 500):
        part = asked[start : start + 500]
        yield from School.objects.filter(**{f"{attribute}__in": part}).values_list(
            attribute, flat=True
        )


class _Accounts:
    """The posts that are held at these schools, and the accounts that the rows name."""

    def __init__(self, seat: Seat, lines: list[Line]) -> None:
        today = clock.today()
        held = people.posts(seat).filter(school__isnull=False).exclude(people.is_over(today))
        self.posts: dict[tuple[int, str], list[Membership]] = defaultdict(list)
        self.of_user: dict[str, list[Membership]] = defaultdict(list)
        for post in held.order_by("pk"):
            self.posts[post.school_id or 0, post.role].append(post)
            self.of_user[post.user.username.casefold()].append(post)
        users = {post.user_id for posts in self.posts.values() for post in posts}
        others = leaving.not_over().exclude(pk__in=scope.posts(seat).values("pk"))
        self.elsewhere = users & set(others.values_list("user_id", flat=True))
        asked = sorted({line.values["username"] for line in lines if "username" in line.values})
        self.taken: set[str] = set()
        for start in range(0, len(asked), 500):
            names = User.objects.filter(username__in=asked[start : start + 500])
            self.taken |= {name.casefold() for name in names.values_list("username", flat=True)}

    def of(self, line: Line) -> Membership | None:
        """The post that is held already; None for a new account."""
        assert line.school is not None
        here = self.posts[line.school.pk, line.values["role"]]
        if name := line.values.get("username", "").casefold():
            mine = next((post for post in here if post.user.username.casefold() == name), None)
            if mine is None and (name in self.taken or name in self.of_user):
                raise Denied(self._other(name))
            return mine
        told = line.values.get("name", "")
        same = [post for post in here if name_key(post.user.name) == name_key(told)]
        open_ones = [post for post in here if goes_by_role(post.user.name, post.role)]
        found = same or open_ones if told else here
        if len(found) > 1:
            names = listed(post.user.username for post in found[:5])
            raise Denied(
                _("Several accounts fit. Enter the account: %(names)s.") % {"names": names}
            )
        return found[0] if found else None

    def _other(self, name: str) -> str:
        if name in self.of_user:
            post = self.of_user[name][0]
            words = _("This account is that of %(role)s at %(school)s. Leave the cell empty.")
            return words % {"role": post.get_role_display(), "school": post.school}
        return _("This account name is taken. Leave the cell empty: one is made.")


def _find_changes(line: Line, user: User) -> None:
    for attribute in particulars.FIELDS:
        new = line.values.get(attribute)
        old = getattr(user, attribute)
        if new is not None and new != old:
            line.changes[attribute] = (old, new)


def _refuse_repeated(lines: list[Line]) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for line in lines:
        if line.refused:
            continue
        first = seen.setdefault(line.key, line.row.number)
        if first != line.row.number:
            line.row.wrong(
                "", _("The same account stands in row %(row)d already.") % {"row": first}
            )
