"""Comments in a browser: said, answered on the desk, resolved and opened again in place."""

import pytest
from playwright.sync_api import expect

from reform.models import Comment
from tests import browsing, world
from tests.entry_form import url

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 360])
def test_a_question_is_asked_answered_and_resolved_without_leaving_the_page(
    real_db, travel, visit, width
):
    cast = world.Cast()
    entry = world.entry(cast.school)
    waiting = world.file(world.entry(cast.school, "Z2.2"), cast.filer)
    page = visit(cast.filer, url("entry", waiting))
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(page.url)
    page.get_by_text("指定提醒谁").click()
    page.get_by_label(f"@{cast.reviewer.user.name}").check()
    page.fill("#comment", "课时数按哪一版课表核对？")
    page.get_by_role("button", name="发出留言").click()
    thread = page.locator("#comments")
    expect(thread).to_contain_text(f"@{cast.reviewer.user.name} 课时数按哪一版课表核对？")
    expect(page.locator("#comment")).to_have_value("")
    assert not browsing.runs_off(page)

    page = visit(cast.reviewer, url("review_entry", waiting))
    expect(thread).to_contain_text("课时数按哪一版课表核对？")
    answer = f"#answer-{Comment.objects.get().pk}"
    page.fill(answer, "按新课表。")
    thread.get_by_role("button", name="答复", exact=True).click()
    expect(thread).to_contain_text("按新课表。")
    expect(thread).to_contain_text("1 条未办结")
    expect(page.locator(answer)).to_be_hidden()
    thread.locator("summary", has_text="答复").click()
    page.fill(answer, "附盖章版。")
    thread.get_by_role("button", name="答复并标为办结").click()
    expect(thread).to_contain_text("已标为办结")
    assert Comment.objects.exclude(resolved_at=None).count() == 1
    thread.get_by_role("button", name="撤销").click()
    expect(thread).to_contain_text("1 条未办结")
    assert not Comment.objects.exclude(resolved_at=None).exists()
    assert Comment.objects.exclude(answers=None).count() == 2
    assert page.url.endswith(url("review_entry", waiting))
    page.evaluate("window.scrollTo(0, 0)")  # the bar that decides covers nothing of the thread
    assert browsing.barriers(page) == []

    page = visit(cast.filer, url("entry", entry))
    page.fill("#note", "写到一半的话")
    page.fill("#comment", "请打 13812345678")
    page.get_by_role("button", name="发出留言").click()
    expect(page.locator("#comment-error")).to_be_visible()
    expect(page.locator("#note")).to_have_value("写到一半的话")
