"""Accepting together: only what the registers answered, as it was shown, and taken back again."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reform import checking, progress, together
from reform.filings import Filing
from reform.models import Check
from reform.states import Status
from schools.models import Branch
from tests import keeping_books as books
from tests import world
from tests.desk import attach, filed
from tests.reading import heading, words

PAGE = "/review/together/"


def confirmed(cast, school=None, by=None, code="S2.1", note="", file="", **fields):
    """An entry that the registers answer, sent with one click or with something beside it."""
    school, by = school or cast.school, by or cast.filer
    entry = world.entry(school, code, **fields)
    if not Branch.objects.filter(school=school).exists():
        row = books.branch(by)
        books.unit(by, row)
        books.secretary(by, row)
    checking.refresh([books.fresh(school)])
    if file:
        attach(entry, by, file)
    filing = Filing(note=note, pledged=bool(note or file))
    progress.submit(entry.pk, by=by, version=entry.version, filing=filing)
    entry.refresh_from_db()
    return entry


def second(cast, n=2, **more):
    school = world.school(f"第{n}小学")
    return confirmed(cast, school, world.seat("filer", school), **more)


def token(entry):
    return f"{entry.pk}-{entry.version}-{entry.report_id}"


def shown(response):
    return re.findall(r'name="shown" value="([\d-]+)"', response.content.decode())


def test_only_what_the_registers_answered_and_met_is_offered(cast, desk):
    plain = confirmed(cast)
    filed(cast)  # typed
    second(cast, 2, note="附一句说明。")
    second(cast, 3, file="a.pdf")
    short = Check.objects.filter(source="computed").exclude(item=plain.slot.item_id)[0]
    second(cast, 4).report.values.create(check_def=short, num=0, source="computed", met=False)
    page = desk.get(PAGE)
    assert shown(page) == [token(plain)]
    assert heading(page) == "有 1 项全部由台账得出且均已达标，可成批通过。"
    assert "建在基本单元上的支部占比： 1 / 1" in words(page)


def test_what_is_ticked_is_accepted_and_can_be_taken_back(cast, desk, travel):
    first, other = confirmed(cast), second(cast)
    page = desk.post(PAGE, {"do": "chosen", "key": "k", "chosen": [token(first)]}, follow=True)
    assert "已通过 1 项。" in words(page)
    assert (world.status(first), world.status(other)) == (Status.accepted, Status.submitted)
    assert shown(page) == [token(other)]
    first.refresh_from_db()
    button = f'name="one" value="{first.pk}-{first.version}"'
    assert button in page.content.decode()
    back = desk.post(PAGE, {"one": f"{first.pk}-{first.version}"})
    assert (back.url, world.status(first)) == (PAGE, Status.submitted)
    page = desk.get(PAGE)  # the result below the sentence, the buttons always in view
    assert "已撤回 1 项" in words(page).split(heading(page))[-1]
    assert '<div class="send row"><button class="btn main" name="do"' in page.content.decode()
    travel.move_to(world.NOON + timedelta(minutes=6))
    assert "五分钟内通过的" not in words(desk.get(PAGE))


def test_the_whole_page_is_accepted_with_one_button(cast, desk):
    entries = [confirmed(cast), second(cast), second(cast, 3)]
    sent = {"do": "all", "key": "k", "shown": shown(desk.get(PAGE))}
    page = desk.post(PAGE, sent, follow=True)
    assert "已通过 3 项。" in words(page)
    assert {world.status(entry) for entry in entries} == {Status.accepted}
    assert heading(page) == "没有可以成批通过的材料。"


def test_a_page_accepted_by_mistake_is_taken_back_at_once_but_for_what_was_decided_since(
    cast, desk, travel
):
    entries = [confirmed(cast), second(cast, 2), second(cast, 3)]
    accepted = desk.post(PAGE, {"do": "all", "shown": [token(e) for e in entries]}, follow=True)
    assert "撤回这批 3 项" in words(accepted)
    sent = re.findall(r'name="accepted" value="([\d-]+)"', accepted.content.decode())
    entries[0].refresh_from_db()
    progress.reopen(entries[0].pk, by=cast.reviewer, version=entries[0].version, reason="请补。")
    page = desk.post(PAGE, {"do": "back", "accepted": [*sent, "x", "9-9"]}, follow=True)
    assert "已撤回 2 项，恢复为待审核。" in words(page)
    assert "有 3 项已被改动" in words(page)
    assert [world.status(e) for e in entries] == [
        Status.returned, Status.submitted, Status.submitted
    ]  # fmt: skip
    assert len(shown(page)) == 2


def test_a_batch_is_taken_back_without_what_was_accepted_before_it(cast, desk, travel):
    first, second_, third = (second(cast, n) for n in (2, 3, 4))
    alone = filed(cast)
    world.accept(alone, cast.reviewer)
    desk.post(PAGE, {"do": "all", "key": "one", "shown": [token(first)]})
    travel.move_to(world.NOON + timedelta(minutes=1))
    sent = {"do": "all", "key": "two", "shown": [token(second_), token(third)]}
    page = desk.post(PAGE, sent, follow=True)
    said = words(page)
    assert "成批通过 2 项" in said and "成批通过 1 项" in said and "逐项通过" in said
    html = page.content.decode()
    forms = [form for form in re.findall(r"<form.*?</form>", html, re.S) if 'value="back"' in form]
    tokens = re.findall(r'name="accepted" value="([\d-]+)"', forms[0])
    desk.post(PAGE, {"do": "back", "accepted": tokens})
    assert len(forms) == 1
    assert [world.status(e) for e in (first, second_, third, alone)] == [
        Status.accepted, Status.submitted, Status.submitted, Status.accepted
    ]  # fmt: skip


def test_the_way_back_of_a_batch_stands_where_its_result_is_told(cast, desk):
    first, other = confirmed(cast), second(cast)
    sent = {"do": "all", "key": "k", "shown": [token(first), token(other)]}
    page = desk.post(PAGE, sent, follow=True)
    assert page.redirect_chain[-1][0] == f"{PAGE}?batch=k"
    html = page.content.decode()
    note = re.search(r'<div class="note good row".*?</div>', html, re.S)[0]
    assert "已通过 2 项。" in note and 'form="just" name="do" value="back"' in note
    assert html.index("<h1") < html.index(note) < html.index('id="just"')
    assert "note good" not in desk.get(PAGE).content.decode()


def test_a_campaign_that_has_ended_is_said_and_nothing_of_it_can_be_taken_back(cast, desk):
    first, other = confirmed(cast), second(cast)
    page = desk.post(PAGE, {"do": "all", "key": "k", "shown": [token(first)]}, follow=True)
    mine = re.findall(r'name="accepted" value="([\d-]+)"', page.content.decode())
    cast.campaign.state = "closed"
    cast.campaign.save()
    page = desk.get(f"{PAGE}?batch=k")
    assert heading(page).startswith("专项已结束，还有 1 项未审；")
    assert 'value="back"' not in page.content.decode() and 'name="one"' not in str(page.content)
    page = desk.post(PAGE, {"do": "back", "accepted": mine}, follow=True)
    assert "专项已结束，有 1 项没有处理，保持原状。" in words(page)
    assert "他人" not in words(page) and world.status(first) == Status.accepted
    assert "五分钟内" not in words(desk.get(f"/review/?done={first.pk}"))
    desk.post(PAGE, {"do": "all", "shown": [token(other)]})
    assert world.status(other) == Status.submitted


def test_more_than_a_page_says_how_many_there_are(cast, desk, monkeypatch):
    confirmed(cast), second(cast), second(cast, 3)
    monkeypatch.setattr(together, "PAGE", 2)
    assert heading(desk.get(PAGE)) == "共 3 项全部由台账得出且均已达标，先列 2 项。"
    monkeypatch.setattr(together, "LOOKED", 3)
    assert heading(desk.get(PAGE)) == "至少有 3 项全部由台账得出且均已达标，先列 2 项。"


def test_what_was_sent_again_or_still_adds_up_is_read_by_itself(cast, desk):
    again, adding, plain = second(cast), second(cast, 3), second(cast, 4)
    world.send_back(again, cast.reviewer)
    filer = world.seat("filer", again.school)
    again.refresh_from_db()
    progress.submit(again.pk, by=filer, version=again.version, filing=Filing())
    check = Check.objects.filter(source="computed").exclude(item=adding.slot.item_id)[0]
    detail = {"judged": False}
    adding.report.values.create(check_def=check, source="computed", target=">=6", detail=detail)
    page = desk.get(PAGE)
    assert shown(page) == [token(plain)]
    assert 'href="/review/?sent=again">1 项是再次提交的' in page.content.decode()


def test_all_can_be_ticked_so_that_one_is_left_out(cast, desk):
    confirmed(cast), second(cast)
    page = desk.get(PAGE).content.decode()
    assert f'href="{PAGE}?tick=all">全选 2 项' in page and " checked" not in page
    assert desk.get(f"{PAGE}?tick=all").content.decode().count(" checked") == 2
    assert desk.post(f"{PAGE}?tick=all", {"do": "chosen"}).url == PAGE


def test_what_was_sent_anew_or_decided_meanwhile_is_left_and_said(cast, desk):
    first, other = confirmed(cast), second(cast)
    before = [token(first), token(other)]
    world.accept(other, world.seat("reviewer", world.COUNTY))
    progress.withdraw(first.pk, by=cast.filer, version=first.version)
    progress.submit(first.pk, by=cast.filer, version=first.version + 1, filing=Filing())
    page = desk.post(PAGE, {"do": "all", "key": "k", "shown": before}, follow=True)
    assert "有 2 项已被改动或已由他人审核，没有处理。" in words(page)
    assert world.status(first) == Status.submitted


def test_registers_that_moved_since_take_an_entry_out(cast, desk):
    confirmed(cast)
    books.branch(cast.filer, "新支部", basis="mixed")
    checking.refresh([books.fresh(cast.school)])
    assert shown(desk.get(PAGE)) == []


def test_nobody_accepts_what_one_wrote_or_what_another_authority_reviews(cast, client):
    both = world.person()
    filer = world.seat("filer", cast.school, both)
    entry = confirmed(cast, by=filer)
    own = world.sign_in(client, world.seat("reviewer", world.COUNTY, both))
    assert shown(own.get(PAGE)) == []
    for seat in (world.seat("reviewer", world.COUNTY, both), cast.strange_reviewer):
        browser = world.sign_in(client, seat)
        browser.post(PAGE, {"do": "all", "key": "k", "shown": [token(entry)]})
        assert world.status(entry) == Status.submitted
    assert world.sign_in(client, cast.manager).get(PAGE).status_code == 403


@pytest.mark.parametrize(
    "sent", [{}, {"chosen": ["x", "1", "-", "9" * 40, "987654321-1-1"]}, {"do": "all"}]
)
def test_nonsense_accepts_nothing(cast, desk, sent):
    entry = confirmed(cast)
    page = desk.post(PAGE, sent, follow=True)
    assert page.status_code == 200
    assert world.status(entry) == Status.submitted


def test_the_page_costs_the_same_however_many_wait(cast, desk):
    def cost():
        with CaptureQueriesContext(connection) as found:
            desk.get(PAGE)
        return len(found)

    confirmed(cast)
    few = cost()
    second(cast)
    second(cast, 3)
    assert cost() == few <= 8


def test_what_the_queue_is_narrowed_to_holds_here_too(cast, desk):
    entry, other = confirmed(cast), second(cast)
    code = {"school": cast.school.code}
    assert f"{PAGE}?school={cast.school.code}" in desk.get("/review/", code).content.decode()
    page = desk.get(PAGE, code)
    assert shown(page) == [token(entry)] and "显示全部待审" in words(page)
    here = f"{PAGE}?school={cast.school.code}"
    answer = desk.post(here, {"do": "all", "shown": shown(page)})
    assert answer.url.startswith(f"{here}&batch=")
    assert [world.status(one) for one in (entry, other)] == [Status.accepted, Status.submitted]
    assert len(shown(desk.get(PAGE, {"school": "x", "item": "<b>"}))) == 1


def test_the_desk_leads_here(cast, desk):
    filed(cast)
    assert f'href="{PAGE}"' in desk.get("/review/").content.decode()
