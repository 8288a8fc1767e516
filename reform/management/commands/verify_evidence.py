"""`manage.py verify_evidence`: read every stored file again, name what changed or is gone."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reform import uploads


class Command(BaseCommand):
    help = "Compare every evidence file with its SHA-256; exit 1 when one is changed or missing."

    def handle(self, **options: Any) -> None:
        broken = 0
        for fault in uploads.rehash():
            row = fault.evidence
            self.stdout.write(
                f"{fault.how}: {row.name} (evidence {row.pk}, {row.sha256}) of {row.school.name} "
                f"({row.school.code}), entry {row.entry_id}"
            )
            broken += 1
        if broken:
            raise CommandError(f"{broken} evidence files are not as they were uploaded.")
        self.stdout.write("Every evidence file is as it was uploaded.")
