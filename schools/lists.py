"""The only place that compares a school list with what is known: which school each row means."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from schools import columns, likeness
from schools.columns import Listing, Row, name_key
from schools.errors import Denied
from schools.models import Region, School
from schools.models.regions import bounds
from schools.models.schools import (
    FROZEN_FIELDS,
    OWN_CODES,
    Ownership,
    SchoolKind,
    code_warnings,
    is_local_code,
    local_code,
)
from schools.places import COUNTY_DIGITS, Places
from schools.standing import Standing, fetch

PLACES = ("region", "authority")
ATTRIBUTES = {"region": "region_id", "authority": "authority_id", "school_type": "school_type_id"}
CODE_DIGITS = 10


@dataclass(slots=True)
class Line:
    """What a row means: a school that is known or new, and the values that would change.

    `first`: the number of a row above that says the very same; this one then counts for nothing.
    """

    row: Row
    values: dict[str, Any]
    county: str = ""
    school: Standing | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    frozen: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    first: int = 0

    @property
    def refused(self) -> bool:
        return bool(self.row.problems)

    @property
    def new(self) -> bool:
        return self.school is None and not self.refused and not self.first


@dataclass
class Told:
    """What a list says, before it is compared with what is known."""

    lines: list[Line]
    places: Places


def read(listing: Listing, scope: str, tell: Callable[[int], None] = lambda done: None) -> Told:
    """A Line per row, in order, with the values of its cells; needs no transaction.

    `scope`: the region whose schools may be changed by this list. `tell` hears the rows read.
    """
    places = Places(scope)
    reader = _Reader(places)
    lines: list[Line] = []
    seen: dict[int, int] = {}
    for row in listing.rows:
        line = Line(row, dict(reader.values(row)))
        line.county = line.values.get("region_id") or _county_of_list(line, scope)
        texts = row.texts
        line.warnings += [
            places.renamed[texts[column]]
            for column in PLACES
            if texts.get(column) in places.renamed
        ]
        said = hash(tuple(texts.items()))
        if (first := seen.setdefault(said, row.number)) != row.number:
            line.first = first
        lines.append(line)
        tell(len(lines))
    return Told(lines, places)


def match(told: Told, *, lock: bool) -> list[Line]:
    """Find the school that each line means, and what would change.

    With `lock`, inside a transaction, the schools in question stay as they are until it ends.
    """
    lines = [line for line in told.lines if not line.first]
    known = _Known(lines, lock=lock)
    for line in lines:
        try:
            line.school = known.school_of(line, told.places)
        except Denied as denied:
            line.row.wrong("code" if "code" in line.values else "name", denied.reason)
    for line in lines:
        _settle(line, told.places)
    _refuse_repeated(lines)
    _give_local_codes(lines, lock=lock)
    _follow_the_first(told.lines)
    likeness.warn(lines, known.by_name, told.places.regions)
    return told.lines


def _follow_the_first(lines: list[Line]) -> None:
    """A row that repeats one above is refused with it, or counts for nothing."""
    rows = {line.row.number: line for line in lines}
    for line in lines:
        if line.first:
            line.row.problems = list(rows[line.first].row.problems)
            line.school = rows[line.first].school
            line.warnings = [
                _("It says the same as row %(row)d and counts once.") % {"row": line.first}
            ]


class _Reader:
    """What cells say; a list says the same few words again and again."""

    def __init__(self, places: Places) -> None:
        self.read: dict[str, Callable[[str], Any]] = {
            "code": columns.code,
            "name": columns.name,
            "region": places.county,
            "authority": places.authority,
            "school_type": columns.Types().code,
            "ownership": lambda text: columns.choice("ownership", text),
            "form": lambda text: columns.choice("form", text),
            **dict.fromkeys(columns.NUMBERS, columns.number),
        }
        self.known: dict[tuple[str, str], Any] = {}

    def values(self, row: Row) -> Iterator[tuple[str, Any]]:
        """The filled cells of a row, by attribute of School; the rest becomes problems."""
        texts = row.texts
        for column in self.read:
            text = texts.get(column, "")
            if not text and column != "name":
                continue
            try:
                yield ATTRIBUTES.get(column, column), self._value(column, text)
            except Denied as denied:
                row.wrong(column, denied.reason)

    def _value(self, column: str, text: str) -> Any:
        if column in ("code", "name"):
            return self.read[column](text)
        if (column, text) not in self.known:
            self.known[column, text] = self.read[column](text)
        return self.known[column, text]


def _county_of_list(line: Line, scope: str) -> str:
    """The county that a list of one county or authority leaves out; "" when it must be told."""
    if line.row.texts.get("region"):
        return ""
    return next(
        (
            code
            for code in (line.values.get("authority_id", ""), scope)
            if len(code) == COUNTY_DIGITS
        ),
        "",
    )


class _Known:
    """The schools that the rows may mean."""

    def __init__(self, lines: list[Line], *, lock: bool) -> None:
        self.codes = {line.values["code"] for line in lines if "code" in line.values}
        wanted: dict[str, set[Any]] = {
            "code": self.codes | {code.zfill(CODE_DIGITS) for code in self.codes},
            "region_id": {line.county for line in lines},
            "authority_id": {line.values.get("authority_id", line.county) for line in lines},
        }
        found = fetch(wanted, lock=lock)
        self.by_code = {school.code: school for school in found.values()}
        self.by_name: dict[str, list[Standing]] = defaultdict(list)
        for school in found.values():
            if school.kind == SchoolKind.school and school.closed_on is None:
                self.by_name[name_key(school.name)].append(school)

    def school_of(self, line: Line, places: Places) -> Standing | None:
        """By code; without one by authority and name. Denied when it cannot be said."""
        code = line.values.get("code")
        same = self._same_name(line) if "name" in line.values else []
        if code is None:
            if len(same) > 1:
                raise Denied(
                    _("Several schools of this authority have this name. Enter the school code.")
                )
            return same[0] if same else None
        if code in self.by_code:
            return self._of_code(self.by_code[code], places)
        if (whole := code.zfill(CODE_DIGITS)) != code and whole in self.by_code:
            raise Denied(
                _(
                    "%(whole)s is known here: has the spreadsheet dropped the zero in front? "
                    "Format the column as text and enter the code again."
                )
                % {"whole": whole}
            )
        if code.startswith(OWN_CODES):
            raise Denied(
                _("Codes that begin with L- or B- are given by this system. Leave the cell empty.")
            )
        for school in same:
            if is_local_code(school.code):
                return school
            if school.code not in self.codes:
                raise Denied(
                    _(
                        "A school of this name has the code %(code)s here. If it got a new code, "
                        "change the code in the back office; if it is another school, add it there."
                    )
                    % {"code": school.code}
                )
        return None

    def _of_code(self, school: Standing, places: Places) -> Standing:
        if not places.inside(school.authority_id):
            raise Denied(
                _("This code belongs to a school outside %(place)s.") % {"place": places.scope_name}
            )
        if school.kind != SchoolKind.school:
            raise Denied(_("This code belongs to an education bureau."))
        if school.closed_on:
            raise Denied(
                _("The school with this code was closed on %(day)s; the code is not used again.")
                % {"day": school.closed_on}
            )
        return school

    def _same_name(self, line: Line) -> list[Standing]:
        """Schools of that name under the authority; where none is named, also of that county."""
        told = line.values
        return [
            school
            for school in self.by_name.get(name_key(told["name"]), ())
            if school.authority_id == told.get("authority_id", line.county)
            or ("authority_id" not in told and school.region_id == line.county)
        ]


def _settle(line: Line, places: Places) -> None:
    """Fill in what follows, check what must fit, and find what would change."""
    told, school = line.values, line.school
    if school is None:
        if line.county:
            told.setdefault("region_id", line.county)
        for column in ("region", "school_type"):
            if ATTRIBUTES[column] not in told and not line.row.texts.get(column):
                line.row.wrong(column, _needed(column))
        told.setdefault("ownership", Ownership.public)
        if "region_id" in told and not line.row.texts.get("authority"):
            told.setdefault("authority_id", told["region_id"])
    elif school.authority_id == school.region_id and "region_id" in told:
        told.setdefault("authority_id", told["region_id"])
    region = told.get("region_id", school and school.region_id)
    authority = told.get("authority_id", school and school.authority_id)
    if authority and not places.inside(authority):
        line.row.wrong(
            "authority" if line.row.texts.get("authority") else "region",
            _("It is reviewed outside %(place)s; this list may only change schools inside.")
            % {"place": places.scope_name},
        )
    elif region and authority:
        low, high = bounds(authority)
        if not low <= region < high:
            line.row.wrong("region", _("The place does not lie in the area of the authority."))
    if school is not None and not line.refused:
        _find_changes(line, school)
    code = told.get("code") or (school.code if school else "")
    if code and not line.refused:
        line.warnings += map(str, code_warnings(code, told.get("school_type_id")))


def _needed(column: str) -> str:
    if column == "region":
        return _("The place is missing. Enter the county where the school stands.")
    return _("The school type is missing. A new school needs one, in words or as its code.")


def _find_changes(line: Line, school: Standing) -> None:
    frozen = {ATTRIBUTES.get(name, name) for name in FROZEN_FIELDS} if school.locked else set()
    for attribute, value in line.values.items():
        now = getattr(school, attribute)
        if attribute == "name" and columns.plain_name(now) == columns.plain_name(value):
            continue
        if now != value:
            where = line.frozen if attribute in frozen else line.changes
            where[attribute] = (now, value)


def _refuse_repeated(lines: list[Line]) -> None:
    """Every row that means the same school as a row above it.

    Two rows of one name are two schools only when both give their codes.
    """
    seen: dict[Any, int] = {}
    for line in lines:
        told, coded = line.values, "code" in line.values
        name = (told.get("authority_id"), name_key(told.get("name", "")))
        marks = [("code", told["code"])] if coded else []
        if line.school is not None:
            marks.append(("school", line.school.pk))
        asked = (
            [*marks, ("uncoded", name)] if coded else [*marks, ("uncoded", name), ("coded", name)]
        )
        first = next((seen[mark] for mark in asked if mark in seen), None)
        if first is not None and "name" in told:
            line.row.wrong(
                "code" if coded else "name",
                _("The same school stands in row %(row)d already.") % {"row": first},
            )
        elif coded and not line.school and ("coded", name) in seen:
            line.warnings.append(
                _("Row %(row)d has the same name and another code; both are taken as schools.")
                % {"row": seen["coded", name]}
            )
        for mark in [*marks, ("coded" if coded else "uncoded", name)]:
            seen.setdefault(mark, line.row.number)


def _give_local_codes(lines: list[Line], *, lock: bool) -> None:
    """L-<authority>-0001 and so on to new schools that have no national code."""
    new = [
        line for line in lines if not line.school and not line.refused and "code" not in line.values
    ]
    if not new:
        return
    last = last_local_numbers({line.values["authority_id"] for line in new}, lock=lock)
    for line in new:
        authority = line.values["authority_id"]
        last[authority] += 1
        line.values["code"] = local_code(authority, last[authority])


def last_local_numbers(authorities: set[str], *, lock: bool) -> Counter[str]:
    """The highest number of a local code of each authority; with `lock` nobody else counts on."""
    if lock:
        waiting = Region.objects.select_for_update(no_key=True).filter(pk__in=authorities)
        list(waiting.order_by("pk").values_list("pk"))
    last: Counter[str] = Counter()
    for code in School.objects.filter(code__startswith="L-").values_list("code", flat=True):
        if not is_local_code(code):
            continue
        _mark, authority, number = code.split("-")
        if authority in authorities:
            last[authority] = max(last[authority], int(number))
    return last
