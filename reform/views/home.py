"""The only place for a school's home and its items, as itself and the officials above see them."""

import uuid
from collections import Counter
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reform.forms.hidden import number_of
from reform.states import LIGHT_WORDS, Status
from reform.templatetags.look import light_word
from reform.views import baseline, fast, ledger, others, owing, setup
from reform.views.entry_page import authority_name
from reform.views.ledger import Group, Row
from reform.views.next_step import next_step
from reform.views.sentences import (
    Owed,
    home_sentence,
    items_sentence,
    late_line,
    outside_line,
    registers_sentence,
    rest_line,
    short,
)
from schools import clock, scope
from schools.access import SIGNED_IN, access
from schools.models import School, User
from schools.models.schools import SchoolKind
from schools.roles import Profile, Role
from schools.workdays import Calendar, school_year_of

# Where each kind of seat begins: the first right it holds.
FIRST_PAGES = (
    ("see_school", "school_home"),
    ("review", "review"),
    ("see_board", "board"),
    ("publish", "frameworks"),
    ("see_audit", "audit"),
    ("see_status", "status"),
)
STATES = ("owed", *LIGHT_WORDS, "later")
UNSENT = ("todo", "busy", "sign")  # open, and neither returned nor late nor due soon


@access(SIGNED_IN)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the first page of the seat; without a post, to the account, which says so."""
    seat = request.seat
    if seat and setup.needs_setup(seat):
        return redirect("setup")
    for verb, name in FIRST_PAGES:
        if seat and seat.has(verb):
            return redirect(name)
    return redirect("account")


@access("see_school")
@require_safe
def school_home(request: HttpRequest) -> HttpResponse:
    return _home(request, request.seat.school)


@access("see_school")
@require_safe
def items(request: HttpRequest) -> HttpResponse:
    return _items(request, request.seat.school)


@access("see_schools")
@require_safe
def school_ledger(request: HttpRequest, code: str) -> HttpResponse:
    """What the school itself sees, for the officials above it; with filters, its items."""
    schools = scope.rows(School.objects.select_related("authority"), request.seat)
    school = get_object_or_404(schools, code=code)
    if request.GET.keys() & {"state", "pillar"}:
        return _items(request, school)
    return _home(request, school)


def _home(request: HttpRequest, school: School) -> HttpResponse:
    today = clock.today()
    may_sign = request.seat.has("sign_off")
    context, year = _frame(request, school), school_year_of(today)
    rows = ledger.read(school, today=today, year=year, may_sign=may_sign, own=context["own"])
    if not rows:
        nothing = _nothing(school)
        if context["baseline"] and nothing["unknown"]:
            return baseline.page(request, school)
        return render(request, "school/nothing.html", context | nothing)
    owed = owing.owed(rows, may_sign=may_sign)
    first = ledger.first_these(rows, may_sign=may_sign)
    days = Calendar.days_of(school.authority_id)
    outside = not context["own"] and school.kind == SchoolKind.school
    fills = context["own"] and school.kind == SchoolKind.school
    first = ledger.explained(first, days, today, outside=outside, fills=fills)
    context |= {
        "sentence": home_sentence(owed, today, own=context["own"]),
        "line": late_line(owed, _days_past(owed, days, today))
        if context["own"]
        else outside_line(Counter(_mark(row) for row in rows)),
        "rest": rest_line(owed) if context["own"] else "",
        "figures": figures(owed, rows, context["items_url"], today, own=context["own"]),
        "later": sum(row.later for row in rows),
        "first": [(row, *next_step(row, may_sign=may_sign)) for row in first],
        "now": owed.now,
        "then": len(first) - owed.now,
        "pillars": ledger.pillars(rows),
        "total": len(rows),
        **_people(school, own=context["own"]),
        "reference_only": not rows[0].counted and school.kind == SchoolKind.school,
        "others": others.of_home(school, [row.framework for row in rows], own=context["own"]),
    }
    if context["own"]:
        context |= _registers(request, rows)
        context["top"] = _top(context)
        context["in_a_row"] = fast.due(rows, request.seat)
        context["ahead"] = () if context["in_a_row"] else fast.ahead(rows, request.seat)
        context["next_in_notice"] = _next_in_notice(context)
        context["swapped"] = bool(request.htmx)  # type: ignore[attr-defined]
    return render(request, "school/home.html", context)


def _days_past(owed: Owed, days: Calendar, today: date) -> int:
    """Working days since the first signature was due."""
    return days.working_days_between(owed.sign_late_on, today) if owed.sign_late_on else 0


def _registers(request: HttpRequest, rows: list[Row]) -> dict[str, Any]:
    """What the registers answer, and what was confirmed a moment ago, with the next one."""
    found = owing.from_registers(rows)
    done = number_of(request.GET.get("done", ""))
    sent = (Status.submitted, Status.awaiting_signoff)
    return {
        "registers": found,
        "registers_sentence": registers_sentence(
            found.total, len(found.ready), found.rest, stale=found.stale
        ),
        "done": next((row for row in rows if row.pk == done and row.status in sent), None),
        "may_confirm": request.seat.has("submit"),
        "key": uuid.uuid4().hex,
    }


def _top(context: dict[str, Any]) -> Row | None:
    """What comes first, where one click does it and none is offered in a notice; while the
    registers are asked anew nobody knows, and a link must not become a button that sends."""
    if not context["now"] or not context["may_confirm"] or context["done"]:
        return None
    if context["registers"].stale:
        return None
    first = context["first"][0][0].pk
    return next((row for row in context["registers"].ready if row.pk == first), None)


def _next_in_notice(context: dict[str, Any]) -> bool:
    """Whether the notice of a confirmation offers what comes first; else that stays above it."""
    ready = context["registers"].ready
    if not context["done"] or not ready:
        return False
    return not context["now"] or context["first"][0][0].pk == ready[0].pk


def _frame(request: HttpRequest, school: School) -> dict[str, Any]:
    """What both pages of a school show: whose they are, under whom, where its items are."""
    own = request.seat.school is not None
    asked = school.kind == SchoolKind.school and not _is_closed(school)
    return {
        "school": school,
        "own": own,
        "gives_date": asked
        and request.seat.has("give_date")
        and request.seat.is_authority(school.authority_id),
        "baseline": own and school.baseline_at is None and asked,
        "today": clock.today(),
        "authority": authority_name(school.authority),
        "items_url": reverse("items") if own else reverse("school_ledger", args=[school.code]),
    }


def _is_closed(school: School) -> bool:
    return school.closed_on is not None and school.closed_on <= clock.today()


def _nothing(school: School) -> dict[str, Any]:
    """Why a school has no entries: closed, nothing is issued, or nobody knows what fits it."""
    closed = _is_closed(school)
    unknown = school.profile == Profile.unknown and not closed
    unknown = unknown and school.kind == SchoolKind.school
    missing = [
        School._meta.get_field(name).verbose_name
        for name in ("form", "branches", "full_members")
        if getattr(school, name) in ("", None)
    ]
    filed = ledger.filed(school) if closed else []
    told = {"unknown": unknown, "closed": closed, "missing": missing if unknown else []}
    return {**told, "filed": filed, **_people(school)}


def _people(school: School, *, own: bool = True) -> dict[str, list[User]]:
    """Who reviews a school, and for those above who files for it; one query."""
    posts = scope.partners(school, school.authority_id).order_by("user__username")
    return {
        "reviewers": [post.user for post in posts if post.school_id is None],
        "filers": [post.user for post in posts if post.role == Role.filer and not own],
    }


def _mark(row: Row) -> str:
    """Its light, or that it is not owed yet."""
    return "later" if row.later else row.light


def figures(
    owed: Owed, rows: list[Row], url: str, today: date, *, own: bool
) -> list[dict[str, Any]]:
    """The six numbers under the sentence, each a link to its items; where some wait for a
    signature, how many instead of what is not owed yet. For officials they add up to the owed."""
    count = Counter(map(_mark, rows))
    unsent = sum(count[name] for name in UNSENT)

    def figure(label: str, state: str, value: int, unit: str = "") -> dict[str, Any]:
        link = f"{url}?{urlencode({'state': state})}"
        return {"label": label, "value": value, "url": link, "unit": unit}

    soon = _("due by %(day)s") % {"day": short(owed.due_by, today)} if owed.due_by else ""
    later = figure(_("not owed yet"), "later", count["later"])
    signs = own and count["sign"]
    whose = _("for you to sign") if owed.to_sign else _("with the secretary")
    every = len(rows) if own else len(rows) - count["later"] - count["off"]
    return [
        *([figure(whose, "sign", count["sign"])] if signs else []),
        figure(soon or _("due soon"), "due", count["due"]),
        figure(_("overdue"), "late", count["late"]),
        figure(_("returned"), "back", count["back"]),
        *([] if own else [figure(_("others not sent"), "unsent", unsent)]),
        figure(_("with the reviewer"), "wait", count["wait"]),
        figure(_("accepted"), "done", count["done"], f"/ {every}"),
        *([later] if own and not signs else []),
    ]


def _items(request: HttpRequest, school: School) -> HttpResponse:
    today = clock.today()
    may_sign = request.seat.has("sign_off")
    context, year = _frame(request, school), school_year_of(today)
    every = ledger.read(school, today=today, year=year, may_sign=may_sign, own=context["own"])
    if not every:
        return render(request, "school/nothing.html", context | _nothing(school))
    groups = ledger.pillars(every)
    state, pillar, strange = _asked(request, groups)
    rows = [row for row in every if _fits(row, state, pillar, may_sign=may_sign)]
    context |= {
        "sentence": items_sentence(len(rows), len(every)),
        "strange": strange,
        "filters": _filters(context["items_url"], state, pillar, every, may_sign=may_sign),
        "pillars": ledger.pillars(rows),
    }
    return render(request, "school/items.html", context)


def _asked(request: HttpRequest, groups: list[Group]) -> tuple[str, str, str]:
    """The two filters as far as they are known, and what was asked that nobody knows."""
    state, pillar = request.GET.get("state", ""), request.GET.get("pillar", "")
    strange = [state] if state and state not in (*STATES, "unsent") else []
    if pillar and pillar not in {group.code for group in groups}:
        strange.append(pillar)
    return (
        "" if state in strange else state,
        "" if pillar in strange else pillar,
        ", ".join(strange)[:60],
    )


def _fits(row: Row, state: str, pillar: str, *, may_sign: bool) -> bool:
    if pillar and row.pillar != pillar:
        return False
    if state == "owed":
        return ledger.is_now(row, may_sign=may_sign)
    if state == "later" or row.later:
        return row.later and state in ("", "later")
    if state == "unsent":
        return row.light in UNSENT
    return not state or row.light == state


def _filters(
    url: str, state: str, pillar: str, rows: list[Row], *, may_sign: bool
) -> list[list[dict[str, Any]]]:
    """Two lines of links: by state, by pillar; each keeps the other filter and tells its number."""

    def choice(label: str, new_state: str, new_pillar: str, current: bool) -> dict[str, Any]:
        asked = {"state": new_state, "pillar": new_pillar}
        query = urlencode({name: value for name, value in asked.items() if value})
        n = sum(_fits(row, new_state, new_pillar, may_sign=may_sign) for row in rows)
        # An officials' page without any filter is the school's home: name the filter even if empty.
        return {"label": label, "url": f"{url}?{query or 'state='}", "n": n, "current": current}

    words = {"owed": _("To do now"), "later": _("Not owed yet"), "unsent": _("Others not sent")}
    names = (*STATES, "unsent") if state == "unsent" else STATES
    by_state = [choice(_("Every state"), "", pillar, not state)] + [
        choice(words.get(name) or light_word(name), name, pillar, name == state) for name in names
    ]
    by_pillar = [choice(_("Every pillar"), state, "", not pillar)] + [
        choice(group.name, state, group.code, group.code == pillar)
        for group in ledger.pillars(rows)
    ]
    return [[one for one in line if one["n"] or one["current"]] for line in (by_state, by_pillar)]
