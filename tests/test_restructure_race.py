"""Changes of a school against filings, ticks and new dates at the same moment, and in any order."""

from collections import Counter
from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reform import baseline, bookkeeping, fitting, merging, restructure, rollout, steering
from reform.merging import Merger
from reform.models import Enrolment, Entry
from reform.restructure import Change
from reform.states import OPEN, Status
from schools.clock import today
from schools.errors import Denied, Stale
from schools.models import Branch, School
from schools.registers import REGISTERS
from tests import changes, world
from tests.changes import CITY, WHY, change, listed
from tests.test_concurrency import together

pytestmark = pytest.mark.database


@pytest.fixture
def school(real_db, travel):
    travel.move_to(world.FIRST_DAY)
    school = world.school("阳光小学", profile="multi")
    world.seat("manager", CITY)
    world.opened(world.seat("manager", world.COUNTY))
    return school


def filing(school, most=12):
    """A job that files one entry after the other until it may not; how many were sent."""
    filer = world.seat("filer", school)
    entries = list(listed(school).filter(slot__opens_on__lte=date(2026, 9, 1))[:most])

    def run():
        sent = 0
        for entry in entries:
            try:
                world.file(entry, filer)
            except Denied:
                break
            sent += 1
        return sent

    return run


def changing(school, kind, **values):
    manager = world.seat("manager", world.COUNTY)
    return lambda: change(school, kind, manager, **values)


def test_a_filing_beside_a_closing_is_either_kept_or_refused(school):
    sent, done = together([filing(school), changing(school, "close", on=date(2026, 9, 1))])

    assert done == {"gone": 60}
    assert Entry.objects.filter(school=school, status=Status.submitted).count() == sent
    assert listed(school).count() == 0
    assert changes.faults() == []


def test_a_filing_beside_a_move_is_counted_at_the_new_authority(school):
    sent, done = together([filing(school), changing(school, "authority", authority=CITY)])

    assert (sent, done) == (12, {"moved": 60})
    assert changes.counted() == 0
    assert changes.counted(CITY) == 60
    assert changes.faults() == []


def test_a_new_date_beside_another_profile_leaves_both_done(school):
    manager = world.seat("manager", world.COUNTY)
    slot = listed(school).get(slot__item__code="Z2.1", slot__period="2026-2027-1").slot

    def redate():
        return steering.reschedule(slot.pk, None, date(2027, 1, 22), by=manager, reason=WHY)

    moved, done = together([redate, changing(school, "profile", profile="single")])

    assert (moved, done) == (1, {"gone": 11})
    assert changes.faults() == []


def test_two_managers_close_it_once(school):
    def close():
        try:
            return changing(school, "close", on=date(2026, 9, 1))()
        except (Denied, Stale):
            return {}

    done = together([close, close])

    assert sorted(map(len, done)) == [0, 1]
    assert changes.kinds(school.subject).count("close_school") == 1


def test_a_filing_beside_a_merger_is_either_kept_or_refused(school):
    into = world.school("月亮小学", profile="multi")
    manager = world.seat("manager", world.COUNTY)

    def merge():
        return merging.merge(school.pk, Merger(into.pk), by=manager, reason=WHY)

    sent, done = together([filing(school), merge])

    assert done["gone"] == 60
    assert Entry.objects.filter(school=school, status=Status.submitted).count() == sent
    assert listed(school).count() == 0
    assert changes.faults() == []


def test_a_row_written_beside_a_merger_goes_along_or_is_refused(school):
    into = world.school("月亮小学", profile="multi")
    manager, filer = world.seat("manager", world.COUNTY), world.seat("filer", school)
    first = world.branch(school, "第一支部")

    def merge():
        return merging.merge(school.pk, Merger(into.pk), by=manager, reason=WHY)

    def write():
        row = Branch(name="第二支部", form="branch")
        try:
            return bookkeeping.keep(school, REGISTERS["branches"], [row], by=filer).added
        except Denied:
            return []

    added, _done = together([write, merge])

    there = Branch.objects.filter(school=into).values_list("name", flat=True)
    assert sorted(there) == sorted(["第一支部", *(["第二支部"] if added else [])])
    assert Branch.objects.filter(school=school, until=None).count() == 0
    assert Branch.objects.get(pk=first.pk).until is not None
    assert changes.faults() == []


def test_two_managers_merge_it_once(school):
    into = world.school("月亮小学", profile="multi")

    def merge(by):
        try:
            return merging.merge(school.pk, Merger(into.pk), by=by, reason=WHY)
        except (Denied, Stale):
            return {}

    one, two = (world.seat("manager", world.COUNTY) for _n in range(2))
    done = together([lambda: merge(one), lambda: merge(two)])

    assert sorted(map(bool, done)) == [False, True]
    assert changes.kinds(into.subject).count("absorb_school") == 1


def test_an_answer_beside_the_tick_enrols_once(school):
    fresh = world.school("新学校", profile="unknown")
    filer = world.seat("filer", fresh)
    told = baseline.Figures("branch", 18, 2, 1, 24, 62)

    together(
        [
            lambda: baseline.answer(fresh.pk, told, by=filer),
            rollout.add_late_joiners,
            rollout.add_late_joiners,
        ]
    )
    rollout.add_late_joiners()

    assert Enrolment.objects.filter(school=fresh).count() == 1
    assert listed(fresh).count() == 49
    assert changes.faults() == []


# ---- in any order

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("profile"), st.sampled_from(["", "multi", "single", "joint"])),
        st.tuples(st.just("ownership"), st.sampled_from(["public", "private"])),
        st.tuples(st.just("type"), st.sampled_from(["211", "218", "311", "342"])),
        st.tuples(st.just("authority"), st.sampled_from([world.COUNTY, world.SIBLING, CITY])),
        st.tuples(st.just("close"), st.integers(0, 20)),
        st.tuples(st.just("reopen"), st.none()),
        st.tuples(st.just("days"), st.integers(1, 60)),
        st.tuples(st.sampled_from(["file", "accept"]), st.integers(0, 59)),
    ),
    max_size=9,
)


def take(step, school, clock):
    """One step of a story; what makes no sense just now is refused and changes nothing."""
    kind, what = step
    school.refresh_from_db()
    if kind == "days":
        clock.shift(world.days(what))
        restructure.close_due()
        rollout.add_late_joiners()
    elif kind in ("file", "accept"):
        rows = list(Entry.objects.filter(school=school).order_by("pk"))
        entry = rows[what % len(rows)]
        if kind == "file":
            world.file(entry, world.seat("filer", school))
        elif entry.report_id:
            world.accept(entry, world.seat("reviewer", entry.authority))
    else:
        values = {"close": lambda: {"on": today() + world.days(what)}, "reopen": dict}
        asked = Change(kind, values.get(kind, lambda: {kind: what})())
        by = world.seat("manager", school.authority_id)
        seen = restructure.preview(school, asked, by=by)
        done = restructure.carry_out(school.pk, asked, by=by, reason=WHY)
        assert done.get("gone", 0) == sum(len(fit.goes) for fit in seen.fits)
        assert done.get("back", 0) == sum(len(fit.comes) for fit in seen.fits)
        assert done.get("new", 0) == sum(len(fit.new) for fit in seen.fits)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_after_any_story_the_books_agree_and_nothing_is_asked_twice(db, steps):
    with transaction.atomic(), time_machine.travel(world.FIRST_DAY) as clock:
        school = world.school("阳光小学", profile="multi")
        world.school("邻县小学", authority=world.SIBLING)
        world.opened(world.seat("manager", world.COUNTY))
        world.opened(world.seat("manager", world.SIBLING))
        for step in steps:
            try:
                with transaction.atomic():
                    take(step, school, clock)
            except (Denied, Stale, ValidationError):
                continue
            assert changes.faults() == []
        agree(School.objects.select_related("school_type").get(pk=school.pk))
        transaction.set_rollback(True)


def agree(school):
    """What is listed is what applies and what was sent; nobody is asked twice; a plan is done."""
    live = listed(school).select_related("slot__item")
    asked = Counter((row.slot.item.code, row.slot.period) for row in live)
    assert [what for what, n in asked.items() if n > 1] == []
    fits = fitting.plan(school, fitting.facts(school))
    assert [fit for fit in fits if fit.goes or fit.comes or fit.new] == []
    wanted = {pk for fit in fits for pk in fit.wanted}
    assert [row for row in live if row.status in OPEN and row.slot_id not in wanted] == []
    locked = Enrolment.objects.filter(school=school, voided_at=None).exists()
    assert school.locked == locked
