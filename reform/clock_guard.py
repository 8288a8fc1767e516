"""The only place that says whether the clock can be trusted; until it is, nobody is reminded."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from reform.models import ClockGuard, Pulse
from schools import clock

MOST_DRIFT = timedelta(minutes=5)
# A clock that has run evenly for so long is believed again, however it came to differ: a host that
# slept looks like a clock that jumped, and an operator has had these hours to mend a wrong one.
STEADY = timedelta(hours=6)
AHEAD, BEHIND, DATABASE = "clock_jumped", "clock_went_back", "clock_differs_from_database"
PULSE = "clock"


class Reading(NamedTuple):
    """What was found at one moment. Without /proc there is no boot and no uptime to compare."""

    wall: datetime
    boot_id: str = ""
    uptime: float | None = None  # seconds since the boot, which no change of the clock touches
    database: datetime | None = None  # PostgreSQL's own clock; SQLite has none


def read() -> Reading:
    """The clock, the boot, the uptime, and on PostgreSQL the clock of its host."""
    database = None
    if settings.CLOCK_ASKS_DATABASE and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            database = cursor.fetchone()[0]
    boot_id, uptime = _machine(settings.CLOCK_PROC)
    return Reading(clock.now(), boot_id, uptime, database)


def _machine(proc: str) -> tuple[str, float | None]:
    """Boot and uptime; ("", None) where this machine does not tell them."""
    if not proc:
        return "", None
    try:
        boot_id = Path(proc, "sys/kernel/random/boot_id").read_text().strip()
        return boot_id[:40], float(Path(proc, "uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return "", None


def sound() -> bool:
    """Whether mail may go out now. It asks the same as the planner, and writes nothing."""
    return not fault(read())


def fault(reading: Reading) -> str:
    """Why the clock cannot be trusted: AHEAD, BEHIND or DATABASE; "" when all is well.

    After a reboot a jump forward is taken as the time the machine was off.
    """
    wall = reading.wall
    if reading.database is not None and abs(wall - reading.database) > MOST_DRIFT:
        return DATABASE
    last = ClockGuard.objects.filter(pk=1).first()
    if last is None:
        return ""
    if wall < last.max_seen - MOST_DRIFT:
        return BEHIND
    if last.boot_id != reading.boot_id or reading.uptime is None:
        return ""
    gone = timedelta(seconds=reading.uptime - last.uptime)
    drift = wall - last.wall - gone
    if abs(drift) <= MOST_DRIFT:
        return ""
    return AHEAD if drift > timedelta() else BEHIND


def settle(reading: Reading) -> str:
    """Take note of a reading: keep a sound one, watch an odd one. What `fault` says of it."""
    found = fault(reading)
    if found and found != DATABASE and _is_steady(reading):
        found = ""
    if found:
        return found
    ClockGuard.objects.bulk_create(
        [
            ClockGuard(
                pk=1,
                max_seen=reading.wall,
                boot_id=reading.boot_id,
                uptime=reading.uptime or 0.0,
                wall=reading.wall,
            )
        ],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["max_seen", "boot_id", "uptime", "wall"],
    )
    Pulse.objects.filter(name=PULSE).delete()
    return ""


def _is_steady(reading: Reading) -> bool:
    """Whether an odd clock has run evenly since it was first seen, and long enough."""
    first = Pulse.objects.filter(name=PULSE).first()
    if first is not None and first.started_at is not None:
        boot_id, _space, uptime = first.detail.partition(" ")
        gone = reading.wall - first.started_at
        even = reading.uptime is None or (
            boot_id == reading.boot_id
            and abs(gone - timedelta(seconds=reading.uptime - float(uptime))) <= MOST_DRIFT
        )
        if even and gone >= timedelta():
            return gone >= STEADY
    values = {
        "started_at": reading.wall,
        "ok": False,
        "detail": f"{reading.boot_id} {reading.uptime or 0.0}",
    }
    Pulse.objects.update_or_create(name=PULSE, defaults=values)
    return False
