"""The only place that opens a workbook: a program of its own with limits, fed by schools.sheets.

It takes the file on its standard input and answers on standard output with JSON: {"name", "rows",
"others"}, every cell as text, or {"refused": why}. A workbook can make its reader ask for all
memory or time; here only this process ends.
"""

import datetime
import io
import json
import sys
import zipfile
from contextlib import suppress
from typing import Any

MOST_ROWS, MOST_COLUMNS = 50_000, 60
MOST_ENTRIES = 2_000
MOST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO, RATIO_COUNTS_FROM = 100, 10 * 1024 * 1024
MEMORY, SECONDS = 512 * 1024 * 1024, 30
HEAD_ROWS = 10  # a title and notes may stand above the headings
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
MOST_TEXT = 20_000_000  # characters; a text that many cells share is small only in the file
EXACT = 10**15  # above it a spreadsheet has rounded the number


class Refused(Exception):
    """Why the file is not read; `schools.sheets` has the sentence."""


def limit() -> None:
    """Bound what this process may take; where the system knows no such limit, time still holds."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415  absent on Windows

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def check_container(data: bytes) -> None:
    """Refuse by the directory of the zip, or the head of the OLE file, before anything unpacks."""
    if data.startswith(OLE):
        if ENCRYPTED_PACKAGE in data:
            raise Refused("password")
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            entries = box.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Refused("damaged") from error
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    ratio = unpacked / max(packed, 1)
    if (
        len(entries) > MOST_ENTRIES
        or unpacked > MOST_UNPACKED
        or packed > len(data)
        or (unpacked > RATIO_COUNTS_FROM and ratio > MOST_RATIO)
    ):
        raise Refused("bomb")
    names = {entry.filename.lower() for entry in entries}
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("password")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Refused("macro")
    if "xl/workbook.xml" not in names:
        raise Refused("not_excel")


def text(value: Any) -> str:
    """A cell as a person reads it; a number that was rounded keeps its look of 1.23E+17."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        if abs(value) >= EXACT:
            return f"{value:.5E}"
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)


def read(data: bytes) -> dict[str, Any]:
    """The first visible sheet; `others` says how many more visible sheets hold something."""
    check_container(data)
    import python_calamine as calamine  # noqa: PLC0415  only after the container was checked

    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            visible = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.visible == calamine.SheetVisibleEnum.Visible
                and sheet.typ == calamine.SheetTypeEnum.WorkSheet
            ]
            if not visible:
                raise Refused("no_sheet")
            sheets = [book.get_sheet_by_name(name) for name in visible]
            rows = rows_of(sheets[0])
            others = sum(sheet.start is not None for sheet in sheets[1:])
    except calamine.PasswordError as error:
        raise Refused("password") from error
    except calamine.CalamineError as error:
        raise Refused("damaged") from error
    return {"name": visible[0], "rows": rows, "others": others}


def rows_of(sheet: Any) -> list[list[str]]:
    """Every row down to the last that holds something, blank ones included."""
    if sheet.end and sheet.end[0] >= MOST_ROWS + HEAD_ROWS:
        raise Refused("too_long")
    rows: list[list[str]] = []
    blank = told = 0
    for values in sheet.to_python(skip_empty_area=False):
        cells = [text(value) for value in values]
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            blank += 1
            continue
        if len(cells) > MOST_COLUMNS:
            raise Refused("too_wide")
        told += sum(map(len, cells))
        if told > MOST_TEXT:
            raise Refused("bomb")
        rows += [[] for _ in range(blank)]
        rows.append(cells)
        blank = 0
    return rows


def main() -> None:
    data = sys.stdin.buffer.read()
    limit()
    try:
        answer = read(data)
    except Refused as refused:
        answer = {"refused": str(refused)}
    except (MemoryError, OverflowError):
        answer = {"refused": "bomb"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
