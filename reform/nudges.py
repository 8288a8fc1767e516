"""The only place where officials write to the people of stuck entries: send, take back, release."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from reform import filings, history, outbox, policy, reminders, steering
from reform.history import NewEvent
from reform.models import Chain, Entry, Nudge
from reform.models.entry import listed
from reform.models.message import MessageKind
from reform.models.reminder import About
from reform.states import DUE_SOON_DAYS, OPEN, Keeper, Status
from schools import clock, scope
from schools.errors import Denied, Stale
from schools.models import School, User
from schools.names import by_name
from schools.roles import Role
from schools.scope import Seat

WAIT = timedelta(minutes=10)  # in which a nudge can be taken back
SOON = timedelta(days=DUE_SOON_DAYS)
MOST_AT_ONCE = 500
BATCH = 100  # schools released in one transaction


@dataclass
class Letter:
    """What one school will be told: its entries, and who reads it."""

    school: School
    entries: list[Entry] = field(default_factory=list)
    people: list[User] = field(default_factory=list)

    @property
    def mailed(self) -> list[User]:
        """Those who get it by mail too."""
        return [person for person in self.people if outbox.can_reach(person)]


def stuck(seat: Seat) -> "QuerySet[Entry]":
    """Open entries of the schools that exactly this authority reviews, as far as they are owed.

    `nudged` says whether one went out, or waits to go, today; `going` when it goes.
    """
    today = clock.today()
    there = Nudge.objects.filter(entry=OuterRef("pk"), day=today, taken_back_at=None)
    return (
        scope.rows(Entry.objects.all(), seat)
        .filter(
            listed(today),
            authority=seat.place_code,
            status__in=OPEN,
            keeper=Keeper.school,
            slot__opens_on__lte=today,
        )
        .annotate(
            nudged=Exists(there),
            going=Subquery(there.filter(sent_at=None).values("goes_at")[:1]),
        )
    )


def letters(entries: Iterable[Entry]) -> list[Letter]:
    """One letter a school, by its name; `entries` with school and slot__item. One query."""
    found: dict[int, Letter] = {}
    for entry in entries:
        found.setdefault(entry.school_id, Letter(entry.school)).entries.append(entry)
    for school, people in reminders.readers(found).items():
        found[school].people = people
    return sorted(found.values(), key=lambda one: (by_name(one.school.name), one.school.code))


def goes_at(authority: str) -> datetime:
    """When a nudge sent now goes out: after the time to take it back, inside the hours of mail."""
    return reminders.in_hours(clock.now() + WAIT, authority)


def send(entry_ids: Sequence[int], *, by: Seat, reason: str, key: str = "") -> list[Nudge]:
    """Write to the people of these entries; it waits until `goes_at`, so that it can be taken back.

    At most one a day and entry: those already told today are left out. ValidationError names
    "reason"; Denied where one is no longer stuck or belongs to another authority.
    """
    steering.check_reason(reason)
    wanted = sorted(set(entry_ids))[:MOST_AT_ONCE]
    asked = {"do": "nudge", "entries": wanted, "text": reason}
    with transaction.atomic():
        entries = _take(wanted)
        if answer := filings.answered(by.user, key, asked):
            return list(Nudge.objects.filter(pk__in=answer["nudges"]))
        for entry in entries:
            policy.require(by, "nudge", entry)
        day, moment = clock.today(), clock.now()
        told = Nudge.objects.filter(entry__in=entries, day=day, taken_back_at=None)
        already = set(told.values_list("entry_id", flat=True))
        fresh = [entry for entry in entries if entry.pk not in already]
        if not fresh:
            raise Stale(_("All of them were written to today; once a day is the limit."))
        at = goes_at(by.place_code)
        made = Nudge.objects.bulk_create(
            Nudge(entry=entry, by=by.user, reason=reason.strip(), at=moment, day=day, goes_at=at)
            for entry in fresh
        )
        _write_history("nudge", fresh, by, {n.entry_id: n.pk for n in made}, reason)
        filings.remember(by.user, key, asked, {"nudges": [nudge.pk for nudge in made]})
    return made


def take_back(nudge_ids: Sequence[int], *, by: Seat) -> int:
    """Take back what has not gone yet; how many that were."""
    with transaction.atomic():
        mine = Nudge.objects.filter(pk__in=nudge_ids, entry__authority=by.place_code)
        entries = _take(sorted(mine.values_list("entry_id", flat=True)))
        waiting = list(mine.filter(sent_at=None, taken_back_at=None, goes_at__gt=clock.now()))
        if not by.has("nudge"):
            raise Denied(_("Your post here does not include this step."))
        if not waiting:
            raise Stale(_("It has gone out already."))
        Nudge.objects.filter(pk__in=[n.pk for n in waiting]).update(taken_back_at=clock.now())
        back = {nudge.entry_id: nudge.pk for nudge in waiting}
        gone = [entry for entry in entries if entry.pk in back]
        _write_history("nudge_back", gone, by, back, "")
    return len(waiting)


def release() -> tuple[bool, str]:
    """Send what has waited long enough: inbox and mail; what is no longer stuck falls away."""
    due = Nudge.objects.filter(sent_at=None, taken_back_at=None, goes_at__lte=clock.now())
    schools = list(
        due.order_by("entry__school_id").values_list("entry__school_id", flat=True).distinct()
    )
    sent = sum(
        _release(due, schools[start : start + BATCH]) for start in range(0, len(schools), BATCH)
    )
    return True, f"nudges: {sent}" if sent else ""


def _release(due: "QuerySet[Nudge]", schools: Sequence[int]) -> int:
    with transaction.atomic():
        history.lock(f"school:{pk}" for pk in schools)
        ripe = list(
            due.filter(entry__school__in=schools)
            .select_related("entry__slot__campaign", "entry__school", "by")
            .order_by("pk")
        )
        stuck_now = [nudge for nudge in ripe if _is_stuck(nudge.entry)]
        idle = [nudge.pk for nudge in ripe if nudge not in stuck_now]
        Nudge.objects.filter(pk__in=idle).update(taken_back_at=clock.now())
        Nudge.objects.filter(pk__in=[n.pk for n in stuck_now]).update(sent_at=clock.now())
        people = reminders.readers({nudge.entry.school_id for nudge in stuck_now})
        letters: dict[tuple[int, int, datetime], list[Nudge]] = {}
        for nudge in stuck_now:
            readers_here = people.get(nudge.entry.school_id, [])
            reminders.tell(
                About.nudge,
                nudge.entry,
                people=readers_here,
                due_on=nudge.entry.due_on,
                cause=nudge.pk,
                role=Role.filer,
            )
            for person in readers_here:
                if outbox.can_reach(person):
                    letters.setdefault((person.pk, nudge.by_id, nudge.at), []).append(nudge)
        known = {person.pk: person for group in people.values() for person in group}
        for (person_pk, _by, _at), nudges in letters.items():
            data = {"nudges": [nudge.pk for nudge in nudges]}
            outbox.post(known[person_pk], MessageKind.nudge, str(nudges[0].pk), data=data)
    return len(stuck_now)


def _is_stuck(entry: Entry) -> bool:
    return entry.status in OPEN and entry.is_listed(clock.today())


def _take(entry_ids: Sequence[int]) -> list[Entry]:
    """Lock the chains of their schools, then read."""
    schools = Entry.objects.filter(pk__in=entry_ids).values_list("school_id", flat=True)
    history.lock(f"school:{pk}" for pk in schools)
    rows = Entry.objects.select_related("slot__campaign", "slot__item", "school", "report")
    return list(rows.filter(pk__in=entry_ids).order_by("school_id", "pk"))


def _write_history(
    verb: str, entries: Sequence[Entry], by: Seat, nudges: dict[int, int], reason: str
) -> None:
    chains: dict[str, Chain] = history.lock(f"school:{entry.school_id}" for entry in entries)
    history.append_each(
        [
            (
                chains[f"school:{entry.school_id}"],
                NewEvent(
                    verb,
                    by.user,
                    entry.pk,
                    Status(entry.status).name,
                    Status(entry.status).name,
                    {"nudge": nudges[entry.pk], "seat": by.key},
                    reason.strip(),
                ),
            )
            for entry in entries
        ]
    )
