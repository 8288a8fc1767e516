"""The only place that shows what others file for a school, and whom the reader files for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reform import hosting
from reform.models import Entry
from reform.models.catalogue import Level, ProfileValue, Source
from reform.states import LIGHT_WORDS, SETTLED, Status, light
from reform.submissions import values_of
from reform.views import register_page
from reform.views.check_lines import CheckLine, sent_line
from schools import clock
from schools.access import access
from schools.language import local
from schools.models import School
from schools.models.schools import SchoolKind
from schools.registers import REGISTERS
from schools.roles import Profile

COUNTS = ("cadre_pool", "posts")  # the registers from which a school supplies counts


@dataclass(frozen=True)
class Filed:
    """An entry that stands at the host: its light, what became of it and when, its page."""

    light: str
    period: str
    told: str
    url: str


@dataclass(frozen=True)
class Item:
    """An item that others see to, with the entries that stand there."""

    code: str
    title: str
    filed: list[Filed] = field(default_factory=list)


def of_home(school: School, frameworks: Sequence[int], *, own: bool) -> dict[str, Any]:
    """What a school's home says of others: two queries at most.

    `by_host` with `host` and `place` (who that is), `by_bureau` with the registers it needs,
    `guests`: the schools that this one files for.
    """
    if school.kind == SchoolKind.bureau:
        return {}
    left = hosting.left_to_others(school, frameworks)
    of_host = [one for one in left if one.to == ProfileValue.host]
    of_bureau = [one for one in left if one.to == ProfileValue.district]
    first = of_host[0] if of_host else None
    filed = _filed(school, own=own) if first and first.host else {}
    return {
        "by_host": [_item(one.item, filed.get(one.item["code"], [])) for one in of_host],
        "host": first.host if first else "",
        "place": first.place if first else "",
        "by_bureau": [_item(one.item) for one in of_bureau],
        "counts": _counts(school, own) if any(_has_counts(one) for one in of_bureau) else [],
        "guests": [] if school.profile == Profile.joint else list(hosting.guests(school)),
    }


def _has_counts(left: hosting.Left) -> bool:
    return left.item["level"] != Level.district


def _counts(school: School, own: bool) -> list[tuple[str, Any]]:
    """Address and name of the registers that hold the counts."""
    return [
        (register_page.address(school, REGISTERS[key], outside=not own), REGISTERS[key].name)
        for key in COUNTS
    ]


def _item(told: dict[str, Any], filed: Sequence[Filed] = ()) -> Item:
    return Item(told["code"], local(told, "title"), list(filed))


def _filed(school: School, *, own: bool) -> dict[str, list[Filed]]:
    """Item → the host's entries; officials are led to the entry itself."""
    rows = hosting.readable(school).select_related("slot__item", "report")
    found: dict[str, list[Filed]] = defaultdict(list)
    page = "hosted" if own else "entry"
    for entry in rows.order_by("slot__opens_on", "pk"):
        found[entry.slot.item.code].append(
            Filed(
                light(entry.status, entry.due_on, clock.today()),
                entry.slot.period,
                told(entry),
                reverse(page, args=[entry.pk]),
            )
        )
    return found


def told(entry: Entry) -> str:
    """What became of an entry and when, without a name."""
    report = entry.report
    if entry.status in SETTLED and entry.changed_at:
        words = {
            Status.accepted: _("accepted %(day)s"),
            Status.exempt: _("found not applicable %(day)s"),
        }[Status(entry.status)]
        return words % {"day": clock.local_date(entry.changed_at)}
    if entry.status == Status.submitted and report and report.sent_at:
        words = _("sent %(day)s, with the reviewer")
        return words % {"day": clock.local_date(report.sent_at)}
    if entry.slot.opens_on > clock.today():
        return _("not owed before %(day)s") % {"day": entry.slot.opens_on}
    return _("by %(day)s") % {"day": entry.due_on}


@access("see_school")
@require_safe
def hosted(request: HttpRequest, pk: int) -> HttpResponse:
    """An entry of the host, as the joint school reads it: what was sent, its state, its date."""
    school = request.seat.school
    rows = hosting.readable(school).select_related(
        "slot__campaign",
        "slot__item__measure__pillar",
        "slot__item__framework",
        "report",
        "school",
    )
    entry = get_object_or_404(rows, pk=pk)
    report = hosting.report_of(entry)
    name = light(entry.status, entry.due_on, clock.today())
    context = {
        "entry": entry,
        "item": entry.slot.item,
        "report": report,
        "light": name,
        "told": told(entry),
        "sentence": _("%(host)s files this for you: %(state)s.")
        % {"host": entry.school, "state": str(LIGHT_WORDS[name])},
        "lines": _lines(entry) if report else [],
    }
    return render(request, "school/hosted.html", context)


def _lines(entry: Entry) -> list[CheckLine]:
    """The numbers that were sent; the rows behind them stay with the host."""
    assert entry.report is not None
    held = values_of([entry.report])[entry.report.pk]
    lines = [
        sent_line(check, entry, held[check.key], outside=True)
        for check in entry.slot.item.checks.all()
        if check.key in held and check.source in (Source.typed, Source.computed)
    ]
    return [replace(line, rows=[], lacking=[]) for line in lines]
