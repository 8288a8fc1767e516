"""What a typed number must look like, how it is judged exactly, and what readers are told."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from reform import answers
from reform.answers import Answer, Target
from reform.models import Check
from tests import world


@pytest.fixture
def english():
    with translation.override("en"):
        yield


def check(kind="ratio", **fields):
    """A check that stands alone."""
    words = {
        "name_zh": "思政课开课覆盖率",
        "name_en": "Classes taught",
        "num_zh": "按课表上课的班级数",
        "num_en": "Classes taught as scheduled",
        "den_zh": "班级总数",
        "den_en": "Classes in the school",
        "how_zh": "{den} 个班中有 {num} 个",
        "how_en": "{num} of {den} classes",
        "gap_zh": "离目标 {target} 还差 {missing} 个",
        "gap_en": "{missing} short of {target}",
        "target_source": "default",
        "source": "typed",
        "target_mode": "required",
        "target_op": ">=",
        "target_value": "0.8",
    }
    return Check(key="classes", kind=kind, **{**words, **fields})


def refusals(of_check, **raw):
    with pytest.raises(ValidationError) as refused:
        answers.parse(of_check, raw)
    return refused.value.messages


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ({}, 0),
        ({"num": "", "den": " "}, 0),
        ({"num": "12"}, 0),
        ({"den": "3"}, 0),
        ({"num": "abc"}, 1),
        ({"num": "abc", "den": "x"}, 2),
        ({"num": "5", "den": "3"}, 1),
    ],
)
def test_what_is_wrong_so_far_says_nothing_about_what_is_still_empty(raw, wrong):
    assert len(answers.wrong_so_far(check(), raw)) == wrong
    assert answers.wrong_so_far(check(den_fixed=3), {"num": "2"}) == []


@pytest.mark.parametrize(
    ("num", "den", "answer"),
    [
        ("12", "18", Answer(12, 18)),
        (" 12 ", "018", Answer(12, 18)),
        ("１２", "１８", Answer(12, 18)),
        ("0", "0", Answer(0, 0)),
        ("-0", "5", Answer(0, 5)),
        (12, 18.0, Answer(12, 18)),  # what a workbook gives
        ("1000000", "1000000", Answer(1_000_000, 1_000_000)),
    ],
)
def test_whole_numbers_are_taken_as_people_type_them(num, den, answer):
    assert answers.parse(check(), {"num": num, "den": den}) == answer


@pytest.mark.parametrize(
    ("num", "reason"),
    [
        ("", "type a number, 0 if there are none."),
        (None, "type a number, 0 if there are none."),
        ("12 个", "type a whole number in digits only, such as 12."),
        ("十二", "type a whole number in digits only, such as 12."),
        ("1.5", "type a whole number in digits only, such as 12."),
        (1.5, "type a whole number in digits only, such as 12."),
        ("1,200", "type a whole number in digits only, such as 12."),
        ("5²", "type a whole number in digits only, such as 12."),
        ("٣", "type a whole number in digits only, such as 12."),
        ("1e3", "type a whole number in digits only, such as 12."),
        ("-3", "a number below 0 is not possible."),
        ("－3", "a number below 0 is not possible."),
        ("1000001", "this number is too large; at most 1,000,000."),
        ("9" * 5000, "this number is too large; at most 1,000,000."),
    ],
)
def test_anything_else_is_refused_with_its_sentence(english, num, reason):
    assert refusals(check(), num=num, den="18") == [f"Classes taught as scheduled: {reason}"]


def test_the_sentence_is_in_the_language_of_the_reader():
    with translation.override("zh-hans"):
        assert refusals(check(), num="12 个", den="18") == [
            "按课表上课的班级数：只填阿拉伯数字表示的整数，例如 12。"
        ]


def test_both_numbers_are_judged_at_once(english):
    assert refusals(check(), num="-1", den="x") == [
        "Classes taught as scheduled: a number below 0 is not possible.",
        "Classes in the school: type a whole number in digits only, such as 12.",
    ]


def test_a_part_larger_than_the_whole_is_refused_unless_the_check_allows_it(english):
    assert refusals(check(), num="19", den="18") == [
        "Classes taught as scheduled: 19 is more than Classes in the school, 18."
    ]
    allowed = check(may_exceed=True)
    assert answers.parse(allowed, {"num": "19", "den": "18"}) == Answer(19, 18)


def test_a_fixed_denominator_is_not_asked_for_and_cannot_be_changed(english):
    of_three = check(den_fixed=3, den_en="", den_zh="")
    assert answers.parse(of_three, {"num": "2"}) == Answer(2, 3)
    assert answers.parse(of_three, {"num": "2", "den": "3"}) == Answer(2, 3)
    assert refusals(of_three, num="2", den="4") == ["This is always out of 3."]
    assert refusals(of_three, num="4") == [
        "Classes taught as scheduled: 4 is more than the most there can be, 3."
    ]


def test_a_count_has_no_denominator_and_yes_or_no_is_a_choice(english):
    assert answers.parse(check("count"), {"num": "7", "den": "9"}) == Answer(7)
    assert answers.parse(check("bool"), {"num": "1"}) == Answer(1)
    assert refusals(check("bool"), num="2") == ["Classes taught as scheduled: choose yes or no."]


@pytest.mark.parametrize(
    ("op", "value", "num", "den", "met"),
    [
        (">=", "0.8", 4, 5, True),
        (">=", "0.8", 799_999, 1_000_000, False),
        (">=", "0.95", 19, 20, True),
        (">=", "0.1", 1, 10, True),
        ("=", "1", 18, 18, True),
        ("=", "1", 17, 18, False),
        ("=", "1", 19, 18, False),
        (">", "0", 1, 40, True),
        (">", "0", 0, 40, False),
        (">=", "0.8", 0, 0, None),
        (">=", "0.8", None, None, None),
        ("", "", 3, 4, None),
    ],
)
def test_a_ratio_is_judged_exactly_and_nothing_is_judged_out_of_nothing(op, value, num, den, met):
    assert answers.judge(check(), num, den, Target(op, value)) is met


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 1000))
def test_judging_agrees_with_whole_number_arithmetic(num, den, mille):
    target = Target(">=", f"0.{mille:03d}" if mille < 1000 else "1")
    assert answers.judge(check(), num, den, target) is (num * 1000 >= mille * den)


@given(st.integers(0, 500), st.integers(1, 500), st.sampled_from(["0.8", "0.9", "0.95", "1"]))
def test_what_is_missing_is_just_enough(num, den, value):
    target, ratio = Target(">=", value), check()
    left = answers.missing(ratio, num, den, target)
    assert answers.judge(ratio, num + left, den, target) is True
    assert left == 0 or answers.judge(ratio, num + left - 1, den, target) is False


@pytest.mark.parametrize(
    ("kind", "op", "value", "num", "den", "missing"),
    [
        ("ratio", ">=", "0.8", 10, 18, 5),
        ("ratio", "=", "1", 16, 18, 2),
        ("ratio", "=", "1", 20, 18, 2),  # two numbers that ought to be equal
        ("ratio", ">", "0", 0, 6, 1),
        ("count", ">=", "4", 1, None, 3),
        ("count", ">=", "4", 9, None, 0),
        ("bool", "=", "1", 0, None, 1),
        ("ratio", "", "", 3, 10, 7),
        ("count", "", "", 3, None, 0),
        ("ratio", "=", "1", None, None, 0),
    ],
)
def test_the_units_still_missing_are_rounded_up(kind, op, value, num, den, missing):
    assert answers.missing(check(kind), num, den, Target(op, value)) == missing


@pytest.mark.parametrize(
    ("kind", "num", "den", "shown"),
    [
        ("ratio", 7, 12, "7 / 12"),
        ("ratio", 0, 0, "Not applicable"),
        ("ratio", None, None, "Not filled in yet"),
        ("count", 2, None, "2"),
        ("bool", 1, None, "Yes"),
        ("bool", 0, None, "No"),
    ],
)
def test_a_value_is_shown_as_readers_know_it(english, kind, num, den, shown):
    assert answers.display(check(kind), num, den) == shown


@pytest.mark.parametrize(
    ("kind", "op", "value", "words"),
    [
        ("ratio", ">=", "0.95", "At least 95%"),
        ("ratio", ">=", "0.955", "At least 95.5%"),
        ("ratio", "=", "1", "All of them"),
        ("ratio", ">", "0", "At least one"),
        ("ratio", ">", "0.5", "More than 50%"),
        ("count", ">=", "4", "At least 4"),
        ("bool", "=", "1", "Must be there"),
        ("ratio", "", "", "Shown, no target"),
    ],
)
def test_a_requirement_is_put_into_words(english, kind, op, value, words):
    assert answers.requirement(check(kind), Target(op, value)) == words


def test_a_slot_may_set_its_own_value_but_not_make_a_target_where_there_is_none():
    own = {"classes": "0.9"}
    assert str(answers.target(check(), own)) == ">=0.9"
    assert str(answers.target(check(), {})) == ">=0.8"
    assert not answers.target(check(target_mode="none", target_op="", target_value=""), own)


def test_a_frozen_target_reads_back():
    for target in (Target(">=", "0.8"), Target("=", "1"), Target(">", "0"), Target()):
        assert Target.of(str(target)) == target


def test_sentences_are_filled_with_the_numbers(english):
    target = Target(">=", "0.8")
    assert answers.how(check(), 10, 18, target) == "10 of 18 classes"
    assert answers.gap(check(), 10, 18, target) == "5 short of 80%"
    assert answers.gap(check(), 18, 18, target) == ""
    assert answers.gap(check(), 0, 0, target) == ""
    assert answers.how(check(), None, None, target) == "Not filled in yet"
    assert answers.gap(check(), None, None, target) == ""


def test_a_computed_check_without_a_value_says_so(english):
    computed = check(source="computed")
    assert answers.how(computed, None, None, Target()) == "Not worked out yet"
    assert answers.display(computed, None, None) == "Not worked out yet"


@pytest.mark.parametrize("kind", ["ratio", "bool", "count"])
def test_a_whole_of_nothing_is_not_applicable_and_not_judged(english, kind):
    target = Target("=", "1")
    assert answers.display(check(kind), 1, 0) == "Not applicable"
    assert answers.judge(check(kind), 1, 0, target) is None
    assert answers.gap(check(kind), 0, 0, target) == ""


def test_small_counts_of_the_pool_are_hidden_outside_the_school(english):
    pool, target = check(registers=["cadre_pool"]), Target(">=", "0.8")
    assert answers.display(pool, 3, 12) == "3 / 12"
    assert answers.display(pool, 3, 12, outside=True) == "<5 / 12"
    assert answers.display(pool, 5, 12, outside=True) == "5 / 12"
    assert answers.how(pool, 3, 12, target, outside=True) == "<5 of 12 classes"
    assert answers.gap(pool, 7, 12, target, outside=True) == "<5 short of 80%"
    assert answers.display(check(), 3, 12, outside=True) == "3 / 12"


@pytest.mark.django_db
def test_every_sentence_of_the_catalogue_fills_without_a_trace_of_braces():
    world.framework()
    for one in Check.objects.all():
        target = answers.target(one)
        den = (one.den_fixed or 9) if one.kind == "ratio" else None
        for language in ("zh-hans", "en"):
            with translation.override(language):
                for sentence in (
                    answers.how(one, 1, den, target),
                    answers.gap(one, 0, den, target),
                ):
                    assert sentence and "{" not in sentence, one.key


@pytest.mark.django_db
def test_a_target_says_where_it_comes_from(english):
    words = world.framework().words
    found = {one.key: answers.cited(one, words) for one in Check.objects.all()}
    assert found["subjects_with_design"] == [
        {"text": "our default, which the supervising authority may change", "certainty": ""}
    ]
    assert found["three_ins"] == [{"text": "the reform essay itself, III-3d", "certainty": ""}]
    assert found["general_meeting"] == [
        {
            "text": "Regulations on the Work of Party Branches (Trial), article 11",
            "certainty": "Read in a published copy",
        }
    ]
    assert found["partners"] == []
    assert len(found["in_term"]) == 3
    for key, sources in found.items():
        texts = [source["text"] for source in sources]
        assert len(texts) == len(set(texts)), key
