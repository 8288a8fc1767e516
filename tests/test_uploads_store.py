"""Rows and bytes of evidence stay together: stored once, wiped for good, swept, verified."""

import io
import os
import threading
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from reform import reader, uploads, vault
from reform.models import Evidence, Report
from reform.refusals import Refused
from schools import clock
from tests import files, world

DAY = 24 * 3600
pytestmark = pytest.mark.database


def attach(entry, by, content=None, name="会议记录.pdf"):
    with uploads.check(name, io.BytesIO(content or files.pdf())) as checked:
        return uploads.store(entry, checked, by=by.user)[0]


def blobs(folder):
    """Every stored content, by hash."""
    return sorted(p.name for p in folder.glob("??/??/*"))


def age(path, seconds=DAY + 60):
    """By the clock of the test, which the disk does not know."""
    os.utime(path, (time.time() - seconds,) * 2)


def test_a_stored_file_lies_private_under_its_hash(cast, evidence_folder):
    entry = world.entry(cast.school)
    row = attach(entry, cast.filer)
    path = evidence_folder / row.sha256[:2] / row.sha256[2:4] / row.sha256
    assert vault.digest(path) == row.sha256
    assert path.stat().st_mode & 0o777 == 0o600
    assert {p.stat().st_mode & 0o777 for p in path.parents[:3]} == {0o700}
    assert (row.school_id, row.size, row.kind, row.pages) == (
        cast.school.pk,
        path.stat().st_size,
        "pdf",
        1,
    )
    assert list((evidence_folder / "incoming").iterdir()) == []


def test_the_same_content_is_attached_once_and_stored_once(cast, evidence_folder):
    first, second = world.entry(cast.school), world.entry(cast.school, "Z2.2")
    rows = [attach(first, cast.filer), attach(first, cast.filer, name="又一份.pdf")]
    assert rows[0] == rows[1]
    other = attach(second, cast.filer)
    assert Evidence.objects.count() == 2
    assert blobs(evidence_folder) == [rows[0].sha256] == [other.sha256]


def test_an_eleventh_file_is_refused(cast):
    entry = world.entry(cast.school)
    for n in range(10):
        attach(entry, cast.filer, files.pdf(f"page {n}"))
    with pytest.raises(Refused) as error:
        attach(entry, cast.filer, files.pdf("one more"))
    assert error.value.code == "too_many"
    uploads.remove(uploads.attached(entry).first())
    attach(entry, cast.filer, files.pdf("one more"))
    assert uploads.attached(entry).count() == 10


def test_a_school_may_not_fill_more_than_its_share(cast, monkeypatch):
    row = attach(world.entry(cast.school), cast.filer)
    second = world.entry(cast.school, "Z2.2")
    monkeypatch.setattr(uploads, "SCHOOL_BYTES", 2 * row.size)
    with pytest.raises(Refused) as error:
        attach(second, cast.filer, files.pdf("a little longer than the first was"))
    assert error.value.code == "school_full"
    neighbour = world.school()
    attach(world.entry(neighbour), world.seat("filer", neighbour), files.pdf("x" * 200))
    uploads.remove(row)
    attach(second, cast.filer, files.pdf("a little longer than the first was"))


def test_a_removed_file_stays_in_the_report_that_was_sent_with_it(cast):
    entry = world.entry(cast.school)
    row = attach(entry, cast.filer)
    entry = world.send_back(world.file(entry, cast.filer), cast.reviewer)
    assert uploads.remove(row)
    assert not uploads.remove(row)
    world.file(entry, cast.filer)
    assert [list(report.evidence.all()) for report in Report.objects.order_by("no")] == [[row], []]
    Evidence.objects.update(removed_at=clock.now() - timedelta(days=2))
    age(vault.path(row.sha256))
    assert uploads.sweep() == 0
    assert vault.path(row.sha256).exists()


@pytest.fixture
def filed(real_db, travel):
    """A filed entry with two files and one preview; its reviewer."""
    school = world.school("阳光小学")
    filer, reviewer = world.seat("filer", school), world.seat("reviewer", world.COUNTY)
    entry = world.entry(school)
    rows = [attach(entry, filer, files.pdf(text)) for text in ("pupils", "minutes")]
    assert uploads.preview(rows[0], 1)
    return world.file(entry, filer), rows, reviewer, filer


def test_a_destroyed_file_is_gone_at_once_and_its_hash_and_reason_stay(filed, evidence_folder):
    entry, (doomed, kept), reviewer, _ = filed
    world.send_back(entry, reviewer, reason="有学生正脸，已销毁。", destroy=[doomed.pk])
    doomed.refresh_from_db()
    assert (doomed.destroyed_by, doomed.destroyed_reason) == (reviewer.user, "有学生正脸，已销毁。")
    assert len(doomed.sha256) == 64
    assert blobs(evidence_folder) == [kept.sha256]
    assert not vault.preview_path(doomed.sha256, 1).exists()


def test_destroying_leaves_the_bytes_that_another_row_needs(filed, evidence_folder):
    entry, (doomed, kept), reviewer, filer = filed
    other = attach(world.entry(entry.school, "Z2.2"), filer, files.pdf("pupils"))
    world.send_back(entry, reviewer, reason="请换一份。", destroy=[doomed.pk])
    assert blobs(evidence_folder) == sorted([other.sha256, kept.sha256])


@pytest.mark.parametrize("work", ["store", "erase"])
def test_who_stores_and_who_deletes_the_same_content_take_turns(filed, work):
    entry, (doomed, _), _, filer = filed
    second = world.entry(entry.school, "Z2.2")

    def working():
        if work == "store":
            attach(second, filer, files.pdf("pupils"))
        else:
            uploads.erase(doomed.sha256)
        connection.close()

    thread = threading.Thread(target=working)
    with vault.lock(doomed.sha256):
        thread.start()
        thread.join(1.5)
        assert thread.is_alive()
    thread.join(10)
    assert not thread.is_alive()


def test_a_file_stored_while_its_twin_is_destroyed_is_never_without_bytes(filed):
    """Both want the same content at once, in either order, many times."""
    entry, (doomed, _), reviewer, filer = filed
    second = world.entry(entry.school, "Z2.2")
    world.send_back(entry, reviewer, reason="请换一份。", destroy=[doomed.pk])
    for _round in range(8):
        start = threading.Barrier(2)
        made = []

        def storing(start=start, made=made):
            with uploads.check("a.pdf", io.BytesIO(files.pdf("pupils"))) as checked:
                start.wait()
                made.append(uploads.store(second, checked, by=filer.user)[0])
            connection.close()

        def erasing(start=start):
            start.wait()
            uploads.erase(doomed.sha256)
            connection.close()

        threads = [threading.Thread(target=work) for work in (storing, erasing)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert vault.digest(vault.path(made[0].sha256)) == doomed.sha256
        uploads.remove(made[0])
        uploads.erase(doomed.sha256)


def test_the_sweep_takes_only_what_nobody_needs_and_what_is_a_day_old(cast):
    entry = world.entry(cast.school)
    needed, detached = (attach(entry, cast.filer, files.pdf(text)) for text in "ab")
    with vault.draft() as orphan:
        orphan.write_bytes(b"nobody names this")
        lost = vault.digest(orphan)
        vault.put(orphan, lost)
    Evidence.objects.filter(pk=detached.pk).update(removed_at=clock.now() - timedelta(days=2))
    left = vault.path(lost).parents[2] / "incoming" / "left"
    left.write_bytes(b"an upload that was cut off")
    paths = [left, *(vault.path(row) for row in (lost, needed.sha256, detached.sha256))]
    for path in paths:
        age(path, DAY - 60)
    assert uploads.sweep() == 0
    for path in paths:
        age(path)
    assert uploads.sweep() == 3
    assert vault.path(needed.sha256).exists()
    assert [p.exists() for p in (left, vault.path(lost), vault.path(detached.sha256))] == [
        False,
        False,
        False,
    ]


def test_a_file_removed_today_survives_the_sweep(cast):
    row = attach(world.entry(cast.school), cast.filer)
    Evidence.objects.filter(pk=row.pk).update(removed_at=clock.now() - timedelta(hours=1))
    age(vault.path(row.sha256))
    assert uploads.sweep() == 0


# ---- checked again


def said(capsys):
    return capsys.readouterr().out.strip().splitlines()


def test_whole_evidence_is_found_whole(cast, capsys):
    attach(world.entry(cast.school), cast.filer)
    call_command("verify_evidence")
    assert said(capsys) == ["Every evidence file is as it was uploaded."]


def test_a_flipped_bit_and_a_lost_file_are_named_with_their_school(cast, capsys):
    entry = world.entry(cast.school)
    flipped, lost, whole = (attach(entry, cast.filer, files.pdf(t), f"{t}.pdf") for t in "abc")
    path = vault.path(flipped.sha256)
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    vault.path(lost.sha256).unlink()
    with pytest.raises(CommandError, match="2 evidence files"):
        call_command("verify_evidence")
    lines = said(capsys)
    assert [line.split(" of ")[1].split(" (")[0] for line in lines] == ["阳光小学"] * 2
    assert sorted(line.split(" (")[0] for line in lines) == ["changed: a.pdf", "missing: b.pdf"]
    assert whole.name not in "".join(lines)


def test_what_was_removed_or_destroyed_is_not_missed(filed, capsys):
    entry, (doomed, _), reviewer, _ = filed
    world.send_back(entry, reviewer, reason="请换一份。", destroy=[doomed.pk])
    call_command("verify_evidence")
    assert said(capsys) == ["Every evidence file is as it was uploaded."]


# ---- previews


def test_a_preview_is_drawn_once_and_kept(cast, monkeypatch):
    row = attach(world.entry(cast.school), cast.filer, files.pdf("one", "two"))
    first = uploads.preview(row, 2)
    assert first.read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(reader, "run", None)
    assert uploads.preview(row, 2) == first
    assert [uploads.preview(row, page) for page in (0, 3)] == [None, None]


def test_a_page_that_cannot_be_drawn_in_time_costs_its_time_once(cast, monkeypatch):
    row = attach(world.entry(cast.school), cast.filer)
    vault.path(row.sha256).write_bytes(files.endless_pdf(4))
    monkeypatch.setattr(reader, "SECONDS", 1)
    began = time.monotonic()
    assert uploads.preview(row, 1) is None
    assert time.monotonic() - began < 10
    age(vault.preview_path(row.sha256, 1), 60)
    monkeypatch.setattr(reader, "run", None)
    assert uploads.preview(row, 1) is None


def test_a_failed_preview_is_tried_again_after_an_hour(cast):
    row = attach(world.entry(cast.school), cast.filer)
    whole = vault.path(row.sha256).read_bytes()
    vault.path(row.sha256).write_bytes(b"%PDF-1.7 broken")
    assert uploads.preview(row, 1) is None
    vault.path(row.sha256).write_bytes(whole)
    age(vault.preview_path(row.sha256, 1), 3700)
    assert uploads.preview(row, 1)
