"""The only place that says which part of the machine is alive, which is not, and what to do."""

import platform
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import celery
import django
import redis
from django.conf import settings
from django.db import connection
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from reform import rounds
from reform.models import Pulse
from schools import clock

GOOD, CARE, BAD = "done", "due", "late"  # lights
SAFE_SQLITE = (3, 51, 3)  # the first without the bug of WAL resets
LATE_RING = timedelta(minutes=3)
LATE_LOOK = timedelta(minutes=2)
LATE_NIGHT = timedelta(hours=26)
GIB = 1024**3
LITTLE_DISK, TOO_LITTLE_DISK = 10 * GIB, 2 * GIB


class Line(NamedTuple):
    """A part: its name, light and its word, what was found, what to do ("" when all is well)."""

    name: str
    light: str
    word: str
    said: str
    advice: str


def lines() -> list[Line]:
    """All parts, in the order in which they depend on each other; two queries and one ping."""
    pulses = {pulse.name: pulse for pulse in Pulse.objects.all()}
    return [
        _web(),
        _database(),
        _valkey(),
        _worker(pulses.get(rounds.WORKER)),
        _watchdog(pulses.get(rounds.WATCHDOG)),
        _tick(pulses.get(rounds.TICK)),
        *_nights(pulses),
        _disk(),
    ]


def _good(name: str, said: str) -> Line:
    return Line(name, GOOD, _("Fine"), said, "")


def _care(name: str, said: str, advice: str) -> Line:
    return Line(name, CARE, _("Look at it"), said, advice)


def _bad(name: str, said: str, advice: str) -> Line:
    return Line(name, BAD, _("Not working"), said, advice)


def _web() -> Line:
    versions = {
        "python": platform.python_version(),
        "django": django.get_version(),
        "celery": celery.__version__,
    }
    said = _("This page was answered by Python %(python)s, Django %(django)s, Celery %(celery)s.")
    return _good(_("Web server"), said % versions)


def _database() -> Line:
    name = _("Database")
    if connection.vendor != "sqlite":
        number = connection.pg_version  # type: ignore[attr-defined]
        version = f"{number // 10000}.{number % 10000}"
        return _good(name, _("PostgreSQL %(version)s.") % {"version": version})
    said = _("SQLite %(version)s in WAL mode, meant for a trial or a single county.") % {
        "version": sqlite3.sqlite_version
    }
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return _good(name, said)
    return _care(name, said, sqlite_advice())


def sqlite_advice() -> str:
    return _(
        "SQLite before 3.51.3 can, very rarely, damage the file when two processes write. "
        "Back it up daily, and use PostgreSQL (DATABASE_URL) for more than a trial."
    )


def _valkey() -> Line:
    name = _("Message broker (Valkey or Redis)")
    try:
        server = redis.from_url(
            settings.REDIS_URL.replace("redis+socket:", "unix:"),
            socket_timeout=1,
            socket_connect_timeout=1,
            retry=Retry(NoBackoff(), 0),
        )
        with server:
            server.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        return _bad(
            name,
            _("No answer within a second: %(error)s") % {"error": error},
            _(
                "Start it again, or mend REDIS_URL. Meanwhile nothing is lost: the watchdog does "
                "the rounds, and filing and review do not need it."
            ),
        )
    return _good(name, _("It answers."))


def _worker(pulse: Pulse | None) -> Line:
    name = _("Celery worker and beat")
    said, old = _last(pulse, LATE_RING)
    if not old:
        return _good(name, said)
    if pulse is None:
        return _care(name, said, _("After a start the first ring takes a minute."))
    advice = _("Start the worker and beat again. Meanwhile the watchdog does the rounds.")
    return _bad(name, said, advice)


def _watchdog(pulse: Pulse | None) -> Line:
    name = _("Watchdog")
    said, old = _last(pulse, LATE_LOOK)
    if not old:
        return _good(name, said)
    advice = _("Start it again: it does the rounds when Celery cannot.")
    return _bad(name, said, advice)


def _tick(pulse: Pulse | None) -> Line:
    """The round of each minute."""
    name = _("Round of each minute")
    said, old = _last(pulse, LATE_RING)
    if old:
        return _bad(
            name,
            said,
            _("New schools do not enter their campaigns. Start the worker or the watchdog again."),
        )
    if pulse and not pulse.ok:
        return _bad(name, f"{said} {pulse.detail}", _("Give these words to the maintainers."))
    return _good(name, said)


def _nights(pulses: dict[str, Pulse]) -> Iterator[Line]:
    """What runs once a night."""
    wrong = {
        "tally check": _("Run: manage.py rebuild_tallies. Tell the maintainers what stands here."),
        "history check": _("Run: manage.py verify_history. Change nothing until it is explained."),
        "evidence check": _("Put these files back from a backup, then: manage.py verify_evidence."),
        "people who left": _("Give these words to the maintainers."),
        "clean-up": _("Give these words to the maintainers."),
    }
    names = {
        "tally check": _("Tallies compared with entries"),
        "history check": _("History verified"),
        "evidence check": _("Evidence files read again"),
        "people who left": _("Posts that ended"),
        "clean-up": _("Nightly clean-up"),
    }
    for job in rounds.NIGHTLY:
        pulse = pulses.get(job.name)
        said, old = _last(pulse, LATE_NIGHT)
        if pulse and pulse.finished_at and not pulse.ok:
            yield _bad(names[job.name], f"{said} {pulse.detail}", wrong[job.name])
        elif old:
            advice = _("It runs each night after two o'clock by itself, once the rounds run.")
            yield _care(names[job.name], said, advice)
        else:
            yield _good(names[job.name], said)


def _disk() -> Line:
    name = _("Disk")
    free = shutil.disk_usage(settings.VAR_DIR).free
    said = _("%(n).1f GB free beside the data.") % {"n": free / GIB}
    if free >= LITTLE_DISK:
        return _good(name, said)
    advice = _("Make room: when the disk is full, no evidence can be taken.")
    return (_bad if free < TOO_LITTLE_DISK else _care)(name, said, advice)


def _last(pulse: Pulse | None, patience: timedelta) -> tuple[str, bool]:
    """When a part last finished, in words, and whether that is too long ago."""
    if pulse is None or pulse.finished_at is None:
        return _("Never yet."), True
    ago = clock.now() - pulse.finished_at
    if ago < -rounds.SKEW:
        return _("Last on %(when)s, which is yet to come: a clock was wrong.") % {
            "when": clock.told(pulse.finished_at)
        }, True
    if ago < timedelta(minutes=1):
        return _("Last less than a minute ago."), False
    words = {"ago": timesince(pulse.finished_at, clock.now(), depth=1)}
    return _("Last %(ago)s ago.") % words, ago > patience
