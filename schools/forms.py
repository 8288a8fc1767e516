"""The only place for the forms about people and schools: what may be typed, and what is wrong."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import (
    AdminUserCreationForm,
    AuthenticationForm,
    PasswordChangeForm,
    UserChangeForm,
)
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schools import clock, sheets
from schools.errors import Denied
from schools.models import Membership, Region, SchoolType, Term, User
from schools.models.regions import RegionKind, bounds
from schools.models.schools import Ownership
from schools.roles import SCHOOL_ROLES, Profile

TAKES_PART = Q(use__startswith="core") | Q(use="optional")
PASSWORD_HINT = gettext_lazy(
    "At least 10 characters, unlike name and account, and not a common one."
)
_YEAR = re.compile(r"(20\d\d)-(20\d\d)")
_PHONE = re.compile(r"[0-9+() -]{5,24}")
_MOBILE = re.compile(r"(?<!\d)(86)?1[3-9]\d{9}(?!\d)")


class SignInForm(AuthenticationForm):
    """Account and password; one sentence for every way in which they do not hold."""

    error_messages = {
        "invalid_login": gettext_lazy(
            "Account or password is wrong. After 5 wrong tries this account waits 10 minutes here."
        ),
        "inactive": gettext_lazy(
            "Account or password is wrong. After 5 wrong tries this account waits 10 minutes here."
        ),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Account")
        self.fields["password"].label = _("Password")


class AccountForm(forms.ModelForm):
    """What a person may change about oneself."""

    class Meta:
        model = User
        fields = ["name", "post", "phone", "email", "language", "theme", "shortcuts", "digest"]
        help_texts = {
            "name": gettext_lazy("As colleagues know you."),
            "post": gettext_lazy("Shown beside what you file or review."),
            "phone": gettext_lazy("An office number, with its area code. No mobile number."),
            "email": gettext_lazy("May be empty."),
            "digest": gettext_lazy("One e-mail a day at most. The inbox always has all of it."),
            "shortcuts": gettext_lazy("Only outside fields; ? shows those of a page."),
        }
        widgets = {"phone": forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})}

    def __init__(self, *args: Any, reviews: bool, files: bool, **kwargs: Any) -> None:
        """`reviews`, `files`: what this person does here; keys are of use to these alone."""
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["email"].label = _("E-mail")
        self.fields["language"].label = _("Language")
        self.fields["theme"].label = _("Colours")
        self.fields["shortcuts"].label = _("Use single-letter keys")
        self.fields["digest"].label = _("Send me the daily letter")
        if settings.MAIL_SERVER is None:
            del self.fields["digest"]
        if not reviews and not files:
            del self.fields["shortcuts"]
        elif reviews:
            self.fields["shortcuts"].help_text = _(
                "A accepts, R returns, J goes on; only outside fields."
            )
        self.fields["language"].choices = [
            ("", _("As set in this browser")),
            *User._meta.get_field("language").choices,
        ]

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean_post(self) -> str:
        return one_line(self.cleaned_data["post"])

    def clean_phone(self) -> str:
        return work_phone(self.cleaned_data["phone"])


def one_line(text: str) -> str:
    """A text of one line in which every character can be seen: others read it as it is."""
    plain = " ".join(text.split())
    if not plain.isprintable():
        raise ValidationError(_("Line breaks and hidden characters do not belong here."))
    return plain


def work_phone(text: str) -> str:
    """A number of an office; a mobile is personal and not kept."""
    text = text.strip()
    if _MOBILE.search(re.sub(r"[ ()+-]", "", text)):
        raise ValidationError(_("This is a mobile number. Enter the number of the office."))
    if text and not _PHONE.fullmatch(text):
        raise ValidationError(_("Enter digits, for instance 0571-8700 0000."))
    return text


def small_enough(file: UploadedFile) -> UploadedFile:
    """A list as it was sent, unless it is too large to be one."""
    try:
        sheets.refuse_size(file.size or 0)
    except Denied as denied:
        raise ValidationError(denied.reason) from None
    return file


class PasswordForm(PasswordChangeForm):
    """The old password and twice the new one; it does not draw the page down to itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["old_password"].widget.attrs["autofocus"]
        self.fields["new_password1"].help_text = PASSWORD_HINT
        self.fields["new_password2"].help_text = ""


class NewPasswordForm(forms.Form):
    """A password chosen twice; `check_against` refuses one that is like the person's name."""

    new_password1 = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        help_text=PASSWORD_HINT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    new_password2 = forms.CharField(
        label=gettext_lazy("The same again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        first, again = said.get("new_password1"), said.get("new_password2")
        if first and again and first != again:
            self.add_error("new_password2", _("The two passwords differ."))
        return said

    def check_against(self, user: User) -> bool:
        """Whether the password will do for this person; if not, the field says why."""
        try:
            validate_password(self.cleaned_data["new_password1"], user)
        except ValidationError as error:
            self.add_error("new_password1", error)
        return not self.errors


class ActivateForm(NewPasswordForm):
    """The slip: account and code, and the password that will hold from now on."""

    username = forms.CharField(
        label=gettext_lazy("Account"),
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    code = forms.CharField(
        label=gettext_lazy("Activation code"),
        max_length=40,
        help_text=gettext_lazy(
            "12 letters and digits, as on the slip; small letters and spaces do not matter."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    field_order = ["username", "code", "new_password1", "new_password2"]


class SchoolSearch(forms.Form):
    """What narrows the list of schools; `scope` is the code of the region one sits in."""

    q = forms.CharField(required=False, max_length=60, label=gettext_lazy("Name or code"))
    county = forms.ChoiceField(required=False, label=gettext_lazy("County"))
    type = forms.ChoiceField(required=False, label=gettext_lazy("School type"))
    profile = forms.ChoiceField(required=False, label=gettext_lazy("Profile"))
    ownership = forms.ChoiceField(required=False, label=gettext_lazy("Ownership"))

    def __init__(self, *args: Any, scope: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = ("", _("All"))
        types = SchoolType.objects.filter(TAKES_PART)
        self.fields["type"].choices = [everything, *[(row.code, str(row)) for row in types]]
        self.fields["profile"].choices = [everything, *Profile.choices]
        self.fields["ownership"].choices = [everything, *Ownership.choices]
        if len(scope) == 6:
            del self.fields["county"]
        else:
            self.fields["county"].choices = [everything, *counties(scope)]


def counties(scope: str) -> list[tuple[str, str]]:
    """(code, name) of the counties of a city, or of a province, then with the city."""
    low, high = bounds(scope)
    rows = Region.objects.filter(code__gte=low, code__lt=high).exclude(kind=RegionKind.placeholder)
    names = dict(rows.values_list("code", "name"))
    return [
        (code, name if len(scope) == 4 else f"{names.get(code[:4], '')} {name}".strip())
        for code, name in sorted(names.items())
        if len(code) == 6
    ]


# ---- in the back office


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("username", "name", "post", "phone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Account")
        self.fields["name"].label = _("Name")
        usable = self.fields["usable_password"]
        usable.label, usable.help_text = _("Password"), ""
        usable.choices = [
            ("true", _("Set one now")),
            ("false", _("Set one later; until then nobody can sign in")),
        ]
        self.fields["password1"].label = _("New password")
        self.fields["password1"].help_text = PASSWORD_HINT
        self.fields["password2"].label = _("The same again")
        self.fields["password2"].help_text = ""

    def clean_phone(self) -> str:
        return work_phone(self.cleaned_data["phone"])


class UserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"
        labels = {"username": gettext_lazy("Account"), "name": gettext_lazy("Name")}

    def clean_phone(self) -> str:
        return work_phone(self.cleaned_data["phone"])


class MembershipForm(forms.ModelForm):
    """A post: school roles at a school, the others at a region."""

    class Meta:
        model = Membership
        fields = ["role", "school", "region", "starts_on", "ends_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("starts_on", clock.today())

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        role, school, region = (said.get(name) for name in ("role", "school", "region"))
        if role in SCHOOL_ROLES and not school:
            self.add_error("school", _("This role is held at a school. Choose the school."))
        if role in SCHOOL_ROLES and region:
            self.add_error("region", _("This role is held at a school. Leave the region empty."))
        if role and role not in SCHOOL_ROLES and not region:
            self.add_error("region", _("This role is held at a region. Choose the region."))
        if role and role not in SCHOOL_ROLES and school:
            self.add_error("school", _("This role is held at a region. Leave the school empty."))
        starts, ends = said.get("starts_on"), said.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day lies before the first."))
        return said


class EndForm(forms.ModelForm):
    """The last day of a post that is held."""

    class Meta:
        model = Membership
        fields = ["ends_on"]

    def clean_ends_on(self) -> Any:
        day = self.cleaned_data["ends_on"]
        if day and day < self.instance.starts_on:
            raise ValidationError(_("The last day lies before the first."))
        return day


class TermForm(forms.ModelForm):
    class Meta:
        model = Term
        fields = ["region", "stage", "school_year", "no", "starts", "ends", "provisional"]

    def clean_school_year(self) -> str:
        text = self.cleaned_data["school_year"]
        years = _YEAR.fullmatch(text)
        if not years or int(years[1]) + 1 != int(years[2]):
            raise ValidationError(_("Enter two years that follow, for instance 2026-2027."))
        return text

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        starts, ends, year = (said.get(name) for name in ("starts", "ends", "school_year"))
        if starts and ends and ends <= starts:
            self.add_error("ends", _("The last day must come after the first."))
        elif starts and ends and year:
            first = int(year[:4])
            inside = (first, 7) <= (starts.year, starts.month) and (
                (ends.year, ends.month) <= (first + 1, 8)
            )
            if not inside:
                self.add_error("starts", _("The term does not lie in its school year."))
        return said
