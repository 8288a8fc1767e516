"""What changed from one submission to the next: numbers, words, files; and what would come next."""

import re

import pytest

from reform import bookkeeping, checking, progress, submissions
from reform.compare import Piece
from reform.filings import Filing
from reform.models import Entry, Evidence
from reform.states import Claim
from schools.registers import REGISTERS
from tests import desk, world
from tests.entry_form import url
from tests.reading import words

pytestmark = pytest.mark.database

LONG = "本学期思政课按课表开齐开足，教务处每周核对一次，"


@pytest.fixture
def entry(cast):
    return world.entry(cast.school)


def typed(entry, num):
    checks = entry.slot.item.checks.filter(source="typed")
    return {check.key: {"num": str(num), "den": "12"} for check in checks}


def send(entry, by, note, num=12, claim=Claim.done):
    """File it anew, whoever has it now: what waits is withdrawn first."""
    entry.refresh_from_db()
    if entry.status == 4:
        progress.withdraw(entry.pk, by=by, version=entry.version)
        entry.refresh_from_db()
    values = {} if claim == Claim.not_applicable else typed(entry, num)
    filing = Filing(note=note, claim=claim, values=values, pledged=True)
    progress.submit(entry.pk, by=by, version=entry.version, filing=filing)


def pairs(entry, *, own=True, **more):
    found = Entry.objects.select_related("slot__item", "report", "school", "computed")
    found = found.get(pk=entry.pk)
    filed = submissions.read(found, own=own, **more)
    return submissions.side_by_side(found, filed, own=own)


def test_numbers_words_and_files_that_differ_are_told_and_nothing_else(cast, entry):
    kept = desk.attach(entry, cast.filer, "课表.pdf", sha="a")
    old = desk.attach(entry, cast.filer, "旧表.pdf", sha="b")
    send(entry, cast.filer, LONG + "差一个班。", num=11)
    Evidence.objects.filter(pk=old.pk).update(removed_at=world.NOON)
    desk.attach(entry, cast.filer, "新表.pdf", sha="c")
    send(entry, cast.filer, LONG + "全部开齐。", num=12)

    first, second = pairs(entry)
    assert first.before is None and first.changed == "无" and first.passages == []
    assert [(line.before, line.now) for line in second.numbers] == [("11 / 12", "12 / 12")]
    assert Piece("del", "差一个班") in second.passages
    assert Piece("ins", "全部开齐") in second.passages
    assert second.passages[0] == Piece("same", "…" + LONG[-12:])
    assert [file.name for file in second.come] == ["新表.pdf"]
    assert [file.name for file in second.gone] == ["旧表.pdf"]
    assert re.fullmatch("1 个数、.+、增加 1 份材料、去掉 1 份材料", second.changed)
    assert kept.name in [one.evidence.name for one in second.materials]


def test_the_same_again_has_changed_nothing(cast, entry):
    for _twice in range(2):
        send(entry, cast.filer, "照旧。")
    assert pairs(entry)[1].changed == "无"


def test_a_claim_that_comes_and_goes_is_told(cast, entry):
    send(entry, cast.filer, "已办。")
    send(entry, cast.filer, "本校没有这门课。", claim=Claim.not_applicable)
    send(entry, cast.filer, "已办。")
    _first, second, third = pairs(entry)
    assert second.claimed == "这次改为声明不适用。" and second.changed.startswith("是否适用")
    assert third.claimed == "不再声明不适用。"
    assert second.checks == []


def test_what_registers_answered_is_compared_too(cast):
    entry = world.entry(cast.school, "S1.1")
    world.file(entry, cast.filer, note="台账还没有记。")
    progress.withdraw(entry.pk, by=cast.filer, version=world.Entry.objects.get().version)
    world.branch(cast.school, since=world.FIRST_DAY.date())
    bookkeeping.keep(cast.school, REGISTERS["meetings"], [], by=cast.filer)
    world.file(entry, cast.filer, note="台账还没有记。")
    second = pairs(entry)[1]
    sent = {value.check_def.key for value in entry.reports.first().values.all()}
    assert {line.name for line in second.checks} and len(second.checks) == len(sent)
    assert second.passages == []


def test_officials_compare_only_what_was_sent_to_them(cast, entry):
    cast.campaign.sign_off = True
    cast.campaign.save()
    send(entry, cast.filer, "第一稿。")
    entry.refresh_from_db()
    progress.hand_back(entry.pk, by=cast.secretary, version=entry.version, reason="请补。")
    send(entry, cast.filer, "第二稿。")
    assert len(pairs(entry)) == 2
    assert pairs(entry, own=False) == []
    entry.refresh_from_db()
    progress.sign_off(entry.pk, by=cast.secretary, version=entry.version)
    (seen,) = pairs(entry, own=False)
    assert seen.report.note == "第二稿。" and seen.before is None


def test_small_counts_stay_hidden_from_officials(cast):
    entry = world.entry(cast.school, "X1.4")
    check = next(one for one in entry.slot.item.checks.all() if "cadre_pool" in one.registers)
    for no, num in ((1, 2), (2, 3)):
        report = entry.reports.create(
            no=no, author=cast.filer.user, written_at=world.NOON, sent_at=world.NOON,
            claim="done", pledged=True, digest="",
        )  # fmt: skip
        report.values.create(check_def=check, num=num, source="computed", met=None)
    Entry.objects.filter(pk=entry.pk).update(report=report)
    (line,) = pairs(entry, own=False)[1].numbers
    assert (line.before, line.now) == ("<5", "<5")
    (line,) = pairs(entry)[1].numbers
    assert (line.before, line.now) == ("2", "3")


def test_the_newest_few_are_enough_for_the_page_of_an_entry(cast, entry):
    for n in range(8):
        send(entry, cast.filer, f"第 {n} 稿。")
    assert [one.report.no for one in pairs(entry, most=6)] == [3, 4, 5, 6, 7, 8]
    assert len(pairs(entry)) == 8


def test_the_last_period_stands_apart_from_what_was_filed_here(cast):
    before = world.campaign(year="2025-2026")
    old = world.entry(cast.school, campaign=before, term=2)
    world.file(old, cast.filer, note="上学期。")
    entry = world.entry(cast.school)
    send(entry, cast.filer, "本学期。")
    found = Entry.objects.select_related("slot__item", "report", "school").get(pk=entry.pk)
    filed = submissions.read(found, own=True, last=True)
    assert [report.note for report in filed.reports] == ["本学期。"]
    assert filed.last.note == "上学期。" == submissions.last_report(found).note
    assert filed.values[filed.last.pk].keys() == filed.values[filed.reports[0].pk].keys()
    assert list(filed.checks) == list(entry.slot.item.checks.all())


# ---- in the timeline


def test_the_timeline_says_under_each_submission_what_it_changed(cast, entry, at):
    send(entry, cast.filer, LONG + "差一个班。", num=11)
    send(entry, cast.filer, LONG + "全部开齐。", num=12)
    for seat in (cast.filer, cast.reviewer, cast.viewer):
        page = at(seat).get(url("entry", entry)).content.decode()
        assert page.count("与第 1 次提交相比，变动：1 个数、") == 1
        assert "<del>11 / 12</del> → <ins>12 / 12</ins>" in page
        assert "<del>差一个班</del><ins>全部开齐</ins>" in page


# ---- what would come next


def foretold(entry, filing, by):
    found = Entry.objects.select_related("slot__item", "slot__campaign", "report", "school",
                                         "computed").get(pk=entry.pk)  # fmt: skip
    filed = submissions.read(found, own=True)
    return (
        submissions.to_come(found, filing, filed, by.user),
        submissions.missing(found, filing, filed),
    )


def test_what_would_be_sent_is_laid_beside_what_the_reviewer_read_last(cast, entry):
    send(entry, cast.filer, "差一个班。", num=11)
    world.send_back(entry, cast.reviewer)
    desk.attach(entry, cast.filer, "新表.pdf")
    seen, wrong = foretold(entry, Filing(note=" 开齐。", values=typed(entry, 12)), cast.filer)
    assert wrong == {}
    assert (seen.report.no, seen.before.no, seen.report.note) == (2, 1, "开齐。")
    assert [(line.before, line.now) for line in seen.numbers] == [("11 / 12", "12 / 12")]
    assert [one.evidence.name for one in seen.materials if one.new] == ["新表.pdf"]
    assert entry.reports.count() == 1


def test_what_cannot_be_read_is_left_out_and_said(cast, entry):
    seen, wrong = foretold(entry, Filing(values=typed(entry, "x")), cast.filer)
    assert seen.checks == [] and seen.before is None
    assert all(name.startswith("check-") for name in wrong) and wrong


def test_answers_of_the_registers_are_foreseen_as_they_would_be_frozen(cast):
    entry = world.entry(cast.school, "S1.1")
    world.branch(cast.school, since=world.FIRST_DAY.date())
    entry = Entry.objects.select_related("slot__item", "slot__campaign", "school").get()
    checking.refresh_entry(entry)
    entry = Entry.objects.select_related("slot__item", "slot__campaign", "school", "computed").get()
    checks = list(entry.slot.item.checks.all())
    told = ("check_def_id", "num", "den", "source", "target", "met", "detail")

    def told_of(values):
        return sorted(tuple(str(getattr(one, name)) for name in told) for one in values)

    assert checking.foreseen(entry, checks)
    assert told_of(checking.foreseen(entry, checks)) == told_of(checking.freeze(entry))


def test_words_of_the_page(cast, entry, at):
    page = at(cast.filer).get(url("entry_preview", entry))
    assert "审核员将这样看到 Z2.1；目前还不能提交。" in words(page)
