"""The only place that fills the registers of the demo's schools, by seeds/demo/registers.yaml.

The same each time for the same day. A school may have gaps, so that not every check is met.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from typing import Any

import yaml
from django.conf import settings
from django.db.models import F, Model

from reform.management import demo_branches
from reform.management.demo_branches import Body, Days
from schools import clock
from schools.models import (
    Activity,
    Branch,
    CadrePool,
    CommitteeSeat,
    Consultation,
    Document,
    LeadershipGroup,
    Meeting,
    Post,
    School,
    Studio,
    Training,
    Unit,
)
from schools.models.schools import Ownership, SchoolKind
from schools.roles import Profile
from schools.workdays import Calendar

SAID = yaml.safe_load(
    (settings.BASE_DIR / "seeds" / "demo" / "registers.yaml").read_text(encoding="utf-8")
)
ORDER = (Branch, Unit, CommitteeSeat, LeadershipGroup, Meeting, Consultation, Document)
LATER = (Studio, Training, CadrePool, Post, Activity)
GRADES = {"P": range(1, 7), "J": range(7, 10), "S": range(10, 13), "V": range(10, 13)}


def load(authority: str, begin: date, today: date, quiet: list[str]) -> dict[int, set[str]]:
    """Fill the registers of the schools of a county; school → codes of items that are short.

    `begin`: first day of the school year; `quiet`: names of schools that keep theirs badly.
    """
    days = Days(Calendar.of(authority), begin, today)
    schools = School.objects.filter(authority_id=authority).select_related("school_type")
    taking = [one for one in schools.order_by("code") if _keeps(one)]
    short: dict[int, set[str]] = {}
    rows: dict[type[Model], list[Any]] = defaultdict(list)
    bodies: dict[str, Body] = {}
    for school in taking:
        gaps = _gaps(school, quiet)
        short[school.pk] = {item for gap in gaps for item in SAID["gaps"][gap]}
        if school.profile == Profile.joint and school.name not in SAID["hosts"]:
            short[school.pk].add("S1.2")
        filler = Filler(school, days, gaps)
        bodies[school.name] = filler.body
        for row in filler.rows():
            rows[type(row)].append(row)
    rows[Branch] += _guests(taking, bodies, days)
    studios = list(_studios(taking, days))
    rows[Studio] = [studio for studio, _members, _trainings in studios]
    rows[Training] += [one for _studio, _members, trainings in studios for one in trainings]
    _write(rows)
    for studio, members, _trainings in studios:
        studio.members.set(members)
    School.objects.filter(pk__in=short).update(registers_rev=F("registers_rev") + 1)
    return short


def ready(item: str, opens_on: date) -> date:
    """The day from which the registers of most schools bear an item of a slot out."""
    return opens_on + timedelta(weeks=SAID["ready"].get(item, 0))


def _keeps(school: School) -> bool:
    """Not what is unknown yet, and no private school: it does not run this leadership system."""
    if school.kind == SchoolKind.bureau:
        return True
    return school.profile != Profile.unknown and school.ownership == Ownership.public


def _gaps(school: School, quiet: list[str]) -> set[str]:
    rng = random.Random(school.name)
    known = sorted(gap for gap in SAID["gaps"] if gap != "bare")
    if school.name in SAID["bare"]:
        return {"bare"}
    if school.name in SAID["own_gaps"]:
        return set(SAID["own_gaps"][school.name])
    return set(rng.sample(known, 5 if school.name in quiet else rng.choice((0, 0, 1, 1, 2))))


def _write(rows: dict[type[Model], list[Any]]) -> None:
    """In the order in which they name each other; of the branches those above come first."""
    branches = rows.pop(Branch)
    for depth in (0, 1, 2):
        Branch.objects.bulk_create(row for row in branches if demo_branches.depth(row) == depth)
    for model in (*ORDER[1:], *LATER):
        model._default_manager.bulk_create(rows.pop(model, []), batch_size=500)
    assert not rows


def _guests(taking: list[School], bodies: dict[str, Body], days: Days) -> Iterator[Branch]:
    """Of each teaching point: the joint branch that its members belong to, and where it is."""
    names = {school.name: school for school in taking}
    for name, host_name in SAID["hosts"].items():
        if name in names and host_name in names:
            host = bodies[host_name].branches[0]
            yield demo_branches.guest(names[name], host, days.begin, SAID)


def _studios(
    taking: list[School], days: Days
) -> Iterator[tuple[Studio, list[School], list[Training]]]:
    """Each, kept by the bureau, with its schools and what the leading one of them held."""
    leading = {school.name: school for school in taking}
    bureau = next((one for one in taking if one.kind == SchoolKind.bureau), None)
    joining = [one for one in taking if one.profile in (Profile.multi, Profile.single)]
    for told in SAID["studios"]:
        lead = leading.get(told["school"])
        if lead is None or bureau is None:
            continue
        now, founded = clock.now(), days.begin - timedelta(days=320)
        studio = Studio(
            school=bureau,
            name=told["name"],
            set_up_no=_number("school", founded.year, 20 + told["from"]),
            opened_on=founded,
            since=founded,
            changed_at=now,
        )
        members = list({*joining[told["from"] :: told["every"]], lead})
        held = [
            Training(
                school=lead, title=day["title"], held_on=on, channel="special", mode="systematic",
                kind="professional", leadership=["professional"], theme="other", audience="cadre",
                heads_expected=24, heads_attended=23, studio=studio, changed_at=now,
            )
            for day in SAID["studio_days"]
            for on in days.each_term(day["week"], 3)
        ]  # fmt: skip
        yield studio, members, held


def _number(kind: str, year: int, n: int) -> str:
    return SAID["numbers"][kind].format(year=year, n=n)


class Filler:
    """All registers of one school."""

    def __init__(self, school: School, days: Days, gaps: set[str]) -> None:
        self.school, self.days, self.gaps = school, days, gaps
        self.rng = random.Random(school.code)
        self.numbers = count(3)
        self.body = Body(school, days.begin, days.today, gaps, SAID)
        self.groups: list[LeadershipGroup] = []

    def rows(self) -> Iterator[Model]:
        """Every row, of every register."""
        if self.school.kind == SchoolKind.bureau:
            yield from self._of_bureau()
            return
        if self.school.profile == Profile.joint:
            yield from self._activities()
            yield from self._documents(("activity_plan",))
            return
        yield from self.body.rows()
        yield from self._groups()
        yield from self._meetings()
        yield from self._consultations()
        yield from self._documents()
        yield from self._trainings()
        yield self._pool(self._cadres(), max(4, self._cadres() // 2))
        yield from self._posts(self._cadres())
        yield from self._activities()

    def _made(self, model: type[Model], **fields: Any) -> Any:
        return model(school=self.school, changed_at=clock.now(), **fields)

    def _cadres(self) -> int:
        return max(4, (self.school.staff or 20) // 9)

    def _doc_no(self, year: int) -> str:
        return _number("own", year, next(self.numbers))

    def _groups(self) -> Iterator[LeadershipGroup]:
        """One each in a large school, one for all in a small one."""
        told = SAID["groups"] if self.school.profile == Profile.multi else [SAID["one_group"]]
        founded = self.days.begin - timedelta(days=300)
        for one in told:
            no = self._doc_no(founded.year)
            self.groups.append(
                self._made(LeadershipGroup, **one, set_up_no=no, set_up_on=founded, since=founded)
            )
        yield from self.groups

    # ---- what was held

    def _meetings(self) -> Iterator[Meeting]:
        leaders = 7 if self.school.profile == Profile.multi else 5
        for told in SAID["party_org"]:
            for on in self.days.each_term(told["week"], 0):
                came = leaders - (self.rng.random() < 0.3)
                if "quorum" in self.gaps and told["week"] == 11:
                    came = leaders // 2 + 1  # half is enough for anything but appointments
                fields = {key: value for key, value in told.items() if key != "week"}
                yield self._meeting("party_org", on, leaders, came, **fields)
        for kind, expected in (("principal", leaders), ("talk", 2)):
            for week in SAID[kind]:
                for on in self.days.each_term(week, 1):
                    yield self._meeting(kind, on, expected, expected)
        for branch in self.body.leaves:
            n = branch.full_members or 6
            for week in SAID["lecture"]:
                for on in self.days.each_term(week, 1):
                    yield self._meeting("lecture", on, n, n, branch=branch, topics=["theory"])
        for place, group in enumerate(self.groups):
            if "group_idle" in self.gaps and not place:
                continue
            for week in SAID["leadership_group"]:
                for on in self.days.each_term(week, 2):
                    topics = ["ideology" if "ideology" in group.scopes else "moral_education"]
                    yield self._meeting(
                        "leadership_group", on, 6, self._came(6), group=group, topics=topics
                    )
        yield from self.body.meetings(self.days, self._meeting)

    def _meeting(self, kind: str, on: date, expected: int, attended: int, **fields: Any) -> Meeting:
        return self._made(
            Meeting, kind=kind, held_on=on, expected=expected, attended=attended, **fields
        )

    def _came(self, expected: int) -> int:
        """How many of them came: nine in ten or more over the year."""
        return expected - (expected // 20) - (self.rng.random() < min(0.3, expected / 30))

    def _consultations(self) -> Iterator[Consultation]:
        asked_of = len(self.body.leaves) or 1
        for told in SAID["consultations"]:
            for asked in self.days.each_term(told["week"], 1):
                due, opinion = asked + timedelta(days=7), asked + timedelta(days=6)
                decided = asked + timedelta(days=12)
                if "opinion" in self.gaps and told["batch"] == SAID["consultations"][0]["batch"]:
                    opinion = decided + timedelta(days=3)
                late = "late_opinion" in self.gaps and told["kind"] == "award"
                done = decided <= self.days.today
                yield self._made(
                    Consultation,
                    kind=told["kind"],
                    batch=f"{asked.year} {told['batch']}",
                    persons=2 + (self.school.staff or 20) // 20,
                    asked_on=asked,
                    due_on=due,
                    requested=asked_of,
                    returned=asked_of - late if done else None,
                    opinion_on=opinion if opinion <= self.days.today else None,
                    decided_on=decided if done else None,
                )

    # ---- what holds

    def _documents(self, kinds: tuple[str, ...] = ()) -> Iterator[Document]:
        begin = self.days.begin
        for told in SAID["documents"]:
            if kinds and told["kind"] not in kinds:
                continue
            if told.get("own") and self.school.profile == Profile.single:
                continue  # the bureau keeps these
            if "talk_rule" in self.gaps and told["kind"] == "rule_talk":
                continue
            if "stages" in self.gaps and "deploy" in told.get("stages", ()):
                continue
            yearly = told.get("yearly", False)
            adopted = self.days.calendar.forward(begin + timedelta(days=self.rng.randint(2, 9)))
            if not yearly:
                adopted -= timedelta(days=self.rng.randint(100, 600))
            if adopted > self.days.today:
                continue
            yield self._made(
                Document,
                kind=told["kind"],
                title=told["title"],
                doc_no=self._doc_no(adopted.year),
                adopted_on=adopted,
                reviewed_on=None if yearly else begin - timedelta(days=40),
                since=adopted,
                until=date(begin.year + 1, 8, 31) if yearly else None,
                stages=told.get("stages", []),
            )
        if not kinds:
            yield from self.body.plans(self._doc_no)

    def _trainings(self) -> Iterator[Training]:
        staff, cadres = self.school.staff or 20, self._cadres()
        sizes = {"staff": staff, "cadre": cadres, "committee": max(1, len(self.body.seats))}
        for told in SAID["trainings"]:
            fields = {k: v for k, v in told.items() if k not in ("week", "project")}
            if "untrained" in self.gaps and told["kind"] == "party_affairs":
                continue
            for on in self.days.each_term(told["week"], 3):
                expected = sizes[told["audience"]]
                short = "all_staff" in self.gaps and told["channel"] == "all_staff"
                came = expected - expected // 5 if short else expected - expected // 50
                yield self._made(
                    Training,
                    **fields,
                    held_on=on,
                    heads_expected=expected,
                    heads_attended=came,
                    distinct_heads=came,
                    project_no=self._doc_no(on.year) if told.get("project") else "",
                )

    def _pool(self, cadres: int, pool: int) -> CadrePool:
        """Counts that fit each other."""
        tiers = (pool - 2 * (pool // 4), pool // 4, pool // 4)
        entrants, appointed = max(1, pool // 4), max(1, pool // 8)
        return self._made(
            CadrePool,
            as_of=self.days.begin,
            cadres=cadres,
            tier_reserve=tiers[0],
            tier_backbone=tiers[1],
            tier_mature=tiers[2],
            young=pool // 2,
            young_leading=pool // 4,
            entrants=entrants,
            entrants_frontline=entrants // 2 + 1,
            appointed=appointed,
            appointed_committee=appointed // 2 + 1,
            party_post_experience=cadres // 3,
            assignments=cadres // 2,
            assigned=cadres // 3,
            in_cycle=pool,
            cycle_start_size=pool,
            cycle_appointed=appointed,
        )

    def _posts(self, cadres: int) -> Iterator[Post]:
        leaders = 7 if self.school.profile == Profile.multi else 3
        middle = max(1, cadres - leaders)
        for level, n in (("school", leaders), ("middle", middle)):
            yield self._made(
                Post, level=level, approved=n, filled=n, dual_strong=n // 2, since=self.days.begin
            )

    def _activities(self) -> Iterator[Activity]:
        phases = self.school.school_type.phases.split(",") if self.school.school_type else []
        grades = [grade for phase in phases for grade in GRADES.get(phase, ())]
        leaves = self.body.leaves
        for place, told in enumerate(SAID["activities"]):
            if "red_resource" in self.gaps and told["kind"] == "red_resource":
                continue
            if told.get("branch") and not leaves:
                continue
            fields = {k: v for k, v in told.items() if k not in ("week", "branch")}
            for on in self.days.each_term(told["week"], place):
                yield self._made(
                    Activity,
                    **fields,
                    held_on=on,
                    grades=[] if told.get("branch") else grades,
                    classes=None if told.get("branch") else self.school.classes,
                    heads=20 + (self.school.classes or 4) * 6,
                    branch=leaves[place % len(leaves)] if told.get("branch") else None,
                )

    # ---- the bureau

    def _of_bureau(self) -> Iterator[Model]:
        """What it keeps for schools with one branch: rules of its own; their counts are theirs."""
        told = SAID["bureau"]
        for row in self._documents():
            if row.kind in told["documents"]:
                yield row
        yield from self._trainings()
        for one in SAID["party_org"]:
            if "reserve_cadre" in one["topics"]:
                for on in self.days.each_term(one["week"], 0):
                    yield self._meeting("party_org", on, 9, 8, topics=one["topics"])
