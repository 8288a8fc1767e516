"""The only place that reads what waits for review: the queue, by key, in the order asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, Min, Q, QuerySet, Sum, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy

from reform import comments
from reform.models import Entry
from reform.models.campaign import CampaignState
from reform.models.entry import listed, running
from reform.states import Keeper, Status
from schools import clock, scope
from schools.language import local
from schools.names import by_name
from schools.scope import Seat

BEFORE, AFTER = 2, 9  # how many the queue shows before and after the one that is open
_CURRENT = ("slot__item__measure__pillar", "slot__campaign", "school__school_type")
_PEOPLE = ("report__author", "report__signed_by", "computed")
_REFERENCE = Q(counted=False) & ~Q(keeper=Keeper.district)
FIELDS = {  # of an address: the way to it from an entry
    "school": "school__code",
    "pillar": "slot__item__measure__pillar__code",
    "measure": "slot__item__measure__code",
    "item": "slot__item__code",
}
SENT = {"first": Q(report__no=1), "again": Q(report__no__gt=1)}
SENT_WORDS = {
    "first": gettext_lazy("Sent for the first time"),
    "again": gettext_lazy("Sent again"),
}
SOON = timedelta(days=7)
DUE_WORDS = {  # in this order
    "overdue": gettext_lazy("Date past"),
    "week": gettext_lazy("Due within 7 days"),
    "later": gettext_lazy("Due later"),
}
ORDERS = {"": ("report__sent_at", "pk"), "due": ("due_on", "report__sent_at", "pk")}


class Cursor(NamedTuple):
    """A place in the queue; `due_on` where the nearest date stands first, else None."""

    due_on: date | None
    sent_at: datetime
    pk: int


class Line(NamedTuple):
    """One entry of the queue; `no` is the number of its report, `unresolved` how many comments are
    open, `rank` its place from 1.

    The last five are the same in every line: how many stand before the place asked for, how many
    there are, how many of them are for reference, how many a bureau keeps itself (neither is
    counted anywhere), and when the oldest was sent.
    """

    pk: int
    school: str
    code: str
    no: int
    due_on: date
    sent_at: datetime
    unresolved: int
    rank: int
    ahead: int
    total: int
    reference: int
    kept: int
    oldest: datetime


class Facet(NamedTuple):
    """What the queue can be narrowed to: a "school", "pillar", "measure" or "item", what was
    "sent" for the "first" time or "again", or a period of "due" dates; `n` wait there."""

    kind: str
    code: str
    name: str
    position: int
    n: int


@dataclass(frozen=True)
class Narrow:
    """What the address asks for, as codes; empty: all, and what was sent first stands first."""

    school: str = ""
    pillar: str = ""
    measure: str = ""
    item: str = ""
    sent: str = ""
    due: str = ""
    order: str = ""

    @classmethod
    def of(cls, data: Mapping[str, str]) -> "Narrow":
        """As the address of a page says it, or hidden fields of a form."""
        return cls(**{field.name: data.get(field.name, "")[:20] for field in fields(cls)})

    @property
    def asked(self) -> dict[str, str]:
        return {field.name: code for field in fields(self) if (code := getattr(self, field.name))}

    def unknown(self, facets: "Sequence[Facet]") -> list[str]:
        """Names of what nothing waits under, and of an order that there is not."""
        known = {(facet.kind, facet.code) for facet in facets} | {
            ("order", code) for code in ORDERS
        }
        return [name for name, code in self.asked.items() if facets and (name, code) not in known]

    def chosen(self, facets: "Sequence[Facet]") -> "list[Facet]":
        return [facet for facet in facets if self.asked.get(facet.kind) == facet.code]

    def without(self, names: Iterable[str]) -> "Narrow":
        return replace(self, **dict.fromkeys(names, ""))

    def rows(self, queue: "QuerySet[Entry]") -> "QuerySet[Entry]":
        named = {FIELDS[name]: code for name, code in self.asked.items() if name in FIELDS}
        due = _due(clock.today()).get(self.due, Q())
        return queue.filter(SENT.get(self.sent, Q()), due, **named).order_by(*self.keys)

    @property
    def keys(self) -> tuple[str, ...]:
        return ORDERS.get(self.order, ORDERS[""])

    def place(self, entry: "Entry | Line", sent_at: datetime) -> Cursor:
        """Where an entry stands in this order."""
        return Cursor(entry.due_on if self.order == "due" else None, sent_at, entry.pk)


@dataclass(frozen=True)
class Queue:
    """The part of the queue around a place, and the figures of the whole."""

    lines: Sequence[Line]
    at: Cursor | None
    narrow: Narrow = Narrow()

    @property
    def total(self) -> int:
        return self.lines[0].total if self.lines else 0

    @property
    def reference(self) -> int:
        """Those for reference: reviewed like the others, and counted on no board."""
        return self.lines[0].reference if self.lines else 0

    @property
    def kept(self) -> int:
        """Those that a bureau keeps itself, counted on no board either."""
        return self.lines[0].kept if self.lines else 0

    @property
    def oldest(self) -> datetime:
        return self.lines[0].oldest

    @property
    def current(self) -> Line | None:
        """The one that is open; with no place asked for, the first."""
        if self.at is None:
            return self.lines[0] if self.lines else None
        return next((line for line in self.lines if self._of(line) == self.at), None)

    @property
    def previous(self) -> Line | None:
        place = self._place
        back = reversed(self.lines)
        return next((line for line in back if place and self._of(line) < place), None)

    @property
    def next(self) -> Line | None:
        place = self._place
        return next((line for line in self.lines if place and self._of(line) > place), None)

    @property
    def _place(self) -> Cursor | None:
        return self.at or (self._of(self.current) if self.current else None)

    def _of(self, line: Line) -> Cursor:
        return self.narrow.place(line, line.sent_at)

    @property
    def shown(self) -> Sequence[Line]:
        """Without the one beyond the last, which is there for its link only."""
        return [line for line in self.lines if line.rank <= line.ahead + 1 + AFTER]

    @property
    def earlier(self) -> int:
        return self.lines[0].rank - 1 if self.lines else 0

    @property
    def later(self) -> int:
        return self.total - self.shown[-1].rank if self.lines else 0

    @property
    def beyond(self) -> Line | None:
        """The first that is not shown."""
        return self.lines[len(self.shown)] if len(self.lines) > len(self.shown) else None


def waiting(seat: Seat) -> "QuerySet[Entry]":
    """What waits for exactly this authority, in running campaigns, oldest first.

    Of the bureaus next below also what they keep themselves: somebody there or here reviews it.
    """
    sent = scope.rows(Entry.objects.filter(listed(clock.today()), status=Status.submitted), seat)
    own = sent.filter(authority=seat.place_code)
    if seat.has_bureaus_below:
        kept = sent.filter(keeper=Keeper.district, school__in=scope.bureaus_below(seat))
        either = own.order_by().values("pk").union(kept.order_by().values("pk"), all=True)
        own = Entry.objects.filter(pk__in=either)
    return own.order_by(*ORDERS[""])


def ended(seat: Seat) -> int:
    """How many wait for this authority in campaigns that were closed over them."""
    stays = Q(slot__withdrawn_at=None, left_at=None, slot__campaign__state=CampaignState.closed)
    over = Entry.objects.filter(~running(clock.today()), stays, status=Status.submitted)
    return scope.rows(over, seat).filter(authority=seat.place_code).count()


def read(queue: "QuerySet[Entry]", narrow: Narrow, at: Cursor | None = None) -> Queue:
    """The queue around `at` (or its start), by key and not by page number; one query."""
    found = (
        narrow.rows(queue)
        .annotate(
            rank=Window(RowNumber(), order_by=list(narrow.keys)),
            ahead=Window(
                Sum(Case(When(_beside(at, "lt") if at else Q(pk__lt=0), then=1), default=0))
            ),
            total=Window(Count("pk")),
            reference=Window(Sum(Case(When(_REFERENCE, then=1), default=0))),
            kept=Window(Sum(Case(When(keeper=Keeper.district, then=1), default=0))),
            oldest=Window(Min("report__sent_at")),
            unresolved=comments.unresolved(),
        )
        .filter(rank__gt=F("ahead") - BEFORE, rank__lte=F("ahead") + AFTER + 2)
        .order_by("rank")
        .values_list(
            "pk",
            "school__name",
            "slot__item__code",
            "report__no",
            "due_on",
            "report__sent_at",
            "unresolved",
            "rank",
            "ahead",
            "total",
            "reference",
            "kept",
            "oldest",
        )
    )
    return Queue([Line._make(row) for row in found], at, narrow)


def _beside(at: Cursor, how: str) -> Q:
    """What stands before ("lt") or after ("gt") a place."""
    same = Q(report__sent_at=at.sent_at, **{f"pk__{how}": at.pk})
    sent = Q(**{f"report__sent_at__{how}": at.sent_at}) | same
    if at.due_on is None:
        return sent
    return Q(**{f"due_on__{how}": at.due_on}) | Q(due_on=at.due_on) & sent


def following(queue: "QuerySet[Entry]", narrow: Narrow, at: Cursor) -> int | None:
    """The entry after `at`, or the first of all when `at` was the last; None when nothing waits."""
    left = narrow.rows(queue).values_list("pk", flat=True)
    return left.filter(_beside(at, "gt")).first() or left.first()


def _due(today: date) -> dict[str, Q]:
    """Periods of due dates, by the codes of DUE_WORDS."""
    return {
        "overdue": Q(due_on__lt=today),
        "week": Q(due_on__gte=today, due_on__lte=today + SOON),
        "later": Q(due_on__gt=today + SOON),
    }


def facets(queue: "QuerySet[Entry]", asked: Narrow | None = None) -> list[Facet]:
    """Schools by name, what was sent again, periods of due dates, and parts of the catalogue in its
    order; one query. Each says how many wait there within the other choices that are `asked`."""
    periods = [When(when, then=Value(code)) for code, when in _due(clock.today()).items()]
    item, measure, pillar = "slot__item__", "slot__item__measure__", "slot__item__measure__pillar__"
    found = (
        queue.order_by()
        .annotate(again=Case(When(SENT["again"], then=1), default=0), period=Case(*periods))
        .values(
            "school__code",
            "school__name",
            "again",
            "period",
            *(item + name for name in ("position", "code", "short_zh", "short_en")),
            *(
                part + name
                for part in (measure, pillar)
                for name in ("position", "code", "name_zh", "name_en")
            ),
        )
        .annotate(n=Count("pk"))
    )
    kinds = []
    for row in sorted(found, key=lambda row: (by_name(row["school__name"]), row["school__code"])):
        n = row["n"]
        sent, due = "again" if row["again"] else "first", row["period"]
        kinds.append(
            (
                Facet("school", row["school__code"], row["school__name"], 0, n),
                Facet("sent", sent, str(SENT_WORDS[sent]), row["again"], n),
                Facet("due", due, str(DUE_WORDS[due]), list(DUE_WORDS).index(due), n),
                _facet("pillar", row, pillar, "name"),
                _facet("measure", row, measure, "name"),
                _facet("item", row, item, "short"),
            )
        )
    return sorted(_summed(kinds, asked or Narrow()), key=lambda facet: facet.position)


def _summed(kinds: Sequence[Sequence[Facet]], asked: Narrow) -> list[Facet]:
    """One of each facet, with what waits there and fits all that is asked of other kinds."""
    known = {(part.kind, part.code) for parts in kinds for part in parts}
    chosen = known & asked.asked.items()
    sums: dict[tuple[str, str], Facet] = {}
    for parts in kinds:
        here = {(part.kind, part.code) for part in parts}
        unfit = {kind for kind, _code in chosen - here}
        for part in parts:
            there = sums.get((part.kind, part.code), part._replace(n=0))
            more = part.n if unfit <= {part.kind} else 0
            sums[part.kind, part.code] = there._replace(n=there.n + more)
    return list(sums.values())


def _facet(kind: str, row: Mapping[str, Any], way: str, name: str) -> Facet:
    """A part of the catalogue, read from the columns that begin with `way`."""
    return Facet(kind, row[way + "code"], local(row, way + name), row[way + "position"], row["n"])


def current(seat: Seat, pk: int) -> Entry | None:
    """An entry that this seat reviews with all that the page names."""
    entries = scope.rows(Entry.objects.select_related(*_CURRENT, *_PEOPLE), seat)
    found = entries.filter(Q(authority=seat.place_code) | Q(keeper=Keeper.district), pk=pk).first()
    mine = found is not None and (
        seat.is_authority(found.authority) or scope.is_next_above(seat, found.authority)
    )
    return found if mine else None
