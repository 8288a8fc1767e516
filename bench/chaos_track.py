"""One track of `make chaos`: some faults, one after another, on a database of its own."""

import argparse
import logging
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import smtp_sink

SINK = smtp_sink.Running()
os.environ |= {
    "REFORM_TESTS": "1",
    "EMAIL_URL": f"smtp://127.0.0.1:{SINK.port}",
    "MAIL_FROM": "ledger@bureau.example",
    "LOG_LEVEL": "ERROR",
    "SENDERS": "4",
}

import scratch  # noqa: E402, F401  # isort: skip

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from reform import history  # noqa: E402
from tests.chaos import bells, faults, load  # noqa: E402


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--people", type=int, default=10_000)
    options.add_argument("--small", action="store_true", help="fewer faults of each kind")
    options.add_argument(
        "--only", default="", help="those whose name contains this; several with commas"
    )
    options.add_argument("--postgres", action="store_true", help="on a scratch PostgreSQL")
    asked = options.parse_args()
    logging.disable(logging.CRITICAL)  # what fails here fails on purpose
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    call_command("migrate", verbosity=0)
    load.build(asked.people)
    field = faults.Field(SINK, asked.people, asked.small)
    chosen = {
        name: fault
        for name, fault in {**faults.FAULTS, **bells.FAULTS}.items()
        if any(word in name for word in asked.only.split(","))
    }
    wrong = 0 if chosen else 1
    print(f"{connection.vendor}: {asked.people:,} people, {load.keys():,} keys", flush=True)
    try:
        for name, fault in chosen.items():
            wrong += told(name, fault, field)
        for line in history.verify():
            print(f"BROKEN: {line}", flush=True)
            wrong += 1
    finally:
        SINK.stop()
    sys.exit(bool(wrong))


def told(name, fault, field):
    """Run a fault; how many promises it broke."""
    began = time.monotonic()
    try:
        found, said = fault(field)
        lost, extra, broken = found.lost, found.extra, found.faults
    except Exception as error:
        lost, extra, broken, said = "?", "?", [f"{type(error).__name__}: {error}"], ""
    seconds = time.monotonic() - began
    print(f"{name:<28}lost {lost}  extra {extra:<4}{seconds:6.0f} s  {said}", flush=True)
    for line in broken:
        print(f"  BROKEN: {line}", flush=True)
    return len(broken)


if __name__ == "__main__":
    main()
