"""`make start`: an empty real installation, its upgrade, its wipe and return; 127.0.0.1 alone."""

import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tests import stored
from tests.services import free_port
from tests.test_start import PARTS, Installation

FIRST = {"COUNTY": "330106", "NAME": "西湖区教育局", "HOST": "reform.example.cn"}
CODE = re.compile(r"^  (\S+) +([2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}) ", re.M)
COUNTED = "SELECT (SELECT count(*) FROM schools_user), (SELECT count(*) FROM schools_activation)"


class Live:
    """An installation in a folder of its own, started by make as an operator would."""

    def __init__(self, folder):
        self.folder, self.var = folder, folder / "var"
        self.name = f"live_{abs(hash(str(folder))) % 10**9}"
        self.url = ""
        if connection.vendor == "postgresql":
            said = connection.settings_dict
            self.url = f"postgres://{said['USER']}@{said['HOST']}:{said['PORT']}/{self.name}"
            stored.server(f"CREATE DATABASE {self.name}")

    def command(self, target, **asked):
        """make, with the Python of these tests and without looking for newer packages."""
        product = f"{sys.prefix}/.product"
        words = [f"{name}={text}" for name, text in asked.items()]
        return ["make", "--no-print-directory", "-o", product, target, f"VENV={sys.prefix}",
                f"VAR_DIR={self.var}", *words]  # fmt: skip

    def environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**kept, **({"DATABASE_URL": self.url} if self.url else {})}

    def make(self, target, **asked):
        """(exit code, what was said)."""
        done = subprocess.run(
            self.command(target, **asked), env=self.environment(), cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def manage(self, *words):
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=settings.BASE_DIR,
            env={**self.environment(), "VAR_DIR": str(self.var)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def ask(self, query):
        if self.url:
            with psycopg.connect(self.url) as here:
                return here.execute(query).fetchall()
        with sqlite3.connect(self.var / "reform.sqlite3") as here:
            return here.execute(query).fetchall()

    def wipe(self):
        shutil.rmtree(self.var)
        if self.url:
            stored.server(f"DROP DATABASE {self.name} WITH (FORCE)")
            stored.server(f"CREATE DATABASE {self.name}")

    def backups(self):
        return sorted((self.var / "backups").glob("[0-9]*"))


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """An installation after its first start, and what that said."""
    there = Live(tmp_path_factory.mktemp("live"))
    code, there.said = there.make("prepare", **FIRST)
    assert code == 0, there.said
    yield there
    if there.url:
        stored.server(f"DROP DATABASE {there.name} WITH (FORCE)")


@pytest.mark.database
def test_a_first_start_makes_an_empty_county_with_two_accounts_and_their_codes(live):
    codes = dict(CODE.findall(live.said))

    assert set(codes) == {"330106-01", "operator"}
    held = live.ask("SELECT u.username, a.salt, a.digest FROM schools_activation a "
                    "JOIN schools_user u ON u.id = a.user_id")  # fmt: skip
    for username, salt, digest in held:
        plain = codes[username].replace("-", "")
        assert hashlib.sha256(f"{salt}{plain}".encode()).hexdigest() == digest
    posts = live.ask("SELECT u.username, m.role, m.region_id FROM schools_membership m "
                     "JOIN schools_user u ON u.id = m.user_id ORDER BY 1, 2")  # fmt: skip
    assert posts == [("330106-01", "manager", "330106"), ("330106-01", "reviewer", "330106"),
                     ("operator", "operator", "0")]  # fmt: skip
    assert live.ask("SELECT name, kind FROM schools_school") == [("西湖区教育局", "bureau")]
    assert live.ask("SELECT bureau_name FROM schools_region WHERE code = '330106'") == [
        ("西湖区教育局",)
    ]
    assert live.ask("SELECT count(*) FROM reform_campaign") == [(0,)]
    assert live.ask("SELECT state FROM reform_framework") == [("published",)]


@pytest.mark.database
def test_it_says_what_it_looked_at_and_where_a_code_is_used(live):
    assert ("PostgreSQL" if live.url else "SQLite") in live.said
    for words in ("https://reform.example.cn", "EMAIL_URL", "reset_login 330106-01", "/activate/"):
        assert words in live.said
    assert "✗" not in live.said


@pytest.mark.database
def test_nobody_else_can_read_the_folder_and_the_secrets_in_it(live):
    assert live.var.stat().st_mode & 0o077 == 0
    assert (live.var / "env").stat().st_mode & 0o077 == 0


@pytest.mark.database
def test_an_upgrade_saves_first_and_makes_no_second_manager_nor_code(live):
    before = live.ask(COUNTED)
    (live.var / "prepared").write_text("an older version")

    code, said = live.make("prepare")

    assert code == 0, said
    assert CODE.findall(said) == []
    assert live.ask(COUNTED) == before
    assert len(live.backups()) == 1
    assert str(live.backups()[0]) in said
    assert live.ask("SELECT ok FROM reform_pulse WHERE name = 'backup'")[0][0]

    code, said = live.make("prepare")
    assert (code, len(live.backups())) == (0, 1)


@pytest.mark.database
def test_a_manager_whose_post_ended_is_not_replaced_by_a_start(live):
    before = live.ask(COUNTED)
    if live.url:
        with psycopg.connect(live.url) as here:
            here.execute(
                "UPDATE schools_membership SET starts_on='2020-01-01', ends_on='2020-01-02'"
            )
    else:
        with sqlite3.connect(live.var / "reform.sqlite3") as here:
            here.execute(
                "UPDATE schools_membership SET starts_on='2020-01-01', ends_on='2020-01-02'"
            )

    code, said = live.make("prepare")

    assert (code, CODE.findall(said), live.ask(COUNTED)) == (0, [], before)


@pytest.mark.database
def test_wipe_restore_and_start_bring_the_same_installation_back(live, tmp_path):
    query = "SELECT id, username, password FROM schools_user ORDER BY id"
    before = live.ask(query)
    code, said = live.manage("backup", str(tmp_path / "disk"))
    assert code == 0, said
    assert live.manage("restore", str(tmp_path / "disk"))[0] == 1
    live.wipe()

    code, said = live.make("restore", FROM=str(tmp_path / "disk"), HOST="reform.example.cn")
    assert code == 0, said
    assert live.ask(query) == before
    code, said = live.make("prepare")

    assert (code, CODE.findall(said)) == (0, [])
    assert live.ask(query) == before


def test_a_first_start_without_a_county_says_what_is_missing(tmp_path):
    there = Live.__new__(Live)
    there.folder, there.var, there.url = tmp_path, tmp_path / "var", ""

    code, said = there.make("prepare", HOST="reform.example.cn")

    assert code != 0
    assert "make start COUNTY=330106" in said
    assert not (there.var / "reform.sqlite3").exists() or not there.ask(
        "SELECT name FROM sqlite_master"
    )


def test_a_database_that_cannot_be_reached_is_said_with_the_place_to_mend_it(tmp_path):
    there = Live.__new__(Live)
    there.folder, there.var = tmp_path, tmp_path / "var"
    there.url = "postgres://nobody@127.0.0.1:1/nothing"

    code, said = there.make("prepare", **FIRST)

    assert code != 0
    assert re.search(r"^✗ .*127\.0\.0\.1.*DATABASE_URL", said, re.M | re.S)
    assert str(there.var / "env") in said
    assert "Traceback" not in said


def test_a_name_in_the_environment_that_nobody_asked_with_is_not_taken(tmp_path):
    """HOST and NAME stand in many an environment."""
    there = Live.__new__(Live)
    there.folder, there.var, there.url = tmp_path, tmp_path / "var", ""
    done = subprocess.run(
        there.command("prepare"), cwd=settings.BASE_DIR, capture_output=True, text=True,
        env={**there.environment(), "HOST": "desktop-7", "NAME": "DESKTOP-7"}, check=False,
    )  # fmt: skip

    assert "HOST is missing" in done.stderr


@pytest.mark.processes
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_serves_behind_a_proxy_on_this_machine_alone_and_ends_whole(tmp_path):
    there = Live.__new__(Live)
    there.folder, there.var, there.url = tmp_path, tmp_path / "var", ""
    watched, port = Installation(tmp_path), free_port()
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(
            there.command("start", **FIRST, PORT=str(port)),
            env=there.environment(), cwd=settings.BASE_DIR, stdout=said,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        end = time.monotonic() + 180
        while "/status/" not in (tmp_path / "said").read_text() or watched.parts() != PARTS:
            assert process.poll() is None and time.monotonic() < end, (
                tmp_path / "said"
            ).read_text()
            time.sleep(0.2)
        code, again = there.make("start")

        assert code != 0
        assert f"http://127.0.0.1:{port}/" in again
        assert visit(port, "/login/", proxied=True)[0] == 200
        assert visit(port, "/login/", proxied=False)[0] == 301
        status, body = visit(port, "/healthz", proxied=False, host="127.0.0.1")
        assert status in (200, 503)
        assert "red" in json.loads(body)
        assert listening(port) == {"0100007F"}
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
    assert watched.wait_until_gone() == {}


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def visit(port, path, *, proxied, host="reform.example.cn"):
    headers = {"Host": host, **({"X-Forwarded-Proto": "https"} if proxied else {})}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def listening(port):
    """Local addresses, in hex, on which somebody listens at this port."""
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    rows += Path("/proc/net/tcp6").read_text().splitlines()[1:]
    fields = [row.split() for row in rows]
    return {
        f[1].split(":")[0] for f in fields if f[3] == "0A" and int(f[1].split(":")[1], 16) == port
    }
