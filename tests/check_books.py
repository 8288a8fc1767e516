"""The only place that writes the registers of a school at random: days crowd around the edges.

Hypothesis chooses how many rows there are and a seed, so that what fails is made small. It likes to
choose the same seed again: what is written follows from all that it chose.
"""

from datetime import date, timedelta
from random import Random

from hypothesis import strategies as st

from schools import clock, models
from schools.models import capability, organisation
from tests import world

DAY = timedelta(days=1)
SPANS = [
    (date(2026, 1, 1), date(2026, 12, 31)),
    (date(2026, 9, 1), date(2027, 8, 31)),
    (date(2026, 9, 1), date(2027, 1, 29)),
    (date(2027, 3, 1), date(2027, 7, 2)),
    (date(2026, 7, 1), date(2026, 9, 30)),
]
NEEDED = ["secretary", "organisation", "publicity", "discipline"]
HEAD = ("id", "school", "note", "changed_at", "removed_at", "as_of")
POOL = [one.name for one in models.CadrePool._meta.fields if one.name not in HEAD]
PLACES = 5  # schools that a studio may be of
MOST = {"branches": 4, "units": 5, "committee_members": 4, "leadership_groups": 3, "meetings": 40,
        "consultations": 6, "documents": 16, "trainings": 10, "cadre_pool": 3, "posts": 3,
        "activities": 14}  # fmt: skip


def window(random):
    """(first, last, day of sending, months or quarters inside)."""
    first, last = random.choice(SPANS)
    sent = random.choice([first + 40 * DAY, last - 20 * DAY, last, last + 30 * DAY])
    length = random.choice([1, 3])
    pieces, start = [], first.replace(day=1)
    while start < last:
        month = start.month + length
        after = date(start.year + (month > 12), (month - 1) % 12 + 1, 1)
        if start >= first and after - DAY <= last:
            pieces.append((start, after - DAY))
        start = after
    return first, last, sent, tuple(pieces[:3])


class Pen:
    """Writes rows as dicts; `branch`, `group` and `studio` are places in a list, or none."""

    def __init__(self, seed):
        self.random = Random(seed)
        self.window = first, last, sent, pieces = window(self.random)
        edges = {first, last, sent, last.replace(day=1), first - 62 * DAY}
        edges |= {day for piece in pieces for day in piece}
        self.days = [edge + n * DAY for edge in edges for n in (-1, 0, 1)]
        self.days += [piece[0] + n * DAY for piece in pieces for n in (7, 9, 14, 19, 24)] * 2
        self.days += [sent - 7 * DAY, first + 9 * DAY, first - 400 * DAY, last + 100 * DAY]

    def one(self, *values):
        return self.random.choice(values)

    def day(self, often=1.0):
        return self.one(*self.days) if self.random.random() < often else None

    def some(self, values, most):
        return self.random.sample(values, self.random.randint(0, most))

    def lasting(self):
        return {"since": self.day(0.25), "until": self.day(0.2)}

    def row(self, register):
        return {**getattr(self, register)(), "removed": self.random.random() < 0.1}

    def school(self):
        return {
            "full_members": self.one(None, 2, 3, 49, 50, 51, 99, 100, 120),
            "probationary_members": self.one(None, 0, 4),
            "staff": self.one(None, 60),
            "form": self.one("branch", "general", "committee", "joint"),
            "profile": self.one("multi", "multi", "single"),
            "school_type_id": self.one("211", "312", "342", None),
        }

    def branches(self):
        strengths = ("politics", "committee", "members", "effect")
        return {
            "form": self.one(*["branch"] * 5, "general", "committee", "joint"),
            "basis": self.one("grade", "grade", "subject", "admin", "mixed", "retired", ""),
            "full_members": self.one(None, 2, 6, 7, 7, 8, 30, 50),
            "probationary": self.one(None, 0, 1),
            "party_groups": self.one(0, 1, 2),
            "approval_no": self.one("", "1号"),
            "approved_on": self.day(0.7),
            "term_end": self.day(0.7),
            "extension_until": self.day(0.7),
            "extension_no": self.one("", "延1号"),
            "host_name": self.one("", "外校联合党支部"),
            **{f"strong_{of}": self.one("有", "有", "有", "有", " ") for of in strengths},
            "assessed_on": self.day(0.8),
            "recognised_no": self.one("", "强1号"),
            "recognised_on": self.day(0.5),
            **self.lasting(),
        }

    def units(self):
        return {
            "kind": "grade",
            "branch": self.one(None, 0, 0, 1, 2),
            "party_group": self.one(None, 1, 2, 3),
            **self.lasting(),
        }

    def committee_members(self):
        return {
            "branch": self.one(0, 0, 1),
            "seat": self.one(*organisation.SeatKind.values),
            "post_held": self.one("", "组长", "组长"),
            "is_unit_head": self.one(True, True, False),
            "backbone": self.one(True, False),
            "trained_year": self.one(None, 2025, 2026, 2027),
            **self.lasting(),
        }

    def leadership_groups(self):
        return {
            "scopes": self.some(organisation.GroupScope.values, 2),
            "set_up_no": self.one("", "3号"),
            "set_up_on": self.day(0.3),
            **self.lasting(),
        }

    def meetings(self):
        often = ["party_org", "committee", "party_group", "theme_day", "general"]
        return {
            "kind": self.one(*organisation.MeetingKind.values, *often, *often),
            "held_on": self.day(),
            "branch": self.one(None, 0, 0, 1, 2),
            "party_group": self.one(None, 1, 2),
            "group": self.one(None, None, 0, 1),
            "expected": self.one(None, 0, 3, 4, 8, 9),
            "attended": self.one(None, 0, 2, 4, 6, 8),
            "topics": self.some(organisation.Topic.values, 3),
            "duty_tags": self.some(organisation.Duty.values, 2),
            "has_appointment": self.one(True, False),
        }

    def consultations(self):
        return {
            "kind": self.one("award", "title"),
            "asked_on": self.day(0.8),
            "opinion_on": self.day(0.8),
            "decided_on": self.day(0.8),
            "requested": self.one(None, 0, 3, 5),
            "returned": self.one(None, 0, 3),
        }

    def documents(self):
        return {
            "kind": self.one(*organisation.DocumentKind.values),
            "branch": self.one(None, 0, 1),
            "adopted_on": self.day(0.8),
            "in_force": self.one(True, True, True, False),
            "names_teaching": self.one(True, True, False),
            "stages": self.some(organisation.CadreStage.values, 1),
            **self.lasting(),
        }

    def trainings(self):
        return {
            "held_on": self.day(),
            "ended_on": self.day(0.4),
            "channel": self.one("", *capability.Channel.values),
            "mode": self.one("", "systematic", "shadowing", "research", "research"),
            "kind": self.one("", "political", "political", "party_affairs"),
            "leadership": self.some(capability.Leadership.values, 1),
            "theme": self.one("", *capability.Theme.values),
            "audience": self.one("cadre", "cadre", "staff", ""),
            "heads_expected": self.one(None, 0, 40, 60),
            "heads_attended": self.one(None, 0, 5, 38, 55),
            "distinct_heads": self.one(None, None, 4, 12),
            "partner": self.one("", "", "师大", "师 大", "教科院"),
            "project_no": self.one("", "K1", "k 1", "K2"),
            "studio": self.one(None, None, 0, 1, 2),
        }

    def cadre_pool(self):
        return {"as_of": self.day(), **{name: self.one(None, 0, 3, 7) for name in POOL}}

    def posts(self):
        return {
            "level": self.one("school", "middle"),
            "approved": self.one(None, 5, 9),
            "filled": self.one(None, 4, 9),
            "dual_strong": self.one(None, 0, 2),
            **self.lasting(),
        }

    def activities(self):
        return {
            "kind": self.one(*capability.ActivityKind.values),
            "held_on": self.day(),
            "grades": self.some(list(range(1, 13)), 3),
            "branch": self.one(None, 0, 1),
        }

    def studios(self):
        """A studio of one of the places."""
        return {
            "host": self.one(*range(PLACES)),
            "members": self.some(list(range(PLACES)), 3),
            "status": self.one("active", "active", "planned", "ended"),
            **self.lasting(),
        }

    def whole_committee(self):
        """Four seats or more of the first branch, its secretary mostly at the head of a group."""
        row = {**self.committee_members(), "branch": 0, "since": None, "until": None}
        row |= {"post_held": self.one("", "组长", "组长"), "is_unit_head": True}
        more = ["other"] * self.one(0, 0, 0, 3, 4, 5)
        return [{**row, "seat": seat, "removed": False} for seat in [*NEEDED, *more]]


SIZES = st.fixed_dictionaries(
    {register: st.integers(0, most) for register, most in MOST.items()}
    | {"whole_committee": st.booleans()}
)


@st.composite
def counties(draw, schools):
    """For each of so many schools its books: the time that is judged, what it tells of itself, and
    its rows, one in ten removed; the fewer left out, the more there are. And studios."""
    left_out = [draw(SIZES) for _ in range(schools)]
    chosen = repr((draw(st.integers(0, 2**32)), left_out))
    pen = Pen(chosen)
    studios = [pen.row("studios") for _ in range(pen.one(0, 1, 2, 3))]
    return [books(Pen(f"{chosen} {n}"), less) for n, less in enumerate(left_out)], studios


def books(pen, left_out):
    found = {"window": pen.window, "school": pen.school()}
    for register, most in MOST.items():
        found[register] = [pen.row(register) for _ in range(most - left_out[register])]
    if not left_out["whole_committee"]:
        found["committee_members"] += pen.whole_committee()
    return found


# ---- into the database

MODELS = {
    "units": models.Unit,
    "committee_members": models.CommitteeSeat,
    "meetings": models.Meeting,
    "consultations": models.Consultation,
    "documents": models.Document,
    "trainings": models.Training,
    "cadre_pool": models.CadrePool,
    "posts": models.Post,
    "activities": models.Activity,
}
UNREMOVED = {
    "branches": models.Branch,
    "leadership_groups": models.LeadershipGroup,
    "studios": models.Studio,
    **MODELS,
}


def stamp(row):
    now = clock.now()
    kept = {key: value for key, value in row.items() if key != "removed"}
    return {**kept, "changed_at": now, "removed_at": now if row["removed"] else None}


def write_studios(rows, schools):
    made = []
    for row in rows:
        fields = stamp({k: v for k, v in row.items() if k not in ("host", "members")})
        one = models.Studio.objects.create(school=schools[row["host"]], name="工作室", **fields)
        one.members.set([schools[n] for n in row["members"]])
        made.append(one)
    return made


def write(books, schools, made_studios):
    """The rows of each school; a place in a list that is too short means none."""
    pairs = list(zip(books, schools, strict=True))
    lists = [{"studio": made_studios} for _ in pairs]
    for register, name in (("branches", "branch"), ("leadership_groups", "group")):
        rows = [
            UNREMOVED[register](school=school, name=f"第{n}个", **stamp(row))
            for found, school in pairs
            for n, row in enumerate(found[register])
        ]
        made = UNREMOVED[register].objects.bulk_create(rows)
        for (_found, school), own in zip(pairs, lists, strict=True):
            own[name] = [row for row in made if row.school_id == school.pk]
    for register, model in MODELS.items():
        model.objects.bulk_create(
            model(school=school, **fields)
            for (found, school), own in zip(pairs, lists, strict=True)
            for fields in (linked(row, own) for row in found[register])
            if register != "committee_members" or fields["branch"]
        )


def linked(row, lists):
    fields = stamp(row)
    for name in lists.keys() & fields.keys():
        at = fields[name]
        there = at is not None and at < len(lists[name])
        fields[name] = lists[name][at] if there else None
    return fields


def school(fields):
    """A school that told this of itself."""
    made = world.school(profile=fields["profile"])
    for name, value in fields.items():
        setattr(made, name, value)
    made.save()
    return made
