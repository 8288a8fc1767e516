"""The only place that makes the demo: a county in mid-term, an empty one, and their accounts."""

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import xlsxwriter
import yaml
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction
from PIL import Image, ImageDraw

from reform import baseline, phrases, progress, rollout, snapshots, uploads
from reform.filings import Filing
from reform.management import demo_registers
from reform.models import Campaign, Entry, Framework
from reform.models.catalogue import FrameworkState
from reform.states import Keeper, Status
from schools import clock, scope, structure_counts
from schools.models import Membership, Region, School, User
from schools.models.schools import SchoolKind
from schools.roles import Role
from schools.workdays import Calendar, school_year_of

SEEDS = settings.BASE_DIR / "seeds" / "demo"
PASSWORD = "demo-only-2026"
SAID = yaml.safe_load((SEEDS / "county.yaml").read_text(encoding="utf-8"))
COUNTY, EMPTY = SAID["county"], SAID["empty"]


class Command(BaseCommand):
    help = "Make the demo county and the empty one; does nothing when they are there."

    def handle(self, *args: Any, **options: Any) -> None:
        if not Region.objects.filter(pk=COUNTY).exists():
            with transaction.atomic():
                _places()
                call_command("load_schools", SEEDS / "schools.csv", authority=COUNTY, verbosity=0)
                _people()
                _phrases()
                _term()
            structure_counts.catch_up()
        self.stdout.write(f"Accounts (password of each: {PASSWORD})")
        for person in SAID["people"]:
            held = ", ".join(" ".join(post) for post in person["posts"])
            self.stdout.write(f"  {person['username']:<14}{held}")


def _places() -> None:
    Region.objects.bulk_create(Region(**region) for region in SAID["regions"])
    for code in (COUNTY, EMPTY):
        name = Region.objects.get(pk=code).bureau_name
        School.objects.create(
            code=f"B-{code}", name=name, region_id=code, authority_id=code, kind=SchoolKind.bureau
        )


def _people() -> None:
    since = clock.today() - timedelta(days=400)
    for person in SAID["people"]:
        posts = person["posts"]
        user = User(
            username=person["username"],
            name=person["name"],
            post=person["post"],
            phone=person.get("phone", ""),
            is_staff=any(role == Role.operator for role, _place in posts),
            privacy_seen_at=clock.now(),
        )
        user.set_password(PASSWORD)
        user.save()
        for role, place in posts:
            at: dict[str, Any] = (
                {"region_id": place} if place.isdigit() else {"school": _school(place)}
            )
            Membership.objects.create(user=user, role=role, starts_on=since, **at)


def _phrases() -> None:
    """What the county shares, and what two people keep for themselves."""
    for username, lists in SAID["phrases"].items():
        for use, texts in lists.items():
            for text in texts:
                phrases.add(_seat(username), use=use, shared=username == "manager", text=text)


def _school(name: str) -> School:
    return School.objects.get(name=name, authority_id=COUNTY)


def _seat(username: str) -> scope.Seat:
    return scope.seats(User.objects.get(username=username))[0]


# ---- the term so far


def _term() -> None:
    """Open the campaign on the first day of the school year, then live through it until today."""
    today = clock.today()
    year = school_year_of(today)
    begin = Calendar.of(COUNTY).terms(year)[1][0]
    if begin >= today:
        begin = today
    manager = _seat("manager")
    with clock.pretending(_moment(begin, 8)):
        _baselines()
        short = demo_registers.load(COUNTY, begin, today, SAID["quiet"])
    with clock.pretending(_moment(begin, 9)):
        campaign = Campaign.objects.create(
            region_id=COUNTY,
            framework=Framework.objects.get(state=FrameworkState.published),
            school_year=year,
            name=f"{year} {SAID['campaign']}",
            opens_on=begin,
            created_by=manager.user,
            created_at=clock.now(),
        )
        rollout.open_campaign(campaign.pk, by=manager)
    day = begin
    for when, act in sorted(_deeds(campaign, begin, today, short), key=lambda deed: deed[0]):
        day = _days_over(day, clock.local_date(when))
        with clock.pretending(when):
            act()
    _days_over(day, today)


def _days_over(day: date, until: date) -> date:
    """The figures of each day from `day` on that is over by `until`, as they stood in its night."""
    while day < until:
        snapshots.take(day, COUNTY)
        day += timedelta(days=1)
    return max(day, until)


def _baselines() -> None:
    """Schools confirm the five numbers of their list; the quiet ones have not found the time."""
    filers = {post.school_id or 0: post.user.username for post in _filers()}
    for school in School.objects.filter(pk__in=filers).exclude(name__in=SAID["quiet"]):
        known = baseline.of(school)
        if known["form"] and None not in known.values():
            told = baseline.Figures(**known)
            baseline.answer(school.pk, told, by=_seat(filers[school.pk]))


def _moment(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), clock.SHANGHAI)


def _files() -> Iterator[tuple[str, bytes]]:
    """Invented evidence: two pages with every line covered, and a sheet of headcounts."""
    for name, rows in SAID["evidence"]["pages"].items():
        page = Image.new("L", (620, 877), 255)
        draw = ImageDraw.Draw(page)
        draw.rectangle((170, 70, 450, 96), fill=60)
        for row in range(rows):
            top = 160 + row * 56
            draw.rectangle((70, top, 560 - row % 3 * 90, top + 14), fill=150)
            draw.line((70, top + 34, 560, top + 34), fill=215)
        made = BytesIO()
        page.save(made, "PNG")
        yield name, made.getvalue()
    told, made = SAID["evidence"]["sheet"], BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet(told["title"])
        for number, row in enumerate(told["rows"]):
            sheet.write_row(number, 0, row)
    yield told["name"], made.getvalue()


Deed = tuple[datetime, Callable[[], None]]


def _deeds(
    campaign: Campaign, begin: date, today: date, short: dict[int, set[str]]
) -> Iterator[Deed]:
    """What happens to each entry that is owed by now, on working days between opening and today.

    `short`: school → codes of items that its registers do not bear out; few of these are filed.
    """
    rng = random.Random(2026)
    files = list(_files())
    calendar = Calendar.of(COUNTY)
    days = [
        day
        for n in range(10, (today - begin).days)
        if calendar.is_workday(day := begin + timedelta(days=n))
    ]
    words = yaml.safe_load((SEEDS / "notes.yaml").read_text(encoding="utf-8"))
    reviewer = _seat("reviewer")
    filers = {m.school_id: scope.Seat(m.user, frozenset({m.role}), m.school) for m in _filers()}
    entries = (
        Entry.objects.filter(slot__campaign=campaign, slot__opens_on__lte=today, keeper=0)
        .select_related("school", "slot__item__measure__pillar")
        .prefetch_related("slot__item__checks")
        .order_by("school__name", "slot__position")
    )
    for entry in entries:
        ready = demo_registers.ready(entry.slot.item.code, entry.slot.opens_on)
        before_due = [day for day in days if ready <= day <= entry.due_on]
        if not before_due or (entry.school.name in SAID["quiet"] and rng.random() < 0.8):
            continue
        bare = entry.school.name in demo_registers.SAID["bare"]
        lacks = entry.slot.item.code in short.get(entry.school_id, ())
        if lacks and (rng.random() < 0.8 or bare):
            continue
        file = rng.choice(files) if rng.random() < 0.05 else None
        story = _Story(entry, filers[entry.school_id], reviewer, words, rng, file)
        due_past = entry.due_on < today
        chance = rng.random()
        after_due = [day for day in days if day > entry.due_on]
        if after_due and chance < 0.05:
            yield from story.filed(rng.choice(after_due), days, files[0])
        elif chance < (0.9 if due_past else 0.42):
            yield from story.filed(rng.choice(before_due), days, files[0])
        elif chance < (0.95 if due_past else 0.5):
            yield _moment(rng.choice(before_due), 16), story.save
    yield from _of_bureau(campaign, days[-6:], reviewer, words)


def _of_bureau(
    campaign: Campaign, days: list[date], reviewer: scope.Seat, words: dict[str, list[str]]
) -> Iterator[Deed]:
    """What the bureau files itself: one item is accepted by a colleague, one waits for somebody."""
    rows = Entry.objects.filter(slot__campaign=campaign, keeper=Keeper.district)
    filer = _seat("bureau")
    for entry in rows.select_related("school", "slot__item__measure__pillar"):
        accepted = entry.slot.item.code in SAID["kept"]["accepted"]
        if len(days) < 6 or not (accepted or entry.slot.item.code in SAID["kept"]["sent"]):
            continue
        story = _Story(entry, filer, reviewer, words, random.Random(entry.slot.position), None)
        yield _moment(days[0], 10), story.submit
        if accepted:
            yield _moment(days[3], 15), story.accept


def _filers() -> Iterator[Membership]:
    """A filer per school; where the demo has no account of its own, one that cannot sign in."""
    since = clock.today() - timedelta(days=400)
    schools = School.objects.filter(authority_id=COUNTY, kind=SchoolKind.school)
    for number, school in enumerate(schools, start=1):
        held = Membership.objects.filter(school=school, role=Role.filer).first()
        if held is None:
            user = User(username=f"{school.code}-01", **SAID["others"])
            user.phone += f"{number:03}"
            user.set_unusable_password()
            user.save()
            held = Membership.objects.create(
                user=user, role=Role.filer, school=school, starts_on=since
            )
        yield held


class _Story:
    """One entry's life: filed, read, perhaps returned, perhaps filed again."""

    def __init__(
        self,
        entry: Entry,
        filer: scope.Seat,
        reviewer: scope.Seat,
        words: dict[str, list[str]],
        rng: random.Random,
        file: tuple[str, bytes] | None,
    ) -> None:
        self.pk, self.item, self.file = entry.pk, entry.slot.item, file
        self.filer, self.reviewer, self.rng = filer, reviewer, rng
        self.note = rng.choice(words[self.item.measure.pillar.code]).replace(
            "…", self.item.short_zh
        )
        self.reason = rng.choice(words["returned"])
        self.other = next(one for one in words["returned"] if one not in words["of_a_file"])
        self.about_file = self.reason in words["of_a_file"]
        self.classes = entry.school.classes or 2

    def filed(self, day: date, days: list[date], page: tuple[str, bytes]) -> Iterator[Deed]:
        """Filed on `day`, read later. A return that speaks of a file, and still stands, finds one:
        `page`; where that was long mended, other words do."""
        rng = self.rng
        yield _moment(day, rng.randint(9, 11), rng.randint(0, 59)), self.submit
        after = [later for later in days if later > day]
        pause = rng.randint(0, 6)  # working days until the reviewer gets to it
        if pause >= len(after):
            return
        read = after[pause]
        returned = rng.random() < 0.09
        yield _moment(read, 15, rng.randint(0, 59)), self.send_back if returned else self.accept
        again = [later for later in after if later > read]
        mended = bool(returned and again and rng.random() < 0.55)
        if returned and self.about_file and not self.file:
            if mended:
                self.reason = self.other
            else:
                self.file = page
        if mended:
            yield _moment(again[0], 10), self.submit
            if len(again) > 3:
                yield _moment(again[3], 16), self.accept

    def _now(self) -> Entry:
        return Entry.objects.get(pk=self.pk)

    def _filing(self) -> Filing:
        values = {}
        for check in self.item.checks.all():
            if check.source == "typed":
                den = 3 if check.denominator == "3" else self.classes
                num = den - (self.rng.random() < 0.1)
                values[check.key] = {"num": str(num), "den": str(den)}
                if check.kind == "count":
                    values[check.key] = {"num": str(self.rng.randint(2, 9)), "den": ""}
        return Filing(note=self.note, values=values, pledged=True)

    def save(self) -> None:
        filing = Filing(note=self.note[:12])
        progress.save(self.pk, by=self.filer, version=self._now().version, filing=filing)

    def submit(self) -> None:
        entry = self._now()
        if entry.status in (Status.not_started, Status.in_progress, Status.returned):
            if self.file:
                name, content = self.file
                with uploads.check(name, BytesIO(content)) as checked:
                    uploads.store(entry, checked, by=self.filer.user)
            if not self._confirmed(entry.version):
                filing = self._filing()
                progress.submit(self.pk, by=self.filer, version=entry.version, filing=filing)

    def _confirmed(self, version: int) -> bool:
        """Whether one click did it: about half of the schools add no word where the registers
        answer everything."""
        if self.file or self.pk % 2 or any(c.source == "typed" for c in self.item.checks.all()):
            return False
        try:
            progress.submit(self.pk, by=self.filer, version=version, filing=Filing())
        except ValidationError:
            return False
        return True

    def accept(self) -> None:
        entry = self._now()
        progress.accept(
            self.pk, by=self.reviewer, version=entry.version, report_id=entry.report_id or 0
        )

    def send_back(self) -> None:
        entry = self._now()
        progress.send_back(
            self.pk,
            by=self.reviewer,
            version=entry.version,
            report_id=entry.report_id or 0,
            reason=self.reason,
        )
