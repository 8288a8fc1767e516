"""Accounts from a list: the workbook out, the file in, looked at, written, refused rows back."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from reform import accounts, jobs, people_columns, people_resources
from reform.models import AuditLine, Job
from schools.models import Membership, User
from tests import world
from tests.workers import children, ended  # noqa: F401  a fixture

HEAD = ["学校名称", "姓名", "角色", "职务", "办公电话", "电子邮箱"]
IMPORT = "/people/import/"


@pytest.fixture
def desk(cast, client, settings, tmp_path, monkeypatch):
    """The county's manager; no child is called, the test does the job itself."""
    settings.JOBS_DIR = tmp_path / "jobs"
    monkeypatch.setattr(jobs, "call", lambda job_id: None)
    client.cookies["language"] = "en"
    return world.sign_in(client, cast.manager)


def csv_of(*rows, head=HEAD):
    return "\r\n".join(",".join(row) for row in (head, *rows)).encode()


def report_of(seat, data, *, dry_run=False):
    """What comes of a list, said in English."""
    with translation.override("en"):
        listing, notes = people_resources.read(data)
    resource = people_resources.AccountResource(seat=seat, tell=lambda done, total: None)
    dataset = people_resources.dataset_of(listing, notes)
    with translation.override("en"):
        result = resource.import_data(dataset, dry_run=dry_run)
    assert not result.has_errors(), result.row_errors()
    return result.report


def four(report):
    """The numbers of a report, in English."""
    with translation.override("en"):
        return report.sentence()


def said(report):
    """row → sentence of those refused."""
    return {row: sentence for row, _school, _person, sentence in report.refused}


def send(desk, data, name="账号.csv"):
    """Send a file and have it looked at; the page of the list."""
    answer = desk.post(IMPORT, {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302, answer.context["form"].errors
    jobs.run(Job.objects.latest("pk").pk)
    return answer.url


# ---- what a row means


@pytest.mark.django_db
def test_a_list_is_looked_at_then_written_and_again_changes_nothing(cast):
    data = csv_of(
        ["阳光小学", "周老师", "填报员", "办公室主任", "0571-87001234", "zhou@a.cn"],
        ["阳光小学", "吴书记", "书记", "", "", ""],
        ["阳光小学", cast.filer.user.name, "填报员", "教导主任", "", ""],
    )
    sentence = "New 2, changed 1, unchanged 0, left out 0."

    assert four(report_of(cast.manager, data, dry_run=True)) == sentence
    assert not User.objects.filter(name="周老师").exists()
    assert four(report_of(cast.manager, data)) == sentence

    user = User.objects.get(name="周老师")
    assert (user.post, user.phone, user.email) == ("办公室主任", "0571-87001234", "zhou@a.cn")
    assert not user.has_usable_password()
    assert Membership.objects.get(user__name="吴书记").role == "secretary"
    cast.filer.user.refresh_from_db()
    assert cast.filer.user.post == "教导主任"
    assert cast.filer.user.check_password(world.PASSWORD)
    again = report_of(cast.manager, data)
    assert four(again) == "New 0, changed 0, unchanged 3, left out 0."


@pytest.mark.django_db
def test_a_name_that_comes_later_fills_the_account_that_was_made_for_the_school(cast):
    bare = world.school("无人小学")
    first = accounts.create(cast.manager, place=bare, role="filer", name="填报员")

    report = report_of(cast.manager, csv_of(["无人小学", "郑老师", "填报员", "", "", ""]))

    first.refresh_from_db()
    assert four(report) == "New 0, changed 1, unchanged 0, left out 0."
    assert first.name == "郑老师"


@pytest.mark.django_db
def test_a_row_without_a_name_makes_the_account_of_its_role_once(cast):
    world.school("无人小学")
    data = csv_of(["无人小学", "", "", "", "", ""])

    report_of(cast.manager, data)

    assert Membership.objects.get(school__name="无人小学").role == "filer"
    assert report_of(cast.manager, data).unchanged == 1


@pytest.mark.django_db
def test_each_wrong_row_is_refused_in_words_and_the_good_ones_go_in(cast):
    twin = [world.school("同名小学") for _ in range(2)]
    world.person("taken")
    head = ["学校标识码", *HEAD, "账号"]
    data = csv_of(
        ["", "邻县小学", "甲", "填报员", "", "", "", ""],
        ["", "同名小学", "乙", "填报员", "", "", "", ""],
        [twin[0].code, "同名小学", "丙", "填报员", "", "", "", ""],
        [cast.stranger_school.code, "", "丁", "填报员", "", "", "", ""],
        ["", "阳光小字", "戊", "填报员", "", "", "", ""],
        ["", "阳光小学", "己", "审核员", "", "", "", ""],
        ["", "阳光小学", "庚", "填报员", "", "13812345678", "", ""],
        ["", "阳光小学", "辛", "填报员", "", "", "不是邮箱", ""],
        ["", "阳光小学", "壬", "填报员", "", "", "", "taken"],
        ["", "", "癸", "填报员", "", "", "", ""],
        [twin[0].code, "阳光小学", "子", "填报员", "", "", "", ""],
        [twin[0].code, "", "丙", "填报员", "", "", "", ""],
        ["2133999999", "", "丑", "填报员", "", "", "", ""],
        head=head,
    )

    report = report_of(cast.manager, data)

    assert [person for _row, _school, person, _role in report.new] == ["丙"]
    wrong = said(report)
    assert sorted(wrong) == [2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    for row, words in {
        2: "School: “邻县小学” is not a school of 西湖区; its own manager makes its accounts.",
        3: f"Several schools are called “同名小学”. Enter the code: {twin[0].code}",
        5: "is not a school of 西湖区",
        6: "There is no school called “阳光小字” here; is it 阳光小学?",
        7: "Role: “审核员” is not a role at a school.",
        8: "This is a mobile number.",
        9: "“不是邮箱” is not an e-mail address.",
        10: "This account name is taken.",
        11: "The school is missing.",
        12: "is that of 同名小学, not of “阳光小学”",
        13: "The same account stands in row 4 already.",
        14: "has no open school with the code 2133999999",
    }.items():
        assert words in wrong[row], wrong[row]
    assert "邻县小学" not in wrong[5]


@pytest.mark.django_db
def test_an_account_is_found_by_its_name_even_when_the_person_is_renamed(cast):
    username = cast.filer.user.username
    head = ["学校名称", "姓名", "账号"]

    report = report_of(cast.manager, csv_of(["阳光小学", "新名", username], head=head))

    assert [words for *_at, words in report.changed] == [f"Name: {cast.filer.user.name} → 新名"]
    elsewhere = world.seat("filer", world.school("另一小学"))
    refused = report_of(
        cast.manager, csv_of(["阳光小学", "新名", elsewhere.user.username], head=head)
    )
    assert "This account is that of Filer at 另一小学." in said(refused)[2]


@pytest.mark.django_db
def test_who_also_sits_elsewhere_is_not_changed_by_a_list(cast):
    world.seat("filer", cast.stranger_school, cast.filer.user)
    data = csv_of(["阳光小学", cast.filer.user.name, "填报员", "主任", "", ""])

    report = report_of(cast.manager, data, dry_run=True)

    assert "also holds a post elsewhere" in said(report)[2]


@pytest.mark.django_db
def test_a_list_that_broke_off_goes_on_where_it_stood(cast, monkeypatch):
    monkeypatch.setattr(people_resources, "PIECE", 2)
    rows = [["阳光小学", f"教师{n}", "填报员", "", "", ""] for n in range(5)]
    listing, notes = people_resources.read(csv_of(*rows))

    def broken(done, total):
        raise MemoryError

    resource = people_resources.AccountResource(seat=cast.manager, tell=broken)
    with pytest.raises(MemoryError):
        resource.import_data(people_resources.dataset_of(listing, notes))
    assert User.objects.filter(name__startswith="教师").count() == 2

    report = report_of(cast.manager, csv_of(*rows))

    assert four(report) == "New 3, changed 0, unchanged 2, left out 0."
    assert User.objects.filter(name__startswith="教师").count() == 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        ("姓名,角色\n甲,填报员".encode(), "No column is headed “School”."),
        ("学校名称,姓名".encode(), "There is no account below the headings."),
        ("学校名称,姓名\n合计,3".encode(), "There is no account below the headings."),
        ("学校名称,校名,姓名\n甲,乙,丙".encode(), "Several columns mean the same"),
    ],
)
def test_a_file_that_is_no_list_says_why_on_its_page(desk, data, sentence):
    if not data:
        answer = desk.post(IMPORT, {"file": SimpleUploadedFile("x.csv", data)})
        assert answer.status_code == 422
        return
    page = desk.get(send(desk, data)).content.decode()
    assert sentence in page
    assert "Write it now" not in page


# ---- the pages


@pytest.mark.django_db
def test_the_page_names_the_empty_list_by_what_it_is(cast, desk):
    page = desk.get(reverse("people_import"))
    page = page.content.decode()
    assert "Get the empty list (xlsx)</a>" in page and ">Empty<" not in page


@pytest.mark.django_db
def test_the_workbook_names_the_schools_without_a_filer_and_comes_back_as_it_is(cast, desk):
    bare = [world.school("无人小学"), world.school("=1+1小学")]

    answer = desk.get(reverse("people_template"), {"gaps": "1"})

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert sorted(row[0] for row in rows) == sorted(school.code for school in bare)
    assert {row[3] for row in rows} == {"Filer"}
    (drop,) = sheet.data_validations.dataValidation
    assert drop.formula1 == '"Filer,Secretary"'
    assert str(drop.sqref).startswith("D2:D")
    assert {cell.data_type for cell in sheet[2] if cell.value} == {"s"}
    report = report_of(cast.manager, answer.content)
    assert four(report) == "New 2, changed 0, unchanged 0, left out 0."
    empty = desk.get(reverse("people_template"))
    assert openpyxl.load_workbook(io.BytesIO(empty.content)).active.max_row == 1


@pytest.mark.django_db
def test_the_headings_of_the_workbook_are_read_in_either_language():
    for column, words in people_columns.words()["columns"].items():
        assert [people_columns.column_of(words[tongue]) for tongue in ("zh", "en")] == [column] * 2
    assert people_columns.column_of("办公电话（必填）") == "phone"
    assert people_columns.column_of("备注") is None


@pytest.mark.django_db
def test_a_clerk_looks_confirms_and_takes_the_refused_rows_away(cast, desk):
    rows = [["阳光小学", "周老师", "填报员", "", "", ""], ["邻县小学", "甲", "填报员", "", "", ""]]
    here = send(desk, csv_of(*rows))

    seen = desk.get(here)
    assert "Nothing is written yet: New 1, changed 0, unchanged 0, left out 1." in (
        seen.content.decode()
    )
    assert User.objects.filter(name="周老师").count() == 0
    failed = desk.get(reverse("people_failed", args=[Job.objects.get().pk]))
    row = [cell.value for cell in openpyxl.load_workbook(io.BytesIO(failed.content)).active[2]]
    assert row[1:4] == ["邻县小学", "甲", "填报员"]
    assert "is not a school of 西湖区" in row[-1]

    desk.post(here, {"do": "write", "version": seen.context["job"].version})
    jobs.run(Job.objects.get().pk)
    desk.post(here, {"do": "write", "version": seen.context["job"].version})

    done = desk.get(here).content.decode()
    assert "Written: New 1, changed 0, unchanged 0, left out 1." in done
    assert User.objects.filter(name="周老师").count() == 1
    line = AuditLine.objects.get(what="account import")
    assert (line.user, line.region_id) == (cast.manager.user, world.COUNTY)
    assert line.thing == "New 1, changed 0, unchanged 0, left out 1."


@pytest.mark.django_db
def test_what_was_looked_at_is_bound_to_who_looked_the_version_and_an_hour(cast, desk, travel):
    here = send(desk, csv_of(["阳光小学", "周老师", "填报员", "", "", ""]))
    version = Job.objects.get().version
    colleague = world.sign_in(type(desk)(), world.seat("manager", world.COUNTY))

    assert colleague.get(here).status_code == 404
    assert colleague.post(here, {"do": "write", "version": version}).status_code == 404
    assert colleague.get(f"{here}failed.xlsx").status_code == 404
    assert desk.post(here, {"do": "write", "version": version + 1}).status_code == 409
    travel.shift(3700)
    assert desk.post(here, {"do": "write", "version": version}).status_code == 409
    assert "This list was discarded; nothing was written." in desk.get(here).content.decode()
    assert not User.objects.filter(name="周老师").exists()


@pytest.mark.django_db
def test_a_list_that_is_being_written_is_not_set_aside(cast, desk):
    here = send(desk, csv_of(["阳光小学", "周老师", "填报员", "", "", ""]))
    desk.post(here, {"do": "write", "version": Job.objects.get().version})

    assert "Stop it" not in desk.get(here).content.decode()
    assert desk.post(here, {"do": "cancel"}).status_code == 403
    jobs.run(Job.objects.get().pk)
    assert User.objects.filter(name="周老师").count() == 1


@pytest.mark.django_db
def test_a_list_set_aside_writes_nothing(cast, desk):
    here = send(desk, csv_of(["阳光小学", "周老师", "填报员", "", "", ""]))
    version = Job.objects.get().version

    assert desk.post(here, {"do": "cancel"}).url == IMPORT
    assert desk.post(here, {"do": "write", "version": version}).status_code == 409
    assert not User.objects.filter(name="周老师").exists()


@pytest.mark.django_db
def test_who_lost_the_post_meanwhile_writes_nothing(cast, desk):
    here = send(desk, csv_of(["阳光小学", "周老师", "填报员", "", "", ""]))
    desk.post(here, {"do": "write", "version": Job.objects.get().version})
    Membership.objects.filter(user=cast.manager.user).update(ends_on="2026-11-19")

    jobs.run(Job.objects.get().pk)

    assert Job.objects.get().state == "failed"
    assert not User.objects.filter(name="周老师").exists()


@pytest.mark.django_db
def test_an_operator_sends_no_lists_of_schools(cast, client):
    world.sign_in(client, world.seat("operator", "0"))
    file = SimpleUploadedFile("x.csv", csv_of(["阳光小学", "周老师", "填报员", "", "", ""]))
    assert client.post(IMPORT, {"file": file}).status_code == 403
    assert client.get(reverse("people_template")).status_code == 403
    assert Job.objects.count() == 0


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_child_process_does_it_all(children, client):  # noqa: F811
    cast = world.Cast()
    world.sign_in(client, cast.manager)
    file = SimpleUploadedFile("x.csv", csv_of(["阳光小学", "周老师", "填报员", "", "", ""]))
    here = client.post(IMPORT, {"file": file}).url
    job = ended(Job.objects.get().pk)
    assert job.state == "ready", job.result
    client.post(here, {"do": "write", "version": job.version})
    assert ended(job.pk).state == "done"
    assert User.objects.filter(name="周老师").count() == 1
