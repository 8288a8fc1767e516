"""The only place for the checks of pillar X 赋能: cadres, posts, studios, training."""

from collections.abc import Sequence
from datetime import date

from reform.checks.base import Facts, Found, Window
from reform.checks.rows import (
    count,
    covered,
    day,
    document_of,
    exists,
    happened,
    held,
    in_force,
    planned,
    refs,
    standing,
    within,
)
from schools.models import CadrePool, Post, Training
from schools.models.capability import (
    Audience,
    Channel,
    Leadership,
    Mode,
    PostLevel,
    StudioStatus,
    Theme,
    TrainingKind,
)
from schools.models.organisation import CadreStage, DocumentKind, MeetingKind, Topic

TIERS = ("tier_reserve", "tier_backbone", "tier_mature")
LEADERS = (MeetingKind.party_org, MeetingKind.principal)
VISIONS = (Theme.future_school, Theme.educator_spirit)


# ---- X1: how cadres are chosen, taught, led and put to work


def four_stages(facts: Facts, window: Window) -> Found:
    """Of the four stages how many the documents in force cover; a document may cover several."""
    return covered(in_force(facts, window), CadreStage.values, "stages")


def political_training_coverage(facts: Facts, window: Window) -> Found:
    """Different cadres in political training in the calendar year, of all; never added up."""
    rows = [row for row in _trained(facts, window) if row.audience == Audience.cadre]
    rows = [row for row in rows if row.kind == TrainingKind.political]
    return Found(_different(rows), _sum(_pools(facts, window), "cadres"), refs(rows))


def cadre_theory_sessions(facts: Facts, window: Window) -> Found:
    """Trainings of cadres and meetings of the school's leaders on theory in the term."""
    rows = [row for row in _trained(facts, window) if row.audience == Audience.cadre]
    meetings = held(facts, window, *LEADERS, topics=[Topic.theory])
    return count([*(row for row in rows if row.theme == Theme.theory), *meetings])


def major_task_assignments(facts: Facts, window: Window) -> Found:
    """Assignments to major tasks, as the latest count of the calendar year has them."""
    rows = _pools(facts, window)
    return Found(_sum(rows, "assignments"), None, refs(rows))


def major_task_share(facts: Facts, window: Window) -> Found:
    """Cadres with at least one major task, of all, in the latest count of the calendar year."""
    return _ratio(_pools(facts, window), "assigned", "cadres")


def posts_filled(facts: Facts, window: Window) -> Found:
    """Posts of school leaders filled, of those approved, on the day."""
    rows = [row for row in _posts(facts, window) if row.level == PostLevel.school]
    return _ratio(rows, "filled", "approved")


# ---- X2: from Party posts to management


def pathway_doc(facts: Facts, window: Window) -> Found:
    """Whether a pathway document is in force."""
    return document_of(facts, window, DocumentKind.pathway)


def party_post_experience(facts: Facts, window: Window) -> Found:
    """Cadres who have held a Party post, of all, in the latest count by the day of sending."""
    return _ratio(_latest(facts, None, day(window)), "party_post_experience", "cadres")


def from_frontline(facts: Facts, window: Window) -> Found:
    """Entrants of the year from front-line Party work, of all entrants."""
    return _ratio(_pools(facts, window), "entrants_frontline", "entrants")


def from_committee(facts: Facts, window: Window) -> Found:
    """Promoted in the year from a branch committee, of all promoted."""
    return _ratio(_pools(facts, window), "appointed_committee", "appointed")


def standard_doc(facts: Facts, window: Window) -> Found:
    """Whether a selection standard is in force."""
    return document_of(facts, window, DocumentKind.selection_standard)


def dual_strong_share(facts: Facts, window: Window) -> Found:
    """Management posts that doubly strong cadres hold, of those filled, on the day."""
    return _ratio(_posts(facts, window), "dual_strong", "filled")


# ---- X3: studios


def studios(facts: Facts, window: Window) -> Found:
    """Studios at work on the day."""
    rows = standing(facts.studios, day(window))
    return count([row for row in rows if row.status == StudioStatus.active])


def schools_joined(facts: Facts, window: Window) -> Found:
    """Different schools that take part in a studio, of those of the area."""
    return Found(facts.joined, facts.schools, refs(facts.studios))


def studio_activities(facts: Facts, window: Window) -> Found:
    """Trainings of the term held by a studio that the school hosts or has joined."""
    own = {row.pk for row in facts.studios}
    rows = happened([*facts.trainings, *facts.shared], window)
    return count([row for row in rows if row.studio_id in own])


# ---- X4: training


def training_plan(facts: Facts, window: Window) -> Found:
    """Whether there is a training plan of this school year."""
    kind = DocumentKind.training_plan
    return exists(
        planned(facts, window, kind), [row for row in facts.documents if row.kind == kind]
    )


def leadership_kinds(facts: Facts, window: Window) -> Found:
    """Of the three kinds of leadership how many the trainings of the school year deal with."""
    return covered(_trained(facts, window), Leadership.values, "leadership")


def vision_themes(facts: Facts, window: Window) -> Found:
    """Trainings of the school year on the school of the future or the spirit of educators."""
    return count([row for row in _trained(facts, window) if row.theme in VISIONS])


def special(facts: Facts, window: Window) -> Found:
    """Special trainings in the school year."""
    return count(_by_channel(facts, window, Channel.special))


def rotation(facts: Facts, window: Window) -> Found:
    """Different cadres in rotating training in the cycle, of its cadres; never added up."""
    rows = _by_channel(facts, window, Channel.rotation)
    return Found(_different(rows), _sum(_pools(facts, window), "cadres"), refs(rows))


def all_staff(facts: Facts, window: Window) -> Found:
    """Different persons in all-staff training in the school year, of the most that were expected.

    Without such a number the staff that the school told of itself.
    """
    rows = _by_channel(facts, window, Channel.all_staff)
    expected = max((row.heads_expected or 0 for row in rows), default=0)
    return Found(_different(rows), expected or facts.school.staff or 0, refs(rows))


def modes(facts: Facts, window: Window) -> Found:
    """Of the three modes how many the trainings of the school year use."""
    rows = [row for row in _trained(facts, window) if row.mode]
    return Found(len({row.mode for row in rows}), len(Mode.values), refs(rows))


def shadowing(facts: Facts, window: Window) -> Found:
    """Persons in job shadowing in the school year, added up: each time counts."""
    rows = [row for row in _trained(facts, window) if row.mode == Mode.shadowing]
    return Found(_sum(rows, "heads_attended"), None, refs(rows))


def research(facts: Facts, window: Window) -> Found:
    """Research projects under way in the school year, by their numbers; without one none counts."""
    rows = [row for row in _trained(facts, window) if row.mode == Mode.research]
    numbered = [row for row in rows if _plain(row.project_no)]
    found = {_plain(row.project_no) for row in numbered}
    return Found(len(found), None, refs(numbered), refs(r for r in rows if r not in numbered))


# ---- X5: reserve and young cadres


def partner_institutes(facts: Facts, window: Window) -> Found:
    """Different partner institutes in the trainings of the school year."""
    rows = [row for row in _trained(facts, window) if _plain(row.partner)]
    return Found(len({_plain(row.partner) for row in rows}), None, refs(rows))


def partner_sessions(facts: Facts, window: Window) -> Found:
    """Trainings of the school year with a partner institute, of all trainings."""
    rows = _trained(facts, window)
    partnered = [row for row in rows if _plain(row.partner)]
    return Found(len(partnered), len(rows), refs(partnered))


def pool_ratio(facts: Facts, window: Window) -> Found:
    """People in reserve in the latest count of the year, of management posts approved."""
    rows, posts = _pools(facts, window), _posts(facts, window)
    return Found(_size(rows), _sum(posts, "approved"), refs([*rows, *posts]))


def young_share(facts: Facts, window: Window) -> Found:
    """Young cadres of all in reserve, in the latest count of the year."""
    rows = _pools(facts, window)
    return Found(_sum(rows, "young"), _size(rows), refs(rows))


def pool_review(facts: Facts, window: Window) -> Found:
    """Whether a Party-organisation meeting of the year dealt with reserve cadres."""
    return exists(held(facts, window, MeetingKind.party_org, topics=[Topic.reserve_cadre]))


def in_cycle(facts: Facts, window: Window) -> Found:
    """People in a training cycle of all in reserve, in the latest count of the year."""
    rows = _pools(facts, window)
    return Found(_sum(rows, "in_cycle"), _size(rows), refs(rows))


def success_rate(facts: Facts, window: Window) -> Found:
    """Promoted within the cycle, of those in reserve when it began, in its latest count."""
    return _ratio(_pools(facts, window), "cycle_appointed", "cycle_start_size")


def young_leads(facts: Facts, window: Window) -> Found:
    """Young cadres who lead a key project, of all young cadres, in the latest count of the year."""
    return _ratio(_pools(facts, window), "young_leading", "young")


def tiers(facts: Facts, window: Window) -> Found:
    """Of the three tiers how many have somebody, in the latest count of the year."""
    rows = _pools(facts, window)
    return Found(sum(_sum(rows, tier) > 0 for tier in TIERS), len(TIERS), refs(rows))


# ---- what several of them ask


def _trained(facts: Facts, window: Window) -> list[Training]:
    """Trainings of the span by their first day; a research project in each span that it runs in."""
    return [row for row in facts.trainings if within(_counted_on(row, window), window)]


def _counted_on(row: Training, window: Window) -> date:
    if row.mode == Mode.research and row.ended_on and row.ended_on >= window.span[0]:
        return max(row.held_on, window.span[0])
    return row.held_on


def _by_channel(facts: Facts, window: Window, channel: str) -> list[Training]:
    return [row for row in _trained(facts, window) if row.channel == channel]


def _different(rows: Sequence[Training]) -> int:
    """How many different persons came: the latest running number, else the largest session.

    Sessions are never added up: the same people come again.
    """
    told = [row for row in rows if row.distinct_heads is not None]
    if told:
        return max(told, key=lambda row: (row.held_on, row.pk)).distinct_heads or 0
    return max((row.heads_attended or 0 for row in rows), default=0)


def _pools(facts: Facts, window: Window) -> list[CadrePool]:
    """The latest count within the span; of a bureau that of each of its schools."""
    return _latest(facts, window.span[0], day(window))


def _latest(facts: Facts, since: date | None, on: date) -> list[CadrePool]:
    found: dict[int, CadrePool] = {}
    for row in sorted(facts.cadre_pool, key=lambda row: (row.as_of, row.pk)):
        if row.as_of <= on and (since is None or row.as_of >= since):
            found[row.school_id] = row
    return list(found.values())


def _posts(facts: Facts, window: Window) -> list[Post]:
    return standing(facts.posts, day(window))


def _size(rows: Sequence[CadrePool]) -> int:
    """People in reserve, over the three tiers."""
    return sum(_sum(rows, tier) for tier in TIERS)


def _sum(rows: Sequence[CadrePool | Post | Training], field: str) -> int:
    return sum(getattr(row, field) or 0 for row in rows)


def _ratio(rows: Sequence[CadrePool | Post], part: str, whole: str) -> Found:
    return Found(_sum(rows, part), _sum(rows, whole), refs(rows))


def _plain(text: str) -> str:
    """Without blanks and capitals, so that one institute is not counted twice."""
    return "".join(text.split()).casefold()


CHECKS = (
    four_stages,
    political_training_coverage,
    cadre_theory_sessions,
    major_task_assignments,
    major_task_share,
    posts_filled,
    pathway_doc,
    party_post_experience,
    from_frontline,
    from_committee,
    standard_doc,
    dual_strong_share,
    studios,
    schools_joined,
    studio_activities,
    training_plan,
    leadership_kinds,
    vision_themes,
    special,
    rotation,
    all_staff,
    modes,
    shadowing,
    research,
    partner_institutes,
    partner_sessions,
    pool_ratio,
    young_share,
    pool_review,
    in_cycle,
    success_rate,
    young_leads,
    tiers,
)
