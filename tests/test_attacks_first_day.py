"""What an attacker tries at accounts, lists, days and letters: other names, files, rows."""

import io
import zipfile
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from reform import accounts, jobs, reminders, resetting
from reform.models import Job, Message, Reminder
from reform.models.job import JobState
from schools import activation, cells, lists, notices, sheets, throttle
from schools.errors import Denied
from schools.models import School, User
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
YESTERDAY = date(2026, 11, 19)
REASON = "按上级通知更正。"


@pytest.fixture
def desk(cast):
    """The county's manager, signed in; an error of ours is a page, as for everybody."""
    client = Client(raise_request_exception=False)
    client.cookies["language"] = "en"
    return world.sign_in(client, cast.manager)


# ---- names


def test_other_spellings_of_a_name_are_slowed_as_that_name(travel):
    world.person("clerk")
    spellings = [" " * n + name + " " * (n % 3) for n in range(8) for name in ("clerk", "ｃlerk")]

    codes = []
    for number, name in enumerate(spellings):
        client = Client(REMOTE_ADDR=f"10.2.0.{number + 1}")
        codes.append(world.log_in(client, name, "wrong").status_code)

    assert codes == [200] * throttle.FREE + [429] * (len(spellings) - throttle.FREE)


def test_an_account_is_made_under_the_name_that_signs_in(cast, desk):
    made = {"role": "filer", "school": cast.school.code, "name": "甲", "username": "ｎew.one"}
    assert desk.post(reverse("person_new"), made).status_code == 302
    user = User.objects.get(username="new.one")

    again = desk.post(reverse("person_new"), {**made, "name": "乙", "username": "ｎEW.one"})
    assert again.status_code == 422

    code = activation.issue(user, None)
    assert activation.check("new.one", code) == user


def test_a_name_of_several_lines_or_with_hidden_signs_is_not_taken(cast, client):
    world.sign_in(client, cast.filer)
    said = {"do": "details", "post": "", "phone": "", "email": "", "language": "", "theme": "auto"}

    client.post(reverse("account"), {**said, "name": "王\r\nBcc: x@y.example"})
    assert User.objects.get(pk=cast.filer.user.pk).name == "王 Bcc: x@y.example"

    refused = client.post(reverse("account"), {**said, "name": "王\u202e老师"})
    assert refused.context["details"].errors.keys() == {"name"}
    assert User.objects.get(pk=cast.filer.user.pk).name == "王 Bcc: x@y.example"


def test_who_knows_a_name_alone_does_not_use_up_its_letters(travel, settings):
    settings.MAIL_SERVER = {"host": "mail.example", "port": 25, "user": "", "password": "",
                            "tls": "", "console": False}  # fmt: skip
    world.person("clerk", email="Shen@bureau.example")
    for _try in range(3 * resetting.MOST_A_DAY):
        assert not resetting.ask("clerk", "guess@bureau.example")

    assert resetting.ask("clerk", " shen@Bureau.example")
    assert Message.objects.count() == 1


# ---- rows of others


@pytest.fixture
def moved(cast):
    """The filer left for a school of another province, which keeps the account since."""
    user, there = cast.filer.user, world.seat("manager", world.ABROAD)
    accounts.end(user.memberships.get(), by=cast.manager, on=YESTERDAY)
    world.seat("filer", world.school(authority=world.ABROAD), user)
    User.objects.filter(pk=user.pk).update(phone="025-11112222", email="new@abroad.example")
    accounts.reissue(User.objects.get(pk=user.pk), by=there)
    return user, there


def test_a_manager_does_not_read_on_of_who_went_to_another_authority(cast, moved, desk, client):
    user, there = moved
    page = desk.get(reverse("person", args=[user.pk]))
    shown = page.content.decode()

    assert page.status_code == 200
    assert "025-11112222" not in shown
    assert "new@abroad.example" not in shown
    assert {step["who"] for step in page.context["steps"]} == {str(cast.manager.user)}
    assert page.context["code"] == ""

    client.cookies["language"] = "en"
    ours = world.sign_in(client, there).get(reverse("person", args=[user.pk]))
    assert "025-11112222" in ours.content.decode()
    assert str(there.user) in [step["who"] for step in ours.context["steps"]]


def test_a_school_does_not_read_how_officials_were_told_of_its_entries(cast):
    entry = world.entry(cast.school)
    told = {"due_on": entry.due_on, "cause": 1}
    reminders.tell("asked", entry, people=[cast.reviewer.user], role="reviewer", **told)
    reminders.tell("moved", entry, people=[cast.secretary.user], role="secretary", **told)
    of = {one.person_id: reverse("reminder", args=[one.pk]) for one in Reminder.objects.all()}
    filer = world.sign_in(Client(), cast.filer)

    assert filer.get(of[cast.reviewer.user.pk]).status_code == 404
    assert filer.get(of[cast.secretary.user.pk]).status_code == 200
    reviewer = world.sign_in(Client(), cast.reviewer)
    assert reviewer.get(of[cast.secretary.user.pk]).status_code == 200


# ---- codes that only this system gives


@pytest.mark.parametrize("code", ["L-1", "l-330203-0009", "B-330203"])
def test_a_manager_gives_no_school_a_code_of_ours(cast, desk, code):
    url = reverse("school_change", args=[cast.school.code, "code"])

    answer = desk.post(url, {"code": code, "reason": REASON})

    assert answer.status_code == 422
    assert "given by this system" in answer.content.decode()


def test_a_school_with_a_code_of_ours_keeps_it(cast, desk):
    School.objects.filter(pk=cast.school.pk).update(code="L-330106-0001")
    url = reverse("school_change", args=["L-330106-0001", "name"])

    assert desk.post(url, {"name": "新名小学", "reason": REASON}).status_code == 200


def test_a_code_in_no_known_form_keeps_no_list_from_being_taken_in(cast):
    world.school(code="L-1")
    world.school(code="L-330203-0007")

    assert lists.last_local_numbers({"330203"}, lock=False) == {"330203": 7}


# ---- days that no calendar reaches


def test_the_last_day_of_all_is_no_last_day_of_a_post(cast, desk):
    post = cast.filer.user.memberships.get()
    said = {"on": "9999-12-31", "who": "new", "name": "新人"}

    for name in ("post_successor", "post_end"):
        assert desk.post(reverse(name, args=[post.pk]), said).status_code == 422
    post.refresh_from_db()
    assert post.ends_on is None


def test_days_are_not_taken_away_at_the_end_of_all_time(desk):
    said = {"remove": "1", "first": "9999-12-31", "last": "9999-12-31", "key": "k" * 20}

    assert desk.post(reverse("calendar_days"), {**said, "reason": REASON}).status_code == 200


@pytest.mark.parametrize("text", ["9999年1月1日放假", "0001年1月1日放假", "9999-01-01,放假,元旦"])
def test_a_notice_of_another_century_holds_no_day(travel, text):
    found = notices.read(text)

    assert found.days == {}
    assert found.problems


# ---- files


def workbook(text, count):
    """A workbook of `count` cells that share one text."""
    head = '<?xml version="1.0"?>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    docs = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    pack = "http://schemas.openxmlformats.org/package/2006/relationships"
    row = "<row>" + '<c t="s"><v>0</v></c>' * 50 + "</row>"
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{pack}"><Relationship Id="a" '
        f'Type="{docs}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{docs}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{pack}">'
        f'<Relationship Id="a" Type="{docs}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="b" Type="{docs}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>'
        f"{row * (count // 50)}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{main}"><si><t>{text}</t></si></sst>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, part in parts.items():
            box.writestr(name, head + part)
    return out.getvalue()


def test_a_small_workbook_whose_cells_share_a_long_text_is_not_taken_for_a_list():
    assert len(sheets.read(workbook("校", 100)).rows) == 2
    data = workbook("校" * 500, 50_000)
    assert len(data) < 50_000 < cells.MOST_TEXT < 500 * 50_000

    with pytest.raises(Denied, match=r"unpacks|解压"):
        sheets.read(data)


# ---- many children

LEASED = {"state": JobState.running, "lease_until": world.NOON + timedelta(minutes=2)}


class Child:
    def wait(self):
        return 0


def test_who_begins_and_cancels_again_and_again_has_no_crowd_of_children(cast, monkeypatch):
    called = []
    monkeypatch.setattr(jobs.subprocess, "Popen", lambda *a, **k: called.append(a) or Child())
    running = [
        Job.objects.create(
            kind="people", owner=cast.manager.user, seat=cast.manager.key, asked={},
            made_at=world.NOON, expires_at=world.NOON + timedelta(hours=1), **LEASED,
        )
        for _job in range(jobs.AT_ONCE)
    ]  # fmt: skip
    for job in running:
        jobs.cancel(job)

    jobs.call(running[0].pk)
    assert called == []

    for job in running:
        jobs.Work(job, LEASED["lease_until"]).let_go()
    jobs.call(running[0].pk)
    assert len(called) == 1
