"""The boards: a region at a glance, and behind each number exactly as many rows."""

import re
from collections import Counter
from datetime import date, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from reform import boards, progress, tallies
from reform.filings import Filing
from reform.models import Entry, Slot
from reform.states import LIGHT_URGENCY, Claim
from reform.tallies import Figures
from reform.views.headlines import board_sentence
from schools.models import Region
from tests import world

PAST, SOON, FAR = date(2026, 11, 13), date(2026, 11, 25), date(2027, 1, 15)
FIGURES = {
    "expected": "应报",
    "done": "已通过",
    "on_time": "其中按期",
    "late": "逾期",
    "waiting": "待审核",
    "returned": "已退回",
}
BOARD = f"/board/{world.COUNTY}/"


@pytest.fixture
def mixed(cast, travel):
    """Two schools in every state, on time and late, and what no board counts."""
    other = world.school("北街小学")
    filer = world.seat("filer", other)
    third = world.school("第三初级中学")

    def make(code, school=cast.school, by=cast.filer, due_on=FAR, **fields):
        return world.entry(school, code, due_on=due_on), by

    def file(pair, **fields):
        return world.file(pair[0], pair[1], **fields)

    make("Z1.1")  # not started, far ahead
    make("Z1.2", due_on=PAST)  # overdue, untouched
    begun = make("Z1.3", due_on=SOON)[0]
    progress.save(begun.pk, by=cast.filer, version=0, filing=Filing(note="草稿"))
    file(make("Z2.1"))  # waits
    file(make("Z2.2", due_on=PAST))  # waits, sent late
    world.accept(file(make("Z2.3")), cast.reviewer)
    world.accept(file(make("Z2.4", due_on=PAST)), cast.reviewer)  # accepted, sent late
    world.send_back(file(make("Z3.1")), cast.reviewer)
    late = world.send_back(file(make("Z3.2")), cast.reviewer)
    overdue(late)  # returned and overdue by now
    exempt = file(make("Z3.3"), claim=Claim.not_applicable, note="本校没有这一项。")
    world.accept(exempt, cast.reviewer)
    world.accept(file(make("S1.1", other, filer)), cast.reviewer)
    file(make("S1.2", other, filer))
    make("S1.3", other, filer, due_on=PAST)
    make("S2.1", third, due_on=SOON)
    world.entry(cast.school, "S4.1", due_on=PAST, counted=False)
    world.entry(world.bureau(), "X3.1", due_on=PAST)
    nobody_owes(cast)
    assert tallies.differences() == {}
    return cast


def overdue(entry):
    """Move an open entry's date into the past, in the tally too."""
    Entry.objects.filter(pk=entry.pk).update(due_on=PAST)
    tallies.rebuild()


def nobody_owes(cast):
    """Entries of a slot not open yet, of a withdrawn one and of a void campaign."""
    world.entry(cast.school, "X1.1", opens_on=date(2027, 3, 1), due_on=PAST)
    world.entry(cast.school, "X1.2", withdrawn_at=world.NOON, due_on=PAST)
    void = world.campaign(state="void", name="作废的专项")
    world.entry(cast.school, "X1.3", campaign=void, due_on=PAST)


@pytest.fixture
def look(mixed, client):
    """The county's viewer, signed in."""
    return world.sign_in(client, mixed.viewer)


def text(html):
    said = re.sub(r"<(script|style).*?</\1>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", said)).replace("\xa0", " ")).strip()


def heading(response):
    found = re.search(r"<h1>(.*?)</h1>", response.content.decode(), re.S)
    return unescape(re.sub(r"<[^>]+>", "", found[1])).replace("\xa0", " ")


def figures(response):
    """label → (number, address of its rows)."""
    found = re.findall(
        r'<dt>([^<]*)</dt><dd><a href="([^"]*)">([\d,]+)</a>', response.content.decode()
    )
    return {label: (int(n.replace(",", "")), unescape(url)) for label, url, n in found}


def linked_numbers(response):
    """Every (number, address of its rows) of a page."""
    found = re.findall(r'<a href="([^"]*/rows/[^"]*)">([\d,]+)</a>', response.content.decode())
    return [(int(n.replace(",", "")), unescape(url)) for url, n in found]


def rows(client, url):
    """Entries listed behind an address, over all its pages."""
    found = []
    while url:
        html = client.get(url).content.decode()
        found += [int(pk) for pk in re.findall(r'<a href="/entries/(\d+)/"', html)]
        more = re.search(r'href="([^"]*)" rel="next"', html)
        url = more and unescape(more[1])
    return found


def cells(response):
    """school → {measure → light}."""
    html = response.content.decode()
    heads = re.search(r'<table class="grid">.*?</thead>', html, re.S)[0]
    codes = re.findall(r'<span class="code">([^<]*)</span>', heads)
    lines = re.findall(r'<tr><th scope="row"><a[^>]*>([^<]*)</a></th>(.*?)</tr>', html, re.S)
    return {
        unescape(name): dict(zip(codes, re.findall(r'class="cell (\w+)"', line), strict=True))
        for name, line in lines
        if 'class="cell' in line
    }


# ---- a county


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
        cell = boards._cell(Counter(dict.fromkeys(LIGHT_URGENCY[n:], 1)))
        assert cell.light == light


def test_schools_stand_by_name_as_a_reader_looks_them_up(look):
    assert list(cells(look.get(BOARD))) == ["北街小学", "第三初级中学", "阳光小学"]
    names = re.findall(
        r'<td><a href="/schools/\d+/ledger/">([^<]*)', look.get(f"{BOARD}rows/").content.decode()
    )
    assert names == ["北街小学"] * 3 + ["第三初级中学"] + ["阳光小学"] * 9


def test_the_sentence_comes_first_and_names_where_most_is_overdue(look):
    assert heading(look.get(BOARD)) == (
        "3 所学校应报 13 项，已通过 3 项；逾期 3 项，多在 Z1.2 议事规则与执行。"
    )


@pytest.mark.parametrize(
    ("figures", "zh", "en"),
    [
        (
            Figures(1289, 930, 893, 32, 146, 19),
            "40 所学校应报 1,289 项，已通过 930 项；逾期 32 项，多在 S4.1 三会一课。",
            "40 schools: 930 of 1,289 items accepted; 32 overdue, most often S4.1 三会一课.",
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
                figures, who=who, year=world.YEAR, campaigns=True, most_late="S4.1 三会一课"
            )
            assert sentence == said


def test_without_a_campaign_the_board_says_so_and_its_manager_is_led_on(client, db, travel):
    manager = world.seat("manager", world.COUNTY)
    page = world.sign_in(client, manager).get(BOARD)
    assert heading(page) == "2026-2027 学年还没有下发专项。"
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
    assert "去年的专项" in text(before.content.decode())


@pytest.mark.parametrize(
    ("asked", "strange"),
    [
        ("state=best", "best"),
        ("measure=Q1", "Q1"),
        ("pillar=Q", "Q"),
        ("item=Z9.9", "Z9.9"),
        ("school=0", "0"),
        ("year=1999-2000", "1999-2000"),
        ("state=%3Cscript%3E", "<script>"),
    ],
)
def test_a_filter_that_does_not_exist_is_left_out_with_a_word(look, asked, strange):
    url = f"{BOARD}rows/?{asked}"
    assert f"没有“{strange}”这一筛选，已略去。" in text(look.get(url).content.decode())
    assert len(rows(look, url)) == 13


def test_a_school_of_another_county_is_no_filter_here(look, mixed):
    url = f"{BOARD}rows/?school={mixed.stranger_school.code}"
    assert mixed.stranger_school.name not in look.get(url).content.decode()


@pytest.mark.parametrize("after", ["0", "-1", "x", "9" * 18, "9" * 40, "²"])
def test_a_place_in_the_list_that_does_not_exist_is_its_start(look, after):
    assert len(rows(look, f"{BOARD}rows/?after={after}")) == 13


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


# ---- who may


@pytest.mark.parametrize(
    ("role", "place", "status"),
    [
        ("viewer", world.COUNTY, 200),
        ("reviewer", world.COUNTY, 200),
        ("manager", world.COUNTY, 200),
        ("viewer", "3301", 200),
        ("viewer", "33", 200),
        ("viewer", world.SIBLING, 404),
        ("viewer", "3302", 404),
        ("viewer", "32", 404),
        ("auditor", world.COUNTY, 403),
        ("operator", "0", 403),
    ],
)
def test_a_board_is_open_to_its_region_and_those_above(mixed, client, role, place, status):
    world.sign_in(client, world.seat(role, place))
    assert [client.get(url).status_code for url in (BOARD, f"{BOARD}rows/")] == [status, status]


@pytest.mark.parametrize("code", ["999999", "abc", "33010", "330106x", "1101", "3301 "])
def test_a_region_that_is_none_is_not_found(mixed, client, code):
    Region.objects.create(code="1101", kind="placeholder")
    world.sign_in(client, world.seat("viewer", "0"))
    assert client.get(f"/board/{code}/").status_code == 404
    assert client.get(f"/board/{code}/rows/").status_code == 404


def test_the_nation_sees_figures_and_no_school(mixed, client):
    world.sign_in(client, world.seat("viewer", "0"))
    page = client.get(BOARD)
    assert "应报" in text(page.content.decode()) and "13" in text(page.content.decode())
    assert "阳光小学" not in page.content.decode() and "/rows/" not in page.content.decode()
    assert client.get(f"{BOARD}rows/").status_code == 404


# ---- above the counties


def regions(response):
    """name → the six numbers, in the order of the page."""
    html = re.search(r'<section id="regions">.*?</table>', response.content.decode(), re.S)[0]
    lines = re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>(.*?)</tr>', html, re.S)
    return {name: [int(n) for n in re.findall(r">(\d+)</a>", line)] for name, line in lines}


@pytest.fixture
def city(mixed, travel):
    """Its own school, and a county beside the mixed one."""
    own = world.school("市直小学", authority="3301", region=world.COUNTY)
    world.file(world.entry(own, "Z1.1"), world.seat("filer", own))
    world.entry(mixed.stranger_school, "Z1.1", due_on=PAST)
    return mixed


def test_a_city_lists_its_counties_by_code_and_its_own_schools_first(city, client):
    world.sign_in(client, world.seat("viewer", "3301"))
    page = client.get("/board/", follow=True)
    assert page.redirect_chain == [("/board/3301/", 302)]
    assert regions(page) == {
        "直属学校": [1, 0, 0, 0, 1, 0],
        "上城区": [1, 0, 0, 1, 0, 0],
        "西湖区": [13, 3, 2, 3, 3, 2],
    }
    assert list(regions(page)) == ["直属学校", "上城区", "西湖区"]
    assert {label: n for label, (n, _url) in figures(page).items()}["应报"] == 15
    assert heading(page) == "2 个县（市、区）应报 15 项，已通过 3 项；逾期 4 项。"
    assert cells(page) == {"市直小学": {"Z1": "wait"}}


def test_behind_every_number_of_a_city_stand_exactly_as_many_rows(city, client):
    world.sign_in(client, world.seat("viewer", "3301"))
    numbers = linked_numbers(client.get("/board/3301/"))
    assert len(numbers) > 6 + 3 * 6
    wrong = [(n, url) for n, url in numbers if len(rows(client, url)) != n]
    assert wrong == []


def test_a_province_and_the_nation_list_what_is_below_by_code(city, client):
    world.sign_in(client, world.seat("viewer", "33"))
    page = client.get("/board/33/")
    assert regions(page) == {"杭州市": [15, 3, 2, 4, 4, 2], "宁波市": [0] * 6}
    assert heading(page).startswith("已下发专项的 1 个市应报 15 项")
    world.sign_in(client, world.seat("viewer", "0"))
    page = client.get("/board/0/")
    assert regions(page) == {"江苏省": [0] * 6, "浙江省": [15, 3, 2, 4, 4, 2]}
    assert "/rows/" not in page.content.decode()


def test_the_counties_of_a_placeholder_stand_directly_below_the_province(db, travel, client):
    Region.objects.bulk_create(
        Region(code=code, name=name, kind=kind)
        for code, name, kind in (
            ("11", "北京市", "province"),
            ("1101", "", "placeholder"),
            ("110108", "海淀区", "county"),
        )
    )
    school = world.school("海淀小学", authority="110108", region="110108")
    world.entry(school, "Z1.1")
    world.sign_in(client, world.seat("viewer", "11"))
    page = client.get("/board/11/")
    assert regions(page) == {"海淀区": [1, 0, 0, 0, 0, 0]}
    assert heading(page) == "1 个县（市、区）应报 1 项，已通过 0 项，没有逾期。"
    below = client.get("/board/110108/")
    assert re.search(r'<p class="kicker">.*?北京市.*?海淀区', below.content.decode(), re.S)


# ---- what it costs


@pytest.mark.parametrize(
    ("url", "role", "place", "literal"),
    [
        (BOARD, "viewer", world.COUNTY, 9),
        (f"{BOARD}rows/?state=open", "viewer", world.COUNTY, 9),
        ("/board/3301/", "viewer", "3301", 11),
        ("/board/33/", "viewer", "33", 7),
    ],
)
def test_a_board_costs_the_same_whatever_its_size(cast, client, url, role, place, literal):
    own = world.school("市直小学", authority="3301", region=world.COUNTY)
    world.entry(own, "Z1.1")
    world.sign_in(client, world.seat(role, place))

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert client.get(url).status_code == 200
        return len(found)

    world.entry(cast.school, "Z1.1")
    few = cost()
    for code in ("Z1.2", "Z2.1", "S1.1"):
        world.entry(cast.school, code)
        world.entry(world.school(), code, due_on=PAST - timedelta(days=1))
    assert (few, cost()) == (literal, literal)
