"""Which days a check looks at in each slot, and where it is judged."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reform.periods import Place, window

TODAY = date(2026, 11, 20)
TERMS = {
    "2026-2027": {
        1: (date(2026, 9, 1), date(2027, 1, 29)),
        2: (date(2027, 3, 1), date(2027, 7, 2)),
    }
}
JANUARY, JUNE, LAST_JUNE = date(2027, 1, 15), date(2027, 6, 18), date(2026, 6, 18)


def place(period="2026-2027", clock="party", due_on=JANUARY, before=None, since=None, terms=TERMS):
    return Place(period, clock, due_on, before, since, terms)


def first(**more):
    return place("2026-2027-1", before=LAST_JUNE, **more)


def second(**more):
    return place("2026-2027-2", due_on=JUNE, before=JANUARY, **more)


def span_of(per, at):
    found = window(per, at, TODAY)
    return (*found.span, found.judged)


def months(per, at):
    return [f"{start:%Y-%m}" for start, _end in window(per, at, TODAY).pieces]


@pytest.mark.parametrize(
    "at", [first(), second(), place(), place(clock="school")], ids=["first", "second", "one", "own"]
)
def test_as_of_is_the_day_of_sending(at):
    assert span_of("as_of", at) == (TODAY, TODAY, True)


@pytest.mark.parametrize(
    ("at", "says"),
    [
        (first(), (date(2026, 9, 1), date(2027, 1, 29), True)),
        (second(), (date(2027, 3, 1), date(2027, 7, 2), True)),
        # one slot: the term in which its date lies
        (place(due_on=date(2026, 12, 10)), (date(2026, 9, 1), date(2027, 1, 29), True)),
        (place(due_on=date(2027, 6, 15)), (date(2027, 3, 1), date(2027, 7, 2), True)),
        (place(due_on=date(2027, 3, 1)), (date(2027, 3, 1), date(2027, 7, 2), True)),
        # a date between the terms belongs to the one before it, one before them to the first
        (place(due_on=date(2027, 2, 10)), (date(2026, 9, 1), date(2027, 1, 29), True)),
        (place(due_on=date(2026, 8, 20)), (date(2026, 9, 1), date(2027, 1, 29), True)),
        # terms that nobody entered
        (first(terms={}), (date(2026, 9, 1), date(2027, 1, 31), True)),
        (second(terms={}), (date(2027, 2, 1), date(2027, 8, 31), True)),
    ],
)
def test_a_term_is_that_of_the_slot_or_of_its_date(at, says):
    assert span_of("term", at) == says


@pytest.mark.parametrize(
    ("at", "says"),
    [
        # a calendar year is judged in the first term, in which it ends
        (first(), (date(2026, 1, 1), date(2026, 12, 31), True)),
        (second(), (date(2027, 1, 1), date(2027, 12, 31), False)),
        (place(), (date(2026, 1, 1), date(2026, 12, 31), True)),
        # a school year in the second
        (first(clock="school"), (date(2026, 9, 1), date(2027, 8, 31), False)),
        (second(clock="school"), (date(2026, 9, 1), date(2027, 8, 31), True)),
        (place(clock="school"), (date(2026, 9, 1), date(2027, 8, 31), True)),
    ],
)
def test_a_year_is_judged_in_its_last_slot_and_shown_to_date_before(at, says):
    assert span_of("year", at) == says


@pytest.mark.parametrize(("at", "judged"), [(first(), False), (second(), True), (place(), True)])
def test_a_cycle_is_three_school_years_that_end_with_the_campaign(at, judged):
    assert span_of("cycle", at) == (date(2024, 9, 1), date(2027, 8, 31), judged)


def test_june_and_the_summer_are_judged_with_the_next_first_term():
    assert months("month", first()) == [
        "2026-06", "2026-07", "2026-08", "2026-09", "2026-10", "2026-11", "2026-12",
    ]  # fmt: skip
    assert months("month", second()) == ["2027-01", "2027-02", "2027-03", "2027-04", "2027-05"]


def test_a_quarter_is_judged_in_the_slot_that_falls_due_after_its_end():
    assert months("quarter", first()) == ["2026-04", "2026-07", "2026-10"]
    assert months("quarter", second()) == ["2027-01"]
    assert window("quarter", second(), TODAY).span == (date(2027, 1, 1), date(2027, 3, 31))


def test_a_month_that_ends_on_the_due_date_waits_for_the_next_slot():
    at = place("2026-2027-1", due_on=date(2026, 11, 30), before=LAST_JUNE)
    assert months("month", at)[-1] == "2026-10"
    then = place("2026-2027-2", due_on=JUNE, before=date(2026, 11, 30))
    assert months("month", then)[0] == "2026-11"


def test_none_before_the_month_of_the_first_enrolment():
    new = first(since=date(2026, 10, 12))
    assert months("month", new) == ["2026-10", "2026-11", "2026-12"]
    assert months("quarter", new) == ["2026-10"]
    assert months("quarter", first(since=date(2026, 10, 1))) == ["2026-10"]
    assert months("month", second(since=date(2027, 7, 9))) == []
    assert window("month", second(since=date(2027, 7, 9)), TODAY).span == (TODAY, TODAY)


def test_a_first_slot_reaches_back_to_the_begin_of_its_school_year_at_most():
    at = place("2026-2027-1", since=date(2024, 9, 2))
    assert months("month", at) == ["2026-09", "2026-10", "2026-11", "2026-12"]
    alone = place("2026-2027-2", due_on=JUNE, since=date(2027, 2, 20))
    assert months("month", alone) == ["2027-02", "2027-03", "2027-04", "2027-05"]


def test_an_item_with_one_slot_judges_the_months_of_its_year():
    assert months("month", place())[0::11] == ["2026-01", "2026-12"]
    assert months("quarter", place(clock="school", since=date(2026, 12, 3))) == [
        "2027-01", "2027-04",
    ]  # fmt: skip


@given(
    dues=st.lists(st.dates(date(2025, 10, 1), date(2028, 8, 31)), min_size=2, max_size=6),
    per=st.sampled_from(["month", "quarter"]),
    since=st.dates(date(2025, 9, 1), date(2026, 3, 1)),
)
def test_every_month_falls_in_exactly_one_slot(dues, per, since):
    """Whatever the dates are: terms of three school years, their slots by turns."""
    dues = sorted(dues)
    found, before = [], None
    for number, due_on in enumerate(dues):
        year = 2025 + number // 2
        at = place(f"{year}-{year + 1}-{number % 2 + 1}", due_on=due_on, before=before, since=since)
        found += window(per, at, TODAY).pieces
        before = due_on
    assert len(found) == len(set(found))
    assert found == sorted(found)
    assert all(a[1] < b[0] and (b[0] - a[1]).days == 1 for a, b in pairwise(found))
    assert not found or (found[0][0] >= since.replace(day=1) and found[-1][1] < dues[-1])
    ended = window(per, place("2025-2026-1", due_on=dues[-1], since=since), TODAY).pieces
    assert found == list(ended)
