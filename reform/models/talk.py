"""The only place for words beside the workflow: frequent opinions, and comments inside an entry."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reform.models.entry import Entry
from schools.models import Region, User

USER = settings.AUTH_USER_MODEL


class PhraseUse(models.TextChoices):
    return_ = "return", _("When returning")
    note = "note", _("In a progress note")


class Phrase(models.Model):
    """常用意见 of one person, or of a whole authority: chosen with a click, then edited freely."""

    user = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="phrases", verbose_name=_("user")
    )
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+")
    use = models.CharField(max_length=6, choices=PhraseUse)
    text = models.CharField(_("text"), max_length=300)
    position = models.PositiveSmallIntegerField(default=0)

    scope_authority, scope_school = "region_id", None

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="phrase_one_owner",
                condition=Q(user=None, region__isnull=False) | Q(user__isnull=False, region=None),
            )
        ]

    def __str__(self) -> str:
        return self.text


class Comment(models.Model):
    """A word inside an entry between its school and its authority; it moves nothing.

    `event` is its place in the history: the page of an entry reads both at once. `answers` is the
    comment that began the thread, and bears whether all of it is resolved; it answers none itself.
    """

    event = models.OneToOneField("reform.Event", models.PROTECT, related_name="comment")
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="comments")
    answers = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="answered", db_index=False
    )
    author = models.ForeignKey(USER, models.PROTECT, related_name="+")
    text = models.CharField(max_length=1000)
    at = models.DateTimeField()
    to: "models.ManyToManyField[User, User]" = models.ManyToManyField(
        USER, related_name="+", blank=True
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    scope_authority, scope_school = "entry__authority", "entry__school_id"

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="comment_resolved_with_its_thread",
                condition=Q(answers=None) | Q(resolved_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.text[:20]}"
