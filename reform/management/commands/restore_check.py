"""The only place where an operator, or a timer, tries whether a backup can be restored."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from reform import restore, rounds
from reform.dump import Failed
from schools import clock


class Command(BaseCommand):
    help = "Put the backup in DIR (the newest there) into a scratch database, compare, drop it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, **options: Any) -> None:
        began = clock.now()
        try:
            done = restore.rehearse(options["folder"].resolve())
        except Failed as failed:
            rounds.beat(rounds.RESTORE_CHECK, str(failed), ok=False)
            raise CommandError(str(failed)) from failed
        said = _(
            "%(folder)s of %(when)s can be restored: %(rows)d rows and %(files)d files compared in "
            "%(seconds)d s."
        ) % {
            "folder": done.manifest.folder,
            "when": clock.told(done.manifest.made_at),
            "rows": done.rows,
            "files": done.files,
            "seconds": (clock.now() - began).total_seconds(),
        }
        if done.damaged:
            names = ", ".join(done.damaged[:5])
            said += " " + _("Damaged files of evidence in it: %(names)s") % {"names": names}
        rounds.beat(rounds.RESTORE_CHECK, said, ok=not done.damaged)
        if done.damaged:
            raise CommandError(said)
        self.stdout.write(said)
