"""The only place that shows the submissions of an entry side by side, and the one to come."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from reform import checking, comments, policy, submissions
from reform.filings import Filing
from reform.forms.filing import from_draft, from_report
from reform.models import Entry
from reform.models.catalogue import Source
from reform.states import Status, is_late, light
from reform.submissions import Filed, Submission
from reform.views import entry_page, entry_steps
from schools import clock
from schools.access import access
from schools.language import local


@access("see_entry")
@require_safe
def entry_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Every submission with what it changed, what was decided and said; made to be printed."""
    found = entry_page.find(request, pk)
    own = bool(request.seat.school)
    filed = submissions.read(found, own=own)
    pairs = submissions.with_reviews(found, submissions.side_by_side(found, filed, own=own))
    steps, said = entry_steps.steps(found, own=own, changes={})
    today = clock.today()
    context = {
        "entry": found,
        "item": found.slot.item,
        "own": own,
        "reviews": policy.may(request.seat, "accept", found) is True,
        "sentence": _sentence(found, pairs, today),
        "light": light(found.status, found.due_on, today),
        "today": today,
        "pairs": pairs[::-1],
        "steps": steps,
        "threads": comments.threads(said),
    }
    return render(request, "entry/history.html", context)


def _sentence(entry: Entry, pairs: list[Submission], today: date) -> str:
    code = entry.slot.item.code
    if not pairs:
        return _("%(code)s: nothing was submitted yet.") % {"code": code}
    words = ngettext(
        "%(code)s was submitted %(n)d time; its state is “%(state)s”.",
        "%(code)s was submitted %(n)d times; its state is “%(state)s”.",
        len(pairs),
    )
    if is_late(entry.status, entry.due_on, today):
        words = ngettext(
            "%(code)s was submitted %(n)d time; its state is “%(state)s”, and it is overdue.",
            "%(code)s was submitted %(n)d times; its state is “%(state)s”, and it is overdue.",
            len(pairs),
        )
    state = Status(entry.status).label
    return words % {"code": code, "n": len(pairs), "state": state}


@access("save")
@require_safe
def entry_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the reviewer would read if the draft were sent now, and what is still missing."""
    found = entry_page.find(request, pk)
    policy.require(request.seat, "save", found)
    filed = submissions.read(found, own=True)
    filing = _begun(found, filed)
    wrong = submissions.missing(found, filing, filed)
    names = {f"check-{check.key}": local(check, "name") for check in filed.checks}
    computed = any(check.source == Source.computed for check in filed.checks)
    kept = getattr(found, "computed", None)
    context: dict[str, Any] = {
        "entry": found,
        "item": found.slot.item,
        "sentence": _foretold(found, wrong),
        "judged": submissions.to_come(found, filing, filed, request.seat.user),
        "denied": True,
        "missing": [
            (names.get(field, ""), sentence)
            for field, sentences in wrong.items()
            for sentence in sentences
        ],
        "stale": computed and checking.is_stale(kept, found, clock.today()),
        "signs": found.slot.campaign.sign_off and not request.seat.has("sign_off"),
    }
    return render(request, "entry/preview.html", context)


def _begun(entry: Entry, filed: Filed) -> Filing:
    """What the form holds: the reader's draft, else what was sent last."""
    if draft := entry_page.own_draft(entry):
        return from_draft(draft)
    report = entry.report
    return from_report(report, filed.values[report.pk]) if report else Filing()


def _foretold(entry: Entry, wrong: dict[str, list[str]]) -> str:
    code = {"code": entry.slot.item.code}
    if wrong:
        return _("This is how the reviewer would see %(code)s; it cannot be sent yet.") % code
    return _("This is how the reviewer will see %(code)s.") % code
