"""The only place where a person reads what the product told, and how one reminder went out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from reform import inbox as told
from reform import outbox
from reform.forms.hidden import number_of
from schools.access import SIGNED_IN, access, by_script


@access(SIGNED_IN)
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What I was told, newest first; `all` shows what has become needless too."""
    every = bool(request.GET.get("all"))
    found = told.of(request.user)
    found = found if every else told.standing(found)
    after = number_of(request.GET.get("after", ""))
    page = found.filter(pk__lt=after) if after else found
    rows = list(page[: told.PAGE + 1])
    lines = told.lines(rows[: told.PAGE])
    here = request.path + ("?all=1&" if every else "?")
    unseen = getattr(request.user, "unseen", 0)
    context = {
        "groups": told.by_school(lines),
        "every": every,
        "sentence": _sentence(unseen),
        "newest": lines[0].pk if lines and not after else None,
        "unseen": unseen,
        "mail": _mail(request),
        "first_url": here.rstrip("?&") if after else "",
        "next_url": f"{here}after={rows[told.PAGE - 1].pk}" if len(rows) > told.PAGE else "",
    }
    return render(request, "inbox/inbox.html", context)


def _sentence(unseen: int) -> str:
    if not unseen:
        return _("Nothing new since you last looked.")
    words = ngettext("%(n)d thing is new.", "%(n)d things are new.", unseen)
    return words % {"n": unseen}


def _mail(request: HttpRequest) -> str:
    """Whether it comes by mail too, and if not, why not."""
    user = request.user
    if not outbox.mail_is_on():
        return _("This installation sends no mail: look in here.")
    if not user.email:
        return _("By mail it would come too, once a day at most: enter an address in your account.")
    if user.email_refused_at:
        return _("Your mail address takes no letters; correct it in your account.")
    if not user.digest:
        return _("You have switched the daily letter off; everything is listed here.")
    return _("What is still open comes by mail too, one letter a day at most.")


@access(SIGNED_IN)
@require_POST
def inbox_seen(request: HttpRequest) -> HttpResponse:
    """What stands in the inbox has been seen."""
    upto = number_of(request.POST.get("upto", ""))
    if upto is not None:
        told.seen(request.user, upto)
    return HttpResponse(status=204) if by_script(request) else redirect("inbox")


@access("see_entry")
@require_safe
def reminder(request: HttpRequest, pk: int) -> HttpResponse:
    """How one reminder went out: planned, tried, accepted."""
    found = get_object_or_404(told.visible(request.seat, request.user), pk=pk)
    line = told.lines([found])[0]
    context = {
        "reminder": found,
        "line": line,
        "sentence": told.headline(found),
        "steps": told.story(found),
        "mine": found.person_id == request.user.pk,
    }
    return render(request, "inbox/reminder.html", context)
