"""The chaos lane in small, with the real mail server and processes that are really killed."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.chaos import bells, faults

KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


@pytest.mark.processes
def test_nothing_is_lost_or_repeated_while_processes_die_and_mail_server_broker_and_clock_fail():
    """`make chaos` does the same with ten thousand people."""
    command = [sys.executable, "bench/chaos.py", "--small", "--people", "200", "--postgres"]
    env = {name: os.environ[name] for name in KEPT if name in os.environ}

    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("lost 0") == len({**faults.FAULTS, **bells.FAULTS})
    assert done.stdout.endswith("lost none, repeated none\n")
