"""What a script is refused is said in words where it was asked for; what was typed stays."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from reform import comments
from reform.models import Comment
from tests import world
from tests.entry_form import url

pytestmark = pytest.mark.browser


@pytest.fixture
def cast(real_db, travel):
    return world.Cast()


def test_a_correction_that_comes_too_late_is_told_and_kept(cast, visit):
    entry = world.file(world.entry(cast.school, "Z2.1"), cast.filer)
    said = comments.say(entry.pk, by=cast.reviewer, text="课时数对吗？")
    page = visit(cast.reviewer, url("review_entry", entry))
    page.get_by_text("修改", exact=True).click()
    comments.say(entry.pk, by=cast.filer, text="对的。", answers=said.pk)
    page.fill(f"#change-{said.pk}", "课时数和课表对吗？")
    page.get_by_role("button", name="保存修改").click()
    expect(page.get_by_role("alert")).to_contain_text("已有人回复或已办结")
    expect(page.locator(f"#change-{said.pk}")).to_have_value("课时数和课表对吗？")
    page.fill("#comment", "课表也请核对。")
    page.get_by_role("button", name="发出留言").click()
    expect(page.locator("#comments")).to_contain_text("课表也请核对。")
    expect(page.get_by_role("alert")).to_have_count(0)
    said.refresh_from_db()
    assert said.text == "课时数对吗？"


def test_who_is_signed_out_is_told_so_and_goes_on_where_the_text_is(cast, visit, context):
    page = visit(cast.filer, url("entry", world.entry(cast.school)))
    page.fill("#comment", "登录过期前写的留言")
    Session.objects.all().delete()
    say = page.get_by_role("button", name="发出留言")
    say.click()
    expect(page.get_by_role("alert")).to_contain_text("登录已过期，本次操作没有办理")
    with context.expect_page() as opened:
        page.get_by_role("alert").get_by_role("link").click()
    other = opened.value
    other.fill("[name=username]", cast.filer.user.username)
    other.fill("[name=password]", world.PASSWORD)
    other.click("button.main")
    other.wait_for_url(lambda address: "/login/" not in address)
    other.close()
    with page.expect_response("**/account/"):  # the token that now holds
        say.click()
    expect(page.get_by_role("alert")).to_contain_text("请再点一次")
    say.click()
    expect(page.locator("#comments")).to_contain_text("登录过期前写的留言")
    assert Comment.objects.get().text == "登录过期前写的留言"


def test_single_keys_do_no_harm_where_nothing_waits(cast, visit):
    page = visit(cast.reviewer, "/review/")
    page.keyboard.press("?")
    page.keyboard.press("a")
    expect(page.locator("h1")).to_be_visible()
