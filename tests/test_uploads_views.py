"""Files of an entry go in and out through the pages: together, told apart, only for their own."""

import io
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from reform import uploads, vault
from reform.models import AuditLine, Entry, Event, Evidence
from reform.states import Status
from reform.views import evidence as views
from schools.models import User
from tests import files, world
from tests.corpus import corpus
from tests.reading import heading

HTMX = {"HX-Request": "true"}
FIRST = {code: case for case, (_, _, code) in corpus().items()}
ALONE = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.fixture
def entry(cast):
    return world.entry(cast.school)


@pytest.fixture
def filer(cast):
    return world.sign_in(Client(), cast.filer)


def send(client, entry, *named, headers=HTMX):
    chosen = [SimpleUploadedFile(name, content) for name, content in named]
    url = reverse("evidence_add", kwargs={"pk": entry.pk})
    return client.post(url, {"files": chosen}, headers=headers)


def attach(client, entry, name="会议记录.pdf", content=None):
    assert send(client, entry, (name, content or files.pdf(name))).status_code == 200
    return Evidence.objects.latest("pk")


def url(name, row, **more):
    return reverse(name, kwargs={"pk": row.pk, **more})


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def audit(what):
    lines = AuditLine.objects.filter(what=what).order_by("pk")
    return [(line.username, line.thing, line.ip, line.ok) for line in lines]


# ---- in


def test_several_files_at_once_are_told_apart_and_the_good_ones_kept(filer, entry, cast):
    response = send(
        filer,
        entry,
        ("会议记录.pdf", files.pdf()),
        ("旧名单.xls", files.OLE),
        ("现场.jpg", files.photo()),
        ("名单.docx", files.docx(f"张三 {files.MOBILE}")),
    )
    assert response.status_code == 200
    assert [row.name for row in uploads.attached(entry)] == ["会议记录.pdf", "现场.jpg"]
    page = response.content.decode()
    assert "已附上 2 份材料。" in page
    assert "<b>旧名单.xls</b>：不接收 .xls 文件。" in page
    assert "第 1 段（138****8000）" in page
    assert files.MOBILE not in page
    assert world.status(entry) == Status.in_progress
    assert list(Event.objects.filter(entry=entry).values_list("kind", flat=True)) == ["save"]
    who = cast.filer.user.username
    first, second = uploads.attached(entry)
    assert audit("evidence add") == [
        (who, f"{first.pk} 会议记录.pdf", "127.0.0.1", True),
        (who, f"{second.pk} 现场.jpg", "127.0.0.1", True),
    ]
    assert audit("evidence refuse") == [
        (who, f"old_sheet {entry.pk} 旧名单.xls", "127.0.0.1", False),
        (who, f"sensitive {entry.pk} 名单.docx", "127.0.0.1", False),
    ]


@pytest.mark.parametrize("code", FIRST)
def test_a_bad_file_through_the_page_changes_nothing(filer, entry, evidence_folder, code):
    name, content, _ = corpus()[FIRST[code]]
    response = send(filer, entry, (name, content))
    assert response.status_code == 422
    assert response.content.decode().count('role="alert"') == 1
    assert [line.thing.split()[0] for line in AuditLine.objects.all()] == [code]
    assert not Evidence.objects.exists() and not Event.objects.filter(entry=entry).exists()
    assert world.status(entry) == Status.not_started
    assert list(evidence_folder.glob("??/??/*")) == []


def test_without_script_the_reader_comes_back_to_the_entry_and_is_told(filer, entry):
    response = send(filer, entry, ("好.pdf", files.pdf()), ("坏.txt", b"x"), headers=None)
    assert response.status_code == 302
    assert response.url == reverse("entry", kwargs={"pk": entry.pk})
    page = filer.get(response.url).content.decode()
    assert "已添加 1 份材料。" in page
    assert "“坏.txt”没有收下。不接收 .txt 文件。" in page


def test_without_script_a_page_says_why_nothing_was_taken(filer, entry):
    response = send(filer, entry, ("坏.txt", b"x"), ("空.pdf", b""), headers=None)
    assert response.status_code == 422
    page = response.content.decode()
    assert heading(response) == "2 份材料都没有收下，其他内容没有变动。"
    assert page.count('role="alert"') == 2
    assert f'href="{reverse("entry", kwargs={"pk": entry.pk})}#evidence"' in page


def test_refusals_are_read_in_english_too(filer, entry, cast):
    cast.filer.user.language = "en"
    cast.filer.user.save()
    page = send(filer, entry, ("bad.xls", files.OLE)).content.decode()
    assert "In WPS or Excel choose File › Save as" in page


def test_pressing_upload_without_a_file_is_said(filer, entry):
    response = filer.post(reverse("evidence_add", kwargs={"pk": entry.pk}), headers=HTMX)
    assert response.status_code == 422
    assert "没有收到文件。请先选择文件，再上传。" in response.content.decode()


def test_sending_the_same_file_again_attaches_it_once(filer, entry):
    for _again in range(2):
        assert send(filer, entry, ("a.pdf", files.pdf()), ("b.pdf", files.pdf())).status_code == 200
    assert [row.name for row in uploads.attached(entry)] == ["a.pdf"]


def test_of_eleven_files_ten_are_kept(filer, entry):
    response = send(filer, entry, *[(f"{n}.pdf", files.pdf(f"{n}")) for n in range(11)])
    assert uploads.attached(entry).count() == 10
    assert "<b>10.pdf</b>：本项已有 10 份材料，达到上限。" in response.content.decode()


def test_files_that_would_take_too_long_together_are_left_for_another_time(
    filer, entry, monkeypatch
):
    monkeypatch.setattr(views, "SECONDS_FOR_ALL", -1)
    response = send(filer, entry, ("a.pdf", files.pdf()))
    assert response.status_code == 422
    assert "文件没有问题，请再选一次。" in response.content.decode()


def test_a_request_of_more_than_ten_large_files_is_not_even_read(filer, entry):
    path = reverse("evidence_add", kwargs={"pk": entry.pk})
    upload = {"files": SimpleUploadedFile("a.pdf", files.pdf())}
    response = filer.post(path, upload, CONTENT_LENGTH=uploads.MOST_REQUEST + 1)
    assert response.status_code == 400
    assert "最多 10 份，每份 20 MB" in response.content.decode()
    assert Evidence.objects.count() == 0


def test_of_a_file_that_is_too_large_no_more_is_written_than_shows_it(rf):
    content = bytes(uploads.MOST_BYTES + 5_000_000)
    request = rf.post("/", {"files": SimpleUploadedFile("a.pdf", content)})
    request.user = User()
    received = request.FILES["files"]
    assert received.size == len(content)
    assert received.file.seek(0, io.SEEK_END) == uploads.MOST_BYTES + 1


@pytest.mark.parametrize("who", ["reviewer", "manager", "viewer"])
def test_an_official_cannot_add_or_remove(cast, entry, filer, who):
    row = attach(filer, entry)
    client = world.sign_in(Client(), getattr(cast, who))
    assert send(client, entry, ("a.pdf", files.pdf())).status_code == 403
    assert client.post(url("evidence_remove", row)).status_code == 403
    assert uploads.attached(entry).count() == 1


def test_nothing_is_added_to_or_removed_from_what_was_sent(cast, entry, filer):
    row = attach(filer, entry)
    world.file(entry, cast.filer)
    response = send(filer, entry, ("a.pdf", files.pdf("late")))
    assert response.status_code == 403
    assert filer.post(url("evidence_remove", row)).status_code == 403
    assert list(uploads.attached(entry)) == [row]


def test_a_colleague_of_the_school_may_remove_a_file_and_then_nobody_sees_it(cast, entry, filer):
    row = attach(filer, entry)
    colleague = world.sign_in(Client(), cast.secretary)
    response = colleague.post(url("evidence_remove", row), headers=HTMX)
    assert response.status_code == 200
    assert row.name not in response.content.decode()
    assert colleague.post(url("evidence_remove", row)).status_code == 302
    assert audit("evidence remove") == [
        (cast.secretary.user.username, f"{row.pk} {row.name}", "127.0.0.1", True)
    ]
    for name, more in (("evidence", {}), ("evidence_preview", {"page": 1})):
        assert filer.get(url(name, row, **more)).status_code == 404


# ---- out


def test_the_original_goes_out_as_a_harmless_attachment_and_is_logged(cast, entry, filer):
    content = files.pdf("会")
    row = attach(filer, entry, "三会一课 记录.pdf", content)
    response = filer.get(url("evidence", row))
    assert body(response) == content
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''" + quote("三会一课 记录.pdf")
    )
    assert {name: response[name] for name in ALONE} == ALONE
    assert audit("evidence download") == [
        (cast.filer.user.username, f"{row.pk} {row.name}", "127.0.0.1", True)
    ]
    assert AuditLine.objects.get(what="evidence download").region_id == world.COUNTY


@pytest.mark.parametrize(
    "name", ["a\r\nSet-Cookie: x=1.pdf", 'a";b.pdf', "../../a.pdf", "长" * 300 + ".pdf"]
)
def test_no_name_gets_into_the_headers(cast, entry, filer, name):
    with uploads.check(name, io.BytesIO(files.pdf())) as checked:
        row, _new = uploads.store(entry, checked, by=cast.filer.user)
    response = filer.get(url("evidence", row))
    assert not set(response["Content-Disposition"]) & set("\r\n\\/")
    assert "Set-Cookie" not in response.headers
    assert len(row.name) <= 120
    assert row.name.endswith(".pdf")


def test_previews_are_pictures_of_our_own_drawing(entry, filer):
    pdf = attach(filer, entry, "两页.pdf", files.pdf("one", "two"))
    photo = attach(filer, entry, "现场.jpg", files.photo())
    table = attach(filer, entry, "名单.xlsx", files.xlsx())
    for row, page, kind, magic in (
        (pdf, 1, "image/png", b"\x89PNG"),
        (pdf, 2, "image/png", b"\x89PNG"),
        (photo, 1, "image/jpeg", b"\xff\xd8\xff"),
    ):
        response = filer.get(url("evidence_preview", row, page=page))
        assert (response.status_code, response["Content-Type"]) == (200, kind)
        assert not response.has_header("Content-Disposition") or response[
            "Content-Disposition"
        ].startswith("inline")
        assert {name: response[name] for name in ALONE} == ALONE
        assert body(response).startswith(magic)
    for row, page in ((pdf, 3), (pdf, 0), (photo, 2), (table, 1)):
        assert filer.get(url("evidence_preview", row, page=page)).status_code == 404


def test_officials_see_a_file_once_it_was_sent_to_them(cast, entry, filer):
    row = attach(filer, entry)
    reviewer = world.sign_in(Client(), cast.reviewer)
    assert reviewer.get(url("evidence", row)).status_code == 404
    assert reviewer.get(url("evidence_preview", row, page=1)).status_code == 404
    world.file(entry, cast.filer)
    assert reviewer.get(url("evidence", row)).status_code == 200
    assert reviewer.get(url("evidence_preview", row, page=1)).status_code == 200


def test_what_waits_for_the_secretary_is_not_yet_the_countys(cast, filer):
    cast.campaign.sign_off = True
    cast.campaign.save()
    entry = world.entry(cast.school)
    row = attach(filer, entry)
    world.file(entry, cast.filer)
    reviewer = world.sign_in(Client(), cast.reviewer)
    assert reviewer.get(url("evidence", row)).status_code == 404
    assert filer.get(url("evidence", row)).status_code == 200


@pytest.mark.parametrize("who", ["stranger", "strange_reviewer"])
def test_a_stranger_finds_nothing_and_changes_nothing(cast, entry, filer, who):
    row = attach(filer, entry)
    world.file(entry, cast.filer)
    client = world.sign_in(Client(), getattr(cast, who))
    assert client.get(url("evidence", row)).status_code == 404
    assert client.get(url("evidence_preview", row, page=1)).status_code == 404
    school = who == "stranger"
    assert client.post(url("evidence_remove", row)).status_code == (404 if school else 403)
    assert send(client, entry, ("a.pdf", files.pdf())).status_code == (404 if school else 403)
    assert audit("evidence download") == []


def test_who_is_not_signed_in_is_asked_to(entry, filer):
    row = attach(filer, entry)
    response = Client().get(url("evidence", row))
    assert (response.status_code, response.url.split("?")[0]) == (302, reverse("login"))


def test_a_destroyed_file_gives_its_reason_and_nothing_else(cast, entry, filer):
    content = files.pdf("pupils")
    row = attach(filer, entry, "照片.pdf", content)
    world.send_back(
        world.file(entry, cast.filer), cast.reviewer, "有学生正脸，已销毁。", destroy=[row.pk]
    )
    response = filer.get(url("evidence", row))
    assert response.status_code == 410
    assert "有学生正脸，已销毁。" in response.content.decode()
    assert filer.get(url("evidence_preview", row, page=1)).status_code == 404
    assert [ok for *_, ok in audit("evidence download")] == [False]
    assert Entry.objects.get(pk=entry.pk).status == Status.returned


def test_a_destroyed_file_stays_closed_though_another_entry_holds_the_same_bytes(
    cast, entry, filer
):
    other = world.entry(cast.school, "Z2.2")
    row, twin = (attach(filer, each, "照片.pdf", files.pdf("pupils")) for each in (entry, other))
    world.send_back(world.file(entry, cast.filer), cast.reviewer, destroy=[row.pk])
    assert vault.path(row.sha256).exists()
    codes = {
        each.pk: [
            filer.get(url("evidence", each)).status_code,
            filer.get(url("evidence_preview", each, page=1)).status_code,
        ]
        for each in (row, twin)
    }
    assert codes == {row.pk: [410, 404], twin.pk: [200, 200]}


def test_a_file_missing_on_disk_is_said_and_logged(entry, filer, caplog):
    row = attach(filer, entry)
    vault.path(row.sha256).unlink()
    response = filer.get(url("evidence", row))
    assert response.status_code == 410
    assert "存储里找不到这份材料。" in response.content.decode()
    assert [ok for *_, ok in audit("evidence download")] == [False]
    assert row.sha256 in caplog.text
    assert filer.get(url("evidence_preview", row, page=1)).status_code == 404


def test_looking_and_loading_take_few_queries(entry, filer, django_assert_num_queries):
    row = attach(filer, entry)
    with django_assert_num_queries(5):  # session, user, posts, row, line of the log
        filer.get(url("evidence", row))
    with django_assert_num_queries(4):
        filer.get(url("evidence_preview", row, page=1))


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_of_files_takes_the_same_queries_for_one_and_for_three(
    entry, filer, django_assert_num_queries, rows
):
    for n in range(rows):
        row = attach(filer, entry, f"{n}.pdf")
    with django_assert_num_queries(13):  # five for the lock of the school's chain
        filer.post(url("evidence_remove", row), headers=HTMX)
