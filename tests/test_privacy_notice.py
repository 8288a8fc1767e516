"""The privacy notice: once, before anything else, and never at the cost of what was typed."""

import io

import openpyxl
import pytest

from reform.models import AuditLine, Draft
from schools.models import User
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def fresh(cast, client):
    """A filer who signed in and has not read the notice."""
    User.objects.filter(pk=cast.filer.user.pk).update(privacy_seen_at=None)
    client.cookies["language"] = "en"
    return world.sign_in(client, cast.filer)


def test_the_notice_stands_before_every_page_and_leads_on_to_it(fresh, cast):
    answer = fresh.get("/items/?show=late")
    assert answer.url == "/privacy/?next=%2Fitems%2F%3Fshow%3Dlate"
    page = fresh.get(answer.url).content.decode()
    assert "I have read this" in page
    assert cast.manager.user.name in page

    read = fresh.post("/privacy/", {"next": "/items/?show=late"})

    assert read.url == "/items/?show=late"
    assert fresh.get(read.url).status_code == 200
    assert User.objects.get(pk=cast.filer.user.pk).privacy_seen_at is not None
    assert AuditLine.objects.get().what == "privacy read"


def test_reading_it_again_writes_nothing(fresh, cast):
    fresh.post("/privacy/", {})
    seen = User.objects.get(pk=cast.filer.user.pk).privacy_seen_at

    assert "I have read this" not in fresh.get("/privacy/").content.decode()
    fresh.post("/privacy/", {})

    assert User.objects.get(pk=cast.filer.user.pk).privacy_seen_at == seen
    assert AuditLine.objects.count() == 1


def test_opening_the_notice_does_not_count_as_reading_it(fresh, cast):
    fresh.get("/privacy/")

    assert User.objects.get(pk=cast.filer.user.pk).privacy_seen_at is None
    assert fresh.get("/account/").status_code == 302


def test_what_was_typed_before_comes_back_after_the_notice(fresh, cast):
    entry = world.entry(cast.school)
    path = f"/entries/{entry.pk}/save/"
    said = {"note": "写了一半的说明", "version": "0"}
    answer = fresh.post(path, said, headers={"origin": world.ORIGIN})
    assert answer.status_code == 403
    assert not Draft.objects.exists()
    token = answer.context["kept"]

    page = fresh.post("/privacy/", {"kept": token, "next": "/"}).content.decode()

    assert "写了一半的说明" in page
    assert f'action="{path}"' in page


def test_a_script_is_told_401_and_nothing_is_written(fresh, cast):
    path = f"/entries/{world.entry(cast.school).pk}/save/"

    for headers in ({"hx-request": "true"}, {"x-requested-with": "fetch"}):
        assert fresh.post(path, {"note": "x"}, headers=headers).status_code == 401
    assert not Draft.objects.exists()


def test_signing_out_and_the_language_need_no_notice(fresh):
    assert fresh.post("/language/", {"language": "zh-hans"}).status_code == 302
    assert fresh.post("/logout/").url == "/login/"


def test_the_back_office_stands_behind_the_notice_too(client, db, travel):
    seat = world.seat("operator", "0", world.person(privacy_seen_at=None))

    assert world.sign_in(client, seat).get("/admin/").url == "/privacy/?next=%2Fadmin%2F"


def test_a_stranger_may_read_it_and_is_led_nowhere_else(client, db):
    assert client.get("/privacy/").status_code == 200
    assert client.post("/privacy/", {}).url.startswith("/login/")
    page = client.get("/privacy/?next=https://evil.example/").content.decode()
    assert "evil" not in page


def test_the_notice_asks_the_database_little(fresh, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        fresh.get("/privacy/")


# ---- all of it


def test_a_person_takes_away_what_is_kept_and_nothing_about_others(cast, at):
    entry = world.entry(cast.school)
    world.file(entry, cast.filer, note="课时已核对")
    world.file(world.entry(cast.school, "Z1.1"), cast.secretary)
    client = at(cast.filer)
    client.cookies["language"] = "en"

    answer = client.get("/account/data/")

    assert answer.headers["Content-Disposition"].startswith("attachment")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = [tuple(cell or "" for cell in row) for row in sheet.iter_rows(values_only=True)]
    assert ("Account", "Account", cast.filer.user.username) in rows
    assert [row for row in rows if row[0] == "Posts"] == [
        ("Posts", "Filer 阳光小学", "2025-09-01 –")
    ]
    assert len([row for row in rows if row[0] == "Filed"]) == 1
    assert cast.secretary.user.username not in str(rows)
    assert AuditLine.objects.get().what == "own data download"


def test_what_a_person_wrote_is_never_a_formula(cast, at):
    User.objects.filter(pk=cast.filer.user.pk).update(post="=HYPERLINK(1)")

    book = openpyxl.load_workbook(io.BytesIO(at(cast.filer).get("/account/data/").content))

    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)
