"""The only place for what the registers answered: per entry, with what it was computed from."""

from django.db import models

from reform.models.entry import Entry
from schools.models import School


class Computed(models.Model):
    """The computed checks of one entry, kept until the registers, the day or the date have moved.

    `values`: check key → {"num", "den", "judged", "span", "rows", "lacking"}; a row is told as
    "register:primary key:label".
    """

    entry = models.OneToOneField(Entry, models.CASCADE, primary_key=True, related_name="computed")
    school = models.ForeignKey(School, models.PROTECT, related_name="+", db_index=False)
    registers_rev = models.PositiveIntegerField()
    on = models.DateField(help_text="The day it was computed for")
    due_on = models.DateField(help_text="The due date it was computed for")
    ready = models.BooleanField(
        default=False, help_text="Everything is computed and meets its target: one click confirms"
    )
    values = models.JSONField(default=dict)

    scope_authority, scope_school = "entry__authority", "school_id"

    class Meta:
        indexes = [models.Index(fields=["school"], name="computed_school")]

    def __str__(self) -> str:
        return f"{self.entry_id}@{self.registers_rev}"
