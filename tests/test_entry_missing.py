"""What an entry still lacks stands right under its sentence, with the way to enter it."""

from datetime import date

import pytest
from django.urls import reverse

from reform import checking
from tests import keeping_books as books
from tests import world
from tests.entry_form import url

pytestmark = pytest.mark.database


def lede(page):
    """What stands above the page's own sections."""
    text = page.content.decode().replace("&amp;", "&")
    return text[text.index('id="sentence"') : text.index('<div class="cols">')]


def seen(cast, at, entry):
    checking.refresh([books.fresh(cast.school)])
    return at(cast.filer).get(url("entry", entry))


def test_an_empty_register_is_named_and_linked_under_the_sentence(cast, at):
    entry = world.entry(cast.school, "S1.1")

    page = seen(cast, at, entry)

    assert "台账中还没有本项的记录" in lede(page)
    assert f'<a class="btn" href="/registers/branches/?for={entry.pk}">支部台账</a>' in lede(page)


def test_a_branch_without_an_end_of_term_is_not_said_to_be_past_it(cast, at):
    cast.filer.user.language = "en"
    cast.filer.user.save(update_fields=["language"])
    books.branch(cast.filer, approval_no="1", approved_on=date(2024, 3, 1))

    page = seen(cast, at, world.entry(cast.school, "S1.1")).content.decode()

    assert "1 without a term that still runs; enter the end of the term if it is missing" in page
    assert "Shaping the body: Organisation building</a>" in page


def test_rows_that_fall_short_are_named_three_at_most(cast, at):
    entry = world.entry(cast.school, "S3.1")
    rows = [books.branch(cast.filer, name=f"第{n}党支部") for n in "一二三四"]

    page = seen(cast, at, entry)

    first = f'<a href="/registers/branches/?for={entry.pk}&row={rows[0].pk}#r{rows[0].pk}">'
    assert first in lede(page)
    assert "第三党支部" in lede(page)
    assert "第四党支部" not in lede(page)
    assert "另有 1 项" in lede(page)
    assert f"/registers/committee_members/?for={entry.pk}" in lede(page)


def test_what_is_lacking_follows_when_the_registers_are_asked_anew(cast, at):
    entry = world.entry(cast.school, "S1.1")

    answer = at(cast.filer).post(
        reverse("entry_answers", args=[entry.pk]), headers={"hx-request": "true"}
    )

    text = answer.content.decode()
    assert '<div id="lacking" hx-swap-oob="true">' in text
    assert f"/registers/branches/?for={entry.pk}" in text


def test_nothing_is_asked_for_of_whom_the_registers_answer_or_who_only_reads(cast, at):
    entry = world.entry(cast.school, "S2.1")
    row = books.branch(cast.filer)
    books.unit(cast.filer, row)

    assert '<div id="lacking"></div>' in seen(cast, at, entry).content.decode()
    outside = at(cast.reviewer).get(url("entry", entry)).content.decode()
    assert '<div id="lacking"></div>' in outside


def test_a_month_that_has_not_begun_lacks_nothing_yet(cast, at):
    entry = world.entry(cast.school, "S4.1", term=1, due_on=date(2027, 1, 18))
    books.branch(cast.filer, name="七年级党支部", party_groups=1)

    page = seen(cast, at, entry)

    assert "七年级党支部 2026-11" in text(page)
    assert "七年级党支部 2026-12" not in text(page)
    assert "还没到：2026-12" in lede(page)

    row = {"branch": books.MODELS["branches"].objects.get(), "expected": 9, "attended": 9}
    for kind in ("general", "committee", "party_group", "theme_day", "lecture"):
        for month in (9, 10, 11):
            books.meeting(cast.filer, kind, held_on=date(2026, month, 3), **row)

    page = seen(cast, at, entry)

    assert "目前已记齐，2026-12\xa0还没到。" in lede(page) and "还缺" not in lede(page)
    assert "尚在累计" in text(page)


def text(page):
    return page.content.decode()
