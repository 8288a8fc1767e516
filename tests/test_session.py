"""Coming in and going out: sign-in, lock-out, posts, language, account; and no text is lost."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from reform.models import AuditLine, Draft
from schools import kept
from schools.models import Membership, User
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
ORIGIN = "http://testserver"


@pytest.fixture
def clerk():
    return world.seat("reviewer", world.COUNTY, world.person("clerk", name="沈老师")).user


def sign_in(client, username="clerk", password=world.PASSWORD, **fields):
    return client.post(
        "/login/",
        {"username": username, "password": password, **fields},
        headers={"origin": ORIGIN},
    )


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

    response = sign_in(client)

    assert (response.status_code, response.url) == (302, "/")
    assert signed_in(client)
    assert client.session.session_key != old
    assert lines() == [("sign in", "clerk", True)]
    assert AuditLine.objects.get().region_id == world.COUNTY


@pytest.mark.parametrize("next_path", ["/account/", "/schools/?q=%E9%98%B3", "/entries/5/"])
def test_signing_in_leads_on_to_where_one_wanted_to_go(client, clerk, next_path):
    assert sign_in(client, next=next_path).url == next_path


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
    url = sign_in(client, next=next_path).url

    assert url.startswith("/")
    assert not url.startswith(("//", "/\\"))
    assert "evil" not in url.split("/")[1]


def test_unknown_user_wrong_password_and_disabled_account_read_the_same(client, clerk):
    client.get("/login/")
    world.person("gone", is_active=False)
    texts = {
        sign_in(client, name, password).content.replace(name.encode(), b"")
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
    answers = [sign_in(client, password="wrong").status_code for _ in range(5)]
    locked = sign_in(client)

    assert answers == [200, 200, 200, 200, 429]
    assert locked.status_code == 429
    assert "this account waits 10 minutes on this address" in locked.content.decode()
    assert not signed_in(client)
    assert [what for what, _name, _ok in lines()] == ["sign in failed"] * 4 + ["sign in locked"] * 2

    travel.shift(timedelta(minutes=11))
    assert sign_in(client).status_code == 302


def test_signing_out_takes_a_post(client, clerk):
    sign_in(client)

    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").url == "/login/"
    assert not signed_in(client)
    assert lines()[-1] == ("sign out", "clerk", True)


def test_whoever_is_signed_in_is_not_asked_again(client, clerk):
    sign_in(client)

    assert client.get("/login/?next=/account/").url == "/account/"


def test_a_session_ends_when_the_account_is_disabled(client, clerk):
    sign_in(client)
    User.objects.filter(pk=clerk.pk).update(is_active=False)

    assert client.get("/account/").url == "/login/?next=/account/"


@pytest.mark.parametrize("name", ["\0", "cl\0erk", "名" * 200, "a\nb", "\u202eclerk", ""])
def test_a_strange_name_is_refused_like_any_other(client, clerk, name):
    assert sign_in(client, name).status_code == 200
    assert not signed_in(client)


# ---- posts


def test_a_person_with_two_posts_works_as_one_of_them_at_a_time(client, clerk):
    school = world.school("阳光小学")
    world.seat("filer", school, clerk)
    sign_in(client)
    assert client.get("/schools/").status_code == 403

    response = client.post("/seat/", {"seat": f"r{world.COUNTY}"})

    assert response.url == "/"
    assert client.get("/schools/").status_code == 200


def test_a_post_one_does_not_hold_is_refused(client, clerk):
    sign_in(client)

    assert client.post("/seat/", {"seat": f"r{world.ABROAD}"}).status_code == 403
    assert "seat" not in client.session


# ---- language


def test_the_language_is_kept_in_the_browser_and_with_the_account(client, clerk):
    assert client.post("/language/", {"language": "en", "next": "/login/"}).url == "/login/"
    assert client.cookies["language"].value == "en"
    assert client.cookies["language"]["httponly"]
    assert "Sign in to the Reform Ledger" in client.get("/login/").content.decode()

    sign_in(client)
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
    sign_in(client)

    response = client.post("/account/", DETAILS)

    clerk.refresh_from_db()
    assert (response.status_code, response.url) == (302, "/account/")
    assert (clerk.name, clerk.post, clerk.phone) == ("沈青", "办公室", "0571-8700 0000")
    assert (clerk.language, clerk.theme, clerk.shortcuts) == ("en", "dark", False)
    page = client.get("/account/").content.decode()
    assert "Your details are saved." in page
    assert 'data-theme="dark"' in page


@pytest.mark.parametrize("phone", ["13800138000", "138 0013 8000", "+86-138-0013-8000"])
def test_a_mobile_number_is_refused_and_the_rest_of_the_form_stays(client, clerk, phone):
    client.cookies["language"] = "en"
    sign_in(client)

    page = client.post("/account/", {**DETAILS, "phone": phone}).content.decode()

    assert "This is a mobile number. Enter the number of the office." in page
    assert 'value="办公室"' in page
    clerk.refresh_from_db()
    assert clerk.phone == ""


def test_a_new_password_holds_and_ends_the_sessions_elsewhere(client, clerk):
    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)
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
    assert sign_in(Client(), password=new).status_code == 302
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
    sign_in(client)

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
    sign_in(client)

    with django_assert_num_queries(5):
        page = client.get("/account/").content.decode()

    assert page.index("Reviewer") < page.index("Viewer") < page.index("ended")
    assert "What is kept about you" in page


# ---- no text is lost

TEXT = 'He said: "<b>ready</b>" & 课时已排。\n第二行'


@pytest.fixture
def filing(clerk):
    """A form that a filer types into: its address, its page and what was typed."""
    school = world.school("阳光小学")
    filer = world.seat("filer", school, world.person("filer", name="填报员"))
    entry = world.entry(school)
    return {
        "user": filer.user,
        "entry": entry,
        "to": reverse("entry_save", args=[entry.pk]),
        "page": reverse("entry", args=[entry.pk]),
        "body": {
            "note": TEXT,
            "version": "0",
            "key": "0f" * 16,
            "password": "secret-1",
            "x": ["a", "b"],
        },
    }


def post(client, filing, **headers):
    headers = {"origin": ORIGIN, "referer": ORIGIN + filing["page"], **headers}
    return client.post(filing["to"], filing["body"], headers=headers)


def hidden(response):
    """The token of the form that a sign-in page carries."""
    return response.context["kept"]


def test_text_typed_before_the_session_ended_is_shown_and_sent_again(client, filing):
    response = post(client, filing)
    assert response.status_code == 401
    assert "secret-1" not in response.content.decode()

    again = sign_in(client, "filer", next=response.context["next"], kept=hidden(response))

    page = again.content.decode()
    form = again.context["form_was"]
    assert again.status_code == 200
    assert (form.to, form.back) == (filing["to"], filing["page"])
    assert dict(form.fields)["note"] == TEXT
    assert [value for name, value in form.fields if name == "x"] == ["a", "b"]
    assert "password" not in dict(form.fields)
    assert f'action="{filing["to"]}"' in page
    assert "&lt;b&gt;ready&lt;/b&gt;" in page
    assert "<b>ready" not in page

    sent = client.post(form.to, dict(form.fields), headers={"origin": ORIGIN})
    assert sent.status_code == 302
    assert Draft.objects.get(entry=filing["entry"]).note.replace("\r\n", "\n") == TEXT


def test_an_aged_page_gives_the_text_back_to_whoever_is_signed_in(filing):
    client = Client(enforce_csrf_checks=True)
    client.force_login(filing["user"], backend="django.contrib.auth.backends.ModelBackend")

    response = post(client, filing)

    assert response.status_code == 403
    assert dict(response.context["form_was"].fields)["note"] == TEXT
    assert "csrfmiddlewaretoken" not in dict(response.context["form_was"].fields)


def test_an_aged_page_without_a_session_leads_to_signing_in_with_the_text(filing):
    client = Client(enforce_csrf_checks=True)

    response = post(client, filing)

    assert response.status_code == 403
    assert dict(kept.opened(hidden(response)).fields)["note"] == TEXT


def test_the_text_outlives_a_wrong_password_a_lock_out_and_another_language(client, filing):
    token = hidden(post(client, filing))
    wrong = sign_in(client, "filer", "wrong", kept=token)
    other = client.post("/language/", {"language": "en", "kept": hidden(wrong)})
    for _ in range(4):
        locked = sign_in(client, "filer", "wrong", kept=hidden(other))
    back = client.post("/login/", {"again": "yes", "kept": hidden(locked)})

    assert (locked.status_code, back.status_code) == (429, 200)
    assert dict(kept.opened(hidden(back)).fields)["note"] == TEXT


def test_the_sign_in_page_itself_may_grow_old(filing):
    client = Client(enforce_csrf_checks=True)
    token = hidden(post(client, filing))

    response = client.post(
        "/login/",
        {"username": "filer", "password": world.PASSWORD, "kept": token, "next": "/account/"},
        headers={"origin": ORIGIN},
    )

    assert response.status_code == 403
    assert hidden(response) == token
    assert (response.context["next"], response.context["username"]) == ("/account/", "filer")
    assert world.PASSWORD not in response.content.decode()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil.example"]
)
def test_a_form_of_another_site_is_never_carried(client, filing, origin):
    response = post(client, filing, origin=origin, referer=origin + "/x")

    assert (response.status_code, response.url) == (302, "/login/?next=/")


def test_nothing_but_our_own_token_opens_a_form(client, clerk):
    response = sign_in(client, kept="forged", next="/account/")

    assert (response.status_code, response.url) == (302, "/account/")


def test_a_token_holds_for_a_week(client, filing, travel):
    token = hidden(post(client, filing))
    travel.shift(timedelta(days=8))

    assert kept.opened(token) is None


def test_a_text_too_long_is_left_in_the_browser_and_that_is_said(client, filing):
    client.cookies["language"] = "en"
    filing["body"]["note"] = "长" * 200_001

    response = post(client, filing)

    assert "too long to be kept" in response.content.decode()
    assert len(response.content) < 20_000


def test_a_script_is_told_and_keeps_its_text_itself(client, filing):
    response = client.post(filing["to"], filing["body"], headers={"X-Requested-With": "fetch"})
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(filing["user"], backend="django.contrib.auth.backends.ModelBackend")

    assert (response.status_code, response.content) == (401, b"")
    assert strict.post(
        filing["to"], filing["body"], headers={"X-Requested-With": "fetch"}
    ).status_code == 403  # fmt: skip
