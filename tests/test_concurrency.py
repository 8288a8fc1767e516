"""Many at once: two reviewers on the same entries, eight schools filing in one county."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from reform import history, progress, tallies
from reform.filings import Filing
from reform.models import Entry, Event, Item, Review
from reform.states import Status
from schools.errors import Stale
from tests import world

pytestmark = pytest.mark.database


def together(jobs):
    """Run each job in its own thread and connection, all starting at the same instant."""
    gate = Barrier(len(jobs))

    def run(job):
        gate.wait()
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]


def codes(n):
    items = Item.objects.filter(framework=world.framework(), level="school")
    return [item.code for item in items.order_by("position")[:n]]


@pytest.fixture
def county(real_db, travel):
    world.campaign()
    return world.county()


def test_two_reviewers_on_300_entries_make_300_decisions_and_300_losers_who_are_told(county):
    schools = [world.school() for _ in range(10)]
    filers = {school.pk: world.seat("filer", school) for school in schools}
    entries = [
        world.file(world.entry(school, code), filers[school.pk])
        for school in schools
        for code in codes(30)
    ]
    reviewers = [world.seat("reviewer", world.COUNTY) for _ in range(2)]

    def decide(reviewer):
        won, told = 0, []
        for entry in entries:
            try:
                progress.accept(
                    entry.pk, by=reviewer, version=entry.version, report_id=entry.report_id
                )
                won += 1
            except Stale as stale:
                told.append(stale.reason)
        return won, told

    results = together([lambda seat=seat: decide(seat) for seat in reviewers])
    (first, told_first), (second, told_second) = results
    assert first + second == 300
    assert len(told_first) + len(told_second) == 300
    assert all(reviewers[1].user.name in reason for reason in told_first)
    assert all(reviewers[0].user.name in reason for reason in told_second)
    assert Review.objects.count() == 300
    assert Entry.objects.filter(status=Status.accepted).count() == 300
    assert tallies.differences() == {}
    assert list(history.verify()) == []


def test_eight_writers_filing_35_shuffled_entries_each_do_not_lock_each_other_out(county):
    schools = [world.school() for _ in range(8)]
    work = []
    for school in schools:
        entries = [world.entry(school, code) for code in codes(35)]
        random.Random(school.pk).shuffle(entries)
        work.append((world.seat("filer", school), entries))

    def write(seat, entries):
        for entry in entries:
            filing = Filing(note="本学期已办。", values=world.typed_values(entry), pledged=True)
            progress.submit(entry.pk, by=seat, version=0, filing=filing)

    together([lambda seat=seat, entries=entries: write(seat, entries) for seat, entries in work])
    assert Entry.objects.filter(status=Status.submitted).count() == 280
    assert Event.objects.filter(kind="submit").count() == 280
    assert tallies.differences() == {}
    assert list(history.verify()) == []
