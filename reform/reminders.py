"""The only place that tells people something about an entry, and takes back what waits to be told.

Every function works in the caller's transaction: what is told and why stand or fall together.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import cast

from django.db import connection
from django.db.models import QuerySet

from reform import reminder_rules
from reform.models import Entry, Reminder
from reform.models.reminder import About, ReminderState
from reform.states import OPEN, SETTLED, Status
from schools import clock
from schools.models import Membership, User
from schools.roles import SCHOOL_ROLES, Role
from schools.workdays import Calendar

AT_ONCE = 1000  # entries or reminders of one statement

# Why something is no longer needed → what of it; the others end all that waits.
_ENDS = {
    "done": (
        About.due,
        About.returned,
        About.handed,
        About.sign,
        About.moved,
        About.asked,
        About.extension,
        About.nudge,
    ),
    "date moved": (About.due,),
    "reopened": (About.decided,),
}
_TOLD = {"return": About.returned, "reopen": About.returned, "accept": About.decided}


def cancel(
    entry_ids: "Iterable[int] | QuerySet[Entry]",
    why: str,
    *,
    person_ids: Sequence[int] | None = None,
    about: str | None = None,
    cause: int | None = None,
) -> int:
    """Take back what waits to be told about these entries; how many reminders that was.

    `why`: "done", "date moved", "reopened", "void", "closed", "withdrawn", "person ended",
    "superseded". The first three end only what they make needless. `about` narrows to one kind,
    `cause` to what comes from one event.
    """
    waiting = Reminder.objects.filter(state=ReminderState.waiting)
    if cause is not None:
        waiting = waiting.filter(cause=cause)
    if about is not None:
        waiting = waiting.filter(about=about)
    elif why in _ENDS:
        waiting = waiting.filter(about__in=_ENDS[why])
    if person_ids is not None:
        waiting = waiting.filter(person__in=person_ids)
    values = {"state": ReminderState.cancelled, "why": why, "settled_at": clock.now()}
    if isinstance(entry_ids, QuerySet):
        return waiting.filter(
            entry_id__in=entry_ids.order_by().values_list("pk", flat=True)
        ).update(**values)
    return sum(waiting.filter(entry_id__in=part).update(**values) for part in _parts(entry_ids))


def settle(taken: Sequence[int], values: dict[str, object]) -> None:
    """Settle those of these reminders that wait still.

    Chosen first and written by number: in one statement the table would be joined with itself, and
    where it is guessed empty, as after a plan that was rolled back, such a join never ends.
    """
    for start in range(0, len(taken), AT_ONCE):
        some = Reminder.objects.filter(pk__in=taken[start : start + AT_ONCE])
        some.filter(state=ReminderState.waiting).update(**values)


def bring_back(about: str, cause: int, people: Iterable[int]) -> int:
    """Let wait again what was taken back as done and is not; how many reminders that was.

    Only for these people: the post of another may have ended meanwhile.
    """
    ended = Reminder.objects.filter(
        about=about, cause=cause, state=ReminderState.cancelled, why="done", person__in=list(people)
    )
    return ended.update(state=ReminderState.waiting, why="", settled_at=None)


def tell(
    about: str,
    entry: Entry,
    *,
    people: Iterable[User],
    due_on: date,
    cause: int,
    role: str,
    place: str = "",
) -> int:
    """Write for each of these people what they must be told, once; how many had not been told.

    `role` and `place` (the key of their seat; by default the school's or its authority's) are why
    they hear it; `cause` the event, extension, nudge or comment that it comes from.
    """
    if not place:
        place = f"s{entry.school_id}" if role in SCHOOL_ROLES else f"r{entry.authority}"
    ids = dict.fromkeys(person.pk for person in people)
    if not ids:
        return 0
    same = (str(about), topic(entry.pk), entry.pk, due_on, cause, str(role), place, _moment())
    rows = ", ".join(["(%s, %s, %s, %s, 0, %s, %s, %s, %s, 'waiting', '', %s)"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reform_reminder (person_id, about, topic, entry_id, stage, due_on, cause, "
            f"role, place, state, why, planned_at) VALUES {rows} ON CONFLICT DO NOTHING",
            [value for person in ids for value in (person, *same)],
        )
        return int(cursor.rowcount)


def tell_schools(
    about: str, entry_ids: Iterable[int], *, cause: int, roles: Collection[str] = SCHOOL_ROLES
) -> int:
    """Tell whoever files or signs today for the schools of these entries, of the date they have.

    One statement for a thousand entries; how many reminders were written.
    """
    return sum(_tell_schools(about, part, cause, roles) for part in _parts(entry_ids))


def _tell_schools(about: str, entry_ids: Sequence[int], cause: int, roles: Collection[str]) -> int:
    today = clock.today()
    places, posts = (", ".join(["%s"] * len(some)) for some in (entry_ids, roles))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reform_reminder (person_id, about, topic, entry_id, stage, due_on, cause, "
            "role, place, state, why, planned_at) "
            "SELECT m.user_id, %s, 'entry:' || e.id, e.id, 0, e.due_on, %s, MIN(m.role), "
            "'s' || e.school_id, 'waiting', '', %s "
            "FROM reform_entry e JOIN schools_membership m ON m.school_id = e.school_id "
            "JOIN schools_user u ON u.id = m.user_id "
            f"WHERE e.id IN ({places}) AND m.role IN ({posts}) AND u.is_active "
            "AND m.starts_on <= %s "
            "AND (m.ends_on IS NULL OR m.ends_on >= %s) "
            "GROUP BY m.user_id, e.id, e.due_on, e.school_id ON CONFLICT DO NOTHING",
            [str(about), cause, _moment(), *entry_ids, *map(str, roles), today, today],
        )
        return int(cursor.rowcount)


def after_move(entry: Entry, was: int, verb: str, cause: int) -> None:
    """What a move of an entry means for its people; `was` its status before, `cause` the event."""
    if was in OPEN and entry.status not in OPEN:
        cancel([entry.pk], "done")
    elif was in SETTLED:
        cancel([entry.pk], "reopened")
    if entry.status == Status.awaiting_signoff:
        cancel([entry.pk], "done", about=About.handed)
        tell_schools(About.sign, [entry.pk], cause=cause, roles=(Role.secretary,))
    elif was == Status.awaiting_signoff:
        cancel([entry.pk], "done", about=About.sign)
    if verb == "hand_back":
        tell_schools(About.handed, [entry.pk], cause=cause, roles=(Role.filer,))
    if verb in _TOLD:
        tell_schools(_TOLD[verb], [entry.pk], cause=cause)


def readers(schools: Iterable[int]) -> dict[int, list[User]]:
    """School → who files or signs for it today, each once."""
    held = Membership.objects.live(clock.today()).filter(school__in=schools, role__in=SCHOOL_ROLES)
    found: dict[int, dict[int, User]] = {}
    for membership in held.select_related("user").order_by("pk"):
        assert membership.school_id is not None
        people = found.setdefault(membership.school_id, {})
        people.setdefault(membership.user_id, membership.user)
    return {school: list(people.values()) for school, people in found.items()}


def people_of(entry: Entry) -> list[User]:
    """Who files or signs for the school of an entry today, each once."""
    return readers([entry.school_id]).get(entry.school_id, [])


def in_hours(moment: datetime, authority: str) -> datetime:
    """`moment` where mail may go out there then, else the next time when it may."""
    return reminder_rules.of(authority).next_hours(moment, Calendar.days_of(authority))


def topic(entry_id: int) -> str:
    """What the reminders of an entry are filed under."""
    return f"entry:{entry_id}"


def _moment() -> str:
    return cast(str, connection.ops.adapt_datetimefield_value(clock.now()))


def _parts(entry_ids: Iterable[int]) -> Iterator[list[int]]:
    left = iter(entry_ids)
    while part := list(islice(left, AT_ONCE)):
        yield part
