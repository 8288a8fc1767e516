"""The locks: each pin is what its .in file asks for, with hashes, and names no place."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==([^ ;\\]+)[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", re.M
)


def pins(name):
    return {canonicalize_name(pin[0]): pin[1] for pin in PIN.findall((ROOT / name).read_text())}


def wanted(name):
    lines = (ROOT / name).read_text().splitlines()
    return [Requirement(line) for line in lines if line and line[0].isalnum()]


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_wish_is_pinned_within_its_bounds(name):
    locked = pins(f"{name}.txt")

    unmet = [str(wish) for wish in wanted(f"{name}.in")
             if locked.get(canonicalize_name(wish.name), "0") not in wish.specifier]  # fmt: skip

    assert unmet == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_line_is_a_pin_with_hashes(name):
    text = (ROOT / name).read_text()

    assert len(pins(name)) == len(re.findall(r"^\S", text, re.M))
    assert re.findall(r"://|^-|@ ", text, re.M) == []


def test_tools_use_the_versions_of_the_product():
    product, tools = pins("requirements.txt"), pins("requirements-dev.txt")

    assert {n: v for n, v in tools.items() if product.get(n, v) != v} == {}
