"""The only place that words the history of an entry: who did what, when, and what was said."""

import json
from collections.abc import Mapping
from typing import Any

from django.db.models import Case, When
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from reform import comments
from reform.models import Comment, Entry, Event
from reform.submissions import Submission

MOST_EVENTS = 30  # of the newest, on the page of the entry; its history shows all
STEPS = {
    "save": pgettext_lazy("step", "began"),
    "submit": pgettext_lazy("step", "submitted"),
    "sign_off": pgettext_lazy("step", "signed off"),
    "hand_back": pgettext_lazy("step", "handed back to the filer"),
    "withdraw": pgettext_lazy("step", "withdrew"),
    "return": pgettext_lazy("step", "returned"),
    "accept": pgettext_lazy("step", "accepted"),
    "undo": pgettext_lazy("step", "took the acceptance back"),
    "reopen": pgettext_lazy("step", "reopened"),
    "reschedule": pgettext_lazy("step", "moved the date from %(was)s to %(due_on)s"),
    "ask_extension": pgettext_lazy("step", "asked for %(due_on)s instead of %(was)s"),
    "withdraw_extension": pgettext_lazy("step", "took the request for a later date back"),
    "grant_extension": pgettext_lazy("step", "granted %(due_on)s instead of %(was)s"),
    "refuse_extension": pgettext_lazy("step", "refused a later date"),
    "leave": pgettext_lazy("step", "took it out: it is asked no longer"),
    "come_back": pgettext_lazy("step", "asked for it again, by %(due_on)s"),
    "hand_over": pgettext_lazy("step", "handed the school to another authority"),
    "nudge": pgettext_lazy("step", "wrote to the school"),
    "nudge_back": pgettext_lazy("step", "took the letter back"),
}
TOLD = (
    "return",
    "reopen",
    "reschedule",
    "leave",
    "come_back",
    "hand_over",
    "ask_extension",
    "grant_extension",
    "refuse_extension",
    "nudge",
)  # whose words stand in the history
TOLD_INSIDE = ("hand_back", *TOLD)  # at the school itself


def steps(
    entry: Entry, *, own: bool, changes: Mapping[int, Submission], most: int | None = None
) -> tuple[list[dict[str, Any]], list[Comment]]:
    """The history of an entry, newest first, with the words of those who decided; and its comments.

    `changes`: number of a report → what it changed. What a secretary told the filer is read by
    nobody outside their school. `most`: of the steps, None: all. One query, comments first: no
    number of steps pushes one out.
    """
    told = TOLD_INSIDE if own else TOLD
    events = (
        Event.objects.filter(entry=entry)
        .exclude(kind__in=comments.AFTER)
        .select_related("actor", "words", "comment__author", "comment__resolved_by")
        .order_by(Case(When(kind=comments.SAID, then=0), default=1), "-seq")
    )[: most and most + comments.MOST]
    happened = [event for event in events if event.kind != comments.SAID][:most]
    thread = [event.comment for event in events if event.kind == comments.SAID]
    lines = []
    for event in happened:
        body = json.loads(event.body)
        words = event.words.text if event.kind in told and hasattr(event, "words") else ""
        lines.append(
            {
                "kind": event.kind,
                "at": event.at,
                "who": str(event.actor) if event.actor else _("The system"),
                "what": STEPS.get(event.kind, event.kind) % body,
                "note": words,
                "change": changes.get(body.get("report")) if event.kind == "submit" else None,
            }
        )
    return lines, thread[::-1]
