"""摸清底数: a school tells five numbers and a form; profile, items and doubts follow."""

from datetime import date

import pytest

from reform import baseline, history, rollout, tallies
from reform.baseline import Figures
from reform.models import Enrolment, Entry, Event
from schools.errors import Denied
from schools.models import School
from tests import changes, world

pytestmark = [pytest.mark.django_db, pytest.mark.database]

COMMITTEE = Figures("committee", 120, 6, 5, 60, 210)
BRANCH = Figures("branch", 18, 2, 1, 24, 62)
JOINT = Figures("joint", 2, 0, 0, 4, 9)


@pytest.fixture
def school(manager):
    """A school that nobody knows anything of, in a county with a running campaign."""
    world.school("月亮小学", profile="multi")
    world.opened(manager)
    return world.school("阳光小学", profile="unknown")


@pytest.fixture
def filer(school):
    return world.seat("filer", school)


def answer(school, told, by, **fields):
    return baseline.answer(school.pk, told, by=by, **fields)


@pytest.mark.parametrize(
    ("told", "profile", "filings"),
    [(COMMITTEE, "multi", 60), (BRANCH, "single", 49), (JOINT, "joint", 17)],
)
def test_the_answer_gives_the_profile_and_at_once_the_items(school, filer, told, profile, filings):
    done = answer(school, told, filer)

    school.refresh_from_db()
    assert (done.profile, done.entries, done.differs) == (profile, filings, False)
    assert (school.profile, school.locked, school.baseline_at is not None) == (profile, True, True)
    assert baseline.of(school) == vars(told)
    assert Entry.objects.filter(school=school, left_at=None).count() == filings
    assert Enrolment.objects.get(school=school).profile == profile
    assert rollout.add_late_joiners() == 0
    assert changes.faults() == []


def test_the_answer_stands_in_the_history_with_what_was_before(school, filer):
    answer(school, BRANCH, filer)

    event = Event.objects.get(subject=school.subject, kind="baseline")
    assert event.actor == filer.user
    assert '"profile":"single"' in event.body and '"profile":"unknown"' in event.body
    assert list(history.verify(school.subject)) == []


def test_a_second_press_is_answered_like_the_first(school, filer):
    first = answer(school, BRANCH, filer, key="k")
    again = answer(school, BRANCH, filer, key="k")

    assert first == again
    assert Event.objects.filter(subject=school.subject, kind="baseline").count() == 1


def test_a_correction_changes_the_numbers_and_not_what_the_campaign_froze(school, filer):
    answer(school, BRANCH, filer)

    done = answer(school, COMMITTEE, filer)

    school.refresh_from_db()
    assert (done.profile, done.entries, done.differs) == ("multi", 0, True)
    assert (school.full_members, school.profile) == (120, "multi")
    assert Enrolment.objects.get(school=school).profile == "single"
    assert Entry.objects.filter(school=school).count() == 49
    assert [one.pk for one in baseline.differing(School.objects.all())] == [school.pk]


def test_the_authority_follows_a_correction_only_by_a_change_with_a_reason(school, filer, manager):
    answer(school, BRANCH, filer)
    answer(school, COMMITTEE, filer)

    done = changes.change(school, "profile", manager, profile="")

    assert done == {"new": 11}
    assert not baseline.differing(School.objects.all()).exists()
    assert changes.faults() == []


def test_what_the_authority_set_by_hand_outlasts_an_answer(school, filer, manager):
    changes.change(school, "profile", manager, profile="joint")

    done = answer(school, COMMITTEE, filer)

    school.refresh_from_db()
    assert (school.profile, done.profile) == ("joint", "joint")
    assert changes.WHY in str(done.why)
    assert "党委或党总支" in baseline.by_numbers(school)


def test_a_profile_set_by_hand_asks_a_school_that_has_not_answered(school, manager):
    done = changes.change(school, "profile", manager, profile="single")

    school.refresh_from_db()
    assert (done, school.locked) == ({"new": 49}, True)
    assert tallies.differences() == {}


def test_without_a_running_campaign_the_answer_is_kept_all_the_same(manager):
    school = world.school("阳光小学", profile="unknown")

    done = answer(school, BRANCH, world.seat("filer", school))

    school.refresh_from_db()
    assert (done.entries, school.profile, school.locked) == (0, "single", False)


def test_nobody_answers_for_another_school_nor_for_a_closed_one(school, filer, manager):
    other = world.seat("secretary", world.school("邻校", profile="unknown"))
    for seat in (other, manager):
        with pytest.raises(Denied):
            answer(school, BRANCH, seat)
    changes.change(school, "close", manager, on=date(2026, 9, 1))
    with pytest.raises(Denied):
        answer(school, BRANCH, filer)
    assert School.objects.get(pk=school.pk).baseline_at is None


# ---- doubts

PLAUSIBLE = [
    COMMITTEE,
    BRANCH,
    JOINT,
    Figures("general", 50, 0, 3, 40, 150),
    Figures("general", 100, 0, 4, 40, 150),
    Figures("committee", 100, 0, 4, 40, 150),
    Figures("branch", 50, 3, 1, 40, 150),
    Figures("general", 100, 5, 4, 40, 150),
    Figures("branch", 3, 0, 1, 6, 20),
    Figures("branch", 48, 2, 1, 30, 90),
]


@pytest.mark.parametrize("told", PLAUSIBLE)
def test_what_the_rules_expect_is_not_doubted(told):
    assert baseline.doubts(told) == []


@pytest.mark.parametrize(
    ("told", "doubts"),
    [
        (Figures("joint", 3, 0, 0, 4, 9), 1),
        (Figures("branch", 2, 0, 1, 4, 9), 1),
        (Figures("committee", 120, 0, 1, 60, 210), 1),
        (Figures("branch", 18, 0, 2, 24, 62), 1),
        (Figures("branch", 18, 0, 0, 24, 62), 1),
        (Figures("committee", 99, 0, 4, 40, 150), 1),
        (Figures("committee", 98, 5, 4, 40, 150), 1),
        (Figures("general", 49, 0, 3, 40, 150), 1),
        (Figures("general", 101, 0, 3, 40, 150), 1),
        (Figures("branch", 51, 0, 1, 30, 90), 1),
        (Figures("committee", 160, 0, 3, 60, 210), 1),
        (Figures("branch", 18, 0, 1, 12, 17), 1),
        (Figures("branch", 18, 19, 1, 24, 62), 1),
        (Figures("branch", 18, 0, 1, 24, 23), 1),
        (Figures("branch", 18, 0, 1, 0, 62), 1),
        (Figures("branch", 18, 0, 1, 240, 620), 1),
    ],
)
def test_each_odd_number_is_doubted_once(told, doubts):
    assert len(baseline.doubts(told)) == doubts


def test_a_doubt_never_refuses(school, filer):
    assert answer(school, Figures("joint", 900, 901, 9, 0, 0), filer).profile == "joint"
