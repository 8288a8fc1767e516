"""The only place for the rules of reminding: which stages, who hears them, in which hours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform.models import ReminderPolicy
from schools import clock
from schools.models.regions import ancestors
from schools.roles import Role
from schools.workdays import Calendar

# Whom a stage may reach. The first two are people of the school, the others of its authority.
HEARERS = (Role.filer, Role.secretary, Role.reviewer, Role.manager)
BITS = {role: 1 << place for place, role in enumerate(HEARERS)}
OF_SCHOOL = BITS[Role.filer] | BITS[Role.secretary]
FIRST_STAGE, LAST_STAGE = -60, 30  # working days from the date
MOST_STAGES = 12
MOST_GRACE = 10


@dataclass(frozen=True)
class Stage:
    """A reminder `days` working days from the date (negative: before it), to these roles."""

    days: int
    roles: frozenset[str]

    @property
    def mask(self) -> int:
        return sum(BITS[Role(role)] for role in self.roles)


@dataclass(frozen=True)
class Rules:
    """What is in force somewhere; `source` is the region that says so, "" for our defaults."""

    stages: tuple[Stage, ...]
    mail: bool = True
    quiet_before: time = time(8, 30)
    quiet_after: time = time(17, 30)
    grace_days: int = 0
    source: str = ""

    @property
    def timing(self) -> tuple[object, ...]:
        """What decides who hears what when; authorities alike in this are planned together."""
        return self.stages, self.quiet_before, self.grace_days

    def day(self, stage: int, due_on: date, calendar: Calendar) -> date:
        """The working day of a stage; past the date the days of grace go first."""
        if stage == 0:
            return calendar.back(due_on)
        return calendar.add(due_on, stage + self.grace_days if stage > 0 else stage)

    def moment(self, stage: int, due_on: date, calendar: Calendar) -> datetime:
        """When a stage comes up."""
        return _at(self.day(stage, due_on, calendar), self.quiet_before)

    def come_up(
        self, due_on: date, calendar: Calendar, after: datetime, now: datetime
    ) -> list[tuple[Stage, datetime]]:
        """Stages whose moment lies in [after, now], the earliest first."""
        found = ((stage, self.moment(stage.days, due_on, calendar)) for stage in self.stages)
        return [(stage, moment) for stage, moment in found if after <= moment <= now]

    def next_hours(self, moment: datetime, calendar: Calendar) -> datetime:
        """`moment` where mail may go out then, else the next opening of these hours."""
        local = moment.astimezone(clock.SHANGHAI)
        day = calendar.forward(local.date())
        if day > local.date():
            return _at(day, self.quiet_before)
        if local.time() < self.quiet_before:
            return _at(day, self.quiet_before)
        if local.time() >= self.quiet_after:
            return _at(calendar.forward(day + timedelta(days=1)), self.quiet_before)
        return moment


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=clock.SHANGHAI)


_SCHOOL = frozenset({Role.filer, Role.secretary})
DEFAULTS = Rules(
    stages=(
        Stage(-15, frozenset({Role.filer})),
        Stage(-7, frozenset({Role.filer})),
        Stage(-3, _SCHOOL),
        Stage(0, _SCHOOL),
        Stage(1, _SCHOOL),
        Stage(5, frozenset({Role.reviewer})),
    )
)


def of_each(codes: Iterable[str]) -> dict[str, Rules]:
    """Region code → the rules of the nearest region at or above it; one query for any number."""
    own = {policy.region_id: _read(policy) for policy in ReminderPolicy.objects.all()}
    return {code: _nearest(code, own) for code in codes}


def of(code: str) -> Rules:
    """The rules in force in a region."""
    own = ReminderPolicy.objects.filter(region__in=ancestors(code))
    return _nearest(code, {policy.region_id: _read(policy) for policy in own})


def inherited(code: str) -> Rules:
    """The rules a region would have without its own."""
    above = ancestors(code)[:-1]
    own = ReminderPolicy.objects.filter(region__in=above)
    read = {policy.region_id: _read(policy) for policy in own}
    return _nearest(above[-1], read) if above else DEFAULTS


def _nearest(code: str, own: dict[str, Rules]) -> Rules:
    return next((own[above] for above in reversed(ancestors(code)) if above in own), DEFAULTS)


def _read(policy: ReminderPolicy) -> Rules:
    """A stored policy. Unknown roles are left out and order is made good: it must never fail."""
    known = {str(role) for role in HEARERS}
    stages = {
        int(line["days"]): Stage(int(line["days"]), frozenset(known & set(line["roles"])))
        for line in policy.stages
    }
    return Rules(
        stages=tuple(stage for _days, stage in sorted(stages.items()) if stage.roles),
        mail=policy.mail,
        quiet_before=policy.quiet_before,
        quiet_after=policy.quiet_after,
        grace_days=policy.grace_days,
        source=policy.region_id,
    )


def stored(stages: Iterable[Stage]) -> list[dict[str, object]]:
    """Stages as a policy keeps them."""
    return [{"days": one.days, "roles": sorted(one.roles)} for one in stages]


def stage_words(days: int) -> str:
    """A stage: "7 working days before the date", "on the date"."""
    if days == 0:
        return _("on the date")
    if days < 0:
        said = ngettext(
            "%(n)d working day before the date", "%(n)d working days before the date", -days
        )
        return said % {"n": -days}
    said = ngettext("%(n)d working day after the date", "%(n)d working days after the date", days)
    return said % {"n": days}
