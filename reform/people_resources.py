"""The only place that takes a list of accounts into the database, and writes the one to fill in."""

import io
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import tablib
import xlsxwriter
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from import_export.resources import ModelResource
from import_export.results import Result

from reform import accounts, history, particulars, people, people_columns, people_lists
from reform.people_lists import Line
from schools import clock, sheets
from schools.columns import Listing
from schools.errors import Denied
from schools.language import listed
from schools.models import User
from schools.roles import Role
from schools.scope import Seat

ASKED = ("role", "name", "post", "phone", "email", "username")
PIECE = 100  # rows of one transaction
ROOM = 2_000  # rows of a workbook to fill in that have the drop-down
Told = tuple[int, str, str, str]


@dataclass
class Report:
    """What came, or would come, of a list. Rows are (row number, school, person, sentence)."""

    new: list[Told] = field(default_factory=list)
    changed: list[Told] = field(default_factory=list)
    refused: list[Told] = field(default_factory=list)
    unchanged: int = 0
    refused_rows: int = 0
    notes: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        """The four numbers; every row of the list is in exactly one of them."""
        return _(
            "New %(new)d, changed %(changed)d, unchanged %(unchanged)d, left out %(refused)d."
        ) % {
            "new": len(self.new),
            "changed": len({row for row, *_rest in self.changed}),
            "unchanged": self.unchanged,
            "refused": self.refused_rows,
        }


def read(data: bytes) -> tuple[Listing, list[str]]:
    """The list in a file, and notes about how it was read; Denied with the way out."""
    sheet = sheets.read(data)
    listing = people_columns.recognise(sheet)
    notes = [note for note in [sheets.describe(sheet)] if note]
    if listing.unread:
        words = _("Columns that were not read: %(headings)s.")
        notes.append(words % {"headings": listed(listing.unread)[:200]})
    return listing, notes


class AccountResource(ModelResource):
    """A list of accounts of the schools of one authority: good rows go in, wrong ones are told.

    Rehearse with `dry_run`. Rows are written PIECE at a time, so that nobody waits for the whole
    list; sent again, what is written already is unchanged. No password changes.
    """

    def __init__(self, *, seat: Seat, tell: Callable[[int, int], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seat, self.tell = seat, tell
        self.lines: dict[int, Line] = {}

    class Meta:
        model = User
        fields = ("username", *particulars.FIELDS)
        import_id_fields = ()
        skip_diff = True
        clean_model_instances = False

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, **options: Any) -> Result:
        options |= {"use_transactions": False, "raise_errors": not dry_run}
        found = people_lists.compare(dataset.listing, self.seat)
        self.lines = {line.row.number: line for line in found}
        for start in range(0, len(dataset), PIECE):
            with nullcontext() if dry_run else transaction.atomic():
                piece = dataset[start : start + PIECE]
                rows = tablib.Dataset(*piece, headers=dataset.headers)
                if not dry_run:
                    self._lock(int(row[0]) for row in piece)
                result = super().import_data(rows, dry_run=dry_run, **options)
            self.tell(min(start + PIECE, len(dataset)), len(dataset))
        result.report = self._report(dataset)
        return result

    def _lock(self, numbers: Iterable[int]) -> None:
        """The chains of a piece at once, in the order of all writers; singly they would cross."""
        schools = (self.lines[number].school for number in numbers)
        history.lock(school.subject for school in schools if school is not None)

    def get_or_init_instance(self, loader: Any, row: dict[str, str]) -> tuple[User, bool]:
        held = self.lines[int(row["row"])].held
        return (User(), True) if held is None else (held.user, False)

    def import_instance(self, instance: User, row: dict[str, str], **_options: Any) -> None:
        line = self.lines[int(row["row"])]
        for attribute, (_old, new) in line.changes.items():
            setattr(instance, attribute, new)

    def skip_row(self, instance: User, original: Any, row: Any, errors: Any = None) -> bool:
        line = self.lines[int(row["row"])]
        return line.refused or (line.held is not None and not line.changes)

    def save_instance(
        self, instance: User, is_create: bool, row: dict[str, str], **options: Any
    ) -> None:
        """By the one door to accounts; a rehearsal knocks at none."""
        if options.get("dry_run"):
            return
        line = self.lines[int(row["row"])]
        try:
            self._write(line, instance)
        except Denied as denied:
            line.row.wrong("", denied.reason)
        except ValidationError as error:
            line.row.wrong("", " ".join(error.messages))

    def _write(self, line: Line, user: User) -> None:
        if line.held is None:
            assert line.school is not None
            asked: dict[str, Any] = {name: line.values.get(name, "") for name in ASKED}
            accounts.create(self.seat, place=line.school, **asked)
        else:
            new = {name: pair[1] for name, pair in line.changes.items()}
            particulars.change(user, by=self.seat, **new)

    def _report(self, dataset: tablib.Dataset) -> Report:
        report = Report(notes=list(dataset.notes))
        for line in self.lines.values():
            told = (line.row.number, _school_said(line), _person_said(line))
            if line.refused:
                report.refused_rows += 1
                report.refused += [(*told, _placed(*said)) for said in line.row.problems]
            elif line.held is None:
                report.new.append((*told, str(Role(line.values["role"]).label)))
            elif line.changes:
                report.changed += [(*told, words) for words in _changes(line)]
            else:
                report.unchanged += 1
        return report


def dataset_of(listing: Listing, notes: list[str]) -> tablib.Dataset:
    """A listing as import-export takes it."""
    dataset = tablib.Dataset(headers=["row", *listing.columns])
    for row in listing.rows:
        cells = [row.texts.get(column, "") for column in listing.columns]
        dataset.append([str(row.number), *cells])
    dataset.listing, dataset.notes = listing, notes
    return dataset


def _school_said(line: Line) -> str:
    texts = line.row.texts
    return line.school.name if line.school else texts.get("school") or texts.get("code", "")


def _person_said(line: Line) -> str:
    name = line.row.texts.get("name", "")
    return name or (str(line.held.user) if line.held else str(Role(line.values["role"]).label))


def _placed(column: str, sentence: str) -> str:
    if not column:
        return sentence
    words = _("%(column)s: %(sentence)s")
    return words % {"column": people_columns.title(column), "sentence": sentence}


def _changes(line: Line) -> list[str]:
    words = _("%(column)s: %(old)s → %(new)s")
    return [
        words % {"column": people_columns.title(name), "old": old or _("empty"), "new": new}
        for name, (old, new) in line.changes.items()
    ]


# ---- away


def template(seat: Seat, *, filled: bool) -> bytes:
    """A workbook to fill in; `filled` with a row for each school that has no filer."""
    rows: list[list[str]] = []
    if filled:
        schools = people.without_filer(seat, clock.today())
        role = str(Role.filer.label)
        rows = [[school.code, school.name, "", role] for school in schools]
    return _workbook([people_columns.title(name) for name in people_columns.COLUMNS], rows)


def failed_rows(listing: Listing, report: Report) -> bytes:
    """The refused rows as they were sent, each with what is wrong, to be mended and sent again."""
    why: dict[int, list[str]] = {}
    for number, _school, _person, sentence in report.refused:
        why.setdefault(number, []).append(sentence)
    heads = [people_columns.title(name) for name in people_columns.COLUMNS]
    rows = [
        [*(row.texts.get(name, "") for name in people_columns.COLUMNS), " ".join(why[row.number])]
        for row in listing.rows
        if row.number in why
    ]
    return _workbook([*heads, _("What is wrong")], rows)


def _workbook(headings: list[str], rows: list[list[str]]) -> bytes:
    """One sheet of texts, its roles to be chosen from a drop-down."""
    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
        sheet = book.add_worksheet(_("Accounts"))
        sheet.freeze_panes(1, 0)
        as_text = book.add_format({"num_format": "@"})
        sheet.set_column(0, len(headings) - 1, 18, as_text)
        bold = book.add_format({"bold": True})
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, column, sheets.guarded(cell), as_text)
        sheet.data_validation(
            1,
            people_columns.COLUMNS.index("role"),
            max(ROOM, len(rows)),
            people_columns.COLUMNS.index("role"),
            {
                "validate": "list",
                "source": [str(role.label) for role in people_columns.ROLES],
                "error_title": people_columns.title("role"),
                "error_message": str(people_columns.HINTS["role"]),
            },
        )
    return out.getvalue()
