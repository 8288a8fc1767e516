"""The only place where an operator makes a backup by hand or by a timer."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

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
        try:
            made = backup.make(folder)
        except Failed as failed:
            self._note(str(failed), ok=False)
            raise CommandError(str(failed)) from failed
        self._note(made.sentence(), ok=not made.faults)
        if options["keep"] > 0:
            backup.forget_old(folder, options["keep"])
        self.stdout.write(made.sentence())
        if made.faults:
            raise CommandError("verify_evidence names the schools whose files these are.")

    def _note(self, said: str, *, ok: bool) -> None:
        """For the status page; a disk that is full may not take even that."""
        try:
            rounds.beat(rounds.BACKUP, said, ok=ok)
        except DatabaseError as error:
            self.stderr.write(str(error))
