"""The only place for campaigns, their slots and dates, and which schools they reach."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reform.models.catalogue import Framework, Item
from schools.models import Region, School
from schools.roles import Profile


class CampaignState(models.TextChoices):
    draft = "draft", _("Draft")
    opening = "opening", _("Opening")
    open = "open", _("Open")
    closed = "closed", _("Closed")
    void = "void", _("Void")


class Campaign(models.Model):
    """专项: a region × a school year × a framework version."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="campaigns")
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="campaigns")
    school_year = models.CharField(_("school year"), max_length=9)
    name = models.CharField(_("name"), max_length=60)
    state = models.CharField(max_length=8, choices=CampaignState, default=CampaignState.draft)
    sign_off = models.BooleanField(_("the school's secretary signs"), default=False)
    later_dates = models.BooleanField(_("an authority may set later dates"), default=False)
    opens_on = models.DateField(_("opens on"))
    opened_at = models.DateTimeField(null=True, blank=True)
    filled_to = models.CharField(
        max_length=6, blank=True, help_text="Last authority whose entries were made"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0)

    scope_authority, scope_school = "region_id", None

    class Meta:
        ordering = ["-school_year", "region", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        return f"region:{self.region_id}"


class DueSource(models.TextChoices):
    computed = "computed", _("From its own terms")
    hand = "hand", _("Set by hand")


class Slot(models.Model):
    """期次: an item × a period of a campaign. Before `opens_on` nobody owes it."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="slots", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="slots")
    period = models.CharField(max_length=11, help_text="2026-2027-1, 2026-2027-2 or 2026-2027")
    opens_on = models.DateField()
    due_on = models.DateField()
    source = models.CharField(
        max_length=8, choices=DueSource, default=DueSource.computed, help_text="Of the due date"
    )
    targets = models.JSONField(default=dict, help_text="check key → its own target value")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)
    position = models.PositiveSmallIntegerField()

    scope_authority, scope_school = "campaign__region_id", None

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "item", "period"], name="slot_once")
        ]

    def __str__(self) -> str:
        return f"{self.item.code} {self.period}"


class Due(models.Model):
    """An authority's own date for a slot, where it differs from the slot's."""

    slot = models.ForeignKey(Slot, models.PROTECT, related_name="dues", db_index=False)
    authority = models.ForeignKey(Region, models.PROTECT, db_index=False)
    due_on = models.DateField()
    source = models.CharField(max_length=8, choices=DueSource)
    reason = models.CharField(max_length=500, blank=True)

    scope_authority, scope_school = "authority_id", None

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slot", "authority"], name="due_once")]

    def __str__(self) -> str:
        return f"{self.authority_id} {self.due_on}"


class Enrolment(models.Model):
    """纳入: what must not change for a school while the campaign runs. Not counted: 参照 only.

    A bureau is enrolled too, with the profile `unknown`; `kept_for` says what it was given.
    """

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="enrolments", db_index=False
    )
    school = models.ForeignKey(School, models.PROTECT, related_name="enrolments")
    authority = models.CharField(max_length=6)
    profile = models.CharField(max_length=8, choices=Profile)
    counted = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    kept_for = models.CharField(
        max_length=32, blank=True, help_text="Of a bureau: the profiles whose items it was given"
    )

    scope_authority, scope_school = "authority", "school_id"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "school"], name="enrolment_once")
        ]
        indexes = [
            models.Index(fields=["campaign", "authority"], name="enrolment_authority"),
            models.Index(
                fields=["campaign", "authority"],
                condition=models.Q(profile=Profile.unknown),
                name="enrolment_bureau",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}:{self.school_id}"
