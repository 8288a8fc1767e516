"""Pasting into a register: looked at first, the good rows written, the others given back."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reform.models import Event
from schools.models import Branch, School, Unit
from tests import world

pytestmark = pytest.mark.database
HEADERS = {"origin": world.ORIGIN}
PATH = "/registers/branches/paste/"
HEADS = "名称\t组织形式\t设置依据\t正式党员\t隶属于"
EIGHT = "\n".join(
    [HEADS, "校党总支\t党总支\t\t60\t"]
    + [f"第{n}支部\t党支部\t年级组\t１{n}\t校党总支" for n in range(1, 8)]
)
BAD = "退休支部\t党支部\t退休\t十三\t校党总支"


@pytest.fixture
def filing(cast, at):
    return at(cast.filer)


def text(response):
    return response.content.decode().replace("\xa0", " ")


def hidden(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', text(page))[1]


def typed(page):
    """What stands in the field for cells."""
    return re.search(r'<textarea name="text"[^>]*>\n?(.*?)</textarea>', text(page), re.DOTALL)[1]


def looked(filing, block, path=PATH, **more):
    return filing.post(path, {"text": block, "do": "look", **more}, headers=HEADERS)


def confirmed(filing, page, block, path=PATH):
    sent = {name: hidden(page, name) for name in ("key", "seen", "heads")}
    return filing.post(path, {"text": block, "do": "write", **sent}, headers=HEADERS)


def test_eight_branches_are_looked_at_and_then_written_in_order(cast, filing):
    page = looked(filing, EIGHT)

    assert page.status_code == 200
    assert "新增 8 行" in text(page)
    assert not Branch.objects.filter(school=cast.school).exists()

    answer = confirmed(filing, page, EIGHT)

    assert (answer.status_code, answer.url) == (302, "/registers/branches/?pasted=1")
    top = Branch.objects.get(school=cast.school, name="校党总支")
    assert [(row.name, row.full_members) for row in top.children.order_by("pk")] == [
        (f"第{n}支部", 10 + n) for n in range(1, 8)
    ]


def test_whoever_pastes_for_an_item_is_led_back_to_it_past_no_empty_form(cast, filing):
    entry = world.entry(cast.school, "S3.2")
    assert f'href="{PATH}?for={entry.pk}"' in text(
        filing.get(f"/registers/branches/?for={entry.pk}")
    )
    assert hidden(filing.get(f"{PATH}?for={entry.pk}"), "for") == str(entry.pk)
    page = looked(filing, EIGHT, **{"for": entry.pk})
    sent = {name: hidden(page, name) for name in ("key", "seen", "heads", "for")}
    answer = filing.post(PATH, {"text": EIGHT, "do": "write", **sent}, headers=HEADERS)
    shown = text(filing.get(answer.url))
    assert f'<a class="btn" href="/entries/{entry.pk}/">回到 S3.2</a>' in shown
    assert "S3.2 还缺 " in shown and "保存这一行" not in shown


def test_what_was_pasted_stands_in_the_history_as_one_act_and_moves_the_revision(cast, filing):
    confirmed(filing, looked(filing, EIGHT), EIGHT)

    event = Event.objects.get(subject=cast.school.subject, kind="registers")
    assert event.actor_id == cast.filer.user.pk
    names = [Branch.objects.get(pk=pk).name for pk in json.loads(event.body)["added"]]
    assert names == ["校党总支", *(f"第{n}支部" for n in range(1, 8))]  # the one above first
    assert School.objects.get(pk=cast.school.pk).registers_rev == cast.school.registers_rev + 2


def test_pasting_the_same_again_writes_nothing(cast, filing):
    confirmed(filing, looked(filing, EIGHT), EIGHT)
    rev = School.objects.get(pk=cast.school.pk).registers_rev
    page = looked(filing, EIGHT)

    assert "8 行不变" in text(page)
    assert 'value="write"' not in text(page)
    assert Branch.objects.filter(school=cast.school).count() == 8
    assert School.objects.get(pk=cast.school.pk).registers_rev == rev


def test_a_second_press_of_the_button_writes_nothing_more(cast, filing):
    page = looked(filing, EIGHT)
    confirmed(filing, page, EIGHT)
    answer = confirmed(filing, page, EIGHT)

    assert answer.status_code == 302
    assert Branch.objects.filter(school=cast.school).count() == 8
    assert Event.objects.filter(subject=cast.school.subject, kind="registers").count() == 1


def test_the_good_rows_are_kept_and_the_bad_ones_come_back_to_be_mended(cast, filing):
    block = f"{EIGHT}\n{BAD}"
    page = looked(filing, block)
    assert "1 行待修改" in text(page)
    assert text(page).count('class="wrong"') == 1

    rest = confirmed(filing, page, block)

    assert rest.status_code == 200
    assert Branch.objects.filter(school=cast.school).count() == 8
    left = typed(rest).strip()
    assert left == f"{HEADS}\n{BAD}"
    mended = left.replace("十三", "13")
    confirmed(filing, looked(filing, mended), mended)
    assert Branch.objects.get(school=cast.school, basis="retired").full_members == 13


def test_a_broken_row_comes_back_as_broken_as_it_was(cast, filing):
    block = f"{HEADS}\n一支部\t党支部\t年级组\t9\t\n二支部\t党支部"
    rest = confirmed(filing, looked(filing, block), block)

    assert "1 行待修改" in text(rest)
    assert 'value="write"' not in text(rest)
    assert [row.name for row in Branch.objects.filter(school=cast.school)] == ["一支部"]


def test_a_block_that_means_something_else_by_now_is_shown_again_and_not_written(cast, filing):
    page = looked(filing, EIGHT)
    world.branch(cast.school, "第1支部", full_members=3)
    answer = confirmed(filing, page, EIGHT)

    assert answer.status_code == 200
    assert "没有写入任何内容" in text(answer)
    assert Branch.objects.filter(school=cast.school).count() == 1


def test_a_strange_heading_can_be_said_to_be_a_column(cast, filing):
    block = "组织\t组织形式\n一支部\t党支部"
    page = looked(filing, block)
    assert "组织" in text(page)
    page = looked(filing, block, heads=hidden(page, "heads"), column=["name", "form"])

    confirm = {name: hidden(page, name) for name in ("key", "seen", "heads")}
    filing.post(PATH, {"text": block, "do": "write", "column": ["name", "form"], **confirm},
                headers=HEADERS)  # fmt: skip

    assert [row.name for row in Branch.objects.filter(school=cast.school)] == ["一支部"]


def test_a_private_number_is_told_at_its_cell_and_never_kept(cast, filing):
    block = "名称\t组织形式\t备注\n一支部\t党支部\t13800138000\n二支部\t党支部\t好"
    page = looked(filing, block)

    assert "138****8000" in text(page)
    confirmed(filing, page, block)
    assert [row.name for row in Branch.objects.filter(school=cast.school)] == ["二支部"]


def test_five_thousand_rows_are_answered_in_words_and_nothing_typed_is_lost(filing):
    block = "\n".join([HEADS, *(f"第{n}支部\t党支部\t年级组\t9\t" for n in range(5000))])
    page = looked(filing, block)

    assert page.status_code == 422
    assert "5,000 行" in text(page) and "文件导入" in text(page)
    assert "第4999支部" in typed(page)


def test_more_text_than_a_request_may_hold_is_told_with_the_way_out(filing):
    page = looked(filing, "一" * 800_000)

    assert page.status_code == 400
    assert "文字最多 2 MB" in text(page) and "文件导入" in text(page)


def test_an_empty_field_is_told(filing):
    page = looked(filing, "")

    assert page.status_code == 422
    assert "请先把单元格粘贴到这里" in text(page)


def test_cells_are_shown_as_text_and_never_as_markup(filing):
    page = looked(filing, "名称\t组织形式\n<b>一支部</b>\t党支部")

    assert "<b>一支部</b>" not in text(page)
    assert "&lt;b&gt;一支部&lt;/b&gt;" in text(page)


def test_a_day_copied_as_a_number_is_shown_as_the_day_it_is_read_as(filing):
    page = looked(filing, "名称\t组织形式\t批复日期\n一支部\t党支部\t45901")

    assert "2025-09-01" in text(page)


def test_only_the_own_school_is_written_whatever_stands_elsewhere(cast, filing):
    other = world.branch(world.school("隔壁小学"), "第1支部", full_members=3)
    confirmed(filing, looked(filing, EIGHT), EIGHT)
    other.refresh_from_db()

    assert other.full_members == 3


def test_studios_are_not_for_a_school_to_enter(filing):
    for name in ("paste", "file", "template"):
        assert filing.get(f"/registers/studios/{name}/").status_code == 403
    assert filing.get("/registers/studios/export/").status_code == 200


def test_an_official_cannot_paste_into_a_school(cast, at):
    assert at(cast.reviewer).get(PATH).status_code == 403


def test_units_of_a_block_find_the_branches_that_stand_there(cast, filing):
    branch = world.branch(cast.school, "一支部")
    block = "类别\t名称\t所属支部\n年级组\t七年级组\t一支部"
    path = "/registers/units/paste/"
    confirmed(filing, looked(filing, block, path), block, path)

    assert Unit.objects.get(school=cast.school).branch_id == branch.pk


def test_a_hundred_rows_cost_no_more_queries_than_one(cast, filing):
    world.branch(cast.school, "一支部")
    rows = [f"主题党日\t2026-10-{1 + n % 28}\t一支部\t{9 + n}" for n in range(100)]
    heads = "种类\t日期\t支部\t应到"
    found = []
    for n in (1, 100):
        with CaptureQueriesContext(connection) as queries:
            page = looked(filing, "\n".join([heads, *rows[:n]]), "/registers/meetings/paste/")
        assert page.status_code == 200
        found.append(len(queries))
    assert found == [7, 7]
