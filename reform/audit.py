"""The only place that writes the audit log: who, when, from where, what, and whether it held."""

from django.http import HttpRequest

from reform.middleware import client_address
from reform.models import AuditLine
from schools import clock


def write(request: HttpRequest, what: str, thing: str = "", *, ok: bool = True) -> None:
    """Append a line on the user of `request`; `what` is a noun and a verb: "evidence download"."""
    user = request.user if request.user.is_authenticated else None
    seat = getattr(request, "seat", None)
    AuditLine.objects.create(
        at=clock.now(),
        user=user,
        username=user.get_username() if user else "",
        region_id=seat.place_code if seat else None,
        what=what,
        thing=thing[:120],
        ip=client_address(request) or None,
        ok=ok,
    )
