"""The only place for what every test finds: the cast, and the surroundings of a test."""

import shutil
from datetime import date
from functools import partial

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils.translation import trans_real

from reform import history
from reform.management.commands.messages import catalogue_path, compile_when_stale
from reform.settings import mail_server
from schools.models import SchoolType
from tests import boardroom, browsing, planning, services, smtp_sink, world


def pytest_configure() -> None:
    """Slow password hashes prove nothing here; pages are read in both languages.

    Tests move the clock: nothing is compared with it except where that is tested. Django has
    looked for the Chinese words before: in a fresh clone it found none and kept that.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CLOCK_PROC, settings.CLOCK_ASKS_DATABASE = "", False
    compile_when_stale(catalogue_path())
    trans_real._translations.clear()
    trans_real._default = None


@pytest.fixture(autouse=True)
def evidence_folder(settings, tmp_path):
    """Evidence and job files of one test are not seen by another."""
    settings.JOBS_DIR = tmp_path / "jobs"
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    return settings.EVIDENCE_DIR


@pytest.fixture
def travel():
    """Every test of the domain lives on Friday 2026-11-20 at noon; `travel.move_to` goes on."""
    with time_machine.travel(world.NOON, tick=True) as traveller:
        yield traveller


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Debian's Chromium, quiet: it asks nobody on the network for anything."""
    quiet = ["--no-sandbox", "--disable-quic", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
    found = shutil.which("chromium") or "/usr/bin/chromium"
    return {**browser_type_launch_args, "executable_path": found, "args": quiet}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The ground and the real catalogue are laid once; tests that roll back share them."""
    with django_db_blocker.unblock(), time_machine.travel(world.NOON, tick=True):
        world.framework()


@pytest.fixture
def real_db(transactional_db):
    """For threads and processes: real commits, and history's triggers lifted for the flush only."""
    history.install_triggers()
    world.framework()
    yield
    history.lift_triggers()


@pytest.fixture
def cast(db, travel):
    """阳光小学 with a filer and a secretary; its bureau with a reviewer and a manager."""
    return world.Cast()


@pytest.fixture
def at(client):
    """at(seat) → the client, signed in there."""
    return lambda seat: world.sign_in(client, seat)


@pytest.fixture
def plan_at(travel):
    """plan_at("2026-11-19T09:00") → the rows planned by then."""
    return partial(planning.plan_at, travel)


@pytest.fixture
def sink(settings, cast):
    """A mail server of our own, and letters that go there; filer and reviewer have an address."""
    server = smtp_sink.start(services.free_port())
    settings.MAIL_SERVER = mail_server(f"smtp://127.0.0.1:{server.port}")
    settings.MAIL_FROM, settings.PUBLIC_URL = "ledger@bureau.example", "https://ledger.example"
    for seat in (cast.filer, cast.reviewer):
        world.mail(seat)
    yield server.handler
    server.stop()


@pytest.fixture
def desk(cast, client):
    """The county's reviewer, signed in."""
    return world.sign_in(client, cast.reviewer)


@pytest.fixture
def mixed(cast):
    """The cast in a county with entries in every state."""
    return boardroom.mixed(cast)


@pytest.fixture
def look(mixed, client):
    """The county's viewer, signed in."""
    return world.sign_in(client, mixed.viewer)


@pytest.fixture
def manager(db, travel):
    """The manager of the county, on the first morning of the school year."""
    travel.move_to(world.FIRST_DAY)
    return world.seat("manager", world.COUNTY)


@pytest.fixture
def clerk(db):
    """A reviewer's account, for the sign-in form."""
    return world.seat("reviewer", world.COUNTY, world.person("clerk", name="沈老师")).user


@pytest.fixture
def office(client, db):
    """An operator's browser, in English."""
    client.cookies["language"] = "en"
    return world.sign_in(client, world.seat("operator", "0", world.person("operator")))


@pytest.fixture
def county(manager):
    """One school of each kind: profile, ownership, type, standing, and the bureau."""
    SchoolType.objects.create(code="111", name_zh="幼儿园", phases="K", use="excluded")
    return {
        "multi": world.school("多支部中学", profile="multi"),
        "single": world.school("单支部小学", profile="single"),
        "joint": world.school("联合支部教学点", profile="joint"),
        "unknown": world.school("未摸底小学", profile="unknown"),
        "private": world.school("民办小学", profile="single", ownership="private"),
        "kindergarten": world.school("机关幼儿园", school_type_id="111"),
        "closed": world.school("已撤小学", closed_on=date(2026, 8, 1)),
        "bureau": world.bureau(),
        "next door": world.school("邻县小学", authority=world.SIBLING),
    }


@pytest.fixture
def visit(live_server, page, context):
    """Open an address signed in at a seat; what the page logs as an error fails the test."""
    said = browsing.listen(page)

    def go(seat, path):
        cookie = world.sign_in(Client(), seat).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page.goto(live_server.url + path)
        return page

    yield go
    page.goto("about:blank")  # its last save comes before the database goes
    assert said == []
