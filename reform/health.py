"""The only place that says which part of the machine is alive, which is not, and what to do."""

import platform
import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import celery
import django
import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from redis.backoff import NoBackoff
from redis.retry import Retry

from reform import mail_health, planner_health, release, restore, rounds
from reform.lines import BAD, GOOD, Line, bad, care, good, last
from reform.models import Job, Pulse
from reform.models.job import JobState
from schools import clock

SAFE_SQLITE = (3, 51, 3)  # the first without the bug of WAL resets
LATE_RING = timedelta(minutes=3)
LATE_LOOK = timedelta(minutes=2)
LATE_NIGHT = timedelta(hours=26)
LATE_BACKUP = timedelta(days=3)
LATE_CHECK = timedelta(days=40)
LATE_JOB = timedelta(minutes=15)
RESTORED_LATELY = timedelta(days=30)
GIB = 1024**3
HELD = "letters held"
LITTLE_DISK, TOO_LITTLE_DISK = 10 * GIB, 2 * GIB
Pulses = dict[str, Pulse]


class Part(NamedTuple):
    """One thing that is looked at. With a `vital` part /healthz is red; the others are told.

    `look` gives no line where there is nothing to say.
    """

    code: str
    vital: bool
    look: Callable[[Pulses], Line | None]


def lines() -> list[Line]:
    """All parts, in the order in which they depend on each other; four queries and one ping."""
    return [line for _part, line in _look()]


def report() -> dict:
    """What a stranger may know: per part its light and one word, and whether all that is vital is
    well. No name, no text, no row."""
    try:
        found = _look()
    except DatabaseError:
        return {"well": False, "red": {"database": "unreachable"}, "yellow": {}, "green": []}
    red = {part.code: line.why for part, line in found if line.light == BAD and part.vital}
    lights = {part.code: line for part, line in found if part.code not in red}
    return {
        "well": not red,
        "red": red,
        "yellow": {code: line.why for code, line in lights.items() if line.light != GOOD},
        "green": [code for code, line in lights.items() if line.light == GOOD],
    }


def _look() -> list[tuple[Part, Line]]:
    pulses = {pulse.name: pulse for pulse in Pulse.objects.all()}
    seen = [(part, part.look(pulses)) for part in PARTS]
    return [(part, line) for part, line in seen if line is not None]


def _web(_pulses: Pulses) -> Line:
    versions = {
        "release": release.version(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "celery": celery.__version__,
    }
    said = _("Version %(release)s, on Python %(python)s, Django %(django)s, Celery %(celery)s.")
    return good(_("Web server"), said % versions)


def _database(_pulses: Pulses) -> Line:
    name = _("Database")
    if connection.vendor != "sqlite":
        number = connection.pg_version  # type: ignore[attr-defined]
        version = f"{number // 10000}.{number % 10000}"
        return good(name, _("PostgreSQL %(version)s.") % {"version": version})
    said = _("SQLite %(version)s in WAL mode, meant for a trial or a single county.") % {
        "version": sqlite3.sqlite_version
    }
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return good(name, said)
    return care(name, said, sqlite_advice())


def sqlite_advice() -> str:
    return _(
        "SQLite before 3.51.3 can, very rarely, damage the file when two processes write. "
        "Back it up daily, and use PostgreSQL (DATABASE_URL) for more than a trial."
    )


def _valkey(_pulses: Pulses) -> Line:
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
        return bad(
            name,
            _("No answer within a second: %(error)s") % {"error": error},
            _(
                "Start it again, or correct REDIS_URL. Meanwhile nothing is lost: the watchdog "
                "does the rounds, and filing and review do not need it."
            ),
        )
    return good(name, _("It answers."))


def _worker(pulses: Pulses) -> Line:
    name = _("Celery worker and beat")
    said, why = last(pulses.get(rounds.WORKER), LATE_RING)
    if not why:
        return good(name, said)
    if why == "never":
        return care(name, said, _("After a start the first ring takes a minute."), why)
    advice = _("Start the worker and beat again. Meanwhile the watchdog does the rounds.")
    return bad(name, said, advice, why)


def _watchdog(pulses: Pulses) -> Line:
    name = _("Watchdog")
    said, why = last(pulses.get(rounds.WATCHDOG), LATE_LOOK)
    if not why:
        return good(name, said)
    advice = _("Start it again: it does the rounds when Celery cannot.")
    return bad(name, said, advice, why)


def _tick(pulses: Pulses) -> Line:
    """The round of each minute."""
    name, pulse = _("Round of each minute"), pulses.get(rounds.TICK)
    said, why = last(pulse, LATE_RING)
    if why:
        return bad(
            name,
            said,
            _("New schools do not enter their campaigns. Start the worker or the watchdog again."),
            why,
        )
    if pulse and not pulse.ok:
        return bad(name, f"{said} {pulse.detail}", _("Give these words to the maintainers."))
    return good(name, said)


def _queues(_pulses: Pulses) -> Line:
    """Long jobs: how many wait, and whether anything takes them."""
    name, now = _("Long jobs"), clock.now()
    busy = Q(state=JobState.running)
    jobs = Job.objects.filter(state__in=[JobState.waiting, JobState.running]).aggregate(
        waiting=Count("pk", filter=~busy),
        running=Count("pk", filter=busy),
        oldest=Min("made_at", filter=~busy),
        dead=Min("lease_until", filter=busy),
    )
    said = _("%(waiting)d jobs wait, %(running)d run.") % {
        "waiting": jobs["waiting"],
        "running": jobs["running"],
    }
    late = [moment for moment in (jobs["oldest"], jobs["dead"]) if moment]
    if late and min(late) < now - LATE_JOB:
        advice = _("Nothing has taken them for a quarter of an hour. Start the worker again.")
        return bad(name, said, advice, "jobs late")
    return good(name, said)


NIGHTS: dict[str, Callable[[], tuple[str, str]]] = {
    "tally check": lambda: (
        _("Tallies compared with entries"),
        _("Run: manage.py rebuild_tallies. Tell the maintainers what stands here."),
    ),
    "history check": lambda: (
        _("History verified"),
        _("Run: manage.py verify_history. Change nothing until it is explained."),
    ),
    "evidence check": lambda: (
        _("Evidence files read again"),
        _("Put these files back from a backup, then: manage.py verify_evidence."),
    ),
    "people who left": lambda: (
        _("Posts that ended are settled"),
        _("Give these words to the maintainers."),
    ),
    "register answers": lambda: (
        _("Checks answered from the registers"),
        _("Give these words to the maintainers."),
    ),
    "clean-up": lambda: (_("Nightly clean-up"), _("Give these words to the maintainers.")),
}


def _night(job: str, pulses: Pulses) -> Line:
    """What runs once a night."""
    name, wrong = NIGHTS[job]()
    pulse = pulses.get(job)
    said, why = last(pulse, LATE_NIGHT)
    if pulse and pulse.finished_at and not pulse.ok:
        return bad(name, f"{said} {pulse.detail}", wrong)
    if why:
        advice = _("It runs each night after two o'clock by itself, once the rounds run.")
        return care(name, said, advice, why)
    return good(name, said)


def _backup(pulses: Pulses) -> Line:
    name, pulse = _("Last backup"), pulses.get(rounds.BACKUP)
    said, why = last(pulse, LATE_NIGHT)
    if pulse and pulse.finished_at:
        said = f"{said} {pulse.detail}"
        if not pulse.ok:
            return bad(name, said, _("Put right what it says, then: manage.py backup FOLDER."))
    if not why:
        return good(name, said)
    if not settings.BACKUP_DIR:
        return care(name, said, _("None is made by itself: set BACKUP_DIR to a folder."), why)
    advice = _("It is made each night after two o'clock, once the rounds run.")
    if pulse and pulse.finished_at and clock.now() - pulse.finished_at > LATE_BACKUP:
        return bad(name, said, advice, why)
    return care(name, said, advice, why)


def _rehearsal(pulses: Pulses) -> Line | None:
    """Whether a backup was tried; an installation that makes none has nothing to try."""
    name, pulse = _("Restore rehearsed"), pulses.get(rounds.RESTORE_CHECK)
    if pulse is None and not settings.BACKUP_DIR:
        return None
    said, why = last(pulse, LATE_CHECK)
    if pulse and not pulse.ok:
        return bad(name, f"{said} {pulse.detail}", _("Make a new backup and rehearse that."))
    if why:
        return care(name, said, _("Once a month: manage.py restore_check FOLDER."), why)
    return good(name, said)


def _restored(pulses: Pulses) -> Line | None:
    """After a restore, until what was held back is decided."""
    pulse = pulses.get(rounds.RESTORE)
    if pulse is None or pulse.finished_at is None:
        return None
    if clock.now() - pulse.finished_at > RESTORED_LATELY:
        return None
    name = _("Restored from a backup")
    said = _("On %(when)s.") % {"when": clock.told(pulse.finished_at)}
    held = restore.held(pulse.finished_at).count()
    if not held:
        return good(name, said)
    said += " " + ngettext(
        "%(n)d letter that waited then is held back.",
        "%(n)d letters that waited then are held back.",
        held,
    ) % {"n": held}
    advice = _("They may have been sent before the restore. Decide below: send them or drop them.")
    return care(name, said, advice, HELD)


def _disk(_pulses: Pulses) -> Line:
    name = _("Disk")
    free = shutil.disk_usage(settings.VAR_DIR).free
    said = _("%(n).1f GB free beside the data.") % {"n": free / GIB}
    if free >= LITTLE_DISK:
        return good(name, said)
    advice = _("Make room: when the disk is full, no evidence can be taken.")
    return (bad if free < TOO_LITTLE_DISK else care)(name, said, advice, "low")


PARTS = (
    Part("web", True, _web),
    Part("database", True, _database),
    Part("broker", False, _valkey),
    Part("worker", False, _worker),
    Part("watchdog", False, _watchdog),
    Part("tick", True, _tick),
    Part("queues", True, _queues),
    Part("clock", True, planner_health.the_clock),
    Part("reminders", True, planner_health.reminders),
    Part("mail", True, mail_health.server),
    Part("letters", True, mail_health.letters),
    Part("addresses", False, mail_health.addresses),
    Part("tallies", True, partial(_night, "tally check")),
    Part("history", True, partial(_night, "history check")),
    Part("evidence", True, partial(_night, "evidence check")),
    Part("people", False, partial(_night, "people who left")),
    Part("answers", False, partial(_night, "register answers")),
    Part("clean_up", False, partial(_night, "clean-up")),
    Part("backup", True, _backup),
    Part("rehearsal", False, _rehearsal),
    Part("restored", False, _restored),
    Part("disk", True, _disk),
)
