"""The only place for the form of a region's reminders: its stages, hours and grace."""

from itertools import pairwise
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reform.reminder_rules import (
    FIRST_STAGE,
    HEARERS,
    LAST_STAGE,
    MOST_GRACE,
    MOST_STAGES,
    Rules,
    Stage,
)
from schools.roles import Role

SPARE = 2  # empty rows for further stages
BEFORE, ON, AFTER = "before", "on", "after"


class Row(NamedTuple):
    """The three fields of a stage, and its number from 1."""

    number: int
    when: BoundField
    days: BoundField
    roles: BoundField


class Ticks(forms.CheckboxSelectMultiple):
    """Boxes whose group can be pointed at from the list of errors."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return id_ if index is None else super().id_for_label(id_, index)


class PolicyForm(forms.Form):
    """Stages row by row, then what holds for all of them."""

    quiet_before = forms.TimeField(
        label=gettext_lazy("Not before"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    quiet_after = forms.TimeField(
        label=gettext_lazy("Not after"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text=gettext_lazy("By the clock of Beijing, on working days only."),
    )
    grace_days = forms.IntegerField(
        min_value=0,
        max_value=MOST_GRACE,
        label=gettext_lazy("Working days of grace"),
        help_text=gettext_lazy("They pass before the first reminder after the date."),
    )
    mail = forms.BooleanField(
        required=False,
        label=gettext_lazy("By e-mail too, one letter a person and day"),
    )

    def __init__(self, *args: Any, rules: Rules, **kwargs: Any) -> None:
        kwargs.setdefault("initial", _initial(rules))
        super().__init__(*args, **kwargs)
        self.count = min(len(rules.stages) + SPARE, MOST_STAGES)
        if self.is_bound:
            asked = sum(f"when_{n}" in self.data for n in range(1, MOST_STAGES + 1))
            self.count = max(asked, 1)
        for n in range(1, self.count + 1):
            self.fields[f"when_{n}"] = forms.ChoiceField(
                required=False,
                label=_("Stage %(n)d") % {"n": n},
                choices=[
                    ("", _("not used")),
                    (BEFORE, _("before the date")),
                    (ON, _("on the date")),
                    (AFTER, _("after the date")),
                ],
            )
            self.fields[f"days_{n}"] = forms.IntegerField(
                required=False,
                min_value=1,
                max_value=-FIRST_STAGE,
                label=_("Working days"),
            )
            self.fields[f"roles_{n}"] = forms.MultipleChoiceField(
                required=False,
                label=_("Who hears it"),
                widget=Ticks,
                choices=[(role, Role(role).label) for role in HEARERS],
            )

    def rows(self) -> list[Row]:
        """The stages as they are shown."""
        return [
            Row(n, self[f"when_{n}"], self[f"days_{n}"], self[f"roles_{n}"])
            for n in range(1, self.count + 1)
        ]

    def others(self) -> list[BoundField]:
        """What holds for all stages."""
        return [self[name] for name in ("quiet_before", "quiet_after", "grace_days", "mail")]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        before, after = said.get("quiet_before"), said.get("quiet_after")
        if before and after and after <= before:
            words = _("The end must come after %(start)s.") % {"start": f"{before:%H:%M}"}
            self.add_error("quiet_after", words)
        stages = [self._stage(n, said) for n in range(1, self.count + 1)]
        self._check([stage for stage in stages if stage is not None])
        return said

    def _stage(self, n: int, said: dict[str, Any]) -> tuple[int, int] | None:
        """(row, days from the date) of a row in use; its own errors are told at its fields."""
        when, days, roles = (said.get(f"{name}_{n}") for name in ("when", "days", "roles"))
        if not when:
            if days and f"when_{n}" not in self.errors:
                self.add_error(f"when_{n}", _("Before the date, or after it?"))
            return None
        if not roles and f"roles_{n}" not in self.errors:
            self.add_error(f"roles_{n}", _("Tick at least one role that hears it."))
        if when == ON:
            return n, 0
        if f"days_{n}" in self.errors:
            return None
        if days is None:
            self.add_error(f"days_{n}", _("How many working days?"))
            return None
        if when == AFTER and days > LAST_STAGE:
            most = ngettext(
                "At most %(n)d working day after the date.",
                "At most %(n)d working days after the date.",
                LAST_STAGE,
            )
            self.add_error(f"days_{n}", most % {"n": LAST_STAGE})
            return None
        return n, days if when == AFTER else -days

    def _check(self, stages: list[tuple[int, int]]) -> None:
        if not stages and not self.errors:
            self.add_error("when_1", _("Keep at least one stage, or nobody is ever reminded."))
        seen: dict[int, int] = {}
        for n, days in stages:
            if days in seen:
                words = _("This is the same day as stage %(n)d.") % {"n": seen[days]}
                self.add_error(f"when_{n}", words)
            seen.setdefault(days, n)
        for (_row, earlier), (n, days) in pairwise(stages):
            if days < earlier and not self.errors:
                self._put_in_order()
                self.add_error(
                    f"when_{n}",
                    _("Stages stand in the order of their days. Now they do: look again."),
                )
                return

    def _put_in_order(self) -> None:
        """Show the rows again in the order of their days, so that only a look is needed."""
        names = ("when", "days", "roles")
        rows = [
            {name: self.data.getlist(f"{name}_{n}") for name in names}
            for n in range(1, self.count + 1)
        ]
        self.data = self.data.copy()
        for n, row in enumerate(sorted(rows, key=_place_in_time), 1):
            for name in names:
                self.data.setlist(f"{name}_{n}", row[name])

    def rules(self) -> Rules:
        """What was typed, as rules. Call it on a valid form only."""
        said = self.cleaned_data
        stages = []
        for n in range(1, self.count + 1):
            when = said[f"when_{n}"]
            if when:
                days = {ON: 0, AFTER: 1, BEFORE: -1}[when] * (said[f"days_{n}"] or 0)
                stages.append(Stage(days, frozenset(said[f"roles_{n}"])))
        return Rules(
            stages=tuple(stages),
            mail=said["mail"],
            quiet_before=said["quiet_before"],
            quiet_after=said["quiet_after"],
            grace_days=said["grace_days"],
        )


def _place_in_time(row: dict[str, list[str]]) -> int:
    """Days from the date as typed; rows that are not used come last."""
    when, days = ("".join(row[name][-1:]) for name in ("when", "days"))
    n = int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0
    return {BEFORE: -n, ON: 0, AFTER: n}.get(when, 10**6)


def _initial(rules: Rules) -> dict[str, Any]:
    said: dict[str, Any] = {
        "quiet_before": rules.quiet_before,
        "quiet_after": rules.quiet_after,
        "grace_days": rules.grace_days,
        "mail": rules.mail,
    }
    for n, stage in enumerate(rules.stages, 1):
        said[f"when_{n}"] = ON if stage.days == 0 else BEFORE if stage.days < 0 else AFTER
        said[f"days_{n}"] = abs(stage.days) or None
        said[f"roles_{n}"] = sorted(stage.roles)
    return said
