"""The board of a county: how it stands at a glance, and behind each number exactly as many rows."""

import re
from datetime import date
from html import unescape

import pytest
from django.utils import translation

from reform import boards, tallies
from reform.models import Campaign, Entry, Slot
from reform.states import LIGHT_URGENCY, light_of_all
from reform.tallies import Figures
from reform.views.headlines import Worst, board_sentence, turn_line
from schools.models import SchoolType
from tests import world
from tests.boardroom import BOARD, FAR, PAST, cells, figures, linked_numbers, rows
from tests.reading import heading, words

FIGURES = {
    "expected": "应报",
    "done": "已通过",
    "on_time": "其中按期",
    "late": "逾期",
    "waiting": "待审核",
    "returned": "已退回",
}


def test_the_six_figures_of_a_mixed_county(look):
    assert {label: n for label, (n, _url) in figures(look.get(BOARD)).items()} == {
        "应报": 13,
        "已通过": 3,
        "其中按期": 2,
        "逾期": 3,
        "待审核": 3,
        "已退回": 2,
    }


@pytest.mark.parametrize("name", FIGURES)
def test_behind_each_figure_stand_exactly_as_many_rows(look, name):
    number, url = figures(look.get(BOARD))[FIGURES[name]]
    found = rows(look, url)
    assert (len(found), len(set(found))) == (number, number)
    assert heading(look.get(url)).split()[1].replace(",", "") == str(number)


def test_behind_every_number_of_the_page_stand_exactly_as_many_rows(look):
    numbers = linked_numbers(look.get(BOARD))
    assert len(numbers) > 6 + 6 * 6 + 6 * 3  # figures, measures and pillars, schools
    wrong = [(n, url) for n, url in numbers if len(rows(look, url)) != n]
    assert wrong == []


def test_pillars_measures_and_schools_each_add_up_to_the_whole(mixed):
    lines = tallies.read(*boards.own(world.COUNTY), school_year=world.YEAR, on=world.NOON.date())
    owed = boards.duties(lines)
    today = world.NOON.date()
    whole = tallies.figures(lines, today)
    schools = boards.grid(
        boards.entries(Entry.objects.all(), boards.own(world.COUNTY), owed), owed, today
    )

    def add(parts):
        return Figures(*map(sum, zip(*parts, strict=True)))

    assert add([p.figures for p in boards.pillars(lines, owed, today)]) == whole
    assert add([p.figures for p in boards.measures(lines, owed, today)]) == whole
    assert add([school.figures for school in schools]) == whole


def test_a_pillar_says_which_of_what_is_not_sent_is_overdue_or_returned(look):
    said = re.sub(r"[ \u3000]+", " ", words(look.get(BOARD)))
    assert "待审核 2 未提交 5 （其中逾期 2 、已退回 2 ）" in said


def test_where_most_is_overdue_the_name_leads_to_the_same_rows_as_the_number(look):
    html = look.get(BOARD).content.decode().split("逾期较多的检查项")[1].split("</ul>")[0]
    lines = re.findall(r'<li><a href="([^"]*)">[ZSX]\d\.\d [^<]*</a><a [^>]*href="([^"]*)">', html)
    assert len(lines) == 3 and all(name == number for name, number in lines)


def test_the_board_and_the_structure_check_lead_to_each_other(look):
    check = re.search(r'<a class="btn" href="(/structure/[^"]*)"', look.get(BOARD).content.decode())
    kicker = re.search(r'<p class="kicker">.*?</p>', look.get(check[1]).content.decode(), re.S)[0]
    assert f'<a href="{BOARD}">' in kicker and "/structure/" not in kicker


def test_a_cell_shows_the_most_urgent_light_of_its_measure_and_leads_to_its_rows(look, mixed):
    page = look.get(BOARD)
    assert cells(page) == {
        "北街小学": {"Z1": "off", "Z2": "off", "Z3": "off", "S1": "late", "S2": "off"},
        "第三初级中学": {"Z1": "off", "Z2": "off", "Z3": "off", "S1": "off", "S2": "due"},
        "阳光小学": {"Z1": "late", "Z2": "wait", "Z3": "late", "S1": "off", "S2": "off"},
    }
    found = re.search(
        r'<a class="cell late" href="([^"]*)"><span class="hide">(阳光小学，Z3[^<]*)</span>',
        page.content.decode(),
    )
    assert found[2] == "阳光小学，Z3 立德树人工作机制：0/2 已通过、1 项逾期、1 项已退回、1 项不适用"
    assert len(rows(look, unescape(found[1]))) == 2


def test_the_most_urgent_light_wins_in_the_order_of_the_workflow():
    for n, light in enumerate(LIGHT_URGENCY):
        counts = dict.fromkeys(LIGHT_URGENCY[n:], 1)
        assert light_of_all(counts, counts) == ("busy" if light == "todo" else light)


@pytest.mark.parametrize(
    ("counts", "light"),
    [
        ({"todo": 2}, "todo"),
        ({"todo": 1, "off": 1}, "todo"),
        ({"todo": 2, "done": 1}, "busy"),
        ({"todo": 1, "wait": 1}, "busy"),
        ({"todo": 1, "done": 1, "due": 1}, "due"),
    ],
)
def test_a_cell_is_not_started_only_where_nothing_was_sent_or_accepted(counts, light):
    assert light_of_all(counts, counts) == light


def test_a_measure_with_something_accepted_is_in_progress_on_the_grid(look, mixed):
    Entry.objects.filter(school__name="北街小学", due_on=PAST).update(due_on=FAR)
    tallies.rebuild()
    page = look.get(BOARD)
    assert cells(page)["北街小学"]["S1"] == "busy"
    assert "：1/3 已通过、1 项未启动、1 项待审核<" in page.content.decode()
    assert "按校名排列。每格显示该举措中最急的一项" in words(page)


def test_schools_stand_by_name_as_a_reader_looks_them_up(look):
    assert list(cells(look.get(BOARD))) == ["北街小学", "第三初级中学", "阳光小学"]
    names = re.findall(
        r'<td><a href="/schools/\d+/ledger/">([^<]*)', look.get(f"{BOARD}rows/").content.decode()
    )
    assert names == ["北街小学"] * 3 + ["第三初级中学"] + ["阳光小学"] * 9


def test_the_sentence_comes_first_and_names_where_most_is_overdue_unless_several_share_it(
    look, mixed
):
    assert heading(look.get(BOARD)) == "3 所学校应报 13 项，已通过 3 项；逾期 3 项。"
    world.entry(world.school("南街小学"), "Z1.2", due_on=PAST)
    assert heading(look.get(BOARD)) == (
        "4 所学校应报 14 项，已通过 3 项；逾期 4 项，其中 Z1.2 议事规则与执行最多，有 2 项。"
    )


def test_below_it_stands_whose_turn_it_is_and_the_plan_in_numbers(look):
    turn = "等学校办理 7 项（其中逾期 3 项、退回 2 项）；等主管部门审核 3 项。"
    assert f"逾期 3 项。 {turn} 党组织设置体检 按条件筛选" in words(look.get(BOARD))
    Slot.objects.update(due_on=PAST)
    plan = "按计划现应提交 13 项，实际提交 6 项。"
    assert plan + turn in words(look.get(BOARD))


@pytest.mark.parametrize(
    ("figures", "planned", "zh", "en"),
    [
        (Figures(5, 5, 5), 5, "", ""),
        (Figures(5, 3, 3), 0, "等学校办理 2 项。", "With the schools: 2."),
        (
            Figures(1200, 100, 90, 0, 1100),
            0,
            "等主管部门审核 1,100 项。",
            "With the authority for review: 1,100.",
        ),
        (
            Figures(9, 2, 2, 1, 3),
            4,
            "按计划现应提交 4 项，实际提交 5 项。等学校办理 4 项（其中逾期 1 项）；"
            "等主管部门审核 3 项。",
            "By plan 4 should have been sent by now; 5 have been. "
            "With the schools: 4 (1 overdue); with the authority for review: 3.",
        ),
    ],
)
def test_whose_turn_it_is_names_only_those_who_have_something(figures, planned, zh, en):
    for language, said in (("zh-hans", zh), ("en", en)):
        with translation.override(language):
            assert turn_line(figures, planned) == said


@pytest.mark.parametrize(
    ("figures", "zh", "en"),
    [
        (
            Figures(1289, 930, 893, 32, 146, 19),
            "40 所学校应报 1,289 项，已通过 930 项；逾期 32 项，其中 S4.1 三会一课最多，有 9 项。",
            "40 schools: 930 of 1,289 items accepted; 32 overdue, the most at S4.1 三会一课: 9.",
        ),
        (
            Figures(2, 1, 1),
            "40 所学校应报 2 项，已通过 1 项，没有逾期。",
            "40 schools: 1 of 2 items accepted; nothing is overdue.",
        ),
        (
            Figures(1, 1, 1),
            "40 所学校应报 1 项，已全部通过。",
            "40 schools: all of 1 item accepted.",
        ),
        (
            Figures(),
            "2026-2027 学年目前还没有应报的检查项。",
            "Nothing is owed yet in school year 2026-2027.",
        ),
    ],
)
def test_the_sentence_says_whether_a_region_is_on_course(figures, zh, en):
    for language, said in (("zh-hans", zh), ("en", en)):
        with translation.override(language):
            who = "40 所学校" if language == "zh-hans" else "40 schools"
            sentence = board_sentence(
                figures, who=who, year=world.YEAR, campaigns=True, worst=Worst("S4.1 三会一课", 9)
            )
            assert sentence == said


def test_board_and_campaign_say_why_they_count_fewer_schools_than_there_are(look):
    assert "不计入" not in words(look.get(BOARD))
    SchoolType.objects.create(code="111", name_zh="幼儿园", use="excluded")
    for fields in (
        {"ownership": "private"},
        {"ownership": "private", "profile": "unknown"},
        {"profile": "unknown"},
        {"school_type_id": "111"},
        {"name": "刚设立的小学"},
        {"closed_on": PAST},
        {"authority": "3301", "region": world.COUNTY, "ownership": "private"},
    ):
        world.school(**fields)
    why = (
        "学校共8所，其中5所不计入：民办2所（仅供参照）、支部设置待定1所、"
        "办学类型不在布置范围1所、未布置或目前没有应报项1所。"
    )
    campaign = f"/campaigns/{Campaign.objects.get(state='open').pk}/"
    for url in (BOARD, campaign, f"{BOARD}?state=late"):
        page = look.get(url)
        said = re.search(r"学校共.*?。", words(page).replace(" ", ""))
        assert said[0] == why
        links = re.findall(r'<a href="(/schools/[?][^"]*)">[^<]* (\d) 所', page.content.decode())
        assert [n for _url, n in links] == ["2", "1"]
        for there, n in links:
            assert heading(look.get(unescape(there))) == f"符合条件的学校 {n} 所。"
    assert "不计入" not in words(look.get(f"{BOARD}?pillar=Z"))  # of a part nobody asks
    world.sign_in(look, world.seat("viewer", "3301"))
    page = look.get(BOARD)  # whose list of schools has those that the city reviews itself
    assert "其中 5 所不计入" in words(page) and 'href="/schools/?' not in page.content.decode()


def test_without_a_campaign_the_board_says_so_and_its_manager_is_led_on(client, db, travel):
    manager = world.seat("manager", world.COUNTY)
    page = world.sign_in(client, manager).get(BOARD)
    assert heading(page) == "2026-2027 学年还没有下发专项。"
    rows_page = client.get(f"{BOARD}rows/?state=late")
    assert heading(rows_page) == "2026-2027 学年还没有下发专项。"
    assert "没有处于这一状态" not in words(rows_page)
    assert (
        'href="/campaigns/"' in re.search(r'class="empty.*?</div>', page.content.decode(), re.S)[0]
    )


def test_a_campaign_without_entries_breaks_nothing(cast, client):
    page = world.sign_in(client, cast.viewer).get(BOARD)
    assert heading(page) == "2026-2027 学年目前还没有应报的检查项。"
    assert rows(client, f"{BOARD}rows/") == []


def test_another_school_year_is_one_click_away(look, mixed):
    old = world.campaign(year="2025-2026", state="closed", name="去年的专项")
    entry = world.entry(
        mixed.school, "Z1.1", campaign=old, opens_on=date(2025, 9, 1), due_on=date(2025, 12, 1)
    )
    page = look.get(BOARD)
    assert figures(page)["应报"][0] == 13
    url = re.search(r'href="([^"]*year=2025-2026)"', page.content.decode())[1]
    before = look.get(url)
    assert figures(before)["应报"][0] == 1
    assert rows(look, figures(before)["应报"][1]) == [entry.pk]
    assert "去年的专项" in words(before)


@pytest.mark.parametrize(
    ("asked", "strange"),
    [
        ("state=best", "best"),
        ("measure=Q1", "Q1"),
        ("pillar=Q", "Q"),
        ("item=Z9.9", "Z9.9"),
        ("school=0", "0"),
        ("state=%3Cscript%3E", "<script>"),
    ],
)
def test_a_filter_that_does_not_exist_is_left_out_with_a_word(look, asked, strange):
    url = f"{BOARD}rows/?{asked}"
    assert f"没有“{strange}”这一筛选，已略去。" in words(look.get(url))
    assert len(rows(look, url)) == 13


def test_a_school_of_another_county_is_no_filter_here(look, mixed):
    url = f"{BOARD}rows/?school={mixed.stranger_school.code}"
    assert mixed.stranger_school.name not in look.get(url).content.decode()


@pytest.mark.parametrize("url", [BOARD, f"{BOARD}rows/"])
def test_a_school_year_without_anything_is_told_with_the_one_that_is_shown(look, url):
    said = "没有“1999-2000”学年的数据，现在显示 2026-2027 学年。"
    assert said in words(look.get(f"{url}?year=1999-2000"))
    assert "学年的数据" not in words(look.get(f"{url}?year=2026-2027"))


@pytest.mark.parametrize("after", ["0", "-1", "x", "99999999", "9" * 18, "9" * 40, "²"])
def test_a_place_in_the_list_that_does_not_exist_is_told_and_its_start_shown(look, after):
    url = f"{BOARD}rows/?after={after}"
    assert len(rows(look, url)) == 13
    assert "列表里没有这个位置，现从头列出。" in words(look.get(url))


def test_a_place_that_exists_is_none_to_tell_of(look):
    first = rows(look, f"{BOARD}rows/")[0]
    page = look.get(f"{BOARD}rows/?after={first}")
    assert "没有这个位置" not in words(page) and len(page.context["rows"]) == 12


def test_filters_stand_together_and_can_be_taken_off(look, mixed):
    url = f"{BOARD}rows/?state=late&measure=Z3&school={mixed.school.code}"
    page = look.get(url)
    assert heading(page) == "逾期 1 项：Z3 立德树人工作机制、阳光小学。"
    off = [
        unescape(u)
        for u in re.findall(r'href="([^"]*)" aria-label="去掉筛选', page.content.decode())
    ]
    assert [len(rows(look, u)) for u in off] == [2, 1]


def test_a_long_list_is_read_page_by_page_and_no_row_twice(cast, client):
    names = ["安小学", "安小学", "安小学", "宝小学"]
    schools = [world.school(name) for name in names]
    items = list(world.framework().items.order_by("position")[:30])
    made = bulk_entries(cast.campaign, schools, items)
    world.sign_in(client, cast.viewer)
    found = rows(client, f"{BOARD}rows/")
    assert (len(found), set(found)) == (120, {entry.pk for entry in made})


def bulk_entries(campaign, schools, items):
    """Entries not started, of all these schools × items, counted."""
    slots = Slot.objects.bulk_create(
        Slot(
            campaign=campaign,
            item=item,
            period=world.YEAR,
            opens_on=campaign.opens_on,
            due_on=FAR,
            position=item.position,
        )
        for item in items
    )
    made = Entry.objects.bulk_create(
        Entry(slot=slot, school=school, authority=school.authority_id, due_on=FAR)
        for school in schools
        for slot in slots
    )
    tallies.rebuild()
    return made


def test_three_hundred_schools_with_the_longest_names_break_nothing(cast, client):
    schools = [world.school(f"{n:03d}" + "永" * 24) for n in range(300)]
    bulk_entries(cast.campaign, schools, list(world.framework().items.order_by("position")[:14]))
    world.sign_in(client, cast.viewer)
    page = client.get(BOARD)
    assert figures(page)["应报"][0] == 4200
    assert len(cells(page)) == 300


def test_a_name_is_text_and_never_markup(cast, client):
    world.entry(world.school("<b>&\"永's"), "Z1.1")
    html = world.sign_in(client, cast.viewer).get(BOARD).content.decode()
    assert html.count("&lt;b&gt;&amp;&quot;永&#x27;s") == 2  # head of the line, and its cell
    assert "<b>&" not in html
