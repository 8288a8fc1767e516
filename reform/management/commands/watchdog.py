"""The only place that keeps the rounds going when Celery, its broker or beat's clock has died."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections

from reform import rounds
from reform.models import Pulse

log = logging.getLogger(__name__)

LOOK_EVERY = 20.0
PATIENCE = 120.0  # seconds without a finished tick


class Watch:
    """How long nothing has finished, on a clock that nobody can set."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self.timer = timer
        self.seen: object = None
        self.since = timer()

    def look(self) -> bool:
        """Note the last finished tick; run one when none has finished for too long, or ever."""
        last = Pulse.objects.filter(name=rounds.TICK).values_list("finished_at", flat=True).first()
        if last != self.seen:
            self.seen, self.since = last, self.timer()
        if last is not None and self.timer() - self.since < PATIENCE:
            return False
        if last is not None:
            log.warning("no tick has finished for %.0f seconds; running one here", PATIENCE)
        return rounds.tick(by=rounds.WATCHDOG)


class Command(BaseCommand):
    help = "Run the tick in this process whenever none has finished for two minutes."

    def handle(self, **options: Any) -> None:
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        watch = Watch()
        while not over.is_set():
            close_old_connections()
            try:
                rounds.beat(rounds.WATCHDOG)
                watch.look()
            except Error:
                log.exception("the database does not answer; looking again")
            over.wait(LOOK_EVERY)
