"""The only place for what ought to be: framework versions, pillars, measures, items, checks."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from schools.language import local


class FrameworkState(models.TextChoices):
    draft = "draft", _("Draft")
    published = "published", _("Published")
    superseded = "superseded", _("Superseded")


class Framework(models.Model):
    """任务清单, one version. Once published it never changes; a new version supersedes it."""

    code = models.CharField(max_length=20)
    version = models.CharField(max_length=20)
    title_zh = models.CharField(max_length=100)
    title_en = models.CharField(max_length=200)
    source_zh = models.CharField(max_length=200, blank=True)
    source_en = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=FrameworkState, default=FrameworkState.draft)
    digest = models.CharField(max_length=64)
    words = models.JSONField(
        default=dict, help_text="Names of responsible units and registers, and the rules cited"
    )
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="framework_version_once")
        ]

    def __str__(self) -> str:
        return f"{local(self, 'title')} {self.version}"


class Clause(models.Model):
    """One clause of the source, by its locator; `role`: ask, or purpose (asks nothing)."""

    framework = models.ForeignKey(Framework, models.CASCADE, related_name="clauses")
    locator = models.CharField(max_length=12)
    role = models.CharField(max_length=8, choices=[("ask", "ask"), ("purpose", "purpose")])
    label_zh = models.CharField(max_length=80)
    label_en = models.CharField(max_length=160, blank=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["framework", "locator"], name="clause_once")]

    def __str__(self) -> str:
        return self.locator


class Pillar(models.Model):
    framework = models.ForeignKey(Framework, models.CASCADE, related_name="pillars")
    code = models.CharField(max_length=4)
    name_zh = models.CharField(max_length=20)
    name_en = models.CharField(max_length=80)
    theme_zh = models.CharField(max_length=20)
    theme_en = models.CharField(max_length=60, blank=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["framework", "code"], name="pillar_once")]

    def __str__(self) -> str:
        return local(self, "name")


class Measure(models.Model):
    pillar = models.ForeignKey(Pillar, models.CASCADE, related_name="measures")
    code = models.CharField(max_length=6)
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(help_text="Across the whole framework")

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.code} {local(self, 'name')}"


class Cadence(models.TextChoices):
    once = "once", _("Once, then confirmed each year")
    standing = "standing", _("A state that must hold")
    term = "term", _("Each term")
    year = "year", _("Each year")


class Clock(models.TextChoices):
    party = "party", _("Calendar year")
    school = "school", _("School year")


class Level(models.TextChoices):
    school = "school", _("School")
    district = "district", _("District")
    both = "both", _("School and district")


class ProfileValue(models.TextChoices):
    """What a profile makes of an item; only full and simplified become the school's own entries."""

    full = "full", _("Applies as written")
    simplified = "simplified", _("Applies in the lighter form")
    host = "host", _("Done by the host branch")
    district = "district", _("Kept by the district")
    na = "na", _("Does not apply")


class Item(models.Model):
    """检查项: what is asked, in words for an untrained teacher, and when it is due."""

    framework = models.ForeignKey(Framework, models.CASCADE, related_name="items")
    measure = models.ForeignKey(Measure, models.CASCADE, related_name="items")
    code = models.CharField(max_length=8)
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=240)
    short_zh = models.CharField(max_length=40)
    short_en = models.CharField(max_length=80)
    ask_zh = models.TextField()
    ask_en = models.TextField()
    guidance_zh = models.TextField()
    guidance_en = models.TextField()
    enough_zh = models.TextField()
    enough_en = models.TextField()
    stuck_zh = models.TextField()
    stuck_en = models.TextField()
    light_zh = models.TextField(blank=True, help_text="The lighter form, for simplified")
    light_en = models.TextField(blank=True)
    note_zh = models.TextField(blank=True)
    note_en = models.TextField(blank=True)
    evidence_zh = models.JSONField(default=list)
    evidence_en = models.JSONField(default=list)
    locators = models.JSONField(default=list)
    lead = models.CharField(max_length=24)
    support = models.JSONField(default=list)
    level = models.CharField(max_length=8, choices=Level)
    cadence = models.CharField(max_length=8, choices=Cadence)
    review = models.CharField(max_length=8, default="none")
    clock = models.CharField(max_length=6, choices=Clock)
    due = models.JSONField(help_text='{"anchor", "weeks"|"working_days"} or {"date": "MM-DD"}')
    minutes = models.PositiveSmallIntegerField()
    school_types = models.JSONField(help_text='"all" or a list of school type codes')
    profiles = models.JSONField(help_text="profile → ProfileValue")
    position = models.PositiveSmallIntegerField(help_text="Across the whole framework")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["framework", "code"], name="item_once")]

    def __str__(self) -> str:
        return f"{self.code} {local(self, 'title')}"


class CheckKind(models.TextChoices):
    count = "count", _("Count")  # type: ignore[assignment]  # no one asks for str.count
    ratio = "ratio", _("Ratio")
    bool = "bool", _("Yes or no")


class Source(models.TextChoices):
    typed = "typed", _("Typed in")
    computed = "computed", _("From registers")


class TargetMode(models.TextChoices):
    required = "required", _("Required")
    warn = "warn", _("Warns, never red")
    none = "none", _("Shown, no target")


class Check(models.Model):
    """核查点: one number of an item. A target is a decimal number in text, of a ratio 0 to 1."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="checks")
    key = models.CharField(max_length=40)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=120)
    how_zh = models.TextField()
    how_en = models.TextField()
    gap_zh = models.TextField()
    gap_en = models.TextField()
    kind = models.CharField(max_length=6, choices=CheckKind)
    per = models.CharField(max_length=8)
    source = models.CharField(max_length=8, choices=Source)
    registers = models.JSONField(default=list)
    numerator = models.CharField(max_length=200, help_text="What is counted, for who computes it")
    denominator = models.CharField(max_length=200, blank=True)
    num_zh = models.CharField(max_length=60, blank=True, help_text="Label of a typed number")
    num_en = models.CharField(max_length=120, blank=True)
    den_zh = models.CharField(max_length=60, blank=True)
    den_en = models.CharField(max_length=120, blank=True)
    den_fixed = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The denominator where it is always the same number"
    )
    may_exceed = models.BooleanField(
        default=False, help_text="The numerator of a ratio may be larger than the denominator"
    )
    target_mode = models.CharField(max_length=8, choices=TargetMode)
    target_op = models.CharField(max_length=2, blank=True)
    target_value = models.CharField(max_length=8, blank=True)
    target_source = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["item", "key"], name="check_once")]

    def __str__(self) -> str:
        return self.key
