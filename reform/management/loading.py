"""The only place that brings the data up to date before a start, when anything it is made from has
changed."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from reform import instance

Step = tuple[str, Mapping[str, Any]]
GROUND: tuple[Step, ...] = (
    ("migrate", {"verbosity": 0}),
    ("collectstatic", {"verbosity": 0, "interactive": False}),
    ("load_regions", {}),
    ("load_calendar", {}),
    ("load_framework", {}),
)
MADE_FROM = ("seeds/**/*", "*/migrations/*.py", "*/management/**/*.py", "reform/static/**/*")


def is_ready() -> bool:
    """Whether all that the data is made from is what it was made from."""
    stamp = settings.VAR_DIR / instance.PREPARED
    return stamp.exists() and stamp.read_text() == fingerprint() and not database_is_gone()


def lay(tell: Callable[[str], None]) -> None:
    """Tables, static files, regions, calendar, catalogue; harmless to repeat."""
    for name, arguments in GROUND:
        tell(f"{name} …")
        call_command(name, **arguments)


def is_done() -> None:
    """From now on nothing needs to be loaded, until something changes."""
    (settings.VAR_DIR / instance.PREPARED).write_text(fingerprint())
    connection.close()


def fingerprint() -> str:
    """A digest of all that the data is made from."""
    digest = sha256((settings.BASE_DIR / "requirements.txt").read_bytes())
    for path in sorted(made_from()):
        digest.update(f"{path.relative_to(settings.BASE_DIR)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def database_is_gone() -> bool:
    """Whether the file was deleted to begin anew."""
    return connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists()


def made_from() -> Iterator[Path]:
    for pattern in MADE_FROM:
        yield from (path for path in settings.BASE_DIR.glob(pattern) if path.is_file())
