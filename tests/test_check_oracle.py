"""Every check equals a recount by another hand, over schools with registers made at random."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reform.checks import facts
from reform.checks.base import Window
from reform.checks.table import CHECKS
from reform.models import Check
from schools.models import School, Training
from tests import check_books, world
from tests.check_oracle_shape import Accountant

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def books_of(school):
    """Register → rows as dicts, without those that were removed."""
    found = {
        register: list(model.objects.filter(school=school, removed_at=None).values())
        for register, model in check_books.UNREMOVED.items()
    }
    joined = check_books.models.Studio.objects.filter(members=school, removed_at=None).values()
    known = {row["id"] for row in found["studios"]}
    found["studios"] += [row for row in joined if row["id"] not in known]
    return found


def accountant(school, window):
    told = School.objects.filter(pk=school.pk).values(
        "full_members", "probationary_members", "staff", "form", "profile", "school_type__phases"
    )[0]
    told["phases"] = told["school_type__phases"] or ""
    abroad = Training.objects.filter(removed_at=None).exclude(school=school).values()
    return Accountant(told, books_of(school), list(abroad), *window)


@st.composite
def counties(draw):
    window = draw(check_books.windows())
    first, second = draw(check_books.books(window)), draw(check_books.books(window))
    return window, [first, second], draw(check_books.studios(window))


def compare(window, both, studios):
    """Write the books of two schools, and compare all the answers of both."""
    schools = [check_books.school(found["school"]) for found in both]
    made = check_books.write_studios(studios, [*schools, world.school()])
    for found, school in zip(both, schools, strict=True):
        check_books.write(found, school, made)
    first, last, sent, pieces = window
    read = facts.load(School.objects.filter(pk__in=[one.pk for one in schools]))
    for school in schools:
        recount, told = accountant(school, window), {}
        for key, check in CHECKS.items():
            found = check(read[school.pk], Window((first, last), sent, pieces))
            told[key] = (found.num, found.den)
        assert told == {key: getattr(recount, key)() for key in CHECKS}


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(counties())
def test_every_check_equals_a_recount_by_another_hand(db, county):
    with transaction.atomic():
        compare(*county)
        transaction.set_rollback(True)


def test_the_recount_knows_every_computed_check_of_the_catalogue(db):
    keys = set(Check.objects.filter(source="computed").values_list("key", flat=True))

    assert keys == {key for key in CHECKS if hasattr(Accountant, key)} and len(keys) == 82
