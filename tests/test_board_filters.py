"""What narrows a board and its rows, and why a light there is what it is."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reform.models import Entry
from schools.models import School
from tests import world
from tests.boardroom import BOARD, FAR, PAST, SOON, cells, figures, linked_numbers, rows
from tests.reading import heading, words

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ROWS = f"{BOARD}rows/"


@pytest.fixture
def kinds(look, mixed):
    """Three schools of different types, profiles and ownerships."""
    School.objects.filter(name="北街小学").update(school_type_id="311", profile="single")
    School.objects.filter(name="第三初级中学").update(ownership="private")
    return look


def expected(response):
    found = figures(response)
    return found["应报"][0] if found else 0


@pytest.mark.parametrize(
    ("asked", "owed", "schools"),
    [
        ("", 13, 3),
        ("pillar=Z", 9, 1),
        ("pillar=S", 4, 2),
        ("measure=Z3", 2, 1),
        ("pillar=S&measure=Z3", 0, 0),
        ("type=311", 3, 1),
        ("type=211", 10, 2),
        ("profile=single", 3, 1),
        ("profile=joint", 0, 0),
        ("ownership=private", 1, 1),
        ("type=311&measure=S1", 3, 1),
        ("type=311&pillar=Z", 0, 0),
        ("type=211&pillar=S", 1, 1),
    ],
)
def test_a_filter_narrows_figures_and_grid_and_every_number_keeps_its_rows(
    kinds, asked, owed, schools
):
    page = kinds.get(f"{BOARD}?{asked}")
    assert expected(page) == owed
    assert (len(cells(page)) if owed else 0) == schools
    wrong = [(n, url) for n, url in linked_numbers(page) if len(rows(kinds, url)) != n]
    assert wrong == []


@pytest.mark.parametrize("url", [BOARD, ROWS])
def test_the_form_is_sent_with_one_filter_chosen_and_the_others_left_alone(kinds, url):
    fields = re.findall(r"<select[^>]*>", kinds.get(url).content.decode())

    assert len(fields) > 4
    assert [field for field in fields if "required" in field] == []


def test_a_state_thins_the_grid_alone_and_says_so_beside_it(look):
    page = look.get(f"{BOARD}?state=late&pillar=Z")
    whole = look.get(f"{BOARD}?pillar=Z")
    assert (heading(page), figures(page)) == (heading(whole), figures(whole))
    html = page.content.decode()
    assert "只看：铸魂<" in html and "只看：铸魂、" not in html
    assert list(cells(page)) == ["阳光小学"]
    chip = re.search(r'方格只看：逾期 <a class="no-print" href="([^"]*)"', html)
    assert cells(look.get(unescape(chip[1]))) == cells(whole)
    taken = re.search(r'href="([^"]*)" aria-label="去掉筛选“铸魂”', html)[1]
    assert "state=late" in taken and "pillar" not in taken
    assert "状态（只筛方格）" in html and '<option value="late" selected>' in html


def test_a_grid_that_holds_nothing_in_a_state_can_be_made_whole(look, mixed):
    Entry.objects.filter(status=2).update(status=1)
    page = look.get(f"{BOARD}?state=returned").content.decode()
    assert "没有处于这一状态的检查项" in page and "方格只看：已退回" in page
    assert 'class="grid"' not in page


def test_a_state_can_be_taken_off_where_there_is_no_grid_either(look):
    page = look.get(f"{BOARD}?pillar=Z&measure=S1&state=late")
    html = page.content.decode()
    off = re.search(r'href="([^"]*)" aria-label="去掉筛选“方格只看：逾期”', html)[1]
    assert unescape(off) == f"{BOARD}?year={world.YEAR}&pillar=Z&measure=S1"
    assert "去掉筛选“方格只看" not in look.get(f"{BOARD}?state=late").content.decode()


def test_a_state_leaves_the_schools_and_cells_that_are_in_it(look):
    page = look.get(f"{BOARD}?state=late")
    assert cells(page) == {
        "北街小学": {"Z1": "off", "Z2": "off", "Z3": "off", "S1": "late", "S2": "off"},
        "阳光小学": {"Z1": "late", "Z2": "", "Z3": "late", "S1": "off", "S2": "off"},
    }
    html = page.content.decode()
    said = {
        "阳光小学，Z2": "2/4 已通过、2 项待审核、没有逾期项",
        "阳光小学，Z3": "0/2 已通过、1 项逾期、1 项已退回、1 项不适用",
        "北街小学，S1": "1/3 已通过、1 项逾期、1 项待审核",
    }
    assert {cell: re.search(rf"{cell} [^：]*：([^<]*)<", html)[1] for cell in said} == said
    url = re.search(r'<a class="cell late" href="([^"]*)"', page.content.decode())[1]
    assert "state=late" in url and len(rows(look, unescape(url))) == 1


@pytest.mark.parametrize(
    "state", ["expected", "done", "on_time", "late", "waiting", "returned", "open"]
)
def test_the_state_of_the_grid_is_that_of_the_rows(look, state):
    page = look.get(f"{BOARD}?state={state}")
    found = rows(look, f"{ROWS}?state={state}")
    names = set(Entry.objects.filter(pk__in=found).values_list("school__name", flat=True))
    assert set(cells(page)) == names


def test_filters_stand_in_the_address_of_every_number_and_are_told(kinds):
    page = kinds.get(f"{BOARD}?type=211&pillar=Z")
    numbers = linked_numbers(page)
    assert numbers and all("type=211" in url and "pillar=Z" in url for _n, url in numbers)
    assert "只看：铸魂、小学" in words(page)
    off = re.findall(r'href="([^"]*)" aria-label="去掉筛选“([^”]*)”', page.content.decode())
    assert {name: expected(kinds.get(unescape(url))) for url, name in off} == {
        "铸魂": 10,
        "小学": 9,
    }


@pytest.mark.parametrize(
    ("asked", "strange"),
    [
        ("pillar=Q", "Q"),
        ("measure=Z9", "Z9"),
        ("state=best", "best"),
        ("type=999", "999"),
        ("type=342", "342"),
        ("profile=all", "all"),
        ("ownership=%3Cb%3E", "<b>"),
        ("profile=" + "x" * 400, "x" * 20),
    ],
)
@pytest.mark.parametrize("url", [BOARD, ROWS])
def test_a_filter_that_does_not_exist_is_told_and_left_out(look, url, asked, strange):
    page = look.get(f"{url}?{asked}")
    assert f"没有“{strange}”这一筛选，已略去。" in words(page)
    found = expected(page) if url == BOARD else len(rows(look, f"{url}?{asked}"))
    assert found == 13


@pytest.mark.parametrize("asked", ["type=211", "profile=multi", "ownership=public"])
def test_above_a_county_no_filter_tells_schools_apart(mixed, client, asked):
    world.sign_in(client, world.seat("viewer", "33"))
    whole, narrowed = client.get("/board/33/"), client.get(f"/board/33/?{asked}")
    assert heading(whole) == heading(narrowed)
    said = "这一级看板不能按"
    assert said in words(narrowed) and said not in words(whole)
    assert 'name="measure"' in narrowed.content.decode()
    assert 'name="type"' not in narrowed.content.decode()


def test_a_region_above_keeps_the_filter_on_the_way_down(mixed, client):
    world.sign_in(client, world.seat("viewer", "3301"))
    page = client.get("/board/3301/?measure=Z3&state=late")
    assert heading(page).startswith("已下发专项的 1 个县（市、区）应报 2 项")
    table = re.search(r'<section id="regions">.*?</table>', page.content.decode(), re.S)[0]
    assert "西湖区" in table and "上城区" in table  # a state would change no number here
    assert 'name="state"' not in page.content.decode() and "只看：逾期" not in words(page)
    url = unescape(re.findall(r'<th scope="row"><a href="([^"]*)"', table)[1])
    assert "measure=Z3" in url and expected(client.get(url)) == 2


@pytest.mark.parametrize("url", [f"/board/{world.SIBLING}/", f"/board/{world.SIBLING}/rows/"])
def test_a_filter_opens_no_other_region(look, url):
    assert look.get(f"{url}?pillar=Z").status_code == 404


def test_nothing_within_the_filters_leads_back(kinds):
    page = kinds.get(f"{BOARD}?profile=joint")
    assert heading(page) == "按所选条件，没有应报的检查项。"
    assert f'class="btn" href="{BOARD}?year={world.YEAR}"' in page.content.decode()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("pillar=S&measure=Z3&state=late", "这些条件合起来没有检查项。"),
        ("profile=joint", "这些条件合起来没有检查项。"),
        ("pillar=S&state=returned", "已退回 0 项：塑形。"),
        ("ownership=private&state=late", "逾期 0 项：民办。"),
    ],
)
def test_what_cannot_be_is_told_from_what_nobody_has(kinds, asked, said):
    assert heading(kinds.get(f"{ROWS}?{asked}")) == said


@pytest.mark.parametrize("url", [BOARD, ROWS])
def test_private_schools_are_said_not_to_count(look, mixed, url):
    owner = world.school("民办小学")
    School.objects.filter(pk=owner.pk).update(ownership="private")
    world.entry(owner, "Z1.1", due_on=PAST, counted=False)
    page = look.get(f"{url}?ownership=private&type=211")
    assert heading(page) == "民办学校仅供参照，看板不计入。"


@pytest.mark.parametrize("url", [f"{BOARD}?type=211&profile=multi&state=open", f"{ROWS}?type=211"])
def test_a_filter_costs_the_same_whatever_the_size(cast, client, url):
    world.sign_in(client, cast.reviewer)

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert client.get(url).status_code == 200
        return len(found)

    world.entry(cast.school, "Z1.1", due_on=PAST)
    few = cost()
    for code in ("Z1.2", "Z2.1", "S1.1"):
        world.entry(cast.school, code)
        world.send_back(
            world.file(world.entry(cast.school, f"{code[:2]}.3"), cast.filer), cast.reviewer
        )
        world.asked(world.entry(world.school(), code, due_on=PAST), cast.filer)
    assert (few, cost()) == (11, 11)


# ---- why is it red?


def why(client, entry, language="zh-hans"):
    """The sentence under an entry in the list of all, and its step with the address."""
    client.cookies["language"] = "en" if language == "en" else "zh-hans"
    html = client.get(f"{ROWS}?school={entry.school.code}").content.decode()
    line = re.search(rf'<a href="/entries/{entry.pk}/">.*?</td>', html, re.S)[0]
    said = re.search(r"<small>(.*?)</small>", line, re.S)
    if not said:
        return "", "", ""
    link = re.search(r'<a href="([^"]*)">(.*?)</a>', said[1])
    text = unescape(re.sub(r"<a .*", "", said[1])).strip()
    return text, unescape(link[1]) if link else "", link[2] if link else ""


@pytest.fixture
def desk(cast, client):
    return world.sign_in(client, cast.reviewer)


def nudge(kind, entry):
    return f"/nudges/?kind={kind}&school={entry.school.code}&tick={entry.pk}"


def test_an_untouched_overdue_entry_says_when_it_was_due_and_who_can_be_written_to(desk, cast):
    entry = world.entry(cast.school, "Z2.1", due_on=PAST)
    said = "11-13 到期，已过 5 个工作日；尚未开始。"
    assert why(desk, entry) == (said, nudge("late", entry), "催办该校")
    assert desk.get(nudge("late", entry)).status_code == 200
    said = "Due 11-13, 5 working days past the date; not begun."
    assert why(desk, entry, "en") == (said, nudge("late", entry), "Write to the school")


def test_a_returned_one_says_why_and_when(desk, cast):
    entry = world.send_back(world.file(world.entry(cast.school, "Z2.1"), cast.filer), cast.reviewer)
    due = Entry.objects.get(pk=entry.pk).due_on
    said, url, label = why(desk, entry)
    assert said.startswith(f"{due:%m-%d} 到期" if due.year == 2026 else f"{due} 到期")
    assert said.endswith("；11-20 退回，意见为“课时数与课表不一致，请核对”，尚未重新提交。")
    assert (url, label) == (nudge("returned", entry), "催办该校")


def test_one_that_waits_for_a_signature_says_so(desk, cast):
    entry = world.entry(cast.school, "Z2.1", due_on=SOON)
    Entry.objects.update(status=3)
    assert why(desk, entry)[0] == "11-25 到期，还有 3 个工作日；等待书记签发。"


def test_a_request_for_a_later_date_comes_before_a_letter(desk, cast):
    entry = world.entry(cast.school, "Z2.1", due_on=SOON)
    world.asked(entry, cast.filer)
    said, url, label = why(desk, entry)
    assert said == "11-25 到期，还有 3 个工作日；尚未开始。学校申请延期到 11-29。"
    assert (url, label) == ("/extensions/", "答复延期申请")


def test_what_waits_for_review_leads_to_the_review(desk, cast, travel):
    entry = world.file(world.entry(cast.school, "Z2.1"), cast.filer)
    travel.move_to(world.NOON + timedelta(days=4))
    world.sign_in(desk, cast.reviewer)
    said = "11-20 提交，已等 2 个工作日。"
    assert why(desk, entry) == (
        said,
        f"/review/{entry.pk}/?school={entry.school.code}",
        "审核",
    )
    assert words(desk.get(ROWS)).count("11-20") == 1
    assert desk.get(f"/review/{entry.pk}/").status_code == 200


def test_what_is_settled_or_far_ahead_needs_no_reason(desk, cast):
    far = world.entry(cast.school, "Z2.1", due_on=FAR)
    done = world.accept(world.file(world.entry(cast.school, "Z2.2"), cast.filer), cast.reviewer)
    assert (why(desk, far), why(desk, done)) == (("", "", ""), ("", "", ""))


@pytest.mark.parametrize(("role", "place"), [("viewer", world.COUNTY), ("reviewer", "3301")])
def test_who_may_do_nothing_is_told_the_reason_alone(cast, client, role, place):
    entry = world.entry(cast.school, "Z2.1", due_on=PAST)
    world.sign_in(client, world.seat(role, place))
    said, url, _label = why(client, entry)
    assert (said[:8], url) == ("11-13 到期", "")


def test_a_reason_is_text_and_never_markup(desk, cast):
    entry = world.file(world.entry(cast.school, "Z2.1"), cast.filer)
    world.send_back(entry, cast.reviewer, reason="<script>请核对课时数与课表")
    html = desk.get(ROWS).content.decode()
    assert "“&lt;script&gt;请核对" in html and "“<script>" not in html
