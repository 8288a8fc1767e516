"""The pages of the structure check: what a school and those above it are shown."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from reform.views import organisation
from schools import structure_counts
from schools.models import Branch, School, StructureCount, Unit
from tests import party, world
from tests.reading import heading, words

pytestmark = [pytest.mark.django_db]
CHECK, COUNTY = "/registers/check/", "/structure/"
QUERIES_OF_A_SCHOOL, QUERIES_OF_A_COUNTY = 9, 10


def page_of(school):
    return reverse("school_structure", args=[school.code])


@pytest.fixture
def faulty(cast):
    """阳光小学: one branch of 60 whose term is over; no committee, no meeting on record."""
    School.objects.filter(pk=cast.school.pk).update(form="branch", full_members=60)
    cast.branch = party.kept_branch(cast.school, full_members=60, term_end=date(2026, 9, 11))
    return cast


def well(school):
    """Everything that the rules ask of the registers."""
    School.objects.filter(pk=school.pk).update(form="branch", full_members=12)
    one = party.kept_branch(school)
    for seat in party.FULL_COMMITTEE:
        party.kept_seat(one, seat, is_principal=True)
    for meeting in party.year_of_meetings(one):
        values = meeting._asdict()
        for name in ("pk", "school_id"):
            del values[name]
        party.kept_meeting(school, values.pop("kind"), values.pop("held_on"), **values)
    party.kept_meeting(school, "lecture", date(2025, 9, 1), branch=one)
    return one


# ---- a school


@pytest.mark.database
def test_a_school_reads_how_many_places_need_a_look_and_why(faulty, at):
    page = at(faulty.filer).get(CHECK)
    assert heading(page) == "党组织设置 3 处需要核对。"
    said = words(page)
    assert "第一党支部 2026-09-11 任期届满，没有登记经批准的延期。" in said
    assert "第一党支部有党员 60 人。" in said
    assert "正式党员 60 人，现设党支部；按通行做法一般设党总支。" in said
    assert "党支部党员人数一般不超过 50 人" in said
    assert "《中国共产党支部工作条例（试行）》第四条，已核对原文" in said
    assert "地方学校党建标准，通行做法，没有全国性条文" in said
    assert "先核对人数；属实的，换届时一并研究分设。" in said


def test_on_paper_it_says_whose_it_is_and_of_which_day(faulty, at):
    for seat, url in ((faulty.filer, CHECK), (faulty.viewer, COUNTY)):
        assert "截至 2026-11-20" in words(at(seat).get(url))
    said = at(faulty.viewer).get(page_of(faulty.school)).content.decode()
    assert f'<span class="paper">{faulty.school.name}</span>' in said


def test_the_gravest_comes_first_and_only_it_has_the_shape_of_what_is_late(faulty, at):
    html = at(faulty.filer).get(CHECK).content.decode()
    lights = re.findall(
        r'<li id="([A-Z0-9-]+)"><div class="stack"><p><span class="light (\w+)">([^<]+)', html
    )
    assert lights == [
        ("TRM-01", "late", "须办"),
        ("STR-03", "due", "建议"),
        ("STR-04", "due", "建议"),
    ]


def test_each_finding_leads_its_school_to_the_row_that_is_mended(faulty, at):
    html = at(faulty.filer).get(CHECK).content.decode()
    row = reverse("register_row", args=["branches", faulty.branch.pk])
    assert html.count(f'href="{row}"') == 3
    assert at(faulty.filer).get(row).status_code == 200


def test_an_official_reads_the_same_and_is_led_to_rows_that_are_only_read(faulty, at):
    page = at(faulty.viewer).get(page_of(faulty.school))
    assert heading(page) == "党组织设置 3 处需要核对。"
    html = page.content.decode()
    register = reverse("school_register", args=[faulty.school.code, "branches"])
    assert html.count(f'href="{register}#r{faulty.branch.pk}"') == 3
    assert f'id="r{faulty.branch.pk}"' in at(faulty.viewer).get(register).content.decode()
    assert reverse("register_row", args=["branches", faulty.branch.pk]) not in html


def test_a_school_that_keeps_every_rule_is_told_so(cast, at):
    well(cast.school)
    page = at(cast.filer).get(CHECK)
    assert heading(page) == "党组织设置没有发现问题。"
    assert "24 条没有发现问题" in words(page)


def test_a_school_without_rows_is_told_where_to_begin(cast, at):
    page = at(cast.filer).get(CHECK)
    assert heading(page) == "支部台账还没有填，填好就能体检。"
    assert f'href="{reverse("register", args=["branches"])}"' in page.content.decode()


def test_rules_that_cannot_be_decided_stand_apart_and_folded(faulty, at):
    html = at(faulty.filer).get(CHECK).content.decode()
    folded = " ".join(re.findall(r"<details class=\"fold\">(.*?)</details>", html, re.S))
    for rule in ("STR-05", "TRM-05", "MTG-06", "OP-5b", "OP-9", "DISC-01", "CODE-03", "CMT-01"):
        assert html.count(f'id="{rule}"') == folded.count(f'id="{rule}"') == 1
    assert "支部委员台账还没有填。" in folded


def test_every_rule_of_the_book_has_its_place_on_the_page_once(faulty, at):
    html = at(faulty.filer).get(CHECK).content.decode()
    assert sorted(re.findall(r'<li id="((?:STR|CMT|TRM|MTG|OP|DISC|CODE)-\w+)"', html)) == sorted(
        party.rules_of_the_book()
    )


def test_a_bureau_is_no_school_to_check(cast, at):
    bureau = world.bureau()
    assert at(cast.viewer).get(page_of(bureau)).status_code == 404


@pytest.mark.parametrize("n", [1, 3])
def test_the_page_of_a_school_costs_the_same_queries_for_any_number_of_rows(
    cast, at, django_assert_num_queries, n
):
    for number in range(n):
        one = party.kept_branch(cast.school, f"第 {number} 支部", full_members=60)
        party.kept_seat(one)
        party.kept_unit(cast.school, f"第 {number} 组", branch=one)
        party.kept_meeting(cast.school, "theme_day", date(2026, 10, 9), branch=one)
    browser = at(cast.filer)
    with django_assert_num_queries(QUERIES_OF_A_SCHOOL):
        assert browser.get(CHECK).status_code == 200


def test_rules_whose_time_has_yet_to_come_stand_apart_and_ask_for_nothing(cast, at):
    School.objects.filter(pk=cast.school.pk).update(form="branch", full_members=12)
    one = party.kept_branch(cast.school)
    for seat in party.FULL_COMMITTEE:
        party.kept_seat(one, seat, is_principal=True)
    party.kept_meeting(cast.school, "talk", date(2026, 11, 2))
    page = at(cast.filer).get(CHECK)
    assert heading(page) == "党组织设置没有发现问题。"
    said = words(page)
    assert "5 条以后再判断" in said
    assert "台账不全" not in said
    county = words(at(cast.viewer).get(COUNTY, {"show": "well"}))
    assert cast.school.name in county


# ---- the picture


def test_the_picture_shows_what_stands_under_what_and_what_no_branch_covers(cast, at):
    School.objects.filter(pk=cast.school.pk).update(full_members=60)
    top = party.kept_branch(cast.school, "学校党总支", form="general")
    under = party.kept_branch(cast.school, "语文组党支部", parent=top, probationary=2)
    party.kept_unit(cast.school, "语文组", branch=under)
    party.kept_unit(cast.school, "后勤组", kind="admin")
    html = at(cast.filer).get(CHECK).content.decode()
    [svg] = re.findall(r"<svg width=\"320\".*?</svg>", html, re.S)
    assert re.findall(r"<text[^>]*>([^<]+)</text>", svg) == [
        "语文组（学科组）",
        "学校党总支",
        "党总支，正式党员 12",
        "语文组党支部",
        "党支部，正式党员 12，预备党员 2",
        "后勤组",
        "行政组，△ 没有对应的支部",
    ]
    assert svg.count("stroke-dasharray") == 1
    assert '<th scope="col">名称</th>' in html and ">姓名<" not in html
    assert 'aria-label="2 个党组织，2 个基本单元，其中 1 个没有对应的支部"' in svg
    table = re.findall(r"<tr><th scope=\"row\">.*?</tr>", html)
    assert [re.sub(r"<[^>]+>", " ", row).split() for row in table] == [
        ["学校党总支", "–", "党总支，正式党员", "12"],
        ["语文组党支部", "学校党总支", "党支部，正式党员", "12，预备党员", "2"],
        ["语文组", "语文组党支部", "学科组"],
        ["后勤组", "–", "行政组，△", "没有对应的支部"],
    ]
    assert "style=" not in svg


def test_what_was_found_at_a_branch_is_marked_in_the_picture(faulty, at):
    assert ">▲ 3 处需要核对</text>" in at(faulty.filer).get(CHECK).content.decode()


def test_a_circle_of_branches_is_drawn_all_the_same(cast, at):
    first = party.kept_branch(cast.school, "甲支部")
    second = party.kept_branch(cast.school, "乙支部", parent=first)
    Branch.objects.filter(pk=first.pk).update(parent=second)
    party.kept_unit(cast.school, "语文组", branch=first)
    said = words(at(cast.filer).get(CHECK))
    assert "2 个党组织，1 个基本单元" in said


def test_a_name_that_is_too_long_ends_with_an_ellipsis_in_the_picture_only(cast, at):
    name = "中国共产党青禾县第一中学" * 5
    party.kept_branch(cast.school, name)
    html = at(cast.filer).get(CHECK).content.decode()
    [svg] = re.findall(r"<svg width=\"320\".*?</svg>", html, re.S)
    assert name not in svg and "…</text>" in svg
    assert name in html


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("语文、数学、英语党支部", ["语文、数学、英语", "党支部"]),
        ("Party branch, 14 full", ["Party branch, 14", "full"]),
        ("Grade group of the seventh school year", ["Grade group of", "the seventh…"]),
        ("x" * 40, ["x" * 16, "x" * 15 + "…"]),
    ],
)
def test_a_line_of_the_picture_ends_between_words(text, lines):
    assert organisation.wrap(text, 120) == lines


def test_units_that_hold_no_longer_are_not_drawn(cast, at):
    party.kept_branch(cast.school)
    party.kept_unit(cast.school, "旧组", until=date(2026, 8, 31))
    party.kept_unit(cast.school, "误填组", removed_at=world.NOON)
    assert "1 个党组织，0 个基本单元" in words(at(cast.filer).get(CHECK))
    assert Unit.objects.count() == 2


# ---- a county


def test_a_county_reads_by_rule_and_by_school(faulty, at):
    well(world.school("第一小学", profile="single"))
    page = at(faulty.viewer).get(COUNTY)
    assert heading(page) == "2 所学校中，1 所有需要核对的地方，共 3 处。"
    html = page.content.decode()
    assert re.findall(r'<span class="code">([A-Z0-9-]+)</span><small>', html)[:3] == [
        "STR-03",
        "STR-04",
        "TRM-01",
    ]
    assert re.findall(r"(\d+) 所学校</a>", html) == ["1", "1", "1"]
    assert f'href="{page_of(faulty.school)}#TRM-01"' in html
    assert "第一小学" not in html
    assert "第一小学" in words(at(faulty.viewer).get(COUNTY, {"show": "well"}))


def test_the_sentence_and_the_choice_below_it_count_the_same_schools(faulty, at):
    private = world.school("民办小学", profile="single", ownership="private")
    well(private)
    page = at(faulty.viewer).get(COUNTY)
    assert heading(page) == "2 所学校中，1 所有需要核对的地方，共 3 处。"
    assert [(name, n) for name, n, _url, _current in page.context["choices"]] == [
        ("found", 1),
        ("open", 1),
        ("well", 1),
    ]
    assert "民办小学" in words(at(faulty.viewer).get(COUNTY, {"show": "well"}))


def test_a_rule_leads_to_the_schools_where_it_speaks(faulty, at):
    other = world.school("第二小学", profile="single", full_members=12)
    party.kept_branch(other, term_end=date(2026, 1, 1))
    said = words(at(faulty.viewer).get(COUNTY, {"rule": "STR-03"}))
    assert "阳光小学" in said and "第二小学" not in said
    both = at(faulty.viewer).get(COUNTY, {"rule": "TRM-01"}).content.decode()
    assert "阳光小学" in both and "第二小学" in both
    assert f'href="{page_of(other)}#STR-03"' not in both


def test_a_filter_that_nobody_knows_is_left_out_and_named(faulty, at):
    said = words(at(faulty.viewer).get(COUNTY, {"rule": "STR-99", "show": "?", "after": "?"}))
    assert "没有“STR-99”这一筛选，已略去。" in said
    assert "阳光小学" in said


def test_schools_stand_by_name_and_are_paged(cast, at, monkeypatch):
    monkeypatch.setattr("reform.views.structure.PAGE", 2)
    School.objects.update(closed_on=date(2026, 9, 1))
    for name in ("丙小学", "甲小学", "乙小学"):
        party.kept_branch(world.school(name, full_members=12), term_end=date(2026, 1, 1))
    browser = at(cast.viewer)
    first = browser.get(COUNTY).content.decode()
    assert re.findall(r"<b>(.小学)</b>", first) == ["丙小学", "甲小学"]
    [more] = re.findall(r'<a href="([^"]+)" rel="next">', first)
    second = browser.get(more.replace("&amp;", "&")).content.decode()
    assert re.findall(r"<b>(.小学)</b>", second) == ["乙小学"]
    assert 'rel="next"' not in second


@pytest.mark.database
@pytest.mark.parametrize("n", [1, 3])
def test_the_page_of_a_county_costs_the_same_queries_for_any_number_of_schools(
    cast, at, django_assert_num_queries, n
):
    for _n in range(n):
        one = party.kept_branch(world.school(), full_members=60)
        party.kept_seat(one)
        party.kept_meeting(one.school, "theme_day", date(2026, 10, 9), branch=one)
    browser = at(cast.viewer)
    with django_assert_num_queries(QUERIES_OF_A_COUNTY):
        assert browser.get(COUNTY).status_code == 200


def test_no_school_of_another_authority_is_shown(faulty, at):
    party.kept_branch(faulty.stranger_school, full_members=60)
    assert "邻县小学" not in at(faulty.viewer).get(COUNTY).content.decode()
    assert at(faulty.viewer).get(COUNTY, {"region": world.SIBLING}).status_code == 404


def test_a_county_without_schools_is_told_what_will_stand_here(travel, at):
    page = at(world.seat("viewer", "330203")).get(COUNTY)
    assert heading(page) == "这里还没有学校。"
    assert "发现的问题列在这里" in words(page)


# ---- above a county


def counted(page):
    rows = re.findall(r"<tr><th scope=\"row\"><a[^>]*>([^<]+)</a>.*?</tr>", page.content.decode())
    cells = re.findall(r"<tr><th scope=\"row\">.*?</th>(.*?)</tr>", page.content.decode())
    return {
        name: [int(n) for n in re.findall(r">(\d+)<", row)]
        for name, row in zip(rows, cells, strict=True)
    }


@pytest.mark.database
@pytest.mark.parametrize("region", ["3301", "33"])
def test_regions_above_read_counts_by_county_and_no_school(faulty, at, region):
    party.kept_branch(faulty.stranger_school, term_end=date(2027, 1, 1))
    structure_counts.catch_up()
    page = at(world.seat("viewer", region)).get(COUNTY)
    assert heading(page) == "2 所学校中，2 所有需要核对的地方。"
    said, empty = words(page), {"宁波市": []} if region == "33" else {}
    assert counted(page) == {"上城区": [1, 1, 0, 0, 1, 1], "西湖区": [1, 1, 1, 2, 0, 1]} | empty
    assert "阳光小学" not in said and ("3302 没有学校" in said) is bool(empty)
    assert "截至 2026-11-20" in said and "（所） 须办（处） 建议（处）" in said


def test_a_city_reads_its_own_schools_by_name_beside_the_counts(
    faulty, at, django_assert_num_queries
):
    own = world.school("市一中", authority="3301", full_members=60, profile="single")
    party.kept_branch(own, full_members=60)
    structure_counts.catch_up()
    browser = at(world.seat("viewer", "3301"))
    with django_assert_num_queries(12):
        page = browser.get(COUNTY)
    assert counted(page) == {"上城区": [1, 0, 0, 0, 0, 1], "西湖区": [1, 1, 1, 2, 0, 1]}
    said = words(page)
    assert "市一中" in said and "阳光小学" not in said


def test_counts_that_were_not_taken_yet_are_said_to_come(cast, at):
    page = at(world.seat("viewer", "33")).get(COUNTY)
    assert StructureCount.objects.count() == 0
    assert heading(page) == "汇总每天夜间更新，现在可逐个看下级行政区。"
    assert f'href="{COUNTY}?region=3301"' in page.content.decode()
    assert "系统每天检查一遍各校台账" in words(page)


def test_the_nation_sees_numbers_and_no_single_school(cast, at):
    page = at(world.seat("viewer", "0")).get(COUNTY)
    assert page.status_code == 200
    assert "阳光小学" not in page.content.decode()


# ---- the way here


def test_a_check_of_the_form_leads_to_the_rule_it_rests_on(faulty, at):
    entry = world.entry(faulty.school, "S1.1")
    url = reverse("entry", args=[entry.pk])
    assert f'href="{CHECK}#STR-03"' in at(faulty.filer).get(url).content.decode()


def test_a_finding_is_gone_as_soon_as_the_row_is_mended(faulty, at):
    faulty.branch.term_end += timedelta(days=365 * 3)
    faulty.branch.approval_no = "青教党〔2024〕18 号"
    faulty.branch.save()
    assert heading(at(faulty.filer).get(CHECK)) == "党组织设置 1 处需要核对。"


def test_the_check_of_a_school_leads_to_what_if_with_its_numbers(faulty, at):
    html = at(faulty.filer).get(CHECK).content.decode()
    [url] = re.findall(r'href="(/structure/what-if/\?[^"]+)"', html)
    page = at(faulty.filer).get(url.replace("&amp;", "&"))
    assert heading(page) == "正式党员 60 人：一般设党总支，至少 2 个支部。"
    assert [told.rule.id for told, _light, _word in page.context["gaps"]] == ["STR-03", "STR-04"]
