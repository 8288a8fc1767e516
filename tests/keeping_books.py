"""The only place that puts rows into a school's registers through their door, for tests."""

from datetime import date

from reform import bookkeeping
from schools.models import Branch, CommitteeSeat, Document, Meeting, School, Unit
from schools.registers import REGISTERS

MODELS = {one.key: one.model for one in REGISTERS.values()}


def add(by, register, **fields):
    """A new row, as a filer adds it; the revision of the school moves."""
    row = MODELS[register](**fields)
    bookkeeping.keep(by.school, REGISTERS[register], [row], by=by)
    return row


def remove(by, register, row):
    bookkeeping.remove(by.school, REGISTERS[register], [row.pk], by=by)


def branch(by, name="第一党支部", **fields) -> Branch:
    values = {"form": "branch", "basis": "grade", "full_members": 12, **fields}
    return add(by, "branches", name=name, **values)


def unit(by, of, name="一年级组") -> Unit:
    return add(by, "units", name=name, kind="grade", branch=of)


def secretary(by, of, **fields) -> CommitteeSeat:
    values = {"seat": "secretary", "post_held": "组长", "is_unit_head": True, **fields}
    return add(by, "committee_members", branch=of, **values)


def meeting(by, kind="party_org", held_on=date(2026, 10, 12), **fields) -> Meeting:
    return add(by, "meetings", kind=kind, held_on=held_on, **fields)


def document(by, kind, **fields) -> Document:
    values = {"adopted_on": date(2026, 9, 10), "in_force": True, "title": "办法", **fields}
    return add(by, "documents", kind=kind, **values)


def fresh(school) -> School:
    """The school as its rows are read for an answer."""
    return School.objects.select_related("school_type").get(pk=school.pk)
