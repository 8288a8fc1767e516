"""The only place for terms of office: when one ends, how long is left, when it is reminded."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, F, Q, QuerySet, When

from schools.models import Branch
from schools.roles import PartyForm

NOTICE, LAST = -6, -1  # months before the end: rule TRM-04, and once more
OVER = 0  # the day after it
STAGES = (NOTICE, LAST, OVER)
MOST_EXTENDED = 12  # months: rule TRM-03


@dataclass(frozen=True)
class Term:
    """The term of office of a branch as it stands on a day; `days` are left, negative: past."""

    branch: Branch
    ends: date
    days: int
    stage: int | None  # the latest that has come up

    @property
    def over(self) -> bool:
        """届满: past its end, and nothing approved goes beyond."""
        return self.days < 0

    @property
    def extended(self) -> bool:
        return self.ends != self.branch.term_end

    @property
    def too_long(self) -> bool:
        """An extension of more than a year."""
        until, end = self.branch.extension_until, self.branch.term_end
        return bool(until and end and until > months_on(end, MOST_EXTENDED))

    @property
    def not_approved(self) -> bool:
        """An extension without the number of its approval; it moves no date."""
        return self.branch.extension_until is not None and not self.branch.extension_no

    @property
    def noted(self) -> bool:
        """Whether there is something to look after."""
        return self.stage is not None or self.too_long or self.not_approved


def ends(branch: Branch) -> date | None:
    """The last day: of the term, or of an extension that was approved."""
    end, until = branch.term_end, branch.extension_until
    if end and until and branch.extension_no and until > end:
        return until
    return end


def has_term(branch: Branch, today: date) -> bool:
    """Whether a term of its own runs: a branch joined to another school's has the host's, be the
    host on record or only written down."""
    joined = branch.host_id is not None or branch.is_guest
    return branch.removed_at is None and not joined and branch.holds(today)


def of(branch: Branch, today: date) -> Term | None:
    """The term of a branch; None where it has none of its own, or no end is on record."""
    end = ends(branch)
    if end is None or not has_term(branch, today):
        return None
    return Term(branch, end, (end - today).days, stage(end, today))


def stage(end: date, today: date) -> int | None:
    """The latest stage that has come up for a term that ends on `end`."""
    return next((one for one in reversed(STAGES) if comes_up(end, one) <= today), None)


def comes_up(end: date, stage: int) -> date:
    """The day of a stage. Half a year before 31 August is the last of February."""
    if stage == OVER:
        return end + timedelta(days=1)
    return months_on(end, stage)


def months_on(day: date, months: int) -> date:
    """So many months later, or earlier; the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def reach(stage: int, today: date) -> date:
    """The latest end for which a stage has come up by today."""
    if stage == OVER:
        return today - timedelta(days=1)
    end = months_on(today, -stage)
    while comes_up(end + timedelta(days=1), stage) <= today:
        end += timedelta(days=1)
    return end


# The same for the database: the end of a term, and which branches have one.
ENDS = Case(
    When(~Q(extension_no="") & Q(extension_until__gt=F("term_end")), then=F("extension_until")),
    default=F("term_end"),
)


def running(branches: "QuerySet[Branch]", today: date) -> "QuerySet[Branch]":
    """Branches with a term of their own on a day, on record or not; of schools that are open."""
    began = Q(since=None) | Q(since__lte=today)
    goes_on = Q(until=None) | Q(until__gte=today)
    open_ = Q(school__closed_on=None) | Q(school__closed_on__gt=today)
    return branches.filter(began, goes_on, open_, not_joined(), removed_at=None)


def not_joined(of: str = "") -> Q:
    """Branches that are not joined to another school's; `of` leads to the branch."""
    written = Q(**{f"{of}form": PartyForm.joint}) & ~Q(**{f"{of}host_name": ""})
    return Q(**{f"{of}host": None}) & ~written


def sorted_out(branches: Iterable[Branch], today: date) -> tuple[list[Term], list[Branch]]:
    """Terms by the date they end, and branches of which no end is on record, by name."""
    found, unknown = [], []
    for branch in branches:
        term = of(branch, today)
        if term is not None:
            found.append(term)
        elif has_term(branch, today):
            unknown.append(branch)
    found.sort(key=lambda term: (term.ends, term.branch.pk))
    return found, sorted(unknown, key=lambda branch: branch.name)
