"""Writing to stuck schools on a page: choose, read each letter, send, take back."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.urls import reverse

from reform import nudges
from reform.models import Campaign, Nudge
from tests import world
from tests.reading import heading, words

pytestmark = pytest.mark.django_db

WHY = "请于周三前补报。"
LATE = date(2026, 11, 13)
HERE = "/nudges/"


@pytest.fixture
def stuck(cast):
    """Two late items of one school, one of another that nobody can sign in for."""
    mute = world.school("无人小学")
    return [
        world.entry(cast.school, "Z2.1", due_on=LATE),
        world.entry(cast.school, "Z2.2", due_on=LATE),
        world.entry(mute, "Z2.1", due_on=LATE),
    ]


def chosen(entries, **more):
    return {"chosen": [entry.pk for entry in entries], **more}


def test_choose_read_and_send(stuck, desk):
    page = desk.get(HERE)
    assert heading(page) == "有 3 项需要跟进，请勾选要催办的事项。"

    seen = desk.post(HERE, chosen(stuck, do="look"))
    said = words(seen)
    assert heading(seen).startswith("2 份催办（共 3 项）将于")
    assert "无人小学 目前没有在任的填报员或书记" in said
    assert Nudge.objects.count() == 0

    done = desk.post(HERE, chosen(stuck, do="send", reason=WHY, key="k"), follow=True)
    assert "3 项催办将于 2026-11-20 12:10 发出，此前可以撤回。" in words(done)
    assert words(done).count("今天 12:10 发出") == 3 and "今天已催办" not in words(done)

    back = desk.post(
        "/nudges/back/", {"chosen": [nudge.pk for nudge in Nudge.objects.all()]}, follow=True
    )
    assert "已撤回 3 项催办。" in words(back)
    assert "12:10 发出" not in words(back)


def test_a_letter_without_a_reason_comes_back_with_what_was_chosen(stuck, desk):
    answer = desk.post(HERE, chosen(stuck, do="send", reason=" "))
    assert answer.status_code == 422
    assert answer.content.decode().count('name="chosen"') == 3


def test_nothing_ticked_stays_where_it_was_looked_for(stuck, desk):
    answer = desk.post(HERE, {"do": "look", "kind": "returned"})
    assert answer.url == f"{HERE}?kind=returned"
    assert desk.post(HERE, {"do": "look", "kind": "x"}).url == f"{HERE}?kind=late"


def test_nothing_ticked_sends_nothing(stuck, desk):
    said = words(desk.post(HERE, {"do": "look"}, follow=True))
    assert "请先勾选要催办的事项" in said
    assert "请先勾选要撤回的催办" in words(desk.post("/nudges/back/", {}, follow=True))


def test_all_that_is_listed_is_taken_at_once_less_what_was_written_about(stuck, desk, cast):
    nudges.send([stuck[0].pk], by=cast.reviewer, reason=WHY)
    seen = desk.post(HERE, {"do": "all", "kind": "late"})
    assert sorted(re.findall(r'name="chosen" value="(\d+)"', seen.content.decode())) == sorted(
        str(entry.pk) for entry in stuck[1:]
    )
    one = desk.post(HERE, {"do": "all", "kind": "late", "school": stuck[2].school.code})
    assert one.content.decode().count('name="chosen"') == 1


def test_what_went_out_stands_below_and_in_the_history_of_the_item(stuck, desk, cast, travel):
    nudges.send([stuck[0].pk], by=cast.reviewer, reason=WHY)
    travel.move_to(world.NOON + timedelta(minutes=11))
    nudges.release()
    assert WHY in words(desk.get(HERE)) and "今天已催办" in words(desk.get(HERE))
    world.sign_in(desk, cast.filer)
    assert f"催办 {WHY}" in words(desk.get(f"/entries/{stuck[0].pk}/"))


def test_whoever_goes_back_from_the_letters_finds_ticks_and_words_again(stuck, desk):
    mine = {"kind": "late", "school": stuck[0].school.code}
    letters = desk.post(HERE, chosen(stuck[:1], do="look", **mine)).content.decode()
    assert 'name="do" value="back"' in letters and 'name="kind" value="late"' in letters
    page = desk.post(HERE, chosen(stuck[:1], do="back", reason=WHY, **mine)).content.decode()
    ticks = re.findall(r'name="chosen" value="(\d+)"( checked)?', page)
    assert ticks == [(str(stuck[0].pk), " checked"), (str(stuck[1].pk), "")]
    assert f'name="reason" value="{WHY}"' in page and Nudge.objects.count() == 0
    again = desk.post(HERE, chosen(stuck[:2], do="look", reason=WHY, **mine))
    assert f"{WHY}</textarea>" in again.content.decode()


def test_strange_entries_are_not_found(stuck, client, cast):
    stranger = world.sign_in(client, cast.strange_reviewer)
    assert stranger.post(HERE, chosen(stuck, do="send", reason=WHY)).status_code == 404
    made = nudges.send([stuck[0].pk], by=cast.reviewer, reason=WHY)
    assert stranger.post("/nudges/back/", {"chosen": [made[0].pk]}).status_code == 404
    for nonsense in ("x", "-1", "9" * 19, ""):
        answer = stranger.post(HERE, {"chosen": [nonsense], "do": "look"})
        assert answer.status_code == 404


def test_filters_show_what_comes_near_and_what_was_returned(stuck, desk, cast):
    world.entry(cast.school, "Z2.3", due_on=date(2026, 11, 27))
    back = world.file(world.entry(cast.school, "S1.1", due_on=date(2026, 12, 30)), cast.filer)
    world.send_back(back, cast.reviewer)
    for kind, n in (("due", 1), ("returned", 1), ("late", 3), ("nonsense", 3)):
        page = desk.get(HERE, {"kind": kind})
        assert page.content.decode().count('name="chosen"') == n, kind


def to_letters(rows):
    found = re.search(rf'class="btn" href="({HERE}[^"]*)"', rows.content.decode())
    return unescape(found[1]) if found else ""


def test_the_rows_of_a_board_lead_to_these_rows_ticked(stuck, desk, cast):
    extra = world.entry(cast.school, "S4.1", due_on=LATE, counted=False)
    world.file(world.entry(cast.school, "Z1.1"), cast.filer)
    board = reverse("board_rows", args=[world.COUNTY])
    page = desk.get(to_letters(desk.get(board, {"state": "late", "item": "Z2.1"})))
    ticks = re.findall(r'name="chosen" value="(\d+)" checked', page.content.decode())
    assert sorted(ticks) == [str(entry.pk) for entry in (stuck[0], stuck[2])]
    assert page.content.decode().count('name="chosen"') == 2
    assert page.content.decode().count('name="item" value="Z2.1"') == 1
    assert "显示全部待跟进事项" in words(page)
    whole = desk.get(to_letters(desk.get(board))).content.decode()
    assert whole.count(" checked") == 3 and f'value="{extra.pk}">' in whole
    assert to_letters(desk.get(board, {"state": "waiting"})) == ""
    html = desk.get(board).content.decode()
    one = desk.get(unescape(re.search(rf'"({HERE}[^"]*tick=\d+)"', html)[1]))
    assert one.content.decode().count(" checked") == 1
    assert (
        desk.get(HERE, {"item": "x", "campaign": "x", "school": "x", "tick": "x"}).status_code
        == 200
    )


def test_rows_of_a_campaign_that_has_ended_lead_to_no_letters(stuck, desk, cast):
    board = reverse("board_rows", args=[world.COUNTY])
    world.file(world.entry(cast.school, "Z1.1"), cast.filer)
    Campaign.objects.update(state="closed")
    rows = desk.get(board).content.decode()
    assert HERE not in rows and "/review/" not in rows.split("<main")[1]


def test_the_list_asks_as_often_for_one_row_as_for_three(cast, desk, django_assert_num_queries):
    world.entry(cast.school, "Z2.1", due_on=LATE)
    with django_assert_num_queries(7):
        desk.get(HERE)
    world.entry(cast.school, "Z2.2", due_on=LATE)
    world.entry(world.school("二小"), "Z2.1", due_on=LATE)
    with django_assert_num_queries(7):
        desk.get(HERE)


def test_the_letters_ask_as_often_for_one_school_as_for_three(
    cast, desk, django_assert_num_queries
):
    entries = [world.entry(cast.school, "Z2.1", due_on=LATE)]
    with django_assert_num_queries(8):
        desk.post(HERE, chosen(entries, do="look"))
    entries += [world.entry(world.school(name), "Z2.1", due_on=LATE) for name in ("二小", "三小")]
    with django_assert_num_queries(8):
        desk.post(HERE, chosen(entries, do="look"))
