"""The list of schools taken away: what is shown, safe, written down, the same when it returns."""

import csv
import io

import openpyxl
import pytest
from django.urls import reverse
from django.utils import translation

from reform.models import AuditLine
from schools.models import School
from tests import world
from tests.school_lists import load

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def desk(client, db):
    client.cookies["language"] = "en"
    return world.sign_in(client, world.seat("viewer", world.COUNTY))


def rows(response):
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def away(desk, **said):
    return desk.get(reverse("schools_export"), {"format": "csv", **said})


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_list_taken_away_and_sent_back_changes_nothing(client, db, form, language):
    client.cookies["language"] = language
    desk = world.sign_in(client, world.seat("manager", "3301"))
    world.school("=1+1小学", form="general", full_members=56, staff=0)
    world.school("城中小学（东校区）", profile="unknown", code="L-330106-0001")
    world.school("市一中", authority="3301", ownership="private", school_type_id="342")
    world.school("锁定小学", locked=True)
    before = list(School.objects.order_by("pk").values())

    data = desk.get(reverse("schools_export"), {"format": form}).content

    with translation.override(language):
        report = load(data, scope="3301")
    assert (report.new, report.changed, report.unchanged, report.refused) == (0, 0, 4, [])
    assert report.held_back == []
    assert list(School.objects.order_by("pk").values()) == before


def test_it_holds_what_the_list_shows_beyond_its_page(desk):
    for n in range(60):
        world.school(f"第{n:02d}小学")
    world.school("民办小学", ownership="private")
    world.school("外县小学", authority=world.SIBLING)
    world.school("已撤小学", closed_on="2026-08-01")
    world.bureau()

    assert len(rows(away(desk))) == 62
    assert [row[1] for row in rows(away(desk, ownership="private"))] == ["School name", "民办小学"]
    assert [row[1] for row in rows(away(desk, q="第03"))] == ["School name", "第03小学"]


def test_the_list_leads_to_its_files_with_what_narrows_it(desk):
    world.school("民办小学", ownership="private")

    page = desk.get("/schools/?ownership=private&q=").content.decode()

    assert 'href="/schools/export/?ownership=private&amp;format=xlsx"' in page
    assert "/schools/export/" not in desk.get("/schools/?q=无").content.decode()


def test_taking_a_list_away_is_written_down_with_its_rows(desk):
    world.school("阳光小学")
    world.school("月亮小学")

    away(desk)
    away(desk, q="月亮")

    lines = AuditLine.objects.filter(what="school export").order_by("pk")
    assert list(lines.values_list("thing", flat=True)) == ["2 csv", "1 csv"]


def test_no_cell_is_a_formula(desk):
    for name in ("=1+1小学", "+2小学", "@SUM小学", "-3小学", "＝4小学"):
        world.school(name)

    assert all(row[1].startswith("'") for row in rows(away(desk))[1:])
    book = openpyxl.load_workbook(io.BytesIO(away(desk, format="xlsx").content))
    assert {cell.data_type for line in book.active.iter_rows() for cell in line} <= {"s", "n"}


def test_the_nation_takes_no_single_school_away(client, db):
    world.school("阳光小学")
    nation = world.sign_in(client, world.seat("viewer", "0"))

    assert len(rows(away(nation))) == 1


def test_the_number_of_questions_does_not_grow_with_the_rows(desk, django_assert_num_queries):
    for _more in range(2):
        world.school()
        with django_assert_num_queries(6):
            away(desk)
