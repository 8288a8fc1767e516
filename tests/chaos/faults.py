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
            outbox.LEASE, circuit.PROBE_EVERY = timedelta(seconds=12), timedelta(seconds=5)
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


def killed(field):
    """F1: senders killed at random moments, 20 to 250 ms apart."""
    kills = 20 if field.small else 300
    field.begin()
    senders = Senders(SENDERS)
    for _n in range(kills):
        time.sleep(random.uniform(0.02, 0.25))
        if not open_letters():
            break
        senders.end(random.choice(senders.pids), signal.SIGKILL)
        senders.fork()
    seconds = field.drained(2 * field.lease)
    senders.close()
    hit = Message.objects.filter(uncertain__gt=0).count()
    return field.verdict(extra=hit), f"{kills} kills, {hit} letters in hand; {seconds:.0f} s after"


POINTS = ("after_claim", "before_data", "after_250", "before_commit", "after_commit")
SENT_BY_THEN = ("after_250", "before_commit")


def ended_at_each_step(field):
    """F3, F2: senders asked to end under load leave nothing in hand; then one ends at each step."""
    field.begin()
    restarts, slowest, broken = _restarted(field)
    times = 2 if field.small else 20
    for point in POINTS:
        for _n in range(times):
            one = Senders(1, f"{point}:{random.randint(1, 4)}")
            until(lambda one=one: list(one.ended()), 60, every=0.02)
    senders = Senders(SENDERS)
    field.drained(2 * field.lease)
    senders.close()
    found = field.verdict(extra=len(SENT_BY_THEN) * times)
    found.faults += broken
    if found.extra != len(SENT_BY_THEN) * times:
        found.faults.append(f"{found.extra} extra copies, not {len(SENT_BY_THEN) * times}")
    return found, f"{restarts} restarts, {slowest:.1f} s at most; {times} × {len(POINTS)} steps"


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


def out_of_reach(field):
    """F11, F10: no TLS where it must be, then nobody there: no address is blamed, few tries."""
    field.begin()
    good, port = settings.MAIL_SERVER, field.sink.port
    settings.MAIL_SERVER = mail_server(f"smtp+tls://127.0.0.1:{port}")
    senders = Senders(2)
    time.sleep(5)
    senders.close()
    settings.MAIL_SERVER = good
    broken = []
    tries = set(Attempt.objects.values_list("outcome", flat=True))
    if tries != {"unreachable"} or User.objects.exclude(email_refused_at=None).exists():
        broken.append(f"no TLS: told as {tries}")
    field.sink.stop()
    senders = Senders(SENDERS)
    away, before = 12 if field.small else 130, Attempt.objects.count()
    time.sleep(away)
    tries = Attempt.objects.count() - before
    if tries > SENDERS + away / field.probe + 1:
        broken.append(f"{tries} tries in {away} s at a server that is gone")
    assert field.sink.count() == 0, "letters went out"
    field.sink.start()
    seconds = field.drained(120, hurry=field.small)
    senders.close()
    found = field.verdict()
    found.faults += broken
    if seconds > 600:
        found.faults.append(f"drained in {seconds:.0f} s")
    if User.objects.exclude(email_refused_at=None).exists():
        found.faults.append("addresses were blamed")
    return found, f"{tries} tries in {away} s; drained in {seconds:.0f} s"


def misbehaving(field):
    """F11, F12, F13: 4xx, 5xx, a tar pit, 421, cut after DATA, letters that cannot be made."""
    every = 20 if field.small else 50
    field.begin()
    rules = [
        {"rcpt": "451 4.2.1 later", "only": "p000001@"},
        {"rcpt": "550 5.1.1 nobody", "only": "p000002@"},
        {"tarpit": 60, "only": "p000003@"},
        {"close": "after", "every": every},
    ]
    field.sink.mode(most=50, rules=rules)
    User.objects.filter(username="chaos000004").update(email="p000004@school.example\r\nX: y")
    bad = User.objects.get(username="chaos000005")
    outbox.post(bad, "account", "poison", data={"about": "no such template"})
    senders = Senders(SENDERS)
    began = time.monotonic()
    stubborn = ("p000001@", "p000003@")
    others = Message.objects.filter(state__in=outbox.OPEN).exclude(kind="account")
    others = others.exclude(person__username__in=("chaos000001", "chaos000003"))

    def flowed():
        load.hurry()
        return not others.exists()

    until(flowed, field.people / 5 + 120, every=0.5)
    seconds = time.monotonic() - began
    field.sink.mode()
    field.drained(60, hurry=True)
    senders.close()
    cuts = Attempt.objects.filter(outcome="lost").count()
    but = ("p000002@", "p000004@")
    found = field.verdict(extra=cuts, but=but)
    states = dict(Message.objects.filter(person__username__in=("chaos000002", "chaos000004"))
                  .values_list("person__username", "state"))  # fmt: skip
    if set(states.values()) != {"bounced"} or len(states) != 2:
        found.faults.append(f"refused addresses: {states}")
    if Message.objects.get(key="poison").state != "failed":
        found.faults.append("a letter that cannot be made was not given up")
    if User.objects.exclude(email_refused_at=None).count() != 2:
        found.faults.append("other addresses were marked")
    return found, f"{cuts} lines cut, {len(stubborn)} stubborn; the others within {seconds:.0f} s"


FAULTS = {
    "F1 killed": killed,
    "F2 F3 ended at each step": ended_at_each_step,
    "F10 F11 out of reach": out_of_reach,
    "F11 F12 F13 misbehaving": misbehaving,
}
