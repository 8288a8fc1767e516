"""The only place that says how the mail fares: the server, what waits, what went wrong."""

from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform import blast_guard, outbox
from reform.lines import Line, bad, care, good
from reform.models import Circuit, Message, Pulse
from reform.models.message import MessageState
from schools import clock
from schools.models import User

LATE = timedelta(minutes=15)
LATELY = timedelta(days=7)
HOLD = "blast held"  # the word by which the status page offers to let go


def server(_pulses: dict[str, Pulse]) -> Line:
    """Whether the mail server can be reached."""
    name = _("Mail server")
    if not outbox.mail_is_on():
        return good(name, _("Mail is off; people are told in the inbox alone."))
    circuit = Circuit.objects.filter(channel=outbox.MAIL).first()
    if circuit is None or circuit.open_until is None or circuit.since is None:
        return good(name, _("It answered last time."))
    said = _("Cannot be reached since %(when)s: %(said)s")
    long = circuit.since < clock.now() - LATE
    return (bad if long else care)(
        name,
        said % {"when": clock.told(circuit.since), "said": circuit.said},
        _("Repair it, or correct EMAIL_URL. It is tried each minute; letters wait, none is lost."),
        "unreachable",
    )


def letters(_pulses: dict[str, Pulse]) -> Line | None:
    """What waits and since when, what went out today, what may have arrived twice, what failed.

    Nothing where mail is off and no letter is left from before.
    """
    name, now = _("Letters"), clock.now()
    found = _counts(now)
    if not outbox.mail_is_on() and not any(found.values()):
        return None
    said = _said(found)
    hold = blast_guard.held() if outbox.mail_is_on() else None
    if hold is not None:
        words = _(
            "%(n)d people would hear of dates that no calendar explains; usual are %(usual)d."
        )
        advice = _("Look at the dates of the campaigns. Then let the letters go, below.")
        return care(
            name, f"{said} {words % {'n': hold.planned, 'usual': hold.usual}}", advice, HOLD
        )
    if outbox.mail_is_on() and found["due"] and found["due"] < now - LATE:
        advice = _("Letters have been due for a quarter of an hour. Start the worker again.")
        return bad(name, said, advice, "letters late")
    if found["failed"]:
        advice = _("Letters were given up after many tries; the log says why.")
        return care(name, said, advice, "given up")
    return good(name, said)


def addresses(_pulses: dict[str, Pulse]) -> Line | None:
    """Addresses that were refused; nothing to say while there is none."""
    n = User.objects.filter(is_active=True).exclude(email_refused_at=None).count()
    if not n:
        return None
    said = ngettext(
        "%(n)d mail address takes no letters.", "%(n)d mail addresses take no letters.", n
    )
    advice = _("Their schools and managers are told, and see it in the list of people.")
    return care(_("Refused addresses"), said % {"n": n}, advice, "refused")


def _counts(now: datetime) -> dict:
    """One look at the outbox: all that is open, and what was settled lately."""
    local = now.astimezone(clock.SHANGHAI)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    lately = Q(settled_at__gte=now - LATELY)
    is_open = Q(state__in=outbox.OPEN)
    return Message.objects.filter(is_open | lately).aggregate(
        waiting=Count("pk", filter=is_open),
        due=Min("next_at", filter=is_open),
        since=Min("made_at", filter=is_open),
        sent=Count("pk", filter=Q(state=MessageState.accepted, settled_at__gte=midnight)),
        twice=Sum("uncertain", default=0),
        failed=Count("pk", filter=Q(state=MessageState.failed)),
    )


def _said(found: dict) -> str:
    words = []
    if found["waiting"]:
        wait = ngettext(
            "%(n)d letter waits, the oldest since %(when)s.",
            "%(n)d letters wait, the oldest since %(when)s.",
            found["waiting"],
        )
        words.append(wait % {"n": found["waiting"], "when": clock.told(found["since"])})
    sent = ngettext("%(n)d was sent today.", "%(n)d were sent today.", found["sent"])
    words.append(sent % {"n": found["sent"]})
    if found["twice"]:
        again = ngettext(
            "In 7 days %(n)d may have arrived twice.",
            "In 7 days %(n)d may have arrived twice.",
            found["twice"],
        )
        words.append(again % {"n": found["twice"]})
    if found["failed"]:
        given = ngettext(
            "In 7 days %(n)d was given up.", "In 7 days %(n)d were given up.", found["failed"]
        )
        words.append(given % {"n": found["failed"]})
    return " ".join(words)
