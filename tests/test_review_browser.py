"""The review queue under the fingers: single keys decide, but never while somebody types."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from reform.models import Review
from reform.states import Status
from schools.models import User
from tests import browsing, world

pytestmark = pytest.mark.browser
COMPOSING = """() => document.body.dispatchEvent(
  new KeyboardEvent("keydown", { key: "a", isComposing: true, bubbles: true, cancelable: true }))"""


@pytest.fixture
def cast(real_db, travel):
    return world.Cast()


@pytest.fixture
def waiting(cast, travel):
    """Three entries, sent an hour apart."""
    entries = []
    for n, code in enumerate(("Z2.1", "Z2.2", "Z2.3")):
        travel.move_to(world.NOON + timedelta(hours=n))
        entries.append(world.file(world.entry(cast.school, code), cast.filer))
    return entries


@pytest.fixture
def desk(visit, cast):
    """The queue, opened by the reviewer."""
    return lambda path="/review/", seat=cast.reviewer: visit(seat, path)


def is_open(page, code):
    expect(page.locator(".judge .main")).to_contain_text(code)
    page.wait_for_load_state()  # its script too


def test_accept_goes_on_and_undo_comes_back(waiting, desk):
    page = desk()
    page.keyboard.press("a")
    is_open(page, "Z2.2")
    assert world.status(waiting[0]) == Status.accepted
    page.keyboard.press("u")
    is_open(page, "Z2.1")
    assert world.status(waiting[0]) == Status.submitted


def test_a_return_wants_a_reason_first(waiting, desk):
    page = desk()
    page.keyboard.press("r")
    expect(page.locator("#why")).to_be_focused()
    page.keyboard.type("a r j u 1 ?")
    page.keyboard.press("Escape")
    expect(page.locator("#why")).not_to_be_focused()
    page.locator("#why").fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.keyboard.press("r")
    is_open(page, "Z2.2")
    assert Review.objects.get().reason == "佐证看不清或不完整，请换一份。"


def test_a_reason_that_begins_with_a_digit_is_typed_and_runs_no_command(waiting, desk):
    page = desk()
    page.keyboard.press("a")
    is_open(page, "Z2.2")
    page.keyboard.press("r")
    page.keyboard.type("12yue ara")
    expect(page.locator("#why")).to_have_value("12yue ara")
    expect(page.locator("#why")).to_be_focused()
    assert page.url.endswith(f"?done={waiting[0].pk}")
    assert (world.status(waiting[0]), Review.objects.count()) == (Status.accepted, 1)


def test_outside_the_field_a_digit_is_an_opinion(waiting, desk):
    page = desk()
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.locator("#why")).to_have_value("佐证看不清或不完整，请换一份。")
    expect(page.locator("#why")).to_be_in_viewport()
    page.keyboard.press("r")
    is_open(page, "Z2.2")
    assert Review.objects.get().reason == "佐证看不清或不完整，请换一份。"


def test_nothing_is_decided_while_somebody_types_or_composes(waiting, desk):
    page = desk()
    page.locator("#why").press_sequentially("aAr")
    page.locator("#why").press("Escape")
    page.evaluate(COMPOSING)
    page.keyboard.press("Control+a")
    is_open(page, "Z2.1")
    assert (Review.objects.count(), page.locator("#why").input_value()) == (0, "aAr")


def test_skipping_leads_on_and_back_and_all_keys_are_listed(waiting, desk):
    page = desk()
    page.keyboard.press("j")
    is_open(page, "Z2.2")
    page.keyboard.press("k")
    is_open(page, "Z2.1")
    page.keyboard.press("?")
    expect(page.locator("#keys dl")).to_be_visible()


def test_whoever_switched_the_keys_off_presses_them_in_vain(waiting, desk, cast):
    User.objects.filter(pk=cast.reviewer.user.pk).update(shortcuts=False)
    page = desk()
    page.keyboard.press("a")
    page.get_by_role("button", name="退回 Z2.1").click()
    expect(page.locator("#why-wrong")).to_have_text("请写明理由：改哪一处、改成什么样。")
    expect(page.locator("#why")).to_be_focused()
    assert Review.objects.count() == 0
    page.locator("#why").fill(" ")
    page.get_by_role("button", name="退回 Z2.1").click()
    expect(page.locator(".wrong")).to_be_visible()
    expect(page.locator("#why")).to_be_focused()
    assert Review.objects.count() == 0


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (360, 740)])
def test_what_is_worth_a_look_and_an_empty_reason_stand_above_the_bar(waiting, desk, width, height):
    page = desk()
    page.set_viewport_size({"width": width, "height": height})
    page.locator(".judge .main").click()
    is_open(page, "Z2.2")
    bar = page.locator(".judge").bounding_box()["y"]

    def ends(locator):
        box = locator.bounding_box()
        return box["y"] + box["height"]

    assert ends(page.locator("#open p.note")) < bar
    assert ends(page.locator("#open thead")) < bar
    page.get_by_role("button", name="退回 Z2.2").click()
    expect(page.locator("#why")).to_be_focused()
    assert ends(page.locator("#why")) < page.locator(".judge").bounding_box()["y"]
    assert page.locator("#why").bounding_box()["y"] > 0


def test_an_address_that_leads_to_the_comments_shows_their_field(waiting, desk):
    page = desk()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{page.url.split('/review/')[0]}/review/{waiting[0].pk}/#comments")
    field = page.locator("#comment")
    expect(field).to_be_in_viewport()
    expect(field).to_be_focused()
    page.wait_for_function("""() => {
      const at = (found) => document.querySelector(found).getBoundingClientRect();
      return at("#comment").bottom < at(".judge").top; }""")


def test_a_written_reason_stops_the_key_of_acceptance_once(waiting, desk):
    page = desk()
    page.locator("#why").fill("请核对。")
    page.locator("#why").press("Escape")
    page.keyboard.press("a")
    expect(page.locator(".note.late")).to_be_in_viewport()
    expect(page.locator("#why")).to_have_value("请核对。")
    assert Review.objects.count() == 0
    page.wait_for_load_state()  # the keys are heard from then on
    page.keyboard.press("a")
    is_open(page, "Z2.2")
    assert world.status(waiting[0]) == Status.accepted


@pytest.mark.parametrize(("width", "language"), [(1100, "zh-hans"), (360, "en"), (360, "zh-hans")])
def test_in_a_narrow_window_the_queue_opens_is_filtered_and_leads_on(
    waiting, desk, cast, width, language
):
    User.objects.filter(pk=cast.reviewer.user.pk).update(language=language)
    other = world.school("青禾县第一高级中学附属民族团结九年一贯制实验学校")
    sent = world.file(world.entry(other, "Z2.2"), world.seat("filer", other))
    page = desk()
    queue, way = page.locator(".queue"), page.locator(".lede .to-queue")
    expect(way).to_be_hidden()
    page.set_viewport_size({"width": width, "height": 740})
    expect(queue).to_be_hidden()
    way.click()
    expect(queue.get_by_role("link", name="Z2.3")).to_be_in_viewport()
    assert not browsing.runs_off(page)
    assert browsing.barriers(page) == []
    queue.locator("summary").click()
    queue.locator("[name=school]").select_option(other.code)
    queue.locator("form button").click()
    page.wait_for_url("**school=*")
    expect(queue.locator("ol li")).to_have_count(1)
    queue.locator("p.to-queue a").click()
    expect(queue).to_be_hidden()
    is_open(page, "Z2.2")
    page.evaluate("scrollTo(0, 0)")  # the bar that decides covers nothing there
    assert browsing.barriers(page) == []
    page.keyboard.press("a")
    expect(page.locator(".note.good")).to_contain_text(other.name)
    assert world.status(sent) == Status.accepted


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "path", ["/review/", "/review/together/", "/board/330106/", "/board/330106/rows/"]
)
def test_axe_finds_nothing_and_nothing_runs_off_a_phone(waiting, desk, cast, path, language):
    User.objects.filter(pk=cast.reviewer.user.pk).update(language=language)
    page = desk(path)
    assert browsing.barriers(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert not browsing.runs_off(page)
    assert browsing.barriers(page) == []
