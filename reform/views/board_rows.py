"""The only place that lists the entries behind a number of a board."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reform import boards, queues, tallies
from reform.boards import Duty, Page, Running
from reform.forms.hidden import number_of
from reform.models import Entry
from reform.states import Status, light
from reform.templatetags.look import term
from reform.views import board_filters as filters
from reform.views import board_why
from reform.views.board_filters import Asked
from reform.views.board_frame import (
    STATES,
    Links,
    board_url,
    frame,
    may_drill,
    path_to,
    year_of,
)
from reform.views.headlines import number, rows_sentence
from schools import clock, scope
from schools.access import access
from schools.models import School
from schools.scope import Seat
from schools.workdays import Calendar

MOST = 500  # rows that may stand on one page, for paper
OF_BOARD = ("pillar", "measure", *filters.FIELDS)  # what the board is narrowed by too


@access("see_board")
@require_safe
def board_rows(request: HttpRequest, region: str) -> HttpResponse:
    """The entries behind a number, for cities and counties."""
    path = path_to(request.seat, region)
    if not may_drill(request.seat, region):
        raise Http404
    running = boards.campaigns(region)
    year, told = year_of(request, running)
    today = clock.today()
    own = bool(request.GET.get("own"))
    where = boards.own(region) if own else boards.whole(region)
    owed = boards.duties(tallies.read(*where, school_year=year, on=today))
    known = _known(region, owed, running)
    asked = _of_school(filters.asked_of(request.GET, known), request.GET, request.seat)
    rows = _rows(asked, owed, where, request.seat)
    after = number_of(request.GET.get("after", ""))
    whole = MOST if request.GET.get("all") else 0
    page = boards.page(rows, after, board_why.EXPLAINED, whole=whole)
    if page.strayed or (not after and request.GET.get("after")) or "page" in request.GET:
        after, told = None, [*told, _("That place is not in the list; it begins anew.")]
    part = _part(page, after)
    nothing = "" if page.total else _nothing(asked, owed, where, request.seat, running, year)
    links = Links(region, year, drill=True, own=own, base=asked.given)
    calendar = Calendar.days_of(region)
    of_board = {name: value for name, value in asked.given.items() if name in OF_BOARD}
    context = {
        **frame(path, running, year, of_board),
        **filters.shown(asked, known, {name: links.without(name) for name in asked.words}),
        "kept": [("own", "1")] * own + _kept(asked),
        "states": _states(links, asked),
        "board_url": board_url(region, year, **({} if nothing else of_board)),
        "told": told,
        "strange": asked.strange,
        "nothing": nothing,
        **_onward(asked, page, today, request.seat),
        "sentence": nothing
        or rows_sentence(asked.get("state") or "expected", page.total, asked.about),
        "rows": [
            _row(row, owed[row["slot_id"]], today, calendar)
            | {"step": board_why.step(row, _light(row, today), request.seat, _queue(asked))}
            for row in page.rows
        ],
        "first_url": links.rows() if part and after else "",
        "next_url": links.rows(after=str(page.rows[-1]["pk"])) if page.more else "",
        "all_url": links.rows(all="1") if part and page.total <= MOST else "",
        "part": part,
        "total": number(page.total),
        "today": today,
    }
    return render(request, "board/rows.html", context)


def _onward(asked: Asked, page: Page, today: date, seat: Seat) -> dict[str, str]:
    """Where these rows can be gone on with, one after another or by letters; empty: nowhere."""
    state = asked.get("state")
    filters_asked = {name: code for name, code in asked.given.items() if name != "state"}
    kinds = {board_why.nudge_kind(row, _light(row, today), seat) for row in page.rows} - {""}
    found = {"nudge_url": "", "review_url": ""}
    if kinds:
        urgent = next(kind for kind in ("late", "returned", "due") if kind in kinds)
        kind = "returned" if state == "returned" else urgent
        said = {"kind": kind, **filters_asked, "tick": "counted"}
        found["nudge_url"] = f"{reverse('nudges')}?{urlencode(said)}"
    fits = filters_asked == _queue(asked)  # the queue knows no more
    if fits and state == "waiting" and any(board_why.may_review(row, seat) for row in page.rows):
        found["review_url"] = f"{reverse('review')}?{urlencode(filters_asked)}".rstrip("?")
    return found


def _queue(asked: Asked) -> dict[str, str]:
    """What of the filters the queue of review knows."""
    return {name: code for name, code in asked.given.items() if name in queues.FIELDS}


def _light(row: Mapping[str, Any], today: date) -> str:
    return light(row["status"], row["due_on"], today)


def _part(page: Page, after: int | None) -> str:
    """Which of all rows these are; empty where it is all of them."""
    n, total = len(page.rows), page.total
    if n == total or not n:
        return ""
    if after and page.more:
        return _("%(n)s of %(total)s items") % {"n": number(n), "total": number(total)}
    first = total - n + 1 if after else 1
    return _("Items %(first)s to %(last)s of %(total)s") % {
        "first": number(first),
        "last": number(first + n - 1),
        "total": number(total),
    }


def _kept(asked: Asked) -> list[tuple[str, str]]:
    """What the address names beside the fields of the form."""
    return [(name, asked.get(name)) for name in ("item", "school", "campaign") if asked.get(name)]


def _known(region: str, owed: Mapping[int, Duty], running: Sequence[Running]) -> filters.Known:
    """The filters of rows; inside one county also those of its schools."""
    known: dict[str, Mapping[str, str]] = {**filters.of_duties(owed.values())}
    known["campaign"] = {str(campaign.pk): campaign.name for campaign in running}
    known["state"] = {name: str(label) for name, label in STATES.items()}
    return known | filters.of_schools(region) if len(region) == 6 else known


def _of_school(asked: Asked, said: QueryDict, seat: Seat) -> Asked:
    """With the one school that is asked for; the state is no filter that can be taken off here."""
    words = {name: word for name, word in asked.words.items() if name != "state"}
    given, strange = dict(asked.given), [*asked.strange]
    if code := said.get("school", "").strip()[:20]:
        school = scope.rows(School.objects.all(), seat).filter(code=code).first()
        if school:
            given["school"], words["school"] = school.code, school.name
        else:
            strange.append(code)
    return replace(asked, given=given, words=words, strange=strange)


def _rows(asked: Asked, owed: Mapping[int, Duty], where: boards.Range, seat: Seat) -> Any:
    slots = [pk for pk, duty in owed.items() if asked.suits(duty)]
    of_school = {f"school__{field}": value for field, value in asked.schools.items()}
    if code := asked.get("school"):
        of_school["school__code"] = code
    rows = boards.entries(scope.rows(Entry.objects.all(), seat), where, slots)
    state = boards.in_state(asked.get("state") or "expected", clock.today())
    return board_why.explained(rows.filter(state, **of_school))


def _nothing(
    asked: Asked,
    owed: Mapping[int, Duty],
    where: boards.Range,
    seat: Seat,
    running: Sequence[Running],
    year: str,
) -> str:
    """Why no state has a row here; empty where another state has some."""
    if not running:
        return _("No campaign has been opened for school year %(year)s.") % {"year": year}
    whole, _state = filters.apart(asked, "state")
    if _rows(whole, owed, where, seat).exists():
        return ""
    if not whole.given:
        return _("Nothing is owed yet in school year %(year)s.") % {"year": year}
    return filters.not_counted(whole, 0) or _("No item fits all of these filters together.")


def _states(links: Links, asked: Asked) -> list[dict[str, Any]]:
    """Links that change the state and keep the rest."""
    now = asked.get("state") or "expected"
    return [
        {"label": label, "url": links.rows(state=name), "current": name == now}
        for name, label in STATES.items()
    ]


def _row(row: Mapping[str, Any], duty: Duty, today: date, calendar: Calendar) -> dict[str, Any]:
    shown, waits = _light(row, today), row["status"] == Status.submitted
    return {
        "pk": row["pk"],
        "light": shown,
        "code": duty.item,
        "title": duty.title,
        "term": term(row["slot__period"]),
        "school": row["school__name"],
        "school_url": reverse("school_ledger", args=[row["school__code"]]),
        "due_on": row["due_on"],
        "due_told": not waits,  # by the sentence, where there is one
        "sent_at": None if waits else row["report__sent_at"],  # that says it of these
        "sent_late": row["sent_late"],
        "why": board_why.why(row, shown, today, calendar),
    }
