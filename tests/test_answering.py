"""Only what a check needs is read from the registers, and it answers as if all were read."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reform import answering
from reform.checks import facts
from reform.models import Check, Entry, Item, Slot
from schools import clock
from schools.models import School
from tests import check_books, world

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def computed_items():
    return Item.objects.filter(framework=world.framework(), checks__source="computed").distinct()


def entries_of(school):
    """An entry of every item that the registers answer, in the second term where it has one."""
    campaign = world.campaign(year="2026-2027")
    for item in computed_items():
        period = "2026-2027-2" if item.cadence == "term" else "2026-2027"
        values = {"opens_on": campaign.opens_on, "due_on": clock.today(), "position": item.position}
        slot = Slot.objects.create(campaign=campaign, item=item, period=period, **values)
        Entry.objects.create(
            slot=slot, school=school, authority=school.authority_id, due_on=slot.due_on
        )
    return Entry.objects.filter(school=school).select_related("school__school_type")


def told(answers):
    return {key: (one.found.num, one.found.den) for key, one in answers.items()}


def compare(found, studios):
    school = check_books.school(found["school"])
    others = [world.school() for _ in range(check_books.PLACES - 1)]
    check_books.write([found], [school], check_books.write_studios(studios, [school, *others]))
    entries = list(entries_of(school))
    whole = facts.load([School.objects.get(pk=school.pk)])[school.pk]
    for entry in entries:
        [asked] = answering.asked_of(Entry.objects.filter(pk=entry.pk), [world.COUNTY])
        frames = asked.windows(clock.today())
        expected = {
            check.key: answering.CHECKS[check.key](whole, frames[check.key])
            for check in asked.computed
        }
        alone = answering.answered([asked], [entry.school], clock.today())[entry.pk]
        assert told(alone) == {key: (one.num, one.den) for key, one in expected.items()}


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_an_entry_alone_is_answered_as_if_every_register_were_read(db, data):
    [found], studios = data.draw(check_books.counties(1))
    with transaction.atomic():
        compare(found, studios)
        transaction.set_rollback(True)


class Watched:
    """Facts that note which registers are looked at."""

    def __init__(self, known):
        self.known, self.seen = known, set()

    def __getattr__(self, name):
        if name in facts.REGISTERS:
            self.seen.add(name)
        return getattr(self.known, name)


def test_no_check_looks_at_a_register_that_is_not_read_for_it(cast):
    full = facts.Facts(cast.school)
    for register, model in check_books.UNREMOVED.items():
        getattr(full, register).append(a_row(model, cast.school))
    for check in Check.objects.filter(source="computed"):
        watched = Watched(full)
        frame = answering.window(check.per, a_place(check), clock.today())
        answering.CHECKS[check.key](watched, frame)
        assert watched.seen <= answering.registers_of(check), check.key


def a_place(check):
    term = "-1" if check.item.cadence == "term" else ""
    due = clock.today()
    return answering.Place(f"2026-2027{term}", check.item.clock, due, None, None, {})


def a_row(model, school):
    row = model(pk=1, school=school)
    for name in ("held_on", "as_of"):
        if hasattr(row, name):
            setattr(row, name, clock.today())
    if hasattr(row, "branch_id"):
        row.branch_id = 1
    return row
