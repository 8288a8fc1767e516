"""The only place that keeps how many findings each school has, for pages of many schools.

A bit each minute once a day has begun, and again where the registers of a school moved: whoever
looks from above sees at most yesterday's counts.
"""

from collections.abc import Iterable
from datetime import date
from time import monotonic
from typing import NamedTuple

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from schools import checkup, clock, rulebook
from schools.models import School, StructureCount
from schools.models.schools import SchoolKind
from schools.structure_books import load

BATCH = 200  # schools
SECONDS = 5.0  # of a round
KEPT = ("error", "warn", "remind")


class Brief(NamedTuple):
    """A school in short: rule → how many findings, and whether facts are lacking for some rule."""

    school: School
    rules: dict[str, int]
    lacks: bool

    @property
    def to_look_at(self) -> int:
        """Findings, without those that are there for information only."""
        known = rulebook.rules()
        return sum(n for name, n in self.rules.items() if known[name].severity != rulebook.INFO)


def brief(found: checkup.Checkup) -> Brief:
    told = {one.rule.id: len(one.findings) for one in found.told}
    return Brief(found.books.school, told, bool(found.open))


def kept(schools: Iterable[School]) -> list[Brief]:
    """Those of `schools`, read with their counts, that were looked at, as they were found then."""
    known, found = rulebook.rules().keys(), []
    for school in schools:
        if count := getattr(school, "structure_count", None):
            rules = {name: n for name, n in count.rules.items() if name in known}
            found.append(Brief(school, rules, count.undecided))
    return found


class Line(NamedTuple):
    """An authority: how many schools were looked at, at how many there is something, and what.

    `on`: the day of the oldest count, None before the first; `open`: how many schools there are.
    """

    authority: str
    name: str
    on: date | None = None
    open: int = 0
    schools: int = 0
    with_findings: int = 0
    undecided: int = 0
    error: int = 0
    warn: int = 0
    remind: int = 0


def open_schools() -> "QuerySet[School]":
    """Schools that the check looks at, by name."""
    closed = Q(closed_on__lte=clock.today())
    found = School.objects.filter(kind=SchoolKind.school).exclude(closed)
    return found.order_by("name", "code")


def catch_up() -> None:
    """Look at schools that were not looked at today, or whose registers moved since, for a few
    seconds; the next round goes on."""
    until, last = monotonic() + SECONDS, 0
    while (taken := count_some(last)) and monotonic() < until:
        last = taken[-1].pk


def count_some(after: int = 0) -> list[School]:
    """Count a batch behind a school; whom it took."""
    today = clock.today()
    waiting = Q(structure_count=None) | Q(structure_count__on__lt=today)
    waiting |= ~Q(structure_count__registers_rev=F("registers_rev"))
    schools = list(open_schools().filter(waiting, pk__gt=after).order_by("pk")[:BATCH])
    counts = [_count(checkup.examine(books)) for books in load(schools, today)]
    StructureCount.objects.bulk_create(
        counts,
        update_conflicts=True,
        unique_fields=["school"],
        update_fields=["on", "registers_rev", "rules", *KEPT, "undecided"],
    )
    return schools


def _count(found: checkup.Checkup) -> StructureCount:
    numbers = dict.fromkeys(KEPT, 0)
    for told in found.told:
        if told.rule.severity in KEPT:
            numbers[told.rule.severity] += len(told.findings)
    short = brief(found)
    return StructureCount(
        school=short.school,
        on=found.books.on,
        registers_rev=short.school.registers_rev,
        rules=short.rules,
        undecided=short.lacks,
        **numbers,
    )


def by_authority(schools: "QuerySet[School]") -> list[Line]:
    """The counts of each authority of `schools`, in the order of the codes; one query."""
    of, count = ("authority_id", "authority__name"), "structure_count__"
    something = Q()
    for name in KEPT:
        something |= Q(**{f"{count}{name}__gt": 0})
    sums = {
        "day": Min(f"{count}on"),
        "here": Count("pk"),
        "looked": Count("structure_count"),
        "found": Count("pk", filter=something),
        "lacking": Count("pk", filter=Q(structure_count__undecided=True)),
        **{f"sum_{name}": Sum(count + name, default=0) for name in KEPT},
    }
    found = schools.values(*of).order_by(of[0]).annotate(**sums)
    return [Line(*line) for line in found.values_list(*of, *sums)]
