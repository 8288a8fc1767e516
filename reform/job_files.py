"""The only place that keeps the files of long jobs: a private folder each, gone with its job."""

import os
import shutil
from pathlib import Path

from django.conf import settings

SENT, PROGRESS = "sent", "progress"


def path(job_id: int, name: str) -> Path:
    """Where the file `name` of a job lies; `name` is a word of ours, never of a request."""
    return _root() / str(job_id) / name


def put(job_id: int, name: str, data: bytes) -> None:
    """Write a file that only this program reads; whoever looks sees the old one or all of it."""
    target = _folder(job_id) / name
    half = target.with_name(f"{name}.{os.getpid()}")
    handle = os.open(half, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    half.replace(target)


def get(job_id: int, name: str) -> bytes:
    """What `put` was given; FileNotFoundError when it was cleared away."""
    return path(job_id, name).read_bytes()


def log(job_id: int) -> Path:
    """What its child says beside; read by an operator when something broke."""
    return _folder(job_id) / "log"


def clear(job_id: int) -> None:
    """Delete every file of a job; nothing happens when there is none."""
    shutil.rmtree(_root() / str(job_id), ignore_errors=True)


def known() -> set[int]:
    """Jobs that files lie here of."""
    if not _root().is_dir():
        return set()
    return {int(folder.name) for folder in _root().iterdir() if folder.name.isdigit()}


def _folder(job_id: int) -> Path:
    folder = _root() / str(job_id)
    for each in (_root(), folder):
        each.mkdir(mode=0o700, exist_ok=True)
    return folder


def _root() -> Path:
    return Path(settings.JOBS_DIR)
