"""The only place where files of an entry come in and go out: add, look at, download, remove."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from reform import audit, policy, progress, uploads, vault
from reform.models import Entry, Evidence, Report
from reform.refusals import Refused
from reform.sniff import KINDS, MEDIA_TYPES, clean_name
from schools import scope
from schools.access import access
from schools.scope import Seat

log = logging.getLogger(__name__)

SECONDS_FOR_ALL = 20  # after which the rest of the files is not looked at any more
ACCEPT = ",".join(f".{extension}" for extension in KINDS)
_ALONE = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Told:
    """What became of one file: `sentence` says why it was not taken, or is empty."""

    name: str
    sentence: str = ""


def panel(
    entry: Entry,
    seat: Seat | None,
    told: Iterable[Told] = (),
    *,
    files: Iterable[Evidence] | None = None,
) -> dict[str, Any]:
    """What `entry/_evidence.html` takes: the files that the next report will carry, if known."""
    may, told = policy.may(seat, "save", entry), list(told)
    refused = [each for each in told if each.sentence]
    return {
        "entry": entry,
        "files": uploads.attached(entry).select_related("uploaded_by") if files is None else files,
        "taken": len(told) - len(refused),
        "told": refused,
        "may_add": may is True,
        "why_not": "" if may is True else may.reason,
        "accept": ACCEPT,
        "most_files": uploads.MOST_FILES,
    }


@access("save")
@require_POST
def evidence_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Take several files at once; the good ones are kept, each other one is told why not."""
    entry = _entry(request, pk)
    policy.require(request.seat, "save", entry)
    began = monotonic()
    told = []
    for upload in request.FILES.getlist("files"):
        try:
            if monotonic() - began > SECONDS_FOR_ALL:
                raise Refused("not_read")
            told.append(_take(request, entry, upload))
        except Refused as refused:
            name = clean_name(upload.name or "")
            audit.write(request, "evidence refuse", f"{refused.code} {entry.pk} {name}", ok=False)
            told.append(Told(name, refused.reason))
    if not told:
        told.append(Told("", _("No file has arrived. Choose the files first, then upload them.")))
    return _answer(request, entry, told)


def _take(request: HttpRequest, entry: Entry, upload: UploadedFile) -> Told:
    uploads.check_room(entry)
    with uploads.check(upload.name or "", upload) as checked:
        evidence, new = progress.attach(entry.pk, checked, by=request.seat)
    if new:
        audit.write(request, "evidence add", f"{evidence.pk} {evidence.name}")
    return Told(evidence.name)


def _answer(request: HttpRequest, entry: Entry, told: list[Told]) -> HttpResponse:
    """A fragment for a script; else back to the entry, or a page when nothing at all was taken."""
    refused = [each for each in told if each.sentence]
    status = 422 if len(refused) == len(told) else 200
    if request.htmx:
        entry.refresh_from_db(fields=["status"])
        context = panel(entry, request.seat, told)
        return render(request, "entry/_evidence.html", context, status=status)
    if status == 422:
        context = {"entry": entry, "told": refused}
        return render(request, "entry/files_refused.html", context, status=status)
    taken = len(told) - len(refused)
    done = ngettext("%(n)d file was added.", "%(n)d files were added.", taken)
    messages.success(request, done % {"n": taken})
    for each in refused:
        words = {"name": each.name, "reason": each.sentence}
        messages.warning(request, _("“%(name)s” was not taken. %(reason)s") % words)
    return redirect("entry", pk=entry.pk)


@access("see_entry")
@require_safe
def evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """The original, as an attachment; every download is a line of the audit log."""
    found = get_object_or_404(_visible(request), pk=pk)
    file = vault.path(found.sha256)
    thing = f"{found.pk} {found.name}"
    if found.destroyed_at or not file.exists():
        audit.write(request, "evidence download", thing, ok=False)
        if not found.destroyed_at:
            log.error("evidence %s of %s is missing on disk", found.sha256, found.school_id)
        return render(request, "entry/file_gone.html", {"file": found}, status=410)
    audit.write(request, "evidence download", thing)
    return FileResponse(
        open(file, "rb"),
        as_attachment=True,
        filename=found.name,
        content_type=MEDIA_TYPES[found.kind],
        headers=_ALONE,
    )


@access("see_entry")
@require_safe
def evidence_preview(request: HttpRequest, pk: int, page: int) -> HttpResponse:
    """A picture that this system has drawn itself; the original is never shown in a page."""
    found = get_object_or_404(_visible(request), pk=pk, destroyed_at=None)
    file = uploads.preview(found, page)
    if file is None:
        raise Http404
    kind = "image/jpeg" if found.kind == "jpg" else "image/png"
    return FileResponse(open(file, "rb"), content_type=kind, headers=_ALONE)


@access("save")
@require_POST
def evidence_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Detach a file; reports that were sent with it keep it."""
    found = get_object_or_404(scope.rows(Evidence.objects, request.seat), pk=pk)
    entry = _entry(request, found.entry_id)
    if progress.detach(found, by=request.seat):
        audit.write(request, "evidence remove", f"{found.pk} {found.name}")
    if request.htmx:
        return render(request, "entry/_evidence.html", panel(entry, request.seat))
    messages.success(request, _("“%(name)s” was removed.") % {"name": found.name})
    return redirect("entry", pk=entry.pk)


def _entry(request: HttpRequest, pk: int) -> Entry:
    entries = Entry.objects.select_related("slot__campaign", "slot__item", "school", "report")
    return get_object_or_404(scope.rows(entries, request.seat), pk=pk)


def _visible(request: HttpRequest) -> "QuerySet[Evidence]":
    """A school sees what is attached or was filed; an official only what was sent to them."""
    reports = Report.evidence.through.objects.filter(evidence=OuterRef("pk"))
    rows = scope.rows(Evidence.objects, request.seat)
    if request.seat.school:
        return rows.filter(Q(removed_at=None) | Exists(reports))
    return rows.filter(Exists(reports.filter(report__sent_at__isnull=False)))
