"""What answers rest on beside the school's own registers: when that moves, they are asked anew."""

from datetime import date

import pytest

from reform import baseline, checking, restructure
from reform.baseline import Figures
from reform.models import Computed, Entry
from reform.restructure import Change
from schools import clock, recording
from schools.models import School
from schools.registers import REGISTERS
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
STUDIOS, TRAININGS = REGISTERS["studios"], REGISTERS["trainings"]


def revision(school):
    return School.objects.values_list("registers_rev", flat=True).get(pk=school.pk)


@pytest.fixture
def schools():
    return world.school("主持校"), world.school("成员校"), world.school("旁校")


@pytest.fixture
def studio(schools):
    row = world.row("studios", schools[0], name="名校长工作室")
    row.members.add(schools[1])
    return row


def test_a_member_of_a_studio_is_asked_anew_when_its_host_enters_a_training(schools, studio):
    host = schools[0]
    row = TRAININGS.model(title="研修", held_on=date(2026, 10, 9), studio=studio)

    recording.write(host, TRAININGS, [row])
    assert [revision(one) for one in schools] == [1, 1, 0]
    recording.remove(host, TRAININGS, [row.pk])
    assert [revision(one) for one in schools] == [2, 2, 0]
    recording.bring_back(host, TRAININGS, [row.pk])
    assert [revision(one) for one in schools] == [3, 3, 0]


def test_the_host_is_asked_anew_when_a_member_enters_what_its_studio_held(schools, studio):
    member = schools[1]
    row = TRAININGS.model(title="研修", held_on=date(2026, 10, 9), studio=studio)
    recording.write(member, TRAININGS, [row])
    assert [revision(one) for one in schools] == [1, 1, 0]


def test_who_leaves_a_studio_and_who_joins_it_are_both_asked_anew(schools, studio):
    host, _member, other = schools
    studio.to_join = [other.pk]
    recording.write(host, STUDIOS, [studio])
    assert [revision(one) for one in schools] == [1, 1, 1]


def test_a_training_of_no_studio_moves_its_own_school_only(schools, studio):
    row = TRAININGS.model(title="校本研修", held_on=date(2026, 10, 9))
    recording.write(schools[0], TRAININGS, [row])
    assert [revision(one) for one in schools] == [1, 0, 0]


def test_an_answer_is_stale_once_the_basic_figures_were_told_anew(cast):
    entry = world.entry(cast.school, "S1.1")
    checking.refresh([cast.school])
    assert not is_stale(entry)

    baseline.answer(cast.school.pk, Figures("committee", 120, 6, 5, 60, 210), by=cast.filer)

    assert is_stale(entry)


def test_an_answer_is_stale_once_the_authority_gave_the_school_another_type(cast, manager):
    entry = world.entry(cast.school, "S1.1")
    checking.refresh([cast.school])

    change = Change("type", {"type": "311"})
    restructure.carry_out(cast.school.pk, change, by=manager, reason="按新批复更正办学类型。")

    assert is_stale(entry)


def is_stale(entry):
    found = Entry.objects.select_related("school", "computed").get(pk=entry.pk)
    assert Computed.objects.filter(entry=entry).exists()
    return checking.is_stale(found.computed, found, clock.today())
