"""The style page: every part, every state, both languages and themes; who reads server times."""

import re

import pytest
import yaml
from django.conf import settings
from django.urls import reverse

from reform import wording
from reform.states import LIGHT_WORDS
from reform.templatetags.look import ICONS
from tests import world

TEMPLATES = settings.BASE_DIR / "templates"
FRAME = ("base.html", "style/style.html")
INCLUDED = re.compile(r'{% include "([^"]+)"')


@pytest.fixture
def editor(client, db, travel):
    return world.sign_in(client, world.seat("editor", "0"))


def reached(name, found=None):
    """A template and all that it includes."""
    found = set() if found is None else found
    if name not in found:
        found.add(name)
        for inside in INCLUDED.findall((TEMPLATES / name).read_text("utf-8")):
            reached(inside, found)
    return found


def html(response):
    assert response.status_code == 200
    return response.content.decode()


def test_every_part_stands_on_the_style_page():
    parts = {f"parts/{file.name}" for file in (TEMPLATES / "parts").glob("*.html")}

    assert parts - set().union(*map(reached, FRAME)) == set()


def test_every_light_stands_there_as_a_word_and_as_a_cell_and_every_icon_is_drawn(editor):
    page = html(editor.get("/style/"))

    for name in LIGHT_WORDS:
        assert f'<span class="light {name}">' in page, name
        assert f'class="cell {name}" href="/style/?"' in page, name
    for strokes in ICONS.values():
        assert page.count(strokes) >= 1


def test_samples_lead_back_to_the_page_and_write_nothing(editor):
    main = html(editor.get("/style/?theme=dark")).partition("<main")[2].partition("</main>")[0]
    body = main[main.index('id="type"') : main.index("这一页做什么用")]
    elsewhere = {one for one in re.findall(r'href="([^"]*)"', body) if one[:1] != "#"}
    forms = set(re.findall(r'<form[^>]*method="post" action="([^"]*)"', body))

    assert {one.partition("?")[0] for one in elsewhere} == {"/style/", "/account/", "/glossary/"}
    assert all("theme=dark" in one for one in elsewhere if one.startswith("/style/"))
    assert forms == {"/seat/", "/language/", "/logout/"}  # of the menu, which is the real one


def test_the_words_are_those_of_the_readers_language(editor):
    chinese = html(editor.get("/style/"))
    editor.cookies["language"] = "en"
    english = html(editor.get("/style/"))

    assert "青禾县北街小学" in chinese and "North Street Primary" not in chinese
    assert "North Street Primary" in english
    body = english[english.index('id="type"') : english.index("</main>")]
    other_language = r"<button[^>]*lang=.*?</button>"
    assert not re.search("[\u4e00-\u9fff]", re.sub(other_language, "", body).replace("　", ""))
    assert wording.samples()["figures"][3]["label"] == "逾期"


@pytest.mark.parametrize(
    ("query", "said"),
    [("", ""), ("?theme=light", "light"), ("?theme=dark", "dark"), ("?theme=pink", "")],
)
def test_the_theme_is_that_of_the_address_else_of_the_account(editor, query, said):
    page = html(editor.get(f"/style/{query}"))

    assert re.findall(r'<html[^>]*data-theme="(\w+)"', page) == ([said] if said else [])
    assert ("没有“pink”这一筛选" in page) == (query == "?theme=pink")


def test_the_page_asks_the_database_nothing_but_who_is_there(editor, django_assert_num_queries):
    editor.get("/style/")
    with django_assert_num_queries(3):
        editor.get("/style/")


def test_an_operator_reads_at_the_foot_how_long_the_server_took_and_nobody_else_does(
    client, office, cast
):
    for path in ("/style/", "/status/", "/glossary/"):
        took = re.findall(r"<footer[^>]*>Server time: (\d+) ms</footer>", html(office.get(path)))
        assert [0 <= int(one) < 60_000 for one in took] == [True]
    for seat, path in ((cast.filer, "school_home"), (cast.reviewer, "review")):
        world.sign_in(client, seat)
        assert "<footer" not in html(client.get(reverse(path)))


def leaves(words):
    """Every mapping that holds a text in a language."""
    if isinstance(words, dict) and words.keys() & {"zh", "en"}:
        yield words
    elif isinstance(words, dict | list):
        for inside in words.values() if isinstance(words, dict) else words:
            yield from leaves(inside)


def test_each_sample_is_said_in_both_languages_and_in_nothing_else():
    said = list(leaves(yaml.safe_load((settings.BASE_DIR / "seeds/style.yaml").read_text("utf-8"))))

    assert len(said) > 100
    assert [one for one in said if one.keys() != {"zh", "en"}] == []
    assert [one for one in said if not all(isinstance(text, str) for text in one.values())] == []
