"""The only clock: every other module asks here what time and what day it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


def now() -> datetime:
    """This moment, aware, in UTC."""
    return _pretended.get() or datetime.now(UTC)


@contextmanager
def pretending(moment: datetime) -> Iterator[None]:
    """Inside the block it is `moment`: only for the demo, whose county has a past."""
    token = _pretended.set(moment)
    try:
        yield
    finally:
        _pretended.reset(token)


def today() -> date:
    """Today's date in Asia/Shanghai: a due date ends at 24:00 there."""
    return local_date(now())


def local_date(moment: datetime) -> date:
    """The date in Asia/Shanghai of an aware moment."""
    return moment.astimezone(SHANGHAI).date()


def told(moment: datetime) -> str:
    """An aware moment by the clock of Shanghai, for a sentence: "2026-11-20 12:00"."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
