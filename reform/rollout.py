"""The only place that drafts and opens campaigns, batch by batch, and lets late schools join."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from reform import filings, history, issuing, keeping, policy, reach, slots
from reform.history import NewEvent
from reform.issuing import OPENINGS, Arrivals
from reform.models import Campaign, Enrolment, Entry, Framework
from reform.models.campaign import CampaignState
from reform.models.catalogue import FrameworkState
from reform.states import Keeper
from schools import bureaus, clock
from schools.errors import Denied, Stale
from schools.language import listed
from schools.models import School, User
from schools.models.regions import NATION, ancestors
from schools.models.schools import SchoolKind
from schools.scope import Seat
from schools.workdays import Calendar

AT_ONCE = 3000  # schools that an opening fills within the request; more are left to the tick
BATCH = 1000  # schools of one transaction
BUDGET = timedelta(minutes=3)  # of one tick


@dataclass(frozen=True)
class Outline:
    """What a draft says: whatever its manager may still change before it is opened."""

    framework: Framework
    school_year: str
    name: str
    opens_on: date
    sign_off: bool = False
    later_dates: bool = False


def create(region: str, outline: Outline, *, by: Seat, key: str = "") -> Campaign:
    """A draft of a region; nobody is asked anything yet."""
    asked = {"do": "create", "region": region, **_told(outline)}
    with transaction.atomic():
        chains = history.lock([f"region:{region}"])
        if answer := filings.answered(by.user, key, asked):
            return Campaign.objects.get(pk=answer["campaign"])
        policy.require(by, "plan", Campaign(region_id=region))
        campaign = Campaign.objects.create(
            region_id=region, created_by=by.user, created_at=clock.now(), **vars(outline)
        )
        body = {"campaign": campaign.pk, "seat": by.key, **_told(outline)}
        event = NewEvent("create", by.user, None, "", "draft", body)
        history.append(chains[campaign.subject], [event])
        filings.remember(by.user, key, asked, {"campaign": campaign.pk})
    return campaign


def revise(campaign_id: int, outline: Outline, *, by: Seat, version: int) -> Campaign:
    """Change a draft; Stale where it is no longer `version`."""
    with transaction.atomic():
        campaign = Campaign.objects.get(pk=campaign_id)
        chains = history.lock([campaign.subject])
        campaign.refresh_from_db()
        policy.require(by, "plan", campaign)
        changed = Campaign.objects.filter(
            pk=campaign_id, version=version, state=CampaignState.draft
        ).update(**vars(outline), version=F("version") + 1)
        if changed != 1:
            raise Stale(_("A colleague changed this draft meanwhile; look at it again."))
        body = {"campaign": campaign_id, "seat": by.key, **_told(outline)}
        event = NewEvent("revise", by.user, None, "draft", "draft", body)
        history.append(chains[campaign.subject], [event])
    campaign.refresh_from_db()
    return campaign


def _told(outline: Outline) -> dict[str, Any]:
    said = {**vars(outline), "framework": outline.framework.pk}
    return {**said, "opens_on": outline.opens_on.isoformat()}


def open_campaign(campaign_id: int, *, by: Seat, version: int | None = None) -> Campaign:
    """Open a draft: write its slots, ask its schools. Opening it again changes nothing.

    A large campaign is left in the state `opening`; `continue_openings` asks the rest.
    Denied where nothing could be asked, Stale where the draft is no longer `version`.
    """
    campaign = _begin(campaign_id, by, version)
    if campaign.state == CampaignState.opening:
        if reach.schools_of(campaign.region_id).count() <= AT_ONCE:
            while _fill_next(campaign.pk, by.user):
                pass
        campaign.refresh_from_db()
    return campaign


def continue_openings() -> int:
    """Ask on where an opening was interrupted or left to the tick; how many batches were done."""
    done = 0
    until = clock.now() + BUDGET
    waiting = Campaign.objects.filter(state=CampaignState.opening).order_by("opened_at", "pk")
    for campaign in waiting.values_list("pk", flat=True):
        while clock.now() < until and _fill_next(campaign, None):
            done += 1
    return done


def add_late_joiners() -> int:
    """Ask schools that came, or got their profile, after an opening; how many joined."""
    unasked = _unasked(School.objects.all())
    authorities = set(unasked.order_by().values_list("authority_id", flat=True).distinct())
    regions = {code for authority in authorities for code in ancestors(authority)}
    joined = 0
    for campaign in reach.running().filter(region_id__in=regions).order_by("opened_at", "pk"):
        found = reach.enrolable(reach.schools_of(campaign.region_id)).exclude(
            Exists(campaign.enrolments.filter(school=OuterRef("pk")))
        )
        arrivals = list(found.order_by("authority_id", "pk").values_list("pk", "authority_id"))
        for start in range(0, len(arrivals), BATCH):
            joined += _join(campaign.pk, arrivals[start : start + BATCH])
    return joined


def join(school: School) -> int:
    """Ask one school at once for what running campaigns above it ask; how many entries it got."""
    if not _unasked(School.objects.filter(pk=school.pk)).exists():
        return 0
    above = reach.running().filter(region_id__in=ancestors(school.authority_id))
    missing = above.exclude(Exists(school.enrolments.filter(campaign=OuterRef("pk"))))
    campaigns = list(missing.order_by("opened_at", "pk").values_list("pk", flat=True))
    for campaign in campaigns:
        _join(campaign, [(school.pk, school.authority_id)])
    return Entry.objects.filter(school=school, slot__campaign__in=campaigns).count()


# ---- opening


def _begin(campaign_id: int, by: Seat, version: int | None) -> Campaign:
    """Draft → opening, with its slots; an opened one is given back as it is."""
    region = Campaign.objects.values_list("region_id", flat=True).get(pk=campaign_id)
    with transaction.atomic():
        chains = history.lock([OPENINGS, f"region:{region}"])
        campaign = Campaign.objects.select_related("framework", "region").get(pk=campaign_id)
        if campaign.state in (CampaignState.opening, CampaignState.open):
            policy.require(by, "open", Campaign(region_id=region, state=CampaignState.opening))
            return campaign
        policy.require(by, "open", campaign)
        if version not in (None, campaign.version):
            raise Stale(_("A colleague changed this draft meanwhile; look at it again."))
        planned = _sound_plan(campaign)
        moved = Campaign.objects.filter(
            pk=campaign.pk, version=campaign.version, state=CampaignState.draft
        ).update(
            state=CampaignState.opening,
            opened_at=clock.now(),
            filled_to="",
            version=F("version") + 1,
        )
        if moved != 1:
            raise Stale(_("A colleague changed this draft meanwhile; look at it again."))
        written = slots.write(campaign, planned)
        body = {"campaign": campaign.pk, "slots": len(written), "seat": by.key}
        event = NewEvent("open", by.user, None, "draft", "opening", body)
        history.append(chains[campaign.subject], [event])
        campaign.refresh_from_db()
    return campaign


def _sound_plan(campaign: Campaign) -> slots.Plan:
    """The plan of a campaign that may be opened; Denied with the sentence otherwise."""
    planned = plan(campaign)
    if refusal := why_not(campaign, planned, reach.preview(campaign, planned)):
        raise Denied(refusal)
    return planned


def plan(campaign: Campaign) -> slots.Plan:
    """The slots that opening today would write; Denied where a term has no dates yet."""
    items = campaign.framework.items.select_related("measure__pillar").order_by("position")
    return slots.plan(campaign, items, Calendar.of(campaign.region_id))


def why_not(campaign: Campaign, planned: slots.Plan, found: reach.Preview) -> str:
    """Why a draft cannot be opened; empty when it can."""
    if campaign.framework.state != FrameworkState.published:
        return _("This list is not in force; choose a published one.")
    if not planned.slots:
        return _("Nothing can be asked any more: every period of this school year is over.")
    if found.nothing_new:
        return _(
            "Nothing would be issued: every school is already asked for all of it in %(names)s."
        ) % {"names": listed(_("“%(name)s”") % {"name": name} for name in found.rivals)}
    return ""


def _fill_next(campaign_id: int, actor: User | None) -> bool:
    """Ask the schools of the next authorities; False when the campaign is open (or void)."""
    with transaction.atomic():
        history.lock([OPENINGS])
        campaign = Campaign.objects.get(pk=campaign_id)
        if campaign.state != CampaignState.opening:
            return False
        arrivals = _next_batch(campaign)
        if not arrivals:
            _finish(campaign, actor)
            return False
        last = arrivals[-1][1]
        own = slots.of_campaign(campaign)
        authorities = {authority for _school, authority in arrivals}
        arrivals += [(made.pk, made.authority_id) for made in bureaus.make(authorities)]
        calendars = Calendar.of_each({*authorities, campaign.region_id})
        slots.date_authorities(campaign, own, {**calendars})
        dates = slots.dates(own, authorities)
        issuing.issue(campaign, arrivals, own, dates, actor)
        keeping.give(campaign, own, dates, actor)
        Campaign.objects.filter(pk=campaign.pk).update(filled_to=last)
    return True


def _next_batch(campaign: Campaign) -> list[tuple[int, str]]:
    """Schools of the authorities after `filled_to`: whole authorities, one at the least."""
    left = (
        reach.enrolable(reach.schools_of(campaign.region_id))
        .filter(authority_id__gt=campaign.filled_to)
        .order_by("authority_id", "pk")
        .values_list("pk", "authority_id")
    )
    found = list(left[: BATCH + 1])
    if len(found) <= BATCH:
        return found
    cut = found[-1][1]
    whole = [row for row in found if row[1] != cut]
    return whole or list(left.filter(authority_id=cut))


def _finish(campaign: Campaign, actor: User | None) -> None:
    chains = history.lock([OPENINGS, campaign.subject])
    Campaign.objects.filter(pk=campaign.pk, state=CampaignState.opening).update(
        state=CampaignState.open, version=F("version") + 1
    )
    body = {"campaign": campaign.pk, **_outcome(campaign)}
    event = NewEvent("opened", actor, None, "opening", "open", body)
    history.append(chains[campaign.subject], [event])


def _outcome(campaign: Campaign) -> dict[str, int]:
    """Schools reached, entries made, and filings left out because they are asked elsewhere."""
    own = slots.of_campaign(campaign)
    groups = (
        campaign.enrolments.filter(school__kind=SchoolKind.school)
        .order_by()
        .values_list("profile", "school__school_type")
        .annotate(n=Count("pk"))
    )
    schools = due = 0
    for profile, school_type, n in groups:
        schools += n
        due += n * sum(reach.is_asked(slot.item, profile, school_type) for slot in own)
    made = Entry.objects.filter(slot__campaign=campaign).aggregate(
        entries=Count("pk"), kept=Count("pk", filter=Q(keeper=Keeper.district))
    )
    skipped = due + made["kept"] - made["entries"]
    return {"schools": schools, "entries": made["entries"], "skipped": skipped}


# ---- late joiners


def _unasked(schools: Any) -> Any:
    """Enrolable schools that a running campaign of their authority, or above it, has not got."""
    authority = OuterRef("authority_id")
    above = Q(region=NATION) | Q(region=authority)
    above |= Q(region=Substr(authority, 1, 2)) | Q(region=Substr(authority, 1, 4))
    mine = Enrolment.objects.filter(campaign=OuterRef("pk"), school=OuterRef(OuterRef("pk")))
    missing = reach.running().filter(above).exclude(Exists(mine))
    today = clock.today()
    return reach.enrolable(schools.exclude(closed_on__lte=today)).filter(Exists(missing))


def _join(campaign_id: int, arrivals: Arrivals) -> int:
    with transaction.atomic():
        history.lock([OPENINGS])
        campaign = Campaign.objects.get(pk=campaign_id)
        if campaign.state != CampaignState.open:
            return 0
        there = campaign.enrolments.filter(school_id__in=[school for school, _a in arrivals])
        known = set(there.values_list("school_id", flat=True))
        arrivals = [row for row in arrivals if row[0] not in known]
        authorities = {authority for _school, authority in arrivals}
        own = slots.of_campaign(campaign)
        calendars = Calendar.of_each({*authorities, campaign.region_id})
        there = campaign.enrolments.filter(authority__in=authorities)
        dated = set(there.values_list("authority", flat=True).distinct())
        fresh = {code: calendars[code] for code in {*(authorities - dated), campaign.region_id}}
        slots.date_authorities(campaign, own, fresh)
        in_force = slots.dates(own, authorities)
        today = clock.today()
        dates = {
            code: slots.for_arrivals(own, in_force[code], calendars[code], on=today)
            for code in authorities
        }
        issuing.issue(campaign, arrivals, own, dates, None)
    return len(arrivals)
