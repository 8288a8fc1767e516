"""The only place for the pages of terms of office: of one school, and of an authority's schools."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from reform.templatetags.look import grouped
from reform.views.whose import Books, authority_of, school_of
from schools import clock, rulebook, scope
from schools import terms_of_office as offices
from schools.access import access
from schools.models import Branch, School
from schools.names import by_name
from schools.terms_of_office import Term

PAGE = 60  # terms


@access("see_structure")
@require_safe
def terms_of_office(request: HttpRequest) -> HttpResponse:
    """An authority's schools: terms that are over and that end within six months; all on demand."""
    where = authority_of(request, reverse("terms_of_office"))
    today, every = clock.today(), request.GET.get("show") == "all"
    branches = scope.rows(Branch.objects.all(), request.seat).filter(school__in=where.schools())
    found, unknown = offices.sorted_out(
        offices.running(branches, today).select_related("school"), today
    )
    shown = found if every else [term for term in found if term.noted]
    shown.sort(key=lambda term: (by_name(term.branch.school.name), term.branch.school_id))
    asked = {"show": "all"} if every else {}
    keys = [str(term.branch.pk) for term in shown]
    after = request.GET.get("after", "")
    start = keys.index(after) + 1 if after in keys else 0
    more = keys[start + PAGE - 1] if len(keys) > start + PAGE else ""
    context = {
        "where": where,
        "sentence": where.nothing()
        if not found and not unknown
        else _sentence(found, here=where.region.name),
        "line": _unknown_line(unknown),
        "rows": [_row(term) for term in shown[start : start + PAGE]],
        "first_url": where.url(None, **asked) if start else "",
        "next_url": where.url(None, **asked, after=more) if more else "",
        "every": every,
        "urls": (where.url(), where.url(show="all")),
        "unknown": _by_school(unknown),
        "rules": _rules(),
        "any": bool(found or unknown),
    }
    return render(request, "structure/terms.html", context)


@access("see_school")
@require_safe
def school_terms(request: HttpRequest) -> HttpResponse:
    """The terms of office of the own school."""
    return _of_school(request, school_of(request, None))


@access("see_registers")
@require_safe
def terms_of_school(request: HttpRequest, code: str) -> HttpResponse:
    """The terms of office of a school, for its officials."""
    return _of_school(request, school_of(request, code))


def _of_school(request: HttpRequest, school: School) -> HttpResponse:
    today = clock.today()
    branches = scope.rows(Branch.objects.all(), request.seat).filter(school=school)
    found, unknown = offices.sorted_out(
        offices.running(branches, today).select_related("school"), today
    )
    context = {
        "books": (books := Books(school, request.seat)),
        "register": books.register("branches"),
        "sentence": _sentence(found, here=school.name),
        "line": _unknown_line(unknown),
        "rows": [_row(term) for term in found],
        "unknown": unknown,
        "rules": _rules(),
    }
    return render(request, "registers/terms.html", context)


def _row(term: Term) -> dict[str, Any]:
    """A line: the branch, its day, how it stands, and what is odd about its extension."""
    return {"term": term, "light": _light(term), "said": _said(term), "notes": _notes(term)}


def _light(term: Term) -> str:
    if term.over:
        return "late"
    return "due" if term.stage is not None else ""


def _said(term: Term) -> str:
    if term.over:
        said = ngettext("over for %(n)s day", "over for %(n)s days", -term.days)
        return said % {"n": grouped(-term.days)}
    return ngettext("%(n)s day left", "%(n)s days left", term.days) % {"n": grouped(term.days)}


def _notes(term: Term) -> list[str]:
    branch, notes = term.branch, []
    words = {"day": branch.extension_until, "no": branch.extension_no}
    if term.extended:
        notes.append(_("Extended until %(day)s by %(no)s.") % words)
    if term.not_approved:
        notes.append(_("The extension until %(day)s has no number of its approval.") % words)
    if term.too_long:
        notes.append(_("The extension is longer than a year."))
    return notes


def _sentence(found: Sequence[Term], *, here: str) -> str:
    over = sum(term.over for term in found)
    near = sum(term.stage is not None and not term.over for term in found)
    if not over and not near:
        return _("No term of office is over or ends within six months.")
    words = []
    if over:
        words.append(
            ngettext("%(n)d term of office is over", "%(n)d terms of office are over", over)
            % {"n": over}
        )
    if near:
        words.append(
            ngettext("%(n)d ends within six months", "%(n)d end within six months", near)
            % {"n": near}
        )
    return _("%(here)s: %(what)s.") % {"here": here, "what": _(", ").join(words)}


def _unknown_line(unknown: Sequence[Branch]) -> str:
    if not unknown:
        return ""
    return ngettext(
        "Of %(n)d branch no end of its term is on record.",
        "Of %(n)d branches no end of their terms is on record.",
        len(unknown),
    ) % {"n": len(unknown)}


def _by_school(branches: Sequence[Branch]) -> list[tuple[School, list[str]]]:
    """Schools by name with the branches of which no end is on record."""
    found: dict[int, tuple[School, list[str]]] = {}
    for branch in branches:
        found.setdefault(branch.school_id, (branch.school, []))[1].append(branch.name)
    return sorted(found.values(), key=lambda pair: (by_name(pair[0].name), pair[0].pk))


def _rules() -> list[rulebook.Rule]:
    book = rulebook.rules()
    return [book["TRM-04"], book["TRM-03"]]
