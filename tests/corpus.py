"""The only place for files that must not be taken, each with its name and why."""

import zipfile
from functools import cache

from tests import files
from tests.files import docx, pdf, rels, xlsx

MEGABYTE = 1024 * 1024


def action(body, pages=1):
    """A PDF that does `body` on opening."""
    number = files.next_object(pages)
    return pdf(catalog=f"/OpenAction {number} 0 R", objects=[body.encode()])


def link(use, target, part="document"):
    return docx(**{f"word/_rels/{part}.xml.rels": rels((use, target))})


def lying(data, by):
    """A container whose directory and headers promise another size than there is."""
    with zipfile.ZipFile(files.io.BytesIO(data)) as box:
        size = box.getinfo("word/document.xml").file_size
    old, new = size.to_bytes(4, "little"), (size + by).to_bytes(4, "little")
    return data.replace(old, new)


def encrypted_entry(data):
    """The same container with the bit "encrypted" set in every header."""
    out = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := out.find(mark, at + 1)) >= 0:
            out[at + offset] |= 1
    return bytes(out)


def bomb():
    """More than 200 MB, though no hundredfold of what it weighs."""
    parts = {**files.docx_parts(), **{f"word/media/{n}": bytes(70 * MEGABYTE) for n in range(3)}}
    return files.package({**parts, "word/media/noise": files.noise(3 * MEGABYTE)})


def steep():
    """Within 200 MB, but a thousandfold what it weighs."""
    return docx(**{"word/media/flat": bytes(20 * MEGABYTE)})


def nested(levels):
    inner = docx()
    for _ in range(levels):
        inner = docx(**{"word/embeddings/inner.docx": inner})
    return inner


def doctype(text):
    return docx(**{"word/document.xml": text})


LAUGHS = (
    '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    '<w:document xmlns:w="x"><w:t>&b;</w:t></w:document>'
)
OUTSIDE = (
    '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]><w:document xmlns:w="x">&a;</w:document>'
)
HTML = b"<html><script>alert(document.cookie)</script></html>"


@cache
def corpus():
    """name of the case → (file name, content, code)."""
    good_docx, good_pdf, good_png = docx(), pdf(), files.picture("png")
    return {
        # size
        "0 bytes": ("空.pdf", b"", "empty"),
        "one byte too many": ("大.pdf", good_pdf + bytes(20 * MEGABYTE + 1), "too_big"),
        "100 megapixels": ("图.png", files.png_header(10_000, 10_000), "pixels"),
        "a side of 2 billion": ("图.png", files.png_header(2**31 - 1, 1), "pixels"),
        "41 megapixels": ("图.jpg", files.picture("jpg", (8200, 5000), "L"), "pixels"),
        # kinds that are not taken
        "doc": ("计划.doc", files.OLE, "old_text"),
        "wps": ("计划.wps", files.OLE, "old_text"),
        "rtf": ("计划.rtf", b"{\\rtf1 x}", "old_text"),
        "docm": ("计划.docm", good_docx, "old_text"),
        "xls": ("名单.xls", files.OLE, "old_sheet"),
        "et": ("名单.et", files.OLE, "old_sheet"),
        "csv": ("名单.csv", b"a,b", "old_sheet"),
        "xlsm": ("名单.xlsm", xlsx(), "old_sheet"),
        "ppt": ("党课.ppt", files.OLE, "slides"),
        "pptx": ("党课.pptx", good_docx, "slides"),
        "heic": ("照片.HEIC", b"\x00\x00\x00\x18ftypheic", "picture"),
        "gif": ("图.gif", b"GIF89a", "picture"),
        "svg": ("图.svg", b"<svg onload='alert(1)'/>", "picture"),
        "zip": ("全部.zip", good_docx, "archive"),
        "rar": ("全部.rar", b"Rar!\x1a\x07", "archive"),
        "html": ("页.html", HTML, "plain"),
        "txt": ("记.txt", b"x", "plain"),
        "mp4": ("会.mp4", b"\x00\x00\x00\x18ftypmp42", "recording"),
        "exe": ("看.exe", b"MZ", "extension"),
        "no ending": ("材料", good_pdf, "extension"),
        "double ending": ("通知.pdf.exe", good_pdf, "extension"),
        "right-to-left override": ("通知\u202efdp.exe", good_pdf, "extension"),
        "NUL before the ending": ("通知.exe\x00", good_pdf, "extension"),
        # content other than the name
        "pdf named png": ("图.png", good_pdf, "renamed"),
        "png named pdf": ("件.pdf", good_png, "renamed"),
        "png named jpg": ("图.jpg", good_png, "renamed"),
        "docx named xlsx": ("表.xlsx", good_docx, "renamed"),
        "xlsx named docx": ("文.docx", xlsx(), "renamed"),
        "zip named docx": ("文.docx", files.package({"a.txt": "x"}), "renamed"),
        "zip named ofd": ("文.ofd", files.package({"a.txt": "x"}), "renamed"),
        "docm named docx": (
            "文.docx",
            docx(main=files.WORD.replace("main", "macroEnabled.main")),
            "macro",
        ),
        "dotx named docx": (
            "文.docx",
            docx(main=files.WORD.replace("document.main", "template.main")),
            "renamed",
        ),
        "doc named docx": ("文.docx", files.OLE, "renamed_old"),
        "exe named pdf": ("件.pdf", b"MZ" + bytes(100), "renamed"),
        "html named pdf": ("件.pdf", HTML, "renamed"),
        "svg named png": ("图.png", b"<svg xmlns='x'><script/></svg>", "renamed"),
        "text named docx": ("文.docx", "会议记录".encode(), "renamed"),
        "EICAR named pdf": ("件.pdf", files.EICAR, "renamed"),
        "heic named jpg": ("图.jpg", b"\x00\x00\x00\x18ftypheic" + bytes(99), "renamed"),
        # two in one
        "pdf behind html": ("件.pdf", HTML + good_pdf, "renamed"),
        "pdf behind rubbish": ("件.pdf", b"GARBAGE\n" + good_pdf, "two_in_one"),
        "pdf with html in a comment": (
            "件.pdf",
            good_pdf.replace(b"%\xe2\xe3\xcf\xd3", b"%" + HTML),
            "two_in_one",
        ),
        "jpg in front of a zip named docx": ("文.docx", files.picture() + good_docx, "renamed"),
        # damaged
        "pdf cut in half": ("件.pdf", b"%PDF-1.7\n1 0 obj\n<<", "damaged"),
        "pdf without pages": (
            "件.pdf",
            good_pdf.replace(b"/Kids[4 0 R]/Count 1", b"/Kids[]/Count 0     "),
            "damaged",
        ),
        "jpg cut in half": ("图.jpg", files.picture(size=(900, 900))[:3000], "damaged"),
        "png of three bytes": ("图.png", b"\x89PNG\r\n\x1a\n123", "damaged"),
        "docx cut in half": ("文.docx", good_docx[: len(good_docx) // 2], "damaged"),
        "docx with broken XML": ("文.docx", doctype("<w:document>"), "damaged"),
        "docx lying upwards": ("文.docx", lying(good_docx, 5), "damaged"),
        "docx lying downwards": ("文.docx", lying(good_docx, -5), "damaged"),
        # passwords
        "pdf with a password": ("件.pdf", files.encrypted_pdf(b"2026"), "password"),
        "pdf that only forbids": ("件.pdf", files.encrypted_pdf(), "password"),
        "docx with a password": (
            "文.docx",
            files.OLE + "EncryptedPackage".encode("utf-16-le"),
            "password",
        ),
        "zip entries encrypted": ("文.docx", encrypted_entry(good_docx), "password"),
        # active
        "pdf JavaScript on opening": (
            "件.pdf",
            action("<</S/JavaScript/JS(app.alert\\(1\\))>>"),
            "active",
        ),
        "pdf JavaScript spelt in hex": (
            "件.pdf",
            action("<</S/J#61v#61Script/J#53(x)>>"),
            "active",
        ),
        "pdf JavaScript in an object stream": (
            "件.pdf",
            files.packed_pdf(b"<</S/JavaScript/JS(app.alert\\(1\\))>>"),
            "active",
        ),
        "pdf JavaScript of a page": (
            "件.pdf",
            pdf(page="/AA<</O<</S/JavaScript/JS(x)>>>>"),
            "active",
        ),
        "pdf Launch": ("件.pdf", action("<</S/Launch/F(cmd.exe)>>"), "active"),
        "pdf SubmitForm": ("件.pdf", action("<</S/SubmitForm/F(http://x)>>"), "active"),
        "pdf RichMedia": (
            "件.pdf",
            pdf(page="/Annots[<</Type/Annot/Subtype/RichMedia/Rect[0 0 9 9]>>]"),
            "active",
        ),
        "pdf XFA": ("件.pdf", pdf(catalog="/AcroForm<</Fields[]/XFA(x)>>"), "active"),
        "pdf embedded file": (
            "件.pdf",
            pdf(
                catalog="/Names<</EmbeddedFiles<</Names[(a)"
                "<</Type/Filespec/F(a.exe)/EF<</F 6 0 R>>>>]>>>>",
                objects=[files.stream(files.EICAR)],
            ),
            "packed_file",
        ),
        "pdf file in an annotation": (
            "件.pdf",
            pdf(
                page="/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]"
                "/FS<</Type/Filespec/F(a.exe)/EF<</F 6 0 R>>>>>>]",
                objects=[files.stream(files.EICAR, "/Type/EmbeddedFile")],
            ),
            "packed_file",
        ),
        "docx vbaProject": ("文.docx", docx(**{"word/vbaProject.bin": "x"}), "macro"),
        "xlsx macro sheet": (
            "表.xlsx",
            files.repacked(xlsx(), **{"xl/macrosheets/sheet1.xml": "<x/>"}),
            "macro",
        ),
        "docx activeX": ("文.docx", docx(**{"word/activeX/activeX1.bin": "x"}), "macro"),
        "docx packed exe": ("文.docx", docx(**{"word/embeddings/a.exe": b"MZ"}), "packed_file"),
        "docx packed object": (
            "文.docx",
            docx(
                **{
                    "word/embeddings/oleObject1.bin": files.OLE
                    + "\x01Ole10Native".encode("utf-16-le")
                }
            ),
            "packed_file",
        ),
        "docx in docx in docx": ("文.docx", nested(2), "packed_file"),
        # links to elsewhere
        "docx remote template": (
            "文.docx",
            link("attachedTemplate", "http://x.test/a.dotm", "settings"),
            "outside_link",
        ),
        "docx template on a share": (
            "文.docx",
            link("attachedTemplate", "\\\\10.0.0.1\\a.dotm", "settings"),
            "outside_link",
        ),
        "docx remote picture": (
            "文.docx",
            link("image", "http://x.test/track.gif"),
            "outside_link",
        ),
        "docx remote object": (
            "文.docx",
            link("oleObject", "mhtml:http://x.test/a!x"),
            "outside_link",
        ),
        "docx remote frame": ("文.docx", link("frame", "https://x.test/"), "outside_link"),
        "docx script link": ("文.docx", link("hyperlink", "javascript:alert(1)"), "outside_link"),
        "docx link to a share": ("文.docx", link("hyperlink", "file://10.0.0.1/a"), "outside_link"),
        "xlsx other workbook": (
            "表.xlsx",
            files.repacked(
                xlsx(),
                **{
                    "xl/externalLinks/_rels/externalLink1.xml.rels": rels(
                        ("externalLinkPath", "file:///D:/a.xlsx")
                    )
                },
            ),
            "outside_link",
        ),
        # containers
        "docx of 210 MB in 3 MB": ("文.docx", bomb(), "bomb"),
        "docx ratio of 1,000": ("文.docx", steep(), "bomb"),
        "docx of 2,001 entries": (
            "文.docx",
            docx(**{f"word/media/{n}": "" for n in range(2001)}),
            "bomb",
        ),
        "docx path upwards": ("文.docx", docx(**{"word/../../etc/passwd": "x"}), "container"),
        "docx absolute path": ("文.docx", docx(**{"/etc/passwd": "x"}), "container"),
        "docx drive path": ("文.docx", docx(**{"C:/windows/a": "x"}), "container"),
        "docx backslash path": ("文.docx", docx(**{"word\\..\\a": "x"}), "container"),
        "docx symlink": (
            "文.docx",
            files.package({**files.docx_parts(), **files.symlink("word/media/a", "/etc/passwd")}),
            "container",
        ),
        "docx twice the same part": ("文.docx", docx(**{"word/Document.xml": "<x/>"}), "container"),
        "docx packed with lzma": (
            "文.docx",
            files.package(files.docx_parts(), method=zipfile.ZIP_LZMA),
            "container",
        ),
        "docx entity expansion": ("文.docx", doctype(LAUGHS), "container"),
        "docx external entity": ("文.docx", doctype(OUTSIDE), "container"),
        "docx external entity in UTF-16": (
            "文.docx",
            doctype(OUTSIDE.encode("utf-16")),
            "container",
        ),
        "ofd bomb": ("文.ofd", files.ofd(a=bytes(30 * MEGABYTE)), "bomb"),
        "ofd path upwards": ("文.ofd", files.ofd(**{"../a": "x"}), "container"),
    }
