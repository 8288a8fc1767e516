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
PACE = 45.0  # seconds from one to the next while it stands in
ROUND = partial(rounds.tick, by=rounds.WATCHDOG)


class Watch:
    """How long nothing has finished, on a clock that nobody can set.

    Once it had to stand in, it goes on at the pace of the ring, until somebody else finishes one.
    """

    def __init__(
        self,
        name: str = rounds.TICK,
        run: Callable[[], Any] = ROUND,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.run, self.timer = name, run, timer
        self.seen: object = None
        self.since, self.patience = timer(), PATIENCE

    def look(self) -> bool:
        """Note the last one finished; run one when none has finished for too long, or ever."""
        last = self._last()
        if last != self.seen:
            self.seen, self.since, self.patience = last, self.timer(), PATIENCE
        now = self.timer()
        if last is not None and now - self.since < self.patience:
            return False
        if last is not None and self.patience == PATIENCE:
            log.warning("no %s has finished for %.0f seconds; standing in", self.name, PATIENCE)
        done = self.run() is not False
        if last is not None:
            self.seen, self.since, self.patience = self._last(), now, PACE
        return done

    def _last(self) -> object:
        return Pulse.objects.filter(name=self.name).values_list("finished_at", flat=True).first()


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
