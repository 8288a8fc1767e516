"""The only place for what depends on the reader's language beside words: halves, commas."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language, pgettext


def is_chinese() -> bool:
    """Whether the reader reads Chinese; the default when no language is active."""
    return (get_language() or "zh-hans").startswith("zh")


def local(thing: Any, field: str) -> Any:
    """`thing.<field>_zh` or `thing.<field>_en` by the active language; the other when one is empty.

    `thing` may be an object or a mapping.
    """
    order = ("zh", "en") if is_chinese() else ("en", "zh")
    for suffix in order:
        name = f"{field}_{suffix}"
        value = thing.get(name) if isinstance(thing, dict) else getattr(thing, name)
        if value:
            return value
    return ""


def listed(things: Iterable[object]) -> str:
    """Several things in a row: "a, b, c"; in Chinese with the comma of lists."""
    return pgettext("list", ", ").join(map(str, things))
