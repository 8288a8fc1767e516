"""What each check counts: the traps of the registers one by one, and how the answers are led to."""

from datetime import date
from itertools import count

import pytest

from reform.checks.base import Facts, Held, Window
from reform.checks.table import CHECKS, PILLARS
from reform.models import Check
from schools import models

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
SENT = date(2026, 12, 20)
NAMES = {model._meta.model_name: model for model in (
    models.Branch, models.Unit, models.CommitteeSeat, models.LeadershipGroup,
    models.Consultation, models.Document, models.Training, models.CadrePool, models.Post,
    models.Studio, models.Activity)}  # fmt: skip
numbers = count(1)


def month(n, year=2026):
    last = date(year + n // 12, n % 12 + 1, 1).toordinal() - 1
    return date(year, n, 1), date.fromordinal(last)


def window(*pieces, span=YEAR, sent=SENT):
    return Window(span, sent, pieces)


def row(what, **fields):
    return NAMES[what](pk=next(numbers), school_id=1, **fields)


def branch(name="语文组支部", **fields):
    return row("branch", name=name, **{"form": "branch", **fields})


def meeting(kind, on, at=None, **fields):
    return Held(next(numbers), 1, kind, on, at and at.pk, **fields)


def facts(school=None, **registers):
    return Facts(models.School(**{"pk": 1, "profile": "multi", **(school or {})}), **registers)


def answer(key, known, of):
    found = CHECKS[key](known, of)
    return found.num, found.den


# ---- the table


def test_every_computed_check_of_the_catalogue_has_its_function_and_no_other(db):
    keys = set(Check.objects.filter(source="computed").values_list("key", flat=True))

    assert CHECKS.keys() == keys
    assert len(keys) == 82 == sum(map(len, PILLARS))
    assert all(check.__name__ == key for key, check in CHECKS.items())


def test_every_check_says_in_its_first_line_what_it_counts():
    lines = {key: check.__doc__.splitlines()[0] for key, check in CHECKS.items()}

    assert all(len(line) > 20 and line.endswith(".") for line in lines.values())
    assert len(set(lines.values())) == len(lines)


@pytest.mark.parametrize("kind", ["count", "bool", "ratio"])
def test_only_ratios_have_a_denominator_and_an_empty_school_has_an_answer_to_all(db, kind):
    nothing = facts()
    for key in Check.objects.filter(source="computed", kind=kind).values_list("key", flat=True):
        found = CHECKS[key](nothing, window(month(3)))

        assert found.den is not None if kind == "ratio" else found.den in (None, 0), key
        assert found.rows == (), key


# ---- the traps


def test_heads_of_several_sessions_are_never_added_up():
    pool = [row("cadrepool", as_of=date(2026, 3, 1), cadres=20)]
    first = row("training", held_on=date(2026, 3, 1), channel="rotation", distinct_heads=8,
                heads_attended=8)  # fmt: skip
    later = row("training", held_on=date(2026, 9, 1), channel="rotation", distinct_heads=12,
                heads_attended=9)  # fmt: skip
    silent = row("training", held_on=date(2026, 9, 9), channel="rotation", heads_attended=7)

    known = facts(trainings=[later, first, silent], cadre_pool=pool)
    assert answer("rotation", known, window()) == (12, 20)
    assert answer("rotation", facts(trainings=[silent], cadre_pool=pool), window()) == (7, 20)


def test_political_training_counts_the_same_people_once():
    pool = [row("cadrepool", as_of=date(2026, 3, 1), cadres=20)]
    sessions = [
        row("training", held_on=date(2026, n, 1), kind="political", audience="cadre",
            heads_attended=n + 10)
        for n in (3, 6)
    ]  # fmt: skip

    known = facts(trainings=sessions, cadre_pool=pool)
    assert answer("political_training_coverage", known, window()) == (16, 20)


def test_a_ratio_of_nothing_stays_nothing():
    ratios = ["general_meeting", "award_consulted", "committee_attendance", "posts_filled",
              "quorum_met", "in_cycle", "rotation", "units_covered"]  # fmt: skip
    assert {answer(key, facts(), window(month(3))) for key in ratios} == {(0, 0)}


def test_a_branch_owes_only_the_whole_months_from_its_founding_to_its_end():
    pieces = [month(n) for n in (9, 10, 11)]
    owed = {
        (None, None): 3,
        (date(2026, 9, 1), None): 3,
        (date(2026, 9, 2), None): 2,
        (date(2026, 11, 2), None): 0,
        (None, date(2026, 11, 30)): 3,
        (None, date(2026, 11, 29)): 2,
        (date(2026, 9, 15), date(2026, 11, 15)): 1,
    }
    for (since, until), months in owed.items():
        known = facts(branches=[branch(since=since, until=until)])
        assert answer("theme_day", known, window(*pieces)) == (0, months), (since, until)


def test_a_branch_founded_in_the_last_month_owes_nothing_for_the_year():
    old, young = branch(), branch("新支部", since=date(2026, 12, 2))
    known = facts(branches=[old, young, branch("早", since=date(2026, 12, 1))])

    assert answer("secretary_report", known, window()) == (0, 2)
    assert answer("approved", known, window()) == (0, 3)


def test_a_branch_that_has_ended_owes_no_plan_and_has_no_say():
    ended = branch(until=date(2026, 6, 30))

    for key in ("integrated_plans", "self_assessed", "approved", "unit_based_branches"):
        assert answer(key, facts(branches=[ended]), window()) == (0, 0), key


def test_a_month_of_vacation_owes_its_meetings():
    one = branch(full_members=8, party_groups=1)
    seats = [row("committeeseat", branch=one, seat="organisation")]
    known = facts(branches=[one], committee_members=seats)

    for key in ("theme_day", "committee_meeting", "group_meeting"):
        assert answer(key, known, window(month(7), month(8))) == (0, 2), key
    assert answer("general_meeting", known, window((date(2026, 7, 1), date(2026, 9, 30)))) == (0, 1)


@pytest.mark.parametrize(("opinion", "passes"), [(9, 1), (10, 0), (11, 0), (None, 0)])
@pytest.mark.parametrize("kind", ["award", "title"])
def test_an_opinion_counts_only_when_dated_before_the_decision(kind, opinion, passes):
    batch = row("consultation", kind=kind, asked_on=date(2026, 9, 1),
                opinion_on=opinion and date(2026, 9, opinion),
                decided_on=date(2026, 9, 10))  # fmt: skip

    assert answer(f"{kind}_consulted", facts(consultations=[batch]), window()) == (passes, 1)


def test_areas_are_counted_and_not_the_groups_that_cover_them():
    one = row("leadershipgroup", scopes=["thought", "moral", "ideology"], set_up_no="1号")
    two = [row("leadershipgroup", scopes=["moral"], set_up_no="2号") for _ in range(3)]

    assert answer("group_scopes", facts(leadership_groups=[one]), window()) == (3, 3)
    assert answer("group_scopes", facts(leadership_groups=two), window()) == (1, 3)


def test_a_group_that_was_only_put_on_a_wall_covers_nothing():
    group = row("leadershipgroup", name="德育小组", scopes=["moral"])
    found = CHECKS["group_scopes"](facts(leadership_groups=[group]), window())

    assert (found.num, found.den, [ref.label for ref in found.lacking]) == (0, 3, ["德育小组"])


# ---- what the sentences promise


def test_theory_study_is_that_of_the_branch_with_the_fewest():
    eager, idle = branch("数学组支部"), branch("英语组支部")
    held = [meeting("theme_day", date(2026, 9, n), eager, topics=["theory"]) for n in (1, 2, 3)]
    held.append(meeting("lecture", date(2026, 9, 4), idle, topics=["theory"]))
    found = CHECKS["theory_sessions"](facts(branches=[eager, idle], meetings=held), window())

    assert (found.num, [ref.label for ref in found.lacking]) == (1, ["英语组支部"])


def test_a_school_with_one_branch_need_not_say_whose_meeting_it_was():
    one = branch()
    held = [meeting("theme_day", date(2026, 9, 3))]

    alone = facts(branches=[one], meetings=held)
    beside = facts(branches=[one, branch()], meetings=held)
    assert answer("theme_day", alone, window(month(9))) == (1, 1)
    assert answer("theme_day", beside, window(month(9))) == (0, 2)


def test_the_groups_of_a_single_branch_stand_in_for_branches():
    one = branch(party_groups=3)
    units = [row("unit", branch=one, party_group=n) for n in (1, 2, 2, 9)]
    known = facts({"profile": "single"}, branches=[one], units=units)
    found = CHECKS["unit_based_branches"](known, window())

    assert (found.num, found.den) == (2, 3)
    assert [ref.label for ref in found.lacking] == ["语文组支部 3"]


def test_members_of_every_branch_are_added_up_probationary_ones_too():
    rows = [branch(full_members=20, probationary=2), branch(full_members=30),
            branch(form="general", full_members=50, probationary=2)]  # fmt: skip
    school = {"full_members": 50, "probationary_members": 2}

    assert answer("members_placed", facts(school, branches=rows), window()) == (52, 52)


def test_a_school_of_two_members_is_asked_only_for_its_joint_branch():
    guest = branch("三校联合党支部", form="joint", host_name="中心小学")
    nameless = branch("三校联合党支部", form="joint")
    two = {"full_members": 2, "probationary_members": 0}

    assert answer("members_placed", facts(two, branches=[guest]), window()) == (0, 0)
    assert answer("joint_host", facts(two, branches=[guest]), window()) == (1, None)
    assert answer("joint_host", facts(two, branches=[nameless]), window()) == (0, None)
    assert answer("joint_host", facts({"full_members": 3}), window()) == (1, 0)
    assert answer("approved", facts(two, branches=[guest]), window()) == (0, 0)


@pytest.mark.parametrize(
    ("members", "form", "fits"),
    [(49, "branch", 1), (50, "branch", 1), (50, "general", 1), (49, "general", 0),
     (100, "general", 1), (100, "committee", 1), (101, "general", 0), (2, "branch", 0)],
)  # fmt: skip
def test_at_exactly_50_and_100_both_forms_fit(members, form, fits):
    known = facts({"full_members": members}, branches=[branch(form=form)])

    assert answer("form_matches", known, window()) == (fits, None)


def test_the_form_of_an_organisation_that_is_not_in_the_register_fits_nothing():
    told = {"form": "branch", "full_members": 14}

    assert answer("form_matches", facts(told), window()) == (1, 0)
    assert answer("form_matches", facts(told, branches=[branch()]), window()) == (1, None)


def test_a_branch_of_more_than_50_does_not_fit_even_below_an_approved_committee():
    top, large = (
        branch(form="committee", approval_no="1号"),
        branch(full_members=50, probationary=1),
    )
    found = CHECKS["form_matches"](facts({"full_members": 60}, branches=[top, large]), window())

    assert (found.num, [ref.pk for ref in found.lacking]) == (0, [large.pk])


def test_the_secretary_heads_a_group_that_the_branch_is_linked_to():
    def result(units=1, **seat):
        one = branch(basis="subject")
        fields = {"seat": "secretary", "post_held": "教研组长", "is_unit_head": True, **seat}
        return answer(
            "secretary_is_head",
            facts(
                branches=[one, branch(basis="mixed"), branch(basis="retired")],
                units=[row("unit", branch=one) for _ in range(units)],
                committee_members=[row("committeeseat", branch=one, **fields)],
            ),
            window(),
        )

    assert result() == (1, 1)
    assert result(post_held="") == (0, 1)
    assert result(is_unit_head=False) == (0, 1)
    assert result(seat="deputy") == (0, 1)
    assert result(units=0) == (0, 1)
    assert result(until=date(2026, 12, 19)) == (0, 1)


def test_what_was_lacking_is_named_by_branch_and_month():
    one = branch()
    held = [meeting("theme_day", date(2026, 10, 9), one)]
    found = CHECKS["theme_day"](facts(branches=[one], meetings=held), window(month(9), month(10)))
    quarter = CHECKS["general_meeting"](
        facts(branches=[one]), window((date(2026, 7, 1), date(2026, 9, 30)))
    )

    assert [ref.label for ref in found.lacking] == ["语文组支部 2026-09"]
    assert [ref.label for ref in quarter.lacking] == ["语文组支部 2026-07/09"]
    assert [(ref.register, ref.pk) for ref in found.rows] == [("meetings", held[0].pk)]


def test_a_seat_is_named_by_its_branch_and_post_and_never_by_a_person():
    one = branch()
    seat = row("committeeseat", branch=one, seat="secretary", post_held="教研组长", holder="王某")
    found = CHECKS["committee_trained"](facts(branches=[one], committee_members=[seat]), window())

    assert [ref.label for ref in found.lacking] == ["语文组支部 教研组长"]


def test_a_batch_with_an_opinion_missing_is_lacking_and_not_counted_as_well():
    batches = [
        row("consultation", batch=name, asked_on=date(2026, 9, 15), requested=9, returned=back)
        for name, back in (("教师节评优", 8), ("职称推荐", 9))
    ]
    found = CHECKS["opinions_returned"](facts(consultations=batches), window())

    assert (found.num, found.den) == (17, 18)
    assert [ref.label for ref in found.rows] == ["职称推荐"]
    assert [ref.label for ref in found.lacking] == ["教师节评优 8/9"]


def test_a_plan_of_last_year_does_not_answer_for_this_one():
    def found(**fields):
        plan = row("document", kind="plan", **{"in_force": True, **fields})
        return answer("plan_in_force", facts(documents=[plan]), window())[0]

    assert found(adopted_on=date(2026, 2, 1)) == 1
    assert found(adopted_on=date(2025, 10, 31)) == 1
    assert found(adopted_on=date(2025, 10, 30)) == 0
    assert found(adopted_on=date(2025, 1, 1), until=date(2026, 1, 1)) == 1
    assert found(adopted_on=date(2025, 1, 1), until=date(2025, 12, 31)) == 0
    assert found(adopted_on=date(2026, 12, 21)) == 0
    assert found(adopted_on=date(2026, 2, 1), in_force=False) == 0
    assert found() == 0
