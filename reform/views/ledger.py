"""The only place that reads a school's entries into the rows its pages show."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from reform import answers, comments, submissions
from reform.models import Check, Computed, Draft, Entry, Evidence, Review
from reform.models.campaign import CampaignState
from reform.models.catalogue import CheckKind, Source, TargetMode
from reform.models.entry import running
from reform.models.report import Verdict
from reform.states import LIGHT_URGENCY, OPEN, Status, is_late, light
from reform.templatetags.look import light_word, term
from reform.views import register_way
from reform.views.sentences import awaiting, short
from schools.clock import local_date
from schools.language import local
from schools.models import School
from schools.workdays import Calendar

FIELDS = (
    "pk",
    "version",
    "status",
    "due_on",
    "counted",
    "report_id",
    "report__sent_at",
    "changed_at",
    "slot__period",
    "slot__opens_on",
    "slot__campaign__framework_id",
    "slot__campaign__name",
    "slot__campaign__state",
    "readmitted_until",
    "slot__item_id",
    "slot__item__code",
    "slot__item__title_zh",
    "slot__item__title_en",
    "slot__item__minutes",
    "slot__item__measure__code",
    "slot__item__measure__name_zh",
    "slot__item__measure__name_en",
    "slot__item__measure__pillar__code",
    "slot__item__measure__pillar__name_zh",
    "slot__item__measure__pillar__name_en",
    "slot__item__measure__pillar__theme_zh",
    "slot__item__measure__pillar__theme_en",
    "slot__targets",
    "computed__ready",
    "computed__registers_rev",
    "computed__on",
    "computed__due_on",
)
_NOTES = Draft.objects.filter(entry=OuterRef("pk")).exclude(note="")
_FILES = Evidence.objects.filter(entry=OuterRef("pk"), removed_at=None, destroyed_at=None)
MOST_FILED = 200  # of a closed school
AT_LEAST = 5  # lines of the list "first these": filled up with what comes next


@dataclass(frozen=True)
class Row:
    """One entry as a line of a list; `days` are working days to its date, negative when past.

    `to_sign`: it waits for the signature of whoever reads it; `handed_back`: the secretary gave it
    back to the filer, with `reason`; `register`: the key of the one that mends what falls short,
    or of the first to fill in, where none says anything yet.
    """

    pk: int
    version: int
    item: int
    code: str
    title: str
    period: str
    campaign: str
    framework: int
    light: str
    status: int
    due_on: date
    opens_on: date
    minutes: int
    measure: str
    measure_name: str
    pillar: str
    pillar_name: str
    theme: str
    later: bool
    closed: bool
    counted: bool
    report: int | None
    changed_on: date | None
    today: date
    targets: Mapping[str, Any]
    ready: bool
    begun: bool
    stale: bool
    to_sign: bool = False
    handed_back: bool = False
    unresolved: int = 0
    days: int | None = None
    typed: int = 0
    missing: tuple[str, ...] = ()
    reason: str = ""
    register: str = ""

    @property
    def label(self) -> str:
        """What is read aloud for its cell, and shown as its tip."""
        return _("%(code)s %(title)s%(term)s: %(word)s") % {
            "code": self.code,
            "title": self.title,
            "term": self.term,
            "word": self.told if self.later else self.word,
        }

    @property
    def word(self) -> str:
        if self.later:
            return _("Not owed yet")
        if self.handed_back and not self.overdue:
            return _("Handed back by the secretary")
        if self.awaits:
            return awaiting(self.due_on, self.today)
        return _("Yours to sign") if self.to_sign else light_word(self.light)

    @property
    def awaits(self) -> bool:
        """Whether only the secretary of the reader's school has still to act."""
        return self.light == "sign" and not self.to_sign

    @property
    def term(self) -> str:
        return term(self.period)

    @property
    def told(self) -> str:
        """The last column of the full list: when sent, accepted, or from when it is owed."""
        if self.later:
            return _("not owed before %(day)s") % {"day": short(self.opens_on, self.today)}
        day = short(self.changed_on, self.today) if self.changed_on else ""
        if self.status == Status.submitted:
            return _("sent %(day)s, with the reviewer") % {"day": day}
        if self.status == Status.accepted:
            return _("accepted %(day)s") % {"day": day}
        if self.status == Status.exempt:
            return _("found not applicable %(day)s") % {"day": day}
        if self.closed:
            return _("the campaign is closed")
        if self.to_sign and self.overdue:
            return _("overdue, it was due %(day)s") % {"day": short(self.due_on, self.today)}
        return _("by %(day)s") % {"day": short(self.due_on, self.today)}

    @property
    def state(self) -> str:
        """The name of its status."""
        return Status(self.status).name

    @property
    def overdue(self) -> bool:
        return is_late(self.status, self.due_on, self.today)

    @property
    def owed(self) -> bool:
        """Whether the school has to act: open, begun, in a running campaign."""
        return self.status in OPEN and not self.later and not self.closed

    @property
    def confirmable(self) -> bool:
        """Whether the registers answer it and nobody began to add anything: one click is left."""
        fresh = self.status in (Status.not_started, Status.in_progress)
        return self.owed and self.ready and fresh and not (self.begun or self.handed_back)


def read(
    school: School, *, today: date, year: str, may_sign: bool = False, own: bool = False
) -> list[Row]:
    """Every entry of a school in running campaigns, and in closed ones of the year; one query.

    Whoever `may_sign` reads of what waits for a signature that it is theirs, late or not, and the
    `own` school that it is the secretary's. Only the own school reads what was given back.
    """
    inside = {"handed": submissions.handed_back()} if own else {}
    found = (
        Entry.objects.filter(
            running(today)
            | Q(slot__campaign__state=CampaignState.closed, slot__campaign__school_year=year),
            school=school,
            slot__withdrawn_at=None,
            left_at=None,
        )
        .annotate(begun=Exists(_NOTES) | Exists(_FILES), unresolved=comments.unresolved(), **inside)
        .order_by(
            "slot__item__measure__pillar__position",
            "slot__item__measure__position",
            "slot__item__position",
            "slot__opens_on",
            "pk",
        )
        .values(*FIELDS, "begun", "unresolved", *inside)
    )
    return [_row(values, school, today, may_sign, own) for values in found]


def filed(school: School) -> list[dict[str, Any]]:
    """What a closed school sent, newest first: number, item, period and day; one query."""
    item = "slot__item__"
    sent = Entry.objects.filter(school=school, report__sent_at__isnull=False)
    sent = sent.exclude(slot__campaign__state=CampaignState.void).order_by("-report__sent_at", "pk")
    names = ("pk", item + "code", item + "title_zh", item + "title_en", "slot__period")
    return [
        {
            "pk": row["pk"],
            "code": row[item + "code"],
            "title": local({"title_zh": row[item + "title_zh"], "title_en": row[item + "title_en"]},
                           "title"),
            "period": row["slot__period"],
            "sent_at": row["report__sent_at"],
        }
        for row in sent.values(*names, "report__sent_at")[:MOST_FILED]
    ]  # fmt: skip


def _row(values: dict[str, Any], school: School, today: date, may_sign: bool, own: bool) -> Row:
    item, measure = "slot__item__", "slot__item__measure__"
    status, due_on = values["status"], values["due_on"]
    sent, changed = values["report__sent_at"], values["changed_at"]
    moment = sent if status == Status.submitted and sent else changed
    until = values["readmitted_until"]
    readmitted = until is not None and until >= today
    signing = status == Status.awaiting_signoff
    handed = values.get("handed")
    as_if = Status.returned if handed is not None else status
    return Row(
        pk=values["pk"],
        version=values["version"],
        item=values["slot__item_id"],
        code=values[item + "code"],
        title=local(values, item + "title"),
        period=values["slot__period"],
        campaign=values["slot__campaign__name"],
        framework=values["slot__campaign__framework_id"],
        light="sign" if signing and (may_sign or own) else light(as_if, due_on, today),
        status=status,
        due_on=due_on,
        opens_on=values["slot__opens_on"],
        minutes=values[item + "minutes"],
        measure=values[measure + "code"],
        measure_name=local(values, measure + "name"),
        pillar=values[measure + "pillar__code"],
        pillar_name=local(values, measure + "pillar__name"),
        theme=local(values, measure + "pillar__theme"),
        later=values["slot__opens_on"] > today and status in OPEN,
        closed=values["slot__campaign__state"] == CampaignState.closed and not readmitted,
        counted=values["counted"],
        report=values["report_id"],
        changed_on=local_date(moment) if moment else None,
        today=today,
        targets=values["slot__targets"],
        ready=bool(values["computed__ready"]),
        begun=values["begun"],
        to_sign=signing and may_sign,
        handed_back=handed is not None,
        reason=handed or "",
        unresolved=values["unresolved"],
        stale=_kept_for(values) != (school.registers_rev, today, due_on),
    )


def _kept_for(values: dict[str, Any]) -> tuple[Any, ...]:
    """The revision, day and date that the answers of the registers were made for."""
    return tuple(values[f"computed__{name}"] for name in ("registers_rev", "on", "due_on"))


def first_these(rows: Iterable[Row], *, may_sign: bool) -> list[Row]:
    """Late, returned, due soon, to be signed; then what is past its date and waits only for a
    signature; when these are few, what comes next, by date."""
    mine = [row for row in rows if row.owed]
    now = [row for row in mine if is_now(row, may_sign=may_sign)]
    now.sort(
        key=lambda row: (LIGHT_URGENCY.index("late" if row.overdue else row.light), row.due_on)
    )
    now += sorted((row for row in mine if row.awaits and row.overdue), key=lambda row: row.due_on)
    next_ones = [row for row in mine if row not in now and row.light != "sign"]
    next_ones.sort(key=lambda row: row.due_on)
    return now + next_ones[: max(0, AT_LEAST - len(now))]


def is_now(row: Row, *, may_sign: bool) -> bool:
    """Whether a row is counted as owed now; a signature is owed by the secretary alone."""
    return row.owed and (row.light in ("late", "back", "due") or (row.light == "sign" and may_sign))


def explained(
    rows: Sequence[Row],
    calendar: Calendar,
    today: date,
    *,
    outside: bool = False,
    fills: bool = False,
) -> list[Row]:
    """`rows` with working days, what is missing and the words of a return; three queries.

    `outside` the own school small counts are hidden; `fills`: whoever reads fills the registers.
    """
    checks: dict[int, list[Check]] = {}
    for check in Check.objects.filter(item__in={row.item for row in rows}):
        checks.setdefault(check.item_id, []).append(check)
    kept = dict(
        Computed.objects.filter(entry__in=[row.pk for row in rows]).values_list("pk", "values")
    )
    returned = [row.report for row in rows if row.status == Status.returned and row.report]
    reasons = dict(
        Review.objects.filter(report__in=returned, undone_at=None)
        .exclude(verdict=Verdict.accept)
        .order_by("at", "pk")
        .values_list("report_id", "reason")
    )
    return [
        replace(
            row,
            days=calendar.working_days_between(today, row.due_on),
            typed=_to_type(checks[row.item]),
            missing=tuple(_short(row, checks[row.item], kept.get(row.pk, {}), outside=outside)),
            reason=reasons.get(row.report, "") if row.status == Status.returned else row.reason,
            register=_register(row, checks[row.item], kept.get(row.pk, {})) if fills else "",
        )
        for row in rows
    ]


def _to_type(checks: Iterable[Check]) -> int:
    """How many numbers of an item are typed in."""
    typed = [check for check in checks if check.source == Source.typed]
    return len(typed) + sum(one.kind == CheckKind.ratio and one.den_fixed is None for one in typed)


def _short(
    row: Row, checks: Iterable[Check], kept: Mapping[str, Any], *, outside: bool
) -> Iterator[str]:
    """What to add to the registers so that the item is met."""
    for check in checks:
        value, target = kept.get(check.key), answers.target(check, row.targets)
        if value and value["judged"] and check.target_mode == TargetMode.required:
            num, den = value["num"], value["den"]
            if answers.judge(check, num, den, target) is False:
                yield answers.gap(check, num, den, target, outside=outside or "alone" in value)


def _register(row: Row, checks: Sequence[Check], kept: Mapping[str, Any]) -> str:
    """The register where nobody types a number: it mends the first check that falls short; where
    none says anything yet, the item begins with it."""
    fresh = row.status in (Status.not_started, Status.in_progress) and not row.handed_back
    if not fresh or row.ready or row.begun or not kept:
        return ""
    if any(check.key not in kept for check in checks):  # typed
        return ""
    said = []
    for check in checks:
        value, target = kept[check.key], answers.target(check, row.targets)
        judged = check.target_mode == TargetMode.required and value["judged"]
        met = answers.judge(check, value["num"], value["den"], target) if judged else None
        if met is False:
            return register_way.mends(check.key, check.registers)
        said.append(met)
    return "" if any(said) else next((key for check in checks for key in check.registers), "")


@dataclass(frozen=True)
class Group:
    """A pillar with its measures, or a measure with its rows."""

    code: str
    name: str
    theme: str
    rows: list[Row]
    groups: list["Group"]

    @property
    def done(self) -> int:
        return sum(row.status in (Status.accepted, Status.exempt) for row in self.rows)


def pillars(rows: Iterable[Row]) -> list[Group]:
    """Rows by pillar and measure, in the order of the catalogue."""
    found = []
    for code, of_pillar in groupby(rows, key=lambda row: row.pillar):
        inside = list(of_pillar)
        measures = [
            Group(measure, (lines := list(part))[0].measure_name, "", lines, [])
            for measure, part in groupby(inside, key=lambda row: row.measure)
        ]
        found.append(Group(code, inside[0].pillar_name, inside[0].theme, inside, measures))
    return found
