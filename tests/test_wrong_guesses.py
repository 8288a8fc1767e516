"""After a plan that was rolled back PostgreSQL guesses a table empty: nothing may hang on that."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction

from reform import daily, planner, statistics, term_reminders
from reform.models import Message, Reminder
from schools import clock
from schools.models import Branch, School
from tests.chaos import load

pytestmark = [
    pytest.mark.database,
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no such guess"),
]
PEOPLE = 200


@pytest.fixture
def people(db, travel):
    """Filers, each of a school with entries that are due and a branch whose term ends."""
    load.build(PEOPLE)
    travel.shift(timedelta(days=7))
    end = clock.today() + timedelta(days=150)
    Branch.objects.bulk_create(
        Branch(school=school, name="党支部", form="branch", term_end=end, changed_at=clock.now())
        for school in School.objects.filter(code__startswith="chaos")
    )


@pytest.fixture
def mail(monkeypatch):
    monkeypatch.setattr(settings, "MAIL_SERVER", object())


def guessed_empty(model, write):
    """Rows are written, taken back, and counted: pages without a row."""
    point = transaction.savepoint()
    write()
    assert model.objects.count() >= PEOPLE
    transaction.savepoint_rollback(point)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {model._meta.db_table}")
    assert known(model) == 0


def known(model):
    """How many rows the database guesses the table to have."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [model._meta.db_table])
        return cursor.fetchone()[0]


def read(model, call):
    """How many rows of a table, and of its indexes, are read by a call."""
    sql = (
        "SELECT SUM(pg_stat_get_xact_tuples_returned(oid)) FROM ("
        "SELECT %s::regclass::oid UNION SELECT indexrelid FROM pg_index "
        "WHERE indrelid = %s::regclass) AS all_of_it (oid)"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # as where there are many more
        cursor.execute(sql, [model._meta.db_table] * 2)
        (before,) = cursor.fetchone()
        call()

        cursor.execute(sql, [model._meta.db_table] * 2)
        return cursor.fetchone()[0] - before


def test_terms_are_reminded_of_superseded_and_cancelled_row_by_row(people, travel):
    def look():
        term_reminders.write(clock.now())

    guessed_empty(Reminder, look)
    assert read(Reminder, look) < 8 * PEOPLE

    travel.shift(timedelta(days=125))
    assert read(Reminder, look) < 16 * PEOPLE
    states = Reminder.objects.values_list("state", flat=True)
    assert sorted(states) == ["superseded"] * PEOPLE + ["waiting"] * PEOPLE

    Branch.objects.update(removed_at=clock.now())
    assert read(Reminder, look) < 16 * PEOPLE
    assert Reminder.objects.filter(state="cancelled", why="branch ended").count() == PEOPLE


def test_daily_letters_are_sought_in_a_few_looks(people, mail):
    planner.plan()
    guessed_empty(Message, daily.plan)
    daily.plan()

    assert read(Message, daily.plan) < 8 * PEOPLE
    assert Message.objects.count() == PEOPLE


def test_what_was_written_is_counted_at_once(people, mail, monkeypatch):
    monkeypatch.setattr(statistics, "MANY", PEOPLE)
    guessed_empty(Reminder, planner.plan)
    guessed_empty(Message, lambda: (planner.plan(), daily.plan()))

    planner.plan()
    daily.plan()

    assert known(Reminder) == Reminder.objects.count() > 2 * PEOPLE
    assert known(Message) == Message.objects.count() == PEOPLE
