"""The back office's schools: kept by hand, frozen by a campaign, lists looked at, in and out."""

import io

import openpyxl
import pytest

from reform.models import AuditLine
from schools import admin_lists
from schools.models import School
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def waiting_lists(monkeypatch, tmp_path):
    monkeypatch.setattr(admin_lists.Waiting, "folder", tmp_path / "imports")
    return tmp_path / "imports"


# ---- by hand

FACTS = {
    "code": "2133000001", "name": "阳光小学", "region": "330106", "authority": "330106",
    "school_type": "211", "ownership": "public", "form": "general", "full_members": "56",
    "probationary_members": "", "branches": "", "classes": "", "staff": "", "closed_on": "",
}  # fmt: skip


def test_a_school_by_hand_gets_its_profile(office):
    response = office.post("/admin/schools/school/add/", FACTS)

    assert response.status_code == 302
    school = School.objects.get()
    assert (school.code, school.profile) == ("2133000001", "multi")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("2133000001", ""),
        ("", ""),
        ("21330001", "This is not in the form of a 10-digit national school code."),
        ("3133000001", "The first two digits of the code do not fit the school type."),
    ],
)
def test_an_odd_code_is_kept_and_warned_about(office, code, sentence):
    response = office.post("/admin/schools/school/add/", {**FACTS, "code": code}, follow=True)

    warned = [str(told) for told in response.context["messages"] if told.level_tag == "warning"]
    assert (School.objects.count(), "".join(warned)) == (1, sentence)


def test_a_school_without_a_code_gets_the_next_local_one(office):
    world.school(code="L-330106-0007")

    office.post("/admin/schools/school/add/", {**FACTS, "code": ""})

    assert School.objects.get(name="阳光小学").code == "L-330106-0008"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"code": "2.13E+09"}, "digits are lost"),
        ({"name": "长" * 61}, "at most 60 characters"),
        ({"school_type": ""}, "This field is required."),
        ({"school_type": "999"}, "Select a valid choice."),
        ({"authority": "330102"}, "The place does not lie in the area of the authority."),
        ({"staff": "-1"}, "greater than or equal to 0"),
    ],
)
def test_a_wrong_school_is_refused_in_words(office, wrong, sentence):
    response = office.post("/admin/schools/school/add/", {**FACTS, **wrong})

    assert sentence in response.content.decode()
    assert not School.objects.exists()


def test_editing_a_school_derives_its_profile_anew(office):
    school = world.school("阳光小学", code="2133000001")

    office.post(f"/admin/schools/school/{school.pk}/change/", {**FACTS, "form": "joint"})

    school.refresh_from_db()
    assert (school.form, school.profile) == ("joint", "joint")


def test_a_campaign_freezes_a_school_here_too(office):
    school = world.school("阳光小学", code="2133000001", locked=True, form="general")
    changed = {**FACTS, "code": "2133000002", "region": "330102", "authority": "330102",
               "school_type": "312", "ownership": "private", "kind": "bureau",
               "name": "阳光学校", "form": "branch", "locked": ""}  # fmt: skip

    response = office.post(f"/admin/schools/school/{school.pk}/change/", changed)

    assert response.status_code == 302
    school.refresh_from_db()
    assert (school.code, school.region_id, school.authority_id) == (
        "2133000001",
        "330106",
        "330106",
    )
    assert (school.school_type_id, school.ownership, school.kind) == ("211", "public", "school")
    assert (school.name, school.profile, school.locked) == ("阳光学校", "single", True)


# ---- lists in and out

ROWS = [
    ["学校名称", "所在地", "办学类型"],
    ["阳光小学", "西湖区", "小学"],
    ["月亮小学", "西湖区", "小学"],
]


def upload(office, rows=ROWS, name="学校.csv", **fields):
    file = io.BytesIO("\n".join(",".join(row) for row in rows).encode())
    file.name = name
    return office.post(
        "/admin/schools/school/import/", {"import_file": file, "format": "0", **fields}
    )


def confirm(office, response):
    form = response.context["confirm_form"]
    return office.post("/admin/schools/school/process_import/", form.initial, follow=True)


def test_a_list_is_looked_at_then_written(office, waiting_lists):
    seen = upload(office)
    assert "2 new, 0 changed, 0 unchanged, 0 refused." in seen.content.decode()
    assert "L-330106-0002" in seen.content.decode()
    assert School.objects.count() == 0

    done = confirm(office, seen)

    assert "2 new, 0 changed, 0 unchanged, 0 refused." in done.content.decode()
    assert School.objects.count() == 2
    assert list(waiting_lists.iterdir()) == []
    assert AuditLine.objects.filter(what="school import", user__username="operator").count() == 1


def test_a_refused_row_is_shown_and_nothing_can_be_written(office):
    response = upload(office, [*ROWS, ["坏", "西湖区", "大学"]])
    page = response.content.decode()

    assert "confirm_form" not in response.context
    assert "2 new, 0 changed, 0 unchanged, 1 refused." in page
    assert "School type: “大学” is not a school type. Enter its name or 3-digit code." in page


def test_with_the_tick_the_good_rows_go_in(office):
    seen = upload(office, [*ROWS, ["坏", "西湖区", "大学"]], skip_bad="on")

    confirm(office, seen)

    assert sorted(School.objects.values_list("name", flat=True)) == ["月亮小学", "阳光小学"]


def test_a_list_may_be_bound_to_one_county(office):
    page = upload(office, within="上城区").content.decode()

    assert "It is reviewed outside 浙江省杭州市上城区" in page
    seen = upload(office, [["学校名称", "办学类型"], ["阳光小学", "小学"]], within="西湖区")
    confirm(office, seen)
    assert School.objects.get().region_id == world.COUNTY
    assert "There is no place called “无”" in upload(office, within="无").content.decode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The submitted file is empty."),
        (b"<html><table>", "This is a web page that was renamed to a workbook."),
        (b"PK\x03\x04broken", "The file is damaged or cut off."),
        ("编号\n1".encode(), "No column is headed “School name”."),
    ],
)
def test_a_file_that_is_no_list_is_refused_beside_its_field(office, content, sentence):
    file = io.BytesIO(content)
    file.name = "list.xls"
    response = office.post("/admin/schools/school/import/", {"import_file": file, "format": "0"})

    assert response.status_code == 200
    assert sentence in response.content.decode()


def test_what_was_looked_at_is_bound_to_who_looked_and_to_an_hour(office, client, travel):
    seen = upload(office)
    form = seen.context["confirm_form"].initial
    other = world.sign_in(type(client)(), world.seat("operator", "0"))

    url = "/admin/schools/school/process_import/"
    assert other.post(url, form).url == "/admin/schools/school/import/"
    assert office.post(url, {**form, "import_file_name": "../../etc/passwd"}).status_code == 302
    travel.shift(3700)
    assert office.post(url, form).url == "/admin/schools/school/import/"
    assert School.objects.count() == 0


def test_the_same_list_is_not_written_twice_by_going_back(office):
    seen = upload(office)
    confirm(office, seen)

    again = confirm(office, seen)

    assert "the list waited too long" in again.content.decode()
    assert School.objects.count() == 2


def test_the_list_that_is_taken_away_holds_no_formula(office):
    world.school("=1+1小学", staff=88)

    response = office.post("/admin/schools/school/export/", {"format": "0"})

    assert response.headers["Content-Disposition"].endswith('.xlsx"')
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    cells = {cell.value: cell.data_type for cell in sheet[2]}
    assert (cells["'=1+1小学"], cells[88]) == ("s", "n")
    csv = office.post("/admin/schools/school/export/", {"format": "1"}).content
    assert csv.startswith(b"\xef\xbb\xbf")
    assert "'=1+1小学" in csv.decode()
    assert AuditLine.objects.filter(what="school export").count() == 2


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_schools_asks_the_same_however_long_it_is(
    office, count, django_assert_num_queries
):
    for _ in range(count):
        world.school()

    with django_assert_num_queries(6):
        office.get("/admin/schools/school/")
