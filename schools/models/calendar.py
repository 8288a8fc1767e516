"""The only place for terms, holidays and make-up workdays."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from schools.models.regions import Region
from schools.roles import Stage


class Term(models.Model):
    """学期 of a region and stage ("" = all), inherited nation → province → city → county."""

    region = models.ForeignKey(Region, models.PROTECT, verbose_name=_("region"))
    stage = models.CharField(_("stage"), max_length=1, choices=Stage, blank=True)
    school_year = models.CharField(_("school year"), max_length=9, help_text="2026-2027")
    no = models.PositiveSmallIntegerField(_("term"), choices=[(1, "1"), (2, "2")])
    starts = models.DateField(_("first day"))
    ends = models.DateField(_("last day"))
    provisional = models.BooleanField(_("provisional"), default=False)

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering = ["school_year", "no", "region", "stage"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "stage", "school_year", "no"], name="term_once"
            ),
            models.CheckConstraint(
                name="term_ends_after_start", condition=Q(ends__gt=models.F("starts"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school_year}-{self.no} {self.region_id}{self.stage}"


class DayKind(models.TextChoices):
    holiday = "holiday", _("Holiday")
    makeup_workday = "makeup_workday", _("Make-up working day")


class CalendarDay(models.Model):
    """A day that differs from its weekday: a holiday, or a weekend day that is worked (调休)."""

    region = models.ForeignKey(Region, models.PROTECT, verbose_name=_("region"))
    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=14, choices=DayKind)
    name = models.CharField(_("name"), max_length=40)
    source = models.CharField(_("source"), max_length=80, blank=True)
    provisional = models.BooleanField(_("provisional"), default=False)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["region", "date"], name="calendar_day_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
