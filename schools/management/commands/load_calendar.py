"""The only place that loads holidays, make-up workdays and default terms from library and seeds."""

from datetime import date
from pathlib import Path
from typing import Any

import holidays
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import translation

from schools.management.seeds import SEEDS, read_rows
from schools.models import CalendarDay, Region, Term
from schools.models.calendar import DayKind
from schools.models.regions import NATION
from schools.roles import Stage

YEARS = (2025, 2026, 2027)
SOURCE = "holidays"  # the library; a row with another source came from a notice and is left alone
TERM_COLUMNS = ("region", "stage", "school_year", "no", "starts", "ends", "provisional")


class Command(BaseCommand):
    help = "Load the nation's holidays and default terms; a second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--years", type=int, nargs="+", default=YEARS)
        parser.add_argument("--terms", type=Path, default=SEEDS / "calendar" / "terms.csv")

    def handle(self, **options: Any) -> None:
        if not Region.objects.filter(pk=NATION).exists():
            raise CommandError("There are no regions yet: run load_regions first.")
        years = sorted(set(options["years"]))
        terms = read_terms(options["terms"])
        places = {term.region_id for term in terms}
        if unknown := places - set(Region.objects.in_bulk(places)):
            raise CommandError(f"{options['terms']}: no such region: {', '.join(sorted(unknown))}")
        with transaction.atomic():
            days = sum(store_year(year) for year in years)
            stored = sum(store_term(term) for term in terms)
        self.stdout.write(
            f"Holidays of {', '.join(map(str, years))} and {len(terms)} terms; "
            f"{days + stored} rows new or changed."
        )


def china(year: int) -> list[CalendarDay]:
    """The nation's holidays and make-up workdays of a year, by the library.

    A year is provisional until the library knows its make-up workdays: the official notice
    comes in the autumn before.
    """
    found = holidays.country_holidays("CN", years=year, language="zh_CN")
    worked = sorted(day for day in found.weekend_workdays if day.year == year)
    rows = [(day, DayKind.holiday, name) for day, name in sorted(found.items())]
    with translation.override(settings.LANGUAGE_CODE):
        rows += [(day, DayKind.makeup_workday, str(DayKind.makeup_workday.label)) for day in worked]
    return [
        CalendarDay(
            region_id=NATION,
            date=day,
            kind=kind,
            name=name[:40],
            source=SOURCE,
            provisional=not worked,
        )
        for day, kind, name in rows
    ]


def store_year(year: int) -> int:
    """Bring the nation's days of a year in step with the library; the number of rows touched.

    Days of another source (an official notice that somebody imported) stay as they are.
    """
    wanted = {row.date: row for row in china(year)}
    if not wanted:
        raise CommandError(f"The library knows no holidays of {year}.")
    kept = {row.date: row for row in CalendarDay.objects.filter(region_id=NATION, date__year=year)}
    noticed = {day for day, row in kept.items() if row.source != SOURCE}
    if noticed:
        return 0
    touched = 0
    for day, row in wanted.items():
        values = {"kind": row.kind, "name": row.name, "provisional": row.provisional}
        old = kept.pop(day, None)
        if old is None or any(getattr(old, key) != value for key, value in values.items()):
            CalendarDay.objects.update_or_create(
                region_id=NATION, date=day, defaults={**values, "source": SOURCE}
            )
            touched += 1
    gone, _ = CalendarDay.objects.filter(pk__in=[row.pk for row in kept.values()]).delete()
    return touched + gone


def read_terms(path: Path) -> list[Term]:
    """The default terms; a date that does not exist is refused with its line."""
    found = []
    for line, row in enumerate(read_rows(path, TERM_COLUMNS), start=2):
        try:
            term = Term(
                region_id=row["region"],
                stage=row["stage"],
                school_year=row["school_year"],
                no=int(row["no"]),
                starts=date.fromisoformat(row["starts"]),
                ends=date.fromisoformat(row["ends"]),
                provisional=row["provisional"] == "1",
            )
            fits = term.starts < term.ends and in_year(term)
        except ValueError as error:
            raise CommandError(f"{path}:{line}: {error}") from None
        if term.no not in (1, 2) or term.stage not in ("", *Stage.values):
            raise CommandError(f"{path}:{line}: no such term or stage")
        if not fits:
            raise CommandError(f"{path}:{line}: the dates do not fit the school year")
        found.append(term)
    return found


def in_year(term: Term) -> bool:
    """Whether both dates lie in the term's school year, 1 September to 31 August."""
    first = int(term.school_year[:4])
    return (
        term.school_year == f"{first}-{first + 1}"
        and date(first, 9, 1) <= term.starts
        and term.ends <= date(first + 1, 8, 31)
    )


def store_term(term: Term) -> int:
    """Add a term, or move one that is still provisional; one that was confirmed stays."""
    key = {name: getattr(term, name) for name in ("region_id", "stage", "school_year", "no")}
    old = Term.objects.filter(**key).first()
    values = {name: getattr(term, name) for name in ("starts", "ends", "provisional")}
    if old is None:
        term.save()
        return 1
    if not old.provisional or all(getattr(old, name) == value for name, value in values.items()):
        return 0
    return Term.objects.filter(pk=old.pk).update(**values)
