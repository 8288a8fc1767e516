"""The only place that words the fields of an item, and what a later version made of them."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reform import answers
from reform.compare import Piece, compare
from reform.models import Check, Item
from reform.models.catalogue import ProfileValue
from reform.templatetags.look import minutes
from schools.language import is_chinese, listed, local
from schools.roles import Profile

# What a reader calls the fields that two versions of an item may differ in.
FIELD_WORDS: dict[str, str | Promise] = {
    "title": gettext_lazy("title"),
    "short": gettext_lazy("short name"),
    "ask": gettext_lazy("what to do"),
    "guidance": gettext_lazy("guidance"),
    "enough": gettext_lazy("when it is enough"),
    "evidence": gettext_lazy("evidence"),
    "stuck": gettext_lazy("what to do when stuck"),
    "light": gettext_lazy("lighter form"),
    "note": gettext_lazy("note"),
    "locators": gettext_lazy("clauses"),
    "lead": gettext_lazy("who leads"),
    "support": gettext_lazy("who supports"),
    "level": gettext_lazy("level"),
    "cadence": gettext_lazy("how often"),
    "review": gettext_lazy("confirmed anew"),
    "clock": gettext_lazy("which year counts"),
    "due": gettext_lazy("deadline"),
    "minutes": gettext_lazy("time it takes"),
    "school_types": gettext_lazy("school types"),
    "profiles": gettext_lazy("who it applies to"),
}
CHECK_TEXTS = ("name", "how", "gap", "num", "den")
_FOREIGN = ("id", "item_id", "position")


class Change(NamedTuple):
    """A field in words, and the way from what it said to what it says."""

    label: str
    pieces: list[Piece]
    language: str = ""  # where that is not the reader's


def changes(old: Item, new: Item, names: Sequence[str]) -> list[Change]:
    """What became of the fields called `names`; those of checks come last, check by check."""
    bare = dict.fromkeys(name.removesuffix("_zh").removesuffix("_en") for name in names)
    found = [_change(name, old, new) for name in bare if name != "checks"]
    return [*found, *_checks(old, new)] if "checks" in bare else found


def _change(name: str, old: Item, new: Item) -> Change:
    label = str(FIELD_WORDS[name])
    if hasattr(new, f"{name}_zh"):
        return _text(label, old, new, name)
    return Change(label, _whole(_said(old, name), _said(new, name)))


def _text(label: str, old: Item | Check, new: Item | Check, name: str) -> Change:
    """The reader's half word by word; the other one, named, where that is all that changed."""
    mine, other = ("zh", "en") if is_chinese() else ("en", "zh")
    for suffix in (mine, other):
        before, after = (getattr(one, f"{name}_{suffix}") for one in (old, new))
        if before != after:
            break
    pieces = compare(_flat(before), _flat(after))
    if suffix == mine:
        return Change(label, pieces)
    if suffix == "en":
        return Change(_("%(field)s (English)") % {"field": label}, pieces, "en")
    return Change(_("%(field)s (Chinese)") % {"field": label}, pieces, "zh-Hans")


def _flat(text: str | list[str]) -> str:
    return text if isinstance(text, str) else _("; ").join(text)


def _whole(before: str, after: str) -> list[Piece]:
    pieces = (Piece("del", before), Piece("ins", after))
    return [piece for piece in pieces if piece.text]


def _said(item: Item, name: str) -> str:
    """A field that is no text, in words."""
    value: Any = getattr(item, name)
    if name in ("level", "cadence", "clock"):
        return str(getattr(item, f"get_{name}_display")())
    if name == "due":
        return due_words(item)
    if name == "minutes":
        return minutes(value)
    if name == "review":
        return _("each year") if value == "year" else _("never")
    if name in ("lead", "support"):
        units = [value] if name == "lead" else value
        return listed(local(item.framework.words["roles"][unit], "name") for unit in units)
    if name == "profiles":
        return listed(f"{Profile(k).label} {ProfileValue(v).label}" for k, v in value.items())
    if name == "school_types" and value == "all":
        return _("all school types")
    return listed(value)


def _checks(old: Item, new: Item) -> Iterator[Change]:
    before = {check.key: check for check in old.checks.all()}
    after = {check.key: check for check in new.checks.all()}
    for key in dict.fromkeys([*before, *after]):
        if key not in after:
            yield Change(_("check left out"), _whole(_line(before[key]), ""))
        elif key not in before:
            yield Change(_("new check"), _whole("", _line(after[key])))
        else:
            yield from _check(before[key], after[key])


def _line(check: Check) -> str:
    return f"{local(check, 'name')}{_('; ')}{_asked(check)}"


def _asked(check: Check) -> str:
    return answers.requirement(check, answers.target(check))


def _check(old: Check, new: Check) -> Iterator[Change]:
    """What became of one check: its words, its target, or what it is computed from."""
    fields = [field.attname for field in Check._meta.concrete_fields]
    differ = {
        name for name in fields if name not in _FOREIGN and getattr(old, name) != getattr(new, name)
    }
    if not differ:
        return
    label, told = f"{local(new, 'name')}{_(': ')}%s", False
    if _asked(old) != _asked(new):
        yield Change(label % _("target"), _whole(_asked(old), _asked(new)))
        told = True
    for name in CHECK_TEXTS:
        if differ & {f"{name}_zh", f"{name}_en"}:
            yield _text(label % _("wording"), old, new, name)
            told = True
    if not told:
        yield Change(label % _("how it is computed or cited"), [])


def due_words(item: Item) -> str:
    """The default due rule in words."""
    rule = item.due
    if "date" in rule:
        return _("by %(day)s") % {"day": rule["date"]}
    begins = rule["anchor"] == "term_start"
    amount = rule.get("weeks", rule.get("working_days"))
    if "weeks" in rule:
        after = ngettext("%(n)d week", "%(n)d weeks", abs(amount)) % {"n": abs(amount)}
    else:
        after = ngettext("%(n)d working day", "%(n)d working days", abs(amount)) % {
            "n": abs(amount)
        }
    words = {
        (True, True): _("%(time)s after the term begins"),
        (True, False): _("%(time)s before the term begins"),
        (False, True): _("%(time)s after the term ends"),
        (False, False): _("%(time)s before the term ends"),
    }
    return words[begins, amount > 0] % {"time": after}
