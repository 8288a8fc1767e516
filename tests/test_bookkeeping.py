"""The one door to the registers: who may, one event an act, the revision, no private numbers."""

import json
from datetime import date

import pytest
from django.core.exceptions import ValidationError

from reform import bookkeeping, history
from reform.models import Event
from schools import recording
from schools.errors import Denied, Stale
from schools.models import Branch, Region, School
from schools.register_forms import Desk
from schools.registers import REGISTERS
from tests import world

pytestmark = pytest.mark.database
BRANCHES, MEETINGS, STUDIOS = REGISTERS["branches"], REGISTERS["meetings"], REGISTERS["studios"]
ID_NUMBER, MOBILE = "11010519491231002X", "13800138000"


@pytest.fixture
def school(cast):
    return cast.school


def row(school, **values):
    return Desk(BRANCHES, school).clean({"name": "一支部", "form": "branch", **values}).row


def events(school):
    return [
        json.loads(event.body)
        for event in Event.objects.filter(subject=school.subject, kind="registers").order_by("seq")
    ]


def rev(school):
    return School.objects.values_list("registers_rev", flat=True).get(pk=school.pk)


def test_an_act_of_many_rows_is_one_event_and_one_revision(cast, school):
    rows = [row(school, name=f"{n}支部") for n in "甲乙丙"]

    done = bookkeeping.keep(school, BRANCHES, rows, by=cast.filer)

    assert sorted(done.added) == sorted(Branch.objects.values_list("pk", flat=True))
    assert (len(done.added), done.rev, rev(school)) == (3, 1, 1)
    assert events(school) == [
        {"register": "branches", "seat": cast.filer.key, "added": done.added, "rev": 1}
    ]
    assert list(history.verify(school.subject)) == []


def test_change_removal_and_bringing_back_are_told_apart(cast, school):
    made = bookkeeping.keep(school, BRANCHES, [row(school)], by=cast.filer).added
    found = Branch.objects.get()
    changed = Desk(BRANCHES, school).clean({"full_members": "8"}, found).row

    bookkeeping.keep(school, BRANCHES, [changed], by=cast.secretary)
    bookkeeping.remove(school, BRANCHES, made, by=cast.filer)
    assert list(recording.living(BRANCHES, school)) == []
    bookkeeping.bring_back(school, BRANCHES, made, by=cast.filer)

    kinds = [set(body) & {"added", "changed", "removed", "restored"} for body in events(school)]
    assert kinds == [{"added"}, {"changed"}, {"removed"}, {"restored"}]
    assert rev(school) == 4
    assert recording.living(BRANCHES, school).get().full_members == 8


def test_what_changes_nothing_leaves_no_event(cast, school):
    bookkeeping.remove(school, BRANCHES, [987], by=cast.filer)
    assert (events(school), rev(school)) == ([], 0)


def test_a_repeated_request_writes_once(cast, school):
    first = bookkeeping.keep(school, BRANCHES, [row(school)], by=cast.filer, key="k1")
    again = bookkeeping.keep(school, BRANCHES, [row(school)], by=cast.filer, key="k1")

    assert again == first
    assert (Branch.objects.count(), rev(school)) == (1, 1)


def test_a_row_that_a_colleague_changed_is_not_overwritten(cast, school):
    bookkeeping.keep(school, BRANCHES, [row(school)], by=cast.filer)
    mine, theirs = (
        Desk(BRANCHES, school).clean({"full_members": n}, Branch.objects.get()).row
        for n in ("5", "6")
    )

    bookkeeping.keep(school, BRANCHES, [theirs], by=cast.secretary)
    with pytest.raises(Stale):
        bookkeeping.keep(school, BRANCHES, [mine], by=cast.filer)

    assert Branch.objects.get().full_members == 6
    assert (len(events(school)), rev(school)) == (2, 2)


@pytest.mark.parametrize("who", ["reviewer", "manager", "viewer", "stranger"])
def test_nobody_else_writes_into_a_schools_registers(cast, school, who):
    with pytest.raises(Denied):
        bookkeeping.keep(school, BRANCHES, [row(school)], by=getattr(cast, who))
    assert Branch.objects.count() == 0


def test_a_closed_school_keeps_its_registers_as_they_are(cast, school):
    School.objects.filter(pk=school.pk).update(closed_on=date(2026, 11, 20))
    with pytest.raises(Denied):
        bookkeeping.keep(school, BRANCHES, [row(school)], by=cast.filer)


@pytest.mark.parametrize("number", [ID_NUMBER, MOBILE, "１３８ ００１３ ８０００"])
@pytest.mark.parametrize("column", ["note", "approval_no", "strong_effect", "name"])
def test_private_numbers_are_refused_at_their_column(cast, school, column, number):
    with pytest.raises(ValidationError) as refused:
        bookkeeping.keep(school, BRANCHES, [row(school, **{column: number})], by=cast.filer)

    assert list(refused.value.message_dict) == [column]
    assert number not in str(refused.value)
    assert Branch.objects.count() == 0


def test_a_branch_that_others_name_cannot_be_removed(cast, school):
    branch = world.branch(school)
    meeting = world.row("meetings", school, kind="general", held_on="2026-10-12", branch=branch)

    with pytest.raises(Denied) as refused:
        bookkeeping.remove(school, BRANCHES, [branch.pk], by=cast.filer)
    assert "(1)" in refused.value.reason

    bookkeeping.remove(school, MEETINGS, [meeting.pk], by=cast.filer)
    bookkeeping.remove(school, BRANCHES, [branch.pk], by=cast.filer)
    with pytest.raises(Denied):  # what it belongs to is out itself
        bookkeeping.bring_back(school, MEETINGS, [meeting.pk], by=cast.filer)
    assert recording.taken_out(MEETINGS, school).count() == 1


def test_only_a_bureau_enters_studios(cast, school):
    bureau = world.bureau()
    filer = world.seat("filer", bureau)

    def studio(at):
        return Desk(STUDIOS, at).clean(
            {"name": "名校长工作室", "status": "active", "members": [f"#{school.pk}"]}
        ).row  # fmt: skip

    with pytest.raises(Denied):
        bookkeeping.keep(school, STUDIOS, [studio(school)], by=cast.filer)
    bookkeeping.keep(bureau, STUDIOS, [studio(bureau)], by=filer)
    assert [row.name for row in recording.readable(STUDIOS, school)] == ["名校长工作室"]


def test_only_the_manager_of_the_county_allows_names(cast, school):
    for seat in (cast.filer, cast.reviewer, world.seat("manager", "3301")):
        with pytest.raises(Denied):
            bookkeeping.allow_names(world.COUNTY, True, by=seat)

    assert bookkeeping.allow_names(world.COUNTY, True, by=cast.manager) is True
    assert bookkeeping.allow_names(world.COUNTY, True, by=cast.manager) is False
    assert Region.objects.get(pk=world.COUNTY).office_names is True
    told = Event.objects.filter(subject=f"region:{world.COUNTY}", kind="allow_names")
    assert [json.loads(event.body)["allowed"] for event in told] == [True]
