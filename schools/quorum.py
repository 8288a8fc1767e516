"""The only place that knows when a meeting that decides has enough people there: OP-5 and OP-6."""

from typing import NamedTuple

from django.utils.translation import gettext as _

from schools.models import Meeting
from schools.models.organisation import MeetingKind

HALF, TWO_THIRDS = (1, 2), (2, 3)
RULES = {MeetingKind.party_org: "OP-5", MeetingKind.principal: "OP-6"}


class Quorum(NamedTuple):
    """`met` is None, and `needed` too, where nothing can be told: no such rule, or no numbers."""

    met: bool | None
    needed: int | None = None
    rule: str = ""  # id in seeds/rules.yaml
    share: tuple[int, int] = HALF


def quorum(
    kind: str, expected: int | None, attended: int | None, has_appointment: bool = False
) -> Quorum:
    """Whether half of those expected were there; for appointments two thirds, of either meeting.

    In whole numbers, as "以上" includes the number itself: 4 of 8 are half, 6 of 9 two thirds.
    """
    rule = RULES.get(MeetingKind(kind)) if kind in MeetingKind.values else None
    if rule is None:
        return Quorum(None)
    share = TWO_THIRDS if has_appointment else HALF
    rule = RULES[MeetingKind.party_org] if has_appointment else rule
    if expected is None or attended is None:
        return Quorum(None, None, rule, share)
    part, whole = share
    needed = -(-expected * part // whole)
    return Quorum(attended * whole >= expected * part, needed, rule, share)


def of(meeting: Meeting) -> Quorum:
    """The quorum of a meeting in the register."""
    return quorum(meeting.kind, meeting.expected, meeting.attended, meeting.has_appointment)


def flag(found: Quorum) -> str:
    """A word for a meeting that was short of people; "" for any other."""
    return _("No quorum") if found.met is False else ""


def cite(found: Quorum) -> str:
    """Where the rule stands."""
    if found.rule == "OP-5":
        return _("2022 Opinions (Trial), item 5")
    return _("2022 Opinions (Trial), item 6") if found.rule else ""


def remark(meeting: Meeting) -> str:
    """The flag of a row of the register with its rule; "" for any other."""
    found = of(meeting)
    if found.met is not False:
        return ""
    return _("%(flag)s (%(rule)s)") % {"flag": flag(found), "rule": cite(found)}


def warning(found: Quorum, expected: int | None, attended: int | None) -> str:
    """What to say beside the numbers while they are typed; "" when all is well.

    It warns and never refuses: a meeting is put down as it was.
    """
    if found.met is not False:
        return ""
    words: dict[str, object] = {"attended": attended, "expected": expected, "needed": found.needed}
    words |= {"rule": cite(found)}
    if found.share == TWO_THIRDS:
        said = _(
            "%(attended)d of %(expected)d came; to decide on appointments at least two thirds, "
            "%(needed)d, have to be there (%(rule)s)."
        )
    else:
        said = _(
            "%(attended)d of %(expected)d came; at least half, %(needed)d, have to be there "
            "(%(rule)s)."
        )
    return said % words
