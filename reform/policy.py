"""The only place that says whether a seat may do a verb to a thing, and if not, why not."""

from datetime import timedelta
from typing import Literal

from django.utils.translation import gettext as _

from reform.models import Campaign, Entry, Review
from reform.models.campaign import CampaignState
from reform.models.report import Verdict
from reform.states import MOVES, OPEN, Status
from schools import clock, scope
from schools.errors import Denied
from schools.scope import Seat

UNDO_FOR = timedelta(minutes=5)
Answer = Literal[True] | Denied

_BY_SCHOOL = frozenset({"save", "submit", "withdraw", "sign_off", "hand_back", "ask_extension"})
_CAMPAIGN_FROM: dict[str, tuple[CampaignState, ...]] = {
    "plan": (CampaignState.draft,),
    "open": (CampaignState.draft, CampaignState.opening),
    "reschedule": (CampaignState.open,),
    "withdraw_slot": (CampaignState.open,),
    "close": (CampaignState.open,),
    "reopen_campaign": (CampaignState.closed,),
    "void": (
        CampaignState.draft,
        CampaignState.opening,
        CampaignState.open,
        CampaignState.closed,
    ),
}


def may(seat: Seat | None, verb: str, thing: Entry | Campaign) -> Answer:
    """True, or Denied with the sentence the user reads. `verb` is a key of RIGHTS.

    An Entry should come with slot, campaign and report (select_related), or they are fetched.
    """
    if seat is None:
        return Denied(_("You hold no post today. Ask whoever gave you the account."))
    if not seat.has(verb):
        return Denied(_("Your post here does not include this step."))
    return _entry(seat, verb, thing) if isinstance(thing, Entry) else _campaign(seat, verb, thing)


def require(seat: Seat | None, verb: str, thing: Entry | Campaign) -> None:
    """Raise the Denied that `may` would return."""
    answer = may(seat, verb, thing)
    if isinstance(answer, Denied):
        raise answer


def _entry(seat: Seat, verb: str, entry: Entry) -> Answer:
    own = seat.school is not None and seat.school.pk == entry.school_id
    if verb in _BY_SCHOOL:
        if not own:
            return Denied(_("This belongs to another school."))
    elif not (
        (own and verb == "comment")
        or seat.is_authority(entry.authority)
        or _reviews_bureau(seat, entry)
    ):
        return Denied(_("Another authority reviews this school."))
    if verb == "comment":
        return _running(entry)  # both sides talk, whatever the state
    return _running(entry) and _in_state(verb, entry) and _right_person(seat, verb, entry)


def _reviews_bureau(seat: Seat, entry: Entry) -> bool:
    """What a bureau keeps itself is reviewed there by somebody else, or by the region above it."""
    return entry.by_bureau and scope.is_next_above(seat, entry.authority)


def _running(entry: Entry) -> Answer:
    campaign, today = entry.slot.campaign, clock.today()
    if campaign.state == CampaignState.void:
        return Denied(_("This campaign was voided; nothing in it can be changed."))
    if campaign.state == CampaignState.closed and not entry.is_running(today):
        return Denied(_("This campaign is closed. Its manager can reopen it."))
    if not entry.is_running(today):
        return Denied(_("This campaign is not open yet."))
    if entry.slot.withdrawn_at:
        return Denied(_("This item was withdrawn; nothing is owed here."))
    if entry.left_at:
        return Denied(_("This is no longer asked of this school; what was written is kept."))
    if entry.slot.opens_on > today:
        return Denied(_("This item opens on %(date)s.") % {"date": entry.slot.opens_on})
    return True


def _in_state(verb: str, entry: Entry) -> Answer:
    if entry.status in (MOVES[verb].sources if verb in MOVES else OPEN):
        return True
    return Denied(_why_not_now(entry))


def _why_not_now(entry: Entry) -> str:
    return {
        Status.not_started: _("Nothing has been filed here yet."),
        Status.in_progress: _("This has not been submitted yet."),
        Status.returned: _("This was returned and waits for the school."),
        Status.awaiting_signoff: _("This waits for the secretary's sign-off."),
        Status.submitted: _("This has been submitted and waits for review."),
        Status.accepted: _("This was accepted. The reviewer can reopen it."),
        Status.exempt: _("This was found not applicable. The reviewer can reopen it."),
    }[Status(entry.status)]


def _right_person(seat: Seat, verb: str, entry: Entry) -> Answer:
    wrote = (entry.report.author_id, entry.report.signed_by_id) if entry.report else ()
    if verb in ("accept", "return", "reopen") and seat.user.pk in wrote:
        return Denied(_("You wrote or signed this yourself; a colleague has to review it."))
    if verb == "undo":
        last = Review.objects.filter(report=entry.report_id, undone_at=None).first()
        if not last or last.verdict != Verdict.accept or last.reviewer_id != seat.user.pk:
            return Denied(_("Only the reviewer who accepted this can take it back."))
        if clock.now() - last.at > UNDO_FOR:
            return Denied(_("The five minutes for taking it back are over; reopen it instead."))
    return True


def _campaign(seat: Seat, verb: str, campaign: Campaign) -> Answer:
    if not seat.is_authority(campaign.region_id):
        return Denied(_("This campaign belongs to another region."))
    if campaign.state in _CAMPAIGN_FROM[verb]:
        return True
    return Denied(
        {
            CampaignState.draft: _("This campaign is not open yet."),
            CampaignState.opening: _("This campaign is being opened; wait until it is done."),
            CampaignState.open: _("This campaign is already open."),
            CampaignState.closed: _("This campaign is closed. Its manager can reopen it."),
            CampaignState.void: _("This campaign was voided; nothing in it can be changed."),
        }[CampaignState(campaign.state)]
    )
