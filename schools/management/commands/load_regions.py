"""The only place that loads the regions and school types from the seeds."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from schools.management.seeds import SEEDS, read_rows
from schools.models import Region, SchoolType
from schools.models.regions import RegionKind, ancestors

REGION_COLUMNS = ("code", "name", "kind")
TYPE_COLUMNS = ("code", "name_zh", "name_en", "phases", "use")


class Command(BaseCommand):
    help = "Load regions and school types; a second run changes nothing, nothing is ever deleted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seeds", type=Path, default=SEEDS, help="another folder of seeds")

    def handle(self, **options: Any) -> None:
        seeds = options["seeds"]
        regions = read_regions(seeds / "regions.csv")
        types = [SchoolType(**row) for row in read_rows(seeds / "school_types.csv", TYPE_COLUMNS)]
        with transaction.atomic():
            # bureau_name is the county's own, never overwritten.
            changed = store(Region, regions, ["name", "full_name", "kind"])
            changed += store(SchoolType, types, ["name_zh", "name_en", "phases", "use"])
        self.stdout.write(
            f"{len(regions)} regions, {len(types)} school types; {changed} rows new or changed."
        )


def read_regions(path: Path) -> list[Region]:
    """Regions with their full names, parents before children.

    A code without its parent, an unknown kind and a repeated code are refused with their line.
    """
    found: dict[str, Region] = {}
    for line, row in enumerate(read_rows(path, REGION_COLUMNS), start=2):
        code, kind = row["code"], row["kind"]
        above = [found.get(parent) for parent in ancestors(code)[:-1]]
        if kind not in RegionKind.values:
            raise CommandError(f"{path}:{line}: no such kind of region: {kind}")
        if code in found or not all(above):
            raise CommandError(f"{path}:{line}: {code} comes twice or before its parent")
        if bool(row["name"]) == (kind == RegionKind.placeholder):
            raise CommandError(f"{path}:{line}: only a placeholder has no name")
        found[code] = Region(**row, full_name=full_name(row["name"], above))
    return list(found.values())


def full_name(name: str, above: list[Region | None]) -> str:
    """The names from the province down; placeholders have none, no name stands twice in a row."""
    if not name:
        return ""
    parts: list[str] = []
    for part in [*(region.name for region in above[1:] if region), name]:
        if part and part not in parts[-1:]:
            parts.append(part)
    return "".join(parts)


def store(model: Any, wanted: list[Any], fields: list[str]) -> int:
    """Insert what is new, update what differs in `fields`; the number of rows written."""
    kept = {row.pk: row for row in model.objects.all()}
    rows = [
        row
        for row in wanted
        if row.pk not in kept
        or any(getattr(row, name) != getattr(kept[row.pk], name) for name in fields)
    ]
    model.objects.bulk_create(
        rows, 500, update_conflicts=True, unique_fields=["pk"], update_fields=fields
    )
    return len(rows)
