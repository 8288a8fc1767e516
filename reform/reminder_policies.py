"""The only place that sets a region's own rules of reminding, or takes them away again."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from reform import history, reminder_rules
from reform.history import NewEvent
from reform.models import ReminderPolicy
from reform.reminder_rules import Rules
from schools import clock
from schools.errors import Denied, Stale
from schools.scope import Seat


def own(region: str) -> ReminderPolicy | None:
    """The rules a region has set for itself, if any."""
    return ReminderPolicy.objects.select_related("changed_by").filter(region=region).first()


def set_own(region: str, rules: Rules, *, by: Seat, version: int | None) -> bool:
    """Give a region rules of its own; `version`: of those that were read, None where it had none.

    False where nothing differs from what is in force. Stale when a colleague was first.
    """
    with transaction.atomic():
        chain = _take(region, by)
        before = own(region)
        _require_read(before, version)
        fields = _fields(rules)
        if fields == _fields(reminder_rules.of(region)):
            return False
        values: dict[str, Any] = {**fields, "changed_by": by.user, "changed_at": clock.now()}
        if before is None:
            ReminderPolicy.objects.create(region_id=region, **values)
        else:
            mine = ReminderPolicy.objects.filter(region=region, version=before.version)
            mine.update(**values, version=F("version") + 1)
        history.append(chain, [NewEvent("set_reminders", by.user, body=_told(rules, by))])
    return True


def follow_above(region: str, *, by: Seat, version: int | None) -> bool:
    """Take a region's own rules away: those of the nearest region above hold, or our defaults."""
    with transaction.atomic():
        chain = _take(region, by)
        before = own(region)
        if before is None:
            return False
        _require_read(before, version)
        ReminderPolicy.objects.filter(region=region, version=before.version).delete()
        body = _told(reminder_rules.of(region), by)
        history.append(chain, [NewEvent("inherit_reminders", by.user, body=body)])
    return True


def _take(region: str, by: Seat) -> Any:
    """The locked chain of the region; Denied unless the seat manages exactly this one."""
    if not by.has("set_reminders") or not by.is_authority(region):
        raise Denied(_("Only the manager of this region sets its reminders."))
    subject = f"region:{region}"
    return history.lock([subject])[subject]


def _require_read(before: ReminderPolicy | None, version: int | None) -> None:
    if (before.version if before else None) != version:
        raise Stale(_("A colleague changed these rules meanwhile; look at them again."))


def _fields(rules: Rules) -> dict[str, Any]:
    return {
        "stages": reminder_rules.stored(rules.stages),
        "mail": rules.mail,
        "quiet_before": rules.quiet_before,
        "quiet_after": rules.quiet_after,
        "grace_days": rules.grace_days,
    }


def _told(rules: Rules, by: Seat) -> dict[str, Any]:
    """What history keeps: the rules in force from now on."""
    fields = _fields(rules)
    hours = {name: f"{fields[name]:%H:%M}" for name in ("quiet_before", "quiet_after")}
    return {**fields, **hours, "seat": by.key}
