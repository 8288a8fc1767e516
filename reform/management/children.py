"""The only place that sees to it that no process outlives the one that started it (Linux)."""

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

SET_PDEATHSIG, SET_CHILD_SUBREAPER = 1, 36
PATIENCE = 10.0  # seconds to end in good order


def adopt_orphans() -> None:
    """When a child of ours dies, its own children become ours instead of nobody's."""
    _prctl(SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> None:
    """Between fork and exec: be asked to end when the parent is killed."""
    _prctl(SET_PDEATHSIG, signal.SIGTERM)


def end_all() -> None:
    """Ask all that stem from this process to end, wait, then end the rest; none is left."""
    end = time.monotonic() + PATIENCE
    asked: set[int] = set()
    while left := descendants(os.getpid()):
        late = time.monotonic() > end
        for pid in left:
            if late or pid not in asked:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
                asked.add(pid)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.05)


def descendants(pid: int) -> set[int]:
    """Children and their children, by /proc; none where there is no such folder."""
    found: set[int] = set()
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, file.read_text().split()):
                found |= {child} | descendants(child)
    return found


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
