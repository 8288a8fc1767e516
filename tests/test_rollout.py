"""Opening a campaign: who gets what, once, in batches that survive a crash, with true counts."""

import json
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.db.models import Count
from django.utils import translation

from reform import history, progress, rollout, slots, steering, tallies
from reform.models import Campaign, Due, Enrolment, Entry, Event, Item, Slot, Tally
from reform.states import Keeper
from schools.errors import Denied, Stale
from schools.models import School, Term
from tests import world

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def filings(campaign):
    """school name → number of its entries."""
    rows = Entry.objects.filter(slot__campaign=campaign).values_list("school__name")
    return dict(rows.order_by().annotate(n=Count("pk")))


def everything_is_true():
    return tallies.differences() == {} and list(history.verify()) == []


def test_a_full_year_is_60_49_or_17_filings_by_profile(county, manager):
    campaign = world.opened(manager)

    assert campaign.state == "open"
    assert filings(campaign) == {
        "多支部中学": 60,
        "单支部小学": 49,
        "联合支部教学点": 17,
        "民办小学": 49,
        "西湖区教育局": 11,
    }
    assert everything_is_true()


def test_only_public_schools_are_counted_and_only_those_asked_are_locked(county, manager):
    campaign = world.opened(manager)

    counted = campaign.enrolments.filter(counted=True).values_list("school__name", flat=True)
    assert sorted(counted) == ["单支部小学", "多支部中学", "联合支部教学点"]
    locked = School.objects.filter(locked=True).values_list("name", flat=True)
    assert sorted(locked) == [
        "单支部小学",
        "多支部中学",
        "民办小学",
        "联合支部教学点",
        "西湖区教育局",
    ]
    assert sum(Tally.objects.values_list("n", flat=True)) == 60 + 49 + 17


def test_the_bureau_keeps_what_is_the_districts(county, manager):
    campaign = world.opened(manager)

    kept = Entry.objects.filter(school=county["bureau"])
    assert set(kept.values_list("keeper", "counted")) == {(Keeper.district, False)}
    assert kept.filter(slot__item__code="X3.1").count() == 1
    own = Entry.objects.filter(slot__campaign=campaign).exclude(school=county["bureau"])
    assert set(own.values_list("keeper", flat=True)) == {Keeper.school}


def test_the_history_tells_what_was_opened_and_issued(county, manager):
    campaign = world.opened(manager)

    told = Event.objects.filter(subject=campaign.subject).values_list("kind", "body")
    seat = f'"seat":"{manager.key}"'
    assert list(told) == [
        ("open", f'{{"campaign":{campaign.pk},{seat},"slots":61}}'),
        ("opened", f'{{"campaign":{campaign.pk},"entries":186,"schools":4,"skipped":0}}'),
    ]
    issued = Event.objects.get(subject=county["joint"].subject)
    assert issued.body == f'{{"campaign":{campaign.pk},"entries":17}}'


def test_dates_follow_the_rules_of_the_items(county, manager):
    campaign = world.opened(manager)

    dates = {
        (slot.item.code, slot.period): (slot.opens_on, slot.due_on)
        for slot in campaign.slots.select_related("item")
    }
    year_start = date(2026, 9, 1)
    assert dates["Z2.1", "2026-2027-1"] == (year_start, date(2027, 1, 15))
    assert dates["Z2.1", "2026-2027-2"] == (date(2027, 3, 1), date(2027, 6, 18))
    assert dates["X1.1", "2026-2027"] == (year_start, date(2026, 11, 10))
    assert dates["Z1.1", "2026-2027"] == (year_start, date(2027, 6, 15))


def test_nobody_is_late_on_arrival_and_what_is_over_is_left_out(travel, county, manager):
    travel.move_to(datetime(2027, 1, 11, 1, 0, tzinfo=UTC))
    campaign = world.opened(manager)

    slot = campaign.slots.get(item__code="Z2.1", period="2026-2027-1")
    assert slot.due_on == date(2027, 1, 29)  # ten working days later is 01-25, offered that Friday
    parties = Item.objects.filter(cadence="year", clock="party", framework=campaign.framework)
    assert campaign.slots.filter(item__in=parties).count() == 0
    assert filings(campaign)["多支部中学"] == 60 - parties.count()


def test_a_year_that_is_over_cannot_be_opened(travel, county, manager):
    travel.move_to(datetime(2027, 9, 1, 1, 0, tzinfo=UTC))

    with pytest.raises(Denied, match="every period of this school year is over"):
        world.opened(manager)


def test_opening_twice_changes_nothing(county, manager):
    campaign = world.opened(manager)
    before = (Entry.objects.count(), Event.objects.count(), Slot.objects.count())

    again = rollout.open_campaign(campaign.pk, by=manager)

    assert again.state == "open"
    assert (Entry.objects.count(), Event.objects.count(), Slot.objects.count()) == before


def test_only_the_manager_of_that_region_opens(county, manager):
    campaign = world.draft(manager)
    for role, place in (("manager", world.SIBLING), ("reviewer", world.COUNTY), ("manager", "33")):
        with pytest.raises(Denied):
            rollout.open_campaign(campaign.pk, by=world.seat(role, place))
    assert Entry.objects.count() == 0


def test_an_unpublished_list_is_not_opened(county, manager):
    campaign = world.draft(manager)
    campaign.framework.__class__.objects.update(state="superseded")

    with pytest.raises(Denied, match="not in force"):
        rollout.open_campaign(campaign.pk, by=manager)


def test_a_draft_that_a_colleague_changed_is_not_opened(county, manager):
    campaign = world.draft(manager)
    outline = rollout.Outline(campaign.framework, world.YEAR, "改名", date(2026, 9, 1))
    rollout.revise(campaign.pk, outline, by=manager, version=0)

    with pytest.raises(Stale):
        rollout.open_campaign(campaign.pk, by=manager, version=0)


def test_a_killed_opening_is_finished_by_the_tick(county, manager, monkeypatch):
    monkeypatch.setattr(rollout, "BATCH", 1)
    monkeypatch.setattr(rollout, "AT_ONCE", 0)
    city = world.seat("manager", "3301")
    campaign = world.opened(city)
    assert (campaign.state, Entry.objects.count()) == ("opening", 0)

    class Killed(Exception):
        pass

    def die(execute, sql, *rest):
        if "INTO reform_tally" in sql:  # the entries are written, their counts are not
            raise Killed
        return execute(sql, *rest)

    rollout._fill_next(campaign.pk, None)
    with pytest.raises(Killed), connection.execute_wrapper(die):
        rollout.continue_openings()
    assert Enrolment.objects.values_list("authority", flat=True).distinct().get() == world.SIBLING

    rollout.continue_openings()

    campaign.refresh_from_db()
    assert campaign.state == "open"
    assert filings(campaign)["多支部中学"] == 60
    assert filings(campaign)["邻县小学"] == 60
    assert everything_is_true()


def test_nobody_is_asked_twice_by_two_campaigns(county, manager):
    first = world.opened(manager)
    city = world.seat("manager", "3301")

    second = world.opened(city, name="市级专项")

    assert filings(second) == {"邻县小学": 60, "上城区教育局": 1}
    told = Event.objects.get(subject="region:3301", kind="opened")
    assert json.loads(told.body)["skipped"] == 60 + 49 + 17 + 49
    assert filings(first)["多支部中学"] == 60
    assert everything_is_true()


def test_a_second_campaign_that_would_ask_nobody_is_refused_with_the_name_of_the_first(
    county, manager
):
    world.opened(manager, name="第一个专项")

    with pytest.raises(Denied, match="第一个专项"):
        world.opened(manager)


def test_a_second_campaign_asks_what_was_withdrawn_from_the_first(county, manager):
    first = world.opened(manager)
    slot = first.slots.get(item__code="X1.1")
    steering.withdraw_slot(slot.pk, by=manager, reason="改由另一个专项布置")

    second = world.opened(manager)

    assert filings(second) == {"多支部中学": 1, "西湖区教育局": 1}
    assert everything_is_true()


def test_a_void_campaign_stands_in_nobodys_way(county, manager):
    first = world.opened(manager)
    steering.void(first.pk, by=manager, version=first.version, reason="清单选错")

    second = world.opened(manager)

    assert filings(second)["多支部中学"] == 60
    assert everything_is_true()


def test_a_school_that_gets_its_profile_later_joins_with_time_enough(travel, county, manager):
    campaign = world.opened(manager)
    travel.move_to(datetime(2027, 1, 11, 1, 0, tzinfo=UTC))
    School.objects.filter(pk=county["unknown"].pk).update(profile="single", form="branch")

    assert rollout.add_late_joiners() == 1
    assert rollout.add_late_joiners() == 0

    entries = Entry.objects.filter(school=county["unknown"])
    dates = {e.slot.period: e.due_on for e in entries.filter(slot__item__code="Z2.2")}
    assert dates == {"2026-2027-1": date(2027, 1, 29), "2026-2027-2": date(2027, 6, 18)}
    over = Item.objects.filter(cadence="year", clock="party", profiles__single="full").count()
    assert 0 < over
    assert entries.filter(slot__item__cadence="year", slot__item__clock="party").count() == 0
    assert entries.count() < 49
    assert min(e.due_on for e in entries) >= date(2027, 1, 25)
    assert filings(campaign)["未摸底小学"] == entries.count()
    assert everything_is_true()


def test_a_new_school_joins_every_campaign_that_binds_it_and_is_asked_once(county, manager):
    world.opened(manager)
    city = world.opened(world.seat("manager", "3301"), name="市级专项")
    new = world.school("新建小学", profile="multi")

    assert rollout.add_late_joiners() == 2

    assert Enrolment.objects.filter(school=new).count() == 2
    assert Entry.objects.filter(school=new).count() == 60
    assert filings(city) == {"邻县小学": 60, "上城区教育局": 1}
    assert everything_is_true()


def test_nobody_joins_a_campaign_that_is_closed(county, manager):
    campaign = world.opened(manager)
    steering.close(campaign.pk, by=manager, version=campaign.version, reason="学年结束。")
    world.school("新建小学")

    assert rollout.add_late_joiners() == 0


def test_an_authority_with_terms_of_its_own_has_dates_of_its_own(county, manager):
    Term.objects.create(
        region_id=world.SIBLING,
        school_year=world.YEAR,
        no=1,
        starts=date(2026, 9, 7),
        ends=date(2027, 1, 22),
    )
    campaign = world.opened(world.seat("manager", "3301"))

    slot = campaign.slots.get(item__code="Z2.1", period="2026-2027-1")
    entries = Entry.objects.filter(slot=slot)
    assert entries.get(school=county["multi"]).due_on == date(2027, 1, 15)
    assert entries.get(school=county["next door"]).due_on == date(2027, 1, 8)
    due = Due.objects.get(slot=slot)
    assert (due.authority_id, due.due_on, due.source) == (
        world.SIBLING,
        date(2027, 1, 8),
        "computed",
    )
    assert everything_is_true()


def test_what_was_issued_can_be_filed_and_accepted(travel, county, manager):
    campaign = world.opened(manager)
    travel.move_to(world.NOON)
    school = county["joint"]
    entry = Entry.objects.filter(school=school, slot__opens_on__lte=date(2026, 11, 20)).first()
    entry = world.file(entry, world.seat("filer", school))
    world.accept(entry, world.seat("reviewer", world.COUNTY))

    assert entry.slot.campaign == campaign
    assert progress.Status(Entry.objects.get(pk=entry.pk).status) == progress.Status.accepted
    assert everything_is_true()


def test_a_draft_is_made_once_however_often_the_button_is_pressed(county, manager):
    outline = rollout.Outline(world.framework(), world.YEAR, "专项", date(2026, 9, 1))

    first = rollout.create(world.COUNTY, outline, by=manager, key="once")
    again = rollout.create(world.COUNTY, outline, by=manager, key="once")

    assert (first, Campaign.objects.count()) == (again, 1)
    with pytest.raises(Denied):
        rollout.create(world.SIBLING, outline, by=manager)


def test_an_item_with_one_slot_has_the_school_year_as_its_period():
    item = Item(cadence="year")
    assert slots.periods(item, world.YEAR) == ["2026-2027"]
    assert slots.periods(Item(cadence="term"), world.YEAR) == ["2026-2027-1", "2026-2027-2"]
