"""The only place that speaks SMTP."""

import contextlib
import smtplib
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from django.conf import settings

from reform.channels import LIMIT, Answer, End, Letter
from schools import clock

CLOSING = 421
TOO_LARGE = 552
SLOW = 5.0  # seconds after which a dead line is no longer taken for one closed while idle
EACH_STEP = 10.0  # seconds the server may take over one command
BROKEN = (OSError, smtplib.SMTPException, ValueError)  # ValueError: the line was cut under TLS


class Mail:
    """One connection to the mail server, made when the first letter comes, kept for the next."""

    def __init__(self) -> None:
        self.smtp: smtplib.SMTP | None = None

    def send(self, letter: Letter) -> Answer:
        """Hand a letter over. A line that turns out dead before the letter is out is made anew."""
        message = as_message(letter).as_bytes(policy=policy.SMTP)
        if server()["console"]:
            sys.stdout.write(as_message(letter).as_string(policy=policy.SMTPUTF8) + "\n")
            return Answer(End.accepted, "printed")
        end = time.monotonic() + LIMIT
        used = self.smtp is not None
        answer = self._try(letter.address, message, end)
        quick = end - time.monotonic() > LIMIT - SLOW
        if used and quick and answer.end == End.dropped:
            answer = self._try(letter.address, message, end)
        return answer

    def close(self) -> None:
        if self.smtp is not None:
            with contextlib.suppress(*BROKEN), self._at_most(2.0):
                self.smtp.quit()
            self._drop()

    def _try(self, address: str, message: bytes, end: float) -> Answer:
        if self.smtp is None:
            try:
                self._connect(end)
            except BROKEN as error:
                self._drop()
                return Answer(End.unreachable, told(error))
        try:
            with self._at_most(end - time.monotonic()) as cut:
                answer = self._talk(address, message)
            if cut and answer.end != End.accepted:
                answer = Answer(End.dropped, f"no answer within {LIMIT:.0f} seconds")
        except Handed as error:
            answer = Answer(End.lost, told(error.__cause__))
        except BROKEN as error:
            answer = Answer(End.dropped, told(error))
        if answer.end not in {End.accepted, End.refused, End.later, End.rejected}:
            self._drop()
        return answer

    def _talk(self, address: str, message: bytes) -> Answer:
        """MAIL, RCPT, DATA; what each answer means for the letter, the address, or all letters."""
        assert self.smtp is not None
        size = [f"size={len(message)}"] if self.smtp.has_extn("size") else []
        code, said = self.smtp.mail(parseaddr(settings.MAIL_FROM)[1], size)
        if code == TOO_LARGE:
            return self._no(End.rejected, code, said)
        if code != 250:
            return self._no(End.unreachable if code >= 500 else End.later, code, said)
        code, said = self.smtp.rcpt(address)
        if code not in {250, 251}:
            return self._no(End.refused if code >= 500 else End.later, code, said)
        code, said = self.smtp.docmd("DATA")
        if code != 354:
            return self._no(End.rejected if code >= 500 else End.later, code, said)
        try:
            quoted = smtplib._quote_periods(message)  # type: ignore[attr-defined]
            # In one piece: an end sent by itself would wait for the receipt of what went before.
            self.smtp.send(quoted + (b".\r\n" if quoted.endswith(b"\r\n") else b"\r\n.\r\n"))
            code, said = self.smtp.getreply()
        except BROKEN as error:
            raise Handed from error
        if code == 250:
            return Answer(End.accepted, words(code, said))
        return self._no(End.rejected if code >= 500 else End.later, code, said)

    def _no(self, end: End, code: int, said: bytes) -> Answer:
        """A refusal: begin afresh with the next letter; after 421 or no code, on another line."""
        assert self.smtp is not None
        if code in {CLOSING, -1}:
            return Answer(End.dropped, words(code, said))
        try:
            clean = self.smtp.rset()[0] == 250
        except BROKEN:
            clean = False
        if not clean:
            self._drop()
        return Answer(end, words(code, said))

    def _connect(self, end: float) -> None:
        far = server()
        secure: dict[str, Any] = {}
        kind: type[smtplib.SMTP] = smtplib.SMTP
        if far["tls"] == "ssl":
            kind, secure = smtplib.SMTP_SSL, {"context": ssl.create_default_context()}
        left = min(EACH_STEP, max(end - time.monotonic(), 0.1))
        self.smtp = smtp = kind(local_hostname=socket.gethostname(), timeout=left, **secure)
        smtp._host = far["host"]  # type: ignore[attr-defined]  # for the name on the certificate
        with self._at_most(end - time.monotonic()):
            code, said = smtp.connect(far["host"], far["port"])
            if code != 220:
                raise smtplib.SMTPConnectError(code, said)
            smtp.ehlo_or_helo_if_needed()
            if far["tls"] == "starttls":
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo_or_helo_if_needed()
            if far["user"]:
                smtp.login(far["user"], far["password"])

    def _drop(self) -> None:
        if self.smtp is not None:
            with contextlib.suppress(*BROKEN):
                self.smtp.close()
        self.smtp = None

    @contextlib.contextmanager
    def _at_most(self, seconds: float) -> Iterator[list[bool]]:
        """Cut the line after so long: a server that sends a byte now and then never times out.

        What it yields holds something once the line was cut.
        """
        done: list[bool] = []
        timer = threading.Timer(max(seconds, 0.1), self._cut, [done])
        timer.daemon = True
        timer.start()
        try:
            yield done
        finally:
            timer.cancel()

    def _cut(self, done: list[bool]) -> None:
        done.append(True)
        line = getattr(self.smtp, "sock", None)
        if line is not None:
            with contextlib.suppress(*BROKEN):
                socket.socket.shutdown(line, socket.SHUT_RDWR)


class Handed(Exception):
    """The line broke after the letter had gone out on it."""


def as_message(letter: Letter) -> EmailMessage:
    """The letter as it travels. ValueError for an address or a subject that is none."""
    message = EmailMessage(policy=policy.SMTP)
    message["Message-ID"] = letter.message_id
    message["X-Reform-Key"] = letter.key
    message["Date"] = format_datetime(clock.now())
    message["From"] = settings.MAIL_FROM
    message["To"] = Address(letter.name, addr_spec=letter.address)
    message["Subject"] = letter.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def server() -> dict[str, Any]:
    """Where letters go; only asked where mail is on."""
    assert settings.MAIL_SERVER is not None
    return settings.MAIL_SERVER


def words(code: int, said: bytes) -> str:
    return f"{code} {said.decode('utf-8', 'replace')}"


def told(error: BaseException | None) -> str:
    """What went wrong with a line, in words an operator can search for."""
    code = getattr(error, "smtp_code", None)
    if code is not None:
        return words(code, error.smtp_error)  # type: ignore[union-attr]
    return f"{type(error).__name__}: {error}"
