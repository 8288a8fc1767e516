"""The only place for the forms of a school: its five numbers, and each change of it."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform import baseline, restructure
from reform.baseline import Figures
from reform.forms.campaign import DateInput, ReasonForm
from schools import clock
from schools.forms import TAKES_PART
from schools.models import School, SchoolType
from schools.models.schools import Ownership, profile_by_facts
from schools.roles import PartyForm, Profile

MOST = 99_999
_HINTS = {
    "full_members": gettext_lazy("Members registered at the school, retired ones too."),
    "probationary_members": gettext_lazy("0 when there is none."),
    "branches": gettext_lazy("0 when the school belongs to a joint branch with others."),
    "classes": gettext_lazy("Of all grades, this term."),
    "staff": gettext_lazy("Teachers and other staff at work, without retired ones."),
}


class Number(forms.IntegerField):
    """A whole number that is typed, not stepped."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 6})
        super().__init__(min_value=0, max_value=MOST, widget=widget, **kwargs)


class BaselineForm(forms.Form):
    """摸清底数: the form of Party organisation and five numbers."""

    form = forms.ChoiceField(label=gettext_lazy("Form of Party organisation"))

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        kwargs.setdefault("initial", baseline.of(school))
        super().__init__(*args, **kwargs)
        self.fields["form"].choices = [("", _("Please choose")), *PartyForm.choices]
        for name, label in baseline.NUMBERS.items():
            self.fields[name] = Number(label=label, help_text=_HINTS[name])

    def figures(self) -> Figures:
        return Figures(**self.cleaned_data)


class NameForm(ReasonForm):
    field_order = ("name", "reason")
    name = forms.CharField(max_length=60, label=gettext_lazy("New name"))


class CodeForm(ReasonForm):
    field_order = ("code", "reason")
    code = forms.CharField(
        max_length=20,
        label=gettext_lazy("New school code"),
        help_text=gettext_lazy("A national code is issued anew only when its class changes."),
    )


class TypeForm(ReasonForm):
    field_order = ("type", "reason")
    type = forms.ChoiceField(label=gettext_lazy("New school type"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = SchoolType.objects.filter(TAKES_PART)
        self.fields["type"].choices = [(row.code, f"{row} {row.code}") for row in types]


class OwnershipForm(ReasonForm):
    field_order = ("ownership", "reason")
    ownership = forms.ChoiceField(
        choices=Ownership.choices, label=gettext_lazy("Ownership from now on")
    )


class AuthorityForm(ReasonForm):
    field_order = ("authority", "reason")
    authority = forms.ChoiceField(
        label=gettext_lazy("Authority from now on"),
        help_text=gettext_lazy(
            "One step at a time: to hand it further, hand it up; whoever takes it can hand it on."
        ),
    )

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["authority"].choices = [
            (one.pk, f"{one.office} {one.pk}") for one in restructure.targets(school)
        ]


class ProfileForm(ReasonForm):
    field_order = ("profile", "reason")
    profile = forms.ChoiceField(required=False, label=gettext_lazy("Profile from now on"))

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        says = _("As its numbers say: %(profile)s") % {"profile": profile_by_facts(school)[0].label}
        known = [choice for choice in Profile.choices if choice[0] != Profile.unknown]
        self.fields["profile"].choices = [("", says), *known]


class CloseForm(ReasonForm):
    field_order = ("on", "reason")
    on = forms.DateField(
        widget=DateInput(),
        label=gettext_lazy("Closed from"),
        help_text=gettext_lazy("A day ahead may be named; until then everything goes on."),
    )


# kind of change → its form; those in NEEDS_SCHOOL are made for one school
FORMS: dict[str, type[ReasonForm]] = {
    "name": NameForm,
    "code": CodeForm,
    "type": TypeForm,
    "ownership": OwnershipForm,
    "authority": AuthorityForm,
    "profile": ProfileForm,
    "close": CloseForm,
    "reopen": ReasonForm,
}
NEEDS_SCHOOL = ("authority", "profile")


def change_form(kind: str, school: School, *data: Any) -> ReasonForm:
    """The form for a kind of change, filled with what holds now."""
    now = {
        "name": school.name,
        "code": school.code,
        "type": school.school_type_id,
        "ownership": school.ownership,
        "profile": school.profile_by_hand,
        "on": clock.today(),
    }
    more = {"school": school} if kind in NEEDS_SCHOOL else {}
    return FORMS[kind](*data, initial=now, **more)
