"""The only place that gathers all that is kept about one person, for that person."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from reform.models import (
    AuditLine,
    Comment,
    Draft,
    Event,
    Evidence,
    Message,
    Phrase,
    Reminder,
    Report,
    Review,
)
from schools import clock
from schools.models import Activation, Membership, User

MOST = 5000  # newest rows of a kind
Row = tuple[str, str, str]


def rows(user: User) -> Iterator[Row]:
    """(heading, what, when or value): each thing with the person's number on it."""
    yield from _account(user)
    held = Membership.objects.filter(user=user).select_related("school", "region")
    for post in held.order_by("starts_on", "pk"):
        what = f"{post.get_role_display()} {post.school or post.region}"
        yield _("Posts"), what, f"{post.starts_on} – {post.ends_on or ''}".strip()
    for code in Activation.objects.filter(user=user).order_by("pk")[:MOST]:
        yield _("Activation codes"), _("issued"), _when(code.issued_at)
        if code.used_at:
            yield _("Activation codes"), _("used"), _when(code.used_at)
    yield from _work(user)
    for letter in Message.objects.filter(person=user)[:MOST]:
        yield _("Letters"), letter.get_kind_display(), _when(letter.made_at)
    for told in Reminder.objects.filter(person=user)[:MOST]:
        yield _("Reminders"), told.get_about_display(), _when(told.planned_at)
    for line in AuditLine.objects.filter(user=user)[:MOST]:
        yield _("Log"), f"{line.what} {line.thing} {line.ip or ''}".strip(), _when(line.at)


def _account(user: User) -> Iterator[Row]:
    head = _("Account")
    yield head, _("Account"), user.username
    yield head, _("Name"), user.name
    yield head, _("Post"), user.post
    yield head, _("Work phone"), user.phone
    yield head, _("E-mail"), user.email
    yield head, _("Why letters to the address are refused"), user.email_refused_why
    yield head, _("Language"), user.language
    yield head, _("Account made"), _when(user.date_joined)
    yield head, _("Last signed in"), _when(user.last_login)
    yield head, _("Read what is kept"), _when(user.privacy_seen_at)


def _work(user: User) -> Iterator[Row]:
    """What the person wrote, sent, uploaded and decided, and each step in the history."""
    item = "entry__slot__item"
    for draft in Draft.objects.filter(user=user).select_related(item)[:MOST]:
        yield _("Drafts"), f"{draft.entry.slot.item}: {draft.note}", _when(draft.saved_at)
    for report in Report.objects.filter(author=user).select_related(item).order_by("-pk")[:MOST]:
        yield _("Filed"), str(report.entry.slot.item), _when(report.written_at)
    for file in Evidence.objects.filter(uploaded_by=user).order_by("-pk")[:MOST]:
        yield _("Evidence"), file.name, _when(file.uploaded_at)
    decided = Review.objects.filter(reviewer=user).select_related(f"report__{item}")
    for review in decided[:MOST]:
        what = f"{review.get_verdict_display()} {review.report.entry.slot.item}"
        yield _("Decided"), what, _when(review.at)
    for phrase in Phrase.objects.filter(user=user):
        yield _("Frequent opinions"), phrase.text, phrase.get_use_display()
    for comment in Comment.objects.filter(author=user).order_by("-pk")[:MOST]:
        yield _("Comments"), comment.text, _when(comment.at)
    for event in Event.objects.filter(actor=user).order_by("-at")[:MOST]:
        yield _("History"), f"{event.kind} {event.subject}", _when(event.at)


def _when(moment: datetime | None) -> str:
    return clock.told(moment) if moment else ""
