"""The only place that words a letter: for each kind, whether it is still wanted, and its text."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from reform import digest, outbox, resetting
from reform.channels import Letter
from reform.digest import Desk
from reform.digest_facts import link
from reform.models import Message, Nudge, Reminder
from reform.models.message import MessageKind
from reform.models.reminder import About, ReminderState
from reform.states import OPEN
from schools import clock
from schools.models import Membership, User


class Composed(NamedTuple):
    """A letter to send, and what it settles: reminders named, those untrue, those in-app only."""

    letter: Letter
    named: list[int] = []
    gone: list[int] = []
    silent: list[int] = []


class Unwanted(Exception):
    """No longer needed: why, in a word for the outbox; what is settled all the same."""

    def __init__(self, why: str, *, gone: list[int] | None = None, silent: list[int] | None = None):
        super().__init__(why)
        self.why, self.gone, self.silent = why, gone or [], silent or []


class NotNow(Exception):
    """To be tried again at this moment: mail does not go out in these hours."""

    def __init__(self, moment: datetime):
        super().__init__(str(moment))
        self.moment = moment


class NoAddress(Exception):
    """The person's address is none."""


def compose(message: Message, desk: Desk) -> Composed:
    """The letter as it is true now, in the reader's language.

    Raises Unwanted, NotNow, NoAddress; anything else is a fault of ours and is told as one.
    """
    person = message.person
    if not person.is_active:
        raise Unwanted("person ended", gone=waiting_for(message))
    if not person.email or person.email_refused_at is not None:
        raise Unwanted("no address", silent=waiting_for(message))
    check_address(person.email)
    with translation.override(person.language or settings.LANGUAGE_CODE):
        return _COMPOSE[message.kind](message, desk)


def waiting_for(message: Message) -> list[int]:
    """The reminders that wait to be told by this letter."""
    waiting = Reminder.objects.filter(person=message.person_id, state=ReminderState.waiting)
    if message.kind == MessageKind.nudge:
        nudges = message.data.get("nudges", [])
        return list(
            waiting.filter(about=About.nudge, cause__in=nudges).values_list("pk", flat=True)
        )
    if message.kind == MessageKind.digest:
        return list(waiting.exclude(about=About.nudge).values_list("pk", flat=True))
    return []


def check_address(address: str) -> None:
    """NoAddress for what no mail server would take, such as one with a line break."""
    try:
        validate_email(address)
    except ValidationError as error:
        raise NoAddress(address) from error
    if not address.isascii():
        raise NoAddress(address)


def _digest(message: Message, desk: Desk) -> Composed:
    person = message.person
    if not person.digest:
        raise Unwanted("not wanted", silent=waiting_for(message))
    found = digest.gather(person, desk)
    if not found.parts:
        raise Unwanted("nothing left", gone=found.gone, silent=found.silent)
    now = clock.now()
    moment = min(desk.hours(now, part.authority) for part in found.parts)
    if moment > now:
        raise NotNow(moment)
    heads = [f"{part.name}{_(': ')}{_(', ').join(digest.heads(part))}" for part in found.parts]
    context = {"digest": found, "heads": heads}
    letter = _written(message, "digest", context)
    return Composed(letter, found.named, found.gone, found.silent)


def _nudge(message: Message, desk: Desk) -> Composed:
    """What an official wrote about stuck entries of one school."""
    chosen = Nudge.objects.filter(pk__in=message.data["nudges"], taken_back_at=None)
    nudges = [
        nudge
        for nudge in chosen.select_related("entry__slot__item", "entry__slot__campaign",
                                           "entry__school", "by").order_by("entry__due_on", "pk")
        if nudge.entry.status in OPEN and nudge.entry.is_listed(clock.today())
    ]  # fmt: skip
    if not nudges or not _still_there(message.person, nudges[0].entry.school_id):
        raise Unwanted("nothing left", gone=waiting_for(message))
    first = nudges[0]
    calendar = desk.calendar(first.entry.authority)
    lines = [digest.line_of(nudge.entry, calendar, clock.today()) for nudge in nudges]
    context = {"lines": lines, "nudge": first, "school": first.entry.school, "n": len(lines)}
    context["bureau"] = desk.bureau(first.entry.authority)
    causes = [nudge.pk for nudge in nudges]
    told = Reminder.objects.filter(pk__in=waiting_for(message), cause__in=causes)
    return Composed(_written(message, "nudge", context), list(told.values_list("pk", flat=True)))


def _account(message: Message, desk: Desk) -> Composed:
    """About the account: `about` names the template mail/account_<about>, `until` its last use."""
    until = parse_datetime(message.data.get("until", "") or "")
    if until is not None and until <= clock.now():
        raise Unwanted("too late")
    path = resetting.path(message.person)  # made now: a link stored is a password stored
    context = {**message.data, "url": settings.PUBLIC_URL + path}
    return Composed(_written(message, f"account_{message.data['about']}", context))


def _test(message: Message, desk: Desk) -> Composed:
    return Composed(_written(message, "test", {"url": link("status")}))


_COMPOSE: dict[str, Callable[[Message, Desk], Composed]] = {
    MessageKind.digest: _digest,
    MessageKind.nudge: _nudge,
    MessageKind.account: _account,
    MessageKind.test: _test,
}


def _written(message: Message, name: str, context: dict[str, Any]) -> Letter:
    """Subject, text and HTML from templates/mail/<name>.*"""
    person = message.person
    everywhere = {
        "person": person,
        "home": settings.PUBLIC_URL + "/",
        "account": link("account"),
        "language": translation.get_language(),
        **context,
    }
    subject, text, html = (
        render_to_string(f"mail/{name}.{part}", everywhere) for part in ("subject", "txt", "html")
    )
    return Letter(
        name=person.name,
        address=person.email,
        subject=outbox.one_line(subject),
        text=text.strip() + "\n",
        html=html.strip() + "\n",
        message_id=message.message_id,
        key=f"{message.kind}:{message.key}",
    )


def _still_there(person: User, school: int) -> bool:
    held = Membership.objects.filter(user=person, school=school)
    return held.live(clock.today()).exists()
