"""The button at the head of a school's home: it stays what it was, and first what is first."""

import re
from datetime import date

from django.urls import reverse

from reform.models import Check
from reform.views.register_way import MENDED_IN
from tests import keeping_books as books
from tests import world
from tests.entry_form import url
from tests.test_confirming import confirm, home, one_branch, refresh, text

HTMX = {"hx-request": "true"}
PAST = date(2026, 11, 10)


def lede(page):
    return text(page).split('class="figures"')[0]


def registers(page):
    return text(page).split('id="registers"')[1].split("</section>")[0]


def test_a_link_at_the_head_becomes_no_button_that_sends_while_it_is_looked_at(cast, at):
    entry = world.entry(cast.school, "S2.1", due_on=PAST)
    one_branch(cast.filer)
    browser = at(cast.filer)
    page = home(browser)
    assert f'class="btn main" href="{url("entry", entry)}"' in lede(page)
    swap = text(page).split('id="registers"')[1].split(">")[0]
    assert 'hx-target="#registers"' in swap and "#main" not in swap

    part = browser.post(reverse("school_answers"), headers=HTMX, follow=True)

    assert url("entry_confirm", entry) in registers(part).split("<details")[1]
    assert url("entry_confirm", entry) in lede(home(browser))  # opened anew, one click is there
    books.branch(cast.filer)
    assert url("entry_confirm", entry) not in lede(home(browser))  # moved again: nobody knows


def test_what_is_not_due_yet_is_offered_in_a_fold_to_whoever_reads_on(cast, at):
    entry = world.entry(cast.school, "S2.1", due_on=date(2026, 12, 24))
    one_branch(cast.filer)
    browser = at(cast.filer)
    part = browser.post(reverse("school_answers"), headers=HTMX, follow=True)
    shown, _fold, folded = registers(part).partition('<details class="fold"')
    assert url("entry_confirm", entry) not in shown
    assert url("entry_confirm", entry) in folded
    assert url("entry_confirm", entry) in registers(home(browser)).split("<details")[0]


def test_what_is_overdue_stays_first_after_another_was_confirmed(cast, at):
    by_hand = world.entry(cast.school, "S4.2", due_on=date(2026, 11, 24))
    done = world.entry(cast.school, "S2.1", due_on=date(2026, 12, 10))
    then = world.entry(cast.school, "S3.1", due_on=date(2026, 12, 10))
    one_branch(cast.filer)
    refresh(cast.school)

    page = confirm(at(cast.filer), done)

    way = f"{reverse('register', args=['meetings'])}?for={by_hand.pk}"
    assert f'class="btn main" href="{way}">补齐会议台账：S4.2<' in lede(page)
    assert url("entry_confirm", then) in text(page).split('role="status"')[1].split("</div>")[0]
    assert text(page).count('class="btn main"') == 1


def test_where_no_register_says_anything_the_first_step_leads_to_the_register(cast, at):
    entry = world.entry(cast.school, "S1.1", due_on=PAST)
    browser = at(cast.filer)
    refresh(cast.school)
    way = f"{reverse('register', args=['branches'])}?for={entry.pk}"
    page = home(browser)
    assert f'class="btn main" href="{way}">登记支部台账：S1.1<' in lede(page)
    assert text(page).count(way) == 2
    outside = at(cast.reviewer).get(reverse("school_ledger", args=[cast.school.code]))
    assert way not in text(outside)
    books.branch(cast.filer, approval_no="")
    refresh(cast.school)
    page = home(at(cast.filer))  # one stands there: what it lacks is told, and where to mend it
    assert f'class="btn main" href="{way}">补齐支部台账：S1.1<' in lede(page)
    assert f'<a href="{url("entry", entry)}"><b>' in text(page)


def test_the_first_step_leads_to_the_register_that_mends_the_check_that_falls_short(cast, at):
    entry = world.entry(cast.school, "S3.2", due_on=PAST)
    books.branch(cast.filer)
    refresh(cast.school)
    way = f"{reverse('register', args=['committee_members'])}?for={entry.pk}"
    assert f'href="{way}">补齐支部委员台账：S3.2<' in lede(home(at(cast.filer)))
    item = text(at(cast.filer).get(url("entry", entry))).split('id="lacking"')[1]
    assert re.findall(r'class="btn" href="/registers/(\w+)/', item)[:2] == [
        "committee_members",
        "branches",
    ]


def test_each_check_is_mended_in_a_register_of_its_own(cast):
    found = {check.key: check.registers for check in Check.objects.filter(key__in=MENDED_IN)}
    assert found.keys() == MENDED_IN.keys()
    assert [key for key in found if MENDED_IN[key] not in found[key][1:]] == []


def test_when_nothing_is_due_the_rest_can_be_filed_ahead_from_here(cast, at):
    world.entry(cast.school, "Z2.2", due_on=date(2027, 1, 12))
    sooner = world.entry(cast.school, "Z2.1", due_on=date(2027, 1, 10))
    browser = at(cast.filer)
    assert f'href="{url("fast_entry", sooner)}">继续提前填 2 项<' in lede(home(browser))
    world.entry(cast.school, "S4.2", due_on=PAST)
    assert url("fast_entry", sooner) not in text(home(browser))
