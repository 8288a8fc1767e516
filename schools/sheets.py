"""The only place that reads lists people send (xlsx, xls, csv) and writes those they take away."""

import csv
import io
import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from xlsxwriter.utility import xl_rowcol_to_cell

from schools.cells import HEAD_ROWS, MOST_COLUMNS, MOST_ROWS, OLE
from schools.errors import Denied

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES = 20 * 1024 * 1024
PATIENCE = 60  # seconds a workbook may take, however busy the machine
_READER = Path(__file__).with_name("cells.py")
_FORMULA = "=+-@\t\r\n\0"

_REFUSALS: dict[str, str | Promise] = {
    "empty": gettext_lazy("The file is empty (0 bytes). Save it once more and choose it again."),
    "too_big": gettext_lazy("The file is larger than 20 MB. Keep the list only, without pictures."),
    "too_long": gettext_lazy("The list has more than 50,000 rows. Divide it into several files."),
    "too_wide": gettext_lazy("The list has more than 60 columns. Delete those that do not belong."),
    "bomb": gettext_lazy(
        "The file unpacks to far more than a list holds, so it was not opened. Copy the list into "
        "a new workbook and save that."
    ),
    "password": gettext_lazy(
        "The file is protected by a password. Remove the password in Excel or WPS and save it."
    ),
    "macro": gettext_lazy("The workbook contains macros. Save it as .xlsx without macros."),
    "damaged": gettext_lazy(
        "The file is damaged or cut off. Open it in Excel or WPS, save it as .xlsx and choose that."
    ),
    "not_excel": gettext_lazy(
        "This is not an Excel workbook. Open it in Excel or WPS and save it as .xlsx."
    ),
    "web_page": gettext_lazy(
        "This is a web page that was renamed to a workbook. Open it in Excel or WPS, save it as "
        ".xlsx and choose that."
    ),
    "no_sheet": gettext_lazy("The workbook has no visible sheet."),
    "utf16": gettext_lazy(
        "The text is in the encoding UTF-16. Save it as .xlsx, or as CSV in UTF-8."
    ),
    "encoding": gettext_lazy(
        "The text is neither UTF-8 nor GB18030, or a mixture of both. Save it as .xlsx, or as CSV "
        "in UTF-8."
    ),
    "binary": gettext_lazy("This is not a list. Save the list as .xlsx or .csv and choose that."),
    "quotes": gettext_lazy(
        "The CSV is broken: a quotation mark is opened and never closed. Save the list as .xlsx."
    ),
}


@dataclass(frozen=True)
class Sheet:
    """A list as it was sent: rows of text with the numbers they have in the file.

    `ragged_counts`: a row shorter than its headings is a broken one (a CSV, not a workbook).
    """

    rows: list[tuple[int, list[str]]]
    name: str = ""
    others: int = 0
    ragged_counts: bool = False


def read(data: bytes) -> Sheet:
    """The rows of a list, by its content whatever its name says; Denied with the way out."""
    if not data.strip():
        raise _refusal("empty")
    refuse_size(len(data))
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", OLE)):
        return _workbook(data)
    return _text(data)


def refuse_size(size: int) -> None:
    """Denied for a file that is too large to be a list; asked before it is read."""
    if size > MOST_BYTES:
        raise _refusal("too_big")


def _refusal(why: str) -> Denied:
    return Denied(str(_REFUSALS[why]))


def _workbook(data: bytes) -> Sheet:
    """Have `schools.cells` open it; whatever ends that process has only ended that process."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", _READER], input=data, capture_output=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise _refusal("bomb") from None
    if done.returncode:
        raise _refusal("bomb")
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise _refusal(answer["refused"])
    return Sheet(_numbered(answer["rows"]), answer["name"], answer["others"])


def _numbered(rows: Iterable[list[str]]) -> list[tuple[int, list[str]]]:
    """Rows that hold something, each with its number in the file."""
    found = []
    same: dict[str, str] = {}  # a list says the same few words over and over
    for number, cells in enumerate(rows, start=1):
        if any(cell.strip() for cell in cells):
            found.append((number, [same.setdefault(cell, cell) for cell in cells]))
        if len(found) > MOST_ROWS + HEAD_ROWS:
            raise _refusal("too_long")
    return found


def _text(data: bytes) -> Sheet:
    text = decoded(data)
    head = text[:1000].lstrip().lower()
    if head.startswith("<"):
        raise _refusal("web_page")
    if any(unicodedata.category(char) == "Cc" and char not in "\t\r\n" for char in head):
        raise _refusal("binary")
    lines = io.StringIO(text, newline="")
    mark = max(",\t;，", key=lambda char: text[:4000].count(char))
    try:
        rows = _numbered(csv.reader(lines, delimiter=mark, strict=True))
    except csv.Error:
        raise _refusal("quotes") from None
    for _number, cells in rows:
        while cells and not cells[-1].strip() and len(cells) > MOST_COLUMNS:
            cells.pop()
        if len(cells) > MOST_COLUMNS:
            raise _refusal("too_wide")
    return Sheet(rows, ragged_counts=True)


def decoded(data: bytes) -> str:
    """By the mark at the head, else strictly UTF-8, else strictly GB18030; nothing is replaced."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refusal("utf16")
    if b"\0" in data:
        raise _refusal("binary")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            if data.startswith(b"\xef\xbb\xbf"):
                break
    raise _refusal("encoding")


# ---- away


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula; `unguarded` gives it back exactly."""
    if text.startswith("'"):
        return f"'{text}"
    start = unicodedata.normalize("NFKC", text).lstrip(" ")[:1]
    return f"'{text}" if start and start in _FORMULA else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith("'") and guarded(text[1:]) == text else text


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """CSV by RFC 4180, with the mark that makes Excel read UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows(
        [guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(headings: Sequence[str], rows: Iterable[Sequence[object]], title: str) -> bytes:
    """A workbook of one sheet: texts are strings and never formulas, numbers are numbers."""
    out = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(headings) - 1, 16)
        bold, as_text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(number, column, cell)
                elif cell:
                    sheet.write_string(number, column, guarded(str(cell)), as_text)
    return out.getvalue()


def write_template(
    headings: Sequence[str],
    choices: Mapping[int, Sequence[str]],
    notes: Iterable[Sequence[str]],
    titles: Sequence[str],
    *,
    above: str = "",
    example: Sequence[str] = (),
    rows: int = MOST_ROWS,
) -> bytes:
    """An empty list to fill in: every cell a text, drop-downs by column, notes on a second sheet.

    `titles`: of the list, of the notes, of the hidden sheet that holds what drops down. `above`: a
    sentence over the headings; `example`: a row below them, in grey; `rows`: how many drop down.
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False}) as book:
        sheet, told, offered = map(book.add_worksheet, titles)
        bold, as_text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        head = 1 if above else 0
        sheet.freeze_panes(head + 1, 0)
        sheet.set_column(0, len(headings) - 1, 16, as_text)
        if above:
            sheet.write_string(0, 0, above)
        sheet.write_row(head, 0, headings, bold)
        if example:
            grey = book.add_format({"font_color": "#777777", "num_format": "@", "italic": True})
            sheet.write_row(head + 1, 0, example, grey)
        top = head + 1 + bool(example)
        offered.hide()
        for place, (column, words) in enumerate(choices.items()):
            offered.write_column(0, place, words)
            last = xl_rowcol_to_cell(len(words) - 1, place, row_abs=True, col_abs=True)
            first = xl_rowcol_to_cell(0, place, row_abs=True, col_abs=True)
            source = f"='{titles[2]}'!{first}:{last}"
            sheet.data_validation(
                top, column, top + rows - 1, column, {"validate": "list", "source": source}
            )
        told.set_column(0, 0, 20)
        told.set_column(1, 1, 90)
        for number, row in enumerate(notes):
            told.write_row(number, 0, row, bold if not number else None)
    return out.getvalue()


def describe(sheet: Sheet) -> str:
    """What was read of a workbook with several sheets, as a sentence; else nothing."""
    if not sheet.others:
        return ""
    return _("Only the first sheet, “%(name)s”, was read.") % {"name": sheet.name}
