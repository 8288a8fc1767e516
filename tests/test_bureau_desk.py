"""The bureau as one that files: who gives the posts, what it finds at its home, who hears of it."""

import re

import pytest
from django.urls import reverse

from reform import checking
from schools.models import CadrePool, Membership, School, Studio, User
from tests import world
from tests.reading import heading

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(client):
    client.cookies["language"] = "en"


@pytest.fixture
def bureau(cast):
    return world.bureau()


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# ---- who files for it


def test_the_manager_makes_an_account_that_files_for_the_bureau(cast, at, bureau):
    client = at(cast.manager)
    form = client.get(reverse("person_new"), {"school": bureau.code, "role": "filer"})
    assert f'value="{bureau.code}" selected' in form.content.decode()

    said = {"role": "filer", "school": bureau.code, "name": "钱科员", "key": "k1"}
    client.post(reverse("person_new"), said)

    post = Membership.objects.get(school=bureau)
    assert (post.user.name, post.role) == ("钱科员", "filer")
    assert bureau.name in words(client.get(reverse("people")))


def test_the_manager_of_another_county_cannot(cast, at, bureau):
    stranger = at(world.seat("manager", world.SIBLING))
    said = {"role": "filer", "school": bureau.code, "name": "钱科员", "key": "k1"}

    assert stranger.post(reverse("person_new"), said).status_code == 422
    assert not Membership.objects.filter(school=bureau).exists()


def test_the_gaps_name_the_bureau_once_a_campaign_asks_it_until_somebody_files(cast, at, bureau):
    client = at(cast.manager)
    gap = "files items of its own in a campaign, and nobody has the post for it yet."
    assert gap not in words(client.get(reverse("people_gaps")))

    School.objects.filter(pk=bureau.pk).update(locked=True)
    page = client.get(reverse("people_gaps"))
    assert f"{bureau.name} {gap}" in words(page)
    assert f"{reverse('person_new')}?school={bureau.code}" in page.content.decode()
    assert "nobody files for the bureau itself yet" in words(client.get(reverse("setup")))

    world.seat("filer", bureau)
    assert gap not in words(client.get(reverse("people_gaps")))


def test_a_button_that_makes_accounts_for_all_schools_leaves_the_bureau_out(cast, at, bureau):
    School.objects.update(locked=True)
    client = at(cast.manager)
    world.school("无人小学")

    client.post(reverse("people_fill"), {"key": "k1"})

    assert Membership.objects.filter(school__name="无人小学").count() == 1
    assert not Membership.objects.filter(school=bureau).exists()


# ---- what it finds


def test_its_home_says_what_it_owes_and_asks_for_no_basic_figures(at, bureau):
    world.entry(bureau, "X1.4", counted=False)
    client = at(world.seat("filer", bureau))

    page = client.get(reverse("school_home"))
    said = words(page)

    assert heading(page) == "Nothing is due now. Next: 1 item by 2027-01-15."
    assert "These are the items that the authority keeps itself" in said
    assert "for reference" not in said
    assert reverse("baseline") not in page.content.decode()


def test_without_an_entry_its_home_waits_and_does_not_ask_for_a_profile(at, bureau):
    said = words(at(world.seat("filer", bureau)).get(reverse("school_home")))

    assert "has not issued anything yet" in said
    assert "the form of the Party organisation is not known" not in said


def test_its_pages_name_the_reviewers_there_and_of_the_city(cast, at, bureau):
    User.objects.filter(pk=cast.reviewer.user.pk).update(post="人事科")
    city = world.seat("reviewer", "3301")
    User.objects.filter(pk=city.user.pk).update(post="市局人事处")
    entry = world.entry(bureau, "X1.4", counted=False)
    client = at(world.seat("filer", bureau))

    for url in (reverse("school_home"), reverse("entry", args=[entry.pk])):
        said = words(client.get(url))
        assert "人事科" in said
        assert "市局人事处" in said


def test_it_reads_the_figures_of_its_region_and_no_single_school(cast, at, bureau):
    world.entry(cast.school, "Z1.1")
    client = at(world.seat("filer", bureau))
    board = reverse("board_region", args=[world.COUNTY])

    page = client.get(reverse("board"), follow=True)

    assert page.redirect_chain == [(board, 302)]
    assert 'href="/board/" aria-current="true"' in page.content.decode()
    assert "1 item" in heading(page) and cast.school.name not in words(page)
    assert "/rows/" not in page.content.decode()
    assert client.get(f"{board}rows/").status_code == 404
    for name, refused in (("school_ledger", 403), ("school_registers", 404)):
        assert client.get(reverse(name, args=[cast.school.code])).status_code == refused
    assert client.get("/board/330105/").status_code == 404  # of another county

    assert at(cast.filer).get(board).status_code == 403
    assert "/board/" not in client.get(reverse("school_home")).content.decode()


# ---- where its numbers come from


@pytest.fixture
def supplying(cast, bureau):
    found = [world.school(name, profile="single") for name in ("一小", "二小", "三小")]
    for school, (cadres, assigned) in zip(found, [(12, 7), (9, 3), (2, 1)], strict=True):
        world.entry(school, "Z2.1")
        CadrePool.objects.create(
            school=school, as_of="2026-11-01", cadres=cadres, assigned=assigned,
            assignments=assigned, changed_at=world.NOON,
        )  # fmt: skip
    return found


def test_the_schools_stand_by_name_with_their_counts_small_ones_hidden(at, bureau, supplying):
    entry = world.entry(bureau, "X1.4", counted=False)
    client = at(world.seat("filer", bureau))
    address = reverse("entry_sources", args=[entry.pk])
    assert address in client.get(reverse("entry", args=[entry.pk])).content.decode()

    said = words(client.get(address))

    assert "The numbers of X1.4 are added up over 3 schools." in said
    assert "Sum 11 / 23" in said
    for told in ("一小 * / 12", "二小 <5 / *", "三小 <5 / <5"):
        assert told in said.replace("&lt;", "<")


def test_the_reviewer_reads_the_sum_that_was_sent_and_no_school_masks_it(
    cast, at, bureau, supplying
):
    clerk = world.seat("filer", bureau)
    entry = world.file(world.entry(bureau, "X1.4", counted=False), clerk)
    CadrePool.objects.all().delete()

    said = words(at(cast.reviewer).get(reverse("review_entry", args=[entry.pk])))

    assert "11 / 23" in said
    assert "&lt;5" not in said


def test_a_sum_to_which_one_school_alone_adds_is_hidden_like_that_schools_count(
    cast, at, bureau, supplying
):
    CadrePool.objects.exclude(school=supplying[1]).delete()
    entry = world.entry(bureau, "X1.4", counted=False)
    clerk = world.seat("filer", bureau)
    client = at(clerk)

    page = words(client.get(reverse("entry_sources", args=[entry.pk]))).replace("&lt;", "<")
    assert "Sum <5 / 9" in page
    assert "Sum 3" not in page

    checking.refresh_entry(entry)
    own = words(client.get(reverse("entry", args=[entry.pk]))).replace("&lt;", "<")
    assert "<5 / 9" in own
    assert "3 / 9" not in own

    entry = world.file(entry, clerk)
    review = words(at(cast.reviewer).get(reverse("review_entry", args=[entry.pk])))
    assert "<5 / 9" in review.replace("&lt;", "<")
    assert "3 / 9" not in review
    official = words(at(cast.viewer).get(reverse("entry", args=[entry.pk])))
    assert "<5 / 9" in official.replace("&lt;", "<")
    assert "3 / 9" not in official


def test_a_small_sum_of_two_schools_points_at_none_and_is_shown(at, bureau, supplying):
    CadrePool.objects.filter(school=supplying[0]).delete()
    CadrePool.objects.filter(school=supplying[1]).update(assigned=2)
    entry = world.entry(bureau, "X1.4", counted=False)
    client = at(world.seat("filer", bureau))
    assert "Sum 3 / 11" in words(client.get(reverse("entry_sources", args=[entry.pk])))


def test_of_its_own_papers_the_page_names_the_register(cast, at, bureau):
    entry = world.entry(bureau, "X1.1", counted=False)
    address = reverse("entry_sources", args=[entry.pk])

    own = at(world.seat("filer", bureau)).get(address).content.decode()
    assert reverse("register", args=["documents"]) in own
    official = at(cast.viewer).get(address).content.decode()
    assert reverse("school_register", args=[bureau.code, "documents"]) in official


def test_where_the_studios_numbers_come_from_names_the_schools_that_take_part(at, cast, bureau):
    entry = world.entry(bureau, "X3.1", counted=False)
    studio = Studio.objects.create(school=bureau, name="书记工作室", changed_at=world.NOON)
    studio.members.set([cast.school])

    said = words(at(cast.viewer).get(reverse("entry_sources", args=[entry.pk])))

    assert "书记工作室 阳光小学" in said


def test_sources_are_a_page_of_bureaus_only_and_of_those_who_may_see_them(cast, at, bureau):
    of_school = world.entry(cast.school, "X1.4")
    entry = world.entry(bureau, "X1.4", counted=False)

    assert at(cast.filer).get(reverse("entry_sources", args=[of_school.pk])).status_code == 404
    assert at(cast.filer).get(reverse("entry_sources", args=[entry.pk])).status_code == 404
    stranger = at(cast.strange_reviewer)
    assert stranger.get(reverse("entry_sources", args=[entry.pk])).status_code == 404


@pytest.mark.parametrize("n", [1, 3])
def test_the_sources_ask_the_same_however_many_schools(
    at, bureau, supplying, django_assert_num_queries, n
):
    for school in supplying[n:]:
        school.enrolments.all().update(voided_at=world.NOON)
    entry = world.entry(bureau, "X5.2", counted=False)
    client = at(world.seat("filer", bureau))

    with django_assert_num_queries(10):
        client.get(reverse("entry_sources", args=[entry.pk]))


@pytest.mark.parametrize("key", ["cadre_pool", "posts"])
def test_the_bureau_keeps_no_counts_of_its_own(at, bureau, key):
    client = at(world.seat("filer", bureau))
    address = reverse("register", args=[key])

    assert "The schools keep these counts" in words(client.get(address))
    assert client.post(address, {"key": "k1"}).status_code == 403
    assert "Add a row" in words(client.get(reverse("register", args=["studios"])))
