"""`make run`: one start at a time, everything up, Ctrl-C or a kill leaves no process behind."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from tests.services import free_port

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]
PARTS = {"gunicorn", "valkey-server", "worker", "beat", "watchdog"}


class Installation:
    """A trial in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.started = []

    def start(self):
        """Start it, wait for the banner and for each part; (process, address, seconds)."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        output = (self.folder / f"output{len(self.started)}").open("w+")
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "manage.py", "start"],
            env={**kept, "VAR_DIR": str(self.folder / "var"), "PORT": str(free_port())},
            cwd=settings.BASE_DIR, stdout=output, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        self.started.append(process)
        while not (found := re.search(r"Open (http://\S+)", Path(output.name).read_text())):
            assert process.poll() is None, Path(output.name).read_text()
            assert time.monotonic() - began < 180, Path(output.name).read_text()
            time.sleep(0.1)
        while self.parts() != PARTS:
            assert time.monotonic() - began < 180, self.processes()
            time.sleep(0.1)
        return process, found[1], time.monotonic() - began

    def processes(self):
        """{pid: command line} of all that was started with this folder."""
        mark, found = f"VAR_DIR={self.folder / 'var'}".encode(), {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
        return {pid: line for pid, line in found.items() if line}

    def parts(self):
        """Which of PARTS run now."""
        lines = " ".join(self.processes().values())
        return {part for part in PARTS if re.search(rf"\b{part}\b", lines)}

    def wait_until_gone(self, seconds=20):
        """What is still there after that time."""
        end = time.monotonic() + seconds
        while self.processes() and time.monotonic() < end:
            time.sleep(0.1)
        return self.processes()


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    trial = Installation(tmp_path_factory.mktemp("trial"))
    yield trial
    for pid in trial.processes():
        os.kill(pid, signal.SIGKILL)


def status_of(address):
    with urllib.request.urlopen(f"{address}login/", timeout=10) as answer:
        return answer.status, answer.read().decode()


def honcho_of(installation):
    return next(pid for pid, line in installation.processes().items() if "honcho start" in line)


def test_one_command_starts_everything_and_ctrl_c_ends_it(installation):
    process, address, _ = installation.start()

    status, page = status_of(address)
    assert status == 200
    assert re.search(r'href="/static/look/base\.[0-9a-f]{12}\.css"', page)
    assert installation.parts() == PARTS

    process.send_signal(signal.SIGINT)

    assert process.wait(30) == 0
    assert installation.wait_until_gone() == {}


def test_the_second_start_takes_seconds_keeps_the_data_and_beat_rings(installation):
    database = sqlite3.connect(installation.folder / "var" / "reform.sqlite3", timeout=20)
    counted = "SELECT (SELECT count(*) FROM schools_school), (SELECT count(*) FROM reform_entry)"
    before = database.execute(counted).fetchone()

    process, _, seconds = installation.start()
    second = subprocess.run(
        [sys.executable, "manage.py", "start"],
        env={**os.environ, "VAR_DIR": str(installation.folder / "var")},
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert seconds < 20
    assert before[0] > 40
    assert database.execute(counted).fetchone() == before
    assert second.returncode == 1
    assert "It is running already: http://127.0.0.1:" in second.stderr

    rung = "SELECT ok FROM reform_pulse WHERE name = 'tick' AND detail LIKE 'worker%'"
    end = time.monotonic() + 120
    while not (row := database.execute(rung).fetchone()) and time.monotonic() < end:
        time.sleep(0.5)
    process.send_signal(signal.SIGTERM)

    assert row == (1,)
    assert process.wait(30) == 0
    assert installation.wait_until_gone() == {}


def test_a_part_that_dies_ends_the_rest_with_an_error(installation):
    process, _, _ = installation.start()
    valkey = next(pid for pid, line in installation.processes().items() if "valkey-server" in line)

    os.kill(valkey, signal.SIGKILL)

    assert process.wait(30) == 1
    assert installation.wait_until_gone() == {}


def test_killing_honcho_leaves_nothing(installation):
    process, _, _ = installation.start()

    os.kill(honcho_of(installation), signal.SIGKILL)

    assert process.wait(30) == 1
    assert installation.wait_until_gone() == {}


def test_killing_whoever_started_it_leaves_nothing(installation):
    process, _, _ = installation.start()

    process.kill()

    process.wait()
    assert installation.wait_until_gone() == {}
