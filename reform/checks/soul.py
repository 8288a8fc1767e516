"""The only place for the checks of pillar Z 铸魂: leadership, teaching, moral education."""

from reform.checks.base import Facts, Found, Held, Window
from reform.checks.rows import (
    count,
    covered,
    day,
    document_of,
    exists,
    happened,
    held,
    in_force,
    owing,
    planned,
    refs,
    share,
    standing,
)
from schools import quorum
from schools.models import Activity
from schools.models.capability import ActivityKind, Theme
from schools.models.organisation import DocumentKind, GroupScope, MeetingKind, Topic

RULES = (DocumentKind.rule_party_org, DocumentKind.rule_principal, DocumentKind.rule_talk)
DECIDING = (MeetingKind.party_org, MeetingKind.principal)
GRADES = {"P": range(1, 7), "J": range(7, 10), "S": range(10, 13)}


def reform_study_sessions(facts: Facts, window: Window) -> Found:
    """Meetings with the topic and trainings with the theme "reform" in the school year."""
    meetings = held(facts, window, topics=[Topic.reform])
    trainings = [row for row in happened(facts.trainings, window) if row.theme == Theme.reform]
    return count([*meetings, *trainings])


def rules_in_force(facts: Facts, window: Window) -> Found:
    """Of the three sets of rules how many stand in a document in force; kinds, not documents."""
    rows = in_force(facts, window, *RULES)
    return Found(len({row.kind for row in rows}), len(RULES), refs(rows))


def quorum_met(facts: Facts, window: Window) -> Found:
    """Meetings of Party organisation and principal with half present, two-thirds to appoint."""
    meetings = held(facts, window, *DECIDING)
    return share(meetings, [row for row in meetings if _has_quorum(row)])


def plan_in_force(facts: Facts, window: Window) -> Found:
    """Whether there is a plan of the reform for this school year, in force."""
    return _plan(facts, window, DocumentKind.plan)


def teaching_on_agenda(facts: Facts, window: Window) -> Found:
    """Party-organisation meetings of the term that dealt with teaching."""
    meetings = held(facts, window, MeetingKind.party_org)
    return share(meetings, [row for row in meetings if Topic.teaching in row.topics])


def ideology_reviews(facts: Facts, window: Window) -> Found:
    """Meetings of any kind in the term with the topic "ideology"."""
    return count(held(facts, window, topics=[Topic.ideology]))


def moral_reviews(facts: Facts, window: Window) -> Found:
    """Meetings of any kind in the term with the topic "moral education"."""
    return count(held(facts, window, topics=[Topic.moral_education]))


def tradition_activities(facts: Facts, window: Window) -> Found:
    """Activities of traditional culture in the term."""
    return count(_activities(facts, window, ActivityKind.tradition))


def mechanism_doc(facts: Facts, window: Window) -> Found:
    """Whether a document on the mechanism of moral education is in force."""
    return document_of(facts, window, DocumentKind.moral_mechanism)


def groups_met(facts: Facts, window: Window) -> Found:
    """Leadership groups that held a meeting in the term; a meeting names the group it is of."""
    groups = owing(facts.leadership_groups, window)
    named = [row for row in facts.meetings if row.group_id]
    met = {row.group_id for row in happened(named, window)}
    return share(groups, [row for row in groups if row.pk in met])


def group_scopes(facts: Facts, window: Window) -> Found:
    """Of the three areas how many a leadership group covers that was set up in writing."""
    groups = standing(facts.leadership_groups, day(window))
    written = [row for row in groups if row.set_up_no or row.set_up_on]
    found = covered(written, GroupScope.values, "scopes")
    unwritten = [row for row in groups if row not in written]
    return Found(found.num, found.den, found.rows, refs(unwritten))


def student_activities(facts: Facts, window: Window) -> Found:
    """Activities for pupils in the term."""
    return count(_activities(facts, window, ActivityKind.student_programme))


def activity_plan(facts: Facts, window: Window) -> Found:
    """Whether there is an activity plan of this term."""
    return _plan(facts, window, DocumentKind.activity_plan)


def cross_phase(facts: Facts, window: Window) -> Found:
    """Activities across phases of schooling in the term."""
    return count(_activities(facts, window, ActivityKind.cross_phase))


def cross_subject(facts: Facts, window: Window) -> Found:
    """Activities across subjects in the term."""
    return count(_activities(facts, window, ActivityKind.cross_subject))


def red_sessions(facts: Facts, window: Window) -> Found:
    """Activities on sites of revolutionary heritage in the term."""
    return count(_activities(facts, window, ActivityKind.red_resource))


def red_grades(facts: Facts, window: Window) -> Found:
    """Grades that such activities reached in the school year, of those of its type of school."""
    own = {grade for letter in facts.phases.split(",") for grade in GRADES.get(letter, ())}
    rows = _activities(facts, window, ActivityKind.red_resource)
    reached = {grade for row in rows for grade in row.grades} & own
    return Found(len(reached), len(own), refs(rows))


def hsc_activities(facts: Facts, window: Window) -> Found:
    """Activities of home, school and community in the term."""
    return count(_activities(facts, window, ActivityKind.home_school_community))


def _has_quorum(row: Held) -> bool:
    return bool(quorum.quorum(row.kind, row.expected, row.attended, row.has_appointment).met)


def _activities(facts: Facts, window: Window, kind: str) -> list[Activity]:
    return [row for row in happened(facts.activities, window) if row.kind == kind]


def _plan(facts: Facts, window: Window, kind: str) -> Found:
    """Whether such a plan was made for this span; those of other spans are lacking."""
    return exists(
        planned(facts, window, kind), [row for row in facts.documents if row.kind == kind]
    )


CHECKS = (
    reform_study_sessions,
    rules_in_force,
    quorum_met,
    plan_in_force,
    teaching_on_agenda,
    ideology_reviews,
    moral_reviews,
    tradition_activities,
    mechanism_doc,
    groups_met,
    group_scopes,
    student_activities,
    activity_plan,
    cross_phase,
    cross_subject,
    red_sessions,
    red_grades,
    hsc_activities,
)
