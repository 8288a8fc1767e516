"""The only place for what is sent out, each attempt at it, and what holds sending back."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

USER = settings.AUTH_USER_MODEL


class MessageKind(models.TextChoices):
    digest = "digest", _("Daily digest")
    nudge = "nudge", _("A word from the authority")
    account = "account", _("About the account")
    test = "test", _("Test of the set-up")


class MessageState(models.TextChoices):
    waiting = "waiting", _("Waiting")
    sending = "sending", _("Being sent")
    accepted = "accepted", _("Taken by the mail server")
    bounced = "bounced", _("Refused by the mail server")
    failed = "failed", _("Given up")
    cancelled = "cancelled", _("No longer needed")
    held = "held", _("Held back")


class Message(models.Model):
    """消息: one letter to one person by one channel, with a Message-ID that never changes.

    `key`: of a digest the local day, else the id of its cause. Its text is made when it is sent.
    """

    person = models.ForeignKey(USER, models.PROTECT, related_name="messages", db_index=False)
    channel = models.CharField(max_length=8, default="mail")
    kind = models.CharField(max_length=8, choices=MessageKind)
    key = models.CharField(max_length=40)
    message_id = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=MessageState, default=MessageState.waiting)
    data = models.JSONField(default=dict, help_text="What its template needs beside reminders")
    made_at = models.DateTimeField()
    next_at = models.DateTimeField(help_text="Not to be tried before")
    owner = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    uncertain = models.PositiveSmallIntegerField(
        default=0, help_text="Times a lease ran out after it may have been sent"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    reply = models.CharField(max_length=300, blank=True, help_text="Last word of the mail server")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "channel", "kind", "key"], name="message_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["kind", "next_at"],
                condition=models.Q(state__in=["waiting", "sending"]),
                name="message_to_send",
            ),
            models.Index(
                fields=["settled_at"],
                condition=models.Q(settled_at__isnull=False),
                name="message_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} {self.key}"


class Attempt(models.Model):
    """One try at a message: when, by whom, how it ended, what the server said."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    owner = models.CharField(max_length=60)
    outcome = models.CharField(max_length=12)
    reply = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.message_id} {self.outcome}"


class Circuit(models.Model):
    """A channel whose far end cannot be reached: one probe a minute, not ten thousand tries."""

    channel = models.CharField(max_length=8, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True, blank=True)
    said = models.CharField(max_length=300, blank=True)
    since = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.channel


class Hold(models.Model):
    """A plan far larger than any day before waits for an operator, or for the calendar's reason."""

    day = models.DateField(unique=True)
    planned = models.PositiveIntegerField()
    usual = models.PositiveIntegerField(help_text="Largest day of the 28 before")
    at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.day} {self.planned}"


class ClockGuard(models.Model):
    """What the clock and the uptime were at the last good plan; one row, pk 1."""

    max_seen = models.DateTimeField()
    boot_id = models.CharField(max_length=40)
    uptime = models.FloatField(help_text="seconds, of /proc/uptime")
    wall = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.max_seen:%F %T}"
