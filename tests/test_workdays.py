"""Working days, terms, offered dates and due dates, against the official calendar of 2026."""

from datetime import date, timedelta

import pytest

from schools.errors import Denied
from schools.management.commands.load_calendar import china
from schools.models import CalendarDay, Region, Term
from schools.models.calendar import DayKind
from schools.workdays import Calendar, due_date, school_year_of

pytestmark = pytest.mark.django_db

WEEKS_10 = {"anchor": "term_start", "weeks": 10}
TERM_END = {"anchor": "term_end", "working_days": -10}


def day(text):
    return date.fromisoformat(text)


def term(region, year, no, starts, ends, stage=""):
    Term.objects.create(
        region_id=region, stage=stage, school_year=year, no=no, starts=day(starts), ends=day(ends)
    )


@pytest.fixture
def places():
    kinds = {1: "nation", 2: "province", 4: "city", 6: "county"}
    for code in ("0", "33", "3301", "330106", "330110", "45", "4501", "450102"):
        Region.objects.get_or_create(code=code, defaults={"kind": kinds[len(code)]})


@pytest.fixture
def year(places):
    """Nothing but the nation's real days of 2026 and 2027, and its terms of 2026-2027."""
    CalendarDay.objects.all().delete()
    Term.objects.all().delete()
    CalendarDay.objects.bulk_create([*china(2026), *china(2027)])
    term("0", "2026-2027", 1, "2026-09-01", "2027-01-22")
    term("0", "2026-2027", 2, "2027-02-22", "2027-07-02")


@pytest.fixture
def county(year):
    return Calendar.of("330106")


@pytest.mark.parametrize(
    ("wanted", "later", "earlier"),
    [
        ("2026-10-03", "2026-10-08", "2026-09-30"),
        ("2026-02-15", "2026-02-24", "2026-02-14"),
        ("2026-06-20", "2026-06-22", "2026-06-18"),
        ("2026-04-05", "2026-04-07", "2026-04-03"),
    ],
)
def test_a_day_off_moves_to_the_next_or_the_last_working_day(county, wanted, later, earlier):
    assert (county.forward(day(wanted)), county.back(day(wanted))) == (day(later), day(earlier))


@pytest.mark.parametrize("text", ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"])
def test_a_make_up_workday_stays_where_it_is(county, text):
    made_up = day(f"2026-{text}")
    assert made_up.weekday() >= 5
    assert county.forward(made_up) == county.back(made_up) == made_up


def test_2026_has_248_working_days(county):
    assert county.working_days_between(day("2025-12-31"), day("2026-12-31")) == 248


@pytest.mark.parametrize(
    ("due", "stages"),
    [
        ("2026-10-08", ["09-10", "09-21", "09-28", "10-08", "10-09", "10-14"]),
        ("2026-06-30", ["06-08", "06-18", "06-25", "06-30", "07-01", "07-07"]),
        ("2026-11-30", ["11-09", "11-19", "11-25", "11-30", "12-01", "12-07"]),
    ],
)
def test_the_stages_of_a_due_date_are_counted_in_working_days(county, due, stages):
    counted = [county.add(day(due), number) for number in (-15, -7, -3, 0, 1, 5)]
    assert counted == [day(f"2026-{text}") for text in stages]


def test_working_days_between_counts_both_ways(county):
    friday, tuesday = day("2026-11-20"), day("2026-11-24")
    assert county.working_days_between(friday, tuesday) == 2
    assert county.working_days_between(tuesday, friday) == -2
    assert county.working_days_between(friday, friday) == 0


def test_a_calendar_costs_two_queries_and_then_none(year, django_assert_num_queries):
    with django_assert_num_queries(2):
        found = Calendar.of_each(["330106", "330110", "4501"])
    with django_assert_num_queries(0):
        found["4501"].first_offered(day("2026-11-20"))
        found["330106"].terms("2026-2027")


def test_a_region_adds_its_own_holiday_and_the_rest_of_the_nation_works(year):
    march_3 = day("2027-04-09")
    CalendarDay.objects.create(region_id="45", date=march_3, kind=DayKind.holiday, name="三月三")
    assert not Calendar.of("450102").is_workday(march_3)
    assert Calendar.of("330106").is_workday(march_3)


def test_the_days_alone_cost_one_query_and_are_those_of_the_whole_calendar(
    year, django_assert_num_queries
):
    CalendarDay.objects.create(region_id="45", date=day("2026-04-20"), kind=DayKind.holiday)
    CalendarDay.objects.create(
        region_id="4501", date=day("2026-04-20"), kind=DayKind.makeup_workday
    )
    with django_assert_num_queries(1):
        days = Calendar.days_of("450102")
    whole = Calendar.of("450102")
    span = [day("2026-01-01") + timedelta(days=n) for n in range(365)]
    assert [d for d in span if days.is_workday(d)] == [d for d in span if whole.is_workday(d)]
    assert days.is_workday(day("2026-04-20"))


def test_a_region_can_work_on_a_holiday_of_the_nation(year):
    CalendarDay.objects.create(
        region_id="3301", date=day("2026-10-05"), kind=DayKind.makeup_workday, name="补课"
    )
    assert Calendar.of("330106").is_workday(day("2026-10-05"))
    assert not Calendar.of("33").is_workday(day("2026-10-05"))


def test_terms_come_from_the_nearest_region_term_by_term(year):
    term("33", "2026-2027", 1, "2026-09-01", "2027-01-29")
    term("33", "2026-2027", 2, "2027-03-01", "2027-07-09")
    term("330106", "2026-2027", 2, "2027-02-24", "2027-06-30")
    assert Calendar.of("330106").terms("2026-2027") == {
        1: (day("2026-09-01"), day("2027-01-29")),
        2: (day("2027-02-24"), day("2027-06-30")),
    }
    assert Calendar.of("450102").terms("2026-2027")[1] == (day("2026-09-01"), day("2027-01-22"))
    assert Calendar.of("330106").terms("2030-2031") == {}


def test_where_stages_differ_the_latest_start_and_the_earliest_end_count(year):
    term("330106", "2026-2027", 1, "2026-09-07", "2027-01-29", stage="P")
    term("330106", "2026-2027", 1, "2026-08-31", "2027-01-15", stage="S")
    assert Calendar.of("330106").terms("2026-2027")[1] == (day("2026-09-07"), day("2027-01-15"))


def test_a_stage_row_of_the_nearest_region_beats_its_row_for_all_and_kindergartens_do_not_count(
    year,
):
    term("330106", "2026-2027", 1, "2026-09-02", "2027-01-20")
    term("330106", "2026-2027", 1, "2026-09-01", "2027-01-21", stage="P")
    term("330106", "2026-2027", 1, "2026-09-30", "2026-12-01", stage="K")
    assert Calendar.of("330106").terms("2026-2027")[1] == (day("2026-09-02"), day("2027-01-20"))


def test_offered_dates_are_the_last_working_day_of_each_week_inside_a_term(county):
    assert county.offered(day("2026-09-11"), day("2026-10-18")) == [
        day("2026-09-20"),  # Friday 18 is followed by a worked Sunday
        day("2026-09-24"),  # Friday 25 is Mid-Autumn
        day("2026-09-30"),
        day("2026-10-10"),  # a worked Saturday
        day("2026-10-16"),
    ]
    assert county.offered(day("2027-01-15"), day("2027-02-26")) == [
        day("2027-01-22"),
        day("2027-02-26"),
    ]


def test_the_first_offered_date_is_five_working_days_ahead_and_skips_vacations(county):
    assert county.first_offered(day("2026-11-20")) == day("2026-11-27")
    assert county.first_offered(day("2026-11-23")) == day("2026-12-04")
    assert county.first_offered(day("2027-01-18")) == day("2027-02-26")


def test_after_the_last_known_term_the_week_still_offers_a_date(county):
    assert county.first_offered(day("2027-07-01")) == day("2027-07-09")


@pytest.mark.parametrize(
    ("rule", "term_no", "clock", "due"),
    [
        (WEEKS_10, None, "school", "2026-11-10"),
        ({"anchor": "term_start", "weeks": 6}, None, "party", "2026-10-13"),
        (TERM_END, 1, "school", "2027-01-08"),
        (TERM_END, 2, "party", "2027-06-18"),
        ({"date": "06-15"}, None, "school", "2027-06-15"),
        ({"date": "12-10"}, None, "party", "2026-12-10"),
        ({"date": "10-03"}, None, "school", "2026-10-08"),
        ({"date": "10-03", "shift": "back"}, None, "school", "2026-09-30"),
    ],
)
def test_a_due_rule_names_a_working_day_of_the_school_year(county, rule, term_no, clock, due):
    assert due_date(rule, "2026-2027", term_no, county, clock=clock) == day(due)


def test_a_date_of_the_party_clock_never_leaves_its_month(county):
    assert due_date({"date": "10-31"}, "2026-2027", None, county) == day("2026-11-02")
    assert due_date({"date": "10-31"}, "2026-2027", None, county, clock="party") == day(
        "2026-10-30"
    )
    backwards = {"date": "10-03", "shift": "back"}
    assert due_date(backwards, "2026-2027", None, county, clock="party") == day("2026-10-08")


def test_a_term_item_never_falls_due_in_a_vacation(county):
    for weeks, due in ((30, "2027-01-22"), (-4, "2026-09-01")):
        rule = {"anchor": "term_start", "weeks": weeks}
        assert due_date(rule, "2026-2027", 1, county) == day(due)
    assert due_date({"date": "08-20"}, "2026-2027", 2, county) == day("2027-07-02")


def test_the_last_day_of_february_exists_every_year(county):
    assert due_date({"date": "02-29"}, "2026-2027", None, county) == day("2027-03-01")


def test_a_year_without_terms_is_refused_with_a_sentence(county):
    with pytest.raises(Denied) as refused:
        due_date(WEEKS_10, "2031-2032", None, county)
    assert "2031-2032" in refused.value.reason


def test_the_school_year_turns_on_the_first_of_september():
    assert school_year_of(day("2026-08-31")) == "2025-2026"
    assert school_year_of(day("2026-09-01")) == "2026-2027"
