"""The only place for how many findings the structure check had at a school, and on which day."""

from django.db import models

from schools.models.schools import School


class StructureCount(models.Model):
    """Counts only, for the regions above a county and for an authority of many schools; a school's
    page looks afresh each time."""

    school = models.OneToOneField(
        School, models.CASCADE, primary_key=True, related_name="structure_count"
    )
    on = models.DateField(help_text="The day it was looked at")
    registers_rev = models.PositiveIntegerField(
        default=0, help_text="Revision of the registers that were looked at"
    )
    rules = models.JSONField(default=dict, help_text="Rule → how many findings")
    error = models.PositiveSmallIntegerField(default=0)
    warn = models.PositiveSmallIntegerField(default=0)
    remind = models.PositiveSmallIntegerField(default=0)
    undecided = models.BooleanField(default=False, help_text="Facts are lacking for some rules")

    scope_authority, scope_school = "school__authority_id", "school_id"

    class Meta:
        indexes = [models.Index(fields=["on"], name="structure_count_day")]

    def __str__(self) -> str:
        return f"{self.school_id} {self.on}"
