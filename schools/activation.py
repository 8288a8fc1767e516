"""The only place for activation codes: issued once on a slip, used once to choose a password."""

import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from schools import clock
from schools.errors import Denied
from schools.models import Activation, User

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 signs, none like another: 5 bits each
LENGTH, GROUP = 12, 4
VALID_FOR = timedelta(days=14)
LOOKED_AT = 3  # the latest codes of a person; older slips are simply wrong
_NOBODY = "0" * 64


def issue(user: User, by: User | None) -> str:
    """A new code, told only here; those before it are revoked. `by` None: from the console."""
    code = "".join(secrets.choice(ALPHABET) for _sign in range(LENGTH))
    salt, now = secrets.token_hex(16), clock.now()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        revoke(user)
        Activation.objects.create(
            user=user,
            digest=_digest(salt, code),
            salt=salt,
            issued_by=by,
            issued_at=now,
            expires_at=now + VALID_FOR,
        )
    return "-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def revoke(user: User) -> int:
    """End the live code of a person; how many there were (0 or 1)."""
    live = Activation.objects.filter(user=user, used_at=None, revoked_at=None)
    return live.update(revoked_at=clock.now())


def check(username: str, code: str) -> User | Denied:
    """Whose code this is, without using it; or why it does not hold."""
    found = _find(username, code)
    return found if isinstance(found, Denied) else found.user


def use(username: str, code: str) -> User | Denied:
    """Use the code up: of two who send it at once, one gets the person and the other a refusal."""
    found = _find(username, code)
    if isinstance(found, Denied):
        return found
    now = clock.now()
    live = Activation.objects.filter(
        pk=found.pk, used_at=None, revoked_at=None, expires_at__gt=now, user__is_active=True
    )
    return found.user if live.update(used_at=now) == 1 else _used(now)


def plain(code: str) -> str:
    """A typed code as it was issued: any case, full-width signs, spaces and dashes aside."""
    return "".join(char for char in unicodedata.normalize("NFKC", code).upper() if char.isalnum())


def _find(username: str, code: str) -> Activation | Denied:
    """The live code. Who types none of this person's codes learns nothing, not even the account.

    As many digests are compared for an unknown account, so it takes as long.
    """
    codes = Activation.objects.filter(user__username=username).select_related("user")
    latest = list(codes.order_by("-pk")[:LOOKED_AT])
    typed, found = plain(code), None
    for at in range(LOOKED_AT):
        row = latest[at] if at < len(latest) else None
        fits = hmac.compare_digest(
            _digest(row.salt if row else _NOBODY[:32], typed), row.digest if row else _NOBODY
        )
        found = row if fits else found
    if found is None or not found.user.is_active:
        return _wrong()
    if found.used_at:
        return _used(found.used_at)
    if found.revoked_at:
        return Denied(
            _("A newer code was issued, so this one is no longer valid. Use the newest slip.")
        )
    if found.expires_at <= clock.now():
        return Denied(
            _("This code was valid for 14 days, until %(moment)s.")
            % {"moment": clock.told(found.expires_at)}
        )
    return found


def _wrong() -> Denied:
    return Denied(
        _(
            "Account and code do not fit together. Compare both with the slip; it is valid for "
            "14 days and works once."
        )
    )


def _used(moment: datetime) -> Denied:
    return Denied(
        _(
            "This code was used on %(moment)s; sign in with the password chosen then. If that was "
            "not you, say so at once."
        )
        % {"moment": clock.told(moment)}
    )


def _digest(salt: str, code: str) -> str:
    return hashlib.sha256(f"{salt}{code}".encode()).hexdigest()
