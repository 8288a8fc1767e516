"""A backup is one moment of an installation at work; after a wipe it brings everything back."""

import json
import os
import resource
import shutil
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.translation import override

from reform import backup, dump, history, restore, rounds, tallies, vault
from reform.dump import Failed
from reform.models import Event, Evidence, Message, Pulse
from schools import clock
from schools.models import User
from tests import stored, world

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def in_english():
    with override("en"):
        yield


@pytest.fixture
def filled(real_db, travel):
    return stored.Filled()


def change(made, edit):
    """Edit a manifest and seal it again, as somebody would who forges one."""
    said = json.loads((made.folder / backup.MANIFEST).read_text())
    edit(said)
    text = json.dumps(said).encode()
    (made.folder / backup.MANIFEST).write_bytes(text)
    (made.folder / backup.SEAL).write_text(f"{sha256(text).hexdigest()}  {backup.MANIFEST}\n")


def break_(path):
    """Change a byte in the middle, in a file of its own (a backup may share it)."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)


def test_what_was_wiped_comes_back_row_by_row_and_byte_by_byte(filled, settings, tmp_path):
    before, files = stored.rows(), stored.evidence(settings.EVIDENCE_DIR)
    made = backup.make(tmp_path / "backups")

    with stored.elsewhere(settings, tmp_path / "wiped"):
        done = restore.restore(tmp_path / "backups")

        assert stored.rows() == before
        assert stored.evidence(settings.EVIDENCE_DIR) == files
        assert len(files) == 3
        assert list(history.verify()) == []  # and its triggers stand
        assert tallies.differences() == {}
        world.person("after")  # numbers go on where they were
        assert User.objects.filter(username="after").exists()
    assert (done.rows, done.files) == (made.rows, 3)
    assert User.objects.filter(username="after").count() == 0  # what was backed up is untouched


def test_a_backup_is_one_moment_although_others_write(filled, settings, tmp_path):
    """Copied file by file, the chain would not fit its head nor the manifest the rows."""
    with stored.Writer() as writer:
        while writer.written < 5:
            pass
        for _ in range(4):
            began = writer.written
            backup.make(tmp_path / "backups")
            while writer.written == began:
                pass

    made = backup.backups(tmp_path / "backups")
    seen = []
    for n, folder in enumerate(made):
        with stored.elsewhere(settings, tmp_path / f"wiped{n}"):
            restore.restore(folder)
            assert list(history.verify()) == []
            seen.append(Event.objects.filter(kind="tick").count())
    assert len(made) == 4
    assert seen == sorted(set(seen))
    assert seen[-1] <= writer.written


def test_nobody_can_sign_in_with_a_backup(filled, client, settings, tmp_path):
    world.sign_in(client, filled.cast.filer)
    key = client.session.session_key
    made = backup.make(tmp_path / "backups")

    database = made.folder / backup.DATABASE[dump.kind()]
    assert key.encode() not in database.read_bytes()
    with stored.elsewhere(settings, tmp_path / "wiped"):
        restore.restore(made.folder)
        assert client.session.session_key == key
        assert client.get("/school/").status_code == 302


def test_a_backup_is_for_its_owner_alone_and_evidence_is_not_doubled_on_one_disk(
    filled, settings, tmp_path
):
    made = backup.make(tmp_path / "backups")

    modes = {path.stat().st_mode & 0o077 for path in made.folder.rglob("*")}
    assert modes == {0}
    for digest in stored.evidence(settings.EVIDENCE_DIR):
        assert backup.place(made.folder, digest).samefile(vault.path(digest))


def test_letters_that_waited_are_held_back_after_a_restore(filled, settings, tmp_path):
    made = backup.make(tmp_path / "backups")

    with stored.elsewhere(settings, tmp_path / "wiped"):
        done = restore.restore(made.folder)

        assert done.held == 2
        assert set(Message.objects.values_list("state", flat=True)) == {"held"}
        assert abs(restore.epoch() - clock.now()) < timedelta(minutes=5)
        assert restore.release(send=True) == 2
        assert set(Message.objects.values_list("state", flat=True)) == {"waiting"}


def test_evidence_that_is_damaged_before_the_backup_is_named_and_left_out(
    filled, settings, tmp_path
):
    damaged, gone, whole = Evidence.objects.order_by("pk").values_list("sha256", flat=True)
    break_(vault.path(damaged))
    vault.path(gone).unlink()

    made = backup.make(tmp_path / "backups")

    assert set(made.faults) == {damaged, gone}
    assert "2 files of evidence were not as uploaded" in made.sentence()
    with stored.elsewhere(settings, tmp_path / "wiped"):
        assert restore.restore(made.folder).files == 1
        assert list(stored.evidence(settings.EVIDENCE_DIR)) == [whole]


def test_a_restore_writes_over_nothing(filled, tmp_path):
    made = backup.make(tmp_path / "backups")
    before = stored.rows()

    with pytest.raises(Failed, match="The database is not empty"):
        restore.restore(made.folder)

    assert stored.rows() == before


def test_a_restore_into_a_running_installation_says_where_it_runs(filled, settings, tmp_path):
    from reform.management import processes  # noqa: PLC0415

    backup.make(tmp_path / "backups")
    with processes.OnlyOne() as lock:
        lock.write("http://127.0.0.1:8000/")
        lock.flush()
        with pytest.raises(CommandError, match=r"running already: http://127\.0\.0\.1:8000/"):
            call_command("restore", str(tmp_path / "backups"))


def damaged_seal(made):
    (made.folder / backup.SEAL).write_text("0" * 64)


def damaged_manifest(made):
    break_(made.folder / backup.MANIFEST)


def no_manifest(made):
    (made.folder / backup.MANIFEST).unlink()


def no_seal(made):
    (made.folder / backup.SEAL).unlink()


def damaged_copy(made):
    break_(made.folder / backup.DATABASE[dump.kind()])


def no_copy(made):
    (made.folder / backup.DATABASE[dump.kind()]).unlink()


def another_kind(made):
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[dump.kind()]
    file = backup.DATABASE[other]
    change(made, lambda said: (said.update(engine=other), said["database"].update(file=file)))


def newer(made):
    change(made, lambda said: said["migrations"].append("reform.0999_tomorrow"))


def another_format(made):
    change(made, lambda said: said.update(format=2))


def nonsense(made):
    change(made, lambda said: said.pop("tables"))


def other_rows(made):
    change(made, lambda said: said["tables"].update(schools_user=[1, "0" * 64]))


def other_head(made):
    change(made, lambda said: said["chains"].update({"school:999": [1, "0" * 64]}))


def damaged_evidence(made):
    break_(next(path for path in sorted((made.folder / "evidence").rglob("*")) if path.is_file()))


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (damaged_seal, "the manifest is damaged"),
        (damaged_manifest, "the manifest is damaged"),
        (no_manifest, "There is no backup in"),
        (no_seal, "the manifest is damaged"),
        (damaged_copy, "is not as it was written"),
        (no_copy, "is not as it was written"),
        (another_kind, "Set DATABASE_URL to a database of the same kind"),
        (newer, "made by a newer version .*0999_tomorrow"),
        (another_format, r"another version of this product \(format 2\)"),
        (nonsense, "the manifest is damaged"),
        (other_rows, "differs from the manifest in: schools_user"),
        (other_head, "differs from the manifest in: school:999"),
        (damaged_evidence, "1 files of evidence in the backup are not as they were written"),
    ],
)
def test_a_backup_that_is_not_right_is_refused_and_nothing_is_left_of_it(
    filled, settings, tmp_path, harm, sentence
):
    made = backup.make(tmp_path / "backups")
    harm(made)

    with stored.elsewhere(settings, tmp_path / "wiped"):
        with pytest.raises(Failed, match=sentence):
            restore.restore(made.folder)

        assert dump.is_empty()
        assert [path.name for path in (tmp_path / "wiped").iterdir()] == ["evidence"]


def test_one_damaged_file_of_evidence_can_be_done_without(filled, settings, tmp_path):
    made = backup.make(tmp_path / "backups")
    damaged_evidence(made)

    with stored.elsewhere(settings, tmp_path / "wiped"):
        done = restore.restore(made.folder, leave_damaged=True)

        assert (done.files, len(done.damaged)) == (2, 1)
        assert len(stored.evidence(settings.EVIDENCE_DIR)) == 2


def test_a_folder_that_cannot_be_written_to_is_said(filled, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(Failed, match=r"file/backups cannot be written to: Not a directory"):
        backup.make(tmp_path / "file" / "backups")


def test_a_disk_without_room_is_said_before_anything_is_written(filled, tmp_path, monkeypatch):
    small = shutil.disk_usage(tmp_path)._replace(free=1024**2)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: small)

    with pytest.raises(Failed, match=r"has 1 MB free, and .* MB are needed. Nothing was written"):
        backup.make(tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_disk_that_is_full_halfway_leaves_nothing(filled, tmp_path):
    """The limit on the size of a file is what a full disk is to the program that writes."""
    done = subprocess.run(
        [sys.executable, "manage.py", "backup", str(tmp_path / "backups")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        env={**os.environ, "DATABASE_URL": url()},
        cwd=configured.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert "CommandError: " in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "backups").iterdir()) == []


def url():
    """The database of this test, for a process of its own."""
    said = configured.DATABASES["default"]
    if dump.kind() == "sqlite":
        return f"sqlite:///{said['NAME']}"
    return f"postgres://{said['USER']}@{said['HOST']}:{said['PORT']}/{said['NAME']}"


def test_the_newest_are_kept_and_halves_are_swept(filled, tmp_path):
    made = [backup.make(tmp_path).folder for _ in range(4)]
    half, under_way = tmp_path / ".20261101-000000.7.part", tmp_path / ".20261120-120000.8.part"
    for folder, days in ((half, 2), (under_way, 0)):
        folder.mkdir()
        os.utime(folder, ((clock.now() - timedelta(days=days)).timestamp(),) * 2)

    assert backup.forget_old(tmp_path, 2) == 3

    assert backup.backups(tmp_path) == sorted(made)[-2:]
    assert not half.exists()
    assert under_way.exists()


def test_each_night_leaves_a_backup_where_a_folder_was_named(filled, settings, tmp_path):
    settings.BACKUP_DIR = str(tmp_path / "nightly")
    settings.BACKUPS_KEPT = 1
    backup.make(tmp_path / "nightly")

    rounds.tick(by="test")

    assert len(backup.backups(tmp_path / "nightly")) == 1
    assert Pulse.objects.get(name=rounds.BACKUP).ok

    settings.BACKUP_DIR = "/proc/nowhere"
    Pulse.objects.all().delete()
    rounds.tick(by="test")
    pulse = Pulse.objects.get(name=rounds.BACKUP)
    assert not pulse.ok
    assert "/proc/nowhere cannot be written to" in pulse.detail


def test_a_rehearsal_reads_all_of_a_backup_and_changes_nothing(filled, settings, tmp_path, capsys):
    call_command("backup", str(tmp_path))
    folder = backup.backups(tmp_path)[0]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    call_command("restore_check", str(tmp_path))

    assert "3 files compared" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert Pulse.objects.get(name=rounds.RESTORE_CHECK).ok
    other_rows(backup.read(folder))
    with pytest.raises(CommandError, match="differs from the manifest in: schools_user"):
        call_command("restore_check", str(tmp_path))
    assert not Pulse.objects.get(name=rounds.RESTORE_CHECK).ok
