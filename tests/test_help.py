"""Every page says in three sentences what it is for; nothing is said of pages there are not."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from reform import wording
from tests import world

MATRIX = tomllib.loads(Path(__file__).with_name("access_matrix.toml").read_text("utf-8"))
HELP = yaml.safe_load((settings.BASE_DIR / "seeds/help.yaml").read_text("utf-8"))
REDIRECTS = {"home", "board"}
FILES = {
    "evidence",
    "evidence_preview",
    "my_data",
    "people_failed",
    "people_template",
    "register_export",
    "register_template",
    "school_list_file",
    "school_list_template",
    "schools_export",
}
FRAGMENTS = {"entry_comments", "meeting_quorum", "healthz"}
BEFORE_SIGN_IN = {"activate", "login", "privacy", "reset", "reset_new"}
NO_PAGE = REDIRECTS | FILES | FRAGMENTS | BEFORE_SIGN_IN
FORMS = {name for name, row in MATRIX.items() if row["methods"] == ["POST"]}
PAGES = MATRIX.keys() - FORMS - NO_PAGE


def test_every_page_has_help_and_nothing_else_has():
    assert sorted(HELP) == sorted(PAGES)
    assert NO_PAGE < MATRIX.keys()


def test_forms_that_share_a_page_are_forms_and_share_one():
    shared = [name for words in HELP.values() for name in words.get("also", ())]
    assert set(shared) <= FORMS
    assert len(shared) == len(set(shared))


@pytest.mark.parametrize("page", sorted(HELP))
def test_help_is_three_sentences_in_both_languages(page):
    words = HELP[page]
    assert set(words) <= {"zh", "en", "also"}
    assert len(re.findall("[。？！]", words["zh"])) == 3, words["zh"]
    assert len(re.findall(r"[.?!](?:\s|$)", words["en"])) == 3, words["en"]
    assert re.search("[\u4e00-\u9fff]", words["zh"]) and not re.search(
        "[\u4e00-\u9fff]", words["en"]
    )


def test_a_page_and_the_form_on_it_say_the_same_in_the_readers_language():
    with override("zh-hans"):
        assert wording.help_of("entry_save") == wording.help_of("entry") == HELP["entry"]["zh"]
    with override("en"):
        assert wording.help_of("entry") == HELP["entry"]["en"]
        assert wording.help_of("evidence") == wording.help_of("no such page") == ""


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "key"), [("zh-hans", "zh"), ("en", "en")])
def test_the_fold_at_the_foot_shows_the_help_of_its_own_page(client, travel, language, key):
    manager = world.sign_in(client, world.seat("manager", world.COUNTY))
    manager.cookies["language"] = language
    for page in ("account", "people", "calendar", "glossary"):
        text = manager.get(reverse(page)).content.decode()
        last = r'<details class="fold no-print">.*?</details>\s*</main>'
        fold = re.search(last, text, re.DOTALL)[0]
        assert HELP[page][key].replace("'", "&#x27;") in fold
        assert f'href="{reverse("glossary")}"' in fold
