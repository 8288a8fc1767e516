"""The only place that loads what the structure check reads: the books of any number of schools.

Meetings as plain tuples and only those that a rule can ask for: a county holds tens of thousands.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Count, Min, Q

from schools.models import Branch, CommitteeSeat, Meeting, School
from schools.models.organisation import MeetingKind, SeatKind
from schools.models.schools import Ownership
from schools.quorum import RULES as DECIDING
from schools.roles import PartyForm
from schools.structure import form_of, full_members_of, tops
from schools.terms_of_office import months_on

Span = tuple[date, date]  # first and last day, both included
MONTHLY = (MeetingKind.committee, MeetingKind.party_group, MeetingKind.theme_day)
LEADERS = (SeatKind.secretary, SeatKind.deputy)
TALKS_BACK = 15  # months


class Periods(NamedTuple):
    """The last whole month, quarter and calendar year before a day, and the twelve months to it.

    `talks` reach further back: a talk before the first meeting of the twelve months counts too.
    """

    month: Span
    quarter: Span
    year: Span
    recent: Span
    talks: Span

    @property
    def last_quarter_of_year(self) -> date:
        """1 October of the last whole year."""
        return self.year[0].replace(month=10)

    @classmethod
    def before(cls, on: date) -> "Periods":
        month = on.replace(day=1)
        quarter = month.replace(month=(on.month - 1) // 3 * 3 + 1)
        year = date(on.year, 1, 1)
        yesterday = timedelta(days=1)
        return cls(
            (months_on(month, -1), month - yesterday),
            (months_on(quarter, -3), quarter - yesterday),
            (date(on.year - 1, 1, 1), year - yesterday),
            (months_on(on, -12), on),
            (months_on(on, -TALKS_BACK), on),
        )


class Held(NamedTuple):
    """A meeting on record."""

    pk: int
    school_id: int
    kind: str
    held_on: date
    branch_id: int | None
    party_group: int | None
    expected: int | None
    attended: int | None
    has_appointment: bool
    topics: list[str]

    def lies_in(self, span: Span) -> bool:
        return span[0] <= self.held_on <= span[1]


@dataclass
class Books:
    """The rows of one school in force on the day `on`. `guests`: host row → schools that join it.

    `meetings_since`: the first meeting ever put down.
    """

    school: School
    on: date
    branches: list[Branch] = field(default_factory=list)
    seats: list[CommitteeSeat] = field(default_factory=list)
    meetings: list[Held] = field(default_factory=list)
    meetings_since: date | None = None
    guests: dict[int, int] = field(default_factory=dict)

    @cached_property
    def form(self) -> str:
        return form_of(self.school, self.branches)

    @cached_property
    def full_members(self) -> int | None:
        return full_members_of(self.school, self.branches)

    @cached_property
    def tops(self) -> list[Branch]:
        return tops(self.school, self.branches)

    @cached_property
    def own(self) -> list[Branch]:
        """Organisations of this school: not the row that only names the branch it is a guest of."""
        return [row for row in self.branches if not row.is_guest]

    @cached_property
    def own_branches(self) -> list[Branch]:
        """Of these the branches: they have committees and meetings of members."""
        return [row for row in self.own if row.form in (PartyForm.branch, PartyForm.joint)]

    @cached_property
    def seats_of(self) -> dict[int, list[CommitteeSeat]]:
        held: dict[int, list[CommitteeSeat]] = defaultdict(list)
        for seat in self.seats:
            held[seat.branch_id].append(seat)
        return held

    @cached_property
    def periods(self) -> Periods:
        return Periods.before(self.on)

    def judged_from(self, day: date) -> bool:
        """Whether the meeting register goes back to this day; nothing before it is judged."""
        return self.meetings_since is not None and self.meetings_since <= day

    @property
    def is_guest(self) -> bool:
        """Whether the school has joined a branch of another school and has none of its own."""
        return self.form == PartyForm.joint and not self.guests and not self.own

    @property
    def is_private(self) -> bool:
        return self.school.ownership == Ownership.private

    def has_committee(self, branch: Branch) -> bool:
        """支委会: somebody beside secretary and deputy."""
        return any(seat.seat not in LEADERS for seat in self.seats_of.get(branch.pk, ()))

    def held(self, kind: str, span: Span, branch: Branch | None = None) -> list[Held]:
        """Meetings of a kind. A school's only branch has those of no branch too."""
        ids: tuple[int | None, ...] = (branch.pk,) if branch else ()
        if branch and len(self.own_branches) == 1:
            ids = (branch.pk, None)
        return [
            one
            for one in self.meetings
            if one.kind == kind and one.lies_in(span) and (not ids or one.branch_id in ids)
        ]


def load(schools: Sequence[School], on: date) -> list[Books]:
    """The books of these schools, in their order; five queries for any number of them."""
    if not schools:
        return []
    ids = [school.pk for school in schools]
    kept = {"school__in": ids, "removed_at": None}
    started = Q(since=None) | Q(since__lte=on)
    lasting = started & (Q(until=None) | Q(until__gte=on))
    branches = _by_school(Branch.objects.filter(lasting, **kept))
    seats = _by_school(CommitteeSeat.objects.filter(lasting, **kept))
    meetings = _by_school(
        Held(*row)
        for row in Meeting.objects.filter(_asked_for(on), **kept)
        .order_by("held_on", "pk")
        .values_list(*Held._fields)
    )
    since = dict(
        Meeting.objects.filter(**kept).order_by().values_list("school").annotate(Min("held_on"))
    )
    guests = _guests([row.pk for rows in branches.values() for row in rows], lasting)
    return [
        Books(
            school,
            on,
            branches.get(school.pk, []),
            seats.get(school.pk, []),
            meetings.get(school.pk, []),
            since.get(school.pk),
            {row.pk: guests[row.pk] for row in branches.get(school.pk, ()) if row.pk in guests},
        )
        for school in schools
    ]


def _by_school(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.school_id].append(row)
    return found


def _guests(hosts: list[int], lasting: Q) -> dict[int, int]:
    joined = Branch.objects.filter(lasting, host__in=hosts, removed_at=None).order_by()
    return dict(joined.values_list("host").annotate(Count("school", distinct=True)))


def _asked_for(on: date) -> Q:
    """The meetings that one of the rules looks at."""
    spans = Periods.before(on)

    def within(span: Span, *kinds: str) -> Q:
        return Q(kind__in=kinds, held_on__range=span)

    return (
        within(spans.month, *MONTHLY)
        | within(spans.quarter, MeetingKind.general)
        | within(spans.year, MeetingKind.org_life)
        | within(spans.recent, *DECIDING)
        | within(spans.talks, MeetingKind.talk)
    )
