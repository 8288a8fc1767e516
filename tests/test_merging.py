"""A school goes into another under a campaign: entries, registers, posts, numbers, codes."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from reform import baseline, bookkeeping, fitting, history, merging, progress, rollout
from reform.filings import Filing
from reform.merging import Merger
from reform.models import Campaign, Draft, Event
from reform.states import Status
from schools import recording
from schools.errors import Denied, Stale
from schools.models import Branch, Meeting, Membership, School, Studio, Succession
from schools.register_forms import Desk, typed
from schools.registers import REGISTERS
from tests import changes, world
from tests.changes import CITY, WHY, change, counted, kinds, listed, of

pytestmark = [pytest.mark.django_db, pytest.mark.database]

TODAY, YESTERDAY = date(2026, 9, 1), date(2026, 8, 31)
FIGURES = {"full_members": 20, "probationary_members": 2, "branches": 1, "classes": 12, "staff": 40}


@pytest.fixture
def old(manager):
    """The school that ends; it and the other one are asked for everything: 60 filings each."""
    school = world.school("阳光小学", profile="multi", **FIGURES)
    world.school("月亮小学", profile="multi", **{**FIGURES, "full_members": 30, "classes": None})
    world.opened(manager)
    return school


@pytest.fixture
def into(old):
    return School.objects.get(name="月亮小学")


@pytest.fixture(autouse=True)
def books_agree(db):
    """After each of these mergers, whatever went into it."""
    yield
    assert changes.faults() == []


def bureau():
    """The one that keeps what the county files itself."""
    return School.objects.get(kind="bureau", authority=world.COUNTY)


def merge(old, into, by, **asked):
    key = asked.pop("key", "")
    return merging.merge(old.pk, Merger(into.pk, **asked), by=by, reason=WHY, key=key)


def running(key, at_school):
    """What a register says of today."""
    rows = recording.living(REGISTERS[key], at_school)
    return [row for row in rows.order_by("pk") if row.holds(TODAY)]


# ---- entries, numbers, history


def test_the_one_leaves_every_list_and_the_other_keeps_its_own(old, into, manager):
    filer = world.seat("filer", old)
    sent, begun = of(old, slot__opens_on__lte=TODAY)[:2]
    sent = world.accept(world.file(sent, filer), world.seat("reviewer", world.COUNTY))
    progress.save(begun.pk, by=filer, version=0, filing=Filing(note="写到一半"))

    done = merge(old, into, manager)

    old.refresh_from_db()
    assert (old.closed_on, old.locked, done["gone"]) == (TODAY, False, 60)
    assert (listed(old).count(), listed(into).count(), counted()) == (0, 60, 60)
    assert world.status(sent) == Status.accepted
    assert Draft.objects.get(entry=begun).note == "写到一半"
    assert rollout.add_late_joiners() == 0


def test_both_schools_and_the_county_tell_of_it(old, into, manager):
    merge(old, into, manager)

    assert kinds(old.subject)[-1] == "merge_school"
    assert kinds(into.subject)[-1] == "absorb_school"
    assert kinds(f"region:{world.COUNTY}")[-1] == "merge_school"
    told = Event.objects.get(subject=old.subject, kind="merge_school")
    assert (told.words.text, into.code in told.body) == (WHY, True)
    one = Succession.objects.get()
    assert (one.predecessor, one.successor, one.kind, one.on) == (old, into, "merge", TODAY)


def test_the_numbers_of_both_are_proposed_until_the_school_has_confirmed_them(old, into, manager):
    School.objects.update(baseline_at=world.FIRST_DAY)
    merge(old, into, manager)

    into.refresh_from_db()
    proposed = baseline.proposal(into)
    assert (into.baseline_at, into.full_members, into.profile) == (None, 30, "multi")
    assert (proposed.values["full_members"], proposed.values["branches"]) == (50, 2)
    assert (proposed.values["classes"], proposed.schools) == (12, ["阳光小学"])

    told = baseline.Figures("general", 50, 4, 2, 24, 80)
    baseline.answer(into.pk, told, by=world.seat("filer", into))
    into.refresh_from_db()
    proposed = baseline.proposal(into)
    assert (proposed.values["full_members"], proposed.schools) == (50, [])


def test_a_second_press_merges_nothing_more(old, into, manager):
    first, second = (merge(old, into, manager, key="k") for _n in range(2))

    assert first == second
    assert kinds(into.subject).count("absorb_school") == 1
    with pytest.raises(Denied):
        merge(old, into, manager, key="another")


def test_it_can_be_reopened_and_merged_once_more(old, into, manager, travel):
    merge(old, into, manager)
    change(old, "reopen", manager)
    assert listed(old).count() == 60

    travel.move_to("2026-09-08T04:00:00+00:00")
    merge(old, into, manager)
    assert Succession.objects.get().on == date(2026, 9, 8)


def test_a_campaign_that_is_just_opening_asks_only_the_school_that_goes_on(
    old, into, manager, monkeypatch
):
    monkeypatch.setattr(rollout, "AT_ONCE", 0)
    world.school("邻县小学", authority=world.SIBLING, profile="multi")
    city = world.opened(world.seat("manager", CITY), name="市级")
    assert city.state == "opening"

    merge(old, into, manager)
    rollout.continue_openings()

    assert Campaign.objects.get(pk=city.pk).state == "open"
    asked = set(city.enrolments.values_list("school__name", flat=True))
    assert "月亮小学" in asked and "阳光小学" not in asked


# ---- registers


@pytest.fixture
def books(old, into):
    """Registers of both, with names that clash and a committee above the branches of each."""
    for school in (old, into):
        top = world.branch(school, f"{school.name}党总支", form="general")
        first = world.branch(school, "第一支部", form="branch", parent=top, full_members=10,
                             since=date(2025, 9, 1), approval_no="西教党〔2024〕3号")  # fmt: skip
        world.row("units", school, kind="grade", name="一年级组", branch=first)
        world.row("committee_members", school, branch=first, seat="secretary", post_held="主任")
        world.row("posts", school, level="middle", approved=6, filled=5, dual_strong=2)
        world.row("documents", school, kind="rule_party_org", doc_no="1号", branch=None)
        world.row("meetings", school, kind="general", held_on=date(2026, 6, 1), branch=first)
    world.row("documents", old, kind="branch_plan", title="计划", branch=first_of(old))
    world.row("documents", old, kind="pathway", title="路径")
    world.row("leadership_groups", old, name="德育组", scopes=["moral", "thought"])
    world.row("leadership_groups", into, name="德育领导小组", scopes=["moral", "thought"])
    world.row("leadership_groups", old, name="意识形态组", scopes=["ideology"])
    world.row("units", old, kind="subject", name="语文组", until=date(2025, 8, 31))


def first_of(school):
    return Branch.objects.get(school=school, name="第一支部")


def test_what_runs_goes_on_there_and_last_years_truth_stays(old, into, manager, books):
    before = {one.pk: one.registers_rev for one in (old, into)}
    mine = first_of(old)
    merge(old, into, manager)

    names = [row.name for row in running("branches", into)]
    assert names == ["月亮小学党总支", "第一支部", "阳光小学第一支部"]
    copy = running("branches", into)[-1]
    top = running("branches", into)[0]
    assert (copy.since, copy.parent, copy.approval_no) == (TODAY, top, mine.approval_no)
    assert running("branches", old) == []
    mine.refresh_from_db()
    assert (mine.since, mine.until, mine.name) == (date(2025, 9, 1), YESTERDAY, "第一支部")
    units = [(row.name, row.branch) for row in running("units", into)]
    assert units == [("一年级组", first_of(into)), ("阳光小学一年级组", copy)]
    assert [row.branch for row in running("committee_members", into)] == [first_of(into), copy]
    assert Meeting.objects.filter(school=old, branch=mine).count() == 1
    assert Meeting.objects.filter(school=into).count() == 1
    for one in (old, into):
        one.refresh_from_db()
        assert one.registers_rev > before[one.pk]


def test_groups_and_documents_come_only_where_there_are_none_and_posts_add_up(
    old, into, manager, books
):
    merge(old, into, manager)

    groups = [row.name for row in running("leadership_groups", into)]
    assert groups == ["德育领导小组", "意识形态组"]
    documents = [(row.kind, str(row)) for row in running("documents", into)]
    assert [kind for kind, _name in documents] == ["rule_party_org", "branch_plan", "pathway"]
    [post] = running("posts", into)
    assert (post.approved, post.filled, post.dual_strong, post.since) == (12, 10, 4, TODAY)
    acts = Event.objects.filter(subject=into.subject, kind="registers")
    assert acts.filter(body__contains='"register":"posts"').count() == 1


def test_rows_as_they_stand_after_it_can_be_saved_again(old, into, manager, books):
    """What was carried over breaks no rule that its keeper would be held to."""
    merge(old, into, manager)
    into = School.objects.get(pk=into.pk)
    for key in ("branches", "units", "committee_members", "posts", "documents"):
        for row in running(key, into):
            desk = Desk(REGISTERS[key], into)
            assert desk.clean(typed(REGISTERS[key], row), row).errors == {}, (key, row)


def test_joint_schools_of_the_one_find_their_host_at_the_other(old, into, manager, books):
    guest, own = world.school("教学点"), world.school("自有支部小学")
    joint = world.branch(guest, "联合支部", form="joint", host=first_of(old))
    world.branch(own, "自有支部", form="branch")

    merge(old, into, manager)

    joint.refresh_from_db()
    assert (joint.host.school, joint.host.name) == (into, "阳光小学第一支部")
    assert kinds(guest.subject)[-1] == "registers" and kinds(own.subject) == []


def test_who_was_a_guest_of_the_other_goes_into_its_branch(old, into, manager):
    host = world.branch(into, "第一支部", form="branch")
    joint = world.branch(old, "联合支部", form="joint", host=host)
    world.row("units", old, kind="grade", name="复式班", branch=joint)

    merge(old, into, manager)

    assert running("branches", into) == [host]
    assert [row.branch for row in running("units", into)] == [host]


def test_a_host_that_goes_into_its_guest_takes_the_branch_along(old, into, manager):
    host = world.branch(old, "第一支部", form="branch")
    world.branch(into, "联合支部", form="joint", host=host)

    merge(old, into, manager)

    assert [(row.form, row.name) for row in running("branches", into)] == [("branch", "第一支部")]


def test_studios_go_on_and_other_studios_count_the_other_school(old, into, manager):
    third = world.school("第三小学")
    hosted = world.row("studios", old, name="名校长工作室", status="active")
    hosted.members.set([into, third])
    joined = world.row("studios", third, name="名书记工作室", status="active")
    joined.members.set([old])

    merge(old, into, manager)

    [copy] = running("studios", into)
    assert set(copy.members.all()) == {third}
    assert set(joined.members.all()) == {into}
    assert set(Studio.objects.get(pk=hosted.pk).members.all()) == {into, third}


def test_nobody_writes_in_the_books_of_a_school_that_went(old, into, manager, books):
    filer = world.seat("filer", old)
    merge(old, into, manager)
    with pytest.raises(Denied):
        bookkeeping.remove(old, REGISTERS["branches"], [first_of(old).pk], by=filer)


# ---- posts and codes


def test_posts_end_with_the_school_and_who_is_chosen_gets_one_there(old, into, manager):
    stays, goes = (world.seat("filer", old).user for _n in range(2))
    post = Membership.objects.get(user=stays)

    done = merge(old, into, manager, people=(post.pk,))

    assert (done["ended"], done["given"]) == (2, 1)
    assert not Membership.objects.filter(school=old).live(TODAY).exists()
    assert [one.user for one in Membership.objects.filter(school=into).live(TODAY)] == [stays]
    goes.refresh_from_db()
    stays.refresh_from_db()
    assert (goes.has_usable_password(), stays.has_usable_password()) == (False, True)


def test_the_code_of_the_one_may_go_on_and_the_other_is_never_free_again(old, into, manager):
    codes = old.code, into.code
    merge(old, into, manager, take_code=True)

    old.refresh_from_db()
    into.refresh_from_db()
    assert (into.code, old.code) == codes
    assert old.closed_on is not None


# ---- guards


def test_only_an_open_school_of_the_same_authority_can_take_it(old, into, manager):
    elsewhere = world.school("邻县小学", authority=world.SIBLING)
    closing = world.school("将撤小学", closed_on=date(2026, 12, 1))
    for wrong in (old, elsewhere, closing, bureau(), School(pk=10**9)):
        with pytest.raises(ValidationError) as refused:
            merge(old, wrong, manager)
        assert list(refused.value.message_dict) == ["into"]
    assert kinds(old.subject) == ["issued"]


def test_a_school_that_joins_a_branch_between_look_and_lock_is_not_locked_out_of_order(
    old, into, manager, monkeypatch
):
    host = world.branch(old, "联合党支部", form="joint")
    guest = world.school("山里教学点", profile="joint")
    lock, locked = history.lock, []

    def meanwhile(subjects):
        if not locked:
            world.branch(guest, "联合党支部", form="joint", host=host)
        locked.append(set(subjects))
        return lock(subjects)

    monkeypatch.setattr(history, "lock", meanwhile)
    with pytest.raises(Stale, match="又有学校加入"):
        merge(old, into, manager)

    assert not any(guest.subject in subjects for subjects in locked)
    old.refresh_from_db()
    assert old.closed_on is None
    monkeypatch.undo()
    world.branch(guest, "联合党支部", form="joint", host=host)
    merge(old, into, manager)
    assert Branch.objects.get(school=guest, until=None).host.school == into


def test_only_the_manager_of_its_authority_merges_a_school_that_is_open(old, into, manager):
    for by in (world.seat("manager", CITY), world.seat("reviewer", world.COUNTY)):
        with pytest.raises(Denied):
            merge(old, into, by)
    with pytest.raises(Denied):
        merge(bureau(), into, manager)
    change(old, "close", manager, on=TODAY)
    with pytest.raises(Denied):
        merge(old, into, manager)


def test_afterwards_nothing_is_left_to_be_fitted(old, into, manager, books):
    merge(old, into, manager)
    for one in School.objects.filter(pk__in=[old.pk, into.pk]).select_related("school_type"):
        assert [f for f in fitting.plan(one, fitting.facts(one)) if f.goes or f.new] == []
    assert list(history.verify()) == []
