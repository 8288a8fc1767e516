"""Comments inside an entry: who says what to whom, who is told, and what becomes of one."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from reform import comments, daily, digest, history, inbox, personal
from reform.models import Campaign, Comment, Entry, Event, Reminder
from schools.errors import Denied
from schools.models import Membership, User
from tests import world

pytestmark = pytest.mark.database


@pytest.fixture
def entry(cast):
    User.objects.filter(pk=cast.filer.user.pk).update(name="王敏")
    User.objects.filter(pk=cast.secretary.user.pk).update(name="李书记")
    User.objects.filter(pk=cast.reviewer.user.pk).update(name="周科")
    for seat in (cast.filer, cast.secretary, cast.reviewer):
        seat.user.refresh_from_db()
    return world.entry(cast.school)


def say(entry, by, text="课时数按哪一版课表核对？", **more):
    return comments.say(entry.pk, by=by, text=text, **more)


def told(comment, state="waiting"):
    """Names of those who have a reminder of this comment in that state."""
    found = Reminder.objects.filter(about="comment", cause=comment.pk, state=state)
    return sorted(one.person.name for one in found)


def kinds(entry):
    return list(Event.objects.filter(entry=entry).order_by("seq").values_list("kind", flat=True))


# ---- saying


def test_without_a_name_everybody_of_the_other_side_is_told(cast, entry):
    assert told(say(entry, cast.filer)) == ["周科"]
    assert told(say(entry, cast.reviewer, "请看第二个班。")) == ["李书记", "王敏"]


def test_who_is_ticked_is_named_in_the_words_and_nobody_else_is_told(cast, entry):
    comment = say(entry, cast.filer, "请签一下。", to=[cast.secretary.user.pk])
    assert comment.text == "@李书记 请签一下。"
    assert told(comment) == ["李书记"]
    assert [user.name for user in comment.to.all()] == ["李书记"]


@pytest.mark.parametrize("at", ["@", "\uff20"])
def test_a_name_behind_an_at_is_told_as_a_tick_is_and_is_not_named_twice(cast, entry, at):
    comment = say(entry, cast.filer, f"{at}周科 请看。", to=[cast.reviewer.user.pk])
    assert comment.text == f"{at}周科 请看。"
    assert told(comment) == ["周科"]


def test_of_two_names_that_fit_the_longer_one_is_meant(cast, entry):
    longer = world.seat("reviewer", world.COUNTY, world.person(name="周科长"))
    assert told(say(entry, cast.filer, "@周科长请看。")) == ["周科长"]
    assert told(say(entry, cast.filer, "@周科 请看。")) == ["周科"]
    assert longer.user.name == "周科长"


def test_strangers_cannot_be_addressed(cast, entry):
    comment = say(entry, cast.filer, "请看。", to=[cast.stranger.user.pk, cast.viewer.user.pk])
    assert comment.text == "请看。"
    assert told(comment) == ["周科"]


def test_a_line_in_the_inbox_says_who_wrote_what_and_leads_to_it(cast, entry):
    say(entry, cast.filer, "请看第二个班。" + "很长" * 100)
    line = inbox.lines(list(inbox.of(cast.reviewer.user)))[0]
    assert line.said.startswith("王敏留言：请看第二个班。很长")
    assert len(line.said) < 100
    assert line.url == f"/entries/{entry.pk}/#comments"
    assert line.school == "阳光小学"
    assert list(inbox.standing(inbox.of(cast.reviewer.user)))


def test_the_line_leads_a_reviewer_to_the_desk_while_it_waits_there(cast, entry):
    def leads(seat):
        return inbox.lines(list(inbox.of(seat.user)))[-1].url

    say(entry, cast.filer, to=[cast.reviewer.user.pk, cast.secretary.user.pk])
    world.file(entry, cast.filer)
    assert leads(cast.reviewer) == f"/review/{entry.pk}/#comments"
    assert leads(cast.secretary) == f"/entries/{entry.pk}/#comments"
    Campaign.objects.update(state="closed")
    assert leads(cast.reviewer) == f"/entries/{entry.pk}/#comments"


def test_the_same_request_twice_writes_once(cast, entry):
    first = say(entry, cast.filer, key="k1")
    assert say(entry, cast.filer, key="k1") == first
    assert Comment.objects.count() == 1
    assert kinds(entry) == ["comment"]


def test_what_was_said_is_in_the_history_and_the_chain_holds(cast, entry):
    comment = say(entry, cast.filer)
    comments.change(comment.pk, by=cast.filer, text="课时数按新课表核对？")
    comments.settle(comment.pk, by=cast.reviewer, resolved=True)
    comments.settle(comment.pk, by=cast.filer, resolved=False)
    assert kinds(entry) == ["comment", "comment_change", "comment_resolve", "comment_open"]
    said = Event.objects.get(kind="comment")
    assert said.words.text == "课时数按哪一版课表核对？"
    assert said.comment == comment
    assert json.loads(said.body)["to"] == [cast.reviewer.user.pk]
    assert list(history.verify(f"school:{cast.school.pk}")) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("  \r\n ", "请写明要说的事。"),
        ("字" * 1001, "最多 1,000 字，超出 1 字。"),
        ("学生 11010519491231002X", "身份证"),
        ("请打 13812345678", "手机"),
    ],
)
def test_what_cannot_be_written_is_refused_and_says_why(cast, entry, text, sentence):
    with pytest.raises(ValidationError) as error:
        say(entry, cast.filer, text)
    assert sentence in error.value.message_dict["text"][0]
    assert Comment.objects.count() == 0
    assert Reminder.objects.count() == 0


def test_a_line_end_of_a_browser_counts_once(cast, entry):
    assert say(entry, cast.filer, "一\r\n" * 500).text == ("一\n" * 500).strip()


def test_a_hundred_comments_are_the_most(cast, entry, monkeypatch):
    monkeypatch.setattr(comments, "MOST", 2)
    say(entry, cast.filer)
    say(entry, cast.filer)
    with pytest.raises(Denied, match="2 条留言"):
        say(entry, cast.filer)


# ---- who may


@pytest.mark.parametrize("who", ["stranger", "strange_reviewer", "viewer", "manager"])
def test_only_the_two_sides_of_an_entry_write(cast, entry, who):
    comment = say(entry, cast.filer)
    seat = getattr(cast, who)
    for act in (
        lambda: say(entry, seat),
        lambda: comments.change(comment.pk, by=seat, text="改"),
        lambda: comments.settle(comment.pk, by=seat, resolved=True),
    ):
        with pytest.raises(Denied):
            act()
    assert Comment.objects.get().resolved_at is None


def test_both_sides_talk_in_every_state_but_not_when_the_campaign_is_over(cast, entry):
    world.accept(world.file(entry, cast.filer), cast.reviewer)
    say(entry, cast.filer)
    Campaign.objects.update(state="void")
    with pytest.raises(Denied, match="作废"):
        say(entry, cast.reviewer)


def test_of_what_a_bureau_keeps_the_city_is_told_where_it_reviews(cast):
    bureau = world.bureau()
    own = world.seat("filer", bureau)
    city = world.seat("reviewer", "3301", world.person(name="市审核员"))
    comment = say(world.entry(bureau, "X3.1", counted=False), own)
    assert "市审核员" in told(comment)
    assert Reminder.objects.get(person=city.user).place == city.key


def test_who_left_the_school_is_told_nothing(cast, entry):
    Membership.objects.filter(user=cast.secretary.user).update(
        ends_on=world.NOON.date() - timedelta(days=1)
    )
    assert told(say(entry, cast.reviewer)) == ["王敏"]
    User.objects.filter(pk=cast.filer.user.pk).update(is_active=False)
    assert told(say(entry, cast.reviewer)) == []


# ---- correcting


def test_ones_own_words_are_corrected_until_somebody_answers(cast, entry):
    comment = say(entry, cast.filer)
    comments.change(comment.pk, by=cast.filer, text="@李书记 也请看。")
    assert told(comment) == ["周科", "李书记"]
    say(entry, cast.filer, "补充一句。")
    comments.change(comment.pk, by=cast.filer, text="改第二次。")
    say(entry, cast.reviewer, "按新课表。", answers=comment.pk)
    with pytest.raises(Denied, match="已有人回复"):
        comments.change(comment.pk, by=cast.filer, text="改第三次。")
    assert Comment.objects.get(pk=comment.pk).text == "改第二次。"


def test_nobody_corrects_the_words_of_another_or_what_was_resolved(cast, entry):
    comment = say(entry, cast.filer)
    with pytest.raises(Denied, match="本人"):
        comments.change(comment.pk, by=cast.secretary, text="改")
    comments.settle(comment.pk, by=cast.filer, resolved=True)
    with pytest.raises(Denied, match="已办结"):
        comments.change(comment.pk, by=cast.filer, text="改")


def test_a_correction_is_judged_like_a_new_one(cast, entry):
    comment = say(entry, cast.filer)
    with pytest.raises(ValidationError):
        comments.change(comment.pk, by=cast.filer, text="请打 13812345678")
    assert kinds(entry) == ["comment"]


# ---- resolving


def test_what_is_resolved_is_not_told_any_more_and_is_when_it_is_opened_again(cast, entry):
    comment = say(entry, cast.filer)
    assert comments.settle(comment.pk, by=cast.filer, resolved=True)
    assert not comments.settle(comment.pk, by=cast.reviewer, resolved=True)
    assert told(comment) == [] and told(comment, "cancelled") == ["周科"]
    assert not list(inbox.standing(inbox.of(cast.reviewer.user)))
    comments.settle(comment.pk, by=cast.filer, resolved=False)
    assert told(comment) == ["周科"]
    assert Comment.objects.get().resolved_by is None


def test_sending_or_returning_the_entry_takes_no_comment_back(cast, entry):
    comment = say(entry, cast.reviewer)
    world.accept(world.file(entry, cast.filer), cast.reviewer)
    assert told(comment) == ["李书记", "王敏"]


def test_an_entry_knows_how_many_are_open(cast, entry):
    first, _second = say(entry, cast.filer), say(entry, cast.filer)
    comments.settle(first.pk, by=cast.filer, resolved=True)
    other = world.entry(cast.school, "Z2.2")
    rows = Entry.objects.annotate(n=comments.unresolved()).values_list("pk", "n")
    assert dict(rows) == {entry.pk: 1, other.pk: 0}


# ---- the daily letter, and one's own data


def test_the_daily_letter_tells_the_school_and_the_official(cast, entry, sink):
    say(entry, cast.reviewer)
    say(entry, cast.filer)
    for seat, sentence in (
        (cast.filer, "有人就这一项给您留言，内容在该项页面。"),
        (cast.reviewer, "有 1 条留言是写给您的。"),
    ):
        letter = digest.gather(seat.user, digest.Desk())
        part = letter.parts[0]
        said = [text for line in part.lines for text in line.said]
        assert sentence in said + [fact.said for fact in part.facts]
        assert letter.gone == []


def test_with_no_mail_it_is_told_in_the_inbox_alone(cast, entry):
    comment = say(entry, cast.filer)
    daily.told_in_app()
    assert told(comment, "told") == ["周科"]


def test_ones_comments_are_among_ones_own_data(cast, entry):
    say(entry, cast.filer)
    assert "课时数按哪一版课表核对？" in [
        what for _head, what, _when in personal.rows(cast.filer.user)
    ]
