"""The only place that fills a new row of a register before anybody types: today, last time's."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from reform.forms.hidden import number_of
from reform.views.register_way import Way
from schools import clock, recording
from schools.models import Meeting
from schools.models.organisation import MeetingKind, Record
from schools.register_forms import Desk, typed
from schools.registers import OF_A_BRANCH, PLANS, Register
from schools.roles import PartyForm

TODAY = ("held_on", "as_of")
KEPT_FOR_AGAIN = ("kind", "branch", "party_group", "group", "expected", "topics", "duty_tags")
OF_ALL_MEMBERS = frozenset({MeetingKind.general, MeetingKind.lecture, MeetingKind.theme_day})


@dataclass(frozen=True)
class Choice:
    """A kind of row, chosen before its form is shown."""

    label: str | Promise
    url: str
    current: bool


def kinds(register: Register, chosen: str, way: Way) -> list[Choice]:
    """The kinds of row that a person chooses from first; [] where all rows are alike."""
    if not register.only:
        return []
    address = reverse("register", args=[register.key])
    choices = register.column(register.sorting).choices
    return [
        Choice(
            label,
            way.carry(f"{address}?{urlencode({register.sorting: value})}"),
            value == chosen,
        )
        for value, label in choices
    ]


def started(request: HttpRequest, desk: Desk) -> dict[str, Any]:
    """What stands in an empty form; {} while the kind is still to be chosen."""
    register = desk.register
    if (pk := number_of(request.GET.get("again", ""))) is not None:
        found = recording.living(register, desk.school).filter(pk=pk).first()
        if isinstance(found, Meeting):
            return _again(register, found)
    kind = request.POST.get(register.sorting) or request.GET.get(register.sorting, "")
    known = {value for value, _label in register.column(register.sorting).choices} if (
        register.only) else set()  # fmt: skip
    if register.only and kind not in known:
        if register.key != "branches":
            return {}
        kind = PartyForm.branch
    blank = register.model(**({register.sorting: kind} if register.only else {}))
    values = typed(register, blank)
    values |= {name: clock.today().isoformat() for name in TODAY if name in values}
    if kind in PLANS:
        values["adopted_on"] = clock.today().isoformat()
    if register.key == "meetings":
        values |= _like_last_time(desk, kind)
    elif "branch" in values and len(desk.branches) == 1:
        values["branch"] = f"#{next(iter(desk.branches))}"
    return values


def _like_last_time(desk: Desk, kind: str) -> dict[str, Any]:
    """Branch and number expected as at the last meeting of this kind, else as many as belong."""
    last = recording.living(desk.register, desk.school).filter(kind=kind).first()
    if last is not None:
        found = typed(desk.register, last)
        return {name: found[name] for name in ("branch", "party_group", "group", "expected")}
    if kind not in OF_A_BRANCH or len(desk.branches) != 1:
        return {}
    branch = next(iter(desk.branches.values()))
    values: dict[str, Any] = {"branch": f"#{branch.pk}"}
    if kind in OF_ALL_MEMBERS and branch.full_members is not None:
        values["expected"] = branch.full_members + (branch.probationary or 0)
    return values


def _again(register: Register, last: Meeting) -> dict[str, Any]:
    """The same meeting on the same day of the next month, nobody counted yet."""
    was = typed(register, last)
    values = typed(register, Meeting(kind=last.kind))
    values |= {name: was[name] for name in KEPT_FOR_AGAIN}
    values["held_on"] = (again_on(last) or clock.today()).isoformat()
    return values


def again_on(row: Record | None) -> date | None:
    """A month after a meeting, while that is not still to come; None for anything else."""
    if not isinstance(row, Meeting):
        return None
    year, month = divmod(row.held_on.year * 12 + row.held_on.month, 12)
    after = date(year, month + 1, min(row.held_on.day, monthrange(year, month + 1)[1]))
    return after if after < clock.today() + timedelta(days=1) else None


def the_same_again(register: Register, row: Record | None) -> str:
    """The address of the form for that, or ""."""
    if row is None or again_on(row) is None:
        return ""
    query = urlencode({"kind": row.kind, "again": row.pk})  # type: ignore[attr-defined]
    return f"{reverse('register', args=[register.key])}?{query}#add"
