"""The only place that takes a block into a register and gives a register away, as files do it."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db import router
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import Resource

from schools import recording, register_blocks, sheets
from schools.language import is_chinese, listed
from schools.register_blocks import MOST_SENT, PastedRow, numbered
from schools.register_forms import Desk
from schools.register_shape import Column
from schools.register_sheets import CHANGED, NEW, REFUSED, Look, cells, said
from schools.sheets import Sheet

Keep = Callable[[Sequence[Any]], Any]
MOST_OFFERED = 250  # words of a drop-down


class RegisterResource(Resource):
    """One register of one school. `keep` writes the rows that an import found, in one act."""

    class Meta:
        use_bulk = True
        skip_diff = True
        clean_model_instances = False
        import_id_fields = ()
        instance_loader_class = BaseInstanceLoader

    def __init__(self, desk: Desk, keep: Keep | None = None) -> None:
        super().__init__()
        self.desk, self.keep = desk, keep
        self.lines: dict[str, Any] = {}

    def get_db_connection_name(self) -> str:
        return router.db_for_write(self.desk.register.model)

    # ---- in

    def take(self, look: Look) -> Any:
        """Write what can be written of a block; call inside a transaction. Result by row.

        Whatever `keep` raises is raised.
        """
        dataset = tablib.Dataset(headers=["row"])
        self.lines = {str(line.number): line for line in look.lines}
        for number in self.lines:
            dataset.append([number])
        result = self.import_data(dataset)
        if result.has_errors():
            raise (result.base_errors or result.row_errors()[0][1])[0].error
        return result

    def get_or_init_instance(self, loader: Any, row: dict[str, str]) -> tuple[Any, bool]:
        line = self.lines[row["row"]]
        return line.row, line.state == NEW

    def import_instance(self, instance: Any, row: dict[str, str], **_options: Any) -> None:
        if self.lines[row["row"]].state == REFUSED:
            raise ValidationError(reasons(self.lines[row["row"]].errors, self.desk))

    def skip_row(self, instance: Any, original: Any, row: Any, errors: Any = None) -> bool:
        line = self.lines[row["row"]]
        return line.state not in (NEW, CHANGED, REFUSED) or line.later

    def bulk_create(self, *_args: Any, **_options: Any) -> None:
        """New rows and changed ones are written together, see `after_import`."""

    bulk_update = bulk_create

    def after_import(self, dataset: tablib.Dataset, result: Any, **_options: Any) -> None:
        rows = [*self.create_instances, *self.update_instances]
        if rows and self.keep:
            self.keep(rows)

    # ---- out

    def get_queryset(self) -> Any:
        rows = recording.living(self.desk.register, self.desk.school)
        joins = any(column.sort == "schools" for column in self.desk.columns)
        return rows.prefetch_related("members") if joins else rows

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        return [column.heading for column in self.desk.columns]

    def get_user_visible_fields(self) -> list[Field]:
        return [Field(column_name=column.heading) for column in self.desk.columns]

    def export_resource(self, instance: Any, *_args: Any, **_options: Any) -> list[str]:
        return cells(self.desk, instance)


def exported(desk: Desk, kind: str) -> bytes:
    """The register as it stands, "xlsx" or "csv"; taken back in it changes nothing."""
    dataset = RegisterResource(desk).export()
    if kind == "csv":
        return sheets.write_csv(dataset.headers, dataset)
    return sheets.write_xlsx(dataset.headers, dataset, title(desk))


def title(desk: Desk) -> str:
    """The register's name as that of a sheet."""
    return str(desk.register.name)[:31]


def reasons(errors: dict[str, list[str]], desk: Desk) -> list[str]:
    """Sentences behind the heading of their column, as a row's errors are told in a list."""
    titles = {column.name: column.heading for column in desk.columns}
    return [
        _("%(column)s: %(sentence)s") % {"column": titles[name], "sentence": sentence}
        if name in titles
        else sentence
        for name, sentences in errors.items()
        for sentence in sentences
    ]


def failed(look: Look) -> bytes:
    """The refused rows as they were sent, with the reasons: to be mended and sent again."""
    desk = look.desk
    heads = look.headings
    width = max(len(heads), *(len(line.cells) for line in look.refused))
    headings = [*heads, *[""] * (width - len(heads)), _("Row"), _("Why it was refused")]
    rows = [
        [
            *map(sheets.unguarded, line.cells),
            *[""] * (width - len(line.cells)),
            line.number,
            " ".join(reasons(line.errors, desk)),
        ]
        for line in look.refused
    ]
    return sheets.write_xlsx(headings, rows, title(desk))


def block_of(sheet: Sheet) -> list[PastedRow]:
    """A file as a block; a row of a workbook has as many cells as its widest."""
    rows = sheet.rows
    widest = 0 if sheet.ragged_counts else max((len(cells) for _n, cells in rows), default=0)
    return [
        PastedRow(number, kept[0].cells, max(len(cells), widest))
        for number, cells in rows
        if (kept := numbered([cells]))
    ]


# ---- the empty sheet


def template(desk: Desk) -> bytes:
    """A sheet to fill in: what it is, headings, an example, drop-downs, what each column holds."""
    columns = desk.columns
    mark = register_blocks.words()["example_marks"][0 if is_chinese() else 1]
    example = _example(desk)
    example[0] = mark + _(": ") + example[0]
    notes = [
        (_("Column"), _("What a cell holds")),
        *((column.heading, hint(column)) for column in columns),
    ]
    return sheets.write_template(
        [f"{column.heading}{'*' * column.needed}" for column in columns],
        {
            place: offered
            for place, column in enumerate(columns)
            if (offered := _offered(column, desk))
        },
        notes,
        [title(desk), _("Notes"), _("Choices")],
        above=_("%(what)s Fill in below the example; columns with * must not be empty.")
        % {"what": desk.register.what},
        example=example,
        rows=MOST_SENT,
    )


def _example(desk: Desk) -> list[str]:
    told = register_blocks.words()["examples"][desk.register.key]
    found = []
    for column in desk.columns:
        value = told.get(column.name)
        if isinstance(value, dict):
            value = value["zh" if is_chinese() else "en"]
        plain = isinstance(value, str) and column.sort == "row"
        found.append(str(value) if plain else said(column, value, desk))
    return found


def _offered(column: Column, desk: Desk) -> list[str]:
    """What drops down in a column that takes one of a few words."""
    if column.sort == "choice":
        return [str(label) for _value, label in column.choices]
    if column.sort == "flag":
        return [_("yes"), _("no")]
    if column.sort == "row":
        return list(desk.names[column.name].labels.values())[:MOST_OFFERED]
    return []


def hint(column: Column) -> str:
    """What a cell of a column holds, in words."""
    kinds = {
        "day": _("A day such as %(day)s.") % {"day": date(2026, 9, 1).isoformat()},
        "number": _("A whole number."),
        "flag": _("yes or no"),
        "grades": _("Grades such as 1-6, or several with a comma between."),
        "schools": _("Names or codes of schools, with a comma between."),
    }
    if column.sort in ("choice", "choices"):
        labels = listed(label for _value, label in column.choices)
        if column.sort == "choice":
            return _("One of: %(labels)s.") % {"labels": labels}
        return _("One or several, with a comma between: %(labels)s.") % {"labels": labels}
    if column.sort == "row":
        return _("The name of a row in its own register.")
    if column.sort == "text":
        return _("Text of at most %(most)d characters.") % {"most": column.field.max_length}
    return kinds[column.sort]
