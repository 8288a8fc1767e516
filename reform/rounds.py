"""The only place for what the product does by itself, each minute and each night, and its pulse."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q

from reform import (
    backup,
    checking,
    daily,
    history,
    jobs,
    keeping,
    leaving,
    nudges,
    planner,
    readmission,
    restore,
    restructure,
    rollout,
    sending,
    snapshots,
    tallies,
    uploads,
)
from reform.lines import SKEW
from reform.models import IdempotencyKey, Pulse
from schools import clock, structure_counts, throttle

log = logging.getLogger(__name__)

TICK, WORKER, WATCHDOG, SENDER = "tick", "worker", "watchdog", "sender"
BACKUP, RESTORE, RESTORE_CHECK = "backup", restore.RESTORE, "restore check"
TICK_LEASE = timedelta(minutes=5)
NIGHT_LEASE = timedelta(hours=2)
NIGHT_HOUR = 2  # of the clock in Shanghai: nobody files
KEEP_KEYS = timedelta(days=2)
FAULTS_TOLD = 20


class Job(NamedTuple):
    """Something done once a night: the name of its pulse, and a function that tells the result.

    The function returns (nothing wrong, what an operator should read). One that may take longer
    than a lease (`long`) is given a function to call as it works, which renews it.
    """

    name: str
    run: Callable[..., tuple[bool, str]]
    long: bool = False


class Taken(Exception):
    """Another has taken the job over."""


@dataclass
class Lease:
    """A job that is held until a moment, and for longer while whoever does it is at work."""

    name: str
    until: datetime

    def renew(self) -> None:
        """Hold the job for a whole lease again once half of it is over; Taken when it is lost."""
        now = clock.now()
        if self.until - now > NIGHT_LEASE / 2:
            return
        until = now + NIGHT_LEASE
        held = Pulse.objects.filter(name=self.name, lease_until=self.until)
        if held.update(lease_until=until) != 1:
            raise Taken(self.name)
        self.until = until


def tick(*, by: str) -> bool:
    """One round: what each minute needs, then what the night needs. False when one is under way.

    A step that fails is told in the pulse and the log; the others are done all the same.
    """
    lease = claim(TICK, TICK_LEASE)
    if lease is None:
        return False
    told = [_guarded(step) for step in EACH_MINUTE]
    detail = "; ".join(words for _ok, words in told if words)
    ok = all(well for well, _words in told)
    finish(TICK, lease, ok=ok, detail=f"{by}: {detail}" if detail else by)
    for job in (*([Job(BACKUP, backup.tonight)] if settings.BACKUP_DIR else []), *NIGHTLY):
        nightly(job)
    return True


def send(*, by: str, stop: Callable[[], bool] = sending.never) -> None:
    """Send the letters that are due. Any number of these may go on at once: each letter is leased.

    Not a step of the tick, so that neither waits for the other nor dies with it.
    """
    ok, detail = _guarded(partial(sending.run, stop=stop))
    beat(SENDER, f"{by}: {detail}" if detail else by, ok=ok)


def nightly(job: Job) -> bool:
    """Run a job when its night has come and nobody else has it. Whether it ran."""
    if not is_due(job.name):
        return False
    until = claim(job.name, NIGHT_LEASE)
    if until is None:
        return False
    lease = Lease(job.name, until)
    run = partial(job.run, lease.renew) if job.long else job.run
    ok, detail = _guarded(run, getattr(job.run, "__name__", job.name))
    finish(job.name, lease.until, ok=ok, detail=detail)
    return True


def is_due(name: str) -> bool:
    """Whether the last full run lies before the latest night; a host that was off catches up."""
    now = clock.now()
    local = now.astimezone(clock.SHANGHAI)
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    night -= timedelta(days=1) if night > local else timedelta()
    last = Pulse.objects.filter(name=name).values_list("finished_at", flat=True).first()
    return last is None or not night <= last <= now + SKEW


def claim(name: str, lease: timedelta) -> datetime | None:
    """Take a job for at most `lease`: the end of the lease, or None when another has it.

    A lease that ends later than any could was left by a clock that ran ahead.
    """
    now = clock.now()
    until = now + lease
    Pulse.objects.bulk_create([Pulse(name=name)], ignore_conflicts=True)
    free = Q(lease_until=None) | Q(lease_until__lte=now) | Q(lease_until__gt=until + SKEW)
    taken = Pulse.objects.filter(free, name=name).update(started_at=now, lease_until=until)
    return until if taken == 1 else None


def finish(name: str, lease: datetime, *, ok: bool, detail: str) -> None:
    """Give a job back; one whose lease ran out has nothing to say any more."""
    done = Pulse.objects.filter(name=name, lease_until=lease).update(
        finished_at=clock.now(), lease_until=None, ok=ok, detail=detail
    )
    if done != 1:
        log.warning("%s outlived its lease; another has taken it over", name)


def beat(name: str, detail: str = "", *, ok: bool = True) -> None:
    """A part of the machine says that it is alive, or what came of what it did."""
    now = clock.now()
    Pulse.objects.bulk_create(
        [Pulse(name=name, started_at=now, finished_at=now, detail=detail, ok=ok)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["finished_at", "detail", "ok"],
    )


def check_tallies() -> tuple[bool, str]:
    """Compare every tally with its entries; differences are told, not mended."""
    wrong = tallies.differences()
    lines = [f"{key}: {said} for {is_}" for key, (said, is_) in list(wrong.items())[:FAULTS_TOLD]]
    return not wrong, "\n".join(lines)


def check_history(renew: Callable[[], None]) -> tuple[bool, str]:
    """Follow every chain of the history to its end."""
    faults = list(history.verify(between=renew))
    return not faults, "\n".join(faults[:FAULTS_TOLD])


def check_evidence(renew: Callable[[], None]) -> tuple[bool, str]:
    """Read every stored file again; one that changed or is gone is named with its school."""
    broken = uploads.rehash(between=renew)
    faults = [f"{b.evidence.school}: {b.evidence.name}: {b.how}" for b in broken]
    return not faults, "\n".join(faults[:FAULTS_TOLD])


def clean_up() -> tuple[bool, str]:
    """Forget what has served: answered forms, ended sessions, old failed sign-ins, lost files."""
    now = clock.now()
    IdempotencyKey.objects.filter(at__lt=now - KEEP_KEYS).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME).delete()
    throttle.sweep()
    removed = uploads.sweep()
    jobs.sweep()
    readmission.free_schools()
    return True, str(removed)


def _guarded(step: Callable[[], object], name: str = "") -> tuple[bool, str]:
    """Run a step. (nothing wrong, what there is to tell); an exception is told, not raised."""
    try:
        result = step()
    except Exception as error:
        name = name or getattr(step, "__name__", SENDER)
        log.exception("%s failed", name)
        return False, f"{name}: {type(error).__name__}: {error}"
    return result if isinstance(result, tuple) else (True, "")


EACH_MINUTE = (
    rollout.continue_openings,
    keeping.found_bureaus,
    rollout.add_late_joiners,
    keeping.catch_up,
    restructure.close_due,
    checking.catch_up,
    planner.plan,
    nudges.release,
    daily.plan,
    structure_counts.catch_up,
    snapshots.refresh,
    jobs.take_up,
)
NIGHTLY = (
    Job("tally check", check_tallies),
    Job("history check", check_history, long=True),
    Job("evidence check", check_evidence, long=True),
    Job("people who left", leaving.nightly),
    Job("register answers", checking.tonight, long=True),
    Job("clean-up", clean_up),
)
