"""The only place where a manager sends a school list, sees what comes of it, and has it written."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reform import filings, job_files, jobs, school_lists
from reform.forms.hidden import key_for, key_of, version_of
from reform.forms.school_list import ColumnsForm, UploadForm
from reform.models import Job
from reform.models.job import JobState
from reform.views import school_list_words as words
from schools import clock, columns, noted, resources
from schools.access import access
from schools.errors import Denied
from schools.views.away import away

LAST = 10  # lists shown of those that were taken in
_NAMES = {
    "all": gettext_lazy("what would come of it"),
    "failed": gettext_lazy("refused rows"),
}


def _jobs(request: HttpRequest) -> "QuerySet[Job]":
    """Their own at this seat; where the seat may change no school there is none."""
    school_lists.region_of(request.seat)
    return jobs.own(request.seat, school_lists.KIND)


@access("manage_schools")
@require_http_methods(["GET", "HEAD", "POST"])
def school_lists_page(request: HttpRequest) -> HttpResponse:
    """Choose a file; the template, the list on its way, and what was taken in before."""
    mine = _jobs(request)
    form = UploadForm()
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            return redirect("school_list", pk=_begin(request, form))
        except Denied as denied:
            form.add_error("file", denied.reason)
    now = clock.now()
    open_states = (JobState.waiting, JobState.running, JobState.ready)
    taken = Job.objects.filter(
        kind=school_lists.KIND, seat=request.seat.key, state=JobState.done
    ).select_related("owner")
    context = {
        "form": form,
        "key": key_for(request),
        "on_its_way": mine.filter(state__in=open_states, expires_at__gt=now).first(),
        "columns": [(columns.title(name), hint) for name, hint in columns.HINTS.items()],
        "taken": [(job, words.numbers(job.result)) for job in taken[:LAST]],
        "place": request.seat.region,
    }
    status = 422 if form.errors else 200
    return render(request, "school_lists/choose.html", context, status=status)


def _begin(request: HttpRequest, form: UploadForm) -> int:
    """The job of this file; of the same form sent twice, one."""
    file = form.cleaned_data["file"]
    data = file.read()
    key, body = key_of(request.POST), {"school list": file.name, "size": len(data)}
    with transaction.atomic():
        if first := filings.answered(request.user, key, body):
            return int(first["job"])
        job = jobs.start(
            school_lists.KIND, seat=request.seat, file=data, file_name=_plain(file.name)
        )
        filings.remember(request.user, key, body, {"job": job.pk})
    noted.note(request, "school list upload", f"{job.file_name} {job.sha256[:12]}")
    return job.pk


def _plain(name: str) -> str:
    return "".join(char for char in name if char.isprintable())[-120:]


@access("manage_schools")
@require_safe
def school_list_template(request: HttpRequest) -> HttpResponse:
    """An empty list with drop-downs and notes."""
    school_lists.region_of(request.seat)
    return away(resources.template(), _("school list") + ".xlsx")


@access("manage_schools")
@require_safe
def school_list(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it has come, which column is which, what would come of it, or what came."""
    job = get_object_or_404(_jobs(request).select_related("owner"), pk=pk)
    over = job.expires_at <= clock.now()
    if job.state in (JobState.waiting, JobState.running) and not over:
        done, total = jobs.progress(job)
        context = {"job": job, "done": done, "total": total, "writing": job.version > 0}
        return render(request, "school_lists/working.html", context)
    if job.state == JobState.ready and not over:
        if "ask" in job.result or "columns" in request.GET:
            return _columns_page(request, job)
        return render(request, "school_lists/preview.html", _preview(job))
    if job.state == JobState.done:
        return render(request, "school_lists/done.html", _done(job))
    context = {"job": job, "sentence": words.ended(job)}
    return render(request, "school_lists/ended.html", context)


def _preview(job: Job) -> dict[str, Any]:
    result = job.result
    before = Job.objects.filter(
        kind=job.kind, seat=job.seat, sha256=job.sha256, state=JobState.done
    ).select_related("owner")
    return {
        "job": job,
        "sentence": words.preview(result),
        "figures": words.figures(result),
        "tables": words.tables(result),
        "good": result["new"] + result["changed"],
        "before": before.first(),
        "has_failed": bool(result["refused"]),
        "moved": words.moved(result),
        "button": words.button(result),
    }


def _done(job: Job) -> dict[str, Any]:
    return {
        "job": job,
        "sentence": words.done(job.result),
        "figures": words.figures(job.result),
        "tables": words.tables(job.result),
        "has_failed": job_files.path(job.pk, school_lists.FAILED).exists(),
    }


def _columns_page(request: HttpRequest, job: Job, form: ColumnsForm | None = None) -> HttpResponse:
    asked = job.result.get("ask") or job.result["columns"]
    form = form or ColumnsForm(rows=asked["rows"], guess=asked["guess"])
    context = {
        "job": job,
        "form": form,
        "reason": asked.get("reason", ""),
        "sentence": words.asked(asked),
    }
    status = 422 if form.errors else 200
    return render(request, "school_lists/columns.html", context, status=status)


@access("manage_schools")
@require_POST
def school_list_columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the file once more, with the columns as a person named them."""
    job = get_object_or_404(_jobs(request), pk=pk)
    if job.state == JobState.ready and (asked := job.result.get("ask") or job.result["columns"]):
        form = ColumnsForm(request.POST, rows=asked["rows"], guess=asked["guess"])
        if not form.is_valid():
            return _columns_page(request, job, form)
        mapping = [form.mapping.top, form.mapping.columns]
        again = {**job.asked, "step": "look", "mapping": mapping}
        if jobs.again(job, again, version=version_of(request.POST)):
            return redirect("school_list", pk=job.pk)
    _not_as_seen(request)
    return redirect("school_list", pk=job.pk)


@access("manage_schools")
@require_POST
def school_list_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Have written what was seen: this file, this preview, within the hour."""
    job = get_object_or_404(_jobs(request), pk=pk)
    skip_bad = bool(request.POST.get("skip_bad"))
    seen = request.POST.get("sha256") == job.sha256 and "ask" not in job.result
    if job.result.get("refused") and not skip_bad:
        seen = False
    asked = {**job.asked, "step": "write", "skip_bad": skip_bad}
    if seen and jobs.again(job, asked, version=version_of(request.POST)):
        noted.note(request, "school import", f"{job.file_name} {words.numbers(job.result)}")
    elif job.state not in (JobState.waiting, JobState.running, JobState.done):
        _not_as_seen(request)
    return redirect("school_list", pk=job.pk)


def _not_as_seen(request: HttpRequest) -> None:
    messages.warning(
        request, _("Nothing was written: what you saw is not what stands here now. Look again.")
    )


@access("manage_schools")
@require_POST
def school_list_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Discard the file; what was written before stays."""
    job = get_object_or_404(_jobs(request), pk=pk)
    if jobs.cancel(job):
        messages.success(request, _("The file is discarded; nothing was written."))
        return redirect("school_lists")
    return redirect("school_list", pk=job.pk)


@access("manage_schools")
@require_safe
def school_list_file(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """A workbook of a list: every row of the preview, or the refused rows to be mended."""
    job = get_object_or_404(_jobs(request), pk=pk, expires_at__gt=clock.now())
    if name not in school_lists.FILES:
        raise Http404
    try:
        data = job_files.get(job.pk, school_lists.FILES[name])
    except FileNotFoundError:
        raise Http404 from None
    noted.note(request, "school list download", f"{name} {job.file_name}")
    return away(data, f"{_NAMES[name]}.xlsx")
