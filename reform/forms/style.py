"""The only place for the form on the style page: each kind of field once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

MOST = 9999


class SampleForm(forms.Form):
    """Sent by GET, so that it leads back to the page; `wrong`: field → what is said beside it."""

    def __init__(
        self,
        *,
        words: Sequence[Mapping[str, str]],
        choices: Sequence[str],
        prefix_of_ids: str,
        wrong: Mapping[str, str] | None = None,
    ) -> None:
        values: dict[str, Any] = {one["name"]: one["value"] for one in words}
        values["topics"] = [values["topics"]]
        super().__init__(data=values if wrong else None, initial=values, auto_id=prefix_of_ids)
        offered = list(zip("abcdefgh", choices, strict=False))
        kinds: dict[str, forms.Field] = {
            "meeting": forms.CharField(),
            "number": forms.IntegerField(min_value=1, max_value=MOST),
            "day": forms.DateField(widget=forms.DateInput(attrs={"type": "date"})),
            "kind": forms.ChoiceField(choices=offered),
            "note": forms.CharField(widget=forms.Textarea(attrs={"rows": 3})),
            "held": forms.BooleanField(),
            "topics": forms.MultipleChoiceField(
                choices=offered, widget=forms.CheckboxSelectMultiple
            ),
        }
        for one in words:
            field = self.fields[one["name"]] = kinds[one["name"]]
            field.label, field.help_text = one["label"], one.get("help", "")
            field.required = False
        for name, sentence in (wrong or {}).items():
            self.add_error(name, sentence)
