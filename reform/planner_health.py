"""The only place that says how the planning fares: the clock, the last plan, what is untold."""

from datetime import timedelta

from django.db.models import Count, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform import blast_guard, clock_guard, outbox, planner
from reform.lines import Line, bad, care, good, last
from reform.models import Pulse, Reminder
from reform.models.reminder import ReminderState
from schools import clock
from schools.models.regions import NATION
from schools.workdays import Calendar

LATE_PLAN = timedelta(minutes=15)
PATIENCE = 2  # working days; one letter a person and day, so some wait for tomorrow's


def the_clock(_pulses: dict[str, Pulse]) -> Line:
    """Whether the clock can be trusted; /healthz tells the word of `clock_guard`."""
    name = _("Clock")
    found = clock_guard.fault(clock_guard.read())
    said = {
        "": _("It agrees with how long this machine has been running."),
        clock_guard.AHEAD: _("It has jumped ahead while the machine was running."),
        clock_guard.BEHIND: _("It stands before the last plan: it was put back."),
        clock_guard.DATABASE: _("It differs from the clock of the database by over five minutes."),
    }[found]
    if not found:
        return good(name, said)
    advice = _(
        "Set the clock right (NTP). Until then nobody is reminded; nothing is lost. A clock that "
        "runs evenly for six hours is believed again."
    )
    return bad(name, said, advice, found)


def reminders(pulses: dict[str, Pulse]) -> Line:
    """When reminders were last planned, and how long the oldest has waited to be told."""
    name, now = _("Reminders"), clock.now()
    said, why = last(pulses.get(planner.PULSE), LATE_PLAN)
    open_ = Reminder.objects.filter(state=ReminderState.waiting)
    waiting = open_.aggregate(n=Count("pk"), oldest=Min("planned_at"))
    if waiting["n"] and outbox.mail_is_on():
        more = ngettext(
            "%(n)d waits to be told by mail, the oldest since %(when)s.",
            "%(n)d wait to be told by mail, the oldest since %(when)s.",
            waiting["n"],
        )
        said += " " + more % {"n": waiting["n"], "when": clock.told(waiting["oldest"])}
    advice = _("Start the worker or the watchdog again; what was missed is made good then.")
    if why:
        return (care if why == "never" else bad)(name, said, advice, why)
    if waiting["n"] and blast_guard.held() is None:
        since = clock.local_date(waiting["oldest"])
        days = Calendar.days_of(NATION).working_days_between(since, clock.local_date(now))
        if days > PATIENCE:
            if outbox.mail_is_on():
                advice = _("No letter names them: look at the mail above.")
            return bad(name, said, advice, "untold")
    return good(name, said)
