"""The only place for one item after another: what a school owes, a page each, by keyboard."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from reform.forms.hidden import number_of
from reform.models import Entry
from reform.states import Status
from reform.views import entry_page, ledger
from reform.views.ledger import Row
from reform.views.sentences import Left, fast_sentence
from schools import clock
from schools.access import access
from schools.scope import Seat
from schools.workdays import school_year_of

DONE = (Status.submitted, Status.awaiting_signoff, Status.in_progress, Status.returned)
SHOWN = 8  # of the list beside the form


@dataclass(frozen=True)
class Run:
    """What is left to do, in order: `now` what is due, `ahead` what may wait.

    `at` is the item that is open; `done` the one that was sent or saved a moment ago.
    """

    now: Sequence[Row]
    ahead: Sequence[Row]
    at: Row | None
    done: Row | None

    @property
    def rows(self) -> Sequence[Row]:
        """The part that the open item lies in."""
        return self.ahead if self.at in self.ahead else self.now

    @property
    def place(self) -> int:
        return self.rows.index(self.at) + 1 if self.at else 0

    @property
    def next(self) -> Row | None:
        """The one after it; behind the last one the first again."""
        others = [*self.rows[self.place :], *self.rows[: max(0, self.place - 1)]]
        return others[0] if others else None

    @property
    def previous(self) -> Row | None:
        return self.rows[self.place - 2] if self.place > 1 else None

    @property
    def shown(self) -> Sequence[Row]:
        """The part of the list around the open item."""
        start = max(0, min(self.place - 2, len(self.rows) - SHOWN))
        return self.rows[start : start + SHOWN]

    @property
    def more(self) -> int:
        return len(self.rows) - len(self.shown)


@access("save")
@require_safe
def fast(request: HttpRequest) -> HttpResponse:
    """The first of what is due; when nothing is, what was done and what may be done ahead."""
    run = _run(request, None)
    if run.at:
        return _page(request, entry_page.find(request, run.at.pk), run)
    return render(request, "fast/done.html", {"run": run, "sentence": _sentence(run)})


@access("save")
@require_safe
def fast_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One item that is left; one with nothing left to do is shown on its own page."""
    found = entry_page.find(request, pk)
    run = _run(request, pk)
    return _page(request, found, run) if run.at else redirect("entry", pk)


def due(rows: Iterable[Row], seat: Seat) -> int:
    """How many of a school's rows would be gone through here now."""
    return sum(_left(row, seat) and _is_now(row) for row in rows)


def ahead(rows: Iterable[Row], seat: Seat) -> list[Row]:
    """What would be gone through when nothing is due, the first date first."""
    left = [row for row in rows if _left(row, seat) and not _is_now(row)]
    return sorted(left, key=lambda row: row.due_on)


def asked(request: HttpRequest) -> bool:
    """Whether a form was sent from one of these pages; its field `fast` names the next item."""
    return "fast" in request.POST


def again(request: HttpRequest, found: Entry, context: dict[str, Any]) -> HttpResponse:
    """The same item after a refusal, with the context that its own page would have."""
    return _page(request, found, _run(request, found.pk), context, status=422)


def _page(
    request: HttpRequest,
    found: Entry,
    run: Run,
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = context or entry_page.page(found, request)
    context |= {
        "run": run,
        "fast": str(run.next.pk if run.next else 0),
        "told": context["sentence"],
        "sentence": _sentence(run),
        "shortcuts": request.user.shortcuts,  # type: ignore[union-attr]
    }
    return render(request, "fast/item.html", context, status=status)


def onward(request: HttpRequest, done: Entry, *, told: bool = False) -> HttpResponse:
    """To the next item, with word of the one that was done unless that was `told` already."""
    run = _run(request, None)
    wanted = number_of(request.POST.get("fast", ""))
    left = [row.pk for row in (*run.now, *run.ahead) if row.pk != done.pk]
    ahead_only = [row.pk for row in run.ahead]
    to = wanted if wanted in left else next((pk for pk in left if pk not in ahead_only), None)
    url = reverse("fast_entry", args=[to]) if to else reverse("fast")
    return redirect(url if told else f"{url}?done={done.pk}")


def here(found: Entry) -> HttpResponse:
    """Back to the same item."""
    return redirect("fast_entry", found.pk)


def _run(request: HttpRequest, pk: int | None) -> Run:
    """What is left for this seat, and where the open one stands in it; one query."""
    seat, today = request.seat, clock.today()
    year, may_sign = school_year_of(today), seat.has("sign_off")
    rows = ledger.read(seat.school, today=today, year=year, may_sign=may_sign, own=True)
    left = [row for row in rows if _left(row, seat)]
    now = sorted((row for row in left if _is_now(row)), key=_urgency)
    at = next((row for row in left if row.pk == pk), None) if pk else next(iter(now), None)
    done = number_of(request.GET.get("done", ""))
    told = (row for row in rows if row.pk == done and row.status in DONE and row != at)
    return Run(now, ahead(rows, seat), at, next(told, None))


def _left(row: Row, seat: Seat) -> bool:
    """Whether this seat can do anything about it: write it, or sign it."""
    return row.owed and (row.status != Status.awaiting_signoff or seat.has("sign_off"))


def _is_now(row: Row) -> bool:
    return row.light in ("late", "back", "due", "sign")


def _urgency(row: Row) -> tuple[Any, ...]:
    """Returned first, then late, due soon, to be signed; each by date."""
    order = ("late", "due", "sign", "back")
    light = "late" if row.overdue else row.light
    back = row.status == Status.returned or row.handed_back
    return not back, order.index(light), row.due_on


def _sentence(run: Run) -> str:
    part = run.rows if run.at else run.now
    return fast_sentence(
        Left(
            n=len(part),
            minutes=sum(row.minutes for row in part),
            to_sign=sum(row.status == Status.awaiting_signoff for row in part),
            due=part is run.now,
            ahead=len(run.ahead),
        )
    )
