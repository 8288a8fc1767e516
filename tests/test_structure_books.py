"""The books of schools as they are loaded, what is not judged yet, and the counts kept of it."""

from copy import copy
from datetime import date

import pytest

from schools import structure_counts
from schools.checkup import examine
from schools.models import Meeting, School, StructureCount
from schools.structure_books import Held, Periods, load
from tests import party, world
from tests.party import TODAY, books, branch, committee, held, kept_branch, kept_meeting, kept_seat

OCTOBER_FIRST = date(2026, 10, 1)


def told(of):
    return {one.rule.id: one.findings for one in examine(of).told}


def lacking(of):
    return {one.rule.id: one.why for one in examine(of).open}


# ---- what is not judged


def test_the_last_whole_month_quarter_and_year_are_looked_at():
    assert Periods.before(date(2026, 11, 20)) == (
        (date(2026, 10, 1), date(2026, 10, 31)),
        (date(2026, 7, 1), date(2026, 9, 30)),
        (date(2025, 1, 1), date(2025, 12, 31)),
        (date(2025, 11, 20), date(2026, 11, 20)),
        (date(2025, 8, 20), date(2026, 11, 20)),
    )
    assert Periods.before(date(2027, 1, 1))[:3] == (
        (date(2026, 12, 1), date(2026, 12, 31)),
        (date(2026, 10, 1), date(2026, 12, 31)),
        (date(2026, 1, 1), date(2026, 12, 31)),
    )


@pytest.mark.parametrize(
    ("rule", "in_time", "too_late"),
    [
        ("MTG-04", OCTOBER_FIRST, date(2026, 10, 2)),
        ("MTG-01", date(2026, 7, 1), date(2026, 7, 2)),
        ("MTG-05", date(2025, 10, 1), date(2025, 10, 2)),
    ],
)
def test_time_before_the_meeting_register_began_is_not_judged(rule, in_time, too_late):
    one = branch()
    assert rule in told(books(one, since=in_time))
    late = books(one, since=too_late)
    assert rule not in told(late)
    assert rule not in lacking(late)
    [later] = [one for one in examine(late).later if one.rule.id == rule]
    assert later.why.startswith(f"会议台账从 {too_late} 开始登记")


def test_a_register_that_has_just_begun_lacks_nothing_that_a_school_could_fill_in():
    one = branch()
    new = books(one, seats=committee(one), meetings=[], since=date(2026, 11, 2))
    found = examine(new)
    assert found.open == []
    assert {later.rule.id for later in found.later} == {
        "MTG-01", "MTG-02", "MTG-03", "MTG-04", "MTG-05"
    }  # fmt: skip


def test_seats_that_are_left_out_lack_whenever_the_meetings_begin():
    assert lacking(books(branch(), since=date(2026, 11, 2)))["MTG-02"] == "支部委员台账还没有填。"


def test_a_branch_founded_within_the_month_owes_nothing_for_it():
    assert "MTG-04" in told(books(branch(since=OCTOBER_FIRST)))
    assert "MTG-04" not in told(books(branch(since=date(2026, 10, 2))))


def test_the_first_weeks_of_a_register_need_no_talk_before_the_meeting():
    major = held("party_org", date(2026, 10, 12), topics=["major"])
    assert "OP-7" in told(books(branch(), meetings=[major], since=date(2026, 9, 14)))
    assert "OP-7" not in told(books(branch(), meetings=[major], since=date(2026, 9, 15)))


def test_a_school_without_facts_is_not_called_well():
    empty = books(of=party.school(form="", full_members=None), since=None)
    assert set(told(empty)) == set()
    assert lacking(empty)["STR-04"] == "还不知道正式党员数。"
    assert lacking(empty)["STR-03"] == "支部台账还没有填。"
    assert lacking(empty)["OP-5"] == "会议台账还没有填。"
    assert {rule.id for rule in examine(empty).kept} == {"OP-P", "CODE-01", "CODE-02"}


def test_facts_that_single_branches_lack_are_named():
    bare = books(branch(full_members=None, term_end=None), since=None)
    assert lacking(bare)["STR-03"] == "支部台账里有 1 个支部没有填正式党员数。"
    assert lacking(bare)["CMT-01"] == "支部委员台账还没有填。"
    assert lacking(bare)["TRM-01"] == "支部台账里有 1 个党组织没有填任期届满日期。"
    assert lacking(bare)["OP-12"] == "支部委员台账里没有学校党组织的书记。"


def test_a_school_that_joined_another_ones_branch_owes_what_its_host_owes_nothing():
    guest = branch(form="joint", host_name="城东小学", term_end=date(2020, 1, 1))
    found = examine(books(guest, of=party.school(form="joint", full_members=2), since=None))
    assert (found.told, found.open) == ([], [])


def test_a_private_school_is_not_held_to_this_system_of_leadership():
    one, short = branch(), held("party_org", TODAY, expected=9, attended=1, topics=["major"])
    of = party.school(ownership="private")
    found = told(books(one, of=of, seats=[party.seat(one, is_principal=False)], meetings=[short]))
    assert not {"OP-5", "OP-7", "OP-12"} & set(found)
    assert "OP-P" in found
    assert examine(books(one, of=of, seats=committee(one), since=None)).for_information == 1


def test_a_row_without_a_branch_is_that_of_the_only_branch_there_is():
    day = held("theme_day", date(2026, 10, 9))
    assert "MTG-04" not in told(books(branch(), meetings=[day]))
    assert "MTG-04" in told(books(branch(), branch("第二党支部"), meetings=[day]))


# ---- loading


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize("n", [1, 3])
def test_any_number_of_schools_is_loaded_by_five_queries(travel, django_assert_num_queries, n):
    for school in [world.school() for _n in range(n)]:
        one = kept_branch(school)
        kept_seat(one)
        kept_meeting(school, "theme_day", date(2026, 10, 9), branch=one)
    schools = list(School.objects.order_by("pk"))
    with django_assert_num_queries(5):
        found = [examine(loaded) for loaded in load(schools, TODAY)]
    assert [len(one.books.meetings) for one in found] == [1] * n


@pytest.mark.django_db
@pytest.mark.database
def test_rows_that_were_removed_or_hold_no_longer_are_left_out(travel):
    school = world.school()
    stays = kept_branch(school, "现有支部", until=TODAY)
    kept_branch(school, "撤销支部", until=date(2026, 11, 19))
    kept_branch(school, "明年支部", since=date(2027, 1, 1))
    kept_branch(school, "误填支部", removed_at=world.NOON)
    kept_seat(stays)
    kept_seat(stays, "discipline", until=date(2026, 11, 19))
    kept_meeting(school, "theme_day", date(2026, 10, 9), removed_at=world.NOON)
    [found] = load([school], TODAY)
    assert [row.name for row in found.branches] == ["现有支部"]
    assert [seat.seat for seat in found.seats] == ["secretary"]
    assert (found.meetings, found.meetings_since) == ([], None)


@pytest.mark.django_db
@pytest.mark.database
def test_schools_that_join_a_branch_are_counted_at_their_host(travel):
    host = kept_branch(world.school("城东小学"), form="joint")
    for n in range(5):
        kept_branch(world.school(f"教学点{n}", profile="joint"), form="joint", host=host)
    left = world.school("撤点小学", profile="joint")
    kept_branch(left, form="joint", host=host, removed_at=world.NOON)
    kept_branch(left, form="joint", host=host, until=date(2026, 8, 31))
    [found] = load([host.school], TODAY)
    assert found.guests == {host.pk: 5}
    assert [one.words for one in told(found)["STR-02"]] == ["第一党支部覆盖 6 个单位。"]
    [guest] = load([School.objects.get(name="教学点0")], TODAY)
    assert "STR-02" not in told(guest)


@pytest.mark.django_db
@pytest.mark.database
def test_the_meetings_left_in_the_database_change_no_finding(travel):
    school = world.school()
    one = kept_branch(school, party_groups=1)
    kinds = ("committee", "party_group", "theme_day", "general", "org_life", "talk", "lecture")
    for month in range(1, 13):
        for kind in kinds:
            kept_meeting(school, kind, date(2025, month, 20), branch=one)
        kept_meeting(school, "party_org", date(2025, month, 25), expected=7, attended=3)
        major = {"expected": 4, "attended": 2, "topics": ["major"]}
        kept_meeting(school, "principal", date(2025, month, 26), **major)
    [some] = load([school], TODAY)
    every = copy(some)
    rows = Meeting.objects.order_by("held_on", "pk").values_list(*Held._fields)
    every.meetings = [Held(*row) for row in rows]
    assert len(some.meetings) < len(every.meetings) == Meeting.objects.count() == 108
    assert told(some) == told(every) != {}
    assert {type(row) for row in some.meetings} == {Held}


# ---- counts


@pytest.mark.django_db
@pytest.mark.database
def test_each_school_is_counted_once_a_day(travel):
    school = world.school(form="branch", full_members=12)
    one = kept_branch(school, full_members=60, term_end=date(2026, 1, 1))
    assert structure_counts.count_some() == [school]
    count = StructureCount.objects.get()
    assert (count.error, count.warn, count.undecided) == (1, 1, True)
    one.full_members = 40
    one.save(update_fields=["full_members"])
    assert structure_counts.count_some() == []
    travel.shift(24 * 3600)
    structure_counts.catch_up()
    count.refresh_from_db()
    assert (count.on, count.error, count.warn) == (date(2026, 11, 21), 1, 0)


@pytest.mark.django_db
@pytest.mark.database
def test_bureaus_and_closed_schools_are_not_counted(travel):
    world.bureau()
    world.school(closed_on=date(2026, 9, 1))
    assert structure_counts.count_some() == []


@pytest.mark.django_db
@pytest.mark.database
def test_a_round_counts_more_schools_than_a_batch_holds(travel, monkeypatch):
    monkeypatch.setattr(structure_counts, "BATCH", 2)
    for _n in range(5):
        world.school()
    structure_counts.catch_up()
    assert StructureCount.objects.count() == 5


@pytest.mark.django_db
@pytest.mark.database
def test_counts_are_added_up_by_authority(travel, django_assert_num_queries):
    for authority, members in ((world.COUNTY, 60), (world.COUNTY, 40), (world.SIBLING, 60)):
        kept_branch(world.school(authority=authority), full_members=members, form="branch")
    structure_counts.catch_up()
    with django_assert_num_queries(1):
        found = structure_counts.by_authority(structure_counts.open_schools())
    assert [(one.authority, one.name, one.schools, one.with_findings) for one in found] == [
        (world.SIBLING, "上城区", 1, 1),
        (world.COUNTY, "西湖区", 2, 1),
    ]
