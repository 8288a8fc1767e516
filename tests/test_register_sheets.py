"""What a pasted block would do: new, changed, as before, or refused with the reason at its cell."""

from datetime import date

import pytest

from reform.filings import private_numbers
from schools import register_blocks
from schools.errors import Denied
from schools.models import Branch
from schools.register_blocks import MOST_PASTED, MOST_SENT
from schools.register_forms import Desk
from schools.register_sheets import CHANGED, NEW, REFUSED, UNCHANGED, look
from schools.registers import REGISTERS
from tests import world

pytestmark = pytest.mark.database
HEADS = "名称\t组织形式\t设置依据\t正式党员\t批复日期\t选举日期\t届满日期"
GOOD = "一支部\t党支部\t年级组\t１３\t2025年9月1日\t2025.9.15\t2028/9/14"


@pytest.fixture
def school(cast):
    return cast.school


def seen(school, register, *lines, most=MOST_PASTED, said=None, names=False):
    desk = Desk(REGISTERS[register], school, names=names)
    rows = register_blocks.rows_of("\n".join(lines))
    return look(desk, rows, most=most, private=private_numbers, said=said)


def states(found):
    return [line.state for line in found.lines]


def wrong(found):
    """Row → columns at which something is wrong."""
    return {line.number: sorted(line.errors) for line in found.lines if line.errors}


# ---- good rows


def test_a_block_of_an_official_is_read_with_its_words_digits_and_days(school):
    [line] = seen(school, "branches", HEADS, GOOD).lines

    assert line.state == NEW
    assert (line.row.form, line.row.basis, line.row.full_members) == ("branch", "grade", 13)
    assert (line.row.approved_on, line.row.term_end) == (date(2025, 9, 1), date(2028, 9, 14))


def test_one_bad_row_does_not_keep_the_others_from_being_good(school):
    found = seen(school, "branches", HEADS, GOOD, "二支部\t党支部\t班级\t十二\t2025-13-1\t\t",
                 "三支部\t党支部\t学科组\t9\t\t\t")  # fmt: skip

    assert states(found) == [NEW, REFUSED, NEW]
    assert wrong(found) == {3: ["approved_on", "basis", "full_members"]}


def test_a_row_that_is_too_short_is_refused_as_broken(school):
    found = seen(
        school, "branches", HEADS, GOOD, "二支部\t党支部\t年级组", "三支部\t党支部\t\t8\t\t\t"
    )

    assert states(found) == [NEW, REFUSED, NEW]
    assert wrong(found) == {3: [""]}
    assert "3" in found.lines[1].errors[""][0] and "7" in found.lines[1].errors[""][0]


def test_a_row_with_a_cell_beyond_the_headings_is_refused(school):
    found = seen(school, "branches", "名称\t组织形式", "一支部\t党支部\t多出来的")

    assert wrong(found) == {2: [""]}


def test_a_term_that_ends_before_it_began_is_told_at_its_end(school):
    found = seen(school, "branches", HEADS, "一支部\t党支部\t年级组\t9\t\t2025-9-1\t2024-9-1")

    assert wrong(found) == {2: ["term_end"]}


def test_more_came_than_were_expected_is_told_at_who_came(school):
    world.branch(school, "一支部")
    found = seen(
        school, "meetings", "种类\t日期\t支部\t应到\t实到", "主题党日\t2026-10-9\t一支部\t8\t9"
    )

    assert wrong(found) == {2: ["attended"]}


def test_a_unit_that_stands_twice_in_the_block_is_refused_the_second_time(school):
    world.branch(school, "一支部")
    found = seen(school, "units", "类别\t名称\t支部\t组长职务",
                 "年级组\t七年级组\t一支部\t组长", "年级组\t七年级组\t一支部\t主任")  # fmt: skip

    assert states(found) == [NEW, REFUSED]
    assert wrong(found) == {3: ["name"]}


def test_a_branch_under_itself_is_refused(school):
    found = seen(school, "branches", "名称\t组织形式\t隶属于", "一支部\t党支部\t一支部")

    assert wrong(found) == {2: ["parent"]}


def test_a_branch_may_stand_under_one_that_comes_in_the_same_block(school):
    found = seen(
        school,
        "branches",
        "名称\t组织形式\t隶属于",
        "一支部\t党支部\t校党总支",
        "校党总支\t党总支\t",
    )

    assert states(found) == [NEW, NEW]
    assert [line.later for line in found.lines] == [True, False]
    assert [line.row.name for line in found.writable] == ["校党总支"]


def test_a_secretary_who_heads_no_group_is_odd_and_not_refused(school):
    world.branch(school, "一支部", basis="grade")
    [line] = seen(school, "committee_members", "支部\t席位\t岗位名称\t兼任组负责人",
                  "一支部\t书记\t教务主任\t否").lines  # fmt: skip

    assert (line.state, list(line.warnings)) == (NEW, ["is_unit_head"])


def test_a_day_in_the_vacation_is_odd_and_not_refused(school):
    [line] = seen(school, "activities", "种类\t活动名称\t日期", "传统文化\t夏令营\t2026-8-3").lines

    assert (line.state, list(line.warnings)) == (NEW, ["held_on"])


def test_an_id_number_is_refused_at_its_cell_wherever_it_stands(school):
    found = seen(school, "branches", "名称\t组织形式\t批复文号\t备注",
                 "一支部\t党支部\t11010519491231002X\t",
                 "二支部\t党支部\t\t联系 13800138000")  # fmt: skip

    assert wrong(found) == {2: ["approval_no"], 3: ["note"]}
    assert "11010519491231002X" not in "".join(found.lines[0].errors["approval_no"])


def test_the_same_row_twice_in_a_block_is_refused_the_second_time(school):
    found = seen(school, "trainings", "培训名称\t日期", "专题\t2026-10-9", "专题\t2026-10-9")

    assert (states(found), wrong(found)) == ([NEW, REFUSED], {3: [""]})


def test_sums_and_the_example_of_the_template_are_no_rows(school):
    found = seen(school, "branches", "名称\t组织形式\t正式党员", "示例：七年级党支部\t党支部\t12",
                 "一支部\t党支部\t9", "合计\t\t9")  # fmt: skip

    assert [line.row.name for line in found.lines] == ["一支部"]
    assert "合计行已略去 1 行。" in found.notes


def test_a_column_that_must_be_filled_and_is_not_there_is_told_in_each_row(school):
    assert wrong(seen(school, "units", "名称\t组长职务", "语文组\t组长")) == {2: ["kind"]}


def test_names_of_office_holders_are_not_read_where_the_county_does_not_allow_them(school):
    world.branch(school, "一支部")
    lines = ("支部\t席位\t姓名", "一支部\t书记\t某某")

    assert seen(school, "committee_members", *lines).head.unread == ["姓名"]
    allowed = seen(school, "committee_members", *lines, names=True)
    assert allowed.lines[0].row.holder == "某某"


# ---- how many


def test_five_thousand_pasted_rows_are_refused_in_words_with_the_way_out(school):
    rows = [f"第{n}支部\t党支部" for n in range(5000)]
    with pytest.raises(Denied, match=r"5,000.*500.*文件"):
        seen(school, "branches", "名称\t组织形式", *rows)


def test_a_file_may_hold_more_and_that_has_an_end_too(school):
    rows = [f"培训{n}\t2026-10-9" for n in range(MOST_SENT)]
    heads = "培训名称\t日期"

    assert len(seen(school, "trainings", heads, *rows, most=MOST_SENT).writable) == MOST_SENT
    with pytest.raises(Denied, match="2,001"):
        seen(school, "trainings", heads, *rows, "又一次\t2026-10-9", most=MOST_SENT)


def test_nothing_but_headings_is_nothing_to_read(school):
    with pytest.raises(Denied):
        seen(school, "branches", HEADS)


# ---- what stands there already


def test_a_row_that_stands_there_is_as_before_or_changed_and_never_doubled(school):
    world.branch(school, "一支部", full_members=13, basis="grade")
    world.branch(school, "二支部", full_members=9, basis="grade")
    found = seen(
        school, "branches", "名称\t组织形式\t正式党员", "一 支部\t党支部\t13", "二支部\t党支部\t11"
    )

    assert states(found) == [UNCHANGED, CHANGED]
    [change] = found.lines[1].changes
    assert (change.old, change.new) == ("9", "11")


def test_an_empty_cell_and_a_missing_column_leave_what_stands_there(school):
    world.branch(school, "一支部", full_members=13, approval_no="3号", basis="grade")
    [line] = seen(school, "branches", "名称\t组织形式\t正式党员", "一支部\t党支部\t").lines

    assert (line.state, line.row.full_members, line.row.approval_no) == (UNCHANGED, 13, "3号")


def test_meetings_of_one_day_are_told_apart_by_their_branch(school):
    first, second = (world.branch(school, name) for name in ("一支部", "二支部"))
    world.row("meetings", school, kind="theme_day", held_on=date(2026, 10, 9), branch=first,
              expected=9, attended=9)  # fmt: skip
    found = seen(school, "meetings", "种类\t日期\t支部\t应到\t实到",
                 "主题党日\t2026-10-9\t一支部\t9\t8",
                 "主题党日\t2026-10-9\t二支部\t7\t7")  # fmt: skip

    assert states(found) == [CHANGED, NEW]
    assert found.lines[1].row.branch_id == second.pk


def test_two_other_members_of_a_committee_are_told_apart_by_their_posts(school):
    branch = world.branch(school, "一支部")
    for post in ("教研员", "年级组长"):
        world.row("committee_members", school, branch=branch, seat="other", post_held=post)
    found = seen(school, "committee_members", "支部\t席位\t岗位名称",
                 "一支部\t其他委员\t年级组长",
                 "一支部\t其他委员\t教研员",
                 "一支部\t其他委员\t办公室主任")  # fmt: skip

    assert states(found) == [UNCHANGED, UNCHANGED, NEW]


def test_a_seat_that_ended_stays_and_its_successor_is_a_new_row(school):
    branch = world.branch(school, "一支部")
    world.row("committee_members", school, branch=branch, seat="secretary", post_held="七年级组长",
              since=date(2022, 9, 1), until=date(2025, 8, 31))  # fmt: skip
    found = seen(school, "committee_members", "支部\t席位\t岗位名称\t生效日期",
                 "一支部\t书记\t八年级组长\t2025-9-1",
                 "一支部\t书记\t七年级组长\t2022-9-1")  # fmt: skip

    assert states(found) == [NEW, UNCHANGED]
    alone = seen(school, "committee_members", "支部\t席位\t岗位名称", "一支部\t书记\t八年级组长")
    assert states(alone) == [NEW]


def test_a_document_is_the_one_with_its_number_and_last_years_plan_stays(school):
    world.row("documents", school, kind="plan", title="实施方案", doc_no="校发1号",
              adopted_on=date(2025, 9, 8))  # fmt: skip
    found = seen(school, "documents", "类别\t文件名称\t文号\t通过日期",
                 "改革方案\t实施方案\t校发9号\t2026-9-8",
                 "改革方案\t实施方案（修订）\t校发1号\t2025-9-8")  # fmt: skip

    assert states(found) == [NEW, CHANGED]


def test_rows_of_another_school_are_never_meant(school):
    world.branch(world.school("隔壁小学"), "一支部", full_members=3)
    [line] = seen(school, "branches", "名称\t组织形式\t正式党员", "一支部\t党支部\t9").lines

    assert (line.state, line.row.pk) == (NEW, None)


def test_what_comes_back_to_be_mended_is_read_again_under_the_same_headings(school):
    found = seen(school, "branches", "支部\t类型\t人员", "一支部\t党支部\t9", "二支部\t班级\t8")
    said = (found.head.signature, ["name", "form", "full_members"])
    chosen = seen(
        school, "branches", "支部\t类型\t人员", "一支部\t党支部\t9", "二支部\t班级\t8", said=said
    )
    left = chosen.left()
    again = seen(school, "branches", left.replace("班级", "党支部"))

    assert left.startswith("名称\t组织形式\t正式党员\n二支部")
    assert [(line.row.name, line.row.full_members) for line in again.lines] == [("二支部", 8)]


def test_a_choice_of_columns_made_for_other_headings_is_not_held(school):
    said = ("0|2|名称|人数", ["name", "note"])

    assert seen(school, "branches", HEADS, GOOD, said=said).head.columns[1] == "form"


def test_rows_that_stand_there_twice_are_as_before_twice_and_no_third_comes(school):
    for _time in range(2):
        world.row("trainings", school, title="专题", held_on=date(2026, 10, 9))
    found = seen(school, "trainings", "培训名称\t日期", *["专题\t2026-10-9"] * 3)

    assert states(found) == [UNCHANGED, UNCHANGED, REFUSED]


def test_a_look_writes_nothing(school):
    seen(school, "branches", HEADS, GOOD)

    assert not Branch.objects.filter(school=school).exists()
