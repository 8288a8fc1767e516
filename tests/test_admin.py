"""The back office: for operators alone, what is frozen stays, nothing is deleted, lists go in."""

import io
import re

import openpyxl
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from reform.models import AuditLine
from schools import admin_lists, clock
from schools.admin import site
from schools.models import CalendarDay, Membership, Region, School, Term, User
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
LISTS = ["region", "schooltype", "school", "user", "term", "calendarday"]


@pytest.fixture
def office(client):
    """An operator, reading English."""
    client.cookies["language"] = "en"
    return world.sign_in(client, world.seat("operator", "0", world.person("operator")))


@pytest.fixture(autouse=True)
def waiting_lists(monkeypatch, tmp_path):
    monkeypatch.setattr(admin_lists.Waiting, "folder", tmp_path / "imports")
    return tmp_path / "imports"


def test_only_what_is_kept_by_hand_is_there():
    assert sorted(model._meta.label_lower for model in site._registry) == sorted(
        f"schools.{name}" for name in LISTS
    )
    assert {model._meta.app_label for model in site._registry} == {"schools"}
    assert apps.get_model("reform", "Entry") not in site._registry


@pytest.mark.parametrize("role", ["reviewer", "manager", "viewer", "editor", "auditor"])
def test_no_other_role_comes_in_whatever_flags_the_account_has(client, role):
    user = world.person(is_staff=True, is_superuser=True)
    world.sign_in(
        client, world.seat(role, "0" if role in ("editor", "auditor") else world.COUNTY, user)
    )

    for path in ["/admin/", "/admin/login/", "/admin/schools/school/", "/admin/schools/user/add/",
                 "/admin/schools/school/import/", "/admin/jsi18n/", "/admin/nothing/"]:  # fmt: skip
        assert client.get(path).status_code == 403, path
    assert client.post("/admin/schools/school/process_import/").status_code == 403
    assert client.post("/admin/schools/school/export/", {"format": 0}).status_code == 403


def test_a_stranger_is_led_to_the_sign_in_of_the_product(client):
    assert client.get("/admin/").url == "/login/?next=/admin/"
    assert client.get("/admin/login/").url == "/login/?next=/admin/login/"


def test_an_operator_finds_the_way_in_and_out(office):
    page = office.get("/admin/").content.decode()

    assert "Reform Ledger: back office" in page
    assert office.get("/admin/login/").url == "/admin/"
    assert office.get("/admin/password_change/").url == "/account/"
    assert office.post("/admin/logout/").url == "/login/"
    assert office.get("/admin/").status_code == 302


@pytest.mark.parametrize("name", LISTS)
def test_every_list_opens_and_nothing_can_be_deleted(office, name):
    world.school()
    model = apps.get_model("schools", name)
    thing = model.objects.order_by("pk").last()
    url = f"/admin/schools/{name}/"

    assert office.get(url).status_code == 200
    assert office.get(f"{url}{thing.pk}/change/").status_code == 200
    assert office.post(f"{url}{thing.pk}/delete/", {"post": "yes"}).status_code == 403
    office.post(url, {"action": "delete_selected", "_selected_action": thing.pk, "post": "yes"})
    assert model.objects.filter(pk=thing.pk).exists()


def test_the_operator_sees_no_content(office):
    entry = world.entry(world.school())

    assert office.get(f"/entries/{entry.pk}/").status_code in (403, 404)
    assert office.get("/schools/").status_code == 403


# ---- schools

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


# ---- people

PERSON = {
    "username": "2133000001-06", "usable_password": "true", "password1": "spring-tea-7713",
    "password2": "spring-tea-7713", "name": "陈老师", "post": "教师", "phone": "",
}  # fmt: skip
POST = {"role": "filer", "region": "", "starts_on": "2026-09-01", "ends_on": ""}


def inline(prefix="memberships", *rows):
    data = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": "0",
            f"{prefix}-MIN_NUM_FORMS": "0", f"{prefix}-MAX_NUM_FORMS": "1000"}  # fmt: skip
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def test_a_new_post_begins_today_unless_another_day_is_chosen(office):
    page = office.get("/admin/schools/user/add/").content.decode()
    day = re.search(r'<input[^>]*name="memberships-0-starts_on"[^>]*>', page)[0]
    assert f'value="{clock.today()}"' in day


def test_an_account_with_its_post_is_made_on_one_page(office, client):
    school = world.school("阳光小学")
    post = {**POST, "school": school.pk}

    response = office.post("/admin/schools/user/add/", {**PERSON, **inline("memberships", post)})

    assert response.status_code == 302
    user = User.objects.get(username="2133000001-06")
    assert (user.name, user.check_password("spring-tea-7713")) == ("陈老师", True)
    assert (user.is_staff, user.is_superuser) == (False, False)
    held = user.memberships.get()
    assert (held.role, held.school, held.region) == ("filer", school, None)
    assert list(AuditLine.objects.values_list("what", "thing")) == [
        ("post change", "2133000001-06 filer 阳光小学 2026-09-01–"),
        ("account new", "2133000001-06"),
    ]
    response = client.post("/login/", {"username": "2133000001-06", "password": "spring-tea-7713"})
    assert response.status_code == 302


def test_an_account_may_wait_for_its_password(office):
    office.post("/admin/schools/user/add/", {**PERSON, **inline(), "usable_password": "false",
                "password1": "", "password2": ""})  # fmt: skip

    assert not User.objects.get(username="2133000001-06").has_usable_password()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"role": "filer", "school": "", "region": world.COUNTY}, "Choose the school."),
        ({"role": "reviewer", "school": "here", "region": ""}, "Choose the region."),
        ({"ends_on": "2026-08-31"}, "The last day lies before the first."),
        ({"starts_on": "2026-02-30"}, "Enter a valid date."),
    ],
)
def test_a_post_that_does_not_fit_is_refused_in_words(office, wrong, sentence):
    school = world.school("阳光小学")
    post = {**POST, "school": school.pk}
    post |= {**wrong, **({"school": school.pk} if wrong.get("school") == "here" else {})}

    response = office.post("/admin/schools/user/add/", {**PERSON, **inline("memberships", post)})

    assert sentence in response.content.decode()
    assert not User.objects.filter(username="2133000001-06").exists()


def test_a_post_that_is_held_can_only_be_ended(office):
    filer = world.seat("filer", world.school("阳光小学"), world.person("filer"))
    held = Membership.objects.get(user=filer.user)
    person = {"username": "filer", "name": "填报员", "post": "", "phone": "", "email": "",
              "is_active": "on"}  # fmt: skip
    row = {"id": held.pk, "user": filer.user.pk, "ends_on": "2026-10-31", "role": "secretary",
           "school": "", "DELETE": "on"}  # fmt: skip
    posts = {**inline("memberships", row), "memberships-INITIAL_FORMS": "1"}
    url = f"/admin/schools/user/{filer.user.pk}/change/"

    response = office.post(url, {**person, **posts, **inline("memberships-2")})

    assert response.status_code == 302
    held.refresh_from_db()
    assert (held.role, str(held.ends_on), held.school_id) == (
        "filer",
        "2026-10-31",
        filer.school.pk,
    )
    assert "post change" in AuditLine.objects.values_list("what", flat=True)


def test_a_new_password_for_somebody_is_written_in_the_log(office):
    user = world.person("filer")
    new = {
        "usable_password": "true",
        "password1": "spring-tea-7713",
        "password2": "spring-tea-7713",
    }

    office.post(f"/admin/schools/user/{user.pk}/password/", {**new, "set-password": "1"})

    user.refresh_from_db()
    assert user.check_password("spring-tea-7713")
    assert ("password reset", "filer") in AuditLine.objects.values_list("what", "thing")


# ---- terms and days


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"school_year": "2027"}, "Enter two years that follow, for instance 2026-2027."),
        ({"school_year": "2027-2029"}, "Enter two years that follow, for instance 2026-2027."),
        ({"ends": "2027-09-01"}, "The last day must come after the first."),
        ({"starts": "2026-09-01"}, "The term does not lie in its school year."),
        ({"starts": "2027-02-30"}, "Enter a valid date."),
    ],
)
def test_a_wrong_term_is_refused_in_words(office, wrong, sentence):
    term = {"region": world.COUNTY, "stage": "", "school_year": "2027-2028", "no": "1",
            "starts": "2027-09-01", "ends": "2028-01-28"}  # fmt: skip
    before = Term.objects.count()

    assert sentence in office.post("/admin/schools/term/add/", {**term, **wrong}).content.decode()
    assert Term.objects.count() == before
    assert office.post("/admin/schools/term/add/", term).status_code == 302


def test_a_holiday_of_a_region_is_entered(office):
    day = {"region": world.COUNTY, "date": "2027-04-12", "kind": "holiday", "name": "三月三"}

    assert office.post("/admin/schools/calendarday/add/", day).status_code == 302
    assert CalendarDay.objects.get(date="2027-04-12").region_id == world.COUNTY


def test_a_region_keeps_its_code(office):
    url = f"/admin/schools/region/{world.COUNTY}/change/"
    fields = {"code": "999999", "name": "西湖区", "full_name": "浙江省杭州市西湖区"}
    fields |= {"kind": "county", "bureau_name": "西湖区教育局"}

    assert office.post(url, fields).status_code == 302
    assert Region.objects.get(pk=world.COUNTY).bureau_name == "西湖区教育局"
    assert not Region.objects.filter(pk="999999").exists()


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
    assert "School type: “大学” is no school type. Enter its name or 3-digit code." in page


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


# ---- the first of them


def make_operator(monkeypatch, *arguments, password="spring-tea-7713"):
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    call_command("make_operator", *arguments, stdout=io.StringIO())


def test_the_first_operator_is_made_on_the_command_line(client, monkeypatch):
    make_operator(monkeypatch, "keeper", "--name=运维员")

    client.post("/login/", {"username": "keeper", "password": "spring-tea-7713"})
    assert client.get("/admin/").status_code == 200
    assert User.objects.get(username="keeper").name == "运维员"


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("keeper", "short"),
        ("keeper", ""),
        ("no name!", "spring-tea-7713"),
        ("known", "spring-tea-7713"),
    ],
)
def test_a_bad_name_or_password_makes_no_operator(monkeypatch, username, password):
    world.person("known")

    with pytest.raises(CommandError):
        make_operator(monkeypatch, username, password=password)
    assert not Membership.objects.exists()
