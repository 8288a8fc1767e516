"""The only door to comments inside an entry: said, corrected, resolved, and who is told of them."""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Func, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from reform import filings, history, policy, reminders
from reform.history import NewEvent
from reform.models import Chain, Comment, Entry
from reform.models.reminder import About
from reform.states import Status
from schools import clock, scope
from schools.errors import Denied
from schools.models import Membership, User
from schools.scope import Seat

MOST_CHARACTERS = 1000
MOST = 100  # comments of one entry; what needs more is talked over
SAID = "comment"
AFTER = ("comment_change", "comment_resolve", "comment_open")  # what becomes of one


def unresolved() -> Subquery:
    """How many comments of an entry are open, for a list of entries."""
    found = Comment.objects.filter(entry=OuterRef("pk"), resolved_at=None).order_by()
    return Subquery(found.annotate(n=Func(F("pk"), function="COUNT")).values("n"))


def of(entry: Entry) -> "QuerySet[Comment]":
    """The thread of an entry, in the order of writing."""
    return Comment.objects.filter(entry=entry).select_related("author", "resolved_by")


def others(posts: Iterable[Membership], seat: Seat) -> list[Membership]:
    """Whom this seat may address, each once: the school's people by name, then the reviewers."""
    found: dict[int, Membership] = {}
    by_name = sorted(posts, key=lambda post: (post.school_id is None, post.user.name, post.pk))
    for post in by_name:
        if post.user_id != seat.user.pk and post.user.is_active:
            found.setdefault(post.user_id, post)
    return list(found.values())


def may_change(comment: Comment, thread: Sequence[Comment], seat: Seat) -> bool:
    """Whether the writer can still correct it: it is open, and nobody has answered."""
    if comment.author_id != seat.user.pk or comment.resolved_at:
        return False
    return all(one.author_id == seat.user.pk for one in thread if one.pk > comment.pk)


def say(entry_id: int, *, by: Seat, text: str, to: Collection[int] = (), key: str = "") -> Comment:
    """Write a comment. `to`: people who are to be told; with nobody named, the other side.

    ValidationError names "text"; Denied says why nothing can be written here. Who is named stands
    with an @ in the words, and whoever stands there with an @ is told.
    """
    words = _plain(text)
    asked = {"do": SAID, "entry": entry_id, "text": words, "to": sorted(to)}
    with transaction.atomic():
        entry, chain = _take(entry_id)
        if answer := filings.answered(by.user, key, asked):
            return Comment.objects.get(pk=answer["comment"])
        policy.require(by, SAID, entry)
        there = others(scope.partners(entry.school, entry.authority), by)
        words = _addressed(words, [post.user for post in there if post.user_id in to])
        _check(words)
        if Comment.objects.filter(entry=entry).count() >= MOST:
            raise Denied(_("There are %(n)d comments here already; talk it over.") % {"n": MOST})
        called = _called(words, there) or _other_side(there, by)
        told = sorted(post.user_id for post in called)
        event = history.append(chain, [_event(SAID, entry, by, {"to": told}, words)])[0]
        comment = Comment.objects.create(
            event=event, entry=entry, author=by.user, text=words, at=event.at
        )
        comment.to.set(told)
        _tell(entry, comment, called)
        filings.remember(by.user, key, asked, {"comment": comment.pk})
    return comment


def change(comment_id: int, *, by: Seat, text: str) -> Comment:
    """Correct one's own words while nobody has answered; whoever is named anew is told."""
    words = _plain(text)
    with transaction.atomic():
        comment, entry, chain = _take_comment(comment_id, by)
        if comment.author_id != by.user.pk:
            raise Denied(_("Only who wrote a comment can correct it."))
        if not may_change(comment, list(of(entry)), by):
            raise Denied(_("It was answered or resolved meanwhile; write another comment."))
        _check(words)
        if words != comment.text:
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
    """Mark a comment as resolved, or open it again; False where it was so already."""
    with transaction.atomic():
        comment, entry, chain = _take_comment(comment_id, by)
        if bool(comment.resolved_at) == resolved:
            return False
        comment.resolved_at = clock.now() if resolved else None
        comment.resolved_by = by.user if resolved else None
        comment.save(update_fields=["resolved_at", "resolved_by"])
        kind = "comment_resolve" if resolved else "comment_open"
        history.append(chain, [_event(kind, entry, by, {"comment": comment.pk}, "")])
        if resolved:
            reminders.cancel([entry.pk], "done", about=About.comment, cause=comment.pk)
        else:
            here = scope.partners(entry.school, entry.authority)
            reminders.bring_back(About.comment, comment.pk, [post.user_id for post in here])
    return True


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


def _names(words: str, people: Iterable[User]) -> set[str]:
    """Names that stand behind an @, half or full width; of two that fit the longer one."""
    known = sorted({person.name for person in people if person.name}, key=len, reverse=True)
    if not known:
        return set()
    return set(re.findall(f"[@\uff20]({'|'.join(map(re.escape, known))})", words))


def _other_side(posts: Iterable[Membership], by: Seat) -> list[Membership]:
    return [post for post in posts if (post.school_id is None) == (by.school is not None)]


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
