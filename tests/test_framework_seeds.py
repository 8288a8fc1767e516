"""The catalogue as it stands in the seeds: its numbers, its words and how they hold together."""

import re
from collections import Counter

import pytest
import yaml
from django.conf import settings
from django.utils.translation import override

from reform.models import Check, Clause, Item, Measure, Pillar
from schools.registers import REGISTERS
from schools.workdays import Calendar, due_date
from tests import world

pytestmark = pytest.mark.django_db

FOLDER = settings.BASE_DIR / "seeds" / "framework"
OWN = {"full", "simplified"}


@pytest.fixture
def items():
    return list(Item.objects.filter(framework=world.framework()).prefetch_related("checks"))


def words(item):
    """Every text of an item and its checks, by field and language."""
    for field in ("title", "short", "ask", "guidance", "enough", "stuck", "light", "note"):
        for language in ("zh", "en"):
            yield f"{item.code} {field}", language, getattr(item, f"{field}_{language}")
    for language in ("zh", "en"):
        for text in getattr(item, f"evidence_{language}"):
            yield f"{item.code} evidence", language, text
    for check in item.checks.all():
        for field in ("name", "how", "gap", "num", "den"):
            for language in ("zh", "en"):
                yield (
                    f"{item.code} {check.key} {field}",
                    language,
                    getattr(check, f"{field}_{language}"),
                )


def test_the_catalogue_has_3_pillars_14_measures_45_items_and_89_checks(items):
    assert (Pillar.objects.count(), Measure.objects.count(), len(items)) == (3, 14, 45)
    assert Counter(Check.objects.values_list("source", flat=True)) == {"computed": 82, "typed": 7}


def test_every_profile_gets_its_share(items):
    shares = {
        name: Counter(item.profiles[name] for item in items)
        for name in ("multi", "single", "joint")
    }
    assert shares == {
        "multi": {"full": 44, "district": 1},
        "single": {"full": 27, "simplified": 6, "district": 11, "na": 1},
        "joint": {"full": 9, "host": 6, "na": 30},
    }


def test_a_school_files_60_49_or_17_times_a_school_year(items):
    def filings(profile):
        own = [item for item in items if item.profiles[profile] in OWN]
        return sum(2 if item.cadence == "term" else 1 for item in own)

    assert (filings("multi"), filings("single"), filings("joint")) == (60, 49, 17)


def test_every_clause_that_asks_is_cited_and_none_that_does_not(items):
    asks = set(Clause.objects.filter(role="ask").values_list("locator", flat=True))
    cited = {locator for item in items for locator in item.locators}
    assert Clause.objects.count() == 99
    assert len(asks) == 84
    assert cited == asks


def test_every_text_is_there_in_both_languages(items):
    empty = [
        (where, language)
        for item in items
        for where, language, text in words(item)
        if not text and not where.endswith((" light", " note", " num", " den"))
    ]
    assert empty == []
    for item in items:
        assert (
            bool(item.light_zh) == bool(item.light_en) == ("simplified" in item.profiles.values())
        )
        assert bool(item.note_zh) == bool(item.note_en)
        assert len(item.evidence_zh) == len(item.evidence_en) > 0


def test_typed_checks_say_what_to_type_and_computed_ones_where_it_comes_from(items):
    for check in Check.objects.all():
        if check.source == "computed":
            assert check.registers and not check.num_zh, check.key
            continue
        assert check.num_zh and check.num_en, check.key
        needs_label = check.kind == "ratio" and check.den_fixed is None
        assert bool(check.den_zh) == bool(check.den_en) == needs_label, check.key


def test_who_reviews_has_one_name_and_no_text_names_a_button_that_is_not_there(items):
    banned = {
        "zh": re.compile("区县|区教育局|求助|我方"),
        "en": re.compile(r"\b(county|district|Help|not applicable)\b"),
    }
    found = [
        (where, text)
        for item in items
        for where, language, text in words(item)
        if banned[language].search(text)
    ]
    assert found == []


def test_registers_are_called_by_the_names_of_the_interface(items):
    registers = world.framework().words["registers"].values()
    zh = tuple(name["name_zh"].removesuffix("台账") for name in registers)
    en = {name["name_en"].removesuffix(" register") for name in registers}
    strange = []
    for item in items:
        for where, language, text in words(item):
            if language == "zh":
                heads = text.split("台账")[:-1]
                strange += [
                    (where, head[-6:]) for head in heads if head and not head.endswith((*zh, "由"))
                ]
                continue
            for found in re.findall(
                r"\bthe ((?:(?!the )[\w-]+ ){1,4}?)(?<!and )registers?\b", text
            ):
                strange += [
                    (where, name)
                    for name in re.split(" and | or ", found.strip())
                    if name not in en
                ]
    assert strange == []


def test_what_stands_in_quotation_marks_is_a_label_of_the_registers_or_said_of_people(items):
    """A teacher looks for the very words on the form."""
    others = {
        "zh": {"不适用", "三进", "大家共同负责", "重视不够"},
        "en": {
            "not applicable",
            "doubly strong",
            "four-strong",
            "everyone is responsible",
            "not enough attention",
        },
    }
    columns = [column for register in REGISTERS.values() for column in register.columns]
    for language, code in (("zh", "zh-hans"), ("en", "en")):
        with override(code):
            labels = {str(column.label).lower() for column in columns}
            labels |= {str(one).lower() for column in columns for _value, one in column.choices}
        strange = [
            (where, quoted)
            for item in items
            for where, spoken, text in words(item)
            for quoted in re.findall("“([^”]+)”", text)
            if spoken == language and quoted.lower() not in labels | others[language]
        ]
        assert strange == []


def test_the_stages_of_a_document_are_called_as_its_item_calls_them(items):
    [item] = [one for one in items if one.code == "X1.1"]
    with override("zh-hans"):
        label = str(REGISTERS["documents"].column("stages").label)
    assert f"勾选它覆盖的{label}" in item.guidance_zh


def test_english_uses_the_terms_of_the_house(items):
    british = re.compile(r"\b(organiz|program\b|center\b|labor\b|behavior)", re.IGNORECASE)
    straight = re.compile(r'"')
    found = [
        (where, text)
        for item in items
        for where, language, text in words(item)
        if language == "en" and (british.search(text) or straight.search(text))
    ]
    assert found == []


def test_every_item_falls_due_on_a_working_day_in_its_period(items):
    calendar = Calendar.of(world.COUNTY)
    for item in items:
        for term in (1, 2) if item.cadence == "term" else (None,):
            due = due_date(item.due, world.YEAR, term, calendar, clock=item.clock)
            assert calendar.is_workday(due), item.code
            starts, ends = (
                calendar.term(world.YEAR, term)
                if term
                else (calendar.term(world.YEAR, 1)[0], calendar.term(world.YEAR, 2)[1])
            )
            assert starts <= due <= ends, item.code


def test_rules_that_targets_cite_are_frozen_into_the_version(items):
    cited = {
        name
        for check in Check.objects.filter(target_source__startswith="rule:")
        for name in check.target_source.removeprefix("rule:").split(",")
    }
    assert set(world.framework().words["rules"]) == cited
    assert world.framework().words["rules"]["MTG-01"] == {
        "says_zh": "支部党员大会一般每季度召开 1 次",
        "says_en": "The general meeting of a branch is usually held once a quarter",
        "cite_zh": "《中国共产党支部工作条例（试行）》第十一条",
        "cite_en": "Regulations on the Work of Party Branches (Trial), article 11",
        "certainty_zh": "已核对原文",
        "certainty_en": "Read in a published copy",
    }


def test_all_31_rules_say_in_both_languages_what_they_rest_on():
    data = yaml.safe_load((FOLDER.parent / "rules.yaml").read_text(encoding="utf-8"))
    assert len(data["rules"]) == len({rule["id"] for rule in data["rules"]}) == 31
    for rule in data["rules"]:
        assert all(rule[part][code] for part in ("says", "cite") for code in ("zh", "en")), rule[
            "id"
        ]
        assert rule["certainty"] in data["certainties"]
