"""A list whose headings say nothing to us: the columns are shown with a guess, a person decides."""

import re

import pytest
from django.urls import reverse
from django.utils import translation

from reform import jobs
from reform.forms.school_list import ColumnsForm
from reform.models import Job
from reform.models.job import JobState
from schools import columns, headings, sheets
from schools.columns import Mapping, Unclear
from schools.errors import Denied
from schools.models import School
from tests import world
from tests.school_lists import csv_of
from tests.test_school_list_pages import confirm, desk, looked_at, page, text

__all__ = ["desk"]
pytestmark = [pytest.mark.django_db, pytest.mark.database]
STRANGE = ["代号", "单位", "哪里", "种类", "备注"]
ROWS = [[f"213391990{n}", f"某某{n}小学", "西湖区", "小学", "无"] for n in range(4)]
RIGHT = {"top": "0", "c0": "code", "c1": "name", "c2": "region", "c3": "school_type", "c4": ""}


@pytest.fixture(autouse=True)
def grounds(db):
    world.ground()


def guess(*rows):
    return headings.shape(sheets.read(csv_of(*rows))).guess


def choose(desk, job, **said):
    answer = desk.post(
        reverse("school_list_columns", args=[job.pk]),
        {"version": job.version, **RIGHT, **said},
        follow=True,
    )
    jobs.run(job.pk)
    job.refresh_from_db()
    return answer


def test_unknown_headings_are_unclear_and_not_refused_for_good():
    with pytest.raises(Unclear), translation.override("en"):
        columns.recognise(sheets.read(csv_of(STRANGE, *ROWS)))


def test_columns_are_guessed_from_what_stands_below_the_headings():
    assert guess(STRANGE, *ROWS) == Mapping(0, ["code", "name", "region", "school_type", ""])


def test_known_headings_lead_the_guess_whatever_stands_below():
    head = ["编号", "校长", "所在地", "办学类型", "备注"]
    rows = [["1", "阳光小学", "西湖区", "小学", ""], ["2", "月亮小学", "西湖区", "小学", ""]]

    assert guess(["西湖区名单", "", "", "", ""], head, *rows) == Mapping(
        1, ["", "name", "region", "school_type", ""]
    )


def test_a_file_without_headings_is_guessed_to_have_none():
    assert guess(*ROWS) == Mapping(-1, ["code", "name", "region", "school_type", ""])


def test_words_and_numbers_are_not_taken_for_types_or_places():
    assert guess(["甲", "乙"], ["211", "张三"], ["342", "李四"]).columns == ["", ""]


def test_the_page_shows_each_column_with_its_first_cells_and_a_guess(desk):
    job = looked_at(desk, STRANGE, *ROWS)

    seen = page(desk, job)

    assert "The headings of this file are not known here" in text(seen)
    assert "No column is headed “School name”. The first row reads: 代号, 单位" in text(seen)
    assert "2133919900, 2133919901, 2133919902" in text(seen)
    chosen = re.findall(r'<option value="(\w+)" selected>', seen.content.decode())
    assert chosen == ["0", "code", "name", "region", "school_type"]
    assert School.objects.count() == 0


def test_the_list_is_read_as_a_person_named_its_columns_and_written_so(desk):
    job = looked_at(desk, STRANGE, *ROWS)

    choose(desk, job)
    assert (job.result["new"], job.result["notes"]) == (4, ["Columns that were not read: 备注."])
    confirm(desk, job)

    assert School.objects.filter(code="2133919903", name="某某3小学").count() == 1
    assert job.asked["mapping"] == [0, ["code", "name", "region", "school_type", ""]]


def test_a_file_without_headings_counts_its_first_row(desk):
    job = looked_at(desk, *ROWS)

    choose(desk, job, top="-1")

    assert (job.result["new"], job.result["notes"]) == (4, [])


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"c1": ""}, "Say which column holds the “School name”."),
        ({"c0": "name"}, "“School name” is chosen for two columns."),
        ({"c0": "locked"}, "Select a valid choice."),
        ({"top": "99"}, "Select a valid choice."),
        ({"top": "x"}, "Select a valid choice."),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_in_words_and_kept_as_chosen(desk, said, sentence):
    job = looked_at(desk, STRANGE, *ROWS)

    answer = choose(desk, job, **said)

    assert answer.status_code == 422
    assert sentence in text(answer)
    assert job.state == JobState.ready
    assert '<option value="region" selected>' in answer.content.decode()


def test_columns_that_were_read_wrongly_can_be_named_again(desk):
    head = ["学校名称", "曾用名", "所在地", "办学类型"]
    job = looked_at(desk, head, ["旧名小学", "新名小学", "西湖区", "小学"])
    form = desk.get(reverse("school_list", args=[job.pk]), {"columns": ""})
    assert "Which column is which?" in text(form)

    said = {"top": "0", "c0": "", "c1": "name", "c2": "region", "c3": "school_type"}
    desk.post(reverse("school_list_columns", args=[job.pk]), {"version": job.version, **said})
    jobs.run(job.pk)
    job.refresh_from_db()
    confirm(desk, job)

    assert School.objects.get().name == "新名小学"


def test_two_columns_of_one_meaning_are_asked_about(desk):
    head = ["学校名称", "校名", "所在地", "办学类型"]
    job = looked_at(desk, head, ["阳光小学", "阳光", "西湖区", "小学"])

    assert "Several columns mean the same: 学校名称, 校名." in text(page(desk, job))


def test_an_older_page_does_not_name_the_columns_of_a_newer_one(desk):
    job = looked_at(desk, STRANGE, *ROWS)
    old = job.version
    choose(desk, job)

    answer = desk.post(
        reverse("school_list_columns", args=[job.pk]),
        {"version": old, **RIGHT, "c0": ""},
        follow=True,
    )

    assert "what you saw is not what stands here now" in text(answer)
    assert Job.objects.get(pk=job.pk).asked["mapping"][1][0] == "code"


def test_a_heading_cannot_be_a_row_that_is_not_shown():
    with pytest.raises(Denied):
        headings.checked(3, 3, ["name"])


def test_a_wide_or_long_cell_is_cut_on_the_page():
    shape = headings.shape(sheets.read(csv_of(["甲" * 90, "乙"], ["1", "2"])))

    assert (len(shape.rows[0][0]), shape.width) == (40, 2)
    form = ColumnsForm(rows=shape.rows, guess=[0, shape.guess.columns])
    assert [column["cells"] for column in form.columns()] == [["1"], ["2"]]
