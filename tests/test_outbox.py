"""The outbox: a letter is there once, one sender has it at a time, and its end is written once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from reform import outbox
from reform.models import Attempt, Message
from schools import clock
from tests import world

pytestmark = pytest.mark.database
MINUTE = timedelta(minutes=1)


@pytest.fixture
def person(db, travel):
    return world.person(email="wang@school.example")


def outcomes():
    return list(Attempt.objects.values_list("owner", "outcome"))


def test_the_same_letter_is_posted_once(person):
    first = outbox.post(person, "account", "reset 1", data={"about": "reset"})
    again = outbox.post(person, "account", "reset 1", data={"about": "other"})

    assert (again.pk, again.data) == (first.pk, {"about": "reset"})
    assert Message.objects.count() == 1


def test_a_letter_has_a_name_of_its_own_that_never_changes(person, settings):
    settings.MAIL_FROM = "Ledger <ledger@bureau.example>"
    other = world.person()
    keys = [(person, "account", "1"), (person, "account", "2"), (person, "test", "1"),
            (other, "account", "1")]  # fmt: skip

    names = [outbox.post(*key).message_id for key in keys]

    assert len(set(names)) == 4
    assert names[0] == outbox.name_of(person.pk, "mail", "account", "1")
    assert names[0].endswith("@bureau.example>")
    assert len(names[0]) <= 120


def test_of_eight_senders_each_letter_is_taken_by_one(real_db, travel):
    people = [world.person() for _n in range(40)]
    for one in people:
        outbox.post(one, "digest", "2026-11-20")

    def sender(number):
        taken = []
        try:
            while letter := outbox.take(f"sender {number}"):
                taken.append(letter.pk)
        finally:
            connection.close()
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = [pk for found in pool.map(sender, range(8)) for pk in found]

    assert sorted(taken) == sorted(Message.objects.values_list("pk", flat=True))
    assert len(taken) == 40


def test_a_letter_somebody_waits_for_goes_before_all_digests(person, travel):
    outbox.post(person, "digest", "2026-11-19")
    travel.shift(MINUTE)
    outbox.post(person, "account", "reset 1")

    assert [outbox.take("a").kind for _n in range(2)] == ["account", "digest"]


def test_while_digests_are_held_the_others_go(person):
    outbox.post(person, "digest", "2026-11-20")
    outbox.post(person, "test", "1")

    assert outbox.take("a", digests=False).kind == "test"
    assert outbox.take("a", digests=False) is None


def test_a_letter_is_not_taken_before_its_moment(person, travel):
    outbox.post(person, "digest", "2026-11-20", at=clock.now() + MINUTE)

    assert outbox.anything_due() is False
    assert outbox.take("a") is None
    travel.shift(2 * MINUTE)
    assert outbox.take("a") is not None


def test_a_letter_its_sender_died_over_is_taken_again_and_counted_as_uncertain(person, travel):
    outbox.post(person, "test", "1")
    outbox.take("dead")
    travel.shift(timedelta(seconds=89))
    assert outbox.take("other") is None

    travel.shift(timedelta(seconds=2))
    letter = outbox.take("other")

    assert (letter.owner, letter.attempts, letter.uncertain) == ("other", 2, 1)
    assert outcomes() == [("dead", "lost")]


def test_who_comes_after_the_lease_writes_nothing(person, travel, caplog):
    letter = outbox.post(person, "test", "1")
    late = outbox.take("late")
    travel.shift(2 * MINUTE)
    taken = outbox.take("other")

    assert outbox.settle(late, "late", "failed", "broken") is False
    assert (
        outbox.settle(taken, "other", "accepted", "accepted", reply="250 2.0.0\r\n taken") is True
    )

    letter.refresh_from_db()
    assert (letter.state, letter.reply) == ("accepted", "250 2.0.0 taken")
    assert outcomes() == [("late", "lost"), ("other", "accepted")]
    assert "late came after the lease had gone to another" in caplog.text


def test_a_letter_put_back_was_not_tried(person, travel):
    outbox.post(person, "digest", "2026-11-20")
    letter = outbox.take("a")

    assert outbox.put_back(letter, "a", clock.now() + MINUTE) is True

    letter.refresh_from_db()
    assert (letter.state, letter.attempts, letter.owner) == ("waiting", 0, "")
    assert outcomes() == []


def test_the_pauses_between_tries_double_up_to_a_quarter_of_an_hour():
    minutes = [1, 2, 4, 8, 15, 15]
    for number, most in enumerate(minutes, start=1):
        waits = [outbox.pause(number) / MINUTE for _n in range(50)]
        assert 0.8 * most <= min(waits) < max(waits) <= most
    assert outbox.pause(30_000) <= 15 * MINUTE


def test_nobody_without_a_good_address_is_reached(person, settings, sink):
    assert outbox.can_reach(person) is True
    person.email_refused_at = clock.now()
    assert outbox.can_reach(person) is False
    person.email_refused_at, person.email = None, ""
    assert outbox.can_reach(person) is False
    person.email, settings.MAIL_SERVER = "wang@school.example", None
    assert outbox.can_reach(person) is False
