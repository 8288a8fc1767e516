"""What is settled before any view: language, address of the caller, headers, too many tries."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory

from reform.middleware import chosen_language, client_address
from schools.models import User
from tests import world

PAGE = "/login/"


@pytest.fixture
def request_of(rf):
    def make(language="", cookie="", **headers):
        request = rf.get("/", headers=headers)
        request.user = User(language=language)
        if cookie:
            request.COOKIES["language"] = cookie
        return request

    return make


@pytest.mark.parametrize(
    ("user", "cookie", "browser", "language"),
    [
        ("", "", "en-US", "zh-hans"),
        ("", "en", "zh-CN", "en"),
        ("zh-hans", "en", "en-US", "zh-hans"),
        ("en", "zh-hans", "zh-CN", "en"),
        ("", "xx", "en-US", "zh-hans"),
    ],
)
def test_the_users_choice_goes_before_the_cookie_and_the_browser_is_not_asked(
    request_of, user, cookie, browser, language
):
    assert chosen_language(request_of(user, cookie, accept_language=browser)) == language


def test_a_page_says_in_which_language_it_is(client, db):
    client.cookies["language"] = "en"

    assert client.get(PAGE).headers["Content-Language"] == "en"


def test_behind_our_own_proxy_the_last_address_counts(settings):
    request = RequestFactory().get(
        "/", headers={"X-Forwarded-For": "6.6.6.6, 10.0.0.7"}, REMOTE_ADDR="127.0.0.1"
    )

    settings.BEHIND_PROXY = False
    assert client_address(request) == "127.0.0.1"
    settings.BEHIND_PROXY = True
    assert client_address(request) == "10.0.0.7"


def test_every_page_forbids_foreign_script_style_and_frames(client, db):
    headers = client.get(PAGE).headers

    assert sorted(headers["Content-Security-Policy"].split("; ")) == [
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "font-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
    ]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def sign_in(client, name, password, address):
    return client.post(PAGE, {"username": name, "password": password}, REMOTE_ADDR=address)


def test_five_wrong_passwords_lock_this_account_at_this_address_alone(client, db, travel):
    clerk = world.person("clerk", is_staff=True, is_superuser=True)
    world.person("colleague", is_staff=True, is_superuser=True)
    answers = [sign_in(client, "clerk", "wrong", "10.0.0.1").status_code for _ in range(5)]
    locked = sign_in(client, "clerk", world.PASSWORD, "10.0.0.1")

    assert answers == [200, 200, 200, 200, 429]
    assert (locked.status_code, locked.templates[0].name) == (429, "session/locked.html")
    assert sign_in(client, "colleague", world.PASSWORD, "10.0.0.1").status_code == 302
    client.logout()
    assert sign_in(client, "clerk", world.PASSWORD, "10.0.0.2").status_code == 302
    client.logout()

    travel.shift(timedelta(minutes=11))
    assert sign_in(client, "clerk", world.PASSWORD, "10.0.0.1").status_code == 302
    assert authenticate(RequestFactory().get("/"), username="clerk", password="no") is None
    assert clerk.is_active
