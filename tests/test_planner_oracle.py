"""The planner against an oracle of plain Python, over counties, moves and outages made at random.

The oracle knows the rules only: it walks people, entries and stages one by one, asks no database
and shares no code with the planner but the calendar.
"""

from collections import namedtuple
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reform import planner, tallies
from reform.models import Entry, Pulse, Reminder, ReminderPolicy
from reform.states import Status
from schools import clock
from schools.models import CalendarDay, Membership
from schools.workdays import Calendar
from tests import world

pytestmark = [pytest.mark.database, pytest.mark.django_db]

FIRST = date(2026, 10, 26)
DEFAULTS = {-15: "f", -7: "f", -3: "fs", 0: "fs", 1: "fs", 5: "r"}
OWN = {-4: "s", -1: "fr", 2: "sr"}
LETTERS = {"filer": "f", "secretary": "s", "reviewer": "r"}
Key = namedtuple("Key", "person entry stage due_on")


# ---- the oracle: what a careful clerk with a calendar on the wall would write


class Oracle:
    """Keeps the book by hand: key → waiting, told, superseded or cancelled."""

    def __init__(self, rules, calendars):
        self.rules, self.calendars, self.book = rules, calendars, {}

    def come_up(self, entry, now):
        """(day's stage, who) that have come up in the last thirty days, the earliest first."""
        calendar, rules = self.calendars[entry.authority], self.rules[entry.authority]
        for stage, letters in sorted(rules.items()):
            day = entry.due_on
            for _step in range(abs(stage)):
                day += timedelta(1 if stage > 0 else -1)
                while not calendar.is_workday(day):
                    day += timedelta(1 if stage > 0 else -1)
            while not calendar.is_workday(day):
                day -= timedelta(1)
            moment = datetime.combine(day, time(8, 30), tzinfo=clock.SHANGHAI)
            if now - timedelta(days=30) <= moment <= now:
                yield stage, letters

    def plan(self, entries, posts, now):
        today = now.astimezone(clock.SHANGHAI).date()
        for entry in entries:
            if entry.status > Status.awaiting_signoff:
                continue
            people = {}
            for post in posts:
                here = entry.school_id if post.school_id else entry.authority
                live = post.starts_on <= today and (not post.ends_on or post.ends_on >= today)
                if live and here == (post.school_id or post.region_id):
                    people.setdefault(post.user_id, set()).add(LETTERS[post.role])
            for person, letters in people.items():
                up = [stage for stage, who in self.come_up(entry, now) if letters & set(who)]
                for stage in up:
                    key = Key(person, entry.pk, stage, entry.due_on)
                    if stage == up[-1] and self.book.get(key) in (None, "cancelled"):
                        self.book[key] = "waiting"
                    self.book.setdefault(key, "superseded")
                for key, state in list(self.book.items()):
                    later = any(
                        other[:2] == key[:2]
                        and other.due_on == key.due_on
                        and other.stage > key.stage
                        and self.book[other] in ("waiting", "told")
                        for other in self.book
                    )
                    if state == "waiting" and later:
                        self.book[key] = "superseded"
        for key, state in self.book.items():
            entry = next(one for one in entries if one.pk == key.entry)
            owed = entry.status <= Status.awaiting_signoff and entry.due_on == key.due_on
            there = any(
                post.user_id == key.person
                and (not post.ends_on or post.ends_on >= today)
                and (post.school_id == entry.school_id or post.region_id == entry.authority)
                for post in posts
            )
            if state == "waiting" and not (owed and there):
                self.book[key] = "cancelled"

    def send(self):
        """All that waits is told."""
        self.book = {k: "told" if v == "waiting" else v for k, v in self.book.items()}


# ---- counties, and what happens to them

ENTRIES = st.lists(st.integers(5, 40), min_size=1, max_size=3)  # days from FIRST
PEOPLE = st.lists(st.sampled_from(["filer", "secretary", "both"]), min_size=1, max_size=2)
COUNTY = st.lists(st.tuples(PEOPLE, ENTRIES), min_size=2, max_size=3)
WHICH = st.integers(0, 9)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(600, 6 * 24 * 60)),  # minutes, the planner off or on
        st.tuples(st.just("pass"), st.integers(1, 12 * 24 * 60)),
        st.tuples(st.sampled_from(["send", "sent and taken back"]), WHICH),
        st.tuples(st.just("sent by the school"), WHICH),
        st.tuples(st.just("new date"), st.integers(0, 9 * 40)),
        st.tuples(st.just("post ends"), WHICH),
    ),
    min_size=8,
    max_size=14,
)


def build(county, own_rules, own_holiday):
    """Two counties' schools with people and entries; the second has rules or days of its own."""
    codes = [item.code for item in world.framework().items.filter(level="school")[:3]]
    for n, (people, offsets) in enumerate(county):
        authority = (world.SIBLING, world.COUNTY)[n % 2]
        school = world.school(authority=authority)
        for who in people:
            roles = ("filer", "secretary") if who == "both" else (who,)
            person = world.person()
            for role in roles:
                world.seat(role, school, person)
        for code, offset in zip(codes, offsets, strict=False):
            world.entry(school, code, due_on=FIRST + timedelta(offset))
    for authority in (world.COUNTY, world.SIBLING):
        world.seat("reviewer", authority)
    if own_rules:
        stages = [{"days": d, "roles": [r for r, x in LETTERS.items() if x in letters]}
                  for d, letters in OWN.items()]  # fmt: skip
        ReminderPolicy.objects.create(
            region_id=world.SIBLING, stages=stages, changed_at=clock.now(),
            quiet_before=time(8, 30), quiet_after=time(17, 30),
        )  # fmt: skip
    if own_holiday:
        CalendarDay.objects.create(
            region_id=world.SIBLING, date=date(2026, 11, 11), kind="holiday", name="县庆"
        )


def change(what, number, traveller, oracle):
    """Do one thing to the world as some other door would do it: straight to the rows."""
    entries = list(Entry.objects.order_by("pk"))
    mine = Entry.objects.filter(pk=entries[number % len(entries)].pk)
    if what == "pass":
        traveller.shift(timedelta(minutes=number))
    elif what == "send":
        Reminder.objects.filter(state="waiting").update(state="told")
        oracle.send()
    elif what == "post ends":
        posts = list(Membership.objects.order_by("pk"))
        post = posts[number % len(posts)]
        Membership.objects.filter(pk=post.pk).update(ends_on=clock.today() - timedelta(1))
    elif what == "new date":
        mine.update(due_on=FIRST + timedelta(number % 40))
    elif what == "sent by the school":
        mine.update(status=Status.submitted, sent_late=False)
    else:
        mine.update(status=Status.submitted, sent_late=False)
        tallies.rebuild()
        plan(oracle)
        mine.update(status=Status.in_progress, sent_late=None)
    tallies.rebuild()


def plan(oracle):
    """Plan twice, as two hosts would, and let the oracle plan by hand."""
    now = clock.now()
    for _again in range(2):
        Pulse.objects.filter(name="full plan").delete()
        assert planner.plan()[0] is True
    oracle.plan(list(Entry.objects.all()), list(Membership.objects.all()), now)


def book():
    rows = Reminder.objects.values_list("person", "entry", "stage", "due_on", "state")
    found = {Key(*row[:4]): row[4] for row in rows}
    assert len(found) == len(rows)  # exactly one of each key in the inbox
    return found


@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(county=COUNTY, changes=CHANGES, own_rules=st.booleans(), own_holiday=st.booleans())
def test_whatever_happens_each_is_told_what_the_rules_say(
    db, county, changes, own_rules, own_holiday
):
    start = world.NOON - timedelta(days=24)
    with time_machine.travel(start, tick=True) as traveller, transaction.atomic():
        build(county, own_rules, own_holiday)
        rules = {world.COUNTY: DEFAULTS, world.SIBLING: OWN if own_rules else DEFAULTS}
        oracle = Oracle(rules, {code: Calendar.of(code) for code in rules})
        for what, number in changes:
            change(what, number, traveller, oracle)
            traveller.shift(timedelta(minutes=1))
            plan(oracle)
            assert book() == oracle.book
        transaction.set_rollback(True)
