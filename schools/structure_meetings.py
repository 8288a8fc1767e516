"""The only place that looks whether a school keeps the rules of meetings, a function each.

MTG-01 to MTG-05 over the last whole month, quarter or year; OP-5 to OP-7 over twelve months.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.utils.translation import ngettext

from schools.models import Branch
from schools.models.organisation import MeetingKind, Topic
from schools.quorum import RULES as DECIDING
from schools.quorum import quorum
from schools.structure_books import Books, Held, Span
from schools.structure_rules import Finding, Findings, Row, of_branch

FIRST_WEEKS = timedelta(days=28)


def mtg_01(books: Books) -> Findings:
    span = books.periods.quarter
    none = _without(books, MeetingKind.general, span)
    words = ngettext(
        "%(first)s to %(last)s: %(n)d branch without a general meeting on record.",
        "%(first)s to %(last)s: %(n)d branches without a general meeting on record.",
        len(none),
    )
    yield from _lacking(words, none, span)


def mtg_02(books: Books) -> Findings:
    span = books.periods.month
    none = _without(books, MeetingKind.committee, span, books.has_committee)
    words = ngettext(
        "%(month)s: %(n)d branch without a committee meeting on record.",
        "%(month)s: %(n)d branches without a committee meeting on record.",
        len(none),
    )
    yield from _lacking(words, none, span)


def mtg_03(books: Books) -> Findings:
    span = books.periods.month
    short = [
        branch
        for branch in _throughout(books, span)
        if len(_groups(books.held(MeetingKind.party_group, span, branch))) < branch.party_groups
    ]
    words = ngettext(
        "%(month)s: %(n)d branch where not every Party group has a meeting on record.",
        "%(month)s: %(n)d branches where not every Party group has a meeting on record.",
        len(short),
    )
    yield from _lacking(words, short, span)


def mtg_04(books: Books) -> Findings:
    span = books.periods.month
    none = _without(books, MeetingKind.theme_day, span)
    words = ngettext(
        "%(month)s: %(n)d branch without a theme Party day on record.",
        "%(month)s: %(n)d branches without a theme Party day on record.",
        len(none),
    )
    yield from _lacking(words, none, span)


def mtg_05(books: Books) -> Findings:
    """It usually falls in the last quarter: a register that goes back to its beginning will do."""
    span = books.periods.year
    none = _without(books, MeetingKind.org_life, span, since=books.periods.last_quarter_of_year)
    words = ngettext(
        "%(year)d: %(n)d branch without an organisation-life meeting on record.",
        "%(year)d: %(n)d branches without an organisation-life meeting on record.",
        len(none),
    )
    yield from _lacking(words, none, span)


def op_5(books: Books) -> Findings:
    yield from _short_of_people(books, "OP-5")


def op_6(books: Books) -> Findings:
    yield from _short_of_people(books, "OP-6")


def op_7(books: Books) -> Findings:
    """A talk on record on the day or before, and after the last meeting on a major question.

    In the first weeks of a register the talk may have been before it.
    """
    if books.is_private:
        return
    talks = [one.held_on for one in books.held(MeetingKind.talk, books.periods.talks)]
    untold, before = [], date.min
    for one in _deciding(books):
        if Topic.major in one.topics and one.held_on != before:
            told = any(before < day <= one.held_on for day in talks)
            if not told and books.judged_from(one.held_on - FIRST_WEEKS):
                untold.append(one)
            before = one.held_on
    words = ngettext(
        "%(n)d meeting on a major question without an earlier talk on record.",
        "%(n)d meetings on major questions without an earlier talk on record.",
        len(untold),
    )
    yield from _meetings(words, untold)


def _short_of_people(books: Books, rule: str) -> Findings:
    if books.is_private:
        return
    short = []
    for one in _deciding(books):
        found = quorum(one.kind, one.expected, one.attended, one.has_appointment)
        if found.rule == rule and found.met is False:
            short.append(one)
    words = ngettext(
        "%(n)d meeting of the last twelve months with too few people there.",
        "%(n)d meetings of the last twelve months with too few people there.",
        len(short),
    )
    yield from _meetings(words, short)


def _deciding(books: Books) -> list[Held]:
    """Meetings of the last twelve months that decide for the school."""
    recent = books.periods.recent
    return [one for one in books.meetings if one.kind in DECIDING and one.lies_in(recent)]


def _throughout(books: Books, span: Span, since: date | None = None) -> list[Branch]:
    """Branches in force from the first day to the last: a new one owes only what came after.

    None when the register itself does not go back to the first day, or to `since`.
    """
    if not books.judged_from(since or span[0]):
        return []
    return [row for row in books.own_branches if row.holds(span[0]) and row.holds(span[1])]


def _without(
    books: Books,
    kind: MeetingKind,
    span: Span,
    owes: Callable[[Branch], bool] = bool,
    since: date | None = None,
) -> list[Branch]:
    owing = [branch for branch in _throughout(books, span, since) if owes(branch)]
    return [branch for branch in owing if not books.held(kind, span, branch)]


def _groups(meetings: Iterable[Held]) -> set[int]:
    """Which Party groups met; a meeting that names none stands for one of its own."""
    return {-one.pk if one.party_group is None else one.party_group for one in meetings}


def _lacking(words: str, branches: list[Branch], span: Span) -> Findings:
    if branches:
        first, last = span
        told = {"first": first, "last": last, "month": f"{first:%Y-%m}", "year": first.year}
        rows = tuple(row for branch in branches for row in of_branch(branch))
        yield Finding(words % {**told, "n": len(branches)}, rows)


def _meetings(words: str, held: list[Held]) -> Findings:
    if held:
        rows = tuple(
            Row("meetings", one.pk, f"{MeetingKind(one.kind).label} {one.held_on}") for one in held
        )
        yield Finding(words % {"n": len(held)}, rows)
