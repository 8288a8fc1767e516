"""Activation codes: issued once, used once, told apart only for who holds one."""

import re
import threading
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import translation

from reform import accounts
from reform.models import AuditLine
from schools import activation, clock, throttle
from schools.errors import Denied
from schools.models import Activation, Throttle, User
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
NEW = "spring-tea-7713"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def newcomer(cast):
    return accounts.create(cast.manager, place=cast.school, role="filer", name="周老师")


@pytest.fixture
def form(client, newcomer):
    """form(code, …) → the answer to the form on the activation page, in English."""
    client.cookies["language"] = "en"

    def send(code, **fields):
        said = {"username": newcomer.username, "code": code,
                "new_password1": NEW, "new_password2": NEW, **fields}  # fmt: skip
        return client.post("/activate/", said, headers={"origin": world.ORIGIN})

    return send


def reason(code, username="nobody"):
    found = activation.use(username, code)
    assert isinstance(found, Denied)
    return found.reason


# ---- codes


def test_a_code_is_told_once_and_kept_as_a_salted_digest(clerk):
    code = activation.issue(clerk, None)

    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}", code)
    assert len(activation.ALPHABET) ** activation.LENGTH >= 2**60
    row = Activation.objects.get()
    stored = " ".join(str(value) for value in vars(row).values())
    assert code not in stored
    assert code.replace("-", "") not in stored
    assert row.expires_at - row.issued_at == timedelta(days=14)
    assert activation.issue(clerk, None) != code


@pytest.mark.parametrize(
    "typed",
    [str.lower, lambda c: c.replace("-", ""), lambda c: f" {c.replace('-', ' ')}\t",
     lambda c: "".join(chr(ord(s) + 0xFEE0) for s in c), lambda c: c.replace("-", "—")],
)  # fmt: skip
def test_a_code_may_be_typed_as_it_comes(clerk, typed):
    assert activation.use("clerk", typed(activation.issue(clerk, None))) == clerk


def test_a_code_opens_only_its_own_account_and_once(clerk):
    other = world.person("other")
    code = activation.issue(clerk, None)
    activation.issue(other, None)

    assert not activation.use("other", code)
    assert activation.use("clerk", code) == clerk
    assert "was used on" in reason(code, "clerk")


def test_a_new_code_revokes_the_one_before(clerk):
    first, second = activation.issue(clerk, None), activation.issue(clerk, None)

    assert "newer code" in reason(first, "clerk")
    assert activation.use("clerk", second) == clerk


def test_a_code_ends_after_14_days(clerk, travel):
    code = activation.issue(clerk, None)
    travel.shift(timedelta(days=14, seconds=-5))
    assert activation.check("clerk", code) == clerk
    travel.shift(timedelta(seconds=10))

    assert "14 days, until 2026-12-04 12:00" in reason(code, "clerk")
    assert Activation.objects.get().used_at is None


def test_a_stranger_reads_the_same_whatever_there_is(clerk):
    world.person("gone", is_active=False)
    world.person("idle")
    used = activation.issue(clerk, None)
    gone = activation.issue(User.objects.get(username="gone"), None)
    activation.use("clerk", used)

    texts = {reason("2222-2222-2222", name) for name in ("clerk", "idle", "gone", "nobody", "")}
    texts |= {reason(gone, "gone"), reason(used, "idle"), reason("", "clerk")}

    assert len(texts) == 1


def test_an_unknown_account_costs_the_same_work(clerk, django_assert_num_queries, monkeypatch):
    activation.issue(clerk, None)
    digests = []
    plain = activation._digest
    monkeypatch.setattr(activation, "_digest", lambda *said: digests.append(said) or plain(*said))
    work = []
    for name in ("clerk", "nobody"):
        digests.clear()
        with django_assert_num_queries(1):
            activation.use(name, "2222-2222-2222")
        work.append(len(digests))

    assert work == [activation.LOOKED_AT] * 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_code_at_once_one_gets_in(real_db):
    user = world.person("clerk")
    code = activation.issue(user, None)
    gate, results = threading.Barrier(4), []

    def run():
        gate.wait()
        results.append(bool(activation.use("clerk", code)))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(results) == [False, False, False, True]


# ---- the page


def test_the_slip_leads_to_a_page_with_the_account_filled_in(client, newcomer):
    page = client.get(f"/activate/?u={newcomer.username}").content.decode()

    assert f'value="{newcomer.username}"' in page
    assert client.get("/activate/?u=%3Cscript%3E").content.count(b"<script>") == 0
    assert client.get("/activate/?code=ABCD").content.count(b"ABCD") == 0


def test_who_goes_by_a_role_is_asked_for_a_name(client, form, newcomer):
    said = "Enter your name and work phone under Account"
    User.objects.filter(pk=newcomer.pk).update(name="填报员", privacy_seen_at=clock.now())
    form(activation.issue(newcomer, None))
    assert said in client.get("/account/").content.decode()
    User.objects.filter(pk=newcomer.pk).update(name="周老师")
    client.logout()
    form(activation.issue(newcomer, None))
    assert said not in client.get("/account/").content.decode()


def test_code_and_password_let_one_in(client, form, newcomer):
    old = client.session.session_key

    answer = form(activation.issue(newcomer, None))

    assert (answer.status_code, answer.url) == (302, "/")
    assert int(client.session["_auth_user_id"]) == newcomer.pk
    assert client.session.session_key != old
    assert User.objects.get(pk=newcomer.pk).check_password(NEW)
    assert AuditLine.objects.get(what="code use").user == newcomer
    assert client.get("/", follow=True).redirect_chain[-1][0].startswith("/privacy/")


def test_a_wrong_code_keeps_what_was_typed_but_the_passwords(form, newcomer):
    page = form("2345-6789-ABCD").content.decode()

    assert "do not fit together" in page
    assert f'value="{newcomer.username}"' in page
    assert 'value="2345-6789-ABCD"' in page
    assert NEW not in page
    assert AuditLine.objects.latest("pk").what == "code refused"
    attempt = AccessAttempt.objects.get()
    assert "2345-6789" not in attempt.post_data
    assert NEW not in attempt.post_data


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"new_password2": "spring-tea-7714"}, "differ"),
        ({"new_password1": "short", "new_password2": "short"}, "too short"),
        ({"new_password1": "1234567890", "new_password2": "1234567890"}, "too common"),
        ({"new_password1": ""}, "required"),
        ({"username": "a\0b"}, "Null"),
    ],
)
def test_a_password_that_will_not_do_uses_no_code_up(form, newcomer, fields, word):
    code = activation.issue(newcomer, None)

    page = form(code, **fields).content.decode()

    assert word in page
    assert Activation.objects.get().used_at is None
    assert not User.objects.get(pk=newcomer.pk).has_usable_password()
    assert activation.check(newcomer.username, code) == newcomer


def test_a_password_like_the_account_is_refused(form, newcomer):
    code = activation.issue(newcomer, None)
    like = newcomer.username + "x"

    assert "too similar" in form(code, new_password1=like, new_password2=like).content.decode()


def test_a_slip_used_twice_says_so_and_who_helps(client, form, newcomer):
    code = activation.issue(newcomer, None)
    form(code)
    client.post("/logout/")

    page = form(code, new_password1="other-tea-7713", new_password2="other-tea-7713")

    assert "was used on 2026-11-20 12:00" in page.content.decode()
    assert "A new code comes from the manager" in page.content.decode()
    assert User.objects.get(pk=newcomer.pk).check_password(NEW)


def test_five_wrong_codes_lock_the_pair_for_password_and_code(client, form, newcomer):
    answers = [form("2345-6789-ABCD").status_code for _try in range(5)]

    assert answers == [200, 200, 200, 200, 429]
    code = activation.issue(newcomer, None)
    assert form(code).status_code == 429
    assert world.log_in(client, newcomer.username).status_code == 429
    assert activation.check(newcomer.username, code) == newcomer


# ---- from the console


def test_an_operator_at_the_console_gives_a_new_code_and_ends_the_waiting(
    cast, client, capsys, settings
):
    settings.PUBLIC_URL = "https://ledger.example"
    name = cast.reviewer.user.username
    for _try in range(6):
        world.log_in(client, name, "wrong")
    assert world.log_in(client, name).status_code == 429

    call_command("reset_login", name)

    code, words = capsys.readouterr().out.strip().split("\n")
    assert f"https://ledger.example/activate/?u={name}" in words
    assert code not in words
    assert activation.check(name, code) == cast.reviewer.user
    assert world.log_in(client, name).status_code == 302
    line = AuditLine.objects.get(what="code issue")
    assert (line.user, line.username, line.thing) == (None, "console", name)
    assert not Throttle.objects.exists()


def test_the_console_refuses_an_account_that_is_none_or_disabled(cast):
    User.objects.filter(pk=cast.filer.user.pk).update(is_active=False)

    for name, word in [("nobody", "no account nobody"), (cast.filer.user.username, "disabled")]:
        with pytest.raises(CommandError, match=word):
            call_command("reset_login", name)
    assert not Activation.objects.exists()


def test_what_was_tried_in_vain_is_forgotten_after_a_day(travel, db):
    throttle.failed("clerk")
    assert throttle.sweep() == 0
    travel.shift(timedelta(days=1, minutes=1))

    assert throttle.sweep() == 1
