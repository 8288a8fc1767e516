"""The only place that finds a region by what a list calls it: a code, a name, a bureau."""

import re
import unicodedata
from collections import defaultdict
from difflib import get_close_matches

from django.utils.translation import gettext as _

from schools.columns import bare, words
from schools.errors import Denied
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
                % {"text": text[:40], "names": _(", ").join(names)}
            )
        if not near:
            raise Denied(self._unknown(text))
        return near.pop()

    def _by_code(self, text: str) -> str:
        """The region of a code, zeros at its end left off: 330100 is 3301; "" for no code."""
        plain = unicodedata.normalize("NFKC", text).strip()
        if not re.fullmatch(r"[0-9]{1,12}", plain):
            return ""
        for code in (plain, plain[:6], plain[:4], plain[:2]):
            if code in self.regions and not plain.removeprefix(code).strip("0"):
                return code
        raise Denied(_("There is no region with the code %(code)s.") % {"code": plain})

    def _by_name(self, text: str) -> set[str]:
        wanted = bare(text)
        if wanted in self.named:
            return set(self.named[wanted])
        ending = next((end for end in self.endings if wanted.endswith(end)), "")
        return set(self.named.get(wanted.removesuffix(ending), ())) if ending else set()

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


def _names(region: Region, regions: dict[str, Region]) -> set[str]:
    """What people call a region: from its name alone to the whole path, and its bureau."""
    if not region.name:
        return set()
    above = [regions[code].name for code in ancestors(region.code)[1:-1] if code in regions]
    names = {region.name, region.full_name, region.bureau_name}
    for start in range(len(above)):
        names.add("".join(above[start:]) + region.name)
    if above:
        names.add(above[0] + region.name)
    return names - {""}
