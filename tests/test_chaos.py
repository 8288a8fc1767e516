"""The chaos lane in small, with the real mail server and processes that are really killed."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


@pytest.mark.processes
def test_nothing_is_lost_or_repeated_while_senders_die_and_the_mail_server_fails():
    """`make chaos` does the same with ten thousand people, a broker that dies and mad clocks."""
    command = [sys.executable, "bench/chaos.py", "--small", "--people", "200", "--postgres"]
    command += ["--only", "F1 ,F2,F3,F10,F11"]
    env = {name: os.environ[name] for name in KEPT if name in os.environ}

    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("lost 0") == 6
    assert done.stdout.endswith("lost none, repeated none\n")
