"""The only place that reads what a person was told, why, and how it went out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform import digest, outbox, term_reminders
from reform.models import Comment, Entry, Extension, Nudge, Reminder
from reform.models.message import MessageState
from reform.models.reminder import About, ReminderState
from reform.reminder_rules import stage_words
from reform.states import OPEN, Status, light
from schools import clock, scope
from schools.language import local
from schools.models import Branch, Membership, Region, School, User
from schools.roles import Role
from schools.scope import Seat

PAGE = 30
NEWS = timedelta(days=30)
C = TypeVar("C", Extension, Nudge)
MOST_SAID = 80  # characters of a comment; the whole stands on its page
STANDING = (ReminderState.waiting, ReminderState.told)
_ABOUT = ("entry__slot__item", "entry__slot__campaign", "entry__school", "branch__school")
DATES = (About.due, About.term)

# Why something is no longer needed, as `reminders.cancel` and `sending` say it.
WHY: Mapping[str, str | Promise] = {
    "done": gettext_lazy("done since"),
    "date moved": gettext_lazy("the date was moved"),
    "reopened": gettext_lazy("opened again"),
    "void": gettext_lazy("the campaign was voided"),
    "closed": gettext_lazy("the campaign was closed"),
    "withdrawn": gettext_lazy("the item was withdrawn"),
    "person ended": gettext_lazy("the post ended"),
    "branch ended": gettext_lazy("the branch is no longer in the register"),
    "superseded": gettext_lazy("a later reminder took its place"),
    "no longer true": gettext_lazy("no longer true when the letter was written"),
}


@dataclass(frozen=True)
class Line:
    """One thing that was told; `new`: not seen yet."""

    pk: int
    said: str
    school: str  # named to officials, who serve many
    title: str
    url: str
    light: str
    place: str
    why: str
    at: datetime
    new: bool
    gone: str


def of(user: User) -> "QuerySet[Reminder]":
    """All that a person was told, newest first; what a later stage replaced was never told."""
    mine = Reminder.objects.filter(person=user).exclude(state=ReminderState.superseded)
    return mine.select_related(*_ABOUT).order_by("-pk")


def standing(found: "QuerySet[Reminder]") -> "QuerySet[Reminder]":
    """What still holds: of a date its last stage while it is owed, of news the last month's.

    `reform.sign_in` counts the unseen among them by the same rule.
    """
    newer = Reminder.objects.filter(
        person=OuterRef("person"),
        topic=OuterRef("topic"),
        due_on=OuterRef("due_on"),
        about=OuterRef("about"),
        state__in=STANDING,
    ).filter(pk__gt=OuterRef("pk"))
    owed = Q(about=About.due, entry__status__in=OPEN, entry__due_on=F("due_on"))
    runs = term_reminders.standing(clock.today())
    fresh = Q(seen_at=None) | Q(planned_at__gte=clock.now() - NEWS)
    return found.filter(
        (owed | runs) & ~Exists(newer) | ~Q(about__in=DATES) & fresh, state__in=STANDING
    )


def seen(user: User, upto: int) -> int:
    """Mark what was shown, up to and with that number; how many that were."""
    new = Reminder.objects.filter(person=user, seen_at=None, pk__lte=upto)
    return new.update(seen_at=clock.now())


def visible(seat: Seat | None, user: User) -> "QuerySet[Reminder]":
    """The person's own, and those of the entries that the seat may see; of a school its own."""
    rows = Reminder.objects.select_related(*_ABOUT, "person", "message")
    theirs = scope.rows(Reminder.objects.all(), seat)
    branches = scope.rows(Branch.objects.all(), seat).values("pk")
    terms = Reminder.objects.filter(about=About.term, branch__in=branches)
    if seat is not None and seat.school:
        theirs, terms = (found.filter(place=seat.key) for found in (theirs, terms))
    seen = Q(pk__in=theirs.values("pk")) | Q(pk__in=terms.values("pk"))
    return rows.filter(Q(person=user) | seen)


def lines(found: Sequence[Reminder]) -> list[Line]:
    """Reminders as lines of the inbox, in their order; a few queries for any number."""
    places = _places(found)
    asked = _caused(Extension, found, (About.asked, About.extension))
    nudges = _caused(Nudge, found, (About.nudge,))
    comments = _comments(found)
    people = User.objects.in_bulk([one.about_person for one in found if one.about == About.bounced])
    today, desk = clock.today(), digest.Desk()
    return [
        Line(
            pk=one.pk,
            said=_how_far(one, desk, today)
            or _comment(one, comments)
            or sentence(one, asked.get(one.cause), nudges.get(one.cause), people),
            school=_school(one),
            title=local(one.entry.slot.item, "short") if one.entry else str(one.branch or ""),
            url=_url(one),
            light=light(one.entry.status, one.entry.due_on, today) if one.entry else "",
            place=places.get(one.place, ""),
            why=why(one, places.get(one.place, "")),
            at=one.planned_at,
            new=one.seen_at is None,
            gone=str(WHY.get(one.why, "")) if one.state == ReminderState.cancelled else "",
        )
        for one in found
    ]


def by_school(found: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    """Lines with the schools they are about, whose news is newest first; what names none leads."""
    groups: dict[str, list[Line]] = {"": []}
    for line in found:
        groups.setdefault(line.school, []).append(line)
    return [(school, lines) for school, lines in groups.items() if lines]


def sentence(
    one: Reminder,
    asked: Extension | None,
    nudge: Nudge | None,
    people: Mapping[int, User],
) -> str:
    """What it says, in one sentence."""
    day = {"day": one.due_on.isoformat()}
    if one.about == About.due:
        return _("The date is %(day)s.") % day
    if one.about == About.term:
        return term_reminders.sentence(one, clock.today())
    if one.about == About.moved:
        return _("The date was moved; it is %(day)s now.") % day
    if one.about == About.nudge:
        return nudge.reason if nudge else _("The authority asks you to look at this.")
    if one.about == About.asked:
        wanted = {"day": asked.wanted_on.isoformat() if asked else one.due_on.isoformat()}
        return _("The school asks for a later date, %(day)s.") % wanted
    if one.about == About.bounced:
        person = people.get(one.about_person)
        name = {"name": str(person) if person else ""}
        return _("The mail address of %(name)s takes no letters; correct it.") % name
    return digest.news(one, asked)


def _comment(one: Reminder, comments: Mapping[int, Comment]) -> str:
    """Who wrote what, cut short; "" of anything else."""
    found = comments.get(one.cause)
    if one.about != About.comment or found is None:
        return ""
    words = {"who": found.author, "text": Truncator(found.text).chars(MOST_SAID)}
    if found.answers_id:
        return _("%(who)s answers: %(text)s") % words
    return _("%(who)s writes: %(text)s") % words


def _how_far(one: Reminder, desk: digest.Desk, today: date) -> str:
    """How far the date is by now, while it still stands; "" of anything else."""
    entry = one.entry
    if one.about != About.due or entry is None or entry.status not in OPEN:
        return ""
    if entry.due_on != one.due_on or one.state == ReminderState.cancelled:
        return ""
    return digest.when(one.due_on, desk.calendar(entry.authority), today)


def why(one: Reminder, place: str) -> str:
    """Why this person got it."""
    role = Role(one.role).label
    said = _("as %(role)s of %(place)s") % {"role": role, "place": place}
    if one.about not in DATES:
        return said
    words = term_reminders.stage_words if one.about == About.term else stage_words
    return f"{said}{_(', ')}{words(one.stage)}"


def _school(one: Reminder) -> str:
    """The school, to officials; people of a school know theirs."""
    about = one.entry or one.branch
    return about.school.name if about and one.place.startswith("r") else ""


def _url(one: Reminder) -> str:
    if one.branch is not None:
        page = "school_terms" if one.place.startswith("s") else "terms_of_office"
        return reverse(page)
    if one.entry is None:
        return ""
    if one.about == About.asked:
        return reverse("extensions")
    if one.about != About.comment:
        return reverse("entry", args=[one.entry.pk])
    page = "review_entry" if _on_desk(one.entry, one) else "entry"
    return f"{reverse(page, args=[one.entry.pk])}#comments"


def _on_desk(entry: Entry, one: Reminder) -> bool:
    """Whether the entry lies on the desk of this reviewer, who would answer there."""
    mine = one.place == f"r{entry.authority}" or entry.by_bureau
    waits = entry.status == Status.submitted and entry.is_listed(clock.today())
    return one.role == Role.reviewer and mine and waits


def _caused(model: type[C], found: Iterable[Reminder], about: tuple[str, ...]) -> dict[int, C]:
    wanted = [one.cause for one in found if one.about in about]
    return model.objects.in_bulk(wanted) if wanted else {}


def _comments(found: Iterable[Reminder]) -> dict[int, Comment]:
    """Only words whose reader may still see the entry: the post holds, and it reaches there."""
    told = [one for one in found if one.about == About.comment and one.entry]
    if not told:
        return {}
    people = {one.person_id for one in told}
    held = {
        (post.user_id, post.place_key)
        for post in Membership.objects.live(clock.today()).filter(user__in=people)
    }
    wanted = [
        one.cause for one in told if (one.person_id, one.place) in held and digest.reaches(one)
    ]
    return Comment.objects.select_related("author").in_bulk(wanted)


def _places(found: Iterable[Reminder]) -> dict[str, str]:
    """Key of a seat → the name of its place."""
    keys = {one.place for one in found}
    schools = [int(key[1:]) for key in keys if key.startswith("s")]
    regions = [key[1:] for key in keys if key.startswith("r")]
    names = {}
    if schools:
        names = {f"s{one.pk}": one.name for one in School.objects.filter(pk__in=schools)}
    if regions:
        there = Region.objects.filter(pk__in=regions)
        names |= {f"r{one.pk}": one.office for one in there}
    return names


# ---- how one went out


@dataclass(frozen=True)
class Step:
    """A line of its story, as the timeline shows it."""

    at: datetime
    who: str
    what: str
    note: str = ""


_ENDED: Mapping[str, str | Promise] = {
    "accepted": gettext_lazy("the mail server took the letter"),
    "refused": gettext_lazy("the mail server refused the address"),
    "rejected": gettext_lazy("the mail server refused the letter"),
    "later": gettext_lazy("the mail server put it off; it is tried again"),
    "lost": gettext_lazy("the line broke while it was handed over; it is sent again if need be"),
    "dropped": gettext_lazy("the line broke before it was handed over"),
    "unreachable": gettext_lazy("no mail server answered; it is tried again"),
    "broken": gettext_lazy("the letter could not be made; the operator can read why"),
    "cancelled": gettext_lazy("nothing was left to tell by mail"),
}


def story(one: Reminder) -> list[Step]:
    """Planned → tried → accepted, newest first; two queries at most."""
    steps = [Step(one.planned_at, "", _("written, and in the inbox from then on"))]
    letter = one.message
    if letter:
        steps.append(Step(letter.made_at, "", _("a letter was put in the outbox")))
        steps += [
            Step(a.at, "", str(_ENDED.get(a.outcome, a.outcome)), a.reply)
            for a in letter.tries.all()
            if one.settled_at is None or a.at <= one.settled_at
        ]
    if one.settled_at and one.state == ReminderState.cancelled:
        words = _("no longer needed: %(why)s") % {"why": WHY.get(one.why, one.why)}
        steps.append(Step(one.settled_at, "", words))
    if one.settled_at and one.state == ReminderState.superseded:
        steps.append(Step(one.settled_at, "", _("a later reminder took its place")))
    if one.settled_at and one.state == ReminderState.told and not letter:
        steps.append(Step(one.settled_at, "", _("told in the inbox alone; no mail goes there")))
    return sorted(steps, key=lambda step: step.at, reverse=True)


def headline(one: Reminder) -> str:
    """Where it stands, in one sentence."""
    letter = one.message
    if one.state == ReminderState.cancelled:
        return _("This reminder was taken back: %(why)s.") % {"why": WHY.get(one.why, one.why)}
    if one.state == ReminderState.superseded:
        return _("This reminder was never told: a later one took its place.")
    taken = letter.settled_at if letter and letter.state == MessageState.accepted else None
    if taken and one.settled_at and taken <= one.settled_at:
        at = {"time": clock.told(taken)}
        return _("It is in the inbox, and the mail server took the letter at %(time)s.") % at
    if letter:
        return _("It is in the inbox; by mail it could not be delivered.")
    if one.state == ReminderState.told or not outbox.mail_is_on():
        return _("It is in the inbox; nothing was sent by mail.")
    return _("It is in the inbox; by mail it goes out with the next daily letter.")
