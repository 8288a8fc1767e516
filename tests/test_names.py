"""The order of names: as a reader looks a school up, on each page that lists schools."""

import re

import pytest
from django.urls import reverse

from reform import queues
from schools import names
from schools.models import School
from schools.views import directory
from tests import world
from tests.reading import words

pytestmark = [pytest.mark.database, pytest.mark.django_db]
AN, BA, CHENG = "安吉路小学", "八一小学", "城北小学"  # by code points 八 comes before 城 and 安


@pytest.fixture
def three(cast):
    """Three schools beside 阳光小学, made in another order than that of their names."""
    return [world.school(name) for name in (BA, CHENG, AN)]


def order(page, *found):
    text = words(page)
    return sorted(found, key=text.index)


def test_characters_come_in_the_order_of_their_sounds():
    assert sorted([BA, CHENG, AN], key=names.by_name) == [AN, BA, CHENG]
    assert sorted([BA, CHENG, AN]) != [AN, BA, CHENG]


def test_schools_of_one_name_come_by_code(db):
    world.ground()
    later, first = world.school(AN, code="2133900002"), world.school(AN, code="2133900001")

    assert names.in_order([later, first]) == [first, later]


def test_pages_follow_each_other_without_a_gap(three):
    every = School.objects.filter(authority=world.COUNTY, kind="school")
    seen, after = [], ""
    while page := names.page(every, every, after, 2):
        seen += [school.name for school in page]
        after = page[-1].code

    assert seen == [AN, BA, CHENG, "阳光小学"]


def test_a_page_goes_on_where_it_was_though_its_last_school_left_the_list(three):
    every = School.objects.filter(authority=world.COUNTY, kind="school")
    left = every.exclude(name=BA)

    found = names.page(left, every, three[0].code, 5)

    assert [school.name for school in found] == [CHENG, "阳光小学"]


@pytest.mark.parametrize("after", ["9999999999", "\0", "x" * 300])
def test_a_school_that_is_not_there_leads_to_the_start(three, after):
    every = School.objects.filter(authority=world.COUNTY, kind="school")

    assert len(names.page(every, every, after, 5)) == 4


def test_the_list_of_schools_is_read_like_a_directory(three, cast, at, monkeypatch):
    desk = at(cast.manager)
    assert order(desk.get("/schools/"), AN, BA, CHENG) == [AN, BA, CHENG]

    monkeypatch.setattr(directory, "PAGE", 2)
    first = desk.get("/schools/")
    assert CHENG not in words(first)
    assert CHENG in words(desk.get("/schools/" + first.context["next_url"]))


def test_accounts_slips_and_gaps_come_in_the_same_order(three, cast, at):
    desk = at(cast.manager)
    assert order(desk.get(reverse("people_gaps")), AN, BA, CHENG) == [AN, BA, CHENG]
    page = desk.get(reverse("people_gaps")).content.decode()
    key = re.search(r'name="key" value="([0-9a-f]+)"', page)[1]
    slips = desk.post(reverse("people_fill"), {"key": key}, follow=True)
    assert order(slips, AN, BA, CHENG) == [AN, BA, CHENG]

    assert order(desk.get("/people/"), AN, BA, CHENG) == [AN, BA, CHENG]


def test_schools_that_are_written_to_come_in_the_same_order(three, cast, at):
    for school in three:
        world.entry(school, due_on=world.NOON.date().replace(day=2))
    desk = at(cast.reviewer)

    assert order(desk.get(reverse("nudges")), AN, BA, CHENG) == [AN, BA, CHENG]


def test_the_reviewer_chooses_a_school_in_the_same_order(three, cast):
    for school in three:
        world.file(world.entry(school), world.seat("filer", school))

    found = queues.facets(queues.waiting(cast.reviewer))

    assert [one.name for one in found if one.kind == "school"] == [AN, BA, CHENG]
