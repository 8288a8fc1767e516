"""Terms of office: told in time to whom they concern, once, and taken back with a new election."""

from datetime import date, timedelta

import pytest

from reform import blast_guard, digest, inbox, planner, term_reminders
from reform.models import Reminder
from reform.sign_in import WithInbox
from schools import clock
from schools.models import Branch, Membership, School
from tests import world
from tests.planning import moment

pytestmark = [pytest.mark.database, pytest.mark.django_db]
END = date(2027, 5, 31)  # half a year before: 2026-11-30; a month before: 2027-04-30


@pytest.fixture
def branch(cast):
    """第一支部 of 阳光小学."""
    return world.branch(cast.school, "第一支部", term_end=END)


@pytest.fixture
def at_day(travel):
    def go(day, hour="09:00"):
        travel.move_to(moment(f"{day}T{hour}"))
        assert planner.plan()[0] is True
        return told()

    return go


def told(**fields):
    found = Reminder.objects.filter(about="term", **fields).order_by("due_on", "stage", "person")
    return list(found.values_list("person__name", "stage", "state"))


def names(*seats):
    return [seat.user.name for seat in seats]


# ---- when, and to whom


def test_nothing_is_told_before_half_a_year_remains(branch, at_day):
    assert at_day("2026-11-29", "23:59") == []


def test_each_stage_takes_the_place_of_the_one_before_and_the_last_reaches_the_reviewer(
    cast, branch, at_day
):
    filer, secretary, reviewer = names(cast.filer, cast.secretary, cast.reviewer)

    assert at_day("2026-11-30", "00:01") == [(filer, -6, "waiting"), (secretary, -6, "waiting")]
    at_day("2027-04-30")
    assert told(state="waiting") == [(filer, -1, "waiting"), (secretary, -1, "waiting")]
    at_day("2027-05-31", "23:59")
    assert told(stage=0) == []
    at_day("2027-06-01", "00:01")
    assert told(state="waiting") == [
        (filer, 0, "waiting"), (secretary, 0, "waiting"), (reviewer, 0, "waiting"),
    ]  # fmt: skip
    assert {state for _n, stage, state in told() if stage < 0} == {"superseded"}


def test_a_row_says_whose_term_and_why_this_person_hears_it(cast, branch, at_day):
    at_day("2027-06-01")

    row = Reminder.objects.get(stage=0, person=cast.secretary.user)
    assert (row.branch, row.topic, row.due_on) == (branch, f"branch:{branch.pk}", END)
    assert (row.entry, row.role, row.place) == (None, "secretary", f"s{cast.school.pk}")
    row = Reminder.objects.get(stage=0, person=cast.reviewer.user)
    assert (row.role, row.place) == ("reviewer", f"r{world.COUNTY}")


def test_a_term_put_down_late_is_told_once_however_often_it_is_asked(cast, at_day):
    world.branch(cast.school, term_end=date(2026, 12, 31))

    first = at_day("2026-11-20")
    assert [stage for _name, stage, _state in first] == [-6, -6]
    pks = set(Reminder.objects.values_list("pk", flat=True))
    Reminder.objects.update(state="told")

    for day in ("2026-11-20", "2026-11-21", "2026-11-29"):
        assert [state for _n, _s, state in at_day(day, "18:00")] == ["told", "told"]
    assert set(Reminder.objects.values_list("pk", flat=True)) == pks


def test_two_terms_of_one_school_are_two_reminders_for_each_person(cast, branch, at_day):
    world.branch(cast.school, "第二支部", term_end=END)

    assert len(at_day("2026-12-01")) == 4


def test_a_new_colleague_is_told_of_what_still_runs_out(cast, branch, at_day):
    at_day("2026-12-01")
    Reminder.objects.update(state="told")
    newcomer = world.seat("filer", cast.school)

    at_day("2026-12-02")

    assert told(state="waiting") == [(newcomer.user.name, -6, "waiting")]


@pytest.mark.parametrize(
    "ended",
    [
        lambda b: Branch.objects.update(removed_at=clock.now()),
        lambda b: Branch.objects.update(until=date(2026, 11, 29)),
        lambda b: Branch.objects.update(since=date(2027, 1, 1)),
        lambda b: Branch.objects.update(term_end=None),
        lambda b: Branch.objects.filter(pk=b.pk).update(host=world.branch(b.school, "牵头支部")),
        lambda b: Branch.objects.filter(pk=b.pk).update(form="joint", host_name="城东小学"),
        lambda b: School.objects.update(closed_on=date(2026, 11, 29)),
        lambda b: Membership.objects.update(ends_on=date(2026, 11, 29)),
    ],
    ids=[
        "removed",
        "ended",
        "not begun",
        "no end",
        "joined",
        "host in words",
        "school closed",
        "post ended",
    ],
)
def test_what_has_no_term_of_its_own_is_told_to_nobody(branch, at_day, ended):
    ended(branch)

    assert at_day("2026-12-01") == []


@pytest.mark.parametrize(
    "ended",
    [
        (lambda: Branch.objects.update(removed_at=clock.now()), "branch ended"),
        (lambda: Branch.objects.update(until=date(2026, 12, 1)), "branch ended"),
        (lambda: Branch.objects.update(form="joint", host_name="城东小学"), "branch ended"),
        (lambda: School.objects.update(closed_on=date(2026, 12, 2)), "branch ended"),
        (lambda: Branch.objects.update(term_end=date(2029, 12, 1)), "date moved"),
        (lambda: Branch.objects.update(term_end=None), "date moved"),
        (lambda: Membership.objects.update(ends_on=date(2026, 12, 1)), "person ended"),
    ],
    ids=[
        "removed",
        "over",
        "host in words",
        "school closed",
        "new election",
        "no end",
        "post ended",
    ],
)
def test_what_waits_is_cancelled_when_it_no_longer_holds_and_says_why(branch, at_day, ended):
    end, why = ended
    at_day("2026-12-01")
    end()

    assert {state for _n, _s, state in at_day("2026-12-02")} == {"cancelled"}
    assert set(Reminder.objects.values_list("why", flat=True)) == {why}


def test_an_election_put_down_by_mistake_and_taken_back_is_told_again(branch, at_day):
    at_day("2026-12-01")
    Branch.objects.update(term_end=date(2029, 12, 1))
    at_day("2026-12-02")
    Branch.objects.update(term_end=END)

    assert {state for _n, _s, state in at_day("2026-12-03")} == {"waiting"}


def test_only_an_approved_extension_moves_the_date(branch, at_day):
    Branch.objects.update(extension_until=date(2027, 9, 30))
    at_day("2026-12-01")
    assert set(Reminder.objects.values_list("due_on", flat=True)) == {END}

    Branch.objects.update(extension_no="西教党〔2026〕9 号")
    at_day("2026-12-02")
    assert {state for _n, _s, state in told()} == {"cancelled"}

    at_day("2027-04-01")
    assert set(Reminder.objects.filter(state="waiting").values_list("due_on", flat=True)) == {
        date(2027, 9, 30)
    }


# ---- the plan


def test_another_look_waits_for_a_hundred_times_what_the_last_one_took(cast, at_day, travel):
    at_day("2026-12-01", "09:00")
    pulse = term_reminders.Pulse.objects.get(name=term_reminders.PULSE)
    pulse.finished_at = pulse.started_at + timedelta(seconds=30)
    pulse.save()
    world.branch(cast.school, term_end=END)

    assert at_day("2026-12-01", "09:50") == []
    assert len(at_day("2026-12-01", "09:51")) == 2


def test_a_new_day_is_looked_at_at_once(cast, branch, at_day):
    at_day("2026-11-29", "23:59")
    pulse = term_reminders.Pulse.objects.get(name=term_reminders.PULSE)
    pulse.finished_at = pulse.started_at + timedelta(hours=3)
    pulse.save()

    assert len(at_day("2026-11-30", "00:00")) == 2


def test_a_plan_costs_as_many_queries_for_thirty_terms_as_for_one(
    cast, branch, travel, django_assert_num_queries
):
    travel.move_to(moment("2026-12-01T09:00"))
    with django_assert_num_queries(8, exact=False) as before:
        assert term_reminders.write(clock.now()) == 2
    for _n in range(30):
        world.branch(cast.school, term_end=END)
    with django_assert_num_queries(len(before)):
        assert term_reminders.write(clock.now()) == 60


def test_many_terms_that_end_on_one_day_are_no_surprise(cast, branch, at_day, monkeypatch):
    monkeypatch.setattr(blast_guard, "FLOOR", 1)
    at_day("2026-11-29")

    assert len(at_day("2026-11-30")) == 2
    assert blast_guard.held() is None


def test_a_flood_of_terms_nobody_expected_waits_for_the_operator(cast, at_day, monkeypatch):
    monkeypatch.setattr(blast_guard, "FLOOR", 1)
    at_day("2026-11-29")
    world.branch(cast.school, term_end=date(2027, 1, 15))

    at_day("2026-11-30")

    assert blast_guard.held() is not None


# ---- what people read


def lines(user):
    return inbox.lines(list(inbox.standing(inbox.of(user))))


def unseen(user):
    return WithInbox().get_user(user.pk).unseen


def test_the_inbox_says_how_long_is_left_and_why_one_hears_it(cast, branch, at_day):
    at_day("2026-11-30")

    (line,) = lines(cast.filer.user)
    assert (line.title, line.school, line.light) == ("第一支部", "", "")
    assert line.said == "任期于 2027-05-31 届满，还有 182 天。"
    assert line.why == f"您是{cast.school.name}填报员，任期届满前 6 个月"
    assert line.url == "/registers/terms/"
    assert unseen(cast.filer.user) == 1


def test_an_official_reads_which_school_is_past_its_end(cast, branch, at_day):
    at_day("2027-06-02")

    (line,) = lines(cast.reviewer.user)
    assert (line.title, line.school, line.url) == ("第一支部", "阳光小学", "/structure/terms/")
    assert line.said.startswith("任期已于 2027-05-31 届满")


@pytest.mark.parametrize(
    "change",
    [
        {"term_end": date(2029, 12, 1)},
        {"removed_at": world.NOON},
        {"until": date(2026, 11, 30)},
        {"extension_until": date(2027, 9, 1), "extension_no": "9 号"},
        {"form": "joint", "host_name": "城东小学"},
    ],
    ids=["elected", "removed", "over", "extended", "joined"],
)
def test_what_was_told_leaves_the_inbox_and_its_count_as_soon_as_it_holds_no_more(
    cast, branch, at_day, change
):
    at_day("2026-12-01")
    Reminder.objects.update(state="told")
    assert (len(lines(cast.filer.user)), unseen(cast.filer.user)) == (1, 1)

    Branch.objects.update(**change)

    assert (lines(cast.filer.user), unseen(cast.filer.user)) == ([], 0)
    letter = digest.gather(cast.filer.user, digest.Desk())
    assert letter.parts == []


def test_the_letter_names_the_terms_once_each_beside_what_else_is_due(cast, branch, at_day):
    world.branch(cast.school, "第二支部", term_end=date(2026, 11, 1))
    world.slot(cast.campaign, due_on=date(2026, 11, 30))
    world.entry(cast.school)
    at_day("2026-11-30")

    (part,) = digest.gather(cast.filer.user, digest.Desk()).parts

    assert len(part.lines) == 1
    over, near = part.facts
    assert (over.light, over.names) == ("late", ["第二支部（2026-11-01）"])
    assert (near.light, near.names) == ("due", ["第一支部（2027-05-31）"])
    assert over.url.endswith("/registers/terms/")
    assert len(digest.heads(part)) == 3


def test_a_reviewers_letter_names_schools_and_no_ranking(cast, branch, at_day):
    for name in ("春晖小学", "安吉小学"):
        world.branch(world.school(name), term_end=date(2026, 11, 1))
    at_day("2027-06-02")

    (part,) = digest.gather(cast.reviewer.user, digest.Desk()).parts
    (fact,) = part.facts
    assert fact.names == ["安吉小学", "春晖小学", "阳光小学"]
    assert fact.said == "3 所学校有党组织任期届满。"


def test_colleagues_and_officials_may_see_how_it_went_out_and_strangers_not(
    cast, branch, at_day, at
):
    at_day("2027-06-02")
    pk = Reminder.objects.get(person=cast.secretary.user, stage=0).pk

    page = at(cast.filer).get(f"/reminders/{pk}/")
    assert page.status_code == 200
    assert "第一支部" in page.content.decode()
    assert at(cast.reviewer).get(f"/reminders/{pk}/").status_code == 200
    assert at(cast.stranger).get(f"/reminders/{pk}/").status_code == 404
