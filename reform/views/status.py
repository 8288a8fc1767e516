"""The only place for the page that tells an operator what is alive, and for what a monitor asks."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from reform import blast_guard, health, lines, mail_health, outbox, restore
from reform.forms.hidden import key_for, key_of
from reform.models import Message
from reform.models.message import MessageKind
from schools import clock, noted
from schools.access import ANYONE, access
from schools.errors import Denied, Stale


@access("see_status")
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    found = health.lines()
    broken = sum(line.light == lines.BAD for line in found)
    doubtful = sum(line.light == lines.CARE for line in found)
    if broken:
        sentence = ngettext("%(n)d part is not working", "%(n)d parts are not working", broken)
    elif doubtful:
        sentence = ngettext(
            "Everything works; %(n)d part to look at",
            "Everything works; %(n)d parts to look at",
            doubtful,
        )
    else:
        sentence = _("Everything works")
    context = {
        "sentence": sentence % {"n": broken or doubtful},
        "lines": found,
        "held": any(line.why == health.HELD for line in found),
        "blast": next((line for line in found if line.why == mail_health.HOLD), None),
        "mail": _mail(request),
        "can_send": outbox.can_reach(request.user),
        "key": key_for(request),
    }
    return render(request, "status/status.html", context)


@access("send_test")
@require_POST
def status_mail(request: HttpRequest) -> HttpResponse:
    """A letter to the operator's own address, by the way that all letters go."""
    if not outbox.can_reach(request.user):
        raise Denied(_mail(request))
    outbox.post(request.user, MessageKind.test, key_of(request.POST) or clock.told(clock.now()))
    noted.note(request, "mail test", request.user.email)
    messages.success(
        request, _("The letter waits; within a minute this page says what became of it.")
    )
    return redirect("status")


@access("release_mail")
@require_POST
def status_held(request: HttpRequest) -> HttpResponse:
    """Letters that a restore holds back: sent or dropped."""
    send = request.POST.get("do") == "send"
    if not send and request.POST.get("do") != "drop":
        raise Denied(_("Choose: send the letters or drop them."))
    count = restore.release(send=send)
    noted.note(request, "letters release" if send else "letters drop", str(count))
    said = ngettext("%(n)d letter goes out now.", "%(n)d letters go out now.", count)
    if not send:
        said = ngettext("%(n)d letter was dropped.", "%(n)d letters were dropped.", count)
    messages.success(request, said % {"n": count})
    return redirect("status")


@access("release_mail")
@require_POST
def status_release(request: HttpRequest) -> HttpResponse:
    """Letters about far more dates than usual go out after all."""
    hold = blast_guard.held()
    if hold is None or not blast_guard.release(hold.day, request.user):
        raise Stale(_("Nothing is held any more; somebody was first, or the plan shrank."))
    noted.note(request, "reminders release", f"{hold.day} {hold.planned}")
    messages.success(request, _("The letters go out, within the hours of each region."))
    return redirect("status")


@access(ANYONE)
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """For a monitor: 200, or 503 with one word for each vital part that is not well."""
    report = health.report()
    answer = JsonResponse(report, status=200 if report["well"] else 503)
    answer["Cache-Control"] = "no-store"
    return answer


def _mail(request: HttpRequest) -> str:
    """Whether letters can go out, and what became of the last trial."""
    user = request.user
    if not outbox.mail_is_on():
        return _("Mail is off: set EMAIL_URL and MAIL_FROM, then start again.")
    if not user.email:
        return _("Your account has no e-mail address to try it with.")
    if not outbox.can_reach(user):
        return _("Your address does not take mail: %(why)s") % {"why": user.email_refused_why}
    last = Message.objects.filter(person=user, kind=MessageKind.test).first()
    if last is None:
        return _("No letter was tried from here yet.")
    words = {
        "when": clock.told(last.made_at),
        "state": last.get_state_display(),
        "reply": last.reply,
    }
    return _("Letter of %(when)s to you: %(state)s. %(reply)s") % words
