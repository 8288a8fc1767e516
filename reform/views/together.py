"""The only place where a reviewer accepts at once what the registers answered and targets met,
and takes one batch of it back."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from reform import progress, queues, together
from reform.forms.hidden import key_of, number_of
from reform.models import Entry
from reform.queues import Narrow
from reform.states import Status
from reform.views.headlines import ended_sentence
from reform.views.review import query_of
from schools import clock
from schools.access import access
from schools.errors import Denied, Stale

MOST_BACK = 100  # of a page


@access("accept")
@require_http_methods(["GET", "HEAD", "POST"])
def review_together(request: HttpRequest) -> HttpResponse:
    """The figures of each, and one button for those that are ticked or for the whole page."""
    if request.method == "POST":
        just = {}
        if request.POST.get("do") == "back" or "one" in request.POST:
            _take_back(request)
        elif batch := _accept(request):
            just = {"batch": batch}
        return redirect(request.path + query_of(Narrow.of(request.GET), **just))
    waiting = queues.waiting(request.seat)
    facets, asked = queues.facets(waiting), Narrow.of(request.GET)
    narrow = asked.without(asked.unknown(facets))
    wanted = narrow.rows(waiting)
    page = together.read(together.plain(wanted, request.seat))
    accepted = together.accepted(request.seat)
    last = request.GET.get("batch")
    context = {
        "page": page,
        "rows": page.rows,
        "ended": "" if facets else ended_sentence(queues.ended(request.seat)),
        "again": wanted.filter(queues.SENT["again"]).count(),
        "again_at": query_of(replace(narrow, sent="again")),
        "ticked": request.GET.get("tick") == "all",
        "query": query_of(narrow),
        "chosen": narrow.chosen(facets),
        "accepted": accepted,
        "just": next((batch for batch in accepted if last and batch.name == last), None),
        "key": uuid.uuid4().hex[:16],
    }
    return render(request, "review/together.html", context)


def _accept(request: HttpRequest) -> str:
    """Accept each that was shown as it was shown, and say what was not; the name of the batch that
    the page tells of, if there is one."""
    chosen = request.POST.getlist("shown" if request.POST.get("do") == "all" else "chosen")
    batch, done, missed = key_of(request.POST)[:16] or uuid.uuid4().hex[:16], 0, []
    for text in chosen[: together.PAGE]:
        entry, version, report = ([number_of(part) for part in text.split("-")] + [None] * 3)[:3]
        found = queues.current(request.seat, entry) if entry else None
        # Waiting again since it was shown: the key would answer what held before it was taken back.
        if found is None or (found.status == Status.submitted and found.version != version):
            missed.append(found)
            continue
        try:
            progress.accept(
                found.pk,
                by=request.seat,
                version=-1 if version is None else version,
                report_id=report or -1,
                key=together.key(batch, found.pk),
            )
            done += 1
        except (Denied, Stale):
            missed.append(found)
    if not done and not missed:
        messages.warning(request, _("Tick what you accept first; nothing was changed."))
    _say_missed(request, missed)
    return batch if done else ""


def _take_back(request: HttpRequest) -> None:
    """Take back what was accepted a moment ago, one or its whole batch, each as it was shown."""
    done, missed = 0, []
    for text in request.POST.getlist("one" if "one" in request.POST else "accepted")[:MOST_BACK]:
        entry, version = ([number_of(part) for part in text.split("-")] + [None] * 2)[:2]
        found = queues.current(request.seat, entry) if entry else None
        if found is None or version is None:
            missed.append(found)
            continue
        try:
            progress.undo_accept(found.pk, by=request.seat, version=version)
            done += 1
        except (Denied, Stale):
            missed.append(found)
    if done:
        words = ngettext(
            "Taken back: %(n)d item waits for review again.",
            "Taken back: %(n)d items wait for review again.",
            done,
        )
        messages.success(request, words % {"n": done})
    _say_missed(request, missed)


def _say_missed(request: HttpRequest, found: Sequence[Entry | None]) -> None:
    """Why some were left: their campaign has ended, or somebody was first."""
    today = clock.today()
    over = sum(entry is not None and not entry.is_running(today) for entry in found)
    if over:
        words = ngettext(
            "The campaign has ended: %(n)d item was left as it is.",
            "The campaign has ended: %(n)d items were left as they are.",
            over,
        )
        messages.warning(request, words % {"n": over})
    if missed := len(found) - over:
        words = ngettext(
            "%(n)d item was changed or decided meanwhile and was left as it is.",
            "%(n)d items were changed or decided meanwhile and were left as they are.",
            missed,
        )
        messages.warning(request, words % {"n": missed})
