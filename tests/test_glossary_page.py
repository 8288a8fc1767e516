"""The glossary: each word once, in both languages, with one sentence and its own place."""

import re
from collections import Counter

import pytest
from django.urls import reverse

from reform import wording
from reform.views.glossary import GROUPS
from tests import world

QUERIES = 3


def test_every_term_has_its_words_and_one_sentence_in_both_languages():
    for term in wording.glossary():
        assert all(term), term
        assert len(re.findall("[。？！]", term.says_zh)) == 1 and term.says_zh.endswith("。"), term
        assert len(re.findall(r"[.?!](?:\s|$)", term.says_en)) == 1, term
        assert not re.search("[\u4e00-\u9fff]", term.says_en), term


def test_no_place_and_no_word_stands_twice_within_its_group_and_each_group_in_one_run():
    terms = wording.glossary()
    places = Counter((term.kind, term.identifier) for term in terms)
    words = Counter((term.kind, term.zh) for term in terms)
    assert max(places.values()) == max(words.values()) == 1
    assert list(dict.fromkeys(term.kind for term in terms)) == list(GROUPS)
    runs = [a.kind for a, b in zip(terms, [*terms[1:], None], strict=True) if not b or a[0] != b[0]]
    assert runs == list(GROUPS)


@pytest.mark.django_db
def test_the_page_shows_all_of_them_to_everybody_signed_in(
    client, travel, django_assert_num_queries
):
    assert client.get(reverse("glossary")).status_code == 302
    filer = world.sign_in(client, world.seat("filer", world.school("阳光小学")))
    filer.get(reverse("glossary"))
    with django_assert_num_queries(QUERIES):
        text = filer.get(reverse("glossary")).content.decode()
    shown = set(re.findall(r'<li id="([\w-]+)">', text))
    assert shown == {f"{term.kind}-{term.identifier}" for term in wording.glossary()}
    assert f"{len(shown)} 个词" in text.replace("\u00a0", " ")
    menu = re.search(r'<details class="menu">.*?</details>', text, re.DOTALL)[0]
    assert f'href="{reverse("glossary")}"' in menu
