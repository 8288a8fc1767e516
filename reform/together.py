"""The only place that picks what a reviewer can accept together, because all of it fits a line.

That is a report that the registers answered and that meets every target, with no word and no file
beside it. What was typed, attached, falls short, still adds up or was sent again is read one by
one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from reform import dossier
from reform.models import CheckValue, Entry, IdempotencyKey, Report, Review
from reform.models.catalogue import Source
from reform.models.entry import listed
from reform.models.report import Verdict
from reform.policy import UNDO_FOR
from reform.states import Claim, Status
from schools import clock, scope
from schools.scope import Seat

PAGE = 20
LOOKED = 200  # entries that are looked through for a page


@dataclass(frozen=True)
class Plain:
    """A report that its figures tell all of; `lines`: its checks with what was sent."""

    entry: Entry
    lines: Sequence[tuple[CheckValue, str]]


@dataclass(frozen=True)
class Batch:
    """What one press accepted, newest first; without a name: what was read one by one."""

    name: str
    at: datetime
    entries: Sequence[Entry]


def key(batch: str, entry: int) -> str:
    """What an acceptance within a batch is remembered by, and the batch known again."""
    return f"{batch[:16]}t{entry}"


def accepted(seat: Seat) -> list[Batch]:
    """What this person accepted and can still take back, press by press; two queries. Nothing in a
    campaign that has ended."""
    since = clock.now() - UNDO_FOR
    mine = scope.rows(Review.objects.all(), seat).filter(
        listed(clock.today(), "report__entry__"),
        reviewer=seat.user,
        verdict=Verdict.accept,
        report__entry__status=Status.accepted,
        undone_at=None,
        at__gt=since,
    )
    told = ("report__entry__school", "report__entry__slot__item")
    reviews = list(mine.select_related(*told).order_by("-at", "-pk"))
    names = _names(seat, since) if reviews else {}
    found: dict[str, Batch] = {}
    for one in reviews:
        entry = one.report.entry
        name = names.get((entry.pk, entry.version), "")
        batch = found.setdefault(name, Batch(name, one.at, []))
        found[name] = replace(batch, entries=[*batch.entries, entry])
    return list(found.values())


def _names(seat: Seat, since: datetime) -> dict[tuple[int, int], str]:
    """Entry and the version that its acceptance gave it → name of the batch."""
    kept = IdempotencyKey.objects.filter(user=seat.user, at__gt=since, key__contains="t")
    names = {}
    for text, answer in kept.values_list("key", "answer"):
        pk, version = answer.get("entry"), answer.get("version")
        batch = text.removesuffix(f"t{pk}")
        if batch and batch != text:
            names[pk, version] = batch
    return names


def plain(waiting: "QuerySet[Entry]", seat: Seat) -> "QuerySet[Entry]":
    """Of what waits, the reports that can be told in a line; not what this person wrote."""
    values = CheckValue.objects.filter(report=OuterRef("report"))
    files = Report.evidence.through.objects.filter(report=OuterRef("report"))
    return waiting.filter(
        Exists(values.filter(met=True)),
        ~Exists(values.filter(met=False)),
        ~Exists(values.exclude(source=Source.computed)),
        ~Exists(values.filter(detail__judged=False).exclude(target="")),  # still adding up
        ~Exists(files),
        report__note="",
        report__claim=Claim.done,
        report__no=1,
    ).exclude(report__author=seat.user).exclude(report__signed_by=seat.user)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """The first of what can be told in a line; `total`: how many there are, or, where not all
    were looked through (`whole`), how many there are at least."""

    rows: Sequence[Plain]
    total: int
    whole: bool

    @property
    def more(self) -> bool:
        return self.total > len(self.rows)


def read(found: "QuerySet[Entry]") -> Page:
    """The first page of them; two queries. Where the registers moved since, the figures are not
    what stands there now: these are left out, and hide nothing behind."""
    told = ("school", "slot__item", "slot__campaign", "report__author", "computed")
    entries = list(found.select_related(*told)[:LOOKED])
    values: dict[int, list[CheckValue]] = {}
    sent = CheckValue.objects.filter(report__in=[entry.report_id for entry in entries])
    for value in sent.select_related("check_def").order_by("check_def__position"):
        values.setdefault(value.report_id, []).append(value)
    looked = (_plain(entry, values[entry.report_id]) for entry in entries if entry.report_id)
    rows = [row for row in looked if row]
    return Page(rows[:PAGE], len(rows), whole=len(entries) < LOOKED)


def _plain(entry: Entry, values: Sequence[CheckValue]) -> Plain | None:
    kept, outside = getattr(entry, "computed", None), entry.hides_small(own=False)
    lines = []
    for value in values:
        check = value.check_def
        if kept and dossier.moved(check, value, kept.values.get(check.key), outside=outside):
            return None
        lines.append((value, dossier.said(check, value, outside=outside)))
    return Plain(entry, lines)
