"""The only place where a manager sends a list of accounts: choose, look, confirm, result."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from reform import job_files, jobs, people, people_columns, people_jobs, people_resources
from reform.forms.hidden import version_of
from reform.forms.people import ListForm
from reform.models import Job
from reform.models.job import JobState
from schools import clock, noted
from schools.access import access
from schools.errors import Denied, Stale
from schools.views.away import away

_AT_WORK = (JobState.waiting, JobState.running)


def _must_keep_schools(request: HttpRequest) -> None:
    if not people.keeps_schools(request.seat):
        raise Denied(_("Accounts of schools are made by the manager of their authority."))


@access("manage_people")
@require_http_methods(["GET", "HEAD", "POST"])
def people_import(request: HttpRequest) -> HttpResponse:
    """The workbook to fill in, and the file to send; nothing is written before it was looked at."""
    _must_keep_schools(request)
    sent = request.method == "POST"
    form = ListForm(request.POST, request.FILES) if sent else ListForm()
    if sent and form.is_valid():
        file = form.cleaned_data["file"]
        asked = {"do": people_jobs.LOOK}
        try:
            job = jobs.start(
                people_jobs.KIND,
                seat=request.seat,
                asked=asked,
                file=file.read(),
                file_name=file.name,
            )
        except Denied as denied:
            form.add_error("file", denied.reason)
        else:
            return redirect("people_list_seen", pk=job.pk)
    now = clock.now()
    mine = jobs.own(request.seat, people_jobs.KIND).filter(expires_at__gt=now)
    context = {
        "form": form,
        "crumbs": [(_("People"), reverse("people")), (_("List"), "")],
        "columns": [
            (people_columns.title(name), hint) for name, hint in people_columns.HINTS.items()
        ],
        "gaps": people.without_filer(request.seat, clock.today()).count(),
        "open": mine.filter(state__in=(*_AT_WORK, JobState.ready)).first(),
    }
    status = 422 if form.errors else 200
    return render(request, "people/import.html", context, status=status)


@access("manage_people")
@require_safe
def people_template(request: HttpRequest) -> HttpResponse:
    """The workbook to fill in; with `gaps` it names the schools without a filer."""
    _must_keep_schools(request)
    data = people_resources.template(request.seat, filled="gaps" in request.GET)
    noted.note(request, "people template")
    return away(data, _("accounts") + ".xlsx")


def _mine(request: HttpRequest, pk: int) -> Job:
    """A list of this person at this seat; of anybody else there is none."""
    return get_object_or_404(jobs.own(request.seat, people_jobs.KIND), pk=pk)


@access("manage_people")
@require_http_methods(["GET", "HEAD", "POST"])
def people_list_seen(request: HttpRequest, pk: int) -> HttpResponse:
    """A list under way: how far it is, what would come of it, the button, what came of it."""
    job = _mine(request, pk)
    if request.method == "POST":
        return _turn(request, job)
    done, total = jobs.progress(job)
    rows = job.result.get("rows", {})
    numbers = job.result.get("n", {})
    writable = bool(numbers.get("new") or numbers.get("changed"))
    context = {
        "job": job,
        "sentence": _sentence(job, writable),
        "crumbs": [
            (_("People"), reverse("people")),
            (_("List"), reverse("people_import")),
            (job.file_name, ""),
        ],
        "writing": _writing(job),
        "at_work": job.state in _AT_WORK and job.expires_at > clock.now(),
        "ready": job.state == JobState.ready and job.expires_at > clock.now(),
        "writable": writable,
        "done": done,
        "total": total,
        "notes": job.result.get("notes", []),
        "parts": [
            {"title": title, "rows": rows[name], "n": numbers[name]}
            for name, title in _parts(job)
            if rows.get(name)
        ],
        "failed": bool(rows.get("refused")) and _file(job).exists(),
    }
    return render(request, "people/seen.html", context)


def _parts(job: Job) -> list[tuple[str, str]]:
    return [
        ("refused", _("Left out")),
        ("changed", _("Accounts to change")),
        ("new", _("New accounts")),
    ]


def _sentence(job: Job, writable: bool) -> str:
    told = {"said": job.result.get("sentence", "")}
    if job.state == JobState.failed:
        return str(job.result.get("why", ""))
    if job.state == JobState.done:
        return _("Written: %(said)s") % told
    if job.state == JobState.cancelled or job.expires_at <= clock.now():
        return _("This list was discarded; nothing was written. Upload it once more.")
    if job.state == JobState.ready:
        return (
            _("Nothing is written yet: %(said)s") % told
            if writable
            else _("There is nothing to write: %(said)s") % told
        )
    return _("The list is being worked on; you can leave this page.")


def _turn(request: HttpRequest, job: Job) -> HttpResponse:
    """Write what was looked at, or set it aside; a second press changes nothing more."""
    if request.POST.get("do") == "cancel":
        if _writing(job):
            raise Denied(_("It is being written; what is written stays. Wait for the result."))
        jobs.cancel(job)
        messages.success(request, _("The list is discarded; nothing was written."))
        return redirect("people_import")
    went = jobs.again(job, {**job.asked, "do": people_jobs.WRITE}, version=version_of(request.POST))
    if not went and job.state in (JobState.ready, JobState.cancelled, JobState.failed):
        raise Stale(_("Nothing was written: the list waited too long. Choose the file once more."))
    return redirect("people_list_seen", pk=job.pk)


def _writing(job: Job) -> bool:
    return job.state in _AT_WORK and job.asked.get("do") == people_jobs.WRITE


def _file(job: Job) -> Any:
    return job_files.path(job.pk, people_jobs.FAILED)


@access("manage_people")
@require_safe
def people_failed(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows that were left out, each with what is wrong."""
    job = _mine(request, pk)
    try:
        data = job_files.get(job.pk, people_jobs.FAILED)
    except FileNotFoundError:
        raise Http404 from None
    noted.note(request, "people export", f"{job.pk} refused rows")
    return away(data, _("accounts left out") + ".xlsx")
