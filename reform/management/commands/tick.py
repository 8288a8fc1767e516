"""The only place to run one round by hand."""

from typing import Any

from django.core.management.base import BaseCommand

from reform import rounds


class Command(BaseCommand):
    help = "Do once, now, what the worker does each minute."

    def handle(self, **options: Any) -> None:
        if rounds.tick(by="by hand"):
            self.stdout.write("Done.")
        else:
            self.stdout.write("Another round is under way; nothing was done here.")
