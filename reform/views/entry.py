"""The only place where an entry is opened, written, sent, signed, taken back and opened again."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reform import checking, filings, progress, submissions
from reform.filings import Filing
from reform.forms.filing import from_post, from_report
from reform.forms.hidden import key_of, version_of
from reform.models import Entry
from reform.progress import Outcome
from reform.states import MOVES, Claim, Status
from reform.templatetags.look import unbroken
from reform.views import entry_missing, entry_page, fast
from reform.views.check_lines import typed_line
from schools import clock
from schools.access import access
from schools.errors import Denied, Stale


@access("see_entry")
@require_safe
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """What is asked, whether it is enough, and what was done so far."""
    found = entry_page.find(request, pk)
    return render(request, "entry/entry.html", entry_page.page(found, request))


@access("save")
@require_POST
def entry_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what is typed. A script is answered in JSON, a person by the page.

    `use` = "last" adds the last period's words to the note, "sent" starts from the last report,
    "preview" goes on to what the reviewer will read.
    """
    found = entry_page.find(request, pk)
    filing = _taken_over(found, from_post(request.POST, _checks(found)), request.POST.get("use"))
    by_script = bool(request.headers.get("X-Requested-With"))
    try:
        draft = progress.save(
            found.pk, by=request.seat, version=version_of(request.POST), filing=filing
        )
    except ValidationError as error:
        if by_script:
            return JsonResponse({"reason": " ".join(error.messages)}, status=422)
        return _again(request, found, filing, error.message_dict)
    except (Denied, Stale) as refusal:
        if by_script:
            status = 409 if isinstance(refusal, Stale) else 403
            return JsonResponse({"reason": refusal.reason}, status=status)
        return _refused(request, found, filing, refusal)
    at = f"{draft.saved_at.astimezone(clock.SHANGHAI):%H:%M}"
    if by_script:
        told = {"saved": _("saved by itself at %(time)s") % {"time": at}}
        return JsonResponse(told | _still_wrong(request, found, filing))
    if request.POST.get("use") == "preview":
        return redirect("entry_preview", pk=found.pk)
    if fast.asked(request):
        stays = request.POST.keys() & {"use", "phrase"}
        return fast.here(found) if stays else fast.onward(request, found)
    messages.success(request, _("Draft saved at %(time)s.") % {"time": at})
    return redirect("entry", pk=found.pk)


@access("submit")
@require_POST
def entry_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it: to the secretary where the campaign asks for a signature, else to the reviewer."""
    found = entry_page.find(request, pk)
    return _send(request, found, from_post(request.POST, _checks(found)))


def _send(request: HttpRequest, found: Entry, filing: Filing) -> HttpResponse:
    """Send what was typed; what is refused is kept as a draft, for whoever comes back to it."""
    try:
        outcome = progress.submit(
            found.pk,
            by=request.seat,
            version=version_of(request.POST),
            filing=filing,
            key=key_of(request.POST),
        )
    except ValidationError as error:
        with suppress(ValidationError, Denied, Stale):
            progress.save(
                found.pk, by=request.seat, version=version_of(request.POST), filing=filing
            )
        return _again(request, found, filing, error.message_dict)
    except (Denied, Stale) as refusal:
        return _refused(request, found, filing, refusal)
    if submissions.is_same_again(found, outcome.report):
        same_words = _("%(code)s is the same as what was returned. Take it back to change it.")
        messages.warning(request, same_words % {"code": found.slot.item.code})
    if fast.asked(request):
        return fast.onward(request, found)
    if outcome.status == Status.awaiting_signoff:
        words = _("%(code)s is written and waits for the secretary's signature.")
    else:
        words = _("%(code)s is sent and waits for the reviewer.")
    messages.success(request, words % {"code": found.slot.item.code})
    return redirect("school_home")


@access("submit")
@require_POST
def entry_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Send what the registers answer, with no word added; the home offers the next one.

    From the form of an entry whatever was typed or ticked goes along, and is judged as usual.
    """
    found = entry_page.find(request, pk)
    filing = from_post(request.POST, _checks(found))
    if filing.note.strip() or filing.pledged or filing.claim != Claim.done:
        return _send(request, found, filing)
    begun = entry_page.own_draft(found)
    if begun and begun.note.strip():
        messages.warning(request, _("A note is begun here: read it, then send it from this page."))
        return fast.here(found) if fast.asked(request) else redirect("entry", pk=found.pk)
    if found.handed_back is not None:
        messages.warning(request, _("The secretary gave this back: read why, then send it again."))
        return fast.here(found) if fast.asked(request) else redirect("entry", pk=found.pk)
    try:
        progress.submit(
            found.pk,
            by=request.seat,
            version=version_of(request.POST),
            filing=Filing(),
            key=key_of(request.POST),
        )
    except ValidationError as error:
        checking.refresh_entry(found)
        fresh = entry_page.find(request, pk)
        return _again(request, fresh, None, error.message_dict)
    except (Denied, Stale) as refusal:
        return _refused(request, found, Filing(), refusal)
    if fast.asked(request):
        return fast.onward(request, found)
    return redirect(f"{reverse('school_home')}?done={found.pk}")


@access("sign_off")
@require_POST
def entry_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """The secretary signs, or with `do` = "hand_back" gives it back to the filer with a reason."""
    if request.POST.get("do") == "hand_back":
        done = _("%(code)s went back to the filer.")
        return _decided(request, pk, progress.hand_back, done, reason=True)
    return _decided(
        request,
        pk,
        progress.sign_off,
        _("%(code)s is signed and waits for the reviewer."),
        home=True,
    )


@access("withdraw")
@require_POST
def entry_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what nobody has judged yet."""
    done = _("%(code)s is yours again; correct it and send it again.")
    return _decided(request, pk, progress.withdraw, done)


@access("reopen")
@require_POST
def entry_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """The reviewer opens a settled entry again, with a reason."""
    done = _("%(code)s is open again; the school was given a new date.")
    return _decided(request, pk, progress.reopen, done, reason=True)


def _decided(
    request: HttpRequest,
    pk: int,
    change: Callable[..., Outcome],
    done: str,
    *,
    reason: bool = False,
    home: bool = False,
) -> HttpResponse:
    """Do one change and say so; a reason that will not do comes back beside its field."""
    found = entry_page.find(request, pk)
    fields: dict[str, Any] = {
        "by": request.seat,
        "version": version_of(request.POST),
        "key": key_of(request.POST),
    }
    if reason:
        fields["reason"] = request.POST.get("reason", "").replace("\r\n", "\n")
    try:
        change(found.pk, **fields)
    except ValidationError as error:
        return _again(request, found, None, error.message_dict)
    if fast.asked(request) and change is progress.withdraw:
        return fast.here(found)
    if fast.asked(request) and home:
        return fast.onward(request, found)
    messages.success(request, done % {"code": found.slot.item.code})
    if fast.asked(request):
        return fast.onward(request, found, told=True)
    return redirect("school_home") if home else redirect("entry", pk=found.pk)


def _checks(found: Entry) -> Any:
    return found.slot.item.checks.all()


def _taken_over(found: Entry, filing: Filing, use: str | None) -> Filing:
    """What was typed, with the words of an earlier report taken over where that was asked."""
    if use == "last":
        last = submissions.last_report(found)
        words = [text for text in (filing.note.strip(), last.note if last else "") if text]
        return Filing(note="\n".join(words), claim=filing.claim, values=filing.values)
    if use == "sent" and found.report:
        values = submissions.values_of([found.report])
        return from_report(found.report, values[found.report.pk])
    return filing


def _again(
    request: HttpRequest,
    found: Entry,
    filing: Filing | None,
    errors: Mapping[str, Sequence[str]],
) -> HttpResponse:
    """The page once more, with every word typed and what is wrong beside its field."""
    context = entry_page.page(found, request, filing=filing, errors=errors)
    context["reason"] = request.POST.get("reason", "")
    if fast.asked(request):
        return fast.again(request, found, context)
    return render(request, "entry/entry.html", context, status=422)


def _still_wrong(request: HttpRequest, found: Entry, filing: Filing) -> dict[str, Any]:
    """On a page where something was refused, what is wrong with the text that is kept now."""
    if "refused" not in request.POST:
        return {}
    context = entry_page.answered(found, request, filing)
    wrong = filings.wrong(found, _checks(found), filing, context["files"])
    problems = entry_missing.problems(wrong, context["lines"])
    sentence = entry_missing.refused(problems) or context["sentence"]
    box = render_to_string("entry/_problems.html", {"problems": problems})
    return {"parts": {"problems": box, "sentence": unbroken(sentence)}}


def _refused(
    request: HttpRequest, found: Entry, filing: Filing, refusal: Denied | Stale
) -> HttpResponse:
    """403 or 409 with what was typed beside what stands there now; nothing is lost."""
    fresh = entry_page.find(request, found.pk)
    checks = list(_checks(fresh))
    values = submissions.values_of([fresh.report] if fresh.report else [])
    context = {
        "entry": fresh,
        "reason": refusal.reason,
        "filing": filing,
        "lines": [
            line
            for check in checks
            if (line := typed_line(check, fresh, filing.values.get(check.key, {}))).typed
        ],
        "theirs": fresh.report,
        "their_lines": entry_page.sent_lines(checks, values, fresh.report),
        "may_keep": isinstance(refusal, Stale) and fresh.status in MOVES["save"].sources,
    }
    status = 409 if isinstance(refusal, Stale) else 403
    return render(request, "entry/both_texts.html", context, status=status)
