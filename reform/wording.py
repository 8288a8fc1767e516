"""The only place that reads the words beside the pages: help, the glossary, the style page."""

import csv
from functools import cache
from typing import Any, NamedTuple

import yaml
from django.conf import settings

from schools.language import is_chinese


class Term(NamedTuple):
    """A word of the product in both languages, and what it means in one sentence of each."""

    kind: str
    identifier: str
    zh: str
    en: str
    says_zh: str
    says_en: str


def help_of(url_name: str) -> str:
    """What the page of this address answers, in the reader's language; "" where there is none."""
    found = _helps().get(url_name)
    return found["zh" if is_chinese() else "en"] if found else ""


@cache
def _helps() -> dict[str, dict[str, str]]:
    """Name of an address → its words; `also` names the forms that answer with the same page."""
    path = settings.BASE_DIR / "seeds" / "help.yaml"
    data: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return {
        name: {"zh": words["zh"], "en": words["en"]}
        for page, words in data.items()
        for name in (page, *words.get("also", ()))
    }


@cache
def glossary() -> tuple[Term, ...]:
    """All terms in the order of the file."""
    with (settings.BASE_DIR / "seeds" / "glossary.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Term(**row) for row in csv.DictReader(file))


def samples() -> Any:
    """The invented words of the style page in the reader's language, shaped as in the file."""
    return _half(_style(), "zh" if is_chinese() else "en")


@cache
def _style() -> Any:
    return yaml.safe_load((settings.BASE_DIR / "seeds" / "style.yaml").read_text("utf-8"))


def _half(words: Any, language: str) -> Any:
    """Each `{zh, en}` as the one of the two; everything else stays."""
    if isinstance(words, list):
        return [_half(one, language) for one in words]
    if not isinstance(words, dict):
        return words
    if words.keys() == {"zh", "en"}:
        return words[language]
    return {name: _half(one, language) for name, one in words.items()}
