"""The only place for what keeps the machinery honest: pulses, answered requests, long jobs."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Pulse(models.Model):
    """When a part of the machine ("tick", "worker", "tally check" …) last began and finished."""

    name = models.CharField(max_length=24, primary_key=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    ok = models.BooleanField(default=True)
    detail = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """A form that was answered: same key and same digest get the first answer again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    answer = models.JSONField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key", "digest"], name="idempotency_once")
        ]

    def __str__(self) -> str:
        return self.key


class JobState(models.TextChoices):
    waiting = "waiting", _("Waiting")
    running = "running", _("Running")
    ready = "ready", _("Ready to be confirmed")
    done = "done", _("Done")
    failed = "failed", _("Failed")
    cancelled = "cancelled", _("Cancelled")


class Job(models.Model):
    """后台任务: something that takes longer than a page, of one person at one seat.

    `sha256` and `version` bind a confirmation to the file and the preview that was read; `result`
    is what the page shows. A file lies in the job folder under the pk until `expires_at`.
    """

    kind = models.CharField(max_length=24)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="jobs")
    seat = models.CharField(max_length=20, help_text='Key of the seat: "s12", "r330106"')
    state = models.CharField(max_length=10, choices=JobState, default=JobState.waiting)
    asked = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    file_name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["owner", "kind"], name="job_owner_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
