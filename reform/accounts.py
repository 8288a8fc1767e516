"""The only place that makes, hands over and ends accounts and posts, and gives out new codes.

Rights are those of `scope.posts`; each change is a line of the audit log and an event on the chain
of the school or region. `by` None is the console of the machine.
"""

import re
from datetime import date, timedelta
from typing import Any, Literal

from axes.models import AccessAttempt
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from reform import auditing, history, leaving
from reform.history import NewEvent
from schools import activation, clock, scope, throttle
from schools.errors import Denied
from schools.forms import work_phone
from schools.models import Membership, Region, School, User
from schools.models.regions import bounds
from schools.roles import SCHOOL_ROLES, Role
from schools.scope import Seat

Answer = Literal[True] | Denied
Place = School | Region

MOST = {"name": 40, "post": 40, "phone": 24, "email": 254, "username": 150}


# ---- may


def may_give(seat: Seat | None, role: str, place: Place) -> Answer:
    """Whether this seat may give this role at this place."""
    if seat is None:
        return Denied(_("You hold no post today. Ask whoever gave you the account."))
    if not seat.has("manage_people") or seat.region is None:
        return Denied(_("Your post here does not include keeping accounts."))
    if isinstance(place, School):
        if Role.manager not in seat.roles:
            return Denied(_("Accounts of schools are made by the manager of their authority."))
        if not seat.is_authority(place.authority_id):
            return Denied(_("Another authority keeps the accounts of this school."))
        return True
    if Role.operator not in seat.roles:
        return Denied(_("Accounts of authorities are made by whoever runs this installation."))
    if role == Role.operator:
        return Denied(_("An operator's account is made on the machine or in the back office."))
    low, high = bounds(seat.place_code)
    if not low <= place.code < high:
        return Denied(_("This region does not lie in yours."))
    return True


def may_manage(seat: Seat | None, whom: User | Membership) -> Answer:
    """Whether this seat may end this post, or give this person a new code.

    A manager may not touch somebody who also holds a post elsewhere: a code opens all of it.
    """
    if seat is None or not seat.has("manage_people"):
        return Denied(_("Your post here does not include keeping accounts."))
    mine = scope.posts(seat)
    if isinstance(whom, Membership):
        if whom.user_id == seat.user.pk:
            return Denied(_("Somebody else has to change your own post."))
        if not mine.filter(pk=whom.pk).exists():
            return Denied(_("Another authority keeps this account."))
        return True
    held = leaving.not_over().filter(user=whom)
    if not held.exists():
        held = whom.memberships.all()
    ours = mine.filter(pk__in=held.values("pk"))
    if not ours.exists():
        return Denied(_("Another authority keeps this account."))
    if Role.operator in seat.roles and ours.filter(school=None).exists():
        return True
    if ours.count() < held.count():
        return Denied(
            _("%(name)s also holds a post elsewhere; whoever runs this installation helps.")
            % {"name": whom}
        )
    return True


def _require(answer: Answer) -> None:
    if isinstance(answer, Denied):
        raise answer


# ---- make


def create(
    by: Seat | None,
    *,
    place: Place,
    role: str,
    name: str,
    post: str = "",
    phone: str = "",
    email: str = "",
    username: str = "",
    starts_on: date | None = None,
) -> User:
    """A new account with one post; without a username it is the code of the place and a number.

    ValidationError names the field. There is no password until a code was used.
    """
    said = clean(name=name, post=post, phone=phone, email=email, username=username)
    _check_role(role, place)
    if by is not None:
        _require(may_give(by, role, place))
    with transaction.atomic():
        history.lock([_subject(place)])
        _check_new(place, role, said)
        said["username"] = said["username"] or _next_username(place)
        user = User(**said)
        user.set_unusable_password()
        user.save()
        made = _give(by, user, place, role, starts_on, "account_new")
        _welcome(by, place, made.starts_on)
        _log(by, "account new", f"{user.username} {role} {place.code}", place)
    return user


def appoint(
    by: Seat | None, user: User, *, place: Place, role: str, starts_on: date | None = None
) -> Membership:
    """Give somebody who has an account another post, or one again."""
    _check_role(role, place)
    if by is not None:
        _require(may_give(by, role, place))
        _require(may_manage(by, user))
    with transaction.atomic():
        history.lock([_subject(place)])
        at = _at(place)
        if leaving.not_over().filter(user=user, role=role, **at).exists():
            raise ValidationError(
                {"role": [_("%(name)s holds this post already.") % {"name": user}]}
            )
        made = _give(by, user, place, role, starts_on, "post_new")
        _welcome(by, place, made.starts_on)
        _log(by, "post change", f"{user.username} {role} {place.code} {made.starts_on}", place)
    return made


def clean(**said: str) -> dict[str, str]:
    """What was typed about a person, without space around; ValidationError names each field."""
    wrong: dict[str, list[str]] = {}
    kept = {field: text.strip() for field, text in said.items()}
    for field, text in kept.items():
        try:
            if not said[field].isprintable():
                raise ValidationError(_("Line breaks and hidden characters do not belong here."))
            if len(text) > MOST[field]:
                raise ValidationError(_("At most %(n)s characters.") % {"n": MOST[field]})
            if field == "email" and text:
                validate_email(text)
            if field == "phone":
                kept[field] = work_phone(text)
            if field == "username" and text:
                kept[field] = User.normalize_username(text)  # as it is read at sign-in
                User._meta.get_field("username").run_validators(kept[field])
            if field == "name" and not text:
                raise ValidationError(_("The name is missing."))
        except ValidationError as error:
            wrong[field] = error.messages
    if wrong:
        raise ValidationError(wrong)
    return kept


def _check_role(role: str, place: Place) -> None:
    if role not in Role.values:
        raise ValidationError({"role": [_("There is no such role.")]})
    if isinstance(place, School) != (role in SCHOOL_ROLES):
        raise ValidationError(
            {
                "role": [
                    _("This role is held at a region, not at a school.")
                    if isinstance(place, School)
                    else _("This role is held at a school, not at a region.")
                ]
            }
        )
    if isinstance(place, School) and place.closed_on and place.closed_on <= clock.today():
        raise ValidationError({"place": [_("%(school)s is closed.") % {"school": place}]})


def _check_new(place: Place, role: str, said: dict[str, str]) -> None:
    if said["username"] and User.objects.filter(username__iexact=said["username"]).exists():
        raise ValidationError(
            {"username": [_("There is an account %(name)s already.") % {"name": said["username"]}]}
        )
    same = leaving.not_over().filter(user__name=said["name"], role=role, **_at(place))
    if same.exists():
        raise ValidationError(
            {"name": [_("%(name)s holds this post already.") % {"name": said["name"]}]}
        )


def _next_username(place: Place) -> str:
    """Code of the place and the number after the highest there; under the lock of its chain."""
    stem = f"{place.code}-"
    taken = User.objects.filter(username__istartswith=stem).values_list("username", flat=True)
    numbers = [re.fullmatch(r"(\d{1,6})", name[len(stem) :], re.ASCII) for name in taken]
    return f"{stem}{max([int(n[1]) for n in numbers if n], default=0) + 1:02d}"


def _give(
    by: Seat | None, user: User, place: Place, role: str, starts_on: date | None, kind: str
) -> Membership:
    """Write the post and its event."""
    starts_on = starts_on or clock.today()
    made = Membership.objects.create(user=user, role=role, starts_on=starts_on, **_at(place))
    body = {"person": user.pk, "role": role, "from": starts_on.isoformat()}
    _tell(by, _subject(place), kind, body)
    return made


def _welcome(by: Seat | None, place: Place, starts_on: date) -> None:
    """Drafts of those who left and had nobody after them go to whoever begins here."""
    if isinstance(place, School) and starts_on <= clock.today():
        leaving.pass_drafts_on(place.pk, by.user if by else None)


# ---- end


def end(membership: Membership, *, by: Seat | None, on: date, successor: User | None = None) -> int:
    """Let a post end, `on` being its last day; how many drafts went to somebody else.

    A successor holds the post from the day after. Once the day is past, drafts go to who holds the
    post then, reminders stop, and who holds no other post is signed out for good.
    """
    if by is not None:
        _require(may_manage(by, membership))
    with transaction.atomic():
        subject = leaving.subject(membership)
        history.lock([subject])
        held = Membership.objects.select_related("user", "school", "region").get(pk=membership.pk)
        place = held.school or held.region
        assert place is not None
        _check_end(held, on, successor)
        Membership.objects.filter(pk=held.pk).update(ends_on=on)
        held.ends_on = membership.ends_on = on
        body = {"person": held.user_id, "role": held.role, "to": on.isoformat()}
        if successor is not None:
            body["successor"] = successor.pk
            _let_follow(by, successor, place, held.role, on + timedelta(days=1))
        _tell(by, subject, "post_end", body)
        _log(by, "account end", f"{held.user.username} {held.role} {place.code} {on}", place)
        if on >= clock.today():
            return 0
        return leaving.settle(held, by.user if by else None).drafts


def hand_over(
    membership: Membership,
    *,
    by: Seat | None,
    on: date,
    successor: User | None = None,
    **person: str,
) -> User:
    """End a post and have it followed, by `successor` or by a new account; who follows."""
    with transaction.atomic():
        if successor is None:
            place = membership.school or membership.region
            assert place is not None
            begins = on + timedelta(days=1)
            asked: dict[str, Any] = {"name": "", **person}
            successor = create(by, place=place, role=membership.role, starts_on=begins, **asked)
        end(membership, by=by, on=on, successor=successor)
    return successor


def _check_end(held: Membership, on: date, successor: User | None) -> None:
    if held.ends_on and held.ends_on < clock.today():
        raise Denied(_("This post ended on %(day)s already.") % {"day": held.ends_on})
    if on < held.starts_on:
        raise ValidationError({"on": [_("The last day lies before the first.")]})
    if successor is not None and successor.pk == held.user_id:
        raise ValidationError({"successor": [_("Nobody follows oneself.")]})


def _let_follow(by: Seat | None, user: User, place: Place, role: str, starts_on: date) -> None:
    """Give the successor the post, unless it is held already."""
    if leaving.not_over().filter(user=user, role=role, **_at(place)).exists():
        return
    if by is not None:
        _require(may_manage(by, user))
    _give(by, user, place, role, starts_on, "post_new")
    _log(by, "post change", f"{user.username} {role} {place.code} {starts_on}", place)


# ---- a new code


def reissue(user: User, *, by: Seat | None) -> str:
    """A new activation code, told once; what held this account up after wrong tries is lifted."""
    if by is not None:
        _require(may_manage(by, user))
    if not user.is_active:
        raise Denied(_("This account is disabled."))
    with transaction.atomic():
        held = list(leaving.not_over().filter(user=user).select_related("school", "region"))
        subjects = {leaving.subject(membership) for membership in held}
        if not subjects:
            raise Denied(_("%(name)s holds no post. Give one first.") % {"name": user})
        history.lock(subjects)
        code = activation.issue(user, by.user if by else None)
        AccessAttempt.objects.filter(username=user.username).delete()
        throttle.forget(user.username)
        for subject in sorted(subjects):
            _tell(by, subject, "code_new", {"person": user.pk})
        _log(by, "code issue", user.username, held[0].school or held[0].region)
    return code


# ---- words of the log


def _tell(by: Seat | None, subject: str, kind: str, body: dict[str, Any]) -> None:
    seat = {"seat": by.key} if by else {}
    history.record(subject, NewEvent(kind, by.user if by else None, body={**body, **seat}))


def _log(by: Seat | None, what: str, thing: str, place: Place | None) -> None:
    region = by.place_code if by else None
    if region is None and place is not None:
        region = place.authority_id if isinstance(place, School) else place.code
    auditing.append(what, thing, user=by.user if by else None, region=region, username="console")


def _subject(place: Place) -> str:
    return place.subject if isinstance(place, School) else f"region:{place.code}"


def _at(place: Place) -> dict[str, Place]:
    return {"school": place} if isinstance(place, School) else {"region": place}
