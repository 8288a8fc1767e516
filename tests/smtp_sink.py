"""The only place for a mail server of our own: it takes letters, or fails in a way it was told.

`python -m tests.smtp_sink PORT FOLDER` runs it by itself: each letter becomes a file NNNNN.eml in
the folder and a line in log.jsonl, written through to the disk before it is answered. How it is to
fail stands in FOLDER/mode.json and may be changed while it runs.
"""

import asyncio
import email
import email.policy
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests import services

logging.getLogger("mail.log").setLevel(logging.WARNING)


class Sink:
    """Takes letters. `mode`: what fails, e.g. {"rcpt": "451 later", "only": "slow@"}.

    rcpt, mail, data  the answer there instead of 250 (for data the letter is not taken)
    tarpit            seconds before RCPT is answered; drip: an answer a byte a second, without end
    most              letters on one connection before 421
    close             "after" DATA the letter is logged and the line cut; "before": not logged
    every             only each nth letter fails so; only: only addresses that contain this
    rules             a list of several such
    """

    def __init__(self, folder=None):
        self.folder = Path(folder) if folder else None
        self.mode, self.letters, self.count, self.connections = {}, [], 0, 0
        self.kept = 0
        self.lock = threading.Lock()
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.log = os.open(self.folder / "log.jsonl", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def now(self):
        """The mode in force."""
        if not self.folder:
            return self.mode
        try:
            return json.loads((self.folder / "mode.json").read_text())
        except FileNotFoundError:
            return self.mode
        except ValueError:  # being written
            return {}

    def fails(self, name, envelope, address=""):
        """What is to happen at this step to this letter; None: nothing."""
        mode, to = self.now(), address or (envelope.rcpt_tos or [""])[0]
        for rule in mode.get("rules", [mode]):
            if (
                name in rule
                and rule.get("only", "") in to
                and not self.count % rule.get("every", 1)
            ):
                return rule[name]
        return None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name, session.taken = hostname, 0
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.count += 1
        most = self.now().get("most")
        if most and session.taken >= most:
            asyncio.get_running_loop().call_later(0.05, server.transport.close)
            return "421 4.7.0 enough on this line"
        if answer := self.fails("mail", envelope):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if seconds := self.fails("tarpit", envelope, address):
            await asyncio.sleep(seconds)
        if self.fails("drip", envelope, address):
            while not server.transport.is_closing():
                server.transport.write(b"2")
                await asyncio.sleep(1)
        if answer := self.fails("rcpt", envelope, address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if answer := self.fails("data", envelope):
            return answer
        cut = self.fails("close", envelope)
        if cut != "before":
            self.keep(envelope)
        if cut:
            server.transport.abort()
            return "250 nobody hears it"
        session.taken += 1
        return "250 2.0.0 taken"

    def keep(self, envelope):
        """Log a letter, on the disk before it is answered."""
        if not self.folder:
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            with self.lock:
                self.letters.append(message)
            return
        message = email.message_from_bytes(envelope.content)  # as it came: quicker, and enough
        plain = next(p for p in message.walk() if p.get_content_type() == "text/plain")
        text = plain.get_payload(decode=True).decode().replace("\r\n", "\n")
        about = {"at": time.time(), "to": envelope.rcpt_tos[0], "text": text,
                 "id": message["Message-ID"].strip(), "key": message["X-Reform-Key"]}  # fmt: skip
        with self.lock:
            self.kept += 1
            (self.folder / f"{self.kept:05d}.eml").write_bytes(envelope.content)
            os.write(self.log, (json.dumps(about, ensure_ascii=False) + "\n").encode())
            os.fsync(self.log)


def text_of(message):
    """The plain text of a letter."""
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def html_of(message):
    return message.get_body(("html",)).get_content().replace("\r\n", "\n")


class Server(Controller):
    """The sink on a port of this machine, in a thread."""

    def factory(self):
        return SMTP(self.handler, enable_SMTPUTF8=False, data_size_limit=1_000_000, ident="sink")


class Running:
    """The sink in a process of its own, on a port that nobody else can take meanwhile."""

    def __init__(self):
        self.folder, self.port = services.make_folder(), services.free_port()
        self.log = self.folder / "log.jsonl"
        self.start()

    def start(self):
        command = [sys.executable, "-m", "tests.smtp_sink", str(self.port), str(self.folder)]
        self.process = subprocess.Popen(
            command, cwd=Path(__file__).resolve().parent.parent, stdout=subprocess.PIPE,
            preexec_fn=services.end_with_parent,
        )  # fmt: skip
        if not self.process.stdout.readline():
            raise RuntimeError(f"the mail server did not start on port {self.port}")

    def empty(self):
        self.mode()
        os.truncate(self.log, 0)

    def mode(self, **mode):
        temporary = self.folder / "mode.tmp"
        temporary.write_text(json.dumps(mode))
        temporary.rename(self.folder / "mode.json")

    def count(self):
        return self.log.read_bytes().count(b"\n")

    def stop(self):
        if self.process.poll() is None:
            services.stop(self.process, signal.SIGTERM)


def start(port, folder=None):
    """A running sink."""
    server = Server(Sink(folder), hostname="127.0.0.1", port=port)
    server.start()
    return server


def main():
    server = start(int(sys.argv[1]), sys.argv[2])
    sys.stdout.write(f"smtp://127.0.0.1:{sys.argv[1]} → {sys.argv[2]}\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.stop()


if __name__ == "__main__":
    main()
