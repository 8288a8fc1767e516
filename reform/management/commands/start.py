"""The only place that starts the demo: its county, then every process."""

import os
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from reform.management import loading, processes


class Command(BaseCommand):
    help = "Load the demo county when something changed, then start every process. Ctrl-C ends all."

    def handle(self, **options: Any) -> None:
        began = time.monotonic()
        with processes.OnlyOne() as lock:
            try:
                self.prepare()
            except KeyboardInterrupt as stop:
                raise CommandError("Stopped while loading; the next start goes on.") from stop
            port = processes.choose_port(os.environ.get("PORT", ""))
            address = f"http://127.0.0.1:{port}/"
            lock.write(address)
            lock.flush()
            about = (port, address, began)
            threading.Thread(target=self.announce, args=about, daemon=True).start()
            code = processes.run_all(port)
        if code:
            raise CommandError("A process ended by itself; its last lines above say why.")

    def prepare(self) -> None:
        """Bring the data up to date; nothing to do when all it is made from is the same."""
        call_command("messages", compile=True)
        if loading.is_ready():
            return
        loading.lay(self.tell)
        self.tell("demo …")
        with (settings.VAR_DIR / "accounts").open("w") as accounts:
            call_command("demo", stdout=accounts)
        loading.is_done()

    def tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def announce(self, port: int, address: str, began: float) -> None:
        """Once a page can be had, say where, and who may sign in."""
        if not processes.answers(port):
            return
        accounts = (settings.VAR_DIR / "accounts").read_text().rstrip()
        rule = "─" * 72
        seconds = time.monotonic() - began
        self.tell(
            f"\n{rule}\n{accounts}\n\nOpen {address} (ready after {seconds:.0f} s). "
            f"Ctrl-C ends it; the data stays in {settings.VAR_DIR}.\n{rule}"
        )
