"""The only place that makes what the style page shows: parts filled with the words of seeds/."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, QueryDict

from reform import wording
from reform.boards import Cell, Duty, Part, SchoolLine
from reform.forms.style import SampleForm
from reform.snapshots import Day
from reform.states import LIGHT_URGENCY, LIGHT_WORDS
from reform.tallies import Figures
from reform.templatetags.look import ICONS
from reform.views import board_trend, organisation
from reform.views.board import pillar_bar
from reform.views.board_frame import Links
from reform.views.board_grid import columns, lines_of
from reform.views.check_lines import CheckLine, Row
from schools import clock
from schools.models import Branch, Unit

Words = Mapping[str, Any]
_BARS = (Figures(30, 18, 16, 3, 5, 1), Figures(42, 42, 40, 0, 0, 0), Figures(12, 0, 0, 0, 0, 0))
_DAYS, _SCHOOLS = 9, 7


class Here(Links):
    """Numbers of samples, which all lead back to the page itself."""

    def rows(self, **filters: str) -> str:
        return self.region


def all_of(request: HttpRequest, here: str, house: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that templates/style/style.html takes beside the switch of themes."""
    words = wording.samples()
    return {
        "words": words,
        "crumbs": [(words["crumbs"][0], here), (words["crumbs"][1], "")],
        "icons": list(ICONS),
        "cells": [{"light": name, "label": str(label)} for name, label in LIGHT_WORDS.items()],
        "figures": [
            one | {"url": "" if n == 4 else here} for n, one in enumerate(words["figures"])
        ],
        "told": [
            Message(constants.SUCCESS, words["told"]["good"]),
            Message(constants.ERROR, words["told"]["bad"]),
        ],
        "several": _several(request, words, house),
        "typed_request": _typed(words),
        "steps": _steps(words),
        **_forms(words),
        **_checks(words, here),
        **_register(words),
        **_charts(words, here),
        **_tree(words, here),
    }


def _several(request: HttpRequest, words: Words, house: Mapping[str, Any]) -> dict[str, Any]:
    """The frame of somebody with several posts; choosing one keeps the reader's own."""
    key = request.seat.key  # type: ignore[attr-defined]
    posts = [
        {"key": key, "label": label, "current": not n} for n, label in enumerate(words["posts"])
    ]
    return {**house, "name": words["person"], "seats": posts}


def _typed(words: Words) -> HttpRequest:
    """A request that was refused, with what it said."""
    refused = HttpRequest()
    refused.POST = QueryDict(mutable=True)  # type: ignore[assignment]
    refused.POST["note"] = words["typed"]
    return refused


def _steps(words: Words) -> list[dict[str, Any]]:
    now = clock.now().replace(hour=1, minute=30)
    return [one | {"at": now - timedelta(days=3 * n)} for n, one in enumerate(words["history"], 1)]


def _forms(words: Words) -> dict[str, Any]:
    given = {"words": words["fields"], "choices": words["choices"]}
    return {
        "plain_form": SampleForm(**given, prefix_of_ids="plain_%s"),
        "wrong_form": SampleForm(**given, prefix_of_ids="wrong_%s", wrong=words["wrong"]),
    }


def _checks(words: Words, here: str) -> dict[str, Any]:
    """Computed lines: met, short, not answered; and two that are typed, one of them wrong."""
    said = words["checks"]
    rows = [Row(label, here) for label in said["rows"]]

    def line(key: str, name: str, **more: Any) -> CheckLine:
        asked = {
            "typed": False,
            "requirement": said["asks"],
            "sources": [{"text": said["source"], "certainty": said["sure"]}],
            "rule": "",
            "num_label": said["typed"],
            "den_label": said["den"],
            "den_fixed": None,
            "ratio": True,
            "yes_no": False,
            "registers": [],
        }
        return CheckLine(key=key, name=name, **{**asked, **more})

    short = {"shown": "2 / 3", "met": False, "how": said["how"], "gap": said["gap"]}
    return {
        "computed": [
            line("met", said["name"], shown="3 / 3", met=True, rows=rows[:2]),
            line("short", said["name"], **short, rows=rows[:2], lacking=rows[2:]),
            line("none", said["other"], shown="–"),
        ],
        "kept": {"on": clock.today()},
        "may": {"save": True},
        "typed_lines": [
            line("typed", said["typed"], num="12", den="12", met=True),
            line("wrong", said["typed"], num="13", den="12", errors=[said["wrong"]]),
            line("yes", said["other"], yes_no=True, ratio=False, gap=said["gap"]),
        ],
    }


def _register(words: Words) -> dict[str, Any]:
    """Rows of a register as an official reads them, one short of people, one that lacks a fact."""
    said = words["register"]

    def cells(values: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {"heading": head, "said": value, "is_day": not n, "is_number": n > 1}
            for n, (head, value) in enumerate(zip(said["heads"], values, strict=True))
        ]

    lines = [
        {"cells": cells(["2026-11-10", words["choices"][0], "9", "9"])},
        {"cells": cells(["2026-10-13", words["choices"][1], "9", "4"]), "flag": said["flag"]},
        {"cells": cells(["2026-09-15", words["choices"][2], "", ""]), "lacks": said["lacks"]},
    ]
    rows = [{"pk": n, "note": said["note"] if n == 2 else ""} for n in range(3)]
    return {
        "register": said,
        "heads": cells(said["heads"]),
        "lines": [one | {"row": row} for one, row in zip(lines, rows, strict=True)],
    }


def _charts(words: Words, here: str) -> dict[str, Any]:
    links = Here(here, "", True)
    pillars = [
        Part(one["code"], one["name"], one["theme"], figures)
        for one, figures in zip(words["pillars"], _BARS, strict=True)
    ]
    owed = {
        n: Duty(
            n, one["code"], "", one["code"], one["name"], one["code"][0], "", "", 0, clock.today()
        )
        for n, one in enumerate(words["measures"])
    }
    measures = [Part(one["code"], one["name"], "", Figures()) for one in words["measures"]]
    today = clock.today()
    days = [
        Day(today - timedelta(days=_DAYS - n), 90, 90, 6 * n, 5 * n, 14 - n, 9, 1)
        for n in range(_DAYS)
    ]
    lines = lines_of(list(_schools(words)), measures, owed, links)
    return {
        "pillars": [pillar_bar(part, links) for part in pillars],
        "trend": board_trend.drawn(days),
        "columns": columns(measures, owed, links),
        "grid": [line | {"url": here} for line in lines],
        "labels": [one["label"] for one in words["figures"]],
    }


def _schools(words: Words) -> Iterator[SchoolLine]:
    """Schools with a cell of every light between them, one with a very long name."""
    codes = [one["code"] for one in words["measures"]]
    for n in range(_SCHOOLS):
        name = words["long_school"] if n == 3 else f"{words['school']} {n + 1}"
        cells = {}
        for m, code in enumerate(codes):
            light = LIGHT_URGENCY[(n * len(codes) + m) % len(LIGHT_URGENCY)]
            if (n, m) != (5, 2):  # one is not asked of the school
                cells[code] = Cell(light, int(light == "done"), 1, {light: 1})
        yield SchoolLine(str(n), name, cells, Figures(5, n, n, 1, 1, 1))


def _tree(words: Words, here: str) -> dict[str, Any]:
    """A general branch with two branches, a unit of one of them, and one that nobody covers."""
    branches = [
        Branch(pk=n, name=one["name"], form=one["form"], full_members=int(one["members"]))
        for n, one in enumerate(words["tree"], 1)
    ]
    units = [
        Unit(pk=n, name=name, kind="grade" if n == 1 else "admin", branch_id=2 if n == 1 else None)
        for n, name in enumerate(words["units"], 1)
    ]
    marks = {n: one["mark"] for n, one in enumerate(words["tree"], 1) if "mark" in one}
    roots = organisation.tree(branches, units, marks)
    return {
        "picture": organisation.draw(roots),
        "nodes": [node for root in roots for _depth, node in root.walk()],
        "summary": organisation.summary(roots),
        "registers": {"branches": here, "units": here},
    }
