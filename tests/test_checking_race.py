"""A register that changes while a report is sent: one of the two comes first, whole."""

import pytest

from reform import bookkeeping, checking, history, progress
from reform.filings import Filing
from reform.models import CheckValue, Computed, Entry, Event
from schools.models import Branch, School
from schools.registers import REGISTERS
from tests import keeping_books as books
from tests import world
from tests.test_concurrency import together

pytestmark = pytest.mark.database


@pytest.fixture
def school(real_db, travel):
    world.campaign()
    return world.school()


def test_a_register_change_and_a_submission_never_mix(school):
    """Each round a branch that does not count comes in while an item is sent that counts them."""
    filer, other = world.seat("filer", school), world.seat("filer", school)
    codes = ["S2.1", "S1.1", "S1.2", "S3.2", "S5.4", "S3.1", "S2.3", "S3.3"]
    entries = [world.entry(school, code) for code in codes]
    books.branch(filer)

    def send(entry):
        progress.submit(entry.pk, by=filer, version=0, filing=Filing(note="已核对。", pledged=True))

    def enter(number):
        row = Branch(name=f"第{number}支部", form="branch", basis="mixed", full_members=9)
        bookkeeping.keep(school, REGISTERS["branches"], [row], by=other)

    for number, entry in enumerate(entries, start=2):
        together([lambda entry=entry: send(entry), lambda number=number: enter(number)])

    for entry in entries:
        sent = Event.objects.get(entry=entry, kind="submit")
        before = Event.objects.filter(subject=school.subject, seq__lt=sent.seq, kind="registers")
        dens = set(
            CheckValue.objects.filter(
                report__entry=entry,
                check_def__key__in=("unit_based_branches", "approved", "self_assessed"),
            ).values_list("den", flat=True)
        )
        assert dens <= {before.count()}, entry
    assert School.objects.get(pk=school.pk).registers_rev == 1 + len(entries)
    assert list(history.verify()) == []


def test_two_who_ask_anew_and_one_who_writes_leave_what_is_true_or_known_to_be_stale(school):
    filer = world.seat("filer", school)
    entry = world.entry(school, "S2.1")
    books.branch(filer)

    def ask():
        for _ in range(5):
            checking.refresh([books.fresh(school)])

    def write():
        for number in range(5):
            books.branch(filer, f"第{number}支部")

    together([ask, ask, write])

    found = Entry.objects.select_related("school", "computed").get(pk=entry.pk)
    kept = Computed.objects.get(entry=entry)
    answered = kept.values["unit_based_branches"]["den"]
    assert answered >= kept.registers_rev  # rows that came in while they were read count as well
    checking.catch_up()
    kept.refresh_from_db()
    assert kept.values["unit_based_branches"]["den"] == found.school.registers_rev == 6
