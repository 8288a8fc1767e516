"""The test of the ladder finds each way of breaking it."""

import shutil

import pytest

from tests.test_architecture import ROOT, faults

BREAKS = {
    "schools/scope.py": ("import reform.states", "schools.scope imports reform.states, which"),
    "reform/policy.py": ("def f():\n    from .views import status", "reform.policy imports reform"),
    "reform/utils.py": ("", "reform.utils stands on no rung"),
    "reform/views/a.py": ("from reform.views import b", "cycle among reform.views.a, reform.views"),
    "reform/states.py": ("\n" * 401, "reform/states.py has more than 400 lines"),
    "tests/test_states.py": ("\n" * 401, "tests/test_states.py has more than 400 lines"),
    "bench/filing.py": ("\n" * 401, "bench/filing.py has more than 400 lines"),
}


@pytest.mark.parametrize("file", BREAKS)
def test_a_broken_ladder_is_named(tmp_path, file):
    for app in ("schools", "reform"):
        shutil.copytree(ROOT / app, tmp_path / app)
    for folder in ("tests", "bench"):
        (tmp_path / folder).mkdir()
    (tmp_path / "reform/views/b.py").write_text("import reform.views.a\n")
    (tmp_path / "reform/views/a.py").write_text("")
    (tmp_path / "reform/views/status.py").touch()
    text, sentence = BREAKS[file]
    with (tmp_path / file).open("a") as broken:
        broken.write(f"\n{text}\n")

    assert [f for f in faults(tmp_path) if f.startswith(sentence)] != []
