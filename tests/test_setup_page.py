"""The first day's hub: each step as it stands, one way on; and where a mistake is undone."""

import pytest
from django.urls import reverse

from reform import steering
from schools import activation, clock
from schools.models import School, Term
from tests import world
from tests.reading import heading, words

pytestmark = pytest.mark.django_db

WHY = "布置有误"


@pytest.fixture
def desk(client, manager):
    client.cookies["language"] = "en"
    return world.sign_in(client, manager)


def lights(desk):
    """step → (light, how it stands, where it leads)."""
    steps = desk.get("/setup/").context["steps"]
    return {step.name: (step.light, step.said, step.url) for step in steps}


def test_an_empty_county_begins_here_with_the_school_list(desk):
    assert desk.get("/").url == "/setup/"
    shown = desk.get("/setup/")

    assert heading(shown).endswith("next: School list.")
    assert lights(desk)["School list"] == ("todo", "no school yet", "/schools/lists/")
    assert lights(desk)["Accounts"][:2] == ("todo", "comes after the school list")
    assert lights(desk)["Campaign"] == ("todo", "no campaign yet", "/campaigns/")


def test_every_step_leads_to_a_page_this_seat_may_open(desk):
    for name, (_light, _said, url) in lights(desk).items():
        assert desk.get(url).status_code == 200, name


def test_each_step_tells_how_it_stands(desk, manager):
    first, second = world.school("一小"), world.school("二小")
    world.seat("filer", first)
    waiting = world.seat("secretary", second).user
    waiting.set_unusable_password()
    waiting.save()
    School.objects.filter(pk=first.pk).update(baseline_at=clock.now())
    world.school("邻县小学", authority=world.SIBLING)
    world.draft(manager)

    found = lights(desk)

    assert found["School list"][:2] == ("done", "2 schools")
    assert found["Terms and calendar"][:2] == ("done", "the terms of 2026-2027 are settled")
    assert found["Accounts"] == ("busy", "1 school has no filer", "/people/gaps/")
    assert found["Slips"][:2] == ("busy", "1 account is not opened yet")
    assert found["Basic figures"][:2] == ("busy", "1 of 2 schools have answered")
    assert found["Campaign"][:2] == ("busy", "a draft waits to be opened")


def test_a_county_where_nobody_reviews_is_told_so(desk, manager):
    world.seat("filer", world.school("一小"))
    light, said, _url = lights(desk)["Accounts"]
    assert (light, said.partition(";")[0]) == ("busy", "nobody reviews here yet")

    world.seat("reviewer", world.COUNTY, manager.user)
    assert lights(desk)["Accounts"][:2] == ("done", "every school has a filer")


def test_provisional_and_missing_terms_are_told_apart(desk, travel):
    Term.objects.filter(school_year=world.YEAR).update(provisional=True)
    assert lights(desk)["Terms and calendar"][:2] == (
        "busy",
        "the terms of 2026-2027 are provisional",
    )
    Term.objects.filter(school_year=world.YEAR, no=2).delete()
    assert lights(desk)["Terms and calendar"][0] == "todo"
    assert desk.get("/setup/").context["next"].name == "School list"


def test_provisional_terms_do_not_stand_in_the_way(desk):
    """They are settled when others publish them; the next step is one that can be taken."""
    world.school("一小")
    Term.objects.filter(school_year=world.YEAR).update(provisional=True)
    assert heading(desk.get("/setup/")).endswith("next: Accounts.")


def test_slips_that_are_out_and_figures_that_schools_owe_do_not_stand_in_the_way(desk, manager):
    filer = world.seat("filer", world.school("一小")).user
    world.seat("reviewer", world.COUNTY, manager.user)
    filer.set_unusable_password()
    filer.save()
    assert heading(desk.get("/setup/")).endswith("next: Slips.")
    activation.issue(filer, manager.user)
    assert lights(desk)["Slips"][1] == "every account has its slip; 1 are not opened yet"
    assert heading(desk.get("/setup/")).endswith("next: Campaign.")


def test_in_summer_the_calendar_of_the_next_year_is_asked_for(client, travel, db):
    travel.move_to(clock.now().replace(year=2026, month=7, day=20))
    client.cookies["language"] = "en"
    desk = world.sign_in(client, world.seat("manager", world.COUNTY))
    assert lights(desk)["Terms and calendar"][2] == "/calendar/?year=2026-2027"


def test_once_a_campaign_runs_the_day_begins_on_the_board(desk, manager):
    world.school("一小")
    world.opened(manager)
    assert desk.get("/").url == "/board/"
    assert lights(desk)["Campaign"][:2] == ("done", "a campaign is under way")


def test_the_rail_holds_five_places_at_most_and_setup_is_one_of_a_managers(client, manager):
    both = world.seat("reviewer", world.COUNTY, manager.user)
    for seat, number in ((manager, 5), (both, 5)):
        shown = world.sign_in(client, seat).get("/setup/")
        places = shown.context["house"]["places"]
        assert len(places) == number
        assert ("/setup/", "page") in {(place["url"], place["current"]) for place in places}
        assert reverse("account") in shown.content.decode()
    rail = world.sign_in(client, both).get("/people/").context["house"]["places"]
    assert [place["url"] for place in rail if place["current"]] == ["/setup/"]  # no room of its own
    viewer = world.sign_in(client, world.seat("viewer", world.COUNTY))
    assert viewer.get("/setup/").status_code == 403
    places = viewer.get("/board/", follow=True).context["house"]["places"]
    assert "/setup/" not in {place["url"] for place in places}


def test_the_hub_asks_as_often_for_one_school_as_for_three(
    desk, manager, django_assert_num_queries
):
    world.seat("filer", world.school("一小"))
    with django_assert_num_queries(12):
        desk.get("/setup/")
    for name in ("二小", "三小"):
        world.seat("filer", world.school(name))
    world.draft(manager)
    with django_assert_num_queries(12):
        desk.get("/setup/")


# ---- mistakes undone


@pytest.fixture
def begun(desk, manager):
    """A campaign under way with one accepted filing."""
    school = world.school("一小", profile="single")
    campaign = world.opened(manager)
    entry = campaign.slots.get(item__code="Z2.1", period="2026-2027-1").entries.get()
    world.file(entry, world.seat("filer", school))
    return campaign, world.accept(entry, world.seat("reviewer", world.COUNTY))


def test_from_the_boards_rows_an_item_can_be_given_a_new_date_or_be_withdrawn(desk, begun):
    _campaign, entry = begun
    rows = desk.get(f"/board/{world.COUNTY}/rows/").content.decode()
    assert reverse("entry", args=[entry.pk]) in rows

    page = desk.get(reverse("entry", args=[entry.pk]))

    assert "Both concern all schools of the campaign; each says first" in words(page)
    for name in ("slot_reschedule", "slot_withdraw"):
        url = reverse(name, args=[entry.slot_id])
        assert url in page.content.decode()
        assert desk.get(url).status_code == 200


def test_only_the_manager_of_the_campaign_is_shown_these_ways(client, begun):
    _campaign, entry = begun
    for role, place in (("viewer", world.COUNTY), ("manager", "3301"), ("reviewer", world.COUNTY)):
        shown = world.sign_in(client, world.seat(role, place)).get(f"/entries/{entry.pk}/")
        assert f"/slots/{entry.slot_id}/" not in shown.content.decode()


def test_an_accepted_entry_says_what_opening_it_again_does(client, begun):
    _campaign, entry = begun
    client.cookies["language"] = "en"
    desk = world.sign_in(client, world.seat("reviewer", world.COUNTY))
    shown = words(desk.get(f"/entries/{entry.pk}/"))
    assert "It goes back to the school as returned, with at least five working days" in shown
    desk.post(reverse("entry_reopen", args=[entry.pk]), {"version": entry.version, "reason": WHY})
    assert world.status(entry).name == "returned"


def test_a_closed_campaign_is_reopened_and_a_void_one_says_it_is_for_good(desk, begun, manager):
    campaign, _entry = begun
    page = reverse("campaign", args=[campaign.pk])
    assert reverse("campaign_void", args=[campaign.pk]) in desk.get(page).content.decode()
    closed = steering.close(campaign.pk, by=manager, version=campaign.version, reason="学年结束。")
    assert reverse("campaign_reopen", args=[campaign.pk]) in desk.get(page).content.decode()
    assert "Void is for good" in words(desk.get(reverse("campaign_void", args=[closed.pk])))


def test_a_withdrawn_item_says_that_it_does_not_come_back(desk, begun, manager):
    campaign, entry = begun
    steering.withdraw_slot(entry.slot_id, by=manager, reason=WHY)
    said = words(desk.get(reverse("campaign", args=[campaign.pk])))
    assert "A withdrawn item does not come back here" in said
    there = words(desk.get(reverse("entry", args=[entry.pk])))
    assert "This item is withdrawn for all schools of the campaign." in there


def test_moved_dates_are_told_on_the_campaigns_page(desk, begun, manager):
    campaign, _entry = begun
    world.school("二小", profile="single")
    fields = {"school_year": world.YEAR, "no": "1", "stage": "", "starts": "2026-09-01",
              "ends": "2027-01-15", "reason": WHY, "key": "k"}  # fmt: skip
    seen = desk.post("/calendar/term/", fields).context["plan"].seen
    desk.post("/calendar/term/", {**fields, "do": "move", "seen": seen})
    said = words(desk.get(reverse("campaign", args=[campaign.pk])))
    assert "dates with the calendar, " in said and WHY in said
