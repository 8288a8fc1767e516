"""Pages that show what the registers answer: asked anew, confirmed with one click, read outside."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reform import checking, progress
from reform.models import Computed, Draft, Entry
from reform.states import Status
from tests import keeping_books as books
from tests import world
from tests.desk import attach
from tests.entry_form import form, note_of, url
from tests.reading import heading, words

HTMX = {"hx-request": "true"}


def one_branch(by):
    """A branch on a grade group, whose secretary heads it."""
    row = books.branch(by)
    books.unit(by, row)
    books.secretary(by, row)
    return row


def refresh(school):
    checking.refresh([books.fresh(school)])


def confirm(browser, entry, **fields):
    entry.refresh_from_db()
    sent = {"version": entry.version, "key": f"k{entry.pk}", **fields}
    return browser.post(url("entry_confirm", entry), sent, follow=True)


def home(browser):
    return browser.get(reverse("school_home"))


# ---- the page of an entry


def test_a_moved_register_is_asked_anew_by_a_fragment(cast, at):
    entry = world.entry(cast.school, "S2.1")
    browser = at(cast.filer)
    page = browser.get(url("entry", entry))
    assert heading(page) == "正在按台账重新计算。"
    page = page.content.decode()
    assert f'hx-post="{url("entry_answers", entry)}" hx-trigger="load"' in page
    assert 'id="send" form="filing" disabled aria-describedby="sentence"' in page
    row = one_branch(cast.filer)

    fragment = browser.post(url("entry_answers", entry), headers=HTMX)

    text = fragment.content.decode()
    assert "hx-trigger" not in text
    assert (
        "共有 1 个支部（不含退休党员支部；只有一个支部的学校按党小组计），其中 1 个建在年级组"
        in words(fragment)
    )
    assert f'href="/registers/branches/?for={entry.pk}&amp;row={row.pk}#r{row.pk}"' in text
    assert heading(fragment) == "台账数据已全部达到要求，点一下即可确认提交。"
    assert "确认 S2.1</button>" in text
    assert f'id="send" form="filing" formaction="{url("entry_confirm", entry)}" hx-swap' in text
    assert "提交 S2.1" not in text  # one button sends
    assert text.count("确认 S2.1</button>") == 1  # in the bar, which is always in sight
    assert Computed.objects.get(entry=entry).ready is True
    assert (
        "hx-trigger" not in browser.get(url("entry", entry)).content.decode().split("evidence")[0]
    )


def test_without_a_script_a_button_asks_and_leads_back(cast, at):
    entry = world.entry(cast.school, "S2.1")
    browser = at(cast.filer)
    bare = browser.get(url("entry", entry)).content.decode()
    assert "重新计算</button>" in bare.split("<noscript>")[1].split("</noscript>")[0]
    assert bare.count("重新计算</button>") == 1
    answer = browser.post(url("entry_answers", entry))
    assert (answer.status_code, answer.url) == (302, url("entry", entry))
    page = browser.get(url("entry", entry))
    assert "重新计算</button>" not in page.content.decode()
    assert heading(page) == "台账中还没有本项的记录：补记台账，或用一句话说明情况。"


def test_a_number_that_falls_short_says_what_is_lacking_and_where(cast, at):
    entry = world.entry(cast.school, "S3.1")
    row = one_branch(cast.filer)
    refresh(cast.school)
    browser = at(cast.filer)
    assert heading(browser.get(url("entry", entry))).startswith("台账数据已全部达到要求")
    seat = books.MODELS["committee_members"].objects.get()
    books.remove(cast.filer, "committee_members", seat)
    browser.post(url("entry_answers", entry))

    page = browser.get(url("entry", entry))

    assert heading(page) == "台账有 1 处未达要求：补齐台账，或说明原因后提交。"
    assert "先看支部委员台账有没有漏填岗位名称、漏勾“兼任组负责人”" in words(page)
    lacking = rf"/registers/branches/?for={entry.pk}&row={row.pk}#r{row.pk}"
    lacking = rf'还缺：\s*<span class="tap"><a href="{re.escape(lacking)}"'
    assert re.search(lacking, text(page).replace("&amp;", "&"))


@pytest.mark.parametrize("code", ["S2.1", "S4.1", "X1.2", "X4.2", "S3.2", "Z1.2", "X5.2"])
def test_the_fragment_costs_at_most_fourteen_queries(cast, at, code):
    entry = world.entry(cast.school, code)
    one_branch(cast.filer)
    browser = at(cast.filer)
    with CaptureQueriesContext(connection) as found:
        assert browser.post(url("entry_answers", entry), headers=HTMX).status_code == 200
    assert len(found) <= 14, [query["sql"][:80] for query in found.captured_queries]


def test_showing_what_is_kept_costs_the_page_nothing(cast, at, django_assert_num_queries):
    entry = world.entry(cast.school, "S3.2")
    browser = at(cast.filer)
    with CaptureQueriesContext(connection) as without:
        browser.get(url("entry", entry))
    one_branch(cast.filer)
    refresh(cast.school)
    with django_assert_num_queries(len(without)):
        browser.get(url("entry", entry))
    assert len(without) <= 12


def test_what_is_judged_in_a_later_slot_says_until_when_it_adds_up(cast, at):
    entry = world.entry(cast.school, "Z3.1")
    books.document(cast.filer, "moral_mechanism")
    refresh(cast.school)
    browser = at(cast.filer)
    shown = "立德树人工作机制文件 是 目前达到 到 2027-08-31 为止"
    assert shown in words(browser.get(url("entry", entry)))
    browser.post(url("entry_submit", entry), form(entry, note="领导小组尚未成立。"))
    assert world.status(entry) == Status.submitted
    assert shown in words(browser.get(url("entry", entry)))
    reviewed = words(at(cast.reviewer).get(url("review_entry", entry)))
    assert "立德树人工作机制文件 是 目前达到" in reviewed


def test_what_is_not_reached_yet_and_judged_later_still_adds_up(cast, at):
    entry = world.entry(cast.school, "Z3.1")
    books.branch(cast.filer)
    refresh(cast.school)
    assert "立德树人工作机制文件 否 尚在累计 到 2027-08-31 为止" in words(
        at(cast.filer).get(url("entry", entry))
    )


def test_what_was_sent_stays_and_the_school_reads_that_the_registers_moved(cast, at):
    entry = world.entry(cast.school, "S2.1")
    row = one_branch(cast.filer)
    refresh(cast.school)
    confirm(at(cast.filer), entry)
    page = at(cast.filer).get(url("entry", entry))
    assert "提交时的数据" in words(page)
    assert "台账已变" not in words(page)

    books.branch(cast.filer, "退休支部", basis="mixed")
    checking.catch_up()

    for seat in (cast.filer, cast.reviewer):
        page = at(seat).get(url("entry", entry))
        assert "1 / 1" in words(page)
        assert "台账已变：现为 1 / 2。" in words(page)
        assert f"#r{row.pk}" not in page.content.decode()


def test_an_official_reads_nothing_of_what_is_not_sent(cast, at):
    entry = world.entry(cast.school, "S2.1")
    one_branch(cast.filer)
    refresh(cast.school)
    page = at(cast.reviewer).get(url("entry", entry))
    assert "共有 1 个支部" not in words(page)
    assert url("entry_answers", entry) not in page.content.decode()


def test_small_counts_of_the_pool_are_hidden_from_officials(cast, at):
    entry = world.entry(cast.school, "X1.4")
    books.add(
        cast.filer, "cadre_pool", as_of=date(2026, 11, 2), cadres=12, assignments=7, assigned=3
    )
    refresh(cast.school)
    confirm(at(cast.filer), entry)
    assert "3 / 12" in words(at(cast.filer).get(url("entry", entry)))
    for address in (url("entry", entry), reverse("review_entry", args=[entry.pk])):
        seen = words(at(cast.reviewer).get(address))
        assert "<5 / 12" in seen
        assert "3 / 12" not in seen
        assert "参加过的有 3 名" not in seen


def test_posts_are_named_by_their_level_before_and_after_they_are_sent(cast, at):
    entry = world.entry(cast.school, "X2.3")
    for level in ("school", "middle"):
        row = {"level": level, "approved": 5, "filled": 5, "dual_strong": 5}
        books.add(cast.filer, "posts", **row)
    books.document(cast.filer, "selection_standard")
    refresh(cast.school)
    browser = at(cast.filer)
    assert "校级、中层" in words(browser.get(url("entry", entry))).replace(" ", "")
    confirm(browser, entry)
    assert "校级、中层" in words(browser.get(url("entry", entry))).replace(" ", "")
    judged = at(cast.reviewer).get(reverse("review_entry", args=[entry.pk]))
    assert "校级" in words(judged) and "请留意" not in words(judged)


# ---- one click


def test_one_click_sends_what_the_registers_answer(cast, at):
    entry = world.entry(cast.school, "S2.1")
    one_branch(cast.filer)
    refresh(cast.school)
    page = confirm(at(cast.filer), entry)
    assert "S2.1 已确认提交，等待审核。" in words(page)
    sent = Entry.objects.select_related("report").get(pk=entry.pk)
    assert sent.status == Status.submitted
    assert (sent.report.note, sent.report.pledged) == ("", False)
    assert sent.report.values.get().met is True


def test_what_is_typed_or_ticked_beside_the_click_goes_along(cast, at):
    entry = world.entry(cast.school, "S2.1")
    one_branch(cast.filer)
    refresh(cast.school)
    browser = at(cast.filer)
    page = confirm(browser, entry, note="已与年级组核对。")
    assert page.status_code == 422 and "提交前请先勾选“已确认”一行。" in words(page)
    assert note_of(page) == note_of(browser.get(url("entry", entry))) == "已与年级组核对。"
    page = confirm(browser, entry, note="已与年级组核对。", pledged="yes")
    assert "S2.1 已提交，等待审核。" in words(page)
    report = Entry.objects.select_related("report").get(pk=entry.pk).report
    assert (report.note, report.pledged) == ("已与年级组核对。", True)


def test_eleven_items_are_confirmed_in_a_row_each_from_the_notice_of_the_one_before(cast, at):
    codes = ["Z1.1", "Z2.3", "Z2.4", "Z3.2", "Z4.1", "Z4.2", "S1.3", "S2.1", "S3.1", "S4.2", "X4.1"]
    for code in codes:
        world.entry(cast.school, code, targets={"party_org_meetings": "1", "theory_sessions": "1"})
    row = one_branch(cast.filer)
    topics = ["reform", "ideology", "moral_education", "theory", "party_spirit"]
    books.meeting(cast.filer, "general", branch=row, topics=topics, expected=10, attended=10)
    books.meeting(cast.filer)
    for kind in ("tradition", "cross_phase", "cross_subject", "red_resource"):
        books.add(cast.filer, "activities", kind=kind, title="活动", held_on=date(2026, 10, 20))
    group = {"set_up_no": "1号", "scopes": ["thought", "moral", "ideology"]}
    books.add(cast.filer, "leadership_groups", name="领导小组", **group)
    books.document(cast.filer, "training_plan")
    leadership = ["political", "system", "professional"]
    on = date(2026, 10, 8)
    books.add(cast.filer, "trainings", title="培训", held_on=on, leadership=leadership)
    browser = at(cast.filer)
    browser.post(reverse("school_answers"))
    page = home(browser)
    assert "本期待报 11 项，已全部由台账自动得出。" in words(page)
    done = []
    while offered := re.search(r'action="(/entries/(\d+)/confirm/)".*?</form>', text(page), re.S):
        hidden = dict(re.findall(r'name="(version|key)" value="([^"]*)"', offered[0]))
        page = browser.post(offered[1], hidden, follow=True)
        done.append(int(offered[2]))
        assert "已确认提交，等待审核。" in words(page)
    assert len(done) == len(set(done)) == 11
    assert set(Entry.objects.values_list("status", flat=True)) == {Status.submitted}


def text(page):
    return page.content.decode()


def test_a_second_press_confirms_once(cast, at):
    entry = world.entry(cast.school, "S2.1")
    one_branch(cast.filer)
    refresh(cast.school)
    for _ in range(2):
        page = at(cast.filer).post(
            url("entry_confirm", entry), {"version": 0, "key": "same"}, follow=True
        )
        assert "S2.1 已确认提交，等待审核。" in words(page)
    assert entry.reports.count() == 1


def test_a_register_that_fell_short_meanwhile_is_told_and_nothing_is_sent(cast, at):
    entry = world.entry(cast.school, "S2.1")
    row = one_branch(cast.filer)
    refresh(cast.school)
    row.basis = "mixed"
    books.bookkeeping.keep(cast.school, books.REGISTERS["branches"], [row], by=cast.filer)

    page = confirm(at(cast.filer), entry)

    assert page.status_code == 422
    assert "台账数据未达目标：请说明原因和下一步打算。" in words(page)
    assert "提交前请先勾选" not in words(page)  # there is nothing yet that it would confirm
    assert "0 / 1" in words(page)
    assert world.status(entry) == Status.not_started


def test_a_begun_note_is_not_passed_over(cast, at):
    entry = world.entry(cast.school, "S2.1")
    one_branch(cast.filer)
    refresh(cast.school)
    browser = at(cast.filer)
    browser.post(url("entry_save", entry), form(entry, note="写到一半"))
    assert url("entry_confirm", entry) not in text(home(browser))
    page = confirm(browser, entry)
    assert "这一项已写有进展情况草稿" in words(page)
    assert heading(page) == "内容已齐，再看一遍即可提交。"  # no click confirms it any more
    assert Draft.objects.get().note == "写到一半"
    assert world.status(entry) == Status.in_progress


def test_with_a_file_attached_there_is_no_single_click(cast, at):
    entry = world.entry(cast.school, "S2.1")
    one_branch(cast.filer)
    refresh(cast.school)
    attach(entry, cast.filer, "a.pdf")
    for page in (at(cast.filer).get(url("entry", entry)), home(at(cast.filer))):
        assert url("entry_confirm", entry) not in text(page)
    assert confirm(at(cast.filer), entry).status_code == 422
    assert world.status(entry) == Status.not_started


def test_where_the_secretary_signs_a_click_leads_to_the_secretary(cast, at):
    cast.campaign.sign_off = True
    cast.campaign.save()
    entry = world.entry(cast.school, "S2.1", due_on=date(2026, 11, 12))
    one_branch(cast.filer)
    refresh(cast.school)
    page = confirm(at(cast.filer), entry)
    assert "S2.1 已确认，等待书记签发。" in words(page)
    assert "书记处待签发 1" in words(page)
    assert "请您签发。" in words(at(cast.secretary).get(reverse("inbox")))
    page = at(cast.secretary).get(url("entry", entry))
    assert "1 / 1" in words(page)


def test_what_the_secretary_gave_back_counts_as_returned_and_no_click_sends_it(cast, at):
    entry = world.entry(cast.school, "S2.1", due_on=date(2026, 12, 24))
    one_branch(cast.filer)
    refresh(cast.school)
    cast.campaign.sign_off = True
    cast.campaign.save()
    browser = at(cast.filer)
    confirm(browser, entry)
    entry.refresh_from_db()
    words_of_hers = "请核对年级组名单。"
    progress.hand_back(entry.pk, by=cast.secretary, version=entry.version, reason=words_of_hers)

    page = home(browser)

    assert "书记已退回，原因见该检查项页面。" in words(browser.get(reverse("inbox")))
    assert "请您签发" not in words(at(cast.secretary).get(reverse("inbox")))
    assert heading(browser.get(url("entry", entry))) == "书记已退回，请改好再提交。"
    assert heading(page).startswith("还欠 1 项：1 项被退回；")
    assert f"书记退回：{words_of_hers}" in words(page)
    assert "改好再提交：S2.1" in words(page)
    for shown in (page, browser.get(url("entry", entry)), browser.get(url("fast_entry", entry))):
        assert url("entry_confirm", entry) not in text(shown)
    assert "书记已退回这一项" in words(confirm(browser, entry))
    assert world.status(entry) == Status.in_progress
    outside = at(cast.reviewer).get(reverse("school_ledger", args=[cast.school.code]))
    assert "书记退回" not in words(outside)
