"""The list of schools and the page of a school, as officials see them."""

import pytest

from schools.models import Membership, School
from schools.views import directory
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def reader(client):
    """A viewer of the county, reading English."""
    client.cookies["language"] = "en"
    return world.sign_in(client, world.seat("viewer", world.COUNTY))


def names(response):
    return [school.name for school in response.context["schools"]]


def test_schools_stand_in_the_order_of_their_names(reader):
    for name in ("丙校", "甲校", "乙校"):
        world.school(name)

    assert names(reader.get("/schools/")) == ["丙校", "甲校", "乙校"]


@pytest.mark.parametrize("sort", ["sort=status", "order=-progress", "o=1", "order_by=profile"])
def test_no_address_sorts_schools_by_anything_else(reader, sort):
    for name, profile in [("甲", "joint"), ("乙", "multi"), ("丙", "single")]:
        world.school(name, profile=profile)

    assert names(reader.get(f"/schools/?{sort}")) == ["丙", "甲", "乙"]


def test_a_county_sees_its_schools_and_no_other_closed_or_bureau(reader):
    world.school("本县小学")
    world.school("邻县小学", authority=world.SIBLING)
    world.school("旧校", closed_on="2025-08-31")
    world.bureau()

    response = reader.get("/schools/")

    assert names(response) == ["本县小学"]
    assert "西湖区 looks after 1 school." in response.content.decode()


def test_a_city_counts_the_schools_within_it_and_does_not_say_that_it_looks_after_them(
    reader, client
):
    world.school("本县小学")
    world.school("邻县小学", authority=world.SIBLING)
    page = world.sign_in(client, world.seat("viewer", "3301")).get("/schools/")
    assert "2 schools within 杭州市." in page.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=阳光", ["阳光小学"]),
        ("q=2133777", ["月亮中学"]),
        ("type=342", ["月亮中学"]),
        ("profile=joint", ["星星教学点"]),
        ("ownership=private", ["月亮中学"]),
        ("q=学&ownership=public", ["星星教学点", "阳光小学"]),
        ("q=无", []),
        ("type=999", ["星星教学点", "月亮中学", "阳光小学"]),
        ("q=" + "长" * 61, ["星星教学点", "月亮中学", "阳光小学"]),
    ],
)
def test_search_and_filters_narrow_the_list(reader, query, found):
    world.school("阳光小学")
    world.school("月亮中学", code="2133777777", school_type_id="342", ownership="private")
    world.school("星星教学点", profile="joint", school_type_id="218")

    assert sorted(names(reader.get(f"/schools/?{query}"))) == sorted(found)


def test_a_search_that_finds_nothing_says_what_to_do(reader):
    world.school("阳光小学")

    page = reader.get("/schools/?q=无").content.decode()

    assert "No school fits this search." in page
    assert "Try a shorter part of the name, or fewer conditions." in page


def test_a_county_without_schools_says_who_enters_them(reader):
    page = reader.get("/schools/").content.decode()

    assert "西湖区 has no school here yet." in page
    assert "The manager of this region imports the list of schools" in page


def test_a_city_narrows_by_county_and_a_province_names_the_city(client):
    world.school("西湖小学")
    world.school("上城小学", authority=world.SIBLING)
    world.sign_in(client, world.seat("viewer", "3301"))

    response = client.get("/schools/?county=330102")

    assert names(response) == ["上城小学"]
    assert response.context["form"].fields["county"].choices[1:] == [
        ("330102", "上城区"),
        ("330106", "西湖区"),
    ]
    world.sign_in(client, world.seat("viewer", "33"))
    assert ("330106", "杭州市 西湖区") in client.get("/schools/").context["form"].fields[
        "county"
    ].choices


def test_a_county_abroad_cannot_be_asked_for(client):
    world.school("西湖小学")
    world.school("玄武小学", authority=world.ABROAD)
    world.sign_in(client, world.seat("viewer", "33"))

    response = client.get(f"/schools/?county={world.ABROAD}")

    assert names(response) == ["西湖小学"]
    assert response.context["form"].errors


def test_pages_follow_each_other_without_a_gap(reader, monkeypatch):
    monkeypatch.setattr(directory, "PAGE", 2)
    for name in ("同名", "同名", "同名", "同名", "另一"):
        world.school(name)
    seen, url = [], "/schools/?ownership=public"
    while url:
        response = reader.get(url)
        seen += [school.code for school in response.context["schools"]]
        url = response.context["next_url"] and f"/schools/{response.context['next_url']}"

    expected = School.objects.order_by("name", "code").values_list("code", flat=True)
    assert seen == list(expected)
    assert response.context["first_url"] == "?ownership=public"


@pytest.mark.parametrize("after", ["none", "2132000000", "%00", "'--", "9" * 400])
def test_a_strange_place_to_go_on_from_starts_at_the_beginning(reader, after):
    world.school("阳光小学")
    world.school("玄武小学", authority=world.ABROAD, code="2132000000")

    assert names(reader.get(f"/schools/?after={after}")) == ["阳光小学"]


def test_the_nation_sees_no_single_school(client):
    client.cookies["language"] = "en"
    school = world.school("阳光小学")
    world.sign_in(client, world.seat("viewer", "0"))

    page = client.get("/schools/").content.decode()

    assert "The nation sees numbers, not single schools." in page
    assert "阳光小学" not in page
    assert client.get(f"/schools/{school.code}/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_database_the_same_however_long_it_is(
    reader, count, django_assert_num_queries
):
    for _ in range(count):
        world.school()

    with django_assert_num_queries(7):
        reader.get("/schools/")


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_of_a_school_asks_the_same_however_many_people_it_names(
    reader, count, django_assert_num_queries
):
    school = world.school("阳光小学")
    for _ in range(count):
        world.seat("filer", school)
        world.seat("reviewer", world.COUNTY)

    with django_assert_num_queries(6):
        reader.get(f"/schools/{school.code}/")


def test_a_school_shows_its_facts_its_profile_and_why(reader):
    school = world.school(
        "阳光小学", code="3133000009", full_members=56, staff=0, school_type_id="211"
    )

    page = reader.get(f"/schools/{school.code}/").content.decode()

    assert "阳光小学: Several branches." in page
    assert "Its Party organisation is a committee or a general branch." in page
    assert "The first two digits of the code do not fit the school type." in page
    assert "<span>Full members</span><span>56</span>" in page
    assert "<span>Staff</span><span>0</span>" in page
    assert "<span>Classes</span><span>–</span>" in page
    assert "浙江省杭州市西湖区" in page


def test_a_school_names_who_files_and_who_reviews_with_post_and_work_phone(reader):
    school = world.school("阳光小学")
    filer = world.person(name="填报员甲", post="教师")
    reviewer = world.person(name="审核员乙", post="基教科", phone="0571-87000000")
    gone = world.person(name="离任者丙")
    world.seat("filer", school, filer)
    world.seat("reviewer", world.COUNTY, reviewer)
    world.seat("reviewer", world.COUNTY, gone)
    world.seat("reviewer", world.SIBLING, world.person(name="邻县丁"))
    Membership.objects.filter(user=gone).update(ends_on="2025-12-31")

    page = reader.get(f"/schools/{school.code}/").content.decode()

    assert page.index("Who files") < page.index("填报员甲") < page.index("Who reviews")
    assert page.index("Who reviews") < page.index("审核员乙") < page.index("0571-87000000")
    assert "基教科" in page
    assert "离任者丙" not in page
    assert "邻县丁" not in page


def test_a_school_of_another_county_is_as_if_it_were_not_there(reader):
    other = world.school("邻县小学", authority=world.SIBLING)

    assert reader.get(f"/schools/{other.code}/").status_code == 404
    assert reader.get("/schools/nothing/").status_code == 404
    assert reader.get("/schools/%00/").status_code == 404


def test_a_filer_has_no_list_of_schools(client):
    world.sign_in(client, world.seat("filer", world.school()))

    assert client.get("/schools/").status_code == 403
