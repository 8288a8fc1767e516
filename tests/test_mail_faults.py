"""Sending to a real mail server that fails in each way it can: nothing is lost, the rest flows."""

import time
from datetime import timedelta

import pytest

from reform import circuit, outbox, sending
from reform.channels import mail
from reform.models import Attempt, Circuit, Message, Reminder
from reform.settings import mail_server
from schools import clock
from schools.models import User
from tests import services, smtp_sink, world

pytestmark = pytest.mark.database
MINUTE = timedelta(minutes=1)


def post(*addresses):
    """A test letter to each address."""
    for address in addresses:
        outbox.post(world.person(email=address), "test", "1")


def states():
    """Address → state."""
    return dict(Message.objects.values_list("person__email", "state"))


def outcomes():
    return list(Attempt.objects.order_by("pk").values_list("outcome", flat=True))


def ids(sink):
    return [letter["Message-ID"] for letter in sink.letters]


def test_a_letter_arrives_with_its_name_its_key_and_both_texts(sink):
    letter = outbox.post(world.person(name="王敏", email="wang@school.example"), "test", "1")

    assert sending.run() == (True, "letters: accepted 1")

    (got,) = sink.letters
    assert (got["Message-ID"], got["X-Reform-Key"]) == (letter.message_id, "test:1")
    assert (got["From"], got["To"]) == ("ledger@bureau.example", "王敏 <wang@school.example>")
    assert got["Auto-Submitted"] == "auto-generated"
    assert "https://ledger.example/status/" in smtp_sink.text_of(got)
    assert 'href="https://ledger.example/status/"' in smtp_sink.html_of(got)
    letter.refresh_from_db()
    assert (letter.state, letter.reply) == ("accepted", "250 2.0.0 taken")


def test_many_letters_go_over_one_line(sink):
    post(*(f"a{n}@school.example" for n in range(20)))

    sending.run()

    assert (len(sink.letters), sink.connections) == (20, 1)


def test_an_address_that_is_refused_now_is_tried_again_and_the_others_get_theirs(sink, travel):
    sink.mode = {"rcpt": "451 4.2.1 try later", "only": "busy@"}
    post("a@school.example", "busy@school.example", "z@school.example")

    sending.run()

    assert set(states().values()) == {"accepted", "waiting"}
    busy = Message.objects.get(person__email="busy@school.example")
    assert (busy.state, busy.reply) == ("waiting", "451 4.2.1 try later")
    assert 0.7 * MINUTE < busy.next_at - clock.now() <= MINUTE
    sink.mode = {}
    travel.shift(2 * MINUTE)
    sending.run()
    assert set(states().values()) == {"accepted"}
    assert len(set(ids(sink))) == len(ids(sink)) == 3


def test_after_a_week_of_not_now_a_letter_is_given_up(sink, travel):
    sink.mode = {"rcpt": "451 4.2.1 try later"}
    post("a@school.example")
    sending.run()
    travel.shift(timedelta(days=6))
    sending.run()
    assert states() == {"a@school.example": "waiting"}

    travel.shift(timedelta(days=2))
    sending.run()

    assert states() == {"a@school.example": "failed"}
    assert outcomes() == ["later"] * 3


def test_a_refused_address_is_marked_and_told_to_who_can_mend_it(cast, sink):
    sink.mode = {"rcpt": "550 5.1.1 no such user", "only": cast.filer.user.email}
    outbox.post(cast.filer.user, "test", "1")
    post("a@school.example")

    sending.run()

    assert states() == {cast.filer.user.email: "bounced", "a@school.example": "accepted"}
    cast.filer.user.refresh_from_db()
    assert cast.filer.user.email_refused_why == "550 5.1.1 no such user"
    told = Reminder.objects.filter(about="bounced", topic=f"person:{cast.filer.user.pk}")
    assert {(one.person, one.role, one.place) for one in told} == {
        (cast.filer.user, "filer", f"s{cast.school.pk}"),
        (cast.secretary.user, "secretary", f"s{cast.school.pk}"),
        (cast.manager.user, "manager", f"r{world.COUNTY}"),
    }


def test_nothing_goes_to_a_refused_address_until_there_is_another(cast, sink, client):
    sink.mode = {"rcpt": "550 5.1.1 no such user", "only": cast.filer.user.email}
    outbox.post(cast.filer.user, "test", "1")
    sending.run()
    outbox.post(cast.filer.user, "test", "2")
    sending.run()
    assert Message.objects.get(key="2").state == "cancelled"

    page = {"name": "李老师", "email": "li@school.example", "theme": "auto", "do": "details"}
    world.sign_in(client, cast.filer).post("/account/", page)
    person = User.objects.get(pk=cast.filer.user.pk)
    outbox.post(person, "test", "3")
    sending.run()

    assert (person.email_refused_at, person.email_refused_why) == (None, "")
    assert [letter["To"] for letter in sink.letters] == ["李老师 <li@school.example>"]


def test_an_address_changed_meanwhile_is_not_marked(cast, sink, monkeypatch):
    letter = outbox.post(cast.filer.user, "test", "1")
    taken = outbox.take("a")
    User.objects.filter(pk=cast.filer.user.pk).update(email="new@school.example")
    sink.mode = {"rcpt": "550 5.1.1 no such user"}

    sending.deliver(taken, "a", mail.Mail(), sending.Desk())

    letter.refresh_from_db()
    assert letter.state == "bounced"
    assert User.objects.get(pk=cast.filer.user.pk).email_refused_at is None


@pytest.mark.parametrize("address", ["a@school.example\r\nBcc: b@x.example", "nobody", "王@x.cn"])
def test_an_address_that_is_none_never_reaches_the_server(sink, address):
    post(address, "a@school.example")

    sending.run()

    assert states() == {address: "bounced", "a@school.example": "accepted"}
    assert len(sink.letters) == 1
    why = User.objects.get(email=address).email_refused_why
    assert why.startswith("no address: ") and "\n" not in why


def test_a_letter_that_is_not_taken_is_given_up_after_five_tries_and_its_address_stays(
    sink, travel
):
    sink.mode = {"data": "554 5.6.0 too large", "only": "huge@"}
    post("huge@school.example", "a@school.example")

    for _n in range(5):
        sending.run()
        travel.shift(16 * MINUTE)

    assert states() == {"huge@school.example": "failed", "a@school.example": "accepted"}
    assert User.objects.get(email="huge@school.example").email_refused_at is None
    assert Message.objects.get(state="failed").reply == "554 5.6.0 too large"


def test_a_letter_larger_than_the_server_takes_is_given_up_too(sink, travel):
    person = world.person(email="a@school.example")
    person.name = "王" * 40
    person.save()
    letter = outbox.post(person, "test", "1")
    taken = outbox.take("a")
    big = sending.letters.compose(taken, sending.Desk()).letter._replace(text="x" * 2_000_000)

    answer = mail.Mail().send(big)

    assert (answer.end, answer.said[:3]) == ("rejected", "552")
    assert letter.state == "waiting"


def test_a_template_that_raises_holds_up_nobody(cast, sink, travel, settings, tmp_path, caplog):
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "account_bad.subject").write_text("{% include missing %}")
    settings.TEMPLATES = [
        {**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}
    ]
    outbox.post(cast.filer.user, "account", "1", data={"about": "bad"})
    post("a@school.example")

    for _n in range(5):
        sending.run()
        travel.shift(16 * MINUTE)

    assert states() == {cast.filer.user.email: "failed", "a@school.example": "accepted"}
    assert outcomes().count("broken") == 5
    assert Message.objects.get(state="failed").reply.startswith("TemplateDoesNotExist")


def test_a_tar_pit_holds_its_own_letter_and_no_longer_than_the_limit(sink, monkeypatch, travel):
    monkeypatch.setattr(mail, "EACH_STEP", 0.5)
    sink.mode = {"tarpit": 60, "only": "slow@"}
    post("slow@school.example", "a@school.example", "b@school.example")
    began = time.perf_counter()

    sending.run()

    assert time.perf_counter() - began < 5
    assert sorted(states().items()) == [
        ("a@school.example", "accepted"), ("b@school.example", "accepted"),
        ("slow@school.example", "waiting"),
    ]  # fmt: skip
    assert "dropped" in outcomes()


def test_a_server_that_answers_a_byte_a_second_is_cut_off(sink, monkeypatch, travel):
    monkeypatch.setattr(mail, "LIMIT", 2.5)
    sink.mode = {"drip": 1, "only": "slow@"}
    post("slow@school.example")
    began = time.perf_counter()

    sending.run()

    assert 2 < time.perf_counter() - began < 6
    assert (states(), outcomes()) == ({"slow@school.example": "waiting"}, ["dropped"])


def test_a_server_that_has_enough_of_a_line_gets_another(sink):
    sink.mode = {"most": 5}
    post(*(f"a{n}@school.example" for n in range(12)))

    sending.run()

    assert set(states().values()) == {"accepted"}
    assert (len(sink.letters), len(set(ids(sink))), sink.connections) == (12, 12, 3)


def test_a_line_cut_after_the_letter_is_a_second_copy_at_most_under_the_same_name(sink, travel):
    sink.mode = {"close": "after", "only": "cut@"}
    post("cut@school.example", "a@school.example")
    sending.run()
    cut = Message.objects.get(person__email="cut@school.example")
    assert (cut.state, cut.uncertain, len(sink.letters)) == ("waiting", 1, 2)

    sink.mode = {}
    travel.shift(2 * MINUTE)
    sending.run()

    assert set(states().values()) == {"accepted"}
    assert (len(sink.letters), len(set(ids(sink)))) == (3, 2)


def test_a_server_that_is_gone_is_asked_once_a_minute_however_much_waits(settings, sink, travel):
    settings.MAIL_SERVER = mail_server(f"smtp://127.0.0.1:{services.free_port()}")
    post(*(f"a{n}@school.example" for n in range(30)))

    for _n in range(3):
        sending.run()
        sending.run()
        travel.shift(MINUTE)

    assert outcomes() == ["unreachable"] * 3
    assert Circuit.objects.get(channel="mail").said.startswith("ConnectionRefusedError")
    assert set(states().values()) == {"waiting"}


def test_of_those_who_would_ask_a_gone_server_again_one_may(sink, travel):
    circuit.broke("mail", "Connection refused", at_once=True)
    assert circuit.may_try("mail") is False

    travel.shift(MINUTE)

    assert [circuit.may_try("mail") for _n in range(3)] == [True, False, False]


def test_when_the_server_is_back_all_goes_out_once(settings, sink, travel):
    there = settings.MAIL_SERVER
    settings.MAIL_SERVER = mail_server(f"smtp://127.0.0.1:{services.free_port()}")
    post(*(f"a{n}@school.example" for n in range(10)))
    sending.run()
    travel.shift(timedelta(hours=72))

    settings.MAIL_SERVER = there
    sending.run()

    assert set(states().values()) == {"accepted"}
    assert (len(ids(sink)), len(set(ids(sink)))) == (10, 10)
    assert Circuit.objects.get(channel="mail").open_until is None


@pytest.mark.parametrize(("url", "said"), [
    ("smtp+tls://127.0.0.1:{port}", "SMTPNotSupportedError"),
    ("smtp+ssl://127.0.0.1:{port}", "SSLError"),
    ("smtp://user:wrong@127.0.0.1:{port}", "SMTPNotSupportedError"),
])  # fmt: skip
def test_what_an_operator_set_wrongly_is_told_and_blamed_on_no_address(sink, settings, url, said):
    port = settings.MAIL_SERVER["port"]
    settings.MAIL_SERVER = mail_server(url.format(port=port))
    post("a@school.example", "b@school.example")

    sending.run()

    assert (outcomes(), set(states().values())) == (["unreachable"], {"waiting"})
    assert Circuit.objects.get(channel="mail").said.startswith(said)


def test_a_sender_the_server_refuses_is_blamed_on_no_address(sink):
    sink.mode = {"mail": "553 5.7.1 not your domain"}
    post("a@school.example", "b@school.example")

    sending.run()

    assert outcomes() == ["unreachable"]
    assert circuit.may_try("mail") is False
    assert not User.objects.exclude(email_refused_at=None).exists()


def test_without_a_server_nothing_is_tried(sink, settings):
    settings.MAIL_SERVER = None
    post("a@school.example")

    assert sending.run() == (True, "")
    assert (states(), outcomes()) == ({"a@school.example": "waiting"}, [])


def test_a_letter_printed_for_a_trial_is_settled(sink, settings, capsys):
    settings.MAIL_SERVER = mail_server("consolemail://")
    post("a@school.example")

    sending.run()

    assert states() == {"a@school.example": "accepted"}
    assert "To: " in capsys.readouterr().out
