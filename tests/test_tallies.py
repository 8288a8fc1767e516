"""The counters behind every board equal the entries, and are found and mended when they do not."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from reform import tallies
from reform.models import Campaign, Entry, Tally
from reform.states import FAR, OPEN, Bucket, Status, bucket
from schools.models.regions import bounds
from tests import world

pytestmark = pytest.mark.database


def lines(code=world.COUNTY, on=date(2026, 11, 20)):
    return tallies.read(*bounds(code), school_year=world.YEAR, on=on)


def figures(code=world.COUNTY, on=date(2026, 11, 20)):
    return tallies.figures(lines(code, on), on)


@pytest.fixture
def mixed(cast):
    """Six entries: accepted, accepted late, waiting, returned, overdue, not applicable."""
    done = world.accept(world.file(world.entry(cast.school, "Z2.1"), cast.filer), cast.reviewer)
    late = world.entry(cast.school, "Z2.2", due_on=date(2026, 11, 2))
    world.accept(world.file(late, cast.filer), cast.reviewer)
    world.file(world.entry(cast.school, "Z2.3"), cast.filer)
    world.send_back(world.file(world.entry(cast.school, "Z2.4"), cast.filer), cast.reviewer)
    world.entry(cast.school, "Z3.1", due_on=date(2026, 11, 19))
    none = world.file(world.entry(cast.school, "Z3.2"), cast.filer, claim="not_applicable")
    world.accept(none, cast.reviewer)
    return done


def test_the_six_figures_of_a_county(mixed):
    assert figures() == tallies.Figures(
        expected=5, done=2, on_time=1, late=1, waiting=1, returned=1
    )


def test_what_waits_for_review_is_never_overdue(mixed):
    assert figures(on=date(2027, 6, 1)).late == 2  # the untouched one and the returned one
    assert figures(on=date(2027, 6, 1)).waiting == 1


def test_private_schools_and_bureaus_are_counted_nowhere(mixed):
    private = world.school(ownership="private")
    world.entry(private, counted=False)
    world.entry(world.bureau(), "X3.1")
    assert figures().expected == 5
    assert tallies.differences() == {}


def test_a_city_adds_up_its_counties_and_its_own_schools_and_no_neighbour(mixed):
    city = world.campaign("3301")
    world.entry(world.school(authority="3301"), campaign=city)
    world.entry(world.school(authority=world.OTHER_CITY))
    assert [figures(code).expected for code in ("330106", "3301", "33", "0")] == [5, 6, 7, 7]


def test_void_campaigns_withdrawn_and_unopened_slots_leave_every_count(mixed):
    world.entry(mixed.school, term=2, opens_on=date(2027, 3, 1))
    world.entry(mixed.school, "Z4.1", withdrawn_at=world.NOON)
    assert figures().expected == 5
    Campaign.objects.update(state="void")
    assert figures() == tallies.Figures()
    assert tallies.differences() == {}


def test_a_wrong_counter_is_found_named_and_mended(mixed, capsys):
    Tally.objects.filter(bucket=Bucket.submitted_on_time).update(n=7)
    Tally.objects.filter(bucket=Bucket.returned).delete()
    with pytest.raises(CommandError):
        call_command("rebuild_tallies", "--check")
    assert "7, should be 1" in capsys.readouterr().err
    call_command("rebuild_tallies")
    call_command("rebuild_tallies", "--check")
    assert tallies.differences() == {}


def test_one_key_many_times_in_a_change_is_written_once(cast):
    entry = world.entry(cast.school)
    key = tallies.key_of(entry, cast.campaign.pk)
    tallies.apply(Counter({key: 2}))
    tallies.apply({key: -2, key._replace(bucket=1): 0})
    assert Tally.objects.get().n == 1


@given(
    status=st.sampled_from(Status),
    late=st.booleans(),
    days=st.integers(-400, 400),
)
def test_open_entries_are_counted_by_their_date_and_others_under_one(status, late, days):
    due_on = date(2026, 11, 20) + timedelta(days=days)
    where, day = bucket(status, due_on, late)
    assert day == (due_on if status in OPEN else FAR)
    assert (where < 4) == (status in OPEN)


def test_every_status_of_an_entry_has_its_bucket(mixed):
    counted = Counter(Tally.objects.filter(n__gt=0).values_list("bucket", flat=True))
    assert sum(Tally.objects.values_list("n", flat=True)) == Entry.objects.count() == 6
    assert counted[Bucket.accepted_late] == 1
