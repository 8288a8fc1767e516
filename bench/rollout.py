"""How dear an opening is: each figure a ratio measured in one run. `make bench` runs it.

Opens a campaign for N thousand schools (`--thousands 20`), 70 to an authority, and prints: the
whole opening against a bare INSERT … SELECT of as many entries without foreign keys, the time for
a thousand schools, the late-joiner look of each minute, and how much the process grew.
"""

import argparse
import resource
import time

import scratch  # noqa: F401  # isort: skip

from django.core.management import call_command
from django.db import connection

from reform import reach, rollout, tallies
from reform.models import Entry
from schools.models import Region, School
from tests import world

PER_AUTHORITY = 70
PROFILES = ("multi", "single", "single", "single", "joint")


def timed(call):
    """(seconds, result)"""
    begun = time.perf_counter()
    result = call()
    return time.perf_counter() - begun, result


def grown():
    """Peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def nation(thousands):
    """Synthetic counties of province 33, with their schools."""
    codes = [f"33{n:04d}" for n in range(4000, 4000 + thousands * 1000 // PER_AUTHORITY + 1)]
    Region.objects.bulk_create(Region(code=code, name=code, kind="county") for code in codes)
    School.objects.bulk_create(
        (
            School(
                code=f"bench{n}",
                name=f"School {n}",
                region_id=codes[n // PER_AUTHORITY],
                authority_id=codes[n // PER_AUTHORITY],
                school_type_id="211",
                profile=PROFILES[n % len(PROFILES)],
            )
            for n in range(thousands * 1000)
        ),
        batch_size=2000,
    )


def bare(entries):
    """Copy as many rows into a table with the same indexes, nothing else."""
    like = {
        "postgresql": "CREATE TABLE bench_entry (LIKE reform_entry INCLUDING ALL)",
        "sqlite": "CREATE TABLE bench_entry AS SELECT * FROM reform_entry LIMIT 0",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(like)
        if connection.vendor == "sqlite":
            for columns in ("slot_id, school_id", "slot_id, authority", "school_id, slot_id"):
                name = columns.replace(", ", "_")
                cursor.execute(f"CREATE INDEX bench_{name} ON bench_entry ({columns})")
        seconds, _none = timed(
            lambda: cursor.execute("INSERT INTO bench_entry SELECT * FROM reform_entry")
        )
        cursor.execute("DROP TABLE bench_entry")
    return seconds


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--thousands", type=int, default=20)
    options.add_argument("--postgres", action="store_true", help="on a scratch PostgreSQL")
    thousands = options.parse_args().thousands
    call_command("migrate", verbosity=0)
    world.framework()
    nation(thousands)
    by = world.seat("manager", "33")
    campaign = world.draft(by)
    planned = rollout.plan(campaign)
    preview, _seen = timed(lambda: reach.preview(campaign, planned))
    before = grown()
    rollout.AT_ONCE, rollout.BUDGET = 0, rollout.BUDGET * 100
    rollout.open_campaign(campaign.pk, by=by)
    opening, _batches = timed(rollout.continue_openings)
    campaign.refresh_from_db()
    assert campaign.state == "open"
    entries = Entry.objects.count()
    after = grown()
    plain = bare(entries)
    late, joined = timed(rollout.add_late_joiners)
    assert (joined, tallies.differences()) == (0, {})
    print(f"{connection.vendor}: {thousands},000 schools, {entries:,} entries")
    print(f"preview                            {preview:7.2f} s")
    print(f"opening                            {opening:7.2f} s")
    print(f"  for 1,000 schools                {opening / thousands:7.2f} s")
    print(f"  for the nation (211,000)         {opening / thousands * 211:7.0f} s")
    print(f"  against a bare INSERT … SELECT   {opening / plain:7.2f} ×")
    print(f"looking for late joiners           {late:7.2f} s")
    print(f"memory it grew by                  {after - before:7.0f} MB")


if __name__ == "__main__":
    main()
