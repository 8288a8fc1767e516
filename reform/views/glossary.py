"""The only place for the glossary page: every word of the product, said in one sentence."""

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from reform import wording
from schools.access import SIGNED_IN, access

GROUPS = {
    "list": gettext_lazy("What is asked"),
    "role": gettext_lazy("Who does what"),
    "state": gettext_lazy("States of a filing"),
    "verb": gettext_lazy("What is done with it"),
    "thing": gettext_lazy("Pages and papers"),
    "party": gettext_lazy("Party organisation and meetings"),
}


@access(SIGNED_IN)
@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """The terms by group, each with its place in the address."""
    terms = wording.glossary()
    by_kind = {kind: list(found) for kind, found in groupby(terms, lambda term: term.kind)}
    context = {
        "sentence": _("%(n)d words of this system, each explained in one sentence.")
        % {"n": len(terms)},
        "groups": [(kind, title, by_kind[kind]) for kind, title in GROUPS.items()],
    }
    return render(request, "glossary/glossary.html", context)
