"""The only place that reads a consultation as a way: asked, then heard, then decided.

The opinion counts when it is dated before the decision; the same day does not count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from schools.models import Consultation
from schools.workdays import school_year_of

# How a batch stands: what cannot be mended, what is overdue, what goes on, what is closed.
FAULTY, LATE, OPEN, CLOSED = STATES = ("faulty", "late", "open", "closed")


@dataclass(frozen=True)
class Step:
    """One of the three: its name, its day, whether it stands where it should."""

    name: str | Promise
    day: date | None
    good: bool


@dataclass
class Way:
    """A batch on its way: the three steps, what is wrong with them, what comes next."""

    batch: Consultation
    steps: Sequence[Step]
    faults: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    next: str = ""

    @property
    def state(self) -> str:
        if self.faults:
            return FAULTY
        if not self.next:
            return CLOSED
        return LATE if self.late else OPEN


ASKED, HEARD, DECIDED = (
    gettext_lazy("Asked"),
    gettext_lazy("Opinion"),
    gettext_lazy("Decision"),
)


def of(batch: Consultation, today: date) -> Way:
    """How a batch stands on a day."""
    asked, heard, decided = batch.asked_on, batch.opinion_on, batch.decided_on
    way = Way(
        batch,
        (
            Step(ASKED, asked, asked is not None),
            Step(HEARD, heard, heard is not None and not _early(asked, heard)),
            Step(DECIDED, decided, decided is not None and bool(heard and heard < decided)),
        ),
    )
    _order(way, asked, heard, decided)
    _times(way, batch, today)
    if not way.faults:
        way.next = _next(batch)
    return way


def _early(asked: date | None, heard: date) -> bool:
    return asked is not None and heard < asked


def _order(way: Way, asked: date | None, heard: date | None, decided: date | None) -> None:
    """What is missing or stands in the wrong order, as far as no later entry can be waited for."""
    if asked is None and (heard or decided):
        way.faults.append(_("The day on which the branches were asked is missing."))
    if heard is None and decided is not None:
        way.faults.append(_("It was decided without a branch's opinion on record."))
    if heard and _early(asked, heard):
        way.faults.append(_("The opinion is dated before the branches were asked."))
    if asked and decided and not heard and asked > decided:
        way.faults.append(_("The branches were asked after the decision."))
    if heard and decided and heard == decided:
        way.faults.append(
            _("Opinion and decision are of the same day; that does not count as before.")
        )
    if heard and decided and heard > decided:
        way.faults.append(_("The opinion came after the decision; that does not count."))


def _times(way: Way, batch: Consultation, today: date) -> None:
    """What is overdue or came late."""
    due, heard = batch.due_on, batch.opinion_on
    if due and heard is None and batch.decided_on is None and due < today:
        n = (today - due).days
        said = ngettext(
            "The answer was due on %(day)s, %(n)d day ago.",
            "The answer was due on %(day)s, %(n)d days ago.",
            n,
        )
        way.late.append(said % {"day": due.isoformat(), "n": n})
    if due and heard and heard > due:
        way.late.append(_("The opinion came after %(day)s, when it was due.") % {"day": due})
    missing = (batch.requested or 0) - (batch.returned or 0)
    if batch.requested and batch.returned is not None and missing > 0:
        words = {"returned": batch.returned, "requested": batch.requested}
        way.late.append(_("%(returned)d of %(requested)d opinions came back in time.") % words)


def _next(batch: Consultation) -> str:
    """What comes next; "" when the way is closed."""
    if batch.asked_on is None:
        return _("Next: ask the branches and enter the day.")
    if batch.opinion_on is None:
        return _("Next: wait for the opinion and enter its day; decide after that day.")
    if batch.decided_on is None:
        return _("Next: decide after %(day)s and enter the day.") % {"day": batch.opinion_on}
    return ""


def first_day(batch: Consultation) -> date | None:
    """The earliest day on record."""
    days = [day for day in (batch.asked_on, batch.opinion_on, batch.decided_on) if day]
    return min(days, default=None)


def year_of(batch: Consultation, today: date) -> str:
    """The school year it belongs to, by its first day; this one where none is on record."""
    return school_year_of(first_day(batch) or today)


def ways(batches: Iterable[Consultation], today: date) -> list[Way]:
    """In the order of their first days, undated ones first."""
    ordered = sorted(batches, key=lambda one: (first_day(one) or date.min, one.pk))
    return [of(batch, today) for batch in ordered]
