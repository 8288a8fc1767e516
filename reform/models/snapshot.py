"""The only place for what the boards showed at the end of a day."""

from django.db import models

from reform.models.campaign import Campaign


class Snapshot(models.Model):
    """The figures of a campaign, an authority and a pillar on one day; see `reform.snapshots`."""

    day = models.DateField()
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", db_index=False)
    authority = models.CharField(max_length=6)
    pillar = models.CharField(max_length=4)
    expected = models.PositiveIntegerField()
    planned = models.PositiveIntegerField(help_text="of these past the date in force")
    done = models.PositiveIntegerField()
    on_time = models.PositiveIntegerField()
    late = models.PositiveIntegerField()
    waiting = models.PositiveIntegerField()
    returned = models.PositiveIntegerField()

    scope_authority, scope_school = "authority", None

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "campaign", "authority", "pillar"], name="snapshot_once"
            )
        ]
        indexes = [models.Index(fields=["authority", "day"], name="snapshot_authority_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.authority} {self.pillar}"
