"""The only place for the checks of pillar S 塑形: organisation, branches, meetings, opinions."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from reform.checks.base import Facts, Found, Window
from reform.checks.rows import (
    MOST,
    branches,
    by_branch,
    came,
    count,
    covered,
    day,
    exists,
    happened,
    held,
    in_force,
    members,
    organisations,
    owing,
    planned,
    ref,
    refs,
    share,
    standing,
    within,
)
from schools import structure, terms_of_office
from schools.models import Branch, CommitteeSeat, Consultation
from schools.models.capability import ActivityKind
from schools.models.organisation import (
    Basis,
    ConsultationKind,
    DocumentKind,
    Duty,
    MeetingKind,
    SeatKind,
    Topic,
)
from schools.roles import PartyForm, Profile

UNIT_BASED = (Basis.grade, Basis.subject, Basis.admin)
NEEDED = {SeatKind.secretary, SeatKind.organisation, SeatKind.publicity, SeatKind.discipline}
STRENGTHS = ("strong_politics", "strong_committee", "strong_members", "strong_effect")
NOT_ASKED = Found(1, 0)


# ---- S1: organisations, members, meetings of the Party organisation


def form_matches(facts: Facts, window: Window) -> Found:
    """Whether the form fits the number of full members and no branch has more than 50 members.

    It is the form in the register: without a row there, nobody can tell.
    """
    rows = standing(facts.branches, day(window))
    large = [row for row in _branches(facts, window) if members(row) > structure.OF_A_BRANCH]
    fits = structure.form_fits(facts.school, rows) if rows else None
    if fits is None:
        return NOT_ASKED
    lacking = large if fits else structure.tops(facts.school, rows)
    return Found(int(fits and not large), rows=refs(rows), lacking=refs(lacking))


def approved(facts: Facts, window: Window) -> Found:
    """Organisations in force that have number and date of an approval."""
    rows = standing(organisations(facts), day(window))
    return share(rows, [row for row in rows if row.approval_no and row.approved_on])


def in_term(facts: Facts, window: Window) -> Found:
    """Organisations in force whose term, or approved extension, ends on the day or later."""
    on = day(window)
    rows = standing(organisations(facts), on)
    return share(rows, [row for row in rows if (terms_of_office.ends(row) or date.min) >= on])


def members_placed(facts: Facts, window: Window) -> Found:
    """Full and probationary members of its branches, of those that the school told of itself.

    A school with fewer than three full members is not asked: its members stand in a joint branch.
    """
    school = facts.school
    rows = _branches(facts, window)
    told = 0
    if (school.full_members or 0) >= structure.OWN_FROM:
        told = (school.full_members or 0) + (school.probationary_members or 0)
    return Found(sum(map(members, rows)), told, refs(rows))


def joint_host(facts: Facts, window: Window) -> Found:
    """Whether a school with fewer than three full members named its joint branch and the place."""
    full = facts.school.full_members
    if full is None or full >= structure.OWN_FROM:
        return NOT_ASKED
    rows = standing(facts.branches, day(window))
    joint = [row for row in rows if row.form == PartyForm.joint]
    return exists([row for row in joint if row.is_guest], joint)


def party_org_meetings(facts: Facts, window: Window) -> Found:
    """Meetings of the Party organisation in the term."""
    return count(held(facts, window, MeetingKind.party_org))


def six_duties(facts: Facts, window: Window) -> Found:
    """Of the six duties how many its Party-organisation meetings of the year were marked with."""
    return covered(held(facts, window, MeetingKind.party_org), Duty.values, "duty_tags")


# ---- S2: branches and groups of the school


def unit_based_branches(facts: Facts, window: Window) -> Found:
    """Branches, those of retired staff aside, set up on a grade, subject or administrative group.

    Of a school with one branch its Party groups: those that a group of the school belongs to.
    """
    rows = [row for row in _branches(facts, window) if row.basis != Basis.retired]
    if facts.school.profile == Profile.single:
        return _unit_based_groups(facts, window, rows)
    return share(rows, _unit_based(rows))


def units_covered(facts: Facts, window: Window) -> Found:
    """Groups of the school that a branch in force or a Party group looks after."""
    on = day(window)
    units, own = standing(facts.units, on), {row.pk for row in standing(facts.branches, on)}
    return share(units, [row for row in units if row.branch_id in own or row.party_group])


def frontline_actions(facts: Facts, window: Window) -> Found:
    """Front-line actions of branches in the term."""
    rows = [row for row in happened(facts.activities, window) if row.kind == ActivityKind.frontline]
    return count([row for own in by_branch(facts, rows).values() for row in own])


def integrated_plans(facts: Facts, window: Window) -> Found:
    """Branches with a plan of the year that names teaching tasks and goals."""
    plans = planned(facts, window, DocumentKind.branch_plan)
    own = by_branch(facts, [row for row in plans if row.names_teaching])
    rows = owing(branches(facts), window)
    return share(rows, [row for row in rows if own[row.pk]])


# ---- S3: those who lead the branches


def secretary_is_head(facts: Facts, window: Window) -> Found:
    """Unit-based branches whose secretary heads, or is deputy head of, a group linked to them."""
    on = day(window)
    rows = _unit_based(_branches(facts, window))
    linked = {row.branch_id for row in standing(facts.units, on)}
    heads = {
        row.branch_id
        for row in standing(facts.committee_members, on)
        if row.seat == SeatKind.secretary and row.is_unit_head and row.post_held
    }
    return share(rows, [row for row in rows if row.pk in linked & heads])


def committees_complete(facts: Facts, window: Window) -> Found:
    """Of branches with seven full members or more, those with 3 to 7 seats and the four needed."""
    least = structure.COMMITTEE_OF_BRANCH_FROM
    rows = [row for row in _branches(facts, window) if (row.full_members or 0) >= least]
    seats = standing(facts.committee_members, day(window))
    return share(rows, [row for row in rows if _is_complete(row, seats)])


def committee_trained(facts: Facts, window: Window) -> Found:
    """Committee members who were trained in Party affairs in the calendar year."""
    rows, year = _committee(facts, window), window.span[0].year
    trained = [row for row in rows if row.trained_year == year]
    return share(rows, trained, _seat_words(facts))


def committee_backbone(facts: Facts, window: Window) -> Found:
    """Committee members who are leading teachers."""
    rows = _committee(facts, window)
    return share(rows, [row for row in rows if row.backbone], _seat_words(facts))


def secretary_report(facts: Facts, window: Window) -> Found:
    """Branches whose secretary reported in the year."""
    meetings = held(facts, window, MeetingKind.secretary_report)
    own = by_branch(facts, meetings)
    rows = owing(branches(facts), window)
    return share(rows, [row for row in rows if own[row.pk]])


def committee_attendance(facts: Facts, window: Window) -> Found:
    """Attended of expected in the branch-committee meetings of the term, added up."""
    return came(held(facts, window, MeetingKind.committee))


# ---- S4: lectures and study; what is owed each month is in `monthly`


def party_lecture(facts: Facts, window: Window) -> Found:
    """Party lectures in the calendar year."""
    return count(held(facts, window, MeetingKind.lecture))


def theory_sessions(facts: Facts, window: Window) -> Found:
    """Meetings of the term on theory study in the branch that has fewest; 0 without a branch."""
    own = by_branch(facts, held(facts, window, topics=[Topic.theory]))
    rows = owing(branches(facts), window)
    least = min((len(own[row.pk]) for row in rows), default=0)
    studied = [meeting for row in rows for meeting in own[row.pk]]
    return Found(least, None, refs(studied), refs(r for r in rows if len(own[r.pk]) == least))


def spirit_activities(facts: Facts, window: Window) -> Found:
    """Meetings and activities of the term marked "Party spirit"."""
    meetings = held(facts, window, topics=[Topic.party_spirit])
    activities = [
        row for row in happened(facts.activities, window) if row.kind == ActivityKind.party_spirit
    ]
    return count([*meetings, *activities])


def attendance(facts: Facts, window: Window) -> Found:
    """Attended of expected in the meetings of the term on theory or Party spirit, added up."""
    return came(held(facts, window, topics=[Topic.theory, Topic.party_spirit]))


# ---- S5: opinions of branches, four-strong branches


def award_consulted(facts: Facts, window: Window) -> Found:
    """Batches of awards in the school year with an opinion dated before the decision."""
    return _consulted(facts, window, ConsultationKind.award)


def title_consulted(facts: Facts, window: Window) -> Found:
    """Batches of titles in the school year with an opinion dated before the decision."""
    return _consulted(facts, window, ConsultationKind.title)


def criteria_doc(facts: Facts, window: Window) -> Found:
    """Whether criteria for consultation are in force."""
    kind = DocumentKind.consultation_criteria
    return exists(
        in_force(facts, window, kind), [row for row in facts.documents if row.kind == kind]
    )


def opinions_returned(facts: Facts, window: Window) -> Found:
    """Opinions returned in time of those asked for in the school year, added up.

    A batch that some opinions of came late is lacking, with what of it is counted.
    """
    rows = [row for row in facts.consultations if within(_asked(row), window) and row.requested]
    whole = [row for row in rows if (row.returned or 0) >= (row.requested or 0)]
    short = [row for row in rows if row not in whole]
    return Found(
        sum(row.returned or 0 for row in rows),
        sum(row.requested or 0 for row in rows),
        refs(whole),
        refs(short, lambda row: f"{row.batch} {row.returned or 0}/{row.requested}"),
    )


def self_assessed(facts: Facts, window: Window) -> Found:
    """Branches that assessed themselves in the year, with a sentence for each of four strengths."""
    rows = owing(branches(facts), window)
    whole = [row for row in rows if all(getattr(row, field).strip() for field in STRENGTHS)]
    return share(rows, [row for row in whole if within(row.assessed_on, window)])


def four_strong(facts: Facts, window: Window) -> Found:
    """Branches with the number of a four-strong recognition by the end of the year."""
    rows, on = _branches(facts, window), day(window)
    numbered = [row for row in rows if row.recognised_no]
    return share(rows, [row for row in numbered if (row.recognised_on or date.min) <= on])


# ---- what several of them ask


def _branches(facts: Facts, window: Window) -> list[Branch]:
    """Its branches in force on the day that counts."""
    return standing(branches(facts), day(window))


def _unit_based(rows: Iterable[Branch]) -> list[Branch]:
    return [row for row in rows if row.basis in UNIT_BASED]


def _unit_based_groups(facts: Facts, window: Window, rows: Sequence[Branch]) -> Found:
    """Party groups of the branches, and those that a group of the school names as its own."""
    units = by_branch(facts, standing(facts.units, day(window)))
    based = {
        (row.pk, unit.party_group)
        for row in rows
        for unit in units[row.pk]
        if unit.party_group and unit.party_group <= row.party_groups
    }
    groups = [(row, n) for row in rows for n in range(1, row.party_groups + 1)]
    lacking = [ref(row, f"{row.name} {n}") for row, n in groups if (row.pk, n) not in based]
    found = [unit for row in rows for unit in units[row.pk] if unit.party_group]
    return Found(len(based), len(groups), refs(found), tuple(lacking[:MOST]))


def _committee(facts: Facts, window: Window) -> list[CommitteeSeat]:
    """Seats in force of branches in force."""
    own = {row.pk for row in _branches(facts, window)}
    seats = standing(facts.committee_members, day(window))
    return [row for row in seats if row.branch_id in own]


def _seat_words(facts: Facts) -> Callable[[CommitteeSeat], str]:
    """A seat is told with its branch: many branches have the same posts."""
    names = {row.pk: row.name for row in facts.branches}
    return lambda row: f"{names[row.branch_id]} {row.post_held}".strip()


def _is_complete(branch: Branch, seats: Iterable[CommitteeSeat]) -> bool:
    own = [row.seat for row in seats if row.branch_id == branch.pk]
    return 3 <= len(own) <= 7 and set(own) >= NEEDED


def _consulted(facts: Facts, window: Window, kind: ConsultationKind) -> Found:
    """A batch lies in the year of its decision; where that is open, in that of the question."""
    rows = [
        row for row in facts.consultations if row.kind == kind and within(_settled(row), window)
    ]
    return share(rows, [row for row in rows if _is_before(row.opinion_on, row.decided_on)])


def _is_before(opinion: date | None, decision: date | None) -> bool:
    """The same day is not before."""
    return opinion is not None and decision is not None and opinion < decision


def _settled(row: Consultation) -> date | None:
    return row.decided_on or row.asked_on or row.opinion_on


def _asked(row: Consultation) -> date | None:
    return row.asked_on or row.opinion_on or row.decided_on


CHECKS = (
    form_matches,
    approved,
    in_term,
    members_placed,
    joint_host,
    party_org_meetings,
    six_duties,
    unit_based_branches,
    units_covered,
    frontline_actions,
    integrated_plans,
    secretary_is_head,
    committees_complete,
    committee_trained,
    committee_backbone,
    secretary_report,
    committee_attendance,
    party_lecture,
    theory_sessions,
    spirit_activities,
    attendance,
    award_consulted,
    title_consulted,
    criteria_doc,
    opinions_returned,
    self_assessed,
    four_strong,
)
