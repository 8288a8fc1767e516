"""The only place for what the form of a Party organisation follows from."""

from collections.abc import Sequence

from schools.models import Branch, School
from schools.roles import PartyForm

OWN_FROM = 3  # full members of a branch of its own: STR-01, STR-02
COMMITTEE_OF_BRANCH_FROM = 7  # full members of a branch with a committee: CMT-01, CMT-03
OF_A_BRANCH = 50  # STR-03
GENERAL_FROM, PARTY_COMMITTEE_FROM = 50, 100  # STR-04; at the number itself both forms are right
RANK = (PartyForm.committee, PartyForm.general, PartyForm.branch, PartyForm.joint)


def expected_forms(full_members: int) -> set[PartyForm]:
    """The forms that fit so many full members: one, or two at exactly 50 and 100."""
    if full_members < OWN_FROM:
        return {PartyForm.joint}
    forms = set()
    if full_members <= GENERAL_FROM:
        forms.add(PartyForm.branch)
    if GENERAL_FROM <= full_members <= PARTY_COMMITTEE_FROM:
        forms.add(PartyForm.general)
    if full_members >= PARTY_COMMITTEE_FROM:
        forms.add(PartyForm.committee)
    return forms


def form_of(school: School, branches: Sequence[Branch]) -> str:
    """The form of the school's organisation: its highest in the register, else what it told."""
    held = {branch.form for branch in branches}
    return next((form for form in RANK if form in held), school.form)


def full_members_of(school: School, branches: Sequence[Branch]) -> int | None:
    """What the school told of itself; else the sum of its branches, when each has its number.

    A committee or general branch above others repeats their members. A joint branch counts those
    of other schools too, so it says nothing of this one.
    """
    if school.full_members is not None:
        return school.full_members
    rows = [row for row in branches if row.form == PartyForm.branch]
    rows = rows or [row for row in branches if row.form != PartyForm.joint]
    numbers = [row.full_members for row in rows]
    return sum(n for n in numbers if n is not None) if numbers and None not in numbers else None


def tops(school: School, branches: Sequence[Branch]) -> list[Branch]:
    """The rows that stand for the school's form."""
    form = form_of(school, branches)
    return [row for row in branches if row.form == form]


def form_fits(school: School, branches: Sequence[Branch]) -> bool | None:
    """Whether form and full members agree, or an approval stands for it; None: nobody can tell.

    `branches`: the rows in force.
    """
    form, members = form_of(school, branches), full_members_of(school, branches)
    if not form or members is None:
        return None
    own = tops(school, branches)
    approved = bool(own) and all(row.approval_no for row in own)
    return form in expected_forms(members) or (
        approved and members >= OWN_FROM and form != PartyForm.joint
    )
