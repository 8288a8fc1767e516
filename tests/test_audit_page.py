"""The page of the audit log: for the auditor of a place, newest first, in words."""

import pytest
from django.urls import reverse

from reform.models import AuditLine
from schools import clock
from tests import world
from tests.reading import words

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def auditor(client):
    """An auditor of the county, reading English."""
    client.cookies["language"] = "en"
    return world.sign_in(client, world.seat("auditor", world.COUNTY))


def write(what="sign in", *, region=world.COUNTY, **fields):
    return AuditLine.objects.create(at=clock.now(), region_id=region, what=what, **fields)


def listed(response):
    return [line.pk for line, _word in response.context["rows"]]


def test_an_auditor_reads_the_newest_first_and_only_of_the_own_place(auditor):
    first, second = write(), write("evidence download", thing="7 名单.xlsx", ok=False)
    write(region=world.SIBLING)

    response = auditor.get(reverse("audit"))

    page = response.content.decode()
    assert listed(response) == [second.pk, first.pk]
    assert page.index("Downloaded evidence") < page.index("7 名单.xlsx") < page.index("Signed in")
    assert words(response).count("refused") == 1


def test_a_long_log_is_read_page_by_page_and_no_line_twice(auditor):
    written = [write().pk for _n in range(120)]

    seen, url = [], "?"
    while url:
        response = auditor.get(reverse("audit") + url)
        seen += listed(response)
        url = response.context["next_url"]

    assert seen == written[::-1]


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "²", ""])
def test_a_place_in_the_log_that_cannot_be_is_its_start(auditor, before):
    written = [write().pk for _n in range(2)]

    assert listed(auditor.get(reverse("audit"), {"before": before})) == written[::-1]


def test_the_log_costs_the_same_with_one_line_and_with_three(auditor, django_assert_num_queries):
    world.ground()
    write(user=world.person())
    with django_assert_num_queries(5):  # session, user, posts, lines with their users, the day's
        auditor.get(reverse("audit"))

    for _n in range(2):
        write(user=world.person())
    with django_assert_num_queries(5):
        assert len(listed(auditor.get(reverse("audit")))) == 3
