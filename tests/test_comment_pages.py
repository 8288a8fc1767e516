"""Comments on the pages: at the foot of an entry, on the desk, with and without a script."""

import re

import pytest
from django.urls import reverse

from reform import comments
from reform.models import Comment
from tests import world
from tests.entry_form import url
from tests.reading import words

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def entry(cast):
    return world.entry(cast.school)


def say(entry, by, text="课时数按哪一版课表核对？", **more):
    return comments.say(entry.pk, by=by, text=text, **more)


def settle(browser, comment, do, **more):
    return browser.post(reverse("comment_settle", args=[comment.pk]), {"do": do}, **more)


def thread(response):
    found = re.search(r'<section id="comments".*?</section>', response.content.decode(), re.S)
    return found[0]


# ---- on the page of an entry


def test_both_sides_read_the_thread_and_find_a_field_to_answer(cast, entry, at):
    say(entry, cast.filer)
    for seat in (cast.filer, cast.secretary, cast.reviewer):
        page = at(seat).get(url("entry", entry))
        assert "课时数按哪一版课表核对？" in thread(page)
        assert "1 条未办结" in words(page)
        assert f'action="{url("entry_comment", entry)}"' in thread(page)


def test_who_only_looks_reads_it_and_is_told_why_not_to_write(cast, entry, at):
    say(entry, cast.filer)
    page = at(cast.viewer).get(url("entry", entry))
    assert "课时数按哪一版课表核对？" in thread(page)
    assert "<form" not in thread(page)
    assert "由学校和审核员填写" in thread(page)


def test_without_a_script_a_comment_is_posted_and_the_page_comes_back_to_it(cast, entry, at):
    browser = at(cast.filer)
    sent = {"text": "请看。", "to": [cast.reviewer.user.pk, "x", "9" * 40], "key": "k"}
    answer = browser.post(url("entry_comment", entry), sent)
    assert answer.status_code == 302
    assert answer.url == f"{url('entry', entry)}#comments"
    assert "留言已发出" in words(browser.get(answer.url))
    assert Comment.objects.get().text == f"@{cast.reviewer.user.name} 请看。"


def test_with_a_script_only_the_thread_comes_back(cast, entry, at):
    page = at(cast.filer).post(url("entry_comment", entry), {"text": "请看。"}, **HTMX)
    assert page.status_code == 200
    assert page.content.decode().strip().startswith('<section id="comments"')
    assert "请看。" in thread(page)


def test_a_comment_says_whom_it_reached_and_which_name_is_nobodys(cast, entry, at):
    browser, name = at(cast.filer), cast.reviewer.user.name
    page = browser.post(url("entry_comment", entry), {"text": "＠张主任，请看。a@b.cn"}, **HTMX)
    assert f"这里没有叫@张主任的人，已提醒：{name}。" in words(page)
    sent = {"text": f"@{name} 请看。"}
    page = browser.post(url("entry_comment", entry), sent, follow=True)
    assert f"留言已发出，在本页末尾。已提醒：{name}。" in words(page)


@pytest.mark.parametrize("more", [{}, HTMX])
def test_refused_words_come_back_with_the_reason_and_the_ticks(cast, entry, at, more):
    sent = {"text": "请打 13812345678", "to": cast.reviewer.user.pk, "key": "k9"}
    page = at(cast.filer).post(url("entry_comment", entry), sent, **more)
    assert page.status_code == 422
    assert "请打 13812345678</textarea>" in thread(page)
    assert 'id="comment-error"' in thread(page)
    assert f'value="{cast.reviewer.user.pk}" checked' in thread(page)
    assert 'value="k9"' in thread(page)
    assert ('id="filing"' in page.content.decode()) == (not more)
    assert not Comment.objects.exists()


def test_ones_own_comment_is_corrected_in_place_and_a_bad_correction_keeps_the_words(
    cast, entry, at
):
    comment = say(entry, cast.filer)
    browser = at(cast.filer)
    sent = {"change": comment.pk, "text": " "}
    page = browser.post(url("entry_comment", entry), sent, **HTMX)
    assert page.status_code == 422
    assert f'id="change-{comment.pk}-error"' in thread(page)
    browser.post(url("entry_comment", entry), {**sent, "text": "按新课表？"}, **HTMX)
    assert Comment.objects.get().text == "按新课表？"
    assert "change-" not in thread(at(cast.reviewer).get(url("entry", entry)))


def test_a_comment_of_another_entry_cannot_be_corrected_from_here(cast, entry, at):
    other = say(world.entry(cast.school, "Z2.2"), cast.filer)
    for number in (other.pk, "x", 10**17):
        sent = {"change": number, "text": "改"}
        assert at(cast.filer).post(url("entry_comment", entry), sent).status_code == 404
    assert Comment.objects.get().text != "改"


def test_what_is_resolved_goes_into_the_fold_with_an_undo(cast, entry, at):
    comment = say(entry, cast.filer)
    browser = at(cast.reviewer)
    page = settle(browser, comment, "resolve", **HTMX)
    assert "已标为办结" in words(page) and "1 条已办结" in words(page)
    assert "撤销" in thread(page)
    page = settle(browser, comment, "open", **HTMX)
    assert "1 条未办结" in words(page) and "撤销" not in thread(page)
    answer = settle(browser, comment, "resolve")
    assert answer.url == f"{url('entry', entry)}#comments"
    assert Comment.objects.get().resolved_by == cast.reviewer.user


def test_the_words_of_a_stranger_are_shown_as_words(cast, entry, at):
    say(entry, cast.filer, "<b>粗</b><script>alert(1)</script>")
    page = at(cast.reviewer).get(url("entry", entry))
    assert "&lt;b&gt;粗&lt;/b&gt;" in thread(page) and "<script" not in thread(page)


# ---- who gets in


def test_whoever_may_not_see_the_entry_finds_nothing(cast, entry, at):
    comment = say(entry, cast.filer)
    for seat in (cast.stranger, cast.strange_reviewer):
        browser = at(seat)
        assert browser.get(url("entry_comments", entry), **HTMX).status_code == 404
        assert browser.post(url("entry_comment", entry), {"text": "x"}).status_code == 404
        assert settle(browser, comment, "resolve").status_code == 404
    assert at(cast.viewer).post(url("entry_comment", entry), {"text": "x"}).status_code == 403
    assert Comment.objects.get().resolved_at is None


def test_a_joint_school_reads_nothing_of_what_is_said_at_its_host(cast, at):
    guest = world.school("成员校", profile="joint")
    branch = world.branch(cast.school, form="joint")
    world.branch(guest, form="joint", host=branch)
    world.entry(guest, "Z2.1")
    hosted = world.entry(cast.school, "S5.1")
    say(hosted, cast.filer)
    browser = at(world.seat("filer", guest))
    assert browser.get(url("entry_comments", hosted), **HTMX).status_code == 404
    page = browser.get(reverse("hosted", args=[hosted.pk]))
    assert page.status_code == 200
    assert "课时数按哪一版课表核对？" not in words(page)


# ---- elsewhere


def test_the_desk_asks_for_the_thread_of_the_open_entry_and_leads_to_it_without_a_script(
    cast, entry, at
):
    world.file(entry, cast.filer)
    say(entry, cast.filer)
    desk = at(cast.reviewer).get(url("review_entry", entry))
    assert f'hx-get="{url("entry_comments", entry)}"' in thread(desk)
    assert f'href="{url("entry", entry)}#comments"' in thread(desk)
    assert "1 条留言未办结" in words(desk)
    part = at(cast.reviewer).get(url("entry_comments", entry), **HTMX)
    assert "课时数按哪一版课表核对？" in thread(part)
    whole = at(cast.reviewer).get(url("entry_comments", entry))
    assert (whole.status_code, whole.url) == (302, f"{url('entry', entry)}#comments")


def test_lines_of_a_school_tell_how_many_are_open(cast, entry, at):
    comment = say(entry, cast.reviewer)
    browser = at(cast.filer)
    for page in ("school_home", "items"):
        assert f'href="{url("entry", entry)}#comments">1 条留言未办结' in browser.get(
            reverse(page)
        ).content.decode().replace("\n", "")
    comments.settle(comment.pk, by=cast.filer, resolved=True)
    assert "留言未办结" not in words(browser.get(reverse("items")))


def test_the_thread_asks_the_same_however_long_it_is(cast, entry, at, django_assert_num_queries):
    browser = at(cast.filer)
    say(entry, cast.reviewer)
    with django_assert_num_queries(6):
        browser.get(url("entry_comments", entry), **HTMX)
    for _n in range(3):
        say(entry, cast.filer)
        say(entry, cast.secretary)
    with django_assert_num_queries(6):
        browser.get(url("entry_comments", entry), **HTMX)
