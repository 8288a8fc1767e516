"""The only place where this app says what the audit log must hold; `reform.audit` writes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest

from schools.models import User

_caller: ContextVar[str] = ContextVar("caller", default="")


@dataclass(frozen=True)
class Note:
    """Something a person did, or tried. `user` None: nobody we know by the name that was typed."""

    what: str
    thing: str = ""
    ok: bool = True
    user: User | None = None
    username: str = ""


def note(
    request: HttpRequest,
    what: str,
    thing: str = "",
    *,
    ok: bool = True,
    user: User | None = None,
    username: str = "",
) -> None:
    """Have a line written when this request is answered; `what` is a noun and a verb."""
    if user is None and not username and request.user.is_authenticated:
        user = request.user
    notes(request).append(Note(what, thing, ok, user, username))


def notes(request: HttpRequest) -> list[Note]:
    """What was noted during this request so far."""
    if not hasattr(request, "noted"):
        request.noted = []  # type: ignore[attr-defined]
    return request.noted  # type: ignore[attr-defined]


@contextmanager
def calling(address: str) -> Iterator[None]:
    """Inside the block a request from `address` is answered."""
    token = _caller.set(address)
    try:
        yield
    finally:
        _caller.reset(token)


def caller() -> str:
    """The address that is calling; "" outside a request."""
    return _caller.get()
