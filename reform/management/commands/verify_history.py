"""The only place where an operator checks the history chains by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reform import history
from reform.models import Chain, Event


class Command(BaseCommand):
    help = "Verify the history chains; names every break and exits with an error when there is one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", nargs="?", help='one chain: "school:12" or "region:330106"')

    def handle(self, *args: Any, **options: Any) -> None:
        subject = options["subject"]
        events = Event.objects.filter(subject=subject) if subject else Event.objects.all()
        if subject and not (events.exists() or Chain.objects.filter(pk=subject).exists()):
            raise CommandError(f"There is no chain {subject}.")
        breaks = 0
        for sentence in history.verify(subject):
            breaks += 1
            self.stderr.write(sentence)
        if breaks:
            raise CommandError(f"Breaks found: {breaks}. Restore from a backup and find out who.")
        self.stdout.write(f"History is whole: {events.count()} events.")
