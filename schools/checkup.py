"""The only place for the structure check: which rules are looked at, what each needs, what to do.

A rule that is not in `CHECKS` stands as text with its citation and never speaks: votes and events,
which no register holds, and what is local practice.
"""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from schools import structure_meetings as meetings
from schools import structure_rules as rules
from schools.roles import PartyForm
from schools.rulebook import SEVERITIES, Rule
from schools.rulebook import rules as book
from schools.structure_books import Books
from schools.structure_rules import Finding, Findings

BRANCHES, SEATS, MEETINGS = "branches", "committee_members", "meetings"


class Check(NamedTuple):
    """A rule that the registers decide. `needs`: what is lacking for that, or "".

    `register` is where it is put right; "" where that is not a register.
    """

    look: Callable[[Books], Findings]
    needs: Callable[[Books], str]
    register: str
    do: str | Promise


class Told(NamedTuple):
    """A rule that found something."""

    rule: Rule
    findings: list[Finding]
    do: str | Promise
    register: str


class Open(NamedTuple):
    """A rule that cannot be decided yet, and why."""

    rule: Rule
    why: str
    register: str


class Checkup(NamedTuple):
    """What the rules say of one school on a day. `later`: nothing lacks, the time is to come."""

    books: Books
    told: list[Told]
    open: list[Open]
    kept: list[Rule]
    later: list[Open]

    @property
    def to_look_at(self) -> int:
        """Findings, without those that are there for information only."""
        return sum(len(one.findings) for one in self.told if one.rule.severity != "info")

    @property
    def for_information(self) -> int:
        return sum(len(one.findings) for one in self.told if one.rule.severity == "info")


# ---- what a rule needs


class NotYet(str):
    """Nothing is left out: the register only begins within the time that the rule looks at."""


def nothing(books: Books) -> str:
    return ""


def members(books: Books) -> str:
    if books.full_members is None:
        return _("The number of full members is not known.")
    if not books.form and not books.branches:
        return _("Neither the form nor a branch of the Party organisation is on record.")
    return ""


def branches(books: Books) -> str:
    if not books.own and not books.is_guest:
        return _("The branch register is empty.")
    return ""


def numbers(books: Books) -> str:
    unknown = sum(row.full_members is None for row in books.own_branches)
    if unknown:
        words = ngettext(
            "%(n)d branch has no number of full members in the register.",
            "%(n)d branches have no number of full members in the register.",
            unknown,
        )
        return words % {"n": unknown}
    return branches(books)


def seats(books: Books) -> str:
    if not books.seats and not books.is_guest:
        return branches(books) or _("The branch-committee register is empty.")
    return numbers(books)


def heads(books: Books) -> str:
    """Of OP-12: the secretary of the organisation at the top."""
    held = {seat.branch_id for seat in books.seats if seat.seat == "secretary"}
    if books.is_private or books.form == PartyForm.joint or held & {top.pk for top in books.tops}:
        return ""
    return _("The secretary of the school's Party organisation is not in the register.")


def terms(books: Books) -> str:
    unknown = sum(row.term_end is None for row in books.own)
    if unknown:
        words = ngettext(
            "%(n)d organisation has no end of its term in the register.",
            "%(n)d organisations have no end of their term in the register.",
            unknown,
        )
        return words % {"n": unknown}
    return branches(books)


def month(books: Books) -> str:
    return _since(books, books.periods.month[0])


def committees_month(books: Books) -> str:
    lacking = month(books)
    return seats(books) or lacking if isinstance(lacking, NotYet) else lacking or seats(books)


def quarter(books: Books) -> str:
    return _since(books, books.periods.quarter[0])


def year(books: Books) -> str:
    """This meeting usually falls in the last quarter: a register that begins by then will do."""
    return _since(books, books.periods.last_quarter_of_year)


def decisions(books: Books) -> str:
    if books.is_private or books.is_guest or books.meetings_since:
        return ""
    return _("The meeting register is empty.")


def _since(books: Books, first: date) -> str:
    if books.is_guest:
        return ""
    if books.meetings_since is None or not books.own:
        return branches(books) or _("The meeting register is empty.")
    if not books.judged_from(first):
        words = _("The meeting register begins on %(day)s, after %(first)s.")
        return NotYet(words % {"day": books.meetings_since, "first": first})
    return ""


# ---- the table

_LATE_ENTRY = gettext_lazy(
    "Enter what was held; never make up what was not, and plan the next one earlier."
)
_QUORUM = gettext_lazy(
    "Look whether both numbers are right; if they are, leave them and say why in the progress note."
)
_TERM = gettext_lazy(
    "After the election, enter its date and the new end of term; before it, ask the superior "
    "organisation to approve an extension, and enter its date and number."
)
_CODE = gettext_lazy(
    "Ask the bureau to compare the code with the certificate; the list stays as it is."
)
CHECKS: dict[str, Check] = {
    "STR-01": Check(
        rules.str_01,
        members,
        BRANCHES,
        gettext_lazy("Enter the branch, or ask the superior organisation about founding one."),
    ),
    "STR-02": Check(
        rules.str_02,
        members,
        BRANCHES,
        gettext_lazy("Enter the joint branch and where it is, or ask the superior organisation."),
    ),
    "STR-03": Check(
        rules.str_03,
        numbers,
        BRANCHES,
        gettext_lazy("Check the number; if it is right, talk about dividing at the next election."),
    ),
    "STR-04": Check(
        rules.str_04,
        members,
        BRANCHES,
        gettext_lazy(
            "Check the number of members; enter the number of the approval where there is one, "
            "otherwise ask the secretary to raise it with the superior organisation."
        ),
    ),
    "CMT-01": Check(
        rules.cmt_01,
        seats,
        SEATS,
        gettext_lazy("Enter the seats that were left out; fill the others in a by-election."),
    ),
    "CMT-02": Check(
        rules.cmt_02,
        seats,
        SEATS,
        gettext_lazy("Enter the seat if it was left out; otherwise fill it in a by-election."),
    ),
    "CMT-03": Check(
        rules.cmt_03,
        seats,
        SEATS,
        gettext_lazy(
            "Check the number of members and the seats; a small branch needs a secretary only."
        ),
    ),
    "CMT-04": Check(
        rules.cmt_04,
        seats,
        SEATS,
        gettext_lazy("Nothing now; keep it in mind at the next election."),
    ),
    "TRM-01": Check(rules.trm_01, terms, BRANCHES, _TERM),
    "TRM-02": Check(rules.trm_02, terms, BRANCHES, _TERM),
    "TRM-03": Check(
        rules.trm_03,
        branches,
        BRANCHES,
        gettext_lazy("Enter the number of the approval, or correct the date of the extension."),
    ),
    "TRM-04": Check(
        rules.trm_04,
        terms,
        BRANCHES,
        gettext_lazy("Begin to prepare the election; ask the superior organisation for its date."),
    ),
    "MTG-01": Check(meetings.mtg_01, quarter, MEETINGS, _LATE_ENTRY),
    "MTG-02": Check(meetings.mtg_02, committees_month, MEETINGS, _LATE_ENTRY),
    "MTG-03": Check(meetings.mtg_03, month, MEETINGS, _LATE_ENTRY),
    "MTG-04": Check(meetings.mtg_04, month, MEETINGS, _LATE_ENTRY),
    "MTG-05": Check(meetings.mtg_05, year, MEETINGS, _LATE_ENTRY),
    "OP-5": Check(meetings.op_5, decisions, MEETINGS, _QUORUM),
    "OP-6": Check(meetings.op_6, decisions, MEETINGS, _QUORUM),
    "OP-7": Check(
        meetings.op_7,
        decisions,
        MEETINGS,
        gettext_lazy("Enter the date of the talk if there was one; next time talk first."),
    ),
    "OP-12": Check(
        rules.op_12,
        heads,
        SEATS,
        gettext_lazy(
            "Check whether “is the principal” is ticked rightly; a change is for the superior "
            "organisation to decide."
        ),
    ),
    "OP-P": Check(
        rules.op_p, nothing, "", gettext_lazy("Nothing: the list is there to be consulted.")
    ),
    "CODE-01": Check(rules.code_01, nothing, "", _CODE),
    "CODE-02": Check(rules.code_02, nothing, "", _CODE),
}


def as_text() -> list[Rule]:
    """Rules that are shown and never asked."""
    return [rule for name, rule in book().items() if name not in CHECKS]


def examine(books: Books) -> Checkup:
    """Every rule that can be decided, the gravest first, else in the order of the book."""
    told, kept = [], []
    waiting: list[Open] = []
    later: list[Open] = []
    for name, rule in book().items():
        if name not in CHECKS:
            continue
        check = CHECKS[name]
        found = list(check.look(books))
        if found:
            told.append(Told(rule, found, check.do, check.register))
        elif why := check.needs(books):
            held = later if isinstance(why, NotYet) else waiting
            held.append(Open(rule, why, check.register))
        else:
            kept.append(rule)
    told.sort(key=lambda one: SEVERITIES.index(one.rule.severity))
    return Checkup(books, told, waiting, kept, later)
