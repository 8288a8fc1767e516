"""The page of an entry in a real browser: nothing typed is lost, files go up beside the text."""

import re
from datetime import date

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from reform.models import Draft, Evidence, Report
from schools.models import User
from tests import browsing, files, world

pytestmark = pytest.mark.browser
SAVED = re.compile("已自动保存")


@pytest.fixture
def cast(real_db, travel):
    return world.Cast()


# A screenshot out of the clipboard; the browser gives scripts no other way to paste one.
PASTE = """async () => {
  const canvas = document.createElement("canvas");
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const data = new DataTransfer();
  data.items.add(new File([blob], "pasted.png", { type: "image/png" }));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, cancelable: true }));
}"""


def drop(page, selector, file):
    """Drag a file from the desktop over an element and let it go there."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    wire = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        wire.send(
            "Input.dispatchDragEvent",
            {
                "type": step,
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "data": {"items": [], "files": [str(file)], "dragOperationsMask": 1},
            },
        )


def test_what_is_typed_is_saved_by_itself(cast, visit):
    entry = world.entry(cast.school)
    page = visit(cast.filer, f"/entries/{entry.pk}/")
    page.fill("#note", "写到一半")
    expect(page.locator("#count")).to_have_text("4 / 10,000")
    expect(page.locator("#saved")).to_have_text(SAVED, timeout=9000)
    assert Draft.objects.get().note == "写到一半"


def test_a_refusal_goes_when_the_mended_text_has_saved_itself(cast, visit):
    entry = world.entry(cast.school)
    page = visit(cast.filer, f"/entries/{entry.pk}/")
    for box in page.locator("#filing [inputmode=numeric]").all():
        box.fill("6")
    page.fill("#note", "经手人 110101199003070011")
    page.check("#pledged")
    page.click("#send")
    expect(page.locator("#problems [role=alert]")).to_contain_text("身份证号")
    page.check("#pledged")
    page.fill("#note", "已核对")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#problems [role=alert]")).to_have_count(0)
    expect(page.locator("#sentence")).to_have_text(re.compile("再看一遍"))


def test_what_is_typed_is_saved_before_leaving(cast, visit):
    entry = world.entry(cast.school)
    page = visit(cast.filer, f"/entries/{entry.pk}/")
    page.fill("#note", "马上离开")
    page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden'})")
    with page.expect_response("**/save/"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert Draft.objects.get().note == "马上离开"


def test_who_is_signed_out_while_typing_signs_in_elsewhere_and_goes_on(cast, visit, context):
    entry = world.entry(cast.school)
    page = visit(cast.filer, f"/entries/{entry.pk}/")
    Session.objects.all().delete()
    page.fill("#note", "登录过期前写的")
    expect(page.locator("#saved")).to_contain_text("登录已过期", timeout=9000)
    with context.expect_page() as opened:
        page.click("#saved a")
    other = opened.value
    other.fill("[name=username]", cast.filer.user.username)
    other.fill("[name=password]", world.PASSWORD)
    other.click("button.main")
    expect(other.locator("h1")).to_contain_text("目前没有要办的")
    other.close()
    page.fill("#note", "登录过期前写的，又接着写")
    expect(page.locator("#saved")).to_have_text(SAVED, timeout=20000)
    assert Draft.objects.get().note == "登录过期前写的，又接着写"
    page.fill(".check input >> nth=0", "12")
    page.fill(".check input >> nth=1", "12")
    page.check("#pledged")
    page.click("text=提交 Z2.1")
    expect(page.locator(".note.good")).to_contain_text("Z2.1 已提交")
    assert Report.objects.get().note == "登录过期前写的，又接着写"


def test_a_form_sent_after_the_session_ended_comes_back_after_signing_in(cast, visit):
    entry = world.entry(cast.school, "S1.1")
    page = visit(cast.filer, f"/entries/{entry.pk}/")
    page.fill("#note", "整段文字不能丢")
    page.check("#pledged")
    Session.objects.all().delete()
    page.click("text=提交 S1.1")
    page.fill("[name=username]", cast.filer.user.username)
    page.fill("[name=password]", world.PASSWORD)
    page.click("button.main")
    expect(page.locator("main")).to_contain_text("整段文字不能丢")
    page.click("button.main")
    expect(page.locator(".note.good")).to_contain_text("S1.1 已提交")
    assert Report.objects.get().note == "整段文字不能丢"


def test_files_are_chosen_dropped_and_pasted_beside_the_text(cast, visit, tmp_path):
    entry = world.entry(cast.school)
    page = visit(cast.filer, f"/entries/{entry.pk}/")
    page.fill("#note", "先写后传")
    chosen = tmp_path / "课表.pdf"
    chosen.write_bytes(files.pdf("timetable"))
    page.set_input_files("[name=files]", chosen)
    expect(page.locator("#evidence")).to_contain_text("课表.pdf", timeout=20000)
    dropped = tmp_path / "dropped.png"
    dropped.write_bytes(files.picture("png"))
    drop(page, ".drop", dropped)
    expect(page.locator("#evidence")).to_contain_text("dropped.png", timeout=20000)
    page.evaluate(PASTE)
    expect(page.locator("#evidence")).to_contain_text("pasted.png", timeout=20000)
    expect(page.locator("#note")).to_have_value("先写后传")
    assert Evidence.objects.count() == 3


def test_the_words_of_the_last_period_are_taken_over_in_place(cast, visit):
    before = world.campaign(year="2025-2026")
    world.file(world.entry(cast.school, campaign=before), cast.filer, note="上期的话")
    entry = world.entry(cast.school)
    page = visit(cast.filer, f"/entries/{entry.pk}/")
    page.fill("#note", "本期的话")
    page.click("text=沿用这段文字")
    expect(page.locator("#note")).to_have_value("本期的话\n上期的话")


def test_a_double_click_files_once(cast, visit):
    entry = world.entry(cast.school, "S1.1")
    page = visit(cast.filer, f"/entries/{entry.pk}/")
    page.fill("#note", "一次就够")
    page.check("#pledged")
    page.dblclick("text=提交 S1.1")
    expect(page.locator(".note.good")).to_contain_text("S1.1 已提交")
    assert Report.objects.count() == 1


@pytest.fixture
def scene(cast):
    """A school in the middle of its year: something in every state."""
    soon, past = date(2026, 11, 30), date(2026, 11, 17)
    world.entry(cast.school, "Z1.1", due_on=past)
    world.entry(cast.school, "Z2.1", term=2, opens_on=date(2027, 3, 1), due_on=date(2027, 6, 1))
    found = {"write": world.entry(cast.school, "X1.3", due_on=soon)}
    found["back"] = world.send_back(
        world.file(world.entry(cast.school, "S1.1"), cast.filer), cast.reviewer
    )
    found["sent"] = world.file(world.entry(cast.school, "Z2.1"), cast.filer)
    found["done"] = world.accept(
        world.file(world.entry(cast.school, "S2.1"), cast.filer), cast.reviewer
    )
    return found


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(("language", "theme"), [("zh-hans", "light"), ("en", "dark")])
def test_every_page_of_a_school_can_be_used_by_everybody(
    cast, scene, visit, language, theme, width
):
    User.objects.update(language=language, theme=theme)
    paths = ["/school/", "/items/?state=back&pillar=Q"]
    paths += [f"/entries/{entry.pk}/" for entry in scene.values()]
    for path in paths:
        page = visit(cast.filer, path)
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        page.evaluate("document.querySelector('.menu').open = false")
        assert browsing.barriers(page) == []
        assert page.locator("h1").count() == 1
        assert not browsing.runs_off(page)


def test_a_page_that_refuses_can_be_used_by_everybody_too(cast, scene, visit):
    page = visit(cast.filer, f"/entries/{scene['write'].pk}/")
    page.click("text=提交 X1.3")
    expect(page.locator("[role=alert]")).to_contain_text("没有提交成功")
    assert browsing.barriers(page) == []
    page.locator("[role=alert] a").first.click()
    assert page.evaluate("location.hash") == "#check-readers_classes-num"
