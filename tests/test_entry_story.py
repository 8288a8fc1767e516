"""The history of an entry as a page to print, and what the reviewer would read if it were sent."""

import re
from datetime import date

import pytest

from reform import comments, history, progress
from reform.models import Draft, Entry, Report
from reform.states import MOVES
from reform.views.entry_steps import STEPS
from tests import desk, world
from tests.entry_form import form, url, value_of
from tests.reading import heading, words

NOTE = "课表已核对。"


@pytest.fixture
def entry(cast):
    return world.entry(cast.school)


def story(entry, cast):
    """Filed, returned, filed again and accepted, with a comment."""
    world.file(entry, cast.filer, note="差一个班。")
    world.send_back(entry, cast.reviewer, reason="请核对班级数。")
    desk.attach(entry, cast.filer, "课表.pdf")
    world.file(entry, cast.filer, note="全部开齐。")
    comments.say(entry.pk, by=cast.filer, text="走教教师已到位。")
    return world.accept(entry, cast.reviewer)


# ---- the history


def test_every_submission_stands_there_with_what_it_changed_and_what_was_decided(cast, entry, at):
    story(entry, cast)
    for seat in (cast.filer, cast.secretary, cast.reviewer, cast.viewer):
        page = at(seat).get(url("entry_history", entry))
        said = words(page)
        assert heading(page) == "Z2.1 提交过 2 次，现为“已通过”。"
        assert "阳光小学" in said and "走教教师已到位。" in said
        assert said.index("第 2 次提交") < said.index("第 1 次提交", said.index("第 2 次提交"))
        assert "<del>差一个班</del><ins>全部开齐</ins>" in page.content.decode()
        assert "<ins>课表.pdf</ins>" in page.content.decode()
        assert (
            "请核对班级数。" in said
            and f"<b>已通过</b>，{cast.reviewer.user.name}" in page.content.decode()
        )


def test_the_history_says_once_when_it_was_sent_and_that_it_is_late_by_now(cast, entry, at):
    world.send_back(world.file(entry, cast.filer), cast.reviewer)
    Entry.objects.filter(pk=entry.pk).update(due_on=date(2026, 11, 10))
    page = at(cast.viewer).get(url("entry_history", entry))
    assert heading(page) == "Z2.1 提交过 1 次，现为“已退回”，已逾期。"
    [cite] = re.findall(r'<p class="cite">(.*?)</p>', page.content.decode(), re.DOTALL)
    assert cite.count("12:00") == 1 and cite.endswith("提交")


def test_a_step_of_a_kind_that_nobody_worded_yet_breaks_no_page(cast, entry, at):
    event = history.NewEvent("unheard_of", cast.filer.user, entry.pk)
    history.record(cast.school.subject, event)
    for name in ("entry", "entry_history"):
        page = at(cast.filer).get(url(name, entry))
        assert page.status_code == 200 and "unheard_of" in words(page)


def test_every_move_of_an_entry_has_its_word_in_the_history():
    assert set(MOVES) - set(STEPS) == set()


def test_it_says_so_when_nothing_was_submitted(cast, entry, at):
    page = at(cast.filer).get(url("entry_history", entry))
    assert heading(page) == "Z2.1 还没有提交过。"


def test_officials_read_no_submission_that_was_not_sent_and_no_word_of_the_secretary(
    cast, entry, at
):
    cast.campaign.sign_off = True
    cast.campaign.save()
    world.file(entry, cast.filer, note="第一稿。")
    entry.refresh_from_db()
    progress.hand_back(entry.pk, by=cast.secretary, version=entry.version, reason="口气太满。")
    for seat, inside in ((cast.filer, True), (cast.reviewer, False)):
        said = words(at(seat).get(url("entry_history", entry)))
        assert ("第一稿。" in said) == inside == ("口气太满。" in said)


def test_an_acceptance_that_was_taken_back_is_told_as_such(cast, entry, at):
    world.accept(world.file(entry, cast.filer), cast.reviewer)
    entry.refresh_from_db()
    progress.undo_accept(entry.pk, by=cast.reviewer, version=entry.version)
    page = at(cast.filer).get(url("entry_history", entry))
    assert re.search(r"通过 ，\S+ 2026-11-20 12:00；2026-11-20 12:00 撤回", words(page))


def test_the_timeline_and_the_desk_lead_there(cast, entry, at):
    world.file(entry, cast.filer)
    link = f'href="{url("entry_history", entry)}"'
    assert link in at(cast.filer).get(url("entry", entry)).content.decode()
    assert link in at(cast.reviewer).get(url("review_entry", entry)).content.decode()


def test_the_history_asks_the_same_however_long_it_is(cast, entry, at, django_assert_num_queries):
    world.file(entry, cast.filer)
    browser = at(cast.filer)
    with django_assert_num_queries(9):
        browser.get(url("entry_history", entry))
    for _n in range(3):
        world.send_back(entry, cast.reviewer)
        world.file(entry, cast.filer)
        comments.say(entry.pk, by=cast.reviewer, text="再看一次。")
    with django_assert_num_queries(9):
        browser.get(url("entry_history", entry))


# ---- before it is sent


def test_the_draft_is_kept_and_shown_as_the_reviewer_would_read_it(cast, entry, at):
    desk.attach(entry, cast.filer, "课表.pdf")
    sent = form(entry, note=NOTE, use="preview")
    page = at(cast.filer).post(url("entry_save", entry), sent, follow=True)
    assert page.redirect_chain == [(url("entry_preview", entry), 302)]
    assert heading(page) == "提交后，审核员将这样看到 Z2.1。"
    said = words(page)
    assert "阳光小学" in said and NOTE in said and "12 / 12" in said and "课表.pdf" in said
    assert Draft.objects.get().note == NOTE
    assert not Report.objects.exists()


def test_the_form_offers_it_and_what_is_missing_is_said(cast, entry, at):
    browser = at(cast.filer)
    page = browser.get(url("entry", entry)).content.decode()
    assert 'name="use" value="preview"' in page
    browser.post(url("entry_save", entry), {**form(entry), "check-Z2.1-num": "", "note": ""})
    draft = Draft.objects.get()
    draft.values = {}
    draft.save()
    page = browser.get(url("entry_preview", entry))
    assert heading(page) == "审核员将这样看到 Z2.1；目前还不能提交。"
    assert "提交前还需" in words(page)


def test_what_was_returned_is_shown_with_its_changes(cast, entry, at):
    world.file(entry, cast.filer, note="差一个班。")
    world.send_back(entry, cast.reviewer)
    browser = at(cast.filer)
    browser.post(url("entry_save", entry), form(entry, note="全部开齐。"))
    page = browser.get(url("entry_preview", entry)).content.decode()
    assert "<del>差一个班</del><ins>全部开齐</ins>" in page
    assert "<del>3 / 3</del>" in page and "<ins>12 / 12</ins>" in page


def test_what_only_the_reviewer_is_told_is_not_shown_before(cast, entry, at):
    world.file(entry, cast.filer, note="课时数按课表开齐，已核对过。")
    world.send_back(entry, cast.reviewer)
    page = at(cast.filer).get(url("entry_preview", entry))
    assert "文字与上次" not in words(page) and "destroy" not in page.content.decode()


def test_nobody_else_looks_into_a_draft(cast, entry, at):
    at(cast.filer).post(url("entry_save", entry), form(entry, note=NOTE))
    assert at(cast.reviewer).get(url("entry_preview", entry)).status_code == 403
    assert at(cast.stranger).get(url("entry_preview", entry)).status_code == 404
    assert NOTE not in words(at(cast.secretary).get(url("entry_preview", entry)))


def test_what_waits_for_review_has_no_preview(cast, entry, at):
    world.file(entry, cast.filer)
    page = at(cast.filer).get(url("entry_preview", entry))
    assert page.status_code == 403
    assert "等待审核" in words(page)


def test_from_the_preview_the_form_still_sends(cast, entry, at):
    browser = at(cast.filer)
    browser.post(url("entry_save", entry), form(entry, note=NOTE, use="preview"))
    page = browser.get(url("entry", entry))
    sent = form(entry, note=NOTE, version=value_of(page, "version"))
    browser.post(url("entry_submit", entry), sent)
    assert Report.objects.get().note == NOTE
