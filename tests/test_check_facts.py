"""What the checks are given: registers of any number of schools, read in a few queries."""

from datetime import date

import pytest

from reform import answering
from reform.checks import facts
from reform.checks.base import Window
from reform.checks.table import CHECKS
from reform.models import Check
from schools import clock, models
from tests import check_books, world

pytestmark = pytest.mark.django_db
NOVEMBER = Window(
    (date(2026, 9, 1), date(2027, 1, 29)),
    date(2026, 11, 20),
    ((date(2026, 9, 1), date(2026, 9, 30)), (date(2026, 10, 1), date(2026, 10, 31))),
)


def fill(n):
    """So many schools with rows in every register, and a studio of each."""
    schools = [world.school() for _ in range(n)]
    for school in schools:
        pen = check_books.Pen(school.pk)
        rows = {key: [pen.row(key) for _ in range(4)] for key in check_books.MOST}
        studios = check_books.write_studios([pen.row("studios")], schools * 5)
        check_books.write([rows], [school], studios)
    return list(models.School.objects.select_related("school_type"))


def made(model, school, **fields):
    return model.objects.create(school=school, changed_at=clock.now(), **fields)


@pytest.mark.parametrize("n", [1, 3, 40])
def test_any_number_of_schools_takes_twelve_queries(travel, django_assert_num_queries, n):
    schools = fill(n)

    with django_assert_num_queries(12):
        read = facts.load(schools)
    with django_assert_num_queries(0):
        for one in read.values():
            for check in CHECKS.values():
                check(one, NOVEMBER)
    assert sum(len(one.meetings) for one in read.values()) > n


def test_schools_without_their_types_take_one_query_more(travel, django_assert_num_queries):
    fill(3)
    bare = list(models.School.objects.all())

    with django_assert_num_queries(13):
        read = facts.load(bare)
    assert {one.phases for one in read.values()} == {"P"}


def test_only_the_registers_asked_for_are_read(travel, django_assert_num_queries):
    schools = fill(3)

    with django_assert_num_queries(2):
        read = facts.load(schools, registers=["branches", "units"])
    assert any(one.branches for one in read.values())
    assert not any(one.meetings or one.trainings for one in read.values())


def test_rows_that_were_removed_never_count(travel):
    school = world.school()
    for model in check_books.UNREMOVED.values():
        fields = {
            "held_on": date(2026, 10, 9),
            "as_of": date(2026, 10, 9),
            "kind": "other",
            "branch": made(models.Branch, school, name="支部"),
        }
        names = {field.name for field in model._meta.fields}
        own = {key: value for key, value in fields.items() if key in names}
        made(model, school, removed_at=clock.now(), **own)
        models.Branch.objects.update(removed_at=clock.now())

    read = facts.load([school])[school.pk]
    assert not any(getattr(read, register) for register in facts.REGISTERS)


def test_old_years_stay_in_the_database_but_for_rotating_training(travel):
    school = world.school()
    for day in (date(2023, 9, 1), date(2026, 1, 1)):
        made(models.Meeting, school, kind="lecture", held_on=day)
        made(models.Activity, school, kind="tradition", title="诵读", held_on=day)
        made(models.Training, school, title="专训", held_on=day, channel="special")
    made(models.Training, school, title="轮训", held_on=date(2023, 9, 1), channel="rotation")
    made(models.Training, school, title="课题", held_on=date(2023, 9, 1), mode="research",
         ended_on=date(2026, 5, 1))  # fmt: skip

    read = facts.load([school], since=date(2026, 1, 1))[school.pk]
    assert [row.held_on.year for row in [*read.meetings, *read.activities]] == [2026, 2026]
    assert [row.title for row in read.trainings] == ["轮训", "课题", "专训"]


def test_a_member_school_sees_what_the_host_of_its_studio_entered(travel):
    host, member, stranger = world.school(), world.school(), world.school()
    studio = made(models.Studio, host, name="名校长工作室")
    studio.members.add(member)
    for title in ("研讨", "送教"):
        made(models.Training, host, title=title, held_on=date(2026, 10, 9), studio=studio)
    gone = made(models.Studio, host, name="旧", removed_at=clock.now())
    made(models.Training, host, title="旧", held_on=date(2026, 10, 9), studio=gone)

    read = facts.load([host, member, stranger])
    alone = facts.load([member])
    told = {pk: CHECKS["studio_activities"](one, NOVEMBER).num for pk, one in read.items()}
    assert told == {host.pk: 2, member.pk: 2, stranger.pk: 0}
    assert CHECKS["studio_activities"](alone[member.pk], NOVEMBER).num == 2


def test_names_of_office_holders_are_not_read(travel):
    school = world.school()
    branch = made(models.Branch, school, name="支部")
    made(models.CommitteeSeat, school, branch=branch, seat="secretary", holder="王某")

    seat = facts.load([school])[school.pk].committee_members[0]
    assert "holder" in seat.get_deferred_fields()


def test_the_registers_that_are_read_for_a_check_are_all_that_it_needs(travel):
    schools = fill(12)
    whole = facts.load(schools)
    for check in Check.objects.filter(source="computed"):
        part = facts.load(schools, registers=answering.registers_of(check))
        for school in schools:
            found = CHECKS[check.key](part[school.pk], NOVEMBER)
            assert found == CHECKS[check.key](whole[school.pk], NOVEMBER), check.key
