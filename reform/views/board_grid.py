"""The only place that puts the grid of a board together: schools × measures, as HTML, in Python.

An include or a chain of ifs per cell in the template costs many times as much.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform.boards import Cell, Duty, Part, SchoolLine
from reform.states import LIGHT_URGENCY
from reform.views.board_frame import Links
from schools.language import listed

_COUNTED = {
    "late": gettext_lazy("%d overdue"),
    "back": gettext_lazy("%d returned"),
    "due": gettext_lazy("%d due soon"),
    "sign": gettext_lazy("%d awaiting sign-off"),
    "busy": gettext_lazy("%d in progress"),
    "todo": gettext_lazy("%d not started"),
    "wait": gettext_lazy("%d awaiting review"),
    "off": gettext_lazy("%d not applicable"),
}
_SCHOOL = "\0"  # stands for the school's name in a label that many cells share
Label = Callable[[str, Cell | None], str]


def columns(
    measures: Sequence[Part], owed: Mapping[int, Duty], links: Links
) -> list[dict[str, Any]]:
    """Heads of the grid; `gap` where another pillar begins."""
    pillar = {duty.measure: duty.pillar for duty in owed.values()}
    pillars = [pillar[part.code] for part in measures]
    return [
        {"part": part, "url": links.rows(measure=part.code), "gap": here != last}
        for part, here, last in zip(measures, pillars, pillars[:1] + pillars, strict=False)
    ]


def lines_of(
    schools: Sequence[SchoolLine],
    measures: Sequence[Part],
    owed: Mapping[int, Duty],
    links: Links,
    state: str = "",
) -> list[dict[str, Any]]:
    """A line per school: name and link, its cells and its six numbers; every part is escaped.

    `state`: the words of the one that is asked for; a cell without any of it stays empty.
    """
    label = _labels(measures, state)
    heads = [
        (column["part"].code, escape(column["part"].code), ' class="gap"' if column["gap"] else "")
        for column in columns(measures, owed, links)
    ]
    lines = []
    for school in schools:
        name = escape(school.name)
        rows = escape(links.rows(school=school.code))
        cells = []
        for code, escaped, css in heads:
            cell = school.cells.get(code)
            hidden = f'<span class="hide">{label(code, cell).replace(_SCHOOL, name)}</span>'
            cells.append(f"<td{css}>{_cell(cell, f'{rows}&amp;measure={escaped}', hidden)}</td>")
        figures = links.figures(school.figures, school=school.code)
        lines.append(
            {
                "name": school.name,
                "url": reverse("school_ledger", args=[school.code]),
                "cells": mark_safe("".join(cells)),
                "numbers": mark_safe("".join(map(_number, figures))),
            }
        )
    return lines


def _cell(cell: Cell | None, url: str, hidden: str) -> str:
    if cell is None:
        return f'<span class="cell off">{hidden}</span>'
    if not cell.light:
        return hidden
    return f'<a class="cell {cell.light}" href="{url}">{hidden}</a>'


def _number(figure: Mapping[str, Any]) -> str:
    return f'<td class="num"><a href="{escape(figure["url"])}">{figure["value"]}</a></td>'


def _labels(measures: Sequence[Part], state: str) -> Label:
    """What is read aloud for a cell; equal cells of a measure are worded once."""
    counted = {name: str(_COUNTED[name]) for name in LIGHT_URGENCY if name in _COUNTED}
    said = _("%(school)s, %(measure)s: %(done)d of %(expected)d accepted")
    absent = _("%(school)s, %(measure)s: not asked of this school")
    nothing = _("no item in the state “%(state)s”") % {"state": state}
    names = {part.code: f"{part.code} {part.name}" for part in measures}
    known: dict[Any, str] = {}

    def label(code: str, cell: Cell | None) -> str:
        key = (code, cell and cell.light, frozenset(cell.counts.items()) if cell else None)
        if key not in known:
            words = {"school": _SCHOOL, "measure": names[code]}
            if cell is None:
                known[key] = escape(absent % words)
            else:
                first = said % {**words, "done": cell.done, "expected": cell.expected}
                more = [text % n for k, text in counted.items() if (n := cell.counts.get(k))]
                known[key] = escape(listed([first, *more, *([] if cell.light else [nothing])]))
        return known[key]

    return label
