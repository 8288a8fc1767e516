"""A clerk's list in a real browser: the bar moves by itself, and every step is a press."""

import pytest

from schools.models import School
from tests import browsing, world
from tests.school_lists import SHORT, csv_of
from tests.workers import children

__all__ = ["children"]
pytestmark = pytest.mark.browser


@pytest.fixture
def list_file(tmp_path):
    def write(*rows):
        file = tmp_path / "名单.csv"
        file.write_bytes(csv_of(*rows))
        return file

    return write


def test_a_clerk_sends_a_list_waits_and_has_it_written(children, visit, list_file):
    rows = [[f"第{n}小学", "西湖区", "小学"] for n in range(20)]
    page = visit(world.seat("manager", world.COUNTY), "/schools/lists/")
    assert browsing.barriers(page) == []

    page.set_input_files("[name=file]", list_file(SHORT, *rows, ["坏", "西湖区", "大学"]))
    page.click("main .btn.main")
    page.wait_for_selector(".figures", timeout=60_000)  # the page has asked by itself
    assert browsing.barriers(page) == []
    assert page.inner_text("h1").replace("\xa0", " ") == "将新增或变更 20 所学校，尚未写入。"
    page.click("main .btn.main")
    page.wait_for_selector("text=已写入", timeout=60_000)

    assert browsing.barriers(page) == []
    assert School.objects.count() == 20
    with page.expect_download() as away:
        page.click("main .btn.main")
    assert away.value.suggested_filename == "未接收的行.xlsx"


def test_a_clerk_names_the_columns_of_a_strange_list(children, visit, list_file):
    page = visit(world.seat("manager", world.COUNTY), "/schools/lists/")

    page.set_input_files(
        "[name=file]", list_file(["甲", "乙", "丙"], ["阳光小学", "西湖区", "小学"])
    )
    page.click("main .btn.main")
    page.wait_for_selector("select", timeout=60_000)
    assert browsing.barriers(page) == []
    page.click("main .btn.main")
    page.wait_for_selector(".figures", timeout=60_000)

    assert page.inner_text("h1").replace("\xa0", " ") == "将新增或变更 1 所学校，尚未写入。"
