"""How dear a filing is: each figure a ratio measured in one run. `make bench` runs it.

Prints, for the database of DATABASE_URL (a scratch PostgreSQL when started by `make bench`):
the change of an entry with event and tally against the bare UPDATE; the whole request against a
page with three queries; and the same filing in a small and in a large county.
"""

import statistics
import time

import scratch  # noqa: F401  # isort: skip

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from reform import progress, tallies
from reform.filings import Filing
from reform.models import Campaign, Entry
from schools.models import School
from tests import world

ROUNDS = 200
GOOD = {"politics_course_classes": {"num": "12", "den": "12"}}


def timed(calls):
    """Median seconds of one call."""
    spent = []
    for call in calls:
        begun = time.perf_counter()
        call()
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent)


def timed_in_turns(pairs):
    """Median seconds of the first and of the second call of each pair; load hits both alike."""
    spent = ([], [])
    for pair in pairs:
        for call, kept in zip(pair, spent, strict=True):
            begun = time.perf_counter()
            call()
            kept.append(time.perf_counter() - begun)
    return [statistics.median(kept) for kept in spent]


def county(size, authority):
    """`size` schools with an entry each; made in bulk."""
    campaign = world.campaign(authority)
    slot = world.slot(campaign, "Z2.1")
    School.objects.bulk_create(
        School(
            code=f"{authority}{n:06d}",
            name=f"学校{n:06d}",
            region_id=authority,
            authority_id=authority,
            school_type_id="211",
            form="branch",
            profile="single",
        )
        for n in range(size)
    )
    schools = list(School.objects.filter(authority_id=authority).order_by("pk"))
    Entry.objects.bulk_create(
        (
            Entry(slot=slot, school=school, authority=authority, due_on=slot.due_on)
            for school in schools
        ),
        batch_size=5000,
    )
    tallies.rebuild()
    return schools


def submit(seat, entry):
    filing = Filing(note="已办。", values=GOOD, pledged=True)
    progress.submit(entry.pk, by=seat, version=entry.version, filing=filing)


def bare(entry):
    Entry.objects.filter(pk=entry.pk, version=0).update(version=1)


def told(what, seconds, base, than):
    print(f"{what:<30}{seconds * 1e3:8.2f} ms  {seconds / base:6.2f} × {than}")


def main():
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0)
    world.framework()
    small, large = county(ROUNDS * 3 + 50, world.COUNTY), county(20_000, world.ABROAD)
    entries = {e.school_id: e for e in Entry.objects.filter(school__in=small + large[:ROUNDS])}
    seats = {s.pk: world.seat("filer", s) for s in small[: ROUNDS * 2] + large[:ROUNDS]}
    turns = zip(small[:ROUNDS], large[:ROUNDS], strict=True)
    moving, many = timed_in_turns(
        (lambda s=s: submit(seats[s.pk], entries[s.pk]) for s in pair) for pair in turns
    )
    base = timed(lambda s=s: bare(entries[s.pk]) for s in small[ROUNDS * 2 : ROUNDS * 3])
    clients = [world.sign_in(Client(), seats[s.pk]) for s in small[ROUNDS : ROUNDS * 2]]
    page = timed(lambda c=c: c.get(reverse("account")) for c in clients)
    body = {"note": "已办。", "version": 0, "pledged": "on"}
    body |= {"check-politics_course_classes-num": "12", "check-politics_course_classes-den": "12"}
    request = timed(
        lambda c=c, s=s: c.post(reverse("entry_submit", args=[entries[s.pk].pk]), body)
        for c, s in zip(clients, small[ROUNDS : ROUNDS * 2], strict=True)
    )
    sent = Entry.objects.filter(status=4).count()
    print(f"{connection.vendor}: {ROUNDS} rounds, {sent} filed, medians")
    told("filing through the door", moving, base, "a bare UPDATE")
    told("the whole request", request, page, "the account page")
    told("filing among 20,000 schools", many, moving, f"among {len(small)}")
    assert sent == ROUNDS * 3 and not tallies.differences() and Campaign.objects.count() == 2


if __name__ == "__main__":
    main()
