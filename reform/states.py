"""The only place for the workflow of an entry: its states, its moves and its lights."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _

DUE_SOON_DAYS = 10  # calendar days before the date from which an open entry shows "due soon"


class Status(IntegerChoices):
    not_started = 0, _("Not started")
    in_progress = 1, _("In progress")
    returned = 2, _("Returned")
    awaiting_signoff = 3, _("Awaiting sign-off")
    submitted = 4, _("Awaiting review")
    accepted = 5, _("Accepted")
    exempt = 6, _("Not applicable")


OPEN = (Status.not_started, Status.in_progress, Status.returned, Status.awaiting_signoff)
SETTLED = (Status.accepted, Status.exempt)


class Claim(TextChoices):
    done = "done", _("Done")
    not_applicable = "not_applicable", _("Not applicable")


class Keeper(IntegerChoices):
    """Who keeps an entry: the school itself, its host branch, or the district bureau."""

    school = 0, _("School")
    host = 1, _("Host branch")
    district = 2, _("District")


class Move(NamedTuple):
    """One row of the workflow; `to` None: decided by the case (see `progress`)."""

    sources: tuple[Status, ...]
    to: Status | None
    needs_note: bool = False


_WRITABLE = (Status.not_started, Status.in_progress, Status.returned)

# verb → from, to, must a reason be given. The roles are in schools.roles.RIGHTS.
MOVES: dict[str, Move] = {
    "save": Move(_WRITABLE, None),
    "submit": Move(_WRITABLE, None),  # submitted, or awaiting_signoff where a secretary signs
    "sign_off": Move((Status.awaiting_signoff,), Status.submitted),
    "hand_back": Move((Status.awaiting_signoff,), Status.in_progress, needs_note=True),
    "withdraw": Move((Status.awaiting_signoff, Status.submitted), Status.in_progress),
    "return": Move((Status.submitted,), Status.returned, needs_note=True),
    "accept": Move((Status.submitted,), None),  # accepted, or exempt where that was claimed
    "undo": Move(SETTLED, Status.submitted),
    "reopen": Move(SETTLED, Status.returned, needs_note=True),
}


class Bucket(IntegerChoices):
    """What a Tally counts by; the first four carry their due date, the rest FAR."""

    not_started = 0
    in_progress = 1
    returned = 2
    awaiting_signoff = 3
    submitted_on_time = 4
    submitted_late = 5
    accepted_on_time = 6
    accepted_late = 7
    exempt = 8


FAR = date(9999, 12, 31)
_SETTLED_BUCKETS = {
    (Status.submitted, False): Bucket.submitted_on_time,
    (Status.submitted, True): Bucket.submitted_late,
    (Status.accepted, False): Bucket.accepted_on_time,
    (Status.accepted, True): Bucket.accepted_late,
}


def bucket(status: int, due_on: date, sent_late: bool | None) -> tuple[int, date]:
    """The tally bucket of an entry and the date it is counted under."""
    if status in OPEN:
        return int(status), due_on
    if status == Status.exempt:
        return int(Bucket.exempt), FAR
    return int(_SETTLED_BUCKETS[Status(status), bool(sent_late)]), FAR


def is_late(status: int, due_on: date, today: date) -> bool:
    """Overdue is open and past its date; what waits for review never is."""
    return status in OPEN and due_on < today


_LIGHTS = {
    Status.not_started: "todo",
    Status.in_progress: "busy",
    Status.returned: "back",
    Status.awaiting_signoff: "sign",
    Status.submitted: "wait",
    Status.accepted: "done",
    Status.exempt: "off",
}

LIGHT_WORDS = {
    "done": _("Accepted"),
    "wait": _("Awaiting review"),
    "busy": _("In progress"),
    "sign": _("Awaiting sign-off"),
    "due": _("Due soon"),
    "late": _("Overdue"),
    "back": _("Returned"),
    "todo": _("Not started"),
    "off": _("Not applicable"),
}

# The most urgent first: what a cell shows that stands for several entries (`light_of_all`).
LIGHT_URGENCY = ("late", "back", "due", "sign", "busy", "todo", "wait", "done", "off")


def light(status: int, due_on: date, today: date) -> str:
    """The light of an entry: the key of `LIGHT_WORDS`, which is also its CSS class."""
    if is_late(status, due_on, today):
        return "late"
    soon = (due_on - today).days <= DUE_SOON_DAYS
    if soon and status in (Status.not_started, Status.in_progress, Status.awaiting_signoff):
        return "due"
    return _LIGHTS[Status(status)]


def light_of_all(counts: Mapping[str, int], chosen: Mapping[str, int]) -> str:
    """The light of a cell that stands for several entries: light → how many of them.

    It is that of the most urgent one `chosen`, "" where none is, unless all are not applicable.
    Where one was sent or accepted, the others make it no "not started".
    """
    first = next((name for name in LIGHT_URGENCY if chosen.get(name)), "")
    if first == "todo" and (counts.get("done") or counts.get("wait")):
        return "busy"
    if not first and not any(n for name, n in counts.items() if name != "off"):
        return "off"
    return first
