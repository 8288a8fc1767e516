"""The only place that makes a check a line of a page: typed, answered by registers, or sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from reform import answers, checking, dossier
from reform.answers import Target
from reform.models import Check, CheckValue, Entry
from reform.models.catalogue import Source, TargetMode
from reform.periods import MONTHS
from reform.views import register_way
from schools import clock, small_counts
from schools.checkup import CHECKS as STRUCTURE_CHECKS
from schools.language import local
from schools.models.schools import SchoolKind


@dataclass(frozen=True)
class Row:
    """A row of a register behind a number, and where it stands; a row that was sent is a word."""

    label: str
    url: str = ""


@dataclass(frozen=True)
class CheckLine:
    """A check as a line of the page: what is asked, by whom, and what is typed or was sent.

    Of a computed one `how` says how it came about, `time` what time it counts, `until` the day to
    which it adds up where only a later slot judges it, and then `reached` whether it is met so
    far; `now` is what the registers say today where that differs from what was sent; `unread`: what
    is typed so far cannot be right; `rule` is the first it rests on that the structure check looks
    at. Nothing is lacking of months still `ahead`.
    """

    key: str
    name: str
    typed: bool
    requirement: str
    sources: list[dict[str, str]]
    rule: str
    num_label: str
    den_label: str
    den_fixed: int | None
    ratio: bool
    yes_no: bool
    registers: list[str]
    num: str = ""
    den: str = ""
    shown: str = ""
    gap: str = ""
    met: bool | None = None
    errors: list[str] = field(default_factory=list)
    how: str = ""
    time: str = ""
    until: date | None = None
    reached: bool = False
    now: str = ""
    rows: list[Row] = field(default_factory=list)
    lacking: list[Row] = field(default_factory=list)
    ahead: list[str] = field(default_factory=list)
    unread: bool = False


def typed_line(
    check: Check, entry: Entry, raw: Mapping[str, str], errors: Sequence[str] = ()
) -> CheckLine:
    """A check with what was typed so far (`raw`), judged where that can be done."""
    target = answers.target(check, entry.slot.targets)
    wrong = answers.wrong_so_far(check, raw)
    try:
        answer = answers.parse(check, raw)
        num, den = answer.num, answer.den
    except ValidationError:
        num = den = None
    return CheckLine(
        **_asked(check, entry, target),
        num=raw.get("num", ""),
        den=raw.get("den", ""),
        shown=answers.display(check, num, den),
        gap=answers.gap(check, num, den, target),
        met=answers.judge(check, num, den, target),
        errors=list(errors) or wrong,
        unread=bool(wrong),
    )


def kept_line(check: Check, entry: Entry, value: Mapping[str, Any] | None) -> CheckLine:
    """A check as the registers of the reader's own school answer it, with links to the rows."""
    target = answers.target(check, entry.slot.targets)
    if value is None:
        return CheckLine(**_asked(check, entry, target), shown=answers.display(check, None, None))
    num, den = value["num"], value["den"]
    so_far = answers.judge(check, num, den, target)
    judged = so_far if value["judged"] else None
    hides, ahead = "alone" in value, _ahead(check, value["lacking"])
    waits = 0 < len(value["lacking"]) == len(ahead) < checking.MOST_ROWS
    return CheckLine(
        **_asked(check, entry, target),
        shown=answers.display(check, num, den, outside=hides),
        gap="" if waits else answers.gap(check, num, den, target, outside=hides),
        met=None if waits or (check.target_mode == TargetMode.warn and not judged) else judged,
        how=answers.how(check, num, den, target, outside=hides),
        time=_time(check, value),
        until=date.fromisoformat(value["span"][1]) if waits else _until(target, value),
        reached=bool(so_far) and not (hides and small_counts.guarded(check.registers)),
        rows=_links(check, value["rows"], entry),
        lacking=_links(check, [one for one in value["lacking"] if one not in ahead], entry),
        ahead=sorted(set(ahead.values())),
    )


def sent_line(
    check: Check,
    entry: Entry,
    value: CheckValue | None,
    kept: Mapping[str, Any] | None = None,
    *,
    outside: bool = False,
) -> CheckLine:
    """A check as it was sent and judged; `kept`: what the registers answer now.

    `outside` the own school small counts are hidden.
    """
    if value is None:
        target = answers.target(check, entry.slot.targets)
        return CheckLine(**_asked(check, entry, target))
    target, num, den = Target.of(value.target), value.num, value.den
    computed = value.source == Source.computed
    apart = entry.by_bureau and small_counts.guarded(check.registers)
    sent = {part: () if apart else value.detail.get(part, ()) for part in ("rows", "lacking")}
    hides, so_far = outside or "alone" in value.detail, answers.judge(check, num, den, target)
    return CheckLine(
        **_asked(check, entry, target),
        shown=answers.display(check, num, den, outside=hides),
        met=value.met,
        how=answers.how(check, num, den, target, outside=hides) if computed else "",
        time=_time(check, value.detail) if computed else "",
        until=_until(target, value.detail) if computed else None,
        reached=bool(so_far) and not (hides and small_counts.guarded(check.registers)),
        now=dossier.moved(check, value, kept, outside=outside),
        rows=[Row(one) for one in dossier.named(check, sent["rows"])],
        lacking=[Row(one) for one in dossier.named(check, sent["lacking"])],
    )


def kept_values(entry: Entry) -> Mapping[str, Any]:
    """Check key → what is kept for the entry; {} where nothing was answered yet."""
    kept = getattr(entry, "computed", None)
    return kept.values if kept else {}


def _asked(check: Check, entry: Entry, target: Target) -> dict[str, Any]:
    return {
        "key": check.key,
        "name": local(check, "name"),
        "typed": check.source == Source.typed,
        "requirement": answers.requirement(check, target),
        "sources": answers.cited(check, entry.slot.item.framework.words),
        "rule": _rule(check, entry),
        "num_label": local(check, "num") or local(check, "name"),
        "den_label": local(check, "den"),
        "den_fixed": check.den_fixed,
        "ratio": check.kind == "ratio",
        "yes_no": check.kind == "bool",
        "registers": check.registers,
    }


def _rule(check: Check, entry: Entry) -> str:
    names = check.target_source.removeprefix("rule:").split(",")
    if entry.school.kind == SchoolKind.bureau:
        return ""
    return next((name for name in names if name in STRUCTURE_CHECKS), "")


def _time(check: Check, value: Mapping[str, Any]) -> str:
    """From when to when it counts, where that says something."""
    if "span" not in value:
        return ""
    first, last = map(date.fromisoformat, value["span"])
    if first == last:
        return ""
    words = {"first": first.isoformat(), "last": last.isoformat()}
    if not value["judged"]:
        return _("%(first)s to %(last)s, so far; judged in a later slot") % words
    if last > clock.today():
        return _("%(first)s to %(last)s, so far") % words
    return _("%(first)s to %(last)s") % words


def _until(target: Target, value: Mapping[str, Any]) -> date | None:
    """The last day of what is shown to date and judged in a later slot."""
    if not target or "span" not in value or value["judged"]:
        return None
    return date.fromisoformat(value["span"][1])


def _ahead(check: Check, refs: Iterable[str]) -> dict[str, str]:
    """Those that lack something in a month or quarter that has not begun, and which that is."""
    if check.per not in MONTHS:
        return {}
    this_month = f"{clock.today():%Y-%m}"
    months = {one: one.rpartition(" ")[2] for one in refs}
    return {one: month for one, month in months.items() if month[:7] > this_month}


def _links(check: Check, refs: Iterable[str], entry: Entry) -> list[Row]:
    """Rows in the reader's own registers; a bureau reads its schools' counts on a page apart."""
    apart = small_counts.REGISTERS if entry.by_bureau else ()
    told = [(key, pk, label) for key, pk, label in map(checking.told, refs) if key not in apart]
    labels = dossier.named(check, [label for _key, _pk, label in told])
    rows = [
        Row(label, register_way.to(f"{reverse('register', args=[key])}#r{pk}", entry.pk, pk))
        for (key, pk, _label), label in zip(told, labels, strict=True)
    ]
    if len(told) == checking.MOST_ROWS:  # there may be more
        whole = reverse("register", args=[told[-1][0]])
        rows.append(Row("", register_way.to(whole, entry.pk)))
    return rows
