"""The page of an entry: what is shown to whom, and what is decided there."""

import re
from datetime import date

import pytest
from django.urls import reverse

from reform import steering
from reform.models import Draft, Entry
from reform.states import Status
from tests import world
from tests.entry_form import form, note_of, url, value_of
from tests.reading import heading, words

LAST_YEAR = "2025-2026"

# ---- looking


def test_the_page_says_what_is_asked_when_it_is_enough_and_where_it_comes_from(cast, at):
    page = at(cast.filer).get(url("entry", world.entry(cast.school)))
    item = Entry.objects.get().slot.item
    for told in (item.ask_zh, item.guidance_zh, item.enough_zh, item.stuck_zh):
        assert told in words(page)
    assert "抓课堂主阵地 I-3a" in words(page)
    assert "思政课开课覆盖率 全部；默认值，主管部门可调整" in words(page)
    assert heading(page) == "只差 2 个数，填好即可提交。"


def test_the_limit_of_the_note_is_spelt_as_it_is_counted(cast, at):
    page = at(cast.filer).get(url("entry", world.entry(cast.school)))
    assert words(page).count("10,000") == 1 and "最多 10,000 字" in words(page)
    assert 'data-most="10000"' in page.content.decode()  # for the script that counts


def test_what_registers_answer_asks_for_nothing(cast, at):
    page = at(cast.filer).get(url("entry", world.entry(cast.school, "S1.1")))
    assert not re.findall(r'name="check-', page.content.decode())
    assert heading(page) == "正在按台账重新计算。"


def test_a_school_with_one_branch_reads_the_lighter_form(cast, at):
    single = world.school(profile="single")
    entry = world.entry(single, "S2.2")
    light = entry.slot.item.light_zh
    assert light
    assert light in words(at(world.seat("filer", single)).get(url("entry", entry)))
    other = world.entry(cast.school, "S2.2")
    assert light not in words(at(cast.filer).get(url("entry", other)))


def test_the_answer_of_the_last_period_stands_beside_and_can_be_taken_over(cast, at):
    before = world.campaign(year=LAST_YEAR)
    old = world.entry(cast.school, campaign=before, term=2, due_on=date(2026, 12, 30))
    world.file(old, cast.filer, note="上学期按课表开齐。")
    entry = world.entry(cast.school)
    page = at(cast.filer).get(url("entry", entry))
    assert "上期填报 2025-2026（第二学期）" in words(page)
    assert "思政课开课覆盖率：3 / 3 上学期按课表开齐。" in words(page)
    at(cast.filer).post(url("entry_save", entry), form(entry, note="本学期照旧。", use="last"))
    assert Draft.objects.get().note == "本学期照旧。\n上学期按课表开齐。"


def test_the_history_tells_who_did_what_and_the_words_of_a_return(cast, at):
    entry = world.entry(cast.school)
    world.send_back(world.file(entry, cast.filer), cast.reviewer, reason="请核对班级数。")
    page = at(cast.filer).get(url("entry", entry))
    who = cast.reviewer.user.name
    steps = re.search(r'<ol class="time">(.*?)</ol>', page.content.decode(), re.S)[1]
    assert re.findall(r"</time> (\S+ \S+?)<", steps) == [
        f"{who} 退回",
        f"{cast.filer.user.name} 提交",
    ]
    assert words(page).count("请核对班级数。") == 2
    assert heading(page) == "已被退回，请在 2027-01-15 前改好再提交。"


def test_a_moved_date_does_not_push_the_words_of_a_return_away(cast, at):
    entry = world.entry(cast.school)
    world.send_back(world.file(entry, cast.filer), cast.reviewer, reason="请核对班级数。")
    steering.reschedule(
        entry.slot_id, None, date(2027, 1, 22), by=cast.manager, reason="期末统一顺延"
    )
    page = at(cast.filer).get(url("entry", entry))
    assert words(page).count("请核对班级数。") == 2  # over the form and in the history
    assert words(page).count("将时限由 2027-01-15 调整为 2027-01-22") == 1


def test_an_official_reads_what_was_sent_and_nothing_that_was_not(cast, at):
    cast.campaign.sign_off = True
    cast.campaign.save()
    entry = world.file(world.entry(cast.school), cast.filer, note="等书记看过。")
    page = at(cast.reviewer).get(url("entry", entry))
    assert "等书记看过。" not in words(page)
    assert heading(page) == "已写好，等待书记签发。"
    at(cast.secretary).post(url("entry_sign", entry), {"version": entry.version, "key": "k"})
    page = at(cast.reviewer).get(url("entry", entry))
    assert "等书记看过。" in words(page)
    assert 'id="filing"' not in page.content.decode()


def test_an_entry_of_another_place_is_not_there(cast, at):
    entry = world.entry(cast.school)
    for seat in (cast.stranger, cast.strange_reviewer):
        assert at(seat).get(url("entry", entry)).status_code == 404
        assert at(seat).post(url("entry_save", entry), form(entry)).status_code in (403, 404)
    assert at(cast.filer).get(reverse("entry", args=[10**18])).status_code == 404


def test_the_page_asks_the_database_the_same_number_of_times_whatever_it_shows(
    cast, at, django_assert_num_queries
):
    before = world.campaign(year=LAST_YEAR)
    world.file(world.entry(cast.school, campaign=before, term=2), cast.filer)
    entry = world.entry(cast.school)
    world.send_back(world.file(entry, cast.filer), cast.reviewer)
    browser = at(cast.filer)
    browser.post(url("entry_save", entry), form(entry))
    with django_assert_num_queries(12):
        browser.get(url("entry", entry))
    for _again in range(2):
        world.send_back(world.file(entry, cast.filer), cast.reviewer)
    browser.post(url("entry_save", entry), form(entry))
    with django_assert_num_queries(12):
        browser.get(url("entry", entry))


# ---- deciding


def signed(cast):
    cast.campaign.sign_off = True
    cast.campaign.save()
    return world.file(world.entry(cast.school), cast.filer)


def test_the_secretary_reads_signs_and_goes_home(cast, at):
    entry = signed(cast)
    page = at(cast.secretary).get(url("entry", entry))
    assert heading(page) == "看过后签发，即报审核。"
    sent = {"version": value_of(page, "version"), "key": value_of(page, "key"), "do": "sign"}
    answer = at(cast.secretary).post(url("entry_sign", entry), sent, follow=True)
    assert "Z2.1 已签发，等待审核。" in words(answer)
    assert world.status(entry) == Status.submitted


def test_the_page_says_when_the_tick_is_needed_and_how_a_phone_attaches(cast, at):
    page = words(at(cast.filer).get(url("entry", world.entry(cast.school))))
    assert "填了说明或附了材料才需勾选。" in page
    assert "拍照、选择文件，或拖到这里" in page


def test_where_the_period_before_has_no_answer_that_is_said(cast, at):
    page = words(at(cast.filer).get(url("entry", world.entry(cast.school))))
    assert "上期没有填报。" in page


def test_whoever_signs_has_both_ways_in_a_bar_that_is_always_in_sight(cast, at):
    entry = signed(cast)
    page = at(cast.secretary).get(url("entry", entry)).content.decode()
    bar = page[page.index('class="send row apart"') :].split("</div>")[0]
    assert '<a class="btn" href="#hand-back">退给填报员修改</a>' in bar
    assert '<button class="btn main" form="sign" name="do" value="sign">签发 Z2.1</button>' in bar
    assert page.count("签发 Z2.1</button>") == 1
    assert '<details class="fold" id="hand-back" open>' in page
    assert "撤回 Z2.1" not in page
    assert "撤回 Z2.1" in words(at(cast.filer).get(url("entry", entry)))


def test_the_filer_reads_who_signs_and_has_no_button_for_it(cast, at):
    entry = signed(cast)
    page = at(cast.filer).get(url("entry", entry))
    assert "签发 Z2.1</button>" not in page.content.decode()
    assert "由本校党组织书记用本人账号签发。" in words(page)
    answer = at(cast.filer).post(url("entry_sign", entry), {"version": 1, "key": "k"})
    assert answer.status_code == 403


def test_the_secretary_hands_back_with_a_reason(cast, at):
    entry = signed(cast)
    sent = {"version": entry.version, "key": "k", "do": "hand_back", "reason": " "}
    page = at(cast.secretary).post(url("entry_sign", entry), sent)
    assert page.status_code == 422
    assert 'id="reason-error"' in page.content.decode()
    at(cast.secretary).post(url("entry_sign", entry), {**sent, "reason": "请补班级数。"})
    assert world.status(entry) == Status.in_progress
    assert "请补班级数。" in words(at(cast.filer).get(url("entry", entry)))


def test_a_school_takes_back_what_nobody_judged(cast, at):
    entry = world.file(world.entry(cast.school), cast.filer)
    page = at(cast.filer).get(url("entry", entry))
    assert "撤回 Z2.1" in words(page)
    sent = {"version": entry.version, "key": "k"}
    answer = at(cast.filer).post(url("entry_withdraw", entry), sent, follow=True)
    assert "Z2.1 已撤回" in words(answer)
    assert note_of(answer) == "本学期按课表开齐，已核对。"


def test_the_reviewer_opens_a_settled_entry_again(cast, at):
    entry = world.accept(world.file(world.entry(cast.school), cast.filer), cast.reviewer)
    assert "重开 Z2.1" in words(at(cast.reviewer).get(url("entry", entry)))
    assert "重开 Z2.1" not in words(at(cast.filer).get(url("entry", entry)))
    sent = {"version": entry.version, "key": "k", "reason": "少了一个班，请补。"}
    at(cast.reviewer).post(url("entry_reopen", entry), sent)
    assert world.status(entry) == Status.returned
    assert at(cast.viewer).post(url("entry_reopen", entry), sent).status_code == 403


def test_the_reviewer_goes_from_the_entry_to_its_review(cast, at):
    entry = world.file(world.entry(cast.school), cast.filer)
    link = f'href="{url("review_entry", entry)}"'
    assert link in at(cast.reviewer).get(url("entry", entry)).content.decode()
    for seat in (cast.filer, cast.viewer):
        assert link not in at(seat).get(url("entry", entry)).content.decode()


@pytest.mark.parametrize(("code", "shown"), [("S2.1", False), ("Z2.1", True)])
def test_what_is_not_sent_has_a_heading_only_where_something_stands_under_it(cast, at, code, shown):
    entry = world.entry(cast.school, code)
    assert entry.slot.item.checks.filter(source="typed").exists() is shown
    html = at(cast.viewer).get(url("entry", entry)).content.decode()
    assert ("<h2>核查点</h2>" in html) is shown
    assert re.findall(r"</h2>\s*</section>", html) == []


def test_what_the_bureau_keeps_itself_leads_to_its_ledger(cast, at):
    entry = world.entry(world.bureau(), "X3.1")
    page = at(cast.viewer).get(url("entry", entry))
    assert page.status_code == 200
    assert f"/schools/B-{world.COUNTY}/ledger/" in page.content.decode()


def test_a_decision_on_what_has_moved_on_says_who_was_first(cast, at):
    entry = world.file(world.entry(cast.school), cast.filer)
    old = {"version": entry.version, "key": "k"}
    world.accept(entry, cast.reviewer)
    page = at(cast.filer).post(url("entry_withdraw", entry), old)
    assert page.status_code == 409
    assert heading(page).startswith(f"{cast.reviewer.user.name}已先办")
    assert f'href="{url("entry", entry)}"' in page.content.decode()


@pytest.mark.parametrize(
    "name", ["entry_save", "entry_submit", "entry_sign", "entry_withdraw", "entry_reopen"]
)
def test_nothing_is_changed_by_a_mere_look(cast, at, name):
    entry = world.entry(cast.school)
    seat = {"entry_sign": cast.secretary, "entry_reopen": cast.reviewer}.get(name, cast.filer)
    page = at(seat).get(url(name, entry), headers={"accept": "text/html,*/*"})
    assert page.status_code == 405 and page["Allow"] == "POST"
    assert heading(page) == "这个地址只接收表单，不能直接打开。"
    assert f'class="btn main" href="{url("entry", entry)}"' in page.content.decode()
