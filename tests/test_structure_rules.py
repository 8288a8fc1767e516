"""Each rule that the registers decide speaks where it is broken, and is silent where it is kept."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.checkup import CHECKS, as_text, examine
from schools.roles import PartyForm
from schools.rulebook import rules
from schools.structure import expected_forms, form_fits
from tests import party
from tests.party import TODAY, books, branch, committee, held, seat
from tests.party import school as school_

STAND_AS_TEXT = {
    "STR-05": "an event: the conditions have changed",
    "TRM-05": "an event: a secretary was elected",
    "MTG-06": "local practice: how many Party lectures",
    "OP-5b": "a vote, which no register holds",
    "OP-9": "local practice: how often secretary and principal talk",
    "DISC-01": "local practice: who has a discipline committee",
    "CODE-03": "an event: a merger, a new name or class",
}
ONE, TWO = branch("语文组党支部", pk=901), branch("数学组党支部", pk=902)
TOP = branch("学校党总支", pk=900, form="general", full_members=None)
SMALL = branch(pk=903, full_members=5)
GUEST = branch("东片联合党支部", pk=904, form="joint", host_name="城东小学", full_members=2)
JOINT = branch("联合党支部", pk=905, form="joint", full_members=9)
OCTOBER, DECIDED = date(2026, 10, 9), date(2026, 10, 12)


def few(n, **fields):
    return school_(full_members=n, **fields)


def with_(**fields):
    """The one branch with other fields, and its full committee."""
    one = branch(**{"pk": 906, **fields})
    return books(one, seats=committee(one))


def quiet(*wanted):
    """A school with all its meetings but those of `wanted` kinds."""
    found = party.well()
    found.meetings = [one for one in found.meetings if one.kind not in wanted]
    return found


def decisions(*meetings):
    return books(ONE, seats=committee(ONE), meetings=meetings)


def led_by_principal(*branches, is_principal=True, form="branch"):
    top = branches[0]
    return books(*branches, of=school_(form=form), seats=[seat(top, is_principal=is_principal)])


# rule → (books in which it speaks, books in which it just does not)
CASES = {
    "STR-01": [
        (books(GUEST, of=few(3, form="joint")), books(GUEST, of=few(2, form="joint"))),
        (books(of=few(12, form="joint")), books(of=few(12, form="branch"))),
        (books(JOINT, of=few(3)), books(JOINT, of=few(3), guests={JOINT.pk: 2})),
    ],
    "STR-02": [
        (books(of=few(2, form="joint")), books(GUEST, of=few(2, form="joint"))),
        (books(SMALL, of=few(2)), books(SMALL, of=few(3))),
        (books(JOINT, guests={JOINT.pk: 5}), books(JOINT, guests={JOINT.pk: 4})),
    ],
    "STR-03": [
        (with_(full_members=49, probationary=2), with_(full_members=49, probationary=1)),
        (with_(full_members=51), with_(full_members=50)),
        (with_(full_members=51), with_(form="general", full_members=60)),
    ],
    "STR-04": [
        (books(ONE, of=few(51)), books(ONE, of=few(50))),
        (books(TOP, of=few(49)), books(TOP, of=few(50))),
        (books(TOP, of=few(101)), books(TOP, of=few(100))),
        (books(of=few(99, form="committee")), books(of=few(100, form="committee"))),
    ],
    "CMT-01": [
        (books(branch(pk=9, full_members=7), seats=[seat(ONE)]), with_(full_members=7)),
        (
            books(ONE, seats=committee(ONE, ["secretary", "organisation"])),
            books(ONE, seats=committee(ONE, ["secretary", "organisation", "discipline"])),
        ),
        (
            books(ONE, seats=committee(ONE) + [seat(ONE, "other") for _n in range(4)]),
            books(ONE, seats=committee(ONE) + [seat(ONE, "other") for _n in range(3)]),
        ),
        (books(ONE, seats=[seat(TWO)]), books(SMALL, seats=[seat(SMALL)])),
    ],
    "CMT-02": [
        (books(ONE, seats=committee(ONE, ["secretary", "organisation", "publicity"])), with_()),
        (books(ONE, seats=committee(ONE)[1:]), books(ONE, seats=committee(ONE))),
        (books(ONE, seats=committee(ONE)[1:]), books(ONE, seats=[seat(ONE), seat(ONE, "deputy")])),
    ],
    "CMT-03": [
        (with_(full_members=6), with_(full_members=7)),
        (
            books(SMALL, seats=committee(SMALL)),
            books(SMALL, seats=[seat(SMALL), seat(SMALL, "deputy")]),
        ),
        (books(SMALL, seats=[seat(SMALL, "deputy")]), books(SMALL, seats=[seat(SMALL)])),
    ],
    "CMT-04": [
        (
            books(ONE, seats=[seat(ONE, over_a_year=False)]),
            books(ONE, seats=[seat(ONE, over_a_year=None)]),
        ),
        (
            books(ONE, seats=[seat(ONE, over_a_year=False)]),
            books(ONE, seats=[seat(ONE, "other", over_a_year=False)]),
        ),
    ],
    "TRM-01": [
        (with_(term_end=date(2026, 11, 19)), with_(term_end=TODAY)),
        (with_(term_end=date(2028, 3, 2)), with_(term_end=date(2028, 3, 1))),
        (
            with_(term_end=date(2026, 9, 1), extension_until=date(2027, 3, 1)),
            with_(
                term_end=date(2026, 9, 1), extension_until=date(2027, 3, 1), extension_no="批〔1〕"
            ),
        ),
        (
            with_(form="general", term_end=date(2028, 3, 2)),
            with_(form="committee", term_end=date(2030, 3, 1)),
        ),
    ],
    "TRM-02": [
        (
            with_(form="committee", term_end=date(2030, 3, 2)),
            with_(form="committee", term_end=date(2030, 3, 1)),
        ),
        (
            with_(form="committee", term_end=date(2026, 11, 19)),
            with_(form="committee", term_end=TODAY),
        ),
    ],
    "TRM-03": [
        (
            with_(extension_until=date(2029, 3, 2), extension_no="批〔1〕"),
            with_(extension_until=date(2029, 3, 1), extension_no="批〔1〕"),
        ),
        (with_(extension_until=date(2028, 6, 1)), with_()),
    ],
    "TRM-04": [
        (
            with_(elected_on=None, term_end=date(2027, 5, 20)),
            with_(elected_on=None, term_end=date(2027, 5, 21)),
        ),
        (
            with_(elected_on=None, term_end=TODAY),
            with_(elected_on=None, term_end=date(2026, 11, 19)),
        ),
    ],
    "MTG-01": [(quiet("general"), party.well())],
    "MTG-02": [
        (quiet("committee"), party.well()),
        (quiet("committee"), books(SMALL, seats=[seat(SMALL)], meetings=[])),
    ],
    "MTG-03": [
        (
            books(
                branch(pk=7, party_groups=2), meetings=[held("party_group", OCTOBER, party_group=1)]
            ),
            books(
                branch(pk=7, party_groups=2),
                meetings=[held("party_group", OCTOBER, party_group=n) for n in (1, 2)],
            ),
        ),
        (
            books(
                branch(pk=7, party_groups=2),
                meetings=[held("party_group", OCTOBER, party_group=1) for _n in range(2)],
            ),
            books(branch(pk=7, party_groups=0)),
        ),
    ],
    "MTG-04": [(quiet("theme_day"), party.well())],
    "MTG-05": [(quiet("org_life"), party.well())],
    "OP-5": [
        (
            decisions(held("party_org", DECIDED, expected=7, attended=3)),
            decisions(held("party_org", DECIDED, expected=8, attended=4)),
        ),
        (
            decisions(held("party_org", DECIDED, expected=9, attended=5, has_appointment=True)),
            decisions(held("party_org", DECIDED, expected=9, attended=6, has_appointment=True)),
        ),
        (
            decisions(held("party_org", DECIDED, expected=9, attended=0)),
            decisions(held("party_org", DECIDED, expected=9, attended=None)),
        ),
    ],
    "OP-6": [
        (
            decisions(held("principal", DECIDED, expected=7, attended=3)),
            decisions(held("principal", DECIDED, expected=8, attended=4)),
        )
    ],
    "OP-7": [
        (
            decisions(
                held("talk", date(2026, 10, 13)), held("party_org", DECIDED, topics=["major"])
            ),
            decisions(held("talk", DECIDED), held("party_org", DECIDED, topics=["major"])),
        ),
        (
            decisions(
                held("talk", date(2026, 9, 1)),
                held("party_org", date(2026, 9, 2), topics=["major"]),
                held("party_org", DECIDED, topics=["major"]),
            ),
            decisions(held("party_org", DECIDED, topics=["teaching"])),
        ),
    ],
    "OP-12": [
        (led_by_principal(TOP, ONE), led_by_principal(TOP, ONE, is_principal=False)),
        (led_by_principal(ONE, is_principal=False), led_by_principal(ONE)),
        (led_by_principal(ONE, is_principal=False), led_by_principal(ONE, TWO, is_principal=False)),
    ],
    "OP-P": [(books(ONE, of=school_(ownership="private")), books(ONE))],
    "CODE-01": [
        (books(of=school_(code="2199000001")), books(of=school_(code="L-330106-0001"))),
        (books(of=school_(code="213300001")), books()),
    ],
    "CODE-02": [
        (books(of=school_(code="3133000001")), books()),
        (books(of=school_(code="3133000001")), books(of=school_(code="213300001"))),
    ],
}


def speaking(of):
    return {one.rule.id for one in examine(of).told}


@pytest.mark.parametrize(
    ("rule", "broken", "kept"),
    [(rule, *case) for rule, cases in CASES.items() for case in cases],
)
def test_a_rule_speaks_where_it_is_broken_and_is_silent_just_beside(rule, broken, kept):
    assert rule in speaking(broken)
    assert rule not in speaking(kept)


def test_every_rule_that_is_decided_has_its_cases():
    assert set(CASES) == set(CHECKS)


def test_24_rules_are_decided_and_7_stand_as_text():
    assert len(CHECKS) == 24
    assert [rule.id for rule in as_text()] == list(STAND_AS_TEXT)
    assert list(rules()) == [name for name in rules() if name in CHECKS or name in STAND_AS_TEXT]


def test_local_practice_is_never_asked_for():
    assert {rule.id for rule in rules().values() if rule.certainty == "local"} <= set(STAND_AS_TEXT)


def test_a_school_that_keeps_every_rule_is_all_well():
    found = examine(party.well())
    assert (found.told, found.open, found.to_look_at) == ([], [], 0)
    assert len(found.kept) == 24


def test_severity_and_words_come_from_the_book():
    [one] = examine(with_(full_members=51)).told[:1]
    assert one.rule == rules()["STR-03"]
    assert one.rule.severity == "warn"
    assert one.rule.says == "党支部党员人数一般不超过 50 人"
    assert one.rule.cite == "《中国共产党支部工作条例（试行）》第四条"
    assert one.rule.sure == "已核对原文"


FORMS = {
    2: {"joint"},
    3: {"branch"},
    6: {"branch"},
    7: {"branch"},
    49: {"branch"},
    50: {"branch", "general"},
    51: {"general"},
    99: {"general"},
    100: {"general", "committee"},
    101: {"committee"},
}


@pytest.mark.parametrize(("members", "forms"), FORMS.items())
def test_which_form_fits_so_many_full_members(members, forms):
    assert expected_forms(members) == forms


@given(members=st.integers(0, 400), form=st.sampled_from(PartyForm.values[:3]))
def test_the_form_is_doubted_exactly_where_it_does_not_fit(members, form):
    top = branch(form=form, full_members=members)
    doubted = "STR-04" in speaking(books(top, of=few(members, form="")))
    fits = form in expected_forms(members)
    assert doubted == (members >= 3 and not fits)
    assert form_fits(few(members, form=""), [top]) is fits
    assert len(expected_forms(members)) == (2 if members in (50, 100) else 1)


@given(members=st.integers(3, 400), form=st.sampled_from(PartyForm.values[:3]))
def test_a_recorded_approval_silences_the_doubt_about_the_form(members, form):
    top = branch(form=form, full_members=members, approval_no="青教党〔2024〕18 号")
    assert "STR-04" not in speaking(books(top, of=few(members)))
    assert form_fits(few(members), [top]) is True


@given(members=st.integers(0, 120))
def test_a_committee_is_asked_for_from_seven_full_members_on(members):
    one = branch(full_members=members)
    bare = speaking(books(one, seats=[seat(one)], of=few(members)))
    assert ("CMT-01" in bare) == (members >= 7)
    complete = speaking(books(one, seats=committee(one), of=few(members)))
    assert ("CMT-03" in complete) == (members < 7)
