"""No text is lost: what was typed outlives a session that ended and a page that grew old."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from reform.models import Draft
from schools import kept
from tests import world
from tests.desk import attach
from tests.reading import words

pytestmark = [pytest.mark.django_db, pytest.mark.database]
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
    headers = {"origin": world.ORIGIN, "referer": world.ORIGIN + filing["page"], **headers}
    return client.post(filing["to"], filing["body"], headers=headers)


def hidden(response):
    """The token of the form that a sign-in page carries."""
    return response.context["kept"]


def test_text_typed_before_the_session_ended_is_shown_and_sent_again(client, filing):
    response = post(client, filing)
    assert response.status_code == 401
    assert "secret-1" not in response.content.decode()

    again = world.log_in(client, "filer", next=response.context["next"], kept=hidden(response))

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

    sent = client.post(form.to, dict(form.fields), headers={"origin": world.ORIGIN})
    assert sent.status_code == 302
    assert Draft.objects.get(entry=filing["entry"]).note.replace("\r\n", "\n") == TEXT


def test_the_item_that_the_text_belongs_to_is_named(client, filing):
    entry = filing["entry"]
    reader = Client()
    world.log_in(reader, "filer")
    page = reader.get(filing["page"]).content.decode()
    told = re.findall(r'name="about" value="([^"]+)"', page)
    filing["body"]["about"] = told[0]
    response = post(client, filing)

    again = world.log_in(client, "filer", next=response.context["next"], kept=hidden(response))

    assert len(told) == 2  # the form, and the box for files
    assert told[0].startswith(f"{entry.slot.item.code} ")
    assert f'<p class="kicker"><span>{told[0]}</span></p>' in again.content.decode()
    assert again.context["form_was"].texts == [TEXT]


def test_numbers_and_files_that_go_along_are_named_before_they_are_sent(client, filing):
    attach(filing["entry"], world.seat("filer", filing["entry"].school), "课表.pdf")
    reader = Client()
    world.log_in(reader, "filer")
    page = reader.get(filing["page"]).content.decode()
    said = dict(re.findall(r'name="(say-check-[\w-]+-num|attached)" value="([^"]+)"', page))
    key = next(name for name in said if name != "attached")
    filing["body"] |= {**said, key.removeprefix("say-"): "12", "note": "ok"}

    response = post(client, filing)
    again = world.log_in(client, "filer", next=response.context["next"], kept=hidden(response))

    assert f"{said[key]} 12" in words(again)
    assert "<blockquote" in again.content.decode() and "此前已附、一并提交：课表.pdf" in words(
        again
    )
    assert "没有文字" not in words(again)
    filing["body"] = {"note": "", "version": "0"}
    bare = post(Client(), filing)
    again = world.log_in(Client(), "filer", next=bare.context["next"], kept=hidden(bare))
    assert "其中没有文字、数字和材料。" in words(again)


def test_an_aged_page_gives_the_text_back_to_whoever_is_signed_in(filing):
    client = Client(enforce_csrf_checks=True)
    client.force_login(filing["user"], backend=settings.AUTHENTICATION_BACKENDS[-1])

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
    wrong = world.log_in(client, "filer", "wrong", kept=token)
    other = client.post("/language/", {"language": "en", "kept": hidden(wrong)})
    for _ in range(4):
        locked = world.log_in(client, "filer", "wrong", kept=hidden(other))
    back = client.post("/login/", {"again": "yes", "kept": hidden(locked)})

    assert (locked.status_code, back.status_code) == (429, 200)
    assert dict(kept.opened(hidden(back)).fields)["note"] == TEXT


def test_the_sign_in_page_itself_may_grow_old(filing):
    client = Client(enforce_csrf_checks=True)
    token = hidden(post(client, filing))

    response = client.post(
        "/login/",
        {"username": "filer", "password": world.PASSWORD, "kept": token, "next": "/account/"},
        headers={"origin": world.ORIGIN},
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
    response = world.log_in(client, kept="forged", next="/account/")

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
    strict.force_login(filing["user"], backend=settings.AUTHENTICATION_BACKENDS[-1])

    assert (response.status_code, response.content) == (401, b"")
    assert strict.post(
        filing["to"], filing["body"], headers={"X-Requested-With": "fetch"}
    ).status_code == 403  # fmt: skip
