"""The only place for what every page shows around its body: places, place, period, person."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reform import wording
from reform.middleware import milliseconds
from schools import clock
from schools.language import is_chinese, listed
from schools.roles import SCHOOL_ROLES, Role
from schools.scope import Seat
from schools.workdays import school_year_of

MOST_PLACES = 5


@dataclass(frozen=True)
class Place:
    """One of the five at most in the rail: `verb` is the right that opens it, "" = everybody's."""

    url_name: str
    icon: str
    label: str | Promise
    verb: str
    inside: tuple[str, ...] = ()


BOARD = Place(
    "board",
    "board",
    gettext_lazy("Board"),
    "see_board",
    ("board_region", "board_rows", "nudges", "nudge_back"),
)
SCHOOL_PLACES = (
    Place(
        "school_home",
        "home",
        gettext_lazy("Home"),
        "see_school",
        ("baseline", "hosted", "school_answers"),
    ),
    Place(
        "items",
        "list",
        gettext_lazy("Items"),
        "see_school",
        (
            "entry",
            "entry_save",
            "entry_answers",
            "entry_confirm",
            "entry_submit",
            "entry_sign",
            "entry_withdraw",
            "entry_reopen",
            "entry_history",
            "entry_preview",
            "entry_comment",
            "entry_sources",
            "fast",
            "fast_entry",
            "extension_ask",
            "extension_withdraw",
            "evidence_add",
            "evidence_remove",
        ),
    ),
    Place(
        "registers",
        "book",
        gettext_lazy("Registers"),
        "keep_registers",
        (
            "register",
            "register_row",
            "register_end",
            "register_remove",
            "register_restore",
            "register_paste",
            "register_file",
            "structure_check",
            "structure_plan",
            "school_terms",
            "consulting",
            "training_matrix",
        ),
    ),
    BOARD,
)
REGION_PLACES = (
    BOARD,
    Place(
        "review",
        "review",
        gettext_lazy("Review"),
        "review",
        (
            "review_entry",
            "review_together",
            "review_accept",
            "review_return",
            "review_undo",
            "extensions",
        ),
    ),
    Place(
        "schools",
        "school",
        gettext_lazy("Schools"),
        "see_schools",
        (
            "school",
            "school_ledger",
            "baselines",
            "region_changes",
            "school_changes",
            "school_change",
            "school_lists",
            "school_list",
            "school_list_columns",
            "school_registers",
            "school_register",
            "structure",
            "structure_plan",
            "school_structure",
            "terms_of_office",
            "training_county",
            "terms_of_school",
            "consulting_of_school",
            "training_of_school",
        ),
    ),
    Place(
        "campaigns",
        "campaign",
        gettext_lazy("Campaigns"),
        "see_campaigns",
        (
            "campaign",
            "campaign_new",
            "campaign_open",
            "campaign_close",
            "campaign_reopen",
            "campaign_void",
            "campaign_readmit",
            "slot_reschedule",
            "slot_withdraw",
        ),
    ),
    Place(
        "setup",
        "steps",
        gettext_lazy("Setup"),
        "manage_schools",
        (
            "calendar",
            "calendar_term",
            "calendar_days",
            "calendar_notice",
            "reminder_policy",
            "office_names",
            "training_cycle",
        ),
    ),
    Place(
        "people",
        "person",
        gettext_lazy("People"),
        "manage_people",
        (
            "person",
            "person_new",
            "person_change",
            "people_gaps",
            "people_fill",
            "people_slips",
            "people_import",
            "people_list_seen",
            "post_end",
            "post_successor",
        ),
    ),
    Place(
        "frameworks",
        "framework",
        gettext_lazy("Framework"),
        "publish",
        ("framework", "framework_clauses"),
    ),
    Place("audit", "log", gettext_lazy("Log"), "see_audit"),
    Place("status", "pulse", gettext_lazy("Status"), "see_status"),
    Place("admin:index", "tools", gettext_lazy("Back office"), "administer"),
    Place("style", "swatch", gettext_lazy("Style"), "see_style"),
)
ACCOUNT = Place("account", "person", gettext_lazy("Account"), "", ("phrases",))


def house(request: HttpRequest) -> dict[str, Any]:
    """`house` for base.html; asks the database nothing that the request does not know already."""
    user = getattr(request, "user", None)
    seat = getattr(request, "seat", None)
    theme = getattr(user, "theme", "auto")
    match = request.resolver_match
    return {
        "house": {
            "theme": "" if theme == "auto" else theme,
            "name": str(user) if user is not None else "",
            "place": seat.place_name if seat else "",
            "period": period_name(),
            "today": clock.today(),
            "places": places(request, seat),
            "help": wording.help_of(match.view_name) if match else "",
            "took": partial(milliseconds, request) if seat and seat.has("see_status") else "",
            "seats": [seat_choice(one, seat) for one in getattr(request, "seats", ())],
            "other_language": ("en", "en", "English")
            if is_chinese()
            else ("zh-hans", "zh-Hans", "\u4e2d\u6587"),
        }
    }


def period_name() -> str:
    """The school year that today lies in: 1 September to 31 August."""
    return _("school year %(year)s") % {"year": school_year_of(clock.today())}


def seat_choice(one: Seat, chosen: Seat | None) -> dict[str, Any]:
    """A line of the switcher: the place and what the person is there."""
    roles = [str(label) for role, label in Role.choices if role in one.roles]
    label = _("%(place)s (%(roles)s)") % {
        "place": one.place_name,
        "roles": listed(roles),
    }
    return {"key": one.key, "label": label, "current": one == chosen}


def places(request: HttpRequest, seat: Seat | None) -> list[dict[str, Any]]:
    """The rail of this seat: what its roles may open; the account where room is left.

    What has no room is reached from the setup, and lies in it then.
    """
    mine, beyond = [ACCOUNT], set[str]()
    if seat is not None:
        table = SCHOOL_PLACES if seat.roles & SCHOOL_ROLES else REGION_PLACES
        found = [place for place in table if seat.has(place.verb)]
        mine = [*found, ACCOUNT][:MOST_PLACES]
        beyond = {name for place in found[MOST_PLACES:] for name in (place.url_name, *place.inside)}
    match = request.resolver_match
    here = match.view_name if match else ""
    return [
        {
            "url": reverse(place.url_name),
            "icon": place.icon,
            "label": place.label,
            "current": _current(place, here, beyond),
        }
        for place in mine
    ]


def _current(place: Place, here: str, beyond: set[str]) -> str:
    """Whether this page is the place itself, lies in it, or neither; what to write for it."""
    if here == place.url_name:
        return "page"
    inside = here in place.inside or (place.url_name == "setup" and here in beyond)
    return "true" if inside else ""
