"""The only place that builds Party organisations for tests: books in memory, rows on record."""

from datetime import date
from itertools import count

from schools import clock
from schools.models import Branch, CommitteeSeat, Meeting, School, Unit
from schools.models.organisation import SeatKind
from schools.rulebook import rules
from schools.structure_books import Books, Held

TODAY = date(2026, 11, 20)
LONG_AGO = date(2023, 1, 1)
FULL_COMMITTEE = (
    SeatKind.secretary,
    SeatKind.organisation,
    SeatKind.publicity,
    SeatKind.discipline,
)
numbers = count(1)


def school(**fields):
    """A school in memory that has no fault of its own; its type is not looked up."""
    values = {"pk": 1, "code": "2133000001", "name": "阳光小学", "school_type_id": "211"}
    return School(**{**values, "form": "branch", "full_members": 12, **fields})


def branch(name="第一党支部", **fields):
    values = {"pk": next(numbers), "school_id": 1, "form": "branch", "full_members": 12}
    values |= {"elected_on": date(2025, 3, 1), "term_end": date(2028, 3, 1)}
    return Branch(name=name, **{**values, **fields})


def seat(of, kind="secretary", **fields):
    values = {"is_principal": True, "over_a_year": True, **fields}
    return CommitteeSeat(pk=next(numbers), school_id=1, branch=of, seat=kind, **values)


def committee(of, kinds=FULL_COMMITTEE):
    return [seat(of, kind) for kind in kinds]


def held(kind, held_on, of=None, **fields):
    values = dict.fromkeys(Held._fields) | {"has_appointment": False, "topics": []}
    values |= {"pk": next(numbers), "school_id": 1, "kind": kind, "held_on": held_on}
    return Held(**{**values, "branch_id": of.pk if of else None, **fields})


def books(*branches, of=None, seats=(), meetings=(), since=LONG_AGO, guests=None):
    """The books of a school, by default of one whose meeting register goes back for years."""
    return Books(
        of or school(), TODAY, list(branches), list(seats), list(meetings), since, guests or {}
    )


def year_of_meetings(of):
    """All that a branch with a committee owes in the periods looked at on that day."""
    return [
        held("committee", date(2026, 10, 9), of),
        held("theme_day", date(2026, 10, 16), of),
        held("general", date(2026, 7, 1), of),
        held("org_life", date(2025, 12, 20), of),
        held("talk", date(2026, 10, 1)),
        held("party_org", date(2026, 10, 12), expected=6, attended=4, has_appointment=True),
        held("principal", date(2026, 10, 13), expected=8, attended=4, topics=["major"]),
    ]


def well():
    """A school in which every rule is kept."""
    one = branch()
    return books(one, seats=committee(one), meetings=year_of_meetings(one))


# ---- in the registers


def kept_branch(at, name="第一党支部", **fields):
    values = {"form": "branch", "full_members": 12, "term_end": date(2028, 3, 1), **fields}
    return Branch.objects.create(school=at, name=name, changed_at=clock.now(), **values)


def kept_seat(of, kind="secretary", **fields):
    return CommitteeSeat.objects.create(
        school=of.school, branch=of, seat=kind, changed_at=clock.now(), **fields
    )


def kept_meeting(at, kind, held_on, **fields):
    return Meeting.objects.create(
        school=at, kind=kind, held_on=held_on, changed_at=clock.now(), **fields
    )


def kept_unit(at, name, kind="subject", **fields):
    return Unit.objects.create(school=at, name=name, kind=kind, changed_at=clock.now(), **fields)


def rules_of_the_book():
    return list(rules())
