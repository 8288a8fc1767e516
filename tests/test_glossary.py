"""Roles, states, verbs and things are called everywhere as the glossary calls them."""

import csv

import pytest
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy, override

from reform.states import MOVES, Status
from reform.views.board_frame import FIGURES
from reform.views.campaign_words import KINDS
from reform.views.entry_steps import STEPS
from schools.roles import RIGHTS, Role

BUTTONS = {
    "withdraw": "Take %(code)s back",
    "sign_off": "Sign %(code)s and send it",
    "accept": "Accept %(code)s",
    "return": "Return %(code)s",
    "reopen": "Open %(code)s again",
    "void": "Void the campaign",
}


def glossary(kind):
    """identifier → (Chinese, English)"""
    with (settings.BASE_DIR / "seeds/glossary.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == kind]
    return {row["identifier"]: (row["zh"], row["en"]) for row in rows}


def said(label):
    """A label in Chinese and in English."""
    with override("zh-hans"):
        chinese = str(label)
    with override("en"):
        return chinese, str(label)


def test_roles_are_those_of_the_glossary():
    assert {role.value: said(role.label) for role in Role} == glossary("role")


def test_states_are_those_of_the_glossary():
    assert {status.name: said(status.label) for status in Status} == glossary("state")


def test_figures_of_a_board_are_explained_by_the_same_words():
    known = glossary("list")
    assert {name: said(FIGURES[name]) for name in ("expected", "late")} == {
        "expected": known["owed"],
        "late": known["overdue"],
    }
    chinese, english = said(FIGURES["on_time"])
    assert known["on_time"][0] in chinese and known["on_time"][1].lower() in english


def test_verbs_are_rights_by_the_same_name():
    verbs = glossary("verb")

    assert verbs.keys() <= RIGHTS.keys()
    assert verbs.keys() - {"void"} <= MOVES.keys()  # a campaign is voided, not an entry


@pytest.mark.parametrize("verb", BUTTONS)
def test_a_verb_is_one_chinese_word_on_its_button_and_in_the_history(verb):
    word, _english = glossary("verb")[verb]

    with override("zh-hans"):
        button = gettext(BUTTONS[verb])
        history = str({**KINDS, **STEPS}[verb])

    assert (word in button, history) == (True, word)


def test_things_are_called_on_pages_as_in_the_glossary():
    words = glossary("thing")
    shown = {name: said(gettext_lazy(english)) for name, (_chinese, english) in words.items()}

    assert shown == words
