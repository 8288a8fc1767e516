"""The only place where a reviewer reads what was sent and decides: accept, return, undo."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reform import dossier, phrases, policy, progress, queues
from reform.forms.hidden import number_of
from reform.forms.review import Decision, from_post
from reform.models import Entry, Review
from reform.models.report import Verdict
from reform.models.talk import PhraseUse
from reform.queues import Facet, Line, Narrow, Queue
from reform.states import Status
from reform.views.headlines import ended_sentence, queue_line, queue_sentence
from reform.views.sentences import Back, back_sentence
from schools import clock
from schools.access import access
from schools.errors import Denied, Stale
from schools.scope import Seat


@access("review")
@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """The queue with its oldest entry open."""
    return _desk(request, None)


@access("review")
@require_safe
def review_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """The queue with this entry open."""
    return _desk(request, _entry(request, pk))


@access("accept")
@require_POST
def review_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept the report that was read, then open the next; a reason for returning that is
    written beside it is not thrown away without being asked."""
    entry, decision = _entry(request, pk), from_post(request.POST)
    here = entry.status == Status.submitted and entry.version == decision.version
    if decision.reason.strip() and here and not decision.anyway:
        return _desk(request, entry, decision=replace(decision, held=True), status=422)
    try:
        progress.accept(
            entry.pk,
            by=request.seat,
            version=decision.version,
            report_id=decision.report,
            key=decision.key,
        )
    except Stale as stale:
        return _overtaken(request, entry, decision, stale)
    return _onward(request, entry)


@access("return")
@require_POST
def review_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the report that was read, with a reason; ticked files are destroyed.

    Without a script `phrase` puts a frequent opinion into the reason, and decides nothing.
    """
    entry, decision = _entry(request, pk), from_post(request.POST)
    if "phrase" in request.POST:
        return _desk(request, entry, decision=decision)
    try:
        progress.send_back(
            entry.pk,
            by=request.seat,
            version=decision.version,
            report_id=decision.report,
            reason=decision.reason,
            destroy=decision.destroy,
            key=decision.key,
        )
    except ValidationError as error:
        errors = error.message_dict
        return _desk(request, entry, decision=decision, errors=errors, status=422)
    except Stale as stale:
        return _overtaken(request, entry, decision, stale)
    return _onward(request, entry)


@access("undo")
@require_POST
def review_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own acceptance back within five minutes; the entry is open again."""
    entry, decision = _entry(request, pk), from_post(request.POST)
    try:
        progress.undo_accept(entry.pk, by=request.seat, version=decision.version, key=decision.key)
    except Stale as stale:
        return _overtaken(request, entry, decision, stale)
    done = _("Taken back: %(school)s, %(code)s waits for review again.")
    messages.success(request, done % {"school": entry.school, "code": entry.slot.item.code})
    return redirect(_address(entry.pk, Narrow.of(request.POST)))


def _entry(request: HttpRequest, pk: int) -> Entry:
    """An entry of exactly this authority, else 404."""
    entry = queues.current(request.seat, pk)
    if entry is None:
        raise Http404
    return entry


def _desk(
    request: HttpRequest,
    entry: Entry | None,
    *,
    decision: Decision | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Queue, entry and evidence; `decision` and `errors`: what was typed and is refused."""
    waiting = queues.waiting(request.seat)
    asked = Narrow.of(request.POST or request.GET)
    facets = queues.facets(waiting, asked)
    unknown = asked.unknown(facets)
    narrow = asked.without(unknown)
    place = narrow.place(entry, entry.report.sent_at) if entry and _was_sent(entry) else None
    queue = queues.read(waiting, narrow, place)
    if entry is None and queue.current:
        entry = queues.current(request.seat, queue.current.pk)
    done = number_of(request.GET.get("done", ""))
    reviews = dossier.reviews(entry, done)
    just_done = dossier.just_done(reviews, done, request.seat)
    ended = 0 if facets else queues.ended(request.seat)
    context = {
        "queue": queue,
        "ended": ended,
        "sentence": ended_sentence(ended)
        or queue_sentence(queue, clock.today(), after=just_done is not None),
        "line": queue_line(queue),
        "narrow": narrow,
        "chosen": narrow.chosen(facets),
        "unknown": [_vain(name, asked.asked[name], just_done) for name in unknown],
        "orders": _orders(narrow),
        "filters": _filters(narrow, facets),
        "query": query_of(narrow),
        "rows_url": _rows_url(request.seat, narrow),
        "onward": query_of(narrow, **({"done": done} if just_done and done else {})),
        "next": _next(queue, entry),
        "done": just_done,
        "entry": entry,
        "decision": decision or Decision(),
        "errors": errors or {},
        "shortcuts": request.user.shortcuts,
        **(_opened(request, entry, reviews) if entry else {}),
    }
    return render(request, "review/desk.html", context, status=status)


def _opened(request: HttpRequest, entry: Entry, reviews: Sequence[Any]) -> dict[str, Any]:
    """The entry in the middle; one that waits for review no more shows only what became of it."""
    seat = request.seat
    answer = policy.may(seat, "accept", entry)
    context = {
        "item": entry.slot.item,
        "denied": answer.reason if isinstance(answer, Denied) else "",
        "key": uuid.uuid4().hex,
        "phrases": () if isinstance(answer, Denied) else phrases.offered(seat, PhraseUse.return_),
    }
    if entry.status == Status.submitted and entry.report:
        return context | {"judged": dossier.judged(entry, reviews)}
    last = next((review for review in reviews if review.report_id == entry.report_id), None)
    undoable = policy.may(seat, "undo", entry) is True
    return context | {"verdict": last, "awaited": _awaited(entry, last), "undoable": undoable}


def _awaited(entry: Entry, last: Review | None) -> str:
    """What is waited for, of an entry that was given back to its school."""
    today = clock.today()
    if last is None or entry.status != Status.returned or not entry.is_listed(today):
        return ""
    reopened = last.verdict == Verdict.reopen
    back = Back(reopened, str(last.reviewer), clock.local_date(last.at))
    return back_sentence(back, entry.due_on, today)


def _next(queue: Queue, entry: Entry | None) -> Line | None:
    """What follows the open entry; the first of all where the open one never was in the queue."""
    if queue.at is None and queue.current and entry and queue.current.pk != entry.pk:
        return queue.current
    return queue.next


def _was_sent(entry: Entry) -> bool:
    return entry.report is not None and entry.report.sent_at is not None


def _filters(narrow: Narrow, facets: Sequence[Facet]) -> list[dict[str, Any]]:
    """The lists of the filter; one that leaves no choice is not offered."""
    words = {
        "school": (_("School"), _("All schools")),
        "pillar": (_("Pillar"), _("All pillars")),
        "measure": (_("Measure"), _("All measures")),
        "sent": (_("Submission"), _("First and later ones")),
        "due": (_("Due date"), _("All due dates")),
    }
    return [
        {
            "name": kind,
            "label": label,
            "all": every,
            "facets": there,
            "asked": narrow.asked.get(kind),
        }
        for kind, (label, every) in words.items()
        if len(
            there := [facet for facet in facets if facet.kind == kind and _offered(facet, narrow)]
        )
        > 1
        or kind in narrow.asked
    ]


def _offered(facet: Facet, narrow: Narrow) -> bool:
    """Whether something waits there, or it is what is chosen."""
    return facet.n > 0 or narrow.asked.get(facet.kind) == facet.code


def _vain(name: str, code: str, done: Review | None) -> str:
    """What was asked for in vain, by its name where the last of it was just decided."""
    words = {"sent": queues.SENT_WORDS, "due": queues.DUE_WORDS}.get(name, {})
    if name == "order":
        none = _("There is no order “%(word)s”: what was sent first stands first.")
        return none % {"word": code}
    school = done.report.entry.school if done else None
    named = school.name if name == "school" and school and school.code == code else code
    none = _("Nothing waits under “%(word)s”; everything else is shown.")
    return none % {"word": words.get(code, named)}


def _orders(narrow: Narrow) -> dict[str, str]:
    """By what the queue is ordered, and the way to the other order."""
    due = narrow.order == "due"
    other = replace(narrow, order="" if due else "due")
    words = (_("What was sent first stands first"), _("The nearest date stands first"))
    ways = (_("Order by due date"), _("Order by time of sending"))
    return {"now": words[due], "other": ways[due], "query": query_of(other)}


def query_of(narrow: Narrow, **more: int | str) -> str:
    """The end of an address that keeps what the queue is narrowed to."""
    values = {**narrow.asked, **more}
    return f"?{urlencode(values)}" if values else ""


def _rows_url(seat: Seat, narrow: Narrow) -> str:
    """The same rows on the board; empty where the queue is narrowed to no part of it."""
    asked = {name: code for name, code in narrow.asked.items() if name in queues.FIELDS}
    rows = reverse("board_rows", args=[seat.place_code])
    return f"{rows}?{urlencode({**asked, 'state': 'waiting'})}" if asked else ""


def _address(pk: int | None, narrow: Narrow, **more: int) -> str:
    url = reverse("review_entry", args=[pk]) if pk else reverse("review")
    return url + query_of(narrow, **more)


def _onward(request: HttpRequest, entry: Entry) -> HttpResponse:
    """To the next in the queue, with word of what was just decided."""
    narrow = Narrow.of(request.POST)
    sent_at = entry.report.sent_at if _was_sent(entry) else clock.now()
    queue = queues.waiting(request.seat)
    following = queues.following(queue, narrow, narrow.place(entry, sent_at))
    return redirect(_address(following, narrow, done=entry.pk))


def _overtaken(
    request: HttpRequest, entry: Entry, decision: Decision, stale: Stale
) -> HttpResponse:
    """409: who decided what and when, or that the school sent anew; the typed reason is kept."""
    fresh = _entry(request, entry.pk)
    updated = fresh.status == Status.submitted and fresh.report_id != decision.report
    context = {
        "entry": fresh,
        "item": fresh.slot.item,
        "updated": updated,
        "reason": stale.reason,
        "typed": decision.reason,
        "query": query_of(Narrow.of(request.POST)),
    }
    return render(request, "review/overtaken.html", context, status=409)
