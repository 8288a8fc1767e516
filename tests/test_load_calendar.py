"""What `load_calendar` takes from the library and the seeds, and what it leaves alone."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from schools.management.commands.load_calendar import china
from schools.models import CalendarDay, Region, Term
from schools.workdays import Calendar

pytestmark = pytest.mark.django_db

HEADING = "region,stage,school_year,no,starts,ends,provisional\n"


@pytest.fixture
def empty(db):
    CalendarDay.objects.all().delete()
    Term.objects.all().delete()


def load(**options):
    out = StringIO()
    call_command("load_calendar", stdout=out, **options)
    return out.getvalue()


def days(year, kind):
    found = CalendarDay.objects.filter(date__year=year, kind=kind)
    return [f"{day:%m-%d}" for day in found.values_list("date", flat=True)]


def test_the_make_up_workdays_of_2026_are_those_of_the_notice(empty):
    load()
    assert days(2026, "makeup_workday") == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
    assert not CalendarDay.objects.filter(date__year=2026, provisional=True).exists()


def test_the_days_off_of_2026_are_those_of_the_notice(empty):
    load()
    spans = [
        "0101-0103",
        "0215-0223",
        "0404-0406",
        "0501-0505",
        "0619-0621",
        "0925-0927",
        "1001-1007",
    ]
    off = {
        date.fromordinal(n)
        for first, last in (span.split("-") for span in spans)
        for n in range(
            date.fromisoformat(f"2026{first}").toordinal(),
            date.fromisoformat(f"2026{last}").toordinal() + 1,
        )
    }
    nation = Calendar.of("0")
    every = [date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(365)]
    weekends = {day for day in every if day.weekday() >= 5}
    made_up = {date.fromisoformat(f"2026-{text}") for text in days(2026, "makeup_workday")}
    assert {day for day in every if not nation.is_workday(day)} == (off | weekends) - made_up


def test_a_year_without_a_notice_is_provisional(empty):
    load()
    found = set(CalendarDay.objects.filter(date__year=2027).values_list("provisional", flat=True))
    assert found == {True}
    assert days(2027, "makeup_workday") == []


def test_a_second_load_changes_nothing(empty):
    load()
    assert load() == "Holidays of 2025, 2026, 2027 and 8 terms; 0 rows new or changed.\n"


def test_a_year_that_somebody_entered_from_the_notice_is_left_alone(empty):
    notice = CalendarDay.objects.create(
        region_id="0",
        date=date(2027, 2, 20),
        kind="makeup_workday",
        name="调休",
        source="国务院办公厅",
    )
    load()
    assert list(CalendarDay.objects.filter(date__year=2027)) == [notice]


def test_days_that_the_library_no_longer_names_are_taken_away(empty):
    load()
    CalendarDay.objects.create(
        region_id="0", date=date(2027, 3, 3), kind="holiday", name="误录", source="holidays"
    )
    load()
    assert not CalendarDay.objects.filter(date=date(2027, 3, 3)).exists()


def test_default_terms_are_provisional_and_a_confirmed_term_stays(empty):
    load()
    assert set(Term.objects.values_list("provisional", flat=True)) == {True}
    assert set(Term.objects.values_list("school_year", flat=True)) == {
        "2024-2025",
        "2025-2026",
        "2026-2027",
        "2027-2028",
    }
    first = Term.objects.filter(school_year="2026-2027", no=1)
    first.update(ends=date(2027, 1, 29), provisional=False)
    Term.objects.filter(school_year="2026-2027", no=2).update(ends=date(2027, 7, 9))
    load()
    assert first.get().ends == date(2027, 1, 29)
    assert Term.objects.get(school_year="2026-2027", no=2).ends == date(2027, 7, 2)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("0,,2026-2027,1,2026-02-30,2027-01-22,1", "day is out of range"),
        ("0,,2026-2027,1,2027-01-22,2026-09-01,1", "the dates do not fit the school year"),
        ("0,,2026-2028,1,2026-09-01,2027-01-22,1", "the dates do not fit the school year"),
        ("0,,last,1,2026-09-01,2027-01-22,1", "invalid literal"),
        ("0,,2026-2027,3,2026-09-01,2027-01-22,1", "no such term or stage"),
        ("0,Q,2026-2027,1,2026-09-01,2027-01-22,1", "no such term or stage"),
    ],
)
def test_a_term_that_does_not_fit_is_refused_with_its_line(empty, tmp_path, row, reason):
    path = tmp_path / "terms.csv"
    path.write_text(f"{HEADING}0,,2025-2026,1,2025-09-01,2026-01-30,1\n{row}\n", encoding="utf-8")
    with pytest.raises(CommandError) as refused:
        load(terms=path)
    assert f"terms.csv:3: {reason}" in str(refused.value)
    assert not Term.objects.exists()


def test_a_term_of_an_unknown_region_is_refused(empty, tmp_path):
    path = tmp_path / "terms.csv"
    path.write_text(f"{HEADING}99,,2026-2027,1,2026-09-01,2027-01-22,1\n", encoding="utf-8")
    with pytest.raises(CommandError, match="no such region: 99"):
        load(terms=path)


def test_without_regions_it_says_what_to_run_first(empty):
    Region.objects.all().delete()
    with pytest.raises(CommandError, match="run load_regions first"):
        load()


def test_a_year_the_library_does_not_know_is_refused(empty):
    with pytest.raises(CommandError, match="knows no holidays of 1900"):
        load(years=[1900])


def test_every_holiday_has_a_name_a_reader_knows():
    assert {row.date: row.name for row in china(2026)}[date(2026, 10, 1)] == "国庆节"
    assert all(row.name for year in (2025, 2026, 2027) for row in china(year))
