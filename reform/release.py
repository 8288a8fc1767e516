"""The only place that knows which version of the product this is."""

import re
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FULL = re.compile(r"[0-9a-f]{40,64}")


@cache
def version() -> str:
    """ "0.1.0", and with it the commit where there is one: "0.1.0 (1a2b3c4d5e)"."""
    number = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    commit = _commit(ROOT / ".git")
    return f"{number} ({commit[:10]})" if commit else number


def _commit(git: Path) -> str:
    """The commit that is checked out, read without git; "" when this is no clone."""
    try:
        if git.is_file():  # a second work tree
            git = git.parent / git.read_text().partition(":")[2].strip()
        head = (git / "HEAD").read_text().strip()
        if FULL.fullmatch(head):
            return head
        shared = git / "commondir"
        home = git / shared.read_text().strip() if shared.exists() else git
        name = head.partition(":")[2].strip()
        if (home / name).is_file():
            return (home / name).read_text().strip()
        for line in (home / "packed-refs").read_text().splitlines():
            if line.endswith(f" {name}"):
                return line.split()[0]
    except OSError:
        return ""
    return ""
