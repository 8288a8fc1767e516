"""The real job of everybody, in a browser, from an empty county to numbers that follow."""

from datetime import date

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from reform import history, tallies
from reform.models import Entry, Evidence, Review
from reform.states import Status
from schools.models import Membership, School, User
from tests import browsing, files, world

pytestmark = pytest.mark.browser
CODES = ("S1.1", "Z1.2", "Z2.1")


class Journey:
    """One browser, one person at a time; every page that is opened is looked at by axe."""

    def __init__(self, page, base, language):
        self.page, self.base = page, base
        self.errors = browsing.listen(page)
        page.context.add_cookies([{"name": "language", "value": language, "url": base}])

    def enter(self, username):
        self.page.context.clear_cookies(name="sessionid")
        browsing.sign_in(self.page, self.base, username)
        self.look()

    def open(self, path):
        assert self.page.goto(self.base + path).status == 200, path
        self.look()

    def press(self, selector):
        """Press what leads to another page, and look at that page."""
        with self.page.expect_navigation():
            self.page.click(selector)
        self.look()

    def key(self, key):
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        self.look()

    def look(self):
        said = list(self.errors)
        assert browsing.barriers(self.page) == [], self.page.url
        self.errors[:] = said  # axe itself tries inline styles in the back office, which CSP stops
        assert not browsing.runs_off(self.page), f"{self.page.url} is wider than the window"


@pytest.fixture
def people(real_db, travel):
    """An operator, and the one clerk of an empty county, who is its manager and its reviewer."""
    operator = world.person("operator", name="操作员", is_staff=True)
    world.seat("operator", "0", operator)
    clerk = world.person("clerk", name="经办人")
    world.seat("manager", world.COUNTY, clerk)
    world.seat("reviewer", world.COUNTY, clerk)


@pytest.fixture
def school_list(tmp_path):
    """Three schools as a county would send them."""
    import openpyxl  # noqa: PLC0415

    book = openpyxl.Workbook()
    heads = ["学校标识码", "学校名称", "所在地", "办学类型", "党组织形式", "正式党员", "党支部数"]
    book.active.append(heads)
    book.active.append(["2133000901", "晨光小学", "330106", "小学", "党支部", 21, 1])
    book.active.append(["3133000902", "东湖初级中学", "330106", "初级中学", "党总支", 66, 4])
    book.active.append(["", "湖心教学点", "330106", "小学教学点", "联合党支部", 1, 0])
    path = tmp_path / "学校名单.xlsx"
    book.save(path)
    return path


def load_the_list(journey, path):
    journey.enter("operator")
    journey.open("/admin/schools/school/import/")
    journey.page.set_input_files("input[type=file]", path)
    journey.press("form .submit-row input[type=submit], form .submit-row button")
    journey.press("form .submit-row input[type=submit], form .submit-row button")
    assert sorted(School.objects.values_list("name", flat=True)) == sorted(
        ["晨光小学", "东湖初级中学", "湖心教学点"]
    )


def make_a_filer(journey):
    """In the stock admin: account, password, post at the school."""
    page = journey.page
    journey.open("/admin/schools/user/add/")
    page.fill("[name=username]", "teacher")
    page.fill("[name=password1]", world.PASSWORD)
    page.fill("[name=password2]", world.PASSWORD)
    page.fill("[name=name]", "何老师")
    page.select_option("[name=memberships-0-role]", "filer")
    page.click("#id_memberships-0-school + .select2 .select2-selection")
    page.keyboard.type("晨光")
    page.click(".select2-results__option:has-text('晨光小学')")
    page.fill("[name=memberships-0-starts_on]", "2026-09-01")
    journey.press("[name=_save]")
    assert Membership.objects.get(user__username="teacher").school.name == "晨光小学"


def open_the_campaign(journey):
    journey.enter("clerk")
    journey.open("/campaigns/")
    journey.press("main .empty .btn")  # draft
    journey.press("main .btn.main")  # save, see what it asks
    journey.press("main .btn.main")  # open
    assert Entry.objects.filter(school__name="晨光小学").exists()


def entry(code):
    return Entry.objects.select_related("school").get(
        school__name="晨光小学", slot__item__code=code, slot__opens_on__lte=date(2026, 11, 20)
    )


def write_and_send(journey, code, note, file=None):
    page = journey.page
    journey.open(f"/entries/{entry(code).pk}/")
    for field in page.locator("input[id^=check-]").all():
        field.fill("12")
    page.fill("#note", note)
    if file:
        page.set_input_files("input[type=file]", file)
        expect(page.get_by_role("link", name=file.name, exact=True)).to_be_visible()
    page.check("[name=pledged]")
    journey.press(".send .btn.main")
    assert world.status(entry(code)) == Status.submitted


def file_three(journey, tmp_path):
    journey.enter("teacher")
    journey.press("main .btn.main")  # what is kept about a person, read once
    for code, content in zip(CODES, (files.xlsx(), files.pdf("1"), files.picture()), strict=True):
        kind = {b"P": "xlsx", b"%": "pdf", b"\xff": "jpg"}[content[:1]]
        file = tmp_path / f"材料{code}.{kind}"
        file.write_bytes(content)
        write_and_send(journey, code, f"{code} 本学期已办结。", file)
    assert sorted(Evidence.objects.values_list("kind", flat=True)) == ["jpg", "pdf", "xlsx"]


def review_by_keyboard(journey):
    """Return one with a reason, accept two; the reviewer's hands stay on the keyboard."""
    page = journey.page
    journey.enter("clerk")
    journey.open(f"/review/{entry('Z2.1').pk}/")
    page.keyboard.press("r")
    page.keyboard.type("班级数与课表不一致，请核对。")
    page.keyboard.press("Escape")
    journey.key("r")
    assert world.status(entry("Z2.1")) == Status.returned
    journey.open("/review/")
    journey.key("a")
    journey.key("a")
    assert {world.status(entry(code)) for code in ("S1.1", "Z1.2")} == {Status.accepted}


def figures(page):
    """The six numbers of the board, in their order."""
    return [int(text.replace(",", "")) for text in page.locator(".figures dd a").all_inner_texts()]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_from_an_empty_county_to_numbers_that_follow(
    language, people, school_list, tmp_path, live_server, page
):
    journey = Journey(page, live_server.url, language)
    load_the_list(journey, school_list)
    make_a_filer(journey)
    open_the_campaign(journey)
    file_three(journey, tmp_path)
    review_by_keyboard(journey)
    journey.open(f"/board/{world.COUNTY}/")
    expected, done, on_time, late, waiting, returned = figures(page)
    assert (done, on_time, waiting, returned) == (2, 2, 0, 1)

    journey.enter("teacher")
    expect(page.locator("main")).to_contain_text("班级数与课表不一致")
    write_and_send(journey, "Z2.1", "已按课表核对，12 个班全部开齐。")

    journey.enter("clerk")
    journey.open(f"/board/{world.COUNTY}/")
    assert figures(page) == [expected, 2, 2, late, 1, 0]
    assert Review.objects.count() == 3
    assert User.objects.get(username="teacher").memberships.count() == 1
    assert tallies.differences() == {}
    assert list(history.verify()) == []
    assert not journey.errors, "\n".join(map(str, journey.errors))
    call_command("verify_evidence")
