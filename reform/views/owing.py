"""The only place that counts what a school owes: for its sentence, its figures, its registers."""

from collections.abc import Sequence
from dataclasses import dataclass

from reform.states import SETTLED, Status
from reform.views import ledger
from reform.views.ledger import Row
from reform.views.sentences import Owed


@dataclass(frozen=True)
class Registers:
    """Of what a school still owes in this period: answered by its registers, and left for a hand.

    `minutes` is the static estimate for the rest. `stale`: the answers must be made anew.
    """

    total: int
    ready: list[Row]
    rest: int
    minutes: int
    stale: bool


def from_registers(rows: Sequence[Row]) -> Registers:
    owed = [row for row in rows if row.owed and row.status != Status.awaiting_signoff]
    rest = [row for row in owed if not row.confirmable]
    return Registers(
        total=len(owed),
        ready=sorted((row for row in owed if row.confirmable), key=lambda row: row.due_on),
        rest=len(rest),
        minutes=sum(row.minutes for row in rest),
        stale=any(row.stale for row in owed),
    )


def owed(rows: Sequence[Row], *, may_sign: bool) -> Owed:
    """The numbers of the sentence and the figures."""
    now = [row for row in rows if ledger.is_now(row, may_sign=may_sign)]
    due = [row for row in now if row.light == "due"]
    to_sign = [row for row in now if row.light == "sign"]
    dates = sorted({row.due_on for row in due})
    signing = [row for row in rows if row.owed and row.status == Status.awaiting_signoff]
    past = [row.due_on for row in signing if row.overdue and row.light == "sign"]
    ahead = sorted(row.due_on for row in rows if row.owed and row not in now + signing)
    begin = sorted(row.opens_on for row in rows if row.later and not row.closed)
    running = [row for row in rows if not row.closed]
    return Owed(
        late=sum(row.light == "late" for row in now),
        returned=sum(row.light == "back" for row in now),
        due=len(due),
        due_by=dates[-1] if dates else None,
        one_date=len(dates) == 1,
        to_sign=len(to_sign),
        sign_late=len(past),
        sign_late_on=min(past, default=None),
        minutes=sum(row.minutes for row in now if may_sign or row not in signing),
        next=ahead.count(ahead[0]) if ahead else 0,
        next_on=ahead[0] if ahead else None,
        later=begin.count(begin[0]) if begin else 0,
        later_on=begin[0] if begin else None,
        waiting=sum(row.status == Status.submitted for row in running),
        with_secretary=len(signing),
        ended=sum(row.closed and row.status not in SETTLED for row in rows),
        total=len(rows),
    )
