"""The registers of the demo: rows that its own pages would take, with gaps, and no person."""

from datetime import date

import openpyxl
import pytest
from django.conf import settings

from reform import intake
from reform.intake import Block
from reform.management import demo_registers
from reform.management.commands import demo
from schools import checkup, clock, recording
from schools.forms import work_phone
from schools.models import Branch, CommitteeSeat, Meeting, School, Studio, Unit
from schools.register_blocks import rows_of, text_of
from schools.register_forms import Desk, typed
from schools.registers import REGISTERS
from schools.structure_books import load
from tests import world

BEGIN, TODAY = date(2026, 9, 1), date(2026, 11, 20)


@pytest.fixture
def county(cast):
    """A school of each kind, the bureau, and two by the names that the demo knows."""
    kinds = {"multi": 6, "single": 1, "joint": None}
    for profile, branches in kinds.items():
        known = {"branches": branches, "full_members": 24, "staff": 60, "classes": 12}
        world.school(f"{profile}学校", profile=profile, **known)
    world.school("青禾县马店教学点", profile="joint", full_members=1)
    world.school("青禾县白沙镇中心小学", profile="single", full_members=15)
    world.school("青禾县高级中学", branches=8, full_members=104, school_type_id="342")
    world.school("青禾县第一中学", branches=9, full_members=121)
    world.bureau()
    return demo_registers.load(world.COUNTY, BEGIN, TODAY, [])


def test_whoever_files_or_reviews_in_the_demo_has_an_office_phone_that_nobody_has(
    cast, monkeypatch
):
    for number in range(2):
        world.school(f"示例小学{number}", authority=world.COUNTY)
    monkeypatch.setattr(demo, "COUNTY", world.COUNTY)
    made = [post.user.phone for post in demo._filers() if post.user.username.endswith("-01")]
    near = {"filer", "secretary", "reviewer", "manager", "viewer"}
    named = [
        one.get("phone", "")
        for one in demo.SAID["people"]
        if near & {role for role, _ in one["posts"]}
    ]
    phones = [*named, *made]
    assert len(made) == 2 and len(set(phones)) == len(phones)
    assert [one for one in phones if work_phone(one) != one or not one.startswith("0000-")] == []


@pytest.mark.parametrize("key", REGISTERS)
def test_every_row_is_one_that_its_page_would_take(county, key):
    register, wrong = REGISTERS[key], {}
    for school in School.objects.filter(authority_id=world.COUNTY):
        desk = Desk(register, school)
        for row in recording.living(register, school):
            if errors := desk.clean(typed(register, row), row).errors:
                wrong[f"{school} {row}"] = errors
    assert wrong == {}


def test_every_register_is_filled_and_none_names_a_person(county):
    assert [key for key in REGISTERS if not REGISTERS[key].model.objects.exists()] == []
    assert not CommitteeSeat.objects.exclude(holder="").exists()


def test_members_of_the_branches_add_up_to_those_of_the_school(county):
    school = School.objects.get(name="multi学校")
    leaves = Branch.objects.filter(school=school, form="branch")

    assert sum(row.full_members for row in leaves) == 24 - ("S1.2" in county[school.pk])
    assert leaves.count() == 6


def test_schools_that_fill_in_all_lack_no_fact_for_the_structure_check(county):
    found = [checkup.examine(books) for books in load(list(School.objects.all()), clock.today())]
    open_ = {one.rule.id for school in found if school.books.branches for one in school.open}
    assert open_ == set()
    assert any(school.kept for school in found)


def test_a_teaching_point_names_the_joint_branch_of_its_host(county):
    row = Branch.objects.get(school__name="青禾县马店教学点")

    assert (row.form, row.host.school.name) == ("joint", "青禾县白沙镇中心小学")


def test_the_school_for_trying_out_pasting_has_groups_and_no_branch(county):
    school = School.objects.get(name="青禾县高级中学")

    assert not Branch.objects.filter(school=school).exists()
    assert not CommitteeSeat.objects.filter(school=school).exists()
    assert (
        Unit.objects.filter(school=school, branch=None).count()
        == Unit.objects.filter(school=school).count()
    )
    assert "S2.1" in county[school.pk]


def test_the_workbook_for_trying_out_pasting_fills_that_school(county):
    school = School.objects.get(name="青禾县高级中学")
    filer = world.seat("filer", school)
    book = openpyxl.load_workbook(settings.BASE_DIR / "seeds" / "demo" / "branches.xlsx")

    for sheet, key in zip(book, ("branches", "units", "committee_members"), strict=True):
        cells = [[str(cell or "") for cell in row] for row in sheet.values]
        block = Block(rows_of(text_of(cells)), 500)
        look = intake.seen(school, REGISTERS[key], block)
        assert [line.errors for line in look.refused] == []
        intake.write(school, REGISTERS[key], block, by=filer, as_seen=look.digest)

    leaves = Branch.objects.filter(school=school, form="branch")
    assert (leaves.count(), sum(row.full_members for row in leaves)) == (8, 104)
    heads = CommitteeSeat.objects.filter(branch__in=leaves, seat="secretary", is_unit_head=True)
    assert heads.count() == 7
    assert not Unit.objects.filter(school=school, branch=None).exists()


def test_nothing_lies_ahead_and_every_month_has_its_theme_day(county):
    school = School.objects.get(name="single学校")
    days = Meeting.objects.filter(school=school, kind="theme_day").values_list("held_on", flat=True)

    assert sorted(day.month for day in days) == [9, 10, 11]
    assert not Meeting.objects.filter(held_on__gt=TODAY).exists()


def test_studios_stand_with_the_bureau_and_span_schools(county):
    studio = Studio.objects.get()

    assert studio.school.kind == "bureau"
    assert studio.members.filter(name="青禾县第一中学").exists()


def test_the_same_day_makes_the_same_rows(county):
    def rows(after):
        return [
            (row.name, row.approval_no, row.term_end, row.full_members)
            for row in Branch.objects.filter(pk__gt=after).order_by("school__code", "pk")
        ]

    first, last = rows(0), Branch.objects.order_by("pk").last().pk
    demo_registers.load(world.COUNTY, BEGIN, TODAY, [])

    assert rows(last) == first


def test_on_the_first_day_of_the_year_nothing_was_held_yet(cast):
    world.school("multi学校", branches=6, full_members=60, staff=60)
    demo_registers.load(world.COUNTY, BEGIN, BEGIN, [])

    assert Branch.objects.filter(school__name="multi学校").count() == 7
    assert not Meeting.objects.filter(held_on__gt=BEGIN).exists()
