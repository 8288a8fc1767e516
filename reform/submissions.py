"""The only place that lays the submissions of an entry side by side, and the one to come."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import (
    Case,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform import checking, dossier, filings
from reform.compare import Piece
from reform.dossier import CheckLine, Material
from reform.filings import Filing
from reform.models import Check, CheckValue, Entry, Event, Evidence, Report, Review
from reform.models.campaign import CampaignState
from reform.models.catalogue import Source
from reform.states import MOVES, Claim, Status
from schools import clock
from schools.language import listed
from schools.models import Succession, User

COMPARED = 6  # of the newest submissions an entry's page shows what they changed
AROUND = 12  # characters left of what stayed, beside a change

VALUE = ("pk", "report_id", "num", "den", "source", "target", "met", "detail")
Values = Mapping[int, Mapping[str, CheckValue]]


def handed_back() -> Case:
    """The words with which the secretary gave an entry back to its filer, while nobody has done
    anything about it; None for any other. For a list of entries that their own school reads."""
    moves = [kind for kind in MOVES if kind != "save"]
    last = Event.objects.filter(entry=OuterRef("pk"), kind__in=moves).order_by("-pk")
    words = Case(
        When(kind="hand_back", then=Coalesce(F("words__text"), Value(""), output_field=TextField()))
    )
    said = Subquery(last.annotate(said=words).values("said")[:1])
    return Case(When(status=Status.in_progress, report__isnull=False, then=said))


def is_same_again(before: Entry, report_id: int | None) -> bool:
    """Whether a report says nothing else than the one `before` was returned with."""
    if before.status != Status.returned or before.report is None or report_id is None:
        return False
    return Report.objects.filter(pk=report_id, digest=before.report.digest).exists()


@dataclass(frozen=True)
class Filed:
    """What was filed for an entry, as far as a reader may see it, the oldest first.

    `checks` are those of its item; `last` is what was filed in the period before; `values`: report
    → check key → value; `files`: each once, with the numbers of the reports that carry it.
    """

    checks: Sequence[Check]
    reports: Sequence[Report]
    last: Report | None = None
    values: Values = field(default_factory=dict)
    files: Sequence[tuple[Evidence, frozenset[int]]] = ()

    @property
    def attached(self) -> list[Evidence]:
        """What the next report will carry."""
        return [file for file, _nos in self.files if not (file.removed_at or file.destroyed_at)]

    def carried(self, report: Report) -> list[Evidence]:
        return [file for file, nos in self.files if report.no in nos]


@dataclass(frozen=True)
class Submission:
    """A report as its reviewer reads it, beside the one before it."""

    report: Report
    before: Report | None
    checks: Sequence[CheckLine]
    materials: Sequence[Material]
    gone: Sequence[Evidence]
    computed: Sequence[str] = ()
    reviews: Sequence[Review] = ()

    @cached_property
    def note(self) -> list[Piece]:
        return dossier.compared(self.before, self.report)

    @property
    def at_once(self) -> bool:
        """Written and sent in the same minute, by one person."""
        report = self.report
        if not report.sent_at or report.signed_by_id:
            return False
        return clock.told(report.written_at) == clock.told(report.sent_at)

    @property
    def numbers(self) -> list[CheckLine]:
        """Values that differ from those before."""
        return [line for line in self.checks if line.changed]

    @property
    def come(self) -> list[Evidence]:
        return [one.evidence for one in self.materials if one.new]

    @property
    def claimed(self) -> str:
        """A sentence where the school changed its mind about whether the item applies."""
        if self.before is None or self.before.claim == self.report.claim:
            return ""
        if self.report.claim == Claim.not_applicable:
            return _("Now the school says that this does not apply to it.")
        return _("The school no longer says that this does not apply to it.")

    @cached_property
    def passages(self) -> list[Piece]:
        """The note with its changes, long passages that stayed cut short; [] where all stayed."""
        if not any(piece.kind != "same" for piece in self.note):
            return []
        most = len(self.note) - 1
        return [_cut(piece, first=at == 0, last=at == most) for at, piece in enumerate(self.note)]

    @property
    def changed(self) -> str:
        """What differs from the submission before, in a few words."""
        parts = [_("the claim")] if self.claimed else []
        if n := len(self.numbers):
            parts.append(ngettext("%(n)d number", "%(n)d numbers", n) % {"n": n})
        parts += [_("the note")] if self.passages else []
        if n := len(self.come):
            parts.append(ngettext("%(n)d file added", "%(n)d files added", n) % {"n": n})
        if n := len(self.gone):
            parts.append(ngettext("%(n)d file removed", "%(n)d files removed", n) % {"n": n})
        return listed(parts) if parts else _("nothing")


def _cut(piece: Piece, *, first: bool, last: bool) -> Piece:
    left = AROUND * (2 - first - last)
    if piece.kind != "same" or len(piece.text) <= left + 4:
        return piece
    head = "" if first else piece.text[:AROUND]
    tail = "" if last else piece.text[-AROUND:]
    return piece._replace(text=f"{head}\u2026{tail}")


# ---- reading


def read(entry: Entry, *, own: bool, last: bool = False, most: int | None = None) -> Filed:
    """What was asked and filed; three queries. Officials read what was sent to them.

    `last`: that of the period before as well, for whoever writes; `most` of the newest.
    """
    wanted = Q(entry=entry)
    if not own:
        wanted &= Q(sent_at__isnull=False)
    if most is not None and entry.report:
        wanted &= Q(no__gt=entry.report.no - most)
    if last:
        wanted |= Q(pk__in=_filed_before(entry).values("pk")[:1])
    found = list(_placed(Report.objects.filter(wanted), entry).order_by("no", "pk"))
    mine = [report for report in found if report.entry_id == entry.pk]
    before = next((report for report in found if report.entry_id != entry.pk), None)
    checks, values = _answers(entry.slot.item_id, found)
    return Filed(checks, mine, before, values, _files(entry) if own or mine else ())


def last_report(entry: Entry) -> Report | None:
    """What this school last sent for the same item in an earlier period.

    Where it has sent nothing, what was sent until then by a school that went into it, or that it
    was split off.
    """
    found: Report | None = _filed_before(entry).first()
    return found


def _filed_before(entry: Entry) -> Any:
    before = Succession.objects.filter(
        successor=entry.school_id,
        predecessor=OuterRef("entry__school"),
        on__gte=OuterRef("sent_at__date"),
    )
    earlier = Report.objects.filter(
        _own(entry) | Exists(before) & Q(entry__slot__period__lte=entry.slot.period),
        entry__slot__item__code=entry.slot.item.code,
    )
    earlier = earlier.exclude(entry__slot__campaign__state=CampaignState.void)
    return _placed(earlier.exclude(sent_at=None), entry).order_by(
        "inherited", "-entry__slot__period", "-no", "-pk"
    )


def _own(entry: Entry) -> Q:
    return Q(entry__school=entry.school_id, entry__slot__period__lt=entry.slot.period)


def _placed(reports: "QuerySet[Report]", entry: Entry) -> Any:
    """With people, period and school, and whether another school sent them."""
    return reports.annotate(inherited=Case(When(_own(entry), then=0), default=1)).select_related(
        "author", "signed_by", "entry__slot", "entry__school"
    )


def values_of(reports: Sequence[Report]) -> dict[int, dict[str, CheckValue]]:
    """Report → check key → value, for all of them in one query; none without reports."""
    found: dict[int, dict[str, CheckValue]] = {report.pk: {} for report in reports}
    if found:
        rows = CheckValue.objects.filter(report__in=found).select_related("check_def")
        for value in rows:
            found[value.report_id][value.check_def.key] = value
    return found


def _answers(
    item: int, reports: Sequence[Report]
) -> tuple[list[Check], dict[int, dict[str, CheckValue]]]:
    """The checks of an item, and the values of these reports, of whatever version of it."""
    sent: dict[int, dict[str, CheckValue]] = {report.pk: {} for report in reports}
    held = FilteredRelation("values", condition=Q(values__report__in=list(sent)))
    rows = (
        Check.objects.annotate(held=held, **{f"held_{name}": F(f"held__{name}") for name in VALUE})
        .filter(Q(item=item) | Q(held__isnull=False))
        .order_by("position", "pk")
    )
    found: Iterable[Any] = rows if sent else Check.objects.filter(item=item)
    checks: dict[int, Check] = {}
    for row in found:
        check = checks.setdefault(row.pk, row)
        if sent and row.held_pk:
            value = {name: getattr(row, f"held_{name}") for name in VALUE}
            sent[row.held_report_id][check.key] = CheckValue(check_def=check, **value)
    return [check for check in checks.values() if check.item_id == item], sent


def _files(entry: Entry) -> list[tuple[Evidence, frozenset[int]]]:
    rows = Evidence.objects.filter(entry=entry).annotate(no=F("reports__no"))
    found: dict[int, tuple[Evidence, set[int]]] = {}
    for file in rows.select_related("uploaded_by", "destroyed_by").order_by("pk"):
        found.setdefault(file.pk, (file, set()))[1].add(file.no or 0)
    return [(file, frozenset(nos)) for file, nos in found.values()]


# ---- side by side


def with_reviews(entry: Entry, pairs: Sequence[Submission]) -> list[Submission]:
    """With what was decided on each, the first decision first; one query."""
    found: dict[int, list[Review]] = {}
    decided = Review.objects.filter(report__entry=entry).select_related("reviewer")
    for review in decided.order_by("at", "pk"):
        found.setdefault(review.report_id, []).append(review)
    return [replace(one, reviews=found.get(one.report.pk, ())) for one in pairs]


def side_by_side(entry: Entry, filed: Filed, *, own: bool) -> list[Submission]:
    """Each report beside the one before it, the oldest first."""
    pairs = zip([None, *filed.reports], filed.reports, strict=False)
    return [
        Submission(
            report,
            before,
            _lines(entry, filed.values[report.pk], before, filed, own=own),
            *_materials(filed.carried(report), before, filed),
        )
        for before, report in pairs
    ]


def to_come(entry: Entry, filing: Filing, filed: Filed, by: User) -> Submission:
    """What its reviewer would read if this were sent now, beside what was sent last.

    Numbers that cannot be read are left out; `entry` with what is kept of the registers.
    """
    before = next((one for one in reversed(filed.reports) if one.sent_at), None)
    now = clock.now()
    report = Report(
        entry=entry,
        no=entry.report.no + 1 if entry.report else 1,
        author=by,
        written_at=now,
        sent_at=now,
        claim=filing.claim,
        note=filing.note.strip(),
    )
    values = _values(entry, filed.checks, filing) if filing.claim == Claim.done else {}
    return Submission(
        report,
        before,
        _lines(entry, values, before, filed, own=False),
        *_materials(filed.attached, before, filed),
    )


def missing(entry: Entry, filing: Filing, filed: Filed) -> dict[str, list[str]]:
    """What would stop it if it were sent now: field → sentences, as `filings.judge` names them."""
    computed = checking.foreseen(entry, filed.checks) if filing.claim == Claim.done else []
    sure = replace(filing, pledged=True)
    try:
        filings.judge(entry, filed.checks, sure, filed.attached, computed)
    except ValidationError as error:
        return error.message_dict
    return {}


def _values(entry: Entry, checks: Sequence[Check], filing: Filing) -> dict[str, CheckValue]:
    found = {value.check_def.key: value for value in checking.foreseen(entry, checks)}
    for check in checks:
        if check.source == Source.typed:
            try:
                raw = filing.values.get(check.key, {})
                found[check.key] = filings.typed_value(entry, check, raw)
            except ValidationError:
                continue
    return found


def _lines(
    entry: Entry,
    values: Mapping[str, CheckValue],
    before: Report | None,
    filed: Filed,
    *,
    own: bool,
) -> list[CheckLine]:
    """`own`: the school itself reads them, with its small counts."""
    then = filed.values[before.pk] if before else {}
    apart = entry.hides_small(own=own)
    return [
        dossier.check_line(check, values[check.key], then.get(check.key), None, outside=apart)
        for check in filed.checks
        if check.key in values
    ]


def _materials(
    files: Iterable[Evidence], before: Report | None, filed: Filed
) -> tuple[list[Material], list[Evidence]]:
    """The files of a report, and those of the one before that it no longer has."""
    files, earlier = list(files), filed.carried(before) if before else []
    known, kept = ({file.sha256 for file in some} for some in (earlier, files))
    materials = [
        Material(file, new=before is not None and file.sha256 not in known, others=())
        for file in files
    ]
    return materials, [file for file in earlier if file.sha256 not in kept]
