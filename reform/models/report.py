"""The only place for what was sent and judged: reports, check values, evidence, reviews."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from reform.models.catalogue import Check, Source
from reform.models.entry import Entry
from reform.states import Claim

USER = settings.AUTH_USER_MODEL


class Evidence(models.Model):
    """佐证材料: a file of an entry. Two rows may share the bytes of one sha256."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="evidence")
    school = models.ForeignKey("schools.School", models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=120)
    size = models.PositiveIntegerField(help_text="bytes")
    kind = models.CharField(max_length=4)
    pages = models.PositiveSmallIntegerField(default=0, help_text="previews that can be shown")
    uploaded_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)
    destroyed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    destroyed_reason = models.CharField(max_length=500, blank=True)

    scope_authority, scope_school = "entry__authority", "school_id"

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Report(models.Model):
    """进展填报: one filing, never changed. `sent_at` and `due_on` freeze what decided on time."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="reports", db_index=False)
    no = models.PositiveSmallIntegerField()
    author = models.ForeignKey(USER, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    claim = models.CharField(max_length=14, choices=Claim)
    note = models.TextField(blank=True)
    pledged = models.BooleanField(help_text="The warning line was confirmed")
    evidence = models.ManyToManyField(Evidence, related_name="reports")
    signed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of fields and evidence hashes")

    scope_authority, scope_school = "entry__authority", "entry__school_id"

    class Meta:
        ordering = ["-no"]
        constraints = [models.UniqueConstraint(fields=["entry", "no"], name="report_once")]

    def __str__(self) -> str:
        return f"{self.entry_id}#{self.no}"


class CheckValue(models.Model):
    """The value of one check in one report, as it was judged."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="values", db_index=False)
    check_def = models.ForeignKey(
        Check, models.PROTECT, related_name="values", db_index=False, db_column="check_id"
    )
    num = models.BigIntegerField(null=True)
    den = models.BigIntegerField(null=True)
    source = models.CharField(max_length=8, choices=Source)
    target = models.CharField(max_length=12, blank=True, help_text="operator and value in force")
    met = models.BooleanField(null=True)
    detail = models.JSONField(default=dict, help_text="Of a computed one: the rows it rests on")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "check_def"], name="check_value_once")
        ]

    def __str__(self) -> str:
        return f"{self.num}/{self.den}"


class Verdict(models.TextChoices):
    accept = "accept", _("Accept")
    return_ = "return", _("Return")
    reopen = "reopen", _("Reopen")


DECIDED = {
    Verdict.accept: _("Accepted"),
    Verdict.return_: _("Returned"),
    Verdict.reopen: _("Reopened"),
}


class Review(models.Model):
    """审核: a decision on the report it names. The author of the report cannot be its reviewer."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="reviews")
    author = models.ForeignKey(USER, models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(USER, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=6, choices=Verdict)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    scope_authority, scope_school = "report__entry__authority", "report__entry__school_id"

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(name="review_four_eyes", condition=~Q(author=F("reviewer")))
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.report_id}"

    @property
    def decided(self) -> str:
        """What came of it, where it is told afterwards."""
        return str(DECIDED[Verdict(self.verdict)])
