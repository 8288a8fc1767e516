"""The only place that lets running rows of registers end at one school and go on at another.

What lasts ends at the school with the day before and is written down anew at the one that goes on,
valid from the day: nothing is typed twice, and last year's truth stays where it was. What happened
(meetings, trainings …) stays. Call `carry` in a transaction that holds the chains of every school
in `schools_of`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet, Value

from schools import clock, recording
from schools.columns import bare
from schools.models import Branch, Document, LeadershipGroup, Post, School, Studio, Succession
from schools.models.organisation import DocumentKind
from schools.models.schools import SuccessionKind
from schools.recording import Written
from schools.registers import REGISTERS
from schools.roles import PartyForm

ABOVE = (PartyForm.committee, PartyForm.general)
LASTING = tuple(key for key, register in REGISTERS.items() if register.is_lasting)
WITH_A_BRANCH = ("units", "committee_members", "documents")  # registers whose rows name a branch
COUNTS = ("approved", "filled", "dual_strong")
At = tuple[int, str]  # school, register
Done = dict[At, list[Written]]


class Line(NamedTuple):
    """One school that goes on in another; `code` and `name` of the other one, `on` the day."""

    relation: str
    code: str
    name: str
    on: date


def story(school: School) -> list[Line]:
    """What the school came from and what it went into; one query."""
    mine = Succession.objects.filter(Q(predecessor=school) | Q(successor=school))
    found = []
    for one in mine.select_related("predecessor", "successor"):
        came = one.successor_id == school.pk
        other = one.predecessor if came else one.successor
        found.append(Line(f"{one.kind}_{'from' if came else 'to'}", other.code, other.name, one.on))
    return found


def came_from(school: School) -> "QuerySet[School]":
    """The schools that went into this one and are closed: what happened there is read here."""
    gone = School.objects.filter(closed_on__lte=clock.today())
    mine = Succession.objects.filter(successor=school, kind=SuccessionKind.merge)
    return gone.filter(pk__in=mine.values("predecessor")).order_by("name", "code")


def remember(predecessor: School, successor: School, kind: SuccessionKind, on: date) -> None:
    """One line for the two; a school that was reopened and merged again has its last day there."""
    Succession.objects.update_or_create(
        predecessor=predecessor, successor=successor, defaults={"kind": kind, "on": on}
    )


# ---- what goes on


@dataclass
class Branches:
    """The branches of a school, of the one that takes over, and of guests, by what becomes of them.

    `going` are written down anew; for one in `replaced` a branch of the other school stands.
    `ending` at the school; `over`: rows of the other school that end, because it was a guest here.
    `guests`: joint rows of further schools whose host goes along.
    """

    going: list[Branch] = field(default_factory=list)
    replaced: dict[int, int] = field(default_factory=dict)
    ending: list[Branch] = field(default_factory=list)
    over: list[Branch] = field(default_factory=list)
    guests: list[Branch] = field(default_factory=list)
    top: Branch | None = None  # the committee or general branch of the school that takes over


def lasting(key: str, on: date) -> "QuerySet[Any]":
    """Rows of a register in force on the day `on` or later, of whatever school."""
    rows = REGISTERS[key].model._default_manager.filter(removed_at=None)
    return rows.filter(Q(until=None) | Q(until__gte=on)).order_by("pk")


def counts(school: School, on: date) -> dict[str, int]:
    """Register → its rows that run; one query."""
    each = [
        lasting(key, on)
        .filter(school=school)
        .order_by()
        .annotate(of=Value(key))
        .values("of")
        .annotate(n=Count("pk"))
        .values_list("of", "n")
        for key in LASTING
    ]
    return dict(each[0].union(*each[1:], all=True))


def merging(source: School, target: School, on: date) -> Branches:
    """What becomes of the branches when `source` goes into `target`; one query.

    Where the school that stays has a committee or general branch, the other's ends and its branches
    stand under that. A joint branch goes along only where the other school has nothing on record.
    """
    every = lasting("branches", on).filter(Q(school__in=[source, target]) | Q(host__school=source))
    found = Branches()
    rows = list(every.select_related("host", "school"))
    theirs = [row for row in rows if row.school_id == target.pk]
    mine = {row.pk: row for row in rows if row.school_id == source.pk}
    found.over = [row for row in theirs if row.host_id in mine]
    found.top = next((row for row in theirs if row.form in ABOVE), None)
    own = [row for row in theirs if row not in found.over]
    found.ending = list(mine.values())
    for row in found.ending:
        if row.host and row.host.school_id == target.pk:
            found.replaced[row.pk] = row.host.pk
        elif row.form in ABOVE and found.top:
            found.replaced[row.pk] = found.top.pk
        elif not (row.is_guest and own):
            found.going.append(row)
    found.guests = _guests(rows, found, {source.pk, target.pk})
    return found


def branches_of(source: School, on: date) -> list[Branch]:
    """The school's running branches, and the rows of guests whose host is one of them; one query.

    A guest's row comes with its school.
    """
    rows = lasting("branches", on).filter(Q(school=source) | Q(host__school=source))
    return list(rows.select_related("host", "school"))


def splitting(source: School, chosen: Iterable[int], rows: Sequence[Branch]) -> Branches:
    """What becomes of the chosen `rows` (of `branches_of`) when they leave for a new school."""
    wanted, found = set(chosen), Branches()
    found.going = [row for row in movable(source, rows) if row.pk in wanted]
    found.ending = found.going
    found.guests = _guests(rows, found, {source.pk})
    return found


def movable(source: School, rows: Iterable[Branch]) -> list[Branch]:
    """The branches that can leave a school: its own, in force, not the organisation above them."""
    today = clock.today()
    own = [row for row in rows if row.school_id == source.pk and row.holds(today)]
    return [row for row in own if row.form not in ABOVE and not row.is_guest]


def _guests(rows: Iterable[Branch], found: Branches, own: set[int]) -> list[Branch]:
    there = {row.pk for row in found.going} | found.replaced.keys()
    return [row for row in rows if row.school_id not in own and row.host_id in there]


def schools_of(source: School, target: School | None, found: Branches) -> dict[int, School]:
    """Every school whose registers are written to."""
    schools = {source.pk: source, **({target.pk: target} if target else {})}
    schools |= {row.school_id: row.school for row in found.guests}
    if target:
        joined = _joined(source).select_related("school")
        schools |= {row.school_id: row.school for row in joined}
    return schools


def _joined(source: School) -> "QuerySet[Studio]":
    """Studios of others in which the school takes part."""
    return Studio.objects.filter(members=source, removed_at=None).exclude(school=source)


# ---- carrying it out


class Passage:
    """The deed: rows end at `source` and go on at `target` from the day `on`."""

    def __init__(self, source: School, target: School, found: Branches, on: date) -> None:
        self.source, self.target, self.found, self.on = source, target, found, on
        self.new: dict[int, int] = dict(found.replaced)  # branch → the one that stands for it
        self.done: Done = defaultdict(list)

    def carry(self, *, everything: bool) -> Done:
        """With `everything` all that runs goes (a merger), else only what hangs on the branches."""
        mine, theirs = self._rows(everything)
        self._branches()
        for key in WITH_A_BRANCH:
            self._copy(key, self._hanging(key, mine[key], theirs[key]), theirs[key])
        if everything:
            self._groups(mine["leadership_groups"], theirs["leadership_groups"])
            self._posts(mine["posts"], theirs["posts"])
            self._studios(mine["studios"])
        for key in LASTING:
            ending = self.found.ending if key == "branches" else mine[key]
            self._end(self.source, key, ending)
        self._end(self.target, "branches", self.found.over)
        self._guests()
        return self.done

    def _rows(self, everything: bool) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """The running rows of either school, register by register."""
        leaving = {row.pk for row in self.found.ending}
        mine: dict[str, list[Any]] = {}
        theirs: dict[str, list[Any]] = {}
        for key in LASTING:
            both = lasting(key, self.on).filter(school__in=[self.source, self.target])
            rows = list(both) if everything or key in WITH_A_BRANCH else []
            mine[key] = [row for row in rows if row.school_id == self.source.pk]
            theirs[key] = [row for row in rows if row.school_id == self.target.pk]
            if not everything:
                mine[key] = [row for row in mine[key] if row.branch_id in leaving]
        self.taken = {bare(row.name) for row in theirs["branches"]} if everything else set()
        return mine, theirs

    def _branches(self) -> None:
        """Those above first, so that each finds the one it stands under."""
        waiting = list(self.found.going)
        going = {row.pk for row in waiting}
        while waiting:
            ready = [row for row in waiting if row.parent_id not in going]
            ready = ready or waiting  # a circle that somebody wrote down is taken as it is
            for row in ready:
                copy = self._copied(row)
                copy.name = self._named(row.name, self.taken, 60)
                copy.parent_id = self._above(row)
                self._write("branches", [copy])
                self.new[row.pk] = copy.pk
                going.discard(row.pk)
            waiting = [row for row in waiting if row.pk in going]

    def _above(self, row: Branch) -> int | None:
        """What it stands under from now on; a school with one organisation above takes all."""
        if row.parent_id in self.new:
            return self.new[row.parent_id]
        top = self.found.top
        return top.pk if top and row.form == PartyForm.branch else None

    def _hanging(self, key: str, mine: Sequence[Any], theirs: Sequence[Any]) -> list[Any]:
        """Rows with a branch that goes along, and of a merger those without one."""
        alone = {row.kind for row in theirs} if key == "documents" else set()
        rows = []
        for row in mine:
            if row.branch_id and row.branch_id not in self.new:
                continue
            replaced = row.branch_id in self.found.replaced
            if key == "committee_members" and replaced:
                continue  # the branch that stands for it has seats of its own
            if key == "documents" and not _is_wanted(row, alone, replaced):
                continue
            rows.append(row)
        return rows

    def _groups(self, mine: Sequence[LeadershipGroup], theirs: Sequence[LeadershipGroup]) -> None:
        """Groups for what no group of the other school covers."""
        covered = {scope for row in theirs for scope in row.scopes}
        self._copy("leadership_groups", [r for r in mine if set(r.scopes) - covered], theirs)

    def _posts(self, mine: Sequence[Post], theirs: Sequence[Post]) -> None:
        """The posts of both are added up, level by level."""
        own = {row.level: row for row in theirs}
        alone = [row for row in mine if row.level not in own]
        both = [row for row in mine if row.level in own]
        sums = []
        for row in both:
            there = own[row.level]
            copy = self._copied(there)
            for name in COUNTS:
                numbers = [getattr(one, name) for one in (there, row)]
                setattr(copy, name, None if None in numbers else sum(numbers))
            sums.append(copy)
        self._end(self.target, "posts", [own[row.level] for row in both])
        self._write("posts", [*(self._copied(row) for row in alone), *sums])

    def _studios(self, mine: Sequence[Studio]) -> None:
        """Studios that it hosts go on with their members; elsewhere the other school takes part."""
        for row in mine:
            copy = self._copied(row)
            members = set(row.members.values_list("pk", flat=True))
            copy.to_join = sorted(members - {self.source.pk, self.target.pk})
            self._write("studios", [copy])
        for row in _joined(self.source).select_related("school"):
            members = {*row.members.values_list("pk", flat=True), self.target.pk}
            row.to_join = sorted(members - {self.source.pk, row.school_id})  # type: ignore[attr-defined]
            done = recording.write(row.school, REGISTERS["studios"], [row])
            self.done[row.school_id, "studios"].append(done)

    def _guests(self) -> None:
        """Joint branches of other schools whose host stands at another school now."""
        for row in self.found.guests:
            row.host_id = self.new[row.host_id or 0]
            done = recording.write(row.school, REGISTERS["branches"], [row])
            self.done[row.school_id, "branches"].append(done)

    # ---- rows

    def _copied(self, row: Any) -> Any:
        """The row written down anew, valid from the day."""
        values = {one.attname: getattr(row, one.attname) for one in row._meta.concrete_fields}
        copy = type(row)(**{**values, "id": None, "school_id": self.target.pk})
        copy.since = max(row.since or self.on, self.on)
        if hasattr(row, "branch_id"):
            copy.branch_id = self.new.get(row.branch_id)
        return copy

    def _copy(self, key: str, rows: Sequence[Any], theirs: Sequence[Any]) -> None:
        copies = [self._copied(row) for row in rows]
        if key == "units":
            taken = {(one.kind, bare(one.name)) for one in theirs}
            for copy in copies:
                if (copy.kind, bare(copy.name)) in taken:
                    copy.name = self._with_school(copy.name, 40)
        self._write(key, copies)

    def _named(self, name: str, taken: set[str], most: int) -> str:
        return self._with_school(name, most) if bare(name) in taken else name

    def _with_school(self, name: str, most: int) -> str:
        """The name of the school in front, where the other has a row of this very name."""
        return f"{self.source.name[: max(most - len(name), 0)]}{name}"

    def _write(self, key: str, rows: Sequence[Any]) -> None:
        if rows:
            done = recording.write(self.target, REGISTERS[key], rows)
            self.done[self.target.pk, key].append(done)

    def _end(self, school: School, key: str, rows: Sequence[Any]) -> None:
        if rows:
            last = self.on - timedelta(days=1)
            self.done[school.pk, key].append(recording.end(school, REGISTERS[key], rows, last))


def _is_wanted(row: Document, alone: set[str], replaced: bool) -> bool:
    """The plan of a branch goes with it; of the rest, what the other school has not got."""
    if row.kind == DocumentKind.branch_plan:
        return row.in_force and not replaced
    return row.in_force and (row.kind == DocumentKind.other or row.kind not in alone)


def summed(done: Mapping[At, Sequence[Written]]) -> dict[At, Written]:
    """What was written to a register of a school in several steps, as one act."""
    found: dict[At, Written] = {}
    for at, steps in done.items():
        whole = Written(rev=max(step.rev for step in steps))
        for step in steps:
            for name in ("added", "changed", "removed"):
                getattr(whole, name).extend(getattr(step, name))
        if whole:
            found[at] = whole
    return found
