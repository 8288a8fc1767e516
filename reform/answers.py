"""The only place that reads, judges and words the value of a check: for form, workbook and API.

Whole numbers and exact fractions only; a ratio is never rounded before it is judged.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from reform.models.catalogue import Check, CheckKind, Source, TargetMode
from schools import small_counts
from schools.language import local

LARGEST = 1_000_000
OPERATORS = ("=", ">=", ">")
_TARGET = re.compile(r"(>=|>|=)(\d+(?:\.\d+)?)")
# Full-width ASCII and the ideographic space; all of NFKC would turn 5² into 52.
_HALF_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: 0x20, 0x2212: 0x2D}
_PLACEHOLDER = re.compile(r"\{(num|den|missing|target)\}")


@dataclass(frozen=True)
class Answer:
    """What was typed: `den` is None where the check counts or asks yes (1) or no (0)."""

    num: int
    den: int | None = None


@dataclass(frozen=True)
class Target:
    """Operator and value in force, a decimal number in text; empty: shown, not judged."""

    op: str = ""
    value: str = ""

    def __str__(self) -> str:
        return f"{self.op}{self.value}"

    def __bool__(self) -> bool:
        return bool(self.op)

    @classmethod
    def of(cls, text: str) -> "Target":
        """The target that a CheckValue froze as text."""
        found = _TARGET.fullmatch(text)
        return cls(*found.groups()) if found else cls()


def target(check: Check, own: Mapping[str, Any] | None = None) -> Target:
    """The target in force: of the check, or what a slot set of its `own` (check key → value)."""
    if check.target_mode == TargetMode.none:
        return Target()
    return Target(check.target_op, str((own or {}).get(check.key, check.target_value)))


def parse(check: Check, raw: Mapping[str, Any]) -> Answer:
    """The answer in `raw` ("num" and "den" as text, or numbers of a workbook).

    Raises ValidationError with every sentence at once, in the reader's language.
    """
    problems: list[str] = []
    num = _number(raw.get("num"), _label(check, "num"), problems, choice=check.kind == "bool")
    den = None
    if check.kind == CheckKind.ratio:
        den = _denominator(check, raw.get("den"), problems)
    if num is not None and den is not None and num > den and not check.may_exceed:
        problems.append(
            _("%(part)s: %(num)d is more than %(whole)s, %(den)d.")
            % {
                "part": _label(check, "num"),
                "num": num,
                "whole": _label(check, "den") or _("the most there can be"),
                "den": den,
            }
        )
    if problems or num is None:
        raise ValidationError(problems)
    return Answer(num, den)


def wrong_so_far(check: Check, raw: Mapping[str, Any]) -> list[str]:
    """What is wrong with the parts that are filled in; those still empty are only missing."""
    filled = {part: text for part, text in raw.items() if _plain(text)}
    rest = {"num": "0", "den": str(LARGEST if check.den_fixed is None else check.den_fixed)}
    try:
        parse(check, {**rest, **filled})
    except ValidationError as error:
        return error.messages
    return []


def judge(check: Check, num: int | None, den: int | None, target: Target) -> bool | None:
    """Whether the value meets the target; None where there is none, or nothing to judge."""
    value = _value(check, num, den)
    if value is None or not target:
        return None
    wanted = Fraction(target.value)
    if target.op == ">=":
        return value >= wanted
    return value > wanted if target.op == ">" else value == wanted


def missing(check: Check, num: int | None, den: int | None, target: Target) -> int:
    """Units still needed to reach the target, rounded up; without a target, up to all.

    Where a ratio must be exact and is exceeded, by how many the two numbers differ.
    """
    if num is None or judge(check, num, den, target):
        return 0
    whole = 1 if check.kind == CheckKind.bool else den or 0
    if not target:
        return max(whole - num, 0) if check.kind != CheckKind.count else 0
    wanted = Fraction(target.value) * (den or 0 if check.kind == CheckKind.ratio else 1)
    needed = math.floor(wanted) + 1 if target.op == ">" else math.ceil(wanted)
    return abs(needed - num) if target.op == "=" else max(needed - num, 0)


def display(check: Check, num: int | None, den: int | None, *, outside: bool = False) -> str:
    """The value as a reader sees it: "7 / 12", "3", yes or no, or why there is none.

    `outside` the own school a count of the cadre pool or of the posts below five reads "<5".
    """
    if num is None or (check.kind == CheckKind.ratio and den is None):
        return _not_yet(check)
    if den == 0:
        return _("Not applicable")
    if check.kind == CheckKind.bool:
        return _("Yes") if num else _("No")
    hide = outside and small_counts.guarded(check.registers)
    if check.kind == CheckKind.count:
        return small_counts.shown(num, hide)
    return f"{small_counts.shown(num, hide)} / {small_counts.shown(den, hide)}"


def target_text(check: Check, target: Target) -> str:
    """The bare target: "95%", "4", or "yes"; empty without one."""
    if not target:
        return ""
    if check.kind == CheckKind.bool:
        return _("Yes")
    if check.kind == CheckKind.count:
        return target.value
    return f"{(Decimal(target.value) * 100).normalize():f}%"


def requirement(check: Check, target: Target) -> str:
    """What is asked, in a few words: "at least 80%", "all", "shown, no target"."""
    if not target:
        return _("Shown, no target")
    if check.kind == CheckKind.bool:
        return _("Must be there")
    if check.kind == CheckKind.ratio and Fraction(target.value) == 1:
        return _("All of them")
    if (target.op, target.value) == (">", "0"):
        return _("At least one")
    words = {"=": _("Exactly %s"), ">=": _("At least %s"), ">": _("More than %s")}
    return words[target.op] % target_text(check, target)


def how(
    check: Check, num: int | None, den: int | None, target: Target, *, outside: bool = False
) -> str:
    """How the value came about; before there is one, that there is none. `outside` as above."""
    if num is None:
        return _not_yet(check)
    return _filled(check, "how", num, den, target, outside=outside)


def gap(
    check: Check, num: int | None, den: int | None, target: Target, *, outside: bool = False
) -> str:
    """What to do when short of the target, or the hint of a check without one; "" when met."""
    if num is None or judge(check, num, den, target):
        return ""
    if den == 0 or (check.kind == CheckKind.ratio and not den):
        return ""
    return _filled(check, "gap", num, den, target, outside=outside)


def _not_yet(check: Check) -> str:
    if check.source == Source.computed:
        return _("Not worked out yet")
    return _("Not filled in yet")


def cited(check: Check, words: Mapping[str, Any]) -> list[dict[str, str]]:
    """Where the target comes from, a mapping with `text` and `certainty` for each source.

    `words` are those of the framework: its rules with citation and certainty.
    """
    source = check.target_source
    if source == "default":
        return [
            {"text": _("our default, which the supervising authority may change"), "certainty": ""}
        ]
    if source.startswith("essay "):
        clause = source.removeprefix("essay ")
        return [{"text": _("the reform essay itself, %s") % clause, "certainty": ""}]
    rules = words.get("rules", {})
    cited = {
        local(rules[name], "cite"): local(rules[name], "certainty")
        for name in source.removeprefix("rule:").split(",")
        if name in rules
    }
    return [{"text": text, "certainty": certainty} for text, certainty in cited.items()]


def _value(check: Check, num: int | None, den: int | None) -> Fraction | None:
    if num is None or den == 0:
        return None
    if check.kind != CheckKind.ratio:
        return Fraction(num)
    return Fraction(num, den) if den else None


def _label(check: Check, part: str) -> str:
    return local(check, part) or (local(check, "name") if part == "num" else "")


def _denominator(check: Check, raw: Any, problems: list[str]) -> int | None:
    if check.den_fixed is None:
        return _number(raw, _label(check, "den"), problems)
    if raw not in (None, "") and _plain(raw) != str(check.den_fixed):
        problems.append(_("This is always out of %d.") % check.den_fixed)
    return check.den_fixed


def _plain(raw: Any) -> str:
    """Text without outer spaces, full-width digits made plain; 12.0 of a workbook is 12."""
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    return "" if raw is None else str(raw).translate(_HALF_WIDTH).strip()


def _number(raw: Any, label: str, problems: list[str], *, choice: bool = False) -> int | None:
    text = _plain(raw)
    digits = text.removeprefix("-").lstrip("0") or "0"
    if choice and text not in ("0", "1"):
        sentence = _("%(label)s: choose yes or no.")
    elif not text:
        sentence = _("%(label)s: type a number, 0 if there are none.")
    elif not re.fullmatch(r"-?[0-9]+", text):
        sentence = _("%(label)s: type a whole number in digits only, such as 12.")
    elif text.startswith("-") and digits != "0":
        sentence = _("%(label)s: a number below 0 is not possible.")
    elif len(digits) > len(str(LARGEST)) or int(digits) > LARGEST:
        sentence = _("%(label)s: this number is too large; at most %(most)s.")
    else:
        return int(digits)
    problems.append(sentence % {"label": label, "most": f"{LARGEST:,}"})
    return None


def _filled(
    check: Check, field: str, num: int, den: int | None, target: Target, *, outside: bool
) -> str:
    hide = outside and small_counts.guarded(check.registers)
    values = {
        "num": small_counts.shown(num, hide),
        "den": small_counts.shown(den, hide),
        "missing": small_counts.shown(missing(check, num, den, target), hide),
        "target": target_text(check, target),
    }
    return _PLACEHOLDER.sub(lambda found: values[found[1]], local(check, field))
