"""The only place for links with which a password is set anew: for an hour, once, stored nowhere.

What is signed in a link changes with the password, the e-mail address and each sign-in.
"""

from datetime import datetime, timedelta

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.urls import reverse

from reform import outbox
from schools import clock, throttle
from schools.models import User

VALID_FOR = timedelta(hours=1)  # PASSWORD_RESET_TIMEOUT
AGAIN_AFTER = timedelta(minutes=10)  # one letter in that time, however often it is asked for
MOST_A_DAY = 10
ABOUT = "reset"


class _Links(PasswordResetTokenGenerator):
    key_salt = "reform.resetting"

    def _now(self) -> datetime:
        return clock.now().replace(tzinfo=None)


_links = _Links()


def ask(username: str, email: str) -> bool:
    """Have a letter sent where account and address belong together; whether one is.

    The asking is counted for any name, so that either answer costs one write; and for the address
    with it, so that nobody who knows the name alone uses up what its owner may ask for.
    """
    with transaction.atomic():
        often = throttle.failed(f"{username} {_plain(email)} {ABOUT}") > MOST_A_DAY
        found = User.objects.filter(username=username, is_active=True).first()
        if often or found is None or not _has(found, email):
            return False
        now = clock.now()
        part = int(now.timestamp() // AGAIN_AFTER.total_seconds())
        data = {"about": ABOUT, "until": (now + VALID_FOR).isoformat()}
        outbox.post(found, "account", f"{ABOUT} {part}", data=data)
    return True


def _has(user: User, email: str) -> bool:
    """Whether a letter reaches this person there; a password never chosen cannot be forgotten."""
    same = _plain(user.email) == _plain(email)
    return same and outbox.can_reach(user) and user.has_usable_password()


def _plain(email: str) -> str:
    return email.strip().casefold()


def path(user: User) -> str:
    """The path of a fresh link; made when the letter is written."""
    return reverse("reset_new", args=[user.pk, _links.make_token(user)])


def holder(pk: int, token: str) -> User | None:
    """Whose link this is; None when it is none, too old or used."""
    user = User.objects.filter(pk=pk, is_active=True).first()
    return user if user is not None and _links.check_token(user, token) else None


def use(pk: int, token: str, password: str) -> User | None:
    """Set the new password and so use the link up; of two at once, one gets None."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).filter(pk=pk).first()
        user = holder(pk, token)
        if user is not None:
            user.set_password(password)
            user.save(update_fields=["password"])
    return user
