"""The only place that picks the Chinese or the English half of a bilingual record."""

from typing import Any

from django.utils.translation import get_language


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
