"""A school list on the manager's pages: sent, looked at, confirmed as it was seen, and told."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reform import history, job_files, jobs
from reform.models import AuditLine, Event, Job
from reform.models.job import JobState
from schools.models import Membership, School
from tests import world
from tests.reading import on_screen
from tests.school_lists import SHORT, csv_of

pytestmark = [pytest.mark.django_db, pytest.mark.database]
SUN, MOON = ["阳光小学", "西湖区", "小学"], ["月亮小学", "西湖区", "小学"]
BAD, ABROAD = ["坏小学", "西湖区", "大学"], ["上城小学", "上城区", "小学"]


@pytest.fixture
def desk(client, db, travel):
    """The county manager's browser, in English."""
    client.cookies["language"] = "en"
    client.seat = world.seat("manager", world.COUNTY)
    return world.sign_in(client, client.seat)


def text(response):
    words = re.sub(r"<[^>]+>", " ", on_screen(response.content.decode()))
    return re.sub(r"\s+", " ", words)


def send(desk, *rows, name="名单.csv", key="k1"):
    data = rows[0] if isinstance(rows[0], bytes) else csv_of(*rows)
    file = SimpleUploadedFile(name, data)
    return desk.post(reverse("school_lists"), {"file": file, "key": key})


def looked_at(desk, *rows, **more):
    """The job of a list that was sent and read."""
    sent = send(desk, *rows, **more)
    assert sent.status_code == 302, text(sent)
    job = Job.objects.latest("pk")
    jobs.run(job.pk)
    return Job.objects.get(pk=job.pk)


def page(desk, job):
    return desk.get(reverse("school_list", args=[job.pk]))


def confirm(desk, job, **fields):
    """Press the button as the page offers it, and have it done."""
    said = {"version": job.version, "sha256": job.sha256, **fields}
    answer = desk.post(reverse("school_list_confirm", args=[job.pk]), said, follow=True)
    jobs.run(job.pk)
    job.refresh_from_db()
    return answer


def workbook(response):
    body = b"".join(response) if response.streaming else response.content
    return [
        ["" if cell is None else cell for cell in row]
        for row in openpyxl.load_workbook(io.BytesIO(body)).active.values
    ]


def test_a_list_is_sent_looked_at_confirmed_and_told(desk):
    job = looked_at(desk, SHORT, SUN, MOON)
    seen = text(page(desk, job))
    assert "2 schools would be new or changed; nothing is written yet." in seen
    assert "L-330106-0002" in seen
    assert School.objects.count() == 0

    confirm(desk, job)

    assert "Written: 2 new and 0 changed." in text(page(desk, job))
    assert sorted(School.objects.values_list("name", flat=True)) == ["月亮小学", "阳光小学"]
    assert sorted(AuditLine.objects.values_list("what", flat=True)) == [
        "school import",
        "school list upload",
    ]


def test_the_history_of_the_region_keeps_what_was_taken_in(desk):
    job = looked_at(desk, SHORT, SUN, BAD)
    confirm(desk, job, skip_bad="1")

    event = Event.objects.get(kind="schools.imported")
    assert (event.subject, event.actor) == ("region:330106", desk.seat.user)
    assert f'"refused":1,"sha256":"{job.sha256}"' in event.body
    assert list(history.verify()) == []


def test_refused_rows_are_listed_and_the_good_ones_go_in_when_asked_to(desk):
    job = looked_at(desk, SHORT, SUN, BAD, ABROAD)
    seen = page(desk, job)
    assert "School type: “大学” is not a school type." in text(seen)
    assert "It is reviewed outside 浙江省杭州市西湖区" in text(seen)
    assert "Import 1 school, leave the refused rows out" in text(seen)
    assert 'name="skip_bad" value="1"' in seen.content.decode()

    confirm(desk, job)
    assert (job.state, School.objects.count()) == (JobState.ready, 0)
    confirm(desk, job, skip_bad="1")

    assert list(School.objects.values_list("name", flat=True)) == ["阳光小学"]
    assert "Written: 1 new and 0 changed; 2 rows were left out." in text(page(desk, job))


def test_the_refused_rows_come_back_as_they_were_with_the_reasons(desk):
    head = ["序号", *SHORT]
    job = looked_at(desk, head, ["1", *SUN], ["2", "=1+1小学", "西湖区", "大学"])
    confirm(desk, job, skip_bad="1")

    rows = workbook(desk.get(reverse("school_list_file", args=[job.pk, "failed"])))

    assert rows == [
        ["序号", "学校名称", "所在地", "办学类型", "Row", "Why it was refused"],
        ["2", "'=1+1小学", "西湖区", "大学", 3,
         "School type: “大学” is not a school type. Enter its name or 3-digit code."],
    ]  # fmt: skip


def test_mended_rows_can_be_sent_as_they_were_taken_away(desk):
    job = looked_at(desk, ["序号", *SHORT], ["1", *SUN], ["2", *BAD])
    confirm(desk, job, skip_bad="1")
    data = desk.get(reverse("school_list_file", args=[job.pk, "failed"])).content
    book = openpyxl.load_workbook(io.BytesIO(data))
    book.active["D2"] = "小学"
    out = io.BytesIO()
    book.save(out)

    again = looked_at(desk, out.getvalue(), name="改好.xlsx", key="k2")

    assert (again.result["new"], again.result["refused"]) == (1, 0)


def test_the_file_of_everything_names_every_row(desk):
    many = [[f"第{n}小学", "西湖区", "小学"] for n in range(60)]
    job = looked_at(desk, SHORT, *many, BAD)
    seen = text(page(desk, job))
    assert "The first 50 of 60 are shown." in seen
    assert "第59小学" not in seen

    rows = workbook(desk.get(reverse("school_list_file", args=[job.pk, "all"])))

    assert len(rows) == 62
    assert rows[1][:3] == [62, "坏小学", "Refused"]
    assert AuditLine.objects.filter(what="school list download").count() == 1


def test_all_that_is_wrong_with_a_row_stands_in_one_row(desk):
    job = looked_at(desk, [*SHORT, "正式党员"], ["坏小学", "西湖区", "大学", "约50"])

    assert job.result["rows"]["refused"] == 1
    assert job.result["tables"]["refused"][0][2] == (
        "School type: “大学” is not a school type. Enter its name or 3-digit code. "
        "Full members: “约50” is not a whole number from 0 to 99999."
    )


def test_a_change_under_a_campaign_is_left_out_and_leads_to_where_it_is_made(desk):
    school = world.school("阳光小学", code="2133000001", locked=True, staff=80)
    head = ["学校标识码", *SHORT, "办学性质", "教职工数"]

    job = looked_at(desk, head, ["2133000001", *SUN[:2], "初级中学", "民办", "88"])

    seen = page(desk, job)
    assert "School changes, left out" in text(seen)
    assert "Ownership: Public → Private" in text(seen)
    assert reverse("school_changes", args=["2133000001"]) in seen.content.decode()
    confirm(desk, job)
    school.refresh_from_db()
    assert (school.staff, school.school_type_id, school.ownership) == (88, "211", "public")


def test_the_same_file_again_says_that_it_was_taken_in(desk):
    first = looked_at(desk, SHORT, SUN)
    confirm(desk, first)

    again = looked_at(desk, SHORT, SUN, key="k2")

    seen = text(page(desk, again))
    assert "There is nothing to change: everything in this list stands here already." in seen
    assert f"This very file was imported already: today 12:00, by {desk.seat.user.name}." in seen
    assert "Take in" not in seen


def test_a_confirmation_is_not_followed_when_schools_changed_after_the_look(desk):
    job = looked_at(desk, SHORT, SUN, MOON)
    world.school("阳光小学", code="2133000009")

    confirm(desk, job)

    assert (job.state, School.objects.count()) == (JobState.ready, 1)
    seen = text(page(desk, job))
    assert "Nothing was written: schools changed after you looked, and 2 rows mean" in seen
    assert "(rows 2, 3). Look again." in seen
    confirm(desk, job)
    assert (job.state, School.objects.count()) == (JobState.done, 2)


def test_a_change_that_alters_no_row_does_not_hold_the_list_up(desk):
    job = looked_at(desk, SHORT, SUN)
    world.school("别的小学", code="2133000009")

    confirm(desk, job)

    assert job.state == JobState.done


@pytest.mark.parametrize("wrong", [{"version": 0}, {"version": "x"}, {"sha256": "0" * 64}])
def test_only_what_was_seen_can_be_confirmed(desk, wrong):
    job = looked_at(desk, SHORT, SUN)

    answer = confirm(desk, job, **wrong)

    assert (job.state, School.objects.count()) == (JobState.ready, 0)
    assert "what you saw is not what stands here now" in text(answer)


def test_a_look_is_good_for_an_hour(desk, travel):
    job = looked_at(desk, SHORT, SUN)
    travel.move_to(world.NOON + timedelta(minutes=61))

    confirm(desk, job)

    assert School.objects.count() == 0
    assert "It waited for longer than an hour." in text(page(desk, job))


def test_two_presses_of_the_button_write_once(desk):
    job = looked_at(desk, SHORT, SUN)
    said = {"version": job.version, "sha256": job.sha256}

    for _press in range(2):
        desk.post(reverse("school_list_confirm", args=[job.pk]), said)
        jobs.run(job.pk)

    assert Event.objects.filter(kind="schools.imported").count() == 1


def test_a_form_sent_twice_is_one_list(desk):
    first, second = send(desk, SHORT, SUN), send(desk, SHORT, SUN)

    assert first.url == second.url
    assert Job.objects.count() == 1


def test_a_list_is_nobody_elses(desk, client):
    job = looked_at(desk, SHORT, SUN)
    colleague = world.sign_in(client, world.seat("manager", world.COUNTY))

    assert page(colleague, job).status_code == 404
    for name in ("confirm", "cancel", "columns"):
        answer = colleague.post(
            reverse(f"school_list_{name}", args=[job.pk]),
            {"version": job.version, "sha256": job.sha256},
        )
        assert answer.status_code == 404
    assert School.objects.count() == 0


def test_at_another_seat_the_list_is_not_there(desk, client):
    job = looked_at(desk, SHORT, SUN)
    elsewhere = world.seat("manager", world.SIBLING, desk.seat.user)

    assert page(world.sign_in(client, elsewhere), job).status_code == 404


def test_a_manager_who_lost_the_post_after_confirming_writes_nothing(desk):
    job = looked_at(desk, SHORT, SUN)
    desk.post(
        reverse("school_list_confirm", args=[job.pk]),
        {"version": job.version, "sha256": job.sha256},
    )
    Membership.objects.filter(user=desk.seat.user).update(ends_on=world.NOON - timedelta(days=2))

    jobs.run(job.pk)

    assert (Job.objects.get(pk=job.pk).state, School.objects.count()) == (JobState.failed, 0)


def test_a_manager_of_the_nation_is_told_who_keeps_the_list(desk, client):
    nation = world.sign_in(client, world.seat("manager", "0"))

    answer = nation.get(reverse("school_lists"))

    assert answer.status_code == 403
    assert "The nation keeps no list of schools" in text(answer)


def test_a_city_takes_in_the_schools_of_its_counties(client, db, travel):
    client.cookies["language"] = "en"
    city = world.sign_in(client, world.seat("manager", "3301"))

    job = looked_at(city, SHORT, SUN, ABROAD, ["海曙小学", "海曙区", "小学"])

    assert (job.result["new"], job.result["refused"]) == (2, 1)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The submitted file is empty."),
        (b"x" * (20 * 1024 * 1024 + 1), "The file is larger than 20 MB."),
    ],
)
def test_a_file_that_cannot_be_a_list_is_refused_beside_its_field(desk, data, sentence):
    answer = send(desk, data)

    assert answer.status_code == 422
    assert sentence in text(answer)
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"PK\x03\x04broken", "The file is damaged or cut off."),
        (b"<html><table>", "This is a web page that was renamed to a workbook."),
        ("学校名称,所在地\n阳光".encode() + "小学,西湖".encode("gb18030"), "a mixture of both"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_the_way_on(desk, data, sentence):
    job = looked_at(desk, data)

    seen = text(page(desk, job))

    assert "The list was not imported, and nothing was changed." in seen
    assert sentence in seen
    assert "Choose the file again" in seen


def test_a_list_put_away_writes_nothing_and_leaves_no_file(desk):
    job = looked_at(desk, SHORT, SUN)

    answer = desk.post(reverse("school_list_cancel", args=[job.pk]), follow=True)

    assert "The file is discarded; nothing was written." in text(answer)
    assert job_files.known() == set()
    assert "This list was discarded" in text(page(desk, job))
    confirm(desk, job)
    assert School.objects.count() == 0


def test_a_list_on_its_way_shows_how_far_it_is_and_is_found_again(desk):
    send(desk, SHORT, SUN)
    job = Job.objects.get()
    job_files.put(job.pk, job_files.PROGRESS, b"1 4")

    seen = page(desk, job)

    assert '<progress max="4" value="1"' in seen.content.decode()
    assert "25% done." in text(seen)
    assert f"Go on with {job.file_name}" in text(desk.get(reverse("school_lists")))
    assert "One of yours is still being worked on." in text(send(desk, SHORT, MOON, key="k2"))


def test_the_page_of_lists_says_who_took_what_in(desk, client):
    confirm(desk, looked_at(desk, SHORT, SUN))
    colleague = world.sign_in(client, world.seat("manager", world.COUNTY))

    seen = text(colleague.get(reverse("school_lists")))

    assert f"{desk.seat.user.name}, 1 new, 0 changed, 0 unchanged, 0 refused." in seen


def test_the_page_of_lists_asks_the_same_few_questions_however_many_there_are(
    desk, django_assert_num_queries
):
    confirm(desk, looked_at(desk, SHORT, SUN))
    for more in range(2):
        with django_assert_num_queries(5):
            desk.get(reverse("school_lists"))
        confirm(desk, looked_at(desk, SHORT, SUN, [f"新{more}小学", *SUN[1:]], key=f"k{more + 5}"))


def test_a_preview_asks_the_same_few_questions_for_one_row_and_for_three(
    desk, django_assert_num_queries
):
    for n, rows in enumerate(([SUN], [SUN, MOON, BAD])):
        job = looked_at(desk, SHORT, *rows, key=f"k{n}")
        with django_assert_num_queries(5):
            page(desk, job)
