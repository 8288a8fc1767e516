"""A school files: drafts, submissions, signatures, what is refused and what is kept."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from reform import history, progress, tallies
from reform.filings import Filing
from reform.models import CheckValue, Draft, Entry, Event, Report
from reform.states import Claim, Status
from schools.errors import Denied, Stale
from tests import world
from tests.desk import attach

GOOD = {"politics_course_classes": {"num": "12", "den": "12"}}


def submit(entry, by, **fields):
    version = fields.pop("version", entry.version)
    key = fields.pop("key", "")
    filing = Filing(**{"note": "已按课表开齐。", "values": GOOD, "pledged": True, **fields})
    return progress.submit(entry.pk, by=by, version=version, filing=filing, key=key)


def kinds(entry):
    return list(Event.objects.filter(entry=entry).order_by("seq").values_list("kind", flat=True))


def refused(call):
    with pytest.raises(ValidationError) as error:
        call()
    return error.value.message_dict


def test_the_first_save_starts_an_entry_and_the_next_ones_only_keep_the_text(cast):
    entry = world.entry(cast.school)
    for note in ("上午写的", "下午改的"):
        progress.save(entry.pk, by=cast.filer, version=0, filing=Filing(note=note))
    assert world.status(entry) == Status.in_progress
    assert [d.note for d in Draft.objects.all()] == ["下午改的"]
    assert kinds(entry) == ["save"]
    assert Entry.objects.get(pk=entry.pk).version == 0


def test_two_filers_keep_a_draft_each(cast):
    entry = world.entry(cast.school)
    second = world.seat("filer", cast.school)
    progress.save(entry.pk, by=cast.filer, version=0, filing=Filing(note="甲"))
    progress.save(entry.pk, by=second, version=0, filing=Filing(note="乙"))
    assert sorted(d.note for d in Draft.objects.all()) == ["乙", "甲"]


def test_a_submission_becomes_a_report_with_judged_values_and_takes_the_draft_away(cast):
    entry = world.entry(cast.school)
    progress.save(entry.pk, by=cast.filer, version=0, filing=Filing(note="草稿", values=GOOD))
    outcome = submit(entry, cast.filer)
    report = Report.objects.get(pk=outcome.report)
    assert (outcome.status, outcome.version) == (Status.submitted, 1)
    assert (report.no, report.note, report.due_on) == (1, "已按课表开齐。", entry.due_on)
    value = CheckValue.objects.get(report=report)
    assert (value.num, value.den, value.met) == (12, 12, True)
    assert Draft.objects.count() == 0
    assert kinds(entry) == ["save", "submit"]


def test_sent_on_the_due_date_is_on_time_and_the_day_after_is_late(cast, travel):
    first = world.entry(cast.school, due_on=date(2026, 11, 20))
    submit(first, cast.filer)
    other = world.entry(world.school(), due_on=date(2026, 11, 20))
    travel.move_to(world.NOON + world.days(1))
    submit(other, world.seat("filer", other.school))
    assert list(Entry.objects.order_by("pk").values_list("sent_late", flat=True)) == [False, True]


def test_the_due_date_ends_at_midnight_in_shanghai(cast, travel):
    late = []
    for minute_before_midnight in (world.NOON.replace(hour=15, minute=59), None):
        entry = world.entry(world.school(), due_on=date(2026, 11, 20))
        travel.move_to(minute_before_midnight or world.NOON.replace(hour=16, minute=1))
        submit(entry, world.seat("filer", entry.school))
        late.append(Entry.objects.get(pk=entry.pk).sent_late)
    assert late == [False, True]


def test_where_the_secretary_signs_the_filer_only_prepares(cast):
    cast.campaign.sign_off = True
    cast.campaign.save()
    entry = world.entry(cast.school)
    outcome = submit(entry, cast.filer)
    assert outcome.status == Status.awaiting_signoff
    assert Report.objects.get().sent_at is None
    with pytest.raises(Denied):
        progress.sign_off(entry.pk, by=cast.filer, version=1)
    signed = progress.sign_off(entry.pk, by=cast.secretary, version=1)
    report = Report.objects.get()
    assert signed.status == Status.submitted
    assert (report.signed_by, report.due_on) == (cast.secretary.user, entry.due_on)


def test_a_secretary_hands_back_with_a_reason_and_the_date_stays(cast):
    cast.campaign.sign_off = True
    cast.campaign.save()
    entry = world.entry(cast.school)
    submit(entry, cast.filer)
    assert list(
        refused(lambda: progress.hand_back(entry.pk, by=cast.secretary, version=1, reason=" "))
    )
    progress.hand_back(entry.pk, by=cast.secretary, version=1, reason="请补班级数")
    after = Entry.objects.get(pk=entry.pk)
    assert (after.status, after.due_on) == (Status.in_progress, entry.due_on)


def test_numbers_alone_go_without_the_tick_that_a_note_needs(cast):
    entry = world.entry(cast.school)
    found = refused(lambda: submit(entry, cast.filer, pledged=False))
    assert sorted(found) == ["pledged"]
    submit(entry, cast.filer, note="", pledged=False)
    assert world.status(entry) == Status.submitted


def test_a_file_alone_needs_the_tick(cast):
    entry = world.entry(cast.school)
    attach(entry, cast.filer, "a.pdf")
    found = refused(lambda: submit(entry, cast.filer, note="", pledged=False))
    assert sorted(found) == ["pledged"]


def test_a_school_withdraws_what_nobody_has_judged(cast):
    entry = world.file(world.entry(cast.school), cast.filer)
    progress.withdraw(entry.pk, by=cast.filer, version=entry.version)
    again = Entry.objects.get(pk=entry.pk)
    assert (again.status, again.sent_late) == (Status.in_progress, None)
    assert submit(again, cast.filer).status == Status.submitted
    assert Report.objects.count() == 2


def test_everything_wrong_with_a_filing_is_said_at_once_beside_its_field(cast):
    entry = world.entry(cast.school)
    found = refused(lambda: submit(entry, cast.filer, note="字" * 10_001, values={}, pledged=False))
    assert sorted(found) == ["check-politics_course_classes", "note", "pledged"]
    assert "10" in found["note"][0]
    assert (world.status(entry), Report.objects.count()) == (Status.not_started, 0)


def test_an_id_or_mobile_number_in_the_note_is_refused_and_masked(cast):
    entry = world.entry(cast.school)
    found = refused(lambda: submit(entry, cast.filer, note="联系人 13812345678"))
    assert "138****5678" in found["note"][0]
    assert "13812345678" not in found["note"][0]


def test_a_short_number_asks_for_a_word_why(cast):
    entry = world.entry(cast.school)
    short = {"politics_course_classes": {"num": "9", "den": "12"}}
    assert list(refused(lambda: submit(entry, cast.filer, note="", values=short))) == ["note"]
    submit(entry, cast.filer, note="三个班缺教师，下周补齐。", values=short)
    assert CheckValue.objects.get().met is False


def test_a_met_number_needs_no_words(cast):
    entry = world.entry(cast.school)
    assert submit(entry, cast.filer, note="").status == Status.submitted


def test_not_applicable_is_a_claim_with_a_reason_and_asks_for_no_numbers(cast):
    entry = world.entry(cast.school)
    claim = {"claim": Claim.not_applicable, "values": {}}
    assert list(refused(lambda: submit(entry, cast.filer, note="", **claim))) == ["note"]
    filed = submit(entry, cast.filer, note="本校无此学段。", **claim)
    assert filed.status == Status.submitted
    done = world.accept(entry, cast.reviewer)
    assert done.status == Status.exempt


def test_a_stale_page_is_told_who_was_first_and_keeps_both_texts(cast):
    entry = world.entry(cast.school)
    colleague = world.seat("filer", cast.school, world.person(name="林同事"))
    submit(entry, colleague, note="同事写的")
    with pytest.raises(Stale) as stale:
        submit(entry, cast.filer, note="我写的")
    assert "林同事" in stale.value.reason
    assert stale.value.context["theirs"].note == "同事写的"
    assert stale.value.context["yours"].note == "我写的"
    assert Report.objects.count() == 1


def test_the_same_request_again_gets_the_first_answer(cast):
    entry = world.entry(cast.school)
    first = submit(entry, cast.filer, key="form-1")
    again = submit(entry, cast.filer, key="form-1")
    assert first == again
    assert Report.objects.count() == 1


def test_another_text_under_the_same_key_is_a_new_request(cast):
    entry = world.entry(cast.school)
    submit(entry, cast.filer, key="form-1")
    with pytest.raises(Stale):
        submit(entry, cast.filer, key="form-1", note="Back 之后改过的")


@pytest.mark.parametrize("state", ["draft", "opening", "closed", "void"])
def test_only_an_open_campaign_can_be_filed_in(cast, state):
    entry = world.entry(cast.school)
    cast.campaign.state = state
    cast.campaign.save()
    for call in (
        lambda: submit(entry, cast.filer),
        lambda: progress.save(entry.pk, by=cast.filer, version=0, filing=Filing(note="x")),
    ):
        with pytest.raises(Denied):
            call()


def test_nothing_is_filed_before_its_term_opens_or_after_it_was_withdrawn(cast):
    later = world.entry(cast.school, term=2, opens_on=date(2027, 3, 1))
    gone = world.entry(cast.school, code="Z2.2", withdrawn_at=world.NOON)
    for entry in (later, gone):
        with pytest.raises(Denied):
            submit(entry, cast.filer)


def test_another_school_cannot_file_here(cast):
    entry = world.entry(cast.school)
    with pytest.raises(Denied):
        submit(entry, cast.stranger)


def test_tally_and_history_follow_every_step(cast):
    entry = world.file(world.entry(cast.school), cast.filer)
    entry = world.send_back(entry, cast.reviewer)
    entry = world.file(entry, cast.filer)
    world.accept(entry, cast.reviewer)
    assert tallies.differences() == {}
    assert list(history.verify()) == []
    assert kinds(entry) == ["submit", "return", "submit", "accept"]
