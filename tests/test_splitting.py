"""A part of a school becomes a school of its own: branches, profile, campaigns, both told."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from reform import splitting
from reform.models import Enrolment
from reform.splitting import Split
from schools.errors import Denied
from schools.models import Branch, Meeting, School, Succession
from tests import changes, world
from tests.changes import CITY, WHY, change, counted, kinds, listed
from tests.test_merging import TODAY, YESTERDAY, bureau, running

pytestmark = [pytest.mark.django_db, pytest.mark.database]
ASKED = {"name": "东校区小学", "type": "211", "form": "branch", "form_left": "branch"}


@pytest.fixture
def school(manager):
    """Two branches with twelve members each, asked for everything: 60 filings."""
    school = world.school("阳光小学", form="general", profile="multi", branches=2, full_members=24)
    top = world.branch(school, "总支", form="general")
    for name in ("第一支部", "东区支部"):
        row = world.branch(school, name, form="branch", parent=top, full_members=12, probationary=1)
        world.row("units", school, kind="grade", name=f"{name}年级组", branch=row)
        world.row("committee_members", school, branch=row, seat="secretary", post_held="主任")
        world.row("meetings", school, kind="general", held_on=date(2026, 6, 1), branch=row)
    world.row("documents", school, kind="rule_party_org", doc_no="1号")
    world.opened(manager)
    return school


@pytest.fixture(autouse=True)
def books_agree(db):
    """After each of these divisions, whatever was divided."""
    yield
    assert changes.faults() == []


def east(school):
    return Branch.objects.get(school=school, name="东区支部")


def split(school, by, *, key="", **asked):
    asked = {**ASKED, "branches": (east(school).pk,), **asked}
    return splitting.split_off(school.pk, Split(**asked), by=by, reason=WHY, key=key)


def made():
    return School.objects.get(name="东校区小学")


def test_the_branch_goes_along_with_its_groups_and_seats(school, manager):
    row = east(school)
    split(school, manager)

    new = made()
    [copy] = running("branches", new)
    assert (copy.name, copy.parent, copy.since, copy.full_members) == ("东区支部", None, TODAY, 12)
    assert [one.branch for one in running("units", new)] == [copy]
    assert [one.branch for one in running("committee_members", new)] == [copy]
    assert running("documents", new) == []
    row.refresh_from_db()
    assert (row.until, Meeting.objects.filter(school=school, branch=row).count()) == (YESTERDAY, 1)
    assert [one.name for one in running("branches", school)] == ["总支", "第一支部"]
    assert [one.name for one in running("units", school)] == ["第一支部年级组"]


def test_the_new_school_is_asked_at_once_by_its_own_profile_and_nothing_is_late(
    school, manager, travel
):
    travel.move_to(world.NOON)
    done = split(school, manager)

    new = made()
    assert (new.profile, new.authority_id, new.locked) == ("single", world.COUNTY, True)
    assert new.code.startswith(f"L-{world.COUNTY}-")
    assert done["joined"] == listed(new).count() > 0
    assert listed(new).filter(due_on__lte=date(2026, 11, 20)).count() == 0


def test_the_school_that_stays_is_asked_by_what_is_left_of_it(school, manager):
    seen = splitting.preview(school, Split(**ASKED, branches=(east(school).pk,)), by=manager)
    done = split(school, manager)

    school.refresh_from_db()
    assert (school.profile, school.branches, school.full_members) == ("single", 1, 12)
    assert Enrolment.objects.get(school=school).profile == "single"
    assert done["gone"] == sum(len(fit.goes) for fit in seen.fits) == 11
    assert counted() == 49 + listed(made()).count()
    assert (school.baseline_at, made().baseline_at) == (None, None)


def test_a_form_that_does_not_go_with_the_branches_is_doubted(school, manager):
    asked = {**ASKED, "form_left": "general", "branches": (east(school).pk,)}
    [doubt] = splitting.preview(school, Split(**asked), by=manager).doubts
    assert doubt.startswith("阳光小学")
    assert (
        splitting.preview(school, Split(**{**asked, "form_left": "branch"}), by=manager).doubts
        == []
    )


def test_a_teaching_point_leaves_without_a_branch(school, manager):
    split(school, manager, branches=(), form="joint", form_left="general")

    new = made()
    school.refresh_from_db()
    assert (new.profile, running("branches", new)) == ("joint", [])
    assert (school.profile, listed(school).count()) == ("multi", 60)


def test_a_joint_school_follows_its_host(school, manager):
    guest = world.school("教学点")
    joint = world.branch(guest, "联合支部", form="joint", host=east(school))
    split(school, manager)
    joint.refresh_from_db()
    assert joint.host.school == made()


def test_both_schools_and_the_county_tell_of_it(school, manager):
    split(school, manager)

    new = made()
    assert kinds(school.subject)[-1] == "split_school"
    assert kinds(new.subject)[-1] == "found_school"
    assert kinds(f"region:{world.COUNTY}")[-1] == "split_school"
    one = Succession.objects.get()
    assert (one.predecessor, one.successor, one.kind) == (school, new, "split")


def test_a_second_press_makes_no_second_school(school, manager):
    asked = Split(**ASKED, branches=(east(school).pk,))
    first, second = (
        splitting.split_off(school.pk, asked, by=manager, reason=WHY, key="k") for _n in range(2)
    )
    assert first == second
    assert School.objects.filter(name="东校区小学").count() == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": " "}, "name"),
        ({"type": "999"}, "type"),
        ({"code": "有字"}, "code"),
        ({"code": "L-330106-0001"}, "code"),
        ({"form": "club"}, "form"),
        ({"form": "joint"}, "form"),
        ({"form_left": ""}, "form_left"),
        ({"branches": (10**9,)}, "branches"),
    ],
)
def test_nonsense_is_refused_by_its_field_and_makes_nothing(school, manager, asked, field):
    with pytest.raises(ValidationError) as refused:
        split(school, manager, **asked)
    assert list(refused.value.message_dict) == [field]
    assert School.objects.filter(authority=world.COUNTY).exclude(kind="bureau").count() == 1


def test_only_the_manager_of_its_authority_divides_a_school_that_is_open(school, manager):
    for by in (world.seat("manager", CITY), world.seat("reviewer", world.COUNTY)):
        with pytest.raises(Denied):
            split(school, by)
    with pytest.raises(Denied):
        splitting.split_off(bureau().pk, Split(**ASKED), by=manager, reason=WHY)
    change(school, "close", manager, on=TODAY)
    with pytest.raises(Denied):
        split(school, manager)
