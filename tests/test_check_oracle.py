"""Every check equals a recount by another hand, over schools with registers made at random."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from reform.checks import facts
from reform.checks.base import Window
from reform.checks.table import CHECKS
from reform.models import Check
from schools.models import School, Studio
from tests import check_books, world
from tests.check_oracle_shape import Accountant

pytestmark = [pytest.mark.database, pytest.mark.django_db]


EACH = 4  # schools of a county, beside one whose registers are empty
TOLD = ("pk", "full_members", "probationary_members", "staff", "form", "profile",
        "school_type__phases")  # fmt: skip


def accountants(windows):
    """School → who counts in its books: dicts of the database, without what was removed."""
    books = {
        register: list(model.objects.filter(removed_at=None).order_by("pk").values())
        for register, model in check_books.UNREMOVED.items()
    }
    members = set(Studio.members.through.objects.values_list("school_id", "studio_id"))
    for told in School.objects.filter(pk__in=windows).values(*TOLD):
        pk = told["pk"]
        own = {key: [r for r in rows if r["school_id"] == pk] for key, rows in books.items()}
        own["studios"] += [
            row for row in books["studios"] if row["school_id"] != pk and (pk, row["id"]) in members
        ]
        abroad = [row for row in books["trainings"] if row["school_id"] != pk]
        told["phases"] = told["school_type__phases"] or ""
        yield pk, Accountant(told, own, abroad, *windows[pk])


def compare(books, studios):
    """Write the books of a county, and compare all the answers of its schools."""
    schools = [check_books.school(found["school"]) for found in books]
    made = check_books.write_studios(studios, [*schools, world.school()])
    check_books.write(books, schools, made)
    windows = {school.pk: found["window"] for school, found in zip(schools, books, strict=True)}
    read = facts.load(School.objects.filter(pk__in=windows).select_related("school_type"))
    for pk, recount in accountants(windows):
        first, last, sent, pieces = windows[pk]
        told = {}
        for key, check in CHECKS.items():
            found = check(read[pk], Window((first, last), sent, pieces))
            told[key] = (found.num, found.den)
        assert told == {key: getattr(recount, key)() for key in CHECKS}


@settings(max_examples=200 // EACH, deadline=None, suppress_health_check=list(HealthCheck))
@given(check_books.counties(EACH))
def test_every_check_equals_a_recount_by_another_hand(db, county):
    with transaction.atomic():
        compare(*county)
        transaction.set_rollback(True)


def test_the_recount_knows_every_computed_check_of_the_catalogue(db):
    keys = set(Check.objects.filter(source="computed").values_list("key", flat=True))

    assert keys == {key for key in CHECKS if hasattr(Accountant, key)} and len(keys) == 82
