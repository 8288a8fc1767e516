"""The structure check of an authority with very many schools, and the counts kept for it."""

import re
from datetime import date

import pytest

from schools import structure_books, structure_counts
from schools.models import Branch, School, StructureCount
from tests import party, world
from tests.reading import heading, words

pytestmark = [pytest.mark.database, pytest.mark.django_db]
COUNTY, QUERIES = "/structure/", 10


def test_of_very_many_schools_those_that_are_shown_are_looked_at_now(
    cast, at, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr("reform.views.structure.AT_ONCE", 2)
    monkeypatch.setattr("reform.views.structure.PAGE", 2)
    for name in ("丙小学", "甲小学", "乙小学"):
        party.kept_branch(world.school(name, full_members=12), term_end=date(2026, 1, 1))
    looked = []
    load = structure_books.load
    monkeypatch.setattr(
        "reform.views.structure.load",
        lambda schools, on: looked.append(len(schools)) or load(schools, on),
    )
    browser = at(cast.viewer)
    page = browser.get(COUNTY)
    assert page.context["shown"] == [] and "4 所学校还没有检查过" in words(page)
    assert "这里还没有学校" not in words(page)

    structure_counts.catch_up()
    with django_assert_max_num_queries(QUERIES):
        page = browser.get(COUNTY)

    assert "4 所学校中，3 所" in heading(page)
    assert re.findall(r"<b>(.小学)</b>", page.content.decode()) == ["丙小学", "甲小学"]
    assert looked == [0, 2]
    assert "没有登记经批准的延期" in words(page)


def test_a_school_is_counted_again_once_its_registers_moved(cast):
    School.objects.filter(pk=cast.school.pk).update(form="branch", full_members=60)
    branch = party.kept_branch(cast.school, full_members=60, term_end=date(2026, 9, 11))
    structure_counts.catch_up()
    Branch.objects.filter(pk=branch.pk).update(term_end=date(2029, 1, 1))
    structure_counts.catch_up()
    assert StructureCount.objects.get(school=cast.school).error == 1

    School.objects.filter(pk=cast.school.pk).update(registers_rev=1)
    structure_counts.catch_up()

    count = StructureCount.objects.get(school=cast.school)
    assert (count.error, count.rules, count.registers_rev) == (0, {"STR-03": 1, "STR-04": 1}, 1)


def test_a_county_whose_schools_wait_to_be_looked_at_is_not_called_one_without_any(cast, client):
    structure_counts.catch_up()
    StructureCount.objects.filter(school=cast.stranger_school).delete()
    page = world.sign_in(client, world.seat("viewer", "3301")).get("/structure/")
    assert f"{world.SIBLING} 尚未检查" in words(page) and "没有学校" not in words(page)
