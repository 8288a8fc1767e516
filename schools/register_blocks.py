"""The only place that reads a block of cells copied from a spreadsheet: rows and headings."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

import yaml
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from schools.cells import HEAD_ROWS, MOST_COLUMNS
from schools.columns import bare
from schools.errors import Denied
from schools.register_shape import Column
from schools.registers import REGISTERS
from schools.sheets import unguarded

MOST_PASTED, MOST_SENT = 500, 2_000  # rows at once: typed into a page, in a file
_BRACKETS = re.compile(r"[(（\[【〔].*?[)）\]】〕]")
_SERIAL = re.compile(r"[3-6]\d{4}(\.0+)?")  # 1982 to 2091 as a spreadsheet counts days
_MIDNIGHT = re.compile(r"[ T]0?0:00(:00)?$")
_EPOCH = date(1899, 12, 30)


class PastedRow(NamedTuple):
    """A row that holds something: its number, its cells without the empty ones at the end, and how
    many there were with them."""

    number: int
    cells: list[str]
    width: int


Rows = list[PastedRow]


@cache
def words() -> dict[str, Any]:
    """The words of `seeds/register_sheets.yaml`."""
    path = settings.BASE_DIR / "seeds" / "register_sheets.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def rows_of(text: str) -> Rows:
    """The rows of a pasted block that hold something, with their numbers in it, from 1.

    A cell in quotes may hold line breaks and tabs, as spreadsheets copy it. Where quotes do not
    close, they are letters like any other.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").removeprefix("\ufeff")
    try:
        cells = list(csv.reader(io.StringIO(lines, newline=""), delimiter="\t", strict=True))
    except csv.Error:
        cells = [line.split("\t") for line in lines.split("\n")]
    return numbered(cells)


def numbered(cells: Iterable[Sequence[str]], first: int = 1) -> Rows:
    """Rows without the empty cells at their ends; empty rows are left out but counted."""
    found: Rows = []
    for number, row in enumerate(cells, start=first):
        kept = list(row)
        while kept and not kept[-1].strip():
            kept.pop()
        if kept:
            found.append(PastedRow(number, kept, len(row)))
    return found


def text_of(rows: Iterable[Sequence[str]]) -> str:
    """A block as it is pasted, of which `rows_of` makes the same rows."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(rows)
    return out.getvalue()


@dataclass(frozen=True)
class Head:
    """Which column each cell of a block belongs to, "" for none; `top`: the row of headings or -1.

    `words` are the headings as they were written.
    """

    top: int
    columns: list[str]
    words: list[str]

    @property
    def signature(self) -> str:
        """What tells whether a block has the headings it had."""
        return "|".join([str(self.top), str(len(self.columns)), *self.words])

    @property
    def unread(self) -> list[str]:
        """Headings whose cells are not read."""
        pairs = zip(self.words, self.columns, strict=False)
        return [word for word, column in pairs if word and not column]


def head_of(rows: Rows, register: str, columns: Sequence[Column]) -> Head:
    """By the headings, where the block has them; else the columns in the order of the template."""
    width = max((len(row.cells) for row in rows), default=0)
    if width > MOST_COLUMNS:
        raise Denied(
            _("The block has %(n)d columns; at most %(most)d are read.")
            % {"n": width, "most": MOST_COLUMNS}
        )
    names = {column.name for column in columns}
    known = [
        [name if (name := column_of(register, cell)) in names else "" for cell in row.cells]
        for row in rows[:HEAD_ROWS]
    ]
    best = max(map(_sure, known), default=0)
    if not best:
        order = [column.name for column in columns]
        return Head(-1, [*order[:width], *[""] * (width - len(order))], [])
    top = next(place for place, found in enumerate(known) if _sure(found) == best)
    found = [
        name if name not in known[top][:place] else "" for place, name in enumerate(known[top])
    ]
    heading = [cell.strip() for cell in rows[top].cells]
    return Head(top, found, heading)


def _sure(found: list[str]) -> int:
    """How many different headings a row has; a row with one known word among others has none."""
    filled = len(set(filter(None, found)))
    return filled if filled > 1 or len(found) == 1 else 0


def chosen(head: Head, columns: Sequence[Column], said: Sequence[str]) -> Head:
    """The same with the columns as a person chose them; Denied where one is chosen twice."""
    allowed = {column.name: column for column in columns}
    taken = [name for name in said if name]
    for name in taken:
        if name not in allowed:
            raise Denied(_("Choose from what is offered."))
        if taken.count(name) > 1:
            raise Denied(
                _("“%(name)s” is chosen for two columns.") % {"name": allowed[name].heading}
            )
    width = len(head.columns)
    return Head(head.top, [*said[:width], *[""] * (width - len(said))], head.words)


def column_of(register: str, heading: str) -> str:
    """Which column a heading names; "" when it is none of the register's."""
    plain = unicodedata.normalize("NFKC", heading)
    return (
        _headings(register).get(bare(plain))
        or _headings(register).get(bare(_BRACKETS.sub("", plain)))
        or ""
    )


@cache
def _headings(register: str) -> dict[str, str]:
    """Every word for a column → its name: our labels in both languages, then the further ones."""
    columns = REGISTERS[register].columns
    found = {bare(column.name): column.name for column in columns}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            found |= {bare(column.heading): column.name for column in columns}
    also = words()["also"].get(register, {})
    more = {bare(word): name for name, said in also.items() for word in said}
    return more | found


def is_example(cells: Sequence[str]) -> bool:
    """Whether a row is the example of a template."""
    first = next(filter(None, (bare(cell) for cell in cells)), "")
    return any(first.startswith(bare(mark)) for mark in words()["example_marks"])


def cell_of(column: Column, text: str) -> str:
    """A cell as the register reads it: without guards, and a day that was copied as a number."""
    plain = unguarded(text).strip()
    if column.sort != "day":
        return plain
    plain = _MIDNIGHT.sub("", unicodedata.normalize("NFKC", plain))
    if _SERIAL.fullmatch(plain):
        return (_EPOCH + timedelta(days=int(plain.partition(".")[0]))).isoformat()
    return plain
