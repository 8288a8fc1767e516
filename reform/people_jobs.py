"""The only place where a child process looks at a list of accounts, and takes it in."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from reform import auditing, job_files, people_resources
from reform.models import Job
from reform.models.job import JobState
from reform.people_resources import Report
from schools.columns import Listing

KIND = "people"
LOOK, WRITE = "look", "write"
FAILED = "failed"
READY_FOR = timedelta(hours=1)  # from looking to confirming
SHOWN = 200  # rows of a kind on the page


def run(job: Job, work: Any) -> None:
    """Look first; once that was confirmed, write. The seat holds: `reform.jobs` has looked."""
    seat = work.seat
    listing, notes = people_resources.read(job_files.get(job.pk, job_files.SENT))
    dataset = people_resources.dataset_of(listing, notes)
    resource = people_resources.AccountResource(seat=seat, tell=work)
    if job.asked["do"] != WRITE:
        report = resource.import_data(dataset, dry_run=True).report
        _keep_failed(job, listing, report)
        work.finish(told(report), state=JobState.ready, keep=READY_FOR)
        return
    report = resource.import_data(dataset).report
    _keep_failed(job, listing, report)
    with transaction.atomic():
        auditing.append("account import", report.sentence(), user=seat.user, region=seat.place_code)
        work.finish(told(report))


def _keep_failed(job: Job, listing: Listing, report: Report) -> None:
    """The refused rows, to be taken away, mended and sent again."""
    if report.refused:
        job_files.put(job.pk, FAILED, people_resources.failed_rows(listing, report))
    else:
        job_files.path(job.pk, FAILED).unlink(missing_ok=True)


def told(report: Report) -> dict[str, Any]:
    """A report as a job keeps it; of long parts the first rows, and how many there are."""
    parts = ("new", "changed", "refused")
    return {
        "sentence": report.sentence(),
        "notes": report.notes,
        "n": {part: len({row for row, *_rest in getattr(report, part)}) for part in parts},
        "rows": {part: getattr(report, part)[:SHOWN] for part in parts},
    }
