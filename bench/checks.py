"""How dear it is to answer the checks from the registers. `make bench` runs it.

Fills registers for N thousand schools (`--thousands 20`; the nation has 211) by SQL on a scratch
PostgreSQL, opens a campaign for some counties, and prints: queries and SQL of one school, the time
of a county of 75 schools, the rate of a night, and how much the process grows over a thousand.
"""

import argparse
import resource
import statistics
import time

import scratch  # noqa: F401  # isort: skip

from django.core.management import call_command
from django.db import connection
from django.db.models import BooleanField, CharField, JSONField, TextField
from django.test.utils import CaptureQueriesContext

from reform import checking, rollout
from reform.models import Computed
from schools import models as registers
from schools.models import Region, School
from tests import world

PER_COUNTY = 75
COUNTIES = 14  # that take part in the campaign
PROFILES = ("multi", "single", "single", "single", "joint")
AROUND = ("BEGIN", "COMMIT")  # of the one statement that writes
MULTI = "s.profile = 'multi'"
DAY = "DATE '2026-01-05' + ((n * 7919 + s.id) % 320)::int"
BRANCH = f"s.id * 10 + CASE WHEN {MULTI} THEN n % 6 + 1 ELSE 1 END"


def timed(call):
    """(seconds, result)"""
    begun = time.perf_counter()
    result = call()
    return time.perf_counter() - begun, result


def worked(call):
    """Seconds of this process alone: those of the database and of other processes left out."""
    begun = time.process_time()
    call()
    return time.process_time() - begun


def grown():
    """Peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def nation(thousands):
    """Synthetic counties of province 33, with their schools."""
    codes = [f"33{n:04d}" for n in range(4000, 4000 + thousands * 1000 // PER_COUNTY + 1)]
    Region.objects.bulk_create(Region(code=code, name=code, kind="county") for code in codes)
    School.objects.bulk_create(
        (
            School(
                code=f"bench{n}",
                name=f"School {n}",
                region_id=codes[n // PER_COUNTY],
                authority_id=codes[n // PER_COUNTY],
                school_type_id="211",
                profile=PROFILES[n % len(PROFILES)],
                form="general" if n % len(PROFILES) == 0 else "branch",
                full_members=60 if n % len(PROFILES) == 0 else 12,
                staff=90,
                registers_rev=1,
            )
            for n in range(thousands * 1000)
        ),
        batch_size=2000,
    )
    return codes


def fill(model, many, few, **values):
    """`many` rows for each school with several branches, `few` for others; `values` are SQL."""
    names, exprs = ["school_id", "changed_at"], ["s.id", "now()"]
    for field in model._meta.concrete_fields:
        if field.column in names or (field.primary_key and "id" not in values):
            continue
        blank = {BooleanField: "false", CharField: "''", TextField: "''", JSONField: "'[]'::jsonb"}
        default = "NULL" if field.null else blank.get(type(field), "0")
        names.append(field.column)
        exprs.append(values.pop(field.column, default))
    assert not values, values
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(map(quoted, names))}) "
            f"SELECT {', '.join(exprs)} FROM schools_school s, "
            f"generate_series(1, CASE WHEN {MULTI} THEN {many} ELSE {few} END) n"
        )
        return cursor.rowcount


def quoted(name):
    return f'"{name}"'


def one_of(*values):
    return f"(ARRAY[{', '.join(map(repr, values))}])[1 + n % {len(values)}]"


def fill_all():
    """A year of registers; rows in all."""
    rows = fill(
        registers.Branch, 6, 1, id="s.id * 10 + n", name="'支部' || n", form="'branch'",
        basis=one_of("grade", "mixed"), full_members="10", approval_no="'1号'",
        approved_on="DATE '2024-03-01'", term_end="DATE '2027-03-01'", party_groups="1",
    )  # fmt: skip
    rows += fill(registers.Unit, 12, 4, kind="'grade'", name="'组' || n", branch_id=BRANCH)
    seats = ("secretary", "organisation", "publicity", "discipline")
    rows += fill(registers.CommitteeSeat, 24, 4, branch_id=BRANCH, seat=one_of(*seats))
    rows += fill(registers.LeadershipGroup, 3, 1, name="'组' || n", set_up_no="'1号'")
    kinds = ("party_org", "principal", "general", "committee", "party_group", "theme_day")
    topics = one_of('["theory"]', '["teaching"]', '["ideology"]') + "::jsonb"
    rows += fill(
        registers.Meeting, 200, 36, kind=one_of(*kinds), held_on=DAY, branch_id=BRANCH,
        expected="12", attended="10", topics=topics,
    )  # fmt: skip
    rows += fill(registers.Consultation, 6, 2, kind="'award'", batch="'批' || n", asked_on=DAY)
    documents = ("plan", "branch_plan", "pathway", "training_plan")
    rows += fill(registers.Document, 16, 6, kind=one_of(*documents), adopted_on=DAY,
                 in_force="true")  # fmt: skip
    rows += fill(registers.Training, 20, 6, title="'培训' || n", held_on=DAY, channel="'special'")
    rows += fill(registers.CadrePool, 3, 1, as_of=DAY, cadres="8")
    rows += fill(registers.Post, 2, 2, level=one_of("school", "middle"), approved="5", filled="5")
    rows += fill(registers.Activity, 30, 8, kind=one_of("tradition", "cross_phase"),
                 title="'活动' || n", held_on=DAY)  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return rows


def county(code):
    schools = School.objects.filter(authority_id=code).select_related("school_type")
    return list(schools.order_by("pk"))


def one_by_one(schools):
    """Queries of the dearest, median milliseconds of SQL, and of the whole."""
    queries, sql, whole = [], [], []
    for school in schools:
        with CaptureQueriesContext(connection) as found:
            seconds, _n = timed(lambda school=school: checking.refresh([school]))
        said = [query for query in found.captured_queries if query["sql"] not in AROUND]
        queries.append(len(said))
        sql.append(sum(float(query["time"]) for query in said) * 1e3)
        whole.append(seconds * 1e3)
    return max(queries), statistics.median(sql), statistics.median(whole)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--thousands", type=int, default=20)
    options.add_argument("--postgres", action="store_true", help="on a scratch PostgreSQL")
    thousands = options.parse_args().thousands
    call_command("migrate", verbosity=0)
    world.framework()
    codes = nation(thousands)
    filling, rows = timed(fill_all)
    filled = f"{thousands},000 schools, {rows:,} rows, filled in {filling:.0f} s"
    print(f"{connection.vendor}: {filled}", flush=True)
    for code in codes[:COUNTIES]:
        by = world.seat("manager", code)
        rollout.open_campaign(world.draft(by).pk, by=by)
    first, *others = [county(code) for code in codes[:COUNTIES]]
    large = [school for school in first if school.profile == "multi"]
    checking.refresh(large[:2])  # what is loaded once
    queries, sql, whole = one_by_one(large)
    every, done = timed(lambda: checking.refresh(first))
    own = worked(lambda: checking.refresh(first))
    before = grown()
    Computed.objects.all().delete()
    night, _told = timed(checking.tonight)
    schools = len(first) + sum(map(len, others))
    print(f"one school with six branches   {queries} queries, {sql:.1f} ms SQL, {whole:.1f} ms")
    print(f"a county of {len(first)} schools         {every:.2f} s for {done} entries")
    print(f"  of it in this process        {own:.2f} s")
    print(f"a night of {schools} schools        {night:.1f} s, {night / schools * 1e3:.1f} ms each")
    print(f"  for the nation (211,000)     {night / schools * 211_000 / 60:.0f} minutes")
    print(f"memory it grew by              {grown() - before:.0f} MB")
    assert queries <= 14


if __name__ == "__main__":
    main()
