"""What an attacker tries on comments, opinions, fast pages and what is accepted together."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reform import checking, comments, digest, inbox, phrases, progress, together
from reform.models import Campaign, Comment, Entry, Item, Reminder, Slot
from reform.models.talk import PhraseUse
from reform.states import Status
from schools import scope
from schools.models import Membership, School
from tests import keeping_books as books
from tests import world
from tests.entry_form import form, url
from tests.reading import words
from tests.test_together import PAGE, confirmed, second, shown, token

pytestmark = pytest.mark.database
SECRET = "只给经办人看的一句话。"


@pytest.fixture
def entry(cast):
    return world.entry(cast.school)


def say(entry, by, text=SECRET, **more):
    return comments.say(entry.pk, by=by, text=text, **more)


def leaves(seat):
    Membership.objects.filter(user=seat.user, school=seat.school, region=seat.region).update(
        ends_on=(world.NOON - timedelta(days=1)).date()
    )


def told(comment, state="waiting"):
    found = Reminder.objects.filter(about="comment", cause=comment.pk, state=state)
    return {one.person_id for one in found}


def in_inbox(user):
    return [line.said for line in inbox.lines(list(inbox.of(user)))]


# ---- who hears of a comment


def test_a_comment_goes_to_the_authority_that_reviews_the_entry_not_the_one_of_the_school(
    cast, entry
):
    """A school that was handed over while it still goes on at its old authority."""
    School.objects.filter(pk=cast.school.pk).update(authority=world.SIBLING)
    assert scope.rows(Entry.objects.all(), cast.strange_reviewer).count() == 0
    comment = say(entry, cast.filer)
    assert told(comment) == {cast.reviewer.user.pk}
    named = say(entry, cast.filer, "请看。", to=[cast.strange_reviewer.user.pk])
    assert told(named) == {cast.reviewer.user.pk}


def test_pages_offer_nobody_who_cannot_see_the_entry(cast, entry, at):
    School.objects.filter(pk=cast.school.pk).update(authority=world.SIBLING)
    name = f"@{cast.strange_reviewer.user.name} "
    browser = at(cast.filer)
    assert name not in browser.get(url("entry", entry)).content.decode()
    htmx = browser.get(url("entry_comments", entry), HTTP_HX_REQUEST="true").content.decode()
    assert f"@{cast.reviewer.user.name} " in htmx
    assert name not in htmx


def test_who_left_the_school_reads_no_comment_in_the_inbox_of_another_post(cast, entry):
    comment = say(entry, cast.reviewer, to=[cast.filer.user.pk])
    assert any(SECRET in said for said in in_inbox(cast.filer.user))
    world.seat("filer", cast.stranger_school, cast.filer.user)
    leaves(cast.filer)
    comments.change(comment.pk, by=cast.reviewer, text="离任后才改的话。")

    said = " ".join(in_inbox(cast.filer.user))

    assert "离任后才改的话" not in said
    assert SECRET not in said


def test_an_authority_that_handed_a_school_over_reads_no_comment_of_it(cast, entry, sink):
    say(entry, cast.filer)
    assert any(SECRET in said for said in in_inbox(cast.reviewer.user))
    Entry.objects.filter(pk=entry.pk).update(authority=world.SIBLING)
    assert not any(SECRET in said for said in in_inbox(cast.reviewer.user))
    assert digest.gather(cast.reviewer.user, digest.Desk()).parts == []


def test_the_city_reads_comments_on_what_its_bureau_keeps(cast):
    bureau = world.bureau()
    city = world.seat("reviewer", "3301")
    say(world.entry(bureau, "X3.1", counted=False), world.seat("filer", bureau))
    assert any(SECRET in said for said in in_inbox(city.user))


def test_opening_a_comment_again_tells_nobody_whose_post_is_over(cast, entry, sink):
    comment = say(entry, cast.reviewer)
    comments.settle(comment.pk, by=cast.reviewer, resolved=True)
    leaves(cast.filer)
    comments.settle(comment.pk, by=cast.reviewer, resolved=False)
    assert told(comment) == {cast.secretary.user.pk}
    assert digest.gather(cast.filer.user, digest.Desk()).parts == []


# ---- the thread


def test_no_number_of_steps_pushes_a_comment_off_the_page(cast, entry, at, monkeypatch):
    """A school that sends and takes back over and over does not hide what it was asked."""
    monkeypatch.setattr(comments, "MOST", 2)
    monkeypatch.setattr("reform.views.entry_steps.MOST_EVENTS", 3)
    say(entry, cast.reviewer)
    for _ in range(4):
        sent = world.file(entry, cast.filer)
        progress.withdraw(sent.pk, by=cast.filer, version=sent.version)
    for seat in (cast.filer, cast.reviewer):
        for name in ("entry", "entry_history"):
            page = at(seat).get(url(name, entry)).content.decode()
            steps = page.partition('<ol class="time">')[2].partition("</ol>")[0]
            assert SECRET in page
            assert steps.count("<li") == (3 if name == "entry" else 8)  # the history is whole


def test_words_that_are_markup_stay_words(cast, entry, at):
    say(entry, cast.filer, "<script>alert(1)</script>\r\n<b>粗</b>")
    for seat in (cast.filer, cast.reviewer):
        for address in (url("entry", entry), url("entry_history", entry), reverse("inbox")):
            page = at(seat).get(address).content.decode()
            assert "<script>alert" not in page
            assert "<b>粗" not in page


@pytest.mark.parametrize("who", ["stranger", "strange_reviewer"])
def test_strangers_find_no_comment_by_any_address(cast, entry, at, who):
    comment = say(entry, cast.filer)
    browser = at(getattr(cast, who))
    for name in ("entry", "entry_comments", "entry_history"):
        assert browser.get(url(name, entry)).status_code == 404
    settle = reverse("comment_settle", args=[comment.pk])
    for sent in ({"text": "x"}, {"text": "x", "change": comment.pk}):
        assert browser.post(url("entry_comment", entry), sent).status_code == 404
    assert browser.post(settle, {"do": "resolve"}).status_code == 404
    assert Comment.objects.get().text == SECRET


def test_a_comment_is_not_corrected_through_another_entry(cast, entry, at):
    comment, other = say(entry, cast.filer), world.entry(cast.school, "Z2.2")
    sent = {"text": "改", "change": comment.pk}
    assert at(cast.filer).post(url("entry_comment", other), sent).status_code == 404
    assert Comment.objects.get().text == SECRET


# ---- what was not sent


def test_officials_find_nothing_of_what_waits_for_a_signature(cast, at):
    cast.campaign.sign_off = True
    cast.campaign.save(update_fields=["sign_off"])
    entry = world.entry(cast.school)
    hidden = world.file(entry, cast.filer, note=SECRET)
    assert hidden.status == Status.awaiting_signoff
    progress.hand_back(
        hidden.pk, by=cast.secretary, version=hidden.version, reason="内部退回的理由在这里。"
    )
    for seat in (cast.reviewer, cast.viewer, cast.manager):
        for name in ("entry", "entry_history"):
            page = words(at(seat).get(url(name, entry)))
            assert SECRET not in page
            assert "内部退回" not in page
        assert at(seat).get(url("entry_preview", entry)).status_code == 403


# ---- forms that nobody offered


def test_an_official_who_forges_the_field_of_the_fast_pages_gets_an_answer(cast, entry, at):
    done = world.accept(world.file(entry, cast.filer), cast.reviewer)
    browser = at(cast.reviewer)
    sent = {"version": done.version, "key": "k", "fast": "1", "reason": ""}
    assert browser.post(url("entry_reopen", entry), sent).status_code == 422
    sent["reason"] = "课时数与课表不一致，请核对。"
    assert browser.post(url("entry_reopen", entry), sent).status_code == 302
    assert world.status(entry) == Status.returned


def test_what_was_accepted_at_one_authority_is_not_shown_at_another(cast, client):
    both = world.person()
    here, there = (world.seat("reviewer", code, both) for code in (world.COUNTY, world.SIBLING))
    entry = confirmed(cast)
    world.accept(entry, here)
    assert cast.school.name in words(world.sign_in(client, here).get(PAGE))
    assert cast.school.name not in words(world.sign_in(client, there).get(PAGE))


def test_what_was_reopened_is_no_longer_offered_to_be_taken_back(cast, desk):
    entry = world.accept(confirmed(cast), cast.reviewer)
    offer = f'name="one" value="{entry.pk}-'
    assert offer in desk.get(PAGE).content.decode()
    other = world.seat("reviewer", world.COUNTY)
    progress.reopen(
        entry.pk, by=other, version=entry.version, reason="课时数与课表不一致，请核对。"
    )
    assert offer not in desk.get(PAGE).content.decode()


def test_a_page_sent_again_after_taking_back_does_not_say_that_it_was_accepted(cast, desk):
    """The browser leads back to the page as it was, with the key that it was sent with."""
    entry = confirmed(cast)
    sent = {"do": "all", "key": "k", "shown": [token(entry)]}
    for _twice in range(2):
        assert "已通过 1 项" in words(desk.post(PAGE, sent, follow=True))
    entry.refresh_from_db()
    desk.post(f"/review/{entry.pk}/undo/", {"version": entry.version})
    page = words(desk.post(PAGE, sent, follow=True))
    assert world.status(entry) == Status.submitted
    assert "已通过 1 项" not in page
    assert "有 1 项已被改动" in page


def test_who_signed_a_report_is_not_offered_it_for_accepting(cast, client):
    cast.campaign.sign_off = True
    cast.campaign.save(update_fields=["sign_off"])
    both = cast.secretary.user
    entry = confirmed(cast)
    progress.sign_off(entry.pk, by=cast.secretary, version=entry.version)
    own = world.sign_in(client, world.seat("reviewer", world.COUNTY, both))
    assert shown(own.get(PAGE)) == []
    assert len(shown(world.sign_in(client, cast.reviewer).get(PAGE))) == 1


# ---- frequent opinions


def test_a_sentence_removed_meanwhile_breaks_nothing_when_it_is_changed(cast, at):
    kept = phrases.add(cast.filer, use=PhraseUse.note, shared=False, text="下周完成。")
    stale = type(kept).objects.get(pk=kept.pk)
    phrases.remove(kept)
    phrases.change(stale, "本周完成。")
    assert not phrases.kept(cast.filer).exists()


def test_sentences_of_another_post_of_the_same_person_stay_with_that_post(cast, at):
    note = phrases.add(cast.filer, use=PhraseUse.note, shared=False, text="下周完成。")
    other = world.seat("reviewer", world.COUNTY, cast.filer.user)
    browser = at(other)
    assert note.text not in words(browser.get(reverse("phrases")))
    sent = {"do": "remove", "phrase": note.pk}
    assert browser.post(reverse("phrases"), sent).status_code == 404
    assert phrases.offered(other, PhraseUse.return_) == [str(one) for one in phrases.USUAL]


def test_nobody_but_its_manager_touches_what_an_authority_shares(cast, at):
    shared = phrases.add(cast.manager, use=PhraseUse.return_, shared=True, text="请附记录。")
    city = world.seat("manager", "3301")
    abroad = world.seat("manager", world.SIBLING)
    for seat in (cast.reviewer, cast.filer, city, abroad):
        for do in ("keep", "up", "down", "remove"):
            sent = {"do": do, "phrase": shared.pk, "text": "改了"}
            assert at(seat).post(reverse("phrases"), sent).status_code == 404
        added = {"do": "add", "list": "all-return", "text": "多一句"}
        if seat in (cast.reviewer, cast.filer):
            assert at(seat).post(reverse("phrases"), added).status_code == 403
    shared.refresh_from_db()
    assert shared.text == "请附记录。"


def test_a_private_number_comes_by_no_forged_sentence_into_what_is_sent(cast, entry, at):
    sent = form(entry, note="", phrase="请打 13812345678")
    answer = at(cast.filer).post(url("entry_submit", entry), sent)
    assert answer.status_code == 422
    assert not entry.reports.exists() and world.status(entry) == Status.in_progress  # a draft


@pytest.mark.parametrize("do", ["save", "submit"])
def test_a_sentence_of_any_length_is_refused_where_a_note_is(cast, entry, at, do):
    sent = form(entry, note="", phrase="长" * 100_000)
    assert at(cast.filer).post(url(f"entry_{do}", entry), sent).status_code == 422
    assert world.status(entry) == Status.not_started


# ---- what is over


OVER = {
    "closed": lambda entry: Campaign.objects.update(state="closed"),
    "void": lambda entry: Campaign.objects.update(state="void"),
    "withdrawn": lambda entry: Slot.objects.update(withdrawn_at=world.NOON),
    "left": lambda entry: Entry.objects.filter(pk=entry.pk).update(left_at=world.NOON),
}


@pytest.mark.parametrize("ended", OVER)
def test_nothing_is_said_changed_or_resolved_where_the_entry_is_over(cast, entry, at, ended):
    comment = say(entry, cast.filer)
    OVER[ended](entry)
    settle = reverse("comment_settle", args=[comment.pk])
    for seat in (cast.filer, cast.reviewer):
        browser = at(seat)
        assert browser.post(url("entry_comment", entry), {"text": "x"}).status_code == 403
        assert browser.post(settle, {"do": "resolve"}).status_code == 403
    change = {"text": "改", "change": comment.pk}
    assert at(cast.filer).post(url("entry_comment", entry), change).status_code == 403
    assert list(Comment.objects.values_list("text", "resolved_at")) == [(SECRET, None)]


@pytest.mark.parametrize("ended", OVER)
def test_nothing_is_accepted_together_where_the_entry_is_over(cast, desk, ended):
    entry = confirmed(cast)
    OVER[ended](entry)
    sent = {"do": "all", "key": "k", "shown": [token(entry)]}
    assert desk.post(PAGE, sent, follow=True).status_code == 200
    assert world.status(entry) == Status.submitted


def test_a_person_whose_post_ended_writes_nothing_more(cast, entry, at):
    browser = at(cast.filer)
    leaves(cast.filer)
    assert browser.post(url("entry_comment", entry), {"text": "x"}).status_code in (302, 403, 404)
    added = {"do": "add", "list": "own-note", "text": "多一句"}
    assert browser.post(reverse("phrases"), added).status_code in (302, 403)
    assert not Comment.objects.exists()
    assert not phrases.kept(cast.filer).exists()


def test_what_moved_since_it_was_sent_does_not_hide_what_stands_behind_it(cast, desk, monkeypatch):
    monkeypatch.setattr(together, "PAGE", 1)
    confirmed(cast)
    behind = second(cast)
    books.branch(cast.filer, "新支部", basis="mixed")
    checking.refresh([books.fresh(cast.school)])
    assert shown(desk.get(PAGE)) == [token(behind)]


# ---- guests


def test_a_guest_of_a_joint_branch_reads_no_comment_of_its_host(cast, at):
    guest = world.school("山里教学点", profile="joint")
    host = world.branch(cast.school, "联合党支部", form="joint")
    world.branch(guest, "联合党支部", form="joint", host=host)
    seat = world.seat("filer", guest)
    left = Item.objects.filter(profiles__joint="host").first()
    entry = world.entry(cast.school, left.code)
    world.entry(guest, "Z2.1")
    world.file(entry, cast.filer)
    say(entry, cast.filer)
    browser = at(seat)
    page = browser.get(reverse("hosted", args=[entry.pk]))
    assert page.status_code == 200
    assert SECRET not in words(page)
    for name in ("entry", "entry_comments", "entry_history", "entry_preview"):
        assert browser.get(url(name, entry)).status_code == 404
    assert browser.post(url("entry_comment", entry), {"text": "x"}).status_code == 404


# ---- what pages cost


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ("filer", "entry"),
        ("reviewer", "entry"),
        ("reviewer", "entry_comments"),
        ("filer", "entry_history"),
        ("reviewer", "entry_history"),
        ("reviewer", "review_entry"),
        ("filer", "fast_entry"),
    ],
)
def test_a_page_costs_the_same_with_more_comments_and_sentences(cast, entry, at, who, name):
    more = {"HTTP_HX_REQUEST": "true"} if name == "entry_comments" else {}
    if name != "fast_entry":
        world.file(entry, cast.filer)

    def cost():
        browser = at(getattr(cast, who))
        browser.get(url(name, entry), **more)
        with CaptureQueriesContext(connection) as found:
            assert browser.get(url(name, entry), **more).status_code == 200
        return len(found)

    def talk(n):
        for seat, use in ((cast.filer, PhraseUse.note), (cast.reviewer, PhraseUse.return_)):
            comment = say(entry, seat, f"第 {n} 次说。")
            phrases.add(seat, use=use, shared=False, text=f"第 {n} 句。")
        comments.settle(comment.pk, by=cast.filer, resolved=True)

    talk(1)
    few = cost()
    talk(2)
    talk(3)
    assert cost() == few <= 12
