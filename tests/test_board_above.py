"""Boards above an authority: today's figures as they were last summed up, days, the plan, tiles."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from reform import boards, overview, snapshots, tallies
from reform.models import Slot, Snapshot
from reform.snapshots import Day
from reform.tallies import Figures
from reform.views import board_trend
from reform.views.headlines import Worst, board_sentence
from schools import clock
from schools.models import Region
from tests import world
from tests.boardroom import BOARD, PAST
from tests.reading import heading, words

pytestmark = [pytest.mark.database, pytest.mark.django_db]
TODAY = date(2026, 11, 20)


@pytest.fixture
def city(mixed, travel):
    own = world.school("市直小学", authority="3301", region=world.COUNTY)
    world.file(world.entry(own, "Z1.1"), world.seat("filer", own))
    world.entry(mixed.stranger_school, "S1.1", due_on=PAST)
    return mixed


def read(code, **filters):
    region = Region.objects.get(pk=code)
    return overview.read(region, overview.children(region), world.YEAR, TODAY, **filters)


@pytest.mark.parametrize("code", ["3301", "33", "0"])
@pytest.mark.parametrize("pillar", ["", "S"])
def test_todays_rows_say_what_the_tally_says(city, code, pillar):
    live = read(code, pillar=pillar)
    assert live.as_of is None and live.total.figures.expected > 0
    snapshots.refresh()

    kept = read(code, pillar=pillar)

    assert (kept.total, kept.below, kept.pillars) == (live.total, live.below, live.pillars)
    assert kept.as_of == snapshots.as_of()
    assert [day.day for day in kept.days] == [TODAY]


@pytest.mark.parametrize("code", ["3301", "33", "0"])
def test_the_total_is_that_of_the_lines_of_the_tally(city, code):
    snapshots.refresh()
    low, high = boards.whole(code)
    lines = tallies.read(low, high, school_year=world.YEAR, on=TODAY)
    found = read(code)
    assert found.total.figures == tallies.figures(lines, TODAY)
    assert sum(part.figures.expected for part in found.pillars) == found.total.figures.expected
    assert [part.code for part in found.pillars] == ["Z", "S"]


def test_one_measure_is_read_from_the_tally_itself(city):
    snapshots.refresh()
    found = read("3301", measure="Z3")
    assert (found.total.figures.expected, found.as_of, found.days) == (2, None, [])


def test_a_board_shows_when_its_figures_were_summed_up(city, client, travel):
    snapshots.refresh()
    travel.move_to(world.NOON + timedelta(minutes=7))
    page = world.sign_in(client, world.seat("viewer", "33")).get("/board/33/")
    assert "今天 12:00" in words(page) and "今天 12:07" not in words(page)


def test_a_board_costs_the_same_from_rows_as_from_the_tally(city, client):
    world.sign_in(client, world.seat("viewer", "3301"))

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert client.get("/board/3301/").status_code == 200
        return len(found)

    live = cost()
    snapshots.refresh()
    assert (live, cost()) == (12, 11)


def test_the_points_of_a_trend_hold_a_week_ago_and_end_today():
    days = overview.points(TODAY, 14)
    assert days == sorted(set(days)) and days[-1] == TODAY
    assert {TODAY - timedelta(days=n) for n in (4, 7, 10, 14, 364)} <= set(days)
    assert TODAY - timedelta(days=13) not in days


# ---- the nation as tiles


def tiles(response):
    html = re.search(r'<section id="tiles">.*?</section>', response.content.decode(), re.S)[0]
    return re.findall(
        r'<li><span><a href="([^"]*)">([^<]*)</a>.*?<span class="light (\w+)">([^<]*)<', html
    )


def test_the_nation_is_a_table_of_tiles_by_name_with_a_word_each(city, client):
    page = world.sign_in(client, world.seat("viewer", "0")).get("/board/0/")
    found = tiles(page)
    assert [(name, light, word) for _url, name, light, word in found] == [
        ("江苏省", "off", "未下发"),
        ("浙江省", "late", "逾期 4 项"),
    ]
    assert client.get(found[1][0].replace("&amp;", "&")).status_code == 200


def test_no_tile_stands_on_another_board(city, client):
    page = world.sign_in(client, world.seat("viewer", "33")).get("/board/33/")
    assert 'id="tiles"' not in page.content.decode()


# ---- the plan


@pytest.mark.parametrize(
    ("figures", "planned", "worst", "zh", "en"),
    [
        (
            Figures(100, 30, 30, 12, 10),
            50,
            7,
            "40 所学校合计比计划慢 10 个百分点，多卡在 S4.1 三会一课："
            "应报 100 项，已通过 30 项，逾期 12 项。",
            "40 schools, all in all: 10 percentage points behind the plan, "
            "mostly at S4.1 三会一课; 30 of 100 items accepted, 12 overdue.",
        ),
        (
            Figures(100, 30, 30, 12, 10),
            50,
            6,
            "40 所学校合计比计划慢 10 个百分点：应报 100 项，已通过 30 项；"
            "逾期 12 项，其中 S4.1 三会一课最多，有 6 项。",
            "40 schools, all in all: 10 percentage points behind the plan; "
            "30 of 100 items accepted, 12 overdue, the most at S4.1 三会一课: 6.",
        ),
        (
            Figures(100, 30, 30, 2, 10),
            39,
            2,
            "40 所学校合计比计划快 1 个百分点，但有 2 项逾期，多在 S4.1 三会一课；"
            "应报 100 项，已通过 30 项。",
            "40 schools, all in all: 1 percentage point ahead of the plan, but 2 overdue, "
            "mostly S4.1 三会一课; 30 of 100 items accepted.",
        ),
        (
            Figures(100, 30, 30, 9, 10),
            40,
            3,
            "40 所学校合计与计划持平，但有 9 项逾期（S4.1 三会一课最多，有 3 项）；"
            "应报 100 项，已通过 30 项。",
            "40 schools, all in all: as planned, but 9 overdue, the most at S4.1 三会一课: 3; "
            "30 of 100 items accepted.",
        ),
        (
            Figures(100, 30, 30, 9, 10),
            39,
            0,
            "40 所学校合计比计划快 1 个百分点，但有 9 项逾期；应报 100 项，已通过 30 项。",
            "40 schools, all in all: 1 percentage point ahead of the plan, but 9 overdue; "
            "30 of 100 items accepted.",
        ),
        (
            Figures(100, 30, 30, 0, 10),
            40,
            0,
            "40 所学校合计与计划持平：应报 100 项，已通过 30 项，没有逾期。",
            "40 schools, all in all: as planned; 30 of 100 items accepted, nothing is overdue.",
        ),
    ],
)
def test_the_sentence_compares_with_the_plan(figures, planned, worst, zh, en):
    for language, said in (("zh-hans", zh), ("en", en)):
        with translation.override(language):
            who = "40 所学校" if language == "zh-hans" else "40 schools"
            assert said == board_sentence(
                figures,
                who=who,
                year=world.YEAR,
                campaigns=True,
                planned=planned,
                worst=Worst("S4.1 三会一课", worst) if worst else None,
            )


def test_the_plan_of_a_county_follows_its_own_dates_live(look):
    Slot.objects.filter(item__measure__code="Z1").update(due_on=PAST)
    assert heading(look.get(BOARD)).startswith("3 所学校合计比计划快 23 个百分点，但有 3 项逾期；")
    Slot.objects.update(due_on=PAST)
    assert heading(look.get(BOARD)).startswith("3 所学校合计比计划慢 54 个百分点：应报")
    one = look.get(f"{BOARD}?measure=Z1")
    assert heading(one).startswith("1 所学校比计划慢 100 个百分点，多卡在 Z1.2")
    for slot in Slot.objects.all():
        slot.dues.create(authority_id=world.COUNTY, due_on=date(2027, 1, 15), source="hand")
    assert heading(look.get(BOARD)).startswith("3 所学校应报 13 项")


def test_a_county_and_the_region_above_it_name_the_same_plan(city, client):
    Slot.objects.filter(item__measure__code__in=["Z1", "S1"]).update(due_on=PAST)
    snapshots.take(TODAY)
    county = read("3301").below[-1]
    lines = tallies.read(*boards.own(world.COUNTY), school_year=world.YEAR, on=TODAY)
    owed = boards.duties(lines, world.COUNTY)
    assert county.region.code == world.COUNTY
    assert county.planned == boards.planned(lines, owed, TODAY) == 6


# ---- seven days, and the days drawn


@pytest.fixture
def weeks(look, mixed):
    """The figures of seven days ago, and of two weeks ago."""
    snapshots.take(TODAY)
    for n, done, late, waiting in ((14, 0, 1, 0), (7, 1, 5, 2)):
        Snapshot.objects.create(
            **dict.fromkeys(("planned", "on_time", "returned"), 0),
            day=TODAY - timedelta(days=n),
            campaign=mixed.campaign,
            authority=world.COUNTY,
            pillar="Z",
            expected=13,
            done=done,
            late=late,
            waiting=waiting,
        )
    return look


@pytest.mark.parametrize("url", [BOARD, f"{BOARD}?pillar=Z"])
def test_seven_days_are_told_where_there_is_a_day_to_tell_from(weeks, url):
    now = {BOARD: "新通过 2 项、新提交 3 项、逾期减少 2 项"}
    now[f"{BOARD}?pillar=Z"] = "新通过 1 项、新提交 1 项、逾期减少 3 项"
    assert f"近 7 天：{now[url]}。" in words(weeks.get(url))


def test_the_days_are_drawn_with_their_numbers_behind(weeks):
    page = weeks.get(BOARD).content.decode()
    table = re.search(r"看数字.*?</table>", page, re.S)[0]
    days = re.findall(r"<time[^>]*>([^<]*)</time></th>(.*?)</tr>", table)
    numbers = {day: re.findall(r">(\d+)<", cells) for day, cells in days}
    assert numbers == {
        "2026-11-06": ["0", "0", "1"],
        "2026-11-13": ["1", "2", "5"],
        "2026-11-20": ["3", "3", "3"],
    }
    assert 'points="0.0,40.0 50.0,32.0 100.0,16.0"' in page


@pytest.mark.parametrize("asked", ["measure=Z1", "type=211", "profile=multi", "ownership=public"])
def test_no_day_is_told_of_what_no_day_was_kept_of(weeks, asked):
    page = weeks.get(f"{BOARD}?{asked}").content.decode()
    assert "近 7 天" not in page and '<svg class="chart"' not in page


def test_without_days_nothing_is_told_of_them(look):
    snapshots.refresh()
    page = look.get(BOARD).content.decode()
    assert "近 7 天" not in page and "<h2>变化</h2>" not in page


@pytest.mark.parametrize("kept", [True, False])
def test_a_city_tells_of_its_days_too(weeks, client, kept):
    if not kept:
        Snapshot.objects.filter(day=TODAY).delete()
    page = world.sign_in(client, world.seat("viewer", "3301")).get("/board/3301/")
    assert "近 7 天：新通过 2 项、新提交 3 项、逾期减少 2 项。" in words(page)
    assert "<h2>变化</h2>" in page.content.decode()


def test_a_day_near_a_week_ago_is_named():
    def day(at, **named):
        return Day(at, **{**dict.fromkeys(tallies.SUMS, 0), **named})

    days = [day(date(2026, 11, 12), done=5, late=1)]
    with translation.override("en"):
        said = board_trend.week(days, Figures(9, 4, 4, 2, 0, 0), TODAY)
    assert said == "Since 11-12: 1 fewer accepted, 1 fewer sent, 1 more overdue."


def test_a_year_of_days_is_thinned_and_ends_today():
    first = date(2026, 1, 1)
    days = [Day(first + timedelta(days=n), *[n] * 7) for n in range(200)]
    drawn = board_trend.drawn(days)
    assert len(drawn["rows"]) <= board_trend.MOST
    assert drawn["rows"][-1][0] == days[-1].day
    assert board_trend.drawn(days[:1]) == {}


@pytest.mark.parametrize(
    ("kept", "every", "first", "said"),
    [
        (range(78), 1, [76, 74, 72], "每 2 天一行，另列 7 天前那天。"),
        (range(30), 1, [29, 28, 27], "每天一行。"),
        ([*range(0, 78, 7), 4, 5, 6, 8, 9, 10], 7, [77, 70, 63], "每周一行。"),
        ([*range(0, 99, 14), 4, 5, 6, 7, 8], 14, [98, 84, 70], "每 14 天一行，另列 7 天前那天。"),
    ],
)
def test_the_rows_tell_their_step_and_hold_the_day_a_week_is_told_from(kept, every, first, said):
    days = [Day(TODAY - timedelta(days=n), *[n] * 7) for n in sorted(kept, reverse=True)]
    with translation.override("zh-hans"):
        drawn = board_trend.drawn(days, every)
    back = [(TODAY - row[0]).days for row in drawn["rows"]]
    assert back[:3] == first and {0, 7} <= set(back) and drawn["step"] == said
    assert all(n % max(every, 2 if len(days) > 60 else 1) == 0 for n in back if n != 7)


def test_a_day_that_is_over_is_taken_of_one_county_alone(city, travel):
    day = clock.today() - timedelta(days=1)
    snapshots.take(day, world.COUNTY)
    assert set(Snapshot.objects.values_list("day", "authority")) == {(day, world.COUNTY)}
    snapshots.take(day, world.SIBLING)
    assert set(Snapshot.objects.values_list("authority", flat=True)) == {
        world.COUNTY,
        world.SIBLING,
    }
