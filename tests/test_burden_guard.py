"""What relieves schools stays so: no ranking, no points, no check-in, no figures about persons."""

import re
from collections import Counter

import pytest
from babel.messages.pofile import read_po
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from reform.management.commands.messages import catalogue_path
from schools.admin import site
from tests import world
from tests.test_house_rules import templates

CHINESE = ["排名", "排行", "名次", "积分", "得分", "评分", "打卡", "登录次数", "登录率", "在线时长"]
CHINESE += ["在线时间", "末位", "倒数第", "红黑榜"]
ENGLISH = [
    r"rank(s|ed|ing|ings)?",
    r"leader-?\s?board",
    r"scor(e|es|ed|ing)",
    r"badges?",
    r"streaks?",
    r"check(ed)?[- ]in",
    r"(log|sign)-?\s?in (count|rate)s?",
    r"online time",
    r"time online",
    r"top \d+",
    r"worst",
    r"best schools?",
    r"(earn|award|reward)s? points",
]
FORBIDDEN = re.compile(rf"{'|'.join(CHINESE)}|\b({'|'.join(ENGLISH)})\b", re.I)
# Sentences that say it is not done.
PROMISES = (
    "No ranking, no points, no log-in counts.",
    "Signing in only tells who you are. Neither sign-ins nor time spent here are counted.",
    "Who did what from where, newest first. Nothing here counts how often or how long somebody was "
    "online.",
)
CODE = re.compile(r"{%.*?%}|{{.*?}}", re.S)
FIELD = re.compile(
    r"score|points|rank|badge|streak|check_?in|login|logged_in|last_seen|online|visits|duration"
)
# Django's own moment of the last sign-in; the next test holds that no list shows it.
OF_DJANGO = {"User.last_login"}
# How long the answer took, for operators; it differs each time.
SERVER_TIME = re.compile(r"<footer[^>]*>[^<\d]*\d+ (ms|毫秒)</footer>")
SORTED_BY = re.compile(
    r"^-?(pk|code|name|username|date|at|on|as_of|held_on|asked_on|no|seq|subject|position|version|region|school_year|stage"
    r"|slot__position|sort_number)$"
)
NAMES = ("sort", "order", "order_by", "ordering", "sort_by", "o", "by", "desc", "rank", "top")
VALUES = ("-status", "percent", "school__entries__status")
READERS = 2  # seats that try a page
THINGS = {"region": "region", "code": "school", "key": "book", "pk": None, "page": None}


def product():
    """(where, text) of every template without its code, and of every message with its Chinese."""
    for where, text in templates():
        yield where, CODE.sub(" ", text)
    with catalogue_path().open("rb") as file:
        for message in read_po(file):
            if message.id in PROMISES:
                continue
            words = [message.id, message.string]
            flat = [
                w for word in words for w in (word if isinstance(word, tuple | list) else [word])
            ]
            yield f"django.po: {message.id}", "\n".join(flat)


def test_no_page_speaks_of_ranking_points_check_in_or_time_spent():
    found = [(where, match[0]) for where, text in product() for match in FORBIDDEN.finditer(text)]

    assert found == []


@pytest.mark.parametrize(
    "words",
    ["本县排名第三", "今日打卡", "积分", "Top 10", "School ranking", "login count", "3 badges"],
)
def test_the_guard_knows_such_words_when_it_sees_them(words):
    assert FORBIDDEN.search(words)


def own_models():
    return [
        model for app in ("schools", "reform") for model in apps.get_app_config(app).get_models()
    ]


def test_no_model_holds_what_a_ranking_or_a_log_of_persons_would_need():
    found = {
        f"{model.__name__}.{field.name}"
        for model in own_models()
        for field in model._meta.get_fields()
        if FIELD.search(field.name)
    }

    assert found == OF_DJANGO


def test_no_list_shows_when_persons_last_signed_in():
    listed = {
        f"{type(admin).__name__}.{name}"
        for admin in site._registry.values()
        for name in ("list_display", "list_filter", "ordering", "date_hierarchy")
        if "last_login" in str(getattr(admin, name))
    }
    pages = {where for where, text in templates() if "last_login" in text}

    assert listed == set()
    assert pages == {"templates/session/account.html"}  # one's own


def test_every_model_is_listed_by_name_code_or_date():
    found = {
        f"{model.__name__}: {field}"
        for model in own_models()
        for field in model._meta.ordering
        if not SORTED_BY.match(field)
    }

    assert found == set()


# ---- no list can be sorted by progress


@pytest.fixture
def uneven(cast):
    """Two schools, one done and one late, and everybody who reads lists."""
    other = world.school("北街小学")
    entry = world.file(world.entry(cast.school), cast.filer)
    world.accept(entry, cast.reviewer)
    waiting = world.file(world.entry(cast.school, "Z2.2"), cast.filer)
    world.file(world.entry(other), world.seat("filer", other))
    world.entry(other, "Z1.1", due_on=world.NOON.date() - world.days(7))
    cast.things = {
        "region": world.COUNTY,
        "school": cast.school.code,
        "entry": entry.pk,
        "review_entry": waiting.pk,
        "campaign": cast.campaign.pk,
        "framework": cast.campaign.framework_id,
        "slot": waiting.slot_id,
        "book": "meetings",
    }
    cast.readers = [
        cast.filer,
        cast.reviewer,
        cast.manager,
        cast.viewer,
        world.seat("viewer", "3301"),
        world.seat("viewer", "33"),
        world.seat("viewer", "0"),
        world.seat("editor", "0"),
        world.seat("auditor", "0"),
        world.seat("operator", "0"),
    ]
    return cast


def patterns(resolver=None):
    """Every named pattern of ours; the stock admin lists nothing of a campaign."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif pattern.app_name != "admin":
            yield from patterns(pattern)


def address(pattern, things):
    """The address of a page with the thing its name begins with; None when it takes another."""
    arguments = {}
    for argument in pattern.pattern.converters:
        kind = THINGS.get(argument) or next(
            (kind for kind in (pattern.name, pattern.name.split("_")[0]) if kind in things), None
        )
        if kind not in things:
            return None
        arguments[argument] = things[kind]
    return reverse(pattern.name, kwargs=arguments)


def seen(response, asked=""):
    """What stands on a page and in which order: its words and where its links lead; less the
    sentence that says there is no such order as was `asked` for."""
    html = SERVER_TIME.sub("", response.content.decode())
    if asked:
        html = re.sub(rf"<p>[^<]*“{re.escape(asked[:9])}[^<]*</p>", "", html)
    links = [link.partition("?")[0] for link in re.findall(r'href="([^"]*)"', html)]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)), links


def test_no_list_can_be_sorted_by_anything_in_the_address(uneven):
    clients = [world.sign_in(Client(), seat) for seat in uneven.readers]
    tried, changed = Counter(), []
    for pattern in patterns():
        url = address(pattern, uneven.things)
        for client in clients if url else ():
            plain = client.get(url) if tried[pattern.name] < READERS else None
            if not plain or plain.status_code != 200 or "html" not in plain["Content-Type"]:
                continue
            tried[pattern.name] += 1
            for value in VALUES:
                hostile = client.get(url, dict.fromkeys(NAMES, value))
                if hostile.status_code != 200 or seen(hostile, value) != seen(plain):
                    changed.append((url, value))
    assert changed == []
    assert tried.keys() >= {
        "account",
        "audit",
        "board_region",
        "board_rows",
        "campaign",
        "campaigns",
        "entry",
        "framework",
        "frameworks",
        "items",
        "register",
        "registers",
        "review",
        "review_entry",
        "school",
        "school_home",
        "school_ledger",
        "school_register",
        "schools",
        "status",
        "structure",
        "terms_of_office",
        "training_county",
    }


def test_the_back_office_lists_nothing_of_a_campaign(uneven):
    operator = world.sign_in(Client(), uneven.readers[-1])
    shown = re.findall(r'href="/admin/reform/(\w+)/', operator.get("/admin/").content.decode())

    assert shown == []
