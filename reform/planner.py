"""The only place that plans reminders: it states what ought to be told by now, however often asked.

Nothing is scheduled. A host that was off, two planners at once or an emptied broker change nothing:
a reminder is its key (person, entry, stage, date), and what is there is left alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from reform import (
    blast_guard,
    clock_guard,
    reminder_rules,
    reminders,
    statistics,
    term_reminders,
)
from reform.models import Entry, Pulse, Reminder, Tally
from reform.models.campaign import CampaignState
from reform.models.entry import listed
from reform.models.reminder import About, ReminderState
from reform.reminder_rules import BITS, HEARERS, OF_SCHOOL, Rules
from reform.states import OPEN, Keeper
from schools import clock
from schools.models import Membership
from schools.models.regions import NATION
from schools.models.schools import SchoolKind
from schools.workdays import Calendar

LOOK_BACK = timedelta(days=30)
WINDOW = timedelta(days=110)  # no stage lies farther from its date, holidays included
AUTHORITIES_AT_ONCE = 500
DATES_AT_ONCE = 20
SHARE = 10  # the full look is taken again after ten times what the last one took
PULSE, FULL_PULSE = "plan", "full plan"
OWING = (CampaignState.open, CampaignState.closed)  # a closed one where an entry was readmitted


@dataclass
class Round:
    """One planning: its moment, what it has to look at, and what came of it."""

    now: datetime
    since: datetime | None  # only stages that came up later; None: all of the last 30 days
    usual_since: datetime  # midnight before the last working day: what the calendar explains
    explained: set[tuple[int, date]] = field(default_factory=set)
    written: int = 0


class Pair(NamedTuple):
    """What people who hold the roles of `mask` are told by now of a date: a stage and its state."""

    due_on: date
    mask: int
    stage: int
    role: str
    place: str  # "s": as one of the school; "r": of its authority
    state: str


def plan() -> tuple[bool, str]:
    """A step of the round: write what ought to be told by now. (nothing wrong, what to read)."""
    reading = clock_guard.read()
    if fault := clock_guard.settle(reading):
        return False, _("Reminders are held: %(fault)s") % {"fault": fault}
    now = reading.wall
    round_ = Round(now, _since(now), _last_working_day(now))
    last = Pulse.objects.filter(name=PULSE).values_list("started_at", flat=True).first()
    if last is None or last < round_.usual_since:
        blast_guard.brace()
    for source in SOURCES:
        source(round_)
    statistics.renew(Reminder, round_.written)
    full = round_.since is None
    if full:
        _let_go(now)
    if round_.written or full:
        blast_guard.weigh(round_.usual_since, round_.explained)
    _beat(PULSE, now)
    if full:
        _beat(FULL_PULSE, now)
    return True, f"reminders: {round_.written}" if round_.written else ""


def _since(now: datetime) -> datetime | None:
    """The moment of the last plan; None when all has to be looked at again.

    What came to be owed by other ways than a stage coming up (a late joiner, a new colleague, a
    campaign that was reopened) is found by the full look, which may take a tenth of the time.
    """
    pulses = {pulse.name: pulse for pulse in Pulse.objects.filter(name__in=(PULSE, FULL_PULSE))}
    last, full = pulses.get(PULSE), pulses.get(FULL_PULSE)
    if not last or not full or not last.started_at or not full.started_at or not full.finished_at:
        return None
    took = full.finished_at - full.started_at
    if last.started_at > now or not timedelta() <= now - full.finished_at < SHARE * took:
        return None
    return last.started_at


def _beat(name: str, started: datetime) -> None:
    Pulse.objects.update_or_create(
        name=name, defaults={"started_at": started, "finished_at": clock.now(), "ok": True}
    )


def _last_working_day(now: datetime) -> datetime:
    day = Calendar.days_of(NATION).add(clock.local_date(now), -1)
    return datetime.combine(day, datetime.min.time(), tzinfo=clock.SHANGHAI)


# ---- due dates of entries


def due_dates(round_: Round) -> None:
    """Reminders of entries that are owed: by their authority's rules and working days."""
    today = clock.local_date(round_.now)
    near = (today - WINDOW, today + WINDOW)
    cells = Tally.objects.filter(
        bucket__in=OPEN, n__gt=0, due_on__range=near, campaign__state__in=OWING
    ).order_by()
    kept = Entry.objects.filter(
        school__kind=SchoolKind.bureau,
        keeper=Keeper.district,
        status__in=OPEN,
        due_on__range=near,
    ).order_by()
    bureaus = set(kept.values_list("authority", "due_on").distinct())
    days = set(cells.values_list("due_on", flat=True).distinct()) | {day for _at, day in bureaus}
    codes = set(cells.values_list("authority", flat=True).distinct()) | {at for at, _day in bureaus}
    rules, calendars = reminder_rules.of_each(codes), Calendar.of_each(codes)
    alike: dict[tuple[object, ...], list[str]] = {}
    for code in sorted(codes):
        alike.setdefault((*rules[code].timing, id(calendars[code])), []).append(code)
    for authorities in alike.values():
        first = authorities[0]
        pairs = _pairs(round_, rules[first], calendars[first], sorted(days))
        for start in range(0, len(authorities), AUTHORITIES_AT_ONCE):
            some = authorities[start : start + AUTHORITIES_AT_ONCE]
            for part in _parts(pairs):
                round_.written += _write(round_.now, part, some)


def _pairs(
    round_: Round, rules: Rules, calendar: Calendar, days: Iterable[date]
) -> dict[date, list[Pair]]:
    """Due date → what each kind of person is told by now; the latest stage waits, others passed."""
    found: dict[date, list[Pair]] = {}
    for day in days:
        up = rules.come_up(day, calendar, round_.now - LOOK_BACK, round_.now)
        late = {(stage.days, day) for stage, moment in up if moment >= round_.usual_since}
        round_.explained |= late
        if not up or (round_.since and up[-1][1] <= round_.since):
            continue
        pairs = found.setdefault(day, [])
        for mask in range(1, 1 << len(HEARERS)):
            heard = [stage for stage, _moment in up if stage.mask & mask]
            for stage in heard:
                role = next(one for one in HEARERS if BITS[one] & mask & stage.mask)
                place = "s" if BITS[role] & OF_SCHOOL else "r"
                state = ReminderState.waiting if stage is heard[-1] else ReminderState.superseded
                pairs.append(Pair(day, mask, stage.days, str(role), place, str(state)))
    return {day: pairs for day, pairs in found.items() if pairs}


def _parts(pairs: dict[date, list[Pair]]) -> Iterable[list[Pair]]:
    days = sorted(pairs)
    for start in range(0, len(days), DATES_AT_ONCE):
        yield [pair for day in days[start : start + DATES_AT_ONCE] for pair in pairs[day]]


_OWED = (
    "e.status IN (0, 1, 2, 3) AND e.left_at IS NULL AND (c.state = 'open' OR "
    "(c.state = 'closed' AND e.readmitted_until >= %s)) AND sl.withdrawn_at IS NULL "
    "AND sl.opens_on <= %s AND (sc.closed_on IS NULL OR sc.closed_on > %s)"
)
_FROM_TALLY = (
    "SELECT e.id, e.school_id, e.authority, e.due_on FROM reform_tally t "
    "JOIN reform_slot sl ON sl.id = t.slot_id JOIN reform_campaign c ON c.id = t.campaign_id "
    "JOIN reform_entry e ON e.slot_id = t.slot_id AND e.authority = t.authority "
    "AND e.status = t.bucket AND e.due_on = t.due_on "
    "JOIN schools_school sc ON sc.id = e.school_id "
    "WHERE t.n > 0 AND t.bucket IN (0, 1, 2, 3) AND t.due_on IN ({days}) "
    f"AND t.authority IN ({{codes}}) AND e.counted AND e.keeper <> 2 AND {_OWED}"
)
_OF_BUREAUS = (
    "SELECT e.id, e.school_id, e.authority, e.due_on FROM schools_school sc "
    "JOIN reform_entry e ON e.school_id = sc.id "
    "JOIN reform_slot sl ON sl.id = e.slot_id JOIN reform_campaign c ON c.id = sl.campaign_id "
    "WHERE sc.kind = 'bureau' AND e.keeper = 2 AND e.due_on IN ({days}) "
    f"AND e.authority IN ({{codes}}) AND {_OWED}"
)
_HELD = (
    "SELECT o.id, o.due_on, o.school_id, o.authority, m.user_id, "
    "CASE m.role {bits} ELSE 0 END AS bit FROM owed o "
    "JOIN schools_membership m ON {place} JOIN schools_user u ON u.id = m.user_id "
    "WHERE u.is_active AND m.starts_on <= %s AND (m.ends_on IS NULL OR m.ends_on >= %s)"
)
# Asked row by row through the whole key. As a join it is as slow as its guess of the table's size
# is wrong: the first day's plan of all read again and again what it was writing itself.
_THERE = (
    "(SELECT r.state <> 'cancelled' OR p.state <> 'waiting' FROM reform_reminder r "
    "WHERE r.person_id = h.user_id AND r.topic = 'entry:' || h.id AND r.about = 'due' "
    "AND r.stage = p.stage AND r.due_on = h.due_on AND r.cause = 0)"
)
_INSERT = (
    "WITH pairs(due_on, mask, stage, role, place, state) AS (VALUES {pairs}), "
    "owed AS ({owed}), held AS ({held}), "
    "heard AS (SELECT id, due_on, school_id, authority, user_id, SUM(DISTINCT bit) AS mask "
    "FROM held GROUP BY id, due_on, school_id, authority, user_id) "
    "INSERT INTO reform_reminder (person_id, about, topic, entry_id, stage, due_on, cause, role, "
    "place, state, why, planned_at, settled_at) "
    "SELECT h.user_id, 'due', 'entry:' || h.id, h.id, p.stage, h.due_on, 0, p.role, "
    "CASE p.place WHEN 's' THEN 's' || h.school_id ELSE 'r' || h.authority END, p.state, '', %s, "
    "CASE p.state WHEN 'superseded' THEN %s END "
    "FROM heard h JOIN pairs p ON p.due_on = h.due_on AND p.mask = h.mask "
    f"WHERE NOT COALESCE({_THERE}, FALSE) "
    "ORDER BY h.id, h.user_id, p.stage "
    "ON CONFLICT (person_id, topic, about, stage, due_on, cause) DO UPDATE "
    "SET state = excluded.state, why = '', settled_at = NULL, role = excluded.role, "
    "place = excluded.place "
    "WHERE reform_reminder.state = 'cancelled' AND excluded.state = 'waiting'"
)
# A later stage takes the place of one that still waits. Rows that somebody settles just now are
# left to the next plan, so that no filing waits for a plan, nor a plan for it. Row by row, too: the
# table may be guessed empty, as after a plan that was rolled back, and a join then never ends.
_SUPERSEDED = (
    "SELECT r.id FROM reform_reminder r WHERE r.state = 'waiting' AND r.about = 'due' AND "
    "COALESCE((SELECT TRUE FROM reform_reminder n WHERE n.person_id = r.person_id "
    "AND n.topic = r.topic AND n.about = 'due' AND n.due_on = r.due_on AND n.stage > r.stage "
    "AND n.state IN ('waiting', 'told') LIMIT 1), FALSE) {skip}"
)


def _write(now: datetime, pairs: Sequence[Pair], authorities: Sequence[str]) -> int:
    """Write what is missing for some authorities, in one transaction; how many reminders.

    It starts from the tally's open cells of these dates, then takes the entries by slot and
    authority; those that bureaus keep for themselves are in no tally and come beside it.
    """
    moment = connection.ops.adapt_datetimefield_value(now)
    today = clock.local_date(now)
    days = sorted({pair.due_on for pair in pairs})
    where = {"days": _places(days), "codes": _places(authorities)}
    bits = " ".join(f"WHEN '{role}' THEN {bit}" for role, bit in BITS.items())
    posts = ["m.school_id = o.school_id"]
    if any(pair.place == "r" for pair in pairs):
        posts.append("m.region_id = o.authority")
    sql = _INSERT.format(
        pairs=", ".join(f"({_places(pair)})" for pair in pairs),
        owed=f"{_FROM_TALLY} UNION ALL {_OF_BUREAUS}".format(**where),
        held=" UNION ALL ".join(_HELD.format(bits=bits, place=place) for place in posts),
    )
    params: list[Any] = [value for pair in pairs for value in pair]
    params += [*days, *authorities, today, today, today] * 2
    params += [today] * 2 * len(posts) + [moment, moment]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        written = int(cursor.rowcount)
        if written < 0:  # SQLite counts no rows of a statement that begins with WITH
            written = int(cursor.execute("SELECT changes()").fetchone()[0])
        if written:
            skip = "FOR UPDATE OF r SKIP LOCKED" if connection.vendor == "postgresql" else ""
            cursor.execute(_SUPERSEDED.format(skip=skip))
            older = [pk for (pk,) in cursor.fetchall()]
            reminders.settle(older, {"state": ReminderState.superseded, "settled_at": now})
    return written


def _places(values: Iterable[object]) -> str:
    return ", ".join("%s" for _value in values)


# ---- what came to an end by other doors


def _let_go(now: datetime) -> None:
    """Take back what waits for people without the post, and of dates that are owed no more."""
    today = clock.local_date(now)
    waiting = Reminder.objects.filter(state=ReminderState.waiting)
    ended = {"state": ReminderState.cancelled, "settled_at": now}
    there = Q(school=OuterRef("entry__school"))
    there |= Q(region=OuterRef("entry__authority"), role=OuterRef("role"))
    posts = Membership.objects.live(today).filter(there, user=OuterRef("person"))
    left = waiting.exclude(entry=None).exclude(Exists(posts))
    _update(left, {**ended, "why": "person ended"})
    owed = Entry.objects.filter(
        listed(today),
        pk=OuterRef("entry"),
        due_on=OuterRef("due_on"),
        status__in=OPEN,
    )
    due = waiting.filter(about=About.due)
    _update(due.exclude(Exists(owed)), {**ended, "why": "done"})
    _update(due.filter(entry__school__closed_on__lte=today), {**ended, "why": "closed"})


def _update(found: "QuerySet[Reminder]", values: dict[str, object]) -> None:
    """Settle reminders that nobody else settles just now."""
    with transaction.atomic():
        free = found.select_for_update(skip_locked=True, of=("self",), no_key=True)
        reminders.settle(list(free.order_by("pk").values_list("pk", flat=True)), values)


# ---- terms of office


def terms_of_office(round_: Round) -> None:
    """Reminders of the terms of office in the registers of schools."""
    since, today = clock.local_date(round_.usual_since), clock.local_date(round_.now)
    round_.written += term_reminders.plan(round_.now)
    round_.explained |= term_reminders.explained(since, today)


# Where dates come from; other registers with dates of their own join here.
SOURCES: tuple[Callable[[Round], None], ...] = (due_dates, terms_of_office)
