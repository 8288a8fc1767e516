"""The only place that lays an entry before its reviewer: the report beside the one before it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from reform import answers
from reform.answers import Target
from reform.compare import Piece, compare
from reform.models import Check, CheckValue, Entry, Evidence, Report, Review
from reform.models.catalogue import CheckKind, Source
from reform.models.report import Verdict
from reform.policy import UNDO_FOR
from schools import clock, small_counts
from schools.language import listed, local
from schools.models.capability import PostLevel
from schools.scope import Seat

MOST_NAMED = 4  # items that a hint names
SAME_TEXT_FROM = 12  # characters: a shorter note may well be the same twice


@dataclass(frozen=True)
class CheckLine:
    """A check: what is asked, its value before and now, and what came of it.

    Of a computed one `how` it came about, the `rows` counted and `lacking`, and `moved`: what the
    registers answer by now, where that is not what was sent.
    """

    name: str
    asked: str
    before: str
    now: str
    light: str
    result: str
    changed: bool
    how: str = ""
    moved: str = ""
    rows: Sequence[str] = ()
    lacking: Sequence[str] = ()
    share: str = ""


@dataclass(frozen=True)
class Material:
    """A piece of evidence of the report; `others` are the items that carry the same file."""

    evidence: Evidence
    new: bool
    others: Sequence[str]

    @property
    def pages(self) -> range:
        return range(1, self.evidence.pages + 1)


@dataclass(frozen=True)
class Judged:
    """An entry as its reviewer reads it."""

    entry: Entry
    before: Report | None
    same_text: Sequence[str]
    checks: Sequence[CheckLine]
    computed: Sequence[str]
    materials: Sequence[Material]
    gone: Sequence[Evidence]
    returned: Review | None

    @property
    def report(self) -> Report:
        assert self.entry.report is not None
        return self.entry.report

    @cached_property
    def note(self) -> list[Piece]:
        """The note, with its changes where there was a report before."""
        return compared(self.before, self.report)

    @property
    def changes(self) -> int:
        """How many numbers differ from the submission before."""
        return sum(line.changed for line in self.checks)

    @property
    def hints(self) -> list[str]:
        """What is cheap to see and surely true; the reviewer decides what it means."""
        found = []
        if self.before and self.before.note == self.report.note and self.report.note:
            found.append(_("The text is the same as in the last submission."))
        if self.before and self.checks and not self.changes:
            found.append(_("No number has changed since the last submission."))
        if any(line.moved for line in self.checks):
            found.append(_("The registers have changed since this was sent."))
        if self.same_text:
            found.append(
                _("The same text was sent for %(items)s.") % {"items": _listed(self.same_text)}
            )
        if self.entry.sent_late:
            found.append(
                _("Sent after the date then in force, %(day)s.") % {"day": self.report.due_on}
            )
        counted = self.checks and all(line.how for line in self.checks)
        if not self.materials and not counted:
            found.append(_("No evidence is attached."))
        elif self.before and not any(material.new for material in self.materials):
            found.append(_("No evidence was added since the last submission."))
        return found


def compared(before: Report | None, report: Report) -> list[Piece]:
    """The note of a report, with its changes where there was a report before."""
    if before is None:
        return [Piece("same", report.note)] if report.note else []
    return compare(before.note, report.note)


def named(check: Check, labels: Iterable[str]) -> list[str]:
    """Rows behind a check in words: of posts the key of their level is kept."""
    levels = dict(PostLevel.choices) if "posts" in check.registers else {}
    return [str(levels.get(label, label)) for label in labels]


def _listed(parts: Sequence[str]) -> str:
    """The first few by name, the others as a number."""
    said = listed(parts[:MOST_NAMED])
    if len(parts) <= MOST_NAMED:
        return said
    more = {"said": said, "n": len(parts) - MOST_NAMED}
    return _("%(said)s and %(n)d more") % more


def judged(entry: Entry, reviews: Sequence[Review]) -> Judged:
    """`entry` with its report, what it was before, its checks and evidence; four queries."""
    assert entry.report is not None
    before, same_text = _reports(entry, entry.report)
    checks, computed = _checks(entry, entry.report, before)
    materials, gone = _evidence(entry, entry.report, before)
    returns = (
        r for r in reviews if r.report.entry_id == entry.pk and r.report_id != entry.report_id
    )
    return Judged(
        entry=entry,
        before=before,
        same_text=same_text,
        checks=checks,
        computed=computed,
        materials=materials,
        gone=gone,
        returned=next((r for r in returns if r.verdict != Verdict.accept), None),
    )


_OF_REVIEW = ("report__entry__slot__item", "report__entry__slot__campaign")


def reviews(entry: Entry | None, done: int | None) -> list[Review]:
    """The decisions on `entry` and on the one decided a moment ago, newest first; one query."""
    wanted = {pk for pk in (entry.pk if entry else None, done) if pk}
    return list(
        Review.objects.filter(report__entry__in=wanted)
        .select_related("reviewer", "report__entry__school", *_OF_REVIEW)
        .order_by("-at", "-pk")
    )


def just_done(found: Iterable[Review], done: int | None, seat: Seat) -> Review | None:
    """This reviewer's own last decision on `done`, when it still stands and is new."""
    last = next((r for r in found if r.report.entry_id == done), None)
    if last is None or last.reviewer_id != seat.user.pk or last.undone_at:
        return None
    entry = last.report.entry
    if last.verdict == Verdict.accept and not entry.is_listed(clock.today()):
        return None  # nothing in it can be taken back
    here = entry.authority == seat.place_code or entry.by_bureau
    if not here or clock.now() - last.at > UNDO_FOR:
        return None
    return last


def _reports(entry: Entry, report: Report) -> tuple[Report | None, list[str]]:
    """The report before, and the items for which this school sent the same text; one query."""
    same = Q(note=report.note) if len(report.note) >= SAME_TEXT_FROM else Q(pk__in=[])
    found = (
        Report.objects.filter(entry__school=entry.school_id, sent_at__isnull=False)
        .filter(Q(entry=entry, no__lt=report.no) | (same & ~Q(entry=entry)))
        .select_related("entry__slot__item")
        .order_by("-no", "entry__slot__position", "pk")
    )
    before = None
    others: dict[str, None] = {}
    for other in found:
        if other.entry_id == entry.pk:
            before = before or other
        else:
            slot = other.entry.slot
            same_period = slot.period == entry.slot.period
            others[slot.item.code if same_period else f"{slot.item.code} ({slot.period})"] = None
    return before, list(others)


def _checks(
    entry: Entry, report: Report, before: Report | None
) -> tuple[list[CheckLine], list[str]]:
    """Checks with their values, and the names of those without one; two queries."""
    values: dict[tuple[int, int], CheckValue] = {
        (value.report_id, value.check_def_id): value
        for value in CheckValue.objects.filter(
            report__in=[r.pk for r in (report, before) if r is not None]
        )
    }
    kept, outside = getattr(entry, "computed", None), entry.hides_small(own=False)
    lines, computed = [], []
    for check in Check.objects.filter(item=entry.slot.item_id):
        if now := values.get((report.pk, check.pk)):
            then = values.get((before.pk, check.pk)) if before else None
            answer = kept.values.get(check.key) if kept else None
            lines.append(check_line(check, now, then, answer, outside=outside))
        elif check.source == Source.computed:
            computed.append(local(check, "name"))
    return lines, computed


def check_line(
    check: Check,
    now: CheckValue,
    then: CheckValue | None,
    kept: Mapping[str, Any] | None,
    *,
    outside: bool,
) -> CheckLine:
    """As the reviewer reads it, who stands outside the school; the sums of a bureau are no
    school's counts."""
    hides = outside or "alone" in now.detail
    shown = said(check, now, outside=outside)
    before = said(check, then, outside=outside) if then else ""
    target = Target.of(now.target)
    computed = now.source == Source.computed
    light, result = {True: ("done", _("met")), False: ("due", _("short")), None: ("", "")}[now.met]
    guarded = small_counts.guarded(check.registers)
    reached = False
    if target and now.detail.get("judged") is False:
        reached = bool(answers.judge(check, now.num, now.den, target)) and not (hides and guarded)
        result = _("met so far") if reached else _("still adding up")
    exact, apart = not (hides and guarded), guarded and not outside
    share = ""
    if check.kind == CheckKind.ratio and now.num is not None and now.den and exact:
        share = f"{now.num * 1000 // now.den / 10:g}%"
    return CheckLine(
        name=local(check, "name"),
        asked=answers.requirement(check, target),
        before=before,
        now=shown,
        light=light,
        result=result if light or reached else share or result,
        changed=then is not None and (then.num, then.den) != (now.num, now.den),
        how=answers.how(check, now.num, now.den, target, outside=hides) if computed else "",
        moved=moved(check, now, kept, outside=outside),
        rows=[] if apart else named(check, now.detail.get("rows", ())),
        lacking=[] if apart else named(check, now.detail.get("lacking", ())),
        share=share if light else "",
    )


def moved(check: Check, sent: CheckValue, kept: Mapping[str, Any] | None, *, outside: bool) -> str:
    """What the registers answer now, where that is not what was sent; else ""."""
    if kept is None or sent.source != Source.computed:
        return ""
    if (kept["num"], kept["den"]) == (sent.num, sent.den):
        return ""
    return answers.display(check, kept["num"], kept["den"], outside=outside or "alone" in kept)


def said(check: Check, value: CheckValue, *, outside: bool) -> str:
    """A value of a report in words; the sum of a bureau to which one school alone adds is that
    school's count, and nobody who reads it there is of the school."""
    hides = outside or "alone" in value.detail
    return answers.display(check, value.num, value.den, outside=hides)


def _evidence(
    entry: Entry, report: Report, before: Report | None
) -> tuple[list[Material], list[Evidence]]:
    """The files of the report, and those of the one before that it no longer has; one query."""
    carried: Any = Report.evidence.through
    both = [r.pk for r in (report, before) if r is not None]
    sent = carried.objects.filter(report__sent_at__isnull=False)
    mine = sent.filter(evidence=OuterRef("pk"))
    hashes = carried.objects.filter(report__in=both).values("evidence__sha256")
    found = list(
        Evidence.objects.filter(school=entry.school_id, sha256__in=hashes)
        .annotate(now=Exists(mine.filter(report=report.pk)), used=Exists(mine))
        .annotate(then=Exists(mine.filter(report=before.pk if before else 0)))
        .select_related("entry__slot__item", "destroyed_by")
    )
    here = [e for e in found if e.now]
    known = {e.sha256 for e in found if e.then}
    elsewhere: dict[str, dict[str, None]] = {}
    for e in found:
        if e.entry_id != entry.pk and e.used:
            elsewhere.setdefault(e.sha256, {})[e.entry.slot.item.code] = None
    materials = [
        Material(
            evidence=e,
            new=before is not None and e.sha256 not in known,
            others=list(elsewhere.get(e.sha256, ())),
        )
        for e in here
    ]
    kept = {e.sha256 for e in here}
    return materials, [e for e in found if e.then and e.sha256 not in kept]
