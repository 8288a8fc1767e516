"""The only place for what tests of changed schools share: the change, and what must agree after."""

from reform import history, restructure, tallies
from reform.models import Enrolment, Entry, Event, Tally
from reform.restructure import Change
from tests import world

WHY = "县教育局文件，按程序办理"
CITY = "3301"


def change(school, kind, by, **values):
    return restructure.carry_out(school.pk, Change(kind, values), by=by, reason=WHY)


def of(school, **fields):
    return Entry.objects.filter(school=school, **fields)


def listed(school):
    """What stands in the lists of a school."""
    return of(school, left_at=None)


def counted(authority=world.COUNTY):
    """How many entries of an authority the tally holds."""
    return sum(Tally.objects.filter(authority=authority).values_list("n", flat=True))


def kinds(subject):
    return list(Event.objects.filter(subject=subject).values_list("kind", flat=True))


def faults():
    """Whatever does not agree after a change: counters, chains, entries and their enrolments."""
    return [*tallies.differences().items(), *history.verify(), *of_two_minds()]


def of_two_minds():
    """Entries whose columns contradict each other or their enrolment."""
    frozen = {(one.campaign_id, one.school_id): one for one in Enrolment.objects.all()}
    for entry in Entry.objects.select_related("slot").filter(keeper=0):
        held = frozen[entry.slot.campaign_id, entry.school_id]
        fits = (entry.counted, entry.authority) == (held.counted, held.authority)
        if entry.left_at is not None:
            fits = not entry.counted
        if not fits or (held.voided_at and not entry.left_at):
            yield entry
