"""The only place that takes a school list in from the command line."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from schools.errors import Denied
from schools.models import Region
from schools.models.regions import NATION
from schools.resources import Report, SchoolList, SchoolResource


class Command(BaseCommand):
    help = (
        "Load a school list (xlsx, xls, csv): all of it or nothing. "
        "docs/school-lists.md describes its columns."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--authority",
            default=NATION,
            metavar="CODE",
            help="the region whose schools the list may touch, and where they stand",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would come of it")
        parser.add_argument(
            "--skip-bad", action="store_true", help="take the good rows, leave the refused ones out"
        )

    def handle(self, **options: Any) -> None:
        if not Region.objects.filter(pk=options["authority"]).exists():
            raise CommandError(
                _("There is no region with the code %(code)s.") % {"code": options["authority"]}
            )
        try:
            data = Path(options["file"]).read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        try:
            dataset = SchoolList().create_dataset(data)
        except Denied as denied:
            raise CommandError(denied.reason) from None
        resource = SchoolResource(scope=options["authority"], skip_bad=options["skip_bad"])
        result = resource.import_data(dataset, dry_run=options["dry_run"])
        if result.has_errors():
            raise CommandError(str(result.base_errors[0].error))
        self._tell(result.report, verbosity=options["verbosity"])
        if result.has_validation_errors():
            raise CommandError(
                _(
                    "Nothing was written. Correct the refused rows, or leave them out with "
                    "--skip-bad."
                )
            )
        if options["dry_run"]:
            self.stdout.write(_("A rehearsal: nothing was written."))

    def _tell(self, report: Report, *, verbosity: int) -> None:
        """The refused rows always; the rest unless asked to be quiet."""
        for row, school, sentence in report.refused:
            self.stderr.write(_line(_("not taken"), row, school, sentence))
        if not verbosity:
            return
        for row, school, sentence in report.held_back:
            self.stdout.write(_line(_("school change, left out"), row, school, sentence))
        for row, school, sentence in report.warnings:
            self.stdout.write(_line(_("worth a look"), row, school, sentence))
        for note in report.notes:
            self.stdout.write(note)
        self.stdout.write(report.sentence())


def _line(kind: str, row: int, school: str, sentence: str) -> str:
    return _("Row %(row)d %(school)s (%(kind)s): %(sentence)s") % {
        "row": row,
        "school": school,
        "kind": kind,
        "sentence": sentence,
    }
