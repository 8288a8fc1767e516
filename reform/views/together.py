"""The only place where a reviewer accepts at once what the registers answered and targets met,
and takes one batch of it back."""

import uuid
from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from reform import progress, queues, together
from reform.forms.hidden import key_of, number_of
from reform.queues import Narrow
from reform.states import Status
from reform.views.review import query_of
from schools.access import access
from schools.errors import Denied, Stale

MOST_BACK = 100  # of a page


@access("accept")
@require_http_methods(["GET", "HEAD", "POST"])
def review_together(request: HttpRequest) -> HttpResponse:
    """The figures of each, and one button for those that are ticked or for the whole page."""
    if request.method == "POST":
        if request.POST.get("do") == "back" or "one" in request.POST:
            _take_back(request)
        else:
            _accept(request)
        return redirect(request.path + query_of(Narrow.of(request.GET)))
    waiting = queues.waiting(request.seat)
    facets, asked = queues.facets(waiting), Narrow.of(request.GET)
    narrow = asked.without(asked.unknown(facets))
    wanted = narrow.rows(waiting)
    rows, more = together.read(together.plain(wanted, request.seat))
    context = {
        "rows": rows,
        "more": more,
        "again": wanted.filter(queues.SENT["again"]).count(),
        "again_at": query_of(replace(narrow, sent="again")),
        "ticked": request.GET.get("tick") == "all",
        "query": query_of(narrow),
        "chosen": narrow.chosen(facets),
        "accepted": together.accepted(request.seat),
        "key": uuid.uuid4().hex[:16],
    }
    return render(request, "review/together.html", context)


def _accept(request: HttpRequest) -> None:
    """Accept each that was shown as it was shown, and say what came of it."""
    chosen = request.POST.getlist("shown" if request.POST.get("do") == "all" else "chosen")
    batch, done, missed = key_of(request.POST)[:16] or uuid.uuid4().hex[:16], 0, 0
    for text in chosen[: together.PAGE]:
        entry, version, report = ([number_of(part) for part in text.split("-")] + [None] * 3)[:3]
        found = queues.current(request.seat, entry) if entry else None
        # Waiting again since it was shown: the key would answer what held before it was taken back.
        if found is None or (found.status == Status.submitted and found.version != version):
            missed += 1
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
            missed += 1
    if not done and not missed:
        messages.warning(request, _("Tick what you accept first; nothing was changed."))
    if done:
        words = ngettext("%(n)d item is accepted.", "%(n)d items are accepted.", done)
        messages.success(request, words % {"n": done})
    _say_missed(request, missed)


def _take_back(request: HttpRequest) -> None:
    """Take back what was accepted a moment ago, one or its whole batch, each as it was shown."""
    done, missed = 0, 0
    for text in request.POST.getlist("one" if "one" in request.POST else "accepted")[:MOST_BACK]:
        entry, version = ([number_of(part) for part in text.split("-")] + [None] * 2)[:2]
        found = queues.current(request.seat, entry) if entry else None
        if found is None or version is None:
            missed += 1
            continue
        try:
            progress.undo_accept(found.pk, by=request.seat, version=version)
            done += 1
        except (Denied, Stale):
            missed += 1
    if done:
        words = ngettext(
            "Taken back: %(n)d item waits for review again.",
            "Taken back: %(n)d items wait for review again.",
            done,
        )
        messages.success(request, words % {"n": done})
    _say_missed(request, missed)


def _say_missed(request: HttpRequest, missed: int) -> None:
    if missed:
        words = ngettext(
            "%(n)d item was changed or decided meanwhile and was left as it is.",
            "%(n)d items were changed or decided meanwhile and were left as they are.",
            missed,
        )
        messages.warning(request, words % {"n": missed})
