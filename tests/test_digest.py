"""The daily letter: one a person and day, with all that is true and nothing that is not."""

from datetime import date

import pytest

from reform import daily, outbox, reminders, sending
from reform.models import Extension, Message, Reminder
from reform.models.reminder import About
from schools import clock
from schools.models import Membership, User
from tests import planning, smtp_sink, world
from tests.planning import DUE, moment

pytestmark = pytest.mark.database


@pytest.fixture
def entry(cast, sink):
    """Of 阳光小学, due on 2026-11-30; the filer has an address and reads English."""
    User.objects.filter(pk=cast.filer.user.pk).update(language="en", name="Wang Min")
    world.slot(cast.campaign, due_on=DUE)
    return world.entry(cast.school)


@pytest.fixture
def morning(travel, sink):
    """morning("2026-11-19T08:31") → the letters that go out in that minute."""

    def at(text):
        before = len(sink.letters)
        planning.plan_at(travel, text)
        daily.plan()
        sending.run()
        return sink.letters[before:]

    return at


def to(letters, seat):
    """The one letter to this person."""
    (letter,) = [one for one in letters if seat.user.email in one["To"]]
    return letter


def told(person, **fields):
    found = Reminder.objects.filter(person=person.user, **fields).order_by("pk")
    return [(one.about, one.stage, one.state) for one in found]


def test_one_letter_names_what_is_due_with_the_way_to_it_and_to_a_later_date(cast, entry, morning):
    (letter,) = morning("2026-11-19T08:31")

    text = smtp_sink.text_of(letter)
    assert letter["Subject"] == "Reform Ledger: 阳光小学: 1 due by 11-30"
    assert text.startswith("Wang Min,\n\n阳光小学: 1 due by 11-30\n")
    assert "Due on 2026-11-30, 7 working days left." in text
    assert "Next: fill it in and send it." in text
    assert f"https://ledger.example/entries/{entry.pk}/\n" in text
    assert f"https://ledger.example/entries/{entry.pk}/extension/" in text
    assert "You get this letter as Filer of 阳光小学." in text
    assert told(cast.filer) == [("due", -15, "superseded"), ("due", -7, "told")]
    assert Reminder.objects.get(state="told").message.key == "2026-11-19"


def test_both_texts_say_the_same_and_neither_gives_a_phone_number(cast, entry, morning):
    User.objects.update(phone="0571-87654321")
    (letter,) = morning("2026-11-19T08:31")

    text, html = smtp_sink.text_of(letter), smtp_sink.html_of(letter)
    for said in ("Wang Min", "7 working days left", f"/entries/{entry.pk}/", "阳光小学"):
        assert said in text and said in html
    assert "8765" not in text + html


def test_a_chinese_reader_gets_it_in_chinese(cast, entry, morning):
    User.objects.update(language="")
    (letter,) = morning("2026-11-19T08:31")

    assert letter["Subject"] == "改革台账：阳光小学：1 项 11-30 前到期"
    assert "2026-11-30 到期，还剩 7 个工作日。" in smtp_sink.text_of(letter)


def test_a_person_gets_one_letter_a_day_and_the_rest_the_next_morning(cast, entry, morning):
    assert len(morning("2026-11-19T08:31")) == 1
    other = world.entry(cast.school, "Z1.1", due_on=DUE)

    assert morning("2026-11-19T09:31") == []
    (letter,) = morning("2026-11-20T08:31")

    assert f"/entries/{other.pk}/" in smtp_sink.text_of(letter)
    assert f"/entries/{entry.pk}/" not in smtp_sink.text_of(letter)


def test_news_gather_for_an_hour_and_go_in_one_letter(cast, entry, morning, travel):
    morning("2026-11-16T08:31")
    travel.move_to(moment("2026-11-17T10:00"))
    other = world.entry(cast.school, "Z1.1", due_on=date(2027, 1, 15))
    for one in (entry, other):
        world.send_back(world.file(one, cast.filer), cast.reviewer)

    assert morning("2026-11-17T10:30") == []
    (letter,) = morning("2026-11-17T11:01")

    text = smtp_sink.text_of(letter)
    assert text.count("The reviewer returned it; the reason is on its page.") == 2
    assert letter["Subject"] == "Reform Ledger: 阳光小学: 2 returned"


def test_what_is_no_longer_true_is_not_sent(cast, entry, morning, travel, sink):
    planning.plan_at(travel, "2026-11-19T08:31")
    daily.plan()
    world.file(entry, cast.filer)

    sending.run()

    assert sink.letters == []
    assert Message.objects.get().state == "cancelled"
    assert told(cast.filer, state="waiting") == []


def test_a_letter_that_waited_is_made_anew_from_what_is_true_then(cast, entry, morning, sink):
    sink.mode = {"rcpt": "451 4.2.1 later"}
    assert morning("2026-11-19T08:31") == []
    sink.mode = {}
    other = world.entry(cast.school, "Z1.1", due_on=DUE)

    (letter,) = morning("2026-11-19T08:40")

    assert letter["X-Reform-Key"] == "digest:2026-11-19"
    assert f"/entries/{other.pk}/" in smtp_sink.text_of(letter)
    assert Message.objects.count() == 1


def test_a_letter_of_one_day_that_goes_the_next_is_the_one_of_that_day_too(
    cast, entry, morning, sink
):
    sink.mode = {"rcpt": "451 4.2.1 later"}
    morning("2026-11-19T08:31")
    sink.mode = {}
    world.entry(cast.school, "Z1.1", due_on=DUE)

    assert len(morning("2026-11-20T08:31")) == 1
    world.entry(cast.school, "Z3.1", due_on=DUE)
    assert morning("2026-11-20T09:31") == []


def test_no_letter_goes_outside_its_hours(cast, entry, morning):
    assert morning("2026-11-20T17:31") == []
    assert Message.objects.get().next_at == moment("2026-11-23T08:30")

    assert len(morning("2026-11-23T08:31")) == 1


def test_who_wants_no_letters_or_has_no_address_is_told_in_the_inbox_alone(cast, entry, morning):
    User.objects.filter(pk=cast.filer.user.pk).update(digest=False)

    assert morning("2026-11-30T08:31") == []

    assert told(cast.filer, stage=0) == [("due", 0, "told")]
    assert told(cast.secretary, stage=0) == [("due", 0, "told")]
    assert Message.objects.count() == 0


def test_without_a_mail_server_all_is_told_in_the_inbox(cast, entry, morning, settings):
    settings.MAIL_SERVER = None

    assert morning("2026-11-30T08:31") == []

    assert Reminder.objects.filter(state="waiting").count() == 0
    assert Reminder.objects.filter(state="told").count() == 2


def test_where_the_rules_want_no_mail_none_goes(cast, entry, morning):
    from reform.models import ReminderPolicy  # noqa: PLC0415
    from reform.reminder_rules import DEFAULTS, stored  # noqa: PLC0415

    ReminderPolicy.objects.create(
        region_id=world.COUNTY, stages=stored(DEFAULTS.stages), mail=False,
        quiet_before="08:30", quiet_after="17:30", changed_at=clock.now(),
    )  # fmt: skip

    assert morning("2026-11-19T08:31") == []

    assert told(cast.filer, state="told") == [("due", -7, "told")]


def test_who_left_the_school_hears_nothing_of_it(cast, entry, morning, travel, sink):
    planning.plan_at(travel, "2026-11-19T08:31")
    daily.plan()
    Membership.objects.filter(user=cast.filer.user).update(ends_on=date(2026, 11, 18))

    sending.run()

    assert sink.letters == []
    assert Message.objects.get().reply == "nothing left"


def test_an_official_gets_a_part_a_region_with_counts_and_schools_by_name(
    cast, entry, morning, travel
):
    User.objects.filter(pk=cast.reviewer.user.pk).update(language="en")
    world.seat("reviewer", world.SIBLING, cast.reviewer.user)
    world.entry(cast.stranger_school, campaign=world.campaign(world.SIBLING), due_on=DUE)
    late = [world.school(name) for name in ("白鹭小学", "安吉路小学")]
    for school in late:
        world.entry(school, due_on=DUE)
    world.entry(late[0], "Z1.1", due_on=DUE)

    letters = morning("2026-12-07T08:31")

    text = smtp_sink.text_of(to(letters, cast.reviewer))
    assert "== 西湖区 ==" in text and "== 上城区 ==" in text
    assert "3 schools are late." in text and "1 school is late." in text
    assert "安吉路小学, 白鹭小学 (2 items), 阳光小学" in text
    assert "https://ledger.example/board/330106/rows/?state=late&own=1" in text


def test_what_the_bureau_owes_itself_is_told_apart_from_its_schools(cast, entry, morning):
    User.objects.filter(pk=cast.reviewer.user.pk).update(language="en")
    bureau = world.bureau()
    for code in ("X1.4", "X1.5"):
        world.entry(bureau, code, due_on=DUE, counted=False)

    text = smtp_sink.text_of(to(morning("2026-12-07T08:31"), cast.reviewer))

    assert "1 school is late." in text
    assert "Items that the bureau itself owes: 2, of them overdue: 2." in text
    assert f"https://ledger.example/schools/{bureau.code}/ledger/" in text


def test_a_request_for_a_later_date_reaches_the_reviewer_until_it_is_decided(
    cast, entry, morning, travel
):
    travel.move_to(moment("2026-11-17T10:00"))
    asked = world.asked(entry, cast.filer)
    reminders.tell(
        About.asked, entry, people=[cast.reviewer.user], due_on=DUE, cause=asked.pk, role="reviewer"
    )
    User.objects.filter(pk=cast.reviewer.user.pk).update(language="en")

    text = smtp_sink.text_of(to(morning("2026-11-17T11:30"), cast.reviewer))

    assert "1 request for a later date waits for you." in text
    assert "https://ledger.example/extensions/" in text


def test_a_date_that_was_granted_is_told_with_the_new_date(cast, entry, morning, travel):
    travel.move_to(moment("2026-11-17T10:00"))
    asked = world.asked(entry, cast.filer)
    Extension.objects.filter(pk=asked.pk).update(state="granted", granted_on=date(2026, 12, 4))
    type(entry).objects.filter(pk=entry.pk).update(due_on=date(2026, 12, 4))
    entry.refresh_from_db()
    people = reminders.people_of(entry)
    reminders.tell(
        About.extension, entry, people=people, due_on=entry.due_on, cause=asked.pk, role="filer"
    )

    (letter,) = morning("2026-11-17T11:30")

    text = smtp_sink.text_of(letter)
    assert "The later date you asked for was granted." in text
    assert "Due on 2026-12-04, 13 working days left." in text


def test_a_letter_costs_as_many_queries_for_three_entries_as_for_one(
    cast, entry, travel, django_assert_num_queries
):
    for code in ("Z1.1", "Z3.1"):
        world.entry(cast.school, code, due_on=DUE)
    planning.plan_at(travel, "2026-11-19T08:31")
    daily.plan()
    letter, desk = outbox.take("a"), sending.Desk()
    desk.rules(world.COUNTY), desk.calendar(world.COUNTY)

    with django_assert_num_queries(2):
        sending.letters.compose(letter, desk)
