"""The only place that touches evidence on disk: bytes under their SHA-256, and their previews."""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings

CHUNK = 1024 * 1024
FAILED_FOR = 3600  # seconds


def path(sha256: str) -> Path:
    """Where the bytes of a hash are: <EVIDENCE_DIR>/ab/cd/abcd…"""
    return _root() / sha256[:2] / sha256[2:4] / sha256


def preview_path(sha256: str, page: int) -> Path:
    """Where a preview of page `page` is kept once it was made."""
    return _root() / "previews" / sha256[:2] / f"{sha256}-{page}"


@contextmanager
def draft() -> Iterator[Path]:
    """An empty private file on the same disk; gone afterwards, unless it was put away."""
    folder = _folder(_root() / "incoming")
    handle, name = tempfile.mkstemp(dir=folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def fill(target: Path, source: IO[bytes], most: int) -> int:
    """Copy at most `most` + 1 bytes; the number copied."""
    size = 0
    with open(target, "wb") as file:
        while size <= most and (chunk := source.read(min(CHUNK, most + 1 - size))):
            file.write(chunk)
            size += len(chunk)
    return size


def digest(file: Path) -> str:
    """SHA-256, hex."""
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def put(file: Path, sha256: str) -> None:
    """Move a finished file to its place, surely on disk before anybody reads of it."""
    target = path(sha256)
    folder = _folder(target.parent)
    with open(file, "rb") as stream:
        os.fsync(stream.fileno())
    os.utime(file)
    os.replace(file, target)
    for changed in (folder, folder.parent, _root()):
        handle = os.open(changed, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def put_preview(file: Path, target: Path) -> None:
    """Keep a preview; it can always be made again, so nothing waits for the disk."""
    _folder(target.parent)
    os.replace(file, target)


def is_fresh(preview: Path) -> bool:
    """Whether a preview need not be made; an empty one says for an hour that it failed."""
    if not preview.exists():
        return False
    about = preview.stat()
    return about.st_size > 0 or time.time() - about.st_mtime < FAILED_FOR


def remove(sha256: str) -> None:
    """Delete the bytes and every preview of them."""
    path(sha256).unlink(missing_ok=True)
    for preview in preview_path(sha256, 0).parent.glob(f"{sha256}-*"):
        preview.unlink(missing_ok=True)


@contextmanager
def lock(sha256: str) -> Iterator[None]:
    """Between processes: whoever stores a content and whoever deletes it take turns."""
    with open(_folder(_root() / "locks") / sha256[:2], "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def older_than(seconds: float) -> Iterator[str]:
    """Hashes of what has lain here for so long, in order."""
    for file in sorted(_root().glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")):
        if time.time() - file.stat().st_mtime > seconds:
            yield file.name


def forget_drafts(seconds: float) -> int:
    """Delete what interrupted uploads have left; how many."""
    left = [
        file
        for file in _folder(_root() / "incoming").iterdir()
        if time.time() - file.stat().st_mtime > seconds
    ]
    for file in left:
        file.unlink(missing_ok=True)
    return len(left)


def _root() -> Path:
    return Path(settings.EVIDENCE_DIR)


def _folder(folder: Path) -> Path:
    """Made when missing, for its owner alone (mkdir gives parents the default mode)."""
    for each in [*reversed(folder.parents), folder]:
        if each == _root() or _root() in each.parents:
            each.mkdir(mode=0o700, exist_ok=True)
    return folder
