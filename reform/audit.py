"""The only place where what was noted during a request becomes lines of the audit log."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from reform import auditing
from reform.middleware import client_address
from schools import noted, scope
from schools.models import User

SHOWN_OF_UNKNOWN = 2  # people type passwords into the wrong field


def keep_notes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Writes down what views below `reform` noted; they cannot know this log."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with noted.calling(client_address(request)):
            response = get_response(request)
            for note in noted.notes(request):
                user = note.user
                name = "".join(char for char in note.username if char.isprintable())
                if user is None:
                    user = User.objects.filter(username=name).first()
                    name = name if user else f"{name[:SHOWN_OF_UNKNOWN]}***"
                _append(request, user, name, note.what, note.thing, ok=note.ok)
            return response

    return middleware


def write(request: HttpRequest, what: str, thing: str = "", *, ok: bool = True) -> None:
    """Append a line on the user of `request`; `what` is a noun and a verb: "evidence download"."""
    user = request.user if request.user.is_authenticated else None
    _append(request, user, "", what, thing, ok=ok)


def _append(
    request: HttpRequest, user: User | None, name: str, what: str, thing: str, *, ok: bool
) -> None:
    """The region is that of the seat, or where the user sits first: its auditor reads the line."""
    seat = getattr(request, "seat", None)
    if user and (seat is None or seat.user != user):
        seat = next(iter(scope.seats(user)), None)
    region = seat.place_code if seat else None
    auditing.append(what, thing, user=user, region=region, username=name, ok=ok)
