"""Long jobs: a row, a child of its own with limits, progress, cancel, and a tick that takes up."""

import hashlib
import stat
from datetime import timedelta

import pytest
from django.db import transaction

from reform import job_files, jobs, rounds
from reform.models import Job
from reform.models.job import JobState
from schools import clock
from schools.errors import Denied
from schools.models import Membership, School
from tests import world

KIND = "counting"


@pytest.fixture
def kind(monkeypatch):
    """kind(function) makes it what jobs of this kind do."""

    def made_of(function):
        monkeypatch.setitem(jobs.KINDS, KIND, (function, "manage_schools"))

    made_of(lambda job, work: {"said": "done"})
    return made_of


@pytest.fixture
def manager(cast, kind):
    return cast.manager


def begun(manager, **more):
    return jobs.start(KIND, seat=manager, file=b"a,b", file_name="list.csv", **more)


def fresh(job):
    return Job.objects.get(pk=job.pk)


def aged(job, **fields):
    Job.objects.filter(pk=job.pk).update(**fields)


def test_a_job_keeps_its_file_where_only_the_program_reads_it(manager):
    job = begun(manager, asked={"x": 1})

    file = job_files.path(job.pk, job_files.SENT)
    assert file.read_bytes() == b"a,b"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert (job.seat, job.owner, job.state) == ("r330106", manager.user, JobState.waiting)
    assert job.asked == {"language": "zh-hans", "x": 1}
    assert job.sha256 == hashlib.sha256(b"a,b").hexdigest()


def test_a_job_is_done_once(manager):
    job = begun(manager)

    assert jobs.run(job.pk) is True
    assert jobs.run(job.pk) is False

    assert (fresh(job).state, fresh(job).result) == (JobState.done, {"said": "done"})
    assert fresh(job).lease_until is None


def test_a_second_process_finds_the_lease_taken(manager, kind):
    seen = []
    kind(lambda job, work: seen.append(jobs.run(job.pk)) or {})

    jobs.run(begun(manager).pk)

    assert seen == [False]


def test_the_first_job_of_a_seat_must_end_before_the_next(manager, cast):
    first = begun(manager)
    with pytest.raises(Denied):
        begun(manager)
    jobs.run(first.pk)

    assert begun(manager).pk != first.pk


def test_progress_is_written_now_and_then_and_at_the_end(manager, kind, travel):
    writes = []

    def count(job, work):
        for done in range(1, 101):
            work(done, 100)
            writes.append(jobs.progress(fresh(job)))
        return {}

    kind(count)
    job = begun(manager)
    jobs.run(job.pk)

    assert len(set(writes)) < 20
    assert writes[-1] == (100, 100)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Denied("Not like this."), "Not like this."),
        (MemoryError(), "内存"),
        (TimeoutError(), "时间"),
        (KeyError("x"), "KeyError"),
    ],
)
def test_what_breaks_is_told_in_words(manager, kind, error, words):
    def broken(job, work):
        raise error

    kind(broken)
    job = begun(manager)
    jobs.run(job.pk)

    assert fresh(job).state == JobState.failed
    assert words in fresh(job).result["why"]


def test_whoever_lost_the_post_has_nothing_done(manager, kind):
    done = []
    kind(lambda job, work: done.append(1))
    job = begun(manager)
    Membership.objects.filter(user=manager.user).update(ends_on=clock.today() - timedelta(days=1))

    jobs.run(job.pk)

    assert (fresh(job).state, done) == (JobState.failed, [])


def test_a_viewer_at_the_same_seat_may_not_have_it_done(cast, kind):
    job = begun(cast.viewer)

    jobs.run(job.pk)

    assert fresh(job).state == JobState.failed


def test_cancelling_stops_a_job_before_it_changes_anything(manager, kind):
    def change(job, work):
        jobs.cancel(job)
        with transaction.atomic():
            School.objects.all().update(staff=999)
            work.finish({})

    kind(change)
    job = begun(manager)
    jobs.run(job.pk)

    assert fresh(job).state == JobState.cancelled
    assert not School.objects.filter(staff=999).exists()


def test_a_cancelled_job_is_not_begun_and_leaves_no_file(manager):
    job = begun(manager)

    assert jobs.cancel(job) is True
    assert jobs.cancel(job) is False
    assert jobs.run(job.pk) is False
    assert job_files.known() == set()


def test_a_run_that_outlived_its_lease_counts_for_nothing(manager, kind):
    def slow(job, work):
        aged(job, lease_until=clock.now() - timedelta(seconds=1))
        assert jobs.run(job.pk) is True
        with transaction.atomic():
            School.objects.all().update(staff=999)
            work.finish({"by": "the first"})

    turns = iter([slow, lambda job, work: {"by": "the second"}])
    kind(lambda job, work: next(turns)(job, work))
    job = begun(manager)
    jobs.run(job.pk)

    assert (fresh(job).state, fresh(job).result) == (JobState.done, {"by": "the second"})
    assert not School.objects.filter(staff=999).exists()


def test_a_job_that_fell_twice_is_given_up_in_words(manager):
    job = begun(manager)
    aged(job, state="running", tries=2, lease_until=clock.now() - timedelta(seconds=1))

    ok, said = jobs.take_up()

    assert (ok, said) == (False, "1 job(s) fell")
    assert fresh(job).state == JobState.failed
    assert "两次" in fresh(job).result["why"]


def test_a_ready_job_goes_on_once_and_only_as_it_was_seen(manager, kind):
    kind(lambda job, work: work.finish({"n": 1}, state=JobState.ready))
    job = begun(manager)
    jobs.run(job.pk)
    seen = fresh(job)

    assert jobs.again(seen, {"go": True}, version=seen.version - 1) is False
    assert jobs.again(seen, {"go": True}, version=seen.version) is True
    assert jobs.again(seen, {"go": True}, version=seen.version) is False
    assert (fresh(job).state, fresh(job).asked) == (JobState.waiting, {"go": True})


def test_a_ready_job_ages(manager, kind, travel):
    kind(lambda job, work: work.finish({}, state=JobState.ready, keep=timedelta(hours=1)))
    job = begun(manager)
    jobs.run(job.pk)
    seen = fresh(job)
    travel.move_to(world.NOON + timedelta(hours=2))

    assert jobs.again(seen, {}, version=seen.version) is False


def test_the_night_sweeps_expired_files_and_keeps_the_rows(manager, kind, travel):
    job = begun(manager)
    jobs.run(job.pk)
    travel.move_to(world.NOON + timedelta(days=2))
    young = begun(manager)

    rounds.clean_up()

    assert job_files.known() == {young.pk}
    assert (fresh(job).state, fresh(young).state) == (JobState.done, JobState.waiting)


def test_a_job_nobody_came_back_for_ends_in_the_night(manager, travel):
    job = begun(manager)
    travel.move_to(world.NOON + timedelta(days=2))

    rounds.clean_up()

    assert fresh(job).state == JobState.cancelled
