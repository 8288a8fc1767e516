"""Decisions of a reviewer: accepted, returned, taken back – and each only once."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from PIL import Image

from reform import progress, uploads
from reform.models import IdempotencyKey, Review
from reform.states import Claim, Status
from tests import world
from tests.desk import REASON, attach, fields, filed, hours, is_open
from tests.reading import heading, words


def decide(client, entry, action, **more):
    """Open an entry and press its button, as a browser without scripts does."""
    page = client.get(reverse("review_entry", args=[entry.pk]))
    return client.post(
        reverse(f"review_{action}", args=[entry.pk]), {**fields(page, action), **more}, follow=True
    )


def test_an_accept_opens_the_next_and_its_notice_takes_it_back(cast, desk, travel):
    first = filed(cast)
    travel.move_to(hours(1))
    second = filed(cast, "Z2.2")
    after = decide(desk, first, "accept")
    assert world.status(first) == Status.accepted
    assert after.redirect_chain == [(f"/review/{second.pk}/?done={first.pk}", 302)]
    assert is_open(after) == second.pk
    assert "已通过：阳光小学 Z2.1，5 分钟内可撤回。" in words(after)
    back = desk.post(f"/review/{first.pk}/undo/", fields(after, "undo"), follow=True)
    assert world.status(first) == Status.submitted
    assert back.redirect_chain == [(f"/review/{first.pk}/", 302)]
    assert "已撤回：阳光小学 Z2.1 恢复为待审核。" in words(back).split(heading(back))[-1]


def test_after_five_minutes_the_notice_is_gone_and_the_undo_refused(cast, desk, travel):
    entry = filed(cast)
    after = decide(desk, entry, "accept")
    undo = fields(after, "undo")
    travel.move_to(world.NOON + timedelta(minutes=6))
    assert "可撤回" not in words(desk.get(f"/review/?done={entry.pk}"))
    refused = desk.post(f"/review/{entry.pk}/undo/", undo)
    assert refused.status_code == 403
    assert heading(refused) == "撤回的五分钟已过，请改用重开。"
    assert world.status(entry) == Status.accepted


def test_the_undo_goes_along_while_the_next_ones_are_skipped(cast, desk, travel):
    first = filed(cast)
    for n, code in enumerate(("Z2.2", "Z2.3"), start=1):
        travel.move_to(hours(n))
        filed(cast, code)
    after = decide(desk, first, "accept")
    skip = re.search(r'href="([^"]*)" rel="next"', after.content.decode())[1]
    later = desk.get(skip)
    desk.post(f"/review/{first.pk}/undo/", fields(later, "undo"))
    assert world.status(first) == Status.submitted


def test_nobody_sees_the_notice_of_another(cast, desk):
    entry = filed(cast)
    world.accept(entry, world.seat("reviewer", world.COUNTY))
    assert "可撤回" not in words(desk.get(f"/review/?done={entry.pk}"))


def test_after_the_last_one_the_page_says_so(cast, desk):
    after = decide(desk, filed(cast), "accept")
    assert heading(after) == "全部审完，没有待审核的材料了。"
    assert "刚才是最后一项。" in words(after)
    assert 'data-key="u"' in after.content.decode()


def test_a_claim_of_not_applicable_says_what_accepting_means(cast, desk):
    entry = filed(cast, note="本校没有高中学段。", claim=Claim.not_applicable)
    assert "学校申报：本项不适用。 通过即认可。" in words(desk.get(f"/review/{entry.pk}/"))
    after = decide(desk, entry, "accept")
    assert world.status(entry) == Status.exempt
    assert "已认定不适用：阳光小学 Z2.1" in words(after)


def test_without_a_script_a_press_puts_a_sentence_below_what_was_typed(cast, desk):
    entry = filed(cast)
    usual = "日期不在本期内，请补本期的材料。"
    shown = attach(entry, cast.filer, "x.pdf")
    entry.report.evidence.add(shown)
    page = decide(
        desk, entry, "return", phrase=usual, reason="补上第 2 页。\r\n谢谢。", destroy=[shown.pk]
    )
    html = page.content.decode()
    assert (page.status_code, world.status(entry)) == (200, Status.submitted)
    typed = re.search(r'<textarea id="why"[^>]*>(.*?)</textarea>', html, re.S)[1]
    assert typed == f"补上第 2 页。\n谢谢。\n{usual}"
    assert re.search(r'name="destroy" value="\d+" checked', html)
    after = decide(desk, entry, "return", reason=typed)
    assert Review.objects.get().reason == typed
    assert world.status(entry) == Status.returned
    assert "已退回：阳光小学 Z2.1" in words(after)
    assert "<span>已退回：阳光小学 Z2.1" in after.content.decode()  # a phone is told all of it too


def test_a_return_without_a_reason_changes_nothing_and_says_so(cast, desk):
    entry = filed(cast)
    refused = decide(desk, entry, "return", reason="  ")
    assert refused.status_code == 422
    assert "还没有退回" in words(refused)
    assert 'autofocus aria-invalid="true"' in refused.content.decode()
    assert (world.status(entry), Review.objects.count()) == (Status.submitted, 0)


def test_a_written_reason_is_not_lost_to_an_acceptance_without_a_second_word(cast, desk):
    entry = filed(cast)
    held = decide(desk, entry, "accept", reason=REASON)
    assert (held.status_code, world.status(entry)) == (422, Status.submitted)
    assert "还没有通过：已写了退回意见。要退回，点“退回 Z2.1”；仍要通过，请再点一次通过。" in words(
        held
    )
    assert f">{REASON}</textarea>" in held.content.decode()
    sent = {**fields(held, "accept"), "reason": REASON}
    returned = {**sent, "key": "other"}
    after = desk.post(f"/review/{entry.pk}/accept/", sent, follow=True)
    assert world.status(entry) == Status.accepted
    assert "已通过：阳光小学 Z2.1" in words(after)
    late = desk.post(f"/review/{entry.pk}/accept/", {**returned, "anyway": ""})
    assert late.status_code == 409 and REASON in words(late)


def test_a_return_says_that_it_stays_and_its_key_leads_to_the_comments(cast, desk):
    entry = filed(cast)
    after = decide(desk, entry, "return", reason=REASON)
    way = re.search(r'<a[^>]*href="([^"]*)"[^>]*data-key="u"[^>]*>([^<]*)', after.content.decode())
    assert way[1] == f"/review/{entry.pk}/#comments"
    assert way[2].strip() == "退回不能撤回，可给学校留言"


def test_the_page_of_what_one_accepted_takes_it_back_while_there_is_time(cast, desk, travel):
    entry = filed(cast)
    decide(desk, entry, "accept")
    page = desk.get(f"/review/{entry.pk}/")
    assert page.content.decode().count('data-key="u"') == 1
    both = desk.get(f"/review/{entry.pk}/?done={entry.pk}").content.decode()
    assert both.count('data-key="u"') == 1
    travel.move_to(world.NOON + timedelta(minutes=6))
    assert "撤回 Z2.1" not in words(desk.get(f"/review/{entry.pk}/"))
    travel.move_to(world.NOON + timedelta(minutes=4))
    desk.post(f"/review/{entry.pk}/undo/", fields(page, "undo"))
    assert world.status(entry) == Status.submitted
    world.accept(entry, world.seat("reviewer", world.COUNTY))
    assert "撤回 Z2.1" not in words(desk.get(f"/review/{entry.pk}/"))


@pytest.mark.parametrize("typed", ["请找 13812345678 核对。", "长" * 10_001])
def test_a_reason_that_will_not_do_comes_back_as_typed(cast, desk, typed):
    entry = filed(cast)
    shown = attach(entry, cast.filer, "x.pdf")
    entry.report.evidence.add(shown)
    refused = decide(desk, entry, "return", reason=typed, destroy=[str(shown.pk)])
    html = refused.content.decode()
    assert refused.status_code == 422
    assert f">{typed}</textarea>" in html
    assert re.search(r'name="destroy" value="\d+" checked', html)
    assert world.status(entry) == Status.submitted


def test_returning_can_destroy_one_file_and_leaves_the_other(cast, desk, settings):
    entry = world.entry(cast.school)
    doomed, kept = (
        upload(entry, cast.filer, name, colour)
        for name, colour in (("错的.png", "red"), ("对的.png", "blue"))
    )
    entry = world.file(entry, cast.filer)
    decide(desk, entry, "return", reason="含身份证号，已销毁。", destroy=[str(doomed.pk)])
    doomed.refresh_from_db()
    kept.refresh_from_db()
    assert (doomed.destroyed_by, doomed.destroyed_reason) == (
        cast.reviewer.user,
        "含身份证号，已销毁。",
    )
    assert kept.destroyed_at is None
    on_disk = {path.name for path in settings.EVIDENCE_DIR.glob("??/??/*")}
    assert on_disk == {kept.sha256}
    world.file(entry, cast.filer)
    page = words(desk.get(f"/review/{entry.pk}/"))
    assert "这次不再附上的" in page and "销毁了这份文件：含身份证号，已销毁。" in page


def upload(entry, seat, name, colour):
    picture = BytesIO()
    Image.new("RGB", (60, 40), colour).save(picture, "PNG")
    picture.seek(0)
    with uploads.check(name, picture) as checked:
        return uploads.store(entry, checked, by=seat.user)[0]


def test_a_second_click_decides_once_and_leads_to_the_same_place(cast, desk):
    entry = filed(cast)
    page = desk.get(f"/review/{entry.pk}/")
    sent = fields(page, "accept")
    first, second = (desk.post(f"/review/{entry.pk}/accept/", sent) for _ in range(2))
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert (Review.objects.count(), IdempotencyKey.objects.count()) == (1, 1)


def test_who_comes_second_is_told_who_decided_what_and_when(cast, desk):
    entry = filed(cast)
    page = desk.get(f"/review/{entry.pk}/")
    colleague = world.seat("reviewer", world.COUNTY, world.person(name="陈同事"))
    world.accept(entry, colleague)
    late = desk.post(f"/review/{entry.pk}/return/", {**fields(page, "return"), "reason": REASON})
    assert late.status_code == 409
    said = words(late)
    assert "陈同事" in said and "已通过" in said and "2026-11-20 12:00" in said
    assert REASON in said
    assert world.status(entry) == Status.accepted
    now = desk.get(f"/review/{entry.pk}/")
    assert "陈同事" in words(now) and is_open(now) is None


def test_who_comes_second_to_oneself_is_told_so(cast, desk):
    entry = filed(cast)
    page = desk.get(f"/review/{entry.pk}/")
    world.accept(entry, cast.reviewer)
    late = desk.post(f"/review/{entry.pk}/return/", {**fields(page, "return"), "reason": REASON})
    assert heading(late).startswith("您已在另一窗口先办：")
    assert late.status_code == 409 and REASON in words(late)


def test_a_decision_on_material_that_was_sent_anew_meanwhile_is_not_taken(cast, desk):
    entry = filed(cast)
    page = desk.get(f"/review/{entry.pk}/")
    progress.withdraw(entry.pk, by=cast.filer, version=entry.version)
    world.file(entry, cast.filer, note="改过的说明，请以此为准。")
    late = desk.post(f"/review/{entry.pk}/accept/", fields(page, "accept"))
    assert late.status_code == 409
    assert heading(late).startswith("材料已更新")
    assert world.status(entry) == Status.submitted
    assert "改过的说明" in words(desk.get(f"/review/{entry.pk}/"))


@pytest.mark.parametrize(
    "sent", [{}, {"version": "x", "report": "²"}, {"version": "9" * 30, "report": "-1"}]
)
def test_a_decision_without_what_it_is_about_is_stale(cast, desk, sent):
    entry = filed(cast)
    assert desk.post(f"/review/{entry.pk}/accept/", sent).status_code == 409
    assert world.status(entry) == Status.submitted


def test_whoever_wrote_a_report_finds_no_buttons_and_reads_why(cast, client):
    both = world.person()
    filer = world.seat("filer", cast.school, both)
    reviewer = world.seat("reviewer", world.COUNTY, both)
    entry = world.file(world.entry(cast.school), filer)
    page = world.sign_in(client, reviewer).get(f"/review/{entry.pk}/")
    assert is_open(page) is None
    assert 'name="reason"' not in page.content.decode()
    assert "这份填报由您本人填写或签发，须由同事审核。" in words(page)
