"""The only place that reads the words beside the pages: the help of each page, the glossary."""

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
