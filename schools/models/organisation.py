"""The only place for the registers of organisation: branches, units, seats, groups, meetings …

Counts and posts, no persons. A row is never deleted at once: `removed_at` takes it out of every
list, and it can be brought back. What lasts carries `since` and `until` (both ends included, empty:
open), so that last year's truth stays; what happened carries its day.
"""

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from schools.models.schools import School
from schools.roles import PartyForm


class Record(models.Model):
    """A row of a register, of one school."""

    school = models.ForeignKey(School, models.PROTECT, related_name="+", db_index=False)
    note = models.CharField(_("note"), max_length=200, blank=True)
    changed_at = models.DateTimeField(editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    scope_authority, scope_school = "school__authority_id", "school_id"

    class Meta:
        abstract = True


class Lasting(Record):
    """A row that holds from a day to a day."""

    since = models.DateField(_("valid from"), null=True, blank=True)
    until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        abstract = True

    def holds(self, on: date) -> bool:
        """Whether the row is in force on the day `on`."""
        began = self.since is None or self.since <= on
        return began and (self.until is None or self.until >= on)


class Basis(models.TextChoices):
    grade = "grade", _("Grade group")
    subject = "subject", _("Subject group")
    admin = "admin", _("Administrative group")
    mixed = "mixed", _("Mixed")
    retired = "retired", _("Retired staff")


class Branch(Lasting):
    """支部, and the committee or general branch above it. A joint one names its host."""

    name = models.CharField(_("name"), max_length=60)
    form = models.CharField(_("form"), max_length=12, choices=PartyForm, default=PartyForm.branch)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("under"),
    )
    basis = models.CharField(_("basis"), max_length=8, choices=Basis, blank=True)
    full_members = models.PositiveIntegerField(_("full members"), null=True, blank=True)
    probationary = models.PositiveIntegerField(_("probationary members"), null=True, blank=True)
    party_groups = models.PositiveSmallIntegerField(_("Party groups"), default=0, blank=True)
    approval_no = models.CharField(_("approval number"), max_length=60, blank=True)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    elected_on = models.DateField(_("elected on"), null=True, blank=True)
    term_end = models.DateField(_("end of term of office"), null=True, blank=True)
    extension_until = models.DateField(_("extended until"), null=True, blank=True)
    extension_no = models.CharField(_("number of the extension"), max_length=60, blank=True)
    host = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="guests",
        verbose_name=_("host branch"),
        help_text=_("Of a joint branch: the branch of the host school"),
    )
    host_name = models.CharField(_("joint branch and where it is"), max_length=100, blank=True)
    strong_politics = models.CharField(_("political function"), max_length=200, blank=True)
    strong_committee = models.CharField(_("branch committee"), max_length=200, blank=True)
    strong_members = models.CharField(_("its Party members"), max_length=200, blank=True)
    strong_effect = models.CharField(_("effect of its work"), max_length=200, blank=True)
    assessed_on = models.DateField(_("assessed itself on"), null=True, blank=True)
    recognised_no = models.CharField(
        _("number of the four-strong recognition"), max_length=60, blank=True
    )
    recognised_on = models.DateField(_("recognised on"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["school"], name="branch_school")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_guest(self) -> bool:
        """Whether the row only names the joint branch of another school that this one is in."""
        return self.form == PartyForm.joint and bool(self.host_id or self.host_name)


class UnitKind(models.TextChoices):
    grade = "grade", _("Grade group")
    subject = "subject", _("Subject group")
    admin = "admin", _("Administrative group")


class Unit(Lasting):
    """基本单元: a grade, subject or administrative group, and the branch or Party group for it."""

    kind = models.CharField(_("kind"), max_length=8, choices=UnitKind)
    name = models.CharField(_("name"), max_length=40)
    head_post = models.CharField(_("post of its head"), max_length=40, blank=True)
    branch = models.ForeignKey(
        Branch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="units",
        verbose_name=_("branch"),
    )
    party_group = models.PositiveSmallIntegerField(_("Party group"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["school"], name="unit_school")]

    def __str__(self) -> str:
        return self.name


class SeatKind(models.TextChoices):
    secretary = "secretary", _("Branch secretary")
    deputy = "deputy", _("Deputy secretary")
    organisation = "organisation", _("Organisation member")
    publicity = "publicity", _("Publicity member")
    discipline = "discipline", _("Discipline member")
    other = "other", _("Other member")


class CommitteeSeat(Lasting):
    """支委: a seat of a branch and the post its holder has; the name only where that is allowed."""

    branch = models.ForeignKey(
        Branch, models.PROTECT, related_name="seats", verbose_name=_("branch")
    )
    seat = models.CharField(_("seat"), max_length=12, choices=SeatKind)
    post_held = models.CharField(_("post held"), max_length=40, blank=True)
    is_unit_head = models.BooleanField(_("heads the group"), default=False)
    is_principal = models.BooleanField(_("is the principal"), default=False)
    backbone = models.BooleanField(_("leading teacher"), default=False)
    over_a_year = models.BooleanField(_("a Party member for a year or more"), null=True, blank=True)
    trained_year = models.PositiveSmallIntegerField(
        _("last trained in Party affairs, year"), null=True, blank=True
    )
    holder = models.CharField(_("name of the holder"), max_length=40, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["school"], name="committee_seat_school")]

    def __str__(self) -> str:
        return f"{self.get_seat_display()} {self.post_held}".strip()


class GroupScope(models.TextChoices):
    thought = "thought", _("Ideological-political work")
    moral = "moral", _("Moral education")
    ideology = "ideology", _("Ideology")


class LeadershipGroup(Lasting):
    """领导小组. `scopes`: list of GroupScope; one group may cover several."""

    name = models.CharField(_("name"), max_length=60)
    scopes = models.JSONField(_("covers"), default=list, blank=True)
    set_up_no = models.CharField(_("document number"), max_length=60, blank=True)
    set_up_on = models.DateField(_("set up on"), null=True, blank=True)
    head_post = models.CharField(_("post of its head"), max_length=40, blank=True)
    member_posts = models.CharField(_("posts of its members"), max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["school"], name="leadership_group_school")]

    def __str__(self) -> str:
        return self.name


class MeetingKind(models.TextChoices):
    party_org = "party_org", _("Party-organisation meeting")
    principal = "principal", _("Principal's office meeting")
    general = "general", _("General meeting of the branch")
    committee = "committee", _("Branch-committee meeting")
    party_group = "party_group", _("Party-group meeting")
    lecture = "lecture", _("Party lecture")
    theme_day = "theme_day", _("Theme Party day")
    leadership_group = "leadership_group", _("Leadership-group meeting")
    org_life = "org_life", _("Organisation-life meeting")
    secretary_report = "secretary_report", _("Secretary's report")
    talk = "talk", _("Talk of secretary and principal")


class Topic(models.TextChoices):
    """What a meeting dealt with, ticked by its school."""

    reform = "reform", _("The reform")
    teaching = "teaching", _("Teaching")
    ideology = "ideology", _("Ideology")
    moral_education = "moral_education", _("Ideological-political and moral education")
    theory = "theory", _("Theory study")
    party_spirit = "party_spirit", _("Party spirit")
    reserve_cadre = "reserve_cadre", _("Reserve cadres")
    major = "major", _("A major question")


class Duty(models.TextChoices):
    """六项领导职责."""

    direction = "direction", _("Sets the direction")
    overall = "overall", _("Manages the whole")
    decisions = "decisions", _("Takes decisions")
    leaders = "leaders", _("Builds the leadership")
    team = "team", _("Leads the staff")
    delivery = "delivery", _("Sees it carried out")


class Meeting(Record):
    """会议. Held by the school, a branch, a Party group (number within its branch) or a group."""

    kind = models.CharField(_("kind of meeting"), max_length=16, choices=MeetingKind)
    held_on = models.DateField(_("date"))
    branch = models.ForeignKey(
        Branch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="meetings",
        verbose_name=_("branch"),
    )
    party_group = models.PositiveSmallIntegerField(_("Party group"), null=True, blank=True)
    group = models.ForeignKey(
        LeadershipGroup,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="meetings",
        verbose_name=_("leadership group"),
    )
    expected = models.PositiveIntegerField(_("expected"), null=True, blank=True)
    attended = models.PositiveIntegerField(_("attended"), null=True, blank=True)
    topics = models.JSONField(_("topics"), default=list, blank=True)
    duty_tags = models.JSONField(_("leadership duties"), default=list, blank=True)
    has_appointment = models.BooleanField(_("decided on appointments"), default=False)

    class Meta:
        ordering = ["-held_on", "-pk"]
        indexes = [models.Index(fields=["school", "held_on"], name="meeting_school_day")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.held_on}"


class ConsultationKind(models.TextChoices):
    award = "award", _("Awards")
    title = "title", _("Professional titles")  # type: ignore[assignment]  # nor for str.title
    other = "other", _("Other")


class Consultation(Record):
    """征求意见 of branches on a batch of persons: numbers and dates, never who or what was said."""

    kind = models.CharField(_("kind"), max_length=8, choices=ConsultationKind)
    batch = models.CharField(_("batch"), max_length=60)
    persons = models.PositiveIntegerField(_("persons in the batch"), null=True, blank=True)
    asked_on = models.DateField(_("asked on"), null=True, blank=True)
    due_on = models.DateField(_("answer due on"), null=True, blank=True)
    requested = models.PositiveIntegerField(_("opinions asked for"), null=True, blank=True)
    returned = models.PositiveIntegerField(_("returned in time"), null=True, blank=True)
    opinion_on = models.DateField(_("date of the opinion"), null=True, blank=True)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)

    class Meta:
        ordering = ["-asked_on", "-pk"]
        indexes = [models.Index(fields=["school"], name="consultation_school")]

    def __str__(self) -> str:
        return self.batch


class DocumentKind(models.TextChoices):
    rule_party_org = "rule_party_org", _("Rules of the Party-organisation meeting")
    rule_principal = "rule_principal", _("Rules of the principal's office meeting")
    rule_talk = "rule_talk", _("Secretary and principal keep in touch")
    plan = "plan", _("Plan of the reform")
    moral_mechanism = "moral_mechanism", _("Mechanism of moral education")
    activity_plan = "activity_plan", _("Activity plan of a term")
    branch_plan = "branch_plan", _("Plan of a branch")
    consultation_criteria = "consultation_criteria", _("Criteria for consultation")
    cadre_system = "cadre_system", _("System for cadres")
    pathway = "pathway", _("Pathway of growth")
    selection_standard = "selection_standard", _("Selection standard")
    training_plan = "training_plan", _("Training plan")
    other = "other", _("Other")


class CadreStage(models.TextChoices):
    """选育管用."""

    select = "select", _("Selecting")
    develop = "develop", _("Developing")
    manage = "manage", _("Managing")
    deploy = "deploy", _("Deploying")


class Document(Lasting):
    """制度文件: number and dates, not the text. `stages`: list of CadreStage it covers."""

    kind = models.CharField(_("kind"), max_length=24, choices=DocumentKind)
    title = models.CharField(_("name of the document"), max_length=100, blank=True)
    doc_no = models.CharField(_("document number"), max_length=60, blank=True)
    branch = models.ForeignKey(
        Branch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name=_("branch"),
    )
    adopted_on = models.DateField(_("adopted on"), null=True, blank=True)
    reviewed_on = models.DateField(_("reviewed on"), null=True, blank=True)
    in_force = models.BooleanField(_("in force"), default=True)
    names_teaching = models.BooleanField(_("names teaching tasks and goals"), default=False)
    stages = models.JSONField(pgettext_lazy("cadres", "stages"), default=list, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["school"], name="document_school")]

    def __str__(self) -> str:
        return self.title or str(self.get_kind_display())
