"""The only place that reads what was typed into a register: a cell → a value, or why not.

A form sends the keys of choices and "#12" for a row; a sheet sends words, in either language.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import yaml
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from schools.columns import bare
from schools.language import listed
from schools.register_shape import Column, grade_name
from schools.registers import REGISTERS

MOST_NUMBER, MOST_SMALL = 99_999, 999
YEARS = range(1949, 2100)
_DAY = re.compile(
    r"(\d{4})\s*[-/.\u5e74]\s*(\d{1,2})\s*[-/.\u6708]\s*(\d{1,2})\s*\u65e5?(?:[ T]00:00(?::00)?)?"
)
_PLAIN_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")
# Numbers may carry their unit of counting, dates their year, month and day sign.
_NUMBER = re.compile(
    r"(\d{1,12}|\d{1,3}(?:,\d{3})+)(?:\.0+)?\s*[\u4eba\u540d\u4e2a\u6b21\u4efd\u9879]?"
)
_SPLIT = re.compile(r"[、,，;；/|\n]+|\s{2,}")
_RANGE = re.compile(r"(\d{1,2})\s*[-–—~～\u81f3\u5230]\s*(\d{1,2})\s*(?:\u5e74\u7ea7)?")

Typed = str | int | bool | Sequence[str] | None


class Unread(Exception):
    """A cell that cannot be taken; `sentence` says why and what would be right."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Names:
    """The rows that cells may name, found by name or by "#" and their key."""

    def __init__(
        self, rows: Iterable[tuple[int, Sequence[str]]], known: Mapping[int, str] | None = None
    ) -> None:
        """`rows`: key → the names it goes by, the one for choice lists first.

        `known`: rows that are understood and not offered; what is wrong with them is said later.
        """
        self.labels: dict[int, str] = {}
        self._by_name: dict[str, list[int]] = {}
        self._known = dict(known or {})
        for pk, names in rows:
            self.labels[pk] = names[0]
            for name in {bare(name) for name in names}:
                self._by_name.setdefault(name, []).append(pk)
        for pk, name in self._known.items():
            self._by_name.setdefault(bare(name), [pk])

    def find(self, text: str) -> int:
        """The key of the row that `text` names; Unread when it is none or several."""
        if text.startswith("#") and text[1:].isascii() and text[1:].isdigit():
            if (pk := int(text[1:19])) in self.labels or pk in self._known:
                return pk
            raise Unread(_("Choose one of the list."))
        found = self._by_name.get(bare(text), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise Unread(_("Several are called “%(text)s”; give them different names first.")
                         % {"text": _short(text)})  # fmt: skip
        if not self.labels:
            raise Unread(_("“%(text)s” is not known yet; enter it in its own register first.")
                         % {"text": _short(text)})  # fmt: skip
        known = listed(list(self.labels.values())[:5])
        raise Unread(_("“%(text)s” is not known. There are: %(known)s.")
                     % {"text": _short(text), "known": known})  # fmt: skip


def read(column: Column, typed: Typed, names: Mapping[str, Names]) -> Any:
    """What a cell says: text, number, date, yes or no, key, list of keys, key of a row; or Unread.

    An empty cell is "", None, False or [], as the column has it. `names`: column → its rows.
    """
    if column.sort in ("choices", "grades", "schools"):
        return _several(column, typed, names)
    if isinstance(typed, bool) or column.sort == "flag":
        return _flag(column, typed)
    text = plain(typed)
    if not text:
        return column.field.get_default() if column.needed else _nothing(column)
    reader = {"text": _text, "number": _number, "day": _day, "choice": _choice}.get(column.sort)
    return reader(column, text) if reader else names[column.name].find(text)


def _nothing(column: Column) -> Any:
    if column.field.null:
        return None
    return column.field.get_default() if column.sort == "number" else ""


def plain(typed: Typed) -> str:
    """A cell without what surrounds it; a lone apostrophe only marks text in a sheet."""
    text = "" if typed is None else str(typed)
    text = "".join(char for char in text if char.isprintable() or char in "\n\t")
    return " ".join(text.split()).removeprefix("'")


def _text(column: Column, text: str) -> str:
    most = column.field.max_length
    if len(text) > most:
        raise Unread(_("At most %(most)d characters; this has %(n)d.")
                     % {"most": most, "n": len(text)})  # fmt: skip
    return text


def _number(column: Column, text: str) -> int:
    found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text))
    if column.name == "trained_year":
        return _year(int(found[1].replace(",", "")) if found else 0)
    if not found:
        raise Unread(_("Enter a whole number, such as 12; nothing else beside it."))
    number = int(found[1].replace(",", ""))
    small = column.field.get_internal_type() == "PositiveSmallIntegerField"
    most = MOST_SMALL if small else MOST_NUMBER
    if number > most:
        raise Unread(_("At most %(most)s; is there a digit too many?") % {"most": f"{most:,}"})
    return number


def _year(number: int) -> int:
    if number not in YEARS:
        raise Unread(_("Enter the year with four digits, such as 2026."))
    return number


def _day(_column: Column, text: str) -> date:
    plain = unicodedata.normalize("NFKC", text)
    found = _DAY.fullmatch(plain) or _PLAIN_DAY.fullmatch(plain)
    if not found:
        raise Unread(_("Write the date as 2026-11-20."))
    year, month, day = map(int, found.groups())
    try:
        made = date(year, month, day)
    except ValueError:
        raise Unread(_("There is no such day in the calendar.")) from None
    if year not in YEARS:
        raise Unread(_("Is the year right? It is written with four digits."))
    return made


def _flag(column: Column, typed: Typed) -> bool | None:
    if isinstance(typed, bool):
        return typed
    text = plain(typed)
    if not text or text == "unknown":
        return None if column.field.null else False
    word = _bare_mark(text)
    if word in _words()["ticked"] or word == "on":
        return True
    if word in _words()["unticked"]:
        return False
    raise Unread(_("Write yes or no."))


def _choice(column: Column, text: str) -> str:
    found = _choices(column.register, column.name).get(bare(text))
    if found is not None:
        return found
    known = listed(label for _value, label in column.choices)
    raise Unread(_("“%(text)s” is not one of: %(known)s.")
                 % {"text": _short(text), "known": known})  # fmt: skip


def _several(column: Column, typed: Typed, names: Mapping[str, Names]) -> list[Any]:
    """Several in one cell, each once, in the order of the choices."""
    if isinstance(typed, str):
        parts = [part.strip() for part in _SPLIT.split(typed)]
    else:
        parts = list(typed) if isinstance(typed, Sequence) else []
    parts = [part for part in map(plain, parts) if part]
    if column.sort == "grades":
        return sorted({n for part in parts for n in _grades(part)})
    if column.sort == "schools":
        return list(dict.fromkeys(names[column.name].find(part) for part in parts))
    found = {_choice(column, part) for part in parts}
    return [str(value) for value, _label in column.choices if value in found]


def _grades(text: str) -> list[int]:
    plain = unicodedata.normalize("NFKC", text)
    if between := _RANGE.fullmatch(plain):
        first, last = int(between[1]), int(between[2])
        if 1 <= first <= last <= 12:
            return list(range(first, last + 1))
    if (known := _grade_words().get(bare(text))) is None:
        raise Unread(_("“%(text)s” is not a grade: write 1 to 12, such as 1-6.")
                     % {"text": _short(text)})  # fmt: skip
    return [known]


@cache
def _words() -> dict[str, Any]:
    path = settings.BASE_DIR / "seeds" / "registers.yaml"
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    for answer in ("ticked", "unticked"):
        found[answer] = {_bare_mark(str(word)) for word in found[answer]}
    return found


def _bare_mark(text: str) -> str:
    """Like `bare`; a tick or a cross stands for itself."""
    return bare(text) or text.strip()


@cache
def _choices(register: str, name: str) -> dict[str, str]:
    """Everything that names a choice → its key: key, label in both languages, further words."""
    column = REGISTERS[register].column(name)
    found: dict[str, str] = {}
    for value, also in _words()["also"].get(f"{register}.{name}", {}).items():
        found |= {bare(word): value for word in also}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            found |= {bare(str(label)): str(value) for value, label in column.choices}
    return found | {bare(str(value)): str(value) for value, _label in column.choices}


@cache
def _grade_words() -> dict[str, int]:
    found = {str(n): n for n in range(1, 13)}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            found |= {bare(grade_name(n)): n for n in range(1, 13)}
    return found


def _short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:20]}…"
