"""The only place that makes a row of a register of what was typed, its errors beside their columns.

A form, a pasted block and a file all go through `Desk.clean`.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from schools import clock, recording
from schools.columns import bare
from schools.models import Branch, School, Unit
from schools.models.organisation import Record
from schools.models.schools import SchoolKind
from schools.names import by_name
from schools.register_cells import Names, Typed, Unread, read
from schools.register_rules import JOINED_TO_ITSELF, UNDER_ITSELF, Around, Odd, remarks
from schools.register_shape import Column
from schools.registers import REGISTERS, Register
from schools.roles import PartyForm

LOOKS_BACK = timedelta(days=400)  # how far a meeting may lie to be noticed as entered twice
SELF = {"parent": UNDER_ITSELF, "host": JOINED_TO_ITSELF}
FOUR_STRONG = ("strong_politics", "strong_committee", "strong_members", "strong_effect")
WITH_SIBLINGS = frozenset({"branches", "units", "committee_members", "posts"})


@dataclass
class Cleaned:
    """A row made of cells: `errors` refuse it, `warnings` are only told; column → sentences."""

    row: Any
    errors: dict[str, list[str]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)

    def told(self, column: str, sentence: str) -> None:
        place = self.warnings if isinstance(sentence, Odd) else self.errors
        place.setdefault(column, []).append(str(sentence))


class Desk:
    """Reads rows of one register of one school; what it needs is loaded once, not for each row."""

    def __init__(self, register: Register, school: School, *, names: bool = False) -> None:
        """`names`: whether the school's authority lets registers name office-holders."""
        self.register, self.school = register, school
        self.columns = register.columns_for(names=names)

    @cached_property
    def branches(self) -> dict[int, Branch]:
        return {row.pk: row for row in recording.living(REGISTERS["branches"], self.school)}

    @cached_property
    def around(self) -> Around:
        """What the rules look at."""
        around = Around(self.school, clock.today())
        if any(column.sort == "row" and column.to == "branches" for column in self.columns):
            around.branches = self.branches
        if self.register.key in WITH_SIBLINGS:
            own = self.register.key == "branches"
            living = recording.living(self.register, self.school)
            around.put(self.branches.values() if own else living)
        elif self.register.key == "meetings":
            recent = Q(held_on__gte=around.today - LOOKS_BACK)
            around.put(recording.living(self.register, self.school).filter(recent))
        if self.register.key == "committee_members":
            units = Unit.objects.filter(school=self.school, removed_at=None)
            linked = units.exclude(branch=None).values_list("branch", flat=True)
            around.with_units = frozenset(filter(None, linked))
        return around

    @cached_property
    def names(self) -> dict[str, Names]:
        """Column → the rows that its cells may name."""
        return {
            column.name: self._named(column)
            for column in self.columns
            if column.sort in ("row", "schools")
        }

    def _named(self, column: Column) -> Names:
        if column.sort == "schools":
            return Names(_schools_of(self.school))
        if column.name == "host":
            own = {pk: row.name for pk, row in self.branches.items()}
            return Names(_hosts_for(self.school), own)
        if column.to == "branches":
            return Names((pk, [row.name]) for pk, row in self.branches.items())
        if column.to == "studios":
            studios = recording.readable(REGISTERS["studios"], self.school)
            return Names((row.pk, [row.name]) for row in studios.distinct())
        groups = recording.living(REGISTERS["leadership_groups"], self.school)
        return Names((row.pk, [row.name]) for row in groups)

    def clean(
        self, values: Mapping[str, Typed], row: Record | None = None, *, remember: bool = False
    ) -> Cleaned:
        """A row of typed cells by column, with what is wrong or odd at each.

        `row`: the one to change, left as it is; the answer holds a copy. Columns that are not in
        `values` stay as they are. `remember`: later rows must not repeat this one (a block).
        """
        made = copy.copy(row) if row is not None else self.register.model(school=self.school)
        found = Cleaned(made)
        for column in self.columns:
            if column.name in values:
                self._read(found, column, values[column.name])
        self._belong(found, values)
        if self.register.key == "branches":
            _assessed_today(found, row)
        for column in self.columns:
            if column.needed and column.name not in found.errors and column.is_empty(made):
                found.told(column.name, _("This must not be empty."))
        unread = set(found.errors)
        for name, sentence in remarks(self.register, made, self.around):
            if name not in unread:
                found.told(name, sentence)
        if remember and not found.errors:
            self._remember(made)
        return found

    def _read(self, found: Cleaned, column: Column, typed: Typed) -> None:
        if column.name in SELF and _names_itself(typed, found.row.name):
            found.told(column.name, str(SELF[column.name]))
            return
        try:
            value = read(column, typed, self.names)
        except Unread as unread:
            found.told(column.name, unread.sentence)
            return
        name = "to_join" if column.sort == "schools" else column.field.attname
        setattr(found.row, name, value)

    def _belong(self, found: Cleaned, values: Mapping[str, Typed]) -> None:
        """A column of other kinds of row must be empty; what an old kind left there goes."""
        kind = self.register.kind_of(found.row)
        for column in self.columns:
            if not column.only or kind in column.only or column.name in found.errors:
                continue
            value = getattr(found.row, column.field.attname)
            if column.name in values and value not in (None, "", [], False):
                label = found.row._meta.get_field(self.register.sorting)
                words = {"kind": dict(label.flatchoices).get(kind, kind)}
                found.told(column.name, _("“%(kind)s” has none; leave this empty.") % words)
            else:
                setattr(found.row, column.field.attname, column.field.get_default())

    def _remember(self, row: Any) -> None:
        """Later rows of the same block are held against this one."""
        if self.register.key in WITH_SIBLINGS or self.register.key == "meetings":
            self.around.put([row])


def typed(register: Register, row: Record) -> dict[str, Any]:
    """A row as a form shows it: keys of choices, "#12" for a row, dates as people write them."""
    values: dict[str, Any] = {}
    for column in register.columns:
        if column.sort == "schools":
            chosen = row.members.values_list("pk", flat=True) if row.pk else ()  # type: ignore[attr-defined]
            values[column.name] = [f"#{pk}" for pk in chosen]
            continue
        value = getattr(row, column.field.attname)
        if column.sort == "row":
            value = f"#{value}" if value else ""
        elif column.sort == "grades":
            value = [str(n) for n in value]
        elif column.sort == "flag" and column.field.null:
            value = {True: "yes", False: "no"}.get(value, "")
        elif column.sort == "day":
            value = value.isoformat() if value else ""
        values[column.name] = "" if value is None else value
    return values


def _assessed_today(found: Cleaned, before: Any) -> None:
    """Who writes the four sentences assesses today, unless another day is given with them."""
    now = [getattr(found.row, name).strip() for name in FOUR_STRONG]
    was = [getattr(before, name).strip() if before is not None else "" for name in FOUR_STRONG]
    dated = before.assessed_on if before is not None else None
    told = found.row.assessed_on not in (None, dated) or "assessed_on" in found.errors
    if all(now) and now != was and not told:
        found.row.assessed_on = clock.today()


def _names_itself(typed: Typed, name: str) -> bool:
    """Whether a new branch is told to stand under, or be joined to, what it is called itself."""
    return isinstance(typed, str) and bool(bare(typed)) and bare(typed) == bare(name)


def _hosts_for(school: School) -> list[tuple[int, list[str]]]:
    """Joint branches that other schools of the same authority host."""
    found = Branch.objects.filter(
        school__authority=school.authority_id,
        form=PartyForm.joint,
        host=None,
        removed_at=None,
    ).exclude(Q(school=school) | Q(school__closed_on__lte=clock.today()))
    return [
        (row.pk, [f"{row.school.name} {row.name}", row.name, row.school.name])
        for row in sorted(
            found.select_related("school"), key=lambda row: (by_name(row.school.name), row.pk)
        )
    ]


def _schools_of(school: School) -> list[tuple[int, list[str]]]:
    """Schools of the same authority, by name or code."""
    found = School.objects.filter(authority=school.authority_id, kind=SchoolKind.school)
    told = found.exclude(closed_on__lte=clock.today()).values_list("pk", "name", "code")
    rows = sorted(told, key=lambda row: (by_name(row[1]), row[2]))
    return [(pk, [name, code]) for pk, name, code in rows]
