"""The only place for what somebody must be told, and by which rules: reminders and policies."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reform.models.entry import Entry
from schools.models import Branch, Region
from schools.roles import Role

USER = settings.AUTH_USER_MODEL


class ReminderPolicy(models.Model):
    """提醒规则 of a region; without one it inherits the nearest above it, then our defaults."""

    region = models.OneToOneField(Region, models.PROTECT, primary_key=True)
    stages = models.JSONField(help_text='[{"days": -7, "roles": ["filer", "secretary"]}, …]')
    mail = models.BooleanField(_("by e-mail too"), default=True)
    quiet_before = models.TimeField(_("not before"))
    quiet_after = models.TimeField(_("not after"))
    grace_days = models.PositiveSmallIntegerField(
        _("working days of grace"), default=0, help_text="Before the first stage past the date"
    )
    changed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0)

    scope_authority, scope_school = "region_id", None

    def __str__(self) -> str:
        return self.region_id


class About(models.TextChoices):
    """What a reminder is about."""

    due = "due", _("A date that comes near or is past")
    returned = "returned", _("Returned for correction")
    handed = "handed", _("Given back by the secretary")
    sign = "sign", _("Waits for the secretary's signature")
    decided = "decided", _("Accepted or found not applicable")
    moved = "moved", _("A date that was moved")
    asked = "asked", _("An extension that waits for a decision")
    extension = "extension", _("An extension that was decided")
    nudge = "nudge", _("A word from the authority")
    bounced = "bounced", _("A mail address that does not take mail")
    term = "term", _("A term of office that ends")
    comment = "comment", _("A comment inside an entry")


class ReminderState(models.TextChoices):
    waiting = "waiting", _("Waiting")
    told = "told", _("Told")
    superseded = "superseded", _("Superseded by a later stage")
    cancelled = "cancelled", _("No longer needed")


class Reminder(models.Model):
    """提醒: what one person must be told once; it is in the inbox as soon as it is written.

    `topic` names what the date belongs to ("entry:17", "branch:4"), so that the key holds for every
    source of dates. `stage` is in working days from `due_on`, of a term of office in months (0
    where `about` has no stages); `cause` is the event, extension or nudge that it comes from, 0
    for a stage. `state` is that of the way by mail.
    """

    person = models.ForeignKey(USER, models.PROTECT, related_name="reminders", db_index=False)
    about = models.CharField(max_length=10, choices=About)
    topic = models.CharField(max_length=32)
    entry = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="reminders")
    branch = models.ForeignKey(
        Branch,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="Whose term of office it is about",
    )
    stage = models.SmallIntegerField(default=0)
    due_on = models.DateField()
    cause = models.BigIntegerField(default=0)
    role = models.CharField(max_length=10, choices=Role, help_text="Why this person")
    place = models.CharField(max_length=20, help_text='Key of the seat: "s12", "r330106"')
    state = models.CharField(max_length=10, choices=ReminderState, default=ReminderState.waiting)
    why = models.CharField(max_length=24, blank=True, help_text="Word for why it was cancelled")
    planned_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(
        null=True, blank=True, help_text="Nobody but the person reads it"
    )
    message = models.ForeignKey(
        "reform.Message", models.PROTECT, null=True, blank=True, related_name="reminders"
    )

    scope_authority, scope_school = "entry__authority", "entry__school_id"

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "topic", "about", "stage", "due_on", "cause"],
                name="reminder_once",
            ),
            models.CheckConstraint(
                condition=models.Q(about="term", branch__isnull=False)
                | ~models.Q(about="term") & models.Q(branch=None),
                name="reminder_term_of_branch",
            ),
        ]
        indexes = [
            models.Index(
                fields=["person"],
                condition=models.Q(state="waiting"),
                name="reminder_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.topic} {self.about} {self.stage}"

    @property
    def about_person(self) -> int:
        """Whom one without an entry is about: its topic is "person:17"; 0 of any other."""
        kind, _colon, number = self.topic.partition(":")
        return int(number) if kind == "person" else 0


class Nudge(models.Model):
    """催办: an official writes to the people of a stuck entry, with a reason; once a day."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="nudges")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()
    day = models.DateField(help_text="Local day: one of an entry that was not taken back")
    goes_at = models.DateTimeField(help_text="Until then it can be taken back")
    sent_at = models.DateTimeField(null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)

    scope_authority, scope_school = "entry__authority", "entry__school_id"

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "day"],
                condition=models.Q(taken_back_at=None),
                name="nudge_once_a_day",
            )
        ]
        indexes = [
            models.Index(
                fields=["goes_at"],
                condition=models.Q(sent_at=None, taken_back_at=None),
                name="nudge_to_go",
            )
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.day}"


class ExtensionState(models.TextChoices):
    waiting = "waiting", _("Waiting for a decision")
    granted = "granted", _("Granted")
    refused = "refused", pgettext_lazy("request", "Refused")
    withdrawn = "withdrawn", pgettext_lazy("request", "Withdrawn")
    lapsed = "lapsed", _("No longer needed")


class Extension(models.Model):
    """延期申请: a school asks, before the date and with a reason, for a later offered date."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="extensions")
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    was_on = models.DateField()
    wanted_on = models.DateField()
    state = models.CharField(max_length=10, choices=ExtensionState, default=ExtensionState.waiting)
    granted_on = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    scope_authority, scope_school = "entry__authority", "entry__school_id"

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=models.Q(state="waiting"), name="extension_one_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.wanted_on}"
