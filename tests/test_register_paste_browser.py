"""Cells pasted into a register and files sent to it, in a real browser, wide and narrow."""

import pytest

from schools.models import Branch
from tests import browsing, world

pytestmark = pytest.mark.browser
HEADS = "支部名称\t组织形式\t设置依据\t正式党员\t批复日期\t隶属于"
EIGHT = "\n".join(
    [HEADS, "校党总支\t党总支\t\t60\t2025-9-1\t"]
    + [f"第{n}支部\t党支部\t年级组\t{n + 5}\t2025年9月{n}日\t校党总支" for n in range(1, 8)]
)


@pytest.fixture
def mine(real_db, cast, visit):
    """mine(path) → the page of the school's filer."""
    return lambda path: visit(cast.filer, path)


def plain(words):
    return words.replace("\xa0", " ")


def test_eight_branches_are_pasted_one_is_mended_and_all_stand_there(mine, cast):
    page = mine("/registers/branches/")
    page.click("text=从 Excel 粘贴")
    assert browsing.barriers(page) == []
    page.fill("[name=text]", EIGHT.replace("2025年9月7日", "2025年9月31日"))
    page.click("button[value=look]")

    assert plain(page.inner_text("h1")) == "还没有写入：新增 7 行、1 行待修改。"
    assert browsing.barriers(page) == []
    assert page.locator(".wrong").all_inner_texts() == ["没有这一天。"]
    page.click("button[value=write]")
    assert Branch.objects.filter(school=cast.school).count() == 7
    left = page.input_value("[name=text]")
    assert left.count("第") == 1
    page.fill("[name=text]", left.replace("9月31日", "9月30日"))
    page.click("text=重新核对")
    page.click("button[value=write]")
    page.wait_for_url("**/registers/branches/?pasted=1")

    assert page.locator(".note.good").inner_text().startswith("已写入")
    assert Branch.objects.filter(school=cast.school).count() == 8


def test_on_a_phone_the_rows_stand_below_each_other_and_nothing_is_cut_off(mine):
    page = mine("/registers/branches/paste/")
    page.set_viewport_size({"width": 360, "height": 800})
    page.fill("[name=text]", EIGHT)
    with page.expect_navigation():
        page.click("button[value=look]")

    assert page.locator("table.list").count() == 1
    assert not browsing.runs_off(page)
    assert browsing.barriers(page) == []


def test_the_sheet_to_fill_in_comes_down_and_goes_up_again(mine, cast, tmp_path):
    page = mine("/registers/branches/file/")
    assert browsing.barriers(page) == []
    with page.expect_download() as away:
        page.click("text=下载填写模板")
    sheet = tmp_path / "支部.xlsx"
    away.value.save_as(sheet)
    page.set_input_files("[name=file]", sheet)
    page.click("main .btn.main")

    assert "没有可读取的行" in page.inner_text("main")

    file = tmp_path / "支部.csv"
    file.write_text(EIGHT.replace("\t", ","), encoding="utf-8")
    page.set_input_files("[name=file]", file)
    page.click("main .btn.main")
    page.click("button[value=write]")
    page.wait_for_url("**/registers/branches/?pasted=1")

    assert Branch.objects.filter(school=cast.school).count() == 8
    assert world.School.objects.get(pk=cast.school.pk).registers_rev == 2
