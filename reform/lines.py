"""The only place for the line that a part of the machine says of itself: a light, and why."""

from datetime import timedelta
from typing import NamedTuple

from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from reform.models import Pulse
from schools import clock

GOOD, CARE, BAD = "done", "due", "late"  # lights
SKEW = timedelta(minutes=5)  # clocks of two hosts may differ by less


class Line(NamedTuple):
    """A part: its name, light and its word, what was found, what to do ("" when all is well).

    `why` is the one word that /healthz tells, and nothing else of it: "late", "failed", "never".
    """

    name: str
    light: str
    word: str
    said: str
    advice: str
    why: str = ""


def good(name: str, said: str) -> Line:
    return Line(name, GOOD, _("Fine"), said, "")


def care(name: str, said: str, advice: str, why: str = "doubtful") -> Line:
    return Line(name, CARE, _("Look at it"), said, advice, why)


def bad(name: str, said: str, advice: str, why: str = "failed") -> Line:
    return Line(name, BAD, _("Not working"), said, advice, why)


def last(pulse: Pulse | None, patience: timedelta) -> tuple[str, str]:
    """When a part last finished, in words; and "never", "ahead", "late", or "" when in time."""
    if pulse is None or pulse.finished_at is None:
        return _("Never yet."), "never"
    ago = clock.now() - pulse.finished_at
    if ago < -SKEW:
        return _("Last on %(when)s, which is yet to come: a clock was wrong.") % {
            "when": clock.told(pulse.finished_at)
        }, "ahead"
    if ago < timedelta(minutes=1):
        return _("Last less than a minute ago."), ""
    words = {"ago": timesince(pulse.finished_at, clock.now(), depth=1)}
    return _("Last %(ago)s ago.") % words, "late" if ago > patience else ""
