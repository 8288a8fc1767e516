"""Terms of office: when one ends, what stage has come up, and the pages that say so."""

from datetime import date

import pytest

from schools import terms_of_office as offices
from schools.models import Branch
from tests import world

TODAY = date(2026, 11, 20)


def branch(**fields):
    return Branch(name="第一支部", **fields)


# ---- dates


@pytest.mark.parametrize(
    ("end", "stage", "day"),
    [
        (date(2027, 5, 31), -6, date(2026, 11, 30)),
        (date(2027, 8, 31), -6, date(2027, 2, 28)),
        (date(2028, 8, 31), -6, date(2028, 2, 29)),
        (date(2027, 3, 31), -1, date(2027, 2, 28)),
        (date(2027, 1, 15), -1, date(2026, 12, 15)),
        (date(2026, 12, 31), 0, date(2027, 1, 1)),
    ],
)
def test_a_stage_comes_up_months_before_the_end_or_the_day_after(end, stage, day):
    assert offices.comes_up(end, stage) == day


@pytest.mark.parametrize("stage", offices.STAGES)
@pytest.mark.parametrize("today", [date(2027, 2, 28), date(2028, 2, 29), date(2026, 8, 31), TODAY])
def test_the_reach_of_a_stage_is_the_last_end_that_it_has_come_up_for(stage, today):
    reach = offices.reach(stage, today)

    assert offices.comes_up(reach, stage) <= today
    assert offices.comes_up(reach + world.days(1), stage) > today


@pytest.mark.parametrize(
    ("end", "days", "stage", "over"),
    [
        (date(2026, 11, 19), -1, 0, True),
        (date(2026, 11, 20), 0, -1, False),
        (date(2026, 12, 20), 30, -1, False),
        (date(2026, 12, 21), 31, -6, False),
        (date(2027, 5, 20), 181, -6, False),
        (date(2027, 5, 21), 182, None, False),
    ],
)
def test_a_term_is_over_the_day_after_its_last(end, days, stage, over):
    term = offices.of(branch(term_end=end), TODAY)

    assert (term.days, term.stage, term.over) == (days, stage, over)
    assert term.noted is (stage is not None)


def test_an_approved_extension_counts_and_one_without_a_number_moves_nothing():
    end, until = date(2026, 10, 31), date(2027, 10, 31)

    approved = offices.of(branch(term_end=end, extension_until=until, extension_no="9 号"), TODAY)
    assert (approved.ends, approved.over, approved.extended) == (until, False, True)
    assert (approved.too_long, approved.not_approved) == (False, False)

    alone = offices.of(branch(term_end=end, extension_until=until), TODAY)
    assert (alone.ends, alone.over, alone.not_approved, alone.noted) == (end, True, True, True)


def test_an_extension_of_a_year_and_a_day_is_too_long():
    end = date(2027, 10, 31)
    fits = branch(term_end=end, extension_until=date(2028, 10, 31), extension_no="9 号")
    long = branch(term_end=end, extension_until=date(2028, 11, 1), extension_no="9 号")

    assert offices.of(fits, TODAY).too_long is False
    assert offices.of(long, TODAY).too_long is True
    assert offices.of(long, TODAY).noted is True


@pytest.mark.parametrize(
    "fields",
    [
        {"removed_at": world.NOON},
        {"until": date(2026, 11, 19)},
        {"since": date(2026, 11, 21)},
        {"host_id": 4},
        {"form": "joint", "host_name": "城东小学党支部"},
        {"term_end": None},
    ],
    ids=["removed", "ended", "not begun", "joined", "host in words", "no end"],
)
def test_what_has_no_term_of_its_own_has_no_clock(fields):
    assert offices.of(branch(**{"term_end": date(2026, 1, 1), **fields}), TODAY) is None


# ---- pages


@pytest.fixture
def county(cast):
    """Two schools with a term each way, and one with none on record."""
    late = world.school("安吉小学")
    world.branch(late, "第一支部", term_end=date(2026, 10, 1))
    world.branch(late, "第二支部", term_end=date(2027, 3, 1))
    world.branch(late, "第三支部", term_end=date(2029, 3, 1))
    world.branch(cast.school, "教工支部")
    world.branch(cast.stranger_school, "邻县支部", term_end=date(2026, 10, 1))
    return late


def html(answer):
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
def test_the_county_reads_which_terms_are_over_by_school_and_date(cast, county, at):
    page = html(at(cast.viewer).get("/structure/terms/"))

    assert "西湖区：1 个党组织任期届满，1 个在六个月内届满。" in page.replace("\u00a0", " ")
    assert page.index("安吉小学") < page.index("第一支部") < page.index("第二支部")
    assert '<span class="light late">届满</span>' in page
    assert "已过 50 天" in page
    assert "第三支部" not in page
    assert "邻县支部" not in page
    assert "教工支部" in page.partition("没有登记届满日期")[2]


@pytest.mark.django_db
def test_a_host_that_is_only_written_down_keeps_the_term_all_the_same(cast, county, at):
    joined = {"form": "joint", "host_name": "城东小学联合党支部"}
    world.branch(cast.school, "山里联合支部", term_end=date(2026, 10, 1), **joined)
    world.branch(cast.school, "无期联合支部", **joined)

    page = html(at(cast.viewer).get("/structure/terms/"))

    assert "联合支部" not in page
    assert "西湖区：1 个党组织任期届满，1 个在六个月内届满。" in page.replace("\u00a0", " ")


@pytest.mark.django_db
def test_all_terms_are_shown_on_demand(cast, county, at):
    assert "第三支部" in html(at(cast.viewer).get("/structure/terms/?show=all"))


@pytest.mark.django_db
def test_very_many_terms_are_turned_over_page_by_page(cast, county, at, monkeypatch):
    monkeypatch.setattr("reform.views.office_terms.PAGE", 2)
    browser = at(cast.viewer)

    first = browser.get("/structure/terms/?show=all")
    assert [row["term"].branch.name for row in first.context["rows"]] == ["第一支部", "第二支部"]
    assert first.context["first_url"] == ""
    last = browser.get(first.context["next_url"])
    assert [row["term"].branch.name for row in last.context["rows"]] == ["第三支部"]
    assert last.context["next_url"] == ""
    assert last.context["first_url"] == "/structure/terms/?show=all"


@pytest.mark.django_db
def test_schools_stand_by_name_however_late_they_are(cast, at):
    for name, end in (("钟鼓小学", 2020), ("北山小学", 2026)):
        world.branch(world.school(name), term_end=date(end, 1, 31))

    page = html(at(cast.viewer).get("/structure/terms/"))

    assert page.index("北山小学") < page.index("钟鼓小学")


@pytest.mark.django_db
def test_a_city_chooses_a_county_and_sees_no_other_citys(cast, county, at):
    city = world.seat("viewer", "3301")

    page = html(at(city).get("/structure/terms/"))
    assert "安吉小学" not in page
    assert 'href="/structure/terms/?region=330106"' in page
    assert "安吉小学" in html(at(city).get("/structure/terms/?region=330106"))
    assert at(city).get("/structure/terms/?region=330203").status_code == 404
    assert at(city).get("/structure/terms/?region=nowhere").status_code == 404


@pytest.mark.django_db
def test_the_nation_sees_no_single_school(cast, county, at):
    page = html(at(world.seat("viewer", "0")).get("/structure/terms/?region=330106"))

    assert "安吉小学" not in page


@pytest.mark.django_db
def test_the_countys_page_costs_the_same_for_one_school_and_for_three(
    cast, county, at, django_assert_num_queries
):
    client = at(cast.viewer)
    with django_assert_num_queries(12, exact=False) as before:
        client.get("/structure/terms/?show=all")
    for n in range(3):
        world.branch(world.school(f"学校{n}"), term_end=date(2026, 1, 31))
    with django_assert_num_queries(len(before)):
        client.get("/structure/terms/?show=all")


@pytest.mark.django_db
def test_a_school_reads_its_own_terms_by_date_with_what_is_odd(cast, at):
    world.branch(cast.school, "第二支部", term_end=date(2027, 2, 1))
    world.branch(
        cast.school, "第一支部", term_end=date(2026, 9, 1), extension_until=date(2027, 12, 1)
    )

    page = html(at(cast.filer).get("/registers/terms/"))

    rows = page.partition("<tbody>")[2]
    assert rows.index("第一支部") < rows.index("第二支部")
    assert "延期至 2027-12-01，未登记批准文号，届满日期不变。" in page
    assert "延期超过 1 年。" in page
    assert "一般提前 6 个月提醒" in page


@pytest.mark.django_db
def test_a_schools_page_is_for_its_people_and_its_officials(cast, county, at):
    address = f"/schools/{cast.school.code}/registers/terms/"

    assert at(cast.filer).get(address).status_code == 200
    assert at(cast.reviewer).get(address).status_code == 200
    assert at(cast.stranger).get(address).status_code == 404
    assert at(cast.strange_reviewer).get(address).status_code == 404
