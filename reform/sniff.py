"""The only place that tells what a file is, by its name and by its first bytes."""

import re
import unicodedata
from typing import Any

NAME_LENGTH = 120

# extension → kind; what is not here is refused.
KINDS = {
    "pdf": "pdf",
    "jpg": "jpg",
    "jpeg": "jpg",
    "png": "png",
    "docx": "docx",
    "xlsx": "xlsx",
    "ofd": "ofd",
}
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ofd": "application/ofd",
}
PACKAGES = frozenset({"docx", "xlsx", "ofd"})

# code of the refusal → extensions that a few clicks turn into an accepted kind.
_CONVERTIBLE = {
    "old_text": "doc dot wps wpt rtf odt docm dotx dotm",
    "old_sheet": "xls xlt et ett ods xlsm xlsb xltx csv tsv",
    "slides": "ppt pptx pptm pps ppsx dps odp key",
    "picture": "gif bmp tif tiff webp heic heif avif svg ico psd",
    "archive": "zip rar 7z gz tar tgz bz2 xz iso",
    "plain": "txt md log htm html mht mhtml xml json url",
    "recording": "mp4 mov avi wmv mkv flv 3gp mp3 m4a wav amr wma",
}
REFUSED_AS = {
    extension: code for code, names in _CONVERTIBLE.items() for extension in names.split()
}

_MAGIC = (
    (b"%PDF-", "pdf"),
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"PK\x03\x04", "package"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "7z"),
    (b"MZ", "exe"),
    (b"{\\rtf", "rtf"),
)
_WEB_PAGE = re.compile(rb"<(?:!doctype\s+html|html|script|svg|iframe|body)\b", re.IGNORECASE)
# Controls, line separators, and the marks that turn the direction of text round.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_RESERVED = re.compile(r'[<>:"|?*]')


class Refusal(Exception):
    """Why a file is not taken: a code of `reform.refusals.REASONS` and what its sentence names."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code, self.details = code, details


def clean_name(name: str) -> str:
    """A name fit to show and to save: NFC, no folder, no unseen mark, at most 120 characters."""
    name = unicodedata.normalize("NFC", _UNSEEN.sub("", name))
    name = _RESERVED.sub("_", re.split(r"[/\\]", name)[-1]).strip().rstrip(" .")
    stem, dot, extension = name.rpartition(".")
    if not dot:
        return name[:NAME_LENGTH]
    stem = stem.strip(" .")[: NAME_LENGTH - len(extension) - 1]
    return f"{stem or 'file'}.{extension}"[-NAME_LENGTH:]


def kind_by_name(name: str) -> str:
    """One of `KINDS`; Refusal for every other extension."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension in KINDS:
        return KINDS[extension]
    raise Refusal(REFUSED_AS.get(extension, "extension"), extension=extension[:12])


def kind_by_content(head: bytes) -> str:
    """What the first bytes say: a kind, "package" for any zip, "ole", another format, or ""."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[4:8] == b"ftyp":
        return "heic" if head[8:12] in (b"heic", b"heix", b"mif1", b"heim") else "mp4"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return "html" if _WEB_PAGE.search(head[:1024]) else ""


def compare(kind: str, head: bytes, *, encrypted: bool = False) -> None:
    """Refuse a file whose content is not what its name says; `head`: the first 4 KB.

    `encrypted`: an OLE file that holds a document with an opening password.
    """
    content = kind_by_content(head)
    if content == ("package" if kind in PACKAGES else kind):
        if kind == "pdf" and _WEB_PAGE.search(head[:1024]):
            raise Refusal("two_in_one")
        return
    if content == "ole" and kind in PACKAGES:
        raise Refusal("password" if encrypted else "renamed_old", kind=kind)
    if content == "" and kind == "pdf" and b"%PDF-" in head:
        raise Refusal("two_in_one")
    raise Refusal("renamed", kind=kind, content=content)
