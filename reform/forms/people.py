"""The only place for the forms of accounts: search, a new one, a last day, a successor, a list."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform import people
from reform.forms.campaign import DateInput
from schools import clock
from schools.errors import Denied
from schools.forms import small_enough, work_phone
from schools.models import Region, School, User
from schools.names import by_name
from schools.places import Places
from schools.roles import SCHOOL_ROLES, Role
from schools.scope import Seat

AHEAD = timedelta(days=366)  # how far ahead the end of a post may be decided


class PeopleSearch(forms.Form):
    """What narrows the list of accounts."""

    q = forms.CharField(
        required=False, max_length=60, label=gettext_lazy("Name, account or school")
    )
    show = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Show"),
        choices=[
            ("", gettext_lazy("All current accounts")),
            ("waiting", gettext_lazy("Not yet activated")),
            ("ended", gettext_lazy("Ended")),
            ("refused", gettext_lazy("Mail comes back")),
        ],
    )


class PersonFields(forms.Form):
    """What is kept of a person: name, post, work phone, perhaps an e-mail address."""

    name = forms.CharField(
        required=False,
        max_length=User._meta.get_field("name").max_length,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Empty: the account goes by its role until the person signs in."),
    )
    post = forms.CharField(
        required=False,
        max_length=User._meta.get_field("post").max_length,
        label=gettext_lazy("Post"),
        help_text=gettext_lazy("Shown beside what is filed or reviewed."),
    )
    phone = forms.CharField(
        required=False,
        max_length=User._meta.get_field("phone").max_length,
        label=gettext_lazy("Work phone"),
        help_text=gettext_lazy("An office number, with its area code. No mobile number."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    email = forms.EmailField(
        required=False, label=gettext_lazy("E-mail"), help_text=gettext_lazy("May be empty.")
    )

    def clean_phone(self) -> str:
        return work_phone(self.cleaned_data["phone"])

    def person(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("name", "post", "phone", "email")}


class NewPersonForm(PersonFields):
    """An account: as what and where, and who; what there is to choose depends on the seat."""

    field_order = ("role", "school", "region", "name", "post", "phone", "email", "username")

    role = forms.ChoiceField(label=gettext_lazy("Role"))
    school = forms.ChoiceField(
        required=False,
        label=gettext_lazy("School"),
        help_text=gettext_lazy("The bureau stands here too: for what it files itself."),
    )
    region = forms.CharField(
        required=False,
        max_length=60,
        label=gettext_lazy("Region"),
        help_text=gettext_lazy("Code or name of a county or city, or of its bureau."),
    )
    username = forms.CharField(
        required=False,
        max_length=150,
        label=gettext_lazy("Account name"),
        help_text=gettext_lazy("To sign in with. Empty: one is made."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, seat: Seat, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seat = seat
        self.schools: dict[str, School] = {}
        roles: list[Role] = []
        if Role.manager in seat.roles:
            places = sorted(people.places(seat), key=lambda one: (one.kind, by_name(one.name)))
            self.schools = {school.code: school for school in places}
            roles += [role for role in Role if role in SCHOOL_ROLES]
            self.fields["school"].choices = [
                ("", _("Choose a school")),
                *[(code, school.name) for code, school in self.schools.items()],
            ]
        else:
            del self.fields["school"]
        if Role.operator in seat.roles:
            roles += [role for role in Role if role not in SCHOOL_ROLES]
        else:
            del self.fields["region"]
        self.fields["role"].choices = [(role.value, role.label) for role in roles]

    def clean_username(self) -> str:
        name = self.cleaned_data["username"].strip()
        if name:
            User.username_validator(name)
            if User.objects.filter(username__iexact=name).exists():
                raise ValidationError(_("This account name is taken. Leave it empty: one is made."))
        return name

    def clean_region(self) -> Region | None:
        text = self.cleaned_data["region"].strip()
        if not text:
            return None
        places = Places(self.seat.place_code)
        try:
            code = places.authority(text)
        except Denied as denied:
            raise ValidationError(denied.reason) from None
        if not places.inside(code):
            raise ValidationError(
                _("This does not lie in %(place)s.") % {"place": places.scope_name}
            )
        return places.regions[code]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        where = "school" if said.get("role") in SCHOOL_ROLES else "region"
        if "role" in said and not said.get(where) and where not in self.errors:
            words = {
                "school": _("This role is held at a school. Choose the school."),
                "region": _("This role is held at a region. Enter the region."),
            }
            self.add_error(where, words[where])
        return said

    def place(self) -> School | Region:
        said = self.cleaned_data
        if said["role"] in SCHOOL_ROLES:
            return self.schools[said["school"]]
        return said["region"]


class LastDayForm(forms.Form):
    """The last day of a post; from the next one on the person is out."""

    on = forms.DateField(widget=DateInput(), label=gettext_lazy("Last day of the post"))

    def __init__(self, *args: Any, starts_on: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"on": clock.today()})
        super().__init__(*args, **kwargs)
        self.starts_on = starts_on

    def clean_on(self) -> Any:
        day = self.cleaned_data["on"]
        if day < self.starts_on:
            raise ValidationError(_("The last day lies before the first."))
        if day > max(self.starts_on, clock.today()) + AHEAD:
            raise ValidationError(_("At most a year ahead; decide it when it is nearer."))
        return day


class SuccessorForm(LastDayForm, PersonFields):
    """Who takes over a post, an account of this place or a new one, and the day it passes on."""

    field_order = ("on", "who", "name", "post", "phone", "email")

    who = forms.ChoiceField(label=gettext_lazy("Successor"))

    def __init__(self, *args: Any, colleagues: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.colleagues = {str(user.pk): user for user in colleagues}
        self.fields["name"].help_text = _("Of a new account; never empty there.")
        self.fields["who"].choices = [
            ("new", _("A new account, with the name below")),
            *[(key, f"{user} ({user.username})") for key, user in self.colleagues.items()],
        ]

    def successor(self) -> User | None:
        """The account that was chosen; None for a new one."""
        return self.colleagues.get(self.cleaned_data["who"])


class ListForm(forms.Form):
    """A list of accounts, as a file."""

    file = forms.FileField(
        label=gettext_lazy("List of accounts"), help_text=gettext_lazy("xlsx, xls or csv.")
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        return small_enough(file)
