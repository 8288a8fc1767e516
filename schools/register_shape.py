"""The only place for what a register and its columns are: sorts, labels, gaps.

`only` and `wanted` speak of a row by its kind (or, of a branch, its form): a column that belongs to
certain kinds, and one that a check would miss.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from schools.models import Branch, LeadershipGroup, Studio
from schools.models.capability import Leadership
from schools.models.organisation import CadreStage, Duty, GroupScope, Lasting, Record, Topic
from schools.roles import Stage

VALIDITY = ("since", "until")
NAME_COLUMN = "holder"  # a name of a person; only where its county allows that
LISTS: dict[tuple[str, str], type[models.TextChoices]] = {
    ("leadership_groups", "scopes"): GroupScope,
    ("meetings", "topics"): Topic,
    ("meetings", "duty_tags"): Duty,
    ("documents", "stages"): CadreStage,
    ("trainings", "leadership"): Leadership,
}
GRADES = {Stage.primary: range(1, 7), Stage.junior: range(7, 10), Stage.senior: range(10, 13)}


def grade_name(number: int) -> str:
    """A grade of 1 to 12 as people say it."""
    if number <= 6:
        return _("Primary %(n)d") % {"n": number}
    if number <= 9:
        return _("Junior %(n)d") % {"n": number - 6}
    return _("Senior %(n)d") % {"n": number - 9}


@dataclass(frozen=True)
class Column:
    """A column: `sort` is text, number, day, flag, choice, choices, grades, row or schools.

    A column of sort `row` names a row of the register `to`.
    """

    register: str
    name: str
    field: Any
    only: frozenset[str] = frozenset()
    needed: bool = False

    @cached_property
    def label(self) -> str | Promise:
        return self.field.verbose_name

    @property
    def heading(self) -> str:
        """The label as it stands over a column, in the reader's language."""
        return str(capfirst(self.field.verbose_name))

    @cached_property
    def sort(self) -> str:
        if self.name == "grades":
            return "grades"
        if (self.register, self.name) in LISTS:
            return "choices"
        if self.field.choices:
            return "choice"
        return next(sort for kind, sort in _SORTS if isinstance(self.field, kind))

    @cached_property
    def to(self) -> str:
        """Of a column of sort `row`: the register whose rows it names."""
        return {Branch: "branches", LeadershipGroup: "leadership_groups", Studio: "studios"}[
            self.field.related_model
        ]

    @property
    def choices(self) -> list[tuple[str, str | Promise]]:
        """(value, label) of what may be chosen; [] where anything may stand."""
        if self.sort == "choices":
            return list(LISTS[self.register, self.name].choices)
        if self.sort == "grades":
            return [(str(n), grade_name(n)) for n in range(1, 13)]
        return list(self.field.choices or [])

    @property
    def to_itself(self) -> bool:
        """Whether it names a row of the register it stands in."""
        return self.sort == "row" and self.to == self.register

    def grades_of(self, phases: Iterable[str]) -> list[tuple[str, str | Promise]]:
        """The choices of grades in these phases of schooling; all where there are none."""
        taught = {str(n) for phase in phases for n in GRADES.get(Stage(phase), ())}
        return [(value, label) for value, label in self.choices if value in taught or not taught]

    def is_empty(self, row: Record) -> bool:
        """Whether nothing stands there; 0 and "no" are something."""
        return getattr(row, self.field.attname) in (None, "", [])

    @property
    def empty(self) -> Q:
        """The same for the database."""
        if self.sort in ("choices", "grades"):
            return Q(**{self.name: []})
        if self.sort in ("text", "choice"):
            return Q(**{self.name: ""})
        return Q(**{f"{self.name}__isnull": True})


_SORTS: list[tuple[type[models.Field], str]] = [
    (models.ManyToManyField, "schools"),
    (models.ForeignKey, "row"),
    (models.DateField, "day"),
    (models.BooleanField, "flag"),
    (models.IntegerField, "number"),
    (models.CharField, "text"),
]


@dataclass(frozen=True)
class Wanted:
    """One of `columns` should be filled, in rows of these kinds (empty: in all)."""

    columns: tuple[str, ...]
    of: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Register:
    """A register. `first`: asked at once; `more`: behind the fold; `shown`: columns of its list.

    `sorting` is the column that says what kind of row it is ("" for none).
    """

    key: str
    model: type[Record]
    pillar: str
    name: str | Promise
    what: str | Promise
    first: tuple[str, ...]
    more: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    needed: frozenset[str] = frozenset()
    sorting: str = ""
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    wanted: tuple[Wanted, ...] = ()

    @property
    def is_lasting(self) -> bool:
        """Whether its rows hold from a day to a day."""
        return issubclass(self.model, Lasting)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Every column, in the order of form and file; see `columns_for` for what may be shown."""
        validity = VALIDITY if self.is_lasting else ()
        return tuple(self.column(name) for name in (*self.first, *self.more, *validity, "note"))

    def column(self, name: str) -> Column:
        only = self.only.get(name, frozenset())
        return Column(self.key, name, self.model._meta.get_field(name), only, name in self.needed)

    def columns_for(self, *, names: bool) -> tuple[Column, ...]:
        """The columns where names of office-holders are allowed, or are not."""
        return tuple(one for one in self.columns if names or one.name != NAME_COLUMN)

    def kind_of(self, row: Record) -> str:
        return str(getattr(row, self.sorting)) if self.sorting else ""

    def lacking(self, row: Record) -> list[Column]:
        """Columns that checks look at and that are empty in this row, the first of each choice."""
        kind = self.kind_of(row)
        return [
            self.column(one.columns[0])
            for one in self.wanted
            if (not one.of or kind in one.of)
            and all(self.column(name).is_empty(row) for name in one.columns)
        ]

    @property
    def with_gaps(self) -> Q:
        """Rows of which `lacking` says something, for the database."""
        found = Q(pk__in=())
        for one in self.wanted:
            empty = Q(**{f"{self.sorting}__in": sorted(one.of)}) if one.of else Q()
            for name in one.columns:
                empty &= self.column(name).empty
            found |= empty
        return found
