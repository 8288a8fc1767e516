"""A block of cells as spreadsheets copy it: quotes, widths, headings, days as numbers."""

import pytest
from django.utils import translation

from schools import register_blocks
from schools.errors import Denied
from schools.registers import REGISTERS


def cells(text):
    return [row.cells for row in register_blocks.rows_of(text)]


def head(register, *lines):
    columns = REGISTERS[register].columns_for(names=False)
    return register_blocks.head_of(register_blocks.rows_of("\n".join(lines)), register, columns)


def day(text):
    return register_blocks.cell_of(REGISTERS["branches"].column("approved_on"), text)


# ---- cells


def test_rows_end_at_line_breaks_and_cells_at_tabs():
    assert cells("一支部\t党支部\r\n二支部\t党支部\r\n") == [
        ["一支部", "党支部"],
        ["二支部", "党支部"],
    ]


def test_a_cell_in_quotes_keeps_its_line_break_its_tab_and_its_quotes():
    assert cells('"七年级\n支部"\t"a\tb"\t"他说""好"""\n二支部') == [
        ["七年级\n支部", "a\tb", '他说"好"'],
        ["二支部"],
    ]


def test_quotes_that_never_close_are_letters_like_any_other():
    assert cells('"三会一课"制度\t党支部\n"二支部\t党支部') == [
        ['"三会一课"制度', "党支部"],
        ['"二支部', "党支部"],
    ]


def test_empty_cells_at_the_end_go_and_empty_rows_are_counted_but_not_read():
    rows = register_blocks.rows_of("一支部\t\t\t\n\t\t\t\n二支部\tx\t\t\n")

    assert [(row.number, row.cells, row.width) for row in rows] == [
        (1, ["一支部"], 4),
        (3, ["二支部", "x"], 4),
    ]


def test_a_block_written_by_us_is_read_as_it_was():
    block = [["a", 'b"c', "d\ne"], ["", "f", ""], ["g", "", "h\ti"]]

    rows = register_blocks.rows_of(register_blocks.text_of(block))

    assert [[*row.cells, *[""] * (3 - len(row.cells))] for row in rows] == block


# ---- headings


def test_headings_are_known_in_chinese_in_english_and_by_other_words_people_use():
    assert head("branches", "支部名称\t形式（必填）\t党员数\t届满时间").columns == [
        "name", "form", "full_members", "term_end",
    ]  # fmt: skip
    assert head("branches", "Name*\tForm*\tFull members").columns == [
        "name", "form", "full_members",
    ]  # fmt: skip


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_our_own_headings_lead_to_their_columns(register, language):
    columns = REGISTERS[register].columns
    with translation.override(language):
        line = "\t".join(column.heading for column in columns)
    found = register_blocks.head_of(register_blocks.rows_of(line), register, columns)

    assert found.columns == [column.name for column in columns]


def test_a_title_above_the_headings_is_passed_over_and_strange_headings_are_named():
    found = head(
        "meetings", "2026 年会议台账", "种类\t日期\t会议地点\t应到", "党课\t2026-10-1\t东楼\t8"
    )

    assert (found.top, found.columns) == (1, ["kind", "held_on", "", "expected"])
    assert found.unread == ["会议地点"]


def test_without_headings_the_columns_are_those_of_the_template_in_order():
    found = head("units", "年级组\t七年级组\t一支部", "学科组\t语文组\t二支部")

    assert (found.top, found.columns) == (-1, ["kind", "name", "branch"])


def test_a_heading_that_stands_twice_is_read_once():
    assert head("branches", "名称\t支部名称\t组织形式").columns == ["name", "", "form"]


def test_a_block_wider_than_any_register_is_refused_in_words():
    with pytest.raises(Denied, match="61"):
        head("branches", "\t".join("一" for _n in range(61)))


def test_a_column_chosen_by_hand_counts_once(cast):
    columns = REGISTERS["branches"].columns_for(names=False)
    found = head("branches", "名称\t组织形式\t人数")

    assert register_blocks.chosen(found, columns, ["name", "form", "full_members"]).columns == [
        "name", "form", "full_members",
    ]  # fmt: skip
    with pytest.raises(Denied, match="名称"):
        register_blocks.chosen(found, columns, ["name", "name", ""])
    with pytest.raises(Denied):
        register_blocks.chosen(found, columns, ["password", "", ""])


# ---- single cells


def test_a_day_that_was_copied_as_a_number_is_the_day_it_means():
    assert [day(text) for text in ("46266", "46266.0", "2026-9-1 0:00:00", "２０２６.９.１")] == [
        "2026-09-01", "2026-09-01", "2026-9-1", "2026.9.1",
    ]  # fmt: skip


def test_a_number_in_a_column_of_numbers_stays_a_number():
    column = REGISTERS["branches"].column("full_members")

    assert register_blocks.cell_of(column, " 46266 ") == "46266"


def test_the_apostrophe_that_guards_an_export_is_taken_off():
    column = REGISTERS["branches"].column("name")

    assert register_blocks.cell_of(column, "'=1+1") == "=1+1"


def test_the_example_of_a_template_is_known_by_its_first_cell():
    assert register_blocks.is_example(["示例：七年级党支部", "党支部"])
    assert register_blocks.is_example(["", "Example: Grade group"])
    assert not register_blocks.is_example(["七年级党支部", "示例"])
