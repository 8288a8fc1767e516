"""The inbox: what I was told, why, what is new, and how each reminder went out."""

from datetime import date, timedelta

import pytest

from reform import daily, extensions, nudges, outbox, reminders, sending
from reform.models import Attempt, Entry, Reminder
from schools.models import User
from tests import world
from tests.reading import heading, words

pytestmark = pytest.mark.django_db

HERE = "/inbox/"
DUE = date(2026, 11, 25)


@pytest.fixture
def entry(cast):
    return world.entry(cast.school, due_on=DUE)


@pytest.fixture
def filer(cast, at):
    return at(cast.filer)


def shown(page):
    """How many lines a page of the inbox has."""
    return sum(len(lines) for _school, lines in page.context["groups"])


def test_a_line_says_what_why_and_where(cast, entry, filer):
    world.told(entry, cast.filer)
    page = filer.get(HERE)
    said = words(page)
    assert heading(page) == "有 1 条新提醒。"
    assert "2026-11-25 到期，还剩 3 个工作日。" in said
    assert "您是阳光小学填报员" in said
    assert f'href="/entries/{entry.pk}/"' in page.content.decode()


def test_what_was_seen_is_no_longer_new_and_what_comes_later_is(cast, entry, filer):
    first = world.told(entry, cast.filer)
    later = world.told(entry, cast.filer, stage=0)
    filer.post("/inbox/seen/", {"upto": first.pk})
    assert heading(filer.get(HERE)) == "有 1 条新提醒。"
    filer.post("/inbox/seen/", {"upto": later.pk})
    assert heading(filer.get(HERE)) == "没有新的提醒。"
    for nonsense in ("", "x", "-1", "9" * 30):
        assert filer.post("/inbox/seen/", {"upto": nonsense}).status_code == 302


def test_every_page_shows_how_much_is_new_at_no_further_cost(
    cast, entry, filer, django_assert_num_queries
):
    with django_assert_num_queries(12, exact=False) as before:
        filer.get("/school/")
    for code in ("Z2.2", "Z2.3", "S1.1"):
        world.told(world.entry(cast.school, code, due_on=DUE), cast.filer)
    with django_assert_num_queries(len(before)):
        page = filer.get("/school/")
    assert "收件箱 3" in words(page)


def test_what_became_needless_stands_apart_with_the_reason(cast, entry, filer):
    world.told(entry, cast.filer)
    world.file(entry, cast.filer)
    assert "还剩 3 个工作日" not in words(filer.get(HERE))
    assert "期间已办理" in words(filer.get(HERE, {"all": 1}))


def test_of_a_date_only_the_last_stage_stands_and_the_number_says_the_same(cast, entry, filer):
    for stage in (-15, -7, -3):
        world.told(entry, cast.filer, stage=stage, state="told")
    world.told(entry, cast.filer, due_on=date(2026, 11, 20), state="told")  # a date moved since
    world.told(world.entry(cast.school, "Z2.2", due_on=DUE), cast.filer)
    page = filer.get(HERE)
    assert heading(page) == "有 2 条新提醒。"
    assert shown(page) == 2
    assert shown(filer.get(HERE, {"all": 1})) == 5


def test_old_news_leaves_once_it_was_seen(cast, entry, filer, travel):
    told = world.told(entry, cast.filer, "moved", stage=0)
    travel.move_to(world.NOON + timedelta(days=31))
    world.sign_in(filer, cast.filer)
    assert shown(filer.get(HERE)) == 1
    filer.post("/inbox/seen/", {"upto": told.pk})
    assert shown(filer.get(HERE)) == 0


def test_what_a_later_stage_replaced_was_never_told(cast, entry, filer):
    world.told(entry, cast.filer, state="superseded")
    assert "还剩 3 个工作日" not in words(filer.get(HERE, {"all": 1}))


def test_each_kind_has_its_words(cast, entry, filer, at, travel):
    other = world.entry(cast.school, "Z2.2", due_on=DUE)
    extensions.decide(
        extensions.ask(
            entry.pk, by=cast.filer, wanted_on=date(2026, 12, 4), reason="材料来不及核对。"
        ).pk,
        by=cast.reviewer,
        grant=True,
    )
    nudges.send([other.pk], by=cast.reviewer, reason="县里周四汇总，请抓紧。")
    travel.move_to(world.NOON + timedelta(minutes=11))
    nudges.release()
    third = world.file(world.entry(cast.school, "Z2.3", due_on=DUE), cast.filer)
    world.send_back(third, cast.reviewer)
    said = words(filer.get(HERE))
    assert "县里周四汇总，请抓紧。" in said
    assert "延期" in said
    assert "退回" in said
    fourth = world.entry(cast.school, "S1.1", due_on=DUE)
    extensions.ask(fourth.pk, by=cast.filer, wanted_on=date(2026, 12, 4), reason="会议改期。")
    desk = at(cast.reviewer).get(HERE)
    assert heading(desk) == "有 1 条新提醒。"
    assert "学校申请延期至 2026-12-04" in words(desk)


def test_an_official_reads_what_is_new_school_by_school(cast, entry, at):
    other = world.school("月亮小学")
    world.told(entry, cast.reviewer)
    world.told(world.entry(other, "Z2.2", due_on=DUE), cast.reviewer)
    world.told(world.entry(cast.school, "Z2.3", due_on=DUE), cast.reviewer)

    page = at(cast.reviewer).get(HERE)

    groups = [(school, len(lines)) for school, lines in page.context["groups"]]
    assert groups == [("阳光小学", 2), ("月亮小学", 1)]
    assert words(page).count("阳光小学") == 1


def test_people_of_a_school_do_not_read_its_name_over_their_lines(entry, cast, filer):
    world.told(entry, cast.filer)

    assert [school for school, _lines in filer.get(HERE).context["groups"]] == [""]


def test_it_does_not_ask_more_often_for_three_lines_than_for_one(
    cast, filer, django_assert_num_queries
):
    world.told(world.entry(cast.school, due_on=DUE), cast.filer)
    with django_assert_num_queries(6):
        filer.get(HERE)
    for code in ("Z2.2", "Z2.3"):
        world.told(world.entry(cast.school, code, due_on=DUE), cast.filer)
    with django_assert_num_queries(6):
        filer.get(HERE)


def test_more_than_a_page_goes_on_by_key(cast, entry, filer):
    for stage in range(-35, 0):
        world.told(entry, cast.filer, stage=stage)
    first = filer.get(HERE, {"all": 1})
    second = filer.get(first.context["next_url"])
    assert (shown(first), shown(second)) == (30, 5)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "本系统未配置邮件"),
        ({"mail": True}, "请在账号页填写邮箱"),
        ({"mail": True, "email": "a@example.cn"}, "同时发送邮件"),
        ({"mail": True, "email": "a@example.cn", "digest": False}, "您已关闭每日邮件"),
        ({"mail": True, "email": "a@example.cn", "email_refused_at": world.NOON}, "收不到邮件"),
    ],
)
def test_it_says_whether_it_comes_by_mail_too(cast, filer, settings, change, sentence):
    settings.MAIL_SERVER = {"host": "127.0.0.1"} if change.pop("mail", False) else None
    User.objects.filter(pk=cast.filer.user.pk).update(**change)
    assert sentence in words(filer.get(HERE))


# ---- how one went out


def test_its_story_goes_from_planned_over_tried_to_accepted(cast, entry, filer, settings):
    settings.MAIL_SERVER = {"host": "127.0.0.1"}
    told = world.told(entry, cast.filer)
    letter = outbox.post(cast.filer.user, "digest", "2026-11-20")
    later = world.NOON + timedelta(minutes=1)
    Reminder.objects.filter(pk=told.pk).update(message=letter, state="told", settled_at=later)
    Attempt.objects.create(
        message=letter, at=world.NOON, owner="a", outcome="unreachable", reply="refused"
    )
    Attempt.objects.create(
        message=letter, at=later, owner="b", outcome="accepted",
        reply="250 OK",
    )  # fmt: skip
    type(letter).objects.filter(pk=letter.pk).update(state="accepted", settled_at=world.NOON)
    page = filer.get(f"/reminders/{told.pk}/")
    said = words(page)
    assert heading(page) == "已进入收件箱；邮件服务器于 2026-11-20 12:00 接收了邮件。"
    steps = ["邮件服务器已接收", "250 OK", "邮件服务器无应答", "已列入待发邮件", "生成提醒"]
    assert all(step in said for step in steps)


def test_the_authority_sees_that_it_went_out_and_never_whether_it_was_read(cast, entry, at):
    told = world.told(entry, cast.filer)
    page = f"/reminders/{told.pk}/"
    before = words(at(cast.reviewer).get(page))
    Reminder.objects.update(seen_at=world.NOON)
    assert words(at(cast.reviewer).get(page)) == before
    assert at(cast.strange_reviewer).get(page).status_code == 404
    assert at(cast.stranger).get(page).status_code == 404


def test_a_reminder_taken_back_says_why(cast, entry, filer):
    told = world.told(entry, cast.filer)
    reminders.cancel([entry.pk], "void")
    assert heading(filer.get(f"/reminders/{told.pk}/")) == "本提醒已取消：专项已作废。"


def test_a_refused_address_says_so_even_when_a_later_letter_arrives(
    cast, entry, filer, sink, travel
):
    told = world.told(entry, cast.filer)
    sink.mode = {"rcpt": "550 5.1.1 no such user"}
    daily.plan()
    sending.run(senders=1)
    page = filer.get(f"/reminders/{told.pk}/")
    assert heading(page) == "已进入收件箱；邮件未能送达。"
    assert "550 5.1.1 no such user" in words(page)

    sink.mode = {}
    User.objects.filter(pk=cast.filer.user.pk).update(email="new@b.example", email_refused_at=None)
    travel.shift(timedelta(hours=2))
    later = world.told(entry, cast.filer, stage=0)
    daily.plan()
    sending.run(senders=1)
    taken = heading(filer.get(f"/reminders/{later.pk}/"))
    assert taken == "已进入收件箱；邮件服务器于 2026-11-20 14:00 接收了邮件。"
    page = filer.get(f"/reminders/{told.pk}/")
    assert heading(page) == "已进入收件箱；邮件未能送达。"
    assert "邮件服务器已接收" not in words(page)


def test_what_was_untrue_when_the_letter_was_written_says_so(cast, entry, filer, sink):
    told = world.told(entry, cast.filer)
    Entry.objects.filter(pk=entry.pk).update(due_on=DUE + timedelta(days=7))
    daily.plan()
    sending.run(senders=1)
    assert heading(filer.get(f"/reminders/{told.pk}/")) == "本提醒已取消：发信时情况已有变化。"
    assert "发信时情况已有变化" in words(filer.get(HERE, {"all": 1}))


def test_the_daily_letter_is_switched_off_in_the_account(cast, filer, settings):
    settings.MAIL_SERVER = {"host": "127.0.0.1"}
    user = cast.filer.user
    fields = {"do": "details", "name": user.name, "post": "", "phone": "", "email": "",
              "language": "", "theme": "auto"}  # fmt: skip
    filer.post("/account/", fields)
    assert User.objects.get(pk=user.pk).digest is False
    filer.post("/account/", {**fields, "digest": "on"})
    assert User.objects.get(pk=user.pk).digest is True


def test_a_colleague_who_acts_makes_it_needless_for_all(cast, entry, at):
    for seat in (cast.filer, cast.secretary):
        world.told(entry, seat)
    world.file(entry, cast.filer)
    assert heading(at(cast.secretary).get(HERE)) == "没有新的提醒。"
