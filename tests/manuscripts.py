"""The only place where tests take the files of the framework to spoil or to renumber them."""

import shutil

from django.conf import settings

SEEDS = settings.BASE_DIR / "seeds"


def copy(folder):
    """A copy of the real files below `folder`; returns the one to load."""
    shutil.copytree(SEEDS / "framework", folder / "framework")
    shutil.copy(SEEDS / "rules.yaml", folder / "rules.yaml")
    return folder / "framework"


def change(folder, name, old, new):
    """Replace the first `old` in a file; returns the number of its line."""
    path = folder / name
    before, found, after = path.read_text(encoding="utf-8").partition(old)
    assert found, old
    path.write_text(before + new + after, encoding="utf-8")
    return before.count("\n") + 1


def renumber(folder, number="2024.1"):
    """Make the files another version."""
    change(folder, "framework.yaml", 'version: "', f'version: "{number}"  # ')
