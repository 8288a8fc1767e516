"""The only place that makes evidence files for tests: sound ones of every kind, and broken ones."""

import hashlib
import io
import os
import struct
import zipfile
import zlib

import xlsxwriter
from PIL import Image, ImageDraw
from PIL.TiffImagePlugin import IFDRational

ID_NUMBER = "11010519491231002X"  # the example of GB 11643 itself
MOBILE = "13800138000"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)

# ---- PDF


def pdf(*pages, catalog="", page="", objects=(), trailer="", head=b""):
    """Text pages; `catalog`, `page` and `trailer` add to these dictionaries, `objects` follow."""
    pages = pages or ("Minutes of the branch",)
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    bodies = [
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>".encode(),
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for n, text in enumerate(pages):
        drawn = text if isinstance(text, bytes) else _drawn(text)
        bodies += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {5 + 2 * n} 0 R"
            f"/Resources<</Font<</F1 3 0 R>>>>{page}>>".encode(),
            stream(drawn),
        ]
    return head + _with_table([*bodies, *objects], trailer)


def next_object(pages=1):
    """The number of the first of `objects` in a PDF of so many pages."""
    return 4 + 2 * pages


def stream(data, extra=""):
    return b"<</Length %d%s>>\nstream\n" % (len(data), extra.encode()) + data + b"\nendstream"


def _drawn(text):
    lines = "".join(f"({line}) Tj 0 -24 Td " for line in text.split("\n"))
    return f"BT /F1 18 Tf 72 760 Td {lines}ET".encode()


def _with_table(bodies, trailer=""):
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(bodies, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    size = len(bodies) + 1
    out.write(f"trailer\n<</Size {size}/Root 1 0 R{trailer}>>\n".encode())
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def packed_pdf(hidden):
    """A PDF 1.5 whose catalogue points into an object stream that holds `hidden` as object 7."""
    inside = b"7 0 " + hidden
    packed = zlib.compress(inside)
    extra = "/Type/ObjStm/N 1/First 4/Filter/FlateDecode"
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction 7 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        b"null",
        b"null",
        stream(packed, extra),
    ]
    out = io.BytesIO()
    out.write(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    table = [struct.pack(">BHB", 0, 0, 255)]
    for number, body in enumerate(bodies, 1):
        table.append(struct.pack(">BHB", 1, out.tell(), 0))
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table.append(struct.pack(">BHB", 2, 6, 0))
    start = out.tell()
    table.append(struct.pack(">BHB", 1, start, 0))
    extra = "/Type/XRef/W[1 2 1]/Size 9/Root 1 0 R"
    out.write(b"8 0 obj\n%s\nendobj\n" % stream(b"".join(table), extra))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def encrypted_pdf(password=b""):
    """40-bit RC4 as PDF 1.1 has it; without a password it opens, and is encrypted all the same."""
    owner = _rc4(hashlib.md5(_PADDING).digest()[:5], (password + _PADDING)[:32])
    rights, mark = struct.pack("<i", -44), bytes(16)
    key = hashlib.md5((password + _PADDING)[:32] + owner + rights + mark).digest()[:5]
    user = _rc4(key, _PADDING)
    lock = (
        f"/Encrypt<</Filter/Standard/V 1/R 2/O<{owner.hex()}>/U<{user.hex()}>/P -44>>"
        f"/ID[<{mark.hex()}><{mark.hex()}>]"
    )
    return pdf("", trailer=lock)


def _rc4(key, data):
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def long_pdf(pages=3000):
    """As many pages that all show the same 45 lines: little to send, long to read."""
    lines = "\n".join("Minutes of the branch 12 34 56" for _ in range(45))
    kids = " ".join(f"{n + 5} 0 R" for n in range(pages))
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 3 0 R>>>>>>"
    )
    return _with_table(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            f"<</Type/Pages/Kids[{kids}]/Count {pages}>>".encode(),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            stream(_drawn(lines)),
            *[page] * pages,
        ]
    )


def endless_pdf(depth=30):
    """Forms that each draw the next one 20 times: 20^30 drawings, should anybody try."""
    first = next_object()
    objects = []
    for n in range(depth):
        inner = f"/Resources<</XObject<</X {first + n + 1} 0 R>>>>"
        extra = f"/Type/XObject/Subtype/Form/BBox[0 0 595 842]{inner}"
        objects.append(stream(b"/X Do " * 20, extra))
    dot = "/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
    objects.append(stream(b"0 0 500 500 re f", dot))
    resources = f"/Resources<</XObject<</X {first} 0 R>>>>"
    return pdf(b"/X Do", page=resources, objects=objects).replace(
        b"/Resources<</Font<</F1 3 0 R>>>>/Resources", b"/Resources"
    )


# ---- pictures


def picture(kind="jpg", size=(640, 480), mode="RGB", **options):
    """A drawn picture, different at each corner."""
    image = Image.new(mode, size, "white" if mode != "P" else 0)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size[0] // 4, size[1] // 4), fill="red" if mode == "RGB" else None)
    return saved(image, kind, **options)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, {"jpg": "JPEG"}.get(kind, kind.upper()), **options)
    return out.getvalue()


def photo(orientation=1):
    """A JPEG as a phone makes it: where, when, with what, which way up."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F], exif[0x0110] = "HUAWEI", "Mate 60"
    where = tuple(IFDRational(part) for part in (30, 15, 36))
    exif.get_ifd(0x8825).update({1: "N", 2: where, 3: "E", 4: where})
    return picture("jpg", (400, 200), exif=exif, comment=b"taken by a pupil")


def png_header(width, height):
    """The beginning of a PNG that claims a size and holds a few bytes."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(3000))
    chunks = (head, data, b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks
    )


# ---- containers

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_OFFICE = "application/vnd.openxmlformats-officedocument."
WORD = _OFFICE + "wordprocessingml.document.main+xml"
SHEET = _OFFICE + "spreadsheetml.sheet.main+xml"


def package(parts, *, method=zipfile.ZIP_DEFLATED):
    """A zip of name (or ZipInfo) → content."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as box:
        for name, content in parts.items():
            box.writestr(name, content)
    return out.getvalue()


def types(main=WORD, part="/word/document.xml"):
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="{part}" ContentType="{main}"/></Types>'
    )


def rels(*links):
    """Relationships: (type, target) each; those with a scheme or drive are external."""
    rows = "".join(
        f'<Relationship Id="r{n}" Type="{_REL}/{use}" Target="{target}"'
        + (' TargetMode="External"' if ":" in target or target[:2] in ("\\\\", "//") else "")
        + "/>"
        for n, (use, target) in enumerate(links)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{rows}</Relationships>'


def docx(*paragraphs, main=WORD, **parts):
    """A Word document; a paragraph is a text or a list of runs; `parts`: name → content."""
    return package(docx_parts(*paragraphs, main=main, **parts))


def docx_parts(*paragraphs, main=WORD, **parts):
    body = "".join(
        "<w:p>"
        + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in ([p] if isinstance(p, str) else p))
        + "</w:p>"
        for p in paragraphs or ("支部会议记录",)
    )
    return {
        "[Content_Types].xml": types(main),
        "_rels/.rels": rels(("officeDocument", "word/document.xml")),
        "word/document.xml": word_part("document", f"<w:body>{body}</w:body>"),
        **parts,
    }


def word_part(root, inside):
    return f'<?xml version="1.0" encoding="UTF-8"?><w:{root} xmlns:w="{_W}">{inside}</w:{root}>'


def xlsx(*rows, sheet="名单", **more):
    """A workbook by XlsxWriter; `more`: further sheet name → rows; a number stays a number."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, lines in {sheet: rows or [("序号", "姓名")], **more}.items():
            page = book.add_worksheet(name)
            for at, line in enumerate(lines):
                page.write_row(at, 0, line)
    return out.getvalue()


def repacked(data, **changes):
    """A container with parts added, replaced, or (None) left out."""
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        parts = {name: box.read(name) for name in box.namelist()}
    parts.update(changes)
    return package({name: content for name, content in parts.items() if content is not None})


def ofd(**parts):
    return package({"OFD.xml": "<ofd:OFD xmlns:ofd='http://www.ofdspec.org/2016'/>", **parts})


def symlink(name, target):
    """An entry that is a symbolic link: its ZipInfo and content."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return {info: target}


def noise(size):
    return os.urandom(size)
