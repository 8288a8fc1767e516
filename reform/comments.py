"""The only door to comments inside an entry: said, answered, resolved, and who is told of them."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, F, Func, OuterRef, QuerySet, Subquery, When
from django.utils.translation import gettext as _

from reform import filings, history, policy, reminders
from reform.history import NewEvent
from reform.models import Chain, Comment, Entry, Event
from reform.models.entry import listed
from reform.models.reminder import About
from reform.states import Status
from schools import clock, scope
from schools.errors import Denied
from schools.models import Membership, User
from schools.names import by_name
from schools.scope import Seat

MOST_CHARACTERS = 1000
MOST = 100  # comments of one entry; what needs more is talked over
MOST_TIMES = 10  # that one comment is corrected, or its thread opened again
# Behind an @, half or full width, that is not inside an e-mail address.
_CALLED = re.compile(r"(?<![A-Za-z0-9._-])[@\uff20]([^\s@.,;:!?()\u3000-\u303f\uff00-\uffef]{1,8})")
SAID = "comment"
AFTER = ("comment_change", "comment_resolve", "comment_open")  # what becomes of one


def unresolved() -> Case:
    """How many threads of an entry are open, for a list of entries; none where nobody can resolve
    them any more, as its campaign is over or it is owed no longer."""
    found = Comment.objects.filter(entry=OuterRef("pk"), answers=None, resolved_at=None).order_by()
    n = Subquery(found.annotate(n=Func(F("pk"), function="COUNT")).values("n"))
    return Case(When(listed(clock.today()), then=n), default=0)


def of(entry: Entry) -> "QuerySet[Comment]":
    """The comments of an entry, in the order of writing."""
    return Comment.objects.filter(entry=entry).select_related("author", "resolved_by")


def threads(said: Iterable[Comment]) -> list[tuple[Comment, list[Comment]]]:
    """The comments that began a thread, each with its answers, in the order of writing."""
    found: dict[int, tuple[Comment, list[Comment]]] = {}
    for one in said:
        if one.answers_id is None:
            found[one.pk] = one, []
        else:
            found[one.answers_id][1].append(one)
    return list(found.values())


def others(posts: Iterable[Membership], seat: Seat) -> list[Membership]:
    """Whom this seat may address, each once: the school's people by name, then the reviewers."""
    found: dict[int, Membership] = {}
    for post in sorted(posts, key=_side_and_name):
        if post.user_id != seat.user.pk and post.user.is_active:
            found.setdefault(post.user_id, post)
    return list(found.values())


def may_change(comment: Comment, thread: Sequence[Comment], seat: Seat) -> bool:
    """Whether the writer can still correct it: its thread is open, and nobody answered there."""
    root = comment.answers_id or comment.pk
    there = [one for one in thread if root in (one.pk, one.answers_id)]
    if comment.author_id != seat.user.pk or any(one.resolved_at for one in there):
        return False
    return all(one.author_id == seat.user.pk for one in there if one.pk > comment.pk)


def say(
    entry_id: int,
    *,
    by: Seat,
    text: str,
    to: Collection[int] = (),
    answers: int | None = None,
    resolve: bool = False,
    key: str = "",
) -> Comment:
    """Write a comment, or `answers` one of this entry and with `resolve` marks that as resolved.

    `to`: people who are to be told; with nobody named, the other side, and of an answer whoever
    wrote in its thread. Who is named stands with an @ in the words, and whoever stands there with
    an @ is told. An answer to what was resolved meanwhile opens it again: nobody would read it.
    ValidationError names "text"; Denied says why nothing can be written here.
    """
    words = _plain(text)
    asked = {"do": SAID, "entry": entry_id, "text": words, "to": sorted(to)}
    asked |= {"answers": answers, "resolve": resolve} if answers else {}
    with transaction.atomic():
        entry, chain = _take(entry_id)
        if answer := filings.answered(by.user, key, asked):
            return Comment.objects.get(pk=answer["comment"])
        policy.require(by, SAID, entry)
        there = others(scope.partners(entry.school, entry.authority), by)
        words = _addressed(words, [post.user for post in there if post.user_id in to])
        _check(words)
        root = _root(of(entry).get(pk=answers)) if answers else None
        if Comment.objects.filter(entry=entry).count() >= MOST:
            raise Denied(_("There are %(n)d comments here already; talk it over.") % {"n": MOST})
        called = _called(words, there) or _other_side(there, by, root)
        told = sorted(post.user_id for post in called)
        body = {"to": told, **({"answers": root.pk} if root else {})}
        event = history.append(chain, [_event(SAID, entry, by, body, words)])[0]
        comment = Comment.objects.create(
            event=event, entry=entry, answers=root, author=by.user, text=words, at=event.at
        )
        comment.to.set(told)
        _tell(entry, comment, called)
        if root and bool(root.resolved_at) != resolve:
            _mark(root, entry, chain, by, resolved=resolve)
        filings.remember(by.user, key, asked, {"comment": comment.pk})
    return comment


def change(comment_id: int, *, by: Seat, text: str) -> Comment:
    """Correct one's own words while nobody has answered; whoever is named anew is told.

    The same words again write nothing.
    """
    words = _plain(text)
    with transaction.atomic():
        comment, entry, chain = _take_comment(comment_id, by)
        if comment.author_id != by.user.pk:
            raise Denied(_("Only who wrote a comment can correct it."))
        if not may_change(comment, list(of(entry)), by):
            raise Denied(_("It was answered or resolved meanwhile; write another comment."))
        _check(words)
        if words != comment.text:
            _often("comment_change", comment, _("It was corrected %(n)d times; write another one."))
            there = others(scope.partners(entry.school, entry.authority), by)
            known = set(comment.to.values_list("pk", flat=True))
            called = [post for post in _called(words, there) if post.user_id not in known]
            told = sorted(post.user_id for post in called)
            body = {"comment": comment.pk, "to": told}
            history.append(chain, [_event("comment_change", entry, by, body, words)])
            comment.text = words
            comment.save(update_fields=["text"])
            comment.to.add(*told)
            _tell(entry, comment, called)
    return comment


def settle(comment_id: int, *, by: Seat, resolved: bool) -> bool:
    """Mark the thread of a comment as resolved, or open it again; False where it was so already."""
    with transaction.atomic():
        comment, entry, chain = _take_comment(comment_id, by)
        root = _root(comment)
        if bool(root.resolved_at) == resolved:
            return False
        try:
            _mark(root, entry, chain, by, resolved=resolved)
        except ValidationError as error:
            raise Denied(error.message_dict["text"][0]) from None
    return True


def _root(comment: Comment) -> Comment:
    """The comment that began the thread."""
    return comment.answers or comment


def _mark(root: Comment, entry: Entry, chain: Chain, by: Seat, *, resolved: bool) -> None:
    """Resolve a thread or open it again, and settle whom it is still to be told.

    What the one who resolves it answered is news, and goes on to whoever waits for it.
    """
    if not resolved:
        said = _("It was opened again %(n)d times; write another comment.")
        _often("comment_open", root, said)
    root.resolved_at = clock.now() if resolved else None
    root.resolved_by = by.user if resolved else None
    root.save(update_fields=["resolved_at", "resolved_by"])
    kind = "comment_resolve" if resolved else "comment_open"
    history.append(chain, [_event(kind, entry, by, {"comment": root.pk}, "")])
    here = [post.user_id for post in scope.partners(entry.school, entry.authority)]
    for one in [root, *root.answered.all()]:
        if not resolved:
            reminders.bring_back(About.comment, one.pk, here)
        elif one == root or one.author_id != by.user.pk:
            reminders.cancel([entry.pk], "done", about=About.comment, cause=one.pk)


def _often(kind: str, comment: Comment, sentence: str) -> None:
    """ValidationError where this became of the comment as often as is borne."""
    bodies = Event.objects.filter(entry=comment.entry_id, kind=kind).values_list("body", flat=True)
    times = sum(json.loads(body)["comment"] == comment.pk for body in bodies)
    if times >= MOST_TIMES:
        raise ValidationError({"text": [sentence % {"n": MOST_TIMES}]})


# ---- words and names


def _plain(text: str) -> str:
    """A browser sends line ends as CRLF; they count as one character."""
    return text.replace("\r\n", "\n").strip()


def _check(words: str) -> None:
    """Something must be there, of bearable length, without private numbers."""
    over = len(words) - MOST_CHARACTERS
    if not words:
        wrong = [_("Write what you want to say.")]
    elif over > 0:
        wrong = [_("At most 1,000 characters; this is %(over)d too many.") % {"over": over}]
    else:
        wrong = filings.private_numbers(words)
    if wrong:
        raise ValidationError({"text": wrong})


def _addressed(words: str, people: Iterable[User]) -> str:
    """The words with an @ for each of these people who is not named in them."""
    named = _names(words, people)
    missing = [f"@{person.name}" for person in people if person.name not in named]
    return " ".join([*missing, words]) if words else ""


def _called(words: str, posts: Sequence[Membership]) -> list[Membership]:
    """Who is named in the words with an @."""
    named = _names(words, (post.user for post in posts))
    return [post for post in posts if post.user.name in named]


def nobody(words: str, people: Iterable[User]) -> list[str]:
    """What stands behind an @ and begins with the name of none of these people."""
    known = tuple(person.name for person in people if person.name)
    found = _CALLED.findall(words)
    return [word for word in dict.fromkeys(found) if not word.startswith(known)]


def _names(words: str, people: Iterable[User]) -> set[str]:
    """Names that stand behind an @, half or full width; of two that fit the longer one."""
    known = sorted({person.name for person in people if person.name}, key=len, reverse=True)
    if not known:
        return set()
    return set(re.findall(f"[@\uff20]({'|'.join(map(re.escape, known))})", words))


def _other_side(
    posts: Iterable[Membership], by: Seat, root: Comment | None = None
) -> list[Membership]:
    """Whoever sits opposite, and of an answer whoever wrote in its thread."""
    wrote = set(root.answered.values_list("author", flat=True)) | {root.author_id} if root else ()
    return [
        post
        for post in posts
        if (post.school_id is None) == (by.school is not None) or post.user_id in wrote
    ]


def _side_and_name(post: Membership) -> tuple[Any, ...]:
    return post.school_id is None, by_name(post.user.name), post.pk


def _tell(entry: Entry, comment: Comment, posts: Iterable[Membership]) -> None:
    """A line in the inbox of each, for the post by which they see the entry."""
    for (place, role), held in groupby(sorted(posts, key=_seat_of), key=_seat_of):
        people = [post.user for post in held]
        reminders.tell(
            About.comment,
            entry,
            people=people,
            due_on=entry.due_on,
            cause=comment.pk,
            role=role,
            place=place,
        )


def _seat_of(post: Membership) -> tuple[str, str]:
    return post.place_key, str(post.role)


# ---- the entry


def _take(entry_id: int) -> tuple[Entry, Chain]:
    """Lock the school's chain, then read."""
    school = Entry.objects.values_list("school_id", flat=True).get(pk=entry_id)
    subject = f"school:{school}"
    chain = history.lock([subject])[subject]
    entries = Entry.objects.select_related("slot__campaign", "school__authority")
    return entries.get(pk=entry_id), chain


def _take_comment(comment_id: int, by: Seat) -> tuple[Comment, Entry, Chain]:
    """Lock, then read; Denied where this seat takes no part."""
    entry_id = Comment.objects.values_list("entry_id", flat=True).get(pk=comment_id)
    entry, chain = _take(entry_id)
    policy.require(by, SAID, entry)
    return of(entry).get(pk=comment_id), entry, chain


def _event(kind: str, entry: Entry, by: Seat, body: dict[str, Any], text: str) -> NewEvent:
    state = Status(entry.status).name
    return NewEvent(kind, by.user, entry.pk, state, state, {**body, "seat": by.key}, text)
