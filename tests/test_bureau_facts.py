"""What a bureau's own items are computed from: its own papers, its schools' counts, all studios."""

from datetime import date

import pytest
from django.db.models import F

from reform import checking
from reform.checks import bureaus, facts
from reform.checks.base import Window
from reform.checks.table import CHECKS
from schools.models import CadrePool, Document, Meeting, Post, School, Studio
from tests import world

pytestmark = [pytest.mark.database, pytest.mark.django_db]
TODAY = date(2026, 11, 20)
YEAR = Window((date(2026, 1, 1), date(2026, 12, 31)), TODAY)


def row(model, school, **fields):
    return model.objects.create(school=school, changed_at=world.NOON, **fields)


@pytest.fixture
def place(cast):
    """A bureau with two one-branch schools, and others whose counts are none of its business."""
    names = {"一小": "single", "二小": "single", "一中": "multi", "教学点": "joint"}
    found = {name: world.school(name, profile=profile) for name, profile in names.items()}
    found["民办"] = world.school("民办", profile="single", ownership="private")
    found["邻县"] = world.school("邻县", profile="single", authority=world.SIBLING)
    for school in found.values():
        world.entry(school, "X3.2", counted=school.ownership == "public")
    found["bureau"] = world.bureau()
    return found


def typed(*schools):
    """The schools with their types, as whoever asks for facts reads them."""
    rows = School.objects.select_related("school_type")
    return list(rows.filter(pk__in=[school.pk for school in schools]))


def of_bureau(place):
    return facts.load([place["bureau"]])[place["bureau"].pk]


def answer(place, key, window=YEAR):
    found = CHECKS[key](of_bureau(place), window)
    return found.num, found.den


def test_the_latest_counts_of_the_one_branch_schools_are_added_up(place):
    row(CadrePool, place["一小"], as_of=date(2026, 3, 1), cadres=9, assigned=9)
    row(CadrePool, place["一小"], as_of=date(2026, 10, 1), cadres=8, assigned=3)
    row(CadrePool, place["二小"], as_of=date(2026, 9, 1), cadres=6, assigned=2)
    for name in ("一中", "教学点", "民办", "邻县", "bureau"):
        row(CadrePool, place[name], as_of=date(2026, 10, 1), cadres=70, assigned=70)

    assert answer(place, "major_task_share") == (5, 14)


def test_posts_of_the_one_branch_schools_are_added_up(place):
    row(Post, place["一小"], level="school", approved=3, filled=3, dual_strong=1)
    row(Post, place["二小"], level="school", approved=4, filled=2, dual_strong=2)
    row(Post, place["一中"], level="school", approved=9, filled=9, dual_strong=9)
    row(Post, place["二小"], level="school", approved=50, removed_at=world.NOON)

    assert answer(place, "posts_filled") == (5, 7)


def test_documents_and_meetings_are_those_of_the_bureau_itself(place):
    row(Document, place["一小"], kind="pathway", doc_no="1")
    row(Meeting, place["一小"], kind="party_org", held_on=TODAY, topics=["reserve_cadre"])
    assert (answer(place, "pathway_doc")[0], answer(place, "pool_review")[0]) == (0, 0)

    row(Document, place["bureau"], kind="pathway", doc_no="2")
    row(Meeting, place["bureau"], kind="party_org", held_on=TODAY, topics=["reserve_cadre"])
    assert (answer(place, "pathway_doc")[0], answer(place, "pool_review")[0]) == (1, 1)


def test_all_studios_of_the_county_count_and_each_school_that_takes_part_once(place):
    own = row(Studio, place["bureau"], name="书记工作室")
    other = row(Studio, place["一中"], name="校长工作室")
    planned = row(Studio, place["二小"], name="申报中", status="planned")
    row(Studio, place["邻县"], name="邻县工作室")
    own.members.set([place["一小"], place["一中"], place["民办"]])
    other.members.set([place["一小"], place["邻县"]])
    planned.members.set([place["教学点"]])

    assert answer(place, "studios") == (2, None)
    assert answer(place, "schools_joined") == (2, 4)


def test_a_bureau_whose_schools_have_entered_nothing_has_nothing_to_answer(place):
    assert answer(place, "major_task_share") == (0, 0)
    assert answer(place, "posts_filled") == (0, 0)
    assert answer(place, "studios") == (0, None)


def test_the_profile_that_the_campaign_froze_decides_not_the_one_of_today(place):
    row(CadrePool, place["一中"], as_of=TODAY, cadres=40, assigned=20)
    place["一中"].enrolments.update(profile="single")

    assert answer(place, "major_task_share") == (20, 40)
    names = [school.name for school in bureaus.supplying([world.COUNTY])]
    assert sorted(names) == sorted(["一中", "一小", "二小"])


def test_a_school_that_left_its_campaign_supplies_nothing(place):
    row(CadrePool, place["一小"], as_of=TODAY, cadres=8, assigned=3)
    place["一小"].enrolments.update(voided_at=world.NOON)

    assert answer(place, "major_task_share") == (0, 0)


def test_two_bureaus_and_a_school_are_read_at_once_and_kept_apart(
    place, django_assert_max_num_queries
):
    sibling = world.bureau(world.SIBLING)
    row(CadrePool, place["邻县"], as_of=TODAY, cadres=5, assigned=5)
    row(CadrePool, place["一小"], as_of=TODAY, cadres=8, assigned=3)
    schools = typed(place["bureau"], sibling, place["一小"])

    with django_assert_max_num_queries(17):
        found = facts.load(schools)

    told = {pk: CHECKS["major_task_share"](one, YEAR).num for pk, one in found.items()}
    assert told == {place["bureau"].pk: 3, sibling.pk: 5, place["一小"].pk: 3}


def test_schools_alone_cost_no_query_more(place, django_assert_max_num_queries):
    schools = typed(place["一小"], place["一中"])

    with django_assert_max_num_queries(12):
        facts.load(schools)


def test_an_edited_register_of_a_school_makes_the_answers_of_its_bureau_stale_once(place):
    bureau, other = place["bureau"], world.bureau(world.SIBLING)
    School.objects.update(answered_rev=F("registers_rev"))
    School.objects.filter(pk=place["一小"].pk).update(registers_rev=F("registers_rev") + 1)

    for _round in range(3):
        checking.catch_up()

    revisions = dict(School.objects.values_list("pk", "registers_rev"))
    assert (revisions[bureau.pk], revisions[other.pk]) == (1, 0)


def test_a_round_cut_short_before_the_bureau_was_told_is_taken_up_again(place, monkeypatch):
    School.objects.update(answered_rev=F("registers_rev"))
    School.objects.filter(pk=place["一小"].pk).update(registers_rev=F("registers_rev") + 1)

    def cut(_schools):
        raise OSError("the machine went down")

    with monkeypatch.context() as patch:
        patch.setattr(checking.bureaus, "follow", cut)
        with pytest.raises(OSError, match="went down"):
            checking.catch_up()
    checking.catch_up()

    assert School.objects.get(pk=place["bureau"].pk).registers_rev == 1


def test_what_the_bureau_sends_holds_the_sums_of_that_moment(place):
    clerk = world.seat("filer", place["bureau"])
    entry = world.entry(place["bureau"], "X1.4")
    row(CadrePool, place["一小"], as_of=TODAY, cadres=8, assignments=5, assigned=3)
    row(CadrePool, place["二小"], as_of=TODAY, cadres=6, assignments=2, assigned=2)

    report = world.file(entry, clerk).report

    values = {value.check_def.key: (value.num, value.den) for value in report.values.all()}
    assert values == {"major_task_assignments": (7, None), "major_task_share": (5, 14)}
