"""The only place that writes rows of registers: written, taken out, brought back; the revision.

The revision of each school moves whose answers may have: of members of a studio too.

Call inside a transaction that holds the school's chain; `reform.bookkeeping` is the door.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value
from django.utils.translation import gettext as _

from schools import clock
from schools.errors import Denied, Stale
from schools.models import School, Studio, Training
from schools.models.organisation import Record
from schools.registers import REGISTERS, Register


@dataclass
class Written:
    """Primary keys of what one act did; `rev` is the school's revision after it."""

    added: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    restored: list[int] = field(default_factory=list)
    rev: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.restored)


def living(register: Register, school: School) -> "QuerySet[Any]":
    """The school's own rows that were not taken out, ended ones too."""
    return register.model._default_manager.filter(school=school, removed_at=None)


def taken_out(register: Register, school: School) -> "QuerySet[Any]":
    """The school's own rows that were taken out and can be brought back."""
    rows = register.model._default_manager.filter(school=school, removed_at__isnull=False)
    return rows.order_by("-removed_at", "-pk")


def readable(register: Register, school: School) -> "QuerySet[Any]":
    """Like `living`, with what others keep for this school: studios that name it, and what these
    studios held."""
    if register.key not in ("studios", "trainings"):
        return living(register, school)
    mine = school.studios.filter(removed_at=None).values("pk")
    shared = Q(pk__in=mine) if register.key == "studios" else Q(studio__in=mine)
    return register.model._default_manager.filter(Q(school=school) | shared, removed_at=None)


def over(register: Register, on: date) -> Q:
    """Rows that ended before the day `on`."""
    return Q(until__lt=on) if register.is_lasting else Q(pk__in=())


def write(school: School, register: Register, rows: Sequence[Record]) -> Written:
    """Store new rows and changed ones. A changed row must be as it was read, or Stale is raised.

    Of a studio `to_join`, where it is set, lists the primary keys of its member schools.
    """
    done, now = Written(), clock.now()
    new = [row for row in rows if row.pk is None]
    left = _readers(register, [row.pk for row in rows if row.pk is not None])
    for row in rows:
        row.school_id = school.pk
        if row.pk is not None:
            _change(register, row, now)
            done.changed.append(row.pk)
    for row in new:
        row.changed_at = now
    done.added = [row.pk for row in register.model._default_manager.bulk_create(new)]
    for row in rows:
        if hasattr(row, "to_join"):
            row.members.set(row.to_join)  # type: ignore[attr-defined]
    return _counted(school, register, done, left)


def _change(register: Register, row: Record, now: Any) -> None:
    names = [one.field.attname for one in register.columns if one.sort != "schools"]
    found = register.model._default_manager.filter(
        pk=row.pk, school=row.school_id, removed_at=None, changed_at=row.changed_at
    )
    if found.update(**{name: getattr(row, name) for name in names}, changed_at=now) != 1:
        raise Stale(_("Somebody changed or removed this row meanwhile; nothing was overwritten."))
    row.changed_at = now


def end(school: School, register: Register, rows: Iterable[Any], last: date) -> Written:
    """Let rows that last end with the day `last`; last year's truth stays.

    One that began on the day after ends on that day; one that was yet to begin is taken out.
    """
    began = {row.pk: row.since or last for row in rows}
    done, now, fresh = Written(), clock.now(), last + timedelta(days=1)
    kept = living(register, school)
    over = [pk for pk, since in began.items() if since <= last]
    today = [pk for pk, since in began.items() if since == fresh]
    done.changed, done.removed = [*over, *today], [pk for pk, day in began.items() if day > fresh]
    kept.filter(pk__in=over).update(until=last, changed_at=now)
    kept.filter(pk__in=today).update(until=fresh, changed_at=now)
    kept.filter(pk__in=done.removed).update(removed_at=now)
    return _counted(school, register, done)


def remove(school: School, register: Register, pks: Iterable[int]) -> Written:
    """Take rows out; Denied with the sentence while other rows still name one of them."""
    found = living(register, school).filter(pk__in=list(pks))
    doomed = list(found)
    for row in doomed:
        if named := named_by(register, row):
            raise Denied(still_named(row, named))
    keys = [row.pk for row in doomed]
    found.update(removed_at=clock.now())
    return _counted(school, register, Written(removed=keys))


def bring_back(school: School, register: Register, pks: Iterable[int]) -> Written:
    """Bring rows back that were taken out; Denied while what they name is out itself."""
    found = taken_out(register, school).filter(pk__in=list(pks))
    back = list(found)
    for row in back:
        for column in register.columns:
            other = getattr(row, column.name) if column.sort == "row" else None
            if other is not None and other.removed_at:
                words = {"row": row, "other": other, "register": REGISTERS[column.to].name}
                raise Denied(
                    _("“%(row)s” belongs to “%(other)s”; bring that back first (%(register)s).")
                    % words
                )
    keys = [row.pk for row in back]
    found.update(removed_at=None)
    return _counted(school, register, Written(restored=keys))


def named_by(register: Register, row: Record) -> dict[str, int]:
    """Register → how many living rows name this one; one query."""
    counts = [
        other.model._default_manager.filter(**{column.name: row.pk}, removed_at=None)
        .order_by()
        .annotate(of=Value(other.key))
        .values("of")
        .annotate(n=Count("pk"))
        .values_list("of", "n")
        for other in REGISTERS.values()
        for column in other.columns
        if column.sort == "row" and column.to == register.key
    ]
    found: dict[str, int] = {}
    if counts:
        for key, n in counts[0].union(*counts[1:], all=True):
            if n:
                found[key] = found.get(key, 0) + n
    return found


def still_named(row: Record, named: dict[str, int]) -> str:
    """Which rows still name it, in words."""
    places = ", ".join(f"{REGISTERS[key].name} ({n})" for key, n in sorted(named.items()))
    return _("“%(row)s” cannot be removed: other rows still name it. %(places)s") % {
        "row": row,
        "places": places,
    }


def _readers(register: Register, pks: Sequence[int]) -> set[int]:
    """Schools whose answers rest on these rows too: host and members of their studios; a query."""
    if not pks or register.key not in ("studios", "trainings"):
        return set()
    studios: Any = pks
    if register.key == "trainings":
        studios = Training.objects.filter(pk__in=pks, studio__isnull=False).values("studio")
    rows = Studio.objects.filter(pk__in=studios).order_by().values_list("school", "members")
    return {pk for row in rows for pk in row if pk}


def _counted(
    school: School, register: Register, done: Written, left: Iterable[int] = ()
) -> Written:
    """Move the revisions on, once an act, if anything was done; `left` read the rows before."""
    if done:
        rows = [*done.added, *done.changed, *done.removed, *done.restored]
        moved = {school.pk, *left, *_readers(register, rows)}
        School.objects.filter(pk__in=moved).update(registers_rev=F("registers_rev") + 1)
    done.rev = School.objects.values_list("registers_rev", flat=True).get(pk=school.pk)
    return done
