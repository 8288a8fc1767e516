"""A change of terms or days moves the dates reckoned from them, and makes nobody late."""

import json
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from reform import history, redating, slots, steering, tallies
from reform.models import Due, Entry, Event, Slot
from reform.states import Status
from schools.almanac import Change, NewDay, NewTerm
from schools.errors import Denied, Stale
from schools.models import CalendarDay, Term
from schools.workdays import Calendar
from tests import world

pytestmark = [pytest.mark.database, pytest.mark.django_db]

WHY = "寒假提前两周"
FIRST, SECOND = f"{world.YEAR}-1", f"{world.YEAR}-2"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def campaign(travel, county, manager):
    made = world.opened(manager)
    travel.move_to(world.NOON)
    return made


def term(no=1, *, region=world.COUNTY, starts=date(2026, 9, 1), ends=date(2027, 1, 15), stage=""):
    return Change(region, terms=(NewTerm(stage, world.YEAR, no, starts, ends),))


def slot(campaign, code="Z2.1", period=FIRST):
    return campaign.slots.get(item__code=code, period=period)


def dates(of_slot):
    rows = Entry.objects.filter(slot=of_slot).values_list("school__name", "due_on")
    return dict(rows)


def apply(change, by, **fields):
    fields = {"reason": WHY, "seen": redating.plan(change).seen, **fields}
    return redating.apply(change, by=by, **fields)


def everything_is_true():
    return tallies.differences() == {} and list(history.verify()) == []


def test_a_shorter_term_moves_what_its_end_decides_and_tells_first(campaign, manager):
    of = slot(campaign)
    was = of.due_on
    change = term(ends=was - world.days(7))
    planned = redating.plan(change)
    moves = {(m.slot.pk, m.was): (m.due_on, m.entries) for m in planned.moves}
    day, entries = moves[of.pk, was]
    assert day < was and entries == 4
    assert Term.objects.filter(region=world.COUNTY).count() == 0

    moved = apply(change, manager)

    assert moved == planned.entries == sum(n for _day, n in moves.values())
    of.refresh_from_db()
    assert of.due_on == day
    assert set(dates(of).values()) == {day}
    assert Term.objects.get(region=world.COUNTY).ends == was - world.days(7)
    assert everything_is_true()


def test_the_new_dates_are_those_a_campaign_opened_now_would_have(campaign, manager):
    apply(term(ends=date(2027, 2, 5)), manager)
    calendar = Calendar.of(world.COUNTY)
    for one in campaign.slots.select_related("item"):
        since = max(date(2026, 9, 1), one.opens_on)
        assert one.due_on == slots.by_rule(one.item, one.period, calendar, since)


def test_each_school_and_the_campaign_read_why_it_moved(campaign, manager):
    moved = apply(term(ends=date(2027, 1, 15)), manager)

    told = Event.objects.filter(kind="reschedule")
    assert told.count() == moved > 0
    assert {event.words.text for event in told} == {WHY}
    region = Event.objects.filter(subject=campaign.subject).order_by("seq")
    assert [event.kind for event in region][-2:] == ["redate", "calendar"]
    assert json.loads(region.last().body)["moved"] == moved


def test_what_was_sent_stays_and_what_was_returned_keeps_its_time(county, campaign, manager):
    of = slot(campaign)
    was = of.due_on
    filer = world.seat("filer", county["single"])
    world.file(of.entries.get(school=county["single"]), filer)
    back = world.file(of.entries.get(school=county["multi"]), world.seat("filer", county["multi"]))
    world.send_back(back, world.seat("reviewer", world.COUNTY))
    Entry.objects.filter(pk=back.pk).update(due_on=was)
    tallies.rebuild()
    change = term(ends=was - world.days(7))
    move = next(m for m in redating.plan(change).moves if m.slot.pk == of.pk)
    assert (move.entries, move.returned, move.own) == (2, 1, 0)

    apply(change, manager)

    after = dates(of)
    assert (after["单支部小学"], after["多支部中学"]) == (was, was)
    assert after["联合支部教学点"] == move.due_on
    assert Entry.objects.get(pk=back.pk).status == Status.returned
    assert everything_is_true()


def test_a_later_date_of_its_own_is_kept_and_counted(county, campaign, manager):
    of = slot(campaign)
    later = of.due_on + world.days(14)
    Entry.objects.filter(slot=of, school=county["single"]).update(due_on=later)
    tallies.rebuild()
    change = term(ends=of.due_on - world.days(7))
    move = next(m for m in redating.plan(change).moves if m.slot.pk == of.pk)
    assert (move.entries, move.own) == (3, 1)
    apply(change, manager)
    assert dates(of)["单支部小学"] == later
    assert everything_is_true()


def test_a_date_set_by_hand_stays_and_is_named(campaign, manager):
    of = slot(campaign)
    hand = date(2027, 1, 8)
    steering.reschedule(of.pk, None, hand, by=manager, reason=WHY)
    change = term(ends=date(2027, 1, 15))
    planned = redating.plan(change)

    assert [(s.slot.pk, s.day, s.why) for s in planned.stays if s.slot.pk == of.pk] == [
        (of.pk, hand, "hand")
    ]
    apply(change, manager)
    of.refresh_from_db()
    assert (of.due_on, set(dates(of).values())) == (hand, {hand})


def test_nobody_becomes_late_and_all_have_ten_working_days(campaign, manager):
    """The term ends in three weeks: what would fall due before leaves ten working days."""
    change = term(ends=date(2026, 12, 11))
    before = {entry.pk: entry.due_on for entry in Entry.objects.all()}
    today = date(2026, 11, 20)
    apply(change, manager)

    calendar = Calendar.of(world.COUNTY)
    soonest = calendar.add(today, 10)
    moved = {
        entry.pk: entry.due_on for entry in Entry.objects.all() if entry.due_on != before[entry.pk]
    }
    assert moved
    assert min(moved.values()) >= soonest
    late = [day for day in before.values() if day < today]
    assert sum(entry.due_on < today for entry in Entry.objects.all()) == len(late)
    assert everything_is_true()


def test_a_date_that_is_past_is_left_alone(campaign, manager):
    past = {one.pk: one.due_on for one in campaign.slots.filter(due_on__lt=date(2026, 11, 20))}
    assert past
    change = term(starts=date(2026, 9, 7), ends=date(2027, 1, 29))
    planned = redating.plan(change)
    assert {stay.why for stay in planned.stays if stay.slot.pk in past} == {"past"}
    apply(change, manager)
    assert {s.pk: s.due_on for s in Slot.objects.filter(pk__in=past)} == past


def test_a_new_holiday_moves_the_dates_that_fall_on_it(campaign, manager):
    of = slot(campaign)
    change = Change(world.COUNTY, days=(NewDay(of.due_on, "holiday", "雪灾停课"),))
    day = next(m.due_on for m in redating.plan(change).moves if m.slot.pk == of.pk)
    assert day != of.due_on
    apply(change, manager)
    assert set(dates(of).values()) == {day}
    assert CalendarDay.objects.get(region=world.COUNTY).name == "雪灾停课"


def test_the_next_term_opens_when_it_begins(campaign, manager):
    later = slot(campaign, period=SECOND)
    assert later.opens_on == date(2027, 3, 1)
    apply(term(2, starts=date(2027, 2, 22), ends=date(2027, 7, 2)), manager)
    later.refresh_from_db()
    assert later.opens_on == date(2027, 2, 22)


def test_dates_can_be_kept_and_a_later_change_leaves_them_then(campaign, manager):
    of = slot(campaign)
    was = of.due_on
    assert apply(term(ends=was - world.days(7)), manager, move_dates=False) == 0
    of.refresh_from_db()
    assert (of.due_on, set(dates(of).values())) == (was, {was})
    assert json.loads(Event.objects.get(kind="calendar").body)["kept"] > 0

    elsewhere = Change(world.COUNTY, days=(NewDay(date(2026, 12, 2), "holiday", "校庆"),))
    assert of.pk not in {move.slot.pk for move in redating.plan(elsewhere).moves}


def test_removing_an_own_row_falls_back_to_those_above(campaign, manager):
    of = slot(campaign)
    was = of.due_on
    apply(term(ends=was - world.days(7)), manager)
    back = Change(world.COUNTY, terms_gone=frozenset({("", world.YEAR, 1)}))
    apply(back, manager)
    of.refresh_from_db()
    assert of.due_on == was
    assert not Term.objects.filter(region=world.COUNTY).exists()
    assert everything_is_true()


def test_a_county_of_a_citys_campaign_gets_dates_of_its_own_and_loses_them_again(travel, county):
    city = world.opened(world.seat("manager", "3301"))
    manager = world.seat("manager", world.COUNTY)
    travel.move_to(world.NOON)
    of = slot(city)
    was = of.due_on
    apply(term(ends=was - world.days(7)), manager)

    own = Due.objects.get(slot=of)
    assert (own.authority_id, own.source, own.due_on < was) == (world.COUNTY, "computed", True)
    of.refresh_from_db()
    assert of.due_on == was
    assert dates(of)["邻县小学"] == was
    assert dates(of)["多支部中学"] == own.due_on
    assert everything_is_true()

    apply(Change(world.COUNTY, terms_gone=frozenset({("", world.YEAR, 1)})), manager)
    assert not Due.objects.filter(slot=of).exists()
    assert set(dates(of).values()) == {was}


def test_a_citys_change_leaves_a_county_with_terms_of_its_own(travel, county):
    city = world.seat("manager", "3301")
    Term.objects.create(
        region_id=world.SIBLING, school_year=world.YEAR, no=1,
        starts=date(2026, 9, 1), ends=date(2027, 1, 29),
    )  # fmt: skip
    campaign = world.opened(city)
    travel.move_to(world.NOON)
    of = slot(campaign)
    was = of.due_on
    apply(term(region="3301", ends=was - world.days(7)), city)
    of.refresh_from_db()
    assert of.due_on < was
    assert dates(of)["邻县小学"] == was
    assert dates(of)["多支部中学"] == of.due_on
    assert everything_is_true()


def test_only_the_manager_of_exactly_that_region_changes_it(campaign):
    change = term(ends=date(2027, 1, 15))
    for role, place in (
        ("reviewer", world.COUNTY),
        ("manager", world.SIBLING),
        ("manager", "3301"),
    ):
        with pytest.raises(Denied):
            apply(change, world.seat(role, place))
    assert not Term.objects.filter(region=world.COUNTY).exists()


def test_what_was_not_seen_is_not_done(campaign, manager):
    change = term(ends=date(2027, 1, 15))
    seen = redating.plan(change).seen
    steering.reschedule(slot(campaign).pk, None, date(2027, 1, 8), by=manager, reason=WHY)
    with pytest.raises(Stale):
        redating.apply(change, by=manager, reason=WHY, seen=seen)
    assert not Term.objects.filter(region=world.COUNTY).exists()


def test_pressing_twice_moves_once(campaign, manager):
    change = term(ends=date(2027, 1, 15))
    seen = redating.plan(change).seen
    done = [
        redating.apply(change, by=manager, reason=WHY, seen=seen, key="once") for _press in "12"
    ]
    assert done[0] == done[1] > 0
    assert Event.objects.filter(kind="calendar").count() == 1


def test_more_than_a_page_moves_is_refused_and_nothing_is_written(campaign, manager):
    change = term(ends=date(2027, 1, 15))
    with pytest.raises(Denied, match="more than a page moves at once"):
        apply(change, manager, at_once=3)
    assert not Term.objects.filter(region=world.COUNTY).exists()
    assert apply(change, manager, at_once=3, move_dates=False) == 0


def test_a_term_that_a_campaign_needs_cannot_be_taken_away(campaign, manager):
    Term.objects.filter(school_year=world.YEAR, no=2).update(region_id=world.COUNTY)
    gone = Change(world.COUNTY, terms_gone=frozenset({("", world.YEAR, 2)}))
    with pytest.raises(Denied, match="The dates of term 2 of 2026-2027 are not known yet"):
        redating.plan(gone)


def test_a_reason_with_a_phone_number_is_refused(campaign, manager):
    with pytest.raises(ValidationError, match="mobile number"):
        apply(term(), manager, reason="请联系 13912345678")


def test_a_plan_asks_as_often_for_one_campaign_as_for_two(
    campaign, manager, django_assert_num_queries
):
    change = term(ends=date(2027, 1, 15))
    with django_assert_num_queries(7):
        redating.plan(change)
    school = world.school("新校", profile="single")
    world.entry(school, "Z2.1", campaign=world.campaign("3301"))
    with django_assert_num_queries(7):
        redating.plan(change)
