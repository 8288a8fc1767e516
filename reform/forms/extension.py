"""The only place for the forms of an extension: asking for a date, deciding on requests."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from reform.forms.campaign import ReasonForm
from reform.forms.hidden import number_of
from reform.steering import MOST_REASON

MOST_AT_ONCE = 100


class AskForm(ReasonForm):
    """Which of the offered dates, and why; the first is chosen already."""

    field_order = ("wanted_on", "reason")

    wanted_on = forms.TypedChoiceField(
        coerce=date.fromisoformat,
        label=gettext_lazy("Later date"),
        error_messages={"invalid_choice": gettext_lazy("Choose one of the offered dates.")},
    )

    def __init__(self, *args: Any, dates: Sequence[tuple[date, str]], **kwargs: Any) -> None:
        """`dates`: each offered one with its words, the nearest first."""
        super().__init__(*args, **kwargs)
        self.fields["wanted_on"].choices = [(day.isoformat(), words) for day, words in dates]
        self.fields["reason"].help_text = gettext_lazy(
            "One sentence is enough. The reviewer reads it; no ID or mobile numbers."
        )


class AnswerForm(forms.Form):
    """What the school is told; needed only for a refusal."""

    reason = forms.CharField(
        max_length=MOST_REASON,
        required=False,
        label=gettext_lazy("Answer to the school"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Needed when you refuse. No ID or mobile numbers."),
    )


def chosen(post: QueryDict) -> dict[int, date | None]:
    """Request → the date to grant, for those ticked, or for the one whose button was pressed."""
    one = number_of(post.get("one", ""))
    ticked = [number_of(text) for text in post.getlist("chosen")[:MOST_AT_ONCE]]
    return {
        pk: _date(post.get(f"on-{pk}", ""))
        for pk in ([one] if one is not None else ticked)
        if pk is not None
    }


def days(post: QueryDict) -> dict[int, date | None]:
    """Request → the date chosen for it, ticked or not: it is shown again after an error."""
    pairs = [(number_of(name[3:]), text) for name, text in post.items() if name.startswith("on-")]
    return {pk: _date(text) for pk, text in pairs[:MOST_AT_ONCE] if pk is not None}


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class GiveForm(ReasonForm):
    """Which later date one school gets, and why."""

    field_order = ("on", "reason")

    on = forms.TypedChoiceField(
        coerce=date.fromisoformat,
        label=gettext_lazy("Later date"),
        error_messages={"invalid_choice": gettext_lazy("Choose one of the offered dates.")},
    )

    def __init__(self, *args: Any, dates: Sequence[tuple[date, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].choices = [(day.isoformat(), words) for day, words in dates]
        self.fields["reason"].help_text = gettext_lazy(
            "The school reads it in the history of each item. No ID or mobile numbers."
        )


def ticked(post: QueryDict) -> frozenset[int]:
    """The entries that are ticked."""
    numbers = (number_of(text) for text in post.getlist("chosen")[:MOST_AT_ONCE])
    return frozenset(pk for pk in numbers if pk is not None)


class ReadmitForm(ReasonForm):
    """Which school may go on in a closed campaign, until when, and why."""

    field_order = ("school", "until", "reason")

    school = forms.TypedChoiceField(coerce=int, label=gettext_lazy("School"))
    until = forms.TypedChoiceField(coerce=date.fromisoformat, label=gettext_lazy("Until"))

    def __init__(
        self, *args: Any, schools: Sequence[tuple[int, str]], dates: Sequence[date], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"].choices = schools
        self.fields["until"].choices = [(day.isoformat(), day.isoformat()) for day in dates]
