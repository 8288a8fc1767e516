"""Officials write to stuck schools: once a day, after a while, and only while it is needed."""

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from reform import history, nudges
from reform.models import Event, Message, Nudge, Reminder
from reform.models.reminder import About
from schools.clock import SHANGHAI
from schools.errors import Denied, Stale
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]

WHY = "请于周三前补报，县里周四汇总。"
LATE = date(2026, 11, 13)


@pytest.fixture
def entry(cast):
    return world.entry(cast.school, due_on=LATE)


@pytest.fixture
def mailed(cast, settings):
    settings.MAIL_SERVER = {"host": "127.0.0.1"}
    type(cast.filer.user).objects.filter(pk=cast.filer.user.pk).update(email="filer@example.cn")


def later(travel, **more):
    travel.move_to(world.NOON + timedelta(**more))


def told(seat):
    return Reminder.objects.filter(person=seat.user, about=About.nudge).count()


def kinds(entry):
    return list(Event.objects.filter(entry=entry).order_by("seq").values_list("kind", flat=True))


def test_a_letter_waits_ten_minutes_then_stands_in_both_inboxes_and_in_the_history(
    cast, entry, travel
):
    nudges.send([entry.pk], by=cast.reviewer, reason=WHY)
    nudges.release()
    assert told(cast.filer) == 0
    later(travel, minutes=11)
    nudges.release()
    nudges.release()
    assert (told(cast.filer), told(cast.secretary), told(cast.stranger)) == (1, 1, 0)
    assert kinds(entry) == ["nudge"]
    assert list(history.verify()) == []


def test_those_with_an_address_get_one_letter_for_all_items_of_their_school(
    cast, entry, mailed, travel
):
    second = world.entry(cast.school, "Z2.2", due_on=LATE)
    nudges.send([entry.pk, second.pk], by=cast.reviewer, reason=WHY)
    later(travel, minutes=11)
    nudges.release()
    nudges.release()
    letter = Message.objects.get()
    assert (letter.person, letter.kind) == (cast.filer.user, "nudge")
    assert len(letter.data["nudges"]) == 2


def test_what_waits_can_be_taken_back_and_then_nobody_hears_of_it(cast, entry, travel):
    made = nudges.send([entry.pk], by=cast.reviewer, reason=WHY)
    assert nudges.take_back([made[0].pk], by=cast.reviewer) == 1
    later(travel, minutes=11)
    nudges.release()
    assert told(cast.filer) == 0
    assert kinds(entry) == ["nudge", "nudge_back"]
    with pytest.raises(Stale):
        nudges.take_back([made[0].pk], by=cast.reviewer)


def test_what_has_gone_out_cannot_be_taken_back(cast, entry, travel):
    made = nudges.send([entry.pk], by=cast.reviewer, reason=WHY)
    later(travel, minutes=11)
    nudges.release()
    with pytest.raises(Stale, match="已经发出"):
        nudges.take_back([made[0].pk], by=cast.reviewer)


def test_once_a_day_is_the_most_and_tomorrow_it_may_be_done_again(cast, entry, travel):
    other = world.entry(cast.school, "Z2.2", due_on=LATE)
    nudges.send([entry.pk], by=cast.reviewer, reason=WHY)
    with pytest.raises(Stale):
        nudges.send([entry.pk], by=world.seat("reviewer", world.COUNTY), reason=WHY)
    assert [n.entry for n in nudges.send([entry.pk, other.pk], by=cast.reviewer, reason=WHY)] == [
        other
    ]
    later(travel, days=3)
    assert len(nudges.send([entry.pk], by=cast.reviewer, reason=WHY)) == 1


def test_a_second_press_sends_nothing_more(cast, entry):
    first = nudges.send([entry.pk], by=cast.reviewer, reason=WHY, key="k")
    assert nudges.send([entry.pk], by=cast.reviewer, reason=WHY, key="k") == first
    assert Nudge.objects.count() == 1


def test_what_is_filed_while_it_waits_is_not_written_about(cast, entry, travel):
    nudges.send([entry.pk], by=cast.reviewer, reason=WHY)
    world.file(entry, cast.filer)
    later(travel, minutes=11)
    nudges.release()
    assert told(cast.filer) == 0
    assert Nudge.objects.get().taken_back_at is not None


def test_after_a_return_it_can_be_written_about_again(cast, entry, travel):
    nudges.send([entry.pk], by=cast.reviewer, reason=WHY)
    later(travel, minutes=11)
    nudges.release()
    world.file(entry, cast.filer)
    world.send_back(entry, cast.reviewer)
    later(travel, days=3)
    nudges.send([entry.pk], by=cast.reviewer, reason=WHY)
    later(travel, days=3, minutes=11)
    nudges.release()
    assert told(cast.filer) == 2


def test_in_the_evening_it_waits_for_the_next_working_morning(cast, entry, travel):
    later(travel, hours=7)  # Friday, 19:00
    made = nudges.send([entry.pk], by=cast.reviewer, reason=WHY)
    assert made[0].goes_at == datetime(2026, 11, 23, 8, 30, tzinfo=SHANGHAI)


@pytest.mark.parametrize("reason", ["", "  ", "字" * 501, "请致电13912345678"])
def test_a_letter_without_a_sound_reason_is_refused(cast, entry, reason):
    with pytest.raises(ValidationError, match="reason"):
        nudges.send([entry.pk], by=cast.reviewer, reason=reason)


def test_only_the_reviewer_of_exactly_this_authority_writes(cast, entry):
    for seat in (cast.manager, cast.filer, cast.strange_reviewer):
        with pytest.raises(Denied):
            nudges.send([entry.pk], by=seat, reason=WHY)
    made = nudges.send([entry.pk], by=cast.reviewer, reason=WHY)
    with pytest.raises(Stale):
        nudges.take_back([made[0].pk], by=cast.strange_reviewer)
    assert Nudge.objects.get().taken_back_at is None


def test_stuck_lists_what_is_owed_here_and_nothing_else(cast, entry):
    world.file(world.entry(cast.school, "Z2.2", due_on=LATE), cast.filer)
    world.entry(cast.stranger_school, due_on=LATE)
    assert list(nudges.stuck(cast.reviewer)) == [entry]
    assert list(nudges.stuck(cast.strange_reviewer)) != [entry]
