"""The empty list to fill in: headings in the reader's language, drop-downs, notes, read as ours."""

import io

import openpyxl
import pytest
from django.urls import reverse

from schools import columns, sheets
from schools.models import SchoolType
from tests import world
from tests.school_lists import load

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(client, db):
    """book(language) → the workbook as the manager gets it."""
    world.sign_in(client, world.seat("manager", world.COUNTY))

    def get(language="zh-hans"):
        client.cookies["language"] = language
        return client.get(reverse("school_list_template")).content

    return get


def test_the_headings_are_chinese_for_chinese_readers_and_english_for_others(book):
    heads = {
        language: next(openpyxl.load_workbook(io.BytesIO(book(language))).worksheets[0].values)
        for language in ("zh-hans", "en")
    }

    assert heads["zh-hans"][:5] == ("学校标识码", "学校名称", "所在地", "主管部门", "办学类型")
    assert heads["en"][:3] == ("School code", "School name", "Place")


def test_type_ownership_and_form_drop_down_and_lead_to_words_that_are_read(book):
    SchoolType.objects.create(code="111", name_zh="幼儿园", phases="K", use="excluded")
    made = openpyxl.load_workbook(io.BytesIO(book()))
    sheet, notes, offered = made.worksheets

    lists = sorted(str(one.sqref) for one in sheet.data_validations.dataValidation)
    assert lists == ["E2:E50001", "F2:F50001", "G2:G50001"]
    assert (offered.sheet_state, notes.title) == ("hidden", "填写说明")
    cells = [[cell.value for cell in column if cell.value] for column in offered.iter_cols()]
    types = columns.Types()
    assert "幼儿园" not in cells[0]
    assert [types.code(word) for word in cells[0]] == ["211", "218", "311", "312", "342"]
    assert [columns.choice("ownership", word) for word in cells[1]] == ["public", "private"]
    assert [columns.choice("form", word) for word in cells[2]] == [
        "committee", "general", "branch", "joint"
    ]  # fmt: skip


def test_each_column_is_explained(book):
    notes = list(openpyxl.load_workbook(io.BytesIO(book())).worksheets[1].values)

    assert [row[0] for row in notes[1:]] == [columns.title(name) for name in columns.COLUMNS]
    assert all(row[1] for row in notes)


def test_a_code_typed_into_it_stays_as_it_was_typed(book):
    made = openpyxl.load_workbook(io.BytesIO(book()))
    sheet = made.worksheets[0]
    assert sheet.column_dimensions["A"].number_format == "@"
    for place, text in enumerate(["2133000001", "阳光小学", "西湖区", None, "小学"], start=1):
        sheet.cell(2, place).value = text
    out = io.BytesIO()
    made.save(out)

    assert sheets.read(out.getvalue()).name == "学校"
    assert load(out.getvalue()).new == 1
