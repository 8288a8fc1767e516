"""The only place that takes a school list into the database, and writes one out."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.formats.base_formats import Format
from import_export.resources import ModelResource
from import_export.results import Result

from schools import columns, lists, sheets
from schools.columns import Mapping
from schools.forms import TAKES_PART
from schools.language import listed
from schools.lists import ATTRIBUTES, Line, Told
from schools.models import Region, School, SchoolType
from schools.models.regions import NATION
from schools.models.schools import Ownership, derive_profile
from schools.roles import PartyForm
from schools.sheets import Sheet

BATCH = 500
WRITTEN = [*(ATTRIBUTES.get(name, name) for name in columns.COLUMNS), "profile"]
_FIELD_OF = {attribute: name for name, attribute in ATTRIBUTES.items()}


@dataclass
class Report:
    """What came, or would come, of a list. Rows are (row number, school, sentence)."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    added: list[tuple[int, str, str]] = field(default_factory=list)
    changes: list[tuple[int, str, str]] = field(default_factory=list)
    held_back: list[tuple[int, str, str]] = field(default_factory=list)
    warnings: list[tuple[int, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    frozen: dict[int, str] = field(default_factory=dict)  # row held back → code of the school
    refused_rows: int = 0
    written: bool = False

    def sentence(self) -> str:
        """The four numbers; every row of the list is in exactly one of them."""
        return _(
            "%(new)d new, %(changed)d changed, %(unchanged)d unchanged, %(refused)d refused."
        ) % {
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": self.refused_rows,
        }


class SchoolList(Format):
    """One format for all: what a file holds decides how it is read, not its name."""

    def __init__(self, encoding: str | None = None) -> None:
        self.encoding = encoding

    def get_title(self) -> str:
        return "xlsx, xls, csv"

    def can_import(self) -> bool:
        return True

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        """The list as a dataset; Denied with the sentence and the way out."""
        return dataset_of(sheets.read(in_stream))


def dataset_of(sheet: Sheet, mapping: Mapping | None = None) -> tablib.Dataset:
    """A dataset of row numbers; what stands in the rows is its `listing`, read once."""
    dataset = tablib.Dataset(headers=["row"])
    dataset.listing = columns.recognise(sheet, mapping)
    for row in dataset.listing.rows:
        dataset.append([str(row.number)])
    dataset.note = sheets.describe(sheet)
    return dataset


class Counted(Result):
    """Counts rows and keeps none: the lines of the list say what became of each."""

    def append_row_result(self, row_result: Any) -> None:
        """Fifty thousand of them would be most of the memory."""


class _Away(Format):
    def get_read_mode(self) -> str:
        return "rb"

    def can_export(self) -> bool:
        return True


class Xlsx(_Away):
    def get_title(self) -> str:
        return "xlsx"

    def get_extension(self) -> str:
        return "xlsx"

    def get_content_type(self) -> str:
        return sheets.XLSX

    def export_data(self, dataset: tablib.Dataset, **_options: Any) -> bytes:
        return sheets.write_xlsx(dataset.headers, dataset, _("Schools"))


class Csv(_Away):
    def get_title(self) -> str:
        return "csv"

    def get_extension(self) -> str:
        return "csv"

    def get_content_type(self) -> str:
        return "text/csv; charset=utf-8"

    def export_data(self, dataset: tablib.Dataset, **_options: Any) -> bytes:
        return sheets.write_csv(dataset.headers, dataset)


class SchoolResource(ModelResource):
    """A school list, all of it or nothing; with `skip_bad` its good rows.

    `scope`: the region whose schools the list may touch. `tell` hears (rows done, of all), each
    row being done twice: once read, once compared or written.
    """

    def __init__(
        self,
        *,
        scope: str = NATION,
        skip_bad: bool = False,
        tell: Callable[[int, int], None] = lambda done, of_all: None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.scope, self.skip_bad, self.tell = scope, skip_bad, tell
        self.told: Told | None = None
        self.lines: dict[int, Line] = {}
        self.rehearsal = False
        self.changed: Iterator[int] = iter(())
        self.whole: dict[int, School] = {}  # the next of those that change

    class Meta:
        model = School
        fields = columns.COLUMNS
        import_id_fields = ()
        use_bulk = True
        batch_size = BATCH
        skip_diff = True
        clean_model_instances = False

    # ---- in

    def get_result_class(self) -> type[Result]:
        return Counted

    def read(self, dataset: tablib.Dataset) -> Told:
        """What the cells say; `import_data` does it too, yet not before its transaction."""
        rows = len(dataset)
        self.told = lists.read(dataset.listing, self.scope, lambda done: self.tell(done, 2 * rows))
        return self.told

    def after_import_row(self, row: dict[str, str], row_result: Any, **options: Any) -> None:
        assert self.told is not None
        rows = len(self.told.lines)
        self.tell(rows + options["row_number"], 2 * rows)

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, **options: Any) -> Result:
        options |= {"use_transactions": not dry_run, "rollback_on_validation_errors": True}
        told = self.told or self.read(dataset)
        with nullcontext() if dry_run else transaction.atomic():
            found = lists.match(told, lock=not dry_run)
            self.lines = {line.row.number: line for line in found}
            self.rehearsal, self.whole = dry_run, {}
            self.changed = (
                line.school.pk
                for line in found
                if line.school and line.changes and not line.refused
            )
            result = super().import_data(dataset, dry_run=dry_run, **options)
        result.report = self._report(dataset)
        failed = result.has_errors() or result.has_validation_errors()
        result.report.written = not (dry_run or failed)
        return result

    def get_or_init_instance(self, loader: Any, row: dict[str, str]) -> tuple[School, bool]:
        line = self.lines[int(row["row"])]
        if line.school is None:
            return School(), True
        if self.rehearsal or line.refused or not line.changes:
            return School(pk=line.school.pk), False
        if line.school.pk not in self.whole:
            self.whole = School.objects.in_bulk(list(islice(self.changed, BATCH)))
        return self.whole[line.school.pk], False

    def import_instance(self, instance: School, row: dict[str, str], **_options: Any) -> None:
        line = self.lines[int(row["row"])]
        if line.refused:
            raise ValidationError([sentence for _column, sentence in line.row.problems])
        if line.first:
            return
        values = line.values if line.school is None else _new_values(line)
        for attribute, value in values.items():
            setattr(instance, attribute, value)
        instance.profile = derive_profile(instance)[0]

    def skip_row(self, instance: School, original: Any, row: Any, errors: Any = None) -> bool:
        line = self.lines[int(row["row"])]
        if line.refused:
            return self.skip_bad
        return bool(line.first) or (line.school is not None and not line.changes)

    def bulk_create(self, using: bool, dry_run: bool, *rest: Any, **options: Any) -> None:
        """A rehearsal writes nothing, so that it never holds the database."""
        if dry_run:
            self.create_instances.clear()
        else:
            super().bulk_create(using, dry_run, *rest, **options)

    def bulk_update(
        self,
        using: bool,
        dry_run: bool,
        raise_errors: bool,
        batch_size: int | None = None,
        result: Any = None,
    ) -> None:
        """One statement per batch, and only the columns that a list may change."""
        try:
            if not dry_run:
                School.objects.bulk_create(
                    self.update_instances,
                    batch_size=BATCH,
                    update_conflicts=True,
                    unique_fields=["pk"],
                    update_fields=WRITTEN,
                )
        except Exception as error:
            self.handle_import_error(result, error, raise_errors)
        finally:
            self.update_instances.clear()

    def _report(self, dataset: tablib.Dataset) -> Report:
        report, names = Report(), _Names(self.lines.values())
        if dataset.note:
            report.notes.append(dataset.note)
        if dataset.listing.unread:
            report.notes.append(
                _("Columns that were not read: %(headings)s.")
                % {"headings": listed(dataset.listing.unread)[:200]}
            )
        for line in self.lines.values():
            at = (line.row.number, line.values.get("name", line.row.texts.get("name", "")))
            if line.refused:
                report.refused_rows += 1
                report.refused += [(*at, placed(*said)) for said in line.row.problems]
                continue
            if line.new:
                report.new += 1
                report.added.append((*at, line.values["code"]))
            report.changed += bool(line.changes)
            report.unchanged += not line.new and not line.changes
            if line.frozen and line.school:
                report.frozen[line.row.number] = line.school.code
            report.changes += [(*at, words) for words in names.words(line.changes)]
            report.held_back += [(*at, words) for words in names.words(line.frozen)]
            report.warnings += [(*at, sentence) for sentence in line.warnings]
        return report

    # ---- out

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        return [columns.title(name) for name in columns.COLUMNS]

    def export_resource(self, instance: School, *_args: Any, **_kwargs: Any) -> list[object]:
        """The cells of a school, such that the list taken back in changes nothing."""
        cells: list[object] = []
        for name in columns.COLUMNS:
            value = getattr(instance, ATTRIBUTES.get(name, name))
            if name in ("ownership", "form"):
                value = value and columns.written(name, value)
            cells.append("" if value is None else value)
        return cells

    def get_user_visible_fields(self) -> list[Field]:
        return [Field(column_name=columns.title(name)) for name in columns.COLUMNS]


def template() -> bytes:
    """An empty school list with drop-downs, and what each column holds."""
    types = SchoolType.objects.filter(TAKES_PART)
    offered: dict[str, list[str]] = {
        "school_type": [str(one) for one in types],
        "ownership": [str(label) for label in Ownership.labels],
        "form": [str(label) for label in PartyForm.labels],
    }
    notes = [
        (_("Column"), _("What a cell holds")),
        *((columns.title(name), str(columns.HINTS[name])) for name in columns.COLUMNS),
    ]
    return sheets.write_template(
        [columns.title(name) for name in columns.COLUMNS],
        {columns.COLUMNS.index(name): words for name, words in offered.items()},
        notes,
        [_("Schools"), _("Notes"), _("Choices")],
    )


def _new_values(line: Line) -> dict[str, Any]:
    return {attribute: new for attribute, (_old, new) in line.changes.items()}


def placed(column: str, sentence: str) -> str:
    """The sentence behind the heading of its column."""
    if not column:
        return sentence
    return _("%(column)s: %(sentence)s") % {"column": columns.title(column), "sentence": sentence}


class _Names:
    """Says values as people read them: regions and types by name."""

    def __init__(self, lines: Iterable[Line]) -> None:
        pairs = [
            (attribute, value)
            for line in lines
            for attribute, both in [*line.changes.items(), *line.frozen.items()]
            for value in both
        ]
        places = {value for attribute, value in pairs if attribute in ("region_id", "authority_id")}
        self.regions = Region.objects.in_bulk(places)
        types = {value for attribute, value in pairs if attribute == "school_type_id" and value}
        self.types = SchoolType.objects.in_bulk(types)

    def words(self, changes: dict[str, tuple[Any, Any]]) -> list[str]:
        return [
            _("%(column)s: %(old)s → %(new)s")
            % {
                "column": columns.title(_FIELD_OF.get(attribute, attribute)),
                "old": self._said(attribute, old),
                "new": self._said(attribute, new),
            }
            for attribute, (old, new) in changes.items()
        ]

    def _said(self, attribute: str, value: Any) -> str:
        if value is None or value == "":
            return _("empty")
        if attribute in ("region_id", "authority_id"):
            return str(self.regions[value])
        if attribute == "school_type_id":
            return str(self.types[value])
        if attribute in ("ownership", "form"):
            return columns.written(attribute, value)
        return str(value)
