"""The only place that lays out the comments of an entry for a reader."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from reform import comments, policy
from reform.models import Comment, Entry
from schools import clock
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
    answered: int | None = None,
    settled: int | None = None,
    note: str = "",
) -> dict[str, Any]:
    """What `entry/_comments.html` takes. `posts`: who takes part, as `scope.partners` gives it.

    `typed`, `to` and `wrong`: words that were refused, of a new comment, of the one `changed` or
    of an answer to the one `answered`; `settled`: what was just resolved, whose undo is offered;
    `note`: whom the last comment reached.
    """
    may = policy.may(seat, comments.SAID, entry)
    writes = may is True
    refused = {"typed": typed, "wrong": wrong}
    told = comments.threads(thread)
    waiting = [root.pk for root, said in told if _waits([root, *said], seat)]

    def line(one: Comment) -> dict[str, Any]:
        kept = refused if one.pk == changed else {"typed": one.text, "wrong": ()}
        may_change = writes and comments.may_change(one, thread, seat)
        return {"comment": one, "may_change": may_change, "at": f"change-{one.pk}", **kept}

    lines = [
        line(root)
        | {
            "answers": [line(one) for one in said],
            "reply": {"at": f"answer-{root.pk}", **(refused if root.pk == answered else {})},
            "unfolded": root.pk == answered or waiting == [root.pk],
        }
        for root, said in told
    ]
    elsewhere = changed or answered
    return {
        "entry": entry,
        "open": [line for line in lines if not line["comment"].resolved_at],
        "resolved": [line for line in lines if line["comment"].resolved_at],
        "settled": next((one for one in thread if one.pk == settled and one.resolved_at), None),
        "note": note,
        "people": comments.others(posts, seat) if writes else [],
        "may": writes,
        "why_not": _why(may, seat),
        "over": not entry.is_listed(clock.today()),
        "typed": "" if elsewhere else typed,
        "to": to,
        "wrong": () if elsewhere else wrong,
        "key": key,
    }


def _waits(said: Sequence[Comment], seat: Seat) -> bool:
    """Whether a thread is open and its last word is somebody else's."""
    return not said[0].resolved_at and said[-1].author_id != seat.user.pk


def _why(may: policy.Answer, seat: Seat) -> str:
    if not isinstance(may, Denied):
        return ""
    if not seat.has(comments.SAID):
        return _("The school and its reviewers write here.")
    return may.reason
