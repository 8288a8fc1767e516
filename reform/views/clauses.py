"""The only place for the page that leads from the clauses of the source to the items, and back."""

from collections import defaultdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reform.models import Clause, Framework, Item
from reform.views.frameworks import visible
from schools.access import access


@access("see_frameworks")
@require_safe
def framework_clauses(request: HttpRequest, pk: int) -> HttpResponse:
    """Every clause of a version by paragraph: the items that answer it, or why there is none."""
    found = get_object_or_404(visible(request), pk=pk)
    clauses = list(found.clauses.all())
    answering = _answering(found)
    context = {
        "framework": found,
        "sentence": _sentence(clauses, answering),
        "paragraphs": _paragraphs(clauses, answering),
    }
    return render(request, "frameworks/clauses.html", context)


def _answering(framework: Framework) -> dict[str, list[Item]]:
    """Locator → the items that cite it, in their order."""
    answering: dict[str, list[Item]] = defaultdict(list)
    for item in framework.items.only("framework", "code", "short_zh", "short_en", "locators"):
        for locator in item.locators:
            answering[locator].append(item)
    return answering


def _sentence(clauses: list[Clause], answering: dict[str, list[Item]]) -> str:
    asking = [clause.locator for clause in clauses if clause.role == "ask"]
    numbers = {
        "asks": len(asking),
        "answered": sum(locator in answering for locator in asking),
        "others": len(clauses) - len(asking),
    }
    if numbers["answered"] < numbers["asks"]:
        words = _(
            "%(answered)d of %(asks)d demands are answered by items; "
            "%(others)d clauses are aim or quotation and ask for nothing."
        )
    else:
        words = _(
            "All %(asks)d demands are answered by items; "
            "%(others)d clauses are aim or quotation and ask for nothing."
        )
    return words % numbers


def _paragraphs(clauses: list[Clause], answering: dict[str, list[Item]]) -> list[dict[str, Any]]:
    """The clauses under the parts of the source."""
    titles = {
        "0": _("Opening paragraph"),
        "I": _("Part one"),
        "II": _("Part two"),
        "III": _("Part three"),
    }
    found: dict[str, list[tuple[Clause, list[Item]]]] = defaultdict(list)
    for clause in clauses:
        found[clause.locator.split("-")[0]].append((clause, answering.get(clause.locator, [])))
    return [
        {"key": name, "title": titles.get(name, name), "rows": rows} for name, rows in found.items()
    ]
