"""School lists in and out: what a list means, what comes back unchanged, and the command."""

import io

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command
from django.utils import translation

from schools import sheets
from schools.models import School, SchoolType
from schools.resources import Csv, SchoolResource, Xlsx
from tests import world
from tests.school_lists import ROW, SHORT, csv_of, load

pytestmark = [pytest.mark.django_db, pytest.mark.database]
HEAD = ["学校标识码", "学校名称", "所在地", "主管部门", "办学类型", "办学性质", "党组织形式"]
NUMBERS = ["正式党员", "预备党员", "党支部数", "班级数", "教职工数"]
FULL = [*HEAD, *NUMBERS]
SUN = ["2133000001", "阳光小学", "西湖区", "", "小学", "公办", "党总支", "56", "2", "3", "24", "88"]


def test_a_full_row_becomes_a_school_with_its_profile_derived():
    report = load(csv_of(FULL, SUN))

    school = School.objects.get(code="2133000001")
    assert (report.new, report.changed, report.unchanged, report.refused) == (1, 0, 0, [])
    assert (school.name, school.region_id, school.authority_id) == ("阳光小学", "330106", "330106")
    assert (school.school_type_id, school.ownership, school.form) == ("211", "public", "general")
    assert (school.full_members, school.probationary_members, school.branches) == (56, 2, 3)
    assert (school.classes, school.staff, school.profile) == (24, 88, "multi")


def test_the_same_list_again_changes_nothing():
    load(csv_of(FULL, SUN))

    report = load(csv_of(FULL, SUN))

    assert (report.new, report.changed, report.unchanged) == (0, 0, 1)


def test_a_changed_number_is_one_change_and_derives_the_profile_anew():
    load(csv_of(FULL, SUN))
    row = [*SUN[:6], "党支部", *SUN[7:9], "1", *SUN[10:]]

    with translation.override("en"):
        report = load(csv_of(FULL, row))

    assert (report.new, report.changed, report.unchanged) == (0, 1, 0)
    assert report.changes == [
        (2, "阳光小学", "Form of Party organisation: General Party branch → Party branch"),
        (2, "阳光小学", "Branches: 3 → 1"),
    ]
    assert School.objects.get().profile == "single"


def test_an_empty_cell_erases_nothing():
    load(csv_of(FULL, SUN))

    report = load(csv_of(FULL, [*SUN[:6], "", "", "", "", "", ""]))

    assert report.unchanged == 1
    assert School.objects.get().full_members == 56


def test_schools_without_a_code_get_local_codes_and_are_known_again_by_name():
    head = ["学校名称", "所在地", "办学类型"]
    rows = [["转塘教学点", "西湖区", "教学点"], ["双浦教学点", "330106", "218"]]

    first = load(csv_of(head, *rows))
    second = load(csv_of(head, *rows, ["上城教学点", "上城区", "218"]))

    assert (first.new, second.new, second.unchanged) == (2, 1, 2)
    assert list(School.objects.order_by("code").values_list("code", "name")) == [
        ("L-330102-0001", "上城教学点"),
        ("L-330106-0001", "转塘教学点"),
        ("L-330106-0002", "双浦教学点"),
    ]


def test_a_school_that_got_its_national_code_keeps_its_row():
    load(csv_of(["学校名称", "所在地", "办学类型"], ["阳光小学", "西湖区", "小学"]))

    report = load(csv_of(FULL, SUN))

    assert (report.new, report.changed) == (0, 1)
    assert School.objects.get().code == "2133000001"


def test_a_list_of_one_county_need_not_name_it():
    report = load(csv_of(["学校名称", "办学类型"], ["阳光小学", "小学"]), scope=world.COUNTY)

    assert report.new == 1
    assert School.objects.get().authority_id == world.COUNTY


def test_a_city_run_school_stands_in_a_county_and_answers_to_the_city():
    head = ["学校名称", "所在地", "主管部门", "办学类型"]

    load(csv_of(head, ["杭州第一中学", "杭州市西湖区", "杭州市教育局", "高级中学"]))

    school = School.objects.get()
    assert (school.region_id, school.authority_id) == ("330106", "3301")


@pytest.mark.parametrize(
    "place",
    [
        "330106",
        "330106000000",
        "西湖区",
        "杭州市西湖区",
        "浙江省杭州市西湖区",
        "浙江省 / 杭州市 / 西湖区",
    ],
)
def test_a_place_is_known_by_its_code_or_its_path(place):
    load(csv_of(["学校名称", "所在地", "办学类型"], ["阳光小学", place, "小学"]))

    assert School.objects.get().region_id == "330106"


def test_headings_have_other_names_and_may_stand_below_a_title():
    rows = [["西湖区学校名单", "", ""], ["序号", "学校（机构）名称*", "学校类型", "所属区县"]]

    with translation.override("en"):
        report = load(csv_of(*rows, ["1", "阳光小学", "完小", "西湖区"], ["合计", "1", "", ""][:4]))

    assert report.new == 1
    assert report.notes == ["Columns that were not read: 序号."]


def test_a_sum_below_the_numbers_of_rows_is_no_school():
    rows = [["序号", *SHORT], ["1", *ROW], ["合计", "", "100所", ""], ["总计", "100", "", ""]]

    report = load(csv_of(*rows))

    assert (report.new, len(report.refused)) == (1, 0)


def test_an_old_type_becomes_the_one_it_was_merged_into():
    SchoolType.objects.create(
        code="212", name_zh="(旧)独立设置的少数民族小学", name_en="old", use="alias of 211"
    )

    load(csv_of(["学校名称", "所在地", "办学类型"], ["阳光小学", "西湖区", "212"]))

    assert School.objects.get().school_type_id == "211"


def test_a_rehearsal_says_the_same_and_writes_nothing():
    report = load(csv_of(FULL, SUN), dry_run=True)

    assert (report.new, report.written) == (1, False)
    assert School.objects.count() == 0


def test_an_enrolled_school_keeps_what_its_campaign_froze():
    world.school(
        "阳光小学", code="2133000001", form="general", school_type_id="211", locked=True, staff=80
    )
    row = [
        "2133000001",
        "阳光学校",
        "上城区",
        "",
        "九年一贯制学校",
        "民办",
        "",
        "",
        "",
        "",
        "",
        "88",
    ]

    with translation.override("en"):
        report = load(csv_of(FULL, row))

    school = School.objects.get()
    assert (school.name, school.staff, school.locked) == ("阳光学校", 88, True)
    assert (school.region_id, school.authority_id) == ("330106", "330106")
    assert (school.school_type_id, school.ownership) == ("211", "public")
    assert (report.changed, report.refused) == (1, [])
    assert [sentence for _row, _name, sentence in report.held_back] == [
        "Place: 浙江省杭州市西湖区 → 浙江省杭州市上城区",
        "School type: Primary school → Nine-year school",
        "Ownership: Public → Private",
        "Authority: 浙江省杭州市西湖区 → 浙江省杭州市上城区",
    ]


def test_full_width_digits_and_a_comma_in_thousands_are_read():
    row = ["２１３３０００００１", *SUN[1:11], '"1,024"']

    load(csv_of(FULL, row))

    school = School.objects.get()
    assert (school.code, school.staff) == ("2133000001", 1024)


def test_an_odd_code_is_a_warning_and_no_refusal():
    with translation.override("en"):
        report = load(csv_of(["学校标识码", *SHORT], ["3133000001", *ROW]))

    assert report.new == 1
    assert report.warnings == [
        (2, "阳光小学", "The first two digits of the code do not fit the school type.")
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_utf_8_with_or_without_its_mark_and_in_gb18030(encoding):
    load(csv_of(SHORT, ["㛃𬭎䶮𠮷小学", "西湖区", "小学"], encoding=encoding))

    assert School.objects.get().name == "㛃𬭎䶮𠮷小学"


def test_what_is_written_out_changes_nothing_when_it_comes_back():
    world.school("=1+1小学", full_members=3, staff=0, profile="single")
    world.school("'@学校", authority="3301", ownership="private", profile="unknown")
    queryset = School.objects.order_by("code")

    for language in ("zh-hans", "en"):
        for form in (Csv(), Xlsx()):
            with translation.override(language):
                data = form.export_data(SchoolResource().export(queryset))
                report = load(data)
            assert (report.new, report.changed, report.unchanged) == (0, 0, 2)


@pytest.mark.parametrize(
    "text", ["=1+1", "==1+1", "+1", "-1", "@A1", " =1", "\t=1", "＝1", "＠a", "'x", "''=1", "\r1"]
)
def test_no_text_leaves_as_a_formula_and_each_comes_back_as_it_was(text):
    written = sheets.guarded(text)

    assert written.startswith("'")
    assert sheets.unguarded(written) == text


def test_plain_texts_leave_as_they_are():
    assert [sheets.guarded(text) for text in ("", "阳光小学", "2133000001", "a=b")] == [
        "", "阳光小学", "2133000001", "a=b"
    ]  # fmt: skip


def test_the_command_loads_a_workbook_and_says_what_came(tmp_path):
    file = tmp_path / "学校.xlsx"
    with xlsxwriter.Workbook(file) as book:
        for number, row in enumerate([FULL, SUN]):
            book.sheetnames.get("名单") or book.add_worksheet("名单")
            book.get_worksheet_by_name("名单").write_row(number, 0, row)
    out = io.StringIO()

    with translation.override("en"):
        call_command("load_schools", file, authority=world.COUNTY, stdout=out)

    assert out.getvalue() == "1 new, 0 changed, 0 unchanged, 0 refused.\n"
    assert School.objects.get().code == "2133000001"


def test_the_command_ends_in_failure_when_a_row_is_refused(tmp_path):
    file = tmp_path / "list.csv"
    file.write_bytes(csv_of(SHORT, ROW, ["坏", "西湖区", "大学"]))
    err = io.StringIO()

    with translation.override("en"), pytest.raises(CommandError, match="Nothing was written"):
        call_command("load_schools", file, stderr=err)

    assert err.getvalue() == (
        "Row 3 坏 (not taken): School type: “大学” is not a school type. "
        "Enter its name or 3-digit code.\n"
    )
    assert School.objects.count() == 0


def test_the_command_knows_its_region_and_file(tmp_path):
    with pytest.raises(CommandError, match="999999"):
        call_command("load_schools", tmp_path / "none.csv", authority="999999")
    with pytest.raises(CommandError, match="No such file"):
        call_command("load_schools", tmp_path / "none.csv")
