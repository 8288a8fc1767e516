"""The only place for the forms of a campaign: its outline, a new date, a reason."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform.models import Campaign, Framework, Slot
from reform.models.catalogue import FrameworkState
from reform.rollout import Outline
from reform.steering import MOST_REASON
from schools import clock
from schools.language import local
from schools.models import Region
from schools.workdays import school_year_of


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class OutlineForm(forms.Form):
    """What a draft says; filled so that whoever agrees only presses the button."""

    framework = forms.ModelChoiceField(
        Framework.objects.none(), label=gettext_lazy("List of measures"), empty_label=None
    )
    school_year = forms.ChoiceField(label=gettext_lazy("School year"))
    name = forms.CharField(
        max_length=60,
        label=gettext_lazy("Name of the campaign"),
        help_text=gettext_lazy("As schools will read it."),
    )
    opens_on = forms.DateField(
        widget=DateInput(),
        label=gettext_lazy("Schools may file from"),
        help_text=gettext_lazy("What belongs to a term opens with that term, never earlier."),
    )
    sign_off = forms.BooleanField(
        required=False,
        label=gettext_lazy("The school's secretary signs before anything is sent"),
    )
    later_dates = forms.BooleanField(
        required=False,
        label=gettext_lazy("An authority may be given a later date than the others"),
    )

    def __init__(self, *args: Any, region: str, campaign: Campaign | None = None, **kwargs: Any):
        frameworks = list(Framework.objects.filter(state=FrameworkState.published))
        kwargs.setdefault("initial", _initial(campaign, frameworks))
        super().__init__(*args, **kwargs)
        self.frameworks = frameworks
        self.fields["framework"].queryset = Framework.objects.filter(state=FrameworkState.published)
        self.fields["framework"].choices = [(one.pk, str(one)) for one in frameworks]
        self.fields["school_year"].choices = [(year, year) for year in _years(campaign)]
        if len(region) == 6:  # the one authority of a county has no other beside it
            del self.fields["later_dates"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        year, opens_on = said.get("school_year"), said.get("opens_on")
        if year and opens_on and school_year_of(opens_on) != year:
            first, last = f"{year[:4]}-09-01", f"{year[5:]}-08-31"
            words = _("The school year %(year)s runs from %(first)s to %(last)s.")
            self.add_error("opens_on", words % {"year": year, "first": first, "last": last})
        return said

    def outline(self) -> Outline:
        return Outline(**self.cleaned_data)


def _initial(campaign: Campaign | None, frameworks: list[Framework]) -> dict[str, Any]:
    if campaign:
        names = ("school_year", "name", "opens_on", "sign_off", "later_dates")
        said = {name: getattr(campaign, name) for name in names}
        return {**said, "framework": campaign.framework_id}
    year = _years(None)[0]
    return {
        "framework": frameworks[0].pk if frameworks else None,
        "school_year": year,
        "name": default_name(frameworks[0], year) if frameworks else "",
        "opens_on": max(clock.today(), date(int(year[:4]), 9, 1)),
    }


def default_name(framework: Framework, year: str) -> str:
    words = _("%(list)s, school year %(year)s")
    return (words % {"list": local(framework, "title"), "year": year})[:60]


def _years(campaign: Campaign | None) -> list[str]:
    """This school year and the next; in summer the next comes first."""
    today = clock.today()
    first = int(school_year_of(today)[:4])
    years = [f"{n}-{n + 1}" for n in (first, first + 1)]
    if today.month in (7, 8):
        years.reverse()
    if campaign and campaign.school_year not in years:
        years.append(campaign.school_year)
    return years


class ReasonForm(forms.Form):
    """Why: one or two sentences that the history keeps."""

    reason = forms.CharField(
        max_length=MOST_REASON,
        label=gettext_lazy("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Kept in the history. No ID or mobile numbers."),
    )


class DateForm(ReasonForm):
    """A new date of a slot, for all or for one authority."""

    field_order = ("authority", "due_on", "reason")

    due_on = forms.DateField(widget=DateInput(), label=gettext_lazy("New due date"))
    authority = forms.ChoiceField(required=False, label=gettext_lazy("For whom"))

    def __init__(self, *args: Any, slot: Slot, authorities: list[Region], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if authorities:
            self.fields["authority"].choices = [
                ("", _("Everybody")),
                *[(one.code, one.office) for one in authorities],
            ]
        else:
            del self.fields["authority"]
        self.fields["due_on"].help_text = _("Now %(day)s.") % {"day": slot.due_on}
