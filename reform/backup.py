"""The only place that writes a backup and reads back whether it is whole."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform import dump, release, vault
from reform.dump import Contents, Failed, Table
from schools import clock

FORMAT = 1
MANIFEST, SEAL, EVIDENCE = "manifest.json", "manifest.json.sha256", "evidence"
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
NAMED = "%Y%m%d-%H%M%S"  # by the clock of Shanghai
HALF_DONE = timedelta(days=1)
SPARE = 64 * 1024**2
MIB = 1024**2


class Made(NamedTuple):
    """A finished backup. `faults` names evidence that was not what it should be before it."""

    folder: Path
    rows: int
    files: int
    faults: list[str]

    def sentence(self) -> str:
        said = _("%(rows)d rows and %(files)d files of evidence in %(folder)s.") % {
            "rows": self.rows,
            "files": self.files,
            "folder": self.folder,
        }
        if not self.faults:
            return said
        wrong = ngettext(
            "%(n)d file of evidence was not as uploaded and is not in it: %(names)s",
            "%(n)d files of evidence were not as uploaded and are not in it: %(names)s",
            len(self.faults),
        )
        return f"{said} {wrong % {'n': len(self.faults), 'names': ', '.join(self.faults[:5])}}"


class Manifest(NamedTuple):
    """What a backup says of itself."""

    folder: Path
    made_at: datetime
    engine: str
    release: str
    database: dict[str, Any]
    contents: Contents
    evidence: dict[str, int]  # SHA-256 → bytes


def make(folder: Path) -> Made:
    """Write a backup into a new folder in `folder`, named after the moment, while others work.

    First under another name: what has a name is whole. Nothing is left of one that failed.
    """
    with _plainly(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        now = clock.now()
        final = _free(folder / now.astimezone(clock.SHANGHAI).strftime(NAMED))
        part = folder / f".{final.name}.{os.getpid()}.part"
        try:
            part.mkdir(mode=0o700)
            _need(folder, dump.size())
            made = _fill(part, now)
            part.rename(final)
            _to_disk(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return made._replace(folder=final)


def forget_old(folder: Path, keep: int) -> int:
    """Delete all but the `keep` newest backups, and halves a day old; how many."""
    old = backups(folder)[:-keep]
    limit = (clock.now() - HALF_DONE).timestamp()
    old += [half for half in folder.glob(".*.part") if half.stat().st_mtime < limit]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)


def backups(folder: Path) -> list[Path]:
    """The backups in a folder, the oldest first."""
    return sorted(path.parent for path in folder.glob(f"[0-9]*/{MANIFEST}"))


def tonight() -> tuple[bool, str]:
    """What is done each night where a folder for it was named."""
    if not settings.BACKUP_DIR:
        return True, ""
    folder = Path(settings.BACKUP_DIR)
    try:
        made = make(folder)
    except Failed as failed:
        return False, str(failed)
    forget_old(folder, settings.BACKUPS_KEPT)
    return not made.faults, made.sentence()


def read(folder: Path) -> Manifest:
    """The manifest of a backup, or of the newest of several in a folder."""
    if not (folder / MANIFEST).exists():
        several = backups(folder)
        if not several:
            raise Failed(_("There is no backup in %(folder)s.") % {"folder": folder})
        folder = several[-1]
    damaged = Failed(
        _("%(folder)s: the manifest is damaged. Use another backup.") % {"folder": folder}
    )
    try:
        text = (folder / MANIFEST).read_bytes()
        seal = (folder / SEAL).read_text("ascii").split()[0]
        if sha256(text).hexdigest() != seal:
            raise damaged
        said = json.loads(text)
        if said["format"] != FORMAT:
            raise Failed(
                _("%(folder)s was written by another version of this product (format %(format)s).")
                % {"folder": folder, "format": said["format"]}
            )
        return _understood(folder, said)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise damaged from error


def check(manifest: Manifest) -> list[str]:
    """Read every file of a backup: the evidence that is not as it was written. Failed when the
    copy of the database is not."""
    file = manifest.folder / manifest.database["file"]
    if not _is(file, manifest.database["sha256"]):
        raise Failed(_("%(file)s is not as it was written. Use another backup.") % {"file": file})
    return [
        digest for digest in manifest.evidence if not _is(place(manifest.folder, digest), digest)
    ]


def _is(file: Path, digest: str) -> bool:
    try:
        return vault.digest(file) == digest
    except OSError:
        return False


def differences(said: Contents, found: Contents) -> list[str]:
    """Where two databases differ: names of tables, and of chains whose heads do."""
    tables = said.tables.keys() | found.tables.keys()
    wrong = [name for name in tables if said.tables.get(name) != found.tables.get(name)]
    chains = said.chains.keys() | found.chains.keys()
    wrong += [name for name in chains if said.chains.get(name) != found.chains.get(name)]
    return sorted(wrong)


def place(folder: Path, digest: str) -> Path:
    """Where a file of evidence lies in a backup."""
    return folder / EVIDENCE / digest[:2] / digest


def _fill(part: Path, now: datetime) -> Made:
    database = part / DATABASE[dump.kind()]
    contents = dump.save(database)
    evidence, faults = _evidence(part, contents.evidence)
    said = {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "release": release.version(),
        "engine": dump.kind(),
        "database": {
            "file": database.name,
            "bytes": database.stat().st_size,
            "sha256": vault.digest(database),
        },
        "tables": {name: list(table) for name, table in contents.tables.items()},
        "chains": contents.chains,
        "migrations": contents.migrations,
        "evidence": evidence,
        "faults": faults,
    }
    text = json.dumps(said, ensure_ascii=False, indent=1).encode()
    (part / MANIFEST).write_bytes(text)
    (part / SEAL).write_text(f"{sha256(text).hexdigest()}  {MANIFEST}\n")
    for file in (database, part / MANIFEST, part / SEAL):
        file.chmod(0o600)
        _to_disk(file)
    rows = sum(table.rows for table in contents.tables.values())
    return Made(part, rows, len(evidence), faults)


def _evidence(part: Path, digests: list[str]) -> tuple[dict[str, int], list[str]]:
    """Bring the evidence in: the same bytes under a second name on the same disk, else copies.

    A file that is gone or changed is no reason to have no backup; it is named.
    """
    taken, faults = {}, []
    for digest in digests:
        source, target = vault.path(digest), place(part, digest)
        for folder in (target.parent.parent, target.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        try:
            if not _linked(source, target):
                _need(part, source.stat().st_size)
                shutil.copyfile(source, target)
                target.chmod(0o600)
                _to_disk(target)
        except FileNotFoundError:
            faults.append(digest)
            continue
        if _is(target, digest):
            taken[digest] = target.stat().st_size
        else:
            target.unlink()
            faults.append(digest)
    return taken, faults


def _linked(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or one without links
        return False
    return True


def _understood(folder: Path, said: dict[str, Any]) -> Manifest:
    tables = {name: Table(*table) for name, table in said["tables"].items()}
    contents = Contents(tables, said["chains"], said["migrations"], list(said["evidence"]))
    if said["database"]["file"] != DATABASE[said["engine"]]:
        raise ValueError(said["database"]["file"])
    return Manifest(
        folder,
        datetime.fromisoformat(said["made_at"]),
        said["engine"],
        said["release"],
        said["database"],
        contents,
        said["evidence"],
    )


def _free(wanted: Path) -> Path:
    """`wanted`, or with a number where there is one of this second."""
    tries = (wanted.with_name(f"{wanted.name}-{n}") if n > 1 else wanted for n in range(1, 100))
    return next(path for path in tries if not path.exists())


def _need(folder: Path, size: int) -> None:
    """Refused when the disk has no room for it and a little more."""
    free = shutil.disk_usage(folder).free
    if free < size + SPARE:
        raise Failed(
            _("%(folder)s has %(free)d MB free, and %(size)d MB are needed. Nothing was written.")
            % {"folder": folder, "free": free // MIB, "size": (size + SPARE) // MIB}
        )


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _plainly(folder: Path) -> Iterator[None]:
    """What the disk refuses, as a sentence with the folder."""
    try:
        yield
    except OSError as error:
        raise Failed(
            _("%(folder)s cannot be written to: %(why)s. There is no new backup.")
            % {"folder": error.filename or folder, "why": error.strerror}
        ) from error
