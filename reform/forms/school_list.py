"""The only place for the forms of a school list: the file, and which of its columns is which."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform.forms.hidden import number_of
from schools import headings
from schools.columns import COLUMNS, Mapping, title
from schools.errors import Denied
from schools.forms import small_enough
from schools.language import listed

SAMPLE = 3  # cells of a column that are shown


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("School list (xlsx, xls or csv)"),
        max_length=120,
        help_text=gettext_lazy(
            "One school a row, at most 20 MB and 50,000 rows. Nothing is written before you have "
            "seen what would come of it."
        ),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        return small_enough(file)


class ColumnsForm(forms.Form):
    """Row of the headings, and for each column of a file which of ours it is."""

    def __init__(self, *args: Any, rows: list[list[str]], guess: list[Any], **kwargs: Any) -> None:
        top, chosen = guess
        kwargs["initial"] = {"top": top, **{f"c{n}": column for n, column in enumerate(chosen)}}
        super().__init__(*args, **kwargs)
        self.rows, self.width = rows, len(chosen)
        self.fields["top"] = forms.ChoiceField(
            label=_("The headings stand in"),
            choices=[(-1, _("No row: the file has no headings")), *enumerate(map(_row, rows))],
        )
        ours = [("", _("not read")), *((column, title(column)) for column in COLUMNS)]
        for place in range(self.width):
            self.fields[f"c{place}"] = forms.ChoiceField(
                required=False, choices=ours, label=_("Column %(n)d") % {"n": place + 1}
            )

    def columns(self) -> Iterator[dict[str, Any]]:
        """Each column: its field, what its heading says, its first cells."""
        top = number_of(str(self["top"].value()))
        first = -1 if top is None else min(top, len(self.rows) - 1)
        for place in range(self.width):
            cells = [row[place] for row in self.rows[first + 1 :] if row[place]]
            yield {
                "field": self[f"c{place}"],
                "heading": self.rows[first][place] if first >= 0 else "",
                "cells": cells[:SAMPLE],
            }

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors:
            chosen = [said[f"c{place}"] for place in range(self.width)]
            try:
                self.mapping: Mapping = headings.checked(len(self.rows), int(said["top"]), chosen)
            except Denied as denied:
                raise ValidationError(denied.reason) from None
        return said


def _row(cells: list[str]) -> str:
    """A row in few words, for a list to choose from."""
    return listed(cell for cell in cells if cell)[:60] or _("(empty)")
