"""What README and docs name is there: files, commands, targets of make, settings, rooms."""

import re

import pytest
from django.core.management import get_commands

from tests.test_architecture import LADDER, ROOT

PAGES = ["README.md", "README.zh-CN.md", "seeds/README.md", *(
    f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]  # fmt: skip


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text(name))

    assert [link for link in links if not (ROOT / name).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_command_is_one(name):
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.M))
    said = text(name)

    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", said, re.M)) - targets == set()
    assert set(re.findall(r"manage\.py ([a-z_]+)", said)) - get_commands().keys() == set()


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
