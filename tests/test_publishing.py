"""How a framework comes from its files: mistakes by file and line, versions that never change."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from reform import history, publishing
from reform.marked_yaml import Problems
from reform.models import Event, Framework, Item
from schools.errors import Denied
from tests import manuscripts, world
from tests.manuscripts import change, renumber

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    """A copy of the real files, to be spoiled."""
    return manuscripts.copy(tmp_path)


@pytest.fixture
def english():
    with translation.override("en"):
        yield


def problems(folder):
    with pytest.raises(Problems) as raised:
        publishing.load(folder)
    return [str(problem) for problem in raised.value.found]


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        (
            "Z.yaml",
            "cadence: year",
            "cadence: weekly",
            "“weekly” is none of once, standing, term, year",
        ),
        ("Z.yaml", "minutes: 2", "minutes: soon", "a whole number from 1 to 240 belongs here"),
        (
            "Z.yaml",
            "clauses: [0-2a]",
            "clauses: [0-9z]",
            "0-9z is no clause that asks for something",
        ),
        (
            "Z.yaml",
            "clauses: [0-2a]",
            "clauses: [0-1a]",
            "0-1a is no clause that asks for something",
        ),
        ("Z.yaml", 'date: "06-15"', 'date: "02-30"', "a month and day such as 06-15 belong here"),
        ("Z.yaml", "  - code: Z1.2", "  - code: Z1.1", "Z1.1 is used twice"),
        ("Z.yaml", "  - code: Z1.2", "  - code: S1.2", "S1.2 does not belong under Z1"),
        (
            "Z.yaml",
            "{missing} 次；学过",
            "{left} 次；学过",
            "the placeholder {left} has no meaning here",
        ),
        (
            "Z.yaml",
            "登记了 {num} 次",
            "登记了 {den} 次",
            "the placeholder {den} has no meaning here",
        ),
        (
            "Z.yaml",
            "弄清改什么、怎么改。",
            "弄清改什么,怎么改。",
            "Chinese text takes full-width punctuation",
        ),
        ("Z.yaml", "en: Study sessions on the reform", "en: 专题学习", "English text belongs here"),
        ("Z.yaml", "zh: 改革专题学习次数", "zh: reform sessions", "Chinese text belongs here"),
        (
            "Z.yaml",
            "registers: [meetings, trainings]",
            "registers: [diary]",
            "“diary” is none of branches",
        ),
        ("Z.yaml", "value: 0.8", "value: 80", "a ratio's target lies from 0 to 1"),
        (
            "Z.yaml",
            "source: default",
            "source: somebody",
            "“default”, “essay …” or “rule:…” belongs here",
        ),
        ("Z.yaml", "rule:OP-5,OP-6", "rule:OP-5,OP-66", "there is no rule OP-66 in rules.yaml"),
        (
            "Z.yaml",
            "    lead: school_party_org",
            "    chief: school_party_org",
            "there is no key “chief” here",
        ),
        ("framework.yaml", "role: purpose", "role: wish", "“wish” is none of ask, purpose"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_reason(folder, english, name, old, new, reason):
    line = change(folder, name, old, new)
    found = problems(folder)
    assert any(told.startswith(f"{name}:{line}: {reason}") for told in found), found


def test_all_mistakes_of_all_files_are_told_at_once(folder, english):
    first = change(folder, "Z.yaml", "minutes: 2", "minutes: 0")
    second = change(folder, "X.yaml", "minutes: 2", "minutes: 0")
    reason = "a whole number from 1 to 240 belongs here"
    assert problems(folder) == [f"Z.yaml:{first}: {reason}", f"X.yaml:{second}: {reason}"]


def test_a_mistake_is_told_in_the_language_of_the_reader(folder):
    line = change(folder, "Z.yaml", "minutes: 2", "minutes: 0")
    with translation.override("zh-hans"):
        assert problems(folder) == [f"Z.yaml:{line}: 这里应为 1 至 240 的整数"]


def test_a_clause_that_asks_and_is_never_cited_is_a_mistake(folder, english):
    change(folder, "X.yaml", "clauses: [III-6c]", "clauses: [III-6b]")
    assert problems(folder) == [
        "framework.yaml:2: no item cites the clause III-6c, which asks for something"
    ]


def test_a_lighter_form_belongs_exactly_to_simplified(folder, english):
    change(folder, "Z.yaml", "single: simplified", "single: full")
    [told] = problems(folder)
    assert told.endswith("“light” belongs exactly where a profile is “simplified”")


def test_a_file_that_is_no_yaml_missing_empty_or_in_gbk_is_told(folder, english):
    (folder / "X.yaml").unlink()
    (folder / "Z.yaml").write_text("", encoding="utf-8")
    change(folder, "S.yaml", "measures:", "measures: [")
    (folder.parent / "rules.yaml").write_bytes("规则".encode("gb18030"))
    found = problems(folder)
    assert found[0] == "rules.yaml: the file is not in UTF-8"
    assert "Z.yaml: the file is empty" in found
    assert "X.yaml: the file is missing" in found
    assert any(told.startswith("S.yaml:") and "this is not YAML" in told for told in found)


def test_a_key_written_twice_is_a_mistake(folder, english):
    line = change(folder, "Z.yaml", "    review: none\n", "    review: none\n    review: year\n")
    assert problems(folder) == [f"Z.yaml:{line + 1}: “review” stands here twice"]


def test_nothing_is_stored_when_something_is_wrong(folder):
    renumber(folder)
    change(folder, "Z.yaml", "minutes: 2", "minutes: 0")
    problems(folder)
    assert Framework.objects.count() == 1


def test_the_same_files_again_change_nothing(folder):
    published = world.framework()
    assert publishing.load(folder) == published
    events = Event.objects.count()
    assert publishing.publish(published) == published
    assert Event.objects.count() == events
    assert Framework.objects.count() == 1


def test_a_published_version_refuses_other_words_under_its_number(folder, english):
    world.framework()
    change(folder, "Z.yaml", "minutes: 2", "minutes: 3")
    with pytest.raises(Denied) as refused:
        publishing.load(folder)
    assert refused.value.reason == (
        "Version 2023.2 is published and never changes; publish a new version."
    )
    assert Item.objects.get(code="Z1.1").minutes == 2


def test_a_draft_may_still_be_corrected(folder):
    renumber(folder)
    publishing.load(folder)
    change(folder, "Z.yaml", "minutes: 2", "minutes: 3")
    draft = publishing.load(folder)
    assert draft.state == "draft"
    assert Framework.objects.filter(version="2024.1").count() == 1
    assert Item.objects.get(framework=draft, code="Z1.1").minutes == 3


def test_a_new_version_supersedes_the_one_before_and_history_says_so(folder, travel):
    old = world.framework()
    editor = world.seat("editor", "0").user
    renumber(folder)
    new = publishing.publish(publishing.load(folder), by=editor)
    old.refresh_from_db()
    assert (old.state, new.state) == ("superseded", "published")
    last = Event.objects.filter(subject="region:0").latest("seq")
    assert (last.kind, last.actor) == ("framework_published", editor)
    assert new.digest in last.body
    assert list(history.verify("region:0")) == []


def test_a_superseded_version_does_not_come_back(folder, english):
    old = world.framework()
    renumber(folder)
    publishing.publish(publishing.load(folder))
    with pytest.raises(Denied) as refused:
        publishing.publish(old)
    assert refused.value.reason == "Version 2023.2 was superseded; publish a new version."


def test_two_versions_compared_tell_what_came_went_and_changed(folder):
    old = world.framework()
    renumber(folder)
    change(folder, "Z.yaml", "minutes: 2", "minutes: 3")
    change(folder, "S.yaml", "value: 4, mode: required", "value: 5, mode: required")
    change(folder, "X.yaml", "  - code: X5.4", "  - code: X5.5")
    new = publishing.load(folder)
    found = publishing.compare(old, new)
    assert (found.added, found.removed) == (["X5.5"], ["X5.4"])
    assert found.changed == {"Z1.1": ["minutes"], "S1.3": ["checks"]}
    assert not publishing.compare(old, old)


def test_the_command_loads_publishes_and_then_does_nothing(folder):
    world.framework()
    renumber(folder)
    said = []
    for _run in range(2):
        out = StringIO()
        call_command("load_framework", folder, stdout=out)
        said.append(out.getvalue())
    assert said == ["2024.1 published: 45 items.\n"] * 2
    assert Framework.objects.filter(state="published").count() == 1


def test_the_command_can_leave_a_draft(folder):
    renumber(folder)
    call_command("load_framework", folder, draft=True, stdout=StringIO())
    assert Framework.objects.get(version="2024.1").state == "draft"


def test_the_command_tells_every_mistake(folder, english):
    line = change(folder, "Z.yaml", "minutes: 2", "minutes: 0")
    with pytest.raises(CommandError) as refused:
        call_command("load_framework", folder)
    assert f"Z.yaml:{line}: a whole number from 1 to 240 belongs here" in str(refused.value)
