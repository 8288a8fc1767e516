"""A school's home and items: what is owed, in which order, with what beside it."""

import re
from datetime import date
from html import unescape

import pytest
from django.urls import reverse

from reform.models import Campaign, Entry, Slot
from reform.states import Claim
from schools.models import Region, School, User
from tests import world

SOON = date(2026, 11, 30)
PAST = date(2026, 11, 17)


@pytest.fixture
def at(client):
    """`at(seat)` is a client signed in there, reading Chinese unless the person chose otherwise."""
    return lambda seat: world.sign_in(client, seat)


def text(response):
    """The page as a person reads it: no tags, single spaces."""
    html = re.sub(r"<[^>]+>", " ", response.content.decode().replace("<wbr>", ""))
    return re.sub(r"\s+", " ", unescape(html).replace("\xa0", " "))


def heading(response):
    found = re.search(r"<h1>(.*?)</h1>", response.content.decode(), re.S)
    return re.sub(r"<[^>]+>", "", found[1]).replace("\xa0", " ")


def codes(response, table=0):
    """The codes of the items in one table of the page, from top to bottom."""
    body = re.findall(r"<tbody>(.*?)</tbody>", response.content.decode(), re.S)[table]
    return re.findall(r'class="code">([ZSX]\d\.\d)<', body)


def test_the_home_of_a_school_opens_with_what_is_owed(cast, at):
    world.entry(cast.school, "Z1.1", due_on=PAST)
    world.send_back(world.file(world.entry(cast.school, "S1.1"), cast.filer), cast.reviewer)
    for code in ("Z2.1", "Z2.2"):
        world.entry(cast.school, code, due_on=SOON)
    world.accept(world.file(world.entry(cast.school, "X4.1"), cast.filer), cast.reviewer)
    page = at(cast.filer).get(reverse("school_home"))
    assert heading(page) == "还欠 4 项：1 项逾期，1 项被退回，2 项 11-30 到期；约 16 分钟可办完。"
    lede, rest = text(page).split("由谁审核")[0].split("先办")
    said = "其余 1 项已提交、未临近到期或暂不用办。"
    assert said not in lede and said in rest.split("由西湖区教育主管部门自行填报")[0]


@pytest.mark.parametrize(
    ("post", "shown"),
    [("西湖区教育局", "审核员"), ("西湖区教育局人事科", "人事科"), ("人事科", "人事科")],
)
def test_who_reviews_is_not_called_by_the_bureau_that_stands_above(cast, at, post, shown):
    Region.objects.filter(pk=world.COUNTY).update(bureau_name="西湖区教育局")
    User.objects.filter(pk=cast.reviewer.user.pk).update(post=post)

    page = at(cast.filer).get(reverse("school_home")).content.decode()

    who = page.split("由谁审核</h2>")[1].split("</ul>")[0]
    assert who.count("西湖区教育局") == 1
    assert f"<span>{shown}</span>" in who


def test_the_first_list_goes_from_overdue_to_what_comes_next(cast, at):
    world.entry(cast.school, "X1.1", due_on=date(2027, 5, 6))
    world.entry(cast.school, "Z1.1", due_on=date(2027, 4, 6))
    world.entry(cast.school, "X2.1", due_on=SOON)
    world.send_back(world.file(world.entry(cast.school, "S1.1"), cast.filer), cast.reviewer)
    world.entry(cast.school, "S5.1", due_on=PAST)
    page = at(cast.filer).get(reverse("school_home"))
    assert codes(page) == ["S5.1", "S1.1", "X2.1", "Z1.1", "X1.1"]
    assert "退回：课时数与课表不一致，请核对。" in text(page)


def test_every_figure_is_a_link_to_as_many_items(cast, at):
    for code, due_on in (("Z1.1", PAST), ("Z2.1", SOON), ("Z2.2", SOON), ("X1.1", None)):
        world.entry(cast.school, code, due_on=due_on)
    world.send_back(world.file(world.entry(cast.school, "S1.1"), cast.filer), cast.reviewer)
    world.file(world.entry(cast.school, "S5.1"), cast.filer)
    for code in ("S3.1", "S3.2"):
        world.accept(world.file(world.entry(cast.school, code), cast.filer), cast.reviewer)
    world.entry(cast.school, "Z2.1", term=2, opens_on=date(2027, 3, 1), due_on=date(2027, 6, 1))
    browser = at(cast.filer)
    html = browser.get(reverse("school_home")).content.decode()
    found = re.findall(r'<dd><a href="([^"]+)">(\d+)</a>', html)
    assert [int(number) for _url, number in found] == [2, 1, 1, 1, 2, 1]
    for url, number in found:
        page = browser.get(unescape(url))
        assert heading(page) == f"9 项中的 {number} 项。"
        assert sum(len(codes(page, n)) for n in range(page.content.count(b"<tbody>"))) == int(
            number
        )


def test_what_is_not_open_yet_is_shown_as_later_and_not_owed(cast, at):
    world.entry(cast.school, "Z2.1", term=2, opens_on=date(2027, 3, 1), due_on=date(2027, 6, 1))
    page = at(cast.filer).get(reverse("school_home"))
    assert heading(page) == "目前没有要办的；1 项 2027-03-01 起办。"
    assert "（第二学期）：2027-03-01 前不用办" in text(page)
    assert "暂不用办" in text(page)


def test_nothing_is_owed_of_what_was_voided_withdrawn_or_closed(cast, at):
    entry = world.entry(cast.school, "Z1.1", due_on=PAST)
    browser = at(cast.filer)
    Campaign.objects.update(state="closed")
    page = browser.get(reverse("school_home"))
    assert heading(page) == "专项已结束，有 1 项未通过。"
    assert "专项已结束" in text(browser.get(reverse("items")))
    Campaign.objects.update(state="open")
    Slot.objects.filter(pk=entry.slot_id).update(withdrawn_at=world.NOON)
    assert heading(browser.get(reverse("school_home"))).startswith("还没有任务")
    Slot.objects.filter(pk=entry.slot_id).update(withdrawn_at=None)
    Campaign.objects.update(state="void")
    assert heading(browser.get(reverse("school_home"))).startswith("还没有任务")


def test_a_signature_is_owed_by_the_secretary_alone(cast, at):
    cast.campaign.sign_off = True
    cast.campaign.save()
    world.file(world.entry(cast.school), cast.filer)
    page = at(cast.secretary).get(reverse("school_home"))
    assert heading(page) == "还欠 1 项：1 项等您签发；约 6 分钟可办完。"
    assert "看过后签发" in text(page)
    page = at(cast.filer).get(reverse("school_home"))
    assert heading(page) == "都已写好，1 项等待书记签发。"


def test_an_overdue_signature_is_told_as_such_and_how_long_it_is_overdue_beside_it(cast, at):
    cast.campaign.sign_off = True
    cast.campaign.save()
    entry = world.file(world.entry(cast.school, due_on=date(2026, 11, 10)), cast.filer)
    browser = at(cast.secretary)
    page = browser.get(reverse("school_home"))
    assert heading(page) == "还欠 1 项：1 项等您签发；约 6 分钟可办完。"
    assert "等您签发的有 1 项已逾期，已过 8 个工作日。" in text(page)
    assert re.search(r'class="light sign">等您签发<.*?已过 8 个工作日', page.content.decode(), re.S)
    assert 'class="light late"' not in page.content.decode().split('class="key"')[0]
    found = re.findall(r'<dd><a href="([^"]+)">(\d+)</a>', page.content.decode())
    assert [int(number) for _url, number in found] == [1, 0, 0, 0, 0, 0]
    assert codes(browser.get(unescape(found[0][0]))) == [entry.slot.item.code]
    assert "<tbody>" not in browser.get(reverse("items"), {"state": "late"}).content.decode()
    for name in ("entry", "fast_entry"):
        told = text(browser.get(reverse(name, args=[entry.pk])))
        assert "等您签发" in told and "已过 8 个工作日" in told


def test_a_filer_does_not_owe_what_is_past_its_date_and_waits_for_the_secretary(cast, at):
    cast.campaign.sign_off = True
    cast.campaign.save()
    late = world.file(world.entry(cast.school, due_on=date(2026, 11, 10)), cast.filer)
    world.file(world.entry(cast.school, "Z2.2", due_on=SOON), cast.filer)
    world.entry(cast.school, "X4.1", due_on=SOON)

    page = at(cast.filer).get(reverse("school_home"))

    assert heading(page).startswith("还欠 1 项：1 项 11-30 到期")
    assert "有 1 项已过截止日，只等书记签发。" in text(page)
    first = page.content.decode().split('id="first"')[1].split("</section>")[0]
    said = '<span class="light sign">待书记签发（已过截止日 10 天）</span>'
    assert first.index("X4.1") < first.index(said) < first.index("请书记签发")
    assert "Z2.2" not in first  # waits too, is not late
    found = re.findall(r'<dd><a href="([^"]+)">(\d+)</a>', page.content.decode())
    assert [int(number) for _url, number in found][:3] == [2, 1, 0]
    entry = at(cast.filer).get(reverse("entry", args=[late.pk]))
    assert said in entry.content.decode()
    for seat in (cast.reviewer, cast.viewer):  # whoever stands above reads that it is late
        ledger = at(seat).get(reverse("school_ledger", args=[cast.school.code]))
        assert "1 项逾期" in heading(ledger)
        assert f'href="/schools/{cast.school.code}/">由谁填报' in ledger.content.decode()


def test_a_school_without_items_is_told_who_moves_next(cast, at):
    page = at(cast.filer).get(reverse("school_home"))
    assert heading(page) == "还没有任务，等西湖区教育主管部门下发。"
    assert heading(at(cast.filer).get(reverse("items"))) == heading(page)


def test_officials_read_what_a_school_without_a_profile_has_not_told(cast, at):
    at_school = world.school(profile="unknown", full_members=7)
    page = at(cast.reviewer).get(reverse("school_ledger", args=[at_school.code]))
    assert heading(page) == "还不能下发任务：本校党组织形式尚未登记。"
    assert "还缺：党组织形式、党支部数。" in text(page)


def test_a_page_of_a_school_names_who_reviews_it_with_post_and_work_phone(cast, at):
    User.objects.filter(pk=cast.reviewer.user.pk).update(post="人事科", phone="0571-87001234")
    world.seat("reviewer", world.SIBLING, world.person(phone="0571-00000000"))
    entry = world.entry(cast.school)
    for url in (reverse("school_home"), reverse("entry", args=[entry.pk])):
        page = at(cast.filer).get(url)
        assert "人事科 0571-87001234" in text(page)
        assert "0571-00000000" not in text(page)


def test_those_above_read_whom_at_the_school_to_ask(cast, at):
    User.objects.filter(pk=cast.filer.user.pk).update(post="党务干事", phone="0571-87005678")
    item = reverse("entry", args=[world.entry(cast.school).pk])
    for url in (item, reverse("school_ledger", args=[cast.school.code])):
        assert "谁填报 党务干事 0571-87005678" in text(at(cast.viewer).get(url))
    assert "0571-87005678" not in text(at(cast.secretary).get(item)).split("由谁审核")[1]


def test_a_joint_school_sees_what_its_host_branch_and_the_district_do_for_it(cast, at):
    joint = world.school(profile="joint")
    world.entry(joint, "Z2.1")
    said = text(at(world.seat("filer", joint)).get(reverse("school_home")))
    assert "由牵头支部代办" in said
    assert "逐项看 6 项" in said
    assert "学懂改革内涵：领导班子与党员教师学习党组织领导的校长负责制 Z1.1" in said


def test_a_private_school_is_told_that_nothing_is_counted(cast, at):
    private = world.school(ownership="private")
    world.entry(private, "Z2.1", counted=False)
    said = text(at(world.seat("filer", private)).get(reverse("school_home")))
    assert "清单供参照，不计入统计" in said


def test_the_items_on_paper_say_whose_they_are_and_of_which_day(cast, at):
    world.entry(cast.school)
    page = at(cast.filer).get(reverse("items")).content.decode()
    kicker = re.search(r'<p class="kicker">(.*?)</p>', page, re.S)[1]
    assert f'<span class="paper">{cast.school.name}</span>' in kicker and "2026-11-20" in kicker


def test_officials_read_the_same_page_without_buttons(cast, at):
    world.entry(cast.school, due_on=PAST)
    page = at(cast.viewer).get(reverse("school_ledger", args=[cast.school.code]))
    assert heading(page) == "还欠 1 项：1 项逾期。" and "分钟" not in text(page)
    assert "btn main" not in page.content.decode()
    figures = re.findall(r'<dd><a href="([^"]+)"', page.content.decode())
    assert figures[1] == f"/schools/{cast.school.code}/ledger/?state=late"
    assert codes(at(cast.viewer).get(figures[1])) == ["Z2.1"]


def test_officials_read_the_same_total_as_on_the_board_and_figures_that_add_up_to_it(cast, at):
    for code, due_on in (("Z1.1", PAST), ("Z2.1", SOON), ("X1.1", None), ("X1.2", None)):
        world.entry(cast.school, code, due_on=due_on)
    world.accept(world.file(world.entry(cast.school, "S3.1"), cast.filer), cast.reviewer)
    none = world.file(
        world.entry(cast.school, "S3.2"), cast.filer, claim=Claim.not_applicable, note="没有。"
    )
    world.accept(none, cast.reviewer)
    world.entry(cast.school, "Z2.2", term=2, opens_on=date(2027, 3, 1), due_on=date(2027, 6, 1))
    browser, url = at(cast.viewer), reverse("school_ledger", args=[cast.school.code])
    page = browser.get(url)
    assert "已通过 1 / 5 项，另 1 项暂不用办，1 项不适用。" in text(page)
    assert text(page).count("已通过 1 / 5") == 2  # the line, and the figure
    assert "1 项暂不用办，也画作“未启动”。" in text(page)
    found = re.findall(r'<dt>([^<]*)</dt><dd><a href="([^"]+)">(\d+)</a>', page.content.decode())
    assert sum(int(number) for *_rest, number in found) == 5
    board = browser.get(reverse("board_region", args=[world.COUNTY]))
    assert board.context["total"].figures.expected == 5
    [(link, number)] = [(link, n) for label, link, n in found if label == "其余未提交"]
    rest = browser.get(unescape(link))
    assert number == "2" and heading(rest) == "7 项中的 2 项。"
    assert "其余未提交 2" in text(rest)


def test_the_ledger_of_a_bureau_is_read_by_its_officials_and_no_stranger(cast, at):
    bureau = world.bureau()
    world.entry(bureau, "X3.1", counted=False)
    url = reverse("school_ledger", args=[bureau.code])
    page = at(cast.viewer).get(url)
    assert heading(page) == "目前没有要办的；下一批 1 项，2027-01-15 到期。"
    assert "清单供参照" not in text(page)
    assert "按学校填报的" not in text(page) and "由谁填报" not in text(page)
    assert at(cast.strange_reviewer).get(url).status_code == 404


@pytest.mark.parametrize(
    "query", ["state=red", "state=' OR 1=1--", "pillar=%00&state=%F0%9F%98%80", "pillar=Q&state="]
)
def test_an_unknown_filter_is_left_out_with_a_word(cast, at, query):
    world.entry(cast.school)
    page = at(cast.filer).get(f"{reverse('items')}?{query}")
    assert page.status_code == 200
    assert "这一筛选，已略去" in text(page)
    assert heading(page) == "共 1 项。"


@pytest.mark.parametrize("query", ["sort=status", "order=done", "sort=-due_on", "by=progress"])
def test_nothing_on_a_school_page_can_be_sorted_by_progress(cast, at, query):
    for code in ("S1.1", "X1.1", "Z1.1"):
        world.entry(cast.school, code)
    world.accept(world.file(Entry.objects.first(), cast.filer), cast.reviewer)
    browser = at(cast.filer)
    plain = [codes(browser.get(reverse("items")), n) for n in range(3)]
    asked = browser.get(f"{reverse('items')}?{query}")
    assert [codes(asked, n) for n in range(3)] == plain == [["Z1.1"], ["S1.1"], ["X1.1"]]


def test_items_are_narrowed_by_pillar_and_by_state_together(cast, at):
    for code in ("Z1.1", "Z1.2", "S1.1"):
        world.entry(cast.school, code)
    exempt = world.file(
        Entry.objects.get(slot__item__code="Z1.2"), cast.filer, claim=Claim.not_applicable
    )
    world.accept(exempt, cast.reviewer)
    page = at(cast.filer).get(reverse("items") + "?pillar=Z&state=off")
    assert codes(page) == ["Z1.2"]
    nothing = at(cast.filer).get(reverse("items") + "?pillar=S&state=off")
    assert "没有处于这一状态的检查项。" in text(nothing)


@pytest.mark.parametrize("url", ["school_home", "items", "ledger"])
def test_the_number_of_queries_does_not_grow_with_the_items(
    cast, at, django_assert_num_queries, url
):
    most = {"school_home": 11, "items": 4, "ledger": 12}[url]
    seat = cast.viewer if url == "ledger" else cast.filer
    address = reverse("school_ledger", args=[cast.school.code]) if url == "ledger" else reverse(url)
    browser = at(seat)
    world.send_back(world.file(world.entry(cast.school, "S1.1"), cast.filer), cast.reviewer)
    with django_assert_num_queries(most):
        browser.get(address)
    for code in ("Z2.1", "Z2.2"):
        world.send_back(world.file(world.entry(cast.school, code), cast.filer), cast.reviewer)
    with django_assert_num_queries(most):
        browser.get(address)


def test_each_seat_starts_on_its_own_first_page(cast, at):
    assert at(cast.filer).get("/").url == reverse("school_home")
    assert at(cast.reviewer).get("/").url == reverse("review")
    assert at(cast.viewer).get("/").url == reverse("board")
    assert at(world.seat("operator", "0")).get("/").url == reverse("status")
    assert at(world.seat("auditor", world.COUNTY)).get("/").url == reverse("audit")


def test_the_rail_holds_five_places_at_most_and_only_what_the_seat_may_open(cast, at):
    world.seat("manager", world.COUNTY, cast.reviewer.user)
    both = world.seat("editor", world.COUNTY, cast.reviewer.user)
    html = at(both).get(reverse("school_ledger", args=[cast.school.code])).content.decode()
    rail = re.search(r'<nav class="rail".*?</nav>', html, re.S)[0]
    assert re.findall(r"</svg>([^<]+)</a>", rail) == ["看板", "审核", "学校", "专项", "设置"]
    html = at(cast.filer).get(reverse("school_home")).content.decode()
    rail = re.search(r'<nav class="rail".*?</nav>', html, re.S)[0]
    assert re.findall(r"</svg>([^<]+)</a>", rail) == ["首页", "检查项", "台账", "账号"]


def test_the_pages_of_a_school_are_english_for_who_reads_english(cast, at):
    User.objects.filter(pk=cast.filer.user.pk).update(language="en")
    School.objects.filter(pk=cast.school.pk).update(name="Sunshine School")
    world.entry(cast.school, due_on=SOON)
    page = at(cast.filer).get(reverse("school_home"))
    assert heading(page) == "You owe 1 item: 1 due on 11-30; about 6 minutes in all."
    assert 'lang="en"' in page.content.decode()[:80]
