"""The only place for what narrows a board and its rows: read from the address, told, taken off."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform import boards
from reform.boards import Duty
from schools.language import listed
from schools.models import SchoolType
from schools.models.schools import Ownership
from schools.roles import Profile

BY_DUTY = ("pillar", "measure", "item")
FIELDS = {"type": "school_type", "profile": "profile", "ownership": "ownership"}  # of a school
LABELS = {
    "pillar": gettext_lazy("Pillar"),
    "measure": gettext_lazy("Measure"),
    "state": gettext_lazy("State"),
    "type": gettext_lazy("School type"),
    "profile": gettext_lazy("Profile"),
    "ownership": gettext_lazy("Ownership"),
}
Known = Mapping[str, Mapping[str, str]]  # filter → value → the words for it


@dataclass(frozen=True)
class Asked:
    """What the address asks for, as far as it exists; `strange`: what does not."""

    given: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    strange: Sequence[str] = ()

    def get(self, name: str) -> str:
        return self.given.get(name, "")

    @property
    def schools(self) -> dict[str, str]:
        """Field of a school → value."""
        return {field: self.given[name] for name, field in FIELDS.items() if name in self.given}

    def suits(self, duty: Duty) -> bool:
        return all(
            str(getattr(duty, name)) == self.given[name]
            for name in (*BY_DUTY, "campaign")
            if name in self.given
        )

    @property
    def about(self) -> str:
        """The words of all, for the line above the sentence and for paper."""
        return listed(self.words.values())


def asked_of(said: QueryDict, known: Known) -> Asked:
    """The filters that are `known`, from the address."""
    given, words, strange = {}, {}, []
    for name, choices in known.items():
        value = said.get(name, "").strip()[:20]
        if value in choices:
            given[name], words[name] = value, choices[value]
        elif value:
            strange.append(value)
    return Asked(given, words, strange)


def apart(asked: Asked, name: str) -> tuple[Asked, Asked]:
    """Without the filter `name`, and that one alone."""

    def only(chosen: bool) -> Asked:
        given = {k: v for k, v in asked.given.items() if (k == name) is chosen}
        return replace(
            asked, given=given, words={k: w for k, w in asked.words.items() if k in given}
        )

    return only(False), only(True)


def left_out(said: QueryDict, known: Known) -> list[str]:
    """A sentence that names the filters of a county's board which this one does not have."""
    names = [str(LABELS[name]) for name in LABELS if name not in known and said.get(name)]
    if not names:
        return []
    words = _("This board does not narrow by %(what)s; that of a county does. It was left out.")
    return [words % {"what": listed(names)}]


def not_counted(asked: Asked, found: int) -> str:
    """Why nothing was `found` where only schools are asked for that no board counts."""
    if found or asked.get("ownership") != Ownership.private:
        return ""
    return _("Private schools are for reference only; the board does not count them.")


def of_duties(owed: Iterable[Duty]) -> dict[str, dict[str, str]]:
    """Pillars, measures and items that somebody here is asked."""
    known: dict[str, dict[str, str]] = {name: {} for name in BY_DUTY}
    for duty in owed:
        known["pillar"][duty.pillar] = duty.pillar_name
        known["measure"][duty.measure] = f"{duty.measure} {duty.measure_name}"
        known["item"][duty.item] = f"{duty.item} {duty.title}"
    return known


def of_campaigns(campaigns: Iterable[int]) -> dict[str, dict[str, str]]:
    """Pillars and measures that these campaigns may ask; one query."""
    known: dict[str, dict[str, str]] = {"pillar": {}, "measure": {}}
    for pillar, pillar_name, measure, name in boards.measures_of(campaigns):
        known["pillar"][pillar] = pillar_name
        known["measure"][measure] = f"{measure} {name}"
    return known


def of_schools(county: str) -> dict[str, dict[str, str]]:
    """What the schools of one county are told apart by; one query."""
    types = SchoolType.objects.filter(school__authority=county).distinct()
    return {
        "type": {found.code: str(found) for found in types},
        "profile": {str(value): str(label) for value, label in Profile.choices},
        "ownership": {str(value): str(label) for value, label in Ownership.choices},
    }


class FilterForm(forms.Form):
    """The filters as fields; sent by GET, so that the address can be shared."""

    def __init__(self, asked: Asked, known: Known) -> None:
        super().__init__(initial=dict(asked.given), auto_id="filter_%s")
        for name, label in LABELS.items():
            if choices := known.get(name):
                self.fields[name] = forms.ChoiceField(
                    label=label, required=False, choices=[("", _("All")), *choices.items()]
                )


def shown(
    asked: Asked, known: Known, links: Mapping[str, str], thinned: Asked | None = None
) -> dict[str, Any]:
    """What board/_filters.html takes; `links`: filter → the address without it; `thinned`: what
    thins the grid of a board only, and none of its numbers."""
    form = FilterForm(asked, known)
    chips = [{"word": word, "url": links[name]} for name, word in asked.words.items()]
    if thinned and "state" in form.fields:
        form.initial.update(thinned.given)
        form.fields["state"].label = _("State (of the grid only)")
        if thinned.given and "state" in links:  # where no grid stands that says so
            word = _("this grid shows only: %(grid_state)s") % {"grid_state": thinned.about}
            chips.append({"word": word, "url": links["state"]})
    return {
        "asked": asked,
        "filter_form": form,
        "chips": chips,
    }
