"""The only place for the words and the table of a block that is about to go into a register."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform.intake import Taken
from schools.language import listed
from schools.register_sheets import CHANGED, NEW, REFUSED, UNCHANGED, Line, Look
from schools.registers import Register

SHOWN_BAD, SHOWN_GOOD = 100, 60  # rows of each that a page shows


@dataclass(frozen=True)
class Shown:
    """A cell of the preview: what was sent, what is wrong with it, what it changes."""

    heading: str
    said: str
    wrong: list[str]
    odd: list[str]
    was: str


def crumbs(register: Register, here: str) -> list[tuple[str, str]]:
    return [
        (_("Registers"), reverse("registers")),
        (str(register.name), reverse("register", args=[register.key])),
        (here, ""),
    ]


def sentence(look: Look) -> str:
    """What the block would do; every row is in exactly one of the numbers."""
    n = look.counts
    told = {"numbers": _numbers(n[NEW], n[CHANGED], n[UNCHANGED], n[REFUSED])}
    if n[NEW] or n[CHANGED]:
        return _("Nothing is written yet: %(numbers)s.") % told
    if n[REFUSED]:
        return _("Nothing can be written yet: %(numbers)s.") % told
    return _("There is nothing to write: %(numbers)s.") % told


def _numbers(new: int, changed: int, same: int, bad: int) -> str:
    """Those of the four numbers that are not 0."""
    words = [
        (new, _("%(n)d new")),
        (changed, _("%(n)d changed")),
        (same, _("%(n)d as before")),
        (bad, _("%(n)d to correct")),
    ]
    return listed(word % {"n": n} for n, word in words if n)


def button(look: Look) -> str:
    """What the button writes; "" when there is nothing."""
    n = look.counts[NEW] + look.counts[CHANGED]
    if not n:
        return ""
    if look.refused:
        return ngettext("Write the %(n)d good row", "Write the %(n)d good rows", n) % {"n": n}
    return ngettext("Write %(n)d row", "Write %(n)d rows", n) % {"n": n}


def taken(done: Taken) -> str:
    """What was written."""
    left = len(done.left.refused)
    said = _("Written: %(numbers)s.") % {
        "numbers": _numbers(done.new, done.changed, done.unchanged, 0) or "0"
    }
    if not left:
        return said
    more = ngettext(
        "%(n)d row came back to be corrected.", "%(n)d rows came back to be corrected.", left
    )
    return f"{said} {more % {'n': left}}"


def table(look: Look) -> dict[str, Any]:
    """The preview: headings with the column each is, rows with their cells, how many are hidden."""
    titles = {column.name: column.heading for column in look.desk.columns}
    own = [*look.head.words, *[""] * (len(look.head.columns) - len(look.head.words))]
    bad, good = look.refused, [line for line in look.lines if line.state != REFUSED]
    lines = sorted([*bad[:SHOWN_BAD], *good[:SHOWN_GOOD]], key=lambda line: line.number)
    return {
        "heads": [
            {"said": said, "name": name, "place": place, "title": titles.get(name, "")}
            for place, (said, name) in enumerate(zip(own, look.head.columns, strict=True), start=1)
        ],
        "options": list(titles.items()),
        "rows": [_row(look, line, titles) for line in lines],
        "hidden": len(look.lines) - len(lines),
        "missing": _missing(look, titles),
    }


def _row(look: Look, line: Line, titles: dict[str, str]) -> dict[str, Any]:
    names = look.head.columns
    cells = [*line.cells, *[""] * (len(names) - len(line.cells))]
    old = {change.heading: change.old for change in line.changes}
    words = {
        NEW: _("new"),
        CHANGED: _("changed"),
        UNCHANGED: _("as before"),
        REFUSED: _("to correct"),
    }
    elsewhere = [
        _("%(column)s: %(sentence)s") % {"column": titles[name], "sentence": said}
        for name, sentences in line.errors.items()
        if name in titles and name not in names
        for said in sentences
    ]
    return {
        "number": line.number,
        "state": line.state,
        "word": words[line.state],
        "wrong": [*line.errors.get("", []), *elsewhere],
        "cells": [
            Shown(
                titles.get(name, ""),
                line.texts.get(name, cell),
                line.errors.get(name, []) if name else [],
                line.warnings.get(name, []) if name else [],
                old.get(titles.get(name, ""), ""),
            )
            for name, cell in zip(names, cells, strict=False)
        ],
    }


def _missing(look: Look, titles: dict[str, str]) -> list[str]:
    """Columns that must be filled and that the block does not have."""
    return [
        titles[column.name]
        for column in look.desk.columns
        if column.needed
        and column.name not in look.head.columns
        and any(column.name in line.errors for line in look.lines)
    ]
