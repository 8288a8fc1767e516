"""A campaign on its pages: draft, preview, open, dates, close, void, told before it is done."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils.html import escape

from reform import rollout
from reform.models import Campaign, Entry, IdempotencyKey
from reform.views import campaigns
from schools.models import School
from tests import world

pytestmark = pytest.mark.django_db

WHY = "期末工作集中，统一顺延"


@pytest.fixture
def english(client):
    client.cookies["language"] = "en"
    return client


@pytest.fixture
def desk(english, manager):
    """The manager's browser, in English, on 1 September."""
    return world.sign_in(english, manager)


def text(response):
    """The words of a page, without marks."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", words)


def outline(**fields):
    return {
        "framework": world.framework().pk,
        "school_year": world.YEAR,
        "name": "本县专项",
        "opens_on": "2026-09-01",
        "key": "k1",
        **fields,
    }


def test_a_clerk_only_presses_buttons_from_the_empty_list_to_an_open_campaign(desk, county):
    empty = desk.get(reverse("campaigns"))
    assert "No campaign yet." in text(empty)
    form = desk.get(reverse("campaign_new"))
    offered = form.context["form"].initial
    assert (offered["school_year"], offered["opens_on"]) == (world.YEAR, date(2026, 9, 1))

    made = desk.post(reverse("campaign_new"), {**outline(), **offered})
    campaign = Campaign.objects.get()
    assert made.url == reverse("campaign_open", args=[campaign.pk])
    seen = desk.get(made.url)
    assert "Opening asks 3 schools for 126 filings in all" in text(seen)

    opened = desk.post(made.url, {"version": campaign.version}, follow=True)

    assert "3 schools, " in text(opened)
    assert Entry.objects.filter(counted=True).count() == 126


def test_a_second_press_makes_no_second_draft(desk, county):
    for _press in range(2):
        desk.post(reverse("campaign_new"), outline())

    assert Campaign.objects.count() == 1
    assert IdempotencyKey.objects.count() == 1


def test_a_wrong_outline_is_refused_beside_its_field_and_keeps_what_was_typed(desk, county):
    answer = desk.post(
        reverse("campaign_new"), outline(name="名" * 61, opens_on="2027-09-01", school_year="1999")
    )

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "school_year"}
    assert "名" * 61 in answer.content.decode()
    wrong_day = desk.post(reverse("campaign_new"), outline(opens_on="2027-09-01"))
    assert "The school year 2026-2027 runs from 2026-09-01 to 2027-08-31." in text(wrong_day)
    no_day = desk.post(reverse("campaign_new"), outline(opens_on="2026-02-30"))
    assert set(no_day.context["form"].errors) == {"opens_on"}
    assert Campaign.objects.count() == 0


def test_a_draft_is_changed_on_its_page(desk, county, manager):
    campaign = world.draft(manager)
    here = reverse("campaign", args=[campaign.pk])

    desk.post(here, outline(name="改过的名称", sign_off="on", version=0))
    late = desk.post(here, outline(name="再改一次", version=0))

    campaign.refresh_from_db()
    assert (campaign.name, campaign.sign_off, campaign.version) == ("改过的名称", True, 1)
    assert late.status_code == 409
    assert "再改一次" in late.content.decode()


def test_the_preview_names_who_is_not_asked_and_why(desk, county, manager):
    campaign = world.draft(manager)
    here = reverse("campaign_open", args=[campaign.pk])

    said = text(desk.get(here))
    assert "Without a profile Asked as soon as their basic figures are entered. 1 school" in said
    assert "11 items filed by the bureau itself" in said
    assert "6 items done by the host branch" in said
    listed = text(desk.get(here, {"by": "school"}))
    assert "No profile yet: it is asked as soon as its basic figures are entered." in listed
    assert "邻县小学" not in listed
    one = text(desk.get(here, {"school": county["joint"].code}))
    assert "联合支部教学点 is asked for 17 filings." in one
    assert "Done by the host branch; nothing is asked of this school." in one
    assert desk.get(here, {"school": county["next door"].code}).status_code == 404
    assert desk.get(here, {"school": "\0"}).status_code == 404


def test_a_campaign_that_would_ask_nobody_says_so_and_has_no_button(desk, county, manager):
    world.opened(manager, name="第一个专项")
    campaign = world.draft(manager)
    here = reverse("campaign_open", args=[campaign.pk])

    seen = desk.get(here)

    assert "already asked for all of it in “第一个专项”" in text(seen)
    assert "Open the campaign" not in text(seen)
    assert desk.post(here, {"version": campaign.version}).status_code == 403
    assert Campaign.objects.get(pk=campaign.pk).state == "draft"


def test_a_year_without_terms_says_what_is_missing(desk, manager):
    campaign = world.draft(manager, year="2027-2028")
    seen = desk.get(reverse("campaign_open", args=[campaign.pk]))
    assert "The dates of term 1 of 2027-2028 are not known yet" in text(seen)


def test_opening_a_draft_that_a_colleague_changed_leads_back_to_it(desk, county, manager):
    campaign = world.draft(manager)
    Campaign.objects.update(version=1)

    answer = desk.post(reverse("campaign_open", args=[campaign.pk]), {"version": 0})

    assert answer.status_code == 409
    assert reverse("campaign", args=[campaign.pk]) in answer.content.decode()


def test_a_large_opening_is_left_to_the_tick_and_shows_how_far_it_is(
    desk, county, manager, monkeypatch
):
    monkeypatch.setattr(rollout, "AT_ONCE", 0)
    campaign = world.draft(manager)
    here = reverse("campaign_open", args=[campaign.pk])
    assert "one authority after the other" in text(desk.get(here))

    waiting = desk.post(here, {"version": campaign.version}, follow=True)
    assert "0 of 5 schools are asked." in text(waiting)
    rollout.continue_openings()

    assert "3 schools, " in text(desk.get(reverse("campaign", args=[campaign.pk])))


def test_a_new_date_is_shown_first_then_set(desk, county, manager):
    campaign = world.opened(manager)
    slot = campaign.slots.get(item__code="Z2.1", period="2026-2027-1")
    here = reverse("slot_reschedule", args=[slot.pk])
    typed = {"due_on": "2027-01-22", "reason": WHY, "key": "k", "do": "look"}

    seen = desk.post(here, typed)
    assert "4 open filings move, from 2027-01-15" in text(seen)
    assert WHY in seen.content.decode()
    slot.refresh_from_db()
    assert slot.due_on == date(2027, 1, 15)

    other = desk.post(here, {**typed, "do": "move", "due_on": "2027-01-21", "seen": "2027-01-22"})
    assert "4 open filings move" in text(other)
    slot.refresh_from_db()
    assert slot.due_on == date(2027, 1, 15)

    done = desk.post(here, {**typed, "do": "move", "seen": "2027-01-22"}, follow=True)
    assert "Z2.1 is due on 2027-01-22 now; 4 filings moved." in text(done)
    assert f"moved Z2.1 first term from 2027-01-15 to 2027-01-22 {WHY}" in text(done)


def test_a_day_off_is_refused_with_the_days_beside_it(desk, county, manager):
    slot = world.opened(manager).slots.get(item__code="X1.1")
    here = reverse("slot_reschedule", args=[slot.pk])

    answer = desk.post(here, {"due_on": "2026-10-03", "reason": WHY, "do": "move", "key": "k"})

    assert answer.status_code == 422
    assert "2026-10-03 is not a working day: take 2026-10-08, or 2026-09-30" in text(answer)
    assert WHY in answer.content.decode()
    phone = desk.post(here, {"due_on": "2026-10-09", "reason": "电 13912345678", "do": "move"})
    assert "mobile number" in text(phone)


def test_a_city_gives_one_of_its_counties_a_date_of_its_own(english, travel, county):
    city = world.seat("manager", "3301")
    desk = world.sign_in(english, city)
    slot = world.opened(city).slots.get(item__code="Z2.1", period="2026-2027-1")
    here = reverse("slot_reschedule", args=[slot.pk])
    choices = [code for code, _name in desk.get(here).context["form"].fields["authority"].choices]
    assert choices == ["", world.SIBLING, world.COUNTY]

    desk.post(
        here,
        {
            "due_on": "2027-01-08",
            "authority": world.SIBLING,
            "reason": WHY,
            "do": "move",
            "seen": f"2027-01-08 {world.SIBLING}",
        },
    )

    shown = text(desk.get(reverse("campaign", args=[slot.campaign_id])))
    assert "上城区 2027-01-08" in shown
    county_page = world.sign_in(english, world.seat("viewer", world.COUNTY))
    next_door = county_page.get(reverse("campaign", args=[slot.campaign_id]))
    assert "上城区" not in next_door.content.decode()
    assert WHY not in next_door.content.decode()


def test_a_slot_is_withdrawn_with_a_reason(desk, county, manager):
    slot = world.opened(manager).slots.get(item__code="X1.1")
    here = reverse("slot_withdraw", args=[slot.pk])
    assert "1 school no longer owes it." in text(desk.get(here))
    assert desk.post(here, {"reason": " "}).status_code == 422

    done = desk.post(here, {"reason": WHY, "key": "k"}, follow=True)
    again = desk.post(here, {"reason": WHY, "key": "k"}, follow=True)

    assert "X1.1 is withdrawn." in text(done)
    assert "X1.1 is withdrawn." in text(again)
    assert desk.get(here).status_code == 403


def test_closing_says_what_is_still_open_and_can_be_undone(desk, county, manager):
    campaign = world.opened(manager)
    close = reverse("campaign_close", args=[campaign.pk])

    seen = desk.get(close)
    assert "175 filings are not settled" in text(seen)
    assert "49 are of private schools, for reference: no board counts them." in text(seen)
    assert "多支部中学 60 filings" in text(seen)
    said = {"version": campaign.version, "key": "k"}
    assert desk.post(close, said).status_code == 422
    assert Campaign.objects.get().state == "open"
    assert WHY in text(desk.post(close, {**said, "reason": WHY}, follow=True))
    assert Campaign.objects.get().state == "closed"
    assert desk.get(close).status_code == 403

    reopen = reverse("campaign_reopen", args=[campaign.pk])
    version = Campaign.objects.get().version
    assert desk.post(reopen, {"version": version, "reason": ""}).status_code == 422
    done = desk.post(reopen, {"version": version, "reason": WHY}, follow=True)
    assert "is open again." in text(done)


def test_voiding_needs_a_reason_and_then_shows_it(desk, county, manager):
    campaign = world.opened(manager)
    void = reverse("campaign_void", args=[campaign.pk])
    page = text(desk.get(void))
    assert "Void is for good" in page and "No school has begun anything in it." in page
    version = campaign.version

    done = desk.post(void, {"version": version, "reason": "清单<选错>", "key": "k"}, follow=True)

    assert f"Reason: {escape('清单<选错>')}" in done.content.decode()
    assert desk.post(void, {"version": version, "reason": WHY}).status_code == 409


def test_whoever_is_not_its_manager_reads_it_without_buttons(english, county, manager):
    campaign = world.opened(manager)
    here = reverse("campaign", args=[campaign.pk])
    for role, place in (("viewer", world.COUNTY), ("reviewer", world.COUNTY), ("manager", "3301")):
        desk = world.sign_in(english, world.seat(role, place))
        shown = desk.get(here).content.decode()
        links = ("/reschedule/", "/withdraw/", "/close/", "/void/", "/open/")
        assert [link for link in links if link in shown] == []
        for name in ("campaign_close", "campaign_void", "campaign_reopen"):
            posted = {"version": campaign.version, "reason": WHY}
            answer = desk.post(reverse(name, args=[campaign.pk]), posted)
            assert answer.status_code == 403
    stranger = world.sign_in(english, world.seat("manager", world.SIBLING))
    assert stranger.get(here).status_code == 404
    assert Campaign.objects.get().state == "open"


def test_a_county_reads_what_binds_it_from_above_with_its_own_figures(english, county, manager):
    campaign = world.opened(world.seat("manager", "3301"), name="市级专项")
    desk = world.sign_in(english, world.seat("viewer", world.SIBLING))

    assert "市级专项" in text(desk.get(reverse("campaigns")))
    assert "1 school, " in text(desk.get(reverse("campaign", args=[campaign.pk])))


def test_a_city_lists_the_campaigns_of_its_counties_after_its_own(
    english, county, manager, monkeypatch
):
    world.opened(world.seat("manager", "3302"), name="邻市专项")
    below = world.opened(manager, name="本县专项")
    own = world.opened(world.seat("manager", "3301"), name="市级专项")
    draft = world.draft(manager)
    desk = world.sign_in(english, world.seat("viewer", "3301"))
    page = desk.get(reverse("campaigns"))
    listed = re.findall(r'href="/campaigns/(\d+)/"', page.content.decode())
    assert listed == [str(own.pk), str(draft.pk), str(below.pk)]
    assert "2 campaigns are under way" in text(page) and "邻市专项" not in text(page)
    assert desk.get(reverse("campaign", args=[below.pk])).status_code == 200
    monkeypatch.setattr(campaigns, "PAGE", 1)
    first = desk.get(reverse("campaigns"))
    second = desk.get(reverse("campaigns") + first.context["next_url"])
    assert [page.context["lines"][0]["campaign"].pk for page in (first, second)] == [
        own.pk,
        draft.pk,
    ]
    assert "2 campaigns are under way" in text(second)


def queries(desk, django_assert_num_queries, url):
    with django_assert_num_queries(12, exact=False) as seen:
        assert desk.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize(
    ("name", "number"), [("campaigns", 6), ("campaign", 10), ("campaign_close", 8)]
)
def test_pages_of_an_open_campaign_ask_as_often_for_one_row_as_for_three(
    desk, manager, django_assert_num_queries, name, number
):
    world.school("一小", profile="multi")
    campaign = world.opened(manager)
    url = reverse(name, args=[] if name == "campaigns" else [campaign.pk])
    assert queries(desk, django_assert_num_queries, url) == number

    world.school("二小", profile="single")
    world.school("三小", profile="joint")
    rollout.add_late_joiners()
    for _n in range(2):
        world.campaign()

    assert queries(desk, django_assert_num_queries, url) == number


@pytest.mark.parametrize(("asked", "number"), [("", 9), ("?by=school", 10), ("?school={code}", 9)])
def test_pages_before_opening_ask_as_often_for_one_school_as_for_three(
    desk, manager, django_assert_num_queries, asked, number
):
    school = world.school("一小", profile="multi")
    campaign = world.draft(manager)
    url = reverse("campaign_open", args=[campaign.pk]) + asked.format(code=school.code)
    assert queries(desk, django_assert_num_queries, url) == number

    for name in ("二小", "三小"):
        world.school(name, profile="single")

    assert queries(desk, django_assert_num_queries, url) == number


def test_the_dearest_preview_stays_within_the_budget(
    desk, county, manager, django_assert_num_queries
):
    """Some are asked elsewhere, so that both further queries are needed."""
    world.opened(world.seat("manager", "3301"))
    School.objects.filter(pk=county["unknown"].pk).update(profile="single")
    campaign = world.draft(manager)
    url = reverse("campaign_open", args=[campaign.pk])

    assert queries(desk, django_assert_num_queries, url) == 10
    seen = desk.get(url).context["seen"]

    assert (seen.skipped_schools, seen.filings) == (3, 49)
