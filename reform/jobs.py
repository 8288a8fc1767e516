"""The only place for what takes longer than a page: begun by a request, done by a child process.

A Job row is the truth. `start` writes it and its file, and asks for a child (`manage.py job ID`);
the tick takes up what no child has. A kind is a function (job, work) → result, see KINDS: it calls
`work(done, total)` as it goes, and answers what the page shows. One that changes data calls
`work.finish` in its own transaction, so that the change and the job's end are one thing.
"""

import hashlib
import logging
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from reform import job_files, people_jobs, school_lists
from reform.models import Job
from reform.models.job import JobState
from schools import clock, scope
from schools.errors import Denied
from schools.scope import Seat

log = logging.getLogger(__name__)

# kind → (what does it, the right its owner must hold)
KINDS: dict[str, tuple[Callable[[Job, Any], dict[str, Any] | None], str]] = {
    people_jobs.KIND: (people_jobs.run, "manage_people"),
    school_lists.KIND: (school_lists.run, "manage_schools"),
}
LEASE = timedelta(minutes=2)  # from one sign of life to the next
WRITING = timedelta(minutes=4)  # a transaction gives no sign before it ends
TOLD_EVERY = timedelta(seconds=0.4)
KEEP = timedelta(hours=24)  # the files of a job, unless its kind says less
SLOW_START = timedelta(seconds=30)  # of a child, on a busy machine
MOST_TRIES = 2
AT_ONCE = 2  # children; the next begins when one has ended
_LIVE = (JobState.waiting, JobState.running)


class Gone(Exception):
    """The job was cancelled, or another process has it: nothing of this run may count."""


class Work:
    """A run of a job: tells how far it has come, and ends it once."""

    def __init__(self, job: Job, lease: datetime) -> None:
        self.job, self.lease = job, lease
        self.seat = seat_of(job)
        self.told_at = clock.now() - TOLD_EVERY

    def __call__(self, done: int, total: int) -> None:
        """Tell the page; written at most a few times a second. Gone when nobody wants it done."""
        now = clock.now()
        if now - self.told_at < TOLD_EVERY and done != total:
            return
        self.told_at = now
        if connection.in_atomic_block:  # a row would be seen too late, and SQLite has one writer
            job_files.put(self.job.pk, job_files.PROGRESS, f"{done} {total}".encode())
            return
        self._hold(LEASE, done=done, total=total)

    def begin_writing(self) -> None:
        """Before a long transaction: nobody else takes the job up while it lasts."""
        self._hold(WRITING)

    def finish(
        self,
        result: dict[str, Any],
        *,
        state: JobState = JobState.done,
        keep: timedelta = KEEP,
    ) -> None:
        """Give the job back with what came of it; Gone, so that the caller's changes roll back."""
        now = clock.now()
        told: dict[str, Any] = {"state": state, "result": result, "ended_at": now}
        self._update(**told, expires_at=now + keep, lease_until=None, version=F("version") + 1)

    def let_go(self) -> None:
        """This run is over without a result; if the job was cancelled, its place is free."""
        mine = Job.objects.filter(pk=self.job.pk, lease_until=self.lease)
        mine.exclude(state=JobState.running).update(lease_until=None)

    def _hold(self, lease: timedelta, **told: int) -> None:
        until = clock.now() + lease
        self._update(lease_until=until, **told)
        self.lease = until

    def _update(self, **values: Any) -> None:
        mine = Job.objects.filter(pk=self.job.pk, state=JobState.running, lease_until=self.lease)
        if mine.update(**values) != 1:
            raise Gone


# ---- for pages


def start(
    kind: str,
    *,
    seat: Seat,
    asked: dict[str, Any] | None = None,
    file: bytes | None = None,
    file_name: str = "",
) -> Job:
    """A new job of `seat`, waiting for a child; Denied while an earlier one of theirs runs."""
    now = clock.now()
    with transaction.atomic():
        if own(seat, kind).filter(state__in=_LIVE, expires_at__gt=now).exists():
            raise Denied(
                _("One of yours is still being worked on. Wait until it is done, or cancel it.")
            )
        job = Job.objects.create(
            kind=kind,
            owner=seat.user,
            seat=seat.key,
            asked={"language": translation.get_language(), **(asked or {})},
            file_name=file_name[:120],
            sha256=hashlib.sha256(file).hexdigest() if file is not None else "",
            made_at=now,
            expires_at=now + KEEP,
        )
        job_files.clear(job.pk)
        if file is not None:
            job_files.put(job.pk, job_files.SENT, file)
        transaction.on_commit(lambda: call(job.pk))
    return job


def again(job: Job, asked: dict[str, Any], *, version: int) -> bool:
    """Have a job that is ready go on with `asked`. False: it went on, changed or aged meanwhile."""
    with transaction.atomic():
        ready = Job.objects.filter(
            pk=job.pk, state=JobState.ready, version=version, expires_at__gt=clock.now()
        )
        went = ready.update(
            state=JobState.waiting, asked=asked, done=0, total=0, tries=0, made_at=clock.now()
        )
        if went:
            transaction.on_commit(lambda: call(job.pk))
    return went == 1


def cancel(job: Job) -> bool:
    """Stop a job, whatever it is doing. False when it had ended before.

    Its child counts among those at work until it has noticed.
    """
    open_states = [*_LIVE, JobState.ready]
    stopped = Job.objects.filter(pk=job.pk, state__in=open_states).update(
        state=JobState.cancelled, ended_at=clock.now()
    )
    if stopped:
        job_files.clear(job.pk)
    return stopped == 1


def own(seat: Seat, kind: str) -> "QuerySet[Job]":
    """The jobs of a person at one seat; nobody else's are anybody's business."""
    return Job.objects.filter(kind=kind, owner=seat.user, seat=seat.key)


def progress(job: Job) -> tuple[int, int]:
    """(done, total) as last told; total 0 when it cannot be said yet."""
    try:
        done, total = job_files.get(job.pk, job_files.PROGRESS).split()
        return int(done), int(total)
    except (OSError, ValueError):
        return job.done, job.total


# ---- for the child


def run(job_id: int) -> bool:
    """Do a job in this process, once. False when it is not there to be done."""
    work = _claim(job_id)
    if work is None:
        return False
    with translation.override(work.job.asked.get("language")):
        _run(work)
    job_files.path(job_id, job_files.PROGRESS).unlink(missing_ok=True)
    return True


def _run(work: Work) -> None:
    """End the job with its result, or with the words why there is none."""
    state = JobState.failed
    try:
        result = _do(work)
        state = JobState.done
    except Gone:
        log.info("%s is not wanted any more", work.job)
        work.let_go()
        return
    except Denied as denied:
        result = {"why": denied.reason}
    except MemoryError:
        _make_room()
        result = {"why": _("It needs more memory than one job may have. Divide the file.")}
    except TimeoutError:
        result = {"why": _("It takes longer than one job may. Divide the file.")}
    except Exception as error:
        log.exception("%s failed", work.job)
        words = _("Something broke on our side (%(error)s); nothing was changed. Try it again.")
        result = {"why": words % {"error": type(error).__name__}}
    try:
        if result is not None:
            work.finish(result, state=state)
    except Gone:
        log.info("%s was taken away before it ended", work.job)
        work.let_go()


def _make_room() -> None:
    """Words and a last update need memory too: what lies between the soft limit and the hard."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _do(work: Work) -> dict[str, Any] | None:
    """Its owner must hold the seat and the right at this very moment."""
    do, verb = KINDS[work.job.kind]
    if work.seat is None or not work.seat.has(verb):
        raise Denied(_("You no longer hold the post that this was begun with."))
    return do(work.job, work)


def seat_of(job: Job) -> Seat | None:
    """The seat a job was begun at, as its owner holds it today; None when that has ended."""
    if not job.owner.is_active:
        return None
    return next((one for one in scope.seats(job.owner) if one.key == job.seat), None)


def _claim(job_id: int) -> Work | None:
    now = clock.now()
    free = Q(state=JobState.waiting) | Q(state=JobState.running, lease_until__lte=now)
    until = now + LEASE
    taken = Job.objects.filter(free, pk=job_id, expires_at__gt=now, tries__lt=MOST_TRIES).update(
        state=JobState.running, began_at=now, lease_until=until, tries=F("tries") + 1
    )
    if taken != 1:
        return None
    return Work(Job.objects.select_related("owner").get(pk=job_id), until)


# ---- what keeps it going


def call(job_id: int) -> None:
    """Ask for a child of its own; with enough of them at work the job waits its turn."""
    now = clock.now()
    if Job.objects.filter(lease_until__gt=now).count() >= AT_ONCE:
        return
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "job", str(job_id)]
    try:
        with open(job_files.log(job_id), "ab") as said:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                cwd=settings.BASE_DIR,
            )
    except OSError:
        log.exception("job %s has no child yet; the tick calls one", job_id)
        return
    threading.Thread(target=child.wait, daemon=True).start()  # else it would stay a zombie


def call_next() -> None:
    """After a job: the one that has waited longest."""
    first = Job.objects.filter(state=JobState.waiting, expires_at__gt=clock.now())
    if (found := first.order_by("made_at").first()) is not None:
        call(found.pk)


def take_up() -> tuple[bool, str]:
    """Each minute: call children for jobs that nobody does, give up on those that fell twice."""
    now = clock.now()
    left = Q(state=JobState.running, lease_until__lte=now)
    fallen = Job.objects.filter(left, tries__gte=MOST_TRIES)
    failed = sum(map(_give_up, fallen))
    late = Q(state=JobState.waiting, made_at__lte=now - SLOW_START)
    waiting = Job.objects.filter(left | late, expires_at__gt=now).order_by("made_at")
    for pk in waiting.values_list("pk", flat=True)[:AT_ONCE]:
        call(pk)
    return not failed, f"{failed} job(s) fell" if failed else ""


def _give_up(job: Job) -> int:
    with translation.override(job.asked.get("language")):
        words = _("It ended twice before it was done, and changed nothing. Divide the file.")
        fell = Job.objects.filter(pk=job.pk, lease_until=job.lease_until)
        return fell.update(
            state=JobState.failed, result={"why": words}, ended_at=clock.now(), lease_until=None
        )


def sweep() -> int:
    """Each night: end what nobody came back for, delete the files of what has expired."""
    now = clock.now()
    over = Job.objects.filter(expires_at__lte=now)
    over.filter(state__in=[*_LIVE, JobState.ready]).update(
        state=JobState.cancelled, ended_at=now, lease_until=None
    )
    kept = set(Job.objects.filter(expires_at__gt=now).values_list("pk", flat=True))
    for pk in job_files.known() - kept:
        job_files.clear(pk)
    return over.count()
