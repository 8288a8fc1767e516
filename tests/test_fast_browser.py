"""The fast pages under the fingers: keys go from one item to the next, words go into fields."""

import contextlib
from datetime import date

import pytest
from playwright.sync_api import Error, expect

from reform import phrases
from reform.models import Draft
from reform.states import Status
from schools.models import User
from tests import browsing, world

pytestmark = pytest.mark.browser
USUAL = "台账已记全，期末前补齐附件。"
TALL = 3600  # the bar at the foot of the window covers no field half


@pytest.fixture
def cast(real_db, travel):
    return world.Cast()


@pytest.fixture
def owed(cast):
    return [world.entry(cast.school, code, due_on=date(2026, 11, 23 + n))
            for n, code in enumerate(("Z2.1", "Z2.2", "Z2.3"))]  # fmt: skip


@pytest.fixture
def filer(visit, cast):
    return lambda path="/fast/": visit(cast.filer, path)


def is_open(page, code):
    expect(page.locator("#do-main")).to_contain_text(code)
    page.wait_for_load_state()  # its scripts too


def test_a_teacher_goes_through_the_list_by_keyboard(owed, filer, cast):
    phrases.add(cast.filer, use="note", shared=False, text=USUAL)
    page = filer()
    is_open(page, "Z2.1")
    page.keyboard.press("j")
    is_open(page, "Z2.2")
    page.keyboard.press("k")
    is_open(page, "Z2.1")
    page.keyboard.press("n")
    for value in ("12", "12"):
        page.keyboard.type(value)
        page.keyboard.press("Tab")
    page.locator("#note").focus()
    page.keyboard.type("sdj1")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.keyboard.press("1")
    expect(page.locator("#note")).to_have_value(f"sdj1\n{USUAL}")
    expect(page.locator("#note")).not_to_be_focused()
    page.keyboard.press("p")
    page.keyboard.press("s")
    is_open(page, "Z2.2")
    assert world.status(owed[0]) == Status.submitted
    page.keyboard.press("u")
    is_open(page, "Z2.1")
    assert world.status(owed[0]) == Status.in_progress


def test_a_draft_is_kept_by_its_key_and_a_press_puts_the_hand_into_the_field(owed, filer, cast):
    phrases.add(cast.filer, use="note", shared=False, text=USUAL)
    page = filer()
    page.get_by_role("button", name=USUAL).click()
    expect(page.locator("#note")).to_be_focused()
    expect(page.locator("#note")).to_have_value(USUAL)
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    is_open(page, "Z2.2")
    assert Draft.objects.get().note == USUAL
    page.keyboard.press("?")
    expect(page.locator("#keys dl")).to_be_visible()


def test_a_home_that_one_comes_back_to_says_what_is_owed_now(owed, filer, cast):
    page = filer("/school/")
    expect(page.locator("h1")).to_contain_text("还欠 3 项")
    page.goto(page.url.replace("/school/", "/registers/"))
    world.file(owed[0], cast.filer)
    page.go_back()
    expect(page.locator("h1")).to_contain_text("还欠 2 项")


def test_what_was_typed_is_there_again_where_the_line_broke_at_sending(owed, filer, context):
    page = filer()
    page.fill("#note", "写好了")
    context.set_offline(True)
    with contextlib.suppress(Error):
        page.locator("#do-main").click()
    page.wait_for_url("chrome-error://**")
    context.set_offline(False)
    page.go_back()
    expect(page.locator("#note")).to_have_value("写好了")


def test_an_item_one_comes_back_to_is_asked_anew_unless_words_there_are_unsent(owed, filer, cast):
    back = "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
    page = filer()
    page.fill("#note", "写到一半")
    page.evaluate(back)
    expect(page.locator("#note")).to_have_value("写到一半")
    for path in ("/fast/", f"/entries/{owed[1].pk}/"):
        page = filer(path)
        world.file(owed[path != "/fast/"], cast.filer)
        with page.expect_navigation():
            page.evaluate(back)
        expect(page.locator("h1")).to_contain_text("还有 2 项" if path == "/fast/" else "已提交")


def test_enter_in_a_number_saves_the_draft_and_takes_no_words_over(owed, filer, cast):
    phrases.add(cast.filer, use="note", shared=False, text=USUAL)
    page = filer(f"/entries/{owed[0].pk}/")
    number = page.locator("#filing fieldset input").first
    number.fill("7")
    with page.expect_navigation():
        number.press("Enter")
    draft = Draft.objects.get()
    assert draft.note == "" and "7" in str(draft.values)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_axe_finds_nothing_and_nothing_runs_off_a_phone(owed, filer, visit, cast, language):
    User.objects.update(language=language)
    phrases.add(cast.filer, use="note", shared=False, text=USUAL * 10)
    for shared_use in ("note", "return"):
        phrases.add(cast.manager, use=shared_use, shared=True, text=USUAL * 3)
    for seat, path in (
        (cast.filer, "/fast/"),
        (cast.filer, "/phrases/"),
        (cast.manager, "/phrases/"),
        (cast.reviewer, "/review/together/"),
    ):
        page = visit(seat, path)
        page.set_viewport_size({"width": 1280, "height": TALL})
        assert browsing.barriers(page) == [], path
        page.set_viewport_size({"width": 360, "height": TALL})
        assert not browsing.runs_off(page), path
        assert browsing.barriers(page) == [], path
