"""A stranger's file is looked at: what is taken, what is refused, and with which words."""

import io
import re
import time
import zipfile

import pytest
from django.utils import translation
from PIL import Image

from reform import reader, refusals, uploads
from reform.refusals import Refused
from tests import files
from tests.corpus import corpus

CASES = corpus()
FIRST = {code: (name, content, code) for name, content, code in CASES.values()}.values()
NUMBERS = f"{files.MOBILE} {files.ID_NUMBER}"


def look_at(name, content):
    """(what was found out, the bytes that would be kept)."""
    with uploads.check(name, io.BytesIO(content)) as checked:
        return checked, checked.path.read_bytes()


def refusal(name, content):
    with pytest.raises(Refused) as error:
        look_at(name, content)
    return error.value


@pytest.mark.parametrize("case", CASES)
def test_a_bad_file_is_refused_for_its_reason_within_two_seconds(case, evidence_folder):
    name, content, code = CASES[case]
    began = time.monotonic()
    assert refusal(name, content).code == code
    assert time.monotonic() - began < 2
    assert list((evidence_folder / "incoming").iterdir()) == []


def test_the_corpus_of_bad_files_is_large_and_meets_every_reason_of_a_single_file():
    assert len(CASES) >= 90
    of_the_entry = {"too_many", "school_full", "not_read"}
    other_tests = {"sensitive", "heavy", "no_extension", "unknown", "other_format"}
    assert {code for _, _, code in CASES.values()} == (
        refusals.REASONS.keys() - of_the_entry - other_tests
    )


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_refusal_has_a_sentence_without_gaps_in_both_languages(language):
    with translation.override(language):
        sentences = {code: refusal(name, content).reason for name, content, code in FIRST}
    for code, sentence in sentences.items():
        assert "%(" not in sentence, code
        assert sentence.endswith("。" if language == "zh-hans" else "."), code
        assert bool(re.search("[\u4e00-\u9fff]", sentence)) == (language == "zh-hans"), code


@pytest.mark.parametrize(
    ("name", "content", "kind", "pages"),
    [
        ("会议记录.pdf", files.pdf("one", "two"), "pdf", 2),
        ("汇编.PDF", files.pdf(*["page"] * 9), "pdf", 5),
        ("新版.pdf", files.packed_pdf(b"<</S/GoTo/D[3 0 R/Fit]>>"), "pdf", 1),
        ("照片.jpg", files.picture("jpg"), "jpg", 1),
        ("照片.JPEG", files.picture("jpg", mode="L"), "jpg", 1),
        ("印刷.jpg", files.picture("jpg", mode="CMYK"), "jpg", 1),
        ("截图.png", files.picture("png", mode="RGBA"), "png", 1),
        ("色表.png", files.picture("png", mode="P", transparency=0), "png", 1),
        ("黑白.png", files.picture("png", mode="1"), "png", 1),
        ("计划.docx", files.docx("一", "二"), "docx", 0),
        ("名单.xlsx", files.xlsx(), "xlsx", 0),
        ("公文.ofd", files.ofd(), "ofd", 0),
    ],
)
def test_every_accepted_kind_is_taken(name, content, kind, pages):
    checked, kept = look_at(name, content)
    assert (checked.kind, checked.pages, checked.size) == (kind, pages, len(kept))
    if kind not in ("jpg", "png"):
        assert kept == content


# ---- pictures


def test_a_photo_loses_place_camera_and_comment_and_stands_upright():
    photo = files.photo(orientation=6)
    assert b"HUAWEI" in photo
    _, kept = look_at("现场.jpg", photo)
    picture = Image.open(io.BytesIO(kept))
    assert picture.size == (200, 400)
    assert not picture.getexif()
    assert [word for word in (b"Exif", b"HUAWEI", b"pupil") if word in kept] == []


def test_html_in_a_picture_is_gone_once_it_is_written_anew():
    evil = b"<script>alert(1)</script>"
    for name, content in {
        "a.png": files.picture("png", pnginfo=_text_chunk(evil)) + evil,
        "b.jpg": files.picture("jpg", comment=evil) + evil,
    }.items():
        assert evil in content
        assert evil not in look_at(name, content)[1]


def _text_chunk(text):
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415

    info = PngInfo()
    info.add_text("Comment", text.decode())
    return info


def test_a_picture_keeps_what_it_shows():
    _, kept = look_at("图.png", files.picture("png"))
    picture = Image.open(io.BytesIO(kept)).convert("RGB")
    assert picture.getpixel((10, 10)) == (255, 0, 0)
    assert picture.getpixel((600, 400)) == (255, 255, 255)


def test_the_same_picture_is_written_the_same_each_time():
    first, second = (look_at("图.jpg", files.photo())[0] for _ in range(2))
    assert first.sha256 == second.sha256


# ---- what an office program writes is taken


@pytest.mark.parametrize(
    ("use", "target"),
    [
        ("hyperlink", "https://www.example.cn/a:b?c=1"),
        ("hyperlink", "mailto:office@example.cn"),
        ("hyperlink", "other.docx"),
        ("hyperlink", "file:///D:\\资料\\计划.docx"),
        ("attachedTemplate", "file:///C:\\Users\\a\\Templates\\Normal.dotm"),
    ],
)
def test_links_that_fetch_nothing_on_opening_are_left_alone(use, target):
    part = files.rels((use, target)).replace("/>", ' TargetMode="External"/>')
    part = part.replace(' TargetMode="External" TargetMode', " TargetMode")
    content = files.docx(**{"word/_rels/document.xml.rels": part})
    assert look_at("文.docx", content)[0].kind == "docx"


def test_a_chart_with_its_table_and_a_formula_are_left_alone():
    parts = {
        "word/embeddings/chart.xlsx": files.xlsx(("一月", 3)),
        "word/embeddings/oleObject1.bin": files.OLE + "Equation Native".encode("utf-16-le"),
        "xl/printerSettings/printerSettings1.bin": b"\x00" * 900,
    }
    assert look_at("文.docx", files.docx(**parts))[0].kind == "docx"


def test_words_like_javascript_in_text_and_links_of_a_pdf_are_left_alone():
    link = "/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(http://x/JS/Launch)>>>>]"
    content = files.pdf("About /JavaScript and /Launch", page=link)
    assert look_at("件.pdf", content)[0].pages == 1


# ---- numbers that must not be stored


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("名单.docx", files.docx("记录", f"张三 {files.MOBILE}"), "第 2 段（138****8000）"),
        ("名单.docx", files.docx(["1380", "013", "8000"]), "第 1 段（138****8000）"),
        ("表.docx", files.docx(*files.ID_NUMBER), "第 19 段（1101**********002X）"),
        (
            "名单.docx",
            files.docx(**{"word/header1.xml": files.word_part("hdr", f"<w:t>{NUMBERS}</w:t>")}),
            "页眉（138****8000）、页眉（1101**********002X）",
        ),
        (
            "名单.docx",
            files.docx(**{"word/comments.xml": files.word_part("c", f"<w:t>{NUMBERS}</w:t>")}),
            "批注（138****8000）、批注（1101**********002X）",
        ),
        (
            "名单.docx",
            files.docx(**{"word/embeddings/a.xlsx": files.xlsx((files.MOBILE,))}),
            "嵌入的表格（138****8000）",
        ),
        (
            "名单.xlsx",
            files.xlsx(("姓名", "电话"), ("张三", files.MOBILE)),
            "工作表“名单”B2 单元格（138****8000）",
        ),
        (
            "名单.xlsx",
            files.xlsx(("姓名",), 联系=[("张三", 13800138000)]),
            "工作表“联系”B1 单元格（138****8000）",
        ),
        (
            "名单.xlsx",
            files.xlsx(("张三", 110105194912310020)),
            "工作表“名单”B1 单元格（1101**********0000）",
        ),
        (
            "名单.xlsx",
            files.xlsx(*[(n, f"1380013800{n}") for n in range(8)]),
            "工作表“名单”B1 单元格（138****8000）、工作表“名单”B2 单元格（138****8001）、"
            "工作表“名单”B3 单元格（138****8002）、另有 5 处",
        ),
        ("件.pdf", files.pdf("ok", f"Tel 138 0013 8000\n{files.ID_NUMBER}"),
         "第 2 页（138****8000）、第 2 页（1101**********002X）"),
    ],
)  # fmt: skip
def test_private_numbers_are_refused_with_their_place_and_masked(name, content, where):
    refused = refusal(name, content)
    assert refused.code == "sensitive"
    assert (
        refused.reason == f"含有不得留存的身份证号或手机号：{where}。请删去或遮盖，保存后再上传。"
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("数.xlsx", files.xlsx((121, 118, 0.975, 20261120, "2133010612"), (1.13800138000123,))),
        ("数.xlsx", files.xlsx(tuple(range(40)), tuple("13800138000"))),
        ("数.docx", files.docx(*"13800138000")),
        ("数.docx", files.docx("1380013", "8000")),
        ("件.pdf", files.pdf("138\n0013\n8000 12345678901234567890")),
    ],
)
def test_counts_codes_and_separate_cells_are_not_taken_for_numbers_of_persons(name, content):
    assert look_at(name, content)[0].name == name


# ---- names


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/计划.pdf", "计划.pdf"),
        ("C:\\Users\\a\\计划.pdf", "计划.pdf"),
        ("计划\r\nX-Evil: 1.pdf", "计划X-Evil_ 1.pdf"),
        ("计\u202e划\u200b.pdf", "计划.pdf"),
        ('a"b<c>|?*.pdf', "a_b_c____.pdf"),
        ("e\u0301cole.pdf", "\u00e9cole.pdf"),
        (".pdf", "file.pdf"),
        ("  计划 . .pdf. ", "计划.pdf"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
        ("=cmd|' /C calc'!A0.pdf", "C calc'!A0.pdf"),
    ],
)
def test_a_file_name_becomes_harmless_and_keeps_its_ending(given, kept):
    assert look_at(given, files.pdf())[0].name == kept


# ---- limits of the child


def test_a_pdf_that_takes_too_long_to_read_is_given_up(monkeypatch):
    monkeypatch.setattr(reader, "SECONDS", 1)
    began = time.monotonic()
    assert refusal("件.pdf", files.long_pdf()).code == "heavy"
    assert time.monotonic() - began < 10


def test_a_pdf_that_grows_without_end_is_given_up():
    began = time.monotonic()
    assert refusal("件.pdf", files.endless_pdf()).code == "heavy"
    assert time.monotonic() - began < 15


def test_a_file_that_needs_too_much_memory_is_given_up(monkeypatch):
    monkeypatch.setattr(reader, "MEMORY", 150 * 1024 * 1024)
    content = files.saved(Image.new("RGB", (6000, 6000)), "png")
    assert refusal("图.png", content).code == "heavy"


def test_nothing_is_left_behind_when_a_container_lies_in_every_way(evidence_folder):
    """Cut, flip and repeat bytes of a sound file: an answer each time, never an exception."""
    sound = files.docx("记录")
    with zipfile.ZipFile(io.BytesIO(sound)) as box:
        middle = box.getinfo("word/document.xml").header_offset
    for at in [0, 4, 8, 14, 18, 22, 26, 30, *range(middle, len(sound), 23)]:
        broken = sound[:at] + bytes([sound[at] ^ 0xFF]) + sound[at + 1 :]
        try:
            assert look_at("文.docx", broken)[0].kind == "docx"
        except Refused as refused:
            assert refused.code in refusals.REASONS
    assert list((evidence_folder / "incoming").iterdir()) == []
