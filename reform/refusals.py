"""The only place for the sentences that refuse a file: what is wrong, where, and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform.sniff import MEDIA_TYPES, Refusal
from schools.errors import Denied
from schools.language import listed

PLACES_TOLD = 3

# Named in a sentence as they are; the rest of the sentence is translated.
FORMATS = {
    "pdf": "PDF",
    "jpg": "JPG",
    "png": "PNG",
    "docx": "DOCX",
    "xlsx": "XLSX",
    "ofd": "OFD",
    "gif": "GIF",
    "bmp": "BMP",
    "tiff": "TIFF",
    "webp": "WebP",
    "heic": "HEIC",
    "mp4": "MP4",
    "rar": "RAR",
    "7z": "7z",
    "rtf": "RTF",
}

REASONS: Mapping[str, str | Promise] = {
    # the size
    "empty": gettext_lazy("The file is empty (0 bytes). Open it, save it again, choose it again."),
    "too_big": gettext_lazy(
        "The file is larger than 20 MB. Keep only the pages that matter, or compress its pictures."
    ),
    "too_many": gettext_lazy("This item already holds 10 files, the most. Remove one first."),
    "school_full": gettext_lazy(
        "Your school's files fill all of its 500 MB. Remove files that you no longer need first."
    ),
    "pixels": gettext_lazy(
        "The picture has %(width)s × %(height)s pixels; at most 40 million in all are taken. "
        "Make it smaller, or send a screenshot of it."
    ),
    "not_read": gettext_lazy(
        "Not looked at: the files before it took too long. Nothing is wrong; choose it once more."
    ),
    # the kind, by its name
    "extension": gettext_lazy(
        "Files ending in .%(extension)s are not taken. Taken are pdf, jpg, png, docx, xlsx and ofd."
    ),
    "no_extension": gettext_lazy(
        "The name has no ending that tells the kind. Taken are pdf, jpg, png, docx, xlsx and ofd."
    ),
    "old_text": gettext_lazy(
        "Files ending in .%(extension)s are not taken. In WPS or Word choose File › Save as, "
        "type “Word document (*.docx)”, and upload that file."
    ),
    "old_sheet": gettext_lazy(
        "Files ending in .%(extension)s are not taken. In WPS or Excel choose File › Save as, "
        "type “Excel workbook (*.xlsx)”, and upload that file."
    ),
    "slides": gettext_lazy(
        "Slides (.%(extension)s) are not taken. In WPS or PowerPoint choose File › Export to PDF "
        "and upload the PDF."
    ),
    "picture": gettext_lazy(
        "Pictures ending in .%(extension)s are not taken. Open the picture, choose File › Save as, "
        "type JPG or PNG, or send a screenshot of it."
    ),
    "archive": gettext_lazy(
        "Archives (.%(extension)s) are not taken. Unpack it and choose the files inside; "
        "several can be chosen at once."
    ),
    "plain": gettext_lazy(
        "Files ending in .%(extension)s are not taken. Paste the text into WPS or Word, choose "
        "File › Save as, type “Word document (*.docx)”, and upload that file."
    ),
    "recording": gettext_lazy(
        "Video and sound (.%(extension)s) are not taken. Send a screenshot or the written record."
    ),
    # the content is not what the name says
    "renamed": gettext_lazy(
        "The name says %(kind)s, the content is %(content)s. If the ending was changed by hand, "
        "change it back to .%(ending)s; otherwise open the file and save it as %(kind)s."
    ),
    "other_format": gettext_lazy(
        "The name says %(kind)s, the content is %(content)s, which is not taken. Open the file and "
        "save it as %(kind)s; a changed ending does not change the format."
    ),
    "unknown": gettext_lazy(
        "The name says %(kind)s, the content is something else. Open it in the program that made "
        "it and save it as %(kind)s."
    ),
    "renamed_old": gettext_lazy(
        "The name says %(kind)s, the content is in the old Office format. Open it in WPS or "
        "Office, choose File › Save as, type %(kind)s, and upload that file."
    ),
    "two_in_one": gettext_lazy(
        "The file is a PDF mixed with something else. Open it, choose Print › Export to PDF, "
        "and upload the new file."
    ),
    "damaged": gettext_lazy(
        "The file is damaged or incomplete and cannot be opened. Open it on your computer; if that "
        "works, save it again and upload the new file."
    ),
    # what is inside
    "password": gettext_lazy(
        "The file is protected by a password. Take the password off (WPS: File › Encrypt document; "
        "PDF: Print › Export to PDF) and upload it again."
    ),
    "macro": gettext_lazy(
        "The file holds macros. In WPS or Office choose File › Save as, type docx or xlsx "
        "(without macros), and upload that file."
    ),
    "active": gettext_lazy(
        "The PDF holds a script, a form or a command (%(what)s). Open it, choose Print › Export to "
        "PDF, and upload the new file."
    ),
    "packed_file": gettext_lazy(
        "Another file is packed inside this one. Take it out, upload it on its own if it matters, "
        "and save this one again."
    ),
    "outside_link": gettext_lazy(
        "The file fetches something from elsewhere when opened (%(target)s). Break the link (WPS: "
        "Data › Edit links; for a picture: save it and insert the copy) and save again."
    ),
    "container": gettext_lazy(
        "The inside of the file is not as WPS or Office writes it. Open it, choose File › Save as, "
        "and upload the new file."
    ),
    "bomb": gettext_lazy(
        "Unpacked, the file is far larger than it looks. Copy what matters into a new document and "
        "upload that one."
    ),
    "heavy": gettext_lazy(
        "The file is too complicated to be checked. Send only the pages that matter, "
        "or a picture of them."
    ),
    "sensitive": gettext_lazy(
        "It holds ID numbers or mobile numbers, which must not be stored here: %(where)s. "
        "Delete or cover them, save, and upload it again."
    ),
}


class Refused(Denied):
    """A file is not taken. `code` is a key of REASONS, `reason` its sentence."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(sentence(code, details))
        self.code = code

    @classmethod
    def because(cls, refusal: Refusal) -> "Refused":
        return cls(refusal.code, **refusal.details)


def sentence(code: str, details: Mapping[str, Any]) -> str:
    """The sentence of a refusal in the reader's language."""
    words = {name: _word(name, value) for name, value in details.items()}
    if code == "extension" and not details["extension"]:
        code = "no_extension"
    if code == "renamed":
        words["ending"] = details["content"]
        code = _renamed(details["content"])
    if code == "sensitive":
        words["where"] = places(details["found"])
    return str(REASONS[code]) % words


def _renamed(content: str) -> str:
    if content in MEDIA_TYPES:
        return "renamed"
    return "other_format" if content in FORMATS else "unknown"


def _word(name: str, value: Any) -> str:
    return FORMATS.get(value, value) if name in ("kind", "content") else str(value)


def places(found: Sequence[Sequence[Any]]) -> str:
    """“page 2 (138****8000), sheet …, and 4 more”; `found`: (place, masked number) each."""
    told = [
        _("%(place)s (%(number)s)") % {"place": place(where), "number": masked}
        for where, masked in found[:PLACES_TOLD]
    ]
    if len(found) > PLACES_TOLD:
        told.append(_("and %(n)d more") % {"n": len(found) - PLACES_TOLD})
    return listed(told)


def place(where: Mapping[str, Any]) -> str:
    """Where in a file: a page, a cell, a paragraph or a part."""
    if "page" in where:
        return _("page %(page)s") % where
    if "sheet" in where:
        return _("sheet “%(sheet)s”, cell %(cell)s") % where
    if where["part"] == "body":
        return _("paragraph %(paragraph)s") % where
    return {
        "header": _("header"),
        "footer": _("footer"),
        "comments": _("comments"),
        "footnotes": _("footnotes"),
        "embedded": _("embedded table"),
    }.get(where["part"], _("text boxes or properties"))
