"""A campaign under way: new dates, withdrawn slots, close, reopen, void, each with its trace."""

import json
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from reform import history, policy, rollout, steering, tallies
from reform.models import Campaign, Due, Entry, Event, EventText, Slot
from reform.states import MOVES, Status
from schools.errors import Denied, Stale
from schools.models import School
from schools.models.regions import bounds
from schools.roles import RIGHTS, SCHOOL_ROLES
from tests import world

pytestmark = [pytest.mark.database, pytest.mark.django_db]

WHY = "期末工作集中，统一顺延"
VOIDED = "This campaign was voided; nothing in it can be changed."


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def campaign(travel, county, manager):
    """Opened on the first day; today is Friday, 20 November."""
    made = world.opened(manager)
    travel.move_to(world.NOON)
    return made


@pytest.fixture
def slot(campaign):
    """Due on 2027-01-15."""
    return campaign.slots.get(item__code="Z2.1", period="2026-2027-1")


def dates(slot):
    """school name → (status, date) of the slot's entries."""
    rows = slot.entries.values_list("school__name", "status", "due_on")
    return {name: (Status(status).name, due_on) for name, status, due_on in rows}


def answers(entry):
    """What every verb of the workflow is answered, to whoever would have the right to it."""
    entry = Entry.objects.select_related("slot__campaign", "report").get(pk=entry.pk)
    return {
        str(policy.may(world.seat(role, entry.school if role in SCHOOL_ROLES else world.COUNTY),
                       verb, entry))
        for verb in MOVES for role in RIGHTS[verb]
    }  # fmt: skip


def everything_is_true():
    return tallies.differences() == {} and list(history.verify()) == []


def test_a_new_date_moves_what_is_open_and_leaves_what_is_sent(county, campaign, slot, manager):
    sent = slot.entries.get(school=county["single"])
    world.file(sent, world.seat("filer", county["single"]))
    shift = steering.preview_reschedule(slot, None, date(2027, 1, 22))

    moved = steering.reschedule(slot.pk, None, date(2027, 1, 22), by=manager, reason=WHY)

    old, new = date(2027, 1, 15), date(2027, 1, 22)
    assert (shift.entries, shift.earliest, shift.latest, moved) == (3, old, old, 3)
    assert dates(slot) == {
        "多支部中学": ("not_started", new),
        "单支部小学": ("submitted", old),
        "联合支部教学点": ("not_started", new),
        "民办小学": ("not_started", new),
    }
    assert Slot.objects.get(pk=slot.pk).due_on == new
    assert everything_is_true()


def test_a_new_date_is_told_with_its_reason(campaign, slot, manager):
    steering.reschedule(slot.pk, None, date(2027, 1, 22), by=manager, reason=WHY)

    event = Event.objects.filter(subject=campaign.subject).last()
    assert (event.kind, event.actor, EventText.objects.get(event=event).text) == (
        "reschedule",
        manager.user,
        WHY,
    )


def test_each_school_finds_the_new_date_in_its_own_history(county, campaign, slot, manager):
    steering.reschedule(slot.pk, None, date(2027, 1, 22), by=manager, reason=WHY)
    told = Event.objects.filter(kind="reschedule", entry__slot=slot).order_by("entry")
    assert [(e.subject, e.words.text) for e in told] == [
        (f"school:{pk}", WHY)
        for pk in slot.entries.order_by("pk").values_list("school_id", flat=True)
    ]
    assert {(json.loads(e.body)["was"], json.loads(e.body)["due_on"]) for e in told} == {
        ("2027-01-15", "2027-01-22")
    }
    assert everything_is_true()


def test_an_earlier_date_takes_no_time_from_what_was_returned(county, campaign, slot, manager):
    slot_due = slot.due_on
    reviewer, filer = world.seat("reviewer", world.COUNTY), world.seat("filer", county["single"])
    world.send_back(world.file(slot.entries.get(school=county["single"]), filer), reviewer)

    steering.reschedule(slot.pk, None, date(2026, 12, 4), by=manager, reason=WHY)

    assert dates(slot)["单支部小学"] == ("returned", slot_due)
    assert dates(slot)["多支部中学"] == ("not_started", date(2026, 12, 4))
    assert everything_is_true()


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        (date(2026, 11, 19), "That day is past; nobody may be made late by a new date."),
        (date(2027, 1, 1), "2027-01-01 is not a working day: take 2027-01-04, or 2026-12-31"),
        (date(2027, 1, 15), "This is the date already."),
        (date(2027, 9, 1), "The school year ends on 2027-08-31."),
    ],
)
def test_a_date_that_cannot_be_is_refused_with_the_reason(slot, manager, day, sentence):
    with pytest.raises(ValidationError) as refused:
        steering.reschedule(slot.pk, None, day, by=manager, reason=WHY)

    assert refused.value.message_dict["due_on"][0].startswith(sentence)
    assert Slot.objects.get(pk=slot.pk).due_on == date(2027, 1, 15)


def test_a_slot_is_not_due_before_it_opens(campaign, manager):
    later = campaign.slots.get(item__code="Z2.1", period="2026-2027-2")
    with pytest.raises(ValidationError, match="opens on 2027-03-01"):
        steering.reschedule(later.pk, None, date(2027, 2, 26), by=manager, reason=WHY)


def test_a_new_date_needs_a_reason_without_private_numbers(slot, manager):
    for reason in ("  ", "请联系 13912345678", "长" * 501):
        with pytest.raises(ValidationError) as refused:
            steering.reschedule(slot.pk, None, date(2027, 1, 22), by=manager, reason=reason)
        assert list(refused.value.message_dict) == ["reason"]


def test_pressing_twice_moves_once(campaign, slot, manager):
    for _press in range(2):
        moved = steering.reschedule(
            slot.pk, None, date(2027, 1, 22), by=manager, reason=WHY, key="once"
        )
        assert moved == 4

    assert Event.objects.filter(kind="reschedule", entry=None).count() == 1
    assert Event.objects.filter(kind="reschedule").exclude(entry=None).count() == 4


@pytest.fixture
def city(travel, county):
    return world.seat("manager", "3301")


@pytest.fixture
def city_slot(travel, city):
    slot = world.opened(city).slots.get(item__code="Z2.1", period="2026-2027-1")
    travel.move_to(world.NOON)
    return slot


def test_one_authority_gets_a_date_of_its_own(city_slot, city):
    moved = steering.reschedule(city_slot.pk, world.SIBLING, date(2027, 1, 8), by=city, reason=WHY)

    assert moved == 1
    assert dates(city_slot)["邻县小学"] == ("not_started", date(2027, 1, 8))
    assert dates(city_slot)["多支部中学"] == ("not_started", date(2027, 1, 15))
    due = Due.objects.get()
    assert (due.authority_id, due.due_on, due.source) == (world.SIBLING, date(2027, 1, 8), "hand")
    assert everything_is_true()


def test_no_authority_goes_beyond_the_date_of_all_unless_the_campaign_allows(city_slot, city):
    later = date(2027, 1, 22)
    with pytest.raises(ValidationError, match="At the latest 2027-01-15"):
        steering.reschedule(city_slot.pk, world.SIBLING, later, by=city, reason=WHY)

    Campaign.objects.update(later_dates=True)

    assert steering.reschedule(city_slot.pk, world.SIBLING, later, by=city, reason=WHY) == 1


def test_a_date_for_all_leaves_an_own_date_that_is_not_later(city_slot, city):
    steering.reschedule(city_slot.pk, world.SIBLING, date(2027, 1, 8), by=city, reason=WHY)

    steering.reschedule(city_slot.pk, None, date(2027, 1, 22), by=city, reason=WHY)
    assert dates(city_slot)["邻县小学"][1] == date(2027, 1, 8)
    assert dates(city_slot)["多支部中学"][1] == date(2027, 1, 22)

    steering.reschedule(city_slot.pk, None, date(2027, 1, 5), by=city, reason=WHY)
    assert {due_on for _status, due_on in dates(city_slot).values()} == {date(2027, 1, 5)}
    assert Due.objects.count() == 0
    assert everything_is_true()


def test_an_authority_outside_the_campaign_is_refused(slot, manager, city_slot, city):
    for of, seat, authority in (
        (slot, manager, world.SIBLING),
        (city_slot, city, world.OTHER_CITY),
        (city_slot, city, "330199"),
    ):
        with pytest.raises(ValidationError, match="does not reach"):
            steering.reschedule(of.pk, authority, date(2027, 1, 8), by=seat, reason=WHY)


def test_only_the_manager_of_that_region_steers(campaign, slot, county):
    for role, place in (("reviewer", world.COUNTY), ("manager", world.SIBLING), ("manager", "33")):
        by = world.seat(role, place)
        version = campaign.version
        for refused in (
            lambda by=by: steering.reschedule(slot.pk, None, date(2027, 1, 22), by=by, reason=WHY),
            lambda by=by: steering.withdraw_slot(slot.pk, by=by, reason=WHY),
            lambda by=by, v=version: steering.close(
                campaign.pk, by=by, version=v, reason="学年结束。"
            ),
            lambda by=by, v=version: steering.void(campaign.pk, by=by, version=v, reason=WHY),
        ):
            with pytest.raises(Denied):
                refused()


def test_a_withdrawn_slot_leaves_counts_and_refuses_filings(county, campaign, slot, manager):
    def expected():
        lines = tallies.read(*bounds(world.COUNTY), school_year=world.YEAR, on=date(2026, 11, 20))
        return tallies.figures(lines, date(2026, 11, 20)).expected

    before = expected()
    steering.withdraw_slot(slot.pk, by=manager, reason=WHY)

    assert expected() == before - 3
    assert Slot.objects.get(pk=slot.pk).withdrawn_reason == WHY
    entry = slot.entries.select_related("slot__campaign").get(school=county["single"])
    assert not policy.may(world.seat("filer", county["single"]), "submit", entry)
    with pytest.raises(Stale):
        steering.withdraw_slot(slot.pk, by=manager, reason=WHY)
    with pytest.raises(Stale):
        steering.reschedule(slot.pk, None, date(2027, 1, 22), by=manager, reason=WHY)
    assert everything_is_true()


def test_a_closed_campaign_refuses_every_verb_until_it_is_reopened(county, campaign, slot, manager):
    filer = world.seat("filer", county["single"])
    closed = steering.close(campaign.pk, by=manager, version=campaign.version, reason="学年结束。")

    assert closed.state == "closed"
    assert answers(slot.entries.first()) == {"This campaign is closed. Its manager can reopen it."}
    with pytest.raises(Denied):
        steering.reschedule(slot.pk, None, date(2027, 1, 22), by=manager, reason=WHY)
    with pytest.raises(Denied):
        steering.withdraw_slot(slot.pk, by=manager, reason=WHY)

    again = steering.reopen_campaign(
        campaign.pk, by=manager, version=closed.version, reason="漏了三所学校"
    )
    assert (again.state, again.closed_at) == ("open", None)
    assert world.file(slot.entries.get(school=county["single"]), filer).status == Status.submitted
    assert everything_is_true()


def test_schools_are_locked_while_a_campaign_asks_them_and_no_longer(county, campaign, manager):
    def locked():
        return School.objects.filter(locked=True).count()

    assert locked() == 5
    closed = steering.close(campaign.pk, by=manager, version=campaign.version, reason="学年结束。")
    assert locked() == 0
    steering.reopen_campaign(campaign.pk, by=manager, version=closed.version, reason=WHY)
    assert locked() == 5


def test_a_school_that_another_campaign_asks_stays_locked(county, campaign, manager):
    city = world.opened(world.seat("manager", "3301"))
    assert city.enrolments.count() == 7

    steering.close(campaign.pk, by=manager, version=campaign.version, reason="学年结束。")

    assert School.objects.filter(locked=True).count() == 7


def test_a_void_campaign_is_in_no_count_and_cannot_come_back(county, campaign, manager):
    void = steering.void(campaign.pk, by=manager, version=campaign.version, reason="清单选错")

    lines = tallies.read(*bounds(world.COUNTY), school_year=world.YEAR, on=date(2026, 11, 20))
    assert (void.state, void.void_reason, lines) == ("void", "清单选错", [])
    assert Entry.objects.count() == 186
    for verb in ("plan", "open", "reschedule", "withdraw_slot", "close", "reopen_campaign", "void"):
        assert str(policy.may(manager, verb, void)) == VOIDED
    assert answers(Entry.objects.first()) == {VOIDED}
    assert everything_is_true()


def test_a_draft_can_be_voided(manager):
    campaign = world.draft(manager)
    steering.void(campaign.pk, by=manager, version=0, reason="重复建立")
    with pytest.raises(Denied):
        rollout.open_campaign(campaign.pk, by=manager)


def test_a_void_opening_is_not_filled_any_further(travel, county, manager, monkeypatch):
    monkeypatch.setattr(rollout, "AT_ONCE", 0)
    campaign = world.opened(manager)
    steering.void(campaign.pk, by=manager, version=campaign.version, reason=WHY)

    rollout.continue_openings()

    assert Entry.objects.count() == 0
    assert School.objects.filter(locked=True).count() == 0


def test_whoever_comes_second_reads_who_was_first(campaign, manager):
    steering.close(campaign.pk, by=manager, version=campaign.version, reason="学年结束。")
    colleague = world.seat("manager", world.COUNTY)

    with pytest.raises(Stale) as second:
        steering.void(campaign.pk, by=colleague, version=campaign.version, reason=WHY)

    assert second.value.reason == f"{manager.user} was first: this campaign is now “Closed”."


def test_closing_twice_with_one_form_closes_once(campaign, manager):
    for _press in range(2):
        closed = steering.close(
            campaign.pk, by=manager, version=campaign.version, reason="学年结束。", key="once"
        )
        assert closed.state == "closed"

    assert Event.objects.filter(kind="close").count() == 1
