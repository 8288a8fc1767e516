"""The only place where people keep the sentences they need again and again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reform import phrases as opinions
from reform.forms.hidden import number_of
from reform.models import Phrase
from reform.models.talk import PhraseUse
from schools.access import access
from schools.errors import Denied
from schools.noted import note
from schools.scope import Seat

STEPS = {"up": -1, "down": 1}


@dataclass(frozen=True)
class Typed:
    """What was typed and refused: for which phrase, or for a new one of which list."""

    at: str
    text: str
    errors: Sequence[str]


@dataclass(frozen=True)
class List:
    """One list of the page: `name` tells it apart in forms and addresses. `read`: what the
    authority shares for the same use, kept by others."""

    name: str
    title: str
    hint: str
    shared: bool
    phrases: list[Phrase] = field(default_factory=list)
    read: list[Phrase] = field(default_factory=list)


@access("keep_phrases", "share_phrases")
@require_http_methods(["GET", "HEAD", "POST"])
def phrases(request: HttpRequest) -> HttpResponse:
    """One's own sentences, and the authority's for whoever shares those; `do` names the change."""
    if request.method != "POST":
        return _page(request)
    try:
        return redirect(f"{reverse('phrases')}#{_changed(request)}")
    except ValidationError as error:
        at = request.POST.get("phrase") or request.POST.get("list", "")
        typed = Typed(at, _text(request), error.message_dict["text"])
        return _page(request, typed, status=422)


def _changed(request: HttpRequest) -> str:
    """Do what a button says; where on the page it is seen."""
    do, seat = request.POST.get("do", ""), request.seat
    if do == "add":
        name = request.POST.get("list", "")
        one = next((one for one in _lists(seat) if one.name == name), None)
        if one is None:
            raise Denied(_("Your post here does not include this step."))
        use = name.partition("-")[2]
        made = opinions.add(seat, use=use, shared=one.shared, text=_text(request))
        _note(request, made, "add")
        return f"p{made.pk}"
    found = get_object_or_404(
        opinions.kept(seat), pk=number_of(request.POST.get("phrase", "")) or 0
    )
    if do in STEPS:
        if opinions.move(found, STEPS[do], by=seat):
            _note(request, found, "move")
    elif do == "remove":
        _note(request, found, "remove")
        opinions.remove(found)
        messages.success(request, _("Removed: “%(text)s”") % {"text": found.text})
        return _name(found)
    elif do == "keep":
        opinions.change(found, _text(request))
        _note(request, found, "change")
    return f"p{found.pk}"


def _page(request: HttpRequest, typed: Typed | None = None, status: int = 200) -> HttpResponse:
    lists = _lists(request.seat)
    for phrase in opinions.kept(request.seat).order_by("position", "pk"):
        next(one for one in lists if one.name == _name(phrase)).phrases.append(phrase)
    for phrase in opinions.only_read(request.seat):
        next(one for one in lists if one.name == f"own-{phrase.use}").read.append(phrase)
    context: dict[str, Any] = {"lists": lists, "typed": typed, "most": opinions.MOST_CHARACTERS}
    return render(request, "phrases/phrases.html", context, status=status)


def _lists(seat: Seat) -> list[List]:
    """The lists that this seat keeps, its own first."""
    own, all_of_us = _("Only you see them."), _("All reviewers of your authority see them.")
    words = {
        ("own", PhraseUse.return_): (_("When I return something"), own),
        ("own", PhraseUse.note): (_("In my progress notes"), own),
        ("all", PhraseUse.return_): (_("When our reviewers return something"), all_of_us),
        ("all", PhraseUse.note): (
            _("In the progress notes of our schools"),
            _("All schools of your authority see them."),
        ),
    }
    return [
        List(f"{whose}-{use}", *words[whose, use], shared=whose == "all")
        for whose in ("own", "all")
        for use in opinions.uses(seat, shared=whose == "all")
    ]


def _name(phrase: Phrase) -> str:
    """The name of the list that a phrase stands in."""
    return f"{'all' if phrase.region_id else 'own'}-{phrase.use}"


def _text(request: HttpRequest) -> str:
    return request.POST.get("text", "").replace("\r\n", "\n")


def _note(request: HttpRequest, phrase: Phrase, what: str) -> None:
    """What a whole authority reads is a setting: it stands in the log."""
    if phrase.region_id:
        note(request, f"phrase {what}", phrase.region_id)
