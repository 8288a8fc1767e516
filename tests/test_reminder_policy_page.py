"""The page on which a manager sees, and may change, who is reminded of a date and when."""

import re
from datetime import date

import pytest
from django.urls import reverse

from reform import history, planner, reminder_rules
from reform.models import Event, Reminder, ReminderPolicy
from schools.roles import Role
from tests import planning, world
from tests.planning import DUE

pytestmark = [pytest.mark.database, pytest.mark.django_db]

URL = "/reminders/policy/"


@pytest.fixture
def sheet(cast, client):
    """The county's manager, signed in, reading English."""
    client.cookies["language"] = "en"
    return world.sign_in(client, cast.manager)


def typed(stages, **fields):
    """What a browser sends: stages as (when, days, roles), then the rest."""
    said = {"quiet_before": "08:30", "quiet_after": "17:30", "grace_days": "0", "mail": "on"}
    for n, (when, days, roles) in enumerate(stages, 1):
        said |= {f"when_{n}": when, f"days_{n}": str(days), f"roles_{n}": roles}
    return {**said, "do": "save", "version": "", **fields}


TWO = [("before", 10, ["filer"]), ("on", "", ["filer", "secretary"])]


def text(answer):
    return answer.content.decode().replace("\xa0", " ")


def rules():
    return reminder_rules.of(world.COUNTY)


def test_the_address_and_the_name_of_the_page():
    assert reverse("reminder_policy") == URL


def test_who_touches_nothing_reads_the_defaults_with_the_days_of_a_real_date(cast, sheet):
    world.slot(cast.campaign, due_on=DUE)

    shown = text(sheet.get(URL))

    assert "People are reminded of a date in 6 stages, the first 15 working days before" in shown
    assert "These are the defaults; nothing has to be set." in shown
    assert "2026-11-30" in shown and "Z2.1" in shown
    for day in ("2026-11-09", "2026-11-19", "2026-11-25", "2026-12-01", "2026-12-07"):
        assert day in shown
    assert "Back to the inherited rules" not in shown


def test_where_the_rules_come_from_is_said_once(cast, sheet):
    assert text(sheet.get(URL)).count("These are the defaults; nothing has to be set.") == 1


def test_rules_that_are_saved_are_in_force_and_told_to_history(cast, sheet):
    answer = sheet.post(URL, typed(TWO, quiet_before="09:00", grace_days="2", mail=""))

    assert answer.status_code == 302
    now = rules()
    assert [(one.days, set(one.roles)) for one in now.stages] == [
        (-10, {Role.filer}),
        (0, {Role.filer, Role.secretary}),
    ]
    assert (now.mail, now.grace_days, now.quiet_before.hour) == (False, 2, 9)
    event = Event.objects.get(kind="set_reminders")
    assert (event.subject, event.actor) == (f"region:{world.COUNTY}", cast.manager.user)
    assert '"days":-10' in event.body and '"quiet_before":"09:00"' in event.body
    assert list(history.verify(event.subject)) == []
    assert (
        f"Your region&#x27;s own rules, set on <time>2026-11-20</time> by {cast.manager.user}."
        in text(sheet.get(URL))
    )


def test_the_planner_follows_what_was_saved(cast, sheet, travel):
    world.slot(cast.campaign, due_on=DUE)
    world.entry(cast.school)
    sheet.post(URL, typed([("before", 2, ["secretary"])]))

    planning.plan_at(travel, "2026-11-26T09:00")

    assert list(Reminder.objects.values_list("person", "stage")) == [(cast.secretary.user.pk, -2)]


def test_pressing_save_twice_or_without_a_change_leaves_one_event(sheet):
    sheet.post(URL, typed(TWO))
    sheet.post(URL, typed(TWO, version="0"))

    assert Event.objects.filter(kind="set_reminders").count() == 1
    assert ReminderPolicy.objects.get().version == 0


def test_a_colleague_who_was_first_is_not_overwritten(sheet):
    sheet.post(URL, typed(TWO))

    answer = sheet.post(URL, typed([("on", "", ["filer"])]))

    assert answer.status_code == 409
    assert "A colleague changed these rules meanwhile" in text(answer)
    assert len(rules().stages) == 2


def test_back_to_the_inherited_rules(cast, sheet):
    city = [{"days": -4, "roles": ["filer"]}]
    sheet.post(URL, typed(TWO))
    ReminderPolicy.objects.create(
        region_id="3301", stages=city, quiet_before="08:30", quiet_after="17:30",
        changed_at=world.NOON,
    )  # fmt: skip
    assert "rules of 杭州市 would hold" in text(sheet.get(URL))

    assert sheet.post(URL, {"do": "inherit", "version": "0"}).status_code == 302

    assert [one.days for one in rules().stages] == [-4]
    assert "Inherited from 杭州市." in text(sheet.get(URL))
    assert Event.objects.filter(kind="inherit_reminders").count() == 1
    sheet.post(URL, {"do": "inherit", "version": "0"})
    assert Event.objects.filter(kind="inherit_reminders").count() == 1


def test_a_look_shows_the_days_and_saves_nothing(cast, sheet):
    world.slot(cast.campaign, due_on=DUE)

    shown = text(sheet.post(URL, typed([("before", 6, ["filer"])], do="look")))

    assert "Nothing is saved yet." in shown
    assert "2026-11-20" in shown
    assert not ReminderPolicy.objects.exists()


WRONG = {
    "no stage": ([("", "", [])], {}, "when_1", "Keep at least one stage"),
    "no role": ([("on", "", [])], {}, "roles_1", "Tick at least one role"),
    "no days": ([("before", "", ["filer"])], {}, "days_1", "How many working days?"),
    "no when": ([TWO[0], ("", 3, ["filer"])], {}, "when_2", "Before the date, or after it?"),
    "twice": ([TWO[1], TWO[1]], {}, "when_2", "This is the same day as stage 1."),
    "out of order": (TWO[::-1], {}, "when_2", "Stages stand in the order of their days."),
    "too far before": ([("before", 61, ["filer"])], {}, "days_1", "less than or equal to 60"),
    "too far after": ([("after", 31, ["filer"])], {}, "days_1", "At most 30 working days after"),
    "not a number": ([("after", "soon", ["filer"])], {}, "days_1", "Enter a whole number."),
    "unknown role": ([("on", "", ["editor"])], {}, "roles_1", "editor is not one of"),
    "end first": (TWO, {"quiet_after": "08:30"}, "quiet_after", "The end must come after 08:30."),
    "no hours": (TWO, {"quiet_before": "25:00"}, "quiet_before", "Enter a valid time."),
    "long grace": (TWO, {"grace_days": "11"}, "grace_days", "less than or equal to 10"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(sheet, case):
    stages, fields, name, sentence = WRONG[case]

    answer = sheet.post(URL, typed(stages, **fields))

    assert answer.status_code == 422
    assert re.search(f'id="id_{name}_error">[^<]*{re.escape(sentence)}', text(answer))
    assert not ReminderPolicy.objects.exists()


def test_stages_out_of_order_come_back_in_order_so_that_a_second_press_saves_them(sheet):
    form = sheet.post(URL, typed([("after", 1, ["filer"]), *TWO])).context["form"]
    assert [(row.when.value(), row.days.value()) for row in form.rows()] == [
        ("before", "10"),
        ("on", ""),
        ("after", "1"),
    ]

    again = [(row.when.value(), row.days.value(), row.roles.value()) for row in form.rows()]
    assert sheet.post(URL, typed(again)).status_code == 302
    assert [one.days for one in rules().stages] == [-10, 0, 1]


def test_rows_that_are_not_used_are_left_out(sheet):
    sheet.post(URL, typed([TWO[0], ("", "", []), TWO[1]]))

    assert [one.days for one in rules().stages] == [-10, 0]


@pytest.mark.parametrize("who", ["reviewer", "viewer", "filer"])
def test_only_a_manager_opens_it(cast, at, who):
    assert at(getattr(cast, who)).get(URL).status_code == 403


def test_a_city_sets_rules_for_its_counties_not_for_those_with_their_own(cast, client, sheet):
    sheet.post(URL, typed(TWO))
    city = world.sign_in(client, world.seat("manager", "3301"))

    city.post(URL, typed([("on", "", ["filer"])]))

    assert [one.days for one in rules().stages] == [-10, 0]
    assert [one.days for one in reminder_rules.of(world.SIBLING).stages] == [0]


def test_a_policy_damaged_by_hand_still_lets_the_others_plan(cast, sheet, travel):
    ReminderPolicy.objects.create(
        region_id=world.COUNTY, stages=[{"days": 3, "roles": ["nobody"]}],
        quiet_before="08:30", quiet_after="17:30", changed_at=world.NOON,
    )  # fmt: skip
    world.entry(cast.stranger_school, due_on=date(2026, 11, 30))

    assert planner.plan()[0] is True
    assert Reminder.objects.filter(person=cast.stranger.user).exists()
    assert "Nobody is reminded of anything." in text(sheet.get(URL))


@pytest.mark.parametrize("n", [1, 3])
def test_it_asks_the_database_the_same_for_one_stage_and_for_three(
    sheet, django_assert_num_queries, n
):
    sheet.post(URL, typed([("after", days, ["filer"]) for days in range(1, n + 1)]))

    with django_assert_num_queries(11, exact=False):
        sheet.get(URL)
