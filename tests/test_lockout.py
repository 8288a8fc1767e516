"""Many wrong passwords: the pair is locked, the name is slowed, no colleague is kept out."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from schools import clock, throttle
from schools.models import Throttle
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def try_from(address, name="clerk", password="wrong", client=None):
    client = client or Client()
    client.cookies["language"] = "en"
    client.defaults["REMOTE_ADDR"] = address
    return world.log_in(client, name, password)


def addresses(n):
    return (f"10.1.{i // 250}.{i % 250 + 1}" for i in range(n))


def test_the_page_of_a_lock_tells_how_long_and_who_helps(client, clerk, travel):
    answers = [try_from("10.0.0.1") for _try in range(6)]
    page = answers[-1].content.decode().replace("\u00a0", " ")

    assert answers[-1].status_code == 429
    assert "waits 10 minutes on this address" in page
    assert "a new activation code: it comes from the manager" in page
    assert 'href="/reset/"' in page


def test_many_addresses_together_are_slowed_more_and_more(clerk, travel):
    codes = [try_from(address).status_code for address in addresses(throttle.FREE)]
    assert codes == [200] * throttle.FREE

    waits = []
    for address in addresses(6):
        answer = try_from(address)
        assert answer.status_code == 429
        waits.append(int(answer.headers["Retry-After"]))
        travel.shift(timedelta(seconds=waits[-1]))
        assert try_from(f"9{address}"[-9:]).status_code == 200
    assert waits == sorted(waits)
    assert waits[0] <= 2
    assert waits[-1] >= 30


def test_the_pause_ends_at_five_minutes(clerk, travel):
    for _try in range(40):
        throttle.failed("clerk")

    assert int(try_from("10.0.0.1").headers["Retry-After"]) <= 300


def test_a_right_password_waits_too_so_that_a_guess_is_not_told(clerk, travel):
    for address in addresses(throttle.FREE):
        try_from(address)
    answer = try_from("10.9.9.9", password=world.PASSWORD)

    assert answer.status_code == 429
    seconds = int(
        re.search(r"try again in (\d+)", answer.content.decode().replace("\u00a0", " "))[1]
    )
    travel.shift(timedelta(seconds=seconds))
    assert try_from("10.9.9.9", password=world.PASSWORD).status_code == 302


def test_of_many_who_try_in_one_moment_one_is_heard(clerk, travel):
    for _try in range(throttle.FREE + 4):
        throttle.failed("clerk")
    travel.shift(timedelta(minutes=1))

    codes = [try_from(address).status_code for address in addresses(5)]

    assert sorted(codes) == [200, 429, 429, 429, 429]


@pytest.mark.django_db(transaction=True)
def test_of_threads_that_ask_at_once_one_may_try(real_db, rf):
    for _try in range(throttle.FREE):
        throttle.failed("clerk")
    Throttle.objects.update(next_at=clock.now())
    gate, waits = threading.Barrier(6), []

    def run():
        gate.wait()
        waits.append(throttle.wait(rf.post("/login/"), "clerk"))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert waits.count(0) == 1


def test_a_browser_that_signed_in_before_does_not_wait(clerk, travel):
    own = Client()
    assert try_from("10.0.0.9", password=world.PASSWORD, client=own).status_code == 302
    own.post("/logout/")
    for address in addresses(throttle.FREE + 2):
        try_from(address)

    assert try_from("10.0.0.9", password=world.PASSWORD).status_code == 429
    assert try_from("10.0.0.9", password=world.PASSWORD, client=own).status_code == 302
    assert not Throttle.objects.exists()


def test_the_known_browser_is_known_for_its_own_names_only(clerk, travel):
    world.seat("viewer", world.COUNTY, world.person("other"))
    own = Client()
    try_from("10.0.0.9", "other", world.PASSWORD, client=own)
    for address in addresses(throttle.FREE):
        try_from(address)

    assert try_from("10.0.0.9", password=world.PASSWORD, client=own).status_code == 429
    own.cookies[throttle.COOKIE] = "forged:value:here"
    assert try_from("10.0.0.9", password=world.PASSWORD, client=own).status_code == 429


def test_one_password_for_many_accounts_locks_nobody_out(travel, db):
    names = [f"teacher{n}" for n in range(30)]
    for name in names:
        world.seat("viewer", world.COUNTY, world.person(name))

    codes = {try_from("10.6.6.6", name).status_code for name in names}

    assert codes == {200}
    assert {try_from("10.0.0.2", n, world.PASSWORD).status_code for n in names} == {302}


def test_a_name_that_is_no_account_waits_like_any_other(clerk, travel):
    texts = []
    for name in ("clerk", "nobody"):
        for address in addresses(throttle.FREE):
            try_from(address, name)
        answer = try_from("10.9.9.9", name)
        assert answer.status_code == 429
        texts.append(answer.content.decode().replace(name, ""))
    plain = [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text) for text in texts]

    assert plain[0] == plain[1]
    assert "clerk" not in str(list(Throttle.objects.values_list("name", flat=True)))


def test_a_day_later_nobody_remembers(clerk, travel):
    for address in addresses(throttle.FREE + 5):
        try_from(address)
    travel.shift(timedelta(days=1, hours=1))

    assert try_from("10.9.9.9").status_code == 200
    assert Throttle.objects.get().failures == 1
