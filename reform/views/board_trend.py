"""The only place for how a board moved: the last seven days, and the days drawn as lines."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform import snapshots
from reform.snapshots import Day
from reform.tallies import Figures
from reform.views.headlines import number
from reform.views.sentences import short
from schools.language import listed

MOST = 60  # points of a line, and rows of its table
HEIGHT = 40


def week(days: Sequence[Day], now: Figures, today: date) -> str:
    """ "In the last 7 days: 12 more accepted, …"; nothing where no day is near enough."""
    then = snapshots.week_ago(days, today)
    if then is None:
        return ""
    sent = now.done + now.waiting - then.done - then.waiting
    said = [_accepted(now.done - then.done), _sent(sent), _late(now.late - then.late)]
    if then.day == today - timedelta(days=7):
        return _("In the last 7 days: %(parts)s.") % {"parts": listed(said)}
    return _("Since %(day)s: %(parts)s.") % {"day": short(then.day, today), "parts": listed(said)}


def _accepted(n: int) -> str:
    if n < 0:
        return _("%(n)s fewer accepted") % {"n": number(-n)}
    return ngettext("%(n)s newly accepted", "%(n)s newly accepted", n) % {"n": number(n)}


def _sent(n: int) -> str:
    if n < 0:
        return _("%(n)s fewer sent") % {"n": number(-n)}
    return ngettext("%(n)s newly sent", "%(n)s newly sent", n) % {"n": number(n)}


def _late(n: int) -> str:
    if not n:
        return _("as many overdue as before")
    words = _("%(n)s more overdue") if n > 0 else _("%(n)s fewer overdue")
    return words % {"n": number(abs(n))}


def drawn(days: Sequence[Day], every: int = 1) -> dict[str, Any]:
    """Two lines over the days, with the rows behind them; nothing for less than two days.

    `every`: days between two points at least.
    """
    step = _step(days, every)
    chosen = _thinned(days, step)
    if len(chosen) < 2:
        return {}
    top = max(max(day.done, day.late) for day in chosen) or 1
    first, last = chosen[0].day, chosen[-1].day
    span = (last - first).days

    def line(name: str) -> str:
        return " ".join(
            f"{(day.day - first).days * 100 / span:.1f},"
            f"{HEIGHT - getattr(day, name) * HEIGHT / top:.1f}"
            for day in chosen
        )

    return {
        "done": line("done"),
        "late": line("late"),
        "top": number(top),
        "step": _step_words(step),
        "first": first,
        "last": last,
        "rows": [
            (day.day, number(day.done), number(day.waiting), number(day.late)) for day in chosen
        ],
        "start": chosen[0],
        "end": chosen[-1],
    }


def _step(days: Sequence[Day], every: int) -> int:
    """Days between two points, so that there are no more than MOST with that of a week ago."""
    span = (days[-1].day - days[0].day).days if days else 0
    return max(every, span // (MOST - 1) + 1)


def _thinned(days: Sequence[Day], step: int) -> list[Day]:
    """Every so many days back from the last one, and the day that a week is told from."""
    if not days:
        return []
    last = days[-1].day
    week = snapshots.week_ago(days, last)
    return [day for day in days if not (last - day.day).days % step or day == week]


def _step_words(step: int) -> str:
    if step == 7:
        return _("One row a week.")
    if 7 % step:
        words = _("One row for every %(n)d days, and the day a week ago.")
        return words % {"n": step}
    return _("One row a day.")
