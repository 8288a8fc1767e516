"""The only place for the faults of what rings: broker, beats, a host that was off, a mad clock."""

import http.client
import shelve
import signal
import time
from pathlib import Path
from statistics import quantiles

import redis
from django.conf import settings

from reform import blast_guard
from reform.models import Hold, Message, Reminder, ReminderPolicy
from schools.models import User
from tests import services
from tests.chaos import load, machine
from tests.chaos.machine import until

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
SLOW, SLOWEST = 1.0, 3.0  # seconds a page may take: nineteen of twenty, and any


def server():
    return redis.from_url(settings.REDIS_URL)


def ring(parts, seconds, each=lambda: None):
    """Let parts run for so long, doing something every other second; then end them."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        each()
        time.sleep(2)
    for part in parts:
        part.end()


def broker():
    """A Valkey of ours that listens."""
    part = machine.command("valkey")
    until(lambda: _pings(), 30)
    return part


def _pings():
    try:
        return server().ping()
    except redis.RedisError:
        return False


def mad_clock_then_bells(field):
    """F9: 400 days ahead, then two behind: nothing is sent.

    F5: the broker stands still: pages go on, and the watchdog sends. F4, F6, F8: the broker goes
    on, emptied every 2 s; two beats, then five, three of them with a bad memory.
    """
    field.sink.empty()
    load.clear()
    letters = _mad_clock(field) if FAKETIME else 0
    valkey = broker()
    valkey.process.send_signal(signal.SIGSTOP)
    beats = [machine.beat(file) for file in _memories()[:2]]
    parts = [machine.worker(WORKERS="2"), machine.command("watchdog")]
    p95, broken = _pages(20 if field.small else 60)
    until(Message.objects.exists, 150)
    until(field.sink.count, 150)
    alone = field.sink.count()
    if field.small:  # all is sent by now
        field.drained(60)
        broken += field.verdict().faults
        field.begin()
    valkey.process.send_signal(signal.SIGCONT)
    emptied = []

    def empty():
        server().flushall()
        emptied.append(1)

    ring([], 12 if field.small else 62, empty)
    beats += [machine.beat(file) for file in _memories()[2:]]
    seconds = field.drained(180)
    for part in (*beats, *parts, valkey):
        part.end()
    found = field.verdict()
    found.faults += broken
    return found, (
        f"{letters} letters waited; pages p95 {p95 * 1000:.0f} ms; {alone} by the watchdog alone; "
        f"emptied {len(emptied)} times, 5 beats; drained {seconds:.0f} s after"
    )


def _memories():
    """Where five beats remember what they rang; three of them cannot be trusted."""
    files = [settings.VAR_DIR / f"beat{n}" for n in range(5)]
    if not files[2].exists():
        files[2].write_bytes(b"\0garbage" * 100)
        with shelve.open(str(files[3])) as memory:
            memory["entries"], memory["__version__"] = {}, "0"
    return files


def _pages(seconds):
    """(what nineteen of twenty pages take at most, in s; what is wrong) while one is asked for."""
    port = services.free_port()
    web = machine.Part("-m", "gunicorn", "reform.wsgi", "--bind", f"127.0.0.1:{port}",
                       "--threads", "4", "--log-level", "error", PLAIN_STATIC="1")  # fmt: skip
    until(lambda: _page(port)[0] < 500, 60)
    took, codes = [], set()

    def ask():
        code, spent = _page(port)
        codes.add(code)
        took.append(spent)

    ring([web], seconds, ask)
    p95 = quantiles(took, n=20)[-1]
    if p95 > SLOW or max(took) > SLOWEST or max(codes) >= 500:
        return p95, [f"pages: p95 {p95:.2f} s, {max(took):.2f} s at most, {codes}"]
    return p95, []


def _mad_clock(field):
    """Letters wait, and none is made or goes while the clock is mad; how many wait."""
    at("+0", "tick")
    letters = Message.objects.count()
    for shift in ("+400d", "-2d"):
        at(shift, "tick")
        at(shift, "send")
        assert field.sink.count() == 0, f"letters went out with the clock at {shift}"
        assert Message.objects.count() == letters, f"letters were made with the clock at {shift}"
    assert letters == field.people, f"{letters} letters for {field.people} people"
    return letters


def _page(port):
    """(code, seconds) of the sign-in page, which asks the database; 599 while nobody listens."""
    began = time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", "/login/")
        code = line.getresponse().status
    except OSError:
        code = 599
    finally:
        line.close()
    return code, time.monotonic() - began


def at(shift, *words, times=1, **env):
    """A command whose clock is moved, or several at once; their code is 0."""
    env |= {"LD_PRELOAD": str(FAKETIME), "FAKETIME": shift, "CLOCK_ASKS_DATABASE": "0"}
    parts = [machine.command(*words, **env) for _n in range(times)]
    for part in parts:
        code = part.process.wait(2100)
        assert code == 0, f"{words} ended with {code}"


def off_ten_days(field):
    """F7: nothing ran for ten days over the date: the latest stage once, none of the older."""
    field.sink.empty()
    load.clear()
    stages = [{"days": days, "roles": ["filer"]} for days in (-load.DAYS, 0, 1)]
    before = ReminderPolicy.objects.filter(region="0").values_list("stages", flat=True).get()
    ReminderPolicy.objects.filter(region="0").update(stages=stages)
    at("+10d", "tick", CLOCK_PROC="")
    hold = Hold.objects.filter(released_at=None).first()
    if hold:  # so many at once wait for an operator, who lets them go
        at("+10d", "send", CLOCK_PROC="")
        assert field.sink.count() == 0, "held letters went out"
        blast_guard.release(hold.day, User.objects.first())
    at("+10d", "send", "--seconds", "2000", times=2, SENDERS="2", CLOCK_PROC="")
    ReminderPolicy.objects.filter(region="0").update(stages=before)
    found = field.verdict()
    told = Reminder.objects.filter(stage=1, state="told").count()
    older = Reminder.objects.filter(stage__lt=1, state="superseded").count()
    if (told, older) != (load.keys(), 2 * load.keys()):
        found.faults.append(f"{told} told, {older} superseded of {load.keys()} keys")
    return found, f"{told} told, {older} superseded{', after a release' if hold else ''}"


FAULTS = {"F4 F5 F6 F8 F9 clock, bells": mad_clock_then_bells}
if FAKETIME:
    FAULTS["F7 off ten days"] = off_ten_days
else:
    print("libfaketime is missing (apt-get install faketime): F7 and F9 are left out")
