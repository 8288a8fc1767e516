"""The only place for the append-only history (chains, events, free text) and the audit log."""

from django.conf import settings
from django.db import models

from schools.models import Region
from schools.roles import RIGHTS


class Chain(models.Model):
    """Head of one subject's chain ("school:12", "region:330106"), and the lock of its writers."""

    subject = models.CharField(max_length=40, primary_key=True)
    seq = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.subject} {self.seq}"


class Event(models.Model):
    """流水: one thing that happened. Triggers of the database refuse UPDATE and DELETE."""

    subject = models.CharField(max_length=40)
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=24)
    entry = models.ForeignKey("reform.Entry", models.PROTECT, null=True, related_name="events")
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20, blank=True)
    body = models.TextField(default="{}", help_text="canonical JSON text, hashed as stored")
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["subject", "seq"]
        constraints = [models.UniqueConstraint(fields=["subject", "seq"], name="event_once")]

    def __str__(self) -> str:
        return f"{self.subject}#{self.seq} {self.kind}"


class EventText(models.Model):
    """Free text beside the chain; the body holds sha256(salt + text), so it can be erased."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="words")
    text = models.TextField()
    salt = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.text[:40]


class AuditLine(models.Model):
    """审计日志: sign-ins, downloads, account changes; who, when, from where, whether it held."""

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    username = models.CharField(max_length=150, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    what = models.CharField(max_length=24)
    thing = models.CharField(max_length=120, blank=True)
    ip = models.GenericIPAddressField(null=True)
    ok = models.BooleanField(default=True)

    scope_authority, scope_school = "region_id", None
    scope_roles = RIGHTS["see_audit"]

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.username} {self.what}"
