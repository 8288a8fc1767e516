"""The only place that spares a far end that cannot be reached: one probe a minute, not all."""

import logging
from datetime import timedelta

from django.db.models import F, Q

from reform.models import Circuit
from schools import clock

log = logging.getLogger(__name__)

PROBE_EVERY = timedelta(minutes=1)
_shaky: set[str] = set()  # what this process knows to have failed
ENOUGH = 3  # lines broken one after the other


def may_try(channel: str) -> bool:
    """Whether a letter may be tried now; while the circuit is open, one caller a minute may.

    A moment further ahead than any probe is was left by a clock that ran ahead.
    """
    now = clock.now()
    circuit = Circuit.objects.filter(channel=channel).first()
    if circuit and (circuit.failures or circuit.open_until):
        _shaky.add(channel)
    if circuit is None or circuit.open_until is None:
        return True
    if now < circuit.open_until <= now + 2 * PROBE_EVERY:
        return False
    mine = Circuit.objects.filter(channel=channel, open_until=circuit.open_until)
    return mine.update(open_until=now + PROBE_EVERY) == 1


def broke(channel: str, said: str, *, at_once: bool) -> None:
    """A line failed; `at_once` where nobody was there: no other letter would get through."""
    now = clock.now()
    _shaky.add(channel)
    Circuit.objects.bulk_create([Circuit(channel=channel)], ignore_conflicts=True)
    mine = Circuit.objects.filter(channel=channel)
    mine.update(failures=F("failures") + 1, said=said[:300])
    enough = Q() if at_once else Q(failures__gte=ENOUGH)
    if mine.filter(enough, open_until=None).update(open_until=now + PROBE_EVERY, since=now):
        log.error("%s cannot be reached; one try a minute from now: %s", channel, said)
    else:
        mine.filter(enough).update(open_until=now + PROBE_EVERY)


def worked(channel: str) -> None:
    """A letter got an answer: the far end is there. Where nothing failed, nothing is written."""
    if channel not in _shaky:
        return
    _shaky.discard(channel)
    failed = Circuit.objects.filter(Q(failures__gt=0) | ~Q(open_until=None), channel=channel)
    if failed.update(failures=0, open_until=None, since=None):
        log.warning("%s can be reached again", channel)
