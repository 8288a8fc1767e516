"""The only place that keeps what the registers answer, asks anew, and freezes it.

An answer is kept with what it was made from: the revision of the school's registers, the day, and
the due date. Where one of them has moved it is stale: the page asks for it anew, and so do the
tick and the night for schools that nobody opens.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from time import monotonic
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from reform import answers
from reform.answering import Answer, Answers, Asked, answered, asked_of
from reform.checks.base import Ref
from reform.models import Check, CheckValue, Computed, Entry
from reform.models.catalogue import Source, TargetMode
from reform.models.entry import listed
from reform.states import SETTLED
from schools import bureaus, clock
from schools.models import School

log = logging.getLogger(__name__)

BATCH = 50  # schools whose registers are in memory at once
SECONDS = 5.0  # of a round, for schools whose registers moved
MOST_TOLD = 20  # faults of a night
MOST_ROWS = 12  # rows named behind a number; whoever wants them all opens the register
_KEPT = ("judged", "span", "alone")  # what a report keeps of an answer as it is


class _Said(NamedTuple):
    """What a CheckValue says of a computed check, for entries that nobody files now."""

    check_def: Check
    num: int
    den: int | None
    target: str
    met: bool | None
    source: str = Source.computed


def refresh(schools: Sequence[School]) -> int:
    """Answer and keep all that these schools still owe or have under review; how many entries.

    `schools` as read a moment ago: what changes meanwhile leaves the answers stale.
    """
    own = {school.pk: school for school in schools}
    living = _living(clock.today()).filter(school__in=own)
    asked = asked_of(living, {school.authority_id for school in schools})
    return len(_keep(asked, own))


def refresh_entry(entry: Entry) -> Computed | None:
    """Answer and keep one entry; only the registers that it needs are read."""
    asked = asked_of(Entry.objects.filter(pk=entry.pk), [entry.authority])
    return next(iter(_keep(asked, {entry.school_id: entry.school})), None)


def is_stale(kept: Computed | None, entry: Entry, today: date) -> bool:
    """Whether the registers, the day or the due date have moved since; one never made is stale."""
    return kept is None or (kept.registers_rev, kept.on, kept.due_on) != (
        entry.school.registers_rev,
        today,
        entry.due_on,
    )


def freeze(entry: Entry) -> list[CheckValue]:
    """What the registers answer now, as values of a report; call under the lock of the school.

    `target` and `met` as judged; `detail` names what was counted and what was lacking.
    """
    asked = asked_of(Entry.objects.filter(pk=entry.pk), [entry.authority])
    found = answered(asked, [entry.school], clock.today())[entry.pk]
    return [
        CheckValue(
            check_def=one.check,
            num=one.found.num,
            den=one.found.den,
            source=Source.computed,
            target=str(answers.target(one.check, entry.slot.targets)),
            met=met(one, entry.slot.targets),
            detail=_detail(one),
        )
        for one in found.values()
    ]


def foreseen(entry: Entry, checks: Iterable[Check]) -> list[CheckValue]:
    """What freezing would give, by the answers that are kept; `entry` with them."""
    kept = getattr(entry, "computed", None)
    found = []
    for check in checks:
        value = kept.values.get(check.key) if kept else None
        if check.source != Source.computed or value is None:
            continue
        target, judged = answers.target(check, entry.slot.targets), None
        if value["judged"]:
            judged = answers.judge(check, value["num"], value["den"], target)
        if check.target_mode == TargetMode.warn and not judged:
            judged = None
        found.append(
            CheckValue(
                check_def=check,
                num=value["num"],
                den=value["den"],
                source=Source.computed,
                target=str(target),
                met=judged,
                detail=_worded(value),
            )
        )
    return found


def met(answer: Answer, targets: Mapping[str, Any]) -> bool | None:
    """Whether the target is met; None to date, where nothing is there to judge, and for a
    mismatch that only warns."""
    if not answer.window.judged:
        return None
    target = answers.target(answer.check, targets)
    judged = answers.judge(answer.check, answer.found.num, answer.found.den, target)
    return None if answer.check.target_mode == TargetMode.warn and not judged else judged


def says_something(values: Iterable[CheckValue | _Said]) -> bool:
    """Whether anything is met, or shown without a target; an empty register says nothing, and
    neither does what only warns."""
    values = [one for one in values if one.check_def.target_mode != TargetMode.warn]
    if any(value.target and value.met is not None for value in values):
        return True
    shown = [value for value in values if not value.target]
    return any(value.num or value.den or value.source == Source.typed for value in shown)


# ---- keeping


def _keep(asked: list[Asked], schools: Mapping[int, School]) -> list[Computed]:
    today = clock.today()
    found = answered(asked, list(schools.values()), today)
    kept = [
        Computed(
            entry_id=one.entry,
            school_id=one.school,
            registers_rev=schools[one.school].registers_rev,
            on=today,
            due_on=one.due_on,
            ready=_is_ready(one, found[one.entry]),
            values={key: _value(answer) for key, answer in found[one.entry].items()},
        )
        for one in sorted(asked, key=lambda one: one.entry)
    ]
    Computed.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=["entry"],
        update_fields=["school", "registers_rev", "on", "due_on", "ready", "values"],
    )
    return kept


def _is_ready(asked: Asked, found: Answers) -> bool:
    """Nothing typed, nothing short, and something there: one click is enough."""
    if len(found) < len(asked.checks):
        return False
    values = [
        _Said(
            one.check,
            one.found.num,
            one.found.den,
            str(answers.target(one.check, asked.targets)),
            met(one, asked.targets),
        )
        for one in found.values()
    ]
    return says_something(values) and not any(value.met is False for value in values)


def _value(answer: Answer) -> dict[str, Any]:
    found = answer.found
    return {
        "num": found.num,
        "den": found.den,
        "judged": answer.window.judged,
        "span": [day.isoformat() for day in answer.window.span],
        "rows": [_ref(ref) for ref in found.rows[:MOST_ROWS]],
        "lacking": [_ref(ref) for ref in found.lacking[:MOST_ROWS]],
        **({"alone": True} if answer.alone else {}),
    }


def _detail(answer: Answer) -> dict[str, Any]:
    """What a report keeps of an answer: words that still hold when the rows have gone."""
    return _worded(_value(answer))


def _worded(value: Mapping[str, Any]) -> dict[str, Any]:
    named = {part: [told(ref)[2] for ref in value[part]] for part in ("rows", "lacking")}
    return {**{name: value[name] for name in _KEPT if name in value}, **named}


def _ref(ref: Ref) -> str:
    """A row in one short text: millions of them are kept."""
    return f"{ref.register}:{ref.pk}:{ref.label}"


def told(ref: str) -> tuple[str, int, str]:
    """Register, primary key and label of a row that is kept with an answer."""
    register, pk, label = ref.split(":", 2)
    return register, int(pk), label


# ---- reading


def _living(today: date) -> "QuerySet[Entry]":
    """Entries whose answers somebody may still look at: owed or under review."""
    return Entry.objects.filter(listed(today)).exclude(status__in=SETTLED)


# ---- for schools that nobody opens


def catch_up() -> tuple[bool, str]:
    """Answer anew for schools whose registers moved, as many as a round has time for."""
    until, told = monotonic() + SECONDS, []
    moved = School.objects.exclude(registers_rev=F("answered_rev")).select_related("school_type")
    last = 0
    while schools := list(moved.filter(pk__gt=last).order_by("pk")[:BATCH]):
        _done, faults = _refresh_each(schools)
        bureaus.follow(schools)  # before they count as done: a round cut short is taken up again
        _mark(schools)
        told += faults
        last = schools[-1].pk
        if monotonic() > until:
            break
    return not told, "; ".join(told[:MOST_TOLD])


def tonight(between: Callable[[], None] = lambda: None) -> tuple[bool, str]:
    """Answer for every school that owes anything, by batches; begun again, it goes on.

    `between` is called between two batches.
    """
    total, told = 0, []
    for schools in _unanswered(clock.today()):
        between()
        done, faults = _refresh_each(schools)
        moved = [school for school in schools if school.answered_rev != school.registers_rev]
        bureaus.follow(moved)
        _mark(moved)
        total += done
        told += faults
    return not told, "\n".join([f"{total} entries" if total else "", *told[:MOST_TOLD]]).strip()


def _mark(schools: Sequence[School]) -> None:
    """These were answered as they were read; whoever changes meanwhile has another revision."""
    for school in schools:
        School.objects.filter(pk=school.pk).update(answered_rev=school.registers_rev)


def _refresh_each(schools: Sequence[School]) -> tuple[int, list[str]]:
    """All at once; where that fails one by one, so that no school stops another."""
    try:
        return refresh(schools), []
    except Exception:
        if len(schools) == 1:
            log.exception("the registers of school %s could not be answered", schools[0].pk)
            return 0, [f"the registers of {schools[0]} could not be answered"]
    done = [_refresh_each([school]) for school in schools]
    return sum(n for n, _faults in done), [fault for _n, faults in done for fault in faults]


def _unanswered(today: date) -> Iterator[list[School]]:
    """Batches of schools with an entry that has no answer of today, in the order of their keys."""
    old = Q(computed=None) | Q(computed__on__lt=today)
    waiting = _living(today).filter(old, school=OuterRef("pk"))
    schools = School.objects.filter(Exists(waiting)).select_related("school_type").order_by("pk")
    last = 0
    while batch := list(schools.filter(pk__gt=last)[:BATCH]):
        yield batch
        last = batch[-1].pk
