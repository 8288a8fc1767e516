"""The only place where letters wait, are taken by a sender, and are settled: one lease each."""

import logging
import os
import random
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from reform.models import Attempt, Message
from reform.models.message import MessageKind, MessageState
from schools import clock
from schools.models import User

log = logging.getLogger(__name__)

MAIL = "mail"
LEASE = timedelta(seconds=90)  # three times what one letter may take
GIVE_UP = timedelta(days=7)
LONGEST_PAUSE = 15  # minutes between two tries
AT_MOST = 300  # characters kept of what a mail server said
AT_ONCE = (MessageKind.account, MessageKind.test, MessageKind.nudge)  # go before any digest
OPEN = (MessageState.waiting, MessageState.sending)


def mail_is_on() -> bool:
    """Whether this installation can send letters at all (EMAIL_URL)."""
    return settings.MAIL_SERVER is not None


def can_reach(user: User) -> bool:
    """Whether a letter to this person has an address that was not refused."""
    return mail_is_on() and bool(user.email) and user.email_refused_at is None


def post(
    user: User, kind: str, key: str, *, data: dict[str, Any] | None = None,
    at: datetime | None = None, channel: str = MAIL,
) -> Message:  # fmt: skip
    """Put a letter in the outbox, in the caller's transaction; the same letter only once.

    `key` names its cause within the kind, at most 40 characters. `data` is what its template needs.
    `at` is the moment before which it is not to be tried.
    """
    now = clock.now()
    made = Message(
        person=user, channel=channel, kind=kind, key=key, data=data or {},
        message_id=name_of(user.pk, channel, kind, key), made_at=now, next_at=at or now,
    )  # fmt: skip
    Message.objects.bulk_create([made], ignore_conflicts=True)
    return Message.objects.get(person=user, channel=channel, kind=kind, key=key)


def name_of(person: int, channel: str, kind: str, key: str) -> str:
    """The Message-ID of a letter: the same at each try, of no other letter anywhere."""
    digest = salted_hmac("outbox", f"{person} {channel} {kind} {key}", algorithm="sha256")
    domain = parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2]
    return f"<{digest.hexdigest()}@{domain[:50]}>"


def myself() -> str:
    """Who holds a lease: host, process, thread, and a word of chance against a reused number."""
    chance = random.getrandbits(32)
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{threading.get_ident() % 10**6}:{chance:x}"


def anything_due() -> bool:
    """Whether a letter waits whose moment has come."""
    kinds = (*AT_ONCE, MessageKind.digest)
    due = Message.objects.filter(state__in=OPEN, kind__in=kinds, next_at__lte=clock.now())
    return due.exists()


def take(owner: str, *, urgent: bool = True, digests: bool = True) -> Message | None:
    """Take the next letter whose moment has come, for at most LEASE; None when there is none.

    `urgent`: look first for those that somebody waits for, and for those over which a sender died.
    A letter taken is next due when its lease ends, so that such a one comes again.
    """
    kinds = (*(AT_ONCE if urgent else ()), *((MessageKind.digest,) if digests else ()))
    steps: list[Callable[[], Message | None]] = []
    if urgent:
        steps += [partial(_take, owner, AT_ONCE), partial(_take_over, owner, kinds)]
    if digests:
        steps.append(partial(_take, owner, (MessageKind.digest,)))
    return next((taken for step in steps if (taken := step()) is not None), None)


# One statement, so that a letter costs its sender one way to the database and back. No order among
# those of the same moment: a whole day's letters have one, and none is to wait for their sorting.
_TAKE = (
    "UPDATE reform_message SET state = 'sending', owner = %s, next_at = %s, lease_until = %s, "
    "attempts = attempts + 1 WHERE state = 'waiting' AND id = (SELECT id FROM reform_message "
    "WHERE state IN ('waiting', 'sending') AND state = 'waiting' AND kind IN ({kinds}) "
    "AND next_at <= %s ORDER BY next_at LIMIT 1 {skip}) RETURNING *"
)


def _take(owner: str, kinds: Sequence[str]) -> Message | None:
    """Take one that nobody holds."""
    now = clock.now()
    skip = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    sql = _TAKE.format(kinds=", ".join(["%s"] * len(kinds)), skip=skip)
    until, moment = (connection.ops.adapt_datetimefield_value(at) for at in (now + LEASE, now))
    taken = Message.objects.raw(sql, [owner, until, until, *map(str, kinds), moment])
    found = list(taken.prefetch_related("person"))
    return found[0] if found else None


def _take_over(owner: str, kinds: Sequence[str]) -> Message | None:
    """Take one whose sender's lease ran out; it may have been sent, and counts as uncertain."""
    now = clock.now()
    lost = Message.objects.filter(state__in=OPEN, kind__in=kinds, next_at__lte=now)
    lost = lost.filter(state=MessageState.sending)
    with transaction.atomic():
        queue = lost.select_for_update(skip_locked=True, of=("self",)).select_related("person")
        found = queue.order_by("next_at").first()
        if found is None:
            return None
        until = now + LEASE
        taken = Message.objects.filter(pk=found.pk, state=found.state, next_at=found.next_at)
        values: dict[str, Any] = {"owner": owner, "next_at": until, "lease_until": until}
        values |= {"attempts": found.attempts + 1, "uncertain": found.uncertain + 1}
        if taken.update(**values) != 1:
            return None
        _note(found, now, found.owner, "lost")
    for name, value in values.items():
        setattr(found, name, value)
    return found


def settle(
    letter: Message, owner: str, state: str, outcome: str, *, reply: str = "",
    next_at: datetime | None = None, uncertain: bool = False,
) -> bool:  # fmt: skip
    """Write down how a try ended, if the letter is still this sender's. Whether it was.

    `uncertain`: it may have arrived all the same. In the caller's transaction where there is one:
    what follows from it stands or falls with it.
    """
    now = clock.now()
    reply = one_line(reply)
    ended = state not in OPEN
    values: dict[str, Any] = {"state": state, "reply": reply, "owner": "", "lease_until": None}
    values |= {"next_at": next_at or now, "settled_at": now if ended else None}
    if uncertain:
        values["uncertain"] = F("uncertain") + 1
    if ended and letter.kind == MessageKind.account:
        values["data"] = {}  # a link in it opens an account
    with transaction.atomic(savepoint=False):
        mine = Message.objects.filter(pk=letter.pk, owner=owner, state=MessageState.sending)
        if mine.update(**values) != 1:
            log.warning("letter %s: %s came after the lease had gone to another", letter.pk, owner)
            return False
        _note(letter, now, owner, outcome, reply)
    return True


def put_back(letter: Message, owner: str, next_at: datetime) -> bool:
    """Return a letter that was not tried at all: this was no attempt."""
    mine = Message.objects.filter(pk=letter.pk, owner=owner, state=MessageState.sending)
    values = {"state": MessageState.waiting, "owner": "", "lease_until": None}
    return mine.update(**values, next_at=next_at, attempts=max(letter.attempts - 1, 0)) == 1


def pause(attempts: int) -> timedelta:
    """How long to wait after the nth try: 1, 2, 4, 8, then 15 minutes, each up to a fifth less."""
    minutes = min(2 ** min(max(attempts - 1, 0), 10), LONGEST_PAUSE)
    return timedelta(minutes=minutes * random.uniform(0.8, 1))


def is_stale(letter: Message) -> bool:
    """Whether it has been tried for long enough."""
    return clock.now() - letter.made_at > GIVE_UP


def one_line(text: str) -> str:
    """What a mail server said, as one line that fits."""
    return " ".join(text.split())[:AT_MOST]


def _note(letter: Message, at: datetime, owner: str, outcome: str, reply: str = "") -> None:
    Attempt.objects.create(message=letter, at=at, owner=owner, outcome=outcome, reply=reply)
