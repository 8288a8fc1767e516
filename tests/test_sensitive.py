"""ID numbers and mobile numbers are found in text, and nothing else is taken for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reform.sensitive import find_sensitive, is_id_number

ID, MASKED_ID = "11010519491231002X", "1101**********002X"
MOBILE, MASKED_MOBILE = "13800138000", "138****8000"


def masked(text):
    return [(found.kind, found.masked) for found in find_sensitive(text)]


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"身份证号{ID}。",
        f"ID{ID}",
        ID.lower().replace("x", "X"),
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105 19491231 002X",
        "110105-1949-1231-002X",
        "110105　19491231　002 X",
        "1 1 0 1 0 5 1 9 4 9 1 2 3 1 0 0 2 X",
    ],
)
def test_an_id_number_is_found_however_it_is_written(text):
    assert masked(text) == [("id", MASKED_ID)]


@pytest.mark.parametrize(
    "text",
    [
        MOBILE,
        f"电话：{MOBILE}，",
        f"Tel{MOBILE}",
        f"1.{MOBILE} 张老师",
        f"{MOBILE}.0",
        "１３８００１３８０００",
        "138 0013 8000",
        "138-0013-8000",
        "138－0013－8000",
        "138  0013  8000",
        "1380013 8000",
        f"+86{MOBILE}",
        f"0086{MOBILE}",
        "+86 138 0013 8000",
        "86-138-0013-8000",
        f"2026-10-18 {MOBILE}",
        f"0571-{MOBILE}",
    ],
)
def test_a_mobile_number_is_found_however_it_is_written(text):
    assert masked(text) == [("mobile", MASKED_MOBILE)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "本学期开展主题党日 4 次，应到 121 人，实到 118 人。",
        "110105194912310021",  # the check digit is wrong
        "11010519491331002X",  # month 13
        "11010518491231002X",  # 1849
        "99010519491231002X",  # no such province
        f"9{ID}",
        f"{ID[:17]}9X",
        "12330106470100000X",  # the code of an institution
        "2133010612",  # a school code
        f"{MOBILE}1",
        f"9{MOBILE}",
        f"86{MOBILE}",  # 13 digits without a plus: a serial number
        "12800138000",
        "6222 0213 8001 3800 123",
        "138 0013 8000 1234",
        "138001 38000",
        "13 800 138 000",
        f"a1b{MOBILE}",
        f"{MOBILE}ab",
        f"0.{MOBILE}",
        f"{MOBILE}.55",
        "2026-11-20 18:30:00",
        "9f2c138001380007",
    ],
)
def test_other_digits_are_left_alone(text):
    assert masked(text) == []


def test_each_number_of_a_text_is_found_in_order_with_its_place():
    text = f"甲 {MOBILE} 13900139000；乙 {ID}"
    found = find_sensitive(text)
    assert [hit.kind for hit in found] == ["mobile", "mobile", "id"]
    assert [text[hit.start : hit.end] for hit in found] == [MOBILE, "13900139000", ID]


@given(st.integers(0, 10**17 - 1))
def test_of_18_digits_at_most_one_check_digit_fits(number):
    digits = f"{number:017d}"
    assert sum(is_id_number(digits + last) for last in "0123456789X") <= 1


@given(st.text(alphabet="0123456789Xx -.+a", max_size=60))
def test_no_text_breaks_the_search_and_every_hit_is_masked(text):
    for hit in find_sensitive(text):
        assert "****" in hit.masked
        assert 0 <= hit.start < hit.end <= len(text)
