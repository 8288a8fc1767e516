"""The only place for what a branch owes each month or quarter: 三会一课 and the theme Party day.

Months of vacation count like any other; a branch owes the whole ones from its founding to its end.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from reform.checks.base import Facts, Found, Held, Ref, Span, Window
from reform.checks.rows import MOST, branches, by_branch, due, held, refs, spot, standing
from schools.models import Branch
from schools.models.organisation import MeetingKind
from schools.structure_books import LEADERS


def general_meeting(facts: Facts, window: Window) -> Found:
    """Branch and quarter: how many of them have a general meeting."""
    return _each(facts, window, MeetingKind.general, due(branches(facts), window))


def committee_meeting(facts: Facts, window: Window) -> Found:
    """Branch with a committee and month: how many of them have a committee meeting."""
    owed = due(branches(facts), window)
    having = {on: _with_committee(facts, on) for piece in window.pieces for on in piece}
    return _each(
        facts,
        window,
        MeetingKind.committee,
        [(row, piece) for row, piece in owed if all(row.pk in having[on] for on in piece)],
    )


def group_meeting(facts: Facts, window: Window) -> Found:
    """Party group and month: how many of them have a meeting; groups are numbered in a branch."""
    meetings = by_branch(facts, held(facts, window, MeetingKind.party_group))
    found: list[Held] = []
    lacking: list[Ref] = []
    whole = 0
    done = 0
    for branch, piece in due(branches(facts), window):
        here = _inside(meetings[branch.pk], piece)
        met = _groups(branch, here)
        whole += branch.party_groups
        done += len(met)
        found += here
        if len(met) < branch.party_groups:
            lacking.append(spot(branch, piece))
    return Found(done, whole, refs(found), tuple(lacking[:MOST]))


def theme_day(facts: Facts, window: Window) -> Found:
    """Branch and month: how many of them have a theme Party day."""
    return _each(facts, window, MeetingKind.theme_day, due(branches(facts), window))


def _with_committee(facts: Facts, on: date) -> set[int]:
    """Branches that have a committee on a day: somebody beside secretary and deputy."""
    seats = standing(facts.committee_members, on)
    return {row.branch_id for row in seats if row.seat not in LEADERS}


def _inside(meetings: Iterable[Held], piece: Span) -> list[Held]:
    return [row for row in meetings if piece[0] <= row.held_on <= piece[1]]


def _groups(branch: Branch, meetings: Iterable[Held]) -> set[int]:
    """Numbers of the Party groups that met; a branch with one group need not name it."""
    only = 1 if branch.party_groups == 1 else 0
    return {row.party_group or only for row in meetings} & set(range(1, branch.party_groups + 1))


def _each(
    facts: Facts, window: Window, kind: MeetingKind, owed: Sequence[tuple[Branch, Span]]
) -> Found:
    """Of what is `owed`, how much has at least one meeting of the kind."""
    meetings = by_branch(facts, held(facts, window, kind))
    done = [(row, piece) for row, piece in owed if _inside(meetings[row.pk], piece)]
    lacking = [spot(row, piece) for row, piece in owed if not _inside(meetings[row.pk], piece)]
    found = [meeting for row, piece in done for meeting in _inside(meetings[row.pk], piece)]
    return Found(len(done), len(owed), refs(found), tuple(lacking[:MOST]))


CHECKS = (general_meeting, committee_meeting, group_meeting, theme_day)
