"""The only place for the form that asks how a Party organisation of so many members is set up."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from schools.roles import PartyForm
from schools.structure_plan import Numbers

MOST = 9999


def _number(label: Any, *, required: bool = False) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=required,
        min_value=0,
        max_value=MOST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class PlanForm(forms.Form):
    """Sent by GET, so that an answer has an address that can be passed on."""

    full = _number(gettext_lazy("Full members"), required=True)
    probationary = _number(gettext_lazy("Probationary members"))
    branches = _number(gettext_lazy("Branches"))
    form = forms.ChoiceField(
        label=gettext_lazy("Form of Party organisation"),
        required=False,
        choices=[("", gettext_lazy("Do not compare")), *PartyForm.choices],
    )

    def numbers(self) -> Numbers:
        said = self.cleaned_data
        return Numbers(
            said["full"], said["probationary"] or 0, said["branches"] or None, said["form"]
        )
