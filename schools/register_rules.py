"""The only place for what a row of a register may say: what cannot be, and what looks odd.

Each rule yields (column, sentence); an `Odd` is only told, everything else is refused.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schools import quorum
from schools.columns import bare
from schools.models import (
    Activity,
    Branch,
    CadrePool,
    CommitteeSeat,
    Consultation,
    Document,
    Meeting,
    Post,
    School,
    Training,
    Unit,
)
from schools.models.capability import ActivityKind
from schools.models.organisation import Basis, DocumentKind, MeetingKind, SeatKind
from schools.registers import DECIDING, OF_A_BRANCH, PLANS, Register
from schools.workdays import Calendar, school_year_of


class Odd(str):
    """A sentence that warns and refuses nothing."""


UNDER_ITSELF = gettext_lazy("A branch cannot stand under itself.")
JOINED_TO_ITSELF = gettext_lazy(
    "A branch cannot be joined to itself: the host is at another school."
)
Remark = tuple[str, str]
ON_UNITS = frozenset({Basis.grade, Basis.subject, Basis.admin})
BY_TERM = DECIDING | {MeetingKind.leadership_group}  # kinds of meeting that are asked for by term
NOT_YET = ("held_on", "as_of", "approved_on", "elected_on", "assessed_on", "recognised_on",
           "set_up_on", "adopted_on", "reviewed_on", "asked_on", "opinion_on", "decided_on",
           "opened_on")  # fmt: skip


@dataclass
class Around:
    """What surrounds a row: its school, the day, the branches, and the rows of its own register.

    `calendar` is loaded when a rule asks for it; `with_units`: keys of branches that a unit names.
    The other rows lie by what a rule compares: each row of a long block is held against its like,
    not against all the others.
    """

    school: School
    today: date
    branches: dict[int, Branch] = field(default_factory=dict)
    with_units: frozenset[int] = frozenset()
    _alike: dict[Hashable, list[Any]] = field(default_factory=dict)
    _known: dict[int, tuple[Hashable, Any]] = field(default_factory=dict)

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar.of(self.school.authority_id)

    def in_vacation(self, day: date) -> bool:
        """Whether the terms of that school year are known and none of them holds the day."""
        terms = self.calendar.terms(school_year_of(day)).values()
        return bool(terms) and not any(first <= day <= last for first, last in terms)

    def put(self, rows: Iterable[Any]) -> None:
        """Rows of the register, or another form of one that lies here already."""
        for row in rows:
            if row.pk in self._known:
                key, before = self._known[row.pk]
                self._alike[key] = [one for one in self._alike[key] if one is not before]
            key = _likeness(row)
            self._alike.setdefault(key, []).append(row)
            if row.pk is not None:
                self._known[row.pk] = key, row

    def alike(self, row: Any) -> Iterator[Any]:
        """The other rows that say the same of what may stand only once."""
        for other in self._alike.get(_likeness(row), ()):
            if other is not row and (row.pk is None or other.pk != row.pk):
                yield other

    def others(self, row: Any) -> Iterator[Any]:
        """Of these the ones that hold at some time when this one does."""
        return (other for other in self.alike(row) if _meet(row, other))


def _likeness(row: Any) -> Hashable:
    return LIKENESS[type(row)](row)


# What may stand only once in a register, or is noticed when it stands twice.
LIKENESS: dict[type[Any], Callable[[Any], Hashable]] = {
    Branch: lambda row: bare(row.name),
    Unit: lambda row: (row.kind, bare(row.name)),
    CommitteeSeat: lambda row: (row.branch_id, row.seat),
    Post: lambda row: row.level,
    Meeting: lambda row: (
        row.kind,
        row.held_on,
        row.branch_id,
        row.party_group,
        row.group_id,
    ),
}


def _meet(one: Any, other: Any) -> bool:
    """Whether two rows are ever in force together."""
    return not (
        (one.until and other.since and one.until < other.since)
        or (other.until and one.since and other.until < one.since)
    )


def remarks(register: Register, row: Any, around: Around) -> Iterator[Remark]:
    """Everything there is to say about a row, refusals and warnings."""
    for name in NOT_YET:
        day = getattr(row, name, None)
        if day and day > around.today:
            yield name, _("This day is still to come; enter it when it is over.")
    if register.is_lasting and row.since and row.until and row.until < row.since:
        yield "until", _("The end lies before the start, %(day)s.") % {"day": row.since}
    yield from RULES.get(register.key, _nothing)(row, around)


def _nothing(_row: Any, _around: Around) -> Iterator[Remark]:
    yield from ()


def _order(row: Any, first: str, then: str, sentence: str) -> Iterator[Remark]:
    """`sentence` beside the column `then` when its day lies before that of `first`."""
    early, late = getattr(row, first), getattr(row, then)
    if early and late and late < early:
        yield then, sentence % {"day": early}


def _at_most(row: Any, part: str, whole: str, sentence: str) -> Iterator[Remark]:
    """`sentence` beside the column `part` when it is more than `whole`."""
    few, many = getattr(row, part), getattr(row, whole)
    if few is not None and many is not None and few > many:
        yield part, sentence % {"n": many}


# ---- organisation


def branch(row: Branch, around: Around) -> Iterator[Remark]:
    yield from _order(
        row, "elected_on", "term_end", _("The term ends before the election of %(day)s.")
    )
    yield from _order(
        row, "term_end", "extension_until", _("An extension ends after the term, %(day)s.")
    )
    if any(around.others(row)):
        yield "name", _("There is a branch of this name already.")
    if row.parent_id and _leads_back(row, around.branches):
        yield "parent", str(UNDER_ITSELF)
    if row.host_id and (row.host_id == row.pk or row.host_id in around.branches):
        yield "host", str(JOINED_TO_ITSELF)


def _leads_back(row: Branch, branches: dict[int, Branch]) -> bool:
    seen, above = {row.pk}, row.parent_id
    while above is not None:
        if above in seen:
            return True
        seen.add(above)
        above = branches[above].parent_id if above in branches else None
    return False


def unit(row: Unit, around: Around) -> Iterator[Remark]:
    for other in around.others(row):
        linked = around.branches.get(other.branch_id or 0)
        words = {"unit": other.name, "branch": linked}
        yield (
            "name",
            (
                _("“%(unit)s” stands here already, linked to %(branch)s; link it once.")
                if linked
                else _("“%(unit)s” stands here already.")
            )
            % words,
        )
    yield from _party_group(row, around)


def _party_group(row: Unit | Meeting, around: Around) -> Iterator[Remark]:
    if row.party_group is None:
        return
    of = around.branches.get(row.branch_id or 0)
    if of is None:
        yield "branch", _("Say which branch the Party group belongs to.")
    elif of.party_groups and not 1 <= row.party_group <= of.party_groups:
        words = {"branch": of.name, "n": of.party_groups}
        yield "party_group", _("%(branch)s has Party groups 1 to %(n)d by its own row.") % words


def seat(row: CommitteeSeat, around: Around) -> Iterator[Remark]:
    if row.trained_year and row.trained_year > around.today.year:
        yield "trained_year", _("This year is still to come.")
    if row.seat != SeatKind.secretary:
        return
    of = around.branches.get(row.branch_id or 0)
    if any(around.others(row)):
        yield "seat", Odd(_("This branch has a secretary already; let the old row end first."))
    if of is None or of.basis not in ON_UNITS:
        return
    if not row.is_unit_head:
        yield (
            "is_unit_head",
            Odd(_("This secretary heads no group of the branch; only those who do are counted.")),
        )
    elif of.pk not in around.with_units:
        words = {"branch": of.name}
        yield (
            "is_unit_head",
            Odd(
                _("No group is linked to %(branch)s in the unit register; link it there too.")
                % words
            ),
        )


def meeting(row: Meeting, around: Around) -> Iterator[Remark]:
    yield from _at_most(
        row, "attended", "expected", _("More came than were expected (%(n)d). Was it exchanged?")
    )
    if row.kind in OF_A_BRANCH and row.branch_id is None:
        yield "branch", _("Say which branch met.")
    if row.kind == MeetingKind.party_group and row.party_group is None:
        yield "party_group", _("Say which Party group met: 1, 2 …")
    elif row.branch_id:
        yield from _party_group(row, around)
    if row.kind == MeetingKind.leadership_group and row.group_id is None:
        yield "group", _("Say which leadership group met.")
    yield from _held_in_time(row, around)
    if any(around.alike(row)):
        yield "held_on", Odd(_("Such a meeting on the same day is already here."))
    if row.kind in BY_TERM and row.held_on and around.in_vacation(row.held_on):
        yield "held_on", Odd(_("This day lies in the vacation: items of a term do not count it."))
    found = quorum.of(row)
    if sentence := quorum.warning(found, row.expected, row.attended):
        yield "attended", Odd(sentence)


def _held_in_time(row: Meeting, around: Around) -> Iterator[Remark]:
    of = around.branches.get(row.branch_id or 0)
    if of is not None and row.held_on and not of.holds(row.held_on):
        yield "held_on", Odd(_("%(branch)s did not exist on this day.") % {"branch": of.name})


def consultation(row: Consultation, _around: Around) -> Iterator[Remark]:
    asked = _("This lies before the day on which opinions were asked for, %(day)s.")
    yield from _order(row, "asked_on", "due_on", asked)
    yield from _order(row, "asked_on", "opinion_on", asked)
    yield from _at_most(
        row, "returned", "requested", _("More came back than were asked for (%(n)d).")
    )
    if row.decided_on and row.opinion_on and row.opinion_on >= row.decided_on:
        yield (
            "opinion_on",
            Odd(
                _("An opinion counts only when it is dated before the decision, %(day)s.")
                % {"day": row.decided_on}
            ),
        )
    elif row.decided_on and not row.opinion_on:
        yield "opinion_on", Odd(_("Decided without an opinion: this batch will not count."))


def document(row: Document, _around: Around) -> Iterator[Remark]:
    if not row.doc_no and not row.title:
        yield "doc_no", _("Give its number or, where it has none, its name.")
    if row.kind == DocumentKind.branch_plan and row.branch_id is None:
        yield "branch", _("Say of which branch this is the plan.")
    if row.kind in PLANS and not (row.adopted_on or row.since or row.until):
        yield "adopted_on", _("Say when it was adopted: a plan without a day counts for no term.")
    yield from _order(
        row, "adopted_on", "reviewed_on", _("It cannot be reviewed before its adoption, %(day)s.")
    )


# ---- capability


def training(row: Training, _around: Around) -> Iterator[Remark]:
    yield from _order(row, "held_on", "ended_on", _("The last day lies before the first, %(day)s."))
    yield from _at_most(
        row,
        "heads_attended",
        "heads_expected",
        _("More came than were expected (%(n)d). Was it exchanged?"),
    )


def cadre_pool(row: CadrePool, _around: Around) -> Iterator[Remark]:
    part = _("This is part of a larger number that is only %(n)d.")
    for name, whole in (
        ("young_leading", "young"),
        ("entrants_frontline", "entrants"),
        ("appointed_committee", "appointed"),
        ("party_post_experience", "cadres"),
        ("cycle_appointed", "cycle_start_size"),
        ("assigned", "assignments"),
    ):
        yield from _at_most(row, name, whole, part)
    tiers = [row.tier_reserve, row.tier_backbone, row.tier_mature]
    if None not in tiers and row.in_cycle is not None:
        every = sum(n or 0 for n in tiers)
        if row.in_cycle > every:
            yield "in_cycle", part % {"n": every}


def post(row: Post, around: Around) -> Iterator[Remark]:
    yield from _at_most(
        row, "dual_strong", "filled", _("This is part of a larger number that is only %(n)d.")
    )
    for name, sentence in _at_most(
        row, "filled", "approved", _("More are filled than approved (%(n)d). Is that right?")
    ):
        yield name, Odd(sentence)
    if any(around.others(row)):
        yield "level", _("This level is already here; end the old row first.")


def activity(row: Activity, around: Around) -> Iterator[Remark]:
    if row.kind == ActivityKind.frontline and row.branch_id is None:
        yield "branch", _("Say which branch did this.")
    if row.held_on and around.in_vacation(row.held_on):
        yield "held_on", Odd(_("This day lies in the vacation: items of a term do not count it."))


RULES: dict[str, Callable[[Any, Around], Iterator[Remark]]] = {
    "branches": branch,
    "units": unit,
    "committee_members": seat,
    "meetings": meeting,
    "consultations": consultation,
    "documents": document,
    "trainings": training,
    "cadre_pool": cadre_pool,
    "posts": post,
    "activities": activity,
}
