"""Asking for a later date in two presses, and answering one or many on a page."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from reform import readmission, steering, tallies
from reform.history import verify
from reform.models import Campaign, Entry, Event, Extension, IdempotencyKey, Reminder
from reform.models.campaign import CampaignState
from schools.models import School
from tests import world
from tests.reading import heading, words

pytestmark = pytest.mark.django_db

DUE = date(2026, 11, 30)
WHY = "期中考试与督导检查同周。"
QUEUE = "/extensions/"


@pytest.fixture
def entry(cast):
    return world.entry(cast.school, due_on=DUE)


def due(entry):
    return Entry.objects.values_list("due_on", flat=True).get(pk=entry.pk)


def test_two_presses_lead_from_an_item_to_a_request(cast, entry, at):
    here = reverse("extension_ask", args=[entry.pk])
    filer = at(cast.filer)
    assert here in filer.get(f"/entries/{entry.pk}/").content.decode()
    page = filer.get(here)
    assert heading(page) == "时限为 2026-11-30，还有 6 个工作日。需要延到哪一天？"
    assert "还有\u00a06\u00a0个" in page.content.decode()  # a number is not parted from its word
    assert page.context["dates"][0][0] == date(2026, 12, 4)

    done = filer.post(here, {"wanted_on": "2026-12-04", "reason": WHY, "key": "k"}, follow=True)

    assert done.redirect_chain == [(f"/entries/{entry.pk}/", 302)]
    assert "申请由 2026-11-30 延至 2026-12-04" in words(done)
    assert Extension.objects.get().reason == WHY
    again = filer.get(here)
    assert heading(again) == "已申请延至 2026-12-04，审核员尚未答复。"
    filer.post(reverse("extension_withdraw", args=[Extension.objects.get().pk]))
    assert "需要延到哪一天" in heading(filer.get(here))


def test_a_wrong_request_comes_back_beside_its_field_with_what_was_typed(cast, entry, at):
    here = reverse("extension_ask", args=[entry.pk])
    answer = at(cast.filer).post(here, {"wanted_on": "2026-12-05", "reason": WHY})
    assert answer.status_code == 422
    assert "请在可选日期中选择" in words(answer)
    assert WHY in answer.content.decode()
    private = at(cast.filer).post(here, {"wanted_on": "2026-12-04", "reason": "电13912345678"})
    assert (private.status_code, Extension.objects.count()) == (422, 0)


def test_after_the_date_the_page_says_what_to_do_instead(cast, entry, at, travel):
    travel.move_to(world.NOON + timedelta(days=11))
    page = at(cast.filer).get(reverse("extension_ask", args=[entry.pk]))
    assert heading(page).startswith("时限已过，不能再申请延期，")
    assert "<textarea" not in page.content.decode()


def test_the_reviewer_grants_what_is_ticked_and_refuses_the_rest_with_a_word(cast, at):
    entries = [world.entry(cast.school, code, due_on=DUE) for code in ("Z2.1", "Z2.2", "Z2.3")]
    asked = [
        world.asked(one, cast.filer, wanted_on=date(2026, 12, 4), reason=WHY) for one in entries
    ]
    desk = at(cast.reviewer)
    assert heading(desk.get(QUEUE)) == "有 3 项延期申请等待答复。"

    both = {"chosen": [asked[0].pk, asked[1].pk], "do": "grant", f"on-{asked[1].pk}": "2026-12-11"}
    done = desk.post(QUEUE, both, follow=True)
    assert "已同意 2 项延期申请。" in words(done)
    silent = desk.post(QUEUE, {"chosen": [asked[2].pk], "do": "refuse"})
    assert silent.status_code == 422
    refused = desk.post(QUEUE, {"chosen": [asked[2].pk], "do": "refuse", "reason": "先交目录。"})

    assert refused.status_code == 302
    assert [due(one) for one in entries] == [date(2026, 12, 4), date(2026, 12, 11), DUE]
    left = desk.get(QUEUE)
    assert heading(left) == "目前没有学校申请延期。"
    assert "先交目录。" in words(left)
    assert "先交目录。" in words(at(cast.filer).get(f"/entries/{entries[2].pk}/"))


def test_nothing_ticked_decides_nothing_and_a_strange_number_is_not_found(cast, entry, at):
    asked = world.asked(entry, cast.filer)
    desk = at(cast.reviewer)
    sent = desk.post(QUEUE, {"do": "grant", "reason": "请按新日期报送。"})
    assert "请先勾选申请" in words(sent)
    assert "请按新日期报送。" in words(sent)
    assert (
        at(cast.strange_reviewer).post(QUEUE, {"do": "grant", "chosen": [asked.pk]}).status_code
        == 404
    )
    assert Extension.objects.get().state == "waiting"


def test_the_date_that_was_chosen_stays_chosen_when_the_answer_is_refused(cast, entry, at):
    asked = world.asked(entry, cast.filer, wanted_on=date(2026, 12, 4))
    said = {"do": "refuse", "chosen": [asked.pk], f"on-{asked.pk}": "2026-12-11"}

    page = at(cast.reviewer).post(QUEUE, said).content.decode()

    assert '<option value="2026-12-11" selected>' in page
    assert page.count(" selected>") == 1


@pytest.mark.parametrize(("do", "word"), [("grant", "已同意"), ("refuse", "未同意")])
def test_whoever_is_second_reads_in_words_of_requests_what_became_of_it(cast, entry, at, do, word):
    asked = world.asked(entry, cast.filer)
    desk = at(cast.reviewer)
    said = {"do": do, "chosen": [asked.pk], "reason": "先交目录。"}
    desk.post(QUEUE, said)

    assert f"该申请现为“{word}”。" in words(desk.post(QUEUE, said, follow=True))


def test_the_queue_asks_as_often_for_one_row_as_for_three(cast, at, django_assert_num_queries):
    world.asked(world.entry(cast.school, due_on=DUE), cast.filer)
    desk = at(cast.reviewer)
    with django_assert_num_queries(7):
        desk.get(QUEUE)
    for code in ("Z2.2", "Z2.3"):
        world.asked(world.entry(cast.school, code, due_on=DUE), cast.filer)
    with django_assert_num_queries(7):
        desk.get(QUEUE)


def test_what_a_closed_campaign_holds_back_is_said(cast, entry, at):
    world.asked(entry, cast.filer)
    Campaign.objects.update(state="closed")
    said = "专项已结束，还有 1 件延期申请未答复；管理员重开专项后，恢复为待答复。"
    assert heading(at(cast.reviewer).get(QUEUE)) == said
    Campaign.objects.update(state="void")
    assert heading(at(cast.reviewer).get(QUEUE)) == "目前没有学校申请延期。"


# ---- a later date that the school did not ask for


@pytest.mark.parametrize("who", ["manager", "reviewer"])
def test_one_school_gets_a_later_date_that_it_did_not_ask_for(cast, entry, at, who):
    late = world.entry(cast.school, "Z2.2", due_on=date(2026, 11, 13))
    stays = world.entry(cast.school, "Z2.3", due_on=DUE)
    other = world.entry(world.school("另一所小学"), due_on=DUE)
    request = world.asked(entry, cast.filer, wanted_on=date(2026, 12, 4))
    desk, seat = at(getattr(cast, who)), getattr(cast, who)
    here = reverse("school_dates", args=[cast.school.code])
    assert f'href="{here}?entry={entry.pk}"' in desk.get(f"/entries/{entry.pk}/").content.decode()
    assert f'href="{here}"' in desk.get(f"/schools/{cast.school.code}/ledger/").content.decode()
    page = desk.get(here, {"entry": entry.pk})
    assert heading(page) == "该校有 3 项尚未提交，请勾选要延期的。"
    assert page.content.decode().count(" checked") == 1
    assert "学校已申请延至 2026-12-04" in words(page)

    typed = {"chosen": [entry.pk, late.pk], "on": "2026-12-11", "reason": WHY, "key": "k"}
    done = desk.post(here, typed, follow=True)
    desk.post(here, typed)

    assert "已将 2 项的时限延至 2026-12-11。" in words(done)
    assert [due(one) for one in (entry, late, stays, other)] == [date(2026, 12, 11)] * 2 + [DUE] * 2
    told = Event.objects.get(entry=entry)
    assert (told.kind, told.actor, told.words.text) == ("reschedule", seat.user, WHY)
    assert '"due_on":"2026-12-11"' in told.body and '"was":"2026-11-30"' in told.body
    moved = Reminder.objects.filter(about="moved", person=cast.filer.user)
    assert sorted(moved.values_list("entry", flat=True)) == sorted([entry.pk, late.pk])
    request.refresh_from_db()
    assert request.state == "lapsed"
    assert tallies.differences() == {} and list(verify()) == []
    assert "逾期 1" not in words(at(cast.filer).get("/school/"))


def test_all_that_can_have_it_get_it_at_once(cast, entry, at):
    far = world.entry(cast.school, "Z2.2", due_on=date(2027, 1, 15))
    sent = world.file(world.entry(cast.school, "Z2.3", due_on=DUE), cast.filer)
    here = reverse("school_dates", args=[cast.school.code])
    at(cast.manager).post(here, {"do": "all", "on": "2026-12-18", "reason": WHY})
    assert [due(one) for one in (entry, far, sent)] == [
        date(2026, 12, 18), date(2027, 1, 15), DUE
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"on": "2026-12-04", "reason": WHY}, "请勾选要延期的事项。"),
        ({"on": "2026-12-05", "reason": WHY, "chosen": "own"}, "请在可选日期中选择"),
        ({"on": "2027-01-22", "reason": WHY, "chosen": "own"}, "Z2.1不能延至 2027-01-22"),
        ({"on": "2026-12-04", "reason": "电13912345678", "chosen": "own"}, "手机号"),
        ({"on": "2026-12-04", "reason": WHY, "chosen": "other"}, "请勾选要延期的事项。"),
    ],
)
def test_what_cannot_be_given_is_said_and_nothing_moves(cast, entry, at, typed, said):
    far = world.entry(cast.school, "Z2.2", due_on=date(2027, 1, 15))
    other = world.entry(world.school("另一所小学"), due_on=DUE)
    if "chosen" in typed:
        typed = {**typed, "chosen": {"own": entry, "other": other}[typed["chosen"]].pk}
    page = at(cast.manager).post(reverse("school_dates", args=[cast.school.code]), typed)
    assert (page.status_code, said in words(page)) == (422, True)
    assert [due(one) for one in (entry, far, other)] == [DUE, date(2027, 1, 15), DUE]


def test_only_the_authority_of_a_school_gives_it_a_date(cast, entry, at):
    here = reverse("school_dates", args=[cast.school.code])
    for role, place, status in (
        ("viewer", world.COUNTY, 403),
        ("manager", "3301", 403),
        ("manager", world.SIBLING, 404),
    ):
        answer = at(world.seat(role, place)).post(here, {"on": "2026-12-04", "reason": WHY})
        assert answer.status_code == status, (role, place)
    assert here not in at(cast.viewer).get(f"/entries/{entry.pk}/").content.decode()


def test_the_page_of_a_later_date_asks_as_often_for_one_item_as_for_three(
    cast, entry, at, django_assert_num_queries
):
    desk, here = at(cast.manager), reverse("school_dates", args=[cast.school.code])
    with django_assert_num_queries(8):
        desk.get(here)
    for code in ("Z2.2", "Z2.3"):
        world.entry(cast.school, code, due_on=DUE)
    with django_assert_num_queries(8):
        desk.get(here)


# ---- one school goes on in a closed campaign


@pytest.fixture
def closed(cast, entry):
    campaign = entry.slot.campaign
    return steering.close(
        campaign.pk, by=cast.manager, version=campaign.version, reason="学年结束。"
    )


def test_one_school_is_let_on_until_a_day_and_nobody_else(cast, entry, closed, at, travel):
    other = world.school("另一所小学")
    theirs = world.entry(other, campaign=closed, due_on=DUE)
    here = reverse("campaign_readmit", args=[closed.pk])
    desk = at(cast.reviewer)
    assert here in desk.get(f"/campaigns/{closed.pk}/").content.decode()
    assert heading(desk.get(here)) == "专项已结束，有 2 所学校还有已开放而未办结的事项。"

    typed = {"school": cast.school.pk, "until": "2026-12-04", "reason": "系统停电，未能按时填报。"}
    done = desk.post(here, typed, follow=True)

    assert "已单独为该校开放 1 项，至 2026-12-04 止。" in words(done)
    assert due(entry) == date(2026, 12, 4)
    entry.refresh_from_db()
    world.file(entry, cast.filer)
    assert heading(desk.get("/review/")).startswith("还有 1 项等您审核")
    entry.refresh_from_db()
    world.accept(entry, cast.reviewer)
    refused = at(world.seat("filer", other)).post(f"/entries/{theirs.pk}/save/", {"version": 0})
    assert refused.status_code == 403


def test_before_closing_and_after_it_the_same_filings_are_counted_and_the_parts_named(cast, at):
    world.entry(cast.school, due_on=DUE)
    world.entry(cast.school, "Z2.2", due_on=DUE)
    world.entry(cast.school, "S1.1", opens_on=date(2027, 3, 1))
    private = world.school("民办小学", ownership="private")
    world.entry(private, "Z2.1", counted=False)
    left = world.entry(private, "Z2.2", counted=False)
    Entry.objects.filter(pk=left.pk).update(left_at=world.NOON)
    later = world.school("只有以后的小学")
    world.entry(later, "S1.1")
    desk = at(cast.manager)
    page = desk.get(reverse("campaign_close", args=[cast.campaign.pk]))
    assert heading(page).startswith("还有 5 项填报没有办结")
    said = words(page)
    assert "其中 2 项未到开放日。民办学校的 1 项仅供参照，看板不计入。" in said
    assert "阳光小学 3 项填报，其中 1 项未到开放日" in said and "民办小学 1 项填报" in said
    steering.close(
        cast.campaign.pk, by=cast.manager, version=cast.campaign.version, reason="学年结束。"
    )
    page = desk.get(reverse("campaign_readmit", args=[cast.campaign.pk]))
    assert "阳光小学（2 项可补办，另有 1 项未到开放日）" in words(page)
    assert "民办小学（1 项可补办）" in words(page) and later.name not in words(page)


def test_after_its_day_the_school_is_out_again_and_let_go_at_night(cast, entry, closed, at, travel):
    at(cast.reviewer).post(
        reverse("campaign_readmit", args=[closed.pk]),
        {"school": cast.school.pk, "until": "2026-12-04", "reason": WHY, "key": "k"},
    )
    assert School.objects.get(pk=cast.school.pk).locked
    assert at(cast.filer).post(f"/entries/{entry.pk}/save/", {"version": 0}).status_code == 302
    readmission.free_schools()
    assert School.objects.get(pk=cast.school.pk).locked
    travel.move_to(world.NOON + timedelta(days=15))
    assert at(cast.filer).post(f"/entries/{entry.pk}/save/", {"version": 0}).status_code == 403
    readmission.free_schools()
    assert not School.objects.get(pk=cast.school.pk).locked


def test_whoever_is_let_on_is_told_once_of_each_item_late_or_not(cast, entry, closed, travel):
    later = world.entry(cast.school, "Z2.2", campaign=closed, due_on=date(2026, 12, 11))
    until = date(2026, 12, 4)
    for _press in range(2):
        readmission.readmit(
            closed.pk, cast.school.pk, by=cast.reviewer, until=until, reason=WHY, key="k"
        )
    told = Reminder.objects.filter(about="moved", person=cast.filer.user)
    assert sorted(told.values_list("entry", "due_on")) == [
        (entry.pk, until),
        (later.pk, date(2026, 12, 11)),
    ]


def test_a_campaign_under_way_says_the_other_way(cast, entry, at):
    here = reverse("campaign_readmit", args=[entry.slot.campaign_id])
    assert "本专项尚未结束" in heading(at(cast.manager).get(here))
    assert entry.slot.campaign.state == CampaignState.open
    assert IdempotencyKey.objects.count() == 0
