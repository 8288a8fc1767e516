"""The only place that takes in a school's five numbers and form, and what follows from them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reform import filings, history, rollout
from reform.history import NewEvent
from reform.models import Enrolment, Event
from reform.models.campaign import CampaignState
from reform.rollout import OPENINGS
from schools import clock
from schools.errors import Denied
from schools.models import School
from schools.models.schools import SchoolKind, derive_profile, profile_by_facts
from schools.roles import PartyForm
from schools.scope import Seat

NUMBERS = {
    "full_members": gettext_lazy("Full members"),
    "probationary_members": gettext_lazy("Probationary members"),
    "branches": gettext_lazy("Branches"),
    "classes": gettext_lazy("Classes"),
    "staff": gettext_lazy("Staff"),
}
OF_A_BRANCH = 50  # rule STR-03: a branch usually has no more members
OWN_FROM = 3  # rules STR-01, STR-02: full members of a branch of its own
GENERAL_FROM, COMMITTEE_FROM = 50, 100  # rule STR-04, common practice; at the number both hold
MOST_MERGED = 50  # schools whose numbers are added up
UNLIKELY = {"full_members": 500, "branches": 40, "classes": 200, "staff": 1500}


@dataclass(frozen=True)
class Figures:
    """What a school says of itself: numbers of persons, branches and classes; a PartyForm."""

    form: str
    full_members: int
    probationary_members: int
    branches: int
    classes: int
    staff: int

    @property
    def members(self) -> int:
        return self.full_members + self.probationary_members


@dataclass(frozen=True)
class Answer:
    """What followed. `entries`: filings issued; `differs`: running campaigns ask otherwise."""

    profile: str
    why: str | Promise
    entries: int
    differs: bool


def of(school: School) -> dict[str, Any]:
    """What is on record, by field; a number nobody entered is None."""
    return {name: getattr(school, name) for name in ("form", *NUMBERS)}


@dataclass(frozen=True)
class Proposal:
    """Numbers with those of schools that went into this one since it told its own; their names."""

    values: dict[str, Any]
    schools: list[str]


def proposal(school: School) -> Proposal:
    """What is on record, and what came on top of it; the school says whether that is so."""
    events = Event.objects.filter(subject=school.subject, kind__in=("absorb_school", "baseline"))
    values, schools = of(school), []
    for event in events.order_by("-seq")[:MOST_MERGED]:
        if event.kind == "baseline":
            break
        body = json.loads(event.body)
        schools.append(body["other"]["name"])
        for name, n in body["numbers"].items():
            if n is not None:
                values[name] = (values[name] or 0) + n
    return Proposal(values, schools)


def doubts(told: Figures) -> list[str]:
    """Sentences for what looks odd. None of them is a refusal: the school knows better."""
    return [*_form_doubts(told), *_number_doubts(told)]


def _form_doubts(told: Figures) -> Iterator[str]:
    """Rules STR-01 to STR-04 of seeds/rules.yaml."""
    n = told.full_members
    several = told.form in (PartyForm.committee, PartyForm.general)
    if told.form == PartyForm.joint and told.full_members >= OWN_FROM:
        yield _("With 3 or more full members a school normally has a Party branch of its own.")
    if told.form != PartyForm.joint and told.full_members < OWN_FROM:
        yield _("With fewer than 3 full members a school normally belongs to a joint branch.")
    if several and told.branches < 2:
        yield _("A committee or a general branch normally has two branches or more under it.")
    if not several and told.branches > 1:
        yield _("A school with several branches normally has a general branch or a committee.")
    if told.form == PartyForm.branch and not told.branches:
        yield _("A Party branch of its own counts as one branch; here stands 0.")
    if told.form == PartyForm.committee and n < COMMITTEE_FROM:
        yield _("By common practice a committee is set up from about 100 members on.")
    if told.form == PartyForm.general and not GENERAL_FROM <= n <= COMMITTEE_FROM:
        yield _("By common practice a general branch is set up for about 50 to 100 members.")
    if told.form in (PartyForm.branch, PartyForm.joint) and n > OF_A_BRANCH:
        yield _("By common practice a general branch is set up from about 50 members on.")
    elif told.branches > 1 and told.members > OF_A_BRANCH * told.branches:
        yield _("A branch usually has no more than 50 members; here they are more on average.")


def _number_doubts(told: Figures) -> Iterator[str]:
    if told.full_members > told.staff:
        yield _("There are more full members than staff. That can only be with many retired ones.")
    if told.probationary_members > max(told.full_members, 1):
        yield _("There are more probationary than full members. Were the two exchanged?")
    if told.staff < told.classes:
        yield _("There are fewer staff than classes. Were the two exchanged?")
    if not told.classes:
        yield _("There is no class. Is that right?")
    for name, most in UNLIKELY.items():
        number = getattr(told, name)
        if number > most:
            yield _("%(label)s: %(n)d is far more than usual. Is there a digit too many?") % {
                "label": NUMBERS[name],
                "n": number,
            }


def answer(school_id: int, told: Figures, *, by: Seat, key: str = "") -> Answer:
    """Take the answer in, derive the profile, and issue at once what running campaigns ask.

    What a campaign froze stays until the authority changes it. Denied at another school.
    """
    asked = {"do": "baseline", "school": school_id, **vars(told)}
    with transaction.atomic():
        subject = f"school:{school_id}"
        history.lock([OPENINGS, subject])
        school = School.objects.select_for_update(no_key=True).get(pk=school_id)
        if found := filings.answered(by.user, key, asked):
            return _answer(school, int(found["entries"]))
        require(by, school)
        was = {**of(school), "profile": str(school.profile)}
        for name, value in vars(told).items():
            setattr(school, name, value)
        school.profile = derive_profile(school)[0]
        school.baseline_at = clock.now()
        school.registers_rev += 1  # checks read these numbers beside the registers
        school.save(update_fields=[*vars(told), "profile", "baseline_at", "registers_rev"])
        now = {**of(school), "profile": str(school.profile)}
        body = {"was": was, "is": now, "seat": by.key}
        history.record(subject, NewEvent("baseline", by.user, body=body))
        entries = rollout.join(school)
        filings.remember(by.user, key, asked, {"entries": entries})
    return _answer(school, entries)


def require(seat: Seat, school: School) -> None:
    """Denied with the sentence where this seat cannot answer for that school."""
    if not seat.has("answer_baseline"):
        raise Denied(_("Your post here does not include this step."))
    if seat.school is None or seat.school.pk != school.pk:
        raise Denied(_("This belongs to another school."))
    if school.closed_on and school.closed_on <= clock.today():
        raise Denied(_("This school was closed on %(day)s.") % {"day": school.closed_on})


def _answer(school: School, entries: int) -> Answer:
    profile, why = derive_profile(school)
    return Answer(profile, why, entries, differing(School.objects.filter(pk=school.pk)).exists())


def differing(schools: "QuerySet[School]") -> "QuerySet[School]":
    """Of `schools` those that a running campaign asks by another profile than they have now."""
    frozen = Enrolment.objects.filter(
        campaign__state__in=(CampaignState.opening, CampaignState.open),
        voided_at=None,
        school__in=schools,
    ).exclude(profile=F("school__profile"))
    return schools.filter(pk__in=frozen.values("school_id"))


def asked_of(authority: str) -> "QuerySet[School]":
    """The schools of exactly this authority that are asked for their numbers."""
    found = School.objects.filter(authority=authority, kind=SchoolKind.school)
    return found.exclude(closed_on__lte=clock.today())


def by_numbers(school: School) -> str:
    """What the numbers alone say, with the sentence why; whatever the authority set by hand."""
    profile, why = profile_by_facts(school)
    return _("%(profile)s: %(why)s") % {"profile": profile.label, "why": why}


def sentence(found: Answer) -> str:
    """What the school reads when it has answered."""
    words = _("Saved. %(why)s") % {"why": found.why}
    if found.entries:
        issued = ngettext(
            "%(n)d filing is asked of you from now on.",
            "%(n)d filings are asked of you from now on.",
            found.entries,
        )
        return f"{words} {issued % {'n': found.entries}}"
    if found.differs:
        more = _("What is asked of you stays as it is until your authority has looked at it.")
        return f"{words} {more}"
    return words
