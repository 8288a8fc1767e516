"""What a due day costs: planned for every school at once, beside a bare count of all entries.

`make bench` runs it. Prints, for the database of DATABASE_URL or a scratch PostgreSQL: planning a
day on which every school owes one item, the next look that finds nothing new, and that look
against `count(*)` of all entries. `--thousands 211` is the nation; with far fewer schools the fixed
cost of a look outweighs the count, and only the seconds say something.
"""

import argparse
import time
from datetime import date

import scratch  # noqa: F401  # isort: skip

import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from reform import planner, tallies
from reform.models import Entry, Pulse, Reminder
from schools.models import Membership, Region, School, User
from tests import world
from tests.planning import moment

PER_AUTHORITY = 70
OTHERS = 35  # further entries of each school, due on days that no stage has come up for
DUE = date(2026, 11, 30)


def run(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def timed(call):
    begun = time.perf_counter()
    result = call()
    return time.perf_counter() - begun, result


def best(call, times=3):
    """Seconds of the fastest call; others share the machine."""
    return min(timed(call)[0] for _ in range(times))


def nation(thousands):
    """Schools with one filer each, one entry due, and 35 more that are not, as rows at once."""
    schools = thousands * 1000
    codes = [f"{n:06d}" for n in range(400000, 400000 + schools // PER_AUTHORITY + 1)]
    Region.objects.bulk_create(Region(code=code, name=code, kind="county") for code in codes)
    School.objects.bulk_create(
        (
            School(code=f"b{n}", name=f"School {n}", region_id=codes[n // PER_AUTHORITY],
                   authority_id=codes[n // PER_AUTHORITY], school_type_id="211")
            for n in range(schools)
        ),
        batch_size=2000,
    )  # fmt: skip
    User.objects.bulk_create(
        (User(username=f"b{n}", name=f"User {n}", password="!") for n in range(schools)),
        batch_size=2000,
    )
    run(
        "INSERT INTO schools_membership (user_id, role, school_id, starts_on) "
        "SELECT u.id, 'filer', s.id, %s FROM schools_school s "
        "JOIN schools_user u ON u.username = s.code",
        date(2026, 9, 1),
    )
    campaign = world.campaign("0")
    items = [item.code for item in campaign.framework.items.filter(level="school")]
    slots = [world.slot(campaign, items[0], due_on=DUE)]
    slots += [
        world.slot(campaign, code, term=1 + n % 2, due_on=date(2027, 6, 1 + n % 20))
        for n, code in enumerate((items[1:] * 3)[:OTHERS])
    ]
    for slot in {slot.pk: slot for slot in slots}.values():
        run(
            "INSERT INTO reform_entry (slot_id, school_id, authority, keeper, counted, status, "
            "due_on, version) SELECT %s, id, authority_id, 0, true, 0, %s, 0 FROM schools_school",
            slot.pk,
            slot.due_on,
        )
    tallies.rebuild()
    if connection.vendor == "postgresql":
        run("VACUUM ANALYZE")


def look():
    """A full look, as if none had been taken before."""
    Pulse.objects.filter(name=planner.FULL_PULSE).delete()
    assert planner.plan()[0] is True


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--thousands", type=int, default=20)
    options.add_argument("--postgres", action="store_true", help="on a scratch PostgreSQL")
    thousands = options.parse_args().thousands
    settings.CLOCK_PROC, settings.CLOCK_ASKS_DATABASE = "", False  # time is travelled in
    call_command("migrate", verbosity=0)
    with time_machine.travel(moment("2026-11-06T09:00"), tick=True) as clock:
        world.framework()
        nation(thousands)
        look()
        scan, count = best(planner.plan), best(Entry.objects.count)
        assert not Reminder.objects.exists()
        clock.move_to(moment("2026-11-09T08:30"))
        planning, (well, said) = timed(planner.plan)
        assert well and Reminder.objects.filter(state="waiting").count() == thousands * 1000, said
        clock.shift(60)
        again = best(look)
    assert Membership.objects.count() == Reminder.objects.count()
    print(f"{connection.vendor}: {thousands},000 schools, {Entry.objects.count():,} entries")
    print(f"planning a due day                 {planning:8.2f} s")
    print(f"  for the nation (211,000)         {planning / thousands * 211:8.0f} s")
    print(f"a look with nothing to plan        {scan:8.3f} s")
    print(f"  against count(*)                 {scan / count:8.2f} ×")
    print(f"a full look at what is planned     {again:8.2f} s")


if __name__ == "__main__":
    main()
