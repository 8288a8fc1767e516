"""The only place that makes up how the Party organisation of a demo school is built: its branches,
groups and seats, what they hold each month, and their plans."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import chain, pairwise
from typing import Any

from schools import clock
from schools.models import Branch, CommitteeSeat, Document, Meeting, School, Unit
from schools.models.organisation import Basis
from schools.roles import PartyForm, Profile
from schools.workdays import Calendar

FEW = 7  # full members from which on a branch has a committee
SEATS = ("secretary", "organisation", "publicity", "discipline")
Meet = Callable[..., Meeting]


@dataclass(frozen=True)
class Days:
    """The days of the demo's school year up to today."""

    calendar: Calendar
    begin: date
    today: date

    @cached_property
    def months(self) -> list[date]:
        """The first days of the months that have begun."""
        first = self.begin.replace(day=1)
        found = []
        while first <= self.today:
            found.append(first)
            first = (first + timedelta(days=32)).replace(day=1)
        return found

    def in_month(self, first: date, n: int) -> date | None:
        """The n-th working day of a month, unless that is still to come."""
        on = self.calendar.add(max(first, self.begin) - timedelta(days=1), n)
        return on if on <= self.today else None

    def each_term(self, week: int, weekday: int) -> list[date]:
        """A day of the n-th week of each term that has come that far."""
        year = f"{self.begin.year}-{self.begin.year + 1}"
        day = timedelta(days=7 * (week - 1) + weekday % 4)
        starts = [max(first, self.begin) for first, _last in self.calendar.terms(year).values()]
        found = [self.calendar.forward(first + day) for first in starts]
        return [on for on in found if on <= self.today]


class Body:
    """One school's organisation; the words are those of seeds/demo/registers.yaml."""

    def __init__(
        self, school: School, begin: date, today: date, gaps: set[str], said: dict[str, Any]
    ) -> None:
        self.school, self.begin, self.today, self.gaps, self.said = school, begin, today, gaps, said
        self.rng = random.Random(f"{school.code} body")
        self.branches: list[Branch] = []
        self.units: list[Unit] = []
        self.seats: list[CommitteeSeat] = []
        if school.profile in (Profile.multi, Profile.single):
            self._build()

    @property
    def leaves(self) -> list[Branch]:
        """The branches themselves, without what stands above them."""
        return [one for one in self.branches if one.form in (PartyForm.branch, PartyForm.joint)]

    def rows(self) -> Iterator[Any]:
        yield from chain(self.branches, self.units, self.seats)

    def _made(self, model: type[Any], **fields: Any) -> Any:
        return model(school=self.school, changed_at=clock.now(), **fields)

    # ---- how it is built

    def _build(self) -> None:
        self.units = [
            self._made(Unit, kind=kind, name=name, head_post=self._head(kind, name))
            for kind in ("grade", "subject", "admin")
            for name in self._names(kind)
        ]
        if "bare" in self.gaps:
            return
        if self.school.profile == Profile.multi:
            self._branch_out()
        else:
            self._alone()
        for leaf in self.leaves:
            self._seat(leaf)
        self._spoil()
        for branch in self.branches:
            if branch not in self.leaves:
                self._secretary_above(branch)

    def _names(self, kind: str) -> list[str]:
        school_type = self.school.school_type
        phases = school_type.phases.split(",") if school_type else ["P"]
        known = self.said["units"][kind]
        names = known.get("all") or list(
            chain.from_iterable(known.get(phase, known["P"]) for phase in phases)
        )
        return list(dict.fromkeys(names))

    def _head(self, kind: str, name: str) -> str:
        return name + self.said["units"]["head"][kind]

    def _branch(self, name: str, *, form: str, since: date, **fields: Any) -> Branch:
        years = 5 if form == PartyForm.committee else 3
        elected = since + timedelta(days=14)
        number = self.said["numbers"]["branch"].format(year=since.year, n=11 + len(self.branches))
        made: Branch = self._made(
            Branch,
            name=name,
            form=form,
            approval_no=number,
            approved_on=since,
            elected_on=elected,
            term_end=elected.replace(year=elected.year + years) - timedelta(days=1),
            since=since,
            **fields,
        )
        self.branches.append(made)
        return made

    def _since(self) -> date:
        """Between half a year and nearly three years ago: some terms end soon."""
        return self.begin - timedelta(days=self.rng.choice((200, 420, 640, 860, 960)))

    def _branch_out(self) -> None:
        """A committee or general branch, and under it a branch for each few groups."""
        said, leaves = self.said["branch"], max(2, self.school.branches or 3)
        form = self.school.form or PartyForm.general
        since = self._since()
        root_name = self.said["root"][form].format(school=self.school.name)
        root = self._branch(
            root_name,
            form=form,
            since=since,
            full_members=self.school.full_members,
            probationary=self.school.probationary_members,
        )
        retired = leaves >= 5
        shared = list(self._shared(leaves - retired))
        counts = self._parts(self.school.full_members or 0, leaves)
        new = self._parts(self.school.probationary_members or 0, leaves)
        for place, units in enumerate(shared):
            name = said["and"].join(unit.name.removesuffix(said["less"]) for unit in units)
            branch = self._branch(
                name + said["suffix"],
                form=PartyForm.branch,
                since=since,
                parent=root,
                basis=units[0].kind,
                full_members=counts[place],
                probationary=new[place],
                party_groups=len(units) if len(units) > 1 else 0,
                **self._strong(place),
            )
            for number, unit in enumerate(units, start=1):
                unit.branch, unit.party_group = branch, number if len(units) > 1 else None
        if retired:
            self._branch(
                said["retired"],
                form=PartyForm.branch,
                since=since,
                parent=root,
                basis=Basis.retired,
                full_members=counts[-1],
                probationary=new[-1],
            )

    def _shared(self, branches: int) -> Iterator[list[Unit]]:
        """The groups of each branch: one for administration, the rest by grade and subject."""
        grades, subjects, admin = (
            [unit for unit in self.units if unit.kind == kind]
            for kind in ("grade", "subject", "admin")
        )
        for_grades = max(1, min(len(grades), branches // 2))
        for_subjects = max(0, branches - for_grades - 1)
        yield from _dealt(grades, for_grades)
        if for_subjects:
            yield from _dealt(subjects, for_subjects)
            yield admin
        else:
            yield [*subjects, *admin]

    @staticmethod
    def _parts(total: int, n: int) -> list[int]:
        return [total // n + (place < total % n) for place in range(n)]

    def _alone(self) -> None:
        """One branch; its Party groups stand for the kinds of groups."""
        members = self.school.full_members or 6
        joint = self.school.name in self.said["hosts"].values()
        branch = self._branch(
            self.school.name + self.said["branch"]["joint" if joint else "alone"],
            form=PartyForm.joint if joint else PartyForm.branch,
            since=self._since(),
            basis=Basis.mixed,
            full_members=members,
            probationary=self.school.probationary_members or 0,
            party_groups=3 if members >= 9 else 0,
            **self._strong(0),
        )
        kinds = ["grade", "subject", "admin"]
        for unit in self.units:
            unit.branch = branch
            unit.party_group = kinds.index(unit.kind) + 1 if members >= 9 else None

    def _strong(self, place: int) -> dict[str, Any]:
        """The four dimensions as assessed this year; a few are recognised by those above."""
        names = ("strong_politics", "strong_committee", "strong_members", "strong_effect")
        fields: dict[str, Any] = dict(zip(names, self.said["strong"], strict=True))
        fields["assessed_on"] = self.begin + timedelta(days=20)
        if fields["assessed_on"] > self.today:
            return {}
        if place == 0 and self.rng.random() < 0.4:
            number = self.said["numbers"]["branch"].format(year=self.begin.year, n=9)
            fields |= {"recognised_no": number, "recognised_on": self.begin + timedelta(days=9)}
        return fields

    def _seat(self, branch: Branch) -> None:
        """A committee of four or five, or a secretary alone."""
        large = (branch.full_members or 0) >= FEW
        seats: tuple[str, ...] = SEATS if large else SEATS[:1]
        if large and (branch.full_members or 0) >= 15:
            seats = (*SEATS, "deputy")
        mine = [unit for unit in self.units if unit.branch is branch]
        posts = self.said["posts"]
        for place, seat in enumerate(seats):
            heads = place < len(mine) and self.school.profile == Profile.multi
            post = mine[place].head_post if heads else posts[place % len(posts)]
            if self.school.profile == Profile.single:
                post = self.said["school_posts"][seat]
            self.seats.append(
                self._made(
                    CommitteeSeat,
                    branch=branch,
                    seat=seat,
                    post_held=post,
                    is_unit_head=heads,
                    is_principal=self.school.profile == Profile.single and not place,
                    backbone=self.rng.random() < 0.7,
                    over_a_year=True,
                    trained_year=self.begin.year,
                    since=branch.elected_on,
                )
            )

    def _secretary_above(self, branch: Branch) -> None:
        """Who heads the committee or the general branch of the school, beside the principal."""
        self.seats.append(
            self._made(
                CommitteeSeat,
                branch=branch,
                seat=SEATS[0],
                post_held=self.said["school_posts"][SEATS[0]],
                over_a_year=True,
                trained_year=self.begin.year,
                since=branch.elected_on,
            )
        )

    def _spoil(self) -> None:
        """What this school lacks."""
        last = self.leaves[-1]
        if "approval" in self.gaps:
            last.approval_no, last.approved_on = "", None
        if "term" in self.gaps:
            first = self.branches[0]
            first.elected_on = self.begin - timedelta(days=365 * 5 + 40)
            first.term_end = self.begin - timedelta(days=40)
        if "placed" in self.gaps and last.full_members:
            last.full_members -= 1
        if "basis" in self.gaps and len(self.leaves) > 1:
            self.leaves[0].basis = self.leaves[1].basis = Basis.mixed
        if "unit" in self.gaps:
            self.units[-1].branch = self.units[-1].party_group = None
        if "head" in self.gaps:
            for seat in [one for one in self.seats if one.seat == "secretary"][:3]:
                seat.post_held, seat.is_unit_head = self.said["posts"][2], False
        if "committee" in self.gaps:
            first_discipline = next((s for s in self.seats if s.seat == "discipline"), None)
            self.seats = [one for one in self.seats if one is not first_discipline]
        if "untrained" in self.gaps:
            self.seats[-1].trained_year = self.begin.year - 2

    # ---- what it holds

    def meetings(self, days: Days, meet: Meet) -> Iterator[Meeting]:
        """三会一课 and theme days of each branch, month by month."""
        for place, branch in enumerate(self.leaves):
            members = (branch.full_members or 0) + (branch.probationary or 0)
            seats = [one for one in self.seats if one.branch is branch]
            for first in days.months:
                yield from self._of_month(branch, members, len(seats), place, first, days, meet)
            for kind, month in (("secretary_report", 11), ("org_life", 12)):
                on = days.in_month(date(self.begin.year, month, 1), 8 + place % 3)
                if on:
                    yield meet(kind, on, members, self._came(members), branch=branch)

    def _of_month(
        self,
        branch: Branch,
        members: int,
        seats: int,
        place: int,
        first: date,
        days: Days,
        meet: Meet,
    ) -> Iterator[Meeting]:
        shift = place % 3
        quarterly = first.month in (1, 4, 7, 9, 10)
        held = [("theme_day", 7, members, "theory" if first.month % 2 else "party_spirit")]
        if quarterly:
            held.append(("general", 9, members, "theory"))
        if seats >= 3:
            held.append(("committee", 3, seats, ""))
        if "theme_day" in self.gaps and not place and first.month == 10:
            held = held[1:]
        for kind, n, expected, topic in held:
            on = days.in_month(first, n + shift)
            if on:
                topics = [topic] if topic else []
                came = self._came(expected)
                yield meet(kind, on, expected, came, branch=branch, topics=topics)
        on = days.in_month(first, 5 + shift)
        for number in range(1, (branch.party_groups or 0) + 1):
            n = self._parts(members, branch.party_groups)[number - 1]
            if on:
                yield meet(
                    "party_group", on, n, self._came(n), branch=branch, party_group=number,
                    topics=["theory"],
                )  # fmt: skip

    def _came(self, expected: int) -> int:
        """How many of them came: more than nine in ten over the year."""
        return expected - expected // 20 - (self.rng.random() < min(0.3, expected / 40))

    def plans(self, doc_no: Callable[[int], str]) -> Iterator[Document]:
        """The yearly plan of each branch, naming what it does for teaching."""
        adopted = self.begin + timedelta(days=10)
        missing = self.leaves[-1:] if "plan" in self.gaps else []
        for branch in self.leaves:
            if branch not in missing and adopted <= self.today:
                yield self._made(
                    Document,
                    kind="branch_plan",
                    title=branch.name[:40] + self.said["branch_plan"],
                    doc_no=doc_no(adopted.year),
                    branch=branch,
                    adopted_on=adopted,
                    since=adopted,
                    until=date(adopted.year + 1, 8, 31),
                    names_teaching=True,
                )


def _dealt(units: list[Unit], n: int) -> list[list[Unit]]:
    """`units` in n runs of nearly the same length."""
    cuts = [len(units) * place // n for place in range(n + 1)]
    return [units[low:high] for low, high in pairwise(cuts)]


def guest(school: School, host: Branch, since: date, said: dict[str, Any]) -> Branch:
    """The row of a teaching point for the joint branch of its members."""
    return Branch(
        school=school,
        changed_at=clock.now(),
        name=said["branch"]["joint"],
        form=PartyForm.joint,
        full_members=school.full_members,
        probationary=school.probationary_members,
        host=host,
        host_name=host.name,
        since=since,
    )


def depth(branch: Branch) -> int:
    """0 at the top, 1 below another, 2 of a joint branch elsewhere."""
    return 2 if branch.host else 1 if branch.parent else 0
