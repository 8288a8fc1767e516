"""A comparison of two versions shows the words, dates and targets that changed, old and new."""

import re

import pytest
from django.urls import reverse

from reform import publishing
from reform.models import Check, Item
from reform.views.framework_words import FIELD_WORDS
from tests import manuscripts, world
from tests.manuscripts import change

pytestmark = pytest.mark.django_db


@pytest.fixture
def current():
    return world.framework()


@pytest.fixture
def folder(tmp_path):
    copied = manuscripts.copy(tmp_path)
    manuscripts.renumber(copied)
    return copied


@pytest.fixture
def editor(client, travel):
    return world.sign_in(client, world.seat("editor", "0"))


def compared(editor, new, old, language="zh-hans"):
    """(code, label) → what was taken out and what was put in."""
    editor.cookies["language"] = language
    address = f"{reverse('framework', args=[new.pk])}?against={old.pk}"
    text = editor.get(address).content.decode()
    found = {}
    for line in re.findall(r"<li><div>(.*?)</div></li>", text, re.DOTALL):
        code = re.search(r'class="code">([\w.]+)<', line)[1]
        for label, pieces in re.findall(
            r'<p class="cite">(.*?)</p>(?:<p class="prose quiet"[^>]*>(.*?)</p>)?', line, re.DOTALL
        ):
            found[code, label] = tuple(
                "".join(re.findall(rf"<{tag}>(.*?)</{tag}>", pieces)) for tag in ("del", "ins")
            )
    return found


def test_dates_minutes_and_targets_show_what_they_were_and_are(editor, current, folder):
    change(folder, "S.yaml", "weeks: 6", "weeks: 8")
    change(folder, "S.yaml", "minutes: 2", "minutes: 3")
    bare = "mode: required, source: default"
    change(folder, "S.yaml", f'"=", value: 1, {bare}', f'">=", value: 0.9, {bare}')
    assert compared(editor, publishing.load(folder), current) == {
        ("S1.1", "时限"): ("开学后 6 周", "开学后 8 周"),
        ("S1.1", "用时"): ("约 2 分钟", "约 3 分钟"),
        ("S1.1", "有批复依据的党组织占比：目标值"): ("全部", "不少于 90%"),
    }


def test_words_show_only_what_changed_in_the_readers_language(editor, current, folder):
    change(folder, "S.yaml", "并登记在支部台账。", "并登记在党组织台账。")
    change(folder, "S.yaml", "and record all three.", "and record all of them.")
    new = publishing.load(folder)
    assert compared(editor, new, current) == {("S1.1", "要求"): ("支部", "党组织")}
    found = compared(editor, new, current, "en")
    assert found == {("S1.1", "what to do"): ("three", "of them")}


def test_a_change_of_the_other_language_alone_is_shown_in_it_by_its_name(editor, current, folder):
    change(folder, "S.yaml", "and record all three.", "and record all of them.")
    change(folder, "Z.yaml", "弄清改什么、怎么改。", "弄清改什么。")
    new = publishing.load(folder)
    found = compared(editor, new, current)
    assert found["S1.1", "要求（英文）"] == ("three", "of them")
    said = editor.get(f"{reverse('framework', args=[new.pk])}?against={current.pk}")
    assert '<p class="prose quiet" lang="en">' in said.content.decode()
    labels = {label for _code, label in compared(editor, new, current, "en")}
    assert labels == {"what to do", "what to do (Chinese)"}


def test_checks_that_came_and_went_and_words_of_checks_are_named(editor, current, folder):
    new = publishing.load(folder)
    item = Item.objects.get(framework=new, code="S1.1")
    Check.objects.filter(item=item, key="approved").update(key="sealed")
    Check.objects.filter(item=item, key="in_term").update(numerator="another count")
    found = compared(editor, new, current)
    assert found == {
        ("S1.1", "去掉的核查点"): ("有批复依据的党组织占比；全部", ""),
        ("S1.1", "新增的核查点"): ("", "有批复依据的党组织占比；全部"),
        ("S1.1", "任期内党组织占比：计算方法或依据"): ("", ""),
    }


def test_every_field_that_can_differ_has_a_word_and_can_be_shown(editor, current, folder):
    new = publishing.load(folder)
    one, other = (Item.objects.get(framework=new, code=code) for code in ("S1.1", "Z1.1"))
    fields = [f.name for f in Item._meta.concrete_fields if f.name not in publishing._OWN]
    bare = {name.removesuffix("_zh").removesuffix("_en") for name in fields}
    assert bare - {"code"} == FIELD_WORDS.keys()
    for name in fields:
        if name != "code":
            setattr(one, name, getattr(other, name))
    one.save()
    assert {code for code, _label in compared(editor, new, current)} == {"S1.1"}


def test_a_version_leads_to_what_it_changed(editor, current, folder):
    new = publishing.load(folder)
    way = f"{reverse('framework', args=[new.pk])}?against={current.pk}"
    assert f'href="{way}"' in editor.get(reverse("framework", args=[new.pk])).content.decode()
    text = editor.get(reverse("framework", args=[current.pk])).content.decode()
    assert "?against=" not in text
