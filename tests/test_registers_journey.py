"""In Chromium, in both languages: sheets pasted, items answered and confirmed, the county reads."""

from datetime import date

import pytest
from openpyxl import load_workbook

from reform.models import Entry
from reform.states import Status
from schools.models import Branch, CommitteeSeat
from tests import browsing, world
from tests import keeping_books as books

pytestmark = pytest.mark.browser
WORKBOOK = "seeds/demo/branches.xlsx"
CODES = ("S2.1", "S3.1", "S1.3", "Z1.1", "Z2.3", "Z2.4", "Z3.2", "Z4.1", "Z4.2", "S3.2", "X4.1")
SAID = {
    "zh-hans": {
        "based": "共有 7 个支部（不含退休党员支部；只有一个支部的学校按党小组计），其中 7 个建在",
        "led": "建在组上的支部共 7 个，其中 7 个由组的正职或副职任书记",
        "fallen": "建在组上的支部共 7 个，其中 6 个由组的正职或副职任书记",
        "met": "达到",
        "short": "未达到",
        "rule": "支委会设书记和组织、宣传、纪检委员等",
        "cell": "跟岗锻炼",
    },
    "en": {
        "based": "7 of 7 branches "
        "(retired-staff branches aside; Party groups in a school with one branch)",
        "led": "7 of 7 unit-based branches have the head or a deputy head as secretary",
        "fallen": "6 of 7 unit-based branches have the head or a deputy head as secretary",
        "met": "met",
        "short": "short",
        "rule": "The committee has a secretary and organisation",
        "cell": "Job shadowing",
    },
}


def copied(sheet):
    """The cells of a sheet as a clipboard holds them."""
    rows = load_workbook(WORKBOOK)[sheet].iter_rows(values_only=True)
    return "\n".join("\t".join(_cell(value) for value in row) for row in rows)


def _cell(value):
    if value is None:
        return ""
    return f"{value.year}/{value.month}/{value.day}" if hasattr(value, "year") else str(value)


@pytest.fixture(params=SAID)
def said(request, cast):
    for seat in (cast.filer, cast.viewer):
        seat.user.language = request.param
        seat.user.save(update_fields=["language"])
    return SAID[request.param]


def kept_already(by):
    """What nine other items rest on."""
    topics = ["reform", "ideology", "moral_education", "theory"]
    books.meeting(by, topics=topics, expected=7, attended=7)
    for kind in ("tradition", "cross_phase", "cross_subject", "red_resource"):
        books.add(by, "activities", kind=kind, title="活动", held_on=date(2026, 10, 20))
    group = {"set_up_no": "1号", "scopes": ["thought", "moral", "ideology"]}
    books.add(by, "leadership_groups", name="领导小组", **group)
    books.document(by, "training_plan")
    training = {"leadership": ["political", "system", "professional"], "theme": "reform"}
    books.add(by, "trainings", title="培训", held_on=date(2026, 10, 8), **training)


def read(page, entry, name):
    """The line of a check of an entry, once the registers have answered."""
    page.goto(f"{page.base}/entries/{entry.pk}/")
    page.wait_for_selector("#computed:not([hx-trigger])")
    return page.inner_text(f"#check-{name}").replace("\xa0", " ")


def test_a_school_pastes_its_branches_and_confirms_and_its_county_reads(
    real_db, cast, said, visit, live_server
):
    targets = {"secretary_is_head": "0.9", "party_org_meetings": "1", "theory_sessions": "1"}
    entries = {code: world.entry(cast.school, code, targets=targets) for code in CODES}
    kept_already(cast.filer)
    page = visit(cast.filer, "/registers/")
    page.base = live_server.url
    for key, sheet in zip(("branches", "units", "committee_members"),
                          ("1 支部", "2 基本单元", "3 支委"), strict=True):  # fmt: skip
        page.goto(f"{page.base}/registers/{key}/paste/")
        page.fill("[name=text]", copied(sheet))
        page.click("button[value=look]")
        page.click("button[value=write]")
        page.wait_for_url(f"**/registers/{key}/?pasted=1")
    assert (Branch.objects.count(), CommitteeSeat.objects.count()) == (9, 32)

    based = read(page, entries["S2.1"], "unit_based_branches")
    assert said["based"] in based and said["met"] in based
    led = read(page, entries["S3.1"], "secretary_is_head")
    assert said["led"] in led and said["met"] in led
    assert browsing.barriers(page) == []

    page.goto(f"{page.base}/registers/committee_members/")
    page.locator("tbody tr", has_text="语文组组长").locator("button").click()
    page.wait_for_selector(".note.good")
    fallen = read(page, entries["S3.1"], "secretary_is_head")
    assert said["fallen"] in fallen and said["short"] in fallen
    assert "语文、数学党支部" in fallen
    page.goto(f"{page.base}/registers/committee_members/")
    page.locator("details", has=page.locator("form[action*=restore]")).locator("summary").click()
    with page.expect_navigation():
        page.locator("form[action*=restore] button").click()

    page.goto(f"{page.base}/school/")
    page.wait_for_selector("#registers:not([hx-trigger])")
    page.click("#registers summary")  # no button that sends comes by itself under the finger
    for _turn in CODES:
        offered = page.locator("form[action$='/confirm/']").first
        pk = offered.get_attribute("action").split("/")[2]
        offered.locator("button").click()
        page.wait_for_url(f"**/school/?done={pk}")
    assert set(Entry.objects.values_list("status", flat=True)) == {Status.submitted}

    books.remove(cast.filer, "committee_members", CommitteeSeat.objects.last())
    page = visit(cast.viewer, "/structure/")
    assert said["rule"] in page.inner_text("main")
    assert browsing.barriers(page) == []
    page.goto(f"{live_server.url}/structure/training/")
    assert said["cell"] in page.inner_text("main table")
