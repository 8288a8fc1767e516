"""The only place that guesses which column of an unknown list is which, for a person to confirm."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from schools import columns
from schools.columns import COLUMNS, Mapping, Types, bare, column_of, title
from schools.errors import Denied
from schools.models import Region
from schools.sheets import HEAD_ROWS, Sheet

SAMPLE = 40  # rows looked at
SHOWN = 3  # cells of each column on the page
MOST_SHOWN = 40  # letters of a cell
_CODE = re.compile(r"[235]\d{9}")


@dataclass(frozen=True)
class Shape:
    """The upper rows of a file, even in width and cut short, and what its columns may be."""

    rows: list[list[str]]
    guess: Mapping

    @property
    def width(self) -> int:
        return len(self.guess.columns)


def shape(sheet: Sheet) -> Shape:
    """What a person needs to see to say which column is which."""
    if not sheet.rows:
        raise Denied(_("There is no school below the headings."))
    upper = [cells for _number, cells in sheet.rows[: HEAD_ROWS + SHOWN]]
    width = max(len(cells) for _number, cells in sheet.rows[: HEAD_ROWS + SAMPLE])
    even = [[*map(_short, cells), *[""] * (width - len(cells))] for cells in upper]
    return Shape(even, _guess(sheet, width))


def checked(rows: int, top: int, chosen: Sequence[str]) -> Mapping:
    """A mapping as a person made it for a file of `rows` shown rows; Denied says what is amiss."""
    if not -1 <= top < rows or set(chosen) - {*COLUMNS, ""}:
        raise Denied(_("Choose from what is offered."))
    if "name" not in chosen:
        raise Denied(_("Say which column holds the “%(name)s”.") % {"name": title("name")})
    for column in COLUMNS:
        if chosen.count(column) > 1:
            raise Denied(_("“%(name)s” is chosen for two columns.") % {"name": title(column)})
    return Mapping(top, list(chosen))


def _short(cell: str) -> str:
    return " ".join(cell.split())[:MOST_SHOWN]


def _guess(sheet: Sheet, width: int) -> Mapping:
    """By the headings where they are known, else by what stands below them."""
    upper = [cells for _number, cells in sheet.rows[:HEAD_ROWS]]
    known = [sum(column_of(cell) is not None for cell in cells) for cells in upper]
    top = known.index(max(known)) if max(known) else _first_full(upper, width)
    head = upper[top] if top >= 0 else []
    body = [cells for _number, cells in sheet.rows[top + 1 : top + 1 + SAMPLE]]
    judge, chosen = _Judge(), [""] * width
    by_head = [column_of(cell) or "" for cell in head]
    for place, column in enumerate(by_head):
        if column not in chosen:
            chosen[place] = column
    for place in range(width):
        cells = [row[place] for row in body if place < len(row) and row[place].strip()]
        found = chosen[place] or judge(cells)
        chosen[place] = found if chosen[place] or found not in chosen else ""
    return Mapping(top, chosen)


def _first_full(upper: list[list[str]], width: int) -> int:
    """The first row that is filled nearly all across, unless it holds data; else -1."""
    for place, cells in enumerate(upper):
        filled = [cell for cell in cells if cell.strip()]
        if len(filled) * 2 > width:
            return -1 if any(_CODE.fullmatch(bare(cell)) for cell in filled) else place
    return -1


class _Judge:
    """Names a column by its cells: most of them must say the same."""

    def __init__(self) -> None:
        self.types = Types()
        regions = Region.objects.exclude(name="").values_list("code", "name", "full_name")
        self.places = {bare(word) for row in regions for word in row}
        self.schools = tuple(columns.words()["schools"])

    def __call__(self, cells: list[str]) -> str:
        votes = Counter(filter(None, map(self._column, cells)))
        column, n = votes.most_common(1)[0] if votes else ("", 0)
        return column if n * 2 > len(cells) else ""

    def _column(self, cell: str) -> str:
        plain = bare(cell)
        if _CODE.fullmatch(plain):
            return "code"
        if plain in self.places:
            return "region"
        if unicodedata.normalize("NFKC", cell).strip().isdigit():
            return ""
        if _holds(lambda: columns.choice("form", cell)):
            return "form"
        if _holds(lambda: columns.choice("ownership", cell)):
            return "ownership"
        if _holds(lambda: self.types.code(cell)):
            return "school_type"
        return "name" if any(word in cell for word in self.schools) else ""


def _holds(parse: Callable[[], str]) -> bool:
    try:
        parse()
    except Denied:
        return False
    return True
