"""The page of an entry: what is shown, written, refused and kept."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.urls import reverse

from reform.models import Draft, Entry, Report
from reform.states import Claim, Status
from schools.models import Membership
from tests import world

LAST_YEAR = "2025-2026"


@pytest.fixture
def at(client):
    return lambda seat: world.sign_in(client, seat)


def form(entry, **fields):
    """What the form of an entry sends, complete and right unless `fields` say otherwise."""
    entry.refresh_from_db()
    sent = {"version": entry.version, "key": "k1", "note": "已按课表开齐。", "pledged": "yes"}
    for check in entry.slot.item.checks.filter(source="typed"):
        sent[f"check-{check.key}-num"] = "12"
        sent[f"check-{check.key}-den"] = "12" if check.den_fixed is None else ""
    return {**sent, **fields}


def url(name, entry):
    return reverse(name, args=[entry.pk])


def said(response):
    html = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)).replace("\xa0", " "))


def heading(response):
    found = re.search(r"<h1>(.*?)</h1>", response.content.decode(), re.S)
    return re.sub(r"<[^>]+>", "", found[1]).replace("\xa0", " ")


def note_of(response):
    found = re.search(r'<textarea id="note"[^>]*>(.*?)</textarea>', response.content.decode(), re.S)
    return unescape(found[1])


def value_of(response, name):
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', response.content.decode())[0]
    return unescape(re.search(r'value="([^"]*)"', tag)[1])


# ---- looking


def test_the_page_says_what_is_asked_when_it_is_enough_and_where_it_comes_from(cast, at):
    page = at(cast.filer).get(url("entry", world.entry(cast.school)))
    item = Entry.objects.get().slot.item
    for words in (item.ask_zh, item.guidance_zh, item.enough_zh, item.stuck_zh):
        assert words in said(page)
    assert "抓课堂主阵地 I-3a" in said(page)
    assert "思政课开课覆盖率 全部；默认值，主管部门可调整" in said(page)
    assert heading(page) == "只差 2 个数，填好即可提交。"


def test_what_registers_will_answer_asks_for_nothing(cast, at):
    page = at(cast.filer).get(url("entry", world.entry(cast.school, "S1.1")))
    assert "本项数据由台账自动得出，台账启用后无需填写。" in said(page)
    assert not re.findall(r'name="check-', page.content.decode())
    assert heading(page) == "写一句做了什么，即可提交。"


def test_a_school_with_one_branch_reads_the_lighter_form(cast, at):
    single = world.school(profile="single")
    entry = world.entry(single, "S2.2")
    light = entry.slot.item.light_zh
    assert light
    assert light in said(at(world.seat("filer", single)).get(url("entry", entry)))
    other = world.entry(cast.school, "S2.2")
    assert light not in said(at(cast.filer).get(url("entry", other)))


def test_the_answer_of_the_last_period_stands_beside_and_can_be_taken_over(cast, at):
    before = world.campaign(year=LAST_YEAR)
    old = world.entry(cast.school, campaign=before, term=2, due_on=date(2026, 12, 30))
    world.file(old, cast.filer, note="上学期按课表开齐。")
    entry = world.entry(cast.school)
    page = at(cast.filer).get(url("entry", entry))
    assert "上期填报 2025-2026（第二学期）" in said(page)
    assert "思政课开课覆盖率：3 / 3 上学期按课表开齐。" in said(page)
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
    assert said(page).count("请核对班级数。") == 2
    assert heading(page) == "已被退回，请在 2027-01-15 前改好再提交。"


def test_an_official_reads_what_was_sent_and_nothing_that_was_not(cast, at):
    cast.campaign.sign_off = True
    cast.campaign.save()
    entry = world.file(world.entry(cast.school), cast.filer, note="等书记看过。")
    page = at(cast.reviewer).get(url("entry", entry))
    assert "等书记看过。" not in said(page)
    assert heading(page) == "已写好，等待书记签发。"
    at(cast.secretary).post(url("entry_sign", entry), {"version": entry.version, "key": "k"})
    page = at(cast.reviewer).get(url("entry", entry))
    assert "等书记看过。" in said(page)
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


# ---- writing


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
    assert "今天 12:00 已保存草稿" in said(page)


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
    assert "Z2.1 已提交，等待审核。" in said(answer)
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
    assert "最多 10,000 字" in said(page)
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


def test_whoever_comes_second_sees_both_texts_and_goes_on_with_either(cast, at):
    entry = world.entry(cast.school)
    mine = form(entry, note="我写的。\n第二行")
    world.send_back(world.file(entry, cast.secretary, note="书记写的。"), cast.reviewer)
    page = at(cast.filer).post(url("entry_submit", entry), mine)
    assert page.status_code == 409
    assert note_of(page) == "我写的。\n第二行"
    assert "思政课开课覆盖率：12 / 12" in said(page)
    assert "思政课开课覆盖率：3 / 3 书记写的。" in said(page)
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
    assert "您的草稿写于 今天 12:00，之后又有人提交过。" in said(page)
    assert "书记写的。" in said(page)


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
    assert "昨天开始写的。" in said(page)
    assert Report.objects.count() == 0


@pytest.mark.parametrize("version", ["", "-1", "abc", "1" * 40, "０"])
def test_a_version_that_never_was_is_someone_elses_and_nothing_is_lost(cast, at, version):
    entry = world.entry(cast.school)
    page = at(cast.filer).post(url("entry_submit", entry), form(entry, version=version))
    assert page.status_code == 409
    assert note_of(page) == "已按课表开齐。"


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
    assert "Z2.1 已签发，等待审核。" in said(answer)
    assert world.status(entry) == Status.submitted


def test_the_filer_reads_who_signs_and_has_no_button_for_it(cast, at):
    entry = signed(cast)
    page = at(cast.filer).get(url("entry", entry))
    assert "签发 Z2.1</button>" not in page.content.decode()
    assert "由本校党组织书记用本人账号签发。" in said(page)
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
    assert "请补班级数。" in said(at(cast.filer).get(url("entry", entry)))


def test_a_school_takes_back_what_nobody_judged(cast, at):
    entry = world.file(world.entry(cast.school), cast.filer)
    page = at(cast.filer).get(url("entry", entry))
    assert "撤回 Z2.1" in said(page)
    sent = {"version": entry.version, "key": "k"}
    answer = at(cast.filer).post(url("entry_withdraw", entry), sent, follow=True)
    assert "Z2.1 已撤回" in said(answer)
    assert note_of(answer) == "本学期按课表开齐，已核对。"


def test_the_reviewer_opens_a_settled_entry_again(cast, at):
    entry = world.accept(world.file(world.entry(cast.school), cast.filer), cast.reviewer)
    assert "重开 Z2.1" in said(at(cast.reviewer).get(url("entry", entry)))
    assert "重开 Z2.1" not in said(at(cast.filer).get(url("entry", entry)))
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


def test_what_the_bureau_keeps_itself_is_read_without_a_way_to_a_school(cast, at):
    entry = world.entry(world.bureau(), "X3.1")
    page = at(cast.viewer).get(url("entry", entry))
    assert page.status_code == 200
    assert "/ledger/" not in page.content.decode()


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
    assert at(seat).get(url(name, entry)).status_code == 405
