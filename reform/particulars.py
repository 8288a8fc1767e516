"""The only place where who keeps an account changes its name, post, work phone or e-mail."""

from typing import Any

from django.db import transaction

from reform import accounts, auditing
from schools.errors import Denied
from schools.models import User
from schools.scope import Seat

FIELDS = ("name", "post", "phone", "email")


def change(user: User, *, by: Seat, **said: str) -> list[str]:
    """Write what differs and say what that was; never a password. ValidationError names fields."""
    if isinstance(answer := accounts.may_manage(by, user), Denied):
        raise answer
    kept = accounts.clean(**said)
    with transaction.atomic():
        now = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        changed = [name for name in FIELDS if name in kept and getattr(now, name) != kept[name]]
        if not changed:
            return []
        values: dict[str, Any] = {name: kept[name] for name in changed}
        if "email" in changed:
            values |= {"email_refused_at": None, "email_refused_why": ""}
        User.objects.filter(pk=user.pk).update(**values)
        thing = f"{now.username} {' '.join(changed)}"
        auditing.append("account change", thing, user=by.user, region=by.place_code)
    for name, value in values.items():
        setattr(user, name, value)
    return changed
