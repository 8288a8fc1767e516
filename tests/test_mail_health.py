"""What the status page and /healthz say of the mail."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from reform import circuit, mail_health, outbox, sending
from reform.models import Hold, Message
from reform.settings import mail_server
from schools import clock
from schools.models import User
from tests import services, world

pytestmark = pytest.mark.database
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


def test_a_server_that_is_gone_is_told_and_red_after_a_quarter_of_an_hour(sink, settings, travel):
    settings.MAIL_SERVER = mail_server(f"smtp://127.0.0.1:{services.free_port()}")
    outbox.post(world.person(email="a@school.example"), "test", "1")
    assert mail_health.server({}).said == "It answered last time."

    sending.run()

    line = mail_health.server({})
    assert (line.light, line.why) == ("due", "unreachable")
    assert line.said.startswith("Cannot be reached since 2026-11-20 12:00: ConnectionRefusedError")
    travel.shift(16 * MINUTE)
    assert mail_health.server({}).light == "late"
    circuit.worked("mail")
    assert mail_health.server({}).light == "done"


def test_without_a_server_the_page_says_so(db, settings):
    settings.MAIL_SERVER = None

    assert mail_health.server({}).said == "Mail is off; people are told in the inbox alone."


def test_the_letters_are_counted(sink, travel):
    for n in range(3):
        outbox.post(world.person(email=f"a{n}@school.example"), "test", "1")
    sink.mode = {"close": "after", "only": "a0@"}
    sending.run()

    assert mail_health.letters({}).said == (
        "1 letter waits, the oldest since 2026-11-20 12:00. 2 were sent today. "
        "In 7 days 1 may have arrived twice."
    )


def test_letters_given_up_are_told_for_a_week(sink, travel):
    letter = outbox.post(world.person(email="a@school.example"), "test", "1")
    Message.objects.filter(pk=letter.pk).update(state="failed", settled_at=clock.now())

    assert mail_health.letters({}).why == "given up"
    travel.shift(timedelta(days=8))
    assert mail_health.letters({}).light == "done"


def test_what_is_held_back_is_told_with_the_figures(sink):
    Hold.objects.create(day=clock.today(), planned=9000, usual=40, at=clock.now())

    line = mail_health.letters({})

    assert line.why == mail_health.HOLD
    assert "9000 people would hear of dates that no calendar explains; usual are 40." in line.said


def test_refused_addresses_are_counted_and_nothing_is_said_without_any(cast):
    assert mail_health.addresses({}) is None
    User.objects.filter(pk=cast.filer.user.pk).update(email_refused_at=clock.now())

    assert mail_health.addresses({}).said == "1 mail address takes no letters."
