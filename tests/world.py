"""The only place that builds a world for tests: regions, schools, people, campaigns, entries."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import count

from django.conf import settings

from reform import jobs, progress, publishing, rollout, school_lists, tallies
from reform.filings import Filing
from reform.models import (
    Campaign,
    Enrolment,
    Entry,
    Extension,
    Framework,
    Item,
    Job,
    Reminder,
    Slot,
)
from reform.states import Claim, Keeper, Status
from schools import clock, scope
from schools.models import Branch, CalendarDay, Membership, Region, School, SchoolType, Term, User
from schools.models.regions import ancestors
from schools.registers import REGISTERS

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # Friday, 12:00 in Shanghai
FIRST_DAY = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
YEAR = "2026-2027"
COUNTY, SIBLING, OTHER_CITY, ABROAD = "330106", "330102", "330203", "320102"
REGIONS = {
    "0": ("全国", "nation"),
    "33": ("浙江省", "province"),
    "3301": ("杭州市", "city"),
    "330102": ("上城区", "county"),
    "330106": ("西湖区", "county"),
    "3302": ("宁波市", "city"),
    "330203": ("海曙区", "county"),
    "32": ("江苏省", "province"),
    "3201": ("南京市", "city"),
    "320102": ("玄武区", "county"),
}
TYPES = {
    "211": ("小学", "Primary school", "P"),
    "218": ("小学教学点", "Primary teaching point", "P"),
    "311": ("初级中学", "Junior high school", "J"),
    "312": ("九年一贯制学校", "Nine-year school", "P,J"),
    "342": ("高级中学", "Senior high school", "S"),
}
TERMS = [
    ("2025-2026", 1, date(2025, 9, 1), date(2026, 1, 30)),
    ("2025-2026", 2, date(2026, 3, 2), date(2026, 7, 3)),
    ("2026-2027", 1, date(2026, 9, 1), date(2027, 1, 29)),
    ("2026-2027", 2, date(2027, 3, 1), date(2027, 7, 2)),
]
HOLIDAYS = [date(2026, 10, day) for day in range(1, 8)] + [date(2027, 1, 1)]
MAKEUP = [date(2026, 9, 20), date(2026, 10, 10)]
PASSWORD = "plum-rain-9041"
ORIGIN = "http://testserver"
numbers = count(1)


def ground():
    """Regions, school types, terms and days; made once, harmless to call again."""
    if Region.objects.filter(pk="0").exists():
        return
    Region.objects.bulk_create(
        Region(code=code, name=name, kind=kind, full_name=_path(code))
        for code, (name, kind) in REGIONS.items()
    )
    SchoolType.objects.bulk_create(
        SchoolType(code=code, name_zh=zh, name_en=en, phases=phases, use="core")
        for code, (zh, en, phases) in TYPES.items()
    )
    Term.objects.bulk_create(
        Term(region_id="0", school_year=year, no=no, starts=starts, ends=ends)
        for year, no, starts, ends in TERMS
    )
    days = [(day, "holiday") for day in HOLIDAYS] + [(day, "makeup_workday") for day in MAKEUP]
    CalendarDay.objects.bulk_create(
        CalendarDay(region_id="0", date=day, kind=kind, name="节假日安排") for day, kind in days
    )


def _path(code):
    return "".join(REGIONS[c][0] for c in ancestors(code) if c != "0") or "全国"


def framework():
    """The real catalogue, published."""
    ground()
    found = Framework.objects.filter(state="published").first()
    return found or publishing.publish(publishing.load(settings.BASE_DIR / "seeds" / "framework"))


def county(code=COUNTY):
    ground()
    return Region.objects.get(pk=code)


def school(name="", *, authority=COUNTY, region=None, profile="multi", **fields):
    """A school; `profile` sets the form it follows from."""
    ground()
    n = next(numbers)
    form = {"multi": "general", "single": "branch", "joint": "joint", "unknown": ""}[profile]
    values = {
        "code": f"2133{n:06d}",
        "name": name or f"学校{n:03d}",
        "region_id": region or (authority if len(authority) == 6 else f"{authority}02"),
        "authority_id": authority,
        "school_type_id": "211",
        "form": form,
        "profile": profile,
        **fields,
    }
    return School.objects.create(**values)


def row(key, at_school, **fields):
    """A row of a register as it is told, past the door: what that refuses can be made too."""
    model = REGISTERS[key].model
    return model.objects.create(school=at_school, changed_at=clock.now(), **fields)


def branch(at_school, name="", **fields):
    """A branch in the register of a school."""
    name = name or f"第{next(numbers)}支部"
    return Branch.objects.create(school=at_school, name=name, changed_at=clock.now(), **fields)


def bureau(authority=COUNTY):
    return school(
        f"{REGIONS[authority][0]}教育局",
        authority=authority,
        code=f"B-{authority}",
        kind="bureau",
        school_type_id=None,
        profile="unknown",
    )


def person(username="", **fields):
    n = next(numbers)
    fields.setdefault("privacy_seen_at", NOON)
    user = User(username=username or f"user{n}", name=fields.pop("name", f"人员{n}"), **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def mail(at_seat, address=""):
    """Give the person of a seat an address."""
    at_seat.user.email = address or f"{at_seat.user.username}@school.example"
    at_seat.user.save(update_fields=["email"])


def seat(role, place, user=None):
    """A new person (or `user`) who holds `role` at a school, a Region or a region code."""
    ground()
    user = user or person()
    code = getattr(place, "pk", place)
    at = {"school": place} if isinstance(place, School) else {"region_id": code}
    Membership.objects.create(user=user, role=role, starts_on=date(2025, 9, 1), **at)
    key = f"s{place.pk}" if isinstance(place, School) else f"r{code}"
    return next(found for found in scope.seats(user) if found.key == key)


def campaign(region=COUNTY, *, state="open", year=YEAR, **fields):
    """A campaign by hand; use rollout.open_campaign to test the real opening."""
    ground()
    values = {
        "name": f"{year} 学年改革任务清单",
        "opens_on": date(int(year[:4]), 9, 1),
        "created_at": clock.now(),
        "opened_at": clock.now() if state == "open" else None,
        **fields,
    }
    if "created_by" not in values:
        values["created_by"] = person()
    return Campaign.objects.create(
        region_id=region, framework=framework(), school_year=year, state=state, **values
    )


def draft(by, **fields):
    """A draft of the region where `by` sits."""
    return campaign(by.place_code, state="draft", created_by=by.user, **fields)


def opened(by, **fields):
    """A campaign opened through the door, with all the schools there are."""
    return rollout.open_campaign(draft(by, **fields).pk, by=by)


def slot(in_campaign, code="Z2.1", *, term=None, due_on=date(2027, 1, 15), **fields):
    """The slot of an item; `term` 1 by default where the item has one each term."""
    item = Item.objects.get(framework=in_campaign.framework, code=code)
    period = in_campaign.school_year
    if item.cadence == "term":
        period += f"-{term or 1}"
    values = {"opens_on": in_campaign.opens_on, "due_on": due_on, "position": item.position}
    made, _new = Slot.objects.get_or_create(
        campaign=in_campaign, item=item, period=period, defaults={**values, **fields}
    )
    return made


def entry(at_school, code="Z2.1", *, campaign=None, due_on=None, counted=True, **slot_fields):
    """An entry not yet started, in the tally; by default in the authority's one open campaign."""
    where = (
        campaign or Campaign.objects.filter(region_id=at_school.authority_id, state="open").first()
    )
    where = where or globals()["campaign"](at_school.authority_id)
    of = slot(where, code, **slot_fields)
    Enrolment.objects.get_or_create(
        campaign=where,
        school=at_school,
        defaults={
            "authority": at_school.authority_id,
            "profile": at_school.profile,
            "counted": counted,
            "created_at": clock.now(),
        },
    )
    made = Entry.objects.create(
        slot=of,
        school=at_school,
        authority=at_school.authority_id,
        keeper=Keeper.district if at_school.kind == "bureau" else Keeper.school,
        counted=counted,
        due_on=due_on or of.due_on,
    )
    deltas = Counter()
    tallies.moved(deltas, None, tallies.key_of(made, where.pk))
    tallies.apply(deltas)
    return made


def typed_values(of_entry):
    """Numbers that meet every typed check of an entry."""
    checks = of_entry.slot.item.checks.filter(source="typed")
    return {
        check.key: {"num": "3", "den": "3" if check.kind == "ratio" else ""} for check in checks
    }


def file(of_entry, by, *, note="本学期按课表开齐，已核对。", claim=Claim.done, **fields):
    """File an entry through the door; returns the entry as it stands then."""
    of_entry.refresh_from_db()
    values = {} if claim == Claim.not_applicable else typed_values(of_entry)
    filing = Filing(note=note, claim=claim, values=values, pledged=True, **fields)
    progress.submit(of_entry.pk, by=by, version=of_entry.version, filing=filing)
    return Entry.objects.select_related("report").get(pk=of_entry.pk)


def accept(of_entry, by, **fields):
    of_entry = Entry.objects.get(pk=of_entry.pk)
    progress.accept(
        of_entry.pk, by=by, version=of_entry.version, report_id=of_entry.report_id, **fields
    )
    return Entry.objects.select_related("report").get(pk=of_entry.pk)


def send_back(of_entry, by, reason="课时数与课表不一致，请核对。", **fields):
    of_entry = Entry.objects.get(pk=of_entry.pk)
    progress.send_back(
        of_entry.pk,
        by=by,
        version=of_entry.version,
        report_id=of_entry.report_id,
        reason=reason,
        **fields,
    )
    return Entry.objects.select_related("report").get(pk=of_entry.pk)


def asked(of_entry, by, **fields):
    """A request for a later date that waits for its answer."""
    values = {"reason": "材料来不及核对。", "wanted_on": of_entry.due_on + timedelta(days=4)}
    values |= {"was_on": of_entry.due_on, "asked_by": by.user, "asked_at": clock.now(), **fields}
    return Extension.objects.create(entry=of_entry, **values)


def told(of_entry, to, about="due", *, stage=-3, cause=0, role="filer", **fields):
    """A reminder of an entry, written now."""
    values = {"topic": f"entry:{of_entry.pk}", "due_on": of_entry.due_on, "planned_at": clock.now()}
    values |= {"place": to.key, "role": role, "stage": stage, "cause": cause, **fields}
    return Reminder.objects.create(entry=of_entry, person=to.user, about=about, **values)


def list_of(manager):
    """A school list that a manager has sent and that was looked at."""
    rows = "学校名称,所在地,办学类型\n新来小学,西湖区,小学\n".encode()
    job = jobs.start(school_lists.KIND, seat=manager, file=rows, file_name="list.csv")
    jobs.run(job.pk)
    return Job.objects.get(pk=job.pk)


def status(of_entry):
    return Status(Entry.objects.values_list("status", flat=True).get(pk=of_entry.pk))


def days(n):
    return timedelta(days=n)


def sign_in(client, at_seat):
    """A test client signed in at this seat."""
    client.force_login(at_seat.user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    session = client.session
    session["seat"] = at_seat.key
    session.save()
    return client


def log_in(client, username="clerk", password=PASSWORD, **fields):
    """The answer to a name and a password sent with the sign-in form."""
    return client.post(
        "/login/",
        {"username": username, "password": password, **fields},
        headers={"origin": ORIGIN},
    )


class Cast:
    """One school with a filer and a secretary, its bureau, and strangers next door."""

    def __init__(self):
        self.school = school("阳光小学")
        self.filer = seat("filer", self.school)
        self.secretary = seat("secretary", self.school)
        self.reviewer = seat("reviewer", COUNTY)
        self.manager = seat("manager", COUNTY)
        self.viewer = seat("viewer", COUNTY)
        self.stranger_school = school("邻县小学", authority=SIBLING)
        self.stranger = seat("filer", self.stranger_school)
        self.strange_reviewer = seat("reviewer", SIBLING)
        self.campaign = campaign()
