"""The only place that reminds of terms of office: it states what should exist now, and words it.

`schools` knows the terms and nothing of reminders. Here they are compared, as often as asked: what
is missing is written, what no longer holds is cancelled. Another end on record is another date.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform.models import Pulse, Reminder
from reform.models.reminder import About, ReminderState
from reform.reminders import settle
from schools import clock, terms_of_office
from schools.terms_of_office import LAST, NOTICE, OVER, STAGES

PULSE = "plan terms"
SHARE = 100  # it looks again after a hundred times what the last look took, and each new day

ENDS = (
    "CASE WHEN b.extension_no <> '' AND b.extension_until > b.term_end "
    "THEN b.extension_until ELSE b.term_end END"
)
RUNS = (
    "b.removed_at IS NULL AND b.host_id IS NULL AND NOT (b.form = 'joint' AND b.host_name <> '') "
    "AND (b.since IS NULL OR b.since <= %(today)s) AND (b.until IS NULL OR b.until >= %(today)s)"
)
_OPEN = "(s.closed_on IS NULL OR s.closed_on > %(today)s)"
_LIVE = "u.is_active AND m.starts_on <= %(today)s AND (m.ends_on IS NULL OR m.ends_on >= %(today)s)"
# Sorted by person first, which no step before it is: so all is looked up before the first row is
# written, and a look that writes much does not read again and again what it wrote itself.
_INSERT = (
    f"WITH terms AS (SELECT b.id, b.school_id, s.authority_id, {ENDS} AS ends "
    "FROM schools_branch b JOIN schools_school s ON s.id = b.school_id "
    f"WHERE b.term_end <= %(notice)s AND {RUNS} AND {_OPEN}), "
    "due AS (SELECT id, school_id, authority_id, ends, CASE WHEN ends <= %(over)s THEN {OVER} "
    "WHEN ends <= %(last)s THEN {LAST} ELSE {NOTICE} END AS stage "
    "FROM terms WHERE ends <= %(notice)s), "
    "held AS (SELECT due.id, m.user_id, CASE m.role WHEN 'filer' THEN 0 ELSE 1 END AS nth "
    "FROM due JOIN schools_membership m ON m.school_id = due.school_id "
    f"JOIN schools_user u ON u.id = m.user_id WHERE {_LIVE} "
    "UNION ALL SELECT due.id, m.user_id, 2 AS nth FROM due JOIN schools_membership m "
    "ON m.region_id = due.authority_id AND m.role = 'reviewer' "
    f"JOIN schools_user u ON u.id = m.user_id WHERE due.stage = {{OVER}} AND {_LIVE}), "
    "heard AS (SELECT id, user_id, MIN(nth) AS nth FROM held GROUP BY id, user_id) "
    "INSERT INTO reform_reminder (person_id, about, topic, branch_id, stage, due_on, cause, role, "
    "place, state, why, planned_at) SELECT h.user_id, 'term', 'branch:' || d.id, d.id, d.stage, "
    "d.ends, 0, CASE h.nth WHEN 0 THEN 'filer' WHEN 1 THEN 'secretary' ELSE 'reviewer' END, "
    "CASE WHEN h.nth < 2 THEN 's' || d.school_id ELSE 'r' || d.authority_id END, 'waiting', '', "
    "%(now)s FROM due d JOIN heard h ON h.id = d.id "
    "WHERE NOT COALESCE((SELECT r.state <> 'cancelled' FROM reform_reminder r "
    "WHERE r.person_id = h.user_id AND r.topic = 'branch:' || d.id AND r.about = 'term' "
    "AND r.stage = d.stage AND r.due_on = d.ends AND r.cause = 0), FALSE) "
    "ORDER BY h.user_id, d.id "
    "ON CONFLICT (person_id, topic, about, stage, due_on, cause) DO UPDATE SET state = 'waiting', "
    "why = '', settled_at = NULL, role = excluded.role, place = excluded.place "
    "WHERE reform_reminder.state = 'cancelled'"
).format(OVER=OVER, LAST=LAST, NOTICE=NOTICE)
# Rows that a sender settles just now are left to the next look. All of it is asked row by row and
# settled by number: as a join it is as slow as the guess of how many rows there are is wrong.
_SUPERSEDED = (
    "SELECT r.id FROM reform_reminder r WHERE r.state = 'waiting' AND r.about = 'term' AND "
    "COALESCE((SELECT TRUE FROM reform_reminder n WHERE n.person_id = r.person_id "
    "AND n.topic = r.topic AND n.about = 'term' AND n.due_on = r.due_on AND n.stage > r.stage "
    "AND n.state IN ('waiting', 'told') LIMIT 1), FALSE) {skip}"
)
_NEEDLESS = (
    "SELECT r.id FROM reform_reminder r WHERE r.state = 'waiting' AND r.about = 'term' AND "
    "COALESCE((SELECT TRUE FROM schools_branch b JOIN schools_school s ON s.id = b.school_id "
    "WHERE b.id = r.branch_id AND ({when})), FALSE) {skip}"
)
_NO_POST = (
    "NOT EXISTS (SELECT 1 FROM schools_membership m JOIN schools_user u ON u.id = m.user_id "
    f"WHERE m.user_id = r.person_id AND {_LIVE} AND (m.school_id = b.school_id "
    "AND r.place = 's' || b.school_id OR m.role = 'reviewer' AND m.region_id = s.authority_id "
    "AND r.place = 'r' || s.authority_id))"
)
# Why something that waits is no longer needed, and when that is so.
_ENDED = (
    ("branch ended", f"NOT ({RUNS}) OR NOT {_OPEN}"),
    ("date moved", f"b.term_end IS NULL OR {ENDS} <> r.due_on"),
    ("person ended", _NO_POST),
)


def plan(now: datetime) -> int:
    """Write what ought to be told by now, cancel what no longer holds; how many were written."""
    if not _time_to_look(now):
        return 0
    started = clock.now()
    written = write(now)
    Pulse.objects.update_or_create(
        name=PULSE, defaults={"started_at": started, "finished_at": clock.now(), "ok": True}
    )
    return written


def _time_to_look(now: datetime) -> bool:
    last = Pulse.objects.filter(name=PULSE).first()
    if last is None or last.started_at is None or last.finished_at is None:
        return True
    if clock.local_date(last.started_at) != clock.local_date(now):
        return True
    took = last.finished_at - last.started_at
    return not timedelta() <= now - last.finished_at < SHARE * took


def write(now: datetime) -> int:
    """The comparison itself, in one transaction."""
    today = clock.local_date(now)
    names = {NOTICE: "notice", LAST: "last", OVER: "over"}
    values: dict[str, Any] = {names[stage]: terms_of_office.reach(stage, today) for stage in STAGES}
    values |= {"today": today, "now": connection.ops.adapt_datetimefield_value(now)}
    skip = "FOR UPDATE OF r SKIP LOCKED" if connection.vendor == "postgresql" else ""
    with transaction.atomic(), connection.cursor() as cursor:
        if skip:  # compiling the statement would take longer than running it
            cursor.execute("SET LOCAL jit = off")
        for why, when in _ENDED:
            cursor.execute(_NEEDLESS.format(when=when, skip=skip), values)
            ended = {"state": ReminderState.cancelled, "why": why, "settled_at": now}
            settle([pk for (pk,) in cursor.fetchall()], ended)
        cursor.execute(_INSERT, values)
        written = int(cursor.rowcount)
        if written < 0:  # SQLite counts no rows of a statement that begins with WITH
            written = int(cursor.execute("SELECT changes()").fetchone()[0])
        if written:
            cursor.execute(_SUPERSEDED.format(skip=skip), values)
            older = {"state": ReminderState.superseded, "settled_at": now}
            settle([pk for (pk,) in cursor.fetchall()], older)
    return written


def explained(since: date, today: date) -> set[tuple[int, date]]:
    """Stages that the calendar alone has brought up from a day until today: (stage, end)."""
    near = (today + timedelta(days=n) for n in range((since - today).days - 1, 200))
    return {
        (stage, end)
        for end in near
        for stage in STAGES
        if since <= terms_of_office.comes_up(end, stage) <= today
    }


def cancel(waiting: "QuerySet[Reminder]") -> int:
    """Take back what somebody whose post ends waits to be told of terms."""
    mine = waiting.filter(about=About.term)
    return mine.update(state=ReminderState.cancelled, why="person ended", settled_at=clock.now())


# ---- whether one still holds: the same rule as above, for rows and for the inbox


def holds(one: Reminder, today: date) -> bool:
    """Whether the term of a reminder still ends on its date."""
    if one.branch is None or not terms_of_office.has_term(one.branch, today):
        return False
    closed = one.branch.school.closed_on
    return (closed is None or closed > today) and terms_of_office.ends(one.branch) == one.due_on


def standing(today: date) -> Q:
    """The same for a queryset of reminders."""
    approved = ~Q(branch__extension_no="") & Q(branch__extension_until__gt=F("branch__term_end"))
    began = Q(branch__since=None) | Q(branch__since__lte=today)
    goes_on = Q(branch__until=None) | Q(branch__until__gte=today)
    end = approved & Q(branch__extension_until=F("due_on"))
    end |= ~approved & Q(branch__term_end=F("due_on"))
    own = terms_of_office.not_joined("branch__")
    return Q(about=About.term, branch__removed_at=None) & own & began & goes_on & end


# ---- words


class Said(NamedTuple):
    """What a letter says of some terms: a sentence, names, the page by name, its light."""

    said: str
    names: list[str]
    page: str
    light: str


def sentence(one: Reminder, today: date) -> str:
    """How long a term has left, or that it is over; the bare date when that changed meanwhile."""
    day = {"day": one.due_on.isoformat()}
    if not holds(one, today):
        return _("It was about a term of office that ended on %(day)s.") % day
    return how_far(one.due_on, today)


def how_far(end: date, today: date) -> str:
    day, n = end.isoformat(), (end - today).days
    if n < 0:
        return _(
            "The term of office was over on %(day)s; no election and no approved extension is on "
            "record since."
        ) % {"day": day}
    return ngettext(
        "The term of office ends on %(day)s, %(n)d day left.",
        "The term of office ends on %(day)s, %(n)d days left.",
        n,
    ) % {"day": day, "n": n}


def stage_words(stage: int) -> str:
    """A stage: "6 months before the end of the term"."""
    if stage == OVER:
        return _("when the term was over")
    said = ngettext(
        "%(n)d month before the end of the term", "%(n)d months before the end of the term", -stage
    )
    return said % {"n": -stage}


def of_school(reminders: Iterable[Reminder], today: date) -> list[Said]:
    """What a school's own people read of its terms in a letter: those over, those near."""
    terms = sorted({(one.due_on, str(one.branch)) for one in reminders})
    over = [(end, name) for end, name in terms if end < today]
    near = [(end, name) for end, name in terms if end >= today]
    found = []
    if over:
        said = ngettext(
            "%(n)d term of office is over: hold the election.",
            "%(n)d terms of office are over: hold the elections.",
            len(over),
        )
        found.append(Said(said % {"n": len(over)}, _named(over), "school_terms", "late"))
    if near:
        said = ngettext(
            "%(n)d term of office ends by %(day)s: prepare the election.",
            "%(n)d terms of office end by %(day)s: prepare the elections.",
            len(near),
        )
        words = {"n": len(near), "day": near[-1][0].isoformat()}
        found.append(Said(said % words, _named(near), "school_terms", "due"))
    return found


def of_region(schools: Iterable[str]) -> list[Said]:
    """What an official reads: in which schools terms are over, by name."""
    names = list(schools)
    if not names:
        return []
    said = ngettext(
        "%(n)d school has a term of office that is over.",
        "%(n)d schools have terms of office that are over.",
        len(names),
    )
    return [Said(said % {"n": len(names)}, names, "terms_of_office", "late")]


def _named(terms: Iterable[tuple[date, str]]) -> list[str]:
    words = _("%(branch)s (%(day)s)")
    return [words % {"branch": name, "day": end.isoformat()} for end, name in terms]
