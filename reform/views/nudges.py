"""The only place where an official writes to stuck schools: choose, read each letter, send."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from reform import nudges as letters
from reform import outbox, queues
from reform.forms.campaign import ReasonForm
from reform.forms.hidden import key_for, key_of, number_of
from reform.forms.refused import complain
from reform.models import Entry, Nudge
from reform.states import Status, light
from reform.views import board_filters
from schools import clock, scope
from schools.access import access
from schools.errors import Stale
from schools.language import local
from schools.names import by_name

PAGE = 100
_KINDS = {
    "late": gettext_lazy("Overdue"),
    "returned": gettext_lazy("Returned, not sent again"),
    "due": gettext_lazy("Due within ten days"),
}
_FIELDS = ("slot__campaign", "slot__item__measure__pillar", "school__school_type")
_NARROWS = {
    **queues.FIELDS,
    "campaign": "slot__campaign",
    **{name: f"school__{field}" for name, field in board_filters.FIELDS.items()},
}


@access("nudge")
@require_http_methods(["GET", "HEAD", "POST"])
def nudges(request: HttpRequest) -> HttpResponse:
    """What is stuck, by school; then each letter as it will be read; then it goes."""
    if request.method != "POST":
        return _choose(request, request.GET)
    chosen = _listed(request) if request.POST.get("do") == "all" else _chosen(request)
    if not chosen:
        messages.warning(request, _("First tick what you want to write about; nothing was sent."))
        asked = {"kind": _kind(request.POST), **_narrow(request.POST)}
        return redirect(f"{reverse('nudges')}?{urlencode(asked)}")
    if request.POST.get("do") == "back":
        return _choose(request, request.POST, frozenset(entry.pk for entry in chosen))
    typed = {"reason": request.POST.get("reason", "")}
    form = ReasonForm(request.POST if request.POST.get("do") == "send" else None, initial=typed)
    if form.is_bound and form.is_valid():
        try:
            made = letters.send(
                [entry.pk for entry in chosen],
                by=request.seat,
                reason=form.cleaned_data["reason"],
                key=key_of(request.POST),
            )
        except ValidationError as error:
            complain(form, error)
        except Stale as stale:
            messages.warning(request, stale.reason)
            return redirect("nudges")
        else:
            _say_sent(request, made)
            return redirect("nudges")
    return _preview(request, chosen, form)


def _say_sent(request: HttpRequest, made: Sequence[Nudge]) -> None:
    words = ngettext(
        "%(n)d item goes out at %(time)s; until then you can take it back.",
        "%(n)d items go out at %(time)s; until then you can take them back.",
        len(made),
    )
    at = clock.told(made[0].goes_at)
    messages.success(request, words % {"n": len(made), "time": at})


def _kind(said: QueryDict) -> str:
    asked = said.get("kind", "")
    return asked if asked in _KINDS else "late"


def _narrow(said: QueryDict) -> dict[str, str]:
    """What the list is narrowed to, by the names that the rows of a board have in their address."""
    asked = {name: code for name in _NARROWS if (code := said.get(name, "").strip()[:20])}
    if number_of(asked.get("campaign", "0")) is None:
        del asked["campaign"]
    return asked


def _words(narrow: Iterable[str], entry: Entry) -> list[str]:
    """The same in words, as one of the entries found has it."""
    school, item = entry.school, entry.slot.item
    words = {
        "school": school.name,
        "pillar": local(item.measure.pillar, "name"),
        "measure": f"{item.measure.code} {local(item.measure, 'name')}",
        "item": f"{item.code} {local(item, 'short')}",
        "campaign": entry.slot.campaign.name,
        "type": str(school.school_type),
        "profile": school.get_profile_display(),
        "ownership": school.get_ownership_display(),
    }
    return [words[name] for name in narrow]


def _of_kind(kind: str) -> Q:
    today = clock.today()
    if kind == "late":
        return Q(due_on__lt=today)
    if kind == "returned":
        return Q(status=Status.returned)
    return Q(due_on__gte=today, due_on__lte=today + letters.SOON)


def _choose(
    request: HttpRequest, said: QueryDict, ticked: frozenset[int] = frozenset()
) -> HttpResponse:
    """The stuck entries of one kind by school name, what waits to go, and what went lately.

    `ticked`: what was chosen already, by who comes back from the letters.
    """
    kind, narrow, tick = _kind(said), _narrow(said), said.get("tick", "")
    found = _first(_rows(request, said, kind))
    today = clock.today()
    if tick:  # by who comes from the rows of a board, which has those that are counted
        ticked = frozenset(
            e.pk for e in found if tick == str(e.pk) or (tick == "counted" and e.counted)
        )
    mine = scope.rows(Nudge.objects.all(), request.seat).filter(
        entry__authority=request.seat.place_code, taken_back_at=None
    )
    about = ("entry__school", "entry__slot__item", "by")
    waiting = mine.filter(sent_at=None).select_related(*about).order_by("goes_at", "pk")
    groups: dict[int, dict[str, Any]] = {}
    for entry in found[:PAGE]:
        group = groups.setdefault(entry.school_id, {"school": entry.school, "entries": []})
        group["entries"].append((entry, light(entry.status, entry.due_on, today)))
    context = {
        "kind": kind,
        "kinds": _KINDS.items(),
        "groups": list(groups.values()),
        "n": len(found[:PAGE]),
        "more": len(found) > PAGE,
        "narrow": narrow,
        "narrowed": _words(narrow, found[0]) if found else list(narrow.values()),
        "query": urlencode(narrow),
        "ticked": ticked,
        "reason": said.get("reason", ""),
        "waiting": list(waiting[:PAGE]),
        "sent": list(mine.exclude(sent_at=None).select_related(*about)[:10]),
    }
    return render(request, "nudges/choose.html", context)


def _rows(request: HttpRequest, said: QueryDict, kind: str) -> "QuerySet[Entry]":
    """Stuck entries of a kind, narrowed to what the address names."""
    rows = letters.stuck(request.seat).filter(_of_kind(kind)).select_related(*_FIELDS)
    return rows.filter(**{_NARROWS[name]: code for name, code in _narrow(said).items()}).order_by()


def _first(rows: "QuerySet[Entry]") -> list[Entry]:
    """A page of them, and one more, by the names of their schools."""
    keys = rows.values_list("school__name", "school_id", "slot__position", "pk")
    wanted = sorted(keys, key=lambda key: (by_name(key[0]), *key[1:]))[: PAGE + 1]
    shown = rows.in_bulk([key[-1] for key in wanted])
    return [shown[key[-1]] for key in wanted]


def _listed(request: HttpRequest) -> list[Entry]:
    """All that the page listed and nobody wrote about today."""
    rows = _rows(request, request.POST, _kind(request.POST))
    return _first(rows.filter(nudged=False))[:PAGE]


def _chosen(request: HttpRequest) -> list[Entry]:
    """The ticked entries, all of them stuck and under exactly this authority; else 404."""
    ticked = {number_of(text) for text in request.POST.getlist("chosen")[: letters.MOST_AT_ONCE]}
    known = scope.rows(Entry.objects.all(), request.seat).filter(
        pk__in=ticked - {None}, authority=request.seat.place_code
    )
    if None in ticked or known.count() != len(ticked):
        raise Http404
    rows = letters.stuck(request.seat).filter(pk__in=ticked, nudged=False)
    return list(rows.select_related(*_FIELDS).order_by("school_id", "slot__position", "pk"))


def _preview(request: HttpRequest, chosen: list[Entry], form: ReasonForm) -> HttpResponse:
    today = clock.today()
    made = letters.letters(chosen)
    context = {
        "letters": [
            {
                "letter": letter,
                "entries": [(e, light(e.status, e.due_on, today)) for e in letter.entries],
            }
            for letter in made
        ],
        "n": len(chosen),
        "unread": [letter.school for letter in made if not letter.people],
        "mail_on": outbox.mail_is_on(),
        "goes_at": letters.goes_at(request.seat.place_code),
        "kind": _kind(request.POST),
        "narrow": _narrow(request.POST),
        "sender": request.seat,
        "form": form,
        "key": key_for(request),
    }
    return render(request, "nudges/preview.html", context, status=422 if form.errors else 200)


@access("nudge")
@require_POST
def nudge_back(request: HttpRequest) -> HttpResponse:
    """Take back what has not gone out yet."""
    ticked = {number_of(text) for text in request.POST.getlist("chosen")[: letters.MOST_AT_ONCE]}
    known = scope.rows(Nudge.objects.all(), request.seat).filter(
        pk__in=ticked - {None}, entry__authority=request.seat.place_code
    )
    if None in ticked or known.count() != len(ticked):
        raise Http404
    if not ticked:
        messages.warning(request, _("First tick what you want to take back."))
        return redirect("nudges")
    back = letters.take_back([pk for pk in ticked if pk is not None], by=request.seat)
    words = ngettext("%(n)d is taken back.", "%(n)d are taken back.", back)
    messages.success(request, words % {"n": back})
    return redirect("nudges")
