"""Coming in and going out: sign-in, lock-out, posts, language, account."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from reform.models import AuditLine
from schools.models import Membership, User
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def signed_in(client):
    return "_auth_user_id" in client.session


def lines():
    return list(AuditLine.objects.order_by("pk").values_list("what", "username", "ok"))


# ---- in and out


def test_signing_in_leads_to_the_first_page_and_rotates_the_session(client, clerk):
    client.get("/login/")
    session = client.session
    session["before"] = "kept"
    session.save()
    old = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = old

    response = world.log_in(client)

    assert (response.status_code, response.url) == (302, "/")
    assert signed_in(client)
    assert client.session.session_key != old
    assert lines() == [("sign in", "clerk", True)]
    assert AuditLine.objects.get().region_id == world.COUNTY


@pytest.mark.parametrize("next_path", ["/account/", "/schools/?q=%E9%98%B3", "/entries/5/"])
def test_signing_in_leads_on_to_where_one_wanted_to_go(client, clerk, next_path):
    assert world.log_in(client, next=next_path).url == next_path


@pytest.mark.parametrize(
    "next_path",
    [
        "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example",
        "\\\\evil.example", "http:evil.example", "javascript:alert(1)", "evil.example",
        "/%09/evil.example".replace("%09", "\t"), " //evil.example", "http://testserver/account/",
        "https:/evil.example", "data:text/html,x", "ftp://evil.example", "",
        "http://testserver@evil.example/", "/\n/evil.example", "HTTPS://EVIL.EXAMPLE",
        "//evil.example/%2f..", "/\u2028//evil.example", "////evil.example", "/.\\evil.example\x00",
    ],
)  # fmt: skip
def test_nobody_is_led_out_of_the_product(client, clerk, next_path):
    url = world.log_in(client, next=next_path).url

    assert url.startswith("/")
    assert not url.startswith(("//", "/\\"))
    assert "evil" not in url.split("/")[1]


def test_unknown_user_wrong_password_and_disabled_account_read_the_same(client, clerk):
    client.get("/login/")
    world.person("gone", is_active=False)
    texts = {
        world.log_in(client, name, password).content.replace(name.encode(), b"")
        for name, password in [("clerk", "x"), ("nobody", "x"), ("gone", world.PASSWORD)]
    }
    stripped = {text.split(b"csrfmiddlewaretoken")[0] for text in texts}

    assert len(stripped) == 1
    assert not signed_in(client)
    assert lines() == [
        ("sign in failed", "clerk", False),
        ("sign in failed", "no***", False),
        ("sign in failed", "gone", False),
    ]


def test_five_wrong_passwords_lead_to_a_page_that_tells_the_way_out(client, clerk, travel):
    client.cookies["language"] = "en"
    answers = [world.log_in(client, password="wrong").status_code for _ in range(5)]
    locked = world.log_in(client)

    assert answers == [200, 200, 200, 200, 429]
    assert locked.status_code == 429
    assert "this account waits 10 minutes on this address" in locked.content.decode()
    assert not signed_in(client)
    assert [what for what, _name, _ok in lines()] == ["sign in failed"] * 4 + ["sign in locked"] * 2

    travel.shift(timedelta(minutes=11))
    assert world.log_in(client).status_code == 302


def test_signing_out_takes_a_post(client, clerk):
    world.log_in(client)

    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").url == "/login/"
    assert not signed_in(client)
    assert lines()[-1] == ("sign out", "clerk", True)


def test_whoever_is_signed_in_is_not_asked_again(client, clerk):
    world.log_in(client)

    assert client.get("/login/?next=/account/").url == "/account/"


def test_a_session_ends_when_the_account_is_disabled(client, clerk):
    world.log_in(client)
    User.objects.filter(pk=clerk.pk).update(is_active=False)

    assert client.get("/account/").url == "/login/?next=/account/"


@pytest.mark.parametrize("name", ["\0", "cl\0erk", "名" * 200, "a\nb", "\u202eclerk", ""])
def test_a_strange_name_is_refused_like_any_other(client, clerk, name):
    assert world.log_in(client, name).status_code == 200
    assert not signed_in(client)


# ---- posts


def test_a_person_with_two_posts_works_as_one_of_them_at_a_time(client, clerk):
    school = world.school("阳光小学")
    world.seat("filer", school, clerk)
    world.log_in(client)
    assert client.get("/schools/").status_code == 403

    response = client.post("/seat/", {"seat": f"r{world.COUNTY}"})

    assert response.url == "/"
    assert client.get("/schools/").status_code == 200


def test_a_post_one_does_not_hold_is_refused(client, clerk):
    world.log_in(client)

    assert client.post("/seat/", {"seat": f"r{world.ABROAD}"}).status_code == 403
    assert "seat" not in client.session


# ---- language


def test_the_language_is_kept_in_the_browser_and_with_the_account(client, clerk):
    assert client.post("/language/", {"language": "en", "next": "/login/"}).url == "/login/"
    assert client.cookies["language"].value == "en"
    assert client.cookies["language"]["httponly"]
    assert "Sign in to the Reform Ledger" in client.get("/login/").content.decode()

    world.log_in(client)
    client.post("/language/", {"language": "zh-hans"})
    clerk.refresh_from_db()
    assert clerk.language == "zh-hans"
    assert client.get("/account/").headers["Content-Language"] == "zh-hans"


def test_a_language_that_is_not_offered_is_refused(client):
    assert client.post("/language/", {"language": "xx"}).status_code == 403
    assert client.post("/language/", {"language": "en", "next": "//evil.example"}).url == "/"


# ---- account

DETAILS = {
    "do": "details", "name": "沈青", "post": "办公室", "phone": "0571-8700 0000", "email": "",
    "language": "en", "theme": "dark",
}  # fmt: skip


def test_a_person_changes_what_is_kept(client, clerk):
    world.log_in(client)

    response = client.post("/account/", DETAILS)

    clerk.refresh_from_db()
    assert (response.status_code, response.url) == (302, "/account/")
    assert (clerk.name, clerk.post, clerk.phone) == ("沈青", "办公室", "0571-8700 0000")
    assert (clerk.language, clerk.theme, clerk.shortcuts) == ("en", "dark", False)
    page = client.get("/account/").content.decode()
    assert "Your details are saved." in page
    assert 'data-theme="dark"' in page


def test_the_daily_letter_is_a_choice_only_where_mail_is_sent(client, clerk, settings):
    world.log_in(client)
    assert 'name="digest"' not in client.get("/account/").content.decode()
    client.post("/account/", DETAILS)
    clerk.refresh_from_db()
    assert clerk.digest is True

    settings.MAIL_SERVER = {"host": "127.0.0.1"}

    assert 'name="digest"' in client.get("/account/").content.decode()


@pytest.mark.parametrize(
    ("who", "words"),
    [("reviewer", "A 通过，R 退回"), ("filer", "按 ? 查看本页按键"), ("viewer", "")],
)
def test_keys_are_a_choice_of_those_who_have_some(cast, at, who, words):
    seat = world.seat("viewer", world.COUNTY) if who == "viewer" else getattr(cast, who)

    page = at(seat).get("/account/").content.decode()

    assert ('name="shortcuts"' in page) is bool(words)
    assert words in page


@pytest.mark.parametrize("phone", ["13800138000", "138 0013 8000", "+86-138-0013-8000"])
def test_a_mobile_number_is_refused_and_the_rest_of_the_form_stays(client, clerk, phone):
    client.cookies["language"] = "en"
    world.log_in(client)

    page = client.post("/account/", {**DETAILS, "phone": phone}).content.decode()

    assert "This is a mobile number. Enter the number of the office." in page
    assert 'value="办公室"' in page
    clerk.refresh_from_db()
    assert clerk.phone == ""


def test_a_new_password_holds_and_ends_the_sessions_elsewhere(client, clerk):
    elsewhere = Client()
    world.log_in(client)
    world.log_in(elsewhere)
    new = "spring-tea-7713"

    response = client.post(
        "/account/",
        {
            "do": "password",
            "old_password": world.PASSWORD,
            "new_password1": new,
            "new_password2": new,
        },
    )

    assert response.status_code == 302
    assert client.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert world.log_in(Client(), password=new).status_code == 302
    assert ("password change", "clerk", True) in lines()


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("wrong", "spring-tea-7713", "spring-tea-7713"),
        (world.PASSWORD, "spring-tea-7713", "spring-tea-7714"),
        (world.PASSWORD, "short", "short"),
        (world.PASSWORD, "1234567890", "1234567890"),
    ],
)
def test_a_bad_new_password_changes_nothing(client, clerk, old, new, again):
    world.log_in(client)

    response = client.post(
        "/account/",
        {"do": "password", "old_password": old, "new_password1": new, "new_password2": again},
    )

    assert response.status_code == 200
    assert response.context["password"].errors
    clerk.refresh_from_db()
    assert clerk.check_password(world.PASSWORD)


def test_the_account_page_tells_posts_and_what_is_kept(client, clerk, django_assert_num_queries):
    client.cookies["language"] = "en"
    Membership.objects.create(
        user=clerk,
        role="viewer",
        region_id=world.COUNTY,
        starts_on="2025-01-01",
        ends_on="2025-06-30",
    )
    world.log_in(client)

    with django_assert_num_queries(5):
        page = client.get("/account/").content.decode()

    assert page.index("Reviewer") < page.index("Viewer") < page.index("ended")
    assert "What is kept about you" in page


def test_an_address_that_belongs_to_another_post_of_mine_is_opened_from_there(client, cast):
    entry = world.entry(cast.school)
    world.sign_in(client, world.seat("filer", cast.stranger_school, cast.filer.user))
    here = f"/entries/{entry.pk}/"
    lost = client.get(here)
    assert lost.status_code == 404
    assert f'name="next" value="{here}"' in lost.content.decode()
    assert f'value="{cast.filer.key}"' in lost.content.decode()
    found = client.post("/seat/", {"seat": cast.filer.key, "next": here}, follow=True)
    assert (found.status_code, found.redirect_chain) == (200, [(here, 302)])
    away = client.post("/seat/", {"seat": cast.filer.key, "next": "https://evil.example/"})
    assert away.url == "/"
    world.sign_in(client, cast.stranger)
    assert "/seat/" not in client.get(here).content.decode()
