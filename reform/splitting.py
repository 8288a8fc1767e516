"""The only place that lets a part of a school become a school of its own, under campaigns."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from reform import filings, fitting, history, reach, rollout, settling, steering
from reform.fitting import Fit
from reform.merging import locked, tell, tell_registers, unchanged
from reform.models.campaign import CampaignState
from reform.restructure import STEPS, copied, require
from reform.rollout import OPENINGS
from schools import clock, succession
from schools.lists import last_local_numbers
from schools.models import Branch, School, SchoolType
from schools.models.regions import ancestors
from schools.models.schools import SuccessionKind, code_warnings, derive_profile, local_code
from schools.roles import PartyForm, Profile
from schools.scope import Seat
from schools.succession import Branches, Passage
from schools.workdays import school_year_of

MEMBERS = {"full_members": "full_members", "probationary_members": "probationary"}


@dataclass(frozen=True)
class Split:
    """The new school: name, type, code ("" for a local one), form; `branches` go along with it.

    `form_left`: the form of Party organisation of the school that stays.
    """

    name: str
    type: str
    form: str
    form_left: str
    code: str = ""
    branches: tuple[int, ...] = ()


@dataclass(frozen=True)
class Effect:
    """What a split would do: the school that stays, the new one, and what becomes of its branches.

    `joins`: the campaigns under way that ask the new school at once.
    """

    before: School
    after: School
    new: School
    branches: Branches
    joins: list[str]
    fits: list[Fit] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def preview(
    school: School,
    split: Split,
    *,
    by: Seat,
    rows: Sequence[Branch] | None = None,
    types: Iterable[SchoolType] | None = None,
) -> Effect:
    """What it would do; ValidationError names its field, Denied says why it cannot be.

    Where they are known: `rows`, the branches of the school as `succession.branches_of` gives them,
    and `types`, those to choose from.
    """
    require(by, school, "split")
    found = _going(school, split, rows)
    new, doubts = _new(school, split, found, types)
    after = _left(school, split, found)
    planned = _plan(school, after)
    joins = [] if new.profile == Profile.unknown else _joins(school, planned)
    fits = [fit for fit in planned if fit.changes]
    doubts += [*_form_doubts(new), *_form_doubts(after)]
    return Effect(copied(school), after, new, found, joins, fits, doubts)


def _form_doubts(school: School) -> Iterator[str]:
    """Rules STR-03 and STR-04, of a school as it would be."""
    branches, above = school.branches, (PartyForm.committee, PartyForm.general)
    if branches is None:
        return
    what = ""
    if school.form in above and branches < 2:
        what = _("A committee or a general branch normally has two branches or more under it.")
    if school.form == PartyForm.branch and branches > 1:
        what = _("A school with several branches normally has a general branch or a committee.")
    if what:
        yield _("%(name)s: %(what)s") % {"name": school.name, "what": what}


def _joins(school: School, planned: Sequence[Fit]) -> list[str]:
    """The campaigns under way that ask every school of the authority, by name."""
    year = school_year_of(clock.today())
    if planned:
        campaigns = [fit.campaign for fit in planned if fit.reaches]
        running = [one for one in campaigns if one.state == CampaignState.open]
        return [one.name for one in running if one.school_year >= year]
    above = reach.running().filter(region_id__in=ancestors(school.authority_id))
    return list(above.order_by("opened_at", "pk").values_list("name", flat=True))


def _going(school: School, split: Split, rows: Sequence[Branch] | None = None) -> Branches:
    """What becomes of the chosen branches; ValidationError where the choice cannot be."""
    if rows is None:
        rows = succession.branches_of(school, clock.today())
    found = succession.splitting(school, split.branches, rows)
    _check(split, found)
    return found


def split_off(
    school_id: int, split: Split, *, by: Seat, reason: str, key: str = ""
) -> dict[str, Any]:
    """Make the new school and let the branches go there; its code, and what was done in counts."""
    steering.check_reason(reason)
    asked = _asked(school_id, split, reason)
    with transaction.atomic():
        school, held = _take(school_id, split)
        if answer := filings.answered(by.user, key, asked):
            return dict(answer)
        require(by, school, "split")
        found = _going(school, split)
        unchanged(succession.schools_of(school, None, found), held)
        done = _split(school, split, found, by, reason)
        filings.remember(by.user, key, asked, done)
    return done


def _asked(school_id: int, split: Split, reason: str) -> dict[str, Any]:
    told = {**vars(split), "branches": list(split.branches)}
    return {**told, "do": "split", "school": school_id, "text": reason}


def _take(school_id: int, split: Split) -> tuple[School, set[int]]:
    """Lock openings, the authority and every school that is touched; then read the school."""
    school = School.objects.get(pk=school_id)
    rows = succession.branches_of(school, clock.today())
    found = succession.splitting(school, split.branches, rows)
    touched = set(succession.schools_of(school, None, found))
    history.lock({OPENINGS, f"region:{school.authority_id}", *(f"school:{pk}" for pk in touched)})
    return locked(school_id), touched


def _check(split: Split, found: Branches) -> None:
    """ValidationError where what was chosen is not there, or does not go with the form."""
    wrong: dict[str, list[str]] = {}
    if {row.pk for row in found.going} != set(split.branches):
        wrong["branches"] = [_("Choose branches from the list.")]
    for name in ("form", "form_left"):
        if getattr(split, name) not in PartyForm.values:
            wrong[name] = [_("Choose a form from the list.")]
    if not wrong and split.form == PartyForm.joint and split.branches:
        wrong["form"] = [_("A school with branches of its own belongs to no joint branch.")]
    if wrong:
        raise ValidationError(wrong)


def _new(
    school: School, split: Split, found: Branches, types: Iterable[SchoolType] | None = None
) -> tuple[School, list[str]]:
    """The new school as it would be, and what looks odd about it."""
    new = School(
        region_id=school.region_id,
        authority=school.authority,
        ownership=school.ownership,
        form=split.form,
        branches=len(found.going),
    )
    doubts = STEPS["name"](new, {"name": split.name}) or []
    if split.code:
        STEPS["code"](new, {"code": split.code})
    new.school_type = next((one for one in types or () if one.pk == split.type), None)
    if new.school_type is None:
        STEPS["type"](new, {"type": split.type})
    if split.code:
        doubts += [str(one) for one in code_warnings(new.code, new.school_type_id)]
    for name, column in MEMBERS.items():
        setattr(new, name, _sum(found.going, column))
    new.profile = derive_profile(new)[0]
    return new, doubts


def _left(school: School, split: Split, found: Branches) -> School:
    """The school that stays, less what goes: branches and members as its register counts them."""
    after = copied(school)
    after.school_type, after.form = school.school_type, split.form_left
    going = {"branches": len(found.going)}
    going |= {name: _sum(found.going, column) or 0 for name, column in MEMBERS.items()}
    for name, n in going.items():
        had = getattr(school, name)
        setattr(after, name, None if had is None else max(had - n, 0))
    after.profile = derive_profile(after)[0]
    return after


def _sum(rows: list[Branch], column: str) -> int | None:
    """Members of all branches, if each has its number."""
    numbers = [getattr(row, column) for row in rows]
    return None if None in numbers or not numbers else sum(numbers)


def _plan(school: School, after: School) -> list[Fit]:
    """What follows for the school that stays, if its profile is another one now."""
    if after.profile == school.profile:
        return []
    return fitting.plan(after, fitting.facts(after, after.profile))


def _split(school: School, split: Split, found: Branches, by: Seat, reason: str) -> dict[str, Any]:
    today = clock.today()
    new, _doubts = _new(school, split, found)
    after = _left(school, split, found)
    fits = [fit for fit in _plan(school, after) if fit.changes]
    if not new.code:
        number = last_local_numbers({school.authority_id}, lock=True)[school.authority_id] + 1
        new.code = local_code(school.authority_id, number)
    new.save()
    columns = ("form", "branches", *MEMBERS, "profile")
    values = {name: getattr(after, name) for name in columns}
    moved = {"baseline_at": None, "registers_rev": F("registers_rev") + 1}
    School.objects.filter(pk=school.pk).update(**values, **moved)
    written = succession.summed(Passage(school, new, found, today).carry(everything=False))
    done: dict[str, Any] = settling.settle(after, fits, by=by, reason=reason, why="withdrawn")
    succession.remember(school, new, SuccessionKind.split, today)
    joined = rollout.join(new)
    tell_registers(written, by)
    names = [name for name in columns if getattr(school, name) != getattr(after, name)]
    other = {"school": new.pk, "name": new.name, "code": new.code}
    body = {"was": _plain(school, names), "is": _plain(after, names), "done": done, "other": other}
    tell(school, "split_school", body, by, reason, region=True)
    other = {"school": school.pk, "name": school.name, "code": school.code}
    body = {"was": {}, "is": _plain(new, columns), "other": other}
    tell(new, "found_school", body, by, reason)
    rows = sum(len(one.added) for one in written.values())
    return {**done, "rows": rows, "joined": joined, "code": new.code}


def _plain(school: School, names: Any) -> dict[str, str]:
    values = {name: getattr(school, name) for name in names}
    return {name: "" if value is None else str(value) for name, value in values.items()}
