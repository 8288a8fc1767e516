"""One item after another: in which order, and how each form leads to the next."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reform import checking
from reform.models import Draft
from reform.states import Status
from tests import keeping_books as books
from tests import world
from tests.entry_form import form, note_of, url
from tests.reading import heading, words

START = "/fast/"


@pytest.fixture
def owed(cast):
    """Returned, late, two due soon, one that is not due yet: the order in which they come."""
    late = world.entry(cast.school, "Z2.2", due_on=date(2026, 11, 18))
    soon = world.entry(cast.school, "Z2.3", due_on=date(2026, 11, 25))
    sooner = world.entry(cast.school, "Z2.4", due_on=date(2026, 11, 23))
    back = world.send_back(
        world.file(world.entry(cast.school, "Z2.1", due_on=date(2026, 11, 30)), cast.filer),
        cast.reviewer,
    )
    ahead = world.entry(cast.school, "Z1.1", due_on=date(2027, 1, 10))
    return [back, late, sooner, soon, ahead]


def page_of(entry, done=None):
    return f"/fast/{entry.pk}/" + (f"?done={done.pk}" if done else "")


def opened(response):
    """Primary key of the entry whose form is open."""
    return int(re.search(r'data-save="/entries/(\d+)/save/"', response.content.decode())[1])


def following(response):
    return int(re.search(r'name="fast" value="(\d+)"', response.content.decode())[1])


def test_returned_comes_first_then_late_then_by_date(cast, owed, at):
    browser = at(cast.filer)
    page = browser.get(START)
    assert heading(page).startswith("还有 4 项要填，约 ")
    order = [opened(page)]
    for _ in range(4):
        page = browser.get(f"/fast/{following(page)}/")
        order.append(opened(page))
    back, late, sooner, soon, _ahead = owed
    assert order == [back.pk, late.pk, sooner.pk, soon.pk, back.pk]
    assert "课时数与课表不一致" in words(page)


def test_sending_leads_on_and_the_notice_takes_it_back(cast, owed, at):
    browser, (back, late, *_rest) = at(cast.filer), owed
    page = browser.get(page_of(back))
    sent = form(back, fast=following(page))
    after = browser.post(url("entry_submit", back), sent, follow=True)
    assert after.redirect_chain == [(page_of(late, back), 302)]
    assert "Z2.1 已提交，等待审核。" in words(after)
    assert heading(after).startswith("还有 3 项要填")
    notice = re.search(r'action="/entries/\d+/withdraw/".*?</form>', after.content.decode(), re.S)
    hidden = dict(re.findall(r'name="(version|fast)" value="(\d+)"', notice[0]))
    again = browser.post(url("entry_withdraw", back), hidden, follow=True)
    assert again.redirect_chain == [(page_of(back), 302)]
    assert world.status(back) == Status.in_progress


def test_a_draft_is_saved_and_stays_on_the_list(cast, owed, at):
    browser, (back, late, *_rest) = at(cast.filer), owed
    after = browser.post(
        url("entry_save", back), form(back, fast=late.pk, note="写到一半"), follow=True
    )
    assert after.redirect_chain == [(page_of(late, back), 302)]
    assert "Z2.1 的草稿已保存，仍在待填之列。" in words(after)
    assert Draft.objects.get().note == "写到一半"
    assert note_of(browser.get(page_of(back))).strip() == "写到一半"


def test_enter_in_a_number_keeps_it_and_stays_and_what_is_no_number_is_told(cast, owed, at):
    browser, back = at(cast.filer), owed[0]
    page = browser.get(page_of(back)).content.decode()
    button = re.search(r"<button[^>]* hidden>", page.split('id="filing"')[1])[0]
    assert 'name="use" value="here"' in button  # what Enter presses
    typed = form(back, fast=owed[1].pk, use="here")
    number = next(name for name in typed if name.endswith("-num"))
    after = browser.post(url("entry_save", back), {**typed, number: "abc"}, follow=True)
    assert opened(after) == back.pk
    assert "只填阿拉伯数字表示的整数" in words(after)
    entry = world.entry(cast.school, "Z2.1", term=2, due_on=date(2026, 11, 24))
    browser.post(url("entry_save", entry), {**form(entry), number: "abc"})
    page = words(browser.get(page_of(entry)))
    assert "只差 1 个数" in page and "内容已齐" not in page


def test_words_taken_over_and_opinions_stay_with_the_same_item(cast, owed, at):
    browser, (back, late, *_rest) = at(cast.filer), owed
    sent = form(back, fast=late.pk, note="甲", phrase="乙")
    after = browser.post(url("entry_save", back), sent, follow=True)
    assert after.redirect_chain == [(page_of(back), 302)]
    assert note_of(after).strip() == "甲\n乙"


def test_what_is_refused_comes_back_here_with_what_was_typed(cast, owed, at):
    browser, (_back, late, sooner, *_rest) = at(cast.filer), owed
    sent = form(late, fast=sooner.pk, note="电话 13812345678", pledged="")
    page = browser.post(url("entry_submit", late), sent)
    assert (page.status_code, opened(page), following(page)) == (422, late.pk, sooner.pk)
    assert note_of(page).strip() == "电话 13812345678"
    assert "手机号" in words(page) and "还有 4 项要填" in words(page)
    assert Draft.objects.get().note.strip() == "电话 13812345678"


def test_what_is_missing_is_said_where_only_the_tick_is(cast, owed, at):
    browser, (_back, late, *_rest) = at(cast.filer), owed
    page = browser.post(url("entry_submit", late), form(late, fast="0", pledged=""))
    assert page.status_code == 422
    assert "还有 1 处要补正：勾选确认。" in words(page) and "内容已齐" not in words(page)


def test_one_that_a_colleague_sent_meanwhile_is_passed_over(cast, owed, at):
    browser, (back, late, sooner, *_rest) = at(cast.filer), owed
    world.file(late, cast.secretary)
    after = browser.post(url("entry_submit", back), form(back, fast=late.pk), follow=True)
    assert after.redirect_chain == [(page_of(sooner, back), 302)]
    assert browser.get(page_of(late)).status_code == 302  # to its own page


def test_after_the_last_one_it_ends_and_offers_what_is_not_due_yet(cast, owed, at):
    browser, ahead = at(cast.filer), owed[-1]
    for entry in owed[:-1]:
        page = browser.get(page_of(entry))
        sent = form(entry, fast=following(page), key=f"k{entry.pk}")
        page = browser.post(url("entry_submit", entry), sent, follow=True)
    assert page.redirect_chain == [(f"{START}?done={owed[3].pk}", 302)]
    assert heading(page) == "到期的都已办完；还可提前填 1 项。"
    assert f'href="/fast/{ahead.pk}/"' in page.content.decode()
    page = browser.get(page_of(ahead))
    assert heading(page).startswith("到期的都已办完；还可提前填 1 项，约 ")
    page = browser.post(
        url("entry_submit", ahead), form(ahead, fast=0, key="last", note="已办。"), follow=True
    )
    assert heading(page) == "全部办完，没有要填的了。"


def test_nothing_owed_is_said_and_nothing_breaks(cast, at):
    page = at(cast.filer).get(START)
    assert (page.status_code, heading(page)) == (200, "全部办完，没有要填的了。")


@pytest.mark.parametrize("fast", ["", "x", "0", "9" * 30, "-1"])
def test_nonsense_about_the_next_one_leads_to_the_first_that_is_left(cast, owed, at, fast):
    back, late, *_rest = owed
    after = at(cast.filer).post(url("entry_submit", back), form(back, fast=fast))
    assert (after.status_code, after.url) == (302, page_of(late, back))


def ready(cast, code="S2.1", **fields):
    """An item that the registers answer."""
    entry = world.entry(cast.school, code, due_on=date(2026, 11, 24), **fields)
    row = books.branch(cast.filer)
    books.unit(cast.filer, row)
    books.secretary(cast.filer, row)
    checking.refresh([books.fresh(cast.school)])
    return entry


def test_what_the_registers_answer_is_confirmed_with_the_main_button(cast, at):
    entry = ready(cast)
    browser = at(cast.filer)
    html = browser.get(START).content.decode()
    assert (
        f'form="filing" formaction="{url("entry_confirm", entry)}" data-key="s">确认 S2.1' in html
    )
    assert "附说明提交" not in html
    hidden = re.search(r'<form id="filing".*?</form>', html, re.S)[0]
    sent = dict(re.findall(r'name="(version|key|fast)" value="([^"]*)"', hidden))
    after = browser.post(url("entry_confirm", entry), sent, follow=True)
    assert after.redirect_chain == [(f"{START}?done={entry.pk}", 302)]
    assert "S2.1 已提交，等待审核。" in words(after)


def test_the_fragment_brings_the_buttons_along(cast, at):
    entry = ready(cast)
    browser = at(cast.filer)
    books.branch(cast.filer, "退休支部", basis="retired")
    page = browser.get(page_of(entry)).content.decode()
    assert 'hx-vals=\'{"fast": "0"}\'' in page
    assert re.search(r'id="do-main" class="btn main" form="filing" data-key="s" disabled', page)
    again = browser.post(
        url("entry_answers", entry), {"fast": "0"}, headers={"hx-request": "true"}
    ).content.decode()
    assert re.search(r'id="do-main" class="btn main" form="filing"', again)
    assert again.count('hx-swap-oob="true"') == 3 and "<h1" not in again
    assert 'id="lacking"' in page and 'id="lacking" hx-swap-oob' in again
    answer = browser.post(url("entry_answers", entry), {"fast": "0"})
    assert (answer.status_code, answer.url) == (302, page_of(entry))


def test_a_secretary_signs_here_and_a_filer_is_not_shown_what_waits_for_it(cast, at):
    cast.campaign.sign_off = True
    cast.campaign.save()
    first, second = (world.entry(cast.school, code, due_on=date(2026, 11, 24))
                     for code in ("Z2.1", "Z2.2"))  # fmt: skip
    for entry in (first, second):
        world.file(entry, cast.filer)
    assert heading(at(cast.filer).get(START)) == "全部办完，没有要填的了。"
    assert 'href="/fast/"' not in at(cast.filer).get("/school/").content.decode()
    browser = at(cast.secretary)
    assert "连续填报 2 项" in words(browser.get("/school/"))
    page = browser.get(START)
    assert heading(page).startswith("还有 2 项要签发，约 ")
    first.refresh_from_db()
    sent = {"version": first.version, "key": "s", "do": "sign", "fast": second.pk}
    after = browser.post(url("entry_sign", first), sent, follow=True)
    assert after.redirect_chain == [(page_of(second, first), 302)]
    assert world.status(first) == Status.submitted
    second.refresh_from_db()
    sent = {"version": second.version, "key": "b", "do": "hand_back", "fast": 0, "reason": "补页。"}
    after = browser.post(url("entry_sign", second), sent, follow=True)
    assert world.status(second) == Status.in_progress
    assert after.redirect_chain[0][0].startswith("/fast/")


def test_only_the_own_school_gets_here(cast, owed, at):
    back = owed[0]
    assert at(cast.stranger).get(page_of(back)).status_code == 404
    assert at(cast.reviewer).get(page_of(back)).status_code == 403
    assert at(cast.reviewer).get(START).status_code == 403


def test_the_home_leads_here_when_more_than_one_is_owed(cast, owed, at):
    assert 'href="/fast/"' in at(cast.filer).get("/school/").content.decode()
    assert (
        'href="/fast/"'
        not in at(cast.reviewer).get(f"/schools/{cast.school.code}/ledger/").content.decode()
    )


def test_keys_are_left_out_for_whoever_switched_them_off(cast, owed, at):
    assert "keys.js" in at(cast.filer).get(START).content.decode()
    cast.filer.user.shortcuts = False
    cast.filer.user.save()
    html = at(cast.filer).get(START).content.decode()
    assert "keys.js" not in html and "<kbd>" not in html


def test_the_page_costs_at_most_twelve_queries_however_many_are_left(cast, owed, at):
    browser = at(cast.filer)

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert browser.get(page_of(owed[0])).status_code == 200
        return [query["sql"][:90] for query in found.captured_queries]

    few = cost()
    for code in ("S3.1", "S4.1", "X1.2"):
        world.entry(cast.school, code, due_on=date(2026, 11, 24))
    assert len(cost()) == len(few)
    assert len(few) <= 12, few
