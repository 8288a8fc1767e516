"""The only place that says who files for a joint school, and what of that the school may read.

A joint branch that names its host branch binds two schools of one authority. The entry stands at
the host, once; the joint school reads it there: its own campaign must leave the item to the host,
and what was drafted, attached or said about it stays with the host. So does a report that the host
took back: it is the host's word to nobody, and would be read as what was done for both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from reform.models import Enrolment, Entry, Report
from reform.models.campaign import CampaignState
from reform.models.catalogue import ProfileValue
from reform.reach import PROFILES
from reform.states import Keeper, Status
from schools import clock
from schools.models import Branch, School
from schools.roles import PartyForm

ASKED = (CampaignState.open, CampaignState.closed)
UNSENT = (Status.not_started, Status.in_progress, Status.awaiting_signoff)
_ITEM = ("code", "title_zh", "title_en", "level", "profiles")


@dataclass(frozen=True)
class Left:
    """An item that others see to: `to` is "host" or "district", `item` its code, titles, level.

    `host`: the school whose branch is on record as host; `place`: what else was written of it.
    """

    to: str
    item: dict[str, Any]
    host: str
    place: str


def guests(school: School) -> "QuerySet[School]":
    """Schools whose joint branch stands at this one, by name: it files for them too."""
    found = _bound(Branch.objects.filter(host__school=school))
    return School.objects.filter(pk__in=found.values("school")).order_by("name", "code")


def readable(school: School) -> "QuerySet[Entry]":
    """The entries of its hosts that a joint school may read, and no other."""
    hosts = _bound(Branch.objects.filter(school=school)).values("host__school")
    mine = Enrolment.objects.filter(
        school=school,
        voided_at=None,
        campaign__state__in=ASKED,
        campaign__school_year=OuterRef("slot__campaign__school_year"),
    )
    left: Any = Q(pk=None)
    for profile in PROFILES:
        item = {f"slot__item__profiles__{profile}": ProfileValue.host}
        left |= Q(**item) & Exists(mine.filter(profile=profile))
    return Entry.objects.filter(
        left,
        school__in=hosts,
        keeper=Keeper.school,
        slot__campaign__state__in=ASKED,
        slot__withdrawn_at=None,
        left_at=None,
    )


def report_of(entry: Entry) -> Report | None:
    """What a joint school reads of an entry of its host: what was sent, while it stands."""
    report = entry.report
    return report if report and report.sent_at and entry.status not in UNSENT else None


def left_to_others(school: School, frameworks: Iterable[int]) -> list[Left]:
    """What the campaigns of the school leave to others, in the order of the list; one query."""
    own = _in_force(Branch.objects.filter(school=OuterRef("school"), form=PartyForm.joint))
    item = "campaign__framework__items__"
    held = (
        Enrolment.objects.filter(
            school=school,
            voided_at=None,
            campaign__state__in=ASKED,
            campaign__framework__in=set(frameworks),
        )
        .annotate(
            host=Subquery(_bound(own).order_by("pk").values("host__school__name")[:1]),
            place=Subquery(own.exclude(host_name="").order_by("pk").values("host_name")[:1]),
        )
        .order_by(item + "position", "pk")
        .values("profile", "host", "place", *(item + name for name in _ITEM))
    )
    found: dict[str, Left] = {}
    for row in held:
        value = (row[item + "profiles"] or {}).get(row["profile"])
        if value in (ProfileValue.host, ProfileValue.district):
            told = {name: row[item + name] for name in _ITEM}
            found.setdefault(told["code"], Left(value, told, row["host"] or "", row["place"] or ""))
    return list(found.values())


def _bound(branches: "QuerySet[Branch]") -> "QuerySet[Branch]":
    """Of `branches` the joint ones whose host stands at another school of the same authority.

    The tie holds as long as both keep it: a host ends its own row, or names another form there.
    """
    found = branches.filter(
        _holding("host__"),
        form=PartyForm.joint,
        host__form=PartyForm.joint,
        host__school__authority=F("school__authority"),
    ).exclude(host__school__closed_on__lte=clock.today())
    return _in_force(found).exclude(host__school=F("school"))


def _in_force(branches: "QuerySet[Branch]") -> "QuerySet[Branch]":
    return branches.filter(_holding())


def _holding(of: str = "") -> Q:
    """In force today and not taken out; `of` leads to the branch."""
    today = clock.today()
    began = Q(**{f"{of}since": None}) | Q(**{f"{of}since__lte": today})
    goes_on = Q(**{f"{of}until": None}) | Q(**{f"{of}until__gte": today})
    return began & goes_on & Q(**{f"{of}removed_at": None})
