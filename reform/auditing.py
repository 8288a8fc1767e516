"""The only place that appends a line to the audit log, be it from a page or from the console."""

from reform.models import AuditLine
from schools import clock, noted
from schools.models import User

MOST_THING = 120


def append(
    what: str,
    thing: str = "",
    *,
    user: User | None,
    region: str | None = None,
    username: str = "",
    ok: bool = True,
) -> AuditLine:
    """A line about now, from the address that is calling. `user` None: the console, or a stranger.

    `region` is that whose auditor reads the line. In the caller's transaction, where there is one.
    """
    return AuditLine.objects.create(
        at=clock.now(),
        user=user,
        username=user.get_username() if user else username[:150],
        region_id=region,
        what=what,
        thing=thing[:MOST_THING],
        ip=noted.caller() or None,
        ok=ok,
    )
