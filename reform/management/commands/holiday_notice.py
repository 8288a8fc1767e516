"""The only place where an operator takes in a holiday notice, however many filings it moves."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.translation import gettext as _

from reform import redating
from schools import almanac, notices
from schools.errors import Denied
from schools.models import Region
from schools.models.regions import NATION


class Command(BaseCommand):
    help = (
        "Read a holiday notice from a file, show what it changes and which due dates move; "
        "--apply does it, in one transaction."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--region", default=NATION, help="code of the region; the nation is 0")
        parser.add_argument("--year", type=int, help="where the text names none")
        parser.add_argument("--keep-dates", action="store_true", help="change the calendar alone")
        parser.add_argument("--apply", action="store_true", help="write it; else only show")

    def handle(self, **options: Any) -> None:
        region = options["region"]
        if not Region.objects.filter(pk=region).exists():
            raise CommandError(f"There is no region {region}.")
        notice = self.read(options["file"], options["year"])
        with translation.override(settings.LANGUAGE_CODE):
            words = _("A working day like any other"), _("The holiday notice was published.")
        change = almanac.from_notice(region, notice.days, ordinary=words[0])
        if not change:
            self.stdout.write("All of this stands in the calendar already.")
            return
        try:
            self.settle(change, options, reason=words[1])
        except Denied as denied:
            raise CommandError(denied.reason) from None

    def read(self, path: Path, year: int | None) -> notices.Notice:
        """The days of the notice; refuses to go on over a doubt."""
        try:
            notice = notices.read(notices.text_of(path.read_bytes()), year)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        except Denied as denied:
            raise CommandError(f"{path}: {denied.reason}") from None
        for day, (kind, name) in sorted(notice.days.items()):
            self.stdout.write(f"{day} {day:%a} {kind} {name}")
        for sentence in notice.unread:
            self.stdout.write(f"not read as a day: {sentence}")
        if notice.problems:
            raise CommandError("\n".join(notice.problems))
        return notice

    def settle(self, change: almanac.Change, options: dict[str, Any], *, reason: str) -> None:
        plan = redating.plan(change)
        for move in plan.moves:
            self.stdout.write(
                f"{move.slot.campaign.region_id} {move.slot}: {move.was} -> {move.due_on}, "
                f"{move.entries} open, {len(move.authorities)} authorities"
            )
        written = len(change.days) + len(change.days_gone)
        told = f"{written} days, {len(plan.moves)} due dates, {plan.entries} open filings"
        if not options["apply"]:
            self.stdout.write(f"Would change {told}. Nothing was written; say --apply.")
            return
        moved = redating.apply(
            change,
            by=None,
            reason=reason,
            seen=plan.seen,
            move_dates=not options["keep_dates"],
            at_once=None,
        )
        self.stdout.write(f"Changed {written} days; {moved} open filings moved.")
