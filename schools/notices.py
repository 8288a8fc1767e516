"""The only place that reads an official holiday notice: sentences or a table → days, and doubts."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

import yaml
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schools import sheets
from schools.models.calendar import DayKind

MOST_CHARACTERS = 20_000
MOST_DAYS = 16  # of one span: no leave of the nation is longer
CENTURY = 20  # a notice of another one is misprinted
NAME = 40
DAY = timedelta(days=1)
_SHEETS = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass
class Notice:
    """What a notice says: `days` (date → kind, name), what cannot be, and what was not read."""

    days: dict[date, tuple[str, str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def years(self) -> list[int]:
        return sorted({day.year for day in self.days})


@dataclass
class _Words:
    """The words of `seeds/calendar/notice.yaml` as patterns."""

    said: dict[str, Any]

    def __post_init__(self) -> None:
        said = self.said
        any_of = {name: "|".join(map(re.escape, words)) for name, words in said.items()
                  if isinstance(words, list)}  # fmt: skip
        one = (
            rf"(?:(?P<{{0}}y>\d{{{{4}}}}){said['year']})?(?:(?P<{{0}}m>\d{{{{1,2}}}}){said['month']})?"
            rf"(?P<{{0}}d>\d{{{{1,2}}}}){said['day']}(?:\((?P<{{0}}w>[^()]*)\))?"
        )
        until = rf"(?:{any_of['until']})"
        self.span = re.compile(rf"{one.format('a')}(?:{until}{one.format('b')})?")
        self.verb = re.compile(rf"(?P<off>{any_of['off']})|(?P<work>{any_of['work']})")
        self.advice = re.compile(rf"{any_of['advice']}|{any_of['not_off']}")
        self.count = re.compile(rf"(?:{any_of['count']})(\d{{1,2}})\D")
        self.weekday = re.compile(rf"(?:{any_of['weekday']})([{''.join(said['weekdays'])}])")
        self.year = re.compile(rf"(20\d\d){said['year']}(?!\d{{1,2}}{said['month']})")
        ends = re.escape(said["sentence_ends"])
        self.sentence = re.compile(rf"[^{ends}\n]+")
        numeral = rf"[{said['numerals']}]{{1,3}}[{re.escape(said['numeral_end'])}]"
        self.heading = re.compile(rf"^\(?(?:{numeral})?(?P<name>[^{said['name_end']}\d]{{1,20}})"
                                  rf"{said['name_end']}")  # fmt: skip


@cache
def _words() -> _Words:
    path = settings.BASE_DIR / "seeds" / "calendar" / "notice.yaml"
    return _Words(yaml.safe_load(path.read_text("utf-8")))


def text_of(data: bytes) -> str:
    """What a file says, a line for a row, cells divided by tabs; Denied where it cannot be read."""
    if data.startswith(_SHEETS) or data.startswith(sheets.OLE):
        sheet = sheets.read(data)
        return "\n".join("\t".join(filter(None, cells)) for _number, cells in sheet.rows)
    return sheets.decoded(data)


def read(text: str, year: int | None = None) -> Notice:
    """The days of a notice. Without a `year` in the text the given one is taken."""
    found = Notice()
    plain = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).replace("\r", "\n")
    plain = re.sub(r"[ \u3000]+", "", plain)
    said = _words().year.search(plain)
    if said and year and int(said[1]) != year:
        words = _("The text is about %(said)s, but %(year)s was chosen.")
        found.problems.append(words % {"said": said[1], "year": year})
        return found
    in_year = int(said[1]) if said else year
    name = ""
    for line in plain.split("\n"):
        if (row := _table_row(line)) and _keep(found, *row):
            continue
        for sentence in _words().sentence.findall(line.replace("\t", "")):
            head = _words().heading.match(sentence)
            name = head["name"][:NAME] if head else name
            rest = sentence[head.end() :] if head else sentence
            if not _read_sentence(found, rest, name, in_year) and _speaks_of_days(sentence):
                found.unread.append(sentence[:200])
    if not found.days and not found.problems:
        found.problems.append(
            _("No day was found. Paste the text as it was published, or a table of days.")
        )
    return found


def _speaks_of_days(sentence: str) -> bool:
    return bool(_words().span.search(sentence) or _words().verb.search(sentence))


def _read_sentence(found: Notice, sentence: str, name: str, year: int | None) -> bool:
    """Take the days of one sentence; False where it says nothing that is understood."""
    words = _words()
    if words.advice.search(sentence):
        return False
    verbs = list(words.verb.finditer(sentence))
    begin, read = 0, False
    for number, verb in enumerate(verbs):
        spans = list(words.span.finditer(sentence, begin, verb.start()))
        until = verbs[number + 1].start() if number + 1 < len(verbs) else len(sentence)
        begin = verb.end()
        kind = DayKind.holiday if verb["off"] else DayKind.makeup_workday
        named = str(name or kind.label)[:NAME]
        days: list[date] = []
        month: int | None = None
        for span in spans:
            some, month = _days(found, span, year, month)
            days += some
        for day in days:
            _keep(found, day, kind, named)
        told = words.count.search(sentence, verb.start(), until)
        if days and kind == DayKind.holiday and told and int(told[1]) != len(days):
            found.problems.append(
                ngettext(
                    "%(name)s: the text says %(said)d day, but %(first)s to %(last)s is %(n)d.",
                    "%(name)s: the text says %(said)d days, but %(first)s to %(last)s is %(n)d.",
                    int(told[1]),
                )
                % {
                    "name": named,
                    "said": int(told[1]),
                    "first": days[0],
                    "last": days[-1],
                    "n": len(days),
                }
            )
        read = read or bool(spans)
    return read


def _days(
    found: Notice, span: re.Match[str], year: int | None, month: int | None
) -> tuple[list[date], int | None]:
    """The days of "1月1日(周四)至3日(周六)"; a later day without a month takes that before it."""
    first, month, of = _date(found, span, "a", year, month)
    if first is None:
        return [], month
    if not span["bd"]:
        return [first], month
    last, month, _of = _date(found, span, "b", of, month)
    if last is None:
        return [], month
    if last < first:
        words = _("%(first)s to %(last)s: the last day comes before the first.")
        found.problems.append(words % {"first": first, "last": last})
        return [], month
    if (last - first).days >= MOST_DAYS:
        words = _("%(first)s to %(last)s is longer than any holiday; correct the text.")
        found.problems.append(words % {"first": first, "last": last})
        return [], month
    return [first + DAY * n for n in range((last - first).days + 1)], month


def _date(
    found: Notice, span: re.Match[str], side: str, year: int | None, month: int | None
) -> tuple[date | None, int | None, int | None]:
    """One date of a span, the month it stands in, and its year."""
    written = span[0]
    of = int(span[f"{side}y"]) if span[f"{side}y"] else year
    in_month = int(span[f"{side}m"]) if span[f"{side}m"] else month
    if of is None:
        sentence = _("The text names no year; choose it below.")
        if sentence not in found.problems:
            found.problems.append(sentence)
        return None, in_month, of
    try:
        day = date(of, in_month or 0, int(span[f"{side}d"]))
        if day.year // 100 != CENTURY:
            raise ValueError(day)
    except ValueError:
        found.problems.append(_("%(text)s: there is no such day.") % {"text": written})
        return None, in_month, of
    weekday = _words().weekday.search(span[f"{side}w"] or "")
    if weekday and _words().said["weekdays"][weekday[1]] != day.weekday():
        words = _("%(text)s: %(day)s is another day of the week. Is the year right?")
        found.problems.append(words % {"text": written, "day": day})
    return day, in_month, of


def _keep(found: Notice, day: date, kind: str, name: str) -> bool:
    """Note one day; a make-up working day lies at a weekend, and no day is both."""
    had = found.days.get(day)
    if had and had[0] != kind:
        words = _("%(day)s is named both as a holiday and as a working day.")
        found.problems.append(words % {"day": day})
    if kind == DayKind.makeup_workday and day.weekday() < 5:
        words = _("%(day)s is not at a weekend, so it cannot be a make-up working day.")
        found.problems.append(words % {"day": day})
    found.days[day] = (str(kind), name)
    return True


def _table_row(line: str) -> tuple[date, str, str] | None:
    """2027-01-01, holiday, name: a row of a table; None for anything else."""
    cells = [cell.strip() for cell in re.split(r"[\t,;]", line) if cell.strip()]
    day = next(filter(None, map(_plain_date, cells)), None)
    if day is None or len(cells) > 8:
        return None
    kinds = {
        **dict.fromkeys(_words().said["table_off"], DayKind.holiday),
        **dict.fromkeys(_words().said["table_work"], DayKind.makeup_workday),
    }
    kind = next((kinds[cell.lower()] for cell in cells if cell.lower() in kinds), None)
    if kind is None:
        return None
    return day, kind, _rest(cells, kinds) or str(kind.label)


def _rest(cells: Sequence[str], kinds: Iterable[str]) -> str:
    """The cell that is neither the date nor the kind nor the weekday: the name."""
    known = set(kinds)
    for cell in cells:
        plain = cell.lower() in known or _plain_date(cell) or _words().weekday.fullmatch(cell)
        if not plain and not cell.isdigit():
            return cell[:NAME]
    return ""


def _plain_date(cell: str) -> date | None:
    said = _words().said
    shape = rf"(\d{{4}})[-/.{said['year']}](\d{{1,2}})[-/.{said['month']}](\d{{1,2}}){said['day']}?"
    numbers = re.fullmatch(rf"{shape}(?:[T ]?0?0:00(?::00)?)?", cell)
    if not numbers:
        return None
    try:
        day = date(*map(int, numbers.groups()))
    except ValueError:
        return None
    return day if day.year // 100 == CENTURY else None
