"""The only place that says why a light of a list is what it is, and what can be done next."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform.models import Entry, Extension, Review
from reform.models.entry import running
from reform.models.reminder import ExtensionState
from reform.models.report import Verdict
from reform.states import OPEN, Keeper, Status
from reform.templatetags.look import workdays_left
from reform.views.sentences import short
from schools import clock
from schools.clock import local_date
from schools.scope import Seat
from schools.workdays import Calendar

_LENGTH = 60  # characters of a reason
_STOPS = ".\u3002 "


def explained(rows: "QuerySet[Entry]") -> "QuerySet[Entry]":
    """With what `why` reads beside the fields of a row; no query of its own."""
    returned = Review.objects.filter(report=OuterRef("report"), undone_at=None)
    last = returned.exclude(verdict=Verdict.accept).order_by("-at", "-pk")
    asked = Extension.objects.filter(entry=OuterRef("pk"), state=ExtensionState.waiting)
    return rows.annotate(
        returned_at=Subquery(last.values("at")[:1]),
        returned_for=Subquery(last.values("reason")[:1]),
        asked_for=Subquery(asked.values("wanted_on")[:1]),
        kept_by=F("keeper"),
        reviewed_by=F("authority"),
        runs=Case(When(running(clock.today()), then=True), default=False),
    )


EXPLAINED = ("returned_at", "returned_for", "asked_for", "kept_by", "reviewed_by", "runs")


def why(row: Mapping[str, Any], light: str, today: date, calendar: Calendar) -> str:
    """One sentence: the date, how far it is, and what is missing; nothing for what is settled."""
    status, due_on = row["status"], row["due_on"]
    if status == Status.submitted:
        sent_on = local_date(row["report__sent_at"])
        days = calendar.working_days_between(sent_on, today)
        return _("Sent %(day)s, %(days)s ago.") % {
            "day": short(sent_on, today),
            "days": _working_days(days),
        }
    if status not in OPEN or light in ("todo", "busy"):
        return ""
    said = _("Due %(day)s, %(left)s; %(missing)s.") % {
        "day": short(due_on, today),
        "left": workdays_left(calendar.working_days_between(today, due_on)),
        "missing": _missing(row, today),
    }
    if row["asked_for"]:
        asked = _("The school asks for %(day)s instead.") % {"day": short(row["asked_for"], today)}
        return _("%(first)s %(second)s") % {"first": said, "second": asked}
    return said


def _working_days(n: int) -> str:
    return ngettext("%(n)d working day", "%(n)d working days", n) % {"n": n}


def _missing(row: Mapping[str, Any], today: date) -> str:
    if row["status"] == Status.returned and row["returned_at"]:
        return _("returned on %(day)s: “%(reason)s”, not sent again yet") % {
            "day": short(local_date(row["returned_at"]), today),
            "reason": Truncator(row["returned_for"].rstrip(_STOPS)).chars(_LENGTH),
        }
    return {
        Status.not_started: _("not begun"),
        Status.in_progress: _("begun, not sent yet"),
        Status.returned: _("returned, not sent again yet"),
        Status.awaiting_signoff: _("waits for the secretary's signature"),
    }[row["status"]]


def step(
    row: Mapping[str, Any], light: str, seat: Seat, queue: Mapping[str, str]
) -> dict[str, str]:
    """What this reader can do about it, with its address; empty where that is nothing.

    `queue`: what the queue of review is narrowed to, where the rows are.
    """
    if may_review(row, seat):
        url = reverse("review_entry", args=[row["pk"]])
        return {"label": _("Review"), "url": _with(url, queue)}
    if row["runs"] and row["asked_for"] and seat.has("decide_extension") and _mine(row, seat):
        return {"label": _("Answer the request"), "url": reverse("extensions")}
    if kind := nudge_kind(row, light, seat):
        asked = {"kind": kind, "school": row["school__code"], "tick": str(row["pk"])}
        return {"label": _("Write to the school"), "url": _with(reverse("nudges"), asked)}
    return {}


def may_review(row: Mapping[str, Any], seat: Seat) -> bool:
    waits = row["runs"] and row["status"] == Status.submitted
    return waits and _mine(row, seat) and seat.has("review")


def nudge_kind(row: Mapping[str, Any], light: str, seat: Seat) -> str:
    """Under what this reader finds it among the stuck ones; empty where nobody is written to."""
    stuck = row["runs"] and row["kept_by"] == Keeper.school and _mine(row, seat)
    kinds = {"late": "late", "back": "returned", "due": "due"}
    return kinds.get(light, "") if stuck and seat.has("nudge") else ""


def _mine(row: Mapping[str, Any], seat: Seat) -> bool:
    return seat.is_authority(row["reviewed_by"])


def _with(url: str, asked: Mapping[str, str]) -> str:
    return f"{url}?{urlencode(asked)}" if asked else url
