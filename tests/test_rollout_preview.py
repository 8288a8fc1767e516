"""What opening would do is said before it is done, and is then what happens."""

from collections import Counter
from datetime import date

import pytest
from django.utils import translation

from reform import reach, rollout
from reform.models import Entry
from schools.models import School
from tests import world

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def preview(campaign):
    return reach.preview(campaign, rollout.plan(campaign))


def test_the_preview_counts_by_profile_what_opening_then_issues(county, manager):
    world.school("第二中学", profile="multi")
    campaign = world.draft(manager)

    found = preview(campaign)

    lines = [(x.profile, x.schools, x.reference, x.items, x.filings) for x in found.lines]
    assert lines == [("multi", 2, 0, 44, 60), ("single", 1, 1, 33, 49), ("joint", 1, 0, 9, 17)]
    assert (found.schools, found.filings, found.reference) == (4, 60 + 60 + 49 + 17, 1)
    assert (found.unknown, found.other_types, found.bureaus) == (1, 1, 1)
    rollout.open_campaign(campaign.pk, by=manager)
    assert Entry.objects.filter(counted=True).count() == found.filings


def test_the_burden_is_minutes_times_filings(county, manager):
    campaign = world.draft(manager)
    found = preview(campaign)

    rollout.open_campaign(campaign.pk, by=manager)

    entries = Entry.objects.filter(counted=True).select_related("slot__item")
    assert found.minutes == sum(entry.slot.item.minutes for entry in entries)
    assert found.hours == -(-found.minutes // 60)


def test_what_the_district_keeps_and_the_host_branch_does_is_named(county, manager):
    found = preview(world.draft(manager))

    assert (len(found.kept["district"]), len(found.kept["host"])) == (11, 6)
    School.objects.filter(profile="single", ownership="public").delete()
    found = preview(world.draft(manager))
    assert [item.code for item in found.kept["district"]] == ["X3.1"]


def test_the_preview_of_a_second_campaign_says_that_all_is_asked_already(county, manager):
    world.opened(manager, name="第一个专项")

    found = preview(world.draft(manager))

    assert (found.filings, found.minutes, found.nothing_new) == (0, 0, True)
    assert (found.skipped_filings, found.skipped_schools) == (60 + 49 + 17, 3)
    assert found.rivals == ["第一个专项"]


def test_the_preview_of_a_city_names_only_the_schools_that_are_asked_already(county, manager):
    world.opened(manager)
    city = world.draft(world.seat("manager", "3301"))

    found = preview(city)

    assert (found.schools, found.filings) == (4, 60)
    assert (found.skipped_filings, found.skipped_schools) == (126, 3)
    assert not found.nothing_new


def test_each_school_reads_what_it_gets_or_why_it_gets_nothing(county, manager):
    campaign = world.draft(manager)
    schools = School.objects.select_related("school_type").filter(kind="school")
    lines = reach.school_lines(campaign, rollout.plan(campaign), list(schools))

    said = {line.school.name: (line.filings, line.skipped, line.why) for line in lines}
    assert said["单支部小学"] == (49, 0, "")
    assert said["未摸底小学"] == (
        0,
        0,
        "No profile yet: it is asked as soon as its basic figures are entered.",
    )
    assert said["机关幼儿园"] == (0, 0, "Schools of this type are not asked.")
    assert said["已撤小学"] == (0, 0, "Closed on 2026-08-01.")


def test_each_item_says_why_a_school_gets_it_or_not(county, manager):
    campaign = world.draft(manager)
    planned = rollout.plan(campaign)

    def said(name):
        found = reach.reasons(campaign, planned, county[name])
        return Counter(reason.why for reason in found), sum(reason.filings for reason in found)

    kept = "Filed by the education bureau; this school only supplies the counts."
    studios = "Filed by the education bureau itself; nothing is asked of this school."
    assert said("single") == (
        {
            "Applies as written.": 27,
            "Applies in the lighter form.": 6,
            kept: 10,
            studios: 1,
            "Does not apply to schools of this profile.": 1,
        },
        49,
    )
    assert said("joint")[1] == 17
    assert said("joint")[0]["Done by the host branch; nothing is asked of this school."] == 6
    world.opened(manager, name="第一个专项")
    assert said("multi") == ({"Already asked in “第一个专项”.": 44, studios: 1}, 0)


def test_an_item_for_some_types_reaches_only_schools_of_these(county, manager):
    campaign = world.draft(manager)
    campaign.framework.items.filter(code="Z2.1").update(school_types=["311"])
    junior = world.school("实验初中", profile="multi", school_type_id="311")

    found = preview(campaign)
    rollout.open_campaign(campaign.pk, by=manager)

    issued = Entry.objects.filter(slot__item__code="Z2.1")
    assert set(issued.values_list("school_id", flat=True)) == {junior.pk}
    assert issued.count() == 2
    assert Entry.objects.filter(counted=True).count() == found.filings


def test_periods_that_are_over_are_named(travel, county, manager):
    travel.move_to(world.NOON.replace(month=2, year=2027))
    planned = rollout.plan(world.draft(manager))

    over = Counter(period for _item, period in planned.over)
    assert over == {"2026-2027-1": 16, "2026-2027": 10}
    assert min(one.due_on for one in planned.slots) > date(2027, 2, 28)
