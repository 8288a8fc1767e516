"""The only place that takes evidence in, keeps its rows and bytes together, and gives it out."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from reform import reader, vault
from reform.models import Entry, Evidence, Report
from reform.refusals import Refused
from reform.sniff import Refusal, clean_name, compare, kind_by_name
from schools import clock
from schools.models import School, User

log = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
MOST_FILES = 10
MOST_BYTES = 20 * MEGABYTE
SCHOOL_BYTES = 500 * MEGABYTE
MOST_REQUEST = MOST_FILES * MOST_BYTES + 20 * MEGABYTE
GRACE = timedelta(hours=24)
_HEAD = 4096
_PASSWORD_MARK = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True)
class Checked:
    """A file that was found good: what is kept of it lies at `path` until it is stored."""

    kind: str
    name: str
    sha256: str
    size: int
    pages: int
    path: Path


class MostBytes(TemporaryFileUploadHandler):
    """Files on their way in: what is beyond the most is counted, but not written to disk.

    Of somebody who is not signed in nothing is written.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        if content_length > MOST_REQUEST:
            raise RequestDataTooBig(f"{content_length} bytes in one request")
        user = getattr(self.request, "user", None)
        self.most = MOST_BYTES + 1 if user and user.is_authenticated else 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = self.most - start
        if room > 0:
            self.file.write(raw_data[:room])


@contextmanager
def check(name: str, stream: IO[bytes]) -> Iterator[Checked]:
    """Look at a file as a stranger's; Refused with the reason when it is not taken.

    What is found good is there to be stored as long as the block lasts. Pictures are written anew.
    """
    name = clean_name(name)
    with vault.draft() as received, vault.draft() as rewritten:
        try:
            kind = kind_by_name(name)
            size = vault.fill(received, stream, MOST_BYTES)
            if not size:
                raise Refusal("empty")
            if size > MOST_BYTES:
                raise Refusal("too_big")
            _compare(kind, received)
            answer = reader.run("inspect", kind, received, rewritten)
            if answer["found"]:
                raise Refusal("sensitive", found=answer["found"])
        except Refusal as refusal:
            raise Refused.because(refusal) from refusal
        kept = rewritten if rewritten.stat().st_size else received
        yield Checked(
            kind=kind,
            name=name,
            sha256=vault.digest(kept),
            size=kept.stat().st_size,
            pages=answer["pages"],
            path=kept,
        )


def _compare(kind: str, file: Path) -> None:
    with open(file, "rb") as stream:
        head = stream.read(_HEAD)
        encrypted = head.startswith(b"\xd0\xcf") and _PASSWORD_MARK in head + stream.read()
    compare(kind, head, encrypted=encrypted)


# ---- rows and bytes


def kept(rows: "QuerySet[Evidence]") -> "QuerySet[Evidence]":
    """Those whose bytes must be there: not destroyed, and attached or part of a report."""
    filed = Exists(Report.evidence.through.objects.filter(evidence=OuterRef("pk")))
    return rows.filter(Q(removed_at=None) | Q(filed), destroyed_at=None)


def attached(entry: Entry) -> "QuerySet[Evidence]":
    """What the next report of this entry will carry."""
    return entry.evidence.filter(removed_at=None, destroyed_at=None)


def check_room(entry: Entry) -> None:
    """Refused when the entry or its school can take no further file."""
    if attached(entry).count() >= MOST_FILES:
        raise Refused("too_many")
    if _school_bytes(entry.school_id) >= SCHOOL_BYTES:
        raise Refused("school_full")


def store(entry: Entry, checked: Checked, *, by: User) -> tuple[Evidence, bool]:
    """The row of a checked file, and whether it is new: the same content is attached once."""
    with vault.lock(checked.sha256), transaction.atomic():
        School.objects.select_for_update(no_key=True).get(pk=entry.school_id)
        there = attached(entry).filter(sha256=checked.sha256).first()
        if there:
            return there, False
        check_room(entry)
        if _school_bytes(entry.school_id) + checked.size > SCHOOL_BYTES:
            raise Refused("school_full")
        evidence = Evidence.objects.create(
            entry=entry,
            school_id=entry.school_id,
            sha256=checked.sha256,
            name=checked.name,
            size=checked.size,
            kind=checked.kind,
            pages=checked.pages,
            uploaded_by=by,
            uploaded_at=clock.now(),
        )
        # Last: when the row fails after all, `sweep` finds bytes that nobody names.
        vault.put(checked.path, checked.sha256)
    return evidence, True


def _school_bytes(school_id: int) -> int:
    rows = kept(Evidence.objects.filter(school_id=school_id))
    return rows.aggregate(total=Sum("size"))["total"] or 0


def remove(evidence: Evidence) -> bool:
    """Detach from the entry; reports that carry it keep it. False when it was gone already."""
    rows = Evidence.objects.filter(pk=evidence.pk, removed_at=None, destroyed_at=None)
    return rows.update(removed_at=clock.now()) == 1


def erase(sha256: str) -> bool:
    """Delete bytes and previews unless a row still needs them; True when they are gone."""
    with vault.lock(sha256):
        if kept(Evidence.objects.filter(sha256=sha256)).exists():
            return False
        vault.remove(sha256)
    return True


def preview(evidence: Evidence, page: int) -> Path | None:
    """A picture of page `page` (from 1), made on first use; None when there is none to be had."""
    source, made = vault.path(evidence.sha256), vault.preview_path(evidence.sha256, page)
    if not 1 <= page <= evidence.pages or not source.exists():
        return None
    if not vault.is_fresh(made):
        with vault.draft() as target:
            try:
                reader.run("render", evidence.kind, source, str(page), target)
            except Refusal as refusal:
                # An empty preview, for an hour: the same file does not cost the time at once again.
                log.warning("no preview of %s page %d: %s", evidence.sha256, page, refusal.code)
                target.write_bytes(b"")
            with vault.lock(evidence.sha256):
                if not source.exists():
                    return None
                vault.put_preview(target, made)
    return made if made.stat().st_size else None


# ---- care


def sweep() -> int:
    """Delete, a day old at least, bytes that no row needs and drafts left behind; how many."""
    gone = vault.forget_drafts(GRACE.total_seconds())
    lately = Evidence.objects.filter(removed_at__gt=clock.now() - GRACE, destroyed_at=None)
    for sha256 in vault.older_than(GRACE.total_seconds()):
        if not lately.filter(sha256=sha256).exists():
            gone += erase(sha256)
    return gone


@dataclass(frozen=True)
class Broken:
    """A file whose bytes are "missing" or "changed"."""

    evidence: Evidence
    how: str


def rehash(*, between: Callable[[], None] = lambda: None) -> Iterator[Broken]:
    """Every row whose bytes are not what was uploaded; `between` is called between two files."""
    rows = kept(Evidence.objects.select_related("school")).order_by("sha256", "pk")
    last, how = "", ""
    for evidence in rows.iterator(chunk_size=500):
        if evidence.sha256 != last:
            between()
            last = evidence.sha256
            file = vault.path(last)
            how = "" if file.exists() else "missing"
            if not how and vault.digest(file) != last:
                how = "changed"
        if how:
            yield Broken(evidence, how)
