"""The only place for what follows when a post is over: drafts, reminders, sign-in, details."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from reform import auditing, history, reminders, term_reminders
from reform.history import NewEvent
from reform.models import Draft, Reminder
from reform.models.reminder import ReminderState
from schools import activation, clock
from schools.models import Membership, User
from schools.roles import Role

FORGET_AFTER = timedelta(days=30)


def no_password(user: str = "") -> Q:
    """Accounts that nobody can sign in to; `user`: the way to them, such as "user__"."""
    unusable = {f"{user}password__startswith": UNUSABLE_PASSWORD_PREFIX}
    return Q(**{f"{user}password": ""}) | Q(**unusable)


@dataclass(frozen=True)
class Settled:
    """What a post that is over left behind, and what was done about it."""

    drafts: int
    reminders: int
    closed: bool


def not_over() -> "QuerySet[Membership]":
    """Posts held today or from a later day on, by people who are not disabled."""
    return Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=clock.today()), user__is_active=True
    )


def settle(membership: Membership, by: User | None) -> Settled:
    """Do what a post that is over asks for, once; call under the lock of its chain."""
    return Settled(
        drafts=pass_drafts_on(membership.school_id, by) if membership.school_id else 0,
        reminders=_quiet(membership),
        closed=close(membership.user, by),
    )


def pass_drafts_on(school_id: int, by: User | None) -> int:
    """Give drafts of people who left the school to who came after them; how many.

    Under the lock of the school's chain. Who has a draft on an entry keeps that one.
    """
    gone = Draft.objects.filter(entry__school=school_id).filter(~_at_its_school())
    moved = 0
    for user_id in sorted(set(gone.values_list("user_id", flat=True))):
        heir = _heir(school_id, user_id)
        if heir is None:
            continue
        own = Draft.objects.filter(user=heir).values("entry")
        mine = Draft.objects.filter(user=user_id, entry__school=school_id).exclude(entry__in=own)
        entries = sorted(mine.values_list("entry_id", flat=True))
        if not entries:
            continue
        Draft.objects.filter(user=user_id, entry__in=entries).update(user=heir)
        body = {"was": user_id, "now": heir, "entries": entries}
        history.record(f"school:{school_id}", NewEvent("drafts_handed_over", by, body=body))
        moved += len(entries)
    return moved


def _at_its_school() -> Exists:
    """Whether the writer of a draft still holds a post at the entry's school."""
    held = not_over().filter(user=OuterRef("user"), school=OuterRef("entry__school"))
    return Exists(held)


def _heir(school_id: int, user_id: int) -> int | None:
    """Who holds that person's last role here today, latest come first; else whoever files."""
    here = Membership.objects.filter(school=school_id).order_by("-starts_on", "-pk")
    last = here.filter(user=user_id).order_by("-ends_on", "-pk").values_list("role", flat=True)
    for role in (*last[:1], Role.filer):
        found = here.live(clock.today()).filter(role=role).first()
        if found is not None:
            return found.user_id
    return None


def _quiet(membership: Membership) -> int:
    """Cancel what this person still waits to be told because of this post."""
    held = not_over().filter(user=membership.user, role=membership.role)
    if held.filter(school=membership.school_id, region=membership.region_id).exists():
        return 0
    waiting = Reminder.objects.filter(
        person=membership.user,
        state=ReminderState.waiting,
        place=membership.place_key,
        role=membership.role,
    )
    term_reminders.cancel(waiting)
    entries = list(waiting.exclude(entry=None).values_list("entry_id", flat=True))
    return reminders.cancel(entries, "person ended", person_ids=[membership.user_id])


def close(user: User, by: User | None) -> bool:
    """End sessions, password and code of somebody who holds no post any more. Whether it did.

    A new post comes with a new code.
    """
    if not_over().filter(user=user).exists():
        return False
    activation.revoke(user)
    closed = User.objects.filter(~no_password(), pk=user.pk).update(password=make_password(None))
    if closed:
        auditing.append("account close", user.username, user=by, region=_region_of(user))
    return closed == 1


def _region_of(user: User) -> str | None:
    last = user.memberships.select_related("school").order_by(F("ends_on").desc(nulls_first=True))
    found = last.first()
    if found is None:
        return None
    return found.school.authority_id if found.school else found.region_id


# ---- each night


def nightly() -> tuple[bool, str]:
    """What ended by the calendar or in the back office, and what is kept for 30 days only."""
    settled = drafts = 0
    for membership in _unsettled():
        with transaction.atomic():
            history.lock([subject(membership)])
            settle(membership, None)
            settled += 1
    for school_id in orphaned():
        with transaction.atomic():
            history.lock([f"school:{school_id}"])
            drafts += pass_drafts_on(school_id, None)
    done = {"left": settled, "drafts handed over": drafts, "forgotten": forget()}
    return True, ", ".join(f"{n} {what}" for what, n in done.items() if n)


def subject(membership: Membership) -> str:
    """The chain of the place where the post is held."""
    if membership.school_id:
        return f"school:{membership.school_id}"
    return f"region:{membership.region_id}"


def _unsettled() -> "QuerySet[Membership]":
    """Posts that are over and whose person can still sign in without one, or still waits."""
    waiting = Reminder.objects.filter(person=OuterRef("user"), state=ReminderState.waiting)
    same = not_over().filter(user=OuterRef("user"))
    here = same.filter(Q(school=OuterRef("school")) | Q(region=OuterRef("region")))
    open_ = Exists(User.objects.filter(~no_password(), pk=OuterRef("user"))) & ~Exists(same)
    over = Membership.objects.filter(Q(ends_on__lt=clock.today()) | Q(user__is_active=False))
    return over.filter(open_ | Exists(waiting) & ~Exists(here)).select_related("user", "school")


def orphaned() -> list[int]:
    """Schools with drafts of people who hold no post there any more."""
    found = Draft.objects.filter(~_at_its_school())
    return sorted(set(found.values_list("entry__school", flat=True)))


def forget() -> int:
    """Blank phone, e-mail and post of who left 30 days ago; the name stays in the history."""
    long_ago = clock.today() - FORGET_AFTER
    held = Membership.objects.filter(user=OuterRef("pk")).order_by().values("user")
    last = held.annotate(last=Max("ends_on")).values("last")
    still = Membership.objects.filter(user=OuterRef("pk"), ends_on=None)
    gone = User.objects.filter(~Exists(still)).annotate(last=last).filter(last__lt=long_ago)
    known = gone.exclude(phone="", email="", post="")
    return User.objects.filter(pk__in=list(known.values_list("pk", flat=True))).update(
        phone="", email="", post="", email_refused_at=None, email_refused_why=""
    )
