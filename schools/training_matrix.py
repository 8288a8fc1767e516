"""The only place for the training matrix: three channels by three modes, a count in each cell."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from schools.models import Training
from schools.models.capability import Channel, Mode

CELLS = tuple((channel, mode) for channel in Channel for mode in Mode)


class Cell(NamedTuple):
    """`schools`: how many of the schools have something in it."""

    channel: Channel
    mode: Mode
    n: int
    schools: int

    @property
    def key(self) -> str:
        return f"{self.channel}-{self.mode}"


def span(year: str) -> tuple[date, date]:
    """First and last day of a school year: "2026-2027" → 1 September 2026, 31 August 2027."""
    first = int(year[:4])
    return date(first, 9, 1), date(first + 1, 8, 31)


def of_year(trainings: "QuerySet[Training]", year: str) -> "QuerySet[Training]":
    """Those that began in a school year and stand in the register."""
    return trainings.filter(removed_at=None, held_on__range=span(year))


def placed() -> Q:
    """Trainings of which channel and mode are on record; the others stand in no cell."""
    return Q(channel__in=Channel.values, mode__in=Mode.values)


def matrix(trainings: "QuerySet[Training]") -> list[list[Cell]]:
    """A row a channel, a cell a mode, empty ones too; one query for any number of schools."""
    found = (
        trainings.filter(placed())
        .order_by()
        .values("channel", "mode")
        .annotate(n=Count("pk"), schools=Count("school", distinct=True))
    )
    counted = {(row["channel"], row["mode"]): (row["n"], row["schools"]) for row in found}
    return [
        [Cell(channel, mode, *counted.get((channel, mode), (0, 0))) for mode in Mode]
        for channel in Channel
    ]


def cell_of(key: str) -> tuple[Channel, Mode] | None:
    """The cell that an address names ("special-research"); None for anything else."""
    return _BY_KEY.get(key)


def empty(rows: Iterable[Iterable[Cell]]) -> list[Cell]:
    return [cell for row in rows for cell in row if not cell.n]


_BY_KEY: Mapping[str, tuple[Channel, Mode]] = {
    f"{channel}-{mode}": (channel, mode) for channel, mode in CELLS
}
