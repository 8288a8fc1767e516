"""The only place for the load of the chaos lane: people of schools with one to five due keys each.

The clock is the real one: every day is a working day, mail may go at any hour, and what falls due
in DAYS working days is told today.
"""

from datetime import date, time, timedelta

from django.db import connection

from reform import daily, planner, tallies
from reform.models import Enrolment, Entry, Message, ReminderPolicy
from schools import clock
from schools.models import CalendarDay, Membership, School, User
from tests import world

DAYS = 5
CODES = ("Z2.1", "Z1.1", "Z3.1", "X1.1", "S1.1")
PER_COUNTY = 70
MOST = 2000  # rows of one INSERT


def build(people, keys=5):
    """`people` filers, each of a school of its own with 1 to `keys` entries due in DAYS days."""
    world.framework()
    today = clock.today()
    days = {day.isoformat(): day for day in (today + timedelta(days=n) for n in range(-40, 60))}
    CalendarDay.objects.filter(date__in=days.values()).delete()
    CalendarDay.objects.bulk_create(
        CalendarDay(region_id="0", date=day, kind="makeup_workday", name="")
        for day in days.values()
    )
    ReminderPolicy.objects.create(
        region_id="0", stages=[{"days": -DAYS, "roles": ["filer"]}], quiet_before=time(0),
        quiet_after=time(23, 59, 59), changed_at=clock.now(),
    )  # fmt: skip
    _people(people)
    campaign = world.campaign("0", opens_on=today - timedelta(days=30))
    slots = [
        world.slot(campaign, code, due_on=today + timedelta(days=DAYS)) for code in CODES[:keys]
    ]
    schools = list(School.objects.filter(code__startswith="chaos").order_by("pk"))
    Enrolment.objects.bulk_create(
        (
            Enrolment(
                campaign=campaign, school=school, authority=school.authority_id,
                profile=school.profile, created_at=clock.now(),
            )
            for school in schools
        ),
        batch_size=MOST,
    )  # fmt: skip
    Entry.objects.bulk_create(
        (
            Entry(slot=slot, school=school, authority=school.authority_id, due_on=slot.due_on)
            for number, school in enumerate(schools)
            for slot in slots[: 1 + number % keys]
        ),
        batch_size=MOST,
    )
    tallies.rebuild()


def _people(number):
    """Schools, 70 to a county of the ground, and a filer with an address at each."""
    counties = (world.COUNTY, world.SIBLING, world.OTHER_CITY, world.ABROAD)
    School.objects.bulk_create(
        (
            School(
                code=f"chaos{n:06d}", name=f"学校{n:06d}", region_id=counties[n % 4],
                authority_id=counties[n % 4], school_type_id="211", form="branch", profile="single",
            )
            for n in range(number)
        ),
        batch_size=MOST,
    )  # fmt: skip
    User.objects.bulk_create(
        (
            User(username=f"chaos{n:06d}", name=f"人员{n:06d}", email=f"p{n:06d}@school.example")
            for n in range(number)
        ),
        batch_size=MOST,
    )
    people = User.objects.filter(username__startswith="chaos").order_by("username")
    schools = School.objects.filter(code__startswith="chaos").order_by("code")
    Membership.objects.bulk_create(
        (
            Membership(user=user, school=school, role="filer", starts_on=date(2020, 9, 1))
            for user, school in zip(people, schools, strict=True)
        ),
        batch_size=MOST,
    )


def begin():
    """Forget what was told, and plan it anew: reminders and letters wait."""
    clear()
    assert planner.plan()[0]
    daily.plan()


def clear():
    with connection.cursor() as cursor:
        for table in ("attempt", "reminder", "message", "circuit", "hold", "clockguard", "pulse"):
            cursor.execute(f"DELETE FROM reform_{table}")
        cursor.execute(
            "UPDATE schools_user SET email_refused_at = NULL, email_refused_why = '', "
            "email = 'p' || SUBSTR(username, 6) || '@school.example' WHERE username LIKE %s",
            ["chaos%"],
        )


def hurry():
    """Let all that waits for a later try be due now, as if that time had passed."""
    waiting = Message.objects.filter(state="waiting", next_at__gt=clock.now())
    waiting.update(next_at=clock.now())


def set_aside(*usernames):
    """Let the letters of these wait for a later try, which only `hurry` brings about."""
    waiting = Message.objects.filter(state="waiting", person__username__in=usernames)
    waiting.update(next_at=clock.now() + timedelta(hours=1))


def keys():
    """How many there are: entries of the load."""
    return Entry.objects.filter(school__code__startswith="chaos").count()
