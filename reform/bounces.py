"""The only place for addresses that take no letters: marked, and told to who can mend them."""

from reform.models import Message, Reminder
from reform.models.reminder import About
from reform.outbox import one_line
from schools import clock
from schools.models import Membership, User
from schools.roles import SCHOOL_ROLES, Role


def tell(letter: Message, why: str) -> None:
    """Mark the address the letter went to; tell the colleagues and the managers of the authority.

    In the caller's transaction. An address that was changed meanwhile is not marked.
    """
    person, now = letter.person, clock.now()
    same = User.objects.filter(pk=person.pk, email=person.email, email_refused_at=None)
    if not same.update(email_refused_at=now, email_refused_why=one_line(why)):
        return
    topic = f"person:{person.pk}"
    rows: dict[int, Reminder] = {}
    for reader in _readers(person):
        rows.setdefault(
            reader.user_id,
            Reminder(
                person_id=reader.user_id, about=About.bounced, topic=topic, due_on=clock.today(),
                cause=letter.pk, role=reader.role, place=reader.place_key, planned_at=now,
            ),
        )  # fmt: skip
    Reminder.objects.bulk_create(rows.values(), ignore_conflicts=True)


def _readers(person: User) -> list[Membership]:
    """Whoever files or signs for the same school, and the managers of the person's authorities.

    The person is among them: it shows in the inbox, where there is no way by mail.
    """
    today = clock.today()
    posts = list(Membership.objects.filter(user=person).live(today).select_related("school"))
    schools = [post.school_id for post in posts if post.school_id]
    regions = {post.school.authority_id if post.school else post.region_id for post in posts}
    live = Membership.objects.live(today)
    colleagues = live.filter(school__in=schools, role__in=SCHOOL_ROLES)
    managers = live.filter(region__in=regions, role=Role.manager)
    return [*colleagues.order_by("pk"), *managers.order_by("pk")]
