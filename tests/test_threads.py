"""Threads of comments: an answer belongs to what it answers, and is resolved with it."""

import json
import re
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from reform import comments, history, inbox
from reform.models import Campaign, Comment, Entry, Event, Reminder
from schools.errors import Denied
from schools.models import User
from tests import world
from tests.entry_form import url
from tests.reading import words
from tests.test_comment_pages import HTMX, settle, thread
from tests.test_comments import kinds, told

pytestmark = pytest.mark.database


@pytest.fixture
def entry(cast):
    for seat, name in ((cast.filer, "王敏"), (cast.secretary, "李书记"), (cast.reviewer, "周科")):
        User.objects.filter(pk=seat.user.pk).update(name=name)
        seat.user.refresh_from_db()
    return world.entry(cast.school)


@pytest.fixture
def question(cast, entry):
    return comments.say(entry.pk, by=cast.filer, text="课时数按哪一版课表核对？")


def answer(question, by, text="按新课表。", **more):
    return comments.say(question.entry_id, by=by, text=text, answers=question.pk, **more)


def open_ones(entry):
    return Entry.objects.annotate(n=comments.unresolved()).get(pk=entry.pk).n


# ---- answering


def test_a_question_with_its_answers_is_one_open_thing(cast, entry, question):
    first = answer(question, cast.reviewer)
    again = answer(first, cast.filer, "明白了。")
    assert {first.answers, again.answers} == {question}
    assert open_ones(entry) == 1
    assert answer(question, cast.reviewer, "好。", resolve=True).resolved_at is None
    assert open_ones(entry) == 0
    assert Comment.objects.get(pk=question.pk).resolved_by == cast.reviewer.user


def test_an_answer_that_resolves_is_told_and_the_question_is_taken_back(cast, entry, question):
    said = answer(question, cast.reviewer, resolve=True)
    assert told(question) == [] and told(question, "cancelled") == ["周科"]
    assert told(said) == ["李书记", "王敏"]
    assert inbox.lines(list(inbox.of(cast.filer.user)))[0].said == "周科答复：按新课表。"
    assert kinds(entry) == ["comment", "comment", "comment_resolve"]
    body = json.loads(Event.objects.get(comment=said).body)
    assert body["answers"] == question.pk
    assert list(history.verify(f"school:{cast.school.pk}")) == []


def test_whoever_wrote_in_the_thread_is_told_of_an_answer_of_their_own_side_too(cast, question):
    assert told(answer(question, cast.secretary)) == ["周科", "王敏"]
    assert told(answer(question, cast.reviewer, "@李书记 请看。")) == ["李书记"]


def test_an_answer_to_what_was_resolved_meanwhile_opens_it_again(cast, entry, question):
    comments.settle(question.pk, by=cast.filer, resolved=True)
    answer(question, cast.reviewer)
    assert open_ones(entry) == 1
    assert told(question) == ["周科"]
    comments.settle(question.pk, by=cast.filer, resolved=True)
    assert answer(question, cast.reviewer, "补充。", resolve=True)
    assert kinds(entry).count("comment_resolve") == 2


def test_the_same_answer_twice_is_written_once(cast, entry, question):
    first = answer(question, cast.reviewer, resolve=True, key="k")
    assert answer(question, cast.reviewer, resolve=True, key="k") == first
    assert kinds(entry) == ["comment", "comment", "comment_resolve"]


def test_a_mark_on_an_answer_is_one_on_its_thread(cast, entry, question):
    said = answer(question, cast.reviewer)
    assert comments.settle(said.pk, by=cast.filer, resolved=True)
    assert open_ones(entry) == 0
    with pytest.raises(Denied, match="已办结"):
        comments.change(said.pk, by=cast.reviewer, text="改")


def test_an_answer_in_one_thread_leaves_the_words_of_another_correctable(cast, entry, question):
    other = comments.say(entry.pk, by=cast.filer, text="另一件事。")
    answer(question, cast.reviewer)
    assert comments.change(other.pk, by=cast.filer, text="另一件事，改过。")
    with pytest.raises(Denied, match="已有人回复"):
        comments.change(question.pk, by=cast.filer, text="改")


def test_people_to_address_stand_by_name_as_a_reader_looks_them_up(cast, entry):
    for name in ("张三", "阿明", "王五"):
        world.seat("filer", cast.school, world.person(name=name))
    posts = comments.others(comments.scope.partners(cast.school, entry.authority), cast.reviewer)
    assert [post.user.name for post in posts] == ["阿明", "李书记", "王敏", "王五", "张三"]


# ---- what counts, and how often


@pytest.mark.parametrize("state", ["closed", "void"])
def test_what_nobody_can_resolve_any_more_counts_nowhere(cast, entry, question, at, state):
    Campaign.objects.update(state=state)
    assert open_ones(entry) == 0
    page = at(cast.filer).get(url("entry", entry))
    assert "1 条一直未办结" in words(page) and "条未办结" not in words(page)
    assert "<form" not in thread(page)
    assert "留言未办结" not in words(at(cast.filer).get(reverse("items")))
    with pytest.raises(Denied):
        comments.settle(question.pk, by=cast.filer, resolved=True)
    Campaign.objects.update(state="open")
    assert open_ones(entry) == 1


def test_the_same_again_writes_nothing(cast, entry, question):
    comments.change(question.pk, by=cast.filer, text=f" {question.text}\r\n")
    comments.settle(question.pk, by=cast.filer, resolved=False)
    assert kinds(entry) == ["comment"]


def test_corrections_and_openings_come_to_an_end_that_says_so(cast, entry, question, at):
    for n in range(comments.MOST_TIMES):
        comments.change(question.pk, by=cast.filer, text=f"第 {n} 稿。")
        comments.settle(question.pk, by=cast.filer, resolved=True)
        comments.settle(question.pk, by=cast.reviewer, resolved=False)
    written = len(kinds(entry))
    page = at(cast.filer).post(
        url("entry_comment", entry), {"change": question.pk, "text": "再改一稿。"}, **HTMX
    )
    assert page.status_code == 422
    assert "已改过 10 次，请另写一条" in words(page)
    assert "再改一稿。</textarea>" in thread(page)
    comments.settle(question.pk, by=cast.filer, resolved=True)
    with pytest.raises(Denied, match="重新打开过 10 次"):
        comments.settle(question.pk, by=cast.filer, resolved=False)
    with pytest.raises(ValidationError):
        answer(question, cast.reviewer)
    assert len(kinds(entry)) == written + 1
    other = comments.say(entry.pk, by=cast.filer, text="另一条。")
    assert comments.change(other.pk, by=cast.filer, text="另一条可以改。")


# ---- on the pages


@pytest.mark.parametrize("more", [{}, HTMX])
def test_one_button_answers_and_another_resolves_with_it(cast, entry, question, at, more):
    browser = at(cast.reviewer)
    form = thread(browser.get(url("entry", entry)))
    assert re.search(r'<button class="btn" name="resolve" value="1">答复并标为办结', form)
    sent = {"answers": question.pk, "text": "按新课表。", "key": "k1"}
    browser.post(url("entry_comment", entry), sent, **more)
    page = browser.get(url("entry", entry))
    assert "1 条未办结" in words(page) and "按新课表。" in thread(page)
    sent |= {"text": "已改。", "resolve": "1", "key": "k2"}
    answer = browser.post(url("entry_comment", entry), sent, follow=not more, **more)
    assert "标为办结" in words(answer)
    assert "1 条已办结" in words(browser.get(url("entry", entry)))
    assert Comment.objects.filter(answers=question).count() == 2


@pytest.mark.parametrize("more", [{}, HTMX])
def test_a_refused_answer_comes_back_in_its_own_field(cast, entry, question, at, more):
    sent = {"answers": question.pk, "text": "请打 13812345678", "key": f"k9-{question.pk}"}
    page = at(cast.reviewer).post(url("entry_comment", entry), sent, **more)
    assert page.status_code == 422
    assert f'id="answer-{question.pk}-error"' in thread(page)
    assert thread(page).count("请打 13812345678</textarea>") == 1
    assert f'name="key" value="k9-{question.pk}"' in thread(page)
    assert 'id="comment-error"' not in thread(page)


def test_nothing_of_another_entry_is_answered_from_here(cast, entry, question, at):
    other = world.entry(cast.school, "Z2.2")
    for number in (question.pk, "x", 10**17):
        sent = {"answers": number, "text": "答"}
        assert at(cast.reviewer).post(url("entry_comment", other), sent).status_code == 404
    assert Comment.objects.count() == 1


def test_the_history_on_paper_shows_the_answer_under_its_question(cast, entry, question, at):
    comments.say(entry.pk, by=cast.filer, text="另一件事。")
    answer(question, cast.reviewer, resolve=True)
    said = words(at(cast.reviewer).get(reverse("entry_history", args=[entry.pk])))
    assert said.index("按新课表。") < said.index("另一件事。")
    assert "周科于 2026-11-20 12:00 标为办结" in said


def test_a_resolved_thread_is_opened_with_all_who_wait_for_it(cast, entry, question, at):
    said = answer(question, cast.reviewer)
    settle(at(cast.filer), question, "resolve")
    assert told(said) == [] and told(question) == []
    settle(at(cast.filer), question, "open")
    assert told(said) == ["李书记", "王敏"] and told(question) == ["周科"]
    assert Reminder.objects.filter(about="comment").count() == 3


# ---- what was written before there were threads


def test_comments_of_before_are_put_into_threads_by_who_answered_whom(cast, entry, travel):
    def said(by, text):
        travel.shift(timedelta(minutes=1))
        return comments.say(entry.pk, by=by, text=text)

    first = said(cast.filer, "问题一")
    comments.settle(first.pk, by=cast.filer, resolved=True)
    late = said(cast.reviewer, "另提")
    second, more = said(cast.filer, "答另提"), said(cast.secretary, "再答")
    third = said(cast.reviewer, "新问题")
    Comment.objects.filter(pk=third.pk).update(resolved_at=world.NOON + timedelta(days=1))
    reply = said(cast.filer, "答新问题")
    comments.settle(reply.pk, by=cast.filer, resolved=True)
    elsewhere = comments.say(world.entry(cast.school, "Z2.2").pk, by=cast.reviewer, text="别处")
    import_module("reform.migrations.0019_comment_answers").thread(apps, connection.schema_editor())
    found = dict(Comment.objects.values_list("pk", "answers"))
    assert found == {
        first.pk: None, late.pk: None, second.pk: late.pk, more.pk: late.pk, third.pk: None,
        reply.pk: third.pk, elsewhere.pk: None,
    }  # fmt: skip
    assert Comment.objects.get(pk=reply.pk).resolved_at is None
