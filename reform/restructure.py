"""The only place that changes a school under campaigns: name, code, type, authority, standing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from reform import filings, fitting, history, settling, steering
from reform.fitting import Fit
from reform.history import NewEvent
from reform.models import Enrolment
from reform.rollout import OPENINGS
from schools import clock
from schools.errors import Denied
from schools.language import listed
from schools.models import Region, School, SchoolType
from schools.models.regions import RegionKind, bounds
from schools.models.schools import OWN_CODES, SchoolKind, code_warnings, derive_profile
from schools.roles import Profile
from schools.scope import Seat

AHEAD = timedelta(days=366)  # how far ahead a closing may be decided
# kind of change → the kind of its event
KINDS = {
    "name": "rename",
    "code": "recode",
    "type": "retype",
    "ownership": "change_ownership",
    "authority": "move_school",
    "profile": "set_profile",
    "close": "close_school",
    "reopen": "reopen_school",
}
_WHY = {"close": "closed"}  # for reminders; any other change makes needless what goes


@dataclass(frozen=True)
class Change:
    """`values`: name, code, type, ownership, authority, profile ("" as the numbers say) or on."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """What a change would do: the school as it would be, its campaigns, and what looks odd."""

    before: School
    after: School
    fits: list[Fit]
    doubts: list[str]

    @property
    def later(self) -> date | None:
        """The day on which it happens, where that is not today."""
        day = self.after.closed_on
        return day if day and day > clock.today() else None


def preview(school: School, change: Change, *, by: Seat, reason: str = "") -> Effect:
    """What `change` would do; ValidationError names its field, Denied says why it cannot be."""
    require(by, school, change.kind)
    before = copied(school)
    after, profile, doubts = _changed(school, change, reason)
    if change.kind in ("name", "code"):
        return Effect(before, after, [], doubts)
    fits = fitting.plan(after, fitting.facts(after, profile))
    return Effect(before, after, [fit for fit in fits if fit.changes], doubts)


def carry_out(
    school_id: int, change: Change, *, by: Seat, reason: str, key: str = ""
) -> dict[str, int]:
    """Do it in one transaction: school, enrolments, entries, counters, history; counts of it.

    ValidationError names the field of the change or "reason"; Denied where it cannot be done.
    """
    steering.check_reason(reason)
    asked = _asked(school_id, change, reason)
    with transaction.atomic():
        school = _take(school_id, str(change.values.get("authority", "")))
        if answer := filings.answered(by.user, key, asked):
            return dict(answer["done"])
        require(by, school, change.kind)
        before = copied(school)
        school, profile, _doubts = _changed(school, change, reason)
        _write(before, school)
        done: dict[str, int] = {}
        if change.kind not in ("name", "code"):
            fits = fitting.plan(school, fitting.facts(school, profile))
            why = _WHY.get(change.kind, "withdrawn")
            done = settling.settle(school, fits, by=by, reason=reason, why=why)
        _tell(before, school, KINDS[change.kind], by, reason, done)
        filings.remember(by.user, key, asked, {"done": done})
    return done


def was_done(school_id: int, change: Change, by: Seat, reason: str, key: str) -> bool:
    """Whether this very request was answered already: a second press is no second change."""
    return filings.answered(by.user, key, _asked(school_id, change, reason)) is not None


def _asked(school_id: int, change: Change, reason: str) -> dict[str, Any]:
    told = {name: _plain(value) for name, value in change.values.items()}
    return {**told, "do": change.kind, "school": school_id, "text": reason}


def close_due() -> tuple[bool, str]:
    """Let schools go whose closing was decided for a day that has come; how many."""
    asked = Enrolment.objects.filter(
        school=OuterRef("pk"), campaign__state__in=fitting.RUNNING, voided_at=None
    )
    due = School.objects.filter(closed_on__lte=clock.today()).filter(Exists(asked))
    ids = list(due.order_by("pk").values_list("pk", flat=True))
    for pk in ids:
        with transaction.atomic():
            school = _take(pk)
            if not school.closed_on or school.closed_on > clock.today():
                continue
            fits = fitting.plan(school, fitting.facts(school))
            done = settling.settle(school, fits, by=None, reason="", why="closed")
            _tell(school, school, "closed_school", None, "", done)
    return True, str(len(ids)) if ids else ""


def require(seat: Seat, school: School, kind: str) -> None:
    """Denied with the sentence where this seat cannot change that school so."""
    if not seat.has("manage_schools"):
        raise Denied(_("Your post here does not include this step."))
    if not seat.is_authority(school.authority_id):
        raise Denied(_("Another authority looks after this school; its manager can change it."))
    if school.kind != SchoolKind.school:
        raise Denied(_("A bureau is not a school; it stays as it is."))
    if why := why_not(school, kind):
        raise Denied(why)


def why_not(school: School, kind: str) -> str:
    """Why a change makes no sense for the school as it stands; empty when it does."""
    if kind == "reopen" and not school.closed_on:
        return _("This school is not closed.")
    if kind not in ("reopen", "name", "code") and school.closed_on:
        return _("This school is closed. Reopen it first.")
    return ""


def targets(school: School) -> list[Region]:
    """To whom its authority may hand a school: those beside it, above it and below it.

    A county: its city and the other counties of that city (where the city is but a placeholder,
    the province). A city or province: what lies above the place where the school stands, and the
    counties below. Whoever takes a school over can hand it on.
    """
    own, stands = school.authority_id, school.region_id
    low = own[:4] if len(own) == 6 else own
    inside = Q(code__gte=low, code__lt=bounds(low)[1])
    hidden = (RegionKind.placeholder, RegionKind.nbs_only)
    found = Region.objects.filter(inside | Q(pk__in=[stands[:2], stands[:4]]))
    regions = {one.pk: one for one in found.exclude(kind__in=hidden).order_by("code")}
    if len(own) == 6 and own[:4] in regions:
        regions.pop(own[:2], None)
    regions.pop(own, None)
    near = {stands[:2], stands[:4]}
    return [one for code, one in regions.items() if len(code) == 6 or code in near]


# ---- one change


def _take(school_id: int, target: str = "") -> School:
    """Lock openings, both regions and the school, then read it."""
    authority = School.objects.values_list("authority_id", flat=True).get(pk=school_id)
    asked = [authority, *([target] if target.isdigit() else [])]
    regions = Region.objects.filter(pk__in=asked).values_list("pk", flat=True)
    history.lock({OPENINGS, f"school:{school_id}", *(f"region:{code}" for code in regions)})
    schools = School.objects.select_for_update(of=("self",), no_key=True)
    return schools.select_related("school_type").get(pk=school_id)


def copied(school: School) -> School:
    return School(**{f.attname: getattr(school, f.attname) for f in School._meta.concrete_fields})


def _changed(school: School, change: Change, reason: str) -> tuple[School, str, list[str]]:
    """The school with the change in it, the profile that campaigns take over ("": none), doubts."""
    after = copied(school)
    after.school_type = school.school_type
    doubts = STEPS[change.kind](after, change.values) or []
    if change.kind == "profile":
        after.profile_note = reason.strip()[:300] if after.profile_by_hand else ""
    after.profile = derive_profile(after)[0]
    follows = change.kind == "profile" or after.profile != school.profile
    return after, str(after.profile) if follows else "", doubts


def _name(school: School, said: Mapping[str, Any]) -> list[str]:
    name = str(said["name"]).strip()
    if not name or len(name) > 60 or not name.isprintable():
        raise ValidationError({"name": [_("Write the name, at most 60 characters.")]})
    _differs("name", name, school.name)
    school.name = name
    alike = School.objects.filter(authority=school.authority_id, name=name, closed_on=None)
    codes = list(alike.exclude(pk=school.pk).values_list("code", flat=True)[:3])
    if codes:
        words = _("Another school of yours has this very name: %(codes)s.")
        return [words % {"codes": listed(codes)}]
    return []


def _code(school: School, said: Mapping[str, Any]) -> list[str]:
    code = str(said["code"]).strip().upper()
    plain = code.isascii() and code.replace("-", "").isalnum()
    if not plain or len(code) > 20:
        words = _("A code has letters and digits, at most 20 of them.")
        raise ValidationError({"code": [words]})
    if code.startswith(OWN_CODES):
        words = _("Codes that begin with L- or B- are given by this system.")
        raise ValidationError({"code": [words]})
    _differs("code", code, school.code)
    if other := School.objects.filter(code=code).exclude(pk=school.pk).first():
        known = other.authority_id == school.authority_id
        words = _("%(school)s has this code.") if known else _("Another school has this code.")
        raise ValidationError({"code": [words % {"school": other}]})
    school.code = code
    return [str(sentence) for sentence in code_warnings(code, school.school_type_id)]


def _type(school: School, said: Mapping[str, Any]) -> list[str]:
    code = str(said["type"])
    found = SchoolType.objects.filter(pk=code).first() if code.isdigit() else None
    if found is None:
        raise ValidationError({"type": [_("Choose a type from the list.")]})
    _differs("type", found.pk, school.school_type_id)
    school.school_type = found
    return [str(sentence) for sentence in code_warnings(school.code, found.pk)]


def _ownership(school: School, said: Mapping[str, Any]) -> None:
    _differs("ownership", said["ownership"], school.ownership)
    school.ownership = said["ownership"]


def _authority(school: School, said: Mapping[str, Any]) -> None:
    code = str(said["authority"])
    _differs("authority", code, school.authority_id)
    allowed = {region.pk: region for region in targets(school)}
    if code not in allowed:
        raise ValidationError({"authority": [_("Choose an authority from the list.")]})
    school.authority = allowed[code]
    if len(code) == 6:  # a county looks after what stands in it
        school.region_id = code


def _profile(school: School, said: Mapping[str, Any]) -> None:
    wanted = str(said["profile"])
    if wanted not in ("", Profile.multi, Profile.single, Profile.joint):
        raise ValidationError({"profile": [_("Choose a profile from the list.")]})
    frozen = Enrolment.objects.filter(
        school=school, campaign__state__in=fitting.RUNNING, voided_at=None
    )
    was = school.profile_by_hand
    school.profile_by_hand = wanted
    profile = str(derive_profile(school)[0])
    if wanted == was and not frozen.exclude(profile=profile).exists():
        raise ValidationError({"profile": [_("That is how it is already.")]})


def _close(school: School, said: Mapping[str, Any]) -> None:
    day, today = said["on"], clock.today()
    if day > today + AHEAD:
        raise ValidationError({"on": [_("At most a year ahead; decide it when it is nearer.")]})
    if day.year < 1949:
        raise ValidationError({"on": [_("That day is too long ago.")]})
    school.closed_on = day


def _reopen(school: School, _said: Mapping[str, Any]) -> None:
    school.closed_on = None


STEPS: dict[str, Callable[[School, Mapping[str, Any]], list[str] | None]] = {
    "name": _name,
    "code": _code,
    "type": _type,
    "ownership": _ownership,
    "authority": _authority,
    "profile": _profile,
    "close": _close,
    "reopen": _reopen,
}
_WRITTEN = ("name", "code", "school_type_id", "ownership", "authority_id", "region_id",
            "closed_on", "profile", "profile_by_hand", "profile_note")  # fmt: skip


def _differs(name: str, new: object, old: object) -> None:
    if new == old:
        raise ValidationError({name: [_("That is how it is already.")]})


def _differences(before: School, after: School) -> list[str]:
    return [name for name in _WRITTEN if getattr(before, name) != getattr(after, name)]


def _write(before: School, after: School) -> None:
    values = {name: getattr(after, name) for name in _differences(before, after)}
    values["registers_rev"] = F("registers_rev") + 1  # checks read type and profile too
    School.objects.filter(pk=after.pk).update(**values)


def _tell(
    before: School, after: School, kind: str, by: Seat | None, reason: str, done: dict[str, int]
) -> None:
    """The same event in the history of the school and of each authority that it concerns."""
    changed = [name for name in _differences(before, after) if name != "profile_note"]
    body = {
        "school": after.pk,
        "name": after.name,
        "code": after.code,
        "was": {name: _plain(getattr(before, name)) for name in changed},
        "is": {name: _plain(getattr(after, name)) for name in changed},
        "done": done,
        **({"seat": by.key} if by else {}),
    }
    event = NewEvent(kind, by.user if by else None, body=body, text=reason)
    regions = {f"region:{one.authority_id}" for one in (before, after)}
    chains = history.lock({after.subject, *regions})
    history.append_each([(chain, event) for chain in chains.values()])


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
