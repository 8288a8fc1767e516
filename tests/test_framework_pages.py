"""The pages of the catalogue: every signed-in reader reads a version; drafts are the editor's."""

import re

import pytest
from django.urls import reverse
from django.utils.html import escape

from reform import publishing
from reform.models import Framework, Item
from tests import manuscripts, world
from tests.manuscripts import change, renumber

pytestmark = pytest.mark.django_db

LIST = reverse("frameworks")


def page(framework):
    return reverse("framework", args=[framework.pk])


@pytest.fixture
def current():
    return world.framework()


@pytest.fixture
def editor(client, travel):
    return world.sign_in(client, world.seat("editor", "0"))


@pytest.fixture
def filer(client, travel):
    return world.sign_in(client, world.seat("filer", world.school("阳光小学")))


@pytest.fixture
def folder(tmp_path):
    return manuscripts.copy(tmp_path)


@pytest.fixture
def draft(folder, current):
    renumber(folder)
    change(folder, "Z.yaml", "minutes: 2", "minutes: 3")
    change(folder, "X.yaml", "  - code: X5.4", "  - code: X5.5")
    return publishing.load(folder)


def read(client, framework, code):
    """The page of a version with one item unfolded."""
    return client.get(page(framework), {"item": code}).content.decode()


def in_english(client):
    client.cookies["language"] = "en"
    return client


def headline(answer):
    found = re.search(r"<h1>(.*?)</h1>", answer.content.decode(), re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]).replace("\u00a0", " ").replace("\u200b", "")


def test_the_list_says_which_version_is_in_force(filer, current):
    assert headline(filer.get(LIST)) == "现行版本 2023.2，共 45 个检查项、89 个核查点。"
    assert headline(in_english(filer).get(LIST)) == (
        "In force: version 2023.2 with 45 items and 89 checks."
    )


def test_without_a_version_the_list_says_what_to_do(editor):
    Framework.objects.all().delete()
    answer = in_english(editor).get(LIST)
    assert headline(answer) == "No version is published yet."
    assert "load_framework" in answer.content.decode()


def test_a_version_shows_every_item_with_its_words_in_both_languages(filer, current):
    items = list(Item.objects.filter(framework=current))
    closed = filer.get(page(current)).content.decode()
    for item in items:
        assert f'<details id="{item.code}">' in closed
        assert f'href="?item={item.code}#{item.code}"' in closed
        chinese = read(filer, current, item.code)
        assert f'<details id="{item.code}" open>' in chinese
        assert item.guidance_zh in chinese
    assert len(items) == 45
    first = items[0]
    assert escape(first.guidance_en) in read(in_english(filer), current, first.code)


def test_an_item_that_is_not_in_a_version_is_told_and_the_list_shown(filer, current):
    text = read(filer, current, "Z9.9")
    assert "没有“Z9.9”" in text
    assert "<details id=" in text and " open>" not in text


def test_a_version_says_how_much_each_kind_of_school_files(filer, current):
    shown = re.sub(r"<[^>]+>|\s+", " ", filer.get(page(current)).content.decode())
    shown = re.sub(r"\s+", " ", shown)
    for figure in ("44 填报 60 次", "33 填报 49 次", "9 填报 17 次"):
        assert figure in shown


def test_targets_show_where_they_come_from_and_how_certain_that_is(filer, current):
    codes = Item.objects.filter(framework=current).values_list("code", flat=True)
    text = "".join(read(filer, current, code) for code in codes)
    assert "默认值，主管部门可调整" in text
    assert "《中国共产党支部工作条例（试行）》第十一条" in text
    assert "已核对原文" in text


def test_a_draft_is_seen_by_the_editor_and_nobody_else(editor, current, draft):
    assert editor.get(page(draft)).status_code == 200
    assert "2024.1" in editor.get(LIST).content.decode()
    filer = world.sign_in(editor, world.seat("filer", world.school()))
    assert filer.get(page(draft)).status_code == 404
    assert "2024.1" not in filer.get(LIST).content.decode()
    assert filer.get(f"{page(current)}?against={draft.pk}").status_code == 404


def test_a_comparison_names_what_came_went_and_changed(editor, current, draft):
    answer = in_english(editor).get(f"{page(draft)}?against={current.pk}")
    text = answer.content.decode()
    assert headline(answer) == ("From 2023.2 to 2024.1, items added: 1; removed: 1; changed: 1.")
    assert "X5.5" in text and "X5.4" in text
    assert "time it takes" in text
    same = in_english(editor).get(f"{page(current)}?against={current.pk}")
    assert headline(same) == "Version 2023.2 asks the same as 2023.2."


@pytest.mark.parametrize("against", ["", "abc", "-1", "999999", "1" * 40, "１", "1 OR 1=1"])
def test_a_comparison_with_nothing_is_not_found(filer, current, against):
    assert filer.get(page(current), {"against": against}).status_code == 404


def test_an_unknown_version_is_not_found_and_a_stranger_signs_in_first(filer, current):
    assert filer.get(reverse("framework", args=[10**6])).status_code == 404
    filer.logout()
    assert filer.get(LIST).status_code == 302


def test_the_list_costs_the_same_with_one_version_and_with_three(
    editor, current, folder, django_assert_num_queries
):
    editor.get(LIST)
    with django_assert_num_queries(QUERIES_OF_THE_LIST):
        editor.get(LIST)
    for number in ("2024.1", "2025.1"):
        renumber(folder, number)
        publishing.publish(publishing.load(folder))
    with django_assert_num_queries(QUERIES_OF_THE_LIST):
        editor.get(LIST)


def test_a_version_and_a_comparison_keep_within_twelve_queries(
    editor, current, draft, django_assert_max_num_queries
):
    editor.get(page(current))
    with django_assert_max_num_queries(12):
        assert editor.get(page(current)).status_code == 200
    with django_assert_max_num_queries(12):
        assert editor.get(f"{page(draft)}?against={current.pk}").status_code == 200


QUERIES_OF_THE_LIST = 4
