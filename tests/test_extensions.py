"""A school asks for a later date; its reviewer grants or refuses; everything follows at once."""

import threading
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from reform import extensions, history, reminders, tallies
from reform.models import Event, Extension, Reminder
from reform.models.reminder import About
from schools.errors import Denied, Stale
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]

DUE = date(2026, 11, 30)
WHY = "期中考试与督导检查同周，材料来不及核对。"


@pytest.fixture
def entry(cast):
    return world.entry(cast.school, due_on=DUE)


def ask(cast, entry, on=None, **more):
    day = on or extensions.offered(entry)[0]
    return extensions.ask(entry.pk, by=cast.filer, wanted_on=day, reason=WHY, **more)


def kinds(entry):
    return list(Event.objects.filter(entry=entry).order_by("seq").values_list("kind", flat=True))


def inbox(seat, about):
    return list(
        Reminder.objects.filter(person=seat.user, about=about).values_list("due_on", flat=True)
    )


def is_sound():
    return list(history.verify()) == [] and tallies.differences() == {}


def test_the_offered_dates_are_the_ends_of_weeks_after_the_date_in_force(entry):
    assert extensions.offered(entry)[:3] == [date(2026, 12, n) for n in (4, 11, 18)]
    assert len(extensions.offered(entry)) == extensions.MOST_OFFERED


def test_what_is_granted_moves_date_tally_history_and_reminders_together(cast, entry):
    asked = ask(cast, entry)
    assert inbox(cast.reviewer, About.asked) == [DUE]

    extensions.decide(asked.pk, by=cast.reviewer, grant=True)

    entry.refresh_from_db()
    assert entry.due_on == date(2026, 12, 4)
    assert kinds(entry) == ["ask_extension", "grant_extension"]
    assert inbox(cast.filer, About.extension) == [date(2026, 12, 4)]
    assert inbox(cast.secretary, About.extension) == [date(2026, 12, 4)]
    assert Reminder.objects.filter(about=About.asked, state="waiting").count() == 0
    assert is_sound()


def test_a_reminder_of_the_old_date_is_cancelled_with_the_grant(cast, entry):
    reminders.tell(About.due, entry, people=[cast.filer.user], due_on=DUE, cause=0, role="filer")
    extensions.decide(ask(cast, entry).pk, by=cast.reviewer, grant=True)
    old = Reminder.objects.get(about=About.due)
    assert (old.state, old.why) == ("cancelled", "date moved")


def test_a_refusal_needs_words_and_leaves_the_date(cast, entry):
    asked = ask(cast, entry)
    with pytest.raises(ValidationError, match="reason"):
        extensions.decide(asked.pk, by=cast.reviewer, grant=False, answer=" ")
    extensions.decide(asked.pk, by=cast.reviewer, grant=False, answer="本周内可先交目录。")
    entry.refresh_from_db()
    asked.refresh_from_db()
    assert (entry.due_on, asked.state, asked.answer) == (DUE, "refused", "本周内可先交目录。")
    assert inbox(cast.filer, About.extension) == [DUE]
    assert is_sound()


def test_the_reviewer_may_grant_another_offered_date_and_no_other(cast, entry):
    asked = ask(cast, entry, on=date(2026, 12, 18))
    with pytest.raises(ValidationError, match="2026-12-05"):
        extensions.decide(asked.pk, by=cast.reviewer, grant=True, on=date(2026, 12, 5))
    extensions.decide(asked.pk, by=cast.reviewer, grant=True, on=date(2026, 12, 11))
    entry.refresh_from_db()
    assert entry.due_on == date(2026, 12, 11)


def test_after_the_date_it_is_too_late_to_ask(cast, entry, travel):
    travel.move_to(world.NOON + timedelta(days=11))
    with pytest.raises(Denied, match="时限已过"):
        ask(cast, entry, on=date(2026, 12, 4))
    assert Extension.objects.count() == 0


def test_on_the_last_day_one_may_still_ask(cast, entry, travel):
    travel.move_to(world.NOON + timedelta(days=10))
    assert ask(cast, entry).was_on == DUE


def test_a_date_that_went_by_while_it_waited_is_not_granted_blindly(cast, entry, travel):
    asked = ask(cast, entry)
    travel.move_to(world.NOON + timedelta(days=20))
    done, refused = extensions.decide_many({asked.pk: None}, by=cast.reviewer, grant=True)
    assert (done, len(refused)) == (0, 1)
    assert "2026-12-04" in refused[0]
    done, refused = extensions.decide_many(
        {asked.pk: date(2026, 12, 18)}, by=cast.reviewer, grant=True
    )
    assert (done, refused) == (1, [])


@pytest.mark.parametrize("day", [date(2026, 12, 5), date(2026, 11, 27), date(2028, 1, 7)])
def test_only_an_offered_date_can_be_asked_for(cast, entry, day):
    with pytest.raises(ValidationError, match="wanted_on"):
        ask(cast, entry, on=day)


def test_nobody_asks_in_a_closed_campaign_or_for_what_was_sent(cast, entry):
    world.file(entry, cast.filer)
    with pytest.raises(Denied, match="待审核"):
        ask(cast, entry)
    other = world.entry(cast.school, "Z2.2", due_on=DUE)
    type(other.slot.campaign).objects.update(state="closed")
    with pytest.raises(Denied, match="专项"):
        ask(cast, other)


def test_one_request_at_a_time_and_a_second_press_is_the_first(cast, entry):
    first = ask(cast, entry, key="k")
    assert ask(cast, entry, key="k").pk == first.pk
    with pytest.raises(Stale):
        ask(cast, entry)
    extensions.withdraw(first.pk, by=cast.filer)
    extensions.withdraw(first.pk, by=cast.filer)
    assert ask(cast, entry).pk != first.pk
    assert kinds(entry).count("withdraw_extension") == 1


def test_a_request_that_its_entry_has_outrun_is_no_longer_decided(cast, entry):
    asked = ask(cast, entry)
    world.file(entry, cast.filer)
    assert list(extensions.waiting(Extension.objects.all())) == []
    with pytest.raises(Denied, match="等待审核"):
        extensions.decide(asked.pk, by=cast.reviewer, grant=True)
    world.send_back(entry, cast.reviewer)
    assert list(extensions.waiting(Extension.objects.all())) == [asked]  # the need is back


def test_strangers_neither_ask_nor_decide(cast, entry):
    with pytest.raises(Denied):
        extensions.ask(entry.pk, by=cast.stranger, wanted_on=date(2026, 12, 4), reason=WHY)
    asked = ask(cast, entry)
    for seat in (cast.strange_reviewer, cast.manager, cast.filer):
        with pytest.raises(Denied):
            extensions.decide(asked.pk, by=seat, grant=True)


def test_a_mobile_number_in_a_reason_is_refused(cast, entry):
    with pytest.raises(ValidationError, match="reason"):
        extensions.ask(
            entry.pk, by=cast.filer, wanted_on=date(2026, 12, 4), reason="请致电13912345678"
        )


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_at_once_decide_once(real_db, travel):
    cast = world.Cast()
    entry = world.entry(cast.school, due_on=DUE)
    asked = ask(cast, entry)
    second = world.seat("reviewer", world.COUNTY)
    start, told = threading.Barrier(2), []

    def press(seat, grant):
        start.wait()
        try:
            extensions.decide(asked.pk, by=seat, grant=grant, answer="意见")
            told.append("done")
        except Stale:
            told.append("second")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=press, args=pair)
        for pair in ((cast.reviewer, True), (second, False))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["done", "second"]
    assert is_sound()
