"""The only place that lets one school go on, for some days, in a campaign that is closed."""

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from reform import filings, history, moves, reminders, steering
from reform.history import NewEvent
from reform.models import Campaign, Entry
from reform.models.campaign import CampaignState
from reform.models.reminder import About
from reform.states import OPEN, Keeper, Status
from schools import clock
from schools.errors import Denied
from schools.models import School
from schools.scope import Seat
from schools.workdays import Calendar

MOST_OFFERED = 6
REACH = timedelta(weeks=10)  # how far ahead dates are offered when the terms are over


def unsettled(campaign: Campaign) -> "QuerySet[Entry]":
    """What schools have open or unreviewed in a campaign, whether its item has opened or not."""
    return Entry.objects.filter(
        slot__campaign=campaign,
        slot__withdrawn_at=None,
        keeper=Keeper.school,
        left_at=None,
        status__in=(*OPEN, Status.submitted),
    ).order_by()


def unopened() -> Q:
    """Of it, items that open on a later day: until then nobody files them."""
    return Q(slot__opens_on__gt=clock.today())


def offered(authority: str) -> list[date]:
    """Dates to choose from: the next offered ones, in vacations the last days of coming weeks."""
    calendar, today = Calendar.of(authority), clock.today()
    found = calendar.offered(today, today + REACH)[:MOST_OFFERED]
    return found or [calendar.first_offered(today, days) for days in (5, 10)]


def readmit(
    campaign_id: int, school_id: int, *, by: Seat, until: date, reason: str, key: str = ""
) -> int:
    """Let a school file, and its authority review, until the end of that day; how many entries.

    Open entries get the day as their date, so that nobody is late by being readmitted.
    ValidationError names "until", "school" or "reason"; Denied says why it cannot be.
    """
    steering.check_reason(reason)
    asked = {"do": "readmit", "campaign": campaign_id, "school": school_id, "text": reason}
    asked["until"] = until.isoformat()
    with transaction.atomic():
        chains = moves.lock_schools([school_id])
        if answer := filings.answered(by.user, key, asked):
            return int(answer["entries"])
        campaign = Campaign.objects.get(pk=campaign_id)
        school = School.objects.get(pk=school_id)
        require(by, campaign, school)
        if until not in offered(by.place_code):
            raise ValidationError({"until": [_("Choose one of the offered dates.")]})
        found = unsettled(campaign).filter(~unopened(), authority=by.place_code, school=school)
        entries = list(found.select_related("slot"))
        if not entries:
            raise ValidationError({"school": [_("This school left nothing open in it.")]})
        body = {"campaign": campaign_id, "until": until.isoformat(), "entries": len(entries)}
        event = NewEvent("readmit", by.user, None, body={**body, "seat": by.key}, text=reason)
        history.append(chains[school.subject], [event])
        found.update(readmitted_until=until)
        late = Entry.objects.filter(status__in=OPEN, due_on__lt=until)
        parts = [moves.Part(late.filter(pk=one.pk), one.slot, until) for one in entries]
        moves.move(parts, chains, by=by, reason=reason)
        School.objects.filter(pk=school_id, locked=False).update(locked=True)
        on_time = [one.pk for one in entries if one.status in OPEN and one.due_on >= until]
        reminders.tell_schools(About.moved, on_time, cause=0)
        filings.remember(by.user, key, asked, {"entries": len(entries)})
    return len(entries)


def require(seat: Seat, campaign: Campaign, school: School) -> None:
    """Denied with the sentence where this seat cannot readmit that school there."""
    if not seat.has("readmit"):
        raise Denied(_("Your post here does not include this step."))
    if not seat.is_authority(school.authority_id):
        raise Denied(_("Another authority reviews this school."))
    if campaign.state != CampaignState.closed:
        raise Denied(_("This campaign is not closed: the school can ask for a later date."))


def free_schools() -> int:
    """Let go of schools that were held for a readmission which is over; how many."""
    today = clock.today()
    held = Entry.objects.filter(
        slot__campaign__state=CampaignState.closed, readmitted_until__gte=today
    )
    running = Q(enrolments__campaign__state__in=(CampaignState.opening, CampaignState.open))
    busy = School.objects.filter(running, enrolments__voided_at=None)
    over = Entry.objects.filter(readmitted_until__lt=today).values("school_id")
    free = School.objects.filter(pk__in=over, locked=True)
    return (
        free.exclude(pk__in=held.values("school_id"))
        .exclude(pk__in=busy.values("pk"))
        .update(locked=False)
    )
