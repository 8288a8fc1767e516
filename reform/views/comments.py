"""The only place where people comment inside an entry: read, say, correct, resolve, open again."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reform import comments
from reform.forms.hidden import key_of, number_of
from reform.models import Comment, Entry
from reform.views import entry_page, thread
from schools import scope
from schools.access import access
from schools.language import listed
from schools.scope import Seat


@access("see_entry")
@require_safe
def entry_comments(request: HttpRequest, pk: int) -> HttpResponse:
    """The comments alone, for a page that shows more than one entry; others go to the entry."""
    found = _entry(request, pk)
    return _shown(request, found)


@access("comment")
@require_POST
def entry_comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something, answer (`answers`, with `resolve` for good), or correct (`change`)."""
    found = _entry(request, pk)
    text, resolve = request.POST.get("text", ""), bool(request.POST.get("resolve"))
    to = [number for one in request.POST.getlist("to") if (number := number_of(one))]
    reached = ""
    change, answers = (_one(found, request.POST.get(name, "")) for name in ("change", "answers"))
    try:
        if change:
            comments.change(change, by=request.seat, text=text)
        else:
            more = {"to": to, "answers": answers, "resolve": resolve, "key": key_of(request.POST)}
            said = comments.say(found.pk, by=request.seat, text=text, **more)
            reached = _reached(found, said, request.seat)
    except ValidationError as error:
        wrong = {"typed": text, "to": to, "wrong": error.message_dict["text"]}
        return _shown(request, found, status=422, changed=change, answered=answers, **wrong)
    if not request.htmx:
        parts = {"first": _said(answers, resolve), "second": reached}
        messages.success(request, _("%(first)s %(second)s") % parts if reached else parts["first"])
    return _shown(request, found, settled=answers if resolve else None, note=reached)


def _reached(entry: Entry, comment: Comment, seat: Seat) -> str:
    """Whom a comment reached, and which names behind an @ are nobody's here."""
    names = [person.name or str(person) for person in comment.to.all()]
    posts = comments.others(scope.partners(entry.school, entry.authority), seat)
    strange = comments.nobody(comment.text, [*(post.user for post in posts), seat.user])
    told = {"names": listed(names), "strange": listed([f"@{word}" for word in strange])}
    if not names:
        return _("There is nobody here yet who could be told.")
    if strange:
        return _("Nobody here is called %(strange)s; told: %(names)s.") % told
    return _("Told: %(names)s.") % told


def _said(answers: int | None, resolve: bool) -> str:
    if answers and resolve:
        return _("Answered and marked as resolved; it can be opened again.")
    return _("Your comment stands at the foot of the page.")


@access("comment")
@require_POST
def comment_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a comment as resolved, or with `do` = "open" open it again."""
    comment = get_object_or_404(scope.rows(Comment.objects.all(), request.seat), pk=pk)
    resolved = request.POST.get("do") != "open"
    comments.settle(comment.pk, by=request.seat, resolved=resolved)
    if not request.htmx:
        done = _("Marked as resolved; it can be opened again.") if resolved else _("Opened again.")
        messages.success(request, done)
    found = _entry(request, comment.entry_id)
    return _shown(request, found, settled=comment.pk if resolved else None)


def _entry(request: HttpRequest, pk: int) -> Entry:
    entries = Entry.objects.select_related("slot__campaign", "school__authority")
    return get_object_or_404(scope.rows(entries, request.seat), pk=pk)


def _one(entry: Entry, number: str) -> int | None:
    """The comment of this entry that is meant; None where none is, 404 of another."""
    if not number:
        return None
    pk = number_of(number)
    if pk is None or not Comment.objects.filter(entry=entry, pk=pk).exists():
        raise Http404
    return pk


def _shown(request: HttpRequest, found: Entry, status: int = 200, **more: Any) -> HttpResponse:
    """The fragment for a script; else the page of the entry, which comes anew when all is well."""
    if not request.htmx and status == 200:
        return redirect(f"{reverse('entry', args=[found.pk])}#comments")
    panel = thread.panel(
        found,
        request.seat,
        list(comments.of(found)),
        scope.partners(found.school, found.authority),
        key=key_of(request.POST).partition("-")[0] if status != 200 else uuid.uuid4().hex,
        **more,
    )
    if request.htmx:
        return render(request, "entry/_comments.html", {"thread": panel}, status=status)
    whole = entry_page.find(request, found.pk)
    context = entry_page.page(whole, request) | {"thread": panel}
    return render(request, "entry/entry.html", context, status=status)
