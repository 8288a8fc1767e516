"""The only place for the sentences at the head of queue and boards, and for counted things."""

from datetime import date
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform.queues import Queue
from reform.reach import Uncounted
from reform.tallies import Figures
from reform.templatetags.look import minutes
from schools.clock import local_date
from schools.language import listed

MINUTES_PER_REVIEW = 1.5  # a fixed guess for reading one entry, not measured from anybody


def number(n: int) -> str:
    """1289 → "1,289"."""
    return f"{n:,}"


def queue_sentence(queue: Queue, today: date, *, after: bool = False) -> str:
    """What waits, since when, and how long it takes; `after`: something was just decided."""
    if not queue.total:
        return _("All read; nothing waits for review.") if after else _("Nothing waits for review.")
    waited = (today - local_date(queue.oldest)).days
    if waited > 0:
        since = ngettext("the oldest for %(n)d day", "the oldest for %(n)d days", waited)
        oldest = since % {"n": waited}
    else:
        oldest = _("the oldest since today")
    words = ngettext(
        "%(n)s item waits for your review, %(oldest)s; %(minutes)s to read it all.",
        "%(n)s items wait for your review, %(oldest)s; %(minutes)s to read them all.",
        queue.total,
    )
    took = minutes(max(1, round(queue.total * MINUTES_PER_REVIEW)))
    return words % {"n": number(queue.total), "oldest": oldest, "minutes": took}


def ended_sentence(n: int) -> str:
    """What waits in campaigns that were closed over it; nothing where nothing does."""
    words = ngettext(
        "The campaign has ended with %(n)s item unread; it waits here again once the manager "
        "reopens it.",
        "The campaign has ended with %(n)s items unread; they wait here again once the manager "
        "reopens it.",
        n,
    )
    return words % {"n": number(n)} if n else ""


def queue_line(queue: Queue) -> str:
    """Why the board may say fewer, below the sentence; nothing where it says the same."""
    said = []
    if queue.reference:
        words = ngettext(
            "%(n)s of them is for reference: the board does not count it. Review it as usual.",
            "%(n)s of them are for reference: the board does not count them. Review them as usual.",
            queue.reference,
        )
        said.append(words % {"n": number(queue.reference)})
    if queue.kept:
        words = ngettext(
            "%(n)s of them was filed by a bureau itself; no board counts it.",
            "%(n)s of them were filed by a bureau itself; no board counts them.",
            queue.kept,
        )
        said.append(words % {"n": number(queue.kept)})
    if len(said) < 2:
        return "".join(said)
    return _("%(first)s %(second)s") % {"first": said[0], "second": said[1]}


def pace(figures: Figures, planned: int) -> int:
    """Percentage points of the expected that are sent more (less when negative) than planned."""
    ahead = figures.done + figures.waiting - planned
    return round(ahead * 100 / figures.expected)


def _pace_words(points: int) -> str:
    if not points:
        return _("as planned")
    if points < 0:
        return ngettext(
            "%(n)d percentage point behind the plan",
            "%(n)d percentage points behind the plan",
            -points,
        ) % {"n": -points}
    return ngettext(
        "%(n)d percentage point ahead of the plan",
        "%(n)d percentage points ahead of the plan",
        points,
    ) % {"n": points}


class Worst(NamedTuple):
    """The one item or pillar with the most overdue entries, and how many those are."""

    name: str
    late: int


def apart_from_plan(figures: Figures, planned: int) -> str:
    """The same within a table: "8 ahead", in percentage points."""
    if not planned or not figures.expected:
        return _("nothing due yet")
    points = pace(figures, planned)
    if not points:
        return _("as planned")
    words = _("%(n)d ahead") if points > 0 else _("%(n)d behind")
    return words % {"n": abs(points)}


def board_sentence(
    figures: Figures,
    *,
    who: str,
    year: str,
    campaigns: bool,
    planned: int = 0,
    worst: Worst | None = None,
    narrowed: bool = False,
    alone: bool = False,
) -> str:
    """Whether a region is on course, or where it is stuck.

    `who`: "40 schools", "13 counties"; `alone`: it is one school. `worst`: where most is overdue,
    none where several share that; it is said to be stuck there only where that is more than half.
    `planned`: how many ought to be sent by now, 0 where there is no plan to compare with yet.
    """
    if not campaigns:
        return _("No campaign has been opened for school year %(year)s.") % {"year": year}
    if not figures.expected:
        if narrowed:
            return _("Nothing is owed within these filters.")
        return _("Nothing is owed yet in school year %(year)s.") % {"year": year}
    points = pace(figures, planned) if planned else 0
    parts = {
        "who": who,
        "items": items_counted(figures.expected),
        "done": number(figures.done),
        "late": number(figures.late),
        "where": worst.name if worst else "",
        "most": number(worst.late) if worst else "",
        "pace": _pace_words(points),
    }
    if figures.done == figures.expected:
        return _("%(who)s: all of %(items)s accepted.") % parts
    mostly = worst is not None and worst.late * 2 > figures.late
    if planned:
        parts["who"] = who if alone else _("%(who)s, all in all") % {"who": who}
        return _against_the_plan(figures, parts, behind=points < 0, mostly=mostly)
    if not figures.late:
        words = _("%(who)s: %(done)s of %(items)s accepted; nothing is overdue.")
    elif not worst:
        words = _("%(who)s: %(done)s of %(items)s accepted; %(late)s overdue.")
    elif mostly:
        words = _("%(who)s: %(done)s of %(items)s accepted; %(late)s overdue, mostly %(where)s.")
    else:
        words = _(
            "%(who)s: %(done)s of %(items)s accepted; "
            "%(late)s overdue, the most at %(where)s: %(most)s."
        )
    return words % parts


def _against_the_plan(
    figures: Figures, parts: dict[str, str], *, behind: bool, mostly: bool
) -> str:
    """What is overdue is said at once where the pace alone would sound well."""
    if not figures.late:
        words = _("%(who)s: %(pace)s; %(done)s of %(items)s accepted, nothing is overdue.")
    elif behind and not parts["where"]:
        words = _("%(who)s: %(pace)s; %(done)s of %(items)s accepted, %(late)s overdue.")
    elif behind and mostly:
        words = _(
            "%(who)s: %(pace)s, mostly at %(where)s; "
            "%(done)s of %(items)s accepted, %(late)s overdue."
        )
    elif behind:
        words = _(
            "%(who)s: %(pace)s; %(done)s of %(items)s accepted, "
            "%(late)s overdue, the most at %(where)s: %(most)s."
        )
    elif not parts["where"]:
        words = _("%(who)s: %(pace)s, but %(late)s overdue; %(done)s of %(items)s accepted.")
    elif mostly:
        words = _(
            "%(who)s: %(pace)s, but %(late)s overdue, mostly %(where)s; "
            "%(done)s of %(items)s accepted."
        )
    else:
        words = _(
            "%(who)s: %(pace)s, but %(late)s overdue, the most at %(where)s: %(most)s; "
            "%(done)s of %(items)s accepted."
        )
    return words % parts


def turn_line(figures: Figures, planned: int) -> str:
    """Below the sentence: the plan in numbers, and whose turn it is; nothing where all is done."""
    left = figures.expected - figures.done - figures.waiting
    of = []
    if figures.late:
        of.append(ngettext("%(n)s overdue", "%(n)s overdue", figures.late) % _n(figures.late))
    if figures.returned:
        of.append(_("%(n)s returned") % _n(figures.returned))
    parts = {**_n(left), "of": listed(of), "waiting": number(figures.waiting)}
    if left and figures.waiting:
        whose = (
            _("With the schools: %(n)s (%(of)s); with the authority for review: %(waiting)s.")
            if of
            else _("With the schools: %(n)s; with the authority for review: %(waiting)s.")
        )
    elif left:
        whose = _("With the schools: %(n)s (%(of)s).") if of else _("With the schools: %(n)s.")
    elif figures.waiting:
        whose = _("With the authority for review: %(waiting)s.")
    else:
        return ""
    whose %= parts
    if not planned:
        return whose
    words = _("By plan %(planned)s should have been sent by now; %(sent)s have been.")
    plan = words % {"planned": number(planned), "sent": number(figures.done + figures.waiting)}
    return _("%(first)s %(second)s") % {"first": plan, "second": whose}


def _n(n: int) -> dict[str, str]:
    return {"n": number(n)}


def items_counted(n: int) -> str:
    return ngettext("%(n)s item", "%(n)s items", n) % {"n": number(n)}


def schools_counted(n: int) -> str:
    return ngettext("%(n)s school", "%(n)s schools", n) % {"n": number(n)}


def reasons_uncounted(found: Uncounted, *, linked: bool) -> dict[str, Any]:
    """Why fewer schools are counted than there are: the sentence, and each reason with the address
    of its schools where these are `linked`; nothing where all of them are counted."""
    if not found.total:
        return {}
    words = ngettext(
        "Of the %(all)s schools here %(n)s is not counted",
        "Of the %(all)s schools here %(n)s are not counted",
        found.total,
    )
    here = reverse("schools")
    reasons = (
        (_("%(n)s private (for reference only)"), found.private, "ownership=private"),
        (_("%(n)s without a profile yet"), found.unknown, "profile=unknown&ownership=public"),
        (_("%(n)s of a type that is not asked"), found.other_types, ""),
        (_("%(n)s not asked, or owing nothing yet"), found.nothing, ""),
    )
    return {
        "sentence": words % {"all": number(found.schools), "n": number(found.total)},
        "reasons": [
            (text % {"n": number(n)}, f"{here}?{query}" if linked and query else "")
            for text, n, query in reasons
            if n
        ],
    }


def regions_counted(n: int, level: str) -> str:
    """`level` of the regions below: "province", "city" or "county"."""
    words = {
        "province": ngettext("%(n)s province", "%(n)s provinces", n),
        "city": ngettext("%(n)s city", "%(n)s cities", n),
        "county": ngettext("%(n)s county or district", "%(n)s counties and districts", n),
    }
    return words[level] % {"n": number(n)}


def rows_sentence(state: str, n: int, about: str) -> str:
    """ "12 items overdue: S4.1 …": how many entries are listed, and what they have in common."""
    words = {
        "expected": ngettext("%(n)s item owed", "%(n)s items owed", n),
        "done": ngettext("%(n)s item accepted", "%(n)s items accepted", n),
        "on_time": ngettext("%(n)s item accepted on time", "%(n)s items accepted on time", n),
        "late": ngettext("%(n)s item overdue", "%(n)s items overdue", n),
        "waiting": ngettext("%(n)s item awaiting review", "%(n)s items awaiting review", n),
        "returned": ngettext("%(n)s item returned", "%(n)s items returned", n),
        "open": ngettext("%(n)s item not sent yet", "%(n)s items not sent yet", n),
    }
    said = words[state] % {"n": number(n)}
    return (
        _("%(what)s: %(about)s.") % {"what": said, "about": about}
        if about
        else _("%(what)s.") % {"what": said}
    )
