"""The review queue: what waits, on whose desk, and what is read there beside its evidence."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reform import progress
from reform.filings import Filing
from reform.models import Entry
from schools.models import User
from tests import world
from tests.desk import REASON, attach, fields, filed, hours, is_open
from tests.reading import heading, words

NOTE = "本学期各班按课表开齐思政课，教职工全部参加集体备课。"


def queue(response):
    """(school, code) of each line of the queue."""
    nav = re.search(r'<nav class="queue".*?</nav>', response.content.decode(), re.S)[0]
    lines = re.findall(r'<a href="/review/\d+/[^"]*"[^>]*>([^<]*) <span class="code">([^<]*)', nav)
    return [(unescape(school), code) for school, code in lines]


# ---- the queue


def test_what_was_sent_first_stands_first_and_is_open(cast, desk, travel):
    entries = {}
    for n, code in enumerate(("Z2.2", "Z1.1", "S1.1")):
        travel.move_to(hours(n))
        entries[code] = filed(cast, code)
    page = desk.get("/review/")
    assert queue(page) == [("阳光小学", "Z2.2"), ("阳光小学", "Z1.1"), ("阳光小学", "S1.1")]
    assert is_open(page) == entries["Z2.2"].pk
    assert heading(page) == "还有 3 项等您审核，最早的今天提交，约 4 分钟可审完。"


def test_the_sentence_says_how_long_the_oldest_has_waited(cast, desk, travel):
    filed(cast)
    travel.move_to(hours(50))
    world.sign_in(desk, cast.reviewer)
    assert heading(desk.get("/review/")) == "还有 1 项等您审核，最早的已等 2 天，约 2 分钟可审完。"


def test_the_page_says_which_of_them_the_board_does_not_count(cast, desk):
    filed(cast)
    assert "看板不计入" not in words(desk.get("/review/"))
    private = world.school("民办小学", ownership="private")
    world.file(world.entry(private, "Z1.1", counted=False), world.seat("filer", private))
    assert "其中 1 项仅供参照，看板不计入，照常审核。" in words(desk.get("/review/"))


def test_a_long_queue_shows_a_part_and_leads_on_by_key(cast, desk, travel):
    codes = ["Z1.1", "Z1.2", "Z1.3", "Z2.1", "Z2.2", "Z2.3", "Z2.4", "Z3.1", "Z3.2", "Z3.3"]
    codes += ["Z4.1", "Z4.2", "Z4.3", "S1.1"]
    for n, code in enumerate(codes):
        travel.move_to(hours(0) + timedelta(minutes=n))
        filed(cast, code)
    first = desk.get("/review/")
    assert [code for _school, code in queue(first)] == codes[:10]
    assert "其余 4 项" in words(first)
    more = re.findall(r'href="(/review/\d+/)#queue">其余', first.content.decode())[0]
    rest = desk.get(more)
    assert [code for _school, code in queue(rest)] == codes[8:]
    assert "前面 8 项" in words(rest)
    assert Entry.objects.get(pk=is_open(rest)).slot.item.code == codes[10]


@pytest.mark.parametrize(
    ("name", "code", "outside"),
    [
        ("school", "", "Z2.1"),
        ("pillar", "Z", "S1.1"),
        ("measure", "Z2", "S1.1"),
        ("item", "Z2.1", "Z2.2"),
    ],
)
def test_the_address_narrows_the_queue_and_decisions_keep_it_so(
    cast, desk, travel, name, code, outside
):
    other = world.school("北街小学")
    filer = world.seat("filer", other)
    mine = filed(cast, "Z2.1")
    travel.move_to(hours(1))
    world.file(world.entry(other, outside), filer)
    travel.move_to(hours(2))
    wanted = filed(cast, "Z1.1") if name == "school" else world.file(world.entry(other), filer)
    code = code or cast.school.code
    page = desk.get("/review/", {name: code})
    assert heading(page).startswith("还有 2 项等您审核")
    after = decide_on(desk, page, mine)
    assert after.redirect_chain == [(f"/review/{wanted.pk}/?{name}={code}&done={mine.pk}", 302)]
    assert heading(after).startswith("还有 1 项等您审核")


def test_what_was_sent_again_is_read_alone_and_a_list_without_a_choice_is_not_offered(cast, desk):
    first, again = filed(cast), filed(cast, "Z2.2")
    page = desk.get("/review/").content.decode()
    assert [
        name for name in ("school", "pillar", "measure", "sent") if f'id="by-{name}"' in page
    ] == []
    world.send_back(again, cast.reviewer)
    again = world.file(again, cast.filer)
    page = desk.get("/review/", {"sent": "again"})
    assert is_open(page) == again.pk
    assert re.search(r'<option value="again" selected>再次提交 1</option>', page.content.decode())
    assert queue(desk.get("/review/", {"sent": "first"})) == [("阳光小学", "Z2.1")]
    assert is_open(desk.get("/review/", {"sent": "first"})) == first.pk
    assert "“late”下没有待审核的材料" in words(desk.get("/review/", {"sent": "late"}))


def decide_on(client, page, entry):
    return client.post(
        reverse("review_accept", args=[entry.pk]), fields(page, "accept"), follow=True
    )


def test_a_filter_that_does_not_exist_is_left_out_with_a_word(cast, desk):
    filed(cast)
    page = desk.get("/review/", {"measure": "Q9", "school": "<b>", "item": "Z2.1"})
    assert "“Q9”下没有待审核的材料" in words(page)
    assert "“<b>”下没有待审核的材料" in words(page)
    assert queue(page) == [("阳光小学", "Z2.1")]


@pytest.fixture
def by_date(cast, travel):
    """Sent in this order, due later, past its date, within the week and within it too."""
    found = []
    for n, day in enumerate((28, 19, 27, 20)):
        travel.move_to(hours(n) - timedelta(hours=4))
        due_on = date(2026, 11, day)
        found.append(world.file(world.entry(cast.school, f"Z2.{n + 1}", due_on=due_on), cast.filer))
    return found


@pytest.mark.database
def test_by_due_date_the_nearest_stands_first_and_decisions_walk_on_in_that_order(
    cast, desk, by_date
):
    last, first, third, second = by_date
    page = desk.get("/review/", {"order": "due"})
    assert [code for _school, code in queue(page)] == ["Z2.2", "Z2.4", "Z2.3", "Z2.1"]
    assert "按时限先后，同日先交先审" in words(page) and "时限 2026-11-19" in words(page)
    assert 'type="hidden" name="order" value="due"' in page.content.decode()
    after = decide_on(desk, page, first)
    assert after.redirect_chain == [(f"/review/{second.pk}/?order=due&done={first.pk}", 302)]
    open_third = desk.get(f"/review/{third.pk}/?order=due").content.decode()
    assert re.findall(r'href="([^"]*)"[^>]*data-key="([jk])"', open_third) == [
        (f"/review/{last.pk}/?order=due", "j"),
        (f"/review/{second.pk}/?order=due", "k"),
    ]
    assert "按提交时间，先交先审" in words(desk.get("/review/"))


@pytest.mark.parametrize(
    ("period", "codes"), [("overdue", ["Z2.2"]), ("week", ["Z2.4", "Z2.3"]), ("later", ["Z2.1"])]
)
def test_a_period_of_due_dates_narrows_the_queue(desk, by_date, period, codes):
    page = desk.get("/review/", {"due": period, "order": "due"})
    assert [code for _school, code in queue(page)] == codes
    assert re.search(rf'<option value="{period}" selected>', page.content.decode())
    assert "还有 4 项" not in heading(page)


def test_a_period_or_an_order_that_there_is_not_is_told_in_words(cast, desk):
    filed(cast)
    said = words(desk.get("/review/", {"due": "overdue", "order": "name"}))
    assert "“时限已过”下没有待审核的材料" in said
    assert "没有“name”这种排序，已按提交时间先后排列。" in said
    assert "“soon”下没有待审核的材料" in words(desk.get("/review/", {"due": "soon"}))


def test_after_the_last_of_a_school_its_name_is_said_and_the_others_are_shown(cast, desk):
    other = world.school("北街小学")
    world.file(world.entry(other), world.seat("filer", other))
    mine = filed(cast)
    after = decide_on(desk, desk.get(f"/review/{mine.pk}/", {"school": cast.school.code}), mine)
    assert "“阳光小学”下没有待审核的材料" in words(after)
    assert queue(after) == [("北街小学", "Z2.1")]


def test_nothing_waits_says_the_page_of_an_empty_queue(desk):
    page = desk.get("/review/")
    assert heading(page) == "没有待审核的材料。"
    assert "先交先审" in words(page)


def test_next_and_previous_lead_through_the_queue_and_round(cast, desk, travel):
    pks = []
    for n, code in enumerate(("Z1.1", "Z1.2", "Z1.3")):
        travel.move_to(hours(n))
        pks.append(filed(cast, code).pk)

    def key(pk, letter):
        html = desk.get(f"/review/{pk}/").content.decode()
        found = re.search(rf'<a[^>]*href="([^"]*)"[^>]*data-key="{letter}"', html)
        return found and found[1]

    assert [key(pk, "j") for pk in pks] == [f"/review/{pks[1]}/", f"/review/{pks[2]}/", "/review/"]
    assert [key(pk, "k") for pk in pks] == [None, f"/review/{pks[0]}/", f"/review/{pks[1]}/"]


# ---- what is read


def test_the_second_submission_shows_what_has_changed(cast, desk):
    entry = filed(cast, note=NOTE)
    world.send_back(entry, cast.reviewer, REASON)
    entry.refresh_from_db()
    check = entry.slot.item.checks.get(source="typed")
    values = {check.key: {"num": "2", "den": "3"}}
    new = NOTE.replace("全部参加集体备课", "有 3 人产假，已线上补学")
    progress.submit(
        entry.pk,
        by=cast.filer,
        version=entry.version,
        filing=Filing(note=new, values=values, pledged=True),
    )
    page = desk.get(f"/review/{entry.pk}/")
    html = page.content.decode()
    assert "<del>全部参加集体备课</del><ins>有 3 人产假，已线上补学</ins>" in html
    assert "<del>3 / 3</del>" in html and "<ins>2 / 3</ins>" in html
    assert "66.6%" in html and "数据：改了 1 处" in html
    assert "第 2 次提交" in html
    assert re.search(r"上次 .*? 由.*?退回.*?" + REASON, words(page))


def test_the_first_submission_shows_numbers_and_text_without_marks(cast, desk):
    page = desk.get(f"/review/{filed(cast, note=NOTE).pk}/")
    html = page.content.decode()
    assert NOTE in html and "<del>" not in html and "<ins>" not in html
    assert re.search(r'<span class="light done">达到</span><small>100%</small>', html)


def test_evidence_stands_beside_the_entry_as_pictures_and_as_attachment(cast, desk):
    entry = world.entry(cast.school)
    shown = attach(entry, cast.filer, "课表.pdf", pages=2)
    plain = attach(entry, cast.filer, "名单.xlsx", pages=0, kind="xlsx")
    page = desk.get(f"/review/{world.file(entry, cast.filer).pk}/").content.decode()
    for number in (1, 2):
        assert f'src="{reverse("evidence_preview", args=[shown.pk, number])}"' in page
    assert f'href="{reverse("evidence", args=[plain.pk])}" download' in page
    assert reverse("evidence_preview", args=[plain.pk, 1]) not in page
    assert "佐证 2 / 2" in page and "这类文件不能在此预览" in page


def test_what_is_cheap_to_see_and_true_is_pointed_out(cast, desk):
    other = world.entry(cast.school, "Z2.2")
    attach(other, cast.filer, "同一份.pdf")
    other = world.file(other, cast.filer, note=NOTE)
    entry = world.entry(cast.school)
    attach(entry, cast.filer, "课表.pdf")
    entry = world.file(entry, cast.filer, note=NOTE)
    world.send_back(entry, cast.reviewer, REASON)
    world.file(entry, cast.filer, note=NOTE)
    said = words(desk.get(f"/review/{entry.pk}/"))
    assert said.index("请留意") < said.index("上次 ") < said.index("数据：与上次相同")
    for hint in (
        "文字与上次提交相同。",
        "数字没有变化。",
        "同样的文字还用于 Z2.2。",
        "没有新增佐证材料。",
        "同一份材料还用于 Z2.2。",
    ):
        assert hint in said, hint
    assert "当时的时限" not in said


def test_a_late_submission_is_named_as_late(cast, desk):
    entry = world.file(world.entry(cast.school, due_on=date(2026, 11, 19)), cast.filer)
    assert "提交时已过当时的时限 2026-11-19" in words(desk.get(f"/review/{entry.pk}/"))


def test_computed_checks_of_an_old_report_are_named_in_one_folded_line(cast, desk):
    entry = filed(cast, "S4.1")
    computed = entry.slot.item.checks.filter(source="computed")
    entry.report.values.all().delete()  # as reports were before the registers answered
    page = desk.get(f"/review/{entry.pk}/")
    assert f"另有 {computed.count()} 个核查点由台账自动得出" in words(page)
    assert "、".join(check.name_zh for check in computed) in words(page)


# ---- who may


def test_only_the_very_authority_has_the_entry_on_its_desk(cast, client):
    entry = filed(cast)
    for role, place, status in (
        ("reviewer", "3301", 404),
        ("reviewer", world.SIBLING, 404),
        ("reviewer", "0", 404),
        ("viewer", world.COUNTY, 403),
        ("manager", world.COUNTY, 403),
    ):
        world.sign_in(client, world.seat(role, place))
        answers = [client.get(f"/review/{entry.pk}/").status_code]
        answers += [
            client.post(f"/review/{entry.pk}/{verb}/").status_code
            for verb in ("accept", "return", "undo")
        ]
        assert answers == [status] * 4, (role, place)
    world.sign_in(client, world.seat("reviewer", "3301"))
    assert heading(client.get("/review/")) == "没有待审核的材料。"


@pytest.mark.parametrize("state", ["closed", "void"])
def test_a_campaign_that_ended_has_nothing_on_the_desk(cast, desk, state):
    entry = filed(cast)
    cast.campaign.state = state
    cast.campaign.save()
    said = "专项已结束，还有 1 项未审；管理员重开专项后，恢复为待审核。"
    if state == "void":
        said = "没有待审核的材料。"
    assert heading(desk.get("/review/")) == said
    page = desk.get(f"/review/{entry.pk}/")
    assert is_open(page) is None and page.status_code == 200


def test_an_entry_that_nobody_sent_yet_has_nothing_to_decide(cast, desk):
    page = desk.get(f"/review/{world.entry(cast.school).pk}/")
    assert (page.status_code, is_open(page)) == (200, None)
    assert "这一项还没有填报。" in words(page)


def test_keys_can_be_switched_off(cast, desk):
    entry = filed(cast)
    assert "keys.js" in desk.get(f"/review/{entry.pk}/").content.decode()
    User.objects.filter(pk=cast.reviewer.user.pk).update(shortcuts=False)
    page = desk.get(f"/review/{entry.pk}/").content.decode()
    assert "keys.js" not in page and "<kbd>" not in page


def test_the_page_costs_the_same_whatever_waits(cast, desk):
    def cost(entry):
        with CaptureQueriesContext(
            connection,
        ) as found:
            more = f"school={cast.school.code}&due=later&order=due&done={entry.pk}"
            desk.get(f"/review/{entry.pk}/?{more}")
        return len(found)

    one = world.entry(cast.school)
    attach(one, cast.filer, "a.pdf")
    one = world.file(one, cast.filer)
    few = cost(one)
    for code in ("Z1.1", "Z1.2", "Z1.3"):
        entry = world.entry(cast.school, code)
        attach(entry, cast.filer, f"{code}.pdf")
        world.file(entry, cast.filer)
    world.send_back(one, cast.reviewer)
    many = world.file(one, cast.filer)
    assert (few, cost(many)) == (12, 12)


@pytest.mark.parametrize("reopened", [True, False])
def test_what_was_given_back_says_by_whom_and_what_is_awaited(cast, desk, at, reopened):
    User.objects.filter(pk=cast.reviewer.user.pk).update(name="周科")
    entry = filed(cast)
    if reopened:
        world.accept(entry, cast.reviewer)
        entry.refresh_from_db()
        progress.reopen(entry.pk, by=cast.reviewer, version=entry.version, reason=REASON)
    else:
        world.send_back(entry, cast.reviewer, REASON)
    how = "重开" if reopened else "退回"
    sentence = f"周科于 11-20 {how}，学校应在 2027-01-15 前改好再提交。"
    page = desk.get(f"/review/{entry.pk}/")
    assert sentence in words(page) and REASON in words(page)
    assert "还没有提交" not in words(page)
    assert heading(at(cast.viewer).get(f"/entries/{entry.pk}/")) == sentence


def test_what_was_decided_is_told_as_done_in_either_language(cast, desk, at):
    entry = world.accept(filed(cast), cast.reviewer)
    assert "已通过" in words(desk.get(f"/review/{entry.pk}/"))
    User.objects.filter(pk=cast.reviewer.user.pk).update(language="en")
    reader = User.objects.get(pk=cast.reviewer.user.pk)
    page = desk.get(f"/review/{entry.pk}/")
    assert f"{reader} today 12:00: Accepted" in words(page)
    story = desk.get(f"/entries/{entry.pk}/history/").content.decode()
    assert f"<b>Accepted</b>, {reader} 2026-11-20" in story


def test_the_story_of_what_waits_leads_back_to_the_desk(cast, desk, at):
    entry = filed(cast, "Z1.1")
    here, way = f"/entries/{entry.pk}/history/", f'href="/review/{entry.pk}/">审核 Z1.1'
    assert way in desk.get(here).content.decode()
    assert way not in at(cast.filer).get(here).content.decode()
    world.accept(entry, cast.reviewer)
    assert way not in at(cast.reviewer).get(here).content.decode()
