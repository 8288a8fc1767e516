"""Lists glued together from others: repetitions, counties of old, brackets, codes that suffered."""

import pytest
from django.conf import settings
from django.utils import translation

from schools import columns, places
from schools.models import Region, School
from tests import world
from tests.school_lists import ROW, SHORT, csv_of, load

pytestmark = [pytest.mark.django_db, pytest.mark.database]
CODED = ["学校标识码", *SHORT]


def english(*rows, **options):
    with translation.override("en"):
        return load(csv_of(*rows), **options)


@pytest.fixture
def old_county():
    """下城区 became part of 拱墅区; 江干区 was divided."""
    for code, name in (("330105", "拱墅区"), ("330114", "钱塘区")):
        Region.objects.create(code=code, name=name, full_name=f"浙江省杭州市{name}", kind="county")


def test_a_row_that_repeats_another_word_for_word_counts_once():
    coded = ["2133000001", *ROW]

    report = english(["序号", *CODED], ["1", *coded], ["2", *coded])

    assert (report.new, report.unchanged, report.refused) == (1, 1, [])
    assert report.warnings == [(3, "阳光小学", "It says the same as row 2 and counts once.")]
    assert School.objects.count() == 1


def test_a_repetition_of_a_refused_row_is_refused_with_it():
    report = english(SHORT, ["坏", "西湖区", "大学"], ["坏", "西湖区", "大学"], skip_bad=True)

    assert report.refused_rows == 2
    assert [row for row, _school, _said in report.refused] == [2, 3]


def test_a_repetition_of_a_change_counts_once_and_writes_once():
    world.school("阳光小学", code="2133000001", staff=80)
    row = ["2133000001", *ROW, "88"]

    report = english([*CODED, "教职工数"], row, row)

    assert (report.changed, report.unchanged) == (1, 1)
    assert School.objects.get().staff == 88


@pytest.mark.parametrize(
    "place", ["下城区", "330103", "杭州市下城区", "浙江省杭州市下城区", "330103000000"]
)
def test_a_county_that_was_merged_is_taken_as_the_one_of_today_and_said(old_county, place):
    report = english(SHORT, ["长庆小学", place, "小学"])

    assert School.objects.get().region_id == "330105"
    assert report.warnings == [
        (2, "长庆小学", f"“{place}” is 拱墅区 (330105) since 2021, and is taken as that.")
    ]


def test_the_bureau_of_a_county_of_old_is_known_too(old_county):
    english([*SHORT, "主管部门"], ["长庆小学", "拱墅区", "小学", "杭州市下城区教育局"])

    assert School.objects.get().authority_id == "330105"


def test_a_county_that_was_divided_is_asked_about(old_county):
    report = english(SHORT, ["采荷小学", "江干区", "小学"])

    assert report.refused == [
        (
            2,
            "采荷小学",
            "Place: There is no “江干区” since 2021; its area is now that of 上城区 (330102) or "
            "钱塘区 (330114). Enter the one where the school stands.",
        )
    ]


def test_a_living_county_is_never_taken_for_one_of_old(old_county):
    Region.objects.create(
        code="330299", name="下城区", full_name="浙江省宁波市下城区", kind="county"
    )

    load(csv_of(SHORT, ["某小学", "下城区", "小学"]))

    assert School.objects.get().region_id == "330299"


def test_every_county_of_old_leads_to_one_that_is_in_the_seeds():
    lines = (settings.BASE_DIR / "seeds" / "regions.csv").read_text("utf-8").splitlines()
    today = dict(line.split(",")[:2] for line in lines)

    changes = places._changes()

    assert len(changes) == 205
    assert [row for row in changes if today.get(row["new_code"]) != row["new_name"]] == []
    assert [row for row in changes if row["old_code"] in today] == []
    assert [row for row in changes if row["old_code"][:2] != row["new_code"][:2]] == []


@pytest.mark.parametrize(
    "name",
    [
        "阳光小学(东校区)",
        "阳光小学（东校区）",
        "阳光小学东校区",
        "阳光小学 （ 东校区 ）",
        "阳光小学【东校区】",
    ],
)
def test_a_campus_is_the_same_in_any_brackets_and_in_none(name):
    world.school("阳光小学（东校区）")

    report = english(SHORT, [name, "西湖区", "小学"])

    assert report.new == 0
    assert School.objects.count() == 1


def test_a_name_in_other_brackets_or_width_is_no_change():
    school = world.school("阳光小学（东校区）")

    report = english(CODED, [school.code, "阳光小学(东校区)", "西湖区", "小学"])

    assert (report.changed, report.unchanged) == (0, 1)


def test_another_campus_is_another_school_and_worth_a_look():
    world.school("阳光小学", code="2133000001")

    report = english(SHORT, ["阳光小学（东校区）", "西湖区", "小学"])

    assert report.new == 1
    assert report.warnings == [
        (
            2,
            "阳光小学（东校区）",
            "It looks like “阳光小学” (2133000001). If it is that school, enter its code.",
        )
    ]


@pytest.mark.parametrize("name", ["西湖区阳光小学", "西湖阳光小学", "杭州市西湖区阳光小学"])
def test_a_place_in_front_of_a_name_is_worth_a_look(name):
    world.school("阳光小学", code="2133000001")

    report = english(SHORT, [name, "西湖区", "小学"])

    assert [row for row, _name, said in report.warnings if "looks like" in said] == [2]


def test_two_rows_that_look_like_one_school_are_worth_a_look():
    report = english(SHORT, ROW, ["西湖区阳光小学", "西湖区", "小学"])

    assert report.new == 2
    assert report.warnings == [
        (
            3,
            "西湖区阳光小学",
            "It looks like “阳光小学” in row 2. If it is that school, delete one.",
        )
    ]


def test_schools_of_other_places_are_not_alike():
    world.school("阳光小学", authority=world.SIBLING)

    assert english(SHORT, ["西湖区阳光小学", "西湖区", "小学"]).warnings == []


@pytest.mark.parametrize(
    "text", ["2133000001.0", "'2133000001", "２１３３０００００１", " 2133000001"]
)
def test_a_code_that_programs_have_handled_is_still_that_code(text):
    assert columns.code(text) == "2133000001"


def test_a_zero_that_the_spreadsheet_dropped_is_asked_about():
    world.school("阳光小学", code="0133000001")

    report = english(CODED, ["133000001", "阳光小学", "西湖区", "小学"])

    assert report.refused[0][2].startswith(
        "School code: 0133000001 is known here: has the spreadsheet dropped the zero in front?"
    )


def test_columns_about_states_and_reviewers_are_named_and_not_read():
    school = world.school("阳光小学", code="2133000001")
    head = [*CODED, "状态", "审核人", "locked"]

    report = english(head, [school.code, *ROW, "accepted", "张三", "1"])

    assert report.notes == ["Columns that were not read: 状态, 审核人, locked."]
    assert (report.unchanged, School.objects.get().locked) == (1, False)
