"""/healthz: 200 when all that is vital is well, else 503 and one word for each part; no data."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from reform import health, outbox, restore, rounds
from reform.models import Job, Message, Pulse
from schools import clock
from tests import world

NIGHTS = (*(job.name for job in rounds.NIGHTLY), rounds.BACKUP)


@pytest.fixture
def well(db, travel, settings, tmp_path, valkey_url):
    """An installation that has run for a while."""
    settings.REDIS_URL = valkey_url
    settings.BACKUP_DIR = str(tmp_path / "backups")
    rounds.beat(rounds.WORKER)
    rounds.beat(rounds.WATCHDOG)
    rounds.beat(rounds.TICK)
    for name in (*NIGHTS, rounds.RESTORE_CHECK):
        rounds.beat(name)


def ask():
    answer = Client().get(reverse("healthz"))
    return answer.status_code, answer.json()


def aged(name, **ago):
    Pulse.objects.filter(name=name).update(finished_at=clock.now() - timedelta(**ago))


def test_a_well_installation_answers_200_without_sign_in(well):
    code, said = ask()

    assert (code, said["well"], said["red"]) == (200, True, {})
    assert {"tick", "history", "backup", "disk", "queues"} <= set(said["green"]) | set(
        said["yellow"]
    )


@pytest.mark.parametrize(
    ("name", "ago", "red"),
    [
        (rounds.TICK, {"minutes": 4}, {"tick": "late"}),
        (rounds.TICK, {"days": -2}, {"tick": "ahead"}),
        (rounds.BACKUP, {"days": 4}, {"backup": "late"}),
    ],
)
def test_what_is_vital_and_late_is_red(well, name, ago, red):
    aged(name, **ago)

    assert ask()[0] == 503
    assert ask()[1]["red"] == red


@pytest.mark.parametrize(
    ("name", "ago", "yellow"),
    [
        (rounds.WORKER, {"hours": 1}, ("worker", "late")),
        (rounds.WATCHDOG, {"hours": 1}, ("watchdog", "late")),
        (rounds.BACKUP, {"hours": 30}, ("backup", "late")),
        ("history check", {"hours": 30}, ("history", "late")),
        (rounds.RESTORE_CHECK, {"days": 50}, ("rehearsal", "late")),
    ],
)
def test_what_can_wait_is_told_and_is_not_red(well, name, ago, yellow):
    aged(name, **ago)
    code, said = ask()

    assert code == 200
    assert yellow in said["yellow"].items()


@pytest.mark.parametrize(
    ("pulse", "part"),
    [("history check", "history"), ("tally check", "tallies"), ("evidence check", "evidence"),
     (rounds.BACKUP, "backup")],
)  # fmt: skip
def test_a_night_that_found_something_is_red_and_tells_no_name(well, pulse, part):
    rounds.beat(pulse, "阳光小学: changed", ok=False)
    answer = Client().get(reverse("healthz"))

    assert answer.status_code == 503
    assert answer.json()["red"] == {part: "failed"}
    assert "阳光小学" not in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_a_full_disk_is_red(well, monkeypatch):
    monkeypatch.setattr(health, "LITTLE_DISK", 10**18)
    monkeypatch.setattr(health, "TOO_LITTLE_DISK", 10**18)

    assert ask()[1]["red"] == {"disk": "low"}


def test_a_broker_that_is_gone_is_only_told(well, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    code, said = ask()

    assert code == 200
    assert said["yellow"]["broker"] == "failed"


def test_a_database_that_is_gone_is_said_not_thrown(well, monkeypatch):
    def gone(*_):
        raise DatabaseError("no route to 10.0.0.7")

    monkeypatch.setattr(Pulse.objects, "all", gone)
    code, said = ask()

    assert (code, said["red"]) == (503, {"database": "unreachable"})
    assert "10.0.0.7" not in str(said)


def job(**fields):
    moment = clock.now()
    values = {"kind": "schools", "seat": "r330106", "made_at": moment, "expires_at": moment}
    return Job.objects.create(owner=world.person(), **{**values, **fields})


def test_a_job_that_nobody_takes_is_red_after_a_quarter_of_an_hour(well):
    waiting = job()
    assert ask()[0] == 200

    Job.objects.filter(pk=waiting.pk).update(made_at=clock.now() - timedelta(minutes=16))
    assert ask()[1]["red"] == {"queues": "jobs late"}


def test_a_job_whose_process_died_is_red(well):
    job(state="running", lease_until=clock.now() - timedelta(minutes=16))

    assert ask()[1]["red"] == {"queues": "jobs late"}


def test_letters_that_are_due_and_stay_are_red_where_mail_is_on(well, settings):
    letter = outbox.post(world.person(), "test", "1")
    Message.objects.filter(pk=letter.pk).update(next_at=clock.now() - timedelta(minutes=16))
    settings.MAIL_SERVER = None
    assert ask()[0] == 200

    settings.MAIL_SERVER = {"host": "127.0.0.1"}
    assert ask()[1]["red"] == {"letters": "letters late"}


def test_it_asks_the_database_little(well, django_assert_max_num_queries):
    world.ground()
    with django_assert_max_num_queries(8):
        ask()


@pytest.fixture
def operator(client, well):
    client.cookies["language"] = "en"
    return world.sign_in(client, world.seat("operator", "0"))


def restored(letters):
    """A restore an hour ago, which holds back as many letters."""
    for n in range(letters):
        outbox.post(world.person(), "test", str(n))
    Message.objects.update(state="held", made_at=clock.now() - timedelta(days=1))
    rounds.beat(rounds.RESTORE)


@pytest.mark.parametrize(
    ("do", "state", "said"),
    [
        ("send", "waiting", "2 letters go out now."),
        ("drop", "cancelled", "2 letters were dropped."),
    ],
)
def test_an_operator_decides_about_letters_that_a_restore_held_back(operator, do, state, said):
    restored(letters=2)
    fresh = outbox.post(world.person(), "test", "fresh")
    Message.objects.filter(pk=fresh.pk).update(state="held", made_at=clock.now() + timedelta(1))

    assert "2 letters that waited then are held back." in operator.get("/status/").content.decode()
    answer = operator.post(reverse("status_held"), {"do": do}, follow=True)

    assert said in answer.content.decode()
    assert sorted(Message.objects.values_list("state", flat=True)) == sorted([state, state, "held"])
    assert "held back" not in answer.content.decode().partition("<table")[2].partition("</table")[0]


def test_a_restore_says_when_it_was_for_a_month(operator, travel):
    restored(letters=0)
    assert "Restored from a backup" in operator.get("/status/").content.decode()
    assert restore.epoch() is not None

    aged(rounds.RESTORE, days=31)
    assert "Restored from a backup" not in operator.get("/status/").content.decode()


def test_a_letter_to_oneself_waits_once_however_often_the_button_is_pressed(operator, settings):
    settings.MAIL_SERVER = {"host": "127.0.0.1"}
    me = world.scope.User.objects.get(pk=operator.session["_auth_user_id"])
    me.email = "op@county.example"
    me.save()

    for _ in range(2):
        operator.post(reverse("status_mail"), {"key": "abc"})

    assert Message.objects.filter(person=me, kind="test").count() == 1
    assert ": Waiting." in operator.get("/status/").content.decode()


def test_without_mail_the_page_says_what_to_set(operator, settings):
    settings.MAIL_SERVER = None
    text = operator.get("/status/").content.decode()

    assert "Mail is off: set EMAIL_URL and MAIL_FROM" in text
    assert "Send a letter to myself" not in text
    assert operator.post(reverse("status_mail"), {"key": "abc"}).status_code == 403
    assert not Message.objects.exists()


def test_every_job_of_the_night_is_looked_at():
    assert {job.name for job in rounds.NIGHTLY} == health.NIGHTS.keys()
