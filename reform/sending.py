"""The only place that sends: takes letters one by one, asks again whether, sends, settles."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import OperationalError, close_old_connections, connection, transaction

from reform import blast_guard, bounces, circuit, clock_guard, letters, outbox
from reform.channels import Answer, Channel, End
from reform.channels.mail import Mail
from reform.digest import Desk
from reform.failpoint import here
from reform.letters import Composed, NoAddress, NotNow, Unwanted
from reform.models import Message, Reminder
from reform.models.message import MessageState
from reform.models.reminder import ReminderState
from schools import clock

log = logging.getLogger(__name__)

CHANNELS: dict[str, type[Mail]] = {outbox.MAIL: Mail}
RUN = 40.0  # seconds of a run that a ring starts; the next ring comes a minute later
TRIES = 5  # at a letter that fails for its own sake
BROKEN = (End.unreachable, End.dropped, End.lost)
RELEASED, CANCELLED = "not now", "cancelled"
INSIST = 20.0  # seconds
LOOK_EVERY = 1.0  # seconds between two looks at what holds all sending back


def never() -> bool:
    return False


def run(
    seconds: float = RUN, senders: int = 0, stop: Callable[[], bool] = never
) -> tuple[bool, str]:
    """Send what is due with several senders at once until nothing is, or for so many seconds.

    `stop` is asked between two letters: a process that is to end takes no further one.
    (nothing went wrong, how many letters ended how). Any number of runs may go on side by side.
    """
    if not outbox.mail_is_on() or not outbox.anything_due():
        return True, ""
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    number = senders or settings.SENDERS
    if number == 1 or connection.in_atomic_block:
        _sender(end, counts, stop)
    else:
        about = (end, counts, stop)
        threads = [
            threading.Thread(target=_thread, args=about, daemon=True) for _n in range(number)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    told = ", ".join(f"{outcome} {n}" for outcome, n in sorted(counts.items()))
    return not counts["fault"], f"letters: {told}" if told else ""


def _thread(end: float, counts: Counter[str], stop: Callable[[], bool]) -> None:
    try:
        close_old_connections()
        _sender(end, counts, stop)
    except Exception:
        log.exception("a sender stopped")
        counts["fault"] += 1
    finally:
        connection.close()


def _sender(end: float, counts: Counter[str], stop: Callable[[], bool]) -> None:
    """One sender: a name, a line to the mail server, letter after letter."""
    owner, channel, desk = outbox.myself(), CHANNELS[outbox.MAIL](), Desk()
    looked, urgent, digests = 0.0, True, False
    try:
        while time.monotonic() < end and not stop():
            if time.monotonic() - looked > LOOK_EVERY:
                if not clock_guard.sound() or not circuit.may_try(outbox.MAIL):
                    return
                urgent, digests = True, blast_guard.held() is None
                looked = time.monotonic()
            letter = outbox.take(owner, urgent=urgent, digests=digests)
            if letter is None and urgent:
                return
            urgent = letter is None or letter.kind in outbox.AT_ONCE
            if letter is None:
                continue
            here("after_claim")
            outcome = deliver(letter, owner, channel, desk)
            counts[outcome] += 1
            if outcome in BROKEN:
                looked = 0.0
            here("after_commit")
    finally:
        channel.close()


def deliver(letter: Message, owner: str, channel: Channel, desk: Desk) -> str:
    """One try at a letter that `owner` has taken; how it ended, in a word."""
    try:
        composed = letters.compose(letter, desk)
        here("before_data")
        answer = channel.send(composed.letter)
        here("after_250")
    except NotNow as error:
        outbox.put_back(letter, owner, error.moment)
        return RELEASED
    except Unwanted as error:
        why, gone, silent = error.why, error.gone, error.silent
        _insist(lambda: _end(letter, owner, MessageState.cancelled, CANCELLED, why, gone, silent))
        return CANCELLED
    except NoAddress as error:
        return _refused(letter, owner, Answer(End.refused, f"no address: {error!s}"))
    except Exception as error:
        log.exception("letter %s cannot be made", letter.pk)
        return _rejected(letter, owner, "broken", f"{type(error).__name__}: {error}")
    return _settled(letter, owner, composed, answer)


def _settled(letter: Message, owner: str, composed: Composed, answer: Answer) -> str:
    """Write down what the far end answered, with all that follows, in one transaction."""
    end, said = answer
    if end == End.accepted:
        ids = (composed.gone, composed.silent, composed.named)
        _insist(lambda: _end(letter, owner, MessageState.accepted, end, said, *ids))
    elif end == End.refused:
        _refused(letter, owner, answer)
    elif end == End.rejected:
        _rejected(letter, owner, end, said)
    else:
        _again(letter, owner, end, said)
    if end in BROKEN:
        circuit.broke(letter.channel, said, at_once=end == End.unreachable)
    else:
        circuit.worked(letter.channel)
    return end


def _insist(write: Callable[[], None]) -> None:
    """Write down that a letter was taken even where others hold its rows: a second copy is worse.

    The rows are asked for without waiting, so that no filing and no change of dates meets a
    deadlock with the outbox.
    """
    end = time.monotonic() + INSIST
    while True:
        try:
            return write()
        except OperationalError:
            if time.monotonic() > end or connection.in_atomic_block:
                raise
            time.sleep(0.05)


def _refused(letter: Message, owner: str, answer: Answer) -> str:
    """The address takes no letters: the people who can mend it are told."""
    silent = letters.waiting_for(letter)
    _insist(
        lambda: _end(
            letter, owner, MessageState.bounced, End.refused, answer.said, silent=silent,
            also=lambda: bounces.tell(letter, answer.said),
        )
    )  # fmt: skip
    return End.refused


def _rejected(letter: Message, owner: str, outcome: str, said: str) -> str:
    """The letter itself is at fault: a few more tries, then it is given up; the rest goes on."""
    before = letter.tries.filter(outcome=outcome).count()
    if before + 1 < TRIES:
        _again(letter, owner, outcome, said)
    else:
        _give_up(letter, owner, outcome, said)
    return outcome


def _again(letter: Message, owner: str, outcome: str, said: str) -> None:
    if outbox.is_stale(letter) and outcome == End.later:
        _give_up(letter, owner, outcome, said)
        return
    moment = clock.now() + outbox.pause(letter.attempts)
    outbox.settle(letter, owner, MessageState.waiting, outcome, reply=said, next_at=moment,
                  uncertain=outcome == End.lost)  # fmt: skip


def _give_up(letter: Message, owner: str, outcome: str, said: str) -> None:
    silent = letters.waiting_for(letter)
    _insist(lambda: _end(letter, owner, MessageState.failed, outcome, said, silent=silent))


def _end(
    letter: Message, owner: str, state: str, outcome: str, said: str,
    gone: Sequence[int] = (), silent: Sequence[int] = (), told: Sequence[int] = (),
    also: Callable[[], None] | None = None,
) -> None:  # fmt: skip
    """A letter's last word, and what it means for the reminders it was to tell: one transaction."""
    tried = state in (MessageState.bounced, MessageState.failed)
    ends = (
        (told, {"state": ReminderState.told, "message": letter}),
        (silent, {"state": ReminderState.told, "message": letter if tried else None}),
        (gone, {"state": ReminderState.cancelled, "why": "no longer true"}),
    )
    with transaction.atomic():
        if outbox.settle(letter, owner, state, outcome, reply=said):
            now = clock.now()  # not before the letter's own: later tries tell later news
            for ids, values in ends:
                if not ids:
                    continue
                waiting = Reminder.objects.filter(pk__in=ids, state=ReminderState.waiting)
                mine = waiting.order_by("pk").select_for_update(nowait=True, no_key=True)
                Reminder.objects.filter(pk__in=mine).update(settled_at=now, **values)
            if also:
                also()
        if state == MessageState.accepted:
            here("before_commit")
