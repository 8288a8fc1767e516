"""The only place that keeps the rounds going when Celery, its broker or beat's clock has died."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections

from reform import rounds
from reform.models import Pulse

log = logging.getLogger(__name__)

LOOK_EVERY = 20.0
PATIENCE = 120.0  # seconds without a finished tick
ROUND = partial(rounds.tick, by=rounds.WATCHDOG)


class Watch:
    """How long nothing has finished, on a clock that nobody can set."""

    def __init__(
        self,
        name: str = rounds.TICK,
        run: Callable[[], Any] = ROUND,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.run, self.timer = name, run, timer
        self.seen: object = None
        self.since = timer()

    def look(self) -> bool:
        """Note the last one finished; run one when none has finished for too long, or ever."""
        last = Pulse.objects.filter(name=self.name).values_list("finished_at", flat=True).first()
        if last != self.seen:
            self.seen, self.since = last, self.timer()
        if last is not None and self.timer() - self.since < PATIENCE:
            return False
        if last is not None:
            log.warning("no %s has finished for %.0f seconds; running one", self.name, PATIENCE)
        return self.run() is not False


class Command(BaseCommand):
    help = "Do the rounds, and send, in this process when nobody has for two minutes."

    def handle(self, **options: Any) -> None:
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        send = partial(rounds.send, by=rounds.WATCHDOG, stop=over.is_set)
        watches = (Watch(), Watch(rounds.SENDER, send))
        while not over.is_set():
            close_old_connections()
            try:
                rounds.beat(rounds.WATCHDOG)
                for watch in watches:
                    watch.look()
            except Error:
                log.exception("the database does not answer; looking again")
            over.wait(LOOK_EVERY)
