"""The only place that says whom a campaign reaches, what each school is asked, and why not."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Case, Count, Q, QuerySet, When
from django.utils.translation import gettext as _

from reform.models import Campaign, Entry, Item
from reform.models.campaign import CampaignState
from reform.models.catalogue import Level, ProfileValue
from reform.slots import Plan, Planned
from schools import clock
from schools.models import School
from schools.models.regions import bounds
from schools.models.schools import Ownership, SchoolKind
from schools.roles import Profile
from schools.workdays import school_year_of

LIVE = (CampaignState.opening, CampaignState.open, CampaignState.closed)
NOT_ASKED_TYPES = ("excluded", "not a school")  # kindergartens, classes attached to a school
PROFILES = (Profile.multi, Profile.single, Profile.joint)
ASKED = (ProfileValue.full, ProfileValue.simplified)


def schools_of(region: str, on: date | None = None) -> "QuerySet[School]":
    """Schools and bureaus under a region's authorities that are not closed on the day `on`."""
    low, high = bounds(region)
    return School.objects.filter(
        Q(closed_on=None) | Q(closed_on__gt=on or clock.today()),
        authority_id__gte=low,
        authority_id__lt=high,
    )


def enrolable(found: "QuerySet[School]") -> "QuerySet[School]":
    """Those whom a campaign takes in: of a type that is asked, with a profile; and bureaus."""
    return found.exclude(school_type__use__in=NOT_ASKED_TYPES).filter(
        Q(kind=SchoolKind.bureau) | ~Q(profile=Profile.unknown)
    )


def suits_profile(item: Item, profile: str) -> bool:
    """Whether schools of this profile get the item as their own, types aside."""
    return item.level != Level.district and item.profiles.get(profile) in ASKED


def is_asked(item: Item, profile: str, school_type: str | None) -> bool:
    """Whether a school of this profile and type gets the item as its own."""
    return _suits_type(item, school_type) and suits_profile(item, profile)


def is_kept(item: Item, kinds: Iterable[tuple[str, str | None]]) -> bool:
    """Whether a bureau keeps the item itself; `kinds`: profile and type of each of its schools."""
    return item.level == Level.district or any(
        item.profiles.get(profile) == ProfileValue.district and _suits_type(item, school_type)
        for profile, school_type in kinds
    )


def _suits_type(item: Item, school_type: str | None) -> bool:
    return item.school_types == "all" or school_type in item.school_types


def running() -> "QuerySet[Campaign]":
    """Open campaigns of this school year or a later one."""
    year = school_year_of(clock.today())
    return Campaign.objects.filter(state=CampaignState.open, school_year__gte=year)


def asked_elsewhere(campaign: Campaign) -> "QuerySet[Entry]":
    """Live entries of other campaigns of the same school year: these are not asked again."""
    return Entry.objects.filter(
        slot__campaign__school_year=campaign.school_year,
        slot__campaign__state__in=LIVE,
        slot__withdrawn_at=None,
        left_at=None,
    ).exclude(slot__campaign=campaign.pk)


@dataclass
class Line:
    """What one profile gets. `schools` are counted ones; `reference` private ones."""

    profile: str
    items: int
    filings: int
    minutes: int
    schools: int = 0
    reference: int = 0

    @property
    def label(self) -> str:
        return str(Profile(self.profile).label)


@dataclass
class Preview:
    """What opening would do, in counts of counted schools; minutes are static estimates."""

    lines: list[Line]
    filings: int = 0
    minutes: int = 0
    reference: int = 0
    skipped_filings: int = 0
    skipped_schools: int = 0
    rivals: list[str] = field(default_factory=list)
    unknown: int = 0
    other_types: int = 0
    bureaus: int = 0
    kept: dict[str, list[Item]] = field(default_factory=dict)  # "district", "host" → items

    @property
    def schools(self) -> int:
        return sum(line.schools for line in self.lines)

    @property
    def hours(self) -> int:
        """School-hours of the whole year, rounded up."""
        return -(-self.minutes // 60)

    @property
    def nothing_new(self) -> bool:
        """Whether every filing is asked elsewhere already, so that opening would ask nobody."""
        return bool(self.skipped_filings) and not self.filings


def preview(campaign: Campaign, planned: Plan) -> Preview:
    """Counts by profile from grouped queries; three of them, two more where some are skipped."""
    slots = planned.slots
    found = Preview([_line(profile, slots) for profile in PROFILES])
    by_profile = {line.profile: line for line in found.lines}
    counted: set[tuple[str, str | None]] = set()
    groups = (
        schools_of(campaign.region_id)
        .order_by()
        .values_list("kind", "profile", "ownership", "school_type", "school_type__use")
        .annotate(n=Count("pk"))
    )
    for kind, profile, ownership, school_type, use, n in groups:
        if kind == SchoolKind.bureau:
            found.bureaus += n
        elif use in NOT_ASKED_TYPES:
            found.other_types += n
        elif profile == Profile.unknown:
            found.unknown += n
        elif ownership == Ownership.private:
            by_profile[profile].reference += n
            found.reference += n
        else:
            by_profile[profile].schools += n
            counted.add((profile, school_type))
            asked = [one for one in slots if is_asked(one.item, profile, school_type)]
            found.filings += n * len(asked)
            found.minutes += n * sum(one.item.minutes for one in asked)
    _take_away_asked(campaign, slots, found)
    items = list(dict.fromkeys(one.item for one in slots))
    found.kept = {
        "district": [item for item in items if is_kept(item, counted)],
        "host": [item for item in items if ProfileValue.host in item.profiles.values()],
    }
    return found


def _line(profile: str, slots: Sequence[Planned]) -> Line:
    asked = [one for one in slots if suits_profile(one.item, profile)]
    minutes = sum(one.item.minutes for one in asked)
    return Line(profile, len({one.item.pk for one in asked}), len(asked), minutes)


def skipped(campaign: Campaign, slots: Iterable[Planned]) -> "QuerySet[Entry]":
    """Live entries elsewhere that stand for filings this campaign would otherwise ask for."""
    wanted = Q(pk=None)
    for profile in PROFILES:
        codes: dict[str, set[str]] = {}
        for one in slots:
            if suits_profile(one.item, profile):
                codes.setdefault(one.period, set()).add(one.item.code)
        for period, some in codes.items():
            wanted |= Q(school__profile=profile, slot__period=period, slot__item__code__in=some)
    within = enrolable(schools_of(campaign.region_id).filter(kind=SchoolKind.school))
    low, high = bounds(campaign.region_id)
    return (
        asked_elsewhere(campaign)
        .filter(wanted, school__authority_id__gte=low, school__authority_id__lt=high)
        .filter(school__in=within)
        .order_by()
    )


def _take_away_asked(campaign: Campaign, slots: Sequence[Planned], found: Preview) -> None:
    elsewhere = skipped(campaign, slots).filter(school__ownership=Ownership.public)
    minutes = {one.item.code: one.item.minutes for one in slots}
    asked = {(one.item.code, one.period): one.item for one in slots}
    names: Counter[str] = Counter()
    groups = elsewhere.values_list(
        "school__profile",
        "school__school_type",
        "slot__item__code",
        "slot__period",
        "slot__campaign__name",
    ).annotate(n=Count("pk"))
    for profile, school_type, code, period, name, n in groups:
        if is_asked(asked[code, period], profile, school_type):
            found.skipped_filings += n
            found.filings -= n
            found.minutes -= n * minutes[code]
            names[name] += n
    if names:
        found.skipped_schools = elsewhere.aggregate(n=Count("school", distinct=True))["n"]
        found.rivals = sorted(names)


class SchoolLine(NamedTuple):
    """A school of the preview: `filings` it would get, `skipped` ones, `why` if it gets none."""

    school: School
    filings: int
    skipped: int
    why: str


def school_lines(campaign: Campaign, planned: Plan, schools: Sequence[School]) -> list[SchoolLine]:
    """What each of `schools` (a page of them, with their type) would get; one query."""
    pairs = (
        asked_elsewhere(campaign)
        .filter(school__in=schools)
        .values_list("school_id", "slot__item__code", "slot__period")
    )
    elsewhere = set(pairs)
    found = []
    for school in schools:
        why = school_reason(school)
        own = [] if why else [s for s in planned.slots if gets(s.item, school)]
        gone = sum((school.pk, one.item.code, one.period) in elsewhere for one in own)
        if own and gone == len(own):
            why = _("Everything is already asked in another campaign.")
        found.append(SchoolLine(school, len(own) - gone, gone, why))
    return found


def gets(item: Item, school: School) -> bool:
    return is_asked(item, school.profile, school.school_type_id)


class Uncounted(NamedTuple):
    """Of all schools of a region those that are not counted, by reason; a school has one."""

    schools: int
    private: int  # asked for reference only
    unknown: int  # no profile yet
    other_types: int
    nothing: int  # neither asked by a campaign nor owing anything yet

    @property
    def total(self) -> int:
        return sum(self) - self.schools


def uncounted(region: str, counted: Q) -> Uncounted:
    """The schools that are open under a region's authorities and not `counted`; one query."""
    groups = (
        schools_of(region)
        .filter(kind=SchoolKind.school)
        .order_by()
        .annotate(inside=Case(When(counted, then=True), default=False))
        .values_list("inside", "ownership", "profile", "school_type__use")
        .annotate(n=Count("pk"))
    )
    found: Counter[str] = Counter(dict.fromkeys(Uncounted._fields, 0))
    for inside, ownership, profile, use, n in groups:
        found["schools"] += n
        if inside:
            continue
        if ownership == Ownership.private:
            found["private"] += n
        elif profile == Profile.unknown:
            found["unknown"] += n
        else:
            found["other_types" if use in NOT_ASKED_TYPES else "nothing"] += n
    return Uncounted(**found)


def school_reason(school: School) -> str:
    """Why a school gets nothing at all; empty when it is asked."""
    if school.closed_on and school.closed_on <= clock.today():
        return _("Closed on %(day)s.") % {"day": school.closed_on}
    if school.school_type and school.school_type.use in NOT_ASKED_TYPES:
        return _("Schools of this type are not asked.")
    if school.profile == Profile.unknown:
        return _("No profile yet: it is asked as soon as its basic figures are entered.")
    return ""


class Reason(NamedTuple):
    """One item for one school: how many filings, and the sentence why or why not."""

    item: Item
    filings: int
    why: str


def reasons(campaign: Campaign, planned: Plan, school: School) -> list[Reason]:
    """Every item of the framework with its sentence for this school; one query."""
    elsewhere: dict[tuple[str, str], str] = {}
    rows: Any = asked_elsewhere(campaign).filter(school=school)
    for code, period, name in rows.values_list(
        "slot__item__code", "slot__period", "slot__campaign__name"
    ):
        elsewhere[code, period] = name
    slots: dict[Item, list[Planned]] = {}
    for one in planned.slots:
        slots.setdefault(one.item, []).append(one)
    over = [item for item, _period in planned.over]
    found = []
    for item in sorted({*slots, *over}, key=lambda item: item.position):
        open_ = [s for s in slots.get(item, []) if (item.code, s.period) not in elsewhere]
        why = item_reason(item, school)
        if why:
            found.append(Reason(item, 0, why))
        elif open_:
            found.append(Reason(item, len(open_), _how(item, school)))
        elif names := {elsewhere[item.code, s.period] for s in slots.get(item, [])}:
            words = _("Already asked in “%(name)s”.") % {"name": min(names)}
            found.append(Reason(item, 0, words))
        else:
            found.append(Reason(item, 0, _("Its period is over.")))
    return found


def _how(item: Item, school: School) -> str:
    if item.profiles[school.profile] == ProfileValue.simplified:
        return _("Applies in the lighter form.")
    return _("Applies as written.")


def item_reason(item: Item, school: School) -> str:
    """Why a school does not get an item; empty when it does."""
    if gets(item, school):
        return ""
    value = item.profiles.get(school.profile)
    if item.level == Level.district:
        return _("Filed by the education bureau itself; nothing is asked of this school.")
    if value == ProfileValue.district:
        return _("Filed by the education bureau; this school only supplies the counts.")
    if value == ProfileValue.host:
        return _("Done by the host branch; nothing is asked of this school.")
    if value in ASKED:
        return _("Not for schools of this type.")
    return _("Does not apply to schools of this profile.")
