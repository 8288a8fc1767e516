"""The only place for the forms by which a school goes into another or is divided."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform import merging
from reform.forms.campaign import ReasonForm
from reform.forms.reminder import Ticks
from reform.merging import Merger
from reform.splitting import Split
from schools import clock, succession
from schools.forms import TAKES_PART
from schools.models import School, SchoolType
from schools.names import by_name
from schools.roles import PartyForm
from schools.rulebook import rules
from schools.scope import Seat


class MergeForm(ReasonForm):
    """Into which school, under which code, and who goes on there."""

    field_order = ("into", "code", "people", "reason")
    into = forms.ChoiceField(
        label=gettext_lazy("School that goes on"),
        help_text=gettext_lazy(
            "A school of your own authority. One of another authority is handed over first."
        ),
        error_messages={"invalid_choice": gettext_lazy("Choose a school from the list.")},
    )
    code = forms.ChoiceField(label=gettext_lazy("Code from now on"))
    people = forms.MultipleChoiceField(
        required=False,
        widget=Ticks,
        label=gettext_lazy("Who gets the same post there"),
        help_text=gettext_lazy("Every post at the school that ends is over with it."),
    )

    def __init__(self, *args: Any, school: School, by: Seat, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        schools = merging.candidates(school).values_list("pk", "name", "code")
        schools = sorted(schools, key=lambda one: (by_name(one[1]), one[2]))
        names = [(str(pk), f"{name} {code}") for pk, name, code in schools]
        self.fields["into"].choices = [("", _("Please choose")), *names]
        taken = _("That of the school that ends: %(code)s") % {"code": school.code}
        self.fields["code"].choices = [
            ("", _("That of the school that goes on, as it is")),
            ("take", taken),
        ]
        self.fields["code"].required = False
        self.fields["code"].help_text = f"{rules()['CODE-03'].says} ({rules()['CODE-03'].cite})"
        self.ending = list(merging.posts(school, by))
        people = [
            (str(post.pk), f"{post.user.name} {post.get_role_display()}")
            for post in self.ending
            if not post.elsewhere
        ]
        self.fields["people"].choices = people
        if not people:
            del self.fields["people"]

    def merger(self) -> Merger:
        said = self.cleaned_data
        people = tuple(sorted(int(pk) for pk in said.get("people", ())))
        return Merger(int(said["into"]), said["code"] == "take", people)


class SplitForm(ReasonForm):
    """The new school, and which branches go along."""

    field_order = ("name", "type", "code", "branches", "form", "form_left", "reason")
    name = forms.CharField(max_length=60, label=gettext_lazy("Name of the new school"))
    type = forms.ChoiceField(label=gettext_lazy("Its school type"))
    code = forms.CharField(
        required=False,
        max_length=20,
        label=gettext_lazy("Its school code"),
        help_text=gettext_lazy("Leave it empty while there is none: it gets a local code."),
    )
    branches = forms.MultipleChoiceField(
        required=False,
        widget=Ticks,
        label=gettext_lazy("Branches that go along"),
        help_text=gettext_lazy("With their groups, seats and plans."),
    )
    form = forms.ChoiceField(label=gettext_lazy("Its form of Party organisation"))
    form_left = forms.ChoiceField(
        label=gettext_lazy("Form of Party organisation of the school that stays")
    )

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        initial = {"type": school.school_type_id, "form_left": school.form, "form": "branch"}
        super().__init__(*args, initial=initial, **kwargs)
        self.types = list(SchoolType.objects.filter(TAKES_PART))
        self.fields["type"].choices = [(row.code, f"{row} {row.code}") for row in self.types]
        for name in ("form", "form_left"):
            self.fields[name].choices = [("", _("Please choose")), *PartyForm.choices]
        self.rows = succession.branches_of(school, clock.today())
        movable = succession.movable(school, self.rows)
        self.fields["branches"].choices = [(str(row.pk), row.name) for row in movable]
        if not self.fields["branches"].choices:
            del self.fields["branches"]

    def split(self) -> Split:
        said = {name: value for name, value in self.cleaned_data.items() if name != "reason"}
        said["branches"] = tuple(sorted(int(pk) for pk in said.get("branches", ())))
        return Split(**said)
