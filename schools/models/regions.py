"""The only place for regions: the nation, provinces, cities and counties by statistical code."""

from django.db import models
from django.utils.translation import gettext_lazy as _

NATION = "0"


class RegionKind(models.TextChoices):
    nation = "nation", _("Nation")
    province = "province", _("Province")
    city = "city", _("City")
    placeholder = "placeholder", _("Placeholder, never shown")
    county = "county", _("County or district")
    zone = "zone", _("Development zone")
    city_without_counties = "city_without_counties", _("City without counties")
    nbs_only = "nbs_only", _("Statistical unit only")


class Region(models.Model):
    """行政区. The code is the tree: 2 digits a province, 4 a city, 6 a county, "0" the nation."""

    code = models.CharField(_("code"), max_length=6, primary_key=True)
    name = models.CharField(_("name"), max_length=60, blank=True)
    full_name = models.CharField(_("full name"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=24, choices=RegionKind)
    bureau_name = models.CharField(_("name of its bureau"), max_length=60, blank=True)
    office_names = models.BooleanField(
        _("registers may name office-holders"), default=False, editable=False
    )
    cycle_years = models.PositiveSmallIntegerField(
        _("school years of a training cycle"), null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.full_name or self.name or self.code

    @property
    def office(self) -> str:
        """Who acts there: its bureau by name, else the region by its short name."""
        return self.bureau_name or self.name or self.code

    @property
    def is_nation(self) -> bool:
        return self.code == NATION


def bounds(code: str) -> tuple[str, str]:
    """Half-open range of the codes at and below `code`: ("33", "34"); the nation is ("0", "9")."""
    if code == NATION:
        return NATION, "9"
    return code, str(int(code) + 1).zfill(len(code))


def ancestors(code: str) -> list[str]:
    """Codes from the nation down to `code` itself: "330106" → ["0", "33", "3301", "330106"]."""
    if code == NATION:
        return [NATION]
    return [NATION] + [code[:n] for n in (2, 4, 6) if n <= len(code)]
