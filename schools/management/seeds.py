"""The only place that finds the seed files and reads their tables."""

import csv
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

SEEDS = Path(settings.BASE_DIR) / "seeds"


def read_rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a UTF-8 CSV with exactly `columns` as its heading, as text.

    CommandError names file and line of the first row that does not fit.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = list(csv.reader(file))
    except FileNotFoundError:
        raise CommandError(f"{path} is missing.") from None
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8: {error}") from None
    if not table or tuple(table[0]) != columns:
        raise CommandError(f"{path}:1: the heading must be {','.join(columns)}")
    rows = []
    for line, cells in enumerate(table[1:], start=2):
        if len(cells) != len(columns):
            raise CommandError(f"{path}:{line}: {len(cells)} cells where {len(columns)} belong")
        rows.append(dict(zip(columns, cells, strict=True)))
    return rows
