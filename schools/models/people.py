"""The only place for people and the posts they hold: users and memberships."""

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from schools.models.regions import Region
from schools.models.schools import School
from schools.roles import Role


class Theme(models.TextChoices):
    auto = "auto", _("As the device")
    light = "light", _("Light")
    dark = "dark", _("Dark")


class User(AbstractUser):
    """A person who signs in: name, post, work phone and optional e-mail, nothing more."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("name"), max_length=40)
    post = models.CharField(_("post"), max_length=40, blank=True)
    phone = models.CharField(_("work phone"), max_length=24, blank=True)
    language = models.CharField(
        _("language"),
        max_length=8,
        blank=True,
        choices=[("zh-hans", _("Chinese")), ("en", _("English"))],
    )
    theme = models.CharField(_("theme"), max_length=5, choices=Theme, default=Theme.auto)
    shortcuts = models.BooleanField(_("single-letter keys"), default=True)
    digest = models.BooleanField(_("a daily e-mail about what is due"), default=True)
    privacy_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    email_refused_at = models.DateTimeField(null=True, blank=True, editable=False)
    email_refused_why = models.CharField(max_length=300, blank=True, editable=False)

    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def live(self, on: date) -> "MembershipQuerySet":
        """Those in force on the day `on`, both ends included, of users who may sign in."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on).filter(
            user__is_active=True
        )


class Membership(models.Model):
    """任职: a person holds a role at one school or one region, from a day to a day."""

    user = models.ForeignKey(
        User, models.PROTECT, related_name="memberships", verbose_name=_("user")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, verbose_name=_("region")
    )
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, verbose_name=_("school")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)

    scope_authority, scope_school = "school__authority_id", "school_id"

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="membership_one_place",
                condition=Q(region=None, school__isnull=False)
                | Q(region__isnull=False, school=None),
            ),
            models.CheckConstraint(
                name="membership_role_fits_place",
                condition=Q(school__isnull=False, role__in=[Role.filer, Role.secretary])
                | Q(school=None) & ~Q(role__in=[Role.filer, Role.secretary]),
            ),
            models.CheckConstraint(
                name="membership_ends_after_start",
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()} {self.school or self.region}"

    @property
    def place_key(self) -> str:
        """Key of the seat that all posts at this place make: "s12", "r330106"."""
        return f"s{self.school_id}" if self.school_id else f"r{self.region_id}"


class Activation(models.Model):
    """启用码: a code on a printed slip with which a person chooses a password; shown once.

    At most one of a person is live; a new one revokes those before it.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="activations")
    digest = models.CharField(max_length=64, help_text="SHA-256 of salt and code")
    salt = models.CharField(max_length=32)
    issued_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(used_at=None, revoked_at=None),
                name="activation_one_live",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.issued_at:%F}"


class Throttle(models.Model):
    """How often a name was tried in vain from anywhere; whose name it is cannot be read from it."""

    name = models.CharField(max_length=64, primary_key=True, help_text="keyed digest of the name")
    failures = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(help_text="No stranger's try before")

    def __str__(self) -> str:
        return f"{self.name[:8]} {self.failures}"
