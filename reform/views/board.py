"""The only place for the boards: a county with its schools, a city or province with its regions."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reform import boards, tallies
from reform.boards import Below, Part
from reform.models import Entry
from reform.views.board_frame import (
    FIGURES,
    STATES,
    Links,
    board_url,
    frame,
    may_drill,
    path_to,
    year_of,
)
from reform.views.board_grid import columns, lines_of
from reform.views.headlines import board_sentence, regions_counted, schools_counted
from schools import clock, scope
from schools.access import access
from schools.models import Region
from schools.models.regions import NATION
from schools.scope import Seat

WIDEST = 20  # measures that fit beside the names; beyond that the grid scrolls in its own box


@access("see_board")
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """To the board of the reader's own region."""
    return redirect("board_region", region=request.seat.place_code)


@access("see_board")
@require_safe
def board_region(request: HttpRequest, region: str) -> HttpResponse:
    """A county with its schools; a city, province or the nation with the regions below."""
    path = path_to(request.seat, region)
    running = boards.campaigns(region)
    year, strange = year_of(request, running)
    today = clock.today()
    here = path[-1]
    context = {
        **frame(path, running, year),
        "strange": strange,
        "as_of": clock.now(),
        "may_plan": request.seat.has("plan") and request.seat.is_authority(region),
    }
    if len(region) == 6:
        context |= _authority(request.seat, here, year, today)
        who = schools_counted(len(context["lines"])) if context["lines"] else here.name
        most_late = context["most_late"]
    else:
        context |= _above(request.seat, here, year, today)
        who, most_late = context["who"], ""
    if "counting" in context:
        context["campaigns"] = [c for c in context["campaigns"] if c.pk in context["counting"]]
    context["sentence"] = board_sentence(
        context["figures_of"], who=who, year=year, campaigns=bool(running), most_late=most_late
    )
    return render(request, "board/board.html", context)


# ---- a county, or the schools that a city reviews itself


def _authority(
    seat: Seat, region: Region, year: str, today: date, *, own: bool = False
) -> dict[str, Any]:
    """Figures, pillars, measures and the grid of exactly this authority; four queries."""
    where = boards.own(region.code)
    lines = tallies.read(*where, school_year=year, on=today)
    owed = boards.duties(lines)
    links = Links(region.code, year, drill=may_drill(seat, region.code), own=own)
    figures = tallies.figures(lines, today)
    measures = boards.measures(lines, owed, today)
    rows = boards.entries(scope.rows(Entry.objects.all(), seat), where, owed)
    schools = boards.grid(rows, owed, today) if links.drill else []
    stuck = boards.stuck(lines, owed, today)
    worst = boards.most_late(stuck)
    return {
        "figures_of": figures,
        "figures": links.figures(figures),
        "labels": [str(label) for label in FIGURES.values()],
        "most_late": f"{worst.code} {worst.name}" if worst else "",
        "pillars": [_pillar(part, links) for part in boards.pillars(lines, owed, today)],
        "measures": [_measure(part, links) for part in measures],
        "stuck": [
            {"part": part, "url": links.rows(item=part.code, state="late")} for part in stuck
        ],
        "counting": {duty.campaign for duty in owed.values()},
        "columns": columns(measures, owed, links),
        "wide": len(measures) > WIDEST,
        "lines": lines_of(schools, measures, owed, links),
    }


def _pillar(part: Part, links: Links) -> dict[str, Any]:
    """A bar of 100 units: done, waiting, then the overdue ones, a step apart."""
    of = part.figures
    scale = 100 / (of.expected or 1)
    done, waiting, late = of.done * scale, of.waiting * scale, of.late * scale
    return {
        "part": part,
        "open": part.open,
        "done": f"{done:.2f}",
        "waiting": f"{waiting:.2f}",
        "waiting_x": f"{done:.2f}",
        "late": f"{late:.2f}",
        "late_x": f"{done + waiting:.2f}",
        "urls": {name: links.rows(pillar=part.code, state=name) for name in STATES},
    }


def _measure(part: Part, links: Links) -> dict[str, Any]:
    return {
        "part": part,
        "url": links.rows(measure=part.code),
        "figures": links.figures(part.figures, measure=part.code),
    }


# ---- a city, a province, the nation


def _above(seat: Seat, region: Region, year: str, today: date) -> dict[str, Any]:
    """The regions below in the order of their codes, and the schools reviewed here itself."""
    below = boards.below(region, year, today)
    figures = boards.total(below)
    links = Links(region.code, year, drill=may_drill(seat, region.code))
    context: dict[str, Any] = {
        "figures_of": figures,
        "figures": [one | {"url": one["url"] or "#regions"} for one in links.figures(figures)],
        "labels": [str(label) for label in FIGURES.values()],
        "who": _who(region, below),
        "below": [_below(seat, line, year) for line in below],
    }
    if any(line.itself for line in below):
        context["itself"] = _authority(seat, region, year, today, own=True)
    return context


def _who(region: Region, below: Sequence[Below]) -> str:
    """ "13 counties and districts": those where something is owed, told apart from the rest."""
    regions = [line for line in below if not line.itself]
    level = "city" if any(len(line.region.code) == 4 for line in regions) else "county"
    asked = sum(line.figures.expected > 0 for line in regions)
    who = regions_counted(asked, "province" if region.code == NATION else level)
    return _("%(regions)s with a campaign") % {"regions": who} if asked < len(regions) else who


def _below(seat: Seat, line: Below, year: str) -> dict[str, Any]:
    code = line.region.code
    links = Links(code, year, drill=may_drill(seat, code), own=line.itself)
    board = "#itself" if line.itself else board_url(code, year)
    return {
        "name": _("Schools it reviews itself") if line.itself else line.region.name,
        "code": code,
        "url": board,
        "figures": [one | {"url": one["url"] or board} for one in links.figures(line.figures)],
    }
