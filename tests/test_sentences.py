"""The sentences at the head of a school's pages, in both languages."""

from datetime import date

import pytest
from django.utils import translation

from reform.states import Status
from reform.views.sentences import (
    Back,
    EntryFacts,
    Owed,
    entry_sentence,
    home_sentence,
    late_line,
    refused_sentence,
    rest_line,
)

TODAY = date(2026, 11, 20)
DUE = date(2026, 11, 30)
BOTH = [
    (
        Owed(late=1, returned=1, due=3, due_by=DUE, minutes=12, total=44),
        "还欠 5 项：1 项逾期，1 项被退回，3 项 11-30 到期；约 12 分钟可办完。",
        "You owe 5 items: 1 overdue, 1 returned, 3 due on 11-30; about 12 minutes in all.",
    ),
    (
        Owed(due=1, due_by=DUE, minutes=1, total=1),
        "还欠 1 项：1 项 11-30 到期；约 1 分钟可办完。",
        "You owe 1 item: 1 due on 11-30; about 1 minute in all.",
    ),
    (
        Owed(due=2, due_by=date(2027, 1, 4), one_date=False, to_sign=2, minutes=90, total=9),
        "还欠 4 项：2 项 2027-01-04 前到期，2 项等您签发；约 1.5 小时可办完。",
        "You owe 4 items: 2 due by 2027-01-04, 2 for you to sign; about 1.5 hours in all.",
    ),
    (
        Owed(next=6, next_on=date(2026, 12, 10), waiting=3, total=9),
        "目前没有要办的；下一批 6 项，12-10 到期。",
        "Nothing is due now. Next: 6 items by 12-10.",
    ),
    (
        Owed(with_secretary=1, waiting=3, total=4),
        "都已写好，1 项等待书记签发。",
        "Everything is written; 1 item waits for the secretary's signature.",
    ),
    (
        Owed(waiting=1, total=4),
        "该提交的都已提交，1 项等待审核。",
        "Everything is sent; 1 item is with the reviewer.",
    ),
    (
        Owed(later=2, later_on=date(2027, 3, 1), total=4),
        "目前没有要办的；2 项 2027-03-01 起办。",
        "Nothing is due now; 2 items begin on 2027-03-01.",
    ),
    (Owed(total=44), "全部 44 项都已办结。", "All done: all 44 items are settled."),
]


@pytest.mark.parametrize(("owed", "zh", "en"), BOTH)
def test_the_first_sentence_says_what_is_owed_and_how_long_it_takes(owed, zh, en):
    with translation.override("zh-hans"):
        assert home_sentence(owed, TODAY) == zh
    with translation.override("en"):
        assert home_sentence(owed, TODAY) == en


def test_an_official_reads_that_the_school_owes():
    with translation.override("en"):
        said = home_sentence(Owed(late=2, minutes=4, total=2), TODAY, own=False)
    assert said == "Owes 2 items: 2 overdue."  # the minutes are the filer's


def test_the_last_line_says_how_much_needs_nothing():
    with translation.override("en"):
        assert rest_line(Owed(late=1, total=2)) == (
            "The other 1 item is sent, not due soon or not owed yet."
        )
        assert rest_line(Owed(late=1, total=1)) == ""
        assert rest_line(Owed(total=5)) == ""


def test_no_minutes_are_told_of_what_waits_for_somebody_else():
    with translation.override("zh-hans"):
        assert home_sentence(Owed(late=1, total=2), TODAY) == "还欠 1 项：1 项逾期。"


@pytest.mark.parametrize(
    ("n", "zh", "en"),
    [
        (1, "等您签发的有 1 项已逾期，已过 9 个工作日。",
         "One of those to sign is overdue: 9 working days past its date."),
        (2, "等您签发的有 2 项已逾期，最早的已过 9 个工作日。",
         "2 of those to sign are overdue, the first by 9 working days."),
        (0, "", ""),
    ],
)  # fmt: skip
def test_how_long_a_signature_is_overdue_stands_below_the_sentence(n, zh, en):
    owed = Owed(to_sign=2, sign_late=n, sign_late_on=DUE if n else None)
    with translation.override("zh-hans"):
        assert late_line(owed, 9) == zh
    with translation.override("en"):
        assert late_line(owed, 9) == en


def test_after_a_refusal_the_sentence_names_what_stands_in_the_way():
    with translation.override("zh-hans"):
        assert refused_sentence(["勾选确认"]) == "还有 1 处要补正：勾选确认。"
    with translation.override("en"):
        said = refused_sentence(["Progress note", "Evidence"])
    assert said == "2 things are still missing or wrong: Progress note, Evidence."


def facts(**changes):
    fields = {
        "status": Status.in_progress,
        "own": True,
        "writing": True,
        "signing": False,
        "opens_on": date(2026, 9, 1),
        "due_on": DUE,
        "missing": 0,
        "stale": False,
        "answered": False,
        "short": 0,
        "silent": False,
        "sent_on": None,
        "settled_on": None,
        "running": True,
    }
    return EntryFacts(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        (
            {"missing": 2},
            "只差 2 个数，填好即可提交。",
            "Only 2 numbers are missing, then it can be sent.",
        ),
        (
            {"stale": True},
            "正在按台账重新计算。",
            "The figures are being worked out again from the registers.",
        ),
        (
            {"answered": True},
            "台账数据已全部达到要求，点一下即可确认提交。",
            "The registers answer everything: one click confirms it.",
        ),
        (
            {"explained": True},
            "未达要求之处已写说明，再看一遍即可提交。",
            "The note says why figures fall short: read it once more and send it.",
        ),
        (
            {"short": 2},
            "台账有 2 处未达要求：补齐台账，或说明原因后提交。",
            "The registers fall short in 2 places: add what is missing or say why.",
        ),
        (
            {"silent": True},
            "台账中还没有本项的记录：补记台账，或用一句话说明情况。",
            "The registers say nothing about this yet: fill them, or say how things stand.",
        ),
        ({}, "内容已齐，再看一遍即可提交。", "Everything is there: read it once more and send it."),
        (
            {"status": Status.returned, "due_on": date(2026, 11, 19)},
            "已被退回且已逾期，请尽快改好再提交。",
            "Returned and past its date: correct it and send it again now.",
        ),
        (
            {"status": Status.returned, "missing": 1},
            "已被退回，请在 11-30 前改好再提交。",
            "Returned: correct it and send it again by 11-30.",
        ),
        (
            {"status": Status.awaiting_signoff, "signing": True},
            "看过后签发，即报审核。",
            "Read it and sign; then it goes to the reviewer.",
        ),
        (
            {"status": Status.awaiting_signoff},
            "已写好，等待书记签发。",
            "It waits for the secretary's signature.",
        ),
        (
            {"status": Status.submitted, "sent_on": date(2026, 11, 16)},
            "11-16 已提交，等待审核。",
            "Sent 11-16; it is with the reviewer.",
        ),
        (
            {"status": Status.accepted, "settled_on": date(2025, 12, 1)},
            "2025-12-01 已通过，不用再办。",
            "Accepted 2025-12-01; nothing more to do.",
        ),
        (
            {"status": Status.exempt, "settled_on": TODAY},
            "11-20 认定为不适用，不用再办。",
            "Found not applicable 11-20; nothing more to do.",
        ),
        (
            {"opens_on": date(2027, 3, 1)},
            "2027-03-01 起办，目前不用办理。",
            "This begins on 2027-03-01; nothing to do before.",
        ),
        (
            {"running": False},
            "专项或本项已结束，不用再办。",
            "Nothing is asked here any more: the campaign or the item has ended.",
        ),
        ({"own": False}, "学校还没有提交。", "The school has not sent this yet."),
        (
            {"own": False, "status": Status.returned, "back": Back(True, "周科", TODAY)},
            "周科于 11-20 重开，学校应在 11-30 前改好再提交。",
            "周科 reopened it on 11-20; the school is to send it again by 11-30.",
        ),
        (
            {
                "own": False,
                "status": Status.returned,
                "back": Back(False, "周科", date(2026, 11, 10)),
                "due_on": date(2026, 11, 19),
            },
            "周科于 11-10 退回，时限 11-19 已过，学校还没有再提交。",
            "周科 returned it on 11-10; the school did not send it again by 11-19.",
        ),
        (
            {"writing": False},
            "本项在这里只能查看。",
            "This is kept by others; here it can only be read.",
        ),
    ],
)
def test_the_sentence_of_an_entry_says_whether_it_is_enough(changes, zh, en):
    with translation.override("zh-hans"):
        assert entry_sentence(facts(**changes), TODAY) == zh
    with translation.override("en"):
        assert entry_sentence(facts(**changes), TODAY) == en
