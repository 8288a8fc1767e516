"""Long jobs as they really run: a process of its own, its limits, its end, its file of words."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from reform import job_files, jobs, school_lists
from reform.models import Job
from reform.models.job import JobState
from schools import clock
from schools.models import School
from tests import world
from tests.school_lists import SHORT, csv_of
from tests.workers import children, ended

__all__ = ["children"]
pytestmark = [pytest.mark.processes, pytest.mark.database]
PATIENCE = 60.0


def send(rows, seat=None):
    return jobs.start(
        school_lists.KIND,
        seat=seat or world.seat("manager", world.COUNTY),
        file=csv_of(SHORT, *rows),
        file_name="list.csv",
    )


def many(n):
    return [[f"第{number}小学", "西湖区", "小学"] for number in range(n)]


def confirm(job):
    asked = {**job.asked, "step": "write", "skip_bad": True}
    assert jobs.again(job, asked, version=job.version)
    return ended(job.pk)


def command(job_id, **limits):
    """The child in the foreground, with other limits than it would give itself."""
    set_limits = "; ".join(f"job.{name} = {value}" for name, value in limits.items())
    code = (
        "import django; django.setup(); from reform.management.commands import job; "
        "held = 4096 * int(open('/proc/self/statm').read().split()[0]); "
        f"{set_limits}; from django.core.management import call_command; "
        f"call_command('job', '{job_id}')"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "reform.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


def unstarted(rows, monkeypatch):
    """A job whose child was never called."""
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "AT_ONCE", 0)
        return send(rows)


def test_a_child_reads_a_list_and_another_writes_it(children):
    seen = ended(send([*many(30), ["坏", "西湖区", "大学"]]).pk)
    assert (seen.state, seen.result["new"], seen.result["refused"]) == (JobState.ready, 30, 1)
    assert School.objects.count() == 0

    done = confirm(seen)

    assert (done.state, School.objects.count()) == (JobState.done, 30)
    assert (children / str(done.pk) / "log").read_text() == ""


def test_a_child_that_asks_for_too_much_memory_fails_in_words_and_changes_nothing(
    children, monkeypatch
):
    job = unstarted(many(20_000), monkeypatch)

    command(job.pk, MEMORY="held + 16 * 1024 * 1024")

    job.refresh_from_db()
    assert (job.state, School.objects.count()) == (JobState.failed, 0)
    assert "内存" in job.result["why"]


def test_a_child_that_takes_too_long_fails_in_words_and_changes_nothing(children, monkeypatch):
    job = unstarted(many(40_000), monkeypatch)

    command(job.pk, WAIT=1)

    job.refresh_from_db()
    assert (job.state, School.objects.count()) == (JobState.failed, 0)
    assert "时间" in job.result["why"]


def test_a_child_killed_while_it_writes_leaves_nothing_and_the_tick_has_it_done(children):
    seen = ended(send(many(3000)).pk)
    asked = {**seen.asked, "step": "write", "skip_bad": True}
    jobs.again(seen, asked, version=seen.version)
    until = time.monotonic() + PATIENCE
    while not (children / str(seen.pk) / "progress").exists():  # told from inside the transaction
        assert time.monotonic() < until
    os.kill(child_of(seen.pk), signal.SIGKILL)
    assert School.objects.count() == 0

    Job.objects.filter(pk=seen.pk).update(lease_until=clock.now() - timedelta(seconds=1))
    jobs.take_up()

    assert ended(seen.pk).state == JobState.done
    assert School.objects.count() == 3000


def child_of(job_id):
    """The process that does a job."""
    found = subprocess.run(["pgrep", "-f", f"manage.py job {job_id}$"], capture_output=True)
    return int(found.stdout.split()[0])


def test_a_cancel_while_it_writes_leaves_nothing(children):
    if connection.vendor == "sqlite":
        pytest.skip("one writer at a time: the cancel comes after the end")
    seen = ended(send(many(3000)).pk)
    asked = {**seen.asked, "step": "write", "skip_bad": True}
    jobs.again(seen, asked, version=seen.version)
    until = time.monotonic() + PATIENCE
    while not (children / str(seen.pk) / "progress").exists():
        assert time.monotonic() < until
    assert jobs.cancel(seen)

    while child_runs(seen.pk):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert School.objects.count() == 0
    assert Job.objects.get(pk=seen.pk).state == JobState.cancelled


def child_runs(job_id):
    found = subprocess.run(["pgrep", "-f", f"manage.py job {job_id}$"], capture_output=True)
    return found.returncode == 0


def test_a_third_job_waits_and_begins_when_another_has_ended(children, monkeypatch):
    waiting = unstarted(many(5), monkeypatch)

    first = send(many(5), world.seat("manager", world.SIBLING))

    assert ended(first.pk).state == JobState.ready
    assert ended(waiting.pk).state == JobState.ready


def test_files_of_a_child_are_its_owners_alone(children):
    job = ended(send([*many(3), ["坏", "西湖区", "大学"]]).pk)

    modes = {
        file.name: oct(file.stat().st_mode & 0o777) for file in (children / str(job.pk)).iterdir()
    }

    kept = {job_files.SENT, school_lists.PLAN, school_lists.ALL, school_lists.FAILED}
    assert {name: modes[name] for name in kept} == dict.fromkeys(kept, "0o600")
