"""The only place that takes a manager's school list in: look, confirm, write, as a long job.

`job.asked`: {"step": "look" | "write", "mapping": [top, columns], "skip_bad": bool}. What a page
shows is `job.result`; whole tables lie beside the file as workbooks, see FILES.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any

import tablib
from django.db import transaction
from django.utils.translation import gettext as _

from reform import history, job_files
from reform.history import NewEvent
from reform.models import Job
from reform.models.job import JobState
from schools import headings, sheets
from schools.columns import Mapping, Unclear
from schools.errors import Denied
from schools.lists import Line
from schools.models.regions import NATION
from schools.resources import Report, SchoolResource, dataset_of, placed
from schools.scope import Seat

KIND = "school list"
CONFIRM_WITHIN = timedelta(hours=1)
SHOWN = 50  # rows of a table on the page
MOST_NAMED = 20
PLAN, ALL, FAILED = "plan", "all.xlsx", "failed.xlsx"
FILES = {"all": ALL, "failed": FAILED}
TABLES = ("refused", "held_back", "warnings", "changes", "added")


Told = tuple[int, str, str]  # row number, school, sentence


class Moved(Exception):
    """The schools changed since the preview: a list means something else now."""


def run(job: Job, work: Any) -> None:
    """One step of a school list, in the scope that its owner has now."""
    region = region_of(work.seat)
    try:
        listed = _read(job)
    except Unclear as unclear:
        sheet = sheets.read(job_files.get(job.pk, job_files.SENT))
        asked = {"reason": unclear.reason, **_shape(sheet, None)}
        work.finish({"ask": asked}, state=JobState.ready, keep=CONFIRM_WITHIN)
        return
    if job.asked.get("step") != "write":
        _look(job, work, listed, region)
    elif moved := _write(job, work, listed, region):
        _look(job, work, _read(job), region, moved=moved[:MOST_NAMED], moved_rows=len(moved))


def region_of(seat: Seat) -> str:
    """The region whose schools a seat may change by a list."""
    if seat.region is None or seat.place_code == NATION:
        raise Denied(
            _("The nation keeps no list of schools; a province, city or county imports its own.")
        )
    return seat.place_code


def _read(job: Job) -> "List":
    sheet = sheets.read(job_files.get(job.pk, job_files.SENT))
    said = job.asked.get("mapping")
    dataset = dataset_of(sheet, Mapping(*said) if said else None)
    return List(dataset, _shape(sheet, said))


@dataclass
class List:
    """A list that was read, and the upper rows of its file for whoever doubts the columns."""

    dataset: tablib.Dataset
    shape: dict[str, Any]


def _shape(sheet: sheets.Sheet, said: list[Any] | None) -> dict[str, Any]:
    shape = headings.shape(sheet)
    return {"rows": shape.rows, "guess": said or [shape.guess.top, shape.guess.columns]}


def _look(job: Job, work: Any, listed: List, region: str, **more: Any) -> None:
    """What would come of the list: nothing is written but the files to download."""
    resource = SchoolResource(scope=region, skip_bad=True, tell=work)
    report: Report = resource.import_data(listed.dataset, dry_run=True).report
    lines = list(resource.lines.values())
    job_files.put(job.pk, PLAN, json.dumps(_plan(lines)).encode())
    job_files.put(job.pk, ALL, _every_row(report, lines))
    _put_failed(job, listed.dataset.listing.head, lines)
    result = {**_told(report), "columns": listed.shape, **more}
    work.finish(result, state=JobState.ready, keep=CONFIRM_WITHIN)


def _write(job: Job, work: Any, listed: List, region: str) -> list[str]:
    """All of it in one transaction, exactly as it was looked at.

    Else nothing, and the numbers of the rows that mean something else now.
    """
    skip_bad = bool(job.asked.get("skip_bad"))
    resource = SchoolResource(scope=region, skip_bad=skip_bad, tell=work)
    resource.read(listed.dataset)
    seen = json.loads(job_files.get(job.pk, PLAN))
    work.begin_writing()
    try:
        with transaction.atomic():
            chain = history.lock([f"region:{region}"])[f"region:{region}"]
            outcome = resource.import_data(listed.dataset)
            if outcome.has_errors():
                raise outcome.base_errors[0].error
            if moved := _differences(seen, _plan(resource.lines.values())):
                raise Moved(moved)
            if not outcome.report.written:
                raise Denied(_("Nothing was written: rows are refused. Correct them first."))
            history.append(chain, [_event(job, outcome.report)])
            work.finish(_told(outcome.report))
    except Moved as found:
        return list(found.args[0])
    return []


def _event(job: Job, report: Report) -> NewEvent:
    body = {
        "file": job.file_name,
        "sha256": job.sha256,
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "refused": report.refused_rows,
    }
    return NewEvent(kind="schools.imported", actor=job.owner, body=body)


# ---- what a preview was


def _plan(lines: Iterable[Line]) -> dict[str, str]:
    """Row number → a short digest of what the row would do."""
    return {str(line.row.number): _digest(line) for line in lines}


def _digest(line: Line) -> str:
    if line.refused:
        meant: list[Any] = ["refused", line.row.problems]
    elif line.new:
        meant = ["new", sorted(line.values.items())]
    else:
        school = line.school.pk if line.school else 0
        meant = [school, sorted(line.changes.items()), sorted(line.frozen), line.first]
    text = json.dumps(meant, ensure_ascii=False, default=str)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _differences(seen: dict[str, str], now: dict[str, str]) -> list[str]:
    """The numbers of the rows that mean something else now."""
    return [row for row, digest in now.items() if seen.get(row) != digest]


# ---- what is shown and taken away


def _told(report: Report) -> dict[str, Any]:
    """A report as the page shows it: every number, and the first rows of every table."""
    tables = {name: _by_row(name, report) for name in TABLES}
    return {
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "refused": report.refused_rows,
        "rows": {name: len(rows) for name, rows in tables.items()},
        "tables": {name: rows[:SHOWN] for name, rows in tables.items()},
        "codes": dict(report.frozen),
        "notes": report.notes,
    }


def _by_row(table: str, report: Report) -> list[Told]:
    """One row for each of the list: its sentences, or its changes, together."""
    found: dict[int, Told] = {}
    between = _("; ") if table in ("changes", "held_back") else " "
    for number, school, sentence in getattr(report, table):
        above = found.get(number)
        said = f"{above[2]}{between}{sentence}" if above else sentence
        found[number] = (number, school, said)
    return list(found.values())


def _every_row(report: Report, lines: Iterable[Line]) -> bytes:
    """All rows of all tables as a workbook: row, school, what, why."""
    names = {
        "refused": _("Refused"),
        "held_back": _("School change, left out"),
        "warnings": _("Worth a look"),
        "changes": _("Changed"),
        "added": _("New school"),
    }
    rows = (
        (number, school, names[table], sentence)
        for table in TABLES
        for number, school, sentence in _by_row(table, report)
    )
    head = [_("Row"), _("School"), _("What"), _("Why")]
    return sheets.write_xlsx(head, rows, _("What it would do"))


def _put_failed(job: Job, head: list[str], lines: Iterable[Line]) -> None:
    """The refused rows as they were sent, with the reasons: to be mended and sent again."""
    refused = [line.row for line in lines if line.refused]
    if not refused:
        job_files.path(job.pk, FAILED).unlink(missing_ok=True)
        return
    width = max(len(head), *(len(row.cells) for row in refused))
    headed = [*head, *[""] * (width - len(head)), _("Row"), _("Why it was refused")]
    rows = (
        [
            *map(sheets.unguarded, row.cells),
            *[""] * (width - len(row.cells)),
            row.number,
            " ".join(placed(*problem) for problem in row.problems),
        ]
        for row in refused
    )
    job_files.put(job.pk, FAILED, sheets.write_xlsx(headed, rows, _("Refused")))
