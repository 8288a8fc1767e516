"""Settings: what an operator writes wrongly is refused with a sentence, before anything starts."""

import os
import re
import stat
import subprocess
import sys

import pytest
from django.conf import settings

LONG = "k3y-" * 5 + "abcdefghijklmnopqrstuvwxyz0123456789"


def start(tmp_path, **env):
    """Load the settings in a process of its own; (exit code, output)."""
    kept = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path / "var")}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import reform.settings as s; print(s.DATABASES, s.CELERY_BROKER_URL)",
        ],
        env={**kept, **env},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "mysql://root@localhost/x", "DATABASE_URL begins with 'mysql'"),
        ("DATABASE_URL", "postgres://reform@127.0.0.1/", "DATABASE_URL names no database"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL='localhost:6379' is no address"),
        ("DEBUG", "maybe", "DEBUG='maybe' is neither yes nor no"),
        ("WORKERS", "many", "WORKERS='many' must be a number from 1 to 32"),
        ("WORKERS", "0", "WORKERS='0' must be a number from 1 to 32"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL='LOUD'"),
        ("SECRET_KEY", "short", "SECRET_KEY is too short"),
        ("ALLOWED_HOSTS", "ledger.example", "SECRET_KEY is missing"),
        ("DATABASE_URL", "postgres://reform@127.0.0.1/reform", "SECRET_KEY is missing"),
        ("EMAIL_URL", "mail.example:25", "EMAIL_URL begins with 'mail.example' or names no host"),
        ("EMAIL_URL", "smtp://", "EMAIL_URL begins with 'smtp' or names no host"),
        ("EMAIL_URL", "smtp://mail.example:99999", "EMAIL_URL begins with 'smtp'"),
        ("EMAIL_URL", "smtp://mail.example", "MAIL_FROM='' is no sender"),
        ("MAIL_FROM", "the bureau", "MAIL_FROM='the bureau' is no sender"),
        ("MAIL_FROM", "a@b.example\nBcc: c@d.example", "MAIL_FROM='a@b.example"),
        ("PUBLIC_URL", "ledger.example", "PUBLIC_URL='ledger.example' must be the address"),
        ("PUBLIC_URL", "https://ledger.example/x", "PUBLIC_URL='https://ledger.example/x' must"),
        ("VAR_DIR", "/proc/nowhere", "VAR_DIR: the folder /proc/nowhere cannot be made"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(tmp_path, name, value, sentence):
    code, output = start(tmp_path, **{name: value})

    assert code == 1
    assert sentence in output.splitlines()[-1]


def test_a_trial_makes_its_secret_once_and_keeps_it_private(tmp_path):
    start(tmp_path)
    first = (tmp_path / "var" / "secret").read_text()
    code, _ = start(tmp_path)

    assert code == 0
    assert (tmp_path / "var" / "secret").read_text() == first
    assert len(first) == 50
    assert stat.S_IMODE((tmp_path / "var" / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_folders_made_on_the_way_are_private_too(tmp_path):
    start(tmp_path, VAR_DIR=str(tmp_path / "var" / "demo"))

    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_a_folder_that_others_could_read_is_closed(tmp_path):
    (tmp_path / "var").mkdir(mode=0o755)

    start(tmp_path)

    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_sqlite_writes_at_once_and_durably(tmp_path):
    _, output = start(tmp_path)

    assert "'transaction_mode': 'IMMEDIATE'" in output
    assert "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" in output


def test_postgres_stays_connected(tmp_path):
    url = "postgres://reform:p@127.0.0.1:5433/reform"
    code, output = start(tmp_path, DATABASE_URL=url, SECRET_KEY=LONG)

    assert code == 0
    assert "'CONN_MAX_AGE': 600" in output


@pytest.mark.parametrize("folder", ["d" * 90, "县 教育局", "a#b?c", "a%20b"])
def test_a_folder_of_any_name_holds_the_data_and_the_socket_moves_if_it_must(tmp_path, folder):
    var = tmp_path / folder
    code, output = start(tmp_path, VAR_DIR=str(var))

    assert code == 0
    assert f"'NAME': '{var}/reform.sqlite3'" in output
    assert re.search(r"redis\+socket://[A-Za-z0-9_./-]{1,107}$", output)
    assert f"redis+socket://{tmp_path}" not in output


def test_an_installation_for_others_passes_djangos_own_checks(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env={
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(tmp_path / "var"),
            "SECRET_KEY": LONG,
            "ALLOWED_HOSTS": "ledger.example",
            "HTTPS": "1",
            "BEHIND_PROXY": "1",
        },
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "System check identified no issues (2 silenced).\n"
