"""History cannot be changed, and when somebody does it by force, it is found and named."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from reform import history
from reform.history import NewEvent
from reform.models import Chain, Event, EventText

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def chain(travel):
    """Five events of one subject, one with a text beside it."""
    with transaction.atomic():
        for n in range(4):
            history.record("school:1", NewEvent("save", None, body={"n": n}))
        history.record("school:1", NewEvent("return", None, text="请补班级数"))
        history.record("region:33", NewEvent("open", None))


def by_force(sql, *values):
    """What somebody with the database's password could do."""
    history.lift_triggers()
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    history.install_triggers()


def test_a_whole_chain_has_nothing_to_say(chain):
    assert list(history.verify()) == []
    assert Chain.objects.get(pk="school:1").seq == 5


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE reform_event SET body = '{}'",
        "DELETE FROM reform_event",
    ],
)
def test_the_database_refuses_to_change_history(chain, sql):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    ("sql", "first_word"),
    [
        ("UPDATE reform_event SET body = '{\"n\":9}' WHERE subject='school:1' AND seq=2", "#2"),
        ("UPDATE reform_event SET at = '2020-01-01 00:00:00+00:00' WHERE seq=3", "#3"),
        ("DELETE FROM reform_event WHERE subject='school:1' AND seq=2", "#3"),
        ("DELETE FROM reform_event WHERE subject='school:1' AND seq=5", "school:1:"),
        ("DELETE FROM reform_event WHERE subject='region:33'", "region:33:"),
        ("UPDATE reform_event SET seq = 9 WHERE subject='school:1' AND seq=5", "#9"),
    ],
)
def test_what_was_changed_by_force_is_found_and_the_place_named(chain, sql, first_word):
    EventText.objects.filter(event__seq=5).delete()
    by_force(sql)
    found = list(history.verify())
    assert found
    assert first_word in found[0]


def test_an_event_rewritten_with_a_hash_of_its_own_is_betrayed_by_the_next(chain):
    event = Event.objects.get(subject="school:1", seq=2)
    event.body = '{"n":9}'
    by_force(
        "UPDATE reform_event SET body=%s, hash=%s WHERE id=%s",
        event.body,
        history.digest(event),
        event.pk,
    )
    assert list(history.verify()) == ["school:1#3: does not follow the event before it"]


def test_a_text_may_be_erased_but_not_rewritten(chain):
    EventText.objects.update(text="别的话")
    assert ["its text was changed" in line for line in history.verify()] == [True]
    EventText.objects.all().delete()
    assert list(history.verify()) == []


def test_lifted_triggers_are_missed(chain):
    history.lift_triggers()
    assert next(history.verify()).startswith("triggers missing")
    history.install_triggers()


def test_a_float_never_enters_history():
    with pytest.raises(TypeError):
        history.canonical({"share": [{"value": 0.5}]})


def test_events_are_one_row_each_and_follow_each_other(chain):
    events = list(Event.objects.filter(subject="school:1"))
    assert [e.seq for e in events] == [1, 2, 3, 4, 5]
    assert [e.prev_hash for e in events[1:]] == [e.hash for e in events[:-1]]


def test_the_command_says_that_history_is_whole_or_fails_and_names_the_place(chain):
    out, err = io.StringIO(), io.StringIO()
    call_command("verify_history", "region:33", stdout=out)
    by_force("DELETE FROM reform_event WHERE subject='region:33'")

    with pytest.raises(CommandError, match="Breaks found: 1"):
        call_command("verify_history", stderr=err)
    call_command("verify_history", "school:1", stdout=out)
    with pytest.raises(CommandError, match="There is no chain shool:1"):
        call_command("verify_history", "shool:1")

    whole = ["History is whole: 1 events.", "History is whole: 5 events."]
    assert (out.getvalue().splitlines(), err.getvalue()[:10]) == (whole, "region:33:")
