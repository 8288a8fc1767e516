"""Enough people at a meeting that decides: half, two thirds for appointments, in whole numbers."""

import re
from fractions import Fraction

import pytest

from schools import quorum as rules
from schools.models import Meeting
from schools.models.organisation import MeetingKind
from schools.quorum import quorum

DECIDING = ("party_org", "principal")


@pytest.mark.parametrize(
    ("expected", "attended", "appointment", "met", "needed"),
    [
        (8, 4, False, True, 4),
        (8, 3, False, False, 4),
        (7, 4, False, True, 4),
        (7, 3, False, False, 4),
        (9, 6, True, True, 6),
        (9, 5, True, False, 6),
        (7, 5, True, True, 5),
        (7, 4, True, False, 5),
        (1, 1, True, True, 1),
    ],
)
@pytest.mark.parametrize("kind", DECIDING)
def test_the_number_itself_is_enough(kind, expected, attended, appointment, met, needed):
    found = quorum(kind, expected, attended, appointment)

    assert (found.met, found.needed) == (met, needed)


@pytest.mark.parametrize("appointment", [False, True])
def test_no_rounding_goes_astray_for_any_number_of_leaders(appointment):
    share = Fraction(2, 3) if appointment else Fraction(1, 2)
    for expected in range(1, 61):
        for attended in range(expected + 1):
            found = quorum("party_org", expected, attended, appointment)
            assert found.met is (Fraction(attended, expected) >= share)
            assert found.met is (attended >= found.needed)


@pytest.mark.parametrize("kind", [*sorted(set(MeetingKind.values) - set(DECIDING)), "", "nonsense"])
def test_other_meetings_have_no_such_rule(kind):
    assert quorum(kind, 10, 1, True).met is None


@pytest.mark.parametrize(("expected", "attended"), [(None, 3), (8, None), (None, None)])
def test_without_numbers_nothing_is_said(expected, attended):
    found = quorum("party_org", expected, attended)

    assert (found.met, rules.flag(found), rules.warning(found, expected, attended)) == (
        None, "", "",
    )  # fmt: skip


def test_the_rule_is_that_of_the_meeting_and_of_appointments_that_of_the_party_organisation():
    assert quorum("party_org", 8, 4).rule == "OP-5"
    assert quorum("principal", 8, 4).rule == "OP-6"
    assert quorum("principal", 8, 4, has_appointment=True).rule == "OP-5"


def test_a_row_short_of_people_is_flagged_and_its_warning_names_numbers_and_rule():
    meeting = Meeting(kind="party_org", expected=9, attended=5, has_appointment=True)
    found = rules.of(meeting)

    assert rules.flag(found) == "到会人数不足"
    assert rules.warning(found, 9, 5) == (
        "应到 9 人，实到 5 人；讨论干部任免须三分之二以上到会，至少 6 人"
        "（2022 年《意见（试行）》第（五）项）。"
    )
    meeting.has_appointment = False
    assert rules.of(meeting).met is True
    assert rules.warning(rules.of(meeting), 9, 5) == ""


def test_a_principals_meeting_below_half_is_told_with_its_own_rule():
    found = quorum("principal", 8, 3)

    assert rules.warning(found, 8, 3) == (
        "应到 8 人，实到 3 人；须半数以上到会，至少 4 人（2022 年《意见（试行）》第（六）项）。"
    )


# ---- where it is read


def ask(client, **numbers):
    answer = client.get("/registers/quorum/", numbers)
    assert answer.status_code == 200
    return answer.content.decode().strip()


@pytest.mark.django_db
def test_the_numbers_are_answered_while_they_are_typed(cast, at):
    client = at(cast.filer)

    short = ask(client, kind="party_org", expected="9", attended="5", has_appointment="on")
    assert "到会人数不足" in short
    assert "至少 6 人" in short
    assert ask(client, kind="party_org", expected="9", attended="5") == ""
    assert ask(client, kind="party_org", expected="9", attended="") == ""
    assert ask(client, kind="party_org", expected="九", attended="5") == ""
    assert ask(client, kind="lecture", expected="9", attended="1") == ""


@pytest.mark.django_db
def test_a_meeting_short_of_people_is_saved_and_flagged_with_its_rule(cast, at):
    client = at(cast.filer)
    page = client.get("/registers/meetings/?kind=party_org").content.decode()
    assert 'hx-get="/registers/quorum/"' in page
    key = re.search(r'name="key" value="([^"]+)"', page)[1]

    saved = client.post(
        "/registers/meetings/",
        {
            "kind": "party_org",
            "held_on": "2026-11-18",
            "expected": "9",
            "attended": "4",
            "key": key,
        },
    )

    assert saved.status_code == 302
    rows = client.get(saved["location"]).content.decode()
    assert "应到 9 人，实到 4 人；须半数以上到会，至少 5 人" in rows
    flagged = client.get("/registers/meetings/").content.decode()
    assert "到会人数不足（2022 年《意见（试行）》第（五）项）" in flagged
    Meeting.objects.update(attended=5)
    assert "到会人数不足" not in client.get("/registers/meetings/").content.decode()
