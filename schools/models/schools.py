"""The only place for schools and their types, and for how a school's profile is derived."""

import re

from django.db import models
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from schools.language import local
from schools.models.regions import Region
from schools.roles import PartyForm, Profile


class Ownership(models.TextChoices):
    public = "public", _("Public")
    private = "private", _("Private")


class SchoolKind(models.TextChoices):
    school = "school", _("School")
    bureau = "bureau", _("Education bureau")


class SchoolType(models.Model):
    """办学类型, GB/T 33782-2017 table 4; `use`: core, optional, excluded, not a school, alias."""

    code = models.CharField(_("code"), max_length=3, primary_key=True)
    name_zh = models.CharField(_("Chinese name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=60)
    phases = models.CharField(
        _("stages"), max_length=12, help_text=_("Stage letters joined by commas.")
    )
    use = models.CharField(_("takes part"), max_length=20)

    class Meta:
        verbose_name = _("school type")
        verbose_name_plural = _("school types")
        ordering = ["code"]

    def __str__(self) -> str:
        return local(self, "name")


class School(models.Model):
    """学校: `region` is where it stands, `authority` who reviews it. A bureau is a School too."""

    code = models.CharField(_("school code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60)
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="schools", verbose_name=_("region")
    )
    authority = models.ForeignKey(
        Region, models.PROTECT, related_name="supervised", verbose_name=_("authority")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=SchoolKind, default=SchoolKind.school)
    school_type = models.ForeignKey(
        SchoolType, models.PROTECT, null=True, blank=True, verbose_name=_("school type")
    )
    ownership = models.CharField(
        _("ownership"), max_length=8, choices=Ownership, default=Ownership.public
    )
    full_members = models.PositiveIntegerField(_("full members"), null=True, blank=True)
    probationary_members = models.PositiveIntegerField(
        _("probationary members"), null=True, blank=True
    )
    branches = models.PositiveIntegerField(_("branches"), null=True, blank=True)
    classes = models.PositiveIntegerField(_("classes"), null=True, blank=True)
    staff = models.PositiveIntegerField(_("staff"), null=True, blank=True)
    form = models.CharField(
        _("form of Party organisation"), max_length=12, choices=PartyForm, blank=True
    )
    profile = models.CharField(
        _("profile"), max_length=8, choices=Profile, default=Profile.unknown, editable=False
    )
    profile_by_hand = models.CharField(
        _("profile set by the authority"),
        max_length=8,
        choices=[choice for choice in Profile.choices if choice[0] != Profile.unknown],
        blank=True,
        editable=False,
    )
    profile_note = models.CharField(_("why it was set"), max_length=300, blank=True, editable=False)
    baseline_at = models.DateTimeField(
        _("baseline answered"), null=True, blank=True, editable=False
    )
    locked = models.BooleanField(_("enrolled in a campaign"), default=False, editable=False)
    registers_rev = models.PositiveIntegerField(default=0, editable=False)
    answered_rev = models.PositiveIntegerField(
        default=0, editable=False, help_text="Revision of the registers seen by the last round"
    )
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    scope_authority, scope_school = "authority_id", "pk"

    class Meta:
        verbose_name = _("school")
        verbose_name_plural = _("schools")
        ordering = ["name", "code"]
        indexes = [
            models.Index(fields=["authority", "name"], name="school_authority_name"),
            models.Index(
                fields=["authority"],
                condition=models.Q(kind=SchoolKind.bureau),
                name="school_bureau",
            ),
            models.Index(
                fields=["id"],
                condition=~models.Q(registers_rev=models.F("answered_rev")),
                name="school_registers_moved",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """The name of this school's history chain; it outlives a change of code."""
        return f"school:{self.pk}"

    @property
    def profile_reason(self) -> str | Promise:
        return derive_profile(self)[1]


class SuccessionKind(models.TextChoices):
    merge = "merge", _("Merged into")
    split = "split", _("Split off")  # type: ignore[assignment]  # no one asks for str.split


class Succession(models.Model):
    """撤并校: one school goes on in another. The history of both stays where it was written."""

    predecessor = models.ForeignKey(School, models.PROTECT, related_name="successions")
    successor = models.ForeignKey(School, models.PROTECT, related_name="origins")
    kind = models.CharField(max_length=5, choices=SuccessionKind)
    on = models.DateField()

    scope_authority, scope_school = "successor__authority_id", "successor_id"

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="succession_once")
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"


# What a campaign freezes: once locked, only reform.rollout and reform.restructure change it.
FROZEN_FIELDS = ("code", "region", "authority", "school_type", "ownership", "kind", "closed_on")


def derive_profile(school: School) -> tuple[Profile, str | Promise]:
    """The profile and the sentence why: what the authority set by hand, else what the facts say."""
    if school.profile_by_hand:
        note = format_lazy(_("Set by the authority: {reason}"), reason=school.profile_note)
        return Profile(school.profile_by_hand), note
    return profile_by_facts(school)


def profile_by_facts(school: School) -> tuple[Profile, str | Promise]:
    """The profile and the sentence why: by form, then by branches, then by members and type.

    Source: `meta.profiles` of the catalogue (form and branches first, member counts second).
    """
    if school.form == PartyForm.joint:
        return Profile.joint, _("It belongs to a joint Party branch.")
    if school.form in (PartyForm.committee, PartyForm.general):
        return Profile.multi, _("Its Party organisation is a committee or a general branch.")
    if school.branches and school.branches > 1:
        return Profile.multi, _("It has more than one branch.")
    if school.form == PartyForm.branch or school.branches == 1:
        return Profile.single, _("It has one branch of its own.")
    if school.school_type_id == "218":
        return Profile.joint, _("It is a teaching point.")
    if school.full_members is None:
        return Profile.unknown, _("Its form, branches and members are not known yet.")
    if school.full_members < 3:
        return Profile.joint, _("It has fewer than 3 full members.")
    return Profile.single, _("It has 3 or more full members and no other branch on record.")


_CODE = re.compile(r"(21|31|34|51|36|37)(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])\d{6}")
OWN_CODES = ("L-", "B-")  # how codes begin that only this system gives
_LOCAL_CODE = re.compile(r"L-\d{2,6}-\d{4,}")


def local_code(authority: str, number: int) -> str:
    """The code that we give for want of a national one."""
    return f"L-{authority}-{number:04d}"


def is_local_code(code: str) -> bool:
    """Whether `code` was given by us, see `local_code`."""
    return bool(_LOCAL_CODE.fullmatch(code))


def code_warnings(code: str, type_code: str | None) -> list[str | Promise]:
    """Sentences for what looks odd in a 学校标识码; rules CODE-01 and CODE-02, never a refusal."""
    if is_local_code(code):
        return []
    if not _CODE.fullmatch(code):
        return [_("This is not in the form of a 10-digit national school code.")]
    if type_code and code[:2] != type_code[:2]:
        return [_("The first two digits of the code do not fit the school type.")]
    return []
