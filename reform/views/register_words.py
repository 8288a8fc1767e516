"""The only place for the words of the pages of registers: cells, gaps, first sentences, notices."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform.models import Event
from schools import small_counts
from schools.language import listed
from schools.models.organisation import Record
from schools.register_shape import Column, grade_name
from schools.registers import REGISTERS, Register

MOST_NAMED = 3  # member schools named in a cell


@dataclass(frozen=True)
class Cell:
    """What stands in a column of a row; `heading` is said before it on a phone."""

    heading: str
    said: str
    sort: str

    @property
    def is_number(self) -> bool:
        return self.sort == "number"

    @property
    def is_day(self) -> bool:
        return self.sort == "day"


def cells(row: Record, columns: Sequence[Column], *, outside: bool) -> list[Cell]:
    """The row as its readers see it; `outside` the school small counts of persons are hidden."""
    return [
        Cell(heading(column), said(row, column, outside=outside), column.sort) for column in columns
    ]


def heads(columns: Sequence[Column]) -> list[Cell]:
    """What stands over the columns."""
    return [Cell(heading(column), "", column.sort) for column in columns]


def heading(column: Column) -> str:
    """Of a meeting one column says who met, be it a branch, a Party group or a group."""
    return _("Held by") if _says_who_met(column) else column.heading


def _says_who_met(column: Column) -> bool:
    return (column.register, column.name) == ("meetings", "branch")


def said(row: Record, column: Column, *, outside: bool = False) -> str:
    """One value in words; "" where nothing stands."""
    if column.sort == "schools":
        return _members(list(row.members.all()))  # type: ignore[attr-defined]
    if _says_who_met(column):
        return _who_met(row)
    value = getattr(row, column.name)
    if column.sort == "choices":
        chosen = set(value)
        return listed(label for key, label in column.choices if key in chosen)
    if column.sort == "grades":
        return _grades(value)
    if column.sort == "flag":
        return {True: _("Yes"), False: _("No") if column.field.null else "", None: ""}[value]
    if value in (None, ""):
        return ""
    if column.sort == "choice":
        return str(dict(column.field.flatchoices).get(value, value))
    if column.sort == "number":
        return small_counts.shown(value, outside and column.register in small_counts.REGISTERS)
    return str(value)


def _who_met(row: Any) -> str:
    if row.group_id:
        return str(row.group)
    if row.party_group and row.branch_id:
        words = {"branch": row.branch, "n": row.party_group}
        return _("%(branch)s, Party group %(n)d") % words
    return str(row.branch or "")


def _members(schools: list[Any]) -> str:
    names = listed(school.name for school in schools[:MOST_NAMED])
    if len(schools) <= MOST_NAMED:
        return names
    return _("%(names)s and %(n)d more") % {"names": names, "n": len(schools) - MOST_NAMED}


def _grades(grades: Iterable[int]) -> str:
    """Grades in a row are said by the first and the last."""
    spans = []
    for _gap, run in groupby(enumerate(sorted(grades)), lambda pair: pair[1] - pair[0]):
        numbers = [grade for _at, grade in run]
        ends = dict.fromkeys((grade_name(numbers[0]), grade_name(numbers[-1])))
        spans.append("–".join(ends))
    return listed(spans)


def lacks(register: Register, row: Record) -> str:
    """What the checks would miss in this row; "" when nothing."""
    missing = [str(column.label) for column in register.lacking(row)]
    return _("Lacks: %(what)s") % {"what": listed(missing)} if missing else ""


def steps(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The history of a school's registers, as parts/timeline.html takes it."""
    return [
        {"at": event.at, "who": str(event.actor), "what": _act(json.loads(event.body))}
        for event in events
    ]


def _act(body: dict[str, Any]) -> str:
    """What one act did; a register that is no more is called by its key."""
    key = body["register"]
    words = {"register": REGISTERS[key].name if key in REGISTERS else key}
    done = [
        sentence % {**words, "n": len(body[name])}
        for name, sentence in (
            ("added", _("added to the %(register)s: %(n)d")),
            ("changed", _("changed in the %(register)s: %(n)d")),
            ("removed", _("removed from the %(register)s: %(n)d")),
            ("restored", _("brought back to the %(register)s: %(n)d")),
        )
        if body.get(name)
    ]
    return listed(done)


# ---- first sentences


def overview(rows: int, gaps: int, empty: int) -> str:
    """Are our facts right?"""
    if not rows:
        return _("Your registers are still empty. Begin with the branches.")
    if gaps:
        return ngettext(
            "%(n)d row of your registers lacks something that the checks look at.",
            "%(n)d rows of your registers lack something that the checks look at.",
            gaps,
        ) % {"n": gaps}
    if empty:
        return ngettext(
            "What you entered is complete; %(n)d register is still empty.",
            "What you entered is complete; %(n)d registers are still empty.",
            empty,
        ) % {"n": empty}
    return _("Your registers hold everything that the checks look at.")


def overview_of(school: str, rows: int, gaps: int) -> str:
    """The same for officials."""
    if not rows:
        return _("%(school)s has entered nothing in its registers yet.") % {"school": school}
    words = ngettext(
        "%(school)s: %(n)d row in its registers.", "%(school)s: %(n)d rows in its registers.", rows
    ) % {"school": school, "n": rows}
    if not gaps:
        return words
    more = ngettext(
        "%(n)d lacks something that the checks look at.",
        "%(n)d lack something that the checks look at.",
        gaps,
    )
    return f"{words} {more % {'n': gaps}}"


def sentence(register: Register, rows: int, gaps: int) -> str:
    """What a register's page says first."""
    words = {"register": register.name, "n": rows, "gaps": gaps}
    if not rows:
        return _("%(register)s: nothing stands here yet.") % words
    if not gaps:
        return (
            ngettext(
                "%(register)s: %(n)d row, and it lacks nothing.",
                "%(register)s: %(n)d rows, and they lack nothing.",
                rows,
            )
            % words
        )
    return (
        ngettext(
            "%(register)s: %(gaps)d row lacks something.",
            "%(register)s: %(gaps)d rows lack something.",
            gaps,
        )
        % words
    )
