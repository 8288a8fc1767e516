"""The only place that bounds what a long job may take; the program that does one job and ends."""

import os
import resource
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reform import jobs

MEMORY = 768 * 1024 * 1024  # addresses; a job of 50,000 rows uses half of it
ROOM = 64 * 1024 * 1024  # beyond it, to say that it was not enough
SECONDS = 120  # of a processor
WAIT = 180  # seconds by the clock, less than jobs.WRITING


class Command(BaseCommand):
    help = "Do one long job and end; pages call it, and the tick what they left."

    requires_system_checks: list[str] = []  # they would load every page into each child

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int)

    def handle(self, **options: Any) -> None:
        limit()
        if not jobs.run(options["id"]):
            raise CommandError(f"Job {options['id']} is done, or another process does it.")
        signal.alarm(0)
        jobs.call_next()


def limit() -> None:
    """Pages come first; whatever asks for too much ends as a MemoryError or a TimeoutError."""
    os.nice(10)
    for name in (signal.SIGXCPU, signal.SIGALRM):
        signal.signal(name, _too_long)
    signal.alarm(WAIT)
    for kind, soft, hard in (
        (resource.RLIMIT_AS, MEMORY, MEMORY + ROOM),
        (resource.RLIMIT_CPU, SECONDS, SECONDS + 10),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with suppress(OSError, ValueError):  # macOS refuses a limit of address space
            resource.setrlimit(kind, (soft, hard))


def _too_long(number: int, _frame: FrameType | None) -> None:
    print(f"ended by signal {number}", file=sys.stderr)
    raise TimeoutError
