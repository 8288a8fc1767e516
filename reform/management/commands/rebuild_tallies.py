"""The only place where an operator checks or rebuilds the counters by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reform import tallies


class Command(BaseCommand):
    help = "Rebuild the counters from the entries; --check only compares and fails on a difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            self.stdout.write(f"{tallies.rebuild()} counters were wrong and are right now.")
            return
        wrong = tallies.differences()
        for key, (kept, truth) in sorted(wrong.items()):
            self.stderr.write(
                f"campaign {key.campaign} authority {key.authority} slot {key.slot} "
                f"bucket {key.bucket} due {key.due_on}: {kept}, should be {truth}"
            )
        if wrong:
            raise CommandError(f"{len(wrong)} counters differ. Run without --check to mend them.")
        self.stdout.write("The counters agree with the entries.")
