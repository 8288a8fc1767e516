"""Boards across regions: who may open which, what stands above the counties, what it costs."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reform.models import Slot
from schools.models import Region
from tests import world
from tests.boardroom import BOARD, PAST, cells, figures, linked_numbers, rows
from tests.reading import heading, words

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
    assert "应报" in words(page) and "13" in words(page)
    assert "阳光小学" not in page.content.decode() and "/rows/" not in page.content.decode()
    assert client.get(f"{BOARD}rows/").status_code == 404


# ---- above the counties


def regions(response):
    """name → the six numbers, in the order of the page."""
    html = re.search(r'<section id="regions">.*?</table>', response.content.decode(), re.S)[0]
    lines = re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>(.*?)</tr>', html, re.S)
    return {
        name: [int(n) for n in re.findall(r">(\d+)</a>", line)]
        or re.findall(r'<td class="num muted">([^<]*)</td>', line)
        for name, line in lines
    }


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
    assert (
        heading(page)
        == "2 个县（市、区）应报 15 项，已通过 3 项；逾期 4 项，多在“铸魂”（政治建设）方面。"
    )
    assert cells(page) == {"市直小学": {"Z1": "wait"}}


def paces(response):
    """name → how it stands against the plan, in the order of the page."""
    html = re.search(r'<section id="regions">.*?</table>', response.content.decode(), re.S)[0]
    found = re.findall(
        r'<a href="[^"]*">([^<\d]+)</a> <span.*?<td class="num wide">([^<]+)</td>', html
    )
    return dict(found)


def test_each_region_stands_against_its_own_plan_and_the_order_stays(city, client):
    world.sign_in(client, world.seat("viewer", "3301"))
    page = client.get("/board/3301/")
    assert "与计划相差（百分点）" in words(page)
    assert paces(page) == dict.fromkeys(["直属学校", "上城区", "西湖区"], "尚无到期")

    Slot.objects.filter(item__measure__code="Z2").update(due_on=PAST)
    for slot in Slot.objects.filter(item__code="Z1.1"):
        slot.dues.create(authority_id=world.SIBLING, due_on=PAST, source="hand")
    assert list(paces(client.get("/board/3301/")).items()) == [
        ("直属学校", "尚无到期"),
        ("上城区", "慢 100"),
        ("西湖区", "快 15"),
    ]


def test_behind_every_number_of_a_city_stand_exactly_as_many_rows(city, client):
    world.sign_in(client, world.seat("viewer", "3301"))
    numbers = linked_numbers(client.get("/board/3301/"))
    assert len(numbers) > 6 + 3 * 6
    wrong = [(n, url) for n, url in numbers if len(rows(client, url)) != n]
    assert wrong == []


def test_a_province_and_the_nation_list_what_is_below_by_code(city, client):
    world.sign_in(client, world.seat("viewer", "33"))
    page = client.get("/board/33/")
    assert regions(page) == {"杭州市": [15, 3, 2, 4, 4, 2], "宁波市": ["未下发"]}
    assert heading(page).startswith("已下发专项的 1 个市应报 15 项")
    world.sign_in(client, world.seat("viewer", "0"))
    page = client.get("/board/0/")
    assert regions(page) == {"浙江省": [15, 3, 2, 4, 4, 2]}  # the tiles tell of the others
    assert "/rows/" not in page.content.decode()


@pytest.mark.parametrize(("authority", "offered"), [(world.COUNTY, False), ("3301", True)])
def test_a_city_is_offered_to_write_only_to_schools_it_reviews(city, client, authority, offered):
    school = world.school("市直中学", authority=authority, region=world.COUNTY)
    world.entry(school, "Z1.1", due_on=PAST)
    world.sign_in(client, world.seat("reviewer", "3301"))
    page = client.get("/board/3301/rows/?state=late")
    assert len(page.context["rows"]) > 0
    assert ('href="/nudges/?' in page.content.decode()) is offered


def test_a_county_without_a_campaign_is_told_from_one_that_owes_nothing(mixed, client):
    """Zeros would say that nothing is overdue where nobody was asked."""
    world.sign_in(client, world.seat("viewer", "3301"))
    page = client.get("/board/3301/")
    assert regions(page) == {"上城区": ["未下发"], "西湖区": [13, 3, 2, 3, 3, 2]}
    assert heading(page).startswith("已下发专项的 1 个县（市、区）应报 13 项")

    world.campaign(world.SIBLING)
    page = client.get("/board/3301/")
    assert regions(page)["上城区"] == ["没有应报"]
    assert heading(page).startswith("2 个县（市、区）应报 13 项")

    world.sign_in(client, world.seat("viewer", "3301"))
    assert regions(client.get("/board/3301/?measure=S1"))["上城区"] == ["没有应报"]


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
    assert heading(page) == "北京市应报 1 项，已通过 0 项，没有逾期。"
    below = client.get("/board/110108/")
    assert re.search(r'<p class="kicker">.*?北京市.*?海淀区', below.content.decode(), re.S)


# ---- what it costs


@pytest.mark.parametrize(
    ("url", "role", "place", "literal"),
    [
        (BOARD, "viewer", world.COUNTY, 12),
        (f"{BOARD}rows/?state=open", "viewer", world.COUNTY, 11),
        ("/board/3301/", "viewer", "3301", 12),
        ("/board/33/", "viewer", "33", 8),
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
