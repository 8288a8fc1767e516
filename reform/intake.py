"""The only place that takes a block of rows into a school's register: look, then write as seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from reform import bookkeeping, filings, history
from schools.models import School
from schools.register_blocks import PastedRow
from schools.register_forms import Desk
from schools.register_resources import RegisterResource
from schools.register_sheets import CHANGED, NEW, UNCHANGED, Look, look
from schools.registers import Register
from schools.scope import Seat

ROUNDS = 4  # a committee, a general branch and branches may come in one block


@dataclass(frozen=True)
class Block:
    """What a person sent: the rows, how many there may be, what each column was said to be."""

    rows: Sequence[PastedRow]
    most: int
    said: tuple[str, Sequence[str]] | None = None


@dataclass(frozen=True)
class Taken:
    """What came of a block; `left` holds the rows that were refused and are to be mended."""

    new: int
    changed: int
    unchanged: int
    left: Look


class Moved(Exception):
    """The register changed since the block was looked at: it means something else now."""

    def __init__(self, now: Look) -> None:
        super().__init__(now)
        self.now = now


def desk(register: Register, school: School) -> Desk:
    return Desk(register, school, names=school.authority.office_names)


def seen(school: School, register: Register, block: Block) -> Look:
    """What the block would do; nothing is written. Denied when there is nothing to read."""
    return look(
        desk(register, school),
        block.rows,
        most=block.most,
        said=block.said,
        private=filings.private_numbers,
    )


def write(
    school: School, register: Register, block: Block, *, by: Seat, as_seen: str, key: str = ""
) -> Taken:
    """Write the good rows in one transaction; the refused ones come back in `left`.

    `as_seen`: the digest of what was looked at; Moved when the block means something else by now.
    """
    with transaction.atomic():
        history.lock([school.subject])
        first = found = seen(school, register, block)
        if as_seen != first.digest and first.writable:
            raise Moved(first)
        bookkeeping.require(by, School.objects.get(pk=school.pk))

        def rounds(keep: Callable[[Sequence[Any]], None]) -> None:
            nonlocal found
            for _round in range(ROUNDS):
                if not found.writable:
                    break
                RegisterResource(found.desk, keep).take(found)
                found = seen(school, register, block)

        if found.writable:
            bookkeeping.keep_all(school, register, rounds, by=by, seen=first.digest, key=key)
    counts = first.counts
    return Taken(counts[NEW], counts[CHANGED], counts[UNCHANGED], found)
