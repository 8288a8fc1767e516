"""What bureaus keep themselves: who gets it, when, once, in batches, and never late on arrival."""

from datetime import UTC, date, datetime
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import translation

from reform import history, keeping, rollout, rounds, steering, tallies
from reform.models import Enrolment, Entry, Event
from reform.states import Keeper
from schools.models import Region, School
from tests import world

pytestmark = [pytest.mark.database, pytest.mark.django_db]
CADRES = {"X1.1", "X1.4", "X1.5", "X2.1", "X2.2", "X2.3", "X5.1", "X5.2", "X5.3", "X5.4"}


def kept(authority=world.COUNTY):
    """Codes of what the bureau of an authority keeps."""
    rows = Entry.objects.filter(authority=authority, keeper=Keeper.district, left_at=None)
    return set(rows.values_list("slot__item__code", flat=True))


def before_the_registers(campaign):
    """As a campaign stood that was opened when bureaus were given the district's items only."""
    of_bureaus = Entry.objects.filter(slot__campaign=campaign, keeper=Keeper.district)
    of_bureaus.exclude(slot__item__code="X3.1").delete()
    campaign.enrolments.update(kept_for="")


def everything_is_true():
    return tallies.differences() == {} and list(history.verify()) == []


def test_a_county_with_a_one_branch_school_keeps_the_cadre_items_and_the_studios(county, manager):
    world.opened(manager)

    assert kept() == CADRES | {"X3.1"}
    assert everything_is_true()


def test_private_and_multi_branch_schools_leave_their_bureau_the_studios_only(manager):
    world.bureau()
    world.school(profile="multi")
    world.school(profile="joint")
    world.school(profile="single", ownership="private")

    world.opened(manager)

    assert kept() == {"X3.1"}


def test_a_bureau_that_is_not_on_record_comes_with_the_opening(manager):
    Region.objects.filter(pk=world.COUNTY).update(bureau_name="西湖区教育体育局")
    world.school(profile="single")

    world.opened(manager)

    bureau = School.objects.get(kind="bureau")
    assert (bureau.code, bureau.name, bureau.locked) == ("B-330106", "西湖区教育体育局", True)
    assert kept() == CADRES | {"X3.1"}
    assert everything_is_true()


def test_a_running_campaign_catches_up_by_the_tick_and_only_once(travel, county, manager):
    campaign = world.opened(manager)
    before_the_registers(campaign)
    travel.move_to(world.NOON)

    assert keeping.catch_up() == (True, "bureau entries: 10")
    assert keeping.catch_up() == (True, "")

    assert kept() == CADRES | {"X3.1"}
    told = Event.objects.filter(subject=county["bureau"].subject, kind="issued")
    assert [event.body for event in told.order_by("seq")] == [
        f'{{"campaign":{campaign.pk},"entries":11}}',
        f'{{"campaign":{campaign.pk},"entries":10}}',
    ]
    assert everything_is_true()


def test_of_two_bureaus_the_older_keeps_all_and_the_tick_is_done_with_both(
    travel, county, manager, django_assert_num_queries
):
    campaign = world.opened(manager)
    second = School.objects.create(
        code="B-330106-2", name="另一个局", region_id=world.COUNTY, authority_id=world.COUNTY,
        kind="bureau", locked=True,
    )  # fmt: skip
    Enrolment.objects.create(
        campaign=campaign, school=second, authority=world.COUNTY, profile="unknown",
        counted=False, created_at=world.NOON,
    )  # fmt: skip
    before_the_registers(campaign)
    travel.move_to(world.NOON)

    assert keeping.catch_up() == (True, "bureau entries: 10")
    assert kept() == CADRES | {"X3.1"}
    assert not Entry.objects.filter(school=second).exists()
    with django_assert_num_queries(2):
        assert keeping.catch_up() == (True, "")


def test_what_comes_late_is_not_late_on_arrival_and_nothing_that_is_over_comes(
    travel, county, manager
):
    before_the_registers(world.opened(manager))
    travel.move_to(datetime(2027, 1, 11, 1, 0, tzinfo=UTC))

    keeping.catch_up()

    late = Entry.objects.filter(keeper=Keeper.district).exclude(slot__item__code="X3.1")
    assert set(late.values_list("slot__item__code", flat=True)) == {"X1.1", "X1.5", "X5.1"}
    assert min(late.values_list("due_on", flat=True)) >= date(2027, 1, 25)


def test_the_first_one_branch_school_that_joins_late_brings_the_items(manager):
    world.bureau()
    world.school(profile="multi")
    world.opened(manager)
    assert kept() == {"X3.1"}
    world.school(profile="single")

    assert rounds.tick(by="test")

    assert kept() == CADRES | {"X3.1"}
    held = Enrolment.objects.get(school__kind="bureau")
    assert held.kept_for == "district multi single"
    assert everything_is_true()


def test_a_bureau_that_is_missing_from_a_running_campaign_comes_with_the_tick(manager):
    school = world.school(profile="single")
    campaign = world.campaign(created_by=manager.user)
    world.entry(school, campaign=campaign)
    world.slot(campaign, "X1.1")
    School.objects.filter(pk=school.pk).update(locked=True)

    assert rounds.tick(by="test")

    assert kept() == {"X1.1"}
    assert rounds.tick(by="test")
    assert School.objects.filter(kind="bureau").count() == 1


def test_an_interrupted_catching_up_goes_on_where_it_stopped(monkeypatch, manager):
    for authority in (world.COUNTY, world.SIBLING):
        world.bureau(authority)
        world.school(authority=authority, profile="single")
    campaign = world.opened(world.seat("manager", "3301"))
    before_the_registers(campaign)
    monkeypatch.setattr(keeping, "BATCH", 1)
    done = keeping._give_late

    def one_then_crash(campaign_id, authorities):
        if kept(world.SIBLING) == CADRES | {"X3.1"}:
            raise RuntimeError("the host went down")
        return done(campaign_id, authorities)

    monkeypatch.setattr(keeping, "_give_late", one_then_crash)
    with pytest.raises(RuntimeError):
        keeping.catch_up()
    assert (kept(world.SIBLING), kept()) == (CADRES | {"X3.1"}, {"X3.1"})

    monkeypatch.setattr(keeping, "_give_late", done)
    assert keeping.catch_up() == (True, "bureau entries: 10")
    assert kept() == CADRES | {"X3.1"}
    assert everything_is_true()


def test_what_another_campaign_gave_is_not_given_again(county, manager):
    first = world.opened(manager)
    slot = first.slots.get(item__code="X1.1")
    steering.withdraw_slot(slot.pk, by=manager, reason="改由另一个专项布置")

    second = world.opened(manager)

    given = Entry.objects.filter(slot__campaign=second, keeper=Keeper.district)
    assert [entry.slot.item.code for entry in given] == ["X1.1"]


@pytest.mark.parametrize("state", ["draft", "closed", "void"])
def test_a_campaign_that_does_not_run_gives_nothing(state, manager):
    bureau = world.bureau()
    campaign = world.campaign(state=state, created_by=manager.user)
    world.slot(campaign, "X3.1")
    Enrolment.objects.create(
        campaign=campaign, school=bureau, authority=world.COUNTY, profile="unknown",
        counted=False, created_at=world.NOON,
    )  # fmt: skip

    keeping.catch_up()

    assert kept() == set()


def test_a_campaign_that_was_closed_meanwhile_is_left_alone(county, manager):
    campaign = world.opened(manager)
    before_the_registers(campaign)
    campaign_id, authorities = keeping._next_batch()
    steering.close(campaign.pk, by=manager, version=campaign.version, reason="学年结束。")

    assert keeping._give_late(campaign_id, authorities) == 0
    assert kept() == {"X3.1"}


def test_a_tick_with_nothing_to_give_costs_two_queries(county, manager, django_assert_num_queries):
    world.opened(manager)

    with django_assert_num_queries(2):
        keeping.catch_up()
    with django_assert_num_queries(1):
        keeping.found_bureaus()


def test_two_ticks_at_once_give_everything_once(real_db, travel):
    travel.move_to(world.FIRST_DAY)
    by = world.seat("manager", world.COUNTY)
    world.bureau()
    world.school(profile="single")
    before_the_registers(world.opened(by))
    start, faults = Barrier(2), []

    def run():
        start.wait()
        try:
            with translation.override("en"):
                keeping.catch_up()
        except Exception as error:  # the other thread's faults are told, not lost
            faults.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert kept() == CADRES | {"X3.1"}
    assert Entry.objects.filter(keeper=Keeper.district).count() == 11
    assert everything_is_true()


def test_a_school_whose_profile_changes_under_way_brings_the_items(manager):
    world.bureau()
    school = world.school(profile="multi")
    world.opened(manager)
    Enrolment.objects.filter(school=school).update(profile="single")

    keeping.catch_up()

    assert kept() == CADRES | {"X3.1"}
    assert rollout.add_late_joiners() == 0
