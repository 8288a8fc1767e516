"""The only place for what keeps the machinery honest: pulses of its parts and answered requests."""

from django.conf import settings
from django.db import models


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
