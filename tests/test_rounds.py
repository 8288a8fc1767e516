"""What the product does by itself: one round at a time, nights caught up, faults told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from reform import rounds
from reform.management.commands.watchdog import Watch
from reform.models import IdempotencyKey, Pulse
from reform.rounds import Job
from schools import clock
from tests import world

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.database


@pytest.fixture
def pulse(db, travel):
    """The pulse of a name."""
    return lambda name: Pulse.objects.get(name=name)


def test_a_round_leaves_its_pulse_and_who_did_it(pulse):
    assert rounds.tick(by="worker") is True

    assert pulse("tick").finished_at - clock.now() < MINUTE
    assert (pulse("tick").ok, pulse("tick").detail) == (True, "worker")


def test_a_round_is_not_begun_while_another_is_under_way(pulse):
    rounds.claim("tick", 5 * MINUTE)

    assert rounds.tick(by="watchdog") is False
    assert pulse("tick").finished_at is None


def test_of_eight_that_claim_at_once_one_gets_it(real_db, travel):
    def claim(_):
        try:
            return rounds.claim("tick", 5 * MINUTE)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        leases = list(pool.map(claim, range(8)))

    assert sum(lease is not None for lease in leases) == 1


def test_a_lease_that_ran_out_is_taken_over_and_the_late_one_says_nothing(pulse, travel):
    late = rounds.claim("tick", 5 * MINUTE)
    travel.shift(6 * MINUTE)
    taken = rounds.claim("tick", 5 * MINUTE)

    rounds.finish("tick", late, ok=False, detail="too late")

    assert taken is not None
    assert (pulse("tick").lease_until, pulse("tick").detail) == (taken, "")


def test_a_lease_left_by_a_clock_that_ran_ahead_holds_nobody_up(db, travel):
    travel.shift(timedelta(days=400))
    rounds.claim("tick", 5 * MINUTE)
    travel.shift(-timedelta(days=400))

    assert rounds.claim("tick", 5 * MINUTE) is not None


def test_a_host_whose_clock_is_two_minutes_ahead_is_respected(db, travel):
    travel.shift(2 * MINUTE)
    rounds.claim("tick", 5 * MINUTE)
    travel.shift(-2 * MINUTE)

    assert rounds.claim("tick", 5 * MINUTE) is None


def test_a_step_that_fails_is_told_and_stops_nothing(pulse):
    def burst():
        raise RuntimeError("pipe")

    assert rounds.nightly(Job("pipes", burst)) is True

    assert (pulse("pipes").ok, pulse("pipes").detail) == (False, "burst: RuntimeError: pipe")
    assert pulse("pipes").lease_until is None


def test_a_long_job_is_held_for_as_long_as_it_works(pulse, travel):
    taken = []

    def work(renew):
        for _hour in range(5):
            travel.shift(60 * MINUTE)
            renew()
            taken.append(rounds.claim("long", rounds.NIGHT_LEASE))
        return True, "done"

    assert rounds.nightly(Job("long", work, long=True)) is True

    assert taken == [None] * 5
    assert (pulse("long").detail, pulse("long").lease_until) == ("done", None)


def test_a_long_job_that_another_has_taken_over_stops_and_says_nothing(pulse, travel):
    went_on = []

    def work(renew):
        travel.shift(121 * MINUTE)
        assert rounds.claim("long", 5 * MINUTE) is not None
        renew()
        went_on.append("on")
        return True, "done"

    rounds.nightly(Job("long", work, long=True))

    assert went_on == []
    assert (pulse("long").detail, pulse("long").finished_at) == ("", None)
    assert pulse("long").lease_until is not None


def test_what_takes_long_at_night_renews_its_lease_between_two_steps(cast, monkeypatch):
    world.entry(cast.school, "S1.1")
    world.entry(cast.stranger_school, "S1.1")
    monkeypatch.setattr("reform.checking.BATCH", 1)
    steps = {"register answers": 2, "history check": 0, "evidence check": 0}
    for name in steps:
        [job] = [job for job in rounds.NIGHTLY if job.name == name]
        beats = []
        assert job.long
        job.run(lambda beats=beats: beats.append("."))
        steps[name] = len(beats)

    assert steps["register answers"] == 2


def test_the_night_is_kept_once_and_caught_up_after_an_outage(db, travel):
    done = []
    job = Job("count", lambda: (True, done.append(clock.today()) or ""))
    moments = [
        datetime(2026, 11, 20, 1, 0, tzinfo=UTC),  # 09:00 in Shanghai, never ran: at once
        datetime(2026, 11, 20, 17, 59, tzinfo=UTC),  # 01:59: not yet
        datetime(2026, 11, 20, 18, 1, tzinfo=UTC),  # 02:01: the next night
        datetime(2026, 11, 20, 19, 0, tzinfo=UTC),  # 03:00: done already
        datetime(2026, 11, 25, 4, 0, tzinfo=UTC),  # noon after four nights off: once
    ]
    ran = []
    for moment in moments:
        travel.move_to(moment)
        ran.append(rounds.nightly(job))

    assert ran == [True, False, True, False, True]


def test_a_night_noted_by_a_clock_that_ran_ahead_is_kept_again(db, travel):
    job = Job("count", lambda: (True, ""))
    travel.shift(timedelta(days=400))
    rounds.nightly(job)
    travel.shift(-timedelta(days=400))

    assert rounds.nightly(job) is True


def test_the_first_round_does_what_the_night_needs(pulse):
    rounds.tick(by="worker")

    kept = {job.name: (pulse(job.name).ok, pulse(job.name).detail) for job in rounds.NIGHTLY}
    assert kept == {
        "tally check": (True, ""),
        "history check": (True, ""),
        "evidence check": (True, ""),
        "people who left": (True, ""),
        "register answers": (True, ""),
        "clean-up": (True, "0"),
    }


def test_a_wrong_tally_is_told_in_the_morning(cast, pulse):
    world.entry(cast.school)
    connection.cursor().execute("UPDATE reform_tally SET n = n + 1")

    rounds.tick(by="worker")

    assert pulse("tally check").ok is False
    assert pulse("tally check").detail != ""


def test_cleaning_forgets_what_has_served_and_nothing_else(cast, travel):
    now = clock.now()
    for key, age in (("old", timedelta(days=3)), ("new", timedelta(days=1))):
        IdempotencyKey.objects.create(
            user=cast.filer.user, key=key, digest=key, answer={}, at=now - age
        )
        Session.objects.create(
            session_key=key, session_data="", expire_date=now + timedelta(days=2) - age
        )

    rounds.clean_up()

    assert [key.key for key in IdempotencyKey.objects.all()] == ["new"]
    assert [session.session_key for session in Session.objects.all()] == ["new"]


def test_the_watchdog_does_the_first_round_at_once(pulse):
    assert Watch().look() is True
    assert pulse("tick").detail == "watchdog"


def test_the_watchdog_waits_two_minutes_and_then_does_the_round(pulse):
    rounds.tick(by="worker")
    seconds = iter([0, 0, 0, 60, 119, 120])
    watch = Watch(timer=lambda: next(seconds))

    assert [watch.look() for _ in range(4)] == [False, False, False, True]
    assert pulse("tick").detail == "watchdog"


def test_the_watchdog_keeps_still_while_ticks_finish(db, travel):
    seconds = iter(range(0, 10_000, 50))
    watch = Watch(timer=lambda: next(seconds))
    looked = []
    for _ in range(5):
        rounds.tick(by="worker")
        looked.append(watch.look())
        travel.shift(MINUTE)

    assert looked == [False] * 5
