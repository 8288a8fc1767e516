"""Files people send as school lists: what is read, and what is refused in time."""

import io
import struct
import time
import zipfile

import pytest
import xlsxwriter
import xlwt
from django.utils import translation

from schools import sheets
from schools.columns import recognise
from schools.errors import Denied

ROWS = [["学校名称", "所在地", "办学类型"], ["阳光小学", "西湖区", "小学"]]


def xlsx(rows=ROWS, **sheets_after):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for name, lines in {"名单": rows, **sheets_after}.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(lines):
                for column, value in enumerate(row):
                    sheet.write(number, column, value)
    return out.getvalue()


def rezipped(data, change):
    """The container with its entries as `change(name, content)` gives them; None leaves one out."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            for name, content in change(entry.filename, old.read(entry)).items():
                new.writestr(name, content)
    return out.getvalue()


def refusal(data):
    """The sentence, which must come soon."""
    began = time.monotonic()
    with translation.override("en"), pytest.raises(Denied) as caught:
        recognise(sheets.read(data))
    assert time.monotonic() - began < 5
    return caught.value.reason


def test_an_xlsx_is_read_with_the_numbers_of_its_rows():
    sheet = sheets.read(xlsx([["西湖区学校名单"], [], *ROWS]))

    assert sheet.rows == [(1, ["西湖区学校名单"]), (3, ROWS[0]), (4, ROWS[1])]


def test_numbers_dates_and_truths_become_texts():
    assert sheets.read(xlsx([[2133000001, 1.5, True, 3.3e17]])).rows == [
        (1, ["2133000001", "1.5", "TRUE", "3.30000E+17"])
    ]


def test_an_old_xls_is_read():
    book = xlwt.Workbook()
    sheet = book.add_sheet("名单")
    for number, row in enumerate(ROWS):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    out = io.BytesIO()
    book.save(out)

    assert sheets.read(out.getvalue()).rows == [(1, ROWS[0]), (2, ROWS[1])]


def test_only_the_first_sheet_is_read_and_that_is_said():
    sheet = sheets.read(xlsx(说明=[["请按模板填写"]], 空表=[]))

    with translation.override("en"):
        assert sheets.describe(sheet) == "Only the first sheet, “名单”, was read."
    assert sheets.describe(sheets.read(xlsx())) == ""


@pytest.mark.parametrize("mark", [",", "\t", ";", "，"])
def test_a_csv_is_read_whatever_divides_its_cells(mark):
    text = "\n".join(mark.join(row) for row in ROWS)

    assert sheets.read(text.encode()).rows == [(1, ROWS[0]), (2, ROWS[1])]


def test_a_line_break_inside_a_cell_is_one_cell():
    assert sheets.read('学校名称,备注\n阳光小学,"两\n行"\n'.encode()).rows[1] == (
        2,
        ["阳光小学", "两\n行"],
    )


EMPTY = "The file is empty (0 bytes). Save it once more and choose it again."
DAMAGED = (
    "The file is damaged or cut off. Open it in Excel or WPS, save it as .xlsx and choose that."
)
UNPACKS = (
    "The file unpacks to far more than a list holds, so it was not opened. Copy the list into "
    "a new workbook and save that."
)
PASSWORD = "The file is protected by a password. Remove the password in Excel or WPS and save it."
NOT_EXCEL = "This is not an Excel workbook. Open it in Excel or WPS and save it as .xlsx."
ENCODING = (
    "The text is neither UTF-8 nor GB18030, or a mixture of both. Save it as .xlsx, or as CSV in "
    "UTF-8."
)


@pytest.mark.parametrize("data", [b"", b"  \r\n ", "\ufeff".encode()[:0]])
def test_an_empty_file_is_refused(data):
    assert refusal(data) == EMPTY


def test_a_web_page_renamed_to_xls_is_refused():
    assert refusal("<html><table><tr><td>学校名称".encode()) == (
        "This is a web page that was renamed to a workbook. Open it in Excel or WPS, save it as "
        ".xlsx and choose that."
    )


@pytest.mark.parametrize("keep", [4, 60, 2000])
def test_a_workbook_that_was_cut_off_is_refused(keep):
    assert refusal(xlsx()[:keep]) == DAMAGED


def test_a_workbook_with_a_password_is_refused():
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + "EncryptedPackage".encode("utf-16-le")

    assert refusal(ole + bytes(1024)) == PASSWORD


def test_an_ole_file_that_is_no_workbook_is_refused():
    assert refusal(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2048)) == DAMAGED


def test_a_zip_that_is_no_workbook_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        box.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")

    assert refusal(out.getvalue()) == NOT_EXCEL


def test_a_workbook_with_macros_is_refused():
    extra = {"xl/workbook.xml": {"xl/vbaProject.bin": b"x"}}
    data = rezipped(xlsx(), lambda name, text: {name: text, **extra.get(name, {})})

    assert refusal(data) == "The workbook contains macros. Save it as .xlsx without macros."


def test_a_zip_bomb_is_refused_before_it_unpacks():
    data = rezipped(
        xlsx(),
        lambda name, text: {name: text + b" " * 40_000_000 if "sheet1" in name else text},
    )

    assert len(data) < 200_000
    assert refusal(data) == UNPACKS


def test_a_container_of_thousands_of_entries_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        for number in range(2_001):
            box.writestr(f"xl/{number}.xml", "")

    assert refusal(out.getvalue()) == UNPACKS


def test_a_bomb_that_lies_about_its_size_ends_only_its_reader():
    data = bytearray(
        rezipped(
            xlsx(),
            lambda name, text: {name: text + b" " * 40_000_000 if "sheet1" in name else text},
        )
    )
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as box:
        size = next(entry.file_size for entry in box.infolist() if "sheet1" in entry.filename)
    start = 0
    while (start := data.find(struct.pack("<I", size), start)) >= 0:
        data[start : start + 4] = struct.pack("<I", 2_000)

    assert refusal(bytes(data)) in (DAMAGED, UNPACKS)


def test_one_cell_in_the_farthest_corner_does_not_take_the_memory():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write("A1", "学校名称")
        sheet.write("XFD1048576", "远")

    assert refusal(out.getvalue()) == UNPACKS


def test_too_many_columns_and_too_many_rows_are_refused():
    wide = [["学校名称", *[f"列{n}" for n in range(60)]], ["阳光小学", *["x"] * 60]]
    wide_sentence = "The list has more than 60 columns. Delete those that do not belong."
    long_sentence = "The list has more than 50,000 rows. Divide it into several files."

    assert refusal(xlsx(wide)) == wide_sentence
    assert refusal("\n".join(",".join(row) for row in wide).encode()) == wide_sentence
    assert refusal(("学校名称\n" + "阳光小学\n" * 50_001).encode()) == long_sentence
    assert len(recognise(sheets.read(("学校名称\n" + "小学\n" * 50_000).encode())).rows) == 50_000


def test_texts_in_other_encodings_are_refused_and_never_guessed():
    text = "\n".join(",".join(row) for row in ROWS)

    assert refusal(text.encode("utf-16")) == (
        "The text is in the encoding UTF-16. Save it as .xlsx, or as CSV in UTF-8."
    )
    assert refusal(text.encode() + b"\n" + "西湖".encode("gb18030") + b"\xff") == ENCODING
    assert refusal(b"\xef\xbb\xbf" + text.encode("gb18030")) == ENCODING
    assert refusal(text.encode() + b"\0") == (
        "This is not a list. Save the list as .xlsx or .csv and choose that."
    )


def test_a_quotation_mark_that_is_never_closed_is_refused():
    assert refusal('学校名称,备注\n阳光小学,"开\n'.encode()) == (
        "The CSV is broken: a quotation mark is opened and never closed. Save the list as .xlsx."
    )


def test_a_list_without_the_names_of_schools_is_refused_with_what_was_found():
    assert refusal("编号,电话\n1,2\n".encode()) == (
        "No column is headed “School name”. The first row reads: 编号, 电话."
    )


def test_two_headings_that_mean_the_same_are_refused():
    assert refusal("学校名称,校名\n甲,乙\n".encode()) == (
        "Several columns mean the same: 学校名称, 校名. Keep one of them."
    )


def test_headings_without_a_school_below_are_refused():
    assert refusal("学校名称,所在地\n".encode()) == "There is no school below the headings."
