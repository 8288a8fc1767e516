"""The only place for the fields of an entry and of its drafts; only `progress` moves an entry."""

from datetime import date

from django.conf import settings
from django.db import models

from reform.models.campaign import CampaignState, Slot
from reform.states import Claim, Keeper, Status
from schools.models import School


class Entry(models.Model):
    """台账条目: a school × a slot. `authority` repeats the enrolment's, for ranges without a join.

    Every index but these was measured to cost more than it gives; none holds `status`.
    """

    slot = models.ForeignKey(Slot, models.PROTECT, related_name="entries", db_index=False)
    school = models.ForeignKey(School, models.PROTECT, related_name="entries", db_index=False)
    authority = models.CharField(max_length=6)
    keeper = models.SmallIntegerField(choices=Keeper, default=Keeper.school)
    counted = models.BooleanField(default=True)
    status = models.SmallIntegerField(choices=Status, default=Status.not_started)
    due_on = models.DateField()
    sent_late = models.BooleanField(null=True)
    version = models.PositiveIntegerField(default=0)
    report = models.ForeignKey(
        "reform.Report", models.PROTECT, null=True, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(
        null=True, help_text="Since then in no list and not counted; see reform.fitting"
    )

    readmitted_until = models.DateField(
        null=True, help_text="Last day on which it goes on though its campaign is closed"
    )

    scope_authority, scope_school = "authority", "school_id"

    class Meta:
        ordering = ["slot__position", "pk"]
        constraints = [models.UniqueConstraint(fields=["slot", "school"], name="entry_once")]
        indexes = [
            models.Index(fields=["slot", "authority"], name="entry_slot_authority"),
            models.Index(fields=["school", "slot"], name="entry_school_slot"),
            models.Index(
                fields=["readmitted_until"],
                condition=models.Q(readmitted_until__isnull=False),
                name="entry_readmitted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school_id}:{self.slot_id}"

    @property
    def state(self) -> str:
        """The name of its status."""
        return Status(self.status).name

    @property
    def by_bureau(self) -> bool:
        """Whether an education bureau keeps it for itself, from the sums of its schools."""
        return self.keeper == Keeper.district

    def hides_small(self, *, own: bool) -> bool:
        """Whether small counts are hidden from its reader; the sums of a bureau are shown."""
        return not own and not self.by_bureau

    def is_running(self, today: date) -> bool:
        """Whether its campaign is under way, for all or for this school alone."""
        state = self.slot.campaign.state
        readmitted = self.readmitted_until is not None and self.readmitted_until >= today
        return state == CampaignState.open or (state == CampaignState.closed and readmitted)

    def is_listed(self, today: date) -> bool:
        """Whether it stands in lists: running, neither withdrawn nor left."""
        return self.is_running(today) and not (self.slot.withdrawn_at or self.left_at)


def running(today: date, entry: str = "") -> models.Q:
    """Entries for which `is_running` holds; `entry`: the way to them, such as "entry__"."""
    state = f"{entry}slot__campaign__state"
    readmitted = {state: CampaignState.closed, f"{entry}readmitted_until__gte": today}
    return models.Q(**{state: CampaignState.open}) | models.Q(**readmitted)


def listed(today: date, entry: str = "") -> models.Q:
    """Entries for which `is_listed` holds; `entry` as in `running`."""
    stays = {f"{entry}slot__withdrawn_at": None, f"{entry}left_at": None}
    return running(today, entry) & models.Q(**stays)


class Draft(models.Model):
    """草稿 of one person, as typed, valid or not. `values`: check key → {"num": …, "den": …}."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="drafts", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    base_version = models.PositiveIntegerField()
    values = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    claim = models.CharField(max_length=14, choices=Claim, default=Claim.done)
    saved_at = models.DateTimeField()

    scope_authority, scope_school = "entry__authority", "entry__school_id"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "user"], name="draft_once")]

    def __str__(self) -> str:
        return f"{self.entry_id}:{self.user_id}"
