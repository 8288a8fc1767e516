"""On paper, as Chromium prints it: A4, heads on each sheet, rows whole, nothing of the screen."""

import re

import pytest

from reform import comments
from tests import face, looking, world

pytestmark = [pytest.mark.browser]
SCREEN = ("跳到正文", "退出登录", "这一页做什么用", "名词解释", "保存草稿")


@pytest.fixture
def there(real_db, travel):
    return face.Face()


@pytest.fixture
def as_read(context, live_server):
    """In this language."""
    return lambda language: context.add_cookies(
        [{"name": "language", "value": language, "url": live_server.url}]
    )


def flat(text):
    return re.sub(r"[\s\ufffe\x02-]+", "", text)  # a word that folds at its hyphen may lose it


def on_paper(page):
    """The sheets; nothing lies beyond the paper's edge and nothing of the screen is on them."""
    sheets = looking.printed(page)
    assert [sheet.beyond for sheet in sheets if sheet.beyond] == []
    whole = flat("".join(sheet.words for sheet in sheets))
    assert [word for word in SCREEN if word in whole] == []
    return sheets, whole


def titles(page, selector):
    return [flat(text) for text in page.locator(selector).all_inner_texts()]


# A table on paper: its head, whether it stands upright, and each row as the texts of its cells.
TABLES = """() => {
  const seen = cell => {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll('.hide').forEach(one => one.remove());
    return copy.textContent;
  };
  const heads = 'thead .code, thead th:not(:has(.code))';
  return [...document.querySelectorAll('main table')].filter(one => one.checkVisibility())
    .map(one => ({
      head: [...one.querySelectorAll(heads)].map(seen),
      rows: [...one.querySelectorAll('tbody tr')].map(
        tr => [...tr.cells].map(seen).filter(said => said.trim().length > 3)),
    }));
}"""
# Moves everything down, so that sheets end at other rows, and lets single lines part from theirs.
LOWER = """px => {
  document.querySelector('main').style.paddingTop = `${px}px`;
  Object.assign(document.documentElement.style, {orphans: 1, widows: 1});
}"""


# The mark of what is overdue: whether nothing surrounds it, and whether it is inked.
MARK = """() => {
  const cell = document.querySelector('.grid .cell');
  cell.className = 'cell late';
  const inner = getComputedStyle(cell, '::before').backgroundColor;
  const none = getComputedStyle(cell).backgroundColor === 'rgba(0, 0, 0, 0)';
  return [none, inner === getComputedStyle(cell).color];
}"""
# Headings of sections that show nothing else.
ALONE = """() => [...document.querySelectorAll('main section')].filter(one =>
  one.checkVisibility() && one.querySelector('h2')?.innerText.trim() === one.innerText.trim()
).map(one => one.innerText)"""
# Whether the box of the grid scrolls sideways, and whether it scrolls up and down.
ROLLS = """() => {
  const box = document.querySelector('.board .scroll');
  const style = getComputedStyle(box);
  return [style.overflowX === 'auto' && box.scrollWidth > box.clientWidth,
    style.overflowY !== 'hidden'];
}"""


def torn(page, sheets):
    """Rows that lie on no sheet as a whole, and sheets with rows of a table without its head."""
    words = [flat(sheet.words) for sheet in sheets]
    for table in page.evaluate(TABLES):
        head, on = [flat(word) for text in table["head"] for word in text.split()], set()
        for row in table["rows"]:
            cells = [flat(text) for text in row]
            whole = [n for n, said in enumerate(words) if all(cell in said for cell in cells)]
            if cells and not whole:
                yield f"torn: {cells}"
            on |= set(whole) if len(whole) == 1 else set()
        for n in on:
            if lost := [said for said in head if said not in words[n]]:
                yield f"no head on {n}: {lost}"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_row_is_torn_and_each_sheet_of_a_table_has_its_head(there, visit, as_read, language):
    as_read(language)
    for n in range(60):
        world.entry(world.school(f"{face.LONG[:20]}{n:02d}"), "Z2.1", campaign=there.campaign)
    pages = {
        "items": (there.filer, "/items/"),
        "rows": (there.viewer, f"/board/{world.COUNTY}/rows/?state=expected"),
        "board": (there.viewer, f"/board/{world.COUNTY}/"),
        "schools": (there.manager, "/schools/"),
    }
    found, several = [], set()
    for name, (seat, path) in pages.items():
        page = visit(seat, path)
        for lower in (0, 17, 34):
            page.evaluate(LOWER, lower)
            sheets = looking.printed(page)
            found += [f"{name} at {lower}: {one}" for one in torn(page, sheets)]
            if name == "rows":  # each sheet says of where and when it is
                where = flat(page.locator("thead .paper").text_content())
                assert "西湖区" in where and "2026-11-20" in page.inner_text(".kicker")
                assert [n for n, one in enumerate(sheets) if where not in flat(one.words)] == []
                assert "下一页" not in "".join(one.words for one in sheets)
            several |= {name} if len(sheets) > 1 else set()
    assert found == []
    assert several == set(pages)


def test_the_list_of_a_school_is_whole_on_paper_and_its_head_stands_on_each_sheet(there, visit):
    page = visit(there.filer, "/items/")
    items = titles(page, ".list td.full")
    head = titles(page, ".list thead")[0]
    sheets, whole = on_paper(page)

    assert len(items) > 30 and [item for item in items if item not in whole] == []
    assert len(sheets) <= 4
    assert [sheet.width < sheet.height for sheet in sheets] == [True] * len(sheets)
    with_rows = [flat(sheet.words) for sheet in sheets if re.search("[ZSQX][1-9]\\.", sheet.words)]
    assert [words for words in with_rows if head not in words] == []
    assert len(with_rows) == len(sheets)
    for item in items:
        assert sum(item in words for words in with_rows) >= 1  # a row lies on one sheet


def test_the_page_of_a_school_names_on_paper_what_its_marks_stand_for(there, visit):
    page = visit(there.viewer, f"/schools/{there.school.code}/ledger/")
    marks = titles(page, ".strip .hide")
    sheets, whole = on_paper(page)

    assert len(marks) > 30 and [mark for mark in marks if mark not in whole] == []
    assert len(sheets) <= 3


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_of_a_county_is_a_summary_and_then_the_grid_on_broad_sheets(
    there, visit, as_read, language
):
    as_read(language)
    for n in range(60):
        world.entry(world.school(f"{face.LONG[:20]}{n:02d}"), "Z2.1", campaign=there.campaign)
    page = visit(there.viewer, f"/board/{world.COUNTY}/")
    heading = flat(page.inner_text("h1"))
    schools = titles(page, "table.grid tbody th")
    measures = titles(page, "table.grid thead .code")
    assert page.evaluate(MARK) == [True, True]
    page.emulate_media(media="print")
    wide = "one => document.querySelector(one).offsetWidth"
    legend, grid = page.evaluate(f"() => ['.board > .small', '.grid'].map({wide})")
    assert legend <= grid
    assert page.evaluate(MARK) == [True, True]
    page.emulate_media(media=None)
    page.set_viewport_size({"width": 360, "height": 740})
    wide, tall = page.evaluate(ROLLS)
    assert wide and not tall  # the thumb that goes down the page is not caught
    page.set_viewport_size({"width": 1280, "height": 740})
    sheets, whole = on_paper(page)

    assert [sheet.width > sheet.height for sheet in sheets] == [True] * len(sheets)
    assert heading in flat(sheets[0].words)
    assert "2026112012:" in whole and "今天" not in whole and "today" not in whole
    assert len(schools) == 62 and [name for name in schools if name not in whole] == []
    grid = [flat(sheet.words) for sheet in sheets if any(s in flat(sheet.words) for s in schools)]
    assert len(sheets) <= 4 and 2 <= len(grid)
    for words in grid[1:]:
        assert [code for code in measures if code not in words] == []


@pytest.mark.parametrize("chosen", ["dark", ""])
def test_paper_is_white_in_the_dark_and_each_sheet_says_what_it_is(there, visit, chosen):
    for n in range(40):
        world.entry(world.school(f"{face.LONG[:20]}{n:02d}"), "Z2.1", campaign=there.campaign)
    page = visit(there.viewer, f"/board/{world.COUNTY}/")
    page.emulate_media(color_scheme="light" if chosen else "dark")
    page.evaluate("theme => document.documentElement.dataset.theme = theme", chosen)
    head = flat(page.locator("#running").text_content())
    page.evaluate("() => { window.print = () => { window.asked = true } }")
    page.get_by_role("button", name="打印").click()
    assert page.evaluate("window.asked") is True
    sheets = looking.printed(page)

    assert len(sheets) > 1 and {sheet.edge for sheet in sheets} == {(255, 255, 255)}
    assert flat(page.title()) in head and "20261120" in head
    assert [n for n, sheet in enumerate(sheets) if head not in flat(sheet.words)] == []


def test_an_entry_is_printed_with_its_history(there, visit):
    page = visit(there.filer, f"/entries/{there.returned.pk}/")
    page.emulate_media(media="print")  # where moments have their dates
    steps = titles(page, ".time li")
    page.emulate_media(media=None)
    sheets, whole = on_paper(page)

    assert len(steps) >= 2
    assert [step for step in steps if step not in whole] == []
    assert len(sheets) <= 3


def test_a_long_thread_begins_where_there_is_room_and_no_answer_is_torn(there, visit):
    asked = comments.say(there.returned.pk, by=there.reviewer, text="请核对到会人数。")
    answers = [f"第 {n} 次会议已核对，" + "会议记录和签到表都在。" * 12 for n in range(12)]
    for text in answers:
        comments.say(there.returned.pk, by=there.filer, text=text, answers=asked.pk)
    page = visit(there.filer, f"/entries/{there.returned.pk}/history/")
    sheets, _whole = on_paper(page)
    words = [flat(sheet.words) for sheet in sheets]

    assert "请核对到会人数。" in words[0] and flat(answers[0]) in words[0]
    assert [text for text in answers if not any(flat(text) in said for said in words)] == []


def test_the_structure_check_on_paper_starts_with_its_picture_and_no_heading_stands_alone(
    there, visit
):
    for n in range(12):
        world.branch(there.school, f"第{n}党支部", full_members=12)
    page = visit(there.filer, "/registers/check/")
    page.evaluate("document.querySelector('.rows').closest('section').remove()")  # its findings
    sheets, whole = on_paper(page)

    assert "第11党支部" in flat(sheets[0].words)
    page.emulate_media(media="print")
    assert page.evaluate(ALONE) == []
    assert re.search(r"其他各条\d+条", whole)
