"""The only place that says which rows of the registers a window takes in, and how they are named.

The day that counts is the day of sending, or the last day of the span where that came first. What
happened counts on its day; what lasts counts while it is in force on the day that counts. Of what
is owed once in a span, a branch that was founded in its last month owes nothing; of what is owed
each month or quarter, a branch owes the whole ones from its founding to its end.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Protocol, TypeVar

from reform.checks.base import Facts, Found, Held, Ref, Span, Window
from schools.models import (
    Activity,
    Branch,
    CadrePool,
    CommitteeSeat,
    Consultation,
    Document,
    LeadershipGroup,
    Post,
    Studio,
    Training,
    Unit,
)
from schools.models.organisation import Lasting
from schools.roles import PartyForm

REGISTERS = {
    Branch: "branches",
    Unit: "units",
    CommitteeSeat: "committee_members",
    LeadershipGroup: "leadership_groups",
    Held: "meetings",
    Consultation: "consultations",
    Document: "documents",
    Training: "trainings",
    CadrePool: "cadre_pool",
    Post: "posts",
    Studio: "studios",
    Activity: "activities",
}
MOST = 20  # rows named for a reader; whoever wants them all opens the register
EARLY = timedelta(days=62)  # a plan of a term or year is made up to two months before it


class Dated(Protocol):
    @property
    def held_on(self) -> Any: ...


class Of(Protocol):
    @property
    def branch_id(self) -> Any: ...


Placed = TypeVar("Placed", bound=Of)
Lasts = TypeVar("Lasts", bound=Lasting)
Happens = TypeVar("Happens", bound=Dated)


# ---- time


def day(window: Window) -> date:
    """The day that counts."""
    return min(window.as_of, window.span[1])


def within(on: date | None, window: Window) -> bool:
    """Whether the day `on` lies in the span and not after the day of sending."""
    return on is not None and window.span[0] <= on <= day(window)


def happened(rows: Iterable[Happens], window: Window) -> list[Happens]:
    """Rows whose day lies in the window."""
    first, last = window.span[0], day(window)
    return [row for row in rows if first <= row.held_on <= last]


def standing(rows: Iterable[Lasts], on: date) -> list[Lasts]:
    """Rows in force on a day."""
    return [row for row in rows if row.holds(on)]


def owing(rows: Iterable[Lasts], window: Window) -> list[Lasts]:
    """Who owes something once in the span: in force, and founded before its last month."""
    last_month = window.span[1].replace(day=1)
    found = standing(rows, day(window))
    return [row for row in found if row.since is None or row.since <= last_month]


def due(rows: Iterable[Lasts], window: Window) -> list[tuple[Lasts, Span]]:
    """Who owes something in which month or quarter: each that it was in force throughout."""
    return [(row, piece) for row in rows for piece in window.pieces if throughout(row, piece)]


def throughout(row: Lasting, piece: Span) -> bool:
    """Whether the row is in force from the first to the last day of `piece`."""
    return row.holds(piece[0]) and row.holds(piece[1])


# ---- branches


def organisations(facts: Facts) -> list[Branch]:
    """Every Party organisation of the school itself, in force or not."""
    return [branch for branch in facts.branches if not branch.is_guest]


def branches(facts: Facts) -> list[Branch]:
    """支部 proper, without the committee or general branch above them, in force or not."""
    own = (PartyForm.branch, PartyForm.joint)
    return [branch for branch in organisations(facts) if branch.form in own]


def members(branch: Branch) -> int:
    """Full and probationary members."""
    return (branch.full_members or 0) + (branch.probationary or 0)


def by_branch(facts: Facts, rows: Iterable[Placed]) -> dict[int, list[Placed]]:
    """Branch → rows of it; where the school has only one, a row without a branch is its own."""
    found: dict[int, list[Placed]] = {branch.pk: [] for branch in branches(facts)}
    sole = next(iter(found)) if len(found) == 1 else None
    for row in rows:
        at = sole if row.branch_id is None else row.branch_id
        if at in found:
            found[at].append(row)
    return found


def held(facts: Facts, window: Window, *kinds: str, topics: Sequence[str] = ()) -> list[Held]:
    """Meetings in the window, of one of `kinds` and with one of `topics` where they are given."""
    if not kinds:
        rows = {row.pk: row for topic in topics for row in facts.by_topic.get(topic, ())}
        return happened(rows.values(), window)
    found = happened((row for kind in kinds for row in facts.by_kind.get(kind, ())), window)
    wanted = set(topics)
    return [row for row in found if not wanted or wanted & set(row.topics)]


# ---- documents


def in_force(facts: Facts, window: Window, *kinds: str) -> list[Document]:
    """Documents adopted and in force on the day that counts, of one of `kinds` if any are given."""
    on = day(window)
    return [
        row
        for row in standing(facts.documents, on)
        if row.in_force
        and (not kinds or row.kind in kinds)
        and (row.adopted_on is None or row.adopted_on <= on)
    ]


def planned(facts: Facts, window: Window, kind: str) -> list[Document]:
    """Plans of this very term or year.

    One with a last day counts in each span that it reaches into. An open one counts in the span in
    which it begins (valid from, else adopted), and in one that begins up to two months after that.
    """
    return [
        row
        for row in facts.documents
        if row.kind == kind and row.in_force and _reaches(row, window)
    ]


def _reaches(row: Document, window: Window) -> bool:
    begins = row.since or row.adopted_on
    if begins is not None and begins > day(window):
        return False
    if row.until is not None:
        return row.until >= window.span[0]
    return begins is not None and begins >= window.span[0] - EARLY


# ---- answers


def label(row: Any) -> str:
    """What the row is called by those who keep it: words of theirs or a day, never a person.

    Posts have no words of their own: the key of their level stands for them.
    """
    if isinstance(row, CommitteeSeat):
        return str(row.post_held)
    if isinstance(row, Document):
        return row.title or row.doc_no
    if isinstance(row, Consultation):
        return str(row.batch)
    if isinstance(row, Held):
        return row.held_on.isoformat()
    if isinstance(row, CadrePool):
        return row.as_of.isoformat()
    if isinstance(row, Post):
        return str(row.level)
    return str(getattr(row, "name", "") or getattr(row, "title", ""))


def ref(row: Any, words: str = "") -> Ref:
    """A row as a reader is led to it."""
    return Ref(REGISTERS[type(row)], row.pk, words or label(row))


def spot(branch: Branch, piece: Span) -> Ref:
    """A branch and the month or quarter for which something is lacking."""
    first, last = piece
    months = f"{first:%Y-%m}" if first.month == last.month else f"{first:%Y-%m}/{last:%m}"
    return ref(branch, f"{branch.name} {months}")


def refs(rows: Iterable[Any], words: Callable[[Any], str] = label) -> tuple[Ref, ...]:
    """The first of the rows."""
    return tuple(ref(row, words(row)) for row in list(rows)[:MOST])


def count(rows: Sequence[Any]) -> Found:
    """As many as there are rows."""
    return Found(len(rows), rows=refs(rows))


def share(whole: Sequence[Any], part: Sequence[Any], words: Callable[[Any], str] = label) -> Found:
    """`part` of `whole`; what is not in the part is lacking."""
    good = {row.pk for row in part}
    rest = [row for row in whole if row.pk not in good]
    return Found(len(part), len(whole), refs(part, words), refs(rest, words))


def exists(rows: Sequence[Any], lacking: Sequence[Any] = ()) -> Found:
    """1 where there is such a row, else 0; `lacking`: rows that come near it."""
    return Found(int(bool(rows)), rows=refs(rows), lacking=() if rows else refs(lacking))


def document_of(facts: Facts, window: Window, kind: str) -> Found:
    """Whether such a document is in force; those that are not any more are lacking."""
    return exists(
        in_force(facts, window, kind), [row for row in facts.documents if row.kind == kind]
    )


def covered(rows: Sequence[Any], wanted: Iterable[str], field: str) -> Found:
    """How many of the `wanted` keys stand in the lists `field` of the rows: kinds, not rows."""
    keys = set(wanted)
    good = [row for row in rows if keys & set(getattr(row, field))]
    seen = {key for row in good for key in getattr(row, field)} & keys
    return Found(len(seen), len(keys), refs(good))


def came(meetings: Sequence[Held]) -> Found:
    """Attended of expected, added up; a meeting without both numbers is left out and lacking."""
    told = [row for row in meetings if row.expected is not None and row.attended is not None]
    silent = [row for row in meetings if row.expected is None or row.attended is None]
    return Found(
        sum(row.attended or 0 for row in told),
        sum(row.expected or 0 for row in told),
        refs(told),
        refs(silent),
    )
