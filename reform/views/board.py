"""The only place for the boards: a county with its schools, a city or province with its regions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from reform import boards, overview, reach, snapshots, tallies
from reform.boards import Duty, Part, Range, Running
from reform.models import Entry
from reform.overview import Below, Total
from reform.snapshots import Day
from reform.tallies import Figures, Line
from reform.views import board_filters as filters
from reform.views import board_trend as trend
from reform.views.board_filters import Asked
from reform.views.board_frame import (
    FIGURES,
    STATES,
    Links,
    board_url,
    frame,
    may_drill,
    path_to,
    place,
    structure_url,
    year_of,
)
from reform.views.board_grid import columns, lines_of
from reform.views.headlines import (
    Worst,
    apart_from_plan,
    board_sentence,
    number,
    reasons_uncounted,
    regions_counted,
    schools_counted,
    turn_line,
)
from schools import clock, scope
from schools.access import access
from schools.models import Region
from schools.models.regions import NATION, ancestors, bounds
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
    county = len(region) == 6
    path, inside = (path_to(request.seat, region), {}) if county else place(request.seat, region)
    running = boards.campaigns(region)
    year, told = year_of(request, running)
    here = path[-1]
    context = {
        "as_of": clock.now(),
        "may_plan": request.seat.has("plan") and request.seat.is_authority(region),
        "structure_url": structure_url(request.seat, region),
    }
    if county:
        context |= _authority(request.seat, here, year, request.GET)
    else:
        context |= _above(request.seat, here, inside, year, request.GET, running)
    asked: Asked = context["asked"]
    context |= frame(path, running, year, asked.given)
    if "counting" in context:
        context["campaigns"] = [c for c in context["campaigns"] if c.pk in context["counting"]]
    context |= {
        "told": [*told, *context.get("left_out", ())],
        "strange": asked.strange,
        "sentence": filters.not_counted(asked, context["total"].figures.expected)
        or board_sentence(
            context["total"].figures,
            who=context["who"],
            year=year,
            campaigns=bool(running),
            planned=context["total"].planned,
            worst=context["worst"],
            narrowed=bool(asked.given),
            alone=context.get("alone", False),
        ),
        "turn": turn_line(context["total"].figures, context["total"].planned),
        "week": trend.week(context["days"], context["total"].figures, clock.today()),
        "trend": trend.drawn(context["days"], 1 if county else overview.EVERY[len(region)]),
        "all_url": board_url(region, year),
    }
    return render(request, "board/board.html", context)


# ---- a county, or the schools that a city reviews itself


def _authority(
    seat: Seat, region: Region, year: str, said: QueryDict, *, own: bool = False
) -> dict[str, Any]:
    """Figures, pillars, measures and the grid of exactly this authority; six queries at most."""
    today, where = clock.today(), boards.own(region.code)
    lines = tallies.read(*where, school_year=year, on=today)
    owed = boards.duties(lines, region.code)
    known = _known(region.code, owed, own)
    if not may_drill(seat, region.code):
        known.pop("state", None)  # it thins the grid, which is not shown
    asked, thinned = filters.apart(filters.asked_of(said, known), "state")
    if asked.schools:
        lines = boards.of_schools(where, year, today, asked.schools)
    owed = {pk: duty for pk, duty in owed.items() if asked.suits(duty)}
    lines = [line for line in lines if line.slot in owed]
    links = Links(region.code, year, may_drill(seat, region.code), own, asked.given)
    of_grid = replace(links, base={**asked.given, **thinned.given})
    total = Total(tallies.figures(lines, today), boards.planned(lines, owed, today))
    schools = []
    if links.drill:
        rows = boards.entries(scope.rows(Entry.objects.all(), seat), where, owed)
        of_school = {f"school__{field}": value for field, value in asked.schools.items()}
        schools = boards.grid(rows.filter(**of_school), owed, today, thinned.get("state"))
    chips = _chips(region.code, year, asked, thinned.given)
    if not schools:
        chips["state"] = board_url(region.code, year, **asked.given)
    return {
        "total": total,
        "who": schools_counted(len(schools)) if schools else region.name,
        "alone": len(schools) == 1,
        "uncounted": {} if own or asked.given else _uncounted(seat, region.code, schools),
        "days": [] if own else _days(where, year, total, asked, today),
        **_parts(lines, owed, links, total.figures, today),
        **_grid(
            [line for line in schools if line.shown], lines, owed, (links, of_grid), today, thinned
        ),
        **filters.shown(asked, known, chips, thinned),
        "grid_state": thinned.words.get("state", "") if schools else "",
        "whole_grid_url": board_url(region.code, year, **asked.given),
    }


def _uncounted(seat: Seat, code: str, schools: Sequence[boards.SchoolLine]) -> dict[str, Any]:
    """Why the grid has fewer schools than the list of schools; one query."""
    if not schools:
        return {}
    found = reach.uncounted(code, Q(code__in=[line.code for line in schools]))
    return reasons_uncounted(found, linked=seat.place_code == code)


def _known(county: str, owed: Mapping[int, Duty], own: bool) -> filters.Known:
    """The filters of a board, by what is owed on it; without its items, which rows alone know."""
    known: dict[str, Mapping[str, str]] = {**filters.of_duties(owed.values())}
    del known["item"]
    if own:
        return known
    known["state"] = {name: str(label) for name, label in STATES.items()}
    return known | filters.of_schools(county)


def _chips(
    code: str, year: str, asked: Asked, kept: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Filter → the board without it, with what else is `kept`."""
    given = {**asked.given, **(kept or {})}
    return {
        name: board_url(code, year, **{k: v for k, v in given.items() if k != name})
        for name in asked.given
    }


def _days(where: Range, year: str, total: Total, asked: Asked, today: date) -> list[Day]:
    """The days before, and today as it stands; none where a filter asks what no day tells apart."""
    if asked.schools or asked.get("measure"):
        return []
    rows = snapshots.of_year(*where, year).filter(day__lt=today)
    if pillar := asked.get("pillar"):
        rows = rows.filter(pillar=pillar)
    days = snapshots.days(rows)
    now = total.figures._asdict()
    return [*days, Day(day=today, planned=total.planned, **now)] if days else []


def _parts(
    lines: list[Line], owed: Mapping[int, Duty], links: Links, figures: Figures, today: date
) -> dict[str, Any]:
    stuck = boards.stuck(lines, owed, today)
    worst = boards.most_late(stuck)
    return {
        "figures": links.figures(figures),
        "labels": [str(label) for label in FIGURES.values()],
        "worst": Worst(f"{worst.code} {worst.name}", worst.figures.late) if worst else None,
        "pillars": [pillar_bar(part, links) for part in boards.pillars(lines, owed, today)],
        "stuck": [
            {"part": part, "url": links.rows(item=part.code, state="late")} for part in stuck
        ],
        "counting": {duty.campaign for duty in owed.values()},
    }


def _grid(
    schools: Sequence[boards.SchoolLine],
    lines: Iterable[Line],
    owed: Mapping[int, Duty],
    links: tuple[Links, Links],
    today: date,
    thinned: Asked,
) -> dict[str, Any]:
    """Measures as a table, and as the columns of the grid; `links`: of either."""
    of_table, of_grid = links
    measures = boards.measures(lines, owed, today)
    return {
        "measures": [_measure(part, of_table) for part in measures],
        "columns": columns(measures, owed, of_grid),
        "wide": len(measures) > WIDEST,
        "lines": lines_of(schools, measures, owed, of_grid, thinned.words.get("state", "")),
    }


def pillar_bar(part: Part, links: Links) -> dict[str, Any]:
    """A bar of 100 units: done, waiting, then the overdue ones, a step apart."""
    of = part.figures
    scale = 100 / (of.expected or 1)
    done, waiting, late = of.done * scale, of.waiting * scale, of.late * scale
    return {
        "part": part,
        "n": {name: number(n) for name, n in (*of._asdict().items(), ("open", part.open))},
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


def _above(
    seat: Seat,
    region: Region,
    inside: Mapping[str, Region],
    year: str,
    said: QueryDict,
    running: Sequence[Running],
) -> dict[str, Any]:
    """The regions below in the order of their codes, and the schools reviewed here itself."""
    known = filters.of_campaigns(campaign.pk for campaign in running if campaign.year == year)
    asked = filters.asked_of(said, known)
    pillar, measure = asked.get("pillar"), asked.get("measure")
    found = overview.read(region, inside, year, clock.today(), pillar=pillar, measure=measure)
    links = Links(region.code, year, may_drill(seat, region.code), base=asked.given)
    worst = None if pillar or measure else boards.most_late(found.pillars)
    below = found.below
    issued = [campaign.region for campaign in running if campaign.year == year]
    context: dict[str, Any] = {
        "total": found.total,
        "days": found.days,
        "as_of": found.as_of or clock.now(),
        "worst": Worst(_pillar(worst), worst.figures.late) if worst else None,
        "figures": [
            one | {"url": one["url"] or "#regions"} for one in links.figures(found.total.figures)
        ],
        "labels": [str(label) for label in FIGURES.values()],
        "pillars": [pillar_bar(part, links) for part in found.pillars],
        "who": _who(region, found.below, issued),
        "regions": True,
        "left_out": filters.left_out(said, known),
        "below": [_below(seat, line, year, asked, issued) for line in below],
        **filters.shown(asked, known, _chips(region.code, year, asked)),
    }
    if region.code == NATION:
        context["tiles"] = _tiles(below, year, asked, issued)  # told of all, so the table is short
        context["below"] = [line for line in context["below"] if not line["nothing"]]
    if any(line.itself for line in below):
        context["itself"] = _authority(seat, region, year, said, own=True)
    return context


def _who(region: Region, below: Sequence[Below], issued: Sequence[str]) -> str:
    """ "13 counties and districts": those with a campaign, told apart from the rest."""
    regions = [line for line in below if not line.itself]
    if len(regions) == 1:
        return region.name
    level = "city" if any(len(line.region.code) == 4 for line in regions) else "county"
    asked = sum(line.figures.expected > 0 or _reached(line, issued) for line in regions)
    who = regions_counted(asked, "province" if region.code == NATION else level)
    return _("%(regions)s with a campaign") % {"regions": who} if asked < len(regions) else who


def _pillar(part: Part) -> str:
    """A pillar within a sentence: by its name and what officials know it as."""
    return _("“%(pillar)s” (%(theme)s)") % {"pillar": part.name, "theme": part.theme}


def _reached(line: Below, issued: Iterable[str]) -> bool:
    """Whether a campaign stands at, above or below a region: `issued` are the places of all."""
    low, high = bounds(line.region.code)
    return any(at in ancestors(line.region.code) or low <= at < high for at in issued)


def _nothing(line: Below, issued: Iterable[str]) -> str:
    return _("Nothing owed") if _reached(line, issued) else _("Not issued")


def _below(
    seat: Seat, line: Below, year: str, asked: Asked, issued: Iterable[str]
) -> dict[str, Any]:
    code = line.region.code
    links = Links(code, year, may_drill(seat, code), line.itself, asked.given)
    board = "#itself" if line.itself else board_url(code, year, **asked.given)
    return {
        "name": _("Schools it reviews itself") if line.itself else line.region.name,
        "code": code,
        "url": board,
        "pace": apart_from_plan(line.figures, line.planned),
        "nothing": "" if line.figures.expected else _nothing(line, issued),
        "figures": [one | {"url": one["url"] or board} for one in links.figures(line.figures)],
    }


def _tiles(
    below: Iterable[Below], year: str, asked: Asked, issued: Iterable[str]
) -> list[dict[str, Any]]:
    """A tile per province, by name as a reader looks it up: a light with its word, and figures."""
    lines = sorted(below, key=lambda line: boards.by_name(line.region.name))
    return [
        {
            "name": line.region.name,
            "url": board_url(line.region.code, year, **asked.given),
            "light": _light(line.figures),
            "word": _word(line.figures) or _nothing(line, issued),
            "figures": line.figures,
            "expected": number(line.figures.expected),
            "done": number(line.figures.done),
        }
        for line in lines
    ]


def _light(figures: Figures) -> str:
    if not figures.expected:
        return "off"
    if figures.late:
        return "late"
    return "done" if figures.done == figures.expected else "busy"


def _word(figures: Figures) -> str:
    if not figures.expected:
        return ""
    if figures.late:
        words = ngettext("%(n)s overdue", "%(n)s overdue", figures.late)
        return words % {"n": number(figures.late)}
    return _("All accepted") if figures.done == figures.expected else _("Nothing overdue")
