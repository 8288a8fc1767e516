"""Registers as files: the sheet to fill in, sent, taken away, and back unchanged."""

import csv
import io
import re
from datetime import date

import openpyxl
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from reform import intake
from reform.intake import Block
from reform.management import demo_registers
from reform.models import AuditLine
from schools import register_resources, sheets
from schools.models import Branch, Meeting, Training
from schools.register_blocks import MOST_SENT
from schools.register_sheets import UNCHANGED
from schools.registers import REGISTERS
from tests import world

pytestmark = pytest.mark.database
HEADERS = {"origin": world.ORIGIN}


@pytest.fixture
def school(cast):
    return cast.school


@pytest.fixture
def mine(cast, at):
    return at(cast.filer)


@pytest.fixture
def full(cast):
    """The school with registers as the demo fills them."""
    cast.school.full_members, cast.school.branches, cast.school.staff = 60, 6, 90
    cast.school.save()
    world.bureau()
    demo_registers.load(world.COUNTY, date(2026, 9, 1), date(2026, 11, 20), [])
    return cast.school


def book(rows):
    """A workbook; days are days, numbers are numbers."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd"}) as made:
        sheet = made.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write(number, column, cell)
    return out.getvalue()


def send(client, key, data, name="台账.xlsx"):
    file = SimpleUploadedFile(name, data)
    return client.post(f"/registers/{key}/file/", {"file": file}, headers=HEADERS)


def text(response):
    return response.content.decode().replace("\xa0", " ")


def on(client, page, key, do="write"):
    """Press a button of the preview."""
    found = dict(re.findall(r'name="(key|seen|heads|file)" value="([^"]*)"', text(page)))
    found["text"] = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", text(page), re.DOTALL)[1]
    return client.post(f"/registers/{key}/paste/", {**found, "do": do}, headers=HEADERS)


def states(school, key, data):
    rows = register_resources.block_of(sheets.read(data))
    look = intake.seen(school, REGISTERS[key], Block(rows, MOST_SENT))
    return look, {line.state for line in look.lines}


# ---- away and back


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("key", [key for key in REGISTERS if key != "studios"])
def test_a_register_taken_away_and_sent_back_changes_nothing(full, key, kind, language):
    with translation.override(language):
        data = register_resources.exported(intake.desk(REGISTERS[key], full), kind)
    look, found = states(full, key, data)

    assert found == {UNCHANGED}, [line.errors or line.changes for line in look.lines][:3]
    assert len(look.lines) == REGISTERS[key].model.objects.filter(school=full).count()


def test_studios_of_the_bureau_come_back_unchanged_with_their_schools(cast):
    lead, bureau = world.school("青禾县第一中学"), world.bureau()
    demo_registers.load(world.COUNTY, date(2026, 9, 1), date(2026, 11, 20), [])
    desk = intake.desk(REGISTERS["studios"], bureau)

    look, found = states(bureau, "studios", register_resources.exported(desk, "xlsx"))

    assert found == {UNCHANGED}
    assert lead in look.lines[0].row.members.all()


def test_a_formula_in_a_cell_goes_out_guarded_and_comes_back_as_it_was(school):
    world.branch(school, "=HYPERLINK(1)", note="@cmd")
    desk = intake.desk(REGISTERS["branches"], school)
    rows = list(
        csv.reader(io.StringIO(register_resources.exported(desk, "csv").decode("utf-8-sig")))
    )

    assert rows[1][0] == "'=HYPERLINK(1)" and rows[1][-1] == "'@cmd"
    sheet = openpyxl.load_workbook(io.BytesIO(register_resources.exported(desk, "xlsx"))).active
    assert (sheet["A2"].data_type, sheet["A2"].value) == ("s", "'=HYPERLINK(1)")
    _look, found = states(school, "branches", register_resources.exported(desk, "csv"))
    assert found == {UNCHANGED}


def test_what_was_taken_away_stands_in_the_log(cast, mine):
    answer = mine.get("/registers/branches/export/?as=csv")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment")
    line = AuditLine.objects.get(what="register export")
    assert (line.user, line.thing) == (cast.filer.user, "branches csv")


def test_removed_rows_and_those_of_others_are_not_taken_away(school):
    world.branch(school, "一支部")
    world.branch(school, "二支部", removed_at=world.NOON)
    world.branch(world.school("隔壁小学"), "三支部")
    data = register_resources.exported(intake.desk(REGISTERS["branches"], school), "csv")

    assert [row[0] for row in csv.reader(io.StringIO(data.decode("utf-8-sig")))][1:] == ["一支部"]


# ---- the sheet to fill in


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("key", REGISTERS)
def test_the_sheet_to_fill_in_has_headings_an_example_and_is_accepted(full, key, language):
    desk = intake.desk(REGISTERS[key], full)
    with translation.override(language):
        data = register_resources.template(desk)
        headings = [f"{c.heading}{'*' * c.needed}" for c in desk.columns]
    made = openpyxl.load_workbook(io.BytesIO(data))
    first, notes, choices = made.worksheets
    assert [cell.value for cell in first[2]] == headings
    assert first["A3"].value.startswith("示例" if language == "zh-hans" else "Example")
    assert (len(list(notes.values)), choices.sheet_state) == (len(headings) + 1, "hidden")

    for place, column in enumerate(desk.columns, start=1):
        first.cell(4, place).value = None if column.sort == "row" else first.cell(3, place).value
    first.cell(4, 1).value = re.sub(r"^(示例|Example)(：|: )", "", first["A3"].value)
    if key == "committee_members":
        first.cell(4, 1).value = Branch.objects.filter(school=full, form="branch")[0].name
    if key == "meetings":
        row = [column.name for column in desk.columns].index("branch") + 1
        first.cell(4, row).value = Branch.objects.filter(school=full, form="branch")[0].name
    out = io.BytesIO()
    made.save(out)
    look, _states = states(full, key, out.getvalue())

    assert len(look.lines) == 1
    wrong = {"units": {"branch"}, "posts": {"level"}}.get(key, set())
    assert set(look.lines[0].errors) <= wrong, look.lines[0].errors


def test_the_choices_of_the_sheet_drop_down_and_are_read(school):
    world.branch(school, "一支部")
    data = register_resources.template(intake.desk(REGISTERS["committee_members"], school))
    first, _notes, choices = openpyxl.load_workbook(io.BytesIO(data)).worksheets

    offered = [[cell.value for cell in column if cell.value] for column in choices.iter_cols()]
    assert offered[0] == ["一支部"]
    assert "书记" in offered[1]
    ranges = sorted(str(one.sqref) for one in first.data_validations.dataValidation)
    assert ranges[0] == f"A4:A{MOST_SENT + 3}"


# ---- a file sent


def test_a_workbook_with_days_and_numbers_is_looked_at_then_written(school, mine):
    world.branch(school, "一支部")
    rows = [["会议台账"], ["种类", "日期", "支部", "应到", "实到", "备注"],
            ["主题党日", date(2026, 10, 9), "一支部", 13, 12.0, ""],
            ["党课", "2026年10月12日", "一支部", "13", 13, "第一讲"]]  # fmt: skip
    page = send(mine, "meetings", book(rows))
    assert (page.status_code, Meeting.objects.count()) == (200, 0)
    assert "新增 2 行" in text(page)

    answer = on(mine, page, "meetings")

    assert (answer.status_code, answer.url) == (302, "/registers/meetings/?pasted=1")
    found = Meeting.objects.order_by("held_on").values_list("kind", "held_on", "attended")
    assert list(found) == [
        ("theme_day", date(2026, 10, 9), 12),
        ("lecture", date(2026, 10, 12), 13),
    ]


def test_rows_keep_the_numbers_they_have_in_the_file(school, mine):
    rows = [["名称", "组织形式"], [], ["一支部", "党支部"], [], ["二支部", "班级"]]
    page = send(mine, "branches", book(rows))

    assert re.findall(r'<span class="wide">(\d+)</span>，', text(page)) == ["3", "5"]


def test_the_good_rows_of_a_file_go_in_and_the_others_come_back_as_a_file(school, mine):
    rows = [["培训名称", "日期", "应到"], ["专题学习", "2026-10-9", 9], ["坏的", "昨天", "许多"]]
    page = send(mine, "trainings", book(rows))
    answer = on(mine, page, "trainings", "failed")

    assert answer["Content-Disposition"].startswith("attachment")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    head, row = list(sheet.values)
    assert row[:4] == ("坏的", "昨天", "许多", 3)
    assert head[4] == "未通过的原因" or row[4]
    assert "日期" in row[4] and "应到" in row[4]

    rest = on(mine, page, "trainings")
    assert rest.status_code == 200
    assert [one.title for one in Training.objects.all()] == ["专题学习"]
    mended = [cell if cell != "昨天" else "2026-10-10" for cell in row[:3]]
    again = send(mine, "trainings", book([head[:3], [*mended[:2], 8]]))
    assert "新增 1 行" in text(again)


def test_a_csv_of_the_office_in_gb18030_is_read(school, mine):
    data = "名称,组织形式\r\n一支部,党支部\r\n".encode("gb18030")
    page = send(mine, "branches", data, "支部.csv")
    on(mine, page, "branches")

    assert [row.name for row in Branch.objects.filter(school=school)] == ["一支部"]


def test_a_csv_with_one_short_row_keeps_the_others(school, mine):
    data = "名称,组织形式,正式党员\n一支部,党支部,9\n二支部\n三支部,党支部,8\n".encode()
    page = send(mine, "branches", data, "支部.csv")

    assert "新增 2 行" in text(page) and "1 行待修改" in text(page)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b" ", "0 字节"),
        (b"PK\x03\x04 cut off", "损坏"),
        (b"\x89PNG\r\n\x1a\n", "不是"),
        (b"<html><table></table></html>", "网页"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(mine, data, said):
    page = send(mine, "branches", data)

    assert page.status_code == 422
    assert said in text(page)


def test_more_rows_than_a_register_takes_are_refused_in_words(school, mine):
    rows = [["培训名称", "日期"], *([f"培训{n}", "2026-10-9"] for n in range(MOST_SENT + 1))]
    page = send(mine, "trainings", book(rows))

    assert page.status_code == 422
    assert "2,001" in text(page) and "2,000" in text(page)


def test_two_thousand_rows_go_in_at_once(school, mine):
    rows = [["培训名称", "日期"], *([f"培训{n}", "2026-10-9"] for n in range(MOST_SENT))]
    page = send(mine, "trainings", book(rows))
    answer = on(mine, page, "trainings")

    assert answer.status_code == 302
    assert Training.objects.filter(school=school).count() == MOST_SENT
