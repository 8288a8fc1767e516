"""The only place to send by hand what is due."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from reform import outbox, sending


class Command(BaseCommand):
    help = "Send once, now, what the worker sends each minute."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=sending.RUN)
        parser.add_argument("--senders", type=int, default=0, help="default: SENDERS")

    def handle(self, *, seconds: float, senders: int, **options: Any) -> None:
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        if not outbox.mail_is_on():
            self.stdout.write("Mail is off: EMAIL_URL is not set.")
            return
        _well, told = sending.run(seconds, senders, over.is_set)
        self.stdout.write(told or "Nothing was due.")
