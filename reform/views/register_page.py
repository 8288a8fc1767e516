"""The only place that gathers what the pages of registers show; a query for all twelve."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Max, Q, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse

from reform import bookkeeping
from reform.forms.hidden import number_of
from reform.models import Entry, Event
from reform.models.catalogue import Source
from reform.models.entry import listed
from reform.views import register_words as words
from schools import clock, quorum, recording
from schools.language import local
from schools.models import Meeting, School
from schools.registers import PILLARS, REGISTERS, Register

PAGE = 50
MOST_STEPS, MOST_OVER = 10, 200
MOST_OUT = 20  # removed rows offered for bringing back


@dataclass
class Summary:
    """A register in the overview; `items` are (code and short name, entry) that it answers."""

    register: Register
    url: str
    rows: int = 0
    gaps: int = 0
    changed_at: datetime | None = None
    items: list[tuple[str, str]] = field(default_factory=list)


def names_allowed(school: School) -> bool:
    """Whether the county lets the registers of its schools name office-holders."""
    return school.authority.office_names


def summaries(school: School, *, outside: bool) -> list[Summary]:
    """The twelve registers of a school with their figures; two queries."""
    found = {
        key: Summary(register, address(school, register, outside=outside))
        for key, register in REGISTERS.items()
    }
    for key, rows, gaps, changed_at in _figures(school):
        one = found[key]
        one.rows, one.gaps, one.changed_at = rows, gaps, changed_at
    for key, items in answers(school).items():
        found[key].items = items
    return list(found.values())


def _figures(school: School) -> Iterable[Any]:
    today = clock.today()
    each = [
        recording.readable(register, school)
        .order_by()
        .annotate(of=Value(register.key))
        .values("of")
        .annotate(
            rows=Count("pk", filter=~recording.over(register, today)),
            gaps=Count("pk", filter=_own_gaps(register, school) & ~recording.over(register, today)),
            last=Max("changed_at"),
        )
        .values_list("of", "rows", "gaps", "last")
        for register in REGISTERS.values()
    ]
    return each[0].union(*each[1:], all=True)


def history(school: School) -> list[dict[str, Any]]:
    """The last acts in the registers of a school, newest first; one query."""
    events = Event.objects.filter(subject=school.subject, kind=bookkeeping.KIND)
    return words.steps(events.select_related("actor").order_by("-seq")[:MOST_STEPS])


def by_pillar(found: list[Summary]) -> list[tuple[str, list[Summary]]]:
    """The summaries under the names of the pillars, in the order of the framework."""
    return [
        (str(name), [one for one in found if one.register.pillar == pillar])
        for pillar, name in PILLARS.items()
    ]


def address(school: School, register: Register, *, outside: bool) -> str:
    """Where a reader finds this register of the school."""
    if outside:
        return reverse("school_register", args=[school.code, register.key])
    return reverse("register", args=[register.key])


def answers(school: School) -> dict[str, list[tuple[str, str]]]:
    """Register → the school's items that it answers, as (words, address); one query."""
    entries = (
        Entry.objects.filter(listed(clock.today()), school=school)
        .filter(slot__item__checks__source=Source.computed)
        .order_by("slot__position", "pk")
        .values_list(
            "pk",
            "slot__item__code",
            "slot__item__short_zh",
            "slot__item__short_en",
            "slot__item__checks__registers",
        )
    )
    found: dict[str, dict[str, str]] = {}
    for pk, code, zh, en, registers in entries:
        name = f"{code} {local({'short_zh': zh, 'short_en': en}, 'short')}"
        for key in registers:
            found.setdefault(key, {}).setdefault(name, reverse("entry", args=[pk]))
    return {key: list(items.items()) for key, items in found.items()}


@dataclass
class Line:
    """A row of a register for its page."""

    row: Any
    cells: list[words.Cell]
    lacks: str
    is_own: bool
    flag: str = ""  # a meeting that was short of people


def listing(
    request: HttpRequest, school: School, register: Register, *, outside: bool
) -> dict[str, Any]:
    """What the list of a register takes: lines in force, those over, the pager."""
    columns = [
        column
        for column in register.columns_for(names=names_allowed(school))
        if column.name in register.shown
    ]
    columns.sort(key=lambda column: register.shown.index(column.name))
    rows = recording.readable(register, school).select_related(
        *(column.name for column in register.columns if column.sort == "row")
    )
    rows = rows.prefetch_related(*(c.name for c in columns if c.sort == "schools"))
    today = clock.today()
    living = rows.exclude(recording.over(register, today)) if register.is_lasting else rows
    narrow = _narrowed(request, register, school)
    narrowed = _ordered(living.filter(narrow.rows), register)
    page = list(_after(narrowed, register, request.GET.get("after", ""))[: PAGE + 1])
    over = (
        list(rows.filter(recording.over(register, today))[:MOST_OVER])
        if register.is_lasting
        else []
    )

    def lines(found: list[Any]) -> list[Line]:
        return [
            Line(
                row,
                words.cells(row, columns, outside=outside),
                words.lacks(register, row) if row.school_id == school.pk else "",
                row.school_id == school.pk and not outside,
                quorum.remark(row) if isinstance(row, Meeting) else "",
            )
            for row in found
        ]

    figures = living.order_by().aggregate(
        rows=Count("pk"), gaps=Count("pk", filter=_own_gaps(register, school))
    )
    return {
        "sentence": words.sentence(register, figures["rows"], figures["gaps"]),
        "gaps": figures["gaps"],
        "heads": words.heads(columns),
        "lines": lines(page[:PAGE]),
        "over": lines(over),
        "next_url": narrow.address(after=page[PAGE - 1].pk) if len(page) > PAGE else "",
        "first_url": narrow.address() if request.GET.get("after") else "",
        "show_gaps": "show" in narrow.query,
        "of_kind": narrow.of_kind,
    }


@dataclass(frozen=True)
class Narrowed:
    """Which rows of a register its reader asked for; `of_kind`: the kind in words, or ""."""

    rows: Q
    query: dict[str, str]
    of_kind: str = ""

    def address(self, **more: Any) -> str:
        return f"?{urlencode({**self.query, **more})}"


def _own_gaps(register: Register, school: School) -> Q:
    """Rows that lack something and that this school can mend."""
    return register.with_gaps & Q(school=school)


def _narrowed(request: HttpRequest, register: Register, school: School) -> Narrowed:
    """Rows that lack something, rows of the kind that is being entered, or all."""
    if request.GET.get("show") == "gaps":
        return Narrowed(_own_gaps(register, school), {"show": "gaps"})
    kinds_differ = register.only and register.key != "branches"
    kind = request.GET.get(register.sorting, "") if kinds_differ else ""
    label = dict(register.column(register.sorting).choices).get(kind, "") if kind else ""
    if not label:
        return Narrowed(Q(), {})
    return Narrowed(Q(**{register.sorting: kind}), {register.sorting: kind}, str(label))


def _ordered(rows: "QuerySet[Any]", register: Register) -> "QuerySet[Any]":
    """What lasts as it was entered; what happened from the newest on, without a day at the end."""
    if register.is_lasting:
        return rows.order_by("pk")
    return rows.order_by(F(_day(register)).desc(nulls_last=True), "-pk")


def _day(register: Register) -> str:
    return str(register.model._meta.ordering[0]).removeprefix("-")


def _after(rows: "QuerySet[Any]", register: Register, after: str) -> "QuerySet[Any]":
    """The rows behind the one that the page before ended with, in the order of the register."""
    pk = number_of(after)
    if pk is None:
        return rows
    if register.is_lasting:
        return rows.filter(pk__gt=pk)
    name = _day(register)
    last = rows.order_by().filter(pk=pk).values_list(name, flat=True)[:1]
    for day in last:
        behind = Q(**{f"{name}__isnull": True}, **({} if day else {"pk__lt": pk}))
        if day:
            behind |= Q(**{f"{name}__lt": day}) | Q(**{name: day}, pk__lt=pk)
        return rows.filter(behind)
    return rows
