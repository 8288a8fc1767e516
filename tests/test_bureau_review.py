"""Who reviews what a bureau files itself: somebody else there, or the region next above."""

import pytest
from django.urls import reverse
from django.utils import translation

from reform import policy, progress, queues
from reform.states import Status
from schools import scope
from schools.errors import Denied
from schools.models import Region
from tests import world

pytestmark = pytest.mark.django_db
CITY = world.COUNTY[:4]


@pytest.fixture(autouse=True)
def english(client):
    client.cookies["language"] = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def bureau(cast):
    return world.bureau()


@pytest.fixture
def clerk(bureau):
    return world.seat("filer", bureau)


@pytest.fixture
def filed(bureau, clerk):
    return world.file(world.entry(bureau, "X1.5"), clerk)


@pytest.fixture
def city(cast):
    return world.seat("reviewer", CITY)


def test_a_colleague_of_the_county_accepts_what_the_bureau_filed(cast, filed):
    assert world.accept(filed, cast.reviewer).status == Status.accepted


def test_whoever_filed_for_the_bureau_cannot_review_it_in_the_other_post(bureau, clerk, filed):
    same_person = world.seat("reviewer", world.COUNTY, clerk.user)

    with pytest.raises(Denied, match="a colleague has to review it"):
        world.accept(filed, same_person)
    assert world.status(filed) == Status.submitted


def test_the_city_reviews_what_its_county_keeps_and_can_take_it_back(city, filed):
    accepted = world.accept(filed, city)
    assert accepted.status == Status.accepted

    progress.undo_accept(accepted.pk, by=city, version=accepted.version)
    assert world.send_back(filed, city).status == Status.returned


@pytest.mark.parametrize(
    ("role", "place"),
    [("reviewer", "33"), ("reviewer", "3302"), ("reviewer", world.SIBLING), ("viewer", CITY),
     ("manager", CITY), ("reviewer", "0")],
)  # fmt: skip
def test_nobody_else_reviews_it(role, place, filed):
    with pytest.raises(Denied):
        world.accept(filed, world.seat(role, place))
    assert world.status(filed) == Status.submitted


def test_the_city_does_not_review_what_a_school_of_the_county_filed(cast, city):
    entry = world.file(world.entry(cast.school), cast.filer)

    with pytest.raises(Denied, match="Another authority"):
        world.accept(entry, city)
    assert list(queues.waiting(city)) == []


def test_above_a_county_without_a_city_of_its_own_stands_the_province(filed):
    province = world.seat("reviewer", "33")
    Region.objects.filter(pk=CITY).update(kind="placeholder")

    assert list(queues.waiting(province)) == [filed]
    assert policy.may(province, "accept", filed) is True


def test_a_province_reviews_its_cities_bureaus_and_no_county(filed, city):
    of_city = world.bureau(CITY)
    entry = world.file(world.entry(of_city, "X1.5"), world.seat("filer", of_city))
    province = world.seat("reviewer", "33")

    assert list(queues.waiting(province)) == [entry]
    assert set(queues.waiting(city)) == {entry, filed}


def test_the_queue_of_the_city_shows_it_and_says_that_no_board_counts_it(at, city, filed):
    page = at(city).get(reverse("review")).content.decode()

    assert "1 item waits for your review" in page
    assert "1 of them was filed by a bureau itself; no board counts it." in page
    assert "for reference" not in page
    assert reverse("review_accept", args=[filed.pk]) in page


def test_the_city_accepts_on_its_page_and_may_take_it_back_there(at, city, filed):
    client = at(city)
    values = {"version": filed.version, "report": filed.report_id, "key": "k"}

    answer = client.post(reverse("review_accept", args=[filed.pk]), values, follow=True)

    assert "It can be taken back for five minutes." in answer.content.decode()
    assert world.status(filed) == Status.accepted


def test_another_citys_reviewer_finds_no_such_page(at, filed):
    stranger = at(world.seat("reviewer", "3302"))
    colleague = at(world.seat("reviewer", "33"))

    assert stranger.get(reverse("review_entry", args=[filed.pk])).status_code == 404
    assert colleague.get(reverse("review_entry", args=[filed.pk])).status_code == 404


def test_the_queue_costs_the_city_one_query_more_whatever_waits(
    at, city, bureau, clerk, django_assert_max_num_queries
):
    client = at(city)
    for code in ("X1.5", "X1.1", "X1.4"):
        world.file(world.entry(bureau, code), clerk)
        with django_assert_max_num_queries(12):
            client.get(reverse("review"))


def test_the_city_decides_when_the_bureau_asks_for_a_later_date(at, city, bureau, clerk):
    asked = world.asked(world.entry(bureau, "X1.5"), clerk)
    client = at(city)

    assert bureau.name in client.get(reverse("extensions")).content.decode()
    values = {"chosen": [asked.pk], "do": "refuse", "reason": "请按期填报。"}
    assert client.post(reverse("extensions"), values).status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == ("refused", city.user)


def test_bureaus_below_are_none_for_a_county_a_school_and_the_nation(cast, bureau):
    for seat in (cast.reviewer, cast.filer, world.seat("reviewer", "0")):
        assert not scope.bureaus_below(seat).exists()
