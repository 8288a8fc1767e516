"""The words and shapes of templates, and what keeps the look small."""

import re
from datetime import UTC, date, datetime

import pytest
from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.template import engines
from django.utils import translation
from django.utils.safestring import mark_safe

from reform.states import LIGHT_WORDS
from reform.templatetags import look

LOOK = settings.BASE_DIR / "reform" / "static" / "look"
APP = settings.BASE_DIR / "reform" / "static" / "app"


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        (1, "约 1 分钟", "about 1 minute"),
        (59, "约 59 分钟", "about 59 minutes"),
        (60, "约 1 小时", "about 1 hour"),
        (100, "约 1.5 小时", "about 1.5 hours"),
        (480, "约 8 小时", "about 8 hours"),
    ],
)
def test_minutes_become_half_hours_from_an_hour_on(number, zh, en):
    with translation.override("zh-hans"):
        assert look.minutes(number) == zh
    with translation.override("en"):
        assert look.minutes(number) == en


@pytest.mark.parametrize(
    ("days", "zh", "en"),
    [
        (6, "还有 6 个工作日", "6 working days left"),
        (1, "还有 1 个工作日", "1 working day left"),
        (0, "今天到期", "due today"),
        (-3, "已过 3 个工作日", "3 working days past the date"),
    ],
)
def test_days_are_told_in_words(days, zh, en):
    with translation.override("zh-hans"):
        assert look.workdays_left(days) == zh
    with translation.override("en"):
        assert look.workdays_left(days) == en


def test_a_date_stays_whole_and_a_number_stays_with_its_word():
    said = look.unbroken("还欠 5 项，11-30 到期 <b> 2026-2027 学年，2026-11-20 12:00")
    assert said == (
        "还欠\u00a05\u00a0项，<time>11-30</time>\u00a0到期 &lt;b&gt; 2026-2027\u00a0学年，"
        "<time>2026-11-20 12:00</time>"
    )


def test_a_run_of_words_wider_than_a_phone_may_fold_before_its_full_stop_is_alone():
    assert look.unbroken("白鹭县教育局没有专项。") == "白鹭县教育局没有专项。"
    long = "白鹭县教育局目前没有进行中的专项"
    inner = "<wbr>".join(long[2:-3])
    assert look.unbroken(f"{long}。") == f"{long[:2]}<wbr>{inner}<wbr>{long[-3:]}。"
    assert look.unbroken("将于 今天 13:53 发出。") == "将于今天\u00a013:53\u00a0发出。"
    assert look.unbroken("于 11-18 08:30 发出。") == "于\u00a0<time>11-18 08:30</time>\u00a0发出。"
    counted = look.unbroken("台账里有 1 条缺少核查点要用的内容。")
    assert "有\u00a01\u00a0条缺<wbr>少" in counted and counted.endswith("用<wbr>的内容。")
    stuck = look.unbroken("逾期 59 项，其中 S1.1 党组织设置与任期最多，有 12 项。")
    assert "，其中\u00a0S1.1\u00a0党组<wbr>织" in stuck and "期最多，有" in stuck


def test_sizes_and_days_are_short():
    assert [look.size(n) for n in (48 * 1024, 3 * 1024 * 1024)] == ["48 KB", "3.0 MB"]
    assert look.day(date(2026, 11, 30)) == '<time datetime="2026-11-30">2026-11-30</time>'
    late_evening = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)
    assert look.day(late_evening) == '<time datetime="2026-12-01">2026-12-01</time>'
    assert look.day(None) == ""


def test_a_moment_is_told_by_the_clock_of_shanghai(travel):
    with translation.override("en"):
        assert look.moment(datetime(2026, 11, 20, 3, 42, tzinfo=UTC)) == (
            '<span class="no-print">today 11:42</span><span class="paper">2026-11-20 11:42</span>'
        )
    now = look.moment(datetime(2026, 11, 20, 3, 42, tzinfo=UTC))
    said = look.unbroken(mark_safe(f"数据到 {now}"))
    assert said.startswith('数据到<span class="no-print">今天\u00a011:42</span>')
    assert '<span class="paper"><time>2026-11-20 11:42</time></span>' in said
    assert look.moment(datetime(2026, 11, 17, 17, 0, tzinfo=UTC)) == "11-18 01:00"
    assert look.moment(datetime(2025, 12, 31, 4, 0, tzinfo=UTC)) == "2025-12-31 12:00"


def test_every_light_has_a_word_a_colour_and_a_shape():
    css = (LOOK / "parts.css").read_text()
    for name in LIGHT_WORDS:
        assert re.search(rf"\.{name}\b[^{{]*\{{ --c:", css), name
        assert f".{name}::before" in css or name == "late", name


def test_what_was_typed_is_told_apart_from_what_the_page_sent():
    request = HttpRequest()
    request.POST = QueryDict("csrfmiddlewaretoken=abc&version=3&note=写好了&password=geheim&n=12")
    assert look.typed_texts(request) == ["写好了"]
    assert look.typed_texts(None) == []


def test_the_stylesheets_stay_below_30_kilobytes_and_the_scripts_below_10():
    assert sum(file.stat().st_size for file in LOOK.glob("*.css")) <= 30 * 1024
    assert sum(file.stat().st_size for file in APP.glob("*.js")) <= 10 * 1024


@pytest.mark.parametrize("code", ["400", "403", "404", "405", "409", "500"])
def test_an_error_page_can_be_shown_without_any_context(code):
    page = engines["django"].get_template(f"{code}.html").render({"reason": "已有人先办。"})
    assert page.count("<h1>") == 1
    assert f"<span>{code}</span>" in page
