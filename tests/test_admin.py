"""The back office: for operators alone, nothing is deleted; people, terms, the first operator."""

import io
import re

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from reform.models import AuditLine
from schools import clock
from schools.admin import site
from schools.models import CalendarDay, Membership, Region, Term, User
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
LISTS = ["region", "schooltype", "school", "user", "term", "calendarday"]


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


def test_the_first_page_has_no_english_left_in_chinese(office):
    office.cookies["language"] = "zh-hans"
    page = re.sub(
        r"(?s)<(script|style)\b.*?</\1>|<[^>]+>", " ", office.get("/admin/").content.decode()
    )

    assert re.findall(r"[A-Za-z]{3,}", page) == []


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


def test_a_school_type_is_told_in_the_words_of_the_reader(office):
    """What takes part is kept as English words of the standard's table."""
    kind = world.school().school_type
    url = f"/admin/schools/schooltype/{kind.pk}/change/"
    office.cookies["language"] = "zh-hans"
    page = office.get(url).content.decode()

    words = [word.strip() for word in re.findall(r"<label[^>]*>([^<]+)</label>", page)]
    assert words == ["代码:", "中文名称:", "英文名称:", "学段:", "是否纳入:"]
    assert "学段代号，用逗号隔开。" in page and f">{kind.use}<" not in page


def test_the_operator_sees_no_content(office):
    entry = world.entry(world.school())

    assert office.get(f"/entries/{entry.pk}/").status_code in (403, 404)
    assert office.get("/schools/").status_code == 403


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


# ---- the first of them


def make_operator(monkeypatch, *arguments, password="spring-tea-7713"):
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    call_command("make_operator", *arguments, stdout=io.StringIO())


def test_the_first_operator_is_made_on_the_command_line(client, monkeypatch):
    make_operator(monkeypatch, "keeper", "--name=运维员")

    client.post("/login/", {"username": "keeper", "password": "spring-tea-7713"})
    client.post("/privacy/")
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
