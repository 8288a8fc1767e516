"""The only place where an operator fills an empty installation from a backup."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from reform import restore
from reform.dump import Failed
from reform.management import processes
from schools import clock


class Command(BaseCommand):
    help = "Fill an empty installation from the backup in DIR (the newest there), and compare."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument(
            "--leave-damaged", action="store_true", help="do without evidence that is damaged"
        )

    def handle(self, **options: Any) -> None:
        try:
            with processes.OnlyOne():
                done = restore.restore(
                    options["folder"].resolve(), leave_damaged=options["leave_damaged"]
                )
        except Failed as failed:
            raise CommandError(str(failed)) from failed
        self.stdout.write(
            _("Restored from %(folder)s of %(when)s: %(rows)d rows and %(files)d files, compared.")
            % {
                "folder": done.manifest.folder,
                "when": clock.told(done.manifest.made_at),
                "rows": done.rows,
                "files": done.files,
            }
        )
        if done.damaged:
            self.stdout.write(
                _("Left out, damaged: %(names)s") % {"names": ", ".join(done.damaged)}
            )
        if done.held:
            self.stdout.write(
                _(
                    "%(n)d letters that waited then are held back: they may have been sent since. "
                    "docs/operating.md says how to let them go."
                )
                % {"n": done.held}
            )
