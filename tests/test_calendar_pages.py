"""The calendar on its pages: what is known and from where; changes are shown, then made."""

import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from reform.models import Event
from schools.models import CalendarDay, Term
from schools.workdays import Calendar
from tests import world
from tests.reading import heading, words

pytestmark = pytest.mark.django_db

HERE, TERM, DAYS = "/calendar/", "/calendar/term/", "/calendar/days/"
NOTICE = "/calendar/notice/"
WHY = "本区学期安排调整"


@pytest.fixture
def english(client):
    client.cookies["language"] = "en"
    with translation.override("en"):
        yield client


@pytest.fixture
def desk(english, manager):
    return world.sign_in(english, manager)


@pytest.fixture
def campaign(travel, county, manager):
    made = world.opened(manager)
    travel.move_to(world.NOON)
    return made


def typed(**fields):
    return {
        "school_year": world.YEAR,
        "no": "1",
        "stage": "",
        "starts": "2026-09-01",
        "ends": "2027-01-15",
        "reason": WHY,
        "key": "k",
        "do": "look",
        **fields,
    }


def confirmed(desk, url, fields, do="move"):
    """Look, then confirm what was shown."""
    seen = desk.post(url, fields).context["plan"].seen
    return desk.post(url, {**fields, "do": do, "seen": seen}, follow=True)


def test_the_page_says_what_is_known_and_where_it_comes_from(desk):
    Term.objects.create(
        region_id="33", school_year=world.YEAR, no=2,
        starts=date(2027, 2, 22), ends=date(2027, 7, 2), provisional=True,
    )  # fmt: skip
    shown = desk.get(HERE)

    assert heading(shown) == (
        "2026-2027: first term 2026-09-01 to 2027-01-29, "
        "second term 2027-02-22 to 2027-07-02; still provisional."
    )
    said = words(shown)
    assert "first term All stages 2026-09-01 2027-01-29 Nation" in said
    assert "second term All stages 2027-02-22 2027-07-02 浙江省 provisional" in said
    assert "2026-10-01 to 2026-10-07 节假日安排 Holiday, 7 days, Nation" in said
    assert "Terms of 2026-2027 provisional Terms of 2027-2028 not known yet" in said


def test_a_row_of_a_stage_stands_beside_that_of_all(desk):
    Term.objects.create(
        region_id=world.COUNTY, stage="S", school_year=world.YEAR, no=1,
        starts=date(2026, 8, 24), ends=date(2027, 1, 29),
    )  # fmt: skip
    said = words(desk.get(HERE))
    assert "first term All stages 2026-09-01 2027-01-29 Nation" in said
    assert "first term Senior high 2026-08-24 2027-01-29 西湖区" in said


def test_the_year_has_twelve_months_with_every_day_marked(desk):
    html = desk.get(HERE).content.decode()
    months = re.findall(r"<caption><b>(\d{4}-\d\d)</b> (\d+) working days", html)
    assert sorted(name for name, _n in months) == [
        *(f"2026-{n:02}" for n in range(9, 13)), *(f"2027-{n:02}" for n in range(1, 9))
    ]  # fmt: skip
    assert dict(months)["2026-10"] == "18"
    october = html[html.index("2026-10</b>") :]
    october = re.sub(r"\s", "", october[: october.index("</table>")])
    assert '<spanclass="muted">1</span><small>off</small>' in october
    assert "<b>10</b><small>work</small>" in october
    assert "<td><b>12</b></td>" in october


def test_the_next_three_months_are_shown_and_the_others_unfold(desk, manager, travel):
    travel.move_to(world.NOON)
    world.sign_in(desk, manager)
    shown, folded = desk.get(HERE).content.decode().split("The other months of this school year")

    assert re.findall(r"<caption><b>(\d{4}-\d\d)", shown) == ["2026-11", "2026-12", "2027-01"]
    assert len(re.findall("<caption><b>", folded)) == 9
    assert "Twelve months</summary>" in desk.get(HERE, {"year": "2027-2028"}).content.decode()


def test_a_year_that_is_not_known_says_so_and_nonsense_shows_this_one(desk):
    assert heading(desk.get(HERE, {"year": "2028-2029"})) == (
        "The terms of 2028-2029 are not known yet."
    )
    assert heading(desk.get(HERE, {"year": "'; --"})).startswith("2026-2027")


def test_whoever_only_looks_finds_no_way_to_change(english, manager):
    for role, place in (("viewer", world.COUNTY), ("manager", "3301"), ("reviewer", "33")):
        shown = world.sign_in(english, world.seat(role, place)).get(HERE)
        assert (shown.status_code, "/calendar/notice/" in shown.content.decode()) == (
            200,
            role == "manager",
        )


def test_a_term_is_shown_with_what_it_moves_and_then_kept(campaign, desk):
    of = campaign.slots.get(item__code="Z2.1", period="2026-2027-1")
    seen = desk.post(TERM, typed())
    assert "open would move." in heading(seen)
    row = next(row for row in seen.context["moves"] if row["name"].startswith("Z2.1"))
    assert (row["was"], row["entries"]) == (of.due_on, "4")
    assert not Term.objects.filter(region=world.COUNTY).exists()
    assert WHY in seen.content.decode()

    done = confirmed(desk, TERM, typed())

    assert re.search(r"The calendar is changed; \d+ filings moved\.", words(done))
    of.refresh_from_db()
    assert of.due_on == row["due_on"]
    assert "first term All stages 2026-09-01 2027-01-15 西湖区" in words(done)
    told = Event.objects.filter(kind="reschedule").first()
    assert told.words.text == WHY


def test_dates_may_stay_as_they_are(campaign, desk):
    of = campaign.slots.get(item__code="Z2.1", period="2026-2027-1")
    done = confirmed(desk, TERM, typed(), do="keep")
    assert "due dates stay as they were" in words(done)
    was = of.due_on
    of.refresh_from_db()
    assert of.due_on == was
    assert Term.objects.get(region=world.COUNTY).ends == date(2027, 1, 15)


def test_only_what_was_shown_is_confirmed(campaign, desk):
    seen = desk.post(TERM, typed()).context["plan"].seen
    other = desk.post(TERM, typed(ends="2027-01-08", do="move", seen=seen))
    assert "This is not what was shown before" in words(other)
    assert not Term.objects.filter(region=world.COUNTY).exists()


def test_an_own_term_is_taken_away_again(campaign, desk):
    confirmed(desk, TERM, typed())
    away = {"year": world.YEAR, "no": "1", "stage": "", "remove": "1"}
    shown = desk.get(TERM, away)
    assert "open would move." in heading(shown)

    done = confirmed(desk, TERM, {**away, "reason": WHY, "key": "z", "do": "look"})
    assert "first term All stages 2026-09-01 2027-01-29 Nation" in words(done)
    assert desk.get(TERM, away).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"ends": "2026-08-31"}, "ends", "The last day must come after the first, 2026-09-01."),
        ({"ends": "2026-09-20"}, "ends", "That would be a term of 3 weeks; look at both dates."),
        ({"starts": "2026-07-01"}, "starts", "has its terms between 2026-08-15 and 2027-08-31."),
        ({"ends": "2027-09-01"}, "ends", "has its terms between 2026-08-15 and 2027-08-31."),
        ({"ends": "2027-03-05"}, "ends", "Term 2 of 2026-2027 runs from 2027-03-01"),
        ({"no": "2", "starts": "2027-01-11", "ends": "2027-06-30"}, "starts", "the two overlap."),
        ({"ends": "2027-02-30"}, "ends", "Enter a valid date."),
        ({"school_year": "1999-2000"}, "school_year", "Select a valid choice"),
        ({"stage": "X"}, "stage", "Select a valid choice"),
        ({"reason": " "}, "reason", "This field is required."),
        ({"reason": "电 13912345678"}, "reason", "mobile number"),
    ],
)
def test_a_term_that_cannot_be_is_refused_at_its_field(desk, fields, field, sentence):
    said = typed(**fields)
    if field == "reason":
        said = said | {"do": "move"}
        said["seen"] = desk.post(TERM, typed()).context["plan"].seen
    answer = desk.post(TERM, said)
    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert not Term.objects.filter(region=world.COUNTY).exists()


def test_what_is_odd_is_asked_and_not_refused(desk):
    said = words(desk.post(TERM, typed(starts="2026-10-05", ends="2026-12-05")))
    assert "Is this meant? 2026-10-05 is not a working day." in said
    assert "2026-12-05 is not a working day." in said
    assert "Between this term and term 2 of 2025-2026 lie 93 days." in said


def test_a_regional_holiday_is_added_and_taken_away(campaign, desk):
    fields = {"kind": "holiday", "first": "2026-12-07", "last": "2026-12-08", "name": "县庆",
              "reason": WHY, "key": "k"}  # fmt: skip
    done = confirmed(desk, DAYS, fields)
    assert "2026-12-07 to 2026-12-08 县庆 Holiday, 2 days, 西湖区 Remove 县庆" in words(done)
    assert not Calendar.of(world.COUNTY).is_workday(date(2026, 12, 8))
    assert Calendar.of(world.SIBLING).is_workday(date(2026, 12, 8))

    away = {"first": "2026-12-07", "last": "2026-12-08", "remove": "1"}
    confirmed(desk, DAYS, {**away, "reason": WHY, "key": "z"})
    assert Calendar.of(world.COUNTY).is_workday(date(2026, 12, 8))
    assert desk.get(DAYS, away).status_code == 404
    assert desk.get(DAYS, {"remove": "1", "first": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"kind": "makeup_workday"}, "first", "2026-12-07 is not at a weekend"),
        ({"last": "2026-12-01"}, "last", "The last day must not come before the first"),
        ({"last": "2027-03-01"}, "last", "At most 31 days at a time."),
        ({"first": "1999-01-01"}, "first", "Enter a day between 2025-08-15 and 2030-12-31."),
        ({"name": "名" * 41}, "name", "at most 40 characters"),
        ({"kind": "x"}, "kind", "Select a valid choice"),
    ],
)
def test_days_that_cannot_be_are_refused_at_their_field(desk, fields, field, sentence):
    said = {"kind": "holiday", "first": "2026-12-07", "name": "县庆", "reason": WHY, **fields}
    answer = desk.post(DAYS, said)
    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert not CalendarDay.objects.filter(region=world.COUNTY).exists()


# ---- a notice

TEXT = """关于2027年部分节假日安排的通知
一、元旦：1月1日（周五）至3日（周日）放假，共3天。1月9日（周六）上班。
附：1月4日注意防火。"""


def test_a_notice_is_shown_day_by_day_and_then_kept(campaign, desk):
    CalendarDay.objects.filter(date=date(2027, 1, 1)).update(provisional=True)
    fields = {"text": TEXT, "year": "", "reason": WHY, "key": "k"}
    shown = desk.post(NOTICE, fields)
    said = words(shown)
    assert "2027-01-03 Sunday Holiday 元旦" in said
    assert "2027-01-09 Saturday Make-up working day 元旦" in said
    assert "check whether a day is missing: 附:1月4日注意防火" in said
    assert not CalendarDay.objects.filter(region=world.COUNTY).exists()

    done = confirmed(desk, NOTICE, fields)

    assert "2027-01-01 to 2027-01-03 元旦 Holiday, 3 days, 西湖区" in words(done)
    assert Calendar.of(world.COUNTY).is_workday(date(2027, 1, 9))
    again = desk.post(NOTICE, {**fields, "key": "other"})
    assert heading(again) == "All of this stands in the calendar already."


def test_a_file_is_read_into_the_text_and_goes_on(desk):
    file = SimpleUploadedFile("通知.txt", TEXT.encode("gb18030"))
    shown = desk.post(NOTICE, {"file": file, "reason": WHY, "key": "k"})
    assert escape("1月9日（周六）上班") in shown.content.decode()
    done = confirmed(desk, NOTICE, {"text": TEXT, "reason": WHY, "key": "k"})
    assert "2027-01-02 to 2027-01-03 元旦 Holiday, 2 days, 西湖区" in words(done)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"text": TEXT.replace("共3天", "共4天")}, "text", "the text says 4 days"),
        ({"text": TEXT.replace("周五", "周四")}, "text", "another day of the week"),
        ({"text": TEXT, "year": "2026"}, "text", "The text is about 2027, but 2026 was chosen."),
        ({"text": "  "}, "text", "Paste the text of the notice, or choose its file."),
        ({"file": SimpleUploadedFile("a.txt", b"\0\1")}, "file", "This is not a list."),
    ],
)
def test_a_notice_with_a_doubt_is_not_kept_and_stays_in_the_form(desk, fields, field, sentence):
    answer = desk.post(NOTICE, {"reason": WHY, **fields})
    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert escape(fields.get("text", "").strip()) in answer.content.decode()
    assert not CalendarDay.objects.filter(region=world.COUNTY).exists()


def test_the_back_office_says_that_due_dates_stay(office, travel):
    fields = {"region": world.COUNTY, "stage": "", "school_year": world.YEAR, "no": "1",
              "starts": "2026-09-01", "ends": "2027-01-15"}  # fmt: skip
    done = office.post("/admin/schools/term/add/", fields, follow=True)
    assert "Due dates already set stay as they are" in words(done)
    assert Term.objects.get(region=world.COUNTY).ends == date(2027, 1, 15)


# ---- cost


def queries(desk, django_assert_num_queries, ask):
    with django_assert_num_queries(14, exact=False) as seen:
        assert ask().status_code == 200
    return len(seen)


def test_the_page_asks_as_often_for_one_row_as_for_three(desk, django_assert_num_queries):
    def shown():
        return desk.get(HERE)

    assert queries(desk, django_assert_num_queries, shown) == 7
    for number, code in enumerate(("33", "3301", world.COUNTY)):
        Term.objects.create(
            region_id=code, school_year=world.YEAR, no=1,
            starts=date(2026, 9, 1), ends=date(2027, 1, 20 + number),
        )  # fmt: skip
        CalendarDay.objects.create(
            region_id=code, date=date(2026, 12, 7 + number), kind="holiday", name="本地"
        )
    assert queries(desk, django_assert_num_queries, shown) == 7


def test_a_preview_asks_as_often_for_one_school_as_for_three(
    desk, manager, django_assert_num_queries
):
    world.school("一小", profile="single")
    world.opened(manager)

    def shown():
        return desk.post(reverse("calendar_term"), typed())

    first = queries(desk, django_assert_num_queries, shown)
    for name in ("二小", "三小"):
        world.entry(world.school(name, profile="single"), "Z2.1")
    assert (first, queries(desk, django_assert_num_queries, shown)) == (12, 12)
