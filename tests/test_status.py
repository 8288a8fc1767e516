"""The status page: what is alive, what is not and why, in the operator's words."""

import socket
import time
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.translation import override

from reform import health, rounds
from reform.health import BAD, GOOD
from reform.models import Pulse
from schools import clock
from tests import world


@pytest.fixture
def operator(client, travel, db):
    with override("en"):
        seat = world.seat("operator", "0")
        seat.user.language = "en"
        seat.user.save()
        client.force_login(seat.user)
        yield client


def line(name):
    return next(line for line in health.lines() if line.name == name)


def test_an_operator_reads_what_is_alive(operator, settings, valkey_url):
    settings.REDIS_URL = valkey_url
    rounds.beat(rounds.WORKER)
    rounds.beat(rounds.WATCHDOG)
    rounds.tick(by="worker")
    rounds.beat(rounds.BACKUP)

    lights = {line.name: line.light for line in health.lines()}
    del lights["Database"], lights["Disk"]  # these depend on the machine

    assert set(lights.values()) == {GOOD}
    assert operator.get(reverse("status")).status_code == 200


def test_the_page_asks_the_database_little(operator, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        operator.get(reverse("status"))


def test_a_new_installation_says_what_has_never_run(operator):
    text = operator.get(reverse("status")).content.decode()

    assert "3 parts are not working" in text  # the broker, the watchdog, the round
    assert text.count("Never yet.") == 11
    assert "After a start the first ring takes a minute." in text
    assert "Start it again: it does the rounds when Celery cannot." in text


def test_a_broker_that_is_gone_is_told_with_the_way_on(operator, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    found = line("Message broker (Valkey or Redis)")

    assert found.light == BAD
    assert found.said.startswith("No answer within a second: Error 111 connecting to 127.0.0.1:1")
    assert "nothing is lost" in found.advice


def test_a_broker_that_hangs_costs_a_second_not_more(operator, settings):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.perf_counter()

        response = operator.get(reverse("status"))

    assert response.status_code == 200
    assert time.perf_counter() - began < 2.5


@pytest.mark.parametrize(
    ("age", "light", "said"),
    [
        (timedelta(seconds=30), GOOD, "Last less than a minute ago."),
        (timedelta(minutes=2), GOOD, "Last 2\xa0minutes ago."),
        (timedelta(hours=5), BAD, "Last 5\xa0hours ago."),
        (
            -timedelta(days=400),
            BAD,
            "Last on 2027-12-25 12:00, which is yet to come: a clock was wrong.",
        ),
    ],
)
def test_a_worker_is_judged_by_its_last_ring(operator, travel, age, light, said):
    rounds.beat(rounds.WORKER)
    Pulse.objects.update(finished_at=clock.now() - age)

    found = line("Celery worker and beat")

    assert (found.light, found.said) == (light, said)


def test_a_night_that_found_something_says_what(operator):
    rounds.nightly(rounds.Job("tally check", lambda: (False, "330106: 4 for 3")))

    found = line("Tallies compared with entries")

    assert found.light == BAD
    assert found.said == "Last less than a minute ago. 330106: 4 for 3"
    assert found.advice.startswith("Run: manage.py rebuild_tallies.")
