"""Frequent opinions: one's own and the authority's, kept on a page and put into a field."""

import pytest

from reform import personal, phrases
from reform.models import AuditLine, Draft, Phrase
from tests import world
from tests.desk import fields, filed
from tests.entry_form import form, note_of, url
from tests.reading import words

PAGE = "/phrases/"
NEXT_WEEK = "材料下周补齐。"


def kept(seat, *texts, use=None, shared=False):
    use = use or ("note" if seat.school else "return")
    return [phrases.add(seat, use=use, shared=shared, text=text) for text in texts]


def do(browser, name, phrase=None, **more):
    about = {"phrase": phrase.pk} if phrase else {}
    return browser.post(PAGE, {"do": name, **about, **more}, follow=True)


def texts(seat, use):
    return phrases.offered(seat, use)


def test_a_sentence_is_added_changed_moved_and_removed(cast, at):
    browser = at(cast.filer)
    for text in ("第一句。", "第二句。", "第三句。"):
        done = do(browser, "add", list="own-note", text=text)
        assert (done.status_code, text in words(done)) == (200, True)
    first, second, third = Phrase.objects.order_by("position")
    do(browser, "up", third)
    assert texts(cast.filer, "note") == ["第一句。", "第三句。", "第二句。"]
    do(browser, "down", first)
    do(browser, "up", third)
    do(browser, "down", second)
    assert texts(cast.filer, "note") == ["第三句。", "第一句。", "第二句。"]
    do(browser, "keep", second, text="第二句，改过。")
    assert texts(cast.filer, "note")[-1] == "第二句，改过。"
    assert "已移除：“第一句。”" in words(do(browser, "remove", first))
    assert texts(cast.filer, "note") == ["第三句。", "第二句，改过。"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  ", "请写下您常用的这句话。"),
        ("字" * 301, "最多 300 字，超出 1 字。"),
        ("请找 13812345678 核对。", "手机号"),
        (NEXT_WEEK, "这一条已经在列表里了。"),
    ],
)
def test_what_will_not_do_comes_back_as_typed_beside_its_field(cast, at, text, said):
    (there,) = kept(cast.filer, NEXT_WEEK)
    (other,) = kept(cast.filer, "另一句。")
    for data in ({"do": "add", "list": "own-note"}, {"do": "keep", "phrase": other.pk}):
        page = at(cast.filer).post(PAGE, {**data, "text": text})
        html = page.content.decode()
        assert page.status_code == 422
        assert said in words(page)
        assert f">{text}</textarea>" in html and html.count('aria-invalid="true"') == 1
    assert texts(cast.filer, "note") == [there.text, other.text]


def test_a_list_that_is_full_says_so(cast, at):
    kept(cast.filer, *(f"第 {n} 句。" for n in range(phrases.MOST)))
    page = do(at(cast.filer), "add", list="own-note", text="再来一句。")
    assert "已有 20 条，请先删除一条。" in words(page)
    assert Phrase.objects.count() == phrases.MOST


def test_nobody_touches_what_is_anothers(cast, at):
    (mine,) = kept(cast.filer, NEXT_WEEK)
    (shared,) = kept(cast.manager, "全县共用的一句。", use="note", shared=True)
    (abroad,) = kept(world.seat("manager", world.SIBLING), "邻县的。", use="note", shared=True)
    for seat in (cast.secretary, cast.reviewer, cast.manager, cast.stranger):
        assert mine.text not in words(at(seat).get(PAGE))
        for name in ("keep", "up", "down", "remove"):
            assert do(at(seat), name, mine, text="改了").status_code == 404
    for seat in (cast.filer, cast.reviewer, cast.stranger):
        assert do(at(seat), "remove", shared).status_code == 404
        assert do(at(seat), "add", list="all-note", text="不该有。").status_code == 403
    assert do(at(cast.manager), "remove", abroad).status_code == 404
    assert at(cast.viewer).get(PAGE).status_code == 403
    assert Phrase.objects.count() == 3


def test_the_authority_shares_with_its_own_and_the_log_holds_it(cast, at):
    manager = at(cast.manager)
    do(manager, "add", list="all-return", text="请附会议记录。")
    do(manager, "add", list="all-note", text="本期已完成。")
    kept(cast.reviewer, "我自己的一句。")
    assert texts(cast.reviewer, "return") == ["我自己的一句。", "请附会议记录。"]
    assert texts(cast.filer, "note") == ["本期已完成。"]
    assert texts(cast.strange_reviewer, "return") == [str(text) for text in phrases.USUAL]
    assert texts(cast.stranger, "note") == []
    assert (
        list(AuditLine.objects.filter(what="phrase add").values_list("thing", flat=True))
        == [world.COUNTY] * 2
    )
    assert do(manager, "add", list="own-note", text="没有自己的。").status_code == 403


def test_what_the_authority_shares_stands_on_the_page_to_read_and_says_who_keeps_it(cast, at):
    kept(cast.manager, "请附会议记录。", use="return", shared=True)
    kept(cast.manager, "本期已完成。", use="note", shared=True)
    kept(cast.reviewer, "我自己的一句。")
    for seat, there, elsewhere in (
        (cast.reviewer, "请附会议记录。", "本期已完成。"),
        (cast.filer, "本期已完成。", "请附会议记录。"),
    ):
        page = at(seat).get(PAGE)
        assert f"由西湖区的管理员维护，点用时排在您自己的后面；在这里不能改。 {there}" in words(
            page
        )
        assert elsewhere not in words(page)
        assert page.content.decode().count(there) == 1  # in no field, beside no button
    both = world.seat("reviewer", world.COUNTY, cast.manager.user)
    page = at(both).get(PAGE)
    assert "管理员维护" not in words(page) and "请附会议记录。" in words(page)
    assert "管理员维护" not in words(at(cast.strange_reviewer).get(PAGE))


def test_the_page_costs_the_same_whatever_is_kept(cast, at, django_assert_max_num_queries):
    browser = at(cast.manager)
    for n in range(3):
        kept(cast.manager, f"{n} 号。", use="note", shared=True)
        with django_assert_max_num_queries(5):
            assert browser.get(PAGE).status_code == 200
    reader = at(cast.filer)
    with django_assert_max_num_queries(6):
        assert reader.get(PAGE).content.decode().count(" 号。") == 3


def test_a_reviewer_is_offered_them_in_the_return_form(cast, desk):
    entry = filed(cast)
    kept(cast.reviewer, "请附会议记录。")
    page = desk.get(f"/review/{entry.pk}/").content.decode()
    assert 'name="phrase" value="请附会议记录。"' in page
    assert 'data-key="1"' in page and str(phrases.USUAL[0]) not in page


def test_without_a_script_a_press_puts_a_sentence_into_the_note_and_keeps_the_rest(cast, at):
    entry = world.entry(cast.school)
    kept(cast.filer, NEXT_WEEK)
    browser = at(cast.filer)
    page = browser.get(url("entry", entry)).content.decode()
    assert f'value="{NEXT_WEEK}" formaction="{url("entry_save", entry)}"' in page
    sent = form(entry, note="已开两次会。\r\n", phrase=NEXT_WEEK)
    after = browser.post(url("entry_save", entry), sent, follow=True)
    assert note_of(after).strip() == f"已开两次会。\n{NEXT_WEEK}"
    browser.post(url("entry_save", entry), form(entry, note=note_of(after), phrase=NEXT_WEEK))
    draft = Draft.objects.get()
    assert draft.note.count(NEXT_WEEK) == 1
    assert draft.values != {}


def test_a_press_in_the_return_form_decides_nothing_and_keeps_the_filter(cast, desk):
    entry = filed(cast)
    page = desk.get(f"/review/{entry.pk}/?item=Z2.1")
    sent = {**fields(page, "return"), "phrase": "请附会议记录。", "reason": "另："}
    after = desk.post(f"/review/{entry.pk}/return/", sent)
    assert after.status_code == 200
    assert ">另：\n请附会议记录。</textarea>" in after.content.decode()
    assert fields(after, "return")["item"] == "Z2.1"


def test_what_a_person_keeps_is_among_what_is_kept_about_the_person(cast):
    kept(cast.filer, NEXT_WEEK)
    assert NEXT_WEEK in [what for _heading, what, _value in personal.rows(cast.filer.user)]


def test_moving_what_the_authority_shares_is_in_the_log_where_it_moved(cast, at):
    first, second = kept(cast.manager, "第一句。", "第二句。", use="note", shared=True)
    browser = at(cast.manager)
    for step, phrase in (("down", first), ("down", first), ("up", second)):
        do(browser, step, phrase)
    assert AuditLine.objects.filter(what="phrase move", thing=world.COUNTY).count() == 1
    mine, _other = kept(cast.filer, "甲。", "乙。")
    do(at(cast.filer), "down", mine)
    assert AuditLine.objects.filter(what="phrase move").count() == 1
