"""The only place that says what a channel is: one small file each, all with this face.

A channel takes a composed letter and answers how it ended. It never raises for what the far end
does, keeps one connection for many letters, and holds no letter longer than LIMIT seconds.
"""

from enum import StrEnum
from typing import NamedTuple, Protocol

LIMIT = 25.0  # seconds for one letter, with connecting; a lease is three times as long and more


class Letter(NamedTuple):
    """What is sent: to whom, what, and the names by which a second copy is known."""

    name: str
    address: str
    subject: str
    text: str
    html: str
    message_id: str
    key: str


class End(StrEnum):
    """How a try at a letter ended."""

    accepted = "accepted"
    refused = "refused"  # this address takes no letters, and will not
    rejected = "rejected"  # this letter is not taken; another to the same address may be
    later = "later"  # not now
    lost = "lost"  # the line broke after the letter was handed over: it may have arrived
    dropped = "dropped"  # the line broke before that
    unreachable = "unreachable"  # nobody there, or not for us: no letter would get through


class Answer(NamedTuple):
    end: End
    said: str = ""


class Channel(Protocol):
    def send(self, letter: Letter) -> Answer: ...

    def close(self) -> None: ...
