"""The only place for the counters that every board is read from; `tallies` alone writes them."""

from django.db import models

from reform.models.campaign import Campaign, Slot
from reform.states import Bucket


class Tally(models.Model):
    """汇总: how many counted entries of an authority and slot stand in a bucket, by due date."""

    pk = models.CompositePrimaryKey("campaign_id", "authority", "slot_id", "bucket", "due_on")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", db_index=False)
    authority = models.CharField(max_length=6)
    slot = models.ForeignKey(Slot, models.PROTECT, related_name="+", db_index=False)
    bucket = models.SmallIntegerField(choices=Bucket)
    due_on = models.DateField()
    n = models.IntegerField(default=0)

    scope_authority, scope_school = "authority", None

    def __str__(self) -> str:
        return f"{self.authority}:{self.slot_id}:{self.bucket} {self.n}"
