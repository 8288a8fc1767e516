"""The page from the clauses of the source to the items that answer them, and the ways to it."""

import re

import pytest
from django.urls import reverse

from reform import publishing
from reform.models import Clause, Item
from tests import manuscripts, world

pytestmark = pytest.mark.django_db

QUERIES = 6


@pytest.fixture
def current():
    return world.framework()


@pytest.fixture
def filer(client, travel):
    return world.sign_in(client, world.seat("filer", world.school("阳光小学")))


def page(framework):
    return reverse("framework_clauses", args=[framework.pk])


def rows(text):
    """Locator → its line of the list."""
    return dict(re.findall(r'<li id="([0-9IV]+-\w+)">(.*?)</li>', text, re.DOTALL))


def headline(text):
    found = re.search(r"<h1>(.*?)</h1>", text, re.DOTALL)[1]
    return re.sub(r"<[^>]+>", "", found).replace("\u00a0", " ")


def test_its_sentence_says_how_many_demands_are_answered(filer, current):
    assert headline(filer.get(page(current)).content.decode()) == (
        "84 条要求都有检查项回应，15 条是目的或引语，不要求办理。"
    )
    filer.cookies["language"] = "en"
    assert headline(filer.get(page(current)).content.decode()) == (
        "All 84 demands are answered by items; 15 clauses are aim or quotation and ask for nothing."
    )


def test_a_demand_without_an_item_is_counted_and_said(filer, current):
    Item.objects.filter(code__in=("S5.1", "S5.2")).update(locators=[])
    text = filer.get(page(current)).content.decode()
    assert re.match(r"84 条要求中有 \d\d 条有检查项回应", headline(text))
    assert "还没有检查项回应" in rows(text)["II-9a"]


def test_every_clause_leads_to_each_item_that_cites_it_and_to_no_other(filer, current):
    shown = rows(filer.get(page(current)).content.decode())
    cited = {locator: set() for locator in Clause.objects.values_list("locator", flat=True)}
    for item in Item.objects.filter(framework=current):
        for locator in item.locators:
            cited[locator].add(item.code)
    way = re.compile(rf'href="{reverse("framework", args=[current.pk])}\?item=([\w.]+)#\1"')
    assert {locator: set(way.findall(line)) for locator, line in shown.items()} == cited


def test_clauses_without_an_item_say_why(filer, current):
    shown = rows(filer.get(page(current)).content.decode())
    silent = {locator for locator, line in shown.items() if "是目的或引语" in line}
    assert silent == set(Clause.objects.filter(role="purpose").values_list("locator", flat=True))


def test_the_version_its_items_and_an_entry_lead_here(client, travel):
    school = world.school("阳光小学")
    filer = world.sign_in(client, world.seat("filer", school))
    entry = world.entry(school, "S5.1")
    there = page(entry.slot.item.framework)
    version = reverse("framework", args=[entry.slot.item.framework_id])
    codes = Item.objects.filter(framework=entry.slot.item.framework).values_list("code", flat=True)
    read = [filer.get(version, {"item": code}).content.decode() for code in codes]
    on_version = "".join(read)
    on_entry = filer.get(reverse("entry", args=[entry.pk])).content.decode()
    targets = re.findall(rf'href="{there}#([\w-]+)"', on_version)
    assert f'href="{there}"' in on_version
    assert set(targets) == rows(filer.get(there).content.decode()).keys() - set(
        Clause.objects.filter(role="purpose").values_list("locator", flat=True)
    )
    assert re.search(rf'href="{there}#II-9a"', on_entry)


def test_a_draft_is_the_editors_and_an_unknown_version_nobodys(filer, current, tmp_path):
    folder = manuscripts.copy(tmp_path)
    manuscripts.renumber(folder)
    draft = publishing.load(folder)
    assert filer.get(page(draft)).status_code == 404
    assert filer.get(reverse("framework_clauses", args=[10**6])).status_code == 404
    editor = world.sign_in(filer, world.seat("editor", "0"))
    assert editor.get(page(draft)).status_code == 200


def test_it_costs_the_same_with_one_clause_and_with_all(filer, current, django_assert_num_queries):
    filer.get(page(current))
    with django_assert_num_queries(QUERIES):
        filer.get(page(current))
    Clause.objects.exclude(locator="0-1a").delete()
    Item.objects.exclude(code="Z1.1").delete()
    with django_assert_num_queries(QUERIES):
        filer.get(page(current))
