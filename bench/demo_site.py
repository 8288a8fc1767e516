"""The only place that lays the demo county for a program to look at, and opens its pages there."""

import os
from contextlib import contextmanager

import scratch  # noqa: F401  # isort: skip

from django.core.management import call_command
from django.test import Client
from playwright.sync_api import sync_playwright

from reform import checking
from reform.management import loading
from reform.models import Entry
from reform.states import Status
from schools import scope
from schools.models import School, User
from tests import world

QUIET = ["--no-sandbox", "--disable-quic", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
COUNTY = "890101"


def lay():
    """The demo county; its registers are counted, as the nights of a real one would have done."""
    loading.lay(lambda line: None)
    with open(os.devnull, "w") as nowhere:
        call_command("demo", stdout=nowhere)
    checking.refresh(list(School.objects.filter(authority_id=COUNTY)))


def pages():
    """name → (account, address): the style page and the five that people live in."""
    return {
        "style": ("editor", "/style/"),
        "home": ("filer", "/school/"),
        "entry": ("filer", f"/entries/{_to_fill('filer').pk}/"),
        "review": ("reviewer", "/review/"),
        "board": ("viewer", f"/board/{COUNTY}/"),
        "registers": ("filer", "/registers/"),
    }


def _to_fill(username):
    """The first item that the school of this account may write, and that registers answer."""
    school = scope.seats(User.objects.get(username=username))[0].school
    open_ones = Entry.objects.filter(school=school, status=Status.in_progress, left_at=None)
    found = open_ones.filter(slot__item__checks__source="computed").order_by("slot__position")
    return found.first() or open_ones.order_by("slot__position").first()


def session_of(username):
    """The cookie of somebody who is signed in."""
    seat = scope.seats(User.objects.get(username=username))[0]
    return world.sign_in(Client(), seat).cookies["sessionid"].value


@contextmanager
def chromium():
    """A browser that asks nobody on the network for anything."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def window(browser, base, *, width, language="zh-hans", theme="light", session=""):
    """A new page without anything kept, in this language and theme."""
    context = browser.new_context(
        viewport={"width": width, "height": 900 if width > 640 else 780},
        color_scheme=theme, reduced_motion="reduce",
    )  # fmt: skip
    cookies = {"language": language, **({"sessionid": session} if session else {})}
    context.add_cookies([{"name": k, "value": v, "url": base} for k, v in cookies.items()])
    return context.new_page()
