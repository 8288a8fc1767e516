"""What is typed into a register: words of people, and what cannot be, told at its cell."""

from datetime import date

import pytest
from django.utils import translation

from schools import recording, register_rules
from schools.models import Studio
from schools.register_forms import Desk
from schools.registers import REGISTERS
from tests import world


@pytest.fixture
def school(cast):
    return cast.school


@pytest.fixture
def english():
    with translation.override("en"):
        yield


def clean(key, school, **values):
    return Desk(REGISTERS[key], school).clean(values)


def errors(key, school, **values):
    return clean(key, school, **values).errors


def clean_row(register, school, values):
    found = Desk(register, school).clean(values)
    return found.row, found.errors


def warnings(key, school, **values):
    found = clean(key, school, **values)
    assert found.errors == {}
    return found.warnings


# ---- words


def test_a_branch_is_read_from_words_of_an_official(school):
    found = clean(
        "branches", school, name=" 语文支部 ", form="党支部", basis="教研组", full_members="１２人",
        approval_no="西教党〔2024〕3号", approved_on="2024年3月1日", term_end="2027/3/1",
    )  # fmt: skip

    assert found.errors == {}
    row = found.row
    assert (row.name, row.form, row.basis, row.full_members) == (
        "语文支部",
        "branch",
        "subject",
        12,
    )
    assert (row.approved_on, row.term_end) == (date(2024, 3, 1), date(2027, 3, 1))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_choices_are_understood_in_both_languages_whatever_the_reader_reads(school, language):
    branch = world.branch(school, "第一支部")
    with translation.override(language):
        for kind, topics in (
            ("支委会", "理论学习、党性教育"),
            ("Branch-committee meeting", "Theory study, Party spirit"),
        ):
            row, wrong = clean_row(REGISTERS["meetings"], school, {
                "kind": kind, "held_on": "20261012", "branch": "第一支部", "topics": topics,
            })  # fmt: skip
            assert wrong == {}
            assert (row.kind, row.branch_id, row.topics) == (
                "committee", branch.pk, ["theory", "party_spirit"]
            )  # fmt: skip


def test_grades_are_read_as_spans_numbers_and_words(school):
    row, wrong = clean_row(REGISTERS["activities"], school, {
        "kind": "红色资源", "title": "清明祭扫", "held_on": "2026-10-12",
        "grades": "1-3、小学 5 年级、7",
    })  # fmt: skip

    assert (wrong, row.grades) == ({}, [1, 2, 3, 5, 7])


TICKS = [("是", True), ("√", True), ("yes", True), ("否", False), ("", False), ("0", False)]


@pytest.mark.parametrize(("typed", "value"), TICKS)
def test_ticks_are_read_from_words_and_marks(school, typed, value):
    world.branch(school, "第一支部")
    row, wrong = clean_row(REGISTERS["committee_members"], school, {
        "branch": "第一支部", "seat": "宣传委员", "backbone": typed,
    })  # fmt: skip

    assert (wrong, row.backbone) == ({}, value)


def test_what_cannot_be_read_is_told_at_each_cell_and_all_at_once(school, english):
    world.branch(school, "第一支部")

    found = errors(
        "meetings", school, kind="支委会", held_on="next week", branch="第二支部", expected="five",
        attended="123456", topics="理论学习、唱歌", note="长" * 201,
    )  # fmt: skip

    assert found == {
        "held_on": ["Write the date as 2026-11-20."],
        "branch": ["“第二支部” is not known. There are: 第一支部."],
        "expected": ["Enter a whole number, such as 12; nothing else beside it."],
        "attended": ["At most 99,999; is there a digit too many?"],
        "topics": ["“唱歌” is not one of: The reform, Teaching, Ideology, "
                   "Ideological-political and moral education, Theory study, Party spirit, "
                   "Reserve cadres, A major question."],
        "note": ["At most 200 characters; this has 201."],
    }  # fmt: skip


@pytest.mark.parametrize(("typed", "said"), [
    ("2026-02-30", "There is no such day in the calendar."),
    ("26-2-3", "Write the date as 2026-11-20."),
    ("1026-02-03", "Is the year right? It is written with four digits."),
    ("2026-11-21", "This day is still to come; enter it when it is over."),
])  # fmt: skip
def test_a_day_that_cannot_be_is_told(school, english, typed, said):
    assert errors("cadre_pool", school, as_of=typed) == {"as_of": [said]}


@pytest.mark.parametrize("typed", ["last year", "12", "12026"])
def test_a_year_that_cannot_be_is_told_in_the_same_words(school, english, typed):
    said = "Enter the year with four digits, such as 2026."
    assert errors("committee_members", school, trained_year=typed)["trained_year"] == [said]


def test_what_must_not_be_empty_is_named(school, english):
    empty = "This must not be empty."
    assert errors("meetings", school, kind="", held_on="") == {"kind": [empty], "held_on": [empty]}


def test_a_column_that_is_not_sent_keeps_what_stands_there(school):
    row = world.branch(school, "第一支部", basis="subject", full_members=9)

    found = Desk(REGISTERS["branches"], school).clean({"full_members": "10"}, row)

    assert (found.row.name, found.row.basis, found.row.full_members) == ("第一支部", "subject", 10)
    assert row.full_members == 9


# ---- what cannot be


def test_a_term_cannot_end_before_its_election(school, english):
    found = errors("branches", school, name="甲", form="branch", elected_on="2025-03-01",
                   term_end="2024-03-01", extension_until="2023-01-01")  # fmt: skip

    assert found == {
        "term_end": ["The term ends before the election of 2025-03-01."],
        "extension_until": ["An extension ends after the term, 2024-03-01."],
    }


@pytest.mark.parametrize(("key", "values", "column"), [
    ("meetings", {"kind": "principal", "held_on": "2026-10-12", "expected": "7", "attended": "8"},
     "attended"),
    ("trainings", {"title": "班", "held_on": "2026-10-12", "heads_expected": "7",
                   "heads_attended": "8"}, "heads_attended"),
])  # fmt: skip
def test_more_cannot_come_than_were_expected(school, english, key, values, column):
    said = "More came than were expected (7). Was it exchanged?"
    assert errors(key, school, **values) == {column: [said]}


def test_a_secretary_who_heads_no_linked_unit_is_told_of_and_kept(school, english):
    branch = world.branch(school, "语文支部", basis="subject")
    seat = {"branch": "语文支部", "seat": "书记", "post_held": "教研组长"}

    assert warnings("committee_members", school, **seat) == {"is_unit_head": [
        "This secretary heads no group of the branch; only those who do are counted."]}  # fmt: skip
    assert warnings("committee_members", school, **seat, is_unit_head="是") == {"is_unit_head": [
        "No group is linked to 语文支部 in the unit register; link it there too."]}  # fmt: skip
    world.row("units", school, kind="subject", name="语文组", branch=branch)
    assert warnings("committee_members", school, **seat, is_unit_head="是") == {}


def test_a_unit_cannot_be_linked_twice(school, english):
    branch = world.branch(school, "语文支部")
    old = world.row("units", school, kind="subject", name="语文组", branch=branch)
    unit = {"kind": "学科组", "name": "语文 组", "branch": "语文支部"}

    said = "“语文组” stands here already, linked to 语文支部; link it once."
    assert errors("units", school, **unit) == {"name": [said]}
    type(old).objects.filter(pk=old.pk).update(until=date(2026, 8, 31))
    assert errors("units", school, **unit, since="2026-09-01") == {}


def test_a_unit_cannot_stand_twice_in_one_block(school, english):
    desk = Desk(REGISTERS["units"], school)
    rows = [desk.clean({"kind": "年级组", "name": name}, remember=True)
            for name in ("七年级组", "八年级组", "七年级组")]  # fmt: skip

    assert [found.errors for found in rows] == [
        {}, {}, {"name": ["“七年级组” stands here already."]}
    ]  # fmt: skip


def test_a_branch_cannot_be_joined_to_itself(school, english):
    own = world.branch(school, "联合支部", form="joint")
    host = world.branch(world.school("中心小学"), "中心联合支部", form="joint")
    said = "A branch cannot be joined to itself: the host is at another school."
    desk = Desk(REGISTERS["branches"], school)

    assert desk.clean({"host": f"#{own.pk}"}, own).errors == {"host": [said]}
    assert errors("branches", school, name="甲", form="joint", host="甲") == {"host": [said]}
    assert desk.clean({"host": "中心小学 中心联合支部"}, own).row.host_id == host.pk


def test_a_branch_cannot_stand_under_itself_by_any_way(school, english):
    top = world.branch(school, "党总支", form="general")
    below = world.branch(school, "一支部", parent=top)
    desk = Desk(REGISTERS["branches"], school)
    said = {"parent": ["A branch cannot stand under itself."]}

    assert desk.clean({"parent": f"#{top.pk}"}, top).errors == said
    assert desk.clean({"parent": f"#{below.pk}"}, top).errors == said


def test_rows_of_other_schools_cannot_be_named(school, english):
    strange = world.branch(world.school("邻校"), "邻校支部")

    for typed in (f"#{strange.pk}", "邻校支部"):
        assert list(errors("units", school, kind="年级组", name="组", branch=typed)) == ["branch"]


def test_a_day_in_the_vacation_is_told_where_a_term_would_miss_it(school, english):
    vacation = {"held_on": "2026-08-03"}
    branch = world.branch(school, "第一支部")
    said = {"held_on": ["This day lies in the vacation: items of a term do not count it."]}

    assert warnings("activities", school, kind="家校社共育", title="开放日", **vacation) == said
    assert warnings("meetings", school, kind="党组织会议", **vacation) == said
    party = {"kind": "主题党日", "branch": f"#{branch.pk}", **vacation}
    assert warnings("meetings", school, **party) == {}
    assert warnings("meetings", school, kind="党组织会议", held_on="2026-10-12") == {}


def test_a_row_cannot_end_before_it_begins(school, english):
    found = errors("posts", school, level="校级", since="2026-09-01", until="2026-08-31")
    assert found == {"until": ["The end lies before the start, 2026-09-01."]}


@pytest.mark.parametrize(("values", "column"), [
    ({"kind": "general", "branch": ""}, "branch"),
    ({"kind": "party_group", "branch": "第一支部"}, "party_group"),
    ({"kind": "leadership_group"}, "group"),
])  # fmt: skip
def test_a_meeting_says_who_met(school, values, column):
    world.branch(school, "第一支部")
    assert list(errors("meetings", school, held_on="2026-10-12", **values)) == [column]


def test_a_column_of_another_kind_of_row_is_refused_when_filled(school, english):
    world.branch(school, "第一支部")
    found = errors("meetings", school, kind="principal", held_on="2026-10-12", branch="第一支部",
                   duty_tags="把方向")  # fmt: skip

    said = ["“Principal's office meeting” has none; leave this empty."]
    assert found == {"branch": said, "duty_tags": said}


def test_parts_cannot_be_more_than_their_whole(school, english):
    part = "This is part of a larger number that is only 3."
    assert errors("posts", school, level="校级", approved="4", filled="3", dual_strong="4") == {
        "dual_strong": [part]}  # fmt: skip
    assert errors("cadre_pool", school, as_of="2026-10-01", entrants="3",
                  entrants_frontline="4") == {"entrants_frontline": [part]}  # fmt: skip
    assert warnings("posts", school, level="校级", approved="3", filled="4") == {
        "filled": ["More are filled than approved (3). Is that right?"]}  # fmt: skip


def test_an_opinion_after_the_decision_is_kept_and_told_of(school, english):
    batch = {"kind": "评先评优", "batch": "优秀教师", "asked_on": "2026-10-01",
             "decided_on": "2026-10-12"}  # fmt: skip

    assert warnings("consultations", school, **batch, opinion_on="2026-10-12") == {"opinion_on": [
        "An opinion counts only when it is dated before the decision, 2026-10-12."]}  # fmt: skip
    assert warnings("consultations", school, **batch, opinion_on="2026-10-11") == {}
    assert errors("consultations", school, **batch, opinion_on="2026-09-30") == {"opinion_on": [
        "This lies before the day on which opinions were asked for, 2026-10-01."]}  # fmt: skip


def test_member_schools_are_found_by_name_or_code(school):
    others = [world.school("一小"), world.school("二小")]
    row, wrong = clean_row(REGISTERS["studios"], school, {
        "name": "名校长工作室", "status": "在运行", "members": f"一小、{others[1].code}",
    })  # fmt: skip

    assert (wrong, row.to_join) == ({}, [other.pk for other in others])
    recording.write(school, REGISTERS["studios"], [row])
    assert list(Studio.objects.get().members.order_by("pk")) == others


FOUR = {
    "strong_politics": "政治功能强",
    "strong_committee": "班子过硬",
    "strong_members": "党员作用好",
    "strong_effect": "教学成效明显",
}


def assessed(row, **values):
    return Desk(REGISTERS["branches"], row.school).clean(values, row).row.assessed_on


def test_who_writes_the_four_sentences_assesses_today_unless_another_day_is_given(school):
    today, last_year = date(2026, 11, 20), date(2025, 12, 1)
    new = {"name": "一支部", "form": "branch"}
    assert clean("branches", school, **new, **FOUR).row.assessed_on == today
    three = {**FOUR, "strong_effect": " "}
    assert clean("branches", school, **new, **three).row.assessed_on is None

    row = world.branch(school, "二支部", form="branch", assessed_on=last_year, **FOUR)
    assert assessed(row, **FOUR, assessed_on="2025-12-01") == last_year
    again = {**FOUR, "strong_effect": "今年成效更好"}
    assert assessed(row, **again, assessed_on="2025-12-01") == today
    assert assessed(row, **again) == today
    assert assessed(row, **again, assessed_on="2026-10-09") == date(2026, 10, 9)


@pytest.mark.parametrize("kind", ["plan", "activity_plan", "training_plan"])
def test_a_plan_without_any_day_is_refused_since_it_counts_for_no_term(school, english, kind):
    assert errors("documents", school, kind=kind, title="方案") == {
        "adopted_on": ["Say when it was adopted: a plan without a day counts for no term."]
    }
    assert errors("documents", school, kind=kind, title="方案", adopted_on="2026-9-1") == {}
    assert errors("documents", school, kind=kind, title="方案", until="2027-7-1") == {}
    assert errors("documents", school, kind="rule_talk", title="制度") == {}


# ---- long blocks


def test_a_row_of_a_long_block_is_held_against_its_like_and_no_other(school, monkeypatch):
    met, meet = [], register_rules._meet
    monkeypatch.setattr(register_rules, "_meet", lambda *rows: met.append(rows) or meet(*rows))
    desk = Desk(REGISTERS["units"], school)
    for n in range(50):
        assert desk.clean({"name": f"第{n}组", "kind": "年级组"}, remember=True).errors == {}
    assert met == []

    again = desk.clean({"name": "第 7 组", "kind": "年级组"}, remember=True)

    assert (list(again.errors), len(met)) == (["name"], 1)


def test_a_row_that_a_block_renames_frees_its_old_name_and_takes_the_new_one(school):
    row = world.branch(school, "第一支部")
    desk = Desk(REGISTERS["branches"], school)
    assert desk.clean({"name": "第二支部"}, row, remember=True).errors == {}

    new = {"form": "党支部"}
    assert desk.clean({**new, "name": "第一支部"}, remember=True).errors == {}
    assert list(desk.clean({**new, "name": "第二支部"}, remember=True).errors) == ["name"]
