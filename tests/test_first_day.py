"""A county's first day in a browser, as docs/first-day.md tells it: from an empty installation,
really started, to slips on paper, an open campaign, and a school that sees what it owes."""

import io
import os
import re
import signal
import subprocess
import sys
import time

import openpyxl
import pypdfium2
import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests import browsing
from tests.services import free_port
from tests.test_live_start import CODE, FIRST, Live
from tests.test_start import PARTS, Installation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]
PASSWORD = "spring-tea-7713"
PRINTED = re.compile(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}\b")
KINDS = {"小学": ("21", "党支部"), "初中": ("31", "党总支")}
NOT_KNOWN = 100  # the school whose form of Party organisation nobody wrote down


class Started:
    """The product, started by make as an operator would; codes are read where they are told."""

    def __init__(self, folder):
        live = Live.__new__(Live)
        live.folder, live.var, live.url = folder, folder / "var", ""
        self.watched, self.port, self.said = Installation(folder), free_port(), folder / "said"
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                live.command("start", **{**FIRST, "HOST": "127.0.0.1"}, PORT=str(self.port)),
                env=live.environment(), cwd=settings.BASE_DIR, stdout=said,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.base = f"http://127.0.0.1:{self.port}"

    def wait(self):
        end = time.monotonic() + 240
        while "/status/" not in self.said.read_text() or self.watched.parts() != PARTS:
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < end, self.said.read_text()
            time.sleep(0.2)
        return dict(CODE.findall(self.said.read_text()))

    def end(self):
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(60)
        return self.watched.wait_until_gone()


@pytest.fixture
def started(tmp_path):
    there = Started(tmp_path)
    try:
        yield there
    finally:
        assert there.end() == {}


@pytest.fixture
def school_list(tmp_path):
    """A hundred schools as a county keeps them: a title, numbered rows, other headings, a code that
    became a number, spaces, a gap, a sum, and one school that comes again as another."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["西湖区中小学校名单"])
    sheet.append(["填表单位：西湖区教育局"])
    sheet.append(
        ["序号", "学校标识码", "学校全称（盖章）", "所属区县", "学校类别", "公民办", "党组织设置"]
    )
    for n in range(1, 101):
        kind = "初中" if n % 5 == 0 else "小学"
        front, form = KINDS[kind]
        code = f"{front}330{n:05d}"
        name = f"西湖区第{n}{kind[:2] if kind == '小学' else '初级中学'}"
        sheet.append([
            n, int(code) if n == 8 else f"{code} ", f" {name}　" if n == 7 else name,
            "西湖区" if n % 2 else "330106", kind, "公办", "" if n == NOT_KNOWN else form,
        ])  # fmt: skip
        if n == 40:
            sheet.append([])
    sheet.append(["合计", "", "100所"])
    sheet.append([101, "2133000003", "西湖区第3小学", "西湖区", "九年一贯制学校", "公办", "党总支"])
    path = tmp_path / "学校名单.xlsx"
    book.save(path)
    return path


class Person:
    """Somebody with a browser of their own; each page they come to is looked at."""

    def __init__(self, browser, base, width, height=800):
        size = {"width": width, "height": height}
        self.page, self.base = browser.new_page(viewport=size), base
        self.page.set_default_timeout(60_000)
        cookie = {"name": "language", "value": "zh-hans", "url": base}
        self.page.context.add_cookies([cookie])
        self.errors = browsing.listen(self.page)

    def open(self, path):
        assert self.page.goto(self.base + path).status == 200, path
        self.look()

    def press(self, selector):
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()
        self.look()

    def look(self):
        assert self.errors == []
        assert browsing.barriers(self.page) == [], self.page.url
        assert not browsing.runs_off(self.page), f"{self.page.url} is wider than the window"

    def heading(self):
        return self.page.locator("h1").inner_text().replace("\xa0", " ")

    def use_slip(self, username, code, password=PASSWORD):
        """As the square on the slip leads there."""
        self.open(f"/activate/?u={username}")
        assert self.page.input_value("[name=username]") == username
        self.page.fill("[name=code]", code)
        self.page.fill("[name=new_password1]", password)
        self.page.fill("[name=new_password2]", password)
        self.page.click("main .btn.main")

    def come_in(self, username, code):
        """A code, a password of one's own, and once the notice of what is kept."""
        self.use_slip(username, code)
        self.page.wait_for_url("**/privacy/**")
        self.look()
        self.press("main .btn.main")


def step(manager, name):
    """One of the first day's steps, as the manager sees it on /setup/ now."""
    manager.open("/setup/")
    named = manager.page.locator("b", has_text=re.compile(rf"^\d\. {name}$"))
    return manager.page.locator("ol.rows li").filter(has=named)


def who_answers_questions(manager):
    manager.open("/account/")
    manager.page.fill("[name=name]", "沈老师")
    manager.page.fill("[name=phone]", "0571-87654321")
    manager.press("main form .btn.main")


def send_the_list(manager, path):
    """From the hub's one button to schools that are written."""
    page = manager.page
    manager.open("/")
    assert page.url.endswith("/setup/")
    manager.press(".lede .btn.main")
    page.set_input_files("input[type=file]", path)
    manager.press("form .btn.main")
    confirm = page.locator("form[action*=confirm] .btn.main")
    expect(confirm).to_have_text("导入 100 所学校，未接收的行不导入", timeout=60_000)
    expect(page.locator("main")).to_contain_text("与第 6 行是同一所学校")
    manager.look()
    manager.press("form[action*=confirm] .btn.main")
    expect(page.locator("h1")).to_contain_text("新增\xa0100\xa0所", timeout=60_000)
    expect(page.locator("main")).not_to_contain_text("100所")
    manager.press("main a[href='/setup/']")


def settle_the_calendar(manager):
    """Both terms of the year, in so many days where none are known; then they are settled."""
    page = manager.page
    step(manager, "学期与日历").locator("a").click()
    year = re.search(r"year=(\d{4})", page.url)[1]
    usual = {1: (f"{year}-09-01", f"{int(year) + 1}-01-22"),
             2: (f"{int(year) + 1}-02-22", f"{int(year) + 1}-07-02")}  # fmt: skip
    for no, (starts, ends) in usual.items():
        manager.press(f"a[href*='/calendar/term/'][href*='no={no}']")
        for name, day in (("starts", starts), ("ends", ends)):
            page.fill(f"[name={name}]", page.input_value(f"[name={name}]") or day)
        page.uncheck("[name=provisional]")
        page.fill("[name=reason]", "按市教育局校历确定。")
        manager.press("main form .btn.main")  # what it would move
        manager.press("main form .btn.main")
    expect(step(manager, "学期与日历")).to_contain_text("已确定")


def print_the_slips(manager):
    """Accounts for all in one go; {username: code} as the page shows and as the paper holds."""
    page = manager.page
    step(manager, "账号").locator("a").click()
    page.wait_for_url("**/people/gaps/")
    manager.press("main form .btn.main")
    assert manager.heading() == "已生成 100 张发放单，启用码只显示这一次，请马上打印。"
    slips = page.locator(".slips > li").all_inner_texts()
    found = {re.search(r"\d{10}-01", slip)[0]: PRINTED.search(slip)[0] for slip in slips}
    assert len(found) == len(set(found.values())) == 100
    assert all("沈老师，0571-87654321" in slip for slip in slips)
    assert page.locator(".slips > li svg").count() == 100
    paper = pypdfium2.PdfDocument(io.BytesIO(page.pdf(format="A4")))
    printed = "".join(sheet.get_textpage().get_text_bounded() for sheet in paper)
    assert len(paper) == 13  # eight to a sheet
    assert set(PRINTED.findall(printed)) == set(found.values())
    return found


def answer_the_five_numbers(filer):
    page = filer.page
    assert filer.heading().startswith("填一次五个数和一个选项")  # before anything else
    page.select_option("[name=form]", "branch")
    numbers = {"full_members": 21, "probationary_members": 1, "branches": 1, "classes": 18,
               "staff": 46}  # fmt: skip
    for name, number in numbers.items():
        page.fill(f"[name={name}]", str(number))
    filer.press("main form .btn.main")


def open_the_campaign(manager):
    step(manager, "专项").locator("a").click()
    manager.press("main .empty .btn")  # draft
    manager.press("main form .btn.main")  # save, see whom it asks and what
    assert manager.heading().startswith("下发后，100 所学校")
    manager.press("main form .btn.main")  # open
    assert manager.heading().startswith("100 所学校")
    expect(manager.page.locator("main")).to_contain_text("已下发")
    expect(step(manager, "专项")).to_contain_text("有专项正在进行")


def test_a_county_goes_from_nothing_to_a_campaign_in_a_morning(started, school_list, browser):
    codes = started.wait()
    manager = Person(browser, started.base, 1280)
    manager.come_in("330106-01", codes["330106-01"])
    who_answers_questions(manager)
    send_the_list(manager, school_list)
    settle_the_calendar(manager)
    slips = print_the_slips(manager)

    username = f"3133000{NOT_KNOWN}-01"
    filer = Person(browser, started.base, 360)
    filer.come_in(username, slips[username])
    answer_the_five_numbers(filer)
    stranger = Person(browser, started.base, 360)
    stranger.use_slip(username, slips[username], "summer-rain-4471")
    expect(stranger.page.locator("main")).to_contain_text("此启用码已于")
    stranger.look()
    expect(step(manager, "摸清底数")).to_contain_text("100 所学校中 1 所已填写")

    open_the_campaign(manager)
    filer.open("/school/")
    expect(filer.page.locator("#main")).to_contain_text("沈老师")  # who reviews
    owed = filer.page.locator("main a[href^='/entries/']")
    assert owed.count() > 0
    filer.press("main a[href^='/entries/']")
    manager.open("/board/330106/")
    assert manager.heading().startswith("100 所学校应报")
    for person in (manager, filer, stranger):
        assert person.errors == []
