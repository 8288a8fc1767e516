"""The only place for the registers of capability: training, cadres, posts, studios, activities."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from schools.models.organisation import Branch, Lasting, Record
from schools.models.schools import School


class StudioStatus(models.TextChoices):
    active = "active", _("At work")
    planned = "planned", _("Applied for")
    ended = "ended", _("Ended")


class Studio(Lasting):
    """工作室 of a noted principal or secretary: `school` hosts it, further schools are members."""

    name = models.CharField(_("name"), max_length=60)
    status = models.CharField(
        _("state"), max_length=8, choices=StudioStatus, default=StudioStatus.active
    )
    set_up_no = models.CharField(_("document number"), max_length=60, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    members = models.ManyToManyField(
        School, related_name="studios", blank=True, verbose_name=_("member schools")
    )

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["school"], name="studio_school")]

    def __str__(self) -> str:
        return self.name


class Channel(models.TextChoices):
    """专训、轮训、全训."""

    special = "special", _("Special training")
    rotation = "rotation", _("Rotation training")
    all_staff = "all_staff", _("All-staff training")


class Mode(models.TextChoices):
    """系统学习、跟岗锻炼、科学研究."""

    systematic = "systematic", _("Systematic study")
    shadowing = "shadowing", _("Job shadowing")
    research = "research", _("Research")


class TrainingKind(models.TextChoices):
    political = "political", _("Political training")
    party_affairs = "party_affairs", _("Party affairs")
    management = "management", _("Management")
    professional = "professional", _("Professional")
    other = "other", _("Other")


class Leadership(models.TextChoices):
    political = "political", _("Political leadership")
    system = "system", _("System leadership")
    professional = "professional", _("Professional leadership")


class Theme(models.TextChoices):
    reform = "reform", _("The reform")
    theory = "theory", _("Theory study")
    future_school = "future_school", _("The school of the future")
    educator_spirit = "educator_spirit", _("The spirit of educators")
    other = "other", _("Other")


class Audience(models.TextChoices):
    cadre = "cadre", _("Cadres")
    committee = "committee", _("Branch committee members")
    members = "members", _("Party members")
    staff = "staff", _("All staff")


class Training(Record):
    """培训: head-counts, no list of names. `leadership` is a list of Leadership.

    `distinct_heads`: cadres covered so far in the cycle, each counted once; sessions are not added
    up. A research project is a row of mode research, with its number in `project_no`.
    """

    title = models.CharField(_("name of the training"), max_length=100)
    held_on = models.DateField(_("date"))
    ended_on = models.DateField(_("last day"), null=True, blank=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, blank=True)
    mode = models.CharField(_("mode"), max_length=10, choices=Mode, blank=True)
    kind = models.CharField(_("kind"), max_length=14, choices=TrainingKind, blank=True)
    leadership = models.JSONField(_("leadership"), default=list, blank=True)
    theme = models.CharField(_("topic of the training"), max_length=16, choices=Theme, blank=True)
    audience = models.CharField(_("for whom"), max_length=10, choices=Audience, blank=True)
    heads_expected = models.PositiveIntegerField(_("expected"), null=True, blank=True)
    heads_attended = models.PositiveIntegerField(_("attended"), null=True, blank=True)
    distinct_heads = models.PositiveIntegerField(
        _("different persons so far"), null=True, blank=True
    )
    partner = models.CharField(_("partner institute"), max_length=60, blank=True)
    project_no = models.CharField(_("project number"), max_length=60, blank=True)
    studio = models.ForeignKey(
        Studio,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="trainings",
        verbose_name=_("studio"),
    )

    class Meta:
        ordering = ["-held_on", "-pk"]
        indexes = [models.Index(fields=["school", "held_on"], name="training_school_day")]

    def __str__(self) -> str:
        return self.title


class CadrePool(Record):
    """干部储备 as counted on a day; the latest row of a period speaks for it. Counts only."""

    as_of = models.DateField(_("counted on"))
    cadres = models.PositiveIntegerField(_("cadres in all"), null=True, blank=True)
    tier_reserve = models.PositiveIntegerField(_("in reserve"), null=True, blank=True)
    tier_backbone = models.PositiveIntegerField(_("backbone"), null=True, blank=True)
    tier_mature = models.PositiveIntegerField(_("mature"), null=True, blank=True)
    young = models.PositiveIntegerField(_("young cadres in the pool"), null=True, blank=True)
    young_leading = models.PositiveIntegerField(
        _("young cadres who lead a key project"), null=True, blank=True
    )
    entrants = models.PositiveIntegerField(_("entered this year"), null=True, blank=True)
    entrants_frontline = models.PositiveIntegerField(
        _("of them from front-line Party work"), null=True, blank=True
    )
    appointed = models.PositiveIntegerField(_("promoted this year"), null=True, blank=True)
    appointed_committee = models.PositiveIntegerField(
        _("of them from branch committees"), null=True, blank=True
    )
    party_post_experience = models.PositiveIntegerField(
        _("cadres with experience in a Party post"), null=True, blank=True
    )
    assignments = models.PositiveIntegerField(
        _("assignments to major tasks"), null=True, blank=True
    )
    assigned = models.PositiveIntegerField(_("cadres who had at least one"), null=True, blank=True)
    in_cycle = models.PositiveIntegerField(_("in a training cycle"), null=True, blank=True)
    cycle_start_size = models.PositiveIntegerField(
        _("in the pool when the cycle began"), null=True, blank=True
    )
    cycle_appointed = models.PositiveIntegerField(
        _("of them promoted within the cycle"), null=True, blank=True
    )

    class Meta:
        ordering = ["-as_of", "-pk"]
        indexes = [models.Index(fields=["school", "as_of"], name="cadre_pool_school_day")]

    def __str__(self) -> str:
        return str(self.as_of)


class PostLevel(models.TextChoices):
    school = "school", _("School leaders")
    middle = "middle", _("Middle managers")


class Post(Lasting):
    """管理岗职数 of one level: approved, filled, and filled by doubly strong cadres."""

    level = models.CharField(_("level"), max_length=8, choices=PostLevel)
    approved = models.PositiveIntegerField(_("approved"), null=True, blank=True)
    filled = models.PositiveIntegerField(_("filled"), null=True, blank=True)
    dual_strong = models.PositiveIntegerField(
        _("held by doubly strong cadres"), null=True, blank=True
    )

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["school"], name="post_school")]

    def __str__(self) -> str:
        return str(self.get_level_display())


class ActivityKind(models.TextChoices):
    tradition = "tradition", _("Traditional culture")
    student_programme = "student_programme", _("For pupils")
    cross_phase = "cross_phase", _("Across phases of schooling")
    cross_subject = "cross_subject", _("Across subjects")
    red_resource = "red_resource", _("Sites of revolutionary heritage")
    home_school_community = "home_school_community", _("Home, school and community")
    frontline = "frontline", _("Front-line action")
    party_spirit = "party_spirit", _("Party spirit")


class Activity(Record):
    """育人活动. `grades`: list of 1 to 12, first year of primary to last of senior school."""

    kind = models.CharField(_("kind of activity"), max_length=24, choices=ActivityKind)
    title = models.CharField(_("name of the activity"), max_length=100)
    held_on = models.DateField(_("date"))
    grades = models.JSONField(_("grades"), default=list, blank=True)
    classes = models.PositiveIntegerField(_("classes"), null=True, blank=True)
    heads = models.PositiveIntegerField(_("persons"), null=True, blank=True)
    branch = models.ForeignKey(
        Branch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name=_("branch"),
    )
    partner = models.CharField(_("partner"), max_length=60, blank=True)

    class Meta:
        ordering = ["-held_on", "-pk"]
        indexes = [models.Index(fields=["school", "held_on"], name="activity_school_day")]

    def __str__(self) -> str:
        return self.title
