"""The only place that starts, kills and ends processes of the chaos lane, all of them its own."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings
from django.db import connection, connections

from reform import failpoint, outbox, sending
from reform.models import Message
from tests import services

PYTHON = sys.executable
ROOT = Path(__file__).resolve().parent.parent.parent


class Senders:
    """Sender processes, forked from this one, so that a killed one has an heir at once."""

    def __init__(self, number, point=""):
        self.point, self.pids, self.codes = point, [], []
        for _n in range(number):
            self.fork()

    def fork(self):
        connections.close_all()
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            self.pids.append(pid)
            return pid
        with contextlib.suppress(BaseException):
            self._send()
        os._exit(1)

    def _send(self):
        over = []
        signal.signal(signal.SIGTERM, lambda *_: over.append(True))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        services.end_with_parent()
        random.seed()
        failpoint.arm(self.point)
        while not over:
            sending.run(30.0, 1, lambda: bool(over))
            time.sleep(0.05)
        os._exit(0)

    def end(self, pid, how):
        """Signal one and wait for its end; seconds that took."""
        began = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        self.codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        self.pids.remove(pid)
        return time.monotonic() - began

    def ended(self):
        """Those that ended by themselves."""
        for pid in list(self.pids):
            if os.waitpid(pid, os.WNOHANG)[0]:
                self.pids.remove(pid)
                yield pid

    def close(self):
        for pid in list(self.pids):
            self.end(pid, signal.SIGTERM)


class Part:
    """A real process of the product: worker, beat, watchdog or a command."""

    def __init__(self, *command, **env):
        with open(settings.VAR_DIR / "parts.log", "ab") as log:
            self.process = subprocess.Popen(
                [PYTHON, *command], cwd=ROOT, env={**os.environ, **env}, start_new_session=True,
                stdout=subprocess.DEVNULL, stderr=log, preexec_fn=services.end_with_parent,
            )  # fmt: skip

    def end(self, how=signal.SIGTERM, most=60):
        """Seconds until it has ended."""
        began = time.monotonic()
        self.process.send_signal(how)
        try:
            self.process.wait(most)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        return time.monotonic() - began

    def kill_all(self):
        """kill -9 of the process and its children."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def worker(**env):
    return Part("-m", "celery", "--quiet", "--app", "reform", "worker", "--loglevel", "error",
                "--without-gossip", "--without-mingle", **env)  # fmt: skip


def beat(file, **env):
    """It rings far more often than each minute: tests/chaos/quick.py."""
    env |= {"DJANGO_SETTINGS_MODULE": "tests.chaos.quick"}
    return Part("-m", "celery", "--quiet", "--app", "reform", "beat", "--loglevel", "error",
                "--schedule", str(file), "--pidfile=", **env)  # fmt: skip


def command(*words, **env):
    return Part("manage.py", *words, **env)


def open_letters():
    connection.close_if_unusable_or_obsolete()
    return Message.objects.filter(state__in=outbox.OPEN).count()


def until(true, most, every=0.2):
    """Wait until something holds; the seconds that took. AssertionError when it does not."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < most, f"not within {most} seconds"
        time.sleep(every)
    return time.monotonic() - began
