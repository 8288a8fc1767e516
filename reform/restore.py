"""The only place that makes an empty installation hold what a backup holds, or rehearses it."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from reform import backup, dump, vault
from reform.backup import Manifest
from reform.dump import Contents, Failed
from reform.models import Message, Pulse
from reform.models.message import MessageState
from schools import clock

RESTORE = "restore"  # the pulse that `dump.put_back` leaves


class Restored(NamedTuple):
    manifest: Manifest
    rows: int
    files: int
    held: int  # letters that waited when the backup was made
    damaged: list[str]  # evidence that was left out


def rehearse(folder: Path) -> Restored:
    """Read a whole backup and put it into a database of its own, which is gone afterwards."""
    manifest, damaged = _good(folder)
    with vault.draft() as scratch:  # a copy: to look into it must not change the backup
        source = manifest.folder / manifest.database["file"]
        shutil.copyfile(source, scratch)
        _compare(manifest)(dump.read_copy(scratch))
    return _told(manifest, 0, damaged)


def restore(folder: Path, *, leave_damaged: bool = False) -> Restored:
    """Fill an empty database, and the evidence beside it. Evidence first: bytes that nobody names
    do no harm, so a restore that breaks off leaves an installation that is still empty."""
    manifest, damaged = _good(folder)
    if damaged and not leave_damaged:
        raise Failed(
            _(
                "%(n)d files of evidence in the backup are not as they were written: %(names)s. "
                "Use another backup, or do without them: --leave-damaged."
            )
            % {"n": len(damaged), "names": ", ".join(damaged[:5])}
        )
    if not dump.is_empty():
        raise Failed(
            _(
                "The database is not empty, and a restore writes over nothing. Move %(var)s aside "
                "(or make a new database) and try again."
            )
            % {"var": settings.VAR_DIR}
        )
    _bring_evidence(manifest, set(damaged))
    moment = clock.now().strftime("%Y-%m-%d %H:%M:%S.%f")
    zone = "+00" if dump.kind() == "postgresql" else ""
    source = manifest.folder / manifest.database["file"]
    try:
        held = dump.put_back(source, _compare(manifest), f"{moment}{zone}")
    except OSError as error:
        raise Failed(f"{error.filename or settings.VAR_DIR}: {error.strerror}") from error
    return _told(manifest, held, damaged)


def held(moment: datetime) -> "QuerySet[Message]":
    """Letters that a restore at this moment holds back: they waited when the backup was made."""
    return Message.objects.filter(state=MessageState.held, made_at__lte=moment)


def epoch() -> datetime | None:
    """The moment of the last restore: what was due before it may have been told already."""
    return Pulse.objects.filter(name=RESTORE).values_list("finished_at", flat=True).first()


def release(*, send: bool) -> int:
    """Send what the last restore holds back, or drop it; how many letters."""
    moment, now = epoch(), clock.now()
    if moment is None:
        return 0
    if send:
        return held(moment).update(state=MessageState.waiting, next_at=now)
    return held(moment).update(state=MessageState.cancelled, settled_at=now)


def _good(folder: Path) -> tuple[Manifest, list[str]]:
    """A backup of this kind of database and of a version that this one knows, whose copy of the
    database is whole; and the evidence in it that is not."""
    manifest = backup.read(folder)
    if manifest.engine != dump.kind():
        raise Failed(
            _(
                "The backup is of %(its)s, and this installation keeps its data in %(ours)s. Set "
                "DATABASE_URL to a database of the same kind."
            )
            % {"its": manifest.engine, "ours": dump.kind()}
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    newer = [name for name in manifest.contents.migrations if name not in known]
    if newer:
        raise Failed(
            _("The backup was made by a newer version (%(release)s, %(name)s). Take that one.")
            % {"release": manifest.release, "name": newer[-1]}
        )
    return manifest, backup.check(manifest)


def _compare(manifest: Manifest) -> Callable[[Contents], None]:
    def compare(found: Contents) -> None:
        wrong = backup.differences(manifest.contents, found)
        if wrong:
            raise Failed(
                _("The restored database differs from the manifest in: %(names)s. Do not use it.")
                % {"names": ", ".join(wrong[:10])}
            )

    return compare


def _bring_evidence(manifest: Manifest, without: set[str]) -> None:
    for digest in manifest.evidence.keys() - without:
        target = vault.path(digest)
        if target.exists() and vault.digest(target) == digest:
            continue
        try:
            with vault.draft() as file:
                shutil.copyfile(backup.place(manifest.folder, digest), file)
                vault.put(file, digest)
        except OSError as error:
            raise Failed(f"{error.filename or target}: {error.strerror}") from error


def _told(manifest: Manifest, held: int, damaged: list[str]) -> Restored:
    rows = sum(table.rows for table in manifest.contents.tables.values())
    return Restored(manifest, rows, len(manifest.evidence) - len(damaged), held, damaged)
