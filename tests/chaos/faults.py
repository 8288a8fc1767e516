"""The only place for faults of the mail server and of senders: each ends in a verdict."""

import random
import signal
import time
from datetime import timedelta

from django.conf import settings

from reform import circuit, outbox
from reform.channels import mail
from reform.models import Attempt, Message
from reform.settings import mail_server
from schools.models import User
from tests.chaos import load
from tests.chaos.machine import Senders, open_letters, until
from tests.chaos.oracle import Verdict

SENDERS = 4


class Field:
    """What the faults happen on: the mail server, how many people, how hard."""

    def __init__(self, sink, people, small):
        self.sink, self.people, self.small = sink, people, small
        if small:  # the same, in less time; processes forked from this one take it over
            outbox.LEASE, circuit.PROBE_EVERY = timedelta(seconds=20), timedelta(seconds=5)
            mail.EACH_STEP = 4.0
        self.lease = outbox.LEASE.total_seconds()
        self.probe = circuit.PROBE_EVERY.total_seconds()

    def begin(self):
        self.sink.empty()
        load.begin()

    def drained(self, most=0.0, hurry=False):
        """Seconds until nothing waits; others may have most of the machine, so this is generous."""

        def empty():
            if hurry:
                load.hurry()
            return not open_letters()

        return until(empty, most + self.people / 5 + 30, every=0.5)

    def verdict(self, **fields):
        return Verdict(self.sink.log, **fields)


POINTS = ("after_claim", "before_data", "after_250", "before_commit", "after_commit")
SENT_BY_THEN = ("after_250", "before_commit")


def steps_then_misbehaving(field):
    """F3, F2: senders asked to end leave nothing in hand; one ends at each step. F11, F12, F13:
    then the server errs: 4xx, 5xx, a tar pit, 421, cut after DATA; and letters cannot be made.
    """
    field.begin()
    load.set_aside("chaos000001", "chaos000002", "chaos000003", "chaos000004")
    restarts, slowest, broken = _restarted(field)
    times = 2 if field.small else 20
    for point in POINTS:
        for _n in range(times):
            one = Senders(1, f"{point}:{random.randint(1, 4)}")
            until(lambda one=one: list(one.ended()), 60, every=0.02)
    steps = len(SENT_BY_THEN) * times
    unnoted = field.sink.count() - Message.objects.filter(state="accepted").count()
    if unnoted != steps:
        broken.append(f"{unnoted} letters taken and not written down after {steps} such steps")
    cuts, seconds = _misbehaving(field)
    found = field.verdict(extra=steps + cuts, but=("p000002@", "p000004@"))
    found.faults += [*broken, *_blamed()]
    if found.extra <= steps:
        found.faults.append("no line was cut after a letter")
    return found, (
        f"{restarts} restarts, {slowest:.1f} s at most; {times} × {len(POINTS)} steps; "
        f"{cuts} lines cut, 2 stubborn, the others within {seconds:.0f} s"
    )


def _restarted(field):
    """(how many, the slowest to end, what was not in good order) of restarts while letters wait."""
    times = 4 if field.small else 42
    senders = Senders(SENDERS)
    took = []
    for _n in range(times):
        time.sleep(random.uniform(0.1, 0.3))
        took.append(senders.end(random.choice(senders.pids), signal.SIGTERM))
        senders.fork()
    assert open_letters(), "too few people: nothing waited any more"
    senders.close()
    broken = []
    if max(took) > 30 or set(senders.codes) != {0}:
        broken.append(f"{max(took):.0f} s to end, codes {set(senders.codes)}")
    in_hand = Message.objects.filter(state="sending").count()
    told = Message.objects.filter(state="accepted").count()
    if in_hand or told != field.sink.count() or Message.objects.filter(uncertain__gt=0).exists():
        broken.append(f"{in_hand} letters in hand, {told} of {field.sink.count()} written down")
    return times, max(took), broken


def _misbehaving(field):
    """(lines cut, seconds until all but the stubborn two were sent)"""
    rules = [
        {"rcpt": "451 4.2.1 later", "only": "p000001@"},
        {"rcpt": "550 5.1.1 nobody", "only": "p000002@"},
        {"tarpit": 60, "only": "p000003@"},
        {"close": "after", "every": 20 if field.small else 40},
    ]
    field.sink.mode(most=50, rules=rules)
    User.objects.filter(username="chaos000004").update(email="p000004@school.example\r\nX: y")
    bad = User.objects.get(username="chaos000005")
    outbox.post(bad, "account", "poison", data={"about": "no such template"})
    senders = Senders(SENDERS)
    others = Message.objects.filter(state__in=outbox.OPEN).exclude(kind="account")
    others = others.exclude(person__username__in=("chaos000001", "chaos000003"))

    def flowed():
        load.hurry()
        return not others.exists()

    seconds = until(flowed, field.people / 5 + 120, every=0.5)
    field.sink.mode()
    field.drained(60, hurry=True)
    senders.close()
    return Attempt.objects.filter(outcome="lost").count(), seconds


def _blamed():
    """What is wrong with what became of the letters and addresses that were refused for good."""
    refused = ("chaos000002", "chaos000004")
    states = dict(
        Message.objects.filter(person__username__in=refused).values_list(
            "person__username", "state"
        )
    )
    if set(states.values()) != {"bounced"} or len(states) != 2:
        yield f"refused addresses: {states}"
    if Message.objects.get(key="poison").state != "failed":
        yield "a letter that cannot be made was not given up"
    if User.objects.exclude(email_refused_at=None).count() != 2:
        yield "other addresses were marked"


def away_then_killed(field):
    """F11, F10: no TLS where it must be, then nobody there: no address is blamed, few tries.

    F1: the server is back, and senders are killed at random moments, 20 to 250 ms apart.
    """
    field.begin()
    broken = _without_tls(field)
    field.sink.stop()
    senders = Senders(SENDERS)
    away, before = 12 if field.small else 130, Attempt.objects.count()
    time.sleep(away)
    tries = Attempt.objects.count() - before
    if tries > SENDERS + away / field.probe + 1:
        broken.append(f"{tries} tries in {away} s at a server that is gone")
    assert field.sink.count() == 0, "letters went out"
    field.sink.start()
    seconds = until(field.sink.count, 2 * field.probe + 30)
    kills = _killed(senders, 20 if field.small else 300)
    seconds += field.drained(2 * field.lease, hurry=field.small)
    senders.close()
    hit = Message.objects.filter(uncertain__gt=0).count()
    found = field.verdict(extra=hit)
    found.faults += broken
    if seconds > 600:
        found.faults.append(f"drained in {seconds:.0f} s")
    if User.objects.exclude(email_refused_at=None).exists():
        found.faults.append("addresses were blamed")
    return found, (
        f"{tries} tries in {away} s; {kills} kills, {hit} letters in hand; drained {seconds:.0f} s"
    )


def _without_tls(field):
    """What was told wrongly of a server that does not speak TLS."""
    good = settings.MAIL_SERVER
    settings.MAIL_SERVER = mail_server(f"smtp+tls://127.0.0.1:{field.sink.port}")
    senders = Senders(2)
    time.sleep(5)
    senders.close()
    settings.MAIL_SERVER = good
    tries = set(Attempt.objects.values_list("outcome", flat=True))
    if tries != {"unreachable"} or User.objects.exclude(email_refused_at=None).exists():
        return [f"no TLS: told as {tries}"]
    return []


def _killed(senders, most):
    """Kill one after another, with an heir each, while letters wait; how many."""
    kills = 0
    while kills < most and open_letters():
        time.sleep(random.uniform(0.02, 0.25))
        senders.end(random.choice(senders.pids), signal.SIGKILL)
        senders.fork()
        kills += 1
    return kills


FAULTS = {
    "F1 F10 F11 away, killed": away_then_killed,
    "F2 F3 F11 F12 F13 steps, errs": steps_then_misbehaving,
}
