"""The only place that looks whether a school keeps the rules of forms, committees, terms and codes.

One function a rule (STR, CMT, TRM, OP-12, OP-P, CODE): the books of a school → what is not so.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schools.language import listed
from schools.models import Branch, CommitteeSeat
from schools.models.organisation import SeatKind
from schools.models.schools import code_warnings
from schools.roles import PartyForm
from schools.structure import (
    COMMITTEE_OF_BRANCH_FROM,
    OF_A_BRANCH,
    OWN_FROM,
    expected_forms,
    form_fits,
)
from schools.structure_books import Books
from schools.terms_of_office import MOST_EXTENDED, ends, has_term, months_on
from schools.terms_of_office import of as term_of

JOINED_MOST = 5  # units of a joint branch: STR-02
SEATS_LEAST, SEATS_MOST = 3, 7  # of a branch committee: CMT-01
YEARS, COMMITTEE_YEARS = 3, 5  # of a term: TRM-01, TRM-02
NEEDED_SEATS = (
    SeatKind.secretary,
    SeatKind.organisation,
    SeatKind.publicity,
    SeatKind.discipline,
)
WITH_ITS_OWN = (PartyForm.committee, PartyForm.general, PartyForm.branch)


class Row(NamedTuple):
    """A row of a register, by the register's key."""

    register: str
    pk: int
    label: str


class Finding(NamedTuple):
    """What is not as a rule says, in a sentence, and the rows it was found in."""

    words: str
    rows: tuple[Row, ...] = ()


Findings = Iterator[Finding]


def of_branch(branch: Branch) -> tuple[Row, ...]:
    return (Row("branches", branch.pk, branch.name),)


# ---- STR: which organisation


def str_01(books: Books) -> Findings:
    members = books.full_members or 0
    if members >= OWN_FROM and books.form not in WITH_ITS_OWN and not books.guests:
        words = _("The school has %(n)d full members and no organisation of its own on record.")
        yield Finding(words % {"n": members}, _all(books))


def str_02(books: Books) -> Findings:
    members = books.full_members
    hosted = any(row.is_guest for row in books.branches) or books.guests
    if members is not None and members < OWN_FROM and not hosted:
        words = ngettext(
            "The school has %(n)d full member, and no joint branch with its host is on record.",
            "The school has %(n)d full members, and no joint branch with its host is on record.",
            members,
        )
        yield Finding(words % {"n": members}, _all(books))
    for branch in books.own_branches:
        units = books.guests.get(branch.pk, 0) + 1
        if units > JOINED_MOST:
            words = _("%(name)s is the branch of %(n)d schools.")
            yield Finding(words % {"name": branch.name, "n": units}, of_branch(branch))


def str_03(books: Books) -> Findings:
    for branch in books.own_branches:
        n = (branch.full_members or 0) + (branch.probationary or 0)
        if n > OF_A_BRANCH:
            words = _("%(name)s has %(n)d members.") % {"name": branch.name, "n": n}
            yield Finding(words, of_branch(branch))


def str_04(books: Books) -> Findings:
    members = books.full_members
    if members is None or members < OWN_FROM or books.form not in WITH_ITS_OWN:
        return  # STR-01 and STR-02 speak of these
    if form_fits(books.school, books.branches) is False:
        fitting = sorted(expected_forms(members), key=PartyForm.values.index)
        words = _("%(form)s for %(n)d full members; by common practice: %(fitting)s.") % {
            "form": PartyForm(books.form).label,
            "n": members,
            "fitting": listed(form.label for form in fitting),
        }
        yield Finding(words, tuple(row for top in books.tops for row in of_branch(top)))


def _all(books: Books) -> tuple[Row, ...]:
    return tuple(row for branch in books.branches for row in of_branch(branch))


# ---- CMT: committees of branches


def cmt_01(books: Books) -> Findings:
    for branch in books.own_branches:
        n, seats = branch.full_members or 0, books.seats_of.get(branch.pk, [])
        if n < COMMITTEE_OF_BRANCH_FROM or not books.seats:
            continue  # an empty register says nothing
        if not books.has_committee(branch):
            words = _("%(name)s has %(n)d full members and no committee on record.")
        elif not SEATS_LEAST <= len(seats) <= SEATS_MOST:
            words = ngettext(
                "%(name)s has %(n)d full members and a committee of %(seats)d seat.",
                "%(name)s has %(n)d full members and a committee of %(seats)d seats.",
                len(seats),
            )
        else:
            continue
        told = words % {"name": branch.name, "n": n, "seats": len(seats)}
        yield Finding(told, of_branch(branch))


def cmt_02(books: Books) -> Findings:
    for branch in books.own_branches:
        if not books.has_committee(branch):
            continue
        held = {seat.seat for seat in books.seats_of[branch.pk]}
        missing = listed(kind.label for kind in NEEDED_SEATS if kind not in held)
        if missing:
            words = _("On the committee of %(name)s nobody is on record as: %(missing)s.")
            yield Finding(words % {"name": branch.name, "missing": missing}, of_branch(branch))


def cmt_03(books: Books) -> Findings:
    for branch in books.own_branches:
        n = branch.full_members
        if n is None or n >= COMMITTEE_OF_BRANCH_FROM:
            continue
        if books.has_committee(branch):
            words = ngettext(
                "%(name)s has %(n)d full member and a committee on record.",
                "%(name)s has %(n)d full members and a committee on record.",
                n,
            )
        elif books.seats and not _held_as(books, branch, SeatKind.secretary):
            words = _("%(name)s has no secretary on record.")
        else:
            continue
        yield Finding(words % {"name": branch.name, "n": n}, of_branch(branch))


def cmt_04(books: Books) -> Findings:
    for branch in books.own_branches:
        for seat in _held_as(books, branch, SeatKind.secretary):
            if seat.over_a_year is False:
                words = _("The secretary of %(name)s has been a member for less than a year.")
                yield Finding(words % {"name": branch.name}, (_of_seat(seat),))


def _held_as(books: Books, branch: Branch, kind: SeatKind) -> list[CommitteeSeat]:
    return [seat for seat in books.seats_of.get(branch.pk, []) if seat.seat == kind]


def _of_seat(seat: CommitteeSeat) -> Row:
    return Row("committee_members", seat.pk, seat.get_seat_display())


# ---- TRM: terms of office


def trm_01(books: Books) -> Findings:
    for branch in books.own:
        if branch.form != PartyForm.committee:
            yield from _too_long(branch, YEARS, books.on)


def trm_02(books: Books) -> Findings:
    for branch in books.own:
        if branch.form == PartyForm.committee:
            yield from _too_long(branch, COMMITTEE_YEARS, books.on)


def _too_long(branch: Branch, years: int, on: date) -> Findings:
    """Past its end, or from the election to the end on paper longer than `years`."""
    end, began = ends(branch), branch.elected_on
    if end is None or branch.term_end is None or not has_term(branch, on):
        return
    if end < on:
        words = _("The term of %(name)s ended on %(end)s; no approved extension goes beyond.")
    elif began and branch.term_end > months_on(began, 12 * years) and not branch.extension_no:
        words = _("%(name)s was elected on %(began)s for more than %(years)d years, to %(end)s.")
    else:
        return
    told = words % {"name": branch.name, "end": end, "began": began, "years": years}
    yield Finding(told, of_branch(branch))


def trm_03(books: Books) -> Findings:
    for branch in books.own:
        until, end = branch.extension_until, branch.term_end
        if until is None:
            continue
        if not branch.extension_no:
            words = _("%(name)s is extended to %(until)s without the number of an approval.")
        elif end and until > months_on(end, MOST_EXTENDED):
            words = _("%(name)s is extended to %(until)s, more than a year after %(end)s.")
        else:
            continue
        told = words % {"name": branch.name, "until": until, "end": end}
        yield Finding(told, of_branch(branch))


def trm_04(books: Books) -> Findings:
    for branch in books.own:
        term = term_of(branch, books.on)
        if term and not term.over and term.stage is not None:
            words = _("The term of %(name)s ends on %(end)s.")
            yield Finding(words % {"name": branch.name, "end": term.ends}, of_branch(branch))


# ---- OP-12, OP-P: who leads, and whether the system holds here


def op_12(books: Books) -> Findings:
    if books.is_private:
        return
    alone = books.form == PartyForm.branch and len(books.own) == 1
    if not alone and books.form not in (PartyForm.committee, PartyForm.general):
        return
    for top in books.tops:
        for seat in _held_as(books, top, SeatKind.secretary):
            if alone and not seat.is_principal:
                words = _("The secretary of %(name)s is not marked as the principal.")
            elif not alone and seat.is_principal:
                words = _("The secretary of %(name)s is marked as the principal too.")
            else:
                continue
            yield Finding(words % {"name": top.name}, (_of_seat(seat),))


def op_p(books: Books) -> Findings:
    if books.is_private:
        yield Finding(_("This is a private school."))


# ---- CODE: the national code of the school


def code_01(books: Books) -> Findings:
    for words in code_warnings(books.school.code, None):
        yield Finding(f"{books.school.code}{_(': ')}{words}")


def code_02(books: Books) -> Findings:
    if not code_warnings(books.school.code, None):
        for words in code_warnings(books.school.code, books.school.school_type_id):
            yield Finding(f"{books.school.code}{_(': ')}{words}")
