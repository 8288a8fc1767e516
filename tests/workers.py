"""Real children for long jobs in tests: they find the test's database and files."""

import os
import time

import pytest
from django.db import connection

from reform.models import Job
from reform.models.job import JobState


@pytest.fixture
def children(real_db, settings, monkeypatch):
    """Jobs begun in this test are done by real processes, on this test's database."""
    if connection.vendor == "sqlite":
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{connection.settings_dict['NAME']}")
    else:
        url, name = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
        monkeypatch.setenv("DATABASE_URL", f"{url.rpartition('/')[0]}/{name}")
    settings.JOBS_DIR = settings.VAR_DIR / "jobs"
    return settings.JOBS_DIR


def ended(job_id, seconds=60):
    """The job as it is when nobody works on it any more."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        job = Job.objects.get(pk=job_id)
        if job.state not in (JobState.waiting, JobState.running):
            return job
        time.sleep(0.05)
    raise AssertionError(f"{job} is still {job.state}")
