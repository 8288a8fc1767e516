"""What README and docs name is there: files, commands, targets of make, settings, rooms."""

import re

import pytest
from babel.messages.pofile import read_po
from django.core.management import get_commands

from reform.management.commands.messages import catalogue_path
from tests.test_architecture import LADDER, ROOT

PAGES = ["README.md", "README.zh-CN.md", "seeds/README.md", *(
    f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]  # fmt: skip
NUMBER = re.compile(r"[ZSX]?[0-9]+(?:\.[0-9]+)?|\s")  # of things and items, which a page fills in
MOST_BYTES = 90_000  # of a picture: the documents are read on phones too


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text(name))

    assert [link for link in links if not (ROOT / name).parent.joinpath(link).exists()] == []


def test_every_picture_is_shown_and_light():
    kept = {path.name: path.stat().st_size for path in (ROOT / "docs/pictures").iterdir()}
    shown = set(re.findall(r"pictures/([\w.-]+)\)", "".join(text(name) for name in PAGES)))

    assert kept.keys() == shown
    assert {name for name, size in kept.items() if size > MOST_BYTES} == set()


@pytest.mark.parametrize("name", PAGES)
def test_every_command_is_one(name):
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.M))
    said = text(name)

    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", said, re.M)) - targets == set()
    assert set(re.findall(r"manage\.py ([a-z_]+)", said)) - get_commands().keys() == set()


@pytest.mark.parametrize("name", PAGES)
def test_every_test_that_keeps_a_promise_is_there(name):
    told = set(re.findall(r"`(tests/[\w./*]+)`", text(name)))

    assert {path for path in told if not list(ROOT.glob(path))} == set()


def said_by_the_product(half):
    """Every sentence and label, in one language, without numbers, names and spaces."""
    with catalogue_path().open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    told = [getattr(message, half) for message in messages]
    several = [text for one in told for text in (one if isinstance(one, list | tuple) else [one])]
    return "\n".join(re.sub(r"%\(\w+\)[sd]|\s", "", text) for text in several)


@pytest.mark.parametrize(
    ("name", "half"),
    [
        ("first-day.md", "string"),
        ("first-day.en.md", "id"),
        ("user-guide.md", "string"),
        ("user-guide.en.md", "id"),
    ],
)
def test_every_word_that_people_are_to_press_is_on_a_page(name, half):
    quoted = re.findall(r"“([^”]+)”", text(f"docs/{name}"))
    said = said_by_the_product(half)

    assert len(quoted) > 8
    assert [one for one in quoted if re.sub(NUMBER, "", one) not in said] == []


def test_every_setting_of_the_list_is_read():
    named = set(re.findall(r"^\| (`[A-Z_`, ]+`) \|", text("docs/running.md"), re.M))
    names = {name for cell in named for name in re.findall(r"[A-Z_]+", cell)}
    read = "".join(text(file) for file in ("reform/settings.py", "Procfile", "Makefile"))

    assert len(names) > 10
    assert {name for name in names if name not in read} == set()


def test_every_module_of_the_ladder_has_its_room():
    rooms = text("docs/architecture.md").partition("## Seats")[0]
    there = [name for name in re.findall(r"(?:schools|reform)\.[a-z_]+", LADDER)
             if list(ROOT.glob(f"{name.replace('.', '/')}*"))]  # fmt: skip
    plumbing = {"apps", "urls", "celery", "settings", "wsgi"}

    missing = {name for name in there if not re.search(rf"[`/]{name.partition('.')[2]}\b", rooms)}
    assert {name for name in missing if name.partition(".")[2] not in plumbing} == set()
