"""The only place that runs every process of the product on one machine, and ends them all."""

import contextlib
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.management.base import CommandError

from reform.management import children

FIRST_PORT, PORTS = 8000, 20
ANSWER_WITHIN = 60.0


class OnlyOne:
    """Hold the data for one start at a time; a second one is told where the first answers."""

    def __enter__(self) -> IO[str]:
        self.file = (settings.VAR_DIR / "running").open("a+")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.file.seek(0)
            where = self.file.read().strip() or "its start is under way"
            raise CommandError(f"It is running already: {where}") from error
        self.file.truncate(0)
        return self.file

    def __exit__(self, *exception: object) -> None:
        self.file.truncate(0)
        self.file.close()


def choose_port(wanted: str) -> int:
    """The port asked for, which must be free; otherwise the first free one from 8000 on."""
    if wanted and not (wanted.isdecimal() and 0 < int(wanted) < 65536):
        raise CommandError(f"PORT={wanted!r} must be a number from 1 to 65535.")
    candidates = [int(wanted)] if wanted else range(FIRST_PORT, FIRST_PORT + PORTS)
    for port in candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise CommandError(
        f"Port {wanted} is taken; choose another: PORT=8080"
        if wanted
        else f"The ports {FIRST_PORT} to {FIRST_PORT + PORTS - 1} are all taken: PORT=9000"
    )


def answers(port: int) -> bool:
    """Wait until a page is answered and Valkey listens."""
    end = time.monotonic() + ANSWER_WITHIN
    while time.monotonic() < end:
        time.sleep(0.2)
        page = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(page):
            page.request("GET", "/")
            page.getresponse().read()
            if "valkey" in parts():
                with socket.socket(socket.AF_UNIX) as valkey:
                    valkey.connect(str(settings.VALKEY_SOCKET))
            return True
    return False


def parts() -> list[str]:
    """The processes of the Procfile to start; no Valkey of our own when another was named."""
    own = settings.REDIS_URL == f"unix://{settings.VALKEY_SOCKET}"
    return ["web", *(["valkey"] if own else []), "worker", "beat", "watchdog"]


def run_all(port: int) -> int:
    """Honcho and all it starts, to the last; its exit code, 0 when we were asked to end."""
    here = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PORT": str(port),
        "PUBLIC_URL": os.environ.get("PUBLIC_URL") or f"http://127.0.0.1:{port}",
        "PATH": f"{here}{os.pathsep}{os.environ.get('PATH', '')}",
        "VAR_DIR": str(settings.VAR_DIR),
        "PYTHONUNBUFFERED": "1",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }
    children.adopt_orphans()
    asked: list[int] = []
    honcho = subprocess.Popen(
        [sys.executable, "-m", "honcho", "start", *parts()],
        cwd=settings.BASE_DIR,
        env=environment,
        preexec_fn=children.end_with_parent,
    )
    forward: Callable[..., None] = lambda number, _: (asked.append(number), honcho.terminate())  # noqa: E731
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)
    code = honcho.wait()
    children.end_all()
    return 0 if asked else code or 1
