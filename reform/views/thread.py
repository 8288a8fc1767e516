"""The only place that lays out the comments of an entry for a reader."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from reform import comments, policy
from reform.models import Comment, Entry
from schools.errors import Denied
from schools.models import Membership
from schools.scope import Seat


def panel(
    entry: Entry,
    seat: Seat,
    thread: Sequence[Comment],
    posts: Iterable[Membership],
    *,
    key: str,
    typed: str = "",
    to: Collection[int] = (),
    wrong: Sequence[str] = (),
    changed: int | None = None,
    settled: int | None = None,
) -> dict[str, Any]:
    """What `entry/_comments.html` takes. `posts`: who takes part, as `scope.partners` gives it.

    `typed`, `to` and `wrong`: words that were refused, of a new comment or of the one `changed`;
    `settled`: the one that was just resolved, whose undo is offered.
    """
    may = policy.may(seat, comments.SAID, entry)
    writes = may is True
    lines = [
        {
            "comment": one,
            "may_change": writes and comments.may_change(one, thread, seat),
            "typed": typed if one.pk == changed else one.text,
            "wrong": wrong if one.pk == changed else (),
        }
        for one in thread
    ]
    return {
        "entry": entry,
        "open": [line for line in lines if not line["comment"].resolved_at],
        "resolved": [line for line in lines if line["comment"].resolved_at],
        "settled": next((one for one in thread if one.pk == settled and one.resolved_at), None),
        "people": comments.others(posts, seat) if writes else [],
        "may": writes,
        "why_not": _why(may, seat),
        "typed": "" if changed else typed,
        "to": to,
        "wrong": () if changed else wrong,
        "key": key,
    }


def _why(may: policy.Answer, seat: Seat) -> str:
    if not isinstance(may, Denied):
        return ""
    if not seat.has(comments.SAID):
        return _("The school and its reviewers write here.")
    return may.reason
