"""The only place for the hub of the first day: the way to an open campaign, step by step."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from reform import people, slips
from reform.models import Campaign, ReminderPolicy
from reform.models.campaign import CampaignState
from reform.views.headlines import number, schools_counted
from schools import almanac, clock, scope
from schools.access import access
from schools.models.regions import ancestors
from schools.roles import Role
from schools.scope import Seat
from schools.workdays import school_year_of

RUNNING = (CampaignState.opening, CampaignState.open)


@dataclass(frozen=True)
class Step:
    """A line of the way: `light` is done, busy or todo; `said` is how it stands now.

    `usable`: good enough to go on; what is missing is up to others.
    """

    name: str
    hint: str
    light: str
    said: str
    url: str
    action: str
    usable: bool = False


@access("manage_schools")
@require_safe
def setup(request: HttpRequest) -> HttpResponse:
    """What is done and what comes next, with one way on for each; nothing is kept twice."""
    steps = _steps(request.seat, clock.today())
    left = sorted((step for step in steps if step.light != "done"), key=lambda step: step.usable)
    context = {
        "steps": steps,
        "next": left[0] if left else None,
        "sentence": _sentence(steps, left),
        "undo": _undo(),
    }
    return render(request, "setup/setup.html", context)


def needs_setup(seat: Seat) -> bool:
    """Whether a manager begins here: nothing was ever asked of the region's schools."""
    if not seat.has("manage_schools"):
        return False
    asked = Campaign.objects.filter(region__in=ancestors(seat.place_code))
    return not asked.exclude(state=CampaignState.draft).exists()


def _sentence(steps: list[Step], left: list[Step]) -> str:
    if not left:
        return _("Everything is set up.")
    said = {"done": len(steps) - len(left), "all": len(steps), "next": left[0].name}
    return _("%(done)d of %(all)d steps are done; next: %(next)s.") % said


def _steps(seat: Seat, today: date) -> list[Step]:
    counts = people.schools(seat).aggregate(
        schools=Count("pk"), answered=Count("pk", filter=Q(baseline_at__isnull=False))
    )
    schools, answered = counts["schools"], counts["answered"]
    accounts = people.counts(seat, today)
    return [
        _schools(schools),
        _calendar(seat, today),
        _accounts(
            people.without_filer(seat, today).count() if schools else 0, schools, seat, today
        ),
        _slips(accounts.people, accounts.waiting, len(slips.wanting(seat))),
        _baseline(schools, answered),
        _reminders(seat),
        _campaign(seat),
    ]


def _light(done: bool, begun: bool) -> str:
    if done:
        return "done"
    return "busy" if begun else "todo"


def _schools(schools: int) -> Step:
    return Step(
        _("School list"),
        _("One list from a workbook; every later list is compared with it."),
        _light(schools > 0, False),
        schools_counted(schools) if schools else _("no school yet"),
        reverse("schools") if schools else reverse("school_lists"),
        _("To the schools") if schools else _("Upload a school list"),
    )


def _calendar(seat: Seat, today: date) -> Step:
    """The terms of this school year; in July and August those of the next."""
    year = school_year_of(today)
    if today.month in (7, 8):
        year = f"{int(year[:4]) + 1}-{int(year[5:]) + 1}"
    found = almanac.terms_in_force(seat.place_code, [year])
    known = all(found.get((year, no)) for no in (1, 2))
    provisional = any(row.provisional for rows in found.values() for row in rows)
    if not known:
        said = _("the terms of %(year)s are not known yet")
    elif provisional:
        said = _("the terms of %(year)s are provisional")
    else:
        said = _("the terms of %(year)s are settled")
    return Step(
        _("Terms and calendar"),
        _("Due dates are reckoned from terms and working days."),
        _light(known and not provisional, known),
        said % {"year": year},
        f"{reverse('calendar')}?year={year}",
        _("To the calendar"),
        usable=known,
    )


def _accounts(without: int, schools: int, seat: Seat, today: date) -> Step:
    """The schools' filers, somebody at the bureau to whom they file, and who files for it."""
    reviewed = scope.people(Role.reviewer, authority=seat.place_code).exists()
    bureau = people.bureau_without_filer(seat, today)
    words = ngettext("%(n)s school has no filer", "%(n)s schools have no filer", without)
    if not schools:
        said = _("comes after the school list")
    elif without:
        said = words % {"n": number(without)}
    elif not reviewed:
        said = _("nobody reviews here yet; whoever runs this installation makes that account")
    elif bureau:
        said = _("every school has a filer; nobody files for the bureau itself yet")
    else:
        said = _("every school has a filer")
    return Step(
        _("Accounts"),
        _("Each school needs somebody who files, and a secretary where secretaries sign."),
        _light(schools > 0 and not without and reviewed and not bureau, without < schools),
        said,
        reverse("people_gaps") if without or bureau else reverse("people"),
        _("To the gaps") if without or bureau else _("To the people"),
        usable=not without and reviewed,
    )


def _slips(accounts: int, waiting: int, without: int) -> Step:
    """Once every account has its slip, the rest is up to the schools."""
    words = ngettext(
        "%(n)s account is not opened yet", "%(n)s accounts are not opened yet", waiting
    )
    if not accounts:
        said = _("comes after the accounts")
    elif not waiting:
        said = _("every account is opened")
    elif without:
        said = words % {"n": number(waiting)}
    else:
        said = _("every account has its slip; %(n)s are not opened yet") % {"n": number(waiting)}
    return Step(
        _("Slips"),
        _("A slip of paper carries the way in: address, user name, a code for one use."),
        _light(accounts > 0 and not waiting, 0 < waiting < accounts),
        said,
        f"{reverse('people')}?show=waiting" if waiting else reverse("people"),
        _("To the accounts"),
        usable=accounts > 0 and not without,
    )


def _baseline(schools: int, answered: int) -> Step:
    said = _("%(n)s of %(all)s schools have answered") % {
        "n": number(answered),
        "all": number(schools),
    }
    return Step(
        _("Basic figures"),
        _("Five numbers and the form of the Party organisation decide what a school is asked."),
        _light(schools > 0 and answered == schools, answered > 0),
        said if schools else _("comes after the school list"),
        reverse("baselines"),
        _("See who has answered"),
        usable=schools > 0,
    )


def _reminders(seat: Seat) -> Step:
    chain = ancestors(seat.place_code)
    own = ReminderPolicy.objects.filter(region_id__in=chain).exists()
    return Step(
        _("Reminders"),
        _("When schools are reminded, and of what; it works without a change."),
        "done",
        _("set by hand") if own else _("our defaults are in force"),
        reverse("reminder_policy"),
        _("To the reminders"),
    )


def _campaign(seat: Seat) -> Step:
    states = set(
        Campaign.objects.filter(region__in=ancestors(seat.place_code)).values_list(
            "state", flat=True
        )
    )
    if states & set(RUNNING):
        said = _("a campaign is under way")
    elif CampaignState.draft in states:
        said = _("a draft waits to be opened")
    else:
        said = _("no campaign yet")
    return Step(
        _("Campaign"),
        _("It asks the schools; you see what it does before anybody is asked."),
        _light(bool(states & set(RUNNING)), CampaignState.draft in states),
        said,
        reverse("campaigns"),
        _("To the campaigns"),
    )


def _undo() -> list[tuple[str, str, str]]:
    """Mistakes and where each is undone: what went wrong, what to do, the page."""
    campaigns = reverse("campaigns")
    return [
        (
            _("The campaign was the wrong one"),
            _("Void it on its page: it leaves every list and count, its history stays."),
            campaigns,
        ),
        (
            _("It was closed too early"),
            _("Reopen it on its page, with a reason; filing goes on where it stopped."),
            campaigns,
        ),
        (
            _("A due date is wrong"),
            _("Give the item a new date on the campaign's page; you see first whom it moves."),
            campaigns,
        ),
        (
            _("An item should not be asked"),
            _("Withdraw it on the campaign's page; what was sent stays in history."),
            campaigns,
        ),
        (
            _("A filing was accepted by mistake"),
            _("The reviewer opens it again on its own page; the school gets at least five days."),
            reverse("board"),
        ),
        (
            _("A term or a holiday is wrong"),
            _("Change or remove it in the calendar; you see first which dates move."),
            reverse("calendar"),
        ),
    ]
