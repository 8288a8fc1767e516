"""The only place that says what an entry still lacks: fields that are wrong, rows of registers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform import checking
from reform.models import Entry
from reform.models.catalogue import Source
from reform.states import MOVES, Keeper
from reform.views import register_way
from reform.views.check_lines import CheckLine, Row, kept_line
from reform.views.register_way import Way
from reform.views.sentences import refused_sentence
from schools import scope
from schools.language import listed
from schools.registers import REGISTERS

MOST = 3  # rows, and registers, that are named under the sentence


@dataclass(frozen=True)
class Lacking:
    """What stands under the sentence of an entry: the first rows that are short of what is asked,
    how many more there are, the registers to fill in, and months that have not begun."""

    rows: list[Row] = field(default_factory=list)
    more: int = 0
    registers: list[Row] = field(default_factory=list)
    ahead: list[str] = field(default_factory=list)


def lacking(entry: Entry, lines: Sequence[CheckLine], *, ready: bool) -> Lacking:
    """What the registers must be given: for checks that fall short, else for those that found
    nothing, where nobody types a number. A bureau reads its schools' rows on a page of its own."""
    if ready or entry.keeper != Keeper.school:
        return Lacking()
    asked = [line for line in lines if not line.typed]
    short = [line for line in asked if line.met is False]
    if not short and (len(asked) < len(lines) or any(line.met for line in asked)):
        return Lacking()
    rows = list(dict.fromkeys(row for line in short for row in line.lacking if row.label))
    mending = [register_way.mends(line.key, line.registers) for line in short if line.registers]
    keys = dict.fromkeys([*mending, *(key for line in short or asked for key in line.registers)])
    registers = [
        Row(str(REGISTERS[key].name), register_way.to(reverse("register", args=[key]), entry.pk))
        for key in list(keys)[:MOST]
    ]
    ahead = sorted({month for line in short for month in line.ahead})
    return Lacking(rows[:MOST], max(len(rows) - MOST, 0), registers, ahead)


def tell_still(request: HttpRequest, way: Way) -> None:
    """After rows were written for an item of the own school: what it lacks by now, in a notice."""
    if way.entry is None:
        return
    told = ("slot__item__framework", "slot__campaign", "school__authority", "school__school_type")
    entries = scope.rows(Entry.objects.select_related(*told), request.seat)
    entry = entries.filter(pk=way.entry, status__in=MOVES["save"].sources).first()
    kept = checking.refresh_entry(entry) if entry else None
    if entry is None or kept is None:
        return
    checks = [one for one in entry.slot.item.checks.all() if one.source == Source.computed]
    lines = [kept_line(one, entry, kept.values.get(one.key)) for one in checks]
    lacks = lacking(entry, lines, ready=kept.ready)
    if not lacks.rows:
        return
    n = len(lacks.rows) + lacks.more
    words = ngettext(
        "%(code)s still lacks %(n)d row: %(what)s",
        "%(code)s still lacks %(n)d rows: %(what)s",
        n,
    )
    names = listed([row.label for row in lacks.rows])
    what = _("%(names)s and others") % {"names": names} if lacks.more else names
    messages.warning(request, words % {"code": entry.slot.item.code, "n": n, "what": what})


def refused(problems: Sequence[tuple[str, str, str]]) -> str:
    """What stands in the way, once for each field; "" where nothing does."""
    labels = list(dict.fromkeys(label for _id, label, _sentence in problems))
    return refused_sentence(labels) if labels else ""


def problems(
    errors: Mapping[str, Sequence[str]], lines: Sequence[CheckLine]
) -> list[tuple[str, str, str]]:
    """(id of the field, its label, sentence) for the note at the top of the page."""
    labels = {
        "note": _("Progress note"),
        "pledged": _("Tick to confirm"),
        "evidence": _("Evidence"),
        "reason": _("Reason"),
    }
    labels |= {f"check-{line.key}": line.name for line in lines}
    return [
        (f"{name}-num" if name.startswith("check-") else name, labels.get(name, name), sentence)
        for name, sentences in errors.items()
        for sentence in sentences
    ]
