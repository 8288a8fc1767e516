"""A forgotten password: the same answer for everybody, a link for an hour and once."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from reform import letters, resetting
from reform.digest import Desk
from reform.models import AuditLine, Message
from schools import activation
from schools.models import User
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
NEW = "spring-tea-7713"


@pytest.fixture(autouse=True)
def mail(settings, travel):
    settings.MAIL_SERVER = {"host": "mail.example", "port": 25, "user": "", "password": "",
                            "tls": "", "console": False}  # fmt: skip
    settings.PUBLIC_URL = "https://ledger.example"


@pytest.fixture
def reader(clerk):
    clerk.email, clerk.language = "Shen@Bureau.example", "en"
    clerk.save()
    return clerk


def ask(client, name="clerk", email="shen@bureau.example", **headers):
    client.cookies["language"] = "en"
    said = {"username": name, "email": email}
    return client.post("/reset/", said, headers={"origin": world.ORIGIN, **headers})


def link():
    """The path in the letter that waits, as it would be written now."""
    text = letters.compose(Message.objects.get(), Desk()).letter.text
    return re.search(r"https://ledger\.example(/reset/\S+)", text)[1]


def choose(client, path, password=NEW):
    return client.post(path, {"new_password1": password, "new_password2": password})


def test_the_letter_goes_to_who_asked_with_the_own_address(client, reader):
    assert ask(client).url == "/reset/?asked=yes"

    letter = letters.compose(Message.objects.get(), Desk()).letter
    assert (letter.address, letter.name) == ("Shen@Bureau.example", "沈老师")
    assert letter.subject == "A new password for the Reform Ledger"
    assert "https://ledger.example/reset/" in letter.text
    assert "https://ledger.example/reset/" in letter.html
    line = AuditLine.objects.get()
    assert (line.what, line.user) == ("password ask", reader)


def test_the_link_names_our_address_whatever_the_browser_says(client, reader, settings):
    settings.ALLOWED_HOSTS = ["*"]
    client.cookies["language"] = "en"
    client.post(
        "/reset/",
        {"username": "clerk", "email": "shen@bureau.example"},
        headers={"host": "evil.example", "origin": "http://evil.example"},
    )

    assert "evil" not in letters.compose(Message.objects.get(), Desk()).letter.text


def test_nothing_in_the_database_opens_the_account(client, reader):
    ask(client)

    token = link().rstrip("/").rpartition("/")[2]
    stored = [str(vars(row)) for model in (Message, AuditLine, User) for row in model.objects.all()]
    assert token not in " ".join(stored)
    assert "reset/" not in str(Message.objects.get().data)


@pytest.mark.parametrize(
    ("name", "email"),
    [("clerk", "other@bureau.example"), ("nobody", "shen@bureau.example"), ("clerk ", "x@y.zz"),
     ("gone", "gone@bureau.example"), ("unopened", "new@bureau.example"), ("silent", "a@b.cc"),
     ("refused", "r@bureau.example")],
)  # fmt: skip
def test_the_answer_is_the_same_and_no_letter_goes_elsewhere(client, reader, travel, name, email):
    world.person("gone", email="gone@bureau.example", is_active=False)
    world.person("silent")
    world.person("refused", email="r@bureau.example", email_refused_at=world.NOON)
    unopened = world.person("unopened", email="new@bureau.example")
    unopened.set_unusable_password()
    unopened.save()
    right = client.get(ask(client).url).content
    Message.objects.all().delete()

    answer = ask(client, name, email)

    assert (answer.status_code, answer.url) == (302, "/reset/?asked=yes")
    assert client.get(answer.url).content == right
    assert not Message.objects.exists()


def test_asking_again_and_again_sends_one_letter_in_ten_minutes_and_few_a_day(
    client, reader, travel
):
    for _try in range(3):
        ask(client)
    assert Message.objects.count() == 1

    for _try in range(30):
        travel.shift(timedelta(minutes=10))
        ask(client)
    assert Message.objects.count() == resetting.MOST_A_DAY - 2


def test_the_link_sets_a_password_once_and_signs_every_other_place_out(client, reader):
    elsewhere = Client()
    world.log_in(elsewhere)
    ask(client)
    path = link()
    code = activation.issue(reader, None)
    assert client.get(path).status_code == 200

    answer = choose(client, path)

    assert (answer.status_code, answer.url) == (302, "/")
    assert client.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert User.objects.get(pk=reader.pk).check_password(NEW)
    assert not activation.use("clerk", code)
    assert choose(Client(), path, "another-tea-7713").status_code == 410
    assert User.objects.get(pk=reader.pk).check_password(NEW)
    assert AuditLine.objects.filter(what="password renew", user=reader).count() == 1


@pytest.mark.parametrize("spoil", ["hour", "sign in", "address", "password", "disabled", "letter"])
def test_a_link_holds_no_longer_once_things_changed(client, reader, travel, spoil):
    ask(client)
    path = link()
    if spoil == "hour":
        travel.shift(timedelta(minutes=61))
    elif spoil == "sign in":
        travel.shift(timedelta(seconds=2))
        world.log_in(Client())
    elif spoil == "address":
        User.objects.filter(pk=reader.pk).update(email="new@bureau.example")
    elif spoil == "password":
        reader.set_password("autumn-tea-7713")
        reader.save()
    elif spoil == "disabled":
        User.objects.filter(pk=reader.pk).update(is_active=False)
    else:
        path = path.rstrip("/")[:-1] + "x/"

    assert client.get(path).status_code == 410
    assert choose(client, path).status_code == 410
    assert not User.objects.get(pk=reader.pk).check_password(NEW)


def test_a_letter_that_comes_an_hour_late_is_not_sent(client, reader, travel):
    ask(client)
    travel.shift(timedelta(minutes=61))

    with pytest.raises(letters.Unwanted, match="too late"):
        letters.compose(Message.objects.get(), Desk())


def test_a_link_of_one_person_opens_nobody_else(client, reader):
    other = world.person("other", email="o@bureau.example")
    ask(client)
    token = link().rstrip("/").rpartition("/")[2]

    assert client.get(f"/reset/{other.pk}/{token}/").status_code == 410
    assert client.get(f"/reset/{10**30}/{token}/").status_code == 410


def test_a_password_that_will_not_do_leaves_the_link_whole(client, reader):
    ask(client)
    path = link()
    for password in ("short", "1234567890", "Shen@Bureau.example"):
        assert choose(client, path, password).context["form"].errors

    assert choose(client, path).status_code == 302


def test_without_mail_the_page_says_who_helps(client, clerk, settings):
    settings.MAIL_SERVER = None
    client.cookies["language"] = "en"

    page = client.get("/reset/").content.decode()

    assert "No e-mail is sent from here" in page
    assert "manager at your education bureau" in page
    assert "<input" not in page.partition("<main")[2].partition("</main>")[0]
    assert ask(client).status_code == 200
    assert not Message.objects.exists()


def test_an_address_with_a_line_break_is_refused_and_the_account_stays(client, reader):
    page = ask(client, email="shen@bureau.example\nBcc: x@y.zz")

    assert page.context["form"].errors["email"]
    assert 'value="clerk"' in page.content.decode()
    assert not Message.objects.exists()
