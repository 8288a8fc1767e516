"""The only place where an operator makes a backup by hand or by a timer."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reform import backup, rounds
from reform.dump import Failed


class Command(BaseCommand):
    help = (
        "Write a backup into a new folder in DIR while others work: database, evidence, manifest."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--keep", type=int, default=0, help="delete all but the newest KEEP")

    def handle(self, **options: Any) -> None:
        folder = options["folder"].resolve()
        lease = rounds.claim(rounds.BACKUP, rounds.NIGHT_LEASE)
        try:
            made = backup.make(folder)
        except Failed as failed:
            if lease:
                rounds.finish(rounds.BACKUP, lease, ok=False, detail=str(failed))
            raise CommandError(str(failed)) from failed
        if lease:
            rounds.finish(rounds.BACKUP, lease, ok=not made.faults, detail=made.sentence())
        if options["keep"] > 0:
            backup.forget_old(folder, options["keep"])
        self.stdout.write(made.sentence())
        if made.faults:
            raise CommandError("verify_evidence names the schools whose files these are.")
