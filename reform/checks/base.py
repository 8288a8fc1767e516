"""The only place for what an automatic check is given, and what it answers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from schools.models import (
    Activity,
    Branch,
    CadrePool,
    CommitteeSeat,
    Consultation,
    Document,
    LeadershipGroup,
    Post,
    School,
    Studio,
    Training,
    Unit,
)

Span = tuple[date, date]  # first and last day, both included


@dataclass(frozen=True)
class Window:
    """What time a check looks at. `pieces`: the months or quarters to be judged, whole ones.

    `judged` False: the period goes on beyond this slot, so the value is shown "to date".
    """

    span: Span
    as_of: date
    pieces: tuple[Span, ...] = ()
    judged: bool = True


@dataclass(frozen=True)
class Ref:
    """A row of a register: `register` is a key of `schools.registers.REGISTERS`."""

    register: str
    pk: int
    label: str


@dataclass(frozen=True)
class Found:
    """What a check found. `den` is None unless the check is a ratio; 0 is 不适用, of any kind.

    `rows`: what was counted; `lacking`: rows or their owners that are still short of it.
    """

    num: int
    den: int | None = None
    rows: tuple[Ref, ...] = ()
    lacking: tuple[Ref, ...] = ()


class Held(NamedTuple):
    """A meeting, with the columns that checks read: a school holds hundreds a year."""

    pk: int
    school_id: int
    kind: str
    held_on: date
    branch_id: int | None = None
    party_group: int | None = None
    group_id: int | None = None
    expected: int | None = None
    attended: int | None = None
    has_appointment: bool = False
    topics: Sequence[str] = ()
    duty_tags: Sequence[str] = ()


@dataclass
class Facts:
    """The registers of one school as they stand, removed rows left out; the checks only read it.

    `studios`: those that it hosts or has joined. Columns that no check reads are left unread.
    Of a bureau: the rows of the bureau itself and of the schools whose items it keeps.
    """

    school: School
    branches: list[Branch] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    committee_members: list[CommitteeSeat] = field(default_factory=list)
    leadership_groups: list[LeadershipGroup] = field(default_factory=list)
    meetings: list[Held] = field(default_factory=list)
    consultations: list[Consultation] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    trainings: list[Training] = field(default_factory=list)
    cadre_pool: list[CadrePool] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    studios: list[Studio] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    phases: str = ""  # stages of schooling of its type, letters joined by commas
    shared: list[Training] = field(default_factory=list)  # of its studios, entered by other schools
    schools: int = 1  # of a bureau: those of its own that are counted
    joined: int = 0  # of a bureau: different member schools of its studios

    @cached_property
    def by_kind(self) -> dict[str, list[Held]]:
        """Kind → its meetings."""
        found = defaultdict(list)
        for row in self.meetings:
            found[row.kind].append(row)
        return dict(found)

    @cached_property
    def by_topic(self) -> dict[str, list[Held]]:
        """Topic → meetings that dealt with it."""
        found = defaultdict(list)
        for row in self.meetings:
            for topic in row.topics:
                found[topic].append(row)
        return dict(found)
