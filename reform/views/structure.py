"""The only place for the pages of the structure check: a school's, an authority's, and what-if."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from reform import boards
from reform.forms.structure import PlanForm
from reform.views import organisation
from reform.views import structure_words as words
from reform.views.whose import Authority, Books, authority_of, school_of
from schools import checkup, clock, scope, structure_counts
from schools.access import access
from schools.checkup import Checkup
from schools.models import School, Unit
from schools.models.regions import NATION, bounds
from schools.models.schools import SchoolKind
from schools.rulebook import rules
from schools.structure_books import load
from schools.structure_counts import Brief
from schools.structure_plan import expectations, gaps
from schools.structure_rules import Row

PAGE = 40  # schools
AT_ONCE = 200  # schools that are all looked at afresh; of more, those that are shown
SHOWS = ("found", "open", "well")


@access("see_school")
@require_safe
def structure_check(request: HttpRequest) -> HttpResponse:
    """The structure check of the own school."""
    return _school(request, school_of(request, None))


@access("see_registers")
@require_safe
def school_structure(request: HttpRequest, code: str) -> HttpResponse:
    """The structure check of a school, for its officials."""
    return _school(request, school_of(request, code))


def _school(request: HttpRequest, school: School) -> HttpResponse:
    if school.kind == SchoolKind.bureau:
        raise Http404
    books = Books(school, request.seat)  # type: ignore[attr-defined]
    [loaded] = load([school], clock.today())
    found = checkup.examine(loaded)
    units = [
        unit
        for unit in Unit.objects.filter(school=school, removed_at=None)
        if unit.holds(loaded.on)
    ]
    roots = organisation.tree(loaded.branches, units, _marks(found))
    context = {
        "books": books,
        "today": loaded.on,
        "found": found,
        "sentence": words.check_sentence(found),
        "told": [_told(told, books) for told in found.told],
        "open": [(one, one.register and books.register(one.register)) for one in found.open],
        "as_text": checkup.as_text(),
        "picture": organisation.draw(roots) if roots else None,
        "nodes": [node for root in roots for _depth, node in root.walk()],
        "summary": organisation.summary(roots),
        "registers": {key: books.register(key) for key in ("branches", "units")},
        "plan_url": _plan_url(found),
    }
    return render(request, "structure/check.html", context)


def _told(told: checkup.Told, books: Books) -> dict[str, Any]:
    """A rule that found something, with its light and where the rows are."""
    light, word = words.SEVERITY[told.rule.severity]
    findings = [
        (one, [(row.label, _row_url(books, row)) for row in one.rows]) for one in told.findings
    ]
    return {
        "rule": told.rule,
        "light": light,
        "word": word,
        "findings": findings,
        "do": told.do,
        "register": told.register and books.register(told.register),
    }


def _row_url(books: Books, row: Row) -> str:
    """Where a row is mended by the school, or seen by its officials."""
    if books.own:
        return reverse("register_row", args=[row.register, row.pk])
    return f"{books.register(row.register)}#r{row.pk}"


def _marks(found: Checkup) -> dict[int, str]:
    """Branch → how many things the check found at it, in words for the picture."""
    at = Counter(
        row.pk
        for told in found.told
        for finding in told.findings
        for row in finding.rows
        if row.register == checkup.BRANCHES
    )
    return {
        pk: ngettext("%(n)d thing to look at", "%(n)d things to look at", n) % {"n": n}
        for pk, n in at.items()
    }


def _plan_url(found: Checkup) -> str:
    """What-if, with the numbers of this school."""
    books = found.books
    known = {
        "full": books.full_members,
        "probationary": books.school.probationary_members,
        "branches": len(books.own_branches) or None,
        "form": books.form or None,
    }
    asked = {name: value for name, value in known.items() if value is not None}
    return f"{reverse('structure_plan')}?{urlencode(asked)}"


# ---- an authority


@access("see_structure")
@require_safe
def structure(request: HttpRequest) -> HttpResponse:
    """An authority's schools by rule and by name; of regions above counties, counts by county."""
    seat = request.seat  # type: ignore[attr-defined]
    if seat.place_code == NATION:
        return render(request, "schools/nation.html")
    where = authority_of(request, reverse("structure"))
    found, fresh, unseen = _found(where.schools())
    lines = _below(where) if where.below else []
    context = {
        "where": where,
        "today": clock.today(),
        "sentence": _sentence(where, lines, found, unseen),
        "lines": [
            (line, where.address + "?" + urlencode({"region": line.authority})) for line in lines
        ],
        "on": min((line.on for line in lines if line.on), default=None),
        **_by_rule(where, found, request.GET.get("rule", "")),
        **_by_school(where, found, fresh, request),
        "unseen": unseen,
        "as_text": checkup.as_text(),
    }
    return render(request, "structure/region.html", context)


def _found(schools: "QuerySet[School]") -> tuple[list[Brief], dict[int, Checkup], int]:
    """Schools in short, by name; school → what was found at those that were looked at now.

    The third: how many were never looked at, of an authority with more than are looked at at once;
    the tick comes to each of them, and again when its registers moved.
    """
    fresh: dict[int, Checkup] = {}
    every = list(schools.select_related("structure_count"))
    if len(every) > AT_ONCE:
        found = structure_counts.kept(every)
    else:
        fresh = _examined(every)
        found = [structure_counts.brief(one) for one in fresh.values()]
    found.sort(key=lambda one: (*boards.by_name(one.school.name), one.school.code))
    return found, fresh, len(every) - len(found)


def _examined(schools: Sequence[School]) -> dict[int, Checkup]:
    return {books.school.pk: checkup.examine(books) for books in load(schools, clock.today())}


def _sentence(
    where: Authority, lines: list[structure_counts.Line], found: list[Brief], unseen: int
) -> str:
    if where.below and (lines or not found):
        return words.above_sentence(lines)
    return words.region_sentence(found, unseen)


def _below(where: Authority) -> list[structure_counts.Line]:
    """Each authority that has schools, and the regions directly below that have none; no line
    before something was counted."""
    low, high = bounds(where.region.code)
    inside = scope.rows(structure_counts.open_schools(), where.seat)
    inside = inside.filter(authority__gte=low, authority__lt=high)
    lines = structure_counts.by_authority(inside.exclude(authority=where.region))
    if not any(line.schools for line in lines):
        return []
    without = [
        structure_counts.Line(region.code, region.name)
        for region in where.below
        if not any(line.authority.startswith(region.code) for line in lines)
    ]
    return sorted([*lines, *without])


def _by_rule(where: Authority, found: Sequence[Brief], chosen: str) -> dict[str, Any]:
    """Each rule that spoke, in the order of the book, and at how many schools."""
    n = Counter(name for one in found for name in one.rules)
    lines = [
        {
            "rule": rule,
            "schools": n[name],
            "url": where.url(rule="" if name == chosen else name),
            "current": name == chosen,
            "light": words.SEVERITY[rule.severity][0],
            "word": words.SEVERITY[rule.severity][1],
        }
        for name, rule in rules().items()
        if n[name]
    ]
    known = rules().get(chosen)
    return {"rules": lines, "rule": known, "strange": "" if known else chosen[:20]}


def _by_school(
    where: Authority, found: list[Brief], fresh: dict[int, Checkup], request: HttpRequest
) -> dict[str, Any]:
    """A page of the schools that are asked for, by name, and the choices with their numbers."""
    rule = request.GET.get("rule", "")
    rule = rule if rule in rules() else ""
    show = request.GET.get("show", "")
    show = show if show in SHOWS else SHOWS[0]
    groups = {
        "found": [one for one in found if one.to_look_at],
        "open": [one for one in found if one.lacks],
        "well": [one for one in found if not one.to_look_at and not one.lacks],
    }
    rows = groups[show]
    if rule:
        rows = [one for one in found if rule in one.rules]
    codes = [one.school.code for one in rows]
    after = request.GET.get("after", "")
    start = codes.index(after) + 1 if after in codes else 0
    shown, more = rows[start : start + PAGE], rows[start + PAGE :]
    asked = {"rule": rule} if rule else {"show": show}
    fresh = fresh or _examined([one.school for one in shown])
    return {
        "schools": len(found),
        "shown": [_school_line(fresh[one.school.pk], rule) for one in shown],
        "show": "" if rule else show,
        "choices": [
            (name, len(group), where.url(show=name), name == show and not rule)
            for name, group in groups.items()
        ],
        "first_url": where.url(None, **asked) if start else "",
        "next_url": where.url(None, **asked, after=codes[start + PAGE - 1]) if more else "",
    }


def _school_line(found: Checkup, rule: str) -> dict[str, Any]:
    """A school with what was found there: light, sentence and where it stands on its page."""
    school = found.books.school
    url = reverse("school_structure", args=[school.code])
    return {
        "school": school,
        "url": url,
        "told": [
            (*words.SEVERITY[told.rule.severity], finding.words, f"{url}#{told.rule.id}")
            for told in found.told
            if rule in ("", told.rule.id)
            for finding in told.findings
        ],
        "open": len(found.open),
    }


# ---- what if


@access("see_registers")
@require_safe
def structure_plan(request: HttpRequest) -> HttpResponse:
    """Member counts → the usual set-up and what would not fit; the address holds it all."""
    asked = any(name in request.GET for name in PlanForm.base_fields)
    form = PlanForm(request.GET if asked else None, initial=_known(request))
    context: dict[str, Any] = {"form": form, "own": request.seat.school is not None}  # type: ignore[attr-defined]
    if asked and form.is_valid():
        numbers = form.numbers()
        context |= {
            "sentence": words.plan_sentence(numbers),
            "expected": expectations(numbers),
            "compared": bool(numbers.form or numbers.branches),
            "gaps": [(told, *words.SEVERITY[told.rule.severity]) for told in gaps(numbers)],
        }
    return render(request, "structure/plan.html", context)


def _known(request: HttpRequest) -> dict[str, Any]:
    school = request.seat.school  # type: ignore[attr-defined]
    if school is None:
        return {}
    return {
        "full": school.full_members,
        "probationary": school.probationary_members,
        "branches": school.branches,
        "form": school.form,
    }
