"""The only place that lists the entries behind a number of a board."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from reform import boards, tallies
from reform.boards import Duty
from reform.forms.hidden import number_of
from reform.models import Entry
from reform.states import light
from reform.templatetags.look import term
from reform.views.board_frame import (
    STATES,
    Links,
    board_url,
    frame,
    may_drill,
    path_to,
    year_of,
)
from reform.views.headlines import rows_sentence
from schools import clock, scope
from schools.access import access
from schools.language import listed
from schools.models import School

BY_DUTY = ("pillar", "measure", "item")


@dataclass(frozen=True)
class Asked:
    """What the address asks for, as far as it exists; `strange`: what does not."""

    state: str
    codes: Mapping[str, str]  # "pillar", "measure", "item" → code
    school: School | None
    strange: Sequence[str]

    @property
    def filters(self) -> dict[str, str]:
        return {**self.codes, **({"school": self.school.code} if self.school else {})}

    def slots(self, owed: Mapping[int, Duty]) -> list[int]:
        return [
            pk
            for pk, duty in owed.items()
            if all(getattr(duty, name) == code for name, code in self.codes.items())
        ]


def asked_of(request: HttpRequest, owed: Mapping[int, Duty]) -> Asked:
    """At most one query, for the school."""
    given = {
        name: text[:20]
        for name in ("state", *BY_DUTY, "school")
        if (text := request.GET.get(name, "").strip())
    }
    strange = []
    codes = {}
    for name in BY_DUTY:
        if name in given and any(getattr(duty, name) == given[name] for duty in owed.values()):
            codes[name] = given[name]
        elif name in given:
            strange.append(given[name])
    state = given.get("state", "expected")
    if state not in STATES:
        strange.append(state)
        state = "expected"
    school = None
    if "school" in given:
        school = scope.rows(School.objects.all(), request.seat).filter(code=given["school"]).first()
        strange += [] if school else [given["school"]]
    return Asked(state, codes, school, strange)


@access("see_board")
@require_safe
def board_rows(request: HttpRequest, region: str) -> HttpResponse:
    """The entries behind a number, for cities and counties."""
    path = path_to(request.seat, region)
    if not may_drill(request.seat, region):
        raise Http404
    running = boards.campaigns(region)
    year, strange = year_of(request, running)
    today = clock.today()
    where = boards.own(region) if request.GET.get("own") else boards.whole(region)
    owed = boards.duties(tallies.read(*where, school_year=year, on=today))
    asked = asked_of(request, owed)
    rows = boards.entries(
        scope.rows(Entry.objects.all(), request.seat), where, asked.slots(owed)
    ).filter(boards.in_state(asked.state, today))
    if asked.school:
        rows = rows.filter(school=asked.school)
    after = number_of(request.GET.get("after", ""))
    page = boards.page(rows, after)
    links = Links(region, year, drill=True, own=bool(request.GET.get("own")))
    names = _names(asked, owed)
    here = {**asked.filters, "state": asked.state}
    context = {
        **frame(path, running, year),
        **_filters(links, here, names),
        "board_url": board_url(region, year),
        "strange": [*strange, *asked.strange],
        "may_nudge": request.seat.has("nudge") and request.seat.is_authority(region),
        "sentence": rows_sentence(asked.state, page.total, listed(names.values())),
        "rows": [_row(row, owed[row["slot_id"]], today) for row in page.rows],
        "first_url": links.rows(**here) if after else "",
        "next_url": links.rows(**here, after=str(page.rows[-1]["pk"])) if page.more else "",
    }
    return render(request, "board/rows.html", context)


def _filters(links: Links, here: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    """Links that change the state, and one for each other filter that takes it off."""
    return {
        "states": [
            {
                "label": label,
                "url": links.rows(**{**here, "state": name}),
                "current": name == here["state"],
            }
            for name, label in STATES.items()
        ],
        "chips": [
            {"word": word, "url": links.rows(**{k: v for k, v in here.items() if k != name})}
            for name, word in names.items()
        ],
    }


def _names(asked: Asked, owed: Mapping[int, Duty]) -> dict[str, str]:
    """Filter → the words for it."""
    words = {}
    for name, code in asked.codes.items():
        duty = next(duty for duty in owed.values() if getattr(duty, name) == code)
        words[name] = {
            "pillar": duty.pillar_name,
            "measure": f"{duty.measure} {duty.measure_name}",
            "item": f"{duty.item} {duty.title}",
        }[name]
    if asked.school:
        words["school"] = asked.school.name
    return words


def _row(row: Mapping[str, Any], duty: Duty, today: date) -> dict[str, Any]:
    return {
        "pk": row["pk"],
        "light": light(row["status"], row["due_on"], today),
        "code": duty.item,
        "title": duty.title,
        "term": term(row["slot__period"]),
        "school": row["school__name"],
        "school_url": reverse("school_ledger", args=[row["school__code"]]),
        "due_on": row["due_on"],
        "sent_at": row["report__sent_at"],
        "sent_late": row["sent_late"],
    }
