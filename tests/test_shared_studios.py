"""Studios span schools: members read the studio and what it held, and it counts for them too."""

import re
from datetime import date

import pytest
from django.urls import reverse

from reform.checks import facts
from reform.checks.base import Window
from reform.checks.table import CHECKS
from schools.models import Studio, Training
from tests import world

pytestmark = pytest.mark.django_db
TERM = Window((date(2026, 9, 1), date(2027, 1, 29)), date(2026, 11, 20))


@pytest.fixture(autouse=True)
def english(client):
    client.cookies["language"] = "en"


@pytest.fixture
def studio(cast):
    """A studio of the bureau with two schools; the first of them has held two days of it."""
    cast.member, cast.outsider = world.school("成员小学"), world.school("局外小学")
    made = Studio.objects.create(school=world.bureau(), name="书记工作室", changed_at=world.NOON)
    made.members.set([cast.school, cast.member])
    for day in (date(2026, 10, 9), date(2026, 11, 6)):
        training = {"title": f"工作室研讨 {day}", "held_on": day, "heads_attended": 9}
        Training.objects.create(school=cast.school, studio=made, changed_at=world.NOON, **training)
    return made


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_member_reads_the_studio_and_its_trainings_and_cannot_change_them(cast, at, studio):
    client = at(world.seat("filer", cast.member))

    assert "书记工作室" in words(client.get(reverse("register", args=["studios"])))
    page = client.get(reverse("register", args=["trainings"]))
    assert "工作室研讨 2026-11-06" in words(page)
    assert "kept by others" in words(page)
    training = Training.objects.first()
    for name in ("register_row", "register_remove"):
        assert f'"{reverse(name, args=["trainings", training.pk])}"' not in page.content.decode()
        answer = client.post(reverse(name, args=["trainings", training.pk]), {"key": "k"})
        assert answer.status_code == 404


def test_what_others_left_open_is_no_gap_of_a_member(cast, at, studio):
    mine = at(cast.filer).get(reverse("register", args=["trainings"]) + "?show=gaps")
    assert "工作室研讨" in words(mine)

    client = at(world.seat("filer", cast.member))
    page = client.get(reverse("register", args=["trainings"]) + "?show=gaps")
    assert "工作室研讨" not in words(page)


def test_a_school_outside_the_studio_reads_nothing_of_it(cast, at, studio):
    client = at(world.seat("filer", cast.outsider))

    assert "书记工作室" not in words(client.get(reverse("register", args=["studios"])))
    assert "工作室研讨" not in words(client.get(reverse("register", args=["trainings"])))


def test_the_studios_days_count_for_every_member_and_for_nobody_else(cast, studio):
    schools = [cast.school, cast.member, cast.outsider]
    found = facts.load(schools)

    told = [CHECKS["studio_activities"](found[school.pk], TERM).num for school in schools]
    assert told == [2, 2, 0]


def test_a_studio_that_was_taken_out_is_read_by_no_member(cast, at, studio):
    Studio.objects.update(removed_at=world.NOON)
    client = at(world.seat("filer", cast.member))

    assert "工作室研讨" not in words(client.get(reverse("register", args=["trainings"])))
