"""School lists refused: in words, by row and column, and nothing of such a list is written."""

import pytest
from django.utils import translation

from schools.models import School, SchoolType
from tests import world
from tests.school_lists import ROW, SHORT, csv_of, load

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def said(report):
    return [(row, sentence) for row, _school, sentence in report.refused]


def refused(*rows, **options):
    """(row number, sentence) of each refusal; nothing may have been written."""
    before = School.objects.count()
    with translation.override("en"):
        report = load(csv_of(*rows), **options)
    assert School.objects.count() == before
    assert not report.written
    return said(report)


@pytest.mark.parametrize(
    ("head", "row", "sentence"),
    [
        (SHORT, ["", "西湖区", "小学"], "School name: The name is missing."),
        (
            SHORT,
            ["长" * 61, "西湖区", "小学"],
            "School name: The name is longer than 60 characters.",
        ),
        (
            SHORT,
            ["阳光小学", "", "小学"],
            ("Place: The place is missing. Enter the county where the school stands."),
        ),
        (
            SHORT,
            ["阳光小学", "西糊区", "小学"],
            ("Place: There is no place called “西糊区”; is it now 西湖区? Its code will do too."),
        ),
        (SHORT, ["阳光小学", "330199", "小学"], "Place: There is no region with the code 330199."),
        (
            SHORT,
            ["阳光小学", "杭州市", "小学"],
            ("Place: “杭州市” is not a county or district. Enter the county where the school is."),
        ),
        (
            SHORT,
            ["阳光小学", "西湖区", ""],
            (
                "School type: The school type is missing. A new school needs one, in "
                "words or as its code."
            ),
        ),
        (
            SHORT,
            ["阳光小学", "西湖区", "大学"],
            ("School type: “大学” is not a school type. Enter its name or 3-digit code."),
        ),
        (
            SHORT,
            ["阳光幼儿园", "西湖区", "幼儿园"],
            ("School type: Kindergarten does not take part in this reform. Leave the row out."),
        ),
        (
            SHORT,
            ["附设班", "西湖区", "219"],
            (
                "School type: Attached primary class is not a school of its own. Enter "
                "the school it belongs to instead."
            ),
        ),
        (
            [*SHORT, "学校标识码"],
            [*ROW, "2.13E+09"],
            (
                "School code: “2.13E+09” is a number that the spreadsheet has "
                "shortened, digits are lost. Format the column as text and enter the "
                "code again."
            ),
        ),
        (
            [*SHORT, "学校标识码"],
            [*ROW, "二一三三"],
            (
                "School code: “二一三三” is not a school code: that has 4 to 20 digits, "
                "letters or hyphens."
            ),
        ),
        (
            [*SHORT, "学校标识码"],
            [*ROW, "L-330106-0009"],
            (
                "School code: Codes that begin with L- or B- are given by this "
                "system. Leave the cell empty."
            ),
        ),
        (
            [*SHORT, "正式党员"],
            [*ROW, "约50"],
            "Full members: “约50” is not a whole number from 0 to 99999.",
        ),
        (
            [*SHORT, "正式党员"],
            [*ROW, "-1"],
            "Full members: “-1” is not a whole number from 0 to 99999.",
        ),
        (
            [*SHORT, "办学性质"],
            [*ROW, "合办"],
            "Ownership: “合办” is not known here. Enter one of: Public, Private.",
        ),
        (
            [*SHORT, "主管部门"],
            [*ROW, "上城区"],
            "Place: The place does not lie in the area of the authority.",
        ),
        (
            SHORT,
            ["阳光小学", "西湖区"],
            "The row has 2 cells, the headings 3: a comma too many or too few?",
        ),
        (
            SHORT,
            [*ROW, "多一格"],
            "The row has 4 cells, the headings 3: a comma too many or too few?",
        ),
    ],
)
def test_a_row_is_refused_in_words_with_row_and_column(head, row, sentence):
    SchoolType.objects.create(code="111", name_zh="幼儿园", name_en="Kindergarten", use="excluded")
    SchoolType.objects.create(
        code="219", name_zh="附设小学班", name_en="Attached primary class", use="not a school"
    )

    assert (2, sentence) in refused(head, row)


def test_a_school_outside_the_scope_is_refused():
    assert refused(SHORT, ROW, scope=world.SIBLING) == [
        (
            2,
            "Place: It is reviewed outside 浙江省杭州市上城区; "
            "this list may only change schools inside.",
        )
    ]


def test_a_code_of_a_school_elsewhere_is_refused_without_naming_it():
    world.school("上城小学", authority=world.SIBLING, code="2133009999")
    row = ["2133009999", "阳光小学", "小学"]

    assert refused(["学校标识码", "学校名称", "办学类型"], row, scope=world.COUNTY) == [
        (2, "School code: This code belongs to a school outside 浙江省杭州市西湖区.")
    ]


def test_a_name_that_several_places_bear_asks_for_more():
    world.Region.objects.create(
        code="320106", name="西湖区", full_name="江苏省南京市西湖区", kind="county"
    )

    assert refused(SHORT, ROW) == [
        (
            2,
            "Place: Several places are called “西湖区”: 江苏省南京市西湖区, 浙江省杭州市西湖区. "
            "Enter the code or full name.",
        )
    ]
    assert load(csv_of(SHORT, ROW), scope="33").new == 1


def test_a_school_that_comes_twice_in_other_words_is_refused_the_second_time():
    head = ["学校标识码", *SHORT]
    coded = ["2133000001", *ROW]

    assert refused(head, coded, [*coded[:3], "初级中学"]) == [
        (3, "School code: The same school stands in row 2 already.")
    ]
    assert refused(head, ["", *ROW], coded) == [
        (3, "School code: The same school stands in row 2 already.")
    ]
    assert refused(SHORT, ROW, ["阳光小学 ", "330106", "211"]) == [
        (3, "School name: The same school stands in row 2 already.")
    ]


def test_two_schools_of_one_name_are_told_apart_by_their_codes():
    head = ["学校标识码", *SHORT]

    report = load(csv_of(head, ["2133000001", *ROW], ["2133000002", *ROW]))
    assert report.new == 2
    assert [(row, said) for row, _school, said in report.warnings] == [
        (3, "与第 2 行同名而标识码不同，按两所学校处理。")
    ]
    assert refused(SHORT, ROW) == [
        (2, "School name: Several schools of this authority have this name. Enter the school code.")
    ]


def test_another_code_for_a_known_name_is_asked_about():
    world.school("阳光小学", code="2133000001")

    assert refused(["学校标识码", *SHORT], ["2133000002", *ROW]) == [
        (
            2,
            "School code: A school of this name has the code 2133000001 here. If it got a new "
            "code, change the code in the back office; if it is another school, add it there.",
        )
    ]


def test_a_closed_school_and_a_bureau_are_not_overwritten():
    world.school("旧校", code="2133000001", closed_on="2025-08-31")
    world.bureau()
    head = ["学校标识码", *SHORT]

    assert refused(head, ["2133000001", *ROW], ["B-330106", "教育局", "西湖区", "小学"]) == [
        (
            2,
            "School code: The school with this code was closed on 2025-08-31; "
            "the code is not used again.",
        ),
        (3, "School code: This code belongs to an education bureau."),
    ]


def test_one_bad_row_keeps_the_whole_list_out_unless_told_otherwise():
    rows = [SHORT, ROW, ["坏", "西湖区", "大学"]]

    assert len(refused(*rows)) == 1
    report = load(csv_of(*rows), skip_bad=True)

    assert (report.new, report.refused_rows, report.written) == (1, 1, True)
    assert list(School.objects.values_list("name", flat=True)) == ["阳光小学"]
