"""The only place that reads the inside of docx, xlsx and ofd: zip containers of XML parts."""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import PurePosixPath
from typing import IO, Any
from xml.parsers import expat

from reform.sensitive import begins_like_id, find_sensitive, is_id_number, mask
from reform.sniff import Refusal

MOST_ENTRIES = 2_000
MOST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO = 100
RATIO_COUNTS_FROM = 1024 * 1024
CHUNK = 64 * 1024
SHORTEST = 11  # digits of a mobile number

_TYPES = "application/vnd.openxmlformats-officedocument."
_MAIN = {
    "docx": _TYPES + "wordprocessingml.document.main+xml",
    "xlsx": _TYPES + "spreadsheetml.sheet.main+xml",
}
_MACRO = re.compile(
    r"(^|/)(vbaProject|vbaData)|/(activeX|macrosheets|dialogsheets)/", re.IGNORECASE
)
_PACKED_FILE = "Ole10Native".encode("utf-16-le")
_LOCAL_DRIVE = re.compile(r"(file:/{0,3})?[A-Za-z]:[\\/]", re.IGNORECASE)
_WEB_LINK = re.compile(r"(https?|mailto|tel):|(?!//)[^:\\]*\Z", re.IGNORECASE)
_TEXT = frozenset({"t", "delText", "instrText", "text", "v"})
_PARAGRAPH = frozenset({"p", "si", "comment", "threadedComment", "c", "is"})
_BREAK = frozenset({"tab", "br", "cr"})
_PROPERTIES = frozenset({"core", "app", "custom"})
_PARTS = {
    "document": "body",
    "header": "header",
    "footer": "footer",
    "comments": "comments",
    "threadedComment": "comments",
    "footnotes": "footnotes",
    "endnotes": "footnotes",
}

# (place, masked number): a place is {"part": "body", "paragraph": 3} or {"sheet": …, "cell": "B3"}.
Found = list[tuple[dict[str, Any], str]]


class Budget:
    """Counts what really comes out of the containers, whatever their headers promise."""

    def __init__(self, packed: int) -> None:
        self.unpacked = self.entries = 0
        self.most = min(MOST_UNPACKED, max(packed * MOST_RATIO, RATIO_COUNTS_FROM))

    def count(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > self.most:
            raise Refusal("bomb")


def inspect(file: IO[bytes], kind: str, packed: int) -> Found:
    """What must not be stored in a docx or xlsx; Refusal for a container that is not sound."""
    return _inspect(file, kind, Budget(packed), nested=False)


def _inspect(file: IO[bytes], kind: str, budget: Budget, *, nested: bool) -> Found:
    try:
        with zipfile.ZipFile(file) as box:
            entries = _sound_entries(box, budget)
            if kind == "ofd":
                return _inspect_opaque(box, entries, budget)
            _check_types(box, entries, kind, budget)
            reader = _Reader(kind)
            for entry in _in_reading_order(entries):
                _read_part(box, entry, reader, budget, nested=nested)
            return reader.found
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise Refusal("damaged") from error
    except NotImplementedError as error:  # a version of zip that no office program writes
        raise Refusal("container") from error


def _sound_entries(box: zipfile.ZipFile, budget: Budget) -> dict[str, zipfile.ZipInfo]:
    """The entries by name, when every one of them is what an office program would write."""
    budget.entries += len(box.infolist())
    if budget.entries > MOST_ENTRIES:
        raise Refusal("bomb")
    if sum(entry.file_size for entry in box.infolist()) > budget.most:
        raise Refusal("bomb")
    entries: dict[str, zipfile.ZipInfo] = {}
    for entry in box.infolist():
        name = entry.orig_filename
        mode = entry.external_attr >> 16
        if (
            name.startswith("/")
            or ".." in PurePosixPath(name).parts
            or re.search(r"[\x00-\x1f\\]|^[A-Za-z]:", name)
            or stat.S_ISLNK(mode)
            or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            or name.lower() in entries
        ):
            raise Refusal("container")
        if entry.flag_bits & 0x1:
            raise Refusal("password")
        entries[name.lower()] = entry
    return entries


def _inspect_opaque(
    box: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], budget: Budget
) -> Found:
    if "ofd.xml" not in entries:
        raise Refusal("renamed", kind="ofd", content="package")
    for entry in entries.values():
        _feed(box, entry, budget, lambda chunk: None)
    return []


def _check_types(
    box: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], kind: str, budget: Budget
) -> None:
    """The content types name exactly one main part, and it is of this kind."""
    if "[content_types].xml" not in entries:
        raise Refusal("renamed", kind=kind, content="package")
    types: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        types.append(attributes.get("ContentType", ""))

    _parse(box, entries["[content_types].xml"], budget, start=start)
    if any("macroEnabled" in name or "vbaProject" in name for name in types) or any(
        _MACRO.search(entry.filename) for entry in entries.values()
    ):
        raise Refusal("macro")
    if _MAIN[kind] not in types:
        other = next((name for name, main in _MAIN.items() if main in types), "package")
        raise Refusal("renamed", kind=kind, content=other)


def _in_reading_order(entries: dict[str, zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Sheet names and shared strings before the sheets that use them."""
    first = {"xl/workbook.xml": 0, "xl/_rels/workbook.xml.rels": 1, "xl/sharedstrings.xml": 2}
    return [entries[name] for name in sorted(entries, key=lambda name: (first.get(name, 9), name))]


def _read_part(
    box: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    reader: "_Reader",
    budget: Budget,
    *,
    nested: bool,
) -> None:
    name = entry.filename
    extension = "." + name.lower().rpartition(".")[2]
    if extension == ".rels":
        _parse(box, entry, budget, start=lambda tag, values: _check_link(name, values, reader))
    elif extension == ".xml":
        reader.open(name)
        _parse(box, entry, budget, reader.start, reader.end, reader.text)
        reader.close()
    elif extension in (".docx", ".xlsx"):
        if nested:
            raise Refusal("packed_file")
        inner = io.BytesIO()
        _feed(box, entry, budget, inner.write)
        found = _inspect(inner, extension[1:], budget, nested=True)
        reader.found += [({"part": "embedded"}, masked) for _place, masked in found]
    elif extension in (".bin", ".exe", ".zip", ".docm", ".xlsm", ".xls", ".doc"):
        _refuse_packed_file(box, entry, budget)
    else:
        _feed(box, entry, budget, lambda chunk: None)


def _refuse_packed_file(box: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> None:
    """A formula or a printer's settings may stay; a file inside the document may not."""
    if not entry.filename.lower().endswith(".bin"):
        raise Refusal("packed_file")
    seen = bytearray()

    def look(chunk: bytes) -> None:
        seen.extend(chunk)
        if _PACKED_FILE in seen:
            raise Refusal("packed_file")
        del seen[: -len(_PACKED_FILE)]

    _feed(box, entry, budget, look)


def _check_link(part: str, values: dict[str, str], reader: "_Reader") -> None:
    """Nothing outside is fetched on opening: only links one may click, and local templates."""
    target, use = values.get("Target", ""), values.get("Type", "").rpartition("/")[2]
    if part.lower() == "xl/_rels/workbook.xml.rels" and use == "worksheet":
        reader.sheet_parts[values.get("Id", "")] = target.rpartition("/")[2]
    if values.get("TargetMode", "").lower() != "external":
        return
    if use == "hyperlink" and (_WEB_LINK.match(target) or _LOCAL_DRIVE.match(target)):
        return
    if use == "attachedTemplate" and _LOCAL_DRIVE.match(target):
        return
    raise Refusal("outside_link", target=target[:60])


def _feed(
    box: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget, take: Callable[[bytes], object]
) -> None:
    size = 0
    with box.open(entry) as part:
        while chunk := part.read(CHUNK):
            size += len(chunk)
            budget.count(len(chunk))
            take(chunk)
    if size != entry.file_size:
        raise Refusal("damaged")


def _parse(
    box: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    budget: Budget,
    start: Callable[[str, dict[str, str]], object],
    end: Callable[[str], object] | None = None,
    text: Callable[[str], object] | None = None,
) -> None:
    """Read a part as XML; office programs write no DOCTYPE, so no entity is ever expanded."""

    def refuse(*_declaration: object) -> None:
        raise Refusal("container")

    parser = expat.ParserCreate(namespace_separator=None)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    if end and text:
        parser.EndElementHandler, parser.CharacterDataHandler = end, text
    try:
        _feed(box, entry, budget, lambda chunk: parser.Parse(chunk, False))
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Refusal("damaged") from error


@cache
def _local(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition(":")[2]


class _Reader:
    """Collects the text of parts, paragraph by paragraph and cell by cell, and what it holds."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.found: Found = []
        self.sheet_names: dict[str, str] = {}
        self.sheet_parts: dict[str, str] = {}
        self.shared: dict[str, list[str]] = {}

    def open(self, name: str) -> None:
        self.part = PurePosixPath(name).stem
        self.sheet = self.kind == "xlsx" and "worksheets/" in name
        self.strings = name.lower() == "xl/sharedstrings.xml"
        self.wanted = False
        self.pieces: list[str] = []
        self.paragraph = 0
        self.cell, self.cell_type = "", ""
        self.boxes = ""  # digits written one to a cell or paragraph, as forms ask for an ID number

    def close(self) -> None:
        self._flush()
        self._flush_boxes()

    def start(self, tag: str, values: dict[str, str]) -> None:
        tag = _local(tag)
        self.wanted = tag in _TEXT or self.part in _PROPERTIES
        if tag == "c":
            self.cell, self.cell_type = values.get("r", ""), values.get("t", "n")
        elif tag == "sheet" and self.part == "workbook":
            number = next((v for k, v in values.items() if k.endswith(":id")), "")
            self.sheet_names[number] = values.get("name", "")

    def text(self, data: str) -> None:
        if self.wanted:
            self.pieces.append(data)

    def end(self, tag: str) -> None:
        self.wanted = False
        tag = _local(tag)
        if tag in _PARAGRAPH:
            self._flush()
        elif tag in _BREAK or self.part in _PROPERTIES:
            self.pieces.append("\n")

    def _flush(self) -> None:
        """One paragraph, cell, comment or shared string is complete."""
        text, self.pieces = "".join(self.pieces), []
        self.paragraph += 1
        if not text:
            return
        if self.sheet and self.cell_type == "s":
            hits = self.shared.get(text, [])
        elif len(text) < SHORTEST:
            hits = []
        elif self.sheet and self.cell_type == "n":
            hits = _in_number(text)
        else:
            hits = [hit.masked for hit in find_sensitive(text)]
        if self.strings:
            if hits:
                self.shared[str(self.paragraph - 1)] = hits
            return
        for masked in hits:
            self.found.append((self._place(), masked))
        self._box(text)

    def _box(self, text: str) -> None:
        if len(text) == 1 and (text.isdecimal() or text in "Xx"):
            self.boxes += text
        elif self.boxes:
            self._flush_boxes()

    def _flush_boxes(self) -> None:
        if is_id_number(self.boxes):
            self.found.append((self._place(), mask(self.boxes)))
        self.boxes = ""

    def _place(self) -> dict[str, Any]:
        if self.sheet:
            part = f"{self.part}.xml"
            number = next((key for key, name in self.sheet_parts.items() if name == part), "")
            return {"sheet": self.sheet_names.get(number, self.part), "cell": self.cell}
        part = next((_PARTS[part] for part in _PARTS if self.part.startswith(part)), "other")
        return {"part": part, "paragraph": self.paragraph} if part == "body" else {"part": part}


def _in_number(text: str) -> list[str]:
    """What a numeric cell holds: a mobile number, or an ID number that the sheet has rounded."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return []
    if value != value.to_integral_value() or not 10**10 <= value < 10**18:
        return []
    digits = str(int(value))
    if len(digits) == 18:
        return [mask(digits)] if begins_like_id(digits) else []
    return [hit.masked for hit in find_sensitive(digits)]
