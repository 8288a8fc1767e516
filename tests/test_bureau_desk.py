"""The bureau as one that files: who gives the posts, what it finds at its home, who hears of it."""

import re

import pytest
from django.urls import reverse

from schools.models import Membership, School
from tests import world

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
