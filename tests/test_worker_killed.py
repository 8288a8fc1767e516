"""The worker's main process killed ten times while one letter is due; the parts run apart, as by
the units of deploy/. The letter goes out at its hour, once."""

import json
import random
import re
import signal
import time
from datetime import time as hours
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection

from reform.models import Message, Reminder, ReminderPolicy
from schools import clock
from tests import smtp_sink, world
from tests.chaos import machine
from tests.chaos.bells import FAKETIME
from tests.chaos.machine import until
from tests.planning import DUE, moment
from tests.workers import children

__all__ = ["children"]
HOUR = moment("2026-11-19T08:30")  # seven working days before DUE
MARGIN = timedelta(seconds=30)
pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(FAKETIME is None, reason="libfaketime is missing"),
]


@pytest.fixture
def entry(children, travel):
    """Due seven working days after HOUR; its filer has an address and hears of nothing else."""
    travel.move_to(HOUR - timedelta(days=1))
    cast = world.Cast()
    ReminderPolicy.objects.create(
        region_id=world.COUNTY, stages=[{"days": -7, "roles": ["filer"]}], changed_at=clock.now(),
        quiet_before=hours(8, 30), quiet_after=hours(17, 30),
    )  # fmt: skip
    world.mail(cast.filer)
    return world.entry(cast.school, due_on=DUE)


@pytest.fixture
def mail_server(monkeypatch):
    """It takes three seconds over each letter, long enough to die meanwhile."""
    server = smtp_sink.Running()
    server.mode(tarpit=3)
    monkeypatch.setenv("EMAIL_URL", f"smtp://127.0.0.1:{server.port}")
    monkeypatch.setenv("MAIL_FROM", "ledger@bureau.example")
    monkeypatch.setenv("PUBLIC_URL", "https://ledger.example")
    yield server
    server.stop()


class Parts:
    """Broker, bell and worker, each by itself, on a clock that is moved.

    Not the watchdog: under libfaketime a wait of Python's threading has no end.
    """

    def __init__(self, shift):
        self.env = {"LD_PRELOAD": str(FAKETIME.with_name("libfaketimeMT.so.1"))}
        self.env |= {"FAKETIME": f"{shift:+.0f}s", "CLOCK_ASKS_DATABASE": "0"}
        self.others = [
            machine.command("valkey"),
            machine.beat(settings.VAR_DIR / "bell", **self.env),
        ]
        self.start()

    def start(self):
        self.worker = machine.worker(**self.env)
        pid = self.worker.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as forked:
            until(lambda: forked.seek(0) == 0 and forked.read(), 60)

    def kill(self):
        """kill -9 of the worker's main process alone; it is started again, as by systemd."""
        self.worker.end(signal.SIGKILL)
        self.start()

    def end(self):
        for part in (self.worker, *self.others):
            part.end()


@pytest.fixture
def parts(entry, mail_server):
    real = time_machine.escape_hatch.time.time()
    found = Parts((HOUR - MARGIN).timestamp() - real)
    yield found
    found.end()


def state():
    connection.close()
    return Message.objects.values_list("state", flat=True).first()


def test_a_letter_goes_out_at_its_hour_and_once_though_the_worker_is_killed_ten_times(
    parts, entry, mail_server
):
    shift = float(parts.env["FAKETIME"].rstrip("s"))
    for _n in range(3):
        time.sleep(random.uniform(0, 2))
        parts.kill()
    until(lambda: state() == "sending", 120, every=0.05)
    parts.kill()
    for _n in range(6):
        time.sleep(random.uniform(0, 2))
        parts.kill()
    until(lambda: state() == "accepted", 200)
    until(lambda: not Message.objects.exclude(state="accepted").exists(), 10)

    letters = [json.loads(line) for line in mail_server.log.read_text().splitlines()]
    (letter,) = Message.objects.all()
    assert [one["id"] for one in letters] == [letter.message_id]
    assert re.findall(r"/entries/(\d+)/\s", letters[0]["text"]) == [str(entry.pk)]
    assert 0 <= letters[0]["at"] + shift - HOUR.timestamp() < 300
    assert list(Reminder.objects.values_list("stage", "state")) == [(-7, "told")]
