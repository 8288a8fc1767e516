"""A consultation in the order of its dates: asked, heard, decided; the same day does not count."""

from datetime import date

import pytest

from schools import clock, consulting
from schools.models import Consultation
from tests import world

TODAY = date(2026, 11, 20)
NOV = [date(2026, 11, day) for day in range(1, 20)]


def batch(asked=None, heard=None, decided=None, **fields):
    return Consultation(
        kind="award",
        batch="师德标兵",
        asked_on=asked,
        opinion_on=heard,
        decided_on=decided,
        **fields,
    )


def way(*days, **fields):
    return consulting.of(batch(*days, **fields), TODAY)


@pytest.mark.parametrize(
    ("asked", "heard", "decided", "state"),
    [
        (NOV[0], NOV[3], NOV[4], "closed"),
        (NOV[0], NOV[0], NOV[1], "closed"),
        (NOV[0], NOV[3], NOV[3], "faulty"),
        (NOV[0], NOV[4], NOV[3], "faulty"),
        (NOV[3], NOV[1], NOV[4], "faulty"),
        (NOV[0], None, NOV[4], "faulty"),
        (None, NOV[3], NOV[4], "faulty"),
        (None, None, NOV[4], "faulty"),
        (NOV[0], NOV[3], None, "open"),
        (NOV[0], None, None, "open"),
        (None, None, None, "open"),
    ],
)
def test_a_batch_is_closed_only_in_the_right_order(asked, heard, decided, state):
    assert way(asked, heard, decided).state == state


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((NOV[0], NOV[3], NOV[3]), "意见和决定在同一天，不算决定前征求。"),
        ((NOV[0], NOV[4], NOV[3]), "意见晚于决定，不算决定前征求。"),
        ((NOV[3], NOV[1], NOV[4]), "意见日期早于征求日期。"),
        ((NOV[0], None, NOV[4]), "已作决定，没有登记支部意见日期。"),
        ((None, NOV[3], NOV[4]), "没有登记征求日期。"),
        ((NOV[5], None, NOV[4]), "征求日期晚于决定日期。"),
    ],
)
def test_what_is_missing_or_out_of_order_is_said(days, said):
    assert said in way(*days).faults


@pytest.mark.parametrize(
    ("days", "good"),
    [
        ((NOV[0], NOV[3], NOV[4]), [True, True, True]),
        ((NOV[0], NOV[3], NOV[3]), [True, True, False]),
        ((NOV[3], NOV[1], NOV[4]), [True, False, True]),
        ((NOV[0], None, NOV[4]), [True, False, False]),
    ],
)
def test_each_step_says_whether_it_stands_where_it_should(days, good):
    assert [step.good for step in way(*days).steps] == good


def test_an_answer_past_its_date_is_late_until_it_comes():
    late = way(NOV[0], due_on=date(2026, 11, 19))
    assert (late.state, late.late) == ("late", ["反馈期限 2026-11-19，已过 1 天。"])
    assert way(NOV[0], due_on=TODAY).state == "open"
    assert way(NOV[0], NOV[1], due_on=NOV[2]).late == []


def test_what_came_late_is_said_of_a_batch_that_is_closed_all_the_same():
    came = way(NOV[0], NOV[9], NOV[10], due_on=NOV[8], requested=5, returned=3)

    assert came.state == "closed"
    assert came.late == ["意见晚于反馈期限 2026-11-09。", "征求 5 份，按时收回 3 份。"]


def test_the_next_step_is_named_only_while_it_can_still_count():
    assert way(NOV[0], NOV[3]).next == "下一步：在 2026-11-04 之后作决定，登记决定日期。"
    assert way(NOV[0], None, NOV[4]).next == ""


def test_a_batch_belongs_to_the_school_year_of_its_first_day():
    assert consulting.year_of(batch(date(2026, 8, 31), date(2026, 9, 2)), TODAY) == "2025-2026"
    assert consulting.year_of(batch(date(2026, 9, 1)), TODAY) == "2026-2027"
    assert consulting.year_of(batch(), TODAY) == "2026-2027"


# ---- the page


def put(school, *days, batch="师德标兵", **fields):
    asked, heard, decided = (*days, None, None, None)[:3]
    return Consultation.objects.create(
        school=school, kind="award", batch=batch, asked_on=asked, opinion_on=heard,
        decided_on=decided, changed_at=clock.now(), **fields,
    )  # fmt: skip


def html(answer):
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ").replace("<wbr>", "")


@pytest.mark.django_db
def test_the_page_says_how_many_are_closed_and_what_each_lacks(cast, at):
    put(cast.school, NOV[0], NOV[3], NOV[4], batch="优秀教师")
    put(cast.school, NOV[0], NOV[3], NOV[3], batch="先进班组")
    put(cast.school, NOV[0], due_on=NOV[5], batch="师德标兵")
    put(cast.school, NOV[0], NOV[3], NOV[3], batch="删掉的", removed_at=world.NOON)
    put(cast.stranger_school, NOV[0], batch="邻校的")

    page = html(at(cast.filer).get("/registers/consulting/"))

    assert "3 批中 1 批已闭环，1 批不算，1 批逾期。" in page
    assert "意见和决定在同一天" in page
    assert "反馈期限 2026-11-06，已过 14 天。" in page
    assert "删掉的" not in page
    assert "邻校的" not in page


@pytest.mark.django_db
def test_another_school_year_is_chosen_by_a_link(cast, at):
    put(cast.school, date(2025, 10, 1), date(2025, 10, 2), date(2025, 10, 3), batch="去年的")

    page = html(at(cast.filer).get("/registers/consulting/"))
    assert "去年的" not in page
    assert "这个学年还没有登记征求意见。" in page
    assert 'href="/registers/consulting/?year=2025-2026"' in page
    page = html(at(cast.filer).get("/registers/consulting/?year=2025-2026"))
    assert "去年的" in page
    assert "1 批中 1 批已闭环。" in page
    assert "2026-2027 学年" in html(at(cast.filer).get("/registers/consulting/?year=2025-2029"))


@pytest.mark.django_db
def test_the_page_costs_the_same_for_one_batch_and_for_three(cast, at, django_assert_num_queries):
    client = at(cast.filer)
    put(cast.school, NOV[0])
    with django_assert_num_queries(12, exact=False) as before:
        client.get("/registers/consulting/")
    for n in range(3):
        put(cast.school, NOV[n], NOV[n])
    with django_assert_num_queries(len(before)):
        client.get("/registers/consulting/")


@pytest.mark.django_db
def test_officials_read_it_and_strangers_do_not(cast, at):
    put(cast.school, NOV[0], batch="优秀教师")
    address = f"/schools/{cast.school.code}/registers/consulting/"

    assert "优秀教师" in html(at(cast.viewer).get(address))
    assert at(cast.stranger).get(address).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["S5.1", "S5.2", "S5.3"])
def test_the_items_on_consultation_lead_here(cast, at, code):
    entry = world.entry(cast.school, code)

    assert 'href="/registers/consulting/"' in html(at(cast.filer).get(f"/entries/{entry.pk}/"))
    page = html(at(cast.reviewer).get(f"/entries/{entry.pk}/"))
    assert f'href="/schools/{cast.school.code}/registers/consulting/"' in page


@pytest.mark.django_db
def test_the_register_leads_here_and_the_meetings_register_does_not(cast, at):
    client = at(cast.filer)

    assert 'href="/registers/consulting/"' in html(client.get("/registers/consultations/"))
    assert 'href="/registers/consulting/"' not in html(client.get("/registers/meetings/"))
    assert 'href="/registers/consulting/"' in html(client.get("/registers/"))
