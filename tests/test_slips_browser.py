"""A clerk's way to paper: from the gaps to a sheet of slips, in a browser."""

import io
import re

import pypdfium2
import pytest

from schools.models import Membership
from tests import browsing, world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CODE = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}")


def test_ten_schools_get_accounts_and_slips_by_one_button(real_db, visit):
    for n in range(10):
        world.school(f"第{n}小学")
    page = visit(world.seat("manager", world.COUNTY), "/people/")
    assert browsing.barriers(page) == []
    page.get_by_role("link", name="查看缺人名单").first.click()
    assert browsing.barriers(page) == []

    page.get_by_role("button", name="新建 10 个填报员账号并打印发放单").click()

    page.wait_for_selector(".slips")
    assert browsing.barriers(page) == []
    shown = CODE.findall(page.inner_text(".slips"))
    assert len(set(shown)) == 10
    assert Membership.objects.filter(role="filer").count() == 10
    document = pypdfium2.PdfDocument(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
    sheets = [sheet.get_textpage().get_text_range() for sheet in document]
    assert [len(CODE.findall(sheet)) for sheet in sheets] == [8, 2]
    assert "启用码只显示这一次" not in sheets[0]
    page.set_viewport_size({"width": 360, "height": 740})
    assert not browsing.runs_off(page)
