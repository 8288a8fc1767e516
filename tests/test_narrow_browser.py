"""In Chromium, on a phone: words use the width there is, and no mark begins a line."""

from datetime import date

import pytest

from tests import keeping_books as books
from tests import looking, world

pytestmark = [pytest.mark.browser]
PHONE = {"width": 360, "height": 800}
# How much of the width of its table the text of each check has, in per cent.
WIDTHS = """() => [...document.querySelectorAll('.checks .how td')].map(one =>
  Math.round(one.getBoundingClientRect().width / one.closest('table').clientWidth * 100))"""
# Of each card: how far from its left edge each step stands.
LEFTS = """() => [...document.querySelectorAll('#rows tbody tr')].map(card =>
  [...card.querySelectorAll('.full a, .full form button')].map(one =>
    Math.round(one.getBoundingClientRect().left - card.getBoundingClientRect().left)))"""


@pytest.fixture
def school(real_db, travel):
    cast = world.Cast()
    kept = [books.branch(cast.filer, f"第{n}党支部") for n in "一二"]
    for n, branch in enumerate(kept):
        books.secretary(cast.filer, branch, trained_year=2025 + n)
        books.unit(cast.filer, branch if n else None, f"{'一二'[n]}年级组")
    for n in range(2, 9):
        books.add(cast.filer, "consultations", kind="award", batch="推" * n, requested=2,
                  returned=2, asked_on=date(2026, 10, n))  # fmt: skip
    return cast


def test_a_check_is_as_wide_as_the_page_and_no_mark_begins_a_line(school, visit):
    entries = [world.entry(school.school, code) for code in ("S5.3", "S3.2")]
    for entry in entries:
        page = visit(school.filer, f"/entries/{entry.pk}/")
        page.set_viewport_size(PHONE)
        page.wait_for_selector("#computed:not([hx-post])")
        page.evaluate("document.querySelectorAll('.checks details').forEach(d => d.open = true)")
        assert set(page.evaluate(WIDTHS)) == {100}
        for width in range(320, 420, 10):
            page.set_viewport_size({**PHONE, "width": width})
            assert looking.stray_marks(page) == []
    world.file(entry, school.filer, note="教研员本学期补训。")
    page.set_viewport_size(PHONE)
    page.goto(f"{page.url.split('?')[0]}history/")
    assert set(page.evaluate(WIDTHS)) == {100}


def test_steps_of_a_row_stand_in_one_line_at_its_left(school, visit):
    page = visit(school.filer, "/registers/units/")
    page.set_viewport_size(PHONE)
    lefts = page.evaluate(LEFTS)
    assert len(lefts) == 2 and all(steps == lefts[0] and steps[0] == 0 for steps in lefts)
    long = books.branch(school.filer, "中国共产党青禾县第一中学委员会")
    for path in ("", f"branches/{long.pk}/"):
        page.goto(page.url.split("registers/")[0] + f"registers/{path}")
        assert looking.stray_marks(page) == []
