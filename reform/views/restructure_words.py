"""The only place that words what a change of a school does, and what was done to it."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, npgettext, pgettext_lazy

from reform.fitting import Fit
from reform.models import Entry, Event
from reform.restructure import Effect
from reform.states import OPEN, Status
from schools.models import Region, School
from schools.models.schools import SuccessionKind, derive_profile
from schools.roles import Profile

# kind of change → title, what it is for, its button
TITLES = {
    "name": (gettext_lazy("Rename the school"), gettext_lazy("The school goes by another name.")),
    "code": (
        gettext_lazy("Give it a new code"),
        gettext_lazy("Its class changed, or it got a national code."),
    ),
    "type": (
        gettext_lazy("Change its type"),
        gettext_lazy("Items that fit only some types follow."),
    ),
    "ownership": (
        gettext_lazy("Change its ownership"),
        gettext_lazy("A private school is asked for reference only."),
    ),
    "authority": (
        gettext_lazy("Hand it to another authority"),
        gettext_lazy("Whoever takes it reviews from then on."),
    ),
    "profile": (
        gettext_lazy("Set its profile"),
        gettext_lazy("Items by another profile than it has, with a reason."),
    ),
    "close": (
        gettext_lazy("Close the school"),
        gettext_lazy("The school ends on a day; its work stays."),
    ),
    "reopen": (
        gettext_lazy("Reopen the school"),
        gettext_lazy("What was open comes back, with time enough."),
    ),
}
STEPS = {
    "rename": pgettext_lazy("school", "renamed it from %(name)s"),
    "recode": pgettext_lazy("school", "gave it a new code instead of %(code)s"),
    "retype": pgettext_lazy("school", "changed its type"),
    "change_ownership": pgettext_lazy("school", "changed its ownership"),
    "move_school": pgettext_lazy("school", "handed it from %(from)s to %(to)s"),
    "set_profile": pgettext_lazy("school", "set its profile"),
    "close_school": pgettext_lazy("school", "closed it from %(on)s"),
    "reopen_school": pgettext_lazy("school", "reopened it"),
    "closed_school": pgettext_lazy("school", "took it out: its last day has come"),
    "merge_school": pgettext_lazy("school", "merged it into %(other)s"),
    "absorb_school": pgettext_lazy("school", "let %(other)s go into it"),
    "split_school": pgettext_lazy("school", "split off %(other)s"),
    "found_school": pgettext_lazy("school", "founded it, split off %(other)s"),
    "baseline": pgettext_lazy("school", "entered its numbers"),
}
SHOWN = [kind for kind in STEPS if kind != "baseline"]


def n_filings(n: int) -> str:
    return npgettext("of a school", "%(n)d filing", "%(n)d filings", n) % {"n": n}


def effects(effect: Effect, kind: str) -> list[str]:
    """What will happen, a sentence each; the campaign is named where there is more than one."""
    said = [*_plain(effect, kind)]
    for fit in effect.fits:
        told = [*_of_fit(fit, effect)]
        if len(effect.fits) > 1:
            told = [_("%(name)s: %(what)s") % {"name": fit.campaign, "what": one} for one in told]
        said += told
    if not effect.fits and kind not in ("name", "code") and not effect.later:
        said.append(_("Nothing changes in what the school is asked for."))
    return said


def _plain(effect: Effect, kind: str) -> Iterable[str]:
    if kind == "name":
        yield _("Entries, accounts and history stay; they show the new name at once.")
    elif kind == "code":
        yield _("Entries, accounts and history stay; addresses with the old code lead nowhere.")
    elif kind == "close":
        if effect.later:
            words = _("Until %(day)s all goes on; then what is open leaves every list by itself.")
            yield words % {"day": effect.later}
        yield _("Its people keep their accounts and can read what was written.")
        yield _("It can be reopened at any time.")
    elif kind == "reopen":
        for into in School.objects.filter(
            origins__predecessor=effect.after.pk, origins__kind=SuccessionKind.merge
        ):
            yield _("Its registers and posts went to %(into)s and stay there.") % {"into": into}
    elif kind == "authority":
        to = effect.after.authority.office
        yield _("%(to)s manages the school from now on; you no longer see it.") % {"to": to}
        yield _("Only %(to)s can hand it back.") % {"to": to}
    profile, why = derive_profile(effect.after)
    if profile != effect.before.profile:
        yield _("Its profile becomes: %(profile)s. %(why)s") % {
            "profile": profile.label,
            "why": why,
        }


def _of_fit(fit: Fit, effect: Effect) -> Iterable[str]:
    held = fit.enrolment
    if held is None:
        yield _("It joins “%(name)s” with %(filings)s.") % {
            "name": fit.campaign,
            "filings": n_filings(len(fit.new)),
        }
        return
    if fit.facts.asked and held.profile != fit.profile:
        words = _("The campaign asks by the profile %(new)s, no longer by %(old)s.")
        yield words % {"new": Profile(fit.profile).label, "old": Profile(held.profile).label}
    yield from _going(fit)
    yield from _coming(fit)
    yield from _handed(fit, effect)
    if fit.recounts and fit.asked:
        words = (
            _("Counted from now on: %(filings)s.")
            if fit.facts.counted
            else _("Out of the counts, kept for reference: %(filings)s.")
        )
        yield words % {"filings": n_filings(len(fit.asked))}
    others = [pk for pk in fit.dates if pk not in {row.pk for row in fit.comes}]
    if others:
        first = min(fit.dates[pk] for pk in others)
        yield _("With another date, the first %(day)s, and nobody late by it: %(filings)s.") % {
            "filings": n_filings(len(others)),
            "day": first,
        }


def _going(fit: Fit) -> Iterable[str]:
    open_ones = [row for row in fit.goes if row.status in OPEN]
    if open_ones:
        words = (
            _("Out of its list and your counts: %(filings)s not sent yet.")
            if any(row.counted for row in open_ones)
            else _("Out of its list: %(filings)s not sent yet.")
        )
        yield words % {"filings": n_filings(len(open_ones))}
    if begun := sum(_begun(row) for row in open_ones):
        yield ngettext(
            "%(n)d of them has been begun; its text and files are kept.",
            "%(n)d of them have been begun; their texts and files are kept.",
            begun,
        ) % {"n": begun}
    if waiting := _in(fit.goes, Status.submitted):
        yield _("Out of your queue without a review: %(filings)s.") % {
            "filings": n_filings(waiting)
        }
    if settled := _in(fit.goes, Status.accepted, Status.exempt):
        words = _("Out of the counts, still to be read: %(filings)s already decided.")
        yield words % {"filings": n_filings(settled)}
    if asks := sum(row.asks for row in fit.goes):
        yield ngettext(
            "%(n)d request for a later date lapses.",
            "%(n)d requests for a later date lapse.",
            asks,
        ) % {"n": asks}
    if kept := len(fit.in_vain):
        words = _("Kept, though no longer asked for: %(filings)s sent already.")
        yield words % {"filings": n_filings(kept)}


def _coming(fit: Fit) -> Iterable[str]:
    if fit.comes:
        yield _("Back, with five working days at least for what is open: %(filings)s.") % {
            "filings": n_filings(len(fit.comes))
        }
    if fit.new:
        yield _("New, the first due on %(day)s: %(filings)s.") % {
            "filings": n_filings(len(fit.new)),
            "day": min(day for _slot, day in fit.new),
        }


def _handed(fit: Fit, effect: Effect) -> Iterable[str]:
    if not fit.moves or not fit.asked:
        return
    to = effect.after.authority.office
    yield _("Reviewed and counted by %(to)s: %(filings)s.") % {
        "to": to,
        "filings": n_filings(len(fit.asked)),
    }
    if waiting := _in(fit.asked, Status.submitted):
        yield ngettext(
            "%(n)d of them waits for review, there from now on.",
            "%(n)d of them wait for review, there from now on.",
            waiting,
        ) % {"n": waiting}
    if asks := sum(row.asks for row in fit.asked):
        yield ngettext(
            "%(n)d request for a later date is decided there.",
            "%(n)d requests for a later date are decided there.",
            asks,
        ) % {"n": asks}
    if not fit.reaches:
        yield _("It goes on in “%(name)s”, which you opened and can close.") % {
            "name": fit.campaign
        }


def _in(rows: Sequence[Entry], *states: Status) -> int:
    return sum(row.status in states for row in rows)


def _begun(row: Entry) -> bool:
    return row.status != Status.not_started or row.drafted  # type: ignore[attr-defined]


def digest(effect: Effect, asked: str) -> str:
    """What a preview showed: only that may then be confirmed."""
    fits = [
        (
            fit.campaign.pk,
            sorted((row.pk, row.status) for row in fit.goes),
            sorted(row.pk for row in fit.comes),
            sorted(slot.pk for slot, _day in fit.new),
            sorted((pk, day.isoformat()) for pk, day in fit.dates.items()),
            len(fit.stays),
        )
        for fit in effect.fits
    ]
    return hashlib.sha256(json.dumps([asked, fits]).encode()).hexdigest()[:24]


def done(kind: str, school: School, counts: dict[str, int]) -> str:
    """The notice after the deed."""
    words = {
        "name": _("The school is called %(school)s now."),
        "code": _("%(school)s has the code %(code)s now."),
        "type": _("The type of %(school)s is changed."),
        "ownership": _("The ownership of %(school)s is changed."),
        "authority": _("%(school)s was handed over."),
        "profile": _("The profile of %(school)s is set."),
        "close": _("%(school)s is closed from %(on)s."),
        "reopen": _("%(school)s is open again."),
    }[kind] % {"school": school.name, "code": school.code, "on": school.closed_on}
    changed = sum(counts.get(name, 0) for name in ("gone", "back", "new", "moved"))
    if not changed:
        return words
    return _("%(done)s %(filings)s changed with it.") % {
        "done": words,
        "filings": n_filings(changed),
    }


def steps(
    events: Iterable[Event], *, links: Mapping[int, str] | None = None
) -> list[dict[str, Any]]:
    """The history as parts/timeline.html takes it.

    `links`, where it tells of many schools: those that may be opened, by their code now.
    """
    events = list(events)
    bodies = [json.loads(event.body) for event in events]
    codes = {body[side]["authority_id"] for body in bodies for side in ("was", "is")
             if "authority_id" in body[side]}  # fmt: skip
    regions = Region.objects.in_bulk(codes) if codes else {}
    found = []
    for event, body in zip(events, bodies, strict=True):
        words = getattr(event, "words", None)
        found.append(
            {
                "at": event.at,
                "who": str(event.actor) if event.actor else _("The system"),
                "what": _what(event, body, regions, links),
                "note": words.text if words else "",
            }
        )
    return found


def _what(
    event: Event,
    body: dict[str, Any],
    regions: dict[str, Region],
    links: Mapping[int, str] | None,
) -> str:
    was, now = body["was"], body["is"]
    told = {
        "name": was.get("name", ""),
        "code": was.get("code", ""),
        "on": now.get("closed_on", ""),
        "from": _region(regions, was.get("authority_id", "")),
        "to": _region(regions, now.get("authority_id", "")),
        "other": "{name} {code}".format(**body["other"]) if "other" in body else "",
    }
    said = str(STEPS[event.kind]) % told
    if links is None:
        return said
    named = f"{body['name']} {body['code']}"
    if code := links.get(body["school"]):
        url = reverse("school_changes", args=[code])
        return format_html('<a href="{}">{}</a>{}{}', url, named, _(": "), said)
    return f"{named}{_(': ')}{said}"


def _region(regions: dict[str, Region], code: str) -> str:
    return regions[code].office if code in regions else code
