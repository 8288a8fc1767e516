"""What the registers answer: asked, kept, asked anew when they moved, frozen into a report."""

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from reform import answering, checking, progress
from reform.filings import Filing, report_digest
from reform.models import Check, CheckValue, Computed, Due, Entry
from reform.states import Claim, Status
from schools import clock
from schools.models import School
from tests import keeping_books as books
from tests import world

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def kept(entry):
    return Computed.objects.get(entry=entry)


def refresh(school):
    return checking.refresh([books.fresh(school)])


def again(entry):
    """The entry as a page reads it."""
    related = ("school__school_type", "slot__item", "slot__campaign", "computed")
    return Entry.objects.select_related(*related).get(pk=entry.pk)


def is_stale(entry):
    found = again(entry)
    return checking.is_stale(getattr(found, "computed", None), found, clock.today())


def submit(entry, by, **filing):
    progress.submit(entry.pk, by=by, version=entry.version, filing=Filing(**filing))
    return again(entry)


def refused(entry, by, **filing):
    with pytest.raises(ValidationError) as error:
        submit(entry, by, **filing)
    return set(error.value.message_dict)


# ---- kept


def test_an_answer_is_kept_with_what_it_was_made_from(cast):
    entry = world.entry(cast.school, "S2.1")
    row = books.branch(cast.filer)

    assert refresh(cast.school) == 1

    found = kept(entry)
    assert (found.registers_rev, found.on, found.due_on) == (1, date(2026, 11, 20), entry.due_on)
    assert found.ready is True
    assert found.values == {
        "unit_based_branches": {
            "num": 1,
            "den": 1,
            "judged": True,
            "span": ["2026-11-20", "2026-11-20"],
            "rows": [f"branches:{row.pk}:第一党支部"],
            "lacking": [],
        }
    }


def test_registers_day_and_date_make_it_stale_each_by_itself(cast, travel):
    entry = world.entry(cast.school, "S2.1")
    assert is_stale(entry)
    refresh(cast.school)
    assert not is_stale(entry)

    books.branch(cast.filer)
    assert is_stale(entry)
    refresh(cast.school)
    assert not is_stale(entry)

    Entry.objects.filter(pk=entry.pk).update(due_on=entry.due_on + timedelta(days=7))
    assert is_stale(entry)
    refresh(cast.school)
    assert not is_stale(entry)

    travel.shift(timedelta(days=1))
    assert is_stale(entry)


def test_only_what_is_owed_or_under_review_is_answered(cast):
    settled = world.entry(cast.school, "S1.1")
    world.accept(world.file(settled, cast.filer), cast.reviewer)
    waiting = world.file(world.entry(cast.school, "S2.1"), cast.filer)
    withdrawn = world.entry(cast.school, "S3.1")
    type(withdrawn.slot).objects.filter(pk=withdrawn.slot_id).update(withdrawn_at=clock.now())
    left = world.entry(cast.school, "S3.2")
    Entry.objects.filter(pk=left.pk).update(left_at=clock.now())
    open_ = world.entry(cast.school, "S4.1")

    refresh(cast.school)

    assert set(Computed.objects.values_list("pk", flat=True)) == {waiting.pk, open_.pk}


@pytest.mark.parametrize(
    ("code", "fields", "ready"),
    [
        ("S2.1", {}, True),
        ("S2.1", {"basis": "mixed"}, False),  # short
        ("S1.1", {}, False),  # no approval
        ("X2.2", {}, False),  # without a target, and nothing on record
        ("Z2.1", {}, False),  # typed
    ],
)
def test_ready_is_what_needs_no_hand_at_all(cast, code, fields, ready):
    entry = world.entry(cast.school, code)
    books.branch(cast.filer, **fields)
    refresh(cast.school)
    assert kept(entry).ready is ready


def test_a_mismatch_that_only_warns_stops_nothing(cast):
    entry = world.entry(cast.school, "S1.1")
    approved = {"approval_no": "1号", "approved_on": date(2024, 3, 1), "term_end": date(2028, 1, 1)}
    books.branch(cast.filer, full_members=60, **approved)  # more than a branch should have

    refresh(cast.school)

    assert kept(entry).values["form_matches"]["num"] == 0
    assert kept(entry).ready is True
    assert submit(entry, cast.filer).status == Status.submitted
    assert CheckValue.objects.get(check_def__key="form_matches").met is None


def test_empty_registers_are_never_enough(cast):
    entries = [
        world.entry(cast.school, code) for code in ("S1.1", "S2.1", "S4.1", "S5.1", "X4.2", "X1.4")
    ]
    refresh(cast.school)
    assert {one.pk: kept(one).ready for one in entries} == {one.pk: False for one in entries}
    assert {one.pk: refused(one, cast.filer) for one in entries} == {
        one.pk: {"note"} for one in entries
    }


def test_what_goes_on_beyond_the_slot_is_shown_and_not_judged(cast):
    entry = world.entry(cast.school, "Z3.1")  # first term: the school year goes on
    refresh(cast.school)
    found = kept(entry).values["mechanism_doc"]
    assert (found["num"], found["judged"]) == (0, False)
    assert found["span"] == ["2026-09-01", "2027-08-31"]


def test_the_months_of_a_slot_follow_the_date_of_its_authority(cast):
    entry = world.entry(cast.school, "S4.1", due_on=date(2027, 1, 15))
    Entry.objects.filter(pk=entry.pk).update(due_on=date(2027, 2, 26))  # an extension
    [asked] = answering.asked_of(Entry.objects.filter(pk=entry.pk), [world.COUNTY])
    assert asked.place.due_on == date(2027, 1, 15)
    own = Due(slot=entry.slot, authority_id=world.COUNTY, due_on=date(2026, 12, 28), source="hand")
    own.save()
    [asked] = answering.asked_of(Entry.objects.filter(pk=entry.pk), [world.COUNTY])
    assert asked.place.due_on == date(2026, 12, 28)
    pieces = asked.windows(clock.today())["theme_day"].pieces
    assert [f"{first:%m}" for first, _last in pieces] == ["11"]  # enrolled in November


def test_the_second_term_goes_on_where_the_first_ended(cast):
    cast.campaign.enrolments.all().delete()
    world.entry(cast.school, "S4.1", due_on=date(2027, 1, 15))
    cast.campaign.enrolments.update(created_at=datetime(2026, 9, 1, 4, tzinfo=clock.SHANGHAI))
    world.slot(cast.campaign, "S4.1", term=2, due_on=date(2027, 6, 18))
    second = world.entry(cast.school, "S4.1", term=2)
    [asked] = answering.asked_of(Entry.objects.filter(pk=second.pk), [world.COUNTY])
    assert (asked.place.before, asked.place.since) == (date(2027, 1, 15), date(2026, 9, 1))
    pieces = asked.windows(clock.today())["theme_day"].pieces
    assert [first.month for first, _last in pieces] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("n", [1, 3])
def test_any_number_of_schools_is_answered_in_fourteen_queries(cast, n):
    codes = set(Check.objects.filter(source="computed").values_list("item__code", flat=True))
    filers = [world.seat("filer", world.school()) for _ in range(n)]
    for filer in filers:
        books.branch(filer)
        for code in codes:
            world.entry(filer.school, code)
    schools = [books.fresh(filer.school) for filer in filers]
    with CaptureQueriesContext(connection) as found:
        assert checking.refresh(schools) == n * len(codes)
    assert len(found) <= 14


# ---- frozen


def test_a_report_carries_what_the_registers_said_when_it_was_sent(cast):
    entry = world.entry(cast.school, "S2.1")
    row = books.branch(cast.filer)

    sent = submit(entry, cast.filer)

    value = CheckValue.objects.get(report=sent.report_id)
    assert (value.num, value.den, value.target, value.met) == (1, 1, ">=0.9", True)
    assert value.source == "computed"
    assert value.detail["rows"] == ["第一党支部"]
    filing = Filing()
    assert sent.report.digest == report_digest(filing, [value], [])
    assert sent.report.digest != report_digest(filing, [], [])

    books.remove(cast.filer, "branches", row)
    refresh(cast.school)
    value.refresh_from_db()
    assert (value.num, value.den) == (1, 1)
    assert (kept(entry).values["unit_based_branches"]["den"]) == 0


def test_a_slot_with_a_target_of_its_own_is_judged_by_it(cast):
    entry = world.entry(cast.school, "S1.3", targets={"party_org_meetings": "1"})
    books.meeting(cast.filer)
    sent = submit(entry, cast.filer)
    values = {v.check_def.key: (v.target, v.met) for v in sent.report.values.all()}
    assert values == {"party_org_meetings": (">=1", True), "six_duties": ("", None)}


def test_a_claim_that_it_does_not_apply_freezes_nothing(cast):
    entry = world.entry(cast.school, "S2.1")
    books.branch(cast.filer)
    claim = {"claim": Claim.not_applicable, "note": "本校只有一个支部。", "pledged": True}
    sent = submit(entry, cast.filer, **claim)
    assert list(sent.report.values.all()) == []


def test_short_of_a_target_a_note_is_needed_and_enough(cast):
    entry = world.entry(cast.school, "S2.1")
    books.branch(cast.filer, basis="mixed")
    assert refused(entry, cast.filer) == {"note"}
    assert refused(entry, cast.filer, note="换届时调整。") == {"pledged"}
    sent = submit(entry, cast.filer, note="换届时调整。", pledged=True)
    assert sent.report.values.get().met is False


def test_typed_and_computed_values_stand_side_by_side(cast):
    entry = world.entry(cast.school, "X1.5")
    books.add(cast.filer, "posts", level="school", approved=4, filled=4)
    sent = world.file(entry, cast.filer)
    values = {v.check_def.key: (v.source, v.num, v.den) for v in sent.report.values.all()}
    assert values == {"posts_filled": ("computed", 4, 4), "focus_areas": ("typed", 3, 3)}


def test_where_nothing_is_typed_or_attached_nothing_is_to_be_pledged(cast):
    books.branch(cast.filer)
    entry = world.entry(cast.school, "S2.1")
    assert refused(entry, cast.filer, note="已核对。") == {"pledged"}
    assert submit(entry, cast.filer).report.pledged is False


# ---- those that nobody opens


def test_the_tick_answers_anew_for_schools_whose_registers_moved(cast):
    entry = world.entry(cast.school, "S2.1")
    other = world.entry(world.school(), "S2.1")
    books.branch(cast.filer)

    assert checking.catch_up() == (True, "")

    assert kept(entry).registers_rev == 1
    assert not Computed.objects.filter(entry=other).exists()
    Computed.objects.all().delete()
    checking.catch_up()
    assert not Computed.objects.exists()


def test_a_round_stops_after_a_batch_when_its_time_is_over(cast, monkeypatch):
    monkeypatch.setattr(checking, "BATCH", 2)
    monkeypatch.setattr(checking, "SECONDS", 0.0)
    for _ in range(3):
        world.entry(world.school(registers_rev=1), "S2.1")
    checking.catch_up()
    assert Computed.objects.count() == 2
    checking.catch_up()
    assert Computed.objects.count() == 3


def test_the_night_answers_for_all_and_goes_on_where_it_was_stopped(cast, monkeypatch, travel):
    monkeypatch.setattr(checking, "BATCH", 2)
    entries = [world.entry(world.school(), "S2.1") for _ in range(5)]
    School.objects.filter(pk=entries[0].school_id).update(registers_rev=7)
    assert checking.tonight() == (True, "5 entries")
    assert not School.objects.exclude(registers_rev=F("answered_rev")).exists()

    travel.shift(timedelta(days=1))
    begun = checking._unanswered(clock.today())
    checking.refresh(next(begun))  # and here the machine went down
    assert checking.tonight() == (True, "3 entries")
    assert {kept(one).on for one in entries} == {clock.today()}
    assert checking.tonight() == (True, "")


def test_a_school_that_cannot_be_answered_stops_no_other(cast, monkeypatch, caplog):
    bad, good = world.school("坏账小学"), world.school()
    for school in (bad, good):
        world.entry(school, "S1.3")
    books.meeting(world.seat("filer", good))
    whole = answering.CHECKS["party_org_meetings"]

    def burst(facts, window):
        if facts.school.pk == bad.pk:
            raise RuntimeError("pipe")
        return whole(facts, window)

    monkeypatch.setitem(answering.CHECKS, "party_org_meetings", burst)

    assert checking.tonight() == (
        False,
        "1 entries\nthe registers of 坏账小学 could not be answered",
    )
    assert Computed.objects.get().school_id == good.pk
