"""The only place that looks over a machine before a real start, and says in words what it found."""

import os
import platform
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from reform import health, instance, release, rounds
from reform.models import Pulse
from schools import clock

GOOD, CARE, BAD = "✓", "!", "✗"
OLDEST_POSTGRES = 140000
A_MINUTE = timedelta(minutes=1)


class Finding(NamedTuple):
    sign: str
    said: str


def findings() -> Iterator[Finding]:
    """What was looked at, in order; a BAD one keeps the product from starting."""
    yield _version()
    yield from _database()
    yield _folder()
    yield _disk()
    yield _address()
    yield _mail()
    yield _clock()


def _version() -> Finding:
    said = _("Version %(release)s on Python %(python)s.") % {
        "release": release.version(),
        "python": platform.python_version(),
    }
    return Finding(GOOD, said)


def _database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        yield Finding(
            BAD,
            _("The database cannot be reached: %(why)s Look at DATABASE_URL in %(file)s.")
            % {"why": str(error).strip(), "file": settings.VAR_DIR / instance.FILE},
        )
        return
    if connection.vendor == "sqlite":
        said = _("The data is in SQLite %(version)s.") % {"version": sqlite3.sqlite_version}
        if sqlite3.sqlite_version_info >= health.SAFE_SQLITE:
            yield Finding(GOOD, said)
        else:
            yield Finding(CARE, f"{said} {health.sqlite_advice()}")
        return
    yield from _postgres()


def _postgres() -> Iterator[Finding]:
    number = connection.pg_version  # type: ignore[attr-defined]
    version = f"{number // 10000}.{number % 10000}"
    if number < OLDEST_POSTGRES:
        yield Finding(BAD, _("PostgreSQL %(v)s is too old; 14 or newer.") % {"v": version})
        return
    yield Finding(GOOD, _("The data is in PostgreSQL %(v)s.") % {"v": version})
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_encoding'), now()")
        encoding, there = cursor.fetchone()
    if encoding != "UTF8":
        said = _("The database is in %(name)s. Make a new one: createdb --encoding=UTF8.")
        yield Finding(BAD, said % {"name": encoding})
    if abs(there - clock.now()) > A_MINUTE:
        said = _("The clock of the database server reads %(when)s. Set both by NTP.")
        yield Finding(CARE, said % {"when": clock.told(there)})
    if not shutil.which("pg_dump"):
        said = _(
            "pg_dump was not found, so there will be no backups. Install the client programs of "
            "PostgreSQL (apt-get install postgresql-client)."
        )
        yield Finding(CARE, said)


def _folder() -> Finding:
    """Private it is made when the settings load; that it is ours is looked at here."""
    if settings.VAR_DIR.stat().st_uid != os.getuid():
        said = _("%(folder)s belongs to another user. Start as its owner.")
        return Finding(BAD, said % {"folder": settings.VAR_DIR})
    said = _("%(folder)s can be opened by its owner alone; the secret key is in it.")
    return Finding(GOOD, said % {"folder": settings.VAR_DIR})


def _disk() -> Finding:
    free = shutil.disk_usage(settings.VAR_DIR).free
    said = _("%(n).1f GB free beside the data.") % {"n": free / health.GIB}
    if free < health.TOO_LITTLE_DISK // 4:
        room = _("Make room first.")
        return Finding(BAD, f"{said} {room}")
    return Finding(GOOD if free >= health.LITTLE_DISK else CARE, said)


def _address() -> Finding:
    said = _("People type %(url)s.") % {"url": settings.PUBLIC_URL}
    if settings.HTTPS or not settings.BEHIND_PROXY:
        return Finding(GOOD, said)
    care = _("Without HTTPS passwords go over the net as they are; get a certificate.")
    return Finding(CARE, f"{said} {care}")


def _mail() -> Finding:
    if settings.MAIL_SERVER is not None:
        said = _("Mail goes out by %(host)s from %(sender)s.")
        host = settings.MAIL_SERVER["host"] or "-"
        return Finding(GOOD, said % {"host": host, "sender": settings.MAIL_FROM})
    said = _("Mail is off: reminders stay in the product. Set EMAIL_URL and MAIL_FROM in %(file)s.")
    return Finding(CARE, said % {"file": settings.VAR_DIR / instance.FILE})


def _clock() -> Finding:
    """A clock that was wrong when something was written keeps the product from knowing when."""
    now = clock.now()
    said = _("It is %(when)s in Shanghai.") % {"when": clock.told(now)}
    made = datetime.fromtimestamp((settings.BASE_DIR / "manage.py").stat().st_mtime, UTC)
    latest = _latest()
    if now < made - timedelta(days=1) or (latest and latest > now + rounds.SKEW):
        wrong = _("That lies before what was written already. Set the clock by NTP.")
        return Finding(BAD, f"{said} {wrong}")
    return Finding(GOOD, said)


def _latest() -> datetime | None:
    """The last moment that the machinery noted, if it ever ran."""
    try:
        last = Pulse.objects.filter(finished_at__isnull=False).order_by("-finished_at")
        return last.values_list("finished_at", flat=True).first()
    except DatabaseError:
        return None


def show(tell: Callable[[str], None]) -> bool:
    """Tell every finding; whether nothing keeps the product from starting."""
    well = True
    for finding in findings():
        tell(f"{finding.sign} {finding.said}")
        well = well and finding.sign != BAD
    return well
