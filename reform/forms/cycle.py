"""The only place for the form that sets how many school years a training cycle lasts."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reform.cycles import LEAST, MOST, Rule


def said(years: int) -> str:
    """ "3 school years"."""
    return ngettext("%(n)d school year", "%(n)d school years", years) % {"n": years}


class CycleForm(forms.Form):
    years = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Length of a cycle"),
        help_text=gettext_lazy("It ends with the school year of the campaign."),
        error_messages={"invalid_choice": gettext_lazy("Choose one of the lengths offered.")},
    )

    def __init__(self, *args: Any, above: Rule, **kwargs: Any) -> None:
        """`above`: what holds for a region without a rule of its own."""
        super().__init__(*args, **kwargs)
        whose = above.region.name or above.region.pk if above.region else _("our default")
        follow = _("As above: %(years)s (%(whose)s)") % {
            "years": said(above.years),
            "whose": whose,
        }
        every = [(str(n), said(n)) for n in range(LEAST, MOST + 1)]
        self.fields["years"].choices = [("", follow), *every]  # type: ignore[attr-defined]
