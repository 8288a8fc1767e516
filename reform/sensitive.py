"""The only place that finds ID numbers and mobile numbers in text."""

import re
from datetime import date
from typing import Literal, NamedTuple


class Sensitive(NamedTuple):
    """A number that must not be stored: "3301**********1234" or "138****8000", and where it is."""

    kind: Literal["id", "mobile"]
    masked: str
    start: int
    end: int


_FULL_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ＋", "0123456789Xx+")
_GAP = "[ \\t\u00a0\u2000-\u200b\u202f\u3000\\-\u2010-\u2015\u2212\uff0d]"
_RUN = re.compile(rf"\d+(?:{_GAP}{{1,2}}\d+)*(?:{_GAP}{{0,2}}[Xx](?![0-9A-Za-z]))?", re.ASCII)
_GROUP = re.compile(r"\d*[Xx]|\d+", re.ASCII)
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_CODE_BEFORE = re.compile(r"[0-9][A-Za-z_]+\Z|(?<![0-9.])0\.\Z")
_CODE_AFTER = re.compile(r"[A-Za-z_]|\.(?!0(?!\d))\d", re.ASCII)
_MOBILE_SHAPES = {(11,), (3, 4, 4), (3, 8), (7, 4)}
# First two digits of GB 11643: the provinces, Hong Kong, Macao, Taiwan, foreign residents.
_PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def find_sensitive(text: str) -> list[Sensitive]:
    """Every 18-digit ID number (GB 11643) and 11-digit mobile number, in the order of the text.

    Full-width digits, spaces and hyphens inside a number do not hide it; a number that is only
    part of a longer string of digits is not taken for one.
    """
    plain = text.translate(_FULL_WIDTH)
    return [found for run in _RUN.finditer(plain) for found in _in_run(plain, run)]


def is_id_number(digits: str) -> bool:
    """Whether 18 characters are an ID number: province, birth date and check digit."""
    if not re.fullmatch(r"\d{17}[\dXx]", digits, re.ASCII) or not begins_like_id(digits):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == digits[17].upper()


def begins_like_id(digits: str) -> bool:
    """Whether the first 14 digits are a province and a birth date (a sheet rounds the rest off)."""
    try:
        born = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    return bool(_PROVINCE.match(digits)) and 1900 <= born.year < 2100


def mask(digits: str) -> str:
    """First and last four of an ID number, first three and last four of a mobile number."""
    kept = 4 if len(digits) == 18 else 3
    return digits[:kept] + "*" * (len(digits) - kept - 4) + digits[-4:]


def _in_run(text: str, run: re.Match[str]) -> list[Sensitive]:
    """What digits joined by spaces or hyphens hold: from the start of one group to an end."""
    groups = list(_GROUP.finditer(text, run.start(), run.end()))
    found: list[Sensitive] = []
    first = 0
    while first < len(groups):
        last, hit = _from_group(text, groups, first)
        if hit:
            found.append(hit)
        first = last + 1
    return found


def _from_group(text: str, groups: list[re.Match[str]], first: int) -> tuple[int, Sensitive | None]:
    """The last group taken, and what it made."""
    digits = ""
    for last in range(first, len(groups)):
        digits += groups[last][0]
        if len(digits) > 18:
            break
        if is_id_number(digits):
            start, end = groups[first].start(), groups[last].end()
            return last, Sensitive("id", mask(digits), start, end)
    for last in range(first, min(first + 3, len(groups))):
        number = _mobile(text, groups, first, last)
        if number:
            end = groups[last].end()
            start = groups[first].start() if last > first else end - len(number)
            return last, Sensitive("mobile", mask(number), start, end)
    return first, None


def _mobile(text: str, groups: list[re.Match[str]], first: int, last: int) -> str:
    """The 11 digits that groups `first` to `last` spell, or nothing."""
    taken = groups[first : last + 1]
    start, end = taken[0].start(), taken[-1].end()
    digits = "".join(group[0] for group in taken)
    if first == last and len(digits) in (13, 15):
        abroad = "0086" if len(digits) == 15 else "86"
        if not digits.startswith(abroad) or (abroad == "86" and text[start - 1 : start] != "+"):
            return ""
        digits = digits.removeprefix(abroad)
    elif tuple(len(group[0]) for group in taken) not in _MOBILE_SHAPES:
        return ""
    if not _MOBILE.fullmatch(digits):
        return ""
    if _CODE_BEFORE.search(text, max(0, start - 24), start) or _CODE_AFTER.match(text, end):
        return ""
    return "" if _goes_on(text, groups, first, last) else digits


def _goes_on(text: str, groups: list[re.Match[str]], first: int, last: int) -> bool:
    """Whether a spaced number goes on in the same rhythm: a bank card, not a mobile number."""
    if first == last:
        return False

    def gap(after: int) -> str:
        return text[groups[after].end() : groups[after + 1].start()]

    before = first > 0 and groups[first - 1][0] not in ("86", "0086")
    if before and gap(first - 1) == gap(first):
        return True
    return last + 1 < len(groups) and gap(last) == gap(first)
