"""The only place that answers the checks of entries from the registers, many schools at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    CharField,
    DateField,
    F,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, TruncDate

from reform import cycles
from reform.checks import facts
from reform.checks.base import Facts, Found, Window
from reform.checks.table import CHECKS
from reform.models import Check, Due, Enrolment, Entry
from reform.models.campaign import CampaignState
from reform.models.catalogue import Source
from reform.periods import MONTHS, Place, window
from schools import almanac, small_counts
from schools.models import School, Term
from schools.models.regions import ancestors
from schools.models.schools import SchoolKind

# What a check reads beside the registers that it is said to come from.
ALSO: dict[str, frozenset[str]] = {
    "general_meeting": frozenset({"branches"}),
    "committee_meeting": frozenset({"branches", "committee_members"}),
    "group_meeting": frozenset({"branches"}),
    "theme_day": frozenset({"branches"}),
    "theory_sessions": frozenset({"branches"}),
    "frontline_actions": frozenset({"branches"}),
    "committee_trained": frozenset({"branches"}),
    "committee_backbone": frozenset({"branches"}),
    "political_training_coverage": frozenset({"cadre_pool"}),
    "rotation": frozenset({"cadre_pool"}),
}
_ENTRY = ("pk", "school_id", "authority", "due_on")
_SLOT = ("slot__period", "slot__targets", "slot__item__clock")
_CHECK = (
    "pk",
    "key",
    "kind",
    "per",
    "source",
    "registers",
    "target_mode",
    "target_op",
    "target_value",
    "den_fixed",
)
_ITS_CHECK = [f"slot__item__checks__{name}" for name in ("position", *_CHECK)]
# The columns of a term beside those of an entry with a check, and none for the rest.
_NUMBER, _TEXT = Value(None, IntegerField()), Value(None, CharField())
_DAY, _LIST = Value(None, DateField()), Value(None, JSONField())
_TERM = (
    *(_NUMBER, "no", "region_id", "starts"),
    *("school_year", _LIST, "stage"),
    *("ends", _DAY, _DAY),
    *(_NUMBER, _NUMBER, _NUMBER, _TEXT, _TEXT, _TEXT, _TEXT, _LIST, _TEXT, _TEXT, _TEXT, _NUMBER),
)


class Answer(NamedTuple):
    """What the registers answer to a check, and for what time.

    `alone`: the sum of a bureau that a single school adds to; it is the count of that school.
    """

    check: Check
    found: Found
    window: Window
    alone: bool = False


Answers = dict[str, Answer]  # check key → answer; typed checks have none


@dataclass
class Asked:
    """An entry and its checks, before anything is read from a register."""

    entry: int
    school: int
    due_on: date
    targets: Mapping[str, Any]
    place: Place
    checks: list[Check] = field(default_factory=list)

    @property
    def computed(self) -> list[Check]:
        return [one for one in self.checks if one.source == Source.computed and one.key in CHECKS]

    def windows(self, today: date) -> dict[str, Window]:
        return {one.key: window(one.per, self.place, today) for one in self.computed}


def registers_of(check: Check) -> set[str]:
    """Keys of the registers that must be read to answer a check."""
    return {*check.registers, *ALSO.get(check.key, ())}


def asked_of(entries: "QuerySet[Entry]", authorities: Collection[str]) -> list[Asked]:
    """Entries of these authorities with their checks and their place in time; one query."""
    above = {code: ancestors(code) for code in authorities}
    rows, terms = _read(entries, {code for codes in above.values() for code in codes})
    known = {
        authority: almanac.resolve([terms[code] for code in codes if code in terms])
        for authority, codes in above.items()
    }
    asked: dict[int, Asked] = {}
    checks: dict[int, Check] = {}
    for pk, school, authority, due_on, period, targets, clock_, *rest in rows:
        in_force, before, since, cycle, _position, *check = rest
        one = asked.get(pk)
        if one is None:
            own = known[authority]
            place = Place(period, clock_, in_force, before, since, own, cycle or cycles.DEFAULT)
            one = asked[pk] = Asked(pk, school, due_on, targets, place)
        elif before or since:
            one.place = replace(one.place, before=before, since=since)
        elif cycle:
            one.place = replace(one.place, cycle=cycle)
        if check[0] is None:
            continue
        if check[0] not in checks:
            checks[check[0]] = Check(**dict(zip(_CHECK, check, strict=True)))
        one.checks.append(checks[check[0]])
    return list(asked.values())


def _read(
    entries: "QuerySet[Entry]", regions: Collection[str]
) -> tuple[list[tuple[Any, ...]], almanac.TermRows]:
    """Rows of entry and check in their order, and the terms of `regions`.

    The terms come along in the same statement: each round trip counts where a page waits.
    """
    monthly = Q(slot__item__checks__per__in=MONTHS)
    rows = (
        entries.annotate(
            in_force=_in_force(),
            before=Case(When(monthly, then=_before())),
            since=Case(When(monthly, then=_first_enrolment())),
            cycle=Case(
                When(slot__item__checks__per="cycle", then=cycles.of_authority("authority"))
            ),
        )
        .order_by()
        .values_list(*_ENTRY, *_SLOT, "in_force", "before", "since", "cycle", *_ITS_CHECK)
    )
    terms = Term.objects.filter(region__in=regions).order_by().values_list(*_TERM)
    found = list(rows.union(terms, all=True))
    of_regions: almanac.TermRows = {}
    for row in found:
        if row[0] is None:
            _none, no, region, starts, year, _targets, stage, ends, *_rest = row
            of_regions.setdefault(region, []).append((region, stage, year, no, starts, ends))
    entries_first = sorted((row for row in found if row[0] is not None), key=_by_entry)
    return entries_first, of_regions


def _by_entry(row: tuple[Any, ...]) -> tuple[int, int]:
    return row[0], row[11] or 0


def _in_force() -> Coalesce:
    """The date of an entry's slot at its authority."""
    own = Due.objects.filter(slot=OuterRef("slot"), authority=OuterRef("authority"))
    return Coalesce(Subquery(own.values("due_on")[:1]), F("slot__due_on"))


def _before() -> Subquery:
    """The latest such date of the earlier slots of the same item at this school."""
    earlier = Entry.objects.filter(
        school=OuterRef("school"),
        slot__item__code=OuterRef("slot__item__code"),
        slot__period__lt=OuterRef("slot__period"),
        slot__withdrawn_at=None,
        left_at=None,
        slot__campaign__state__in=(CampaignState.open, CampaignState.closed),
    )
    return Subquery(earlier.annotate(day=_in_force()).order_by("-day").values("day")[:1])


def _first_enrolment() -> Subquery:
    """The first day on which the school was asked anything."""
    asked = Enrolment.objects.filter(school=OuterRef("school")).exclude(
        campaign__state=CampaignState.void
    )
    day = Greatest(TruncDate("created_at"), F("campaign__opens_on"))
    return Subquery(asked.annotate(day=day).order_by("day").values("day")[:1])


def answered(asked: Sequence[Asked], schools: Sequence[School], today: date) -> dict[int, Answers]:
    """Entry → answers, from the registers that its checks need, read for all schools at once."""
    windows = {one.entry: one.windows(today) for one in asked}
    needed = {name for one in asked for check in one.computed for name in registers_of(check)}
    known = facts.load(schools, registers=needed, since=_earliest(asked, windows)) if needed else {}
    return {
        one.entry: {
            check.key: Answer(
                check,
                _run(check, known[one.school], frame),
                frame,
                is_of_one_school(check, known[one.school], frame),
            )
            for check in one.computed
            if (frame := windows[one.entry][check.key])
        }
        for one in asked
    }


def _run(check: Check, known: Facts, frame: Window) -> Found:
    return CHECKS[check.key](known, frame)


def is_of_one_school(check: Check, known: Facts, frame: Window) -> bool:
    """Whether one school alone adds to a count of persons that a bureau sums up."""
    if known.school.kind != SchoolKind.bureau or not small_counts.guarded(check.registers):
        return False
    apart: dict[int, Facts] = defaultdict(lambda: Facts(known.school))
    for key in small_counts.REGISTERS.intersection(check.registers):
        for row in getattr(known, key):
            getattr(apart[row.school_id], key).append(row)
    found = [_run(check, one, frame) for one in apart.values()]
    return 1 in (len(found), sum(bool(one.num or one.den) for one in found))


def _earliest(asked: Iterable[Asked], windows: Mapping[int, Mapping[str, Window]]) -> date | None:
    """The first day that any window looks at; what happened before stays in the database.

    A cycle is counted from rows that say themselves how far they reach.
    """
    days = [
        windows[one.entry][check.key].span[0]
        for one in asked
        for check in one.computed
        if check.per != "cycle"
    ]
    return min(days, default=None)
