"""Writing on the page of an entry: what is saved, sent, refused – and no word of it lost."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from reform import progress
from reform.models import Draft, Entry, Report
from reform.states import Claim, Status
from schools.models import Membership
from tests import world
from tests.entry_form import form, note_of, url, value_of
from tests.reading import words


def test_a_script_saves_and_is_told_when(cast, at):
    entry = world.entry(cast.school)
    answer = at(cast.filer).post(
        url("entry_save", entry),
        form(entry, note="写到一半"),
        headers={"X-Requested-With": "fetch"},
    )
    assert answer.json() == {"saved": "12:00 已自动保存"}
    page = at(cast.filer).get(url("entry", entry))
    assert note_of(page) == "写到一半"
    assert "今天 12:00 已保存草稿" in words(page)


def test_a_refusal_goes_once_the_text_that_is_kept_holds_nothing_private(cast, at):
    entry = world.entry(cast.school)
    wrong = form(entry, note="经手人 110101199003070011", pledged="yes")
    refused = at(cast.filer).post(url("entry_submit", entry), wrong)
    assert 'name="refused" value="1" form="filing"' in refused.content.decode()

    def plain(sentence):
        return sentence.replace("\xa0", " ").replace("<wbr>", "")

    def kept(**fields):
        sent = form(entry, **{"refused": "1", "pledged": "yes", **fields})
        script = {"X-Requested-With": "fetch"}
        return at(cast.filer).post(url("entry_save", entry), sent, headers=script).json()["parts"]

    still = kept(note="经手人 110101199003070011，已核对")
    assert "身份证号" in still["problems"] and "1 处要补正：进展情况" in plain(still["sentence"])
    other = kept(note="已核对", pledged="")
    assert "身份证号" not in other["problems"]
    assert "1 处要补正：勾选确认" in plain(other["sentence"])
    assert kept(note="已核对")["problems"].strip() == ""
    assert "再看一遍" in kept(note="已核对")["sentence"]


def test_line_ends_count_as_the_writer_saw_them(cast, at):
    entry = world.entry(cast.school)
    at(cast.filer).post(url("entry_save", entry), form(entry, note="一\r\n" * 5000))
    assert len(Draft.objects.get().note) == 10_000


def test_a_script_is_told_what_stands_in_the_way(cast, at, client):
    entry = world.entry(cast.school)
    script = {"X-Requested-With": "fetch"}
    long = at(cast.filer).post(
        url("entry_save", entry), form(entry, note="字" * 10_001), headers=script
    )
    assert (long.status_code, long.json()) == (
        422,
        {"reason": "最多 10,000 字，超出 1 字。"},
    )
    world.send_back(world.file(entry, cast.filer), cast.reviewer)
    stale = at(cast.filer).post(url("entry_save", entry), form(entry, version=0), headers=script)
    assert stale.status_code == 409
    assert "已先办" in stale.json()["reason"]
    world.file(entry, cast.filer)
    wrong = at(cast.filer).post(url("entry_save", entry), form(entry), headers=script)
    assert wrong.status_code == 403
    client.logout()
    out = client.post(url("entry_save", entry), form(entry), headers=script)
    assert out.status_code == 401
    assert Draft.objects.count() == 0


def test_a_filing_goes_to_the_reviewer_and_the_school_goes_home(cast, at):
    entry = world.entry(cast.school)
    answer = at(cast.filer).post(url("entry_submit", entry), form(entry), follow=True)
    assert answer.redirect_chain == [(reverse("school_home"), 302)]
    assert "Z2.1 已提交，等待审核。" in words(answer)
    assert world.status(entry) == Status.submitted


def test_everything_wrong_is_said_beside_its_field_and_all_typed_words_stay(cast, at):
    entry = world.entry(cast.school)
    sent = form(
        entry,
        note="字" * 10_001,
        pledged="",
        **{"check-politics_course_classes-num": "十二", "check-politics_course_classes-den": "-1"},
    )
    page = at(cast.filer).post(url("entry_submit", entry), sent)
    assert page.status_code == 422
    assert note_of(page) == "字" * 10_001
    assert value_of(page, "check-politics_course_classes-num") == "十二"
    assert value_of(page, "check-politics_course_classes-den") == "-1"
    assert [
        len(re.findall(rf'id="{name}-error"', page.content.decode()))
        for name in ("note", "check-politics_course_classes", "pledged")
    ] == [1, 1, 1]
    assert "最多 10,000 字" in words(page)
    assert Report.objects.count() == 0
    assert page.content.count(b'aria-invalid="true"') == 4


def test_a_claim_of_not_applicable_needs_its_reason_and_no_numbers(cast, at):
    entry = world.entry(cast.school)
    bare = {"check-politics_course_classes-num": "", "check-politics_course_classes-den": ""}
    sent = form(entry, claim="not_applicable", note="", **bare)
    page = at(cast.filer).post(url("entry_submit", entry), sent)
    assert page.status_code == 422
    assert re.search(r'name="claim"[^>]* checked', page.content.decode())
    at(cast.filer).post(url("entry_submit", entry), {**sent, "note": "本学期没有在读班级。"})
    assert Report.objects.get().claim == Claim.not_applicable


def test_pressing_twice_or_going_back_and_sending_again_files_once(cast, at):
    entry = world.entry(cast.school)
    sent = form(entry)
    browser = at(cast.filer)
    answers = [browser.post(url("entry_submit", entry), sent) for _press in range(3)]
    assert [answer.url for answer in answers] == [reverse("school_home")] * 3
    assert Report.objects.count() == 1
    assert Entry.objects.get(pk=entry.pk).version == 1


def test_going_back_and_sending_again_what_was_taken_back_is_not_told_as_sent(cast, at):
    entry = world.entry(cast.school)
    sent = form(entry, note="我写的。")
    browser = at(cast.filer)
    browser.post(url("entry_submit", entry), sent)
    progress.withdraw(entry.pk, by=cast.filer, version=1)
    page = browser.post(url("entry_submit", entry), sent)
    assert page.status_code == 409
    assert note_of(page) == "我写的。"
    assert world.status(entry) == Status.in_progress


def test_whoever_comes_second_sees_both_texts_and_goes_on_with_either(cast, at):
    entry = world.entry(cast.school)
    mine = form(entry, note="我写的。\n第二行")
    world.send_back(world.file(entry, cast.secretary, note="书记写的。"), cast.reviewer)
    page = at(cast.filer).post(url("entry_submit", entry), mine)
    assert page.status_code == 409
    assert note_of(page) == "我写的。\n第二行"
    assert "思政课开课覆盖率：12 / 12" in words(page)
    assert "思政课开课覆盖率：3 / 3 书记写的。" in words(page)
    assert Report.objects.count() == 1
    kept = {"version": value_of(page, "version"), "note": note_of(page)}
    answer = at(cast.filer).post(url("entry_save", entry), kept, follow=True)
    assert note_of(answer) == "我写的。\n第二行"
    at(cast.filer).post(url("entry_save", entry), {"version": kept["version"], "use": "sent"})
    draft = Draft.objects.get()
    assert draft.note == "书记写的。"
    assert draft.values["politics_course_classes"] == {"num": "3", "den": "3"}


def test_an_old_draft_is_shown_beside_the_report_that_came_after_it(cast, at):
    entry = world.entry(cast.school)
    at(cast.filer).post(url("entry_save", entry), form(entry, note="我的草稿"))
    world.send_back(world.file(entry, cast.secretary, note="书记写的。"), cast.reviewer)
    page = at(cast.filer).get(url("entry", entry))
    assert note_of(page) == "我的草稿"
    assert "您的草稿写于 今天 12:00，之后又有人提交过。" in words(page)
    assert "书记写的。" in words(page)


def test_a_correction_starts_from_the_report_that_was_returned(cast, at):
    entry = world.entry(cast.school)
    world.send_back(world.file(entry, cast.filer, note="原来的话"), cast.reviewer)
    page = at(cast.filer).get(url("entry", entry))
    assert note_of(page) == "原来的话"
    assert value_of(page, "check-politics_course_classes-num") == "3"
    assert not re.search(r'name="pledged"[^>]* checked', page.content.decode())


def test_a_campaign_closed_meanwhile_refuses_and_gives_the_words_back(cast, at):
    entry = world.entry(cast.school)
    sent = form(entry, note="写了很久的一段话。")
    cast.campaign.state = "closed"
    cast.campaign.save()
    for name in ("entry_save", "entry_submit"):
        page = at(cast.filer).post(url(name, entry), sent)
        assert page.status_code == 403
        assert note_of(page) == "写了很久的一段话。"
    assert (Report.objects.count(), Draft.objects.count()) == (0, 0)


def test_a_post_that_ended_yesterday_refuses_and_gives_the_words_back(cast, at):
    entry = world.entry(cast.school)
    sent = form(entry, note="昨天开始写的。")
    browser = at(cast.filer)
    Membership.objects.filter(user=cast.filer.user).update(
        ends_on=world.NOON.date() - timedelta(days=1)
    )
    page = browser.post(url("entry_submit", entry), sent)
    assert page.status_code == 403
    assert "昨天开始写的。" in words(page)
    assert Report.objects.count() == 0


@pytest.mark.parametrize("version", ["", "-1", "abc", "1" * 40, "０"])
def test_a_version_that_never_was_is_someone_elses_and_nothing_is_lost(cast, at, version):
    entry = world.entry(cast.school)
    page = at(cast.filer).post(url("entry_submit", entry), form(entry, version=version))
    assert page.status_code == 409
    assert note_of(page) == "已按课表开齐。"


def test_a_question_of_yes_or_no_is_marked_where_it_was_left_open(cast, at):
    entry = world.entry(cast.school)
    entry.slot.item.checks.filter(source="typed").update(kind="bool")
    sent = form(entry, **{"check-politics_course_classes-num": ""})
    page = at(cast.filer).post(url("entry_submit", entry), sent)
    assert page.status_code == 422
    field = re.search(r"<select[^>]*politics_course_classes-num[^>]*>", page.content.decode())[0]
    assert 'aria-invalid="true"' in field and "politics_course_classes-error" in field


def test_a_page_that_answers_a_form_offers_no_other_language(cast, at):
    """It cannot be asked for again, and what was typed would be lost."""
    entry = world.entry(cast.school)
    switch = f'action="{reverse("language")}"'
    assert switch in at(cast.filer).get(url("entry", entry)).content.decode()
    refused = at(cast.filer).post(url("entry_submit", entry), form(entry, pledged=""))
    assert refused.status_code == 422
    assert switch not in refused.content.decode()


@pytest.mark.parametrize(("note", "same"), [("原来的话", True), ("换了一份清楚的。", False)])
def test_what_is_sent_again_as_it_was_returned_is_said_to_be_so(cast, at, note, same):
    entry = world.entry(cast.school, "Z2.1")
    browser = at(cast.filer)
    browser.post(url("entry_submit", entry), form(entry, note="原来的话"))
    entry.refresh_from_db()
    world.send_back(entry, cast.reviewer)
    page = browser.post(url("entry_submit", entry), form(entry, note=note, key="k2"), follow=True)
    assert world.status(entry) == Status.submitted
    assert ("Z2.1 与被退回的那次内容相同，没有改动。" in words(page)) is same
