"""The only place for the sentences of accounts: lists, a person, codes, what an ending leaves."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reform import outbox, people
from reform.models import AuditLine
from reform.people import Counts, Left, State
from schools import clock
from schools.models import Membership, User
from schools.roles import Role
from schools.scope import Seat

STATES: dict[str, str | Promise] = {
    State.active: gettext_lazy("Active"),
    State.waiting: gettext_lazy("Not yet activated"),
    State.ended: gettext_lazy("Ended"),
}


def masked(phone: str) -> str:
    """A number as a list shows it: enough to know it again, too little to call."""
    if len(phone) < 7:
        return phone
    return f"{phone[:4]}****{phone[-2:]}"


# ---- the list


def list_sentence(seat: Seat, counts: Counts) -> str:
    if not counts.people and people.keeps_schools(seat):
        return _("No school of %(place)s has an account yet.") % {"place": seat.place_name}
    if not counts.people:
        return _("Nobody in %(place)s has an account yet.") % {"place": seat.place_name}
    if not counts.waiting:
        return ngettext(
            "%(n)d person of %(place)s has an account, and it is activated.",
            "%(n)d people of %(place)s have an account, and all are activated.",
            counts.people,
        ) % {"n": counts.people, "place": seat.place_name}
    return ngettext(
        "%(n)d person of %(place)s has an account; not yet activated: %(waiting)d.",
        "%(n)d people of %(place)s have an account; not yet activated: %(waiting)d.",
        counts.people,
    ) % {"n": counts.people, "place": seat.place_name, "waiting": counts.waiting}


def list_figures(seat: Seat, counts: Counts, gaps: int) -> list[dict[str, Any]]:
    """Each number with the rows behind it."""
    here = reverse("people")
    gap = _("Schools nobody files for") if people.keeps_schools(seat) else _("Without a manager")
    figures = [
        (_("Accounts"), counts.people, here),
        (_("Not yet activated"), counts.waiting, f"{here}?show=waiting"),
        (gap, gaps, reverse("people_gaps")),
    ]
    if counts.refused or outbox.mail_is_on():
        figures.append((_("Mail refused"), counts.refused, f"{here}?show=refused"))
    return [{"label": label, "value": n, "url": url if n else ""} for label, n, url in figures]


def row(post: Membership, today: date) -> dict[str, Any]:
    """A post as the list shows it."""
    user, state = post.user, people.state(post, today)
    return {
        "post": post,
        "user": user,
        "place": post.school.name if post.school else str(post.region),
        "role": post.get_role_display(),
        "phone": masked(user.phone),
        "waiting": state == State.waiting,
        "state": STATES[state],
        "said": _until(post) if state == State.ended else _code_said(user, state),
        "refused": user.email_refused_at,
    }


def _until(post: Membership) -> str:
    return _("until %(day)s") % {"day": post.ends_on} if post.ends_on else _("account closed")


def _code_said(user: User, state: State) -> str:
    """When the last slip was issued and how long it holds; nothing once it was used."""
    code = people.last_code(user)
    if code is None:
        return _("no slip issued yet") if state == State.waiting else ""
    if code.used_at:
        return ""
    told = {"issued": clock.local_date(code.issued_at), "ends": clock.local_date(code.expires_at)}
    if code.expires_at <= clock.now():
        return _("slip of %(issued)s ran out on %(ends)s") % told
    return _("slip of %(issued)s, valid until %(ends)s") % told


# ---- gaps


def gap_sentence(seat: Seat, n: int, *, of_schools: bool) -> str:
    if not of_schools:
        if not n:
            return _("Every authority with schools has a manager.")
        return ngettext(
            "%(n)d authority with schools has no manager.",
            "%(n)d authorities with schools have no manager.",
            n,
        ) % {"n": n}
    if not n:
        return _("Every school of %(place)s has a filer.") % {"place": seat.place_name}
    return ngettext(
        "%(n)d school of %(place)s has nobody who files.",
        "%(n)d schools of %(place)s have nobody who files.",
        n,
    ) % {"n": n, "place": seat.place_name}


def make_all(n: int) -> str:
    return ngettext(
        "Make %(n)d filer account and its slip", "Make %(n)d filer accounts and their slips", n
    ) % {"n": n}


# ---- a person


def person_sentence(posts: Sequence[Membership], current: Sequence[Membership], today: date) -> str:
    person = str(posts[0].user)
    if not current:
        return _("%(person)s holds no post here any more.") % {"person": person}
    post = current[0]
    if person == post.get_role_display():
        told = {
            "role": person,
            "place": post.school or post.region,
            "state": str(STATES[people.state(post, today)]).lower(),
        }
        return _("%(role)s at %(place)s: %(state)s.") % told
    told = {
        "person": person,
        "role": post.get_role_display(),
        "place": post.school or post.region,
        "state": str(STATES[people.state(post, today)]).lower(),
    }
    return _("%(person)s, %(role)s at %(place)s: %(state)s.") % told


def post(one: Membership, today: date) -> dict[str, Any]:
    """A post on the page of its person."""
    over = people.state(one, today) == State.ended
    if one.ends_on:
        days = _("%(first)s to %(last)s") % {"first": one.starts_on, "last": one.ends_on}
    else:
        days = _("since %(first)s") % {"first": one.starts_on}
    return {
        "post": one,
        "place": one.school or one.region,
        "role": one.get_role_display(),
        "days": days,
        "over": over,
        "school": one.school,
    }


def code_line(user: User, today: date) -> str:
    """What is known of the slip; the code itself is known to nobody."""
    code = people.last_code(user)
    opened = user.has_usable_password()
    if code is None:
        return (
            _("This account was opened without a slip.")
            if opened
            else _("No slip was issued yet; nobody can sign in.")
        )
    told = {
        "issued": clock.local_date(code.issued_at),
        "ends": clock.local_date(code.expires_at),
        "used": clock.local_date(code.used_at) if code.used_at else "",
    }
    if code.used_at:
        return _("The slip of %(issued)s was used on %(used)s.") % told
    if code.expires_at <= clock.now():
        return _("The slip of %(issued)s ran out on %(ends)s without being used.") % told
    return _("The slip of %(issued)s is valid until %(ends)s and not used yet.") % told


WHAT: dict[str, str | Promise] = {
    "account new": gettext_lazy("made this account"),
    "account change": gettext_lazy("changed name, post, phone or e-mail"),
    "account end": gettext_lazy("ended a post"),
    "post change": gettext_lazy("changed a post"),
    "password reset": gettext_lazy("set a password in the back office"),
    "code issue": gettext_lazy("issued a new code"),
    "code use": gettext_lazy("used the code"),
}


def steps(lines: Sequence[AuditLine]) -> list[dict[str, Any]]:
    """What was done to an account, for the timeline."""
    return [
        {
            "at": line.at,
            "who": str(line.user or line.username or _("The console")),
            "what": WHAT.get(line.what, line.what),
            "note": " ".join(_plain(word) for word in line.thing.split()[1:]),
        }
        for line in lines
    ]


def _plain(word: str) -> str:
    """A word of the log as people read it."""
    return str(Role(word).label) if word in Role.values else str(_FIELDS.get(word, word))


_FIELDS: dict[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "post": gettext_lazy("Post"),
    "phone": gettext_lazy("Work phone"),
    "email": gettext_lazy("E-mail"),
}


def left_said(post: Membership, left: Left, *, heir: bool) -> list[str]:
    """What happens to what a person leaves at a school, before it is done."""
    person = post.user
    if post.school_id is None:
        return [_("What waits for review stays with the authority.")]
    said = [
        _drafts_said(person, left, heir=heir),
        ngettext(
            "%(n)d returned item waits at the school, as before.",
            "%(n)d returned items wait at the school, as before.",
            left.returned,
        )
        % {"n": left.returned}
        if left.returned
        else _("No returned item waits at the school."),
    ]
    if left.waiting:
        words = ngettext(
            "%(n)d item begun stays open there.", "%(n)d items begun stay open there.", left.waiting
        )
        said.append(words % {"n": left.waiting})
    if not heir and not left.colleagues:
        said.append(_("Nobody else holds this post at the school; it will stand among the gaps."))
    return said


def _drafts_said(person: User, left: Left, *, heir: bool) -> str:
    if not left.drafts:
        return _("%(person)s leaves no drafts.") % {"person": person}
    if heir:
        words = ngettext(
            "%(n)d draft of %(person)s stays with the school and goes to the successor.",
            "%(n)d drafts of %(person)s stay with the school and go to the successor.",
            left.drafts,
        )
    else:
        words = ngettext(
            "%(n)d draft of %(person)s stays with the school for whoever files there next.",
            "%(n)d drafts of %(person)s stay with the school for whoever files there next.",
            left.drafts,
        )
    return words % {"n": left.drafts, "person": person}
