"""The entries behind a number, part by part and all on one page, for paper."""

import re
from html import unescape

import pytest

from reform import boards
from reform.models import Entry
from reform.views import board_rows
from tests import world
from tests.boardroom import BOARD, PAST, figures, rows
from tests.reading import words

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ROWS = f"{BOARD}rows/"


@pytest.fixture
def few(look, mixed, monkeypatch):
    """Five rows a page, for the thirteen that are there."""
    monkeypatch.setattr(boards, "PAGE", 5)
    return look


def pages(look):
    url = ROWS
    while url:
        page = look.get(url)
        yield page
        url = page.context["next_url"]


def test_a_part_of_the_rows_says_which_of_how_many_it_is(few):
    first, middle, last = pages(few)
    assert "第 1–5 项，共 13 项" in words(first)
    assert "本页 5 项，共 13 项" in words(middle)
    assert "第 11–13 项，共 13 项" in words(last)


def test_all_rows_stand_on_one_page_in_the_same_order(few):
    one_by_one = [row["pk"] for page in pages(few) for row in page.context["rows"]]
    page = few.get(few.get(ROWS).context["all_url"])
    assert [row["pk"] for row in page.context["rows"]] == one_by_one and len(one_by_one) == 13
    assert "共 13 项" not in words(page) and not page.context["next_url"]


def test_all_of_very_many_rows_are_not_put_on_one_page(few, monkeypatch):
    monkeypatch.setattr(board_rows, "MOST", 12)
    page = few.get(f"{ROWS}?all=1")
    assert len(rows(few, f"{ROWS}?all=1")) == 13  # page by page
    assert len(page.context["rows"]) == 5 and not page.context["all_url"]


def test_all_rows_keep_the_filters_and_cost_no_query_more(few, django_assert_num_queries):
    url = few.get(f"{ROWS}?pillar=Z").context["all_url"]
    with django_assert_num_queries(11):
        page = few.get(url)
    assert {row["code"][0] for row in page.context["rows"]} == {"Z"}
    assert len(page.context["rows"]) == 9


def test_a_page_by_number_is_said_not_to_be_there(few):
    page = few.get(f"{ROWS}?page=999")
    assert "列表里没有这个位置，现从头列出。" in words(page) and len(page.context["rows"]) == 5


def test_the_way_back_to_the_board_keeps_what_it_was_narrowed_by(look, client):
    asked = "pillar=Z&type=211&state=late&item=Z1.2"
    html = look.get(f"{ROWS}?{asked}").content.decode()
    kicker = re.search(r'<p class="kicker">.*?</p>', html, re.S)[0]
    back = [unescape(url) for url in re.findall(r'href="([^"]*)"', kicker)]
    assert back == [f"{BOARD}?year={world.YEAR}&pillar=Z&type=211"] * 2
    assert "只看：铸魂、小学" in words(look.get(back[0]))
    city = world.seat("viewer", "3301")
    html = world.sign_in(client, city).get(f"{ROWS}?{asked}").content.decode()
    assert f'href="/board/3301/?year={world.YEAR}&amp;pillar=Z">' in html
    empty = look.get(f"{ROWS}?pillar=S&measure=Z3").content.decode()
    assert f'class="btn" href="{BOARD}?year={world.YEAR}"' in empty


def test_rows_that_wait_lead_into_the_queue_of_these_and_it_leads_back(look, mixed):
    world.sign_in(look, mixed.reviewer)
    page = look.get(f"{ROWS}?state=waiting&pillar=Z")
    html = page.content.decode()
    assert 'class="btn" href="/review/?pillar=Z">逐项审核这些' in html
    desk = look.get("/review/?pillar=Z").content.decode()
    assert f'href="{ROWS}?pillar=Z&amp;state=waiting"' in desk
    assert "rows/?" not in look.get("/review/").content.decode()
    first, last = (row["pk"] for row in page.context["rows"])
    assert f'href="/review/{first}/?pillar=Z"' in html
    sent = {"key": "k", "version": 1, "report": Entry.objects.get(pk=last).report_id, "pillar": "Z"}
    assert (
        look.post(f"/review/{last}/accept/", sent).url == f"/review/{first}/?pillar=Z&done={last}"
    )
    narrower = look.get(f"{ROWS}?state=waiting&type=211").content.decode()
    assert 'class="btn" href="/review/' not in narrower


def test_the_figures_of_a_campaign_lead_to_its_rows_alone_and_its_past_dates_say_what_is_overdue(
    look, mixed
):
    other = world.campaign(name="另一专项")
    world.entry(mixed.school, "X2.1", campaign=other, due_on=PAST)
    page = look.get(f"/campaigns/{mixed.campaign.pk}/")
    found = figures(page)
    assert {label: n for label, (n, _url) in found.items()} == {
        "目前应报": 13,
        "已通过": 3,
        "待审核": 3,
        "已退回": 2,
        "逾期": 3,
    }
    assert [n for n, url in found.values() if len(rows(look, url)) != n] == []
    assert "逾期 3 项：" in words(look.get(found["逾期"][1]))
    assert f"{PAST} 已过，逾期填报 3 项" in words(page)
    board, _list = re.findall(r'<a class="btn" href="([^"]*)"', page.content.decode())[:2]
    assert board == f"{BOARD}?year={world.YEAR}" and look.get(_list).status_code == 200
    assert "没有“x”这一筛选" in words(look.get(f"{ROWS}?campaign=x"))
