"""How long a training cycle lasts: three school years, unless the region or one above says else."""

from datetime import date

import pytest
from django.urls import reverse

from reform import answering, cycles
from reform.models import Entry, Event
from schools.errors import Denied
from schools.models import Region
from tests import world
from tests.reading import heading

pytestmark = [pytest.mark.database, pytest.mark.django_db]
PAGE = "/setup/cycle/"


def rotation(entry):
    """Number, and first day of the time that it is counted over."""
    [asked] = answering.asked_of(Entry.objects.filter(pk=entry.pk), [entry.authority])
    found = answering.answered([asked], [entry.school], date(2026, 11, 20))[entry.pk]["rotation"]
    return found.found.num, found.window.span[0]


@pytest.fixture
def entry(cast):
    for held_on, heads in ((date(2025, 10, 1), 4), (date(2023, 10, 1), 9)):
        world.row(
            "trainings", cast.school, channel="rotation", held_on=held_on, heads_attended=heads
        )
    return world.entry(cast.school, "X4.2")


def test_without_a_rule_three_school_years_count(entry):
    assert cycles.in_force(world.COUNTY) == (3, None)
    assert rotation(entry) == (4, date(2024, 9, 1))


@pytest.mark.parametrize(
    ("rules", "years"),
    [
        ({"0": 5}, 5),
        ({"0": 5, "33": 2}, 2),
        ({"33": 2, "3301": 1}, 1),
        ({"0": 1, "3301": 2, world.COUNTY: 4}, 4),
        ({world.SIBLING: 6}, 3),
    ],
)
def test_the_nearest_region_that_set_one_decides(entry, rules, years):
    for code, own in rules.items():
        Region.objects.filter(pk=code).update(cycle_years=own)

    assert cycles.in_force(world.COUNTY).years == years
    first = date(2027 - years, 9, 1)
    assert rotation(entry) == ({1: 0, 2: 4, 3: 4}.get(years, 9), first)


def test_a_manager_sets_it_and_takes_it_back(cast, at):
    Region.objects.filter(pk="33").update(cycle_years=2)
    client = at(cast.manager)
    assert heading(client.get(PAGE)) == "一轮培训为 2 个学年，沿用上级规定。"
    assert "沿用上级：2 个学年（浙江省）" in client.get(PAGE).content.decode()

    assert client.post(PAGE, {"years": "5"}).status_code == 302
    assert heading(client.get(PAGE)) == "本地区一轮培训为 5 个学年。"
    assert client.post(PAGE, {"years": "5"}).status_code == 302
    assert client.post(PAGE, {"years": ""}).status_code == 302

    assert cycles.in_force(world.COUNTY).years == 2
    told = Event.objects.filter(subject=f"region:{world.COUNTY}", kind="set_cycle")
    assert told.count() == 2


@pytest.mark.parametrize("years", ["0", "7", "-1", "viele"])
def test_a_length_that_is_not_offered_is_refused_in_words(cast, at, years):
    page = at(cast.manager).post(PAGE, {"years": years})
    assert page.status_code == 422
    assert "请从列出的长度中选一个。" in page.content.decode()
    assert cycles.in_force(world.COUNTY).years == 3


def test_nobody_sets_it_for_another_region(cast, at):
    for seat in (world.seat("manager", "3301"), cast.reviewer):
        with pytest.raises(Denied):
            cycles.set_own(world.COUNTY, 2, by=seat)
    assert at(cast.reviewer).get(reverse("training_cycle")).status_code == 403
