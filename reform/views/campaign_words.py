"""The only place for the sentences, labels and rows of a campaign's pages."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reform.models import Campaign, Due, Event, Slot
from reform.models.campaign import CampaignState
from reform.reach import PROFILES, Preview
from reform.slots import Plan, term_of
from reform.states import OPEN
from reform.steering import Shift
from reform.tallies import Figures, Line
from reform.templatetags.look import minutes, unbroken
from reform.views.board_frame import Links
from reform.views.headlines import items_counted, number, schools_counted
from schools import clock
from schools.language import local
from schools.models import School
from schools.roles import Profile

NEXT = 4  # dates shown before the folded lists

KINDS = {
    "create": gettext_lazy("drafted it"),
    "open": gettext_lazy("began to open it"),
    "opened": gettext_lazy("finished opening"),
    "reschedule": gettext_lazy("set a new date"),
    "redate": gettext_lazy("moved dates with the calendar"),
    "withdraw_slot": gettext_lazy("withdrew an item"),
    "close": gettext_lazy("closed it"),
    "reopen_campaign": gettext_lazy("reopened it"),
    "void": gettext_lazy("voided it"),
}


def state(campaign: Campaign) -> str:
    """The state with its day: "Open since 2026-09-01"."""
    if campaign.state == CampaignState.open and campaign.opened_at:
        return _("Open since %(day)s") % {"day": clock.local_date(campaign.opened_at)}
    if campaign.state == CampaignState.closed and campaign.closed_at:
        return _("Closed on %(day)s") % {"day": clock.local_date(campaign.closed_at)}
    return str(CampaignState(campaign.state).label)


def sentence(campaign: Campaign, now: Figures, schools: int) -> str:
    """What a leader wants to know of a campaign, by its state."""
    if campaign.state == CampaignState.draft:
        return _("A draft: no school is asked anything yet.")
    if campaign.state == CampaignState.opening:
        return _("It is being opened: schools are asked one authority after the other.")
    if campaign.state == CampaignState.void:
        return _("Void: nothing of it counts any more, its history stays.")
    said = {
        "schools": schools_counted(schools),
        "items": items_counted(now.expected),
        "done": number(now.done),
        "late": number(now.late),
    }
    if not schools:
        return _("Open, and no school has a profile yet; each is asked as soon as it has one.")
    if campaign.state == CampaignState.closed:
        return _("Closed: of %(items)s at %(schools)s %(done)s were accepted.") % said
    if now.late:
        return _("%(schools)s, %(items)s owed so far; %(done)s accepted, %(late)s overdue.") % said
    return _("%(schools)s, %(items)s owed so far; %(done)s accepted, none overdue.") % said


def term(period: str) -> str:
    """The term of a period in words; nothing of a whole year."""
    return {1: _("first term"), 2: _("second term"), None: ""}[term_of(period)]


def figures(now: Figures, schools: int, links: Links) -> list[dict[str, Any]]:
    """The row of figures: what is owed up to today, each with the `links` to its rows."""
    found = (
        (_("Expected so far"), now.expected, "expected"),
        (_("Accepted"), now.done, "done"),
        (_("Awaiting review"), now.waiting, "waiting"),
        (_("Returned"), now.returned, "returned"),
        (_("Overdue"), now.late, "late"),
    )
    return [
        {"label": _("Schools"), "value": number(schools), "url": ""},
        *(
            {"label": label, "value": number(n), "url": links.rows(state=state)}
            for label, n, state in found
        ),
    ]


def line_figures(schools: int, now: Figures) -> list[tuple[str, str]]:
    """What the list says of each campaign: label and number."""
    pairs = (
        (_("Schools"), schools),
        (_("Expected so far"), now.expected),
        (_("Accepted"), now.done),
        (_("Overdue"), now.late),
    )
    return [(label, number(n)) for label, n in pairs]


def passed_dates(
    slots: Iterable[Slot], counts: Iterable[Line], today: date
) -> tuple[list[tuple[date, str]], str]:
    """Days that are past with what is overdue since then, and how many have nothing overdue."""
    late: Counter[date] = Counter()
    for line in counts:
        if line.bucket in OPEN and line.due_on < today:
            late[line.due_on] += line.n
    asked = {slot.due_on for slot in slots if slot.due_on < today and not slot.withdrawn_at}
    quiet = len(asked - late.keys())
    words = ngettext(
        "%(n)s date is past with nothing overdue",
        "%(n)s dates are past with nothing overdue",
        quiet,
    )
    days = [(day, _("past, %(n)s overdue") % {"n": number(n)}) for day, n in sorted(late.items())]
    return days, words % {"n": number(quiet)} if quiet else ""


def next_dates(slots: Iterable[Slot], today: date) -> list[tuple[date, str]]:
    """The next few dates ahead, and how many items fall due on each."""
    ahead: Counter[date] = Counter()
    for slot in slots:
        if slot.due_on >= today and not slot.withdrawn_at:
            ahead[slot.due_on] += 1
    return [(day, items_counted(n)) for day, n in sorted(ahead.items())[:NEXT]]


def profiles(counts: Mapping[tuple[str, bool], int]) -> list[dict[str, Any]]:
    """A row per profile; `reference`: private schools, which are not counted."""
    return [
        {
            "label": Profile(profile).label,
            "schools": number(counts[profile, True]),
            "reference": counts[profile, False],
        }
        for profile in PROFILES
    ]


def pillars(
    slots: Iterable[Slot], own: Mapping[int, Sequence[Due]], today: date
) -> list[dict[str, Any]]:
    """pillar → its slots still asked, with the next date ahead."""
    found: dict[str, dict[str, Any]] = {}
    for slot in slots:
        if slot.withdrawn_at:
            continue
        pillar = slot.item.measure.pillar
        part = found.setdefault(pillar.code, {"pillar": pillar, "rows": []})
        part["rows"].append(
            {
                "slot": slot,
                "item": slot.item,
                "measure": local(slot.item.measure, "name"),
                "period": term(slot.period),
                "own": own.get(slot.pk, []),
                "later": slot.opens_on > today,
            }
        )
    for part in found.values():
        ahead = [row["slot"].due_on for row in part["rows"] if row["slot"].due_on >= today]
        part["next"] = min(ahead, default=None)
    return list(found.values())


def steps(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The history as parts/timeline.html takes it."""
    found = []
    for event in events:
        text = getattr(event, "words", None)
        found.append(
            {
                "at": event.at,
                "who": str(event.actor) if event.actor else _("The system"),
                "what": unbroken(_what(event)),
                "note": text.text if text else "",
            }
        )
    return found


def _what(event: Event) -> str:
    body = json.loads(event.body)
    item = " ".join(filter(None, (body.get("item"), term(body.get("period", "")))))
    if event.kind == "opened":
        return _("finished opening: %(schools)s, %(filings)s, those for reference included") % {
            "schools": schools_counted(body["schools"]),
            "filings": filings(body["entries"]),
        }
    if event.kind == "reschedule":
        return _("moved %(item)s from %(was)s to %(day)s") % {
            "item": item,
            "was": body["was"],
            "day": body["due_on"],
        }
    if event.kind == "redate":
        words = ngettext(
            "moved %(n)s date with the calendar, %(filings)s",
            "moved %(n)s dates with the calendar, %(filings)s",
            body["dates"],
        )
        return words % {"n": number(body["dates"]), "filings": filings(body["moved"])}
    if event.kind == "withdraw_slot":
        return _("withdrew %(item)s") % {"item": item}
    return str(KINDS[event.kind])


def filings(n: int) -> str:
    return ngettext("%(n)s filing", "%(n)s filings", n) % {"n": number(n)}


def skipped(events: Iterable[Event]) -> int:
    """Filings left out at the opening because another campaign had asked for them."""
    opened = next((event for event in events if event.kind == "opened"), None)
    return int(json.loads(opened.body).get("skipped", 0)) if opened else 0


# ---- before opening


def opening_sentence(seen: Preview) -> str:
    """What opening would ask of whom, and what it costs them."""
    if not seen.schools and not seen.reference:
        return _("No school has a profile yet; each is asked as soon as it has one.")
    said = {
        "schools": schools_counted(seen.schools),
        "filings": filings(seen.filings),
        "hours": ngettext("%(n)s school-hour", "%(n)s school-hours", seen.hours)
        % {"n": number(seen.hours)},
    }
    return _("Opening asks %(schools)s for %(filings)s in all, about %(hours)s.") % said


def opening_figures(seen: Preview) -> list[dict[str, Any]]:
    unknown = f"{reverse('schools')}?profile=unknown" if seen.unknown else ""
    rows = (
        (_("Schools"), seen.schools, ""),
        (_("Filings"), seen.filings, ""),
        (_("School-hours, estimated"), seen.hours, ""),
        (_("Asked elsewhere already"), seen.skipped_filings, ""),
        (_("Without a profile"), seen.unknown, unknown),
        (_("Private, for reference"), seen.reference, ""),
    )
    return [{"label": label, "value": number(n), "url": url} for label, n, url in rows]


def opening_lines(seen: Preview) -> list[dict[str, Any]]:
    """A row per profile: how many schools, and what each of them gets."""
    found = []
    for line in seen.lines:
        pairs = (
            (_("Schools"), number(line.schools)),
            (_("Items each"), number(line.items)),
            (_("Filings each"), number(line.filings)),
            (_("Time each, a year"), minutes(line.minutes)),
        )
        found.append({"label": line.label, "reference": line.reference, "figures": pairs})
    return found


def planned(plan: Plan) -> list[dict[str, Any]]:
    """The dates as they would be, in the order of the list."""
    return [{"item": one.item, "period": term(one.period), "slot": one} for one in plan.slots]


def over(plan: Plan) -> list[str]:
    """Items left out because their period has ended, with the term where they have two."""
    return [
        " ".join(filter(None, (item.code, local(item, "short"), term(period))))
        for item, period in plan.over
    ]


def school_sentence(school: School, reason: str, asked: int) -> str:
    if reason:
        return _("%(school)s is asked nothing.") % {"school": school}
    words = _("%(school)s is asked for %(filings)s.")
    return words % {"school": school, "filings": filings(asked)}


# ---- turns and dates


def turn(campaign: Campaign, verb: str) -> dict[str, Any]:
    """Title, sentence, consequences and button of the page before a deed."""
    if verb == "close":
        return {
            "title": _("Close the campaign"),
            "sentence": "",
            "effects": [
                _("Schools can no longer file, reviewers no longer decide."),
                _("All figures stay, and stay on the boards of this school year."),
                _("Its schools may be changed again by import and in the back office."),
                _("You can reopen it at any time, with a reason."),
            ],
            "button": _("Close the campaign"),
        }
    if verb == "reopen_campaign":
        return {
            "title": _("Reopen the campaign"),
            "sentence": _("Filing and review go on where they stopped."),
            "effects": [
                _("Dates stay as they are: what is past its date is overdue at once."),
                _("Schools that came in the meantime are asked within a minute."),
            ],
            "button": _("Reopen the campaign"),
        }
    drafted = campaign.state == CampaignState.draft
    return {
        "title": _("Void the campaign"),
        "sentence": _("Void is for good: a void campaign cannot be opened again."),
        "effects": [_("Nobody was asked anything yet; only the draft goes.")]
        if drafted
        else [
            _("Everything filed in it leaves every list and every count."),
            _("Its history stays and can be read by whoever may read the logs."),
            _("A new campaign may ask the same items again."),
        ],
        "button": _("Void the campaign"),
    }


def unsettled_parts(unopened: int, reference: int) -> str:
    """What the number of filings that are not settled holds beside those that can be filed now."""
    said = []
    if unopened:
        words = ngettext(
            "%(n)s of them opens only later.", "%(n)s of them open only later.", unopened
        )
        said.append(words % {"n": number(unopened)})
    if reference:
        words = ngettext(
            "%(n)s is of a private school, for reference: no board counts it.",
            "%(n)s are of private schools, for reference: no board counts them.",
            reference,
        )
        said.append(words % {"n": number(reference)})
    if len(said) < 2:
        return "".join(said)
    return _("%(first)s %(second)s") % {"first": said[0], "second": said[1]}


def lost(begun: int) -> str:
    """What voiding takes out of the counts, for who is about to do it."""
    if not begun:
        return _("No school has begun anything in it.")
    return ngettext(
        "%(n)s filing has been begun or sent; that work is kept in its history and counts no more.",
        "%(n)s filings have been begun or sent; that work is kept in history and counts no more.",
        begun,
    ) % {"n": number(begun)}


def slot_name(slot: Slot) -> str:
    """Z2.1 title, with the term where it has two."""
    return " ".join(filter(None, (slot.item.code, local(slot.item, "title"), term(slot.period))))


def date_sentence(slot: Slot) -> str:
    words = _("%(item)s is due on %(day)s; give it another date.")
    return words % {"item": slot.item.code, "day": slot.due_on}


def shift(moves: Shift) -> str:
    """What a new date would move: "12 filings move from 2027-01-15; 5 working days are left."""
    if not moves.entries:
        return _("No open filing stands on another date; only those that come later are moved.")
    words = ngettext(
        "%(n)s open filing moves, from %(days)s.",
        "%(n)s open filings move, from %(days)s.",
        moves.entries,
    )
    one = moves.earliest == moves.latest
    days = (
        str(moves.earliest)
        if one
        else _("%(first)s to %(last)s") % {"first": moves.earliest, "last": moves.latest}
    )
    left = ngettext(
        "Schools then have %(n)d working day.",
        "Schools then have %(n)d working days.",
        moves.working_days,
    ) % {"n": moves.working_days}
    return _("%(moves)s %(left)s") % {
        "moves": words % {"n": number(moves.entries), "days": days},
        "left": left,
    }
