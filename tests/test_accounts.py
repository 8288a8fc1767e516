"""Accounts and posts: who may make, hand over and end which, and what becomes of what they left."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from reform import accounts, history, leaving
from reform.models import AuditLine, Draft, Event, Reminder
from schools import activation, clock, scope
from schools.errors import Denied
from schools.models import Membership, Region, User
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]

TODAY = date(2026, 11, 20)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def operator(cast):
    return world.seat("operator", "0")


def make(by, place, role="filer", **fields):
    return accounts.create(by, place=place, role=role, **{"name": "周老师", **fields})


def post_of(seat):
    return Membership.objects.get(user=seat.user)


def draft(entry, user, note="写到一半"):
    return Draft.objects.create(
        entry=entry, user=user, base_version=0, note=note, saved_at=clock.now()
    )


# ---- made


def test_a_manager_makes_an_account_for_a_school_under_the_own_authority(cast):
    user = make(cast.manager, cast.school, post="办公室主任", phone="0571-87000000")

    assert user.username == f"{cast.school.code}-01"
    assert not user.has_usable_password()
    held = Membership.objects.get(user=user)
    assert (held.school, held.role, held.starts_on) == (cast.school, "filer", TODAY)
    event = Event.objects.get(subject=cast.school.subject, kind="account_new")
    assert event.actor == cast.manager.user
    assert "周" not in event.body
    line = AuditLine.objects.get(what="account new")
    assert (line.user, line.region_id) == (cast.manager.user, world.COUNTY)
    assert line.thing.startswith(user.username)
    assert list(history.verify(cast.school.subject)) == []


def test_names_of_accounts_count_on_from_the_highest(cast):
    world.person(f"{cast.school.code}-07")
    world.person(f"{cast.school.code}-x9")

    assert make(cast.manager, cast.school).username == f"{cast.school.code}-08"
    assert make(cast.manager, cast.school, name="吴老师").username == f"{cast.school.code}-09"


@pytest.mark.parametrize("who", ["filer", "secretary", "reviewer", "viewer", "strange manager"])
def test_nobody_else_makes_accounts_of_a_school(cast, who):
    seats = {"strange manager": world.seat("manager", world.SIBLING)}
    by = seats.get(who) or getattr(cast, who)

    with pytest.raises(Denied):
        make(by, cast.school)
    assert not User.objects.filter(name="周老师").exists()
    assert not AuditLine.objects.filter(what="account new").exists()


def test_the_city_makes_no_accounts_for_the_schools_of_its_county(cast):
    with pytest.raises(Denied):
        make(world.seat("manager", "3301"), cast.school)


def test_a_manager_makes_no_accounts_of_a_region_and_an_operator_none_of_a_school(cast, operator):
    with pytest.raises(Denied, match="installation"):
        make(cast.manager, world.county(), "reviewer")
    with pytest.raises(Denied):
        make(operator, cast.school)


def test_an_operator_makes_accounts_of_a_region_but_no_operator(cast, operator):
    user = make(operator, world.county(), "manager")

    assert user.username == f"{world.COUNTY}-01"
    assert Event.objects.filter(subject=f"region:{world.COUNTY}", kind="account_new").exists()
    with pytest.raises(Denied):
        make(operator, Region.objects.get(pk="0"), "operator")


def test_an_operator_of_a_city_stays_in_the_city(cast):
    by = world.seat("operator", "3301")

    assert make(by, world.county(), "viewer").pk
    with pytest.raises(Denied):
        make(by, world.county(world.OTHER_CITY), "viewer")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", ""), ("name", "  "), ("name", "周\n老师"), ("name", "周" * 41),
        ("email", "zhou@example.org\r\nBcc: all@example.org"), ("email", "zhou@example.org\n"),
        ("email", "zhou"), ("phone", "13800138000"), ("phone", "abc"),
        ("username", "zhou laoshi"), ("username", "x" * 151), ("post", "主任\0"),
    ],
)  # fmt: skip
def test_what_was_typed_wrong_is_named_by_its_field_and_nothing_is_made(cast, field, text):
    with pytest.raises(ValidationError) as refused:
        make(cast.manager, cast.school, **{field: text})

    assert list(refused.value.message_dict) == [field]
    assert not User.objects.filter(memberships__school=cast.school).exclude(
        pk__in=[cast.filer.user.pk, cast.secretary.user.pk]
    )


def test_the_same_person_or_user_name_is_not_made_twice(cast):
    user = make(cast.manager, cast.school)

    with pytest.raises(ValidationError, match="already"):
        make(cast.manager, cast.school)
    with pytest.raises(ValidationError) as refused:
        make(cast.manager, cast.school, name="吴老师", username=user.username.upper())
    assert list(refused.value.message_dict) == ["username"]


@pytest.mark.parametrize(("role", "at_school"), [("reviewer", True), ("filer", False), ("x", True)])
def test_a_role_stands_only_where_it_belongs(cast, operator, role, at_school):
    place = cast.school if at_school else world.county()

    with pytest.raises(ValidationError) as refused:
        make(cast.manager if at_school else operator, place, role)
    assert list(refused.value.message_dict) == ["role"]


def test_a_closed_school_gets_no_account(cast):
    closed = world.school("已撤小学", closed_on=YESTERDAY)

    with pytest.raises(ValidationError, match="closed"):
        make(cast.manager, closed)


def test_a_second_post_is_given_once(cast):
    made = accounts.appoint(cast.manager, cast.filer.user, place=cast.school, role="secretary")

    assert scope.seats(cast.filer.user)[0].roles == {"filer", "secretary"}
    assert made.starts_on == TODAY
    with pytest.raises(ValidationError, match="already"):
        accounts.appoint(cast.manager, cast.filer.user, place=cast.school, role="secretary")


def test_nobody_of_another_county_is_given_a_post_here(cast):
    with pytest.raises(Denied):
        accounts.appoint(cast.manager, cast.stranger.user, place=cast.school, role="filer")


# ---- handed over


def test_a_successor_takes_over_the_drafts_and_what_was_returned_stays_with_the_school(cast):
    entry = world.entry(cast.school)
    returned = world.send_back(
        world.file(world.entry(cast.school, "Z1.1"), cast.filer), cast.reviewer
    )
    draft(entry, cast.filer.user)
    new = make(cast.manager, cast.school)

    moved = accounts.end(post_of(cast.filer), by=cast.manager, on=YESTERDAY, successor=new)

    assert moved == 1
    assert Draft.objects.get(entry=entry).user == new
    assert post_of(cast.filer).ends_on == YESTERDAY
    assert scope.seats(cast.filer.user) == []
    assert world.status(returned).name == "returned"
    kinds = list(Event.objects.filter(subject=cast.school.subject).values_list("kind", flat=True))
    assert kinds[-3:] == ["account_new", "post_end", "drafts_handed_over"]
    assert list(history.verify(cast.school.subject)) == []


def test_a_successor_who_has_a_draft_keeps_the_own_and_nothing_is_lost(cast):
    first, second = world.entry(cast.school), world.entry(cast.school, "Z1.1")
    new = make(cast.manager, cast.school)
    for entry in (first, second):
        draft(entry, cast.filer.user, "旧")
    draft(first, new, "新")

    accounts.end(post_of(cast.filer), by=cast.manager, on=YESTERDAY, successor=new)

    notes = {(d.entry_id, d.user_id): d.note for d in Draft.objects.all()}
    assert notes == {
        (first.pk, new.pk): "新",
        (first.pk, cast.filer.user.pk): "旧",
        (second.pk, new.pk): "旧",
    }


def test_drafts_wait_for_the_last_day_and_then_the_night_hands_them_over(cast, travel):
    entry = world.entry(cast.school)
    draft(entry, cast.filer.user)
    new = make(cast.manager, cast.school, starts_on=TOMORROW)
    accounts.end(post_of(cast.filer), by=cast.manager, on=TODAY, successor=new)
    assert Draft.objects.get(entry=entry).user == cast.filer.user
    assert cast.filer.user.has_usable_password()

    travel.shift(timedelta(days=1))
    assert leaving.nightly() == (True, "1 left")

    assert Draft.objects.get(entry=entry).user == new
    assert not User.objects.get(pk=cast.filer.user.pk).has_usable_password()
    assert leaving.nightly() == (True, "")


def test_drafts_of_who_left_without_a_successor_wait_for_the_next_filer(cast):
    entry = world.entry(cast.school)
    draft(entry, cast.filer.user)
    accounts.end(post_of(cast.filer), by=cast.manager, on=YESTERDAY)
    assert Draft.objects.get(entry=entry).user == cast.filer.user

    new = make(cast.manager, cast.school)

    assert Draft.objects.get(entry=entry).user == new


def test_drafts_at_another_school_stay_where_they_are(cast):
    other = world.school("分校")
    world.seat("filer", other, cast.filer.user)
    entry = world.entry(other)
    draft(entry, cast.filer.user)
    new = make(cast.manager, cast.school)

    post = cast.filer.user.memberships.get(school=cast.school)
    accounts.end(post, by=cast.manager, on=YESTERDAY, successor=new)

    assert Draft.objects.get(entry=entry).user == cast.filer.user
    assert User.objects.get(pk=cast.filer.user.pk).has_usable_password()


# ---- ended


def test_who_holds_no_post_any_more_is_signed_out_at_once(cast, at):
    client = at(cast.filer)
    code = activation.issue(cast.filer.user, None)
    assert client.get("/school/").status_code == 200

    accounts.end(post_of(cast.filer), by=cast.manager, on=YESTERDAY)

    assert client.get("/account/").status_code == 302
    assert world.log_in(client, cast.filer.user.username).status_code == 200
    assert not activation.use(cast.filer.user.username, code)
    assert User.objects.filter(pk=cast.filer.user.pk).exists()
    assert AuditLine.objects.filter(what="account end", thing__contains="filer").exists()


def test_a_post_ends_once_and_not_before_it_began(cast):
    held = post_of(cast.filer)
    with pytest.raises(ValidationError) as refused:
        accounts.end(held, by=cast.manager, on=date(2020, 1, 1))
    assert list(refused.value.message_dict) == ["on"]
    accounts.end(held, by=cast.manager, on=YESTERDAY)

    with pytest.raises(Denied, match="2026-11-19"):
        accounts.end(held, by=cast.manager, on=TODAY)
    assert post_of(cast.filer).ends_on == YESTERDAY


def test_nobody_ends_a_post_of_another_authority_or_the_own(cast, operator):
    for by, seat in [
        (cast.manager, cast.stranger), (cast.manager, cast.reviewer), (operator, cast.filer),
        (cast.manager, cast.manager), (operator, operator), (cast.reviewer, cast.filer),
    ]:  # fmt: skip
        with pytest.raises(Denied):
            accounts.end(post_of(seat), by=by, on=YESTERDAY)
    assert not Membership.objects.exclude(ends_on=None).exists()


def test_what_somebody_waits_to_be_told_is_cancelled_with_the_post(cast):
    entry = world.entry(cast.school)
    for seat in (cast.filer, cast.secretary):
        Reminder.objects.create(
            person=seat.user, about="due", topic=f"entry:{entry.pk}", entry=entry, due_on=TODAY,
            role=next(iter(seat.roles)), place=seat.key, planned_at=clock.now(),
        )  # fmt: skip

    accounts.end(post_of(cast.filer), by=cast.manager, on=YESTERDAY)

    states = dict(Reminder.objects.values_list("person", "state"))
    assert states == {cast.filer.user.pk: "cancelled", cast.secretary.user.pk: "waiting"}


def test_a_disabled_account_is_shut_at_once_and_gets_no_code(cast, at):
    client = at(cast.filer)

    User.objects.filter(pk=cast.filer.user.pk).update(is_active=False)

    assert client.get("/account/").status_code == 302
    assert scope.seats(cast.filer.user) == []
    with pytest.raises(Denied, match="disabled"):
        accounts.reissue(User.objects.get(pk=cast.filer.user.pk), by=None)


# ---- a new code


def test_a_manager_gives_a_new_code_to_people_of_the_own_schools_only(cast, operator):
    code = accounts.reissue(cast.filer.user, by=cast.manager)

    assert activation.check(cast.filer.user.username, code) == cast.filer.user
    assert Event.objects.filter(subject=cast.school.subject, kind="code_new").exists()
    assert AuditLine.objects.get(what="code issue").thing == cast.filer.user.username
    assert accounts.reissue(cast.reviewer.user, by=operator)
    for by, seat in [
        (cast.manager, cast.stranger), (cast.manager, cast.reviewer), (operator, cast.filer),
        (cast.filer, cast.secretary), (cast.reviewer, cast.filer),
    ]:  # fmt: skip
        with pytest.raises(Denied):
            accounts.reissue(seat.user, by=by)


def test_a_code_that_would_open_more_than_the_own_schools_is_refused(cast, operator):
    world.seat("reviewer", world.COUNTY, cast.filer.user)
    world.seat("filer", cast.stranger_school, cast.secretary.user)

    for seat in (cast.filer, cast.secretary):
        with pytest.raises(Denied, match="elsewhere"):
            accounts.reissue(seat.user, by=cast.manager)
    assert accounts.reissue(cast.filer.user, by=operator)


def test_who_holds_no_post_gets_no_code(cast):
    accounts.end(post_of(cast.filer), by=cast.manager, on=YESTERDAY)

    with pytest.raises(Denied, match="no post"):
        accounts.reissue(cast.filer.user, by=cast.manager)


# ---- forgotten


def test_phone_mail_and_post_are_forgotten_30_days_after_the_last_post(cast):
    def leaver(**ends):
        user = world.person(phone="0571-87000000", email="a@example.org", post="主任")
        for days in ends.values():
            Membership.objects.create(
                user=user, role="filer", school=cast.school, starts_on=date(2025, 1, 1),
                ends_on=days and TODAY - timedelta(days=days),
            )  # fmt: skip
        return user

    gone, lately = leaver(a=31, b=90), leaver(a=30)
    staying, never = leaver(a=90, b=None), leaver()

    assert leaving.forget() == 1

    kept = {u.pk: (u.phone, u.email, u.post) for u in User.objects.all()}
    assert kept[gone.pk] == ("", "", "")
    assert User.objects.get(pk=gone.pk).name == gone.name
    for user in (lately, staying, never):
        assert kept[user.pk] == ("0571-87000000", "a@example.org", "主任")
    assert leaving.forget() == 0
