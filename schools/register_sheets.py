"""The only place that says what a block of cells would do to a register: row by row, new, changed,
as it was, or refused with the reason at its cell."""

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from schools import recording, register_blocks
from schools.columns import bare, words
from schools.errors import Denied
from schools.models.organisation import Record, SeatKind
from schools.register_blocks import Head, PastedRow
from schools.register_cells import Unread, plain, read
from schools.register_forms import Desk
from schools.register_shape import Column

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
# What makes a row the same as one that stands there, the first way that fits; see `_Reader.ways`.
KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "branches": (("name",),),
    "units": (("kind", "name"),),
    "committee_members": (("branch", "seat"), ("branch", "seat", "post_held")),
    "leadership_groups": (("name",),),
    "meetings": (("kind", "held_on", "branch", "party_group", "group"),),
    "consultations": (("kind", "batch"),),
    "documents": (("kind", "branch", "doc_no"), ("kind", "branch", "title", "adopted_on")),
    "trainings": (("title", "held_on"),),
    "cadre_pool": (("as_of",),),
    "posts": (("level",),),
    "studios": (("name",),),
    "activities": (("kind", "title", "held_on", "branch"),),
}
OPEN = frozenset({"branch", "party_group", "group", "adopted_on"})  # may be empty in a key
Private = Callable[[str], list[str]]


class Change(NamedTuple):
    """What a cell would change, as people read it."""

    heading: str
    old: str
    new: str


@dataclass
class Line:
    """A row of the block: `cells` as they were sent, `width` with the empty ones at the end,
    `texts` by column as they are read.

    `later`: it names another row of the same block and is written after that one.
    """

    number: int
    cells: list[str]
    texts: dict[str, str]
    width: int = 0
    row: Any = None
    state: str = REFUSED
    errors: dict[str, list[str]] = field(default_factory=dict)  # "" stands for the whole row
    warnings: dict[str, list[str]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    later: bool = False


@dataclass
class Look:
    """What a block would do; nothing is written."""

    desk: Desk
    head: Head
    lines: list[Line]
    notes: list[str] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        return Counter(line.state for line in self.lines)

    @property
    def writable(self) -> list[Line]:
        """Lines that can be written now."""
        return [one for one in self.lines if one.state in (NEW, CHANGED) and not one.later]

    @property
    def refused(self) -> list[Line]:
        return [line for line in self.lines if line.state == REFUSED]

    @property
    def digest(self) -> str:
        """Short for what would be done, to notice that it means something else by now."""
        meant = [(one.number, one.state, one.changes, sorted(one.texts.items()))
                 for one in self.lines]  # fmt: skip
        text = json.dumps(meant, ensure_ascii=False, default=str)
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def left(self) -> str:
        """The refused rows as a block, under their headings, to be mended and sent again."""
        if not self.refused:
            return ""
        heads = self.headings
        rows = [[*one.cells, *[""] * (one.width - len(one.cells))] for one in self.refused]
        return register_blocks.text_of([heads, *rows])

    @property
    def headings(self) -> list[str]:
        """Over each cell the heading of its column; where it is none, what was written there."""
        titles = {column.name: column.heading for column in self.desk.columns}
        names = self.head.columns
        own = [*self.head.words, *[""] * (len(names) - len(self.head.words))]
        return [titles.get(name, word) for word, name in zip(own, names, strict=True)]

    def column(self, name: str) -> Column | None:
        return next((one for one in self.desk.columns if one.name == name), None)


def look(
    desk: Desk,
    block: Sequence[PastedRow],
    *,
    most: int,
    private: Private,
    said: tuple[str, Sequence[str]] | None = None,
) -> Look:
    """Read a block. `most` rows at once; `private` says of a text which numbers must not be kept.

    `said`: the column of each cell as a person chose it, and for which headings (`Head.signature`).
    Denied when there is nothing to read.
    """
    rows = [row for row in block if not register_blocks.is_example(row.cells)]
    head = register_blocks.head_of(rows, desk.register.key, desk.columns)
    if said is not None and said[0] == head.signature:
        head = register_blocks.chosen(head, desk.columns, said[1])
    body = [row for row in rows[head.top + 1 :] if not _is_sum(row.cells)]
    if not body:
        raise Denied(_("There is no row to read. Copy the cells with their headings."))
    if len(body) > most:
        raise Denied(_too_many(len(body), most))
    reader = _Reader(desk, head, private)
    lines = [reader.line(row) for row in body]
    reader.match(lines)
    notes = []
    if head.top < 0:
        notes.append(
            _("No headings were found, so the columns were taken in the order of the template.")
        )
    if head.unread:
        notes.append(
            _("Columns that were not read: %(headings)s.")
            % {"headings": pgettext("list", ", ").join(head.unread)[:200]}
        )
    if sums := len(rows[head.top + 1 :]) - len(body):
        notes.append(_("Rows of totals that were left out: %(n)d.") % {"n": sums})
    return Look(desk, head, lines, notes)


def _too_many(n: int, most: int) -> str:
    said = {"n": f"{n:,}", "most": f"{most:,}"}
    if most == register_blocks.MOST_PASTED:
        return (
            _(
                "These are %(n)s rows; at most %(most)s can be pasted at once. Send them as a file "
                "(xlsx or csv) instead, or paste them in parts."
            )
            % said
        )
    return (
        _(
            "These are %(n)s rows; a register takes at most %(most)s at once. Divide the list into "
            "several files."
        )
        % said
    )


def _is_sum(cells: Sequence[str]) -> bool:
    first = next(filter(None, (bare(cell) for cell in cells)), "")
    return first in {bare(word) for word in words()["sums"]}


class _Reader:
    """Reads the rows of one block and holds them against those that stand in the register."""

    def __init__(self, desk: Desk, head: Head, private: Private) -> None:
        self.desk, self.head, self.private = desk, head, private
        self.columns = {column.name: column for column in desk.columns}
        self.standing: list[Any] = []
        self.indexes: dict[tuple[str, ...], dict[tuple[Any, ...], list[Any]]] = {}

    def line(self, row: PastedRow) -> Line:
        """The cells of a row under their columns; what is wrong with its shape."""
        texts = {
            name: text
            for name, cell in zip(self.head.columns, row.cells, strict=False)
            if name and (text := register_blocks.cell_of(self.columns[name], cell))
        }
        line = Line(row.number, row.cells, texts, row.width)
        width = len(self.head.columns)
        if row.width < width or any(cell.strip() for cell in row.cells[width:]):
            line.errors[""] = [
                _("The row has %(cells)d cells, the others have %(width)d; is a cell missing or "
                  "broken in two?") % {"cells": row.width, "width": width}
            ]  # fmt: skip
        for name, text in texts.items():
            if sentences := self.private(plain(text)):
                line.errors.setdefault(name, []).extend(sentences)
        return line

    def match(self, lines: list[Line]) -> None:
        """Find the row that each line means, then make the row that would be written."""
        self.standing = self._load()
        good = [line for line in lines if not line.errors]
        values = {line.number: said for line in good if (said := self._values(line)) is not None}
        meant: dict[int, Any] = {}
        taken: set[int] = set()
        for fits in (self._says_the_same, self._can_change):
            for number, said in values.items():
                if number not in meant:
                    found = (row for row in self._candidates(said) if row.pk not in taken)
                    row = next((row for row in found if fits(said, row)), None)
                    if row is not None:
                        meant[number] = row
                        taken.add(row.pk)
            if fits == self._says_the_same:
                self._keep_as_is(good, meant)
        for line in good:
            if line.state != UNCHANGED and not line.errors:
                self._clean(line, meant.get(line.number))
        self._allow_within(lines)

    @staticmethod
    def _keep_as_is(lines: list[Line], meant: dict[int, Any]) -> None:
        """Rows that stand there as the block says; of the others none may say the same twice."""
        seen: dict[tuple[tuple[str, str], ...], int] = {}
        for line in lines:
            same = tuple(sorted(line.texts.items()))
            if line.number in meant:
                line.row, line.state = meant[line.number], UNCHANGED
            elif same in seen:
                line.errors[""] = [_("Row %(n)d says the same already.") % {"n": seen[same]}]
            seen.setdefault(same, line.number)

    def _load(self) -> list[Any]:
        register = self.desk.register
        rows = recording.living(register, self.desk.school)
        if any(column.sort == "schools" for column in register.columns):
            rows = rows.prefetch_related("members")
        return list(rows)

    def _values(self, line: Line) -> dict[str, Any] | None:
        """What the cells say, for comparing; None when one of them cannot be read."""
        try:
            return {
                name: read(self.columns[name], text, self.desk.names)
                for name, text in line.texts.items()
            }
        except Unread:
            return None

    def ways(self, said: dict[str, Any]) -> list[tuple[str, ...]]:
        """The keys by which these cells can mean a row; a column that the block has not is none."""
        ways = KEYS[self.desk.register.key]
        if self.desk.register.key == "committee_members":
            ways = ways[1:] if said.get("seat") == SeatKind.other else ways[:1]
        return [
            tuple(name for name in way if name in self.head.columns)
            for way in ways
            if all(said.get(name) not in (None, "") for name in way if name not in OPEN)
        ]

    def _candidates(self, said: dict[str, Any]) -> Iterator[Any]:
        every = tuple(name for name in self.head.columns if name)
        for way in (every, *self.ways(said)):
            yield from self._index(way).get(tuple(_plain(said.get(name)) for name in way), ())

    def _index(self, way: tuple[str, ...]) -> dict[tuple[Any, ...], list[Any]]:
        if way not in self.indexes:
            found: dict[tuple[Any, ...], list[Any]] = {}
            for row in self.standing:
                key = tuple(_plain(_stored(row, self.columns[name])) for name in way)
                found.setdefault(key, []).append(row)
            self.indexes[way] = found
        return self.indexes[way]

    def _says_the_same(self, said: dict[str, Any], row: Any) -> bool:
        return all(
            _plain(value) == _plain(_stored(row, self.columns[name]))
            for name, value in said.items()
        )

    @staticmethod
    def _can_change(said: dict[str, Any], row: Any) -> bool:
        """Not a row that ended before, nor a document that has another number."""
        if said.get("doc_no") and getattr(row, "doc_no", "") not in ("", said["doc_no"]):
            return False
        until, since = getattr(row, "until", None), said.get("since")
        return until is None or (since is not None and since <= until)

    def _clean(self, line: Line, row: Record | None) -> None:
        kept = copy.copy(row)
        found = self.desk.clean(line.texts, kept, remember=True)
        line.errors, line.warnings = found.errors, found.warnings
        line.row = found.row
        if line.errors:
            return
        line.state = NEW if row is None else UNCHANGED
        if row is not None:
            line.changes = self._changes(row, found.row)
            line.state = CHANGED if line.changes else UNCHANGED

    def _changes(self, old: Any, new: Any) -> list[Change]:
        found = []
        for column in self.desk.columns:
            before, after = _stored(old, column), _stored(new, column)
            if _plain(before) != _plain(after):
                found.append(
                    Change(column.heading, self._said(column, before), self._said(column, after))
                )
        return found

    def _said(self, column: Column, value: Any) -> str:
        return said(column, value, self.desk) or _("empty")

    def _allow_within(self, lines: list[Line]) -> None:
        """A branch may stand under one that the same block brings; it is written after that."""
        if "parent" not in self.columns:
            return
        brought = {bare(one.texts.get("name", "")) for one in lines if one.state == NEW}
        for line in lines:
            above = bare(line.texts.get("parent", ""))
            if "parent" not in line.errors or above not in brought:
                continue
            rest = {name: text for name, text in line.texts.items() if name != "parent"}
            if set(line.errors) == {"parent"}:
                found = self.desk.clean(rest, remember=True)
                line.errors, line.row = found.errors, found.row
            else:
                del line.errors["parent"]
            if not line.errors:
                line.state, line.later = NEW, True


def _stored(row: Any, column: Column) -> Any:
    if column.sort == "schools":
        joined = getattr(row, "to_join", None)
        if joined is None:
            joined = [one.pk for one in row.members.all()] if row.pk else []
        return sorted(joined)
    return getattr(row, column.field.attname)


def _nothing(value: Any) -> bool:
    return value is None or value == "" or value == []


def _plain(value: Any) -> Any:
    """A value for comparing: words whatever their width, spaces and punctuation."""
    if _nothing(value):
        return None
    if isinstance(value, str):
        return bare(value) or value
    return tuple(sorted(map(str, value))) if isinstance(value, list) else value


# ---- out


def said(column: Column, value: Any, desk: Desk) -> str:
    """A value as a sheet has it, such that reading it gives the value."""
    if _nothing(value):
        return ""
    if column.sort == "flag":
        return _("yes") if value else _("no")
    if column.sort == "day":
        return str(value.isoformat())
    if column.sort == "choice":
        return str(dict(column.choices).get(value, value))
    if column.sort in ("choices", "grades"):
        labels = dict(column.choices)
        return _joined(labels.get(str(one), one) for one in value)
    if column.sort == "row":
        return desk.names[column.name].labels.get(value, "")
    if column.sort == "schools":
        labels_of = desk.names[column.name].labels
        return _joined(labels_of[pk] for pk in value if pk in labels_of)
    return str(value)


def _joined(words: Iterable[object]) -> str:
    return pgettext("list in a cell", "; ").join(map(str, words))


def cells(desk: Desk, row: Any) -> list[str]:
    """A row as cells, column by column; taken back in it changes nothing."""
    return [said(column, _stored(row, column), desk) for column in desk.columns]
