"""The only place for the form of a row of a register; what is wrong, `register_forms` says."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _

from reform import bookkeeping
from reform.forms.campaign import DateInput
from schools.models.organisation import Record
from schools.register_forms import Cleaned, Desk
from schools.register_shape import Column

GROUPS = ("choices", "grades")
LONG_TEXT = 150  # characters from which a text gets a field of several lines


class RegisterForm(forms.Form):
    """A row as a person types it: the columns of its kind, few at once and the rest behind a fold.

    Fields take anything; the desk reads them as it reads a pasted cell.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        desk: Desk,
        values: Mapping[str, Any],
        row: Record | None = None,
        fixed: str = "",
    ) -> None:
        """`values`: what stands there at first; `row`: the one to change; `fixed`: a kind that was
        chosen before the form, or ""."""
        super().__init__(data, initial=dict(values), label_suffix="")
        self.desk, self.row, self.found = desk, row, Cleaned(None)
        sorting = desk.register.sorting
        self.kind = str((data or values).get(sorting) or values.get(sorting) or "")
        for column in desk.columns:
            if not column.only or self.kind in column.only:
                self.fields[column.name] = self._field(column)
        if fixed and sorting in self.fields:
            self.fields[sorting].widget = forms.HiddenInput()

    def _field(self, column: Column) -> forms.Field:
        if column.sort == "flag" and not column.field.null:
            return forms.BooleanField(required=False, label=column.heading)
        field = forms.Field(required=False, label=column.heading, widget=self._widget(column))
        if column.field.help_text:
            field.help_text = column.field.help_text
        return field

    def _widget(self, column: Column) -> forms.Widget:
        if column.sort == "day":
            return DateInput()
        if column.sort == "number":
            return forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 6})
        if column.sort in GROUPS:
            return forms.CheckboxSelectMultiple(choices=self._offered(column))
        if column.sort == "schools":
            return forms.SelectMultiple(choices=self._rows(column), attrs={"size": 8})
        if column.sort == "text":
            if column.field.max_length > LONG_TEXT:
                return forms.Textarea(attrs={"rows": 2, "maxlength": column.field.max_length})
            return forms.TextInput(
                attrs={"maxlength": column.field.max_length, "autocomplete": "off"}
            )
        return forms.Select(choices=self._choices(column))

    def _choices(self, column: Column) -> list[tuple[str, Any]]:
        if column.sort == "flag":
            return [("", _("Not known")), ("yes", _("Yes")), ("no", _("No"))]
        nothing = ("", _("Please choose") if column.needed else "–")
        rows = self._rows(column) if column.sort == "row" else column.choices
        return [nothing, *rows]

    def _rows(self, column: Column) -> list[tuple[str, str]]:
        names = self.desk.names[column.name].labels
        own = self.row.pk if self.row is not None and column.to_itself else None
        return [(f"#{pk}", name) for pk, name in names.items() if pk != own]

    def _offered(self, column: Column) -> list[tuple[str, Any]]:
        """Grades only of the phases that the school has, where they are known."""
        if column.sort != "grades":
            return column.choices
        kind = self.desk.school.school_type
        return column.grades_of(kind.phases.split(",") if kind else [])

    def clean(self) -> dict[str, Any]:
        """Read the fields as cells, and put each sentence beside its field."""
        values = {name: self.cleaned_data.get(name) for name in self.fields}
        self.found = self.desk.clean(values, self.row)
        private = bookkeeping.private(self.desk.register, self.found.row)
        for errors in (self.found.errors, private):
            for name, sentences in errors.items():
                self.add_error(name if name in self.fields else None, sentences)
        return self.cleaned_data

    # ---- for the page

    def _shown(self, names: tuple[str, ...]) -> Iterator[BoundField]:
        return (self[name] for name in names if name in self.fields)

    @property
    def first(self) -> list[BoundField]:
        return list(self._shown(self.desk.register.first))

    @property
    def more(self) -> list[BoundField]:
        """What is behind the fold."""
        behind = [name for name in self.fields if name not in self.desk.register.first]
        return list(self._shown(tuple(behind)))

    @property
    def more_open(self) -> bool:
        """Whether something behind the fold is wrong or filled, so that it must be seen."""
        if any(field.errors for field in self.more):
            return True
        return any(field.value() not in (None, "", [], False) for field in self.more)

    @property
    def nothing_to_name(self) -> list[str]:
        """Registers that must have a row before this one can be entered."""
        return [
            column.to
            for column in self.desk.columns
            if column.sort == "row"
            and not column.to_itself
            and column.name in self.fields
            and (column.needed or self.kind in column.only)
            and not self.desk.names[column.name].labels
        ]
