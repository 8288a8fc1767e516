"""The only place that looks for a school that a list may have written otherwise than we know it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from schools.columns import bare, main_name, name_key, words
from schools.models import Region
from schools.models.regions import ancestors


def warn(lines: Iterable[Any], known: Mapping[str, list[Any]], regions: dict[str, Region]) -> None:
    """Tell a new school's row which school under its authority, or row above, it looks like.

    `lines` are those of `schools.lists`. Alike are names that differ only by a campus in brackets
    or by the place in front.
    """
    new = [line for line in lines if line.new]
    if not new:
        return
    shorten = Short(regions)
    alike: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for schools in known.values():
        for school in schools:
            alike[school.authority_id, shorten(school.name, school.authority_id)].append(school)
    rows: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for line in new:
        authority, name = line.values["authority_id"], line.values["name"]
        mark = (authority, shorten(name, authority))
        there = next((s for s in alike[mark] if name_key(s.name) != name_key(name)), None)
        above = next((o for o in rows[mark] if name_key(o.values["name"]) != name_key(name)), None)
        if there is not None:
            said = _("It looks like “%(name)s” (%(code)s). If it is that school, enter its code.")
            line.warnings.append(said % {"name": there.name, "code": there.code})
        elif above is not None:
            said = _("It looks like “%(name)s” in row %(row)d. If it is that school, delete one.")
            told = {"name": above.values["name"], "row": above.row.number}
            line.warnings.append(said % told)
        rows[mark].append(line)


class Short:
    """A name without its campus and without the province, city or county in front."""

    def __init__(self, regions: dict[str, Region]) -> None:
        self.regions = regions
        self.endings = tuple(words()["counties"])
        self.fronts: dict[str, list[str]] = {}

    def __call__(self, name: str, authority: str) -> str:
        if authority not in self.fronts:
            self.fronts[authority] = list(self._fronts(authority))
        short = main_name(name)
        for front in self.fronts[authority]:
            if len(short) > len(front) + 1:
                short = short.removeprefix(front)
        return short

    def _fronts(self, authority: str) -> Iterable[str]:
        for code in ancestors(authority)[1:]:
            if (region := self.regions.get(code)) and region.name:
                name = bare(region.name)
                yield name
                if len(name) > 2 and name.endswith(self.endings):
                    yield name[:-1]
