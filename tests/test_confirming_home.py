"""The home of a school beside what its registers answer, and the desk beside what was frozen."""

from datetime import date

from django.urls import reverse

from reform import checking
from tests import keeping_books as books
from tests import world
from tests.entry_form import url
from tests.reading import words
from tests.test_confirming import confirm, home, one_branch, refresh, text


def test_the_home_says_how_many_the_registers_answer_and_about_how_long_the_rest_takes(cast, at):
    for code in ("S2.1", "S3.1", "S1.1", "Z2.1"):
        world.entry(cast.school, code)
    world.entry(cast.school, "S4.1", opens_on=date(2027, 3, 1))  # not owed yet
    one_branch(cast.filer)
    browser = at(cast.filer)
    stale = home(browser)
    assert "hx-trigger" in text(stale)
    assert "本期待报 4 项 正在重新计算" in words(stale)
    assert "分钟" not in text(stale).split('id="registers"')[1].split("</section>")[0]
    assert browser.post(reverse("school_answers")).url == reverse("school_home")
    page = home(browser)
    assert 'hx-post="/school/answers/"' not in text(page)
    assert "报 4 项（含未到期的）：2 项已由台账自动得出，2 项要自己填。 约 8 分钟" in words(page)
    assert "逐项一键确认（2 项）" in words(page)


def test_what_comes_first_is_confirmed_above_and_offered_once(cast, at):
    late, next_one = (world.entry(cast.school, code, due_on=date(2026, 11, 10 + n))
                      for n, code in enumerate(("S2.1", "S3.1")))  # fmt: skip
    one_branch(cast.filer)
    refresh(cast.school)
    browser = at(cast.filer)
    page = text(home(browser))
    lede, rest = page.split('class="figures"')
    assert url("entry_confirm", late) in lede
    assert "确认 S2.1" not in rest.split('<details class="fold"')[0]
    after = text(confirm(browser, late))
    assert after.split('<details class="fold"')[0].count(url("entry_confirm", next_one)) == 1
    assert f'class="btn main" href="{url("entry", next_one)}"' not in after


def test_each_line_of_the_first_says_what_is_missing(cast, at):
    world.entry(cast.school, "S1.1", due_on=date(2026, 11, 24))
    world.entry(cast.school, "S2.1", due_on=date(2026, 11, 25))
    books.branch(cast.filer)
    refresh(cast.school)
    page = words(home(at(cast.filer)))
    assert "还有 1 个党组织缺批复文号或日期；查到后补进支部台账" in page
    assert "补齐支部台账" in page
    assert "一键确认" in page


def test_whoever_reviews_reads_frozen_values_and_both_where_the_registers_moved(cast, at):
    entry = world.entry(cast.school, "S2.1")
    one_branch(cast.filer)
    refresh(cast.school)
    confirm(at(cast.filer), entry)
    desk = reverse("review_entry", args=[entry.pk])
    page = at(cast.reviewer).get(desk)
    assert "1 / 1" in words(page)
    assert "台账已变" not in words(page)

    books.branch(cast.filer, "第二支部", basis="mixed")
    checking.catch_up()

    page = words(at(cast.reviewer).get(desk))
    assert "1 / 1" in page
    assert "台账已变：现为 1 / 2。" in page
    assert "提交后台账已变。" in page
