"""The only place for the columns of a school list: their headings, and what a cell may say."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schools.errors import Denied
from schools.language import is_chinese, listed
from schools.models import School, SchoolType
from schools.models.schools import Ownership
from schools.roles import PartyForm
from schools.sheets import HEAD_ROWS, MOST_ROWS, Sheet, unguarded

NUMBERS = ("full_members", "probationary_members", "branches", "classes", "staff")
COLUMNS = ("code", "name", "region", "authority", "school_type", "ownership", "form", *NUMBERS)
HINTS: dict[str, str | Promise] = {
    "code": gettext_lazy(
        "10 digits, as text. Empty where a school has none: it then gets a local code."
    ),
    "name": gettext_lazy("In full, with the campus in brackets. Never empty."),
    "region": gettext_lazy("Code or name of the county; with its city where names repeat."),
    "authority": gettext_lazy("Who reviews it. Empty: the county where the school stands."),
    "school_type": gettext_lazy("In words or as its 3-digit code. Never empty for a new school."),
    "ownership": gettext_lazy("Public or private. Empty: public."),
    "form": gettext_lazy("Party committee, general branch, branch or joint branch. May be empty."),
    **dict.fromkeys(NUMBERS, gettext_lazy("A whole number. May be empty.")),
}
MOST_NUMBER = 99_999
MOST_SUM = 12  # letters of a word for a sum
MOST_NAME = School._meta.get_field("name").max_length or 0
_LABELS = {"ownership": Ownership, "form": PartyForm}
_SHORTENED = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)
_POINT_ZERO = re.compile(r"(?<=\d)\.0+$")  # a code that a program has read as a number
_CODE = re.compile(r"[0-9A-Z][0-9A-Z-]{3,19}")
_ROUND = str.maketrans("〔〕【】〖〗", "()()()")
_BRACKETS = re.compile(r"\(.*?\)|\[.*?\]")


@dataclass(slots=True)
class Row:
    """A row of the list as it was sent, and what is wrong with it as (column, sentence).

    `columns` says which of ours each cell belongs to; all rows share it.
    """

    number: int
    columns: list[str | None]
    cells: list[str]
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def texts(self) -> dict[str, str]:
        """What stands in our columns, made anew each time: 50,000 of them would fill the memory."""
        return {
            column: unguarded(cell).strip()
            for column, cell in zip(self.columns, self.cells, strict=False)
            if column
        }

    def wrong(self, column: str, sentence: str) -> None:
        self.problems.append((column, sentence))


@dataclass
class Listing:
    """A school list whose headings were understood; `unread` are the other headings of `head`."""

    columns: list[str]
    rows: list[Row]
    unread: list[str]
    head: list[str] = field(default_factory=list)


class Unclear(Denied):
    """The headings do not say which column is which; a person can."""


@dataclass(frozen=True)
class Mapping:
    """Which column of a file is which of ours, "" for none; `top`: place of the headings or -1."""

    top: int
    columns: list[str]


@cache
def words() -> dict[str, Any]:
    """The words of `seeds/school_list.yaml`."""
    path = settings.BASE_DIR / "seeds" / "school_list.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def title(column: str) -> str:
    """The heading of a column as we write it, in the reader's language."""
    said = words()["columns"][column]
    return said["zh"] if is_chinese() else said["en"]


def bare(text: str) -> str:
    """A word for comparing: no width, case, spaces or punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def name_key(name: str) -> str:
    """A school's name for comparing: a campus in brackets of any kind or in none is the same."""
    return bare(name)


def plain_name(name: str) -> str:
    """A name as it reads, whatever its width and spaces: what differs only there is no change."""
    return "".join(unicodedata.normalize("NFKC", name.translate(_ROUND)).split())


def main_name(name: str) -> str:
    """A school's name without what stands in brackets, for comparing."""
    return bare(_BRACKETS.sub("", unicodedata.normalize("NFKC", name.translate(_ROUND))))


@cache
def _headings() -> dict[str, str]:
    return {
        bare(_BRACKETS.sub("", unicodedata.normalize("NFKC", word))): column
        for column, said in words()["columns"].items()
        for word in [said["zh"], said["en"], column, *said["also"]]
    }


def column_of(heading: str) -> str | None:
    """Which column a heading names: 学校标识码（10位）* → code; None when it is none of ours."""
    plain = unicodedata.normalize("NFKC", heading)
    return _headings().get(bare(_BRACKETS.sub("", plain))) or _headings().get(bare(plain))


def recognise(sheet: Sheet, mapping: Mapping | None = None) -> Listing:
    """Find the headings and put every row under them; Denied when there is no list to read.

    Unclear when a mapping would help; with one, it is taken as it is.
    """
    if mapping is None:
        top = _top(sheet)
        head = [cell.strip() for cell in sheet.rows[top][1]]
        columns = [column_of(cell) for cell in head]
        refuse_twice(head, columns)
    else:
        top, columns = mapping.top, [column or None for column in mapping.columns]
        head = [cell.strip() for cell in sheet.rows[top][1]] if top >= 0 else []
        head += [""] * (len(columns) - len(head))
    body = sheet.rows[top + 1 :]
    if not body:
        raise Denied(_("There is no school below the headings."))
    if len(body) > MOST_ROWS:
        raise Denied(_("The list has more than 50,000 rows. Divide it into several files."))
    rows = [row_of(number, cells, columns, sheet.ragged_counts) for number, cells in body]
    return Listing(
        [column for column in columns if column],
        [row for row in rows if not _is_sum(row)],
        [cell for cell, column in zip(head, columns, strict=True) if cell and not column],
        head,
    )


def _top(sheet: Sheet) -> int:
    """The place of the headings: the first of the upper rows where a name is headed."""
    for place, (_number, cells) in enumerate(sheet.rows[:HEAD_ROWS]):
        if "name" in map(column_of, cells):
            return place
    found = [cell.strip() for cell in sheet.rows[0][1] if cell.strip()] if sheet.rows else []
    raise Unclear(
        _("No column is headed “%(name)s”. The first row reads: %(found)s.")
        % {"name": title("name"), "found": listed(found)[:200]}
    )


def refuse_twice(head: list[str], columns: list[str | None]) -> None:
    """Unclear when two headings name the same column."""
    for column in dict.fromkeys(filter(None, columns)):
        twice = [cell for cell, named in zip(head, columns, strict=True) if named == column]
        if len(twice) > 1:
            raise Unclear(
                _("Several columns mean the same: %(headings)s. Keep one of them.")
                % {"headings": listed(twice)}
            )


def row_of(number: int, cells: list[str], columns: list[str | None], ragged_counts: bool) -> Row:
    """The cells under their columns; a row that does not fit below its headings is a wrong one."""
    width = len(columns)
    row = Row(number, columns, cells)
    beyond = any(cell.strip() for cell in cells[width:])
    if beyond or (ragged_counts and len(cells) < width):
        row.wrong(
            "",
            _("The row has %(cells)d cells, the headings %(width)d: a comma too many or too few?")
            % {"cells": len(cells), "width": width},
        )
    return row


def _is_sum(row: Row) -> bool:
    """A word for a sum where the name or code stands, or in the first cell, be it of numbers."""
    first = next(filter(None, map(str.strip, row.cells)), "")
    heads = (row.texts.get("name") or row.texts.get("code") or "", first)
    return any(len(said) < MOST_SUM and bare(said) in _sums() for said in heads)


@cache
def _sums() -> frozenset[str]:
    return frozenset(map(bare, words()["sums"]))


# ---- what a cell says; each raises Denied with the sentence


def code(text: str) -> str:
    """A school code in capitals and half-width."""
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").strip("'`").upper()
    plain = _POINT_ZERO.sub("", plain)
    if _SHORTENED.fullmatch(plain):
        raise Denied(
            _(
                "“%(text)s” is a number that the spreadsheet has shortened, digits are lost. "
                "Format the column as text and enter the code again."
            )
            % {"text": text}
        )
    if not _CODE.fullmatch(plain):
        raise Denied(
            _("“%(text)s” is not a school code: that has 4 to 20 digits, letters or hyphens.")
            % {"text": text[:40]}
        )
    return plain


def name(text: str) -> str:
    """A school's name, its spaces made plain."""
    plain = " ".join(text.split())
    if not plain:
        raise Denied(_("The name is missing."))
    if len(plain) > MOST_NAME:
        raise Denied(_("The name is longer than %(most)d characters.") % {"most": MOST_NAME})
    if not plain.isprintable():
        raise Denied(_("The name holds characters that cannot be seen. Type it again."))
    return plain


def number(text: str) -> int:
    """A count of people, branches or classes."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    if not re.fullmatch(r"[0-9]{1,6}", plain) or int(plain) > MOST_NUMBER:
        raise Denied(
            _("“%(text)s” is not a whole number from 0 to %(most)d.")
            % {"text": text[:40], "most": MOST_NUMBER}
        )
    return int(plain)


def choice(column: str, text: str) -> str:
    """A word of ownership or form."""
    wanted = bare(text)
    for value, said in words()[column].items():
        if wanted in map(bare, [value, *said]):
            return value
    allowed = [str(label) for label in _LABELS[column].labels]
    raise Denied(
        _("“%(text)s” is not known here. Enter one of: %(allowed)s.")
        % {"text": text[:40], "allowed": listed(allowed)}
    )


def written(column: str, value: str) -> str:
    """A value of ownership or form as people write it."""
    return str(_LABELS[column](value).label)


class Types:
    """The table of school types, as lists name them."""

    def __init__(self) -> None:
        self.rows = {row.code: row for row in SchoolType.objects.all()}
        self.codes = {bare(row.name_zh): code for code, row in self.rows.items()}
        self.codes |= {bare(row.name_en): code for code, row in self.rows.items()}
        self.codes |= {bare(said): code for code in self.rows for said in self._also(code)}

    @staticmethod
    def _also(type_code: str) -> list[str]:
        return words()["school_type"].get(type_code, [])

    def code(self, text: str) -> str:
        """The code of a type that takes part; an old type becomes the one it was merged into."""
        wanted = bare(text)
        row = self.rows.get(wanted.zfill(3)) or self.rows.get(self.codes.get(wanted, ""))
        if row is None:
            raise Denied(
                _("“%(text)s” is not a school type. Enter its name or 3-digit code.")
                % {"text": text[:40]}
            )
        if row.use.startswith("alias of "):
            return row.use.removeprefix("alias of ")
        if row.use == "excluded":
            raise Denied(
                _("%(type)s does not take part in this reform. Leave the row out.") % {"type": row}
            )
        if row.use == "not a school":
            raise Denied(
                _("%(type)s is not a school of its own. Enter the school it belongs to instead.")
                % {"type": row}
            )
        return row.code
