"""A holiday notice as it is published becomes days; what does not fit is said, never guessed."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from reform.models import Event
from schools import almanac, notices, sheets
from schools.errors import Denied
from schools.models import CalendarDay
from schools.workdays import Calendar
from tests import world

HEAD = "国务院办公厅关于{}年部分节假日安排的通知\n各省、自治区、直辖市人民政府：\n"
# The arrangements of three years, in the forms the notices of these years take.
ARRANGED = {
    2024: """一、元旦：1月1日放假，与周末连休。
二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。鼓励各单位安排职工在除夕（2月9日）休息。
三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。
四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。
五、端午节：6月10日放假，与周末连休。
六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。""",
    2025: """一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。""",
    2026: """一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。""",
}
SPANS = {
    2024: "0101 0210-0217 0404-0406 0501-0505 0610 0915-0917 1001-1007",
    2025: "0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008",
    2026: "0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007",
}
WORKED = {
    2024: "0204 0218 0407 0428 0511 0914 0929 1012",
    2025: "0126 0208 0427 0928 1011",
    2026: "0104 0214 0228 0509 0920 1010",
}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def text(year):
    return HEAD.format(year) + ARRANGED[year]


def off(year):
    found = set()
    for span in SPANS[year].split():
        first, _dash, last = span.partition("-")
        days = [date.fromisoformat(f"{year}{day}") for day in (first, last or first)]
        found |= {date.fromordinal(n) for n in range(days[0].toordinal(), days[1].toordinal() + 1)}
    return found


def kinds(notice, kind):
    return {day for day, (of, _name) in notice.days.items() if of == kind}


@pytest.mark.parametrize("year", ARRANGED)
def test_the_notices_of_three_years_are_read_to_the_day(year):
    notice = notices.read(text(year))

    assert notice.problems == []
    assert kinds(notice, "holiday") == off(year)
    assert kinds(notice, "makeup_workday") == {
        date.fromisoformat(f"{year}{day}") for day in WORKED[year].split()
    }


def test_a_day_carries_the_name_of_its_holiday():
    days = notices.read(text(2025)).days
    assert days[date(2025, 10, 6)] == ("holiday", "国庆节、中秋节")
    assert days[date(2025, 2, 8)] == ("makeup_workday", "春节")


def test_what_is_not_understood_is_named_and_advice_is_no_day_off():
    notice = notices.read(text(2024))
    assert notice.unread == ["鼓励各单位安排职工在除夕(2月9日)休息"]
    assert date(2024, 2, 9) not in notice.days


def test_a_text_with_full_width_figures_and_spaces_reads_the_same():
    wide = text(2026).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert notices.read(wide.replace("月", " 月 ")).days == notices.read(text(2026)).days


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        (
            "元旦：1月1日至3日放假，共4天。",
            "元旦: the text says 4 days, but 2027-01-01 to 2027-01-03 is 3.",
        ),
        (
            "元旦：1月4日（周日）上班。",
            "1月4日(周日): 2027-01-04 is another day of the week. Is the year right?",
        ),
        (
            "元旦：1月5日上班。",
            "2027-01-05 is not at a weekend, so it cannot be a make-up working day.",
        ),
        ("春节：2月30日放假。", "2月30日: there is no such day."),
        (
            "春节：2月10日至5日放假。",
            "2027-02-10 to 2027-02-05: the last day comes before the first.",
        ),
        (
            "春节：2月1日至28日放假。",
            "2027-02-01 to 2027-02-28 is longer than any holiday; correct the text.",
        ),
        (
            "元旦：1月2日放假。1月2日上班。",
            "2027-01-02 is named both as a holiday and as a working day.",
        ),
        (
            "各单位照常办公。",
            "No day was found. Paste the text as it was published, or a table of days.",
        ),
        ("", "No day was found. Paste the text as it was published, or a table of days."),
    ],
)
def test_what_cannot_be_is_said(sentence, problem):
    assert problem in notices.read(sentence, 2027).problems


def test_the_year_is_that_of_the_text_and_never_guessed():
    assert notices.read("元旦：1月1日放假。").problems == [
        "The text names no year; choose it below."
    ]
    assert notices.read(text(2026), 2027).problems == [
        "The text is about 2026, but 2027 was chosen."
    ]
    across = notices.read("元旦：2022年12月31日至2023年1月2日放假调休，共3天。", 2023)
    assert (across.problems, sorted(across.days)[0]) == ([], date(2022, 12, 31))


def test_a_table_is_read_from_a_workbook_and_from_csv():
    rows = [["2027-01-01", "休", "元旦"], ["2027-01-03", "班", "元旦"]]
    book = sheets.write_xlsx(["日期", "类型", "名称"], rows, "节假日")
    lines = sheets.write_csv(["日期", "类型", "名称"], rows)
    for data in (book, lines):
        assert notices.read(notices.text_of(data)).days == {
            date(2027, 1, 1): ("holiday", "元旦"),
            date(2027, 1, 3): ("makeup_workday", "元旦"),
        }


def test_a_workbook_with_the_sentences_in_its_cells_is_read_too():
    rows = [[line] for line in ARRANGED[2026].split("\n")]
    book = sheets.write_xlsx([HEAD.format(2026).split("\n")[0]], rows, "通知")
    assert notices.read(notices.text_of(book)).days == notices.read(text(2026)).days


def test_a_file_that_is_no_text_is_refused():
    with pytest.raises(Denied):
        notices.text_of(b"\x89PNG\r\n\x1a\n\0\0\0")
    assert notices.read(notices.text_of(text(2025).encode("gb18030"))).problems == []


# ---- what it changes in a region


@pytest.fixture
def guessed(db):
    """The nation's 2026 as a library guesses it: no make-up days, spans too long or too short."""
    world.ground()
    CalendarDay.objects.filter(date__year=2026).delete()
    days = [date(2026, 1, 1), date(2026, 2, 13), date(2026, 2, 17), date(2026, 10, 1)]
    CalendarDay.objects.bulk_create(
        CalendarDay(region_id="0", date=day, kind="holiday", name="假日", provisional=True)
        for day in days
    )
    CalendarDay.objects.create(region_id="33", date=date(2026, 3, 3), kind="holiday", name="本省")


def change(region, year=2026, said=None):
    found = notices.read(said or text(year))
    return almanac.from_notice(region, found.days, ordinary="照常上班")


def write(made):
    almanac.write(made)
    return made


@pytest.mark.parametrize("region", ["0", world.COUNTY])
def test_after_a_notice_the_year_is_as_it_says(guessed, region):
    write(change(region))

    calendar = Calendar.of(region)
    every = [date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(365)]
    own = {date(2026, 3, 3)} if region == world.COUNTY else set()
    made_up = {date.fromisoformat(f"2026{day}") for day in WORKED[2026].split()}
    weekends = {day for day in every if day.weekday() >= 5}
    expected = (off(2026) | weekends | own) - made_up
    assert {day for day in every if not calendar.is_workday(day)} == expected
    assert len(every) - len(expected - own) == 248
    in_force = almanac.days_in_force(region, every[0], every[-1])
    assert [day for day in in_force if day.provisional] == []


def test_a_county_leaves_the_rows_of_others_alone(guessed):
    before = list(CalendarDay.objects.exclude(region=world.COUNTY).values())
    write(change(world.COUNTY))
    assert list(CalendarDay.objects.exclude(region=world.COUNTY).values()) == before
    assert Calendar.of(world.SIBLING).is_workday(date(2026, 10, 2))


@pytest.mark.parametrize("region", ["0", world.COUNTY])
def test_the_same_notice_again_changes_nothing(guessed, region):
    write(change(region))
    assert not change(region)


def test_a_corrected_notice_takes_back_what_the_first_one_said(guessed):
    write(change("0"))
    write(change("0", said=text(2026).replace("5月9日（周六）", "5月10日（周日）")))
    calendar = Calendar.of("0")
    assert not calendar.is_workday(date(2026, 5, 9))
    assert calendar.is_workday(date(2026, 5, 10))


def test_a_part_of_a_notice_leaves_the_rest_of_the_year_provisional(guessed):
    write(change(world.COUNTY, said=HEAD.format(2026) + ARRANGED[2026].split("\n")[0]))
    left = almanac.days_in_force(world.COUNTY, date(2026, 1, 1), date(2026, 12, 31))
    assert [day.date for day in left if day.provisional] == [
        date(2026, 2, 13), date(2026, 2, 17), date(2026, 10, 1)
    ]  # fmt: skip
    assert not Calendar.of(world.COUNTY).is_workday(date(2026, 10, 1))


# ---- the operator's command


def run(tmp_path, said, *options):
    file = tmp_path / "notice.txt"
    file.write_text(said, "utf-8")
    out = StringIO()
    call_command("holiday_notice", file, *options, stdout=out)
    return out.getvalue().splitlines()


def test_the_command_shows_first_and_writes_when_told(guessed, tmp_path):
    shown = run(tmp_path, text(2026))
    assert shown[-1].endswith("0 due dates, 0 open filings. Nothing was written; say --apply.")
    assert not Calendar.of("0").is_workday(date(2026, 2, 13))

    run(tmp_path, text(2026), "--apply")
    assert Calendar.of("0").is_workday(date(2026, 2, 13))
    assert run(tmp_path, text(2026), "--apply")[-1] == "All of this stands in the calendar already."
    told = Event.objects.get(kind="calendar")
    assert (told.subject, told.actor) == ("region:0", None)


def test_the_command_stops_at_a_doubt(guessed, tmp_path):
    with pytest.raises(CommandError, match="so it cannot be a make-up working day"):
        run(tmp_path, "2026年元旦：1月5日上班。", "--apply")
    with pytest.raises(CommandError, match="no region 999999"):
        run(tmp_path, text(2026), "--region", "999999")
    with pytest.raises(CommandError, match="No such file"):
        call_command("holiday_notice", tmp_path / "none.txt")
