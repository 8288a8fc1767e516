"""The only place for the sentences at the head of a school's pages: numbers in, words out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform.states import SETTLED, Status
from reform.templatetags.look import minutes
from schools.language import listed


@dataclass(frozen=True)
class Owed:
    """What a school owes now, in entries. `due_by`: the last date among those due soon.

    `ended`: not settled when their campaign was closed.
    `sign_late` of those `to_sign`, or that wait for the secretary, are past their date, the first
    since `sign_late_on`.
    """

    late: int = 0
    returned: int = 0
    due: int = 0
    due_by: date | None = None
    one_date: bool = True
    to_sign: int = 0
    sign_late: int = 0
    sign_late_on: date | None = None
    minutes: int = 0
    next: int = 0
    next_on: date | None = None
    later: int = 0
    later_on: date | None = None
    waiting: int = 0
    with_secretary: int = 0
    ended: int = 0
    total: int = 0

    @property
    def now(self) -> int:
        return self.late + self.returned + self.due + self.to_sign

    @property
    def rest(self) -> int:
        return self.total - self.now


def short(day: date, today: date) -> str:
    """11-30, or with its year when that is another one."""
    return f"{day:%m-%d}" if day.year == today.year else day.isoformat()


def awaiting(due_on: date, today: date) -> str:
    """For the own school, of what waits for its secretary: whether its date is past."""
    days = (today - due_on).days
    if days <= 0:
        return _("Awaiting the secretary")
    return ngettext(
        "Awaiting the secretary (%(n)d day past the date)",
        "Awaiting the secretary (%(n)d days past the date)",
        days,
    ) % {"n": days}


def home_sentence(owed: Owed, today: date, *, own: bool = True) -> str:
    """The one sentence that answers "what do I owe next?"; for officials, what the school owes."""
    if owed.now:
        if own:
            lead = ngettext("You owe %(n)d item", "You owe %(n)d items", owed.now)
        else:
            lead = ngettext("Owes %(n)d item", "Owes %(n)d items", owed.now)
        said = {"lead": lead % {"n": owed.now}, "parts": _(", ").join(_owed_parts(owed, today))}
        if not (own and owed.minutes):  # what waits for somebody else takes no minutes
            return _("%(lead)s: %(parts)s.") % said
        return _("%(lead)s: %(parts)s; %(minutes)s in all.") % {
            **said,
            "minutes": minutes(owed.minutes),
        }
    if owed.next and owed.next_on:
        return ngettext(
            "Nothing is due now. Next: %(n)d item by %(day)s.",
            "Nothing is due now. Next: %(n)d items by %(day)s.",
            owed.next,
        ) % {"n": owed.next, "day": short(owed.next_on, today)}
    if owed.with_secretary:
        return ngettext(
            "Everything is written; %(n)d item waits for the secretary's signature.",
            "Everything is written; %(n)d items wait for the secretary's signature.",
            owed.with_secretary,
        ) % {"n": owed.with_secretary}
    if owed.waiting:
        return ngettext(
            "Everything is sent; %(n)d item is with the reviewer.",
            "Everything is sent; %(n)d items are with the reviewer.",
            owed.waiting,
        ) % {"n": owed.waiting}
    if owed.later and owed.later_on:
        return ngettext(
            "Nothing is due now; %(n)d item begins on %(day)s.",
            "Nothing is due now; %(n)d items begin on %(day)s.",
            owed.later,
        ) % {"n": owed.later, "day": short(owed.later_on, today)}
    if owed.ended:
        return ngettext(
            "The campaign is closed; %(n)d item was not accepted.",
            "The campaign is closed; %(n)d items were not accepted.",
            owed.ended,
        ) % {"n": owed.ended}
    return ngettext(
        "All done: the one item is settled.", "All done: all %(n)d items are settled.", owed.total
    ) % {"n": owed.total}


def _owed_parts(owed: Owed, today: date) -> Sequence[str]:
    parts = []
    if owed.late:
        parts.append(ngettext("%(n)d overdue", "%(n)d overdue", owed.late) % {"n": owed.late})
    if owed.returned:
        parts.append(
            ngettext("%(n)d returned", "%(n)d returned", owed.returned) % {"n": owed.returned}
        )
    if owed.due and owed.due_by:
        day = short(owed.due_by, today)
        if owed.one_date:
            words = ngettext("%(n)d due on %(day)s", "%(n)d due on %(day)s", owed.due)
        else:
            words = ngettext("%(n)d due by %(day)s", "%(n)d due by %(day)s", owed.due)
        parts.append(words % {"n": owed.due, "day": day})
    if owed.to_sign:
        parts.append(
            ngettext("%(n)d for you to sign", "%(n)d for you to sign", owed.to_sign)
            % {"n": owed.to_sign}
        )
    return parts


def late_line(owed: Owed, days: int) -> str:
    """How long a signature is overdue, below the sentence; `days`: working days of the first."""
    if not owed.sign_late:
        return ""
    if not owed.to_sign:
        return ngettext(
            "%(n)d item past its date waits only for the secretary's signature.",
            "%(n)d items past their dates wait only for the secretary's signature.",
            owed.sign_late,
        ) % {"n": owed.sign_late}
    if owed.sign_late == 1:
        words = ngettext(
            "One of those to sign is overdue: %(days)d working day past its date.",
            "One of those to sign is overdue: %(days)d working days past its date.",
            days,
        )
    else:
        words = ngettext(
            "%(n)d of those to sign are overdue, the first by %(days)d working day.",
            "%(n)d of those to sign are overdue, the first by %(days)d working days.",
            days,
        )
    return words % {"n": owed.sign_late, "days": days}


def outside_line(count: Mapping[str, int]) -> str:
    """For officials: how many are accepted of those that count, and which do not; `count`: light,
    or "later", → how many."""
    expected = sum(n for name, n in count.items() if name not in ("later", "off"))
    said = [_("%(done)d of %(n)d accepted") % {"done": count["done"], "n": expected}]
    if count["later"]:
        said.append(_("%(n)d more not owed yet") % {"n": count["later"]})
    if count["off"]:
        said.append(_("%(n)d not applicable") % {"n": count["off"]})
    return _("%(what)s.") % {"what": _(", ").join(said)}


def rest_line(owed: Owed) -> str:
    """What is not counted above, under all items."""
    if not owed.now or not owed.rest:
        return ""
    return ngettext(
        "The other %(n)d item is sent, not due soon or not owed yet.",
        "The other %(n)d items are sent, not due soon or not owed yet.",
        owed.rest,
    ) % {"n": owed.rest}


@dataclass(frozen=True)
class Left:
    """What is left on the pages that go from one item to the next. `due`: whether it is due now;
    `ahead`: how many can be filed before they are due."""

    n: int
    minutes: int
    to_sign: int
    due: bool
    ahead: int


def fast_sentence(left: Left) -> str:
    """How many are left and how long they take; when none is, what can be done ahead of time."""
    words = {"n": left.n or left.ahead, "minutes": minutes(left.minutes)}
    if not left.n and not left.ahead:
        return _("All done; nothing is left to file.")
    if not left.n:
        said = ngettext(
            "All that is due is done; %(n)d item can be filed ahead.",
            "All that is due is done; %(n)d items can be filed ahead.",
            left.ahead,
        )
    elif not left.due:
        said = ngettext(
            "Nothing is due; %(n)d item can be filed ahead, %(minutes)s.",
            "Nothing is due; %(n)d items can be filed ahead, %(minutes)s.",
            left.n,
        )
    elif left.to_sign == left.n:
        said = ngettext(
            "%(n)d item left to sign, %(minutes)s.",
            "%(n)d items left to sign, %(minutes)s.",
            left.n,
        )
    elif left.to_sign:
        said = ngettext(
            "%(n)d item left to file or sign, %(minutes)s.",
            "%(n)d items left to file or sign, %(minutes)s.",
            left.n,
        )
    else:
        said = ngettext(
            "%(n)d item left to file, %(minutes)s.",
            "%(n)d items left to file, %(minutes)s.",
            left.n,
        )
    return said % words


def registers_sentence(total: int, ready: int, rest: int, *, stale: bool = False) -> str:
    """How many items of this period the registers answer by themselves, and how many they leave.

    `stale`: nobody knows before they are asked anew.
    """
    if stale:
        return ngettext("%(n)d item of this period", "%(n)d items of this period", total) % {
            "n": total
        }
    if not ready:
        return _("The registers answer none of the %(total)d items of this period yet.") % {
            "total": total
        }
    if not rest:
        return _("The registers answer all %(total)d items of this period.") % {"total": total}
    return ngettext(
        "%(total)d items of this period, due or not: registers answer %(ready)d, %(n)d is yours.",
        "%(total)d items of this period, due or not: registers answer %(ready)d, %(n)d are yours.",
        rest,
    ) % {"total": total, "ready": ready, "n": rest}


def items_sentence(shown: int, total: int) -> str:
    """How many items the list shows, of how many."""
    if shown == total:
        return ngettext("%(n)d item in all.", "%(n)d items in all.", total) % {"n": total}
    return ngettext("%(shown)d of %(n)d item.", "%(shown)d of %(n)d items.", total) % {
        "shown": shown,
        "n": total,
    }


class Back(NamedTuple):
    """Who gave an entry back to its school: a return, or `reopened` after it was decided."""

    reopened: bool
    who: str
    on: date


@dataclass(frozen=True)
class EntryFacts:
    """What the sentence of an entry is made from.

    `missing`: typed numbers not there yet; `stale`: the registers are being asked anew;
    `answered`: they answer everything, and nothing was begun beside it; `short`: computed checks
    short of their target, no note written; `silent`: the registers hold nothing; `back`: who
    returned or reopened it; `handed`: the secretary gave it back to its filer; `ahead`: the month
    that has not begun and for which alone something is lacking, where no note is written;
    `explained`: something falls short, and a note is written.
    """

    status: Status
    own: bool
    writing: bool
    signing: bool
    opens_on: date
    due_on: date
    missing: int
    stale: bool
    answered: bool
    short: int
    silent: bool
    sent_on: date | None
    settled_on: date | None
    running: bool
    by_bureau: bool = False
    back: Back | None = None
    handed: bool = False
    ahead: str = ""
    explained: bool = False


def refused_sentence(labels: Sequence[str]) -> str:
    """What stands in the way of what was just asked for, by the names of the fields."""
    words = ngettext(
        "One thing is still missing or wrong: %(what)s.",
        "%(n)d things are still missing or wrong: %(what)s.",
        len(labels),
    )
    return words % {"n": len(labels), "what": listed(labels)}


def entry_sentence(facts: EntryFacts, today: date) -> str:
    """The one sentence that answers "what is asked, and is this enough?"."""
    if facts.status in SETTLED:
        day = short(facts.settled_on or today, today)
        if facts.status == Status.accepted:
            return _("Accepted %(day)s; nothing more to do.") % {"day": day}
        return _("Found not applicable %(day)s; nothing more to do.") % {"day": day}
    if facts.status == Status.submitted:
        day = short(facts.sent_on or today, today)
        return _("Sent %(day)s; it is with the reviewer.") % {"day": day}
    if not facts.running:
        return _("Nothing is asked here any more: the campaign or the item has ended.")
    if facts.opens_on > today:
        day = short(facts.opens_on, today)
        return _("This begins on %(day)s; nothing to do before.") % {"day": day}
    if facts.status == Status.awaiting_signoff:
        if facts.signing:
            return _("Read it and sign; then it goes to the reviewer.")
        return _("It waits for the secretary's signature.")
    if not facts.own:
        if facts.back:
            return back_sentence(facts.back, facts.due_on, today)
        if facts.by_bureau:
            return _("The bureau has not sent this yet.")
        return _("The school has not sent this yet.")
    return _writing(facts, today)


def back_sentence(back: Back, due_on: date, today: date) -> str:
    """For officials: what became of an entry that was sent and is to be sent again."""
    parts = {"who": back.who, "day": short(back.on, today), "due": short(due_on, today)}
    if back.reopened:
        said = _("%(who)s reopened it on %(day)s; the school is to send it again by %(due)s.")
        late = _("%(who)s reopened it on %(day)s; the school did not send it again by %(due)s.")
    else:
        said = _("%(who)s returned it on %(day)s; the school is to send it again by %(due)s.")
        late = _("%(who)s returned it on %(day)s; the school did not send it again by %(due)s.")
    return (late if due_on < today else said) % parts


def _writing(facts: EntryFacts, today: date) -> str:
    if not facts.writing:
        return _("This is kept by others; here it can only be read.")
    if facts.status == Status.returned:
        if facts.due_on < today:
            return _("Returned and past its date: correct it and send it again now.")
        day = short(facts.due_on, today)
        return _("Returned: correct it and send it again by %(day)s.") % {"day": day}
    if facts.handed:
        return _("The secretary gave it back: correct it and send it again.")
    if facts.missing:
        return ngettext(
            "Only %(n)d number is missing, then it can be sent.",
            "Only %(n)d numbers are missing, then it can be sent.",
            facts.missing,
        ) % {"n": facts.missing}
    if facts.stale:
        return _("The figures are being worked out again from the registers.")
    if facts.answered:
        return _("The registers answer everything: one click confirms it.")
    if facts.short:
        return ngettext(
            "The registers fall short in %(n)d place: add what is missing or say why.",
            "The registers fall short in %(n)d places: add what is missing or say why.",
            facts.short,
        ) % {"n": facts.short}
    if facts.ahead:
        return _("All is entered so far; %(month)s is still to come.") % {"month": facts.ahead}
    if facts.silent:
        return _("The registers say nothing about this yet: fill them, or say how things stand.")
    if facts.explained:
        return _("The note says why figures fall short: read it once more and send it.")
    return _("Everything is there: read it once more and send it.")
