"""The only place that finds a region by what a list calls it: a code, a name, a bureau."""

import csv
import re
import unicodedata
from collections import defaultdict
from difflib import get_close_matches
from functools import cache

from django.conf import settings
from django.utils.translation import gettext as _

from schools.columns import bare, words
from schools.errors import Denied
from schools.language import listed
from schools.models import Region
from schools.models.regions import ancestors, bounds

COUNTY_DIGITS = 6


class Places:
    """Every region by its names, narrowed to those at and below `scope`."""

    def __init__(self, scope: str) -> None:
        self.regions = Region.objects.in_bulk()
        self.low, self.high = bounds(scope)
        self.scope_name = str(self.regions[scope])
        self.named: dict[str, set[str]] = defaultdict(set)
        for code, region in self.regions.items():
            for name in _names(region, self.regions):
                self.named[bare(name)].add(code)
        self.endings = sorted(map(bare, words()["bureaus"]), key=len, reverse=True)
        self.gone = Gone(self.regions, self.named)
        self.found: dict[tuple[str, bool], str | Denied] = {}
        self.renamed: dict[str, str] = {}  # text → what to say about it

    def inside(self, code: str) -> bool:
        """Whether a region lies in the scope of this list."""
        return self.low <= code < self.high

    def county(self, text: str) -> str:
        """The code of the county-level region where a school stands."""
        code = self._find(text, counties_only=True)
        if len(code) != COUNTY_DIGITS:
            raise Denied(
                _("“%(text)s” is not a county or district. Enter the county where the school is.")
                % {"text": text[:40]}
            )
        return code

    def authority(self, text: str) -> str:
        """The code of the region whose bureau reviews a school; its bureau's name will do."""
        return self._find(text, counties_only=False)

    def _find(self, text: str, *, counties_only: bool) -> str:
        """A list names few places, again and again."""
        asked = (text, counties_only)
        if asked not in self.found:
            try:
                self.found[asked] = self._look(text, counties_only=counties_only)
            except Denied as denied:
                self.found[asked] = denied
        found = self.found[asked]
        if isinstance(found, Denied):
            raise Denied(found.reason)
        return found

    def _look(self, text: str, *, counties_only: bool) -> str:
        if code := self._by_code(text):
            return code
        found = self._by_name(text)
        if counties_only or any(len(code) == COUNTY_DIGITS for code in found):
            found = {code for code in found if len(code) == COUNTY_DIGITS} or found
        near = {code for code in found if self.inside(code)} or found
        if len(near) > 1:
            names = sorted(str(self.regions[code]) for code in near)[:5]
            raise Denied(
                _("Several places are called “%(text)s”: %(names)s. Enter the code or full name.")
                % {"text": text[:40], "names": listed(names)}
            )
        if near:
            return near.pop()
        if code := self._of_old(text, self.gone.named(bare(text)) or self._of_bureau(text)):
            return code
        raise Denied(self._unknown(text))

    def _of_old(self, text: str, old: set[str]) -> str:
        """Where a county that is no more lies today, and a word about it; "" for no such county."""
        near = {code for code in old if any(map(self.inside, self.gone.now[code]))} or old
        now = {code: year for one in near for code, year in self.gone.now[one].items()}
        if not now:
            return ""
        told = {"text": text[:40], "year": min(now.values())}
        if len(now) > 1:
            names = [f"{self.regions[code].name} ({code})" for code in sorted(now)]
            raise Denied(
                _(
                    "There is no “%(text)s” since %(year)s; its area is now that of %(names)s. "
                    "Enter the one where the school stands."
                )
                % {**told, "names": _(" or ").join(names)}
            )
        code = next(iter(now))
        said = _("“%(text)s” is %(name)s (%(code)s) since %(year)s, and is taken as that.")
        self.renamed[text] = said % {**told, "name": self.regions[code].name, "code": code}
        return code

    def _of_bureau(self, text: str) -> set[str]:
        return self.gone.named(self._shorn(text))

    def _by_code(self, text: str) -> str:
        """The region of a code, zeros at its end left off: 330100 is 3301; "" for no code."""
        plain = unicodedata.normalize("NFKC", text).strip()
        if not re.fullmatch(r"[0-9]{1,12}", plain):
            return ""
        for code in (plain, plain[:6], plain[:4], plain[:2]):
            if code in self.regions and not plain.removeprefix(code).strip("0"):
                return code
        old = {plain[:6]} & self.gone.now.keys() if not plain[6:].strip("0") else set()
        if code := self._of_old(text, old):
            return code
        raise Denied(_("There is no region with the code %(code)s.") % {"code": plain})

    def _by_name(self, text: str) -> set[str]:
        for name in (bare(text), self._shorn(text)):
            if name in self.named:
                return set(self.named[name])
        return set()

    def _shorn(self, text: str) -> str:
        """A bare name without what makes it that of a bureau."""
        wanted = bare(text)
        return wanted.removesuffix(next((end for end in self.endings if wanted.endswith(end)), ""))

    def _unknown(self, text: str) -> str:
        here = {
            region.name
            for code, region in self.regions.items()
            if self.inside(code) and len(code) == COUNTY_DIGITS
        }
        near = get_close_matches(text, here, n=2, cutoff=0.5)
        if near:
            return _(
                "There is no place called “%(text)s”; is it now %(near)s? Its code will do too."
            ) % {"text": text[:40], "near": _(" or ").join(near)}
        return _("There is no place called “%(text)s”. Enter the 6-digit code.") % {
            "text": text[:40]
        }


class Gone:
    """Counties that were renamed or merged: `now` is old code → {code today: year}."""

    def __init__(self, regions: dict[str, Region], living: dict[str, set[str]]) -> None:
        self.now: dict[str, dict[str, int]] = defaultdict(dict)
        self.names: dict[str, set[str]] = defaultdict(set)
        for row in _changes():
            new = regions.get(row["new_code"])
            if new is None or row["old_code"] in regions:
                continue
            self.now[row["old_code"]][new.code] = int(row["year"])
            for name in map(bare, _paths(row["old_name"], new.code, regions)):
                if name not in living:
                    self.names[name].add(row["old_code"])

    def named(self, name: str) -> set[str]:
        """Codes of the old counties of this bare name."""
        return self.names.get(name, set())


@cache
def _changes() -> list[dict[str, str]]:
    """The rows of `seeds/region_changes.csv`."""
    path = settings.BASE_DIR / "seeds" / "region_changes.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _names(region: Region, regions: dict[str, Region]) -> set[str]:
    """What people call a region: from its name alone to the whole path, and its bureau."""
    if not region.name:
        return set()
    names = {region.full_name, region.bureau_name} | _paths(region.name, region.code, regions)
    return names - {""}


def _paths(name: str, code: str, regions: dict[str, Region]) -> set[str]:
    """The name of a place at `code`, alone and behind the names of those above it."""
    above = [regions[one].name for one in ancestors(code)[1:-1] if one in regions]
    names = {name}
    for start in range(len(above)):
        names.add("".join(above[start:]) + name)
    if above:
        names.add(above[0] + name)
    return names
