"""The only place that slows down who tries many passwords for one name from many addresses.

Beside the lock of axes on a pair of name and address: after FREE vain tries a name waits, each time
twice as long. A browser that signed in under this name before does not wait, so nobody can keep a
colleague out. A name that is no account's waits like any other.
"""

import unicodedata
from datetime import timedelta
from math import ceil

from django.conf import settings
from django.core import signing
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from schools import clock
from schools.models import Throttle

FREE = 10
LONGEST = timedelta(minutes=5)
FORGET = timedelta(days=1)
COOKIE, COOKIE_DAYS, MOST_NAMES = "known", 180, 4
_SALT = "schools.throttle"


def wait(request: HttpRequest, name: str) -> int:
    """Seconds this try has to wait; 0 lets it through, and no other before the next pause ends."""
    if _digest(name) in _known(request):
        return 0
    now = clock.now()
    held = Throttle.objects.filter(pk=_digest(name), failures__gte=FREE)
    found = held.first()
    if found is None or found.next_at < now - FORGET:
        return 0
    until = now + _pause(found.failures)
    if held.filter(next_at__lte=now).update(next_at=until) == 1:
        return 0
    return max(1, ceil((found.next_at - now).total_seconds()))


def failed(name: str) -> int:
    """One more vain try, the how manieth; a day without any forgets those before."""
    now, key = clock.now(), _digest(name)
    Throttle.objects.bulk_create([Throttle(name=key, next_at=now)], ignore_conflicts=True)
    mine = Throttle.objects.filter(pk=key)
    mine.filter(next_at__lt=now - FORGET).update(failures=0)
    mine.update(failures=F("failures") + 1)
    failures = mine.get().failures
    mine.update(next_at=now + _pause(failures))
    return failures


def forget(name: str) -> None:
    """The person came in, or got a new code: nobody waits under this name."""
    Throttle.objects.filter(pk=_digest(name)).delete()


def remember(request: HttpRequest, response: HttpResponse, name: str) -> None:
    """This browser signed in under `name`; several people may share it."""
    mine = _digest(name)
    names = [mine, *(known for known in _known(request) if known != mine)][:MOST_NAMES]
    response.set_cookie(
        COOKIE,
        signing.dumps(names, salt=_SALT),
        max_age=COOKIE_DAYS * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def sweep() -> int:
    """Forget names that nobody tried for a day; how many."""
    return Throttle.objects.filter(next_at__lt=clock.now() - FORGET).delete()[0]


def _known(request: HttpRequest) -> list[str]:
    try:
        said = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=COOKIE_DAYS * 24 * 3600
        )
    except (signing.BadSignature, ValueError):
        return []
    return [text for text in said if isinstance(text, str)] if isinstance(said, list) else []


def _pause(failures: int) -> timedelta:
    """Nothing for the first tries, then 1, 2, 4 … seconds, at most LONGEST."""
    if failures < FREE:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - FREE, 20)), LONGEST)


def _digest(name: str) -> str:
    """Of the name as the sign-in form reads it: full-width letters and spaces make no other one."""
    plain = unicodedata.normalize("NFKC", name).strip()
    return salted_hmac(_SALT, plain, algorithm="sha256").hexdigest()
