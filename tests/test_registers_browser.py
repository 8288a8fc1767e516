"""In Chromium, on a phone: a row is added in place, mended, removed and brought back."""

import pytest

from schools.models import Meeting
from tests import browsing, world

pytestmark = [pytest.mark.browser]


@pytest.fixture
def page(context, live_server, real_db, travel):
    cast = world.Cast()
    world.branch(cast.school, "一支部", basis="subject", full_members=12)
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 800})
    page.said = browsing.listen(page)
    browsing.sign_in(page, live_server.url, cast.filer.user.username)
    page.base = live_server.url
    return page


def test_a_meeting_is_mended_saved_removed_and_brought_back(page):
    page.goto(f"{page.base}/registers/meetings/?kind=principal")
    page.fill("[name=held_on]", "2026-10-13")
    page.fill("[name=expected]", "7")
    page.fill("[name=attended]", "9")
    page.click("#add .btn.main")
    page.wait_for_selector("#id_attended_error")
    assert (page.input_value("[name=attended]"), Meeting.objects.count()) == ("9", 0)
    assert browsing.barriers(page) == []

    page.fill("[name=attended]", "6")
    page.click("#add .btn.main")
    page.wait_for_selector("#rows tbody tr")
    told = page.locator(".note.good")
    assert 0 <= told.bounding_box()["y"] < 200  # what was saved is in sight, and the next row
    assert Meeting.objects.get().attended == 6

    for step in page.locator("#rows tbody .btn").all():
        assert step.bounding_box()["height"] >= 44
    page.click("#rows tbody button")
    page.click(".note.good button")
    page.wait_for_selector("#rows tbody tr")
    assert Meeting.objects.get().removed_at is None
    assert not browsing.runs_off(page)
    assert page.said == []
