"""The only place for the forms of a region's calendar: a term, special days, a holiday notice."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from reform.forms.campaign import DateInput, ReasonForm
from schools import clock, notices, termdates
from schools.almanac import NewDay, NewTerm
from schools.errors import Denied
from schools.models.calendar import DayKind
from schools.roles import Stage
from schools.workdays import DAY, school_year_of

MOST_DAYS = 31
MOST_BYTES = 5 * 1024 * 1024
TOO_BIG = gettext_lazy("The file is larger than 5 MB; a notice is a page of text.")
STAGES = (Stage.primary, Stage.junior, Stage.senior, Stage.vocational)


def school_years() -> list[str]:
    """The school year before this one, this one, and the three after it."""
    first = int(school_year_of(clock.today())[:4])
    return [f"{n}-{n + 1}" for n in range(first - 1, first + 4)]


class CalendarForm(ReasonForm):
    """What every change of a calendar asks: why, as schools will read it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs["rows"] = 2
        self.fields["reason"].help_text = _(
            "Each school whose dates move reads it. No ID or mobile numbers."
        )
        self.order_fields([name for name in self.fields if name != "reason"])


class TermDatesForm(CalendarForm):
    """A term of the own region, for all stages or for one."""

    school_year = forms.ChoiceField(label=gettext_lazy("School year"))
    no = forms.TypedChoiceField(
        coerce=int,
        label=gettext_lazy("Term"),
        choices=[(1, gettext_lazy("first term")), (2, gettext_lazy("second term"))],
    )
    stage = forms.ChoiceField(required=False, label=gettext_lazy("Stage"))
    starts = forms.DateField(widget=DateInput(), label=gettext_lazy("First day"))
    ends = forms.DateField(widget=DateInput(), label=gettext_lazy("Last day"))
    provisional = forms.BooleanField(
        required=False, label=gettext_lazy("Provisional: not yet decided for good")
    )

    def __init__(self, *args: Any, region: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.region, self.doubts = region, list[str]()
        self.fields["school_year"].choices = [(year, year) for year in school_years()]
        self.fields["stage"].choices = [
            ("", _("All stages")),
            *[(stage.value, stage.label) for stage in STAGES],
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if {"school_year", "no", "stage", "starts", "ends"} <= said.keys():
            faults, self.doubts = termdates.judge(self.region, self.term())
            for name, sentence in faults.items():
                self.add_error(name, sentence)
        return said

    def term(self) -> NewTerm:
        said = self.cleaned_data
        return NewTerm(
            said["stage"],
            said["school_year"],
            said["no"],
            said["starts"],
            said["ends"],
            said.get("provisional", False),
        )


class DaysForm(CalendarForm):
    """A holiday of the region, or a weekend day that is worked there; one day or several."""

    kind = forms.ChoiceField(label=gettext_lazy("What it is"), choices=DayKind.choices)
    first = forms.DateField(widget=DateInput(), label=gettext_lazy("First day"))
    last = forms.DateField(
        widget=DateInput(),
        required=False,
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("Leave it empty for one day."),
    )
    name = forms.CharField(
        max_length=40,
        label=pgettext_lazy("holiday", "Name"),
        help_text=gettext_lazy("As the notice of the region calls it."),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("first"), said.get("last")
        if not first:
            return said
        last = last or first
        known = termdates.span_of(school_years()[0])[0], date(int(school_years()[-1][5:]), 12, 31)
        if not known[0] <= first <= known[1]:
            words = _("Enter a day between %(first)s and %(last)s.")
            self.add_error("first", words % {"first": known[0], "last": known[1]})
        elif last < first:
            words = _("The last day must not come before the first, %(day)s.")
            self.add_error("last", words % {"day": first})
        elif (last - first).days >= MOST_DAYS:
            self.add_error("last", _("At most %(n)d days at a time.") % {"n": MOST_DAYS})
        elif said.get("kind") == DayKind.makeup_workday:
            self._only_weekends(first, last)
        return said

    def _only_weekends(self, first: date, last: date) -> None:
        for number in range((last - first).days + 1):
            day = first + DAY * number
            if day.weekday() < 5:
                words = _("%(day)s is not at a weekend, so it cannot be a make-up working day.")
                self.add_error("first", words % {"day": day})
                return

    def days(self) -> tuple[NewDay, ...]:
        said = self.cleaned_data
        last = said["last"] or said["first"]
        span = range((last - said["first"]).days + 1)
        return tuple(NewDay(said["first"] + DAY * n, said["kind"], said["name"]) for n in span)


class NoticeForm(CalendarForm):
    """A holiday notice, pasted or as a file. A file is read into the text, which goes on."""

    text = forms.CharField(
        required=False,
        max_length=notices.MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 10}),
        label=gettext_lazy("Text of the notice"),
        help_text=gettext_lazy("Paste it as it was published."),
    )
    file = forms.FileField(
        required=False,
        label=gettext_lazy("Or a file"),
        help_text=gettext_lazy(
            "A text (.txt), or a table (.xlsx, .csv) with a date, holiday or work, and a name in "
            "each row."
        ),
    )
    year = forms.TypedChoiceField(
        required=False, empty_value=None, coerce=int, label=gettext_lazy("Year")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        this = clock.today().year
        years = [(n, str(n)) for n in range(this - 1, this + 3)]
        self.fields["year"].choices = [("", _("As the text says")), *years]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        file = said.get("file")
        if file is not None:
            said["text"] = self._text_of(file)
        if not said.get("text", "").strip() and not self.errors:
            self.add_error("text", _("Paste the text of the notice, or choose its file."))
        return said

    def _text_of(self, file: Any) -> str:
        if file.size > MOST_BYTES:
            self.add_error("file", TOO_BIG)
            return ""
        try:
            text = notices.text_of(file.read())
        except Denied as denied:
            self.add_error("file", denied.reason)
            return ""
        if len(text) > notices.MOST_CHARACTERS:
            self.add_error("file", ValidationError(_("This is too long for a holiday notice.")))
            return ""
        return text
