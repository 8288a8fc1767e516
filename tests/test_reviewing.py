"""The authority decides: accept, return, undo, reopen; who may not, and who was first."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from reform import progress
from reform.models import Entry, Review
from reform.states import Status
from schools.errors import Denied, Stale
from tests import world


@pytest.fixture
def filed(cast):
    return world.file(world.entry(cast.school, due_on=date(2026, 11, 23)), cast.filer)


def accept(entry, by, **fields):
    fields = {"version": entry.version, "report_id": entry.report_id, **fields}
    return progress.accept(entry.pk, by=by, **fields)


def test_an_accept_names_the_report_it_judged(cast, filed):
    assert accept(filed, cast.reviewer).status == Status.accepted
    review = Review.objects.get()
    assert (review.report_id, review.author, review.reviewer) == (
        filed.report_id,
        cast.filer.user,
        cast.reviewer.user,
    )


def test_a_return_needs_a_reason_and_gives_five_working_days_to_an_offered_date(cast, filed):
    with pytest.raises(ValidationError):
        world.send_back(filed, cast.reviewer, reason="  ")
    after = world.send_back(filed, cast.reviewer)
    # five working days from Friday 20 November end on the 27th, the last working day of its week
    assert (after.status, after.due_on) == (Status.returned, date(2026, 11, 27))
    assert after.sent_late is None


def test_a_return_never_takes_days_away(cast):
    entry = world.file(world.entry(cast.school, due_on=date(2027, 1, 15)), cast.filer)
    assert world.send_back(entry, cast.reviewer).due_on == date(2027, 1, 15)


def test_a_newer_report_makes_the_decision_on_the_old_one_stale(cast, filed):
    progress.withdraw(filed.pk, by=cast.filer, version=filed.version)
    newer = world.file(filed, cast.filer, note="改过的")
    with pytest.raises(Stale):
        accept(newer, cast.reviewer, report_id=filed.report_id)
    assert world.status(filed) == Status.submitted


def test_the_second_reviewer_is_told_who_was_first(cast, filed):
    second = world.seat("reviewer", world.COUNTY)
    accept(filed, cast.reviewer)
    with pytest.raises(Stale) as stale:
        accept(filed, second)
    assert cast.reviewer.user.name in stale.value.reason


def test_a_double_click_decides_once(cast, filed):
    first = accept(filed, cast.reviewer, key="k")
    assert accept(filed, cast.reviewer, key="k") == first
    assert Review.objects.count() == 1


def test_only_a_reviewer_of_the_very_authority_decides(cast, filed):
    city = world.seat("reviewer", "3301")
    for seat in (cast.strange_reviewer, city, cast.viewer, cast.manager, cast.filer):
        with pytest.raises(Denied):
            accept(filed, seat)


def test_nobody_reviews_what_they_wrote(cast):
    both = world.person()
    filer = world.seat("filer", cast.school, both)
    reviewer = world.seat("reviewer", world.COUNTY, both)
    entry = world.file(world.entry(cast.school), filer)
    with pytest.raises(Denied):
        accept(entry, reviewer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(
            report=entry.report, author=both, reviewer=both, verdict="accept", at=world.NOON
        )


def test_an_accept_is_undone_by_its_reviewer_within_five_minutes(cast, filed, travel):
    accept(filed, cast.reviewer)
    other = world.seat("reviewer", world.COUNTY)
    version = Entry.objects.get(pk=filed.pk).version
    with pytest.raises(Denied):
        progress.undo_accept(filed.pk, by=other, version=version)
    progress.undo_accept(filed.pk, by=cast.reviewer, version=version)
    assert world.status(filed) == Status.submitted
    assert Entry.objects.get(pk=filed.pk).sent_late is False
    assert Review.objects.get().undone_at is not None


def test_after_five_minutes_an_accept_can_only_be_reopened(cast, filed, travel):
    accept(filed, cast.reviewer)
    travel.move_to(world.NOON.replace(minute=6))
    version = Entry.objects.get(pk=filed.pk).version
    with pytest.raises(Denied):
        progress.undo_accept(filed.pk, by=cast.reviewer, version=version)
    progress.reopen(filed.pk, by=cast.reviewer, version=version, reason="数据有误")
    after = Entry.objects.get(pk=filed.pk)
    assert (after.status, after.due_on) == (Status.returned, date(2026, 11, 27))
    assert world.file(after, cast.filer).status == Status.submitted


def test_a_campaign_that_closed_refuses_a_decision(cast, filed):
    cast.campaign.state = "closed"
    cast.campaign.save()
    with pytest.raises(Denied):
        accept(filed, cast.reviewer)
