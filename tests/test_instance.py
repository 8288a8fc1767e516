"""What an installation is set up with: written once for its owner, refused in words when wrong."""

import os
import stat

import pytest
from django.conf import settings

from reform import instance
from tests.test_settings import start

REGIONS = settings.BASE_DIR / "seeds" / "regions.csv"
FIRST = {"COUNTY": "330106", "NAME": "西湖区教育局", "HOST": "reform.example.cn"}


def settle(folder, **asked):
    return instance.settle(folder, asked, REGIONS)


def come_through(folder):
    """The first start is done."""
    (folder / instance.PREPARED).write_text("")


def test_a_host_name_settles_all_that_follows_from_it(tmp_path):
    settle(tmp_path, **FIRST)
    said = instance.read(tmp_path)

    key = said.pop("SECRET_KEY")
    assert len(key) >= 50
    assert said == {
        "COUNTY": "330106",
        "COUNTY_NAME": "西湖区教育局",
        "HOST": "reform.example.cn",
        "PORT": "8000",
        "HTTPS": "1",
        "BEHIND_PROXY": "1",
        "ALLOWED_HOSTS": "reform.example.cn,127.0.0.1,localhost",
        "PUBLIC_URL": "https://reform.example.cn",
        "BACKUP_DIR": str(tmp_path / "backups"),
    }


def test_a_try_on_this_machine_needs_neither_proxy_nor_certificate(tmp_path):
    settle(tmp_path, HOST="127.0.0.1", PORT="8077")
    said = instance.read(tmp_path)

    assert (said["HTTPS"], said["BEHIND_PROXY"]) == ("0", "0")
    assert said["PUBLIC_URL"] == "http://127.0.0.1:8077"


def test_the_file_is_for_its_owner_alone_and_closed_when_it_was_open(tmp_path):
    settle(tmp_path, **FIRST)
    file = tmp_path / instance.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    file.chmod(0o644)
    instance.read(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nothing_is_asked_twice_and_what_an_operator_wrote_stays(tmp_path):
    settle(tmp_path, **FIRST)
    come_through(tmp_path)
    file = tmp_path / instance.FILE
    file.write_text(file.read_text() + "\n# ours\nMAIL_FROM=Ledger <a@b.example>\n")
    before = file.read_text()

    assert settle(tmp_path) == []
    assert settle(tmp_path, **FIRST) == []
    assert file.read_text() == before


def test_a_host_can_move_and_keeps_key_and_remarks(tmp_path):
    settle(tmp_path, **FIRST)
    come_through(tmp_path)
    key = instance.read(tmp_path)["SECRET_KEY"]

    told = settle(tmp_path, HOST="ledger.example.cn")
    said = instance.read(tmp_path)

    assert "PUBLIC_URL" in told[0]
    assert said["PUBLIC_URL"] == "https://ledger.example.cn"
    assert said["ALLOWED_HOSTS"] == "ledger.example.cn,127.0.0.1,localhost"
    assert (said["SECRET_KEY"], said["COUNTY"]) == (key, "330106")


def test_before_the_first_start_has_come_through_all_can_be_asked_anew(tmp_path):
    settle(tmp_path, **FIRST, DATABASE_URL="postgres://wrong@nowhere/x")
    settle(tmp_path, **{**FIRST, "COUNTY": "330102", "NAME": "上城区教育局"},
           DATABASE_URL="postgres://right@here/x")  # fmt: skip

    said = instance.read(tmp_path)
    assert (said["COUNTY"], said["DATABASE_URL"]) == ("330102", "postgres://right@here/x")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"COUNTY": "330106", "NAME": "西湖区教育局"}, "HOST is missing"),
        ({"HOST": "https://reform.example.cn"}, "is no host name: only the name"),
        ({"HOST": "reform.example.cn:8000"}, "without a port"),
        ({"HOST": "Reform.Example.CN"}, "in small letters"),
        ({"HOST": "a b"}, "is no host name"),
        ({"HOST": "*"}, "is no host name"),
        ({"COUNTY": "330199"}, "COUNTY='330199' is no code of a region we know"),
        ({"COUNTY": "西湖区"}, "is no code of a region we know"),
        ({"COUNTY": "33"}, "no education bureau stands there"),
        ({"NAME": "很" * 41}, "at most 40 signs"),
        ({"NAME": "a\nb"}, "at most 40 signs in a line"),
        ({"PORT": "http"}, "PORT='http' must be a number"),
        ({"PORT": "70000"}, "PORT='70000' must be a number"),
        ({"HTTPS": "maybe"}, "HTTPS='maybe'"),
        ({"DATABASE_URL": "postgres://a:b#c@h/x"}, "DATABASE_URL: write spaces, quotes, #"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(tmp_path, asked, sentence):
    whole = asked if "HOST is missing" in sentence else {**FIRST, **asked}

    with pytest.raises(instance.Wrong) as wrong:
        settle(tmp_path, **whole)

    assert sentence in str(wrong.value)
    assert not (tmp_path / instance.FILE).exists()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"COUNTY": "330102"}, "was set up for COUNTY=330106, not 330102"),
        ({"NAME": "上城区教育局"}, "was set up for NAME=西湖区教育局"),
        ({"DATABASE_URL": "postgres://a@b/c"}, "keeps its data in SQLite"),
    ],
)
def test_an_installation_is_not_turned_into_another_by_asking(tmp_path, asked, sentence):
    settle(tmp_path, **FIRST)
    come_through(tmp_path)
    before = (tmp_path / instance.FILE).read_text()

    with pytest.raises(instance.Wrong) as wrong:
        settle(tmp_path, **asked)

    assert sentence in str(wrong.value)
    assert (tmp_path / instance.FILE).read_text() == before


def test_settings_read_the_file_and_the_environment_wins(tmp_path):
    folder = tmp_path / "var"
    settle(folder, **FIRST, DATABASE_URL="postgres://reform@127.0.0.1:5433/ledger")

    code, output = start(tmp_path)
    assert (code, "'NAME': 'ledger'" in output) == (0, True)

    _, output = start(tmp_path, DATABASE_URL="postgres://reform@127.0.0.1:5433/other")
    assert "'NAME': 'other'" in output


def test_a_line_that_says_nothing_stops_the_start(tmp_path):
    folder = tmp_path / "var"
    settle(folder, **FIRST)
    with (folder / instance.FILE).open("a") as file:
        file.write("export MAIL FROM\n")

    code, output = start(tmp_path)

    assert code == 1
    assert f"{os.path.join(folder, 'env')}, line 13: it must read NAME=value." in output
