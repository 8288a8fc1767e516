"""Rules of the house that a reader would miss: one clock, no broker, translations, strict CSP."""

import ast
import re

from tests.test_architecture import ROOT

CHINESE = re.compile(r"[\u4e00-\u9fff]")
OWN_NAME = "\u4e2d\u6587"  # a language is offered in its own words
REMARK = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}", re.S)
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("timezone", "now"),
          ("timezone", "localdate")}  # fmt: skip
INLINE = re.compile(
    r"""\sstyle\s*=|\son[a-z]+\s*=|<style|<script(?![^>]*\ssrc=)|javascript:""", re.I
)


def code():
    """(path, tree) of every module of the product, without migrations."""
    for app in ("schools", "reform"):
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def templates():
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield path.relative_to(ROOT).as_posix(), REMARK.sub("", path.read_text("utf-8"))


def calls(tree):
    """(line, name before the dot, name after it) of every call of an attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = getattr(owner, "attr", None) or getattr(owner, "id", "")
            yield node.lineno, name, node.func.attr


def literals(tree):
    """(line, text) of every string but docstrings."""
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documents:
            yield node.lineno, node.value if isinstance(node.value, str) else ""


def test_only_the_clock_asks_what_time_it_is():
    found = [f"{path}:{line}" for path, tree in code() if path != "schools/clock.py"
             for line, owner, name in calls(tree) if (owner, name) in CLOCKS]  # fmt: skip

    assert found == []


def test_nothing_but_beat_sends_a_task_to_the_broker():
    found = [f"{path}:{line}" for path, tree in code() for line, _, name in calls(tree)
             if name in {"delay", "apply_async", "send_task", "signature"}]  # fmt: skip

    assert found == []


def test_what_users_read_in_chinese_stands_in_the_translations():
    found = [f"{path}:{line}" for path, tree in code() for line, text in literals(tree)
             if CHINESE.search(text) and text != OWN_NAME]  # fmt: skip
    found += [f"{path}:{n}" for path, text in templates()
              for n, line in enumerate(text.split("\n"), 1) if CHINESE.search(line)]  # fmt: skip

    assert found == []


def test_no_template_needs_a_weaker_content_security_policy():
    """Letters are read in mail programs, which know no such policy and drop other styles."""
    found = [f"{path}: {match[0].strip()}" for path, text in templates()
             if "mail/" not in str(path) for match in INLINE.finditer(text)]  # fmt: skip

    assert found == []


def test_nothing_of_a_page_comes_from_another_host():
    sources = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "reform/static").rglob("*.[cj]s*")]
    loads = re.compile(r"""(?:src|href|action|url\(|import)\s*=?\s*["'(]?\s*(?:https?:)?//""", re.I)
    found = [p.relative_to(ROOT).as_posix() for p in sources if loads.search(p.read_text("utf-8"))]

    assert found == []


def test_a_measurement_runs_when_it_is_called_and_not_when_it_is_read():
    """Whoever imports one, a worker process or another measurement, must not begin it."""
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "bench").glob("*.py"))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Expr) and ast.unparse(node) == "main()"
    ]

    assert found == []


def test_templates_name_states_and_never_their_numbers():
    """A number in a template says nothing to its reader and follows no change of the table."""
    number = re.compile(r"\b(?:status|keeper|role|claim|verdict|source) [!=]= -?\d")
    found = [f"{path}: {match[0]}" for path, text in templates() for match in number.finditer(text)]

    assert found == []


def test_what_is_wrong_with_a_form_is_said_by_us_and_not_by_the_browser():
    """A browser words its bubbles in its own language, whatever the page speaks."""
    field = re.compile(
        r"""<textarea|<select|<input(?![^>]*type="(?:hidden|checkbox|radio|file)")|{{ ?field\b"""
        r"""|parts/field|(?:_reason|_words|_fields?|_text|_check)\.html"""
    )
    form = re.compile(r"<form\b((?:[^>{]|{[%{].*?[%}]})*)>(.*?)</form>", re.S)
    forms = [(path, found) for path, text in templates() for found in form.finditer(text)]
    asks = [(path, found[1]) for path, found in forms if field.search(found[2])]
    found = [path for path, said in asks if "novalidate" not in said]

    assert len(asks) > 40
    assert found == []
