"""What an attacker tries on the registers: numbers reckoned back, ties kept, rows doubled."""

import re
import time
from datetime import date, timedelta

import pytest
from django.urls import reverse

from reform import bookkeeping, extensions, hosting
from reform.models import Event
from schools.errors import Denied
from schools.models import Branch, CadrePool, CommitteeSeat, Post, Unit
from tests import keeping_books, world

pytestmark = pytest.mark.database
HEADERS = {"origin": world.ORIGIN}
ID = "11010519491231002X"


@pytest.fixture(autouse=True)
def english(client):
    client.cookies["language"] = "en"


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# ---- small counts beside their sum


def test_a_hidden_count_cannot_be_reckoned_from_the_sum_and_the_others(cast, at):
    bureau = world.bureau()
    for name, cadres, assigned in (("一小", 12, 7), ("二小", 9, 6), ("三小", 8, 2)):
        school = world.school(name, profile="single")
        world.entry(school, "Z2.1")
        CadrePool.objects.create(
            school=school, as_of="2026-11-01", cadres=cadres, assigned=assigned,
            assignments=assigned, changed_at=world.NOON,
        )  # fmt: skip
    entry = world.entry(bureau, "X1.4", counted=False)

    said = words(at(cast.viewer).get(reverse("entry_sources", args=[entry.pk])))

    said = said.replace("&lt;", "<")
    assert "Sum 15 / 29" in said
    for told in ("一小 7 / 12", "二小 * / 9", "三小 <5 / 8"):
        assert told in said
    assert "* stands for" in said


# ---- a joint branch and its host


@pytest.fixture
def guest(cast):
    point = world.school("山里教学点", profile="joint")
    host = world.branch(cast.school, "联合党支部", form="joint")
    world.branch(point, "联合党支部", form="joint", host=host)
    world.entry(point, "Z2.1")
    return point


@pytest.mark.parametrize("gone", [{"until": date(2026, 11, 19)}, {"form": "branch"}])
def test_a_host_that_ended_its_joint_branch_is_read_no_longer(cast, at, guest, gone):
    entry = world.file(world.entry(cast.school, "S5.1"), cast.filer)
    address = reverse("hosted", args=[entry.pk])
    assert at(world.seat("filer", guest)).get(address).status_code == 200

    Branch.objects.filter(school=cast.school).update(**gone)

    assert at(world.seat("filer", guest)).get(address).status_code == 404
    assert not hosting.guests(cast.school).exists()


def test_a_guest_can_do_nothing_to_an_entry_of_its_host(cast, at, guest):
    entry = world.file(world.entry(cast.school, "S5.1"), cast.filer)
    client = at(world.seat("secretary", guest))
    names = ("entry_confirm", "entry_save", "entry_submit", "entry_withdraw", "entry_answers")

    for name in (*names, "evidence_add", "entry_sign"):
        address = reverse(name, args=[entry.pk])
        assert client.post(address, headers=HEADERS).status_code == 404, name
    assert client.post(reverse("hosted", args=[entry.pk]), headers=HEADERS).status_code == 405


# ---- one and the same person on both sides


def test_nobody_grants_the_later_date_that_they_asked_for(cast):
    bureau = world.bureau()
    clerk = world.seat("filer", bureau)
    entry = world.entry(bureau, "X1.5", due_on=date(2026, 12, 4))
    asked = extensions.ask(
        entry.pk, by=clerk, wanted_on=extensions.offered(entry)[0], reason="材料来不及核对。"
    )
    same_person = world.seat("reviewer", world.COUNTY, clerk.user)

    with pytest.raises(Denied):
        extensions.decide(asked.pk, by=same_person, grant=True)
    entry.refresh_from_db()
    assert entry.due_on == date(2026, 12, 4)

    extensions.decide(asked.pk, by=cast.reviewer, grant=True)


# ---- rows brought back, and rows of others


def test_what_was_removed_does_not_come_back_beside_the_row_that_took_its_place(cast, at):
    old = keeping_books.add(cast.filer, "posts", level="middle", approved=9, filled=9)
    keeping_books.remove(cast.filer, "posts", old)
    keeping_books.add(cast.filer, "posts", level="middle", approved=9, filled=8)

    answer = at(cast.filer).post(
        reverse("register_restore", args=["posts", old.pk]), headers=HEADERS
    )

    assert answer.status_code == 403
    assert "This level is already here" in words(answer)
    assert Post.objects.filter(school=cast.school, removed_at=None).count() == 1


def test_forged_keys_of_rows_of_other_schools_are_told_and_never_stored(cast, at):
    other = world.school("别的小学")
    theirs = world.branch(other, "别的支部", form="branch")
    client = at(cast.filer)
    unit = {"kind": "grade", "name": "一年级组", "branch": f"#{theirs.pk}"}
    joint = {"name": "联合支部", "form": "joint", "host": f"#{theirs.pk}"}

    assert client.post("/registers/units/", unit, headers=HEADERS).status_code == 422
    assert client.post("/registers/branches/", joint, headers=HEADERS).status_code == 422
    block = f"类别\t名称\t支部\n年级组\t一年级组\t#{theirs.pk}"
    page = client.post("/registers/units/paste/", {"text": block, "do": "look"}, headers=HEADERS)

    assert "别的支部" not in words(page)
    assert not Unit.objects.filter(school=cast.school).exists()
    assert not Branch.objects.filter(school=cast.school).exists()
    for verb in ("end", "remove", "restore"):
        address = reverse(f"register_{verb}", args=["branches", theirs.pk])
        assert client.post(address, headers=HEADERS).status_code == 404
    huge = reverse("register_row", args=["branches", 10**30])
    assert client.get(huge).status_code == 404


# ---- numbers of persons


@pytest.mark.parametrize(
    "cell",
    [f'"{ID[:9]}\n{ID[9:]}"', f"{ID[:9]}\u2060{ID[9:]}", f"{ID[:9]}\u00ad{ID[9:]}",
     "138\ufeff00138000", "13800\u200d138000", "１３８ ００１３ ８０００"],
)  # fmt: skip
def test_a_number_that_a_pasted_cell_hides_refuses_its_row_and_no_other(cast, at, cell):
    client, path = at(cast.filer), "/registers/units/paste/"
    block = f"kind\tname\tnote\nGrade group\t一年级组\t{cell}\nGrade group\t二年级组\t"
    page = client.post(path, {"text": block, "do": "look"}, headers=HEADERS)
    form = dict(re.findall(r'name="(key|seen|heads)" value="([^"]*)"', page.content.decode()))

    answer = client.post(path, {"text": block, "do": "write", **form}, headers=HEADERS)

    assert answer.status_code == 200
    assert "Take it out" in words(answer)
    assert [unit.name for unit in Unit.objects.filter(school=cast.school)] == ["二年级组"]


# ---- names of office-holders


def test_a_name_shows_nowhere_once_the_county_says_no(cast, at):
    code = cast.school.authority_id
    bookkeeping.allow_names(code, True, by=cast.manager)
    cast.school.authority.refresh_from_db()
    branch = keeping_books.branch(cast.filer)
    seat = keeping_books.secretary(cast.filer, branch, holder="赵某某")
    bookkeeping.allow_names(code, False, by=cast.manager)
    own = ["", f"{seat.pk}/", "export/?as=csv", "template/", "paste/", "?show=gaps"]

    client = at(cast.filer)
    for path in own:
        answer = client.get(f"/registers/committee_members/{path}")
        assert answer.status_code == 200
        assert "赵某某".encode() not in answer.content, path
    block = f"支部\t职务\t姓名\n{branch.name}\t书记\t赵某某"
    pasted = {"branch": f"#{branch.pk}", "seat": "deputy", "holder": "钱某某"}
    client.post("/registers/committee_members/", pasted, headers=HEADERS)
    client.post("/registers/committee_members/paste/", {"text": block}, headers=HEADERS)
    client.post(f"/registers/committee_members/{seat.pk}/end/", headers=HEADERS)
    names = ("school_registers", "school_structure", "terms_of_school")
    pages = [reverse(name, args=[cast.school.code]) for name in names]
    pages.append(reverse("school_register", args=[cast.school.code, "committee_members"]))
    for page in pages:
        assert "赵某某".encode() not in at(cast.viewer).get(page).content, page

    kept = CommitteeSeat.objects.filter(school=cast.school).order_by("pk")
    assert [row.holder for row in kept] == ["赵某某", ""]
    assert not any("某某" in event.body for event in Event.objects.all())


# ---- weight


@pytest.mark.parametrize("key", ["branches", "units", "meetings"])
def test_two_thousand_rows_are_looked_at_within_bearable_time(cast, at, key):
    heads = {"branches": "name\tform", "units": "name\tkind", "meetings": "date\tkind"}[key]
    start = date(2020, 1, 1)
    rows = [
        {"branches": f"第{n}支部\t党支部", "units": f"第{n}组\t年级组",
         "meetings": f"{start + timedelta(days=n)}\t校长办公会"}[key]
        for n in range(2000)
    ]  # fmt: skip
    sent = {"text": "\n".join([heads, *rows]), "do": "look", "file": "a.csv"}
    began = time.process_time()

    page = at(cast.filer).post(f"/registers/{key}/paste/", sent, headers=HEADERS)

    assert page.status_code == 200
    assert time.process_time() - began < 5


# ---- what is judged


def test_no_forged_form_says_what_the_registers_do_not(cast, at):
    keeping_books.add(cast.filer, "posts", level="school", approved=9, filled=6)
    entry = world.entry(cast.school, "X1.5")
    forged = {
        "version": 0, "key": "k1", "pledged": "on", "note": "已核对。", "claim": "done",
        "check-posts_filled-num": "9", "check-posts_filled-den": "9",
        "check-focus_areas-num": "3", "check-focus_areas-den": "3",
    }  # fmt: skip
    confirm, submit = (reverse(name, args=[entry.pk]) for name in ("entry_confirm", "entry_submit"))

    bare = {name: said for name, said in forged.items() if name not in ("note", "pledged")}
    assert at(cast.filer).post(confirm, bare, headers=HEADERS).status_code == 422
    assert at(cast.reviewer).post(confirm, forged, headers=HEADERS).status_code == 403
    assert at(cast.stranger).post(confirm, forged, headers=HEADERS).status_code == 404
    assert not entry.reports.exists()

    assert at(cast.filer).post(submit, forged, headers=HEADERS).status_code == 302
    sent = entry.reports.get().values.get(check_def__key="posts_filled")
    assert (sent.source, sent.num, sent.den) == ("computed", 6, 9)
