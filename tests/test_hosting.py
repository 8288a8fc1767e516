"""Joint branches: the host files once, the joint school reads it there, and nobody else does."""

import re
from datetime import date

import pytest
from django.urls import reverse

from reform import hosting, progress
from reform.filings import Filing
from schools.models import Branch, School
from schools.register_forms import Desk, typed
from schools.registers import REGISTERS
from tests import world
from tests.reading import heading

pytestmark = pytest.mark.django_db
NOTE = "本学期三会一课已按月安排。"


@pytest.fixture(autouse=True)
def english(client):
    client.cookies["language"] = "en"


def branch(school, name="联合党支部", **fields):
    values = {"form": "joint", "changed_at": world.NOON, **fields}
    return Branch.objects.create(school=school, name=name, **values)


@pytest.fixture
def guest(cast):
    """A teaching point whose joint branch stands at 阳光小学."""
    point = world.school("山里教学点", profile="joint")
    branch(point, host=branch(cast.school))
    world.entry(point, "Z2.1")
    return point


@pytest.fixture
def reader(guest):
    return world.seat("filer", guest)


@pytest.fixture
def entry(cast):
    return world.entry(cast.school, "S5.1")


def page(entry):
    return reverse("hosted", args=[entry.pk])


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def filed(entry, cast):
    return world.file(entry, cast.filer, note=NOTE)


# ---- what it reads


def test_a_joint_school_reads_what_its_host_has_sent(at, cast, reader, entry):
    filed(entry, cast)

    answer = at(reader).get(page(entry))

    assert heading(answer) == "阳光小学 files this for you: Awaiting review."
    assert NOTE in words(answer)
    assert "sent 2026-11-20, with the reviewer" in words(answer)
    assert str(cast.filer.user) not in words(answer)


def test_before_it_is_sent_it_reads_the_state_and_no_draft(at, cast, reader, entry):
    values = {"version": entry.version, "filing": Filing(note=NOTE)}
    progress.save(entry.pk, by=cast.filer, **values)

    answer = at(reader).get(page(entry))

    assert "Nothing has been sent yet" in words(answer)
    assert NOTE not in words(answer)


def test_what_waits_for_the_hosts_secretary_is_not_read_yet(at, cast, reader, entry):
    type(cast.campaign).objects.update(sign_off=True)
    filed(entry, cast)

    answer = at(reader).get(page(entry))

    assert heading(answer) == "阳光小学 files this for you: Awaiting sign-off."
    assert "Nothing has been sent yet" in words(answer)
    assert NOTE not in words(answer)


def test_what_was_returned_shows_no_word_of_the_reviewer(at, cast, reader, entry):
    world.send_back(filed(entry, cast), cast.reviewer, "征求时间晚于决定时间，请核对。")

    answer = at(reader).get(page(entry))

    assert "Returned" in heading(answer)
    assert "征求时间晚于决定时间" not in words(answer)


def test_what_the_host_took_back_is_read_no_longer(at, cast, reader, entry):
    sent = filed(entry, cast)
    assert NOTE in words(at(reader).get(page(entry)))
    progress.withdraw(entry.pk, by=cast.filer, version=sent.version)

    answer = at(reader).get(page(entry))

    assert "Nothing has been sent yet" in words(answer)
    assert NOTE not in words(answer)


def test_a_host_whose_last_day_is_still_to_come_files_until_then(at, cast, guest, reader, entry):
    School.objects.filter(pk=cast.school.pk).update(closed_on=date(2026, 11, 21))
    assert at(reader).get(page(entry)).status_code == 200
    assert list(hosting.guests(cast.school)) == [guest]
    row = Branch.objects.get(school=guest)
    desk = Desk(REGISTERS["branches"], guest)
    assert desk.clean(typed(REGISTERS["branches"], row), row).errors == {}

    School.objects.filter(pk=cast.school.pk).update(closed_on=date(2026, 11, 20))
    assert at(reader).get(page(entry)).status_code == 404


def test_its_home_lists_the_items_of_the_host_with_state_and_date(at, cast, reader, entry):
    filed(entry, cast)

    answer = at(reader).get(reverse("school_home"))

    assert "Filed for you by 阳光小学" in words(answer)
    assert "sent 2026-11-20, with the reviewer" in words(answer)
    assert page(entry) in answer.content.decode()
    assert "The host has no entry for it." in words(answer)


def test_officials_are_led_from_the_joint_school_to_the_entry_itself(at, cast, guest, entry):
    answer = at(cast.viewer).get(reverse("school_ledger", args=[guest.code]))

    assert f'href="{reverse("entry", args=[entry.pk])}"' in answer.content.decode()
    assert page(entry) not in answer.content.decode()


# ---- what it may not


@pytest.mark.parametrize(
    "name", ["entry_save", "entry_submit", "entry_sign", "entry_withdraw", "entry_confirm",
             "entry_answers", "evidence_add"]
)  # fmt: skip
def test_nothing_can_be_sent_to_the_entry_of_the_host(at, cast, reader, entry, name):
    answer = at(reader).post(reverse(name, args=[entry.pk]), {"note": "改一改", "version": 0})

    assert answer.status_code == (403 if name == "entry_sign" else 404)
    assert at(reader).post(page(entry)).status_code == 405
    entry.refresh_from_db()
    assert (entry.status, entry.version) == (0, 0)


def test_the_page_of_the_host_and_its_other_items_stay_closed(at, cast, reader, entry):
    other = world.entry(cast.school, "S1.1")
    own_of_joint = world.entry(cast.school, "S1.2")  # full for joint schools: each files its own
    client = at(reader)

    assert client.get(reverse("entry", args=[entry.pk])).status_code == 404
    assert client.get(page(other)).status_code == 404
    assert client.get(page(own_of_joint)).status_code == 404


def _ended(guest):
    Branch.objects.filter(school=guest).update(until=date(2026, 10, 31))


def _removed(guest):
    Branch.objects.filter(school=guest).update(removed_at=world.NOON)


def _host_removed(guest):
    Branch.objects.filter(guests__school=guest).update(removed_at=world.NOON)


def _another_form(guest):
    Branch.objects.filter(school=guest).update(form="branch")


def _not_joint_in_its_campaign(guest):
    guest.enrolments.update(profile="single")


def _left_its_campaign(guest):
    guest.enrolments.update(voided_at=world.NOON)


@pytest.mark.parametrize(
    "undo",
    [_ended, _removed, _host_removed, _another_form, _not_joint_in_its_campaign,
     _left_its_campaign],
)  # fmt: skip
def test_without_the_tie_the_page_is_gone(at, cast, guest, reader, entry, undo):
    assert at(reader).get(page(entry)).status_code == 200
    undo(guest)
    assert at(reader).get(page(entry)).status_code == 404


def test_a_branch_of_another_county_opens_nothing(at, cast, entry):
    abroad = world.school("邻县教学点", profile="joint", authority=world.SIBLING)
    branch(abroad, host=branch(cast.school))
    world.entry(abroad, "Z2.1")

    assert not hosting.readable(abroad).exists()
    assert list(hosting.guests(cast.school)) == []
    assert at(world.seat("filer", abroad)).get(page(entry)).status_code == 404


def test_a_stranger_and_an_official_have_no_such_page(at, cast, guest, entry):
    assert at(cast.stranger).get(page(entry)).status_code == 404
    assert at(cast.filer).get(page(entry)).status_code == 404
    assert at(cast.reviewer).get(page(entry)).status_code == 403


def test_the_bureaus_own_entries_are_read_by_no_joint_school(cast, guest):
    Branch.objects.filter(guests__school=guest).update(school=world.bureau())
    world.entry(School.objects.get(kind="bureau"), "S5.1")

    assert not hosting.readable(guest).exists()


# ---- who is named to whom


def test_the_host_names_the_schools_that_it_files_for(at, cast, guest, entry):
    client = at(cast.filer)

    assert "You file for these schools too" in words(client.get(reverse("school_home")))
    answer = client.get(reverse("entry", args=[entry.pk]))
    assert "It is filed for these schools of the joint branch as well: 山里教学点." in words(answer)
    own = world.entry(cast.school, "S1.1")
    assert "山里教学点" not in words(client.get(reverse("entry", args=[own.pk])))


def test_without_a_host_the_page_says_where_to_enter_it(at, cast):
    point = world.school("无主教学点", profile="joint")
    world.entry(point, "Z2.1")
    client = at(world.seat("filer", point))

    answer = client.get(reverse("school_home"))
    assert "Which school hosts the joint branch is not on record" in words(answer)
    assert reverse("register", args=["branches"]) in answer.content.decode()

    branch(point, host_name="镇中心联合党支部（镇中心小学）")
    assert "On record is only this: 镇中心联合党支部（镇中心小学）." in words(
        client.get(reverse("school_home"))
    )


def test_what_others_keep_follows_the_profile_that_the_campaign_froze(at, cast):
    school = world.school("改制小学", profile="single")
    world.entry(school, "Z2.1")
    client = at(world.seat("filer", school))
    school.enrolments.update(profile="multi")

    said = words(client.get(reverse("school_home")))
    assert "Show the one item 名校长工作室设立" not in said
    assert "you only keep the counts" not in said

    school.enrolments.update(profile="single")
    said = words(client.get(reverse("school_home")))
    assert "Show all 11 items" in said
    assert "You file nothing here; you only keep the counts:" in said


def test_the_lighter_form_follows_the_profile_that_the_campaign_froze(at, cast):
    school = world.school("改制小学", profile="multi")
    entry = world.entry(school, "S2.1")
    light = entry.slot.item.light_en
    client = at(world.seat("filer", school))
    assert light
    assert light not in client.get(reverse("entry", args=[entry.pk])).content.decode()

    school.enrolments.update(profile="single")
    assert light in client.get(reverse("entry", args=[entry.pk])).content.decode()


# ---- how often the database is asked


@pytest.mark.parametrize("n", [1, 3])
def test_home_and_page_ask_the_same_however_much_is_hosted(
    at, cast, reader, django_assert_num_queries, n
):
    entries = [world.entry(cast.school, code) for code in ("S5.1", "S5.2", "Z1.1")[:n]]
    filed(entries[0], cast)
    client = at(reader)
    with django_assert_num_queries(10):
        client.get(reverse("school_home"))
    with django_assert_num_queries(6):
        client.get(page(entries[0]))
