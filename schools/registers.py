"""The only place for the table of the twelve registers: model, columns, pillar and words.

Pages, paste, files and checks all read it.
"""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy

from schools.models import (
    Activity,
    Branch,
    CadrePool,
    CommitteeSeat,
    Consultation,
    Document,
    LeadershipGroup,
    Meeting,
    Post,
    Studio,
    Training,
    Unit,
)
from schools.models.capability import ActivityKind
from schools.models.organisation import DocumentKind, MeetingKind
from schools.register_shape import Register, Wanted
from schools.roles import PartyForm

__all__ = ["DECIDING", "OF_A_BRANCH", "PILLARS", "PLANS", "REGISTERS", "Register"]

PILLARS = {
    "Z": gettext_lazy("Forging the soul"),
    "S": gettext_lazy("Shaping the body"),
    "X": gettext_lazy("Raising effectiveness"),
}

OF_A_BRANCH = frozenset(
    {
        MeetingKind.general,
        MeetingKind.committee,
        MeetingKind.party_group,
        MeetingKind.lecture,
        MeetingKind.theme_day,
        MeetingKind.org_life,
        MeetingKind.secretary_report,
    }
)
DECIDING = frozenset({MeetingKind.party_org, MeetingKind.principal})
# Documents for one term or year: without a day they belong to none.
PLANS = frozenset(
    {
        DocumentKind.plan,
        DocumentKind.activity_plan,
        DocumentKind.branch_plan,
        DocumentKind.training_plan,
    }
)


def _only(names: Iterable[str], kinds: Iterable[str]) -> dict[str, frozenset[str]]:
    return dict.fromkeys(names, frozenset(map(str, kinds)))


_OWN = frozenset({PartyForm.committee, PartyForm.general, PartyForm.branch})
_JOINT, _BRANCH = frozenset({PartyForm.joint}), frozenset({PartyForm.branch})
_WITH_PUPILS = frozenset(ActivityKind.values) - {ActivityKind.frontline, ActivityKind.party_spirit}
_WITH_NUMBERS = frozenset(MeetingKind.values) - {MeetingKind.talk}
_ALL: tuple[Register, ...] = (
    Register(
        "branches",
        Branch,
        "S",
        gettext_lazy("Branch register"),
        gettext_lazy("Each branch, and the committee or general branch above it."),
        ("name", "form", "basis", "full_members", "probationary", "approval_no", "approved_on"),
        (
            "elected_on",
            "term_end",
            "extension_until",
            "extension_no",
            "parent",
            "party_groups",
            "host",
            "host_name",
            "strong_politics",
            "strong_committee",
            "strong_members",
            "strong_effect",
            "assessed_on",
            "recognised_no",
            "recognised_on",
        ),
        ("name", "form", "basis", "full_members", "probationary", "approval_no", "term_end"),
        frozenset({"name", "form"}),
        "form",
        _only(("host", "host_name"), _JOINT) | _only(("basis",), _BRANCH | _JOINT),
        (
            Wanted(("basis",), _BRANCH),
            Wanted(("full_members",), _OWN),
            Wanted(("approval_no",), _OWN),
            Wanted(("approved_on",), _OWN),
            Wanted(("term_end",), _OWN),
            Wanted(("host_name", "host"), _JOINT),
        ),
    ),
    Register(
        "units",
        Unit,
        "S",
        gettext_lazy("Unit register"),
        gettext_lazy("Each grade, subject and administrative group, and the branch for it."),
        ("kind", "name", "branch", "party_group", "head_post"),
        shown=("name", "kind", "branch", "party_group", "head_post"),
        needed=frozenset({"kind", "name"}),
        wanted=(Wanted(("branch", "party_group")),),
    ),
    Register(
        "committee_members",
        CommitteeSeat,
        "S",
        gettext_lazy("Branch-committee register"),
        gettext_lazy("A row for each seat on a branch committee: the post held, not the name."),
        ("branch", "seat", "post_held", "is_unit_head", "backbone", "trained_year", "holder"),
        ("is_principal", "over_a_year"),
        ("branch", "seat", "post_held", "is_unit_head", "backbone", "trained_year", "holder"),
        frozenset({"branch", "seat"}),
        "seat",
        wanted=(Wanted(("post_held",)),),
    ),
    Register(
        "leadership_groups",
        LeadershipGroup,
        "Z",
        gettext_lazy("Leadership-group register"),
        gettext_lazy("Who leads ideological-political work, moral education and ideology."),
        ("name", "scopes", "set_up_no", "set_up_on", "head_post", "member_posts"),
        shown=("name", "scopes", "set_up_no", "set_up_on", "head_post"),
        needed=frozenset({"name"}),
        wanted=(
            Wanted(("scopes",)),
            Wanted(("set_up_no", "set_up_on")),
            Wanted(("head_post",)),
        ),
    ),
    Register(
        "meetings",
        Meeting,
        "S",
        gettext_lazy("Meeting register"),
        gettext_lazy("A row for each meeting: date, attendance and topics."),
        ("kind", "held_on", "branch", "party_group", "group", "expected", "attended", "topics"),
        ("duty_tags", "has_appointment"),
        ("held_on", "kind", "branch", "expected", "attended", "topics"),
        frozenset({"kind", "held_on"}),
        "kind",
        _only(("branch",), OF_A_BRANCH)
        | _only(("party_group",), {MeetingKind.party_group})
        | _only(("group",), {MeetingKind.leadership_group})
        | _only(("duty_tags",), {MeetingKind.party_org})
        | _only(("has_appointment",), DECIDING),
        (Wanted(("expected",), _WITH_NUMBERS), Wanted(("attended",), _WITH_NUMBERS)),
    ),
    Register(
        "consultations",
        Consultation,
        "S",
        gettext_lazy("Consultation register"),
        gettext_lazy("A row for each batch: numbers and dates, never names."),
        ("kind", "batch", "persons", "asked_on", "opinion_on", "decided_on"),
        ("due_on", "requested", "returned"),
        ("batch", "kind", "persons", "asked_on", "opinion_on", "decided_on"),
        frozenset({"kind", "batch"}),
        "kind",
        wanted=(
            Wanted(("persons",)),
            Wanted(("asked_on",)),
            Wanted(("opinion_on",)),
            Wanted(("decided_on",)),
        ),
    ),
    Register(
        "documents",
        Document,
        "Z",
        gettext_lazy("Document register"),
        gettext_lazy("Numbers and dates of rules and plans, not their text."),
        ("kind", "doc_no", "title", "branch", "adopted_on", "names_teaching", "stages", "in_force"),
        ("reviewed_on",),
        ("kind", "doc_no", "title", "branch", "adopted_on", "in_force"),
        frozenset({"kind"}),
        "kind",
        _only(("branch", "names_teaching"), {DocumentKind.branch_plan})
        | _only(("stages",), {DocumentKind.cadre_system}),
        (
            Wanted(("doc_no", "title")),
            Wanted(("adopted_on",)),
            Wanted(("stages",), frozenset({DocumentKind.cadre_system})),
        ),
    ),
    Register(
        "trainings",
        Training,
        "X",
        gettext_lazy("Training register"),
        gettext_lazy("A row for each training: attendance figures, no list of names."),
        (
            "title",
            "held_on",
            "audience",
            "channel",
            "mode",
            "kind",
            "leadership",
            "theme",
            "heads_expected",
            "heads_attended",
        ),
        ("ended_on", "distinct_heads", "partner", "project_no", "studio"),
        ("held_on", "title", "audience", "channel", "mode", "leadership", "heads_attended"),
        frozenset({"title", "held_on"}),
        wanted=(
            Wanted(("audience",)),
            Wanted(("mode", "channel")),
            Wanted(("leadership",)),
            Wanted(("heads_attended",)),
        ),
    ),
    Register(
        "cadre_pool",
        CadrePool,
        "X",
        gettext_lazy("Cadre reserve register"),
        gettext_lazy("Counts on a given day; the latest row applies. No names."),
        ("as_of", "cadres", "tier_reserve", "tier_backbone", "tier_mature", "young"),
        (
            "young_leading",
            "entrants",
            "entrants_frontline",
            "appointed",
            "appointed_committee",
            "party_post_experience",
            "assignments",
            "assigned",
            "in_cycle",
            "cycle_start_size",
            "cycle_appointed",
        ),
        ("as_of", "cadres", "tier_reserve", "tier_backbone", "tier_mature", "young", "in_cycle"),
        frozenset({"as_of"}),
        wanted=(
            Wanted(("cadres",)),
            Wanted(("tier_reserve",)),
            Wanted(("tier_backbone",)),
            Wanted(("tier_mature",)),
            Wanted(("in_cycle",)),
        ),
    ),
    Register(
        "posts",
        Post,
        "X",
        gettext_lazy("Post register"),
        gettext_lazy("Management posts: approved, filled, held by doubly strong cadres."),
        ("level", "approved", "filled", "dual_strong"),
        shown=("level", "approved", "filled", "dual_strong"),
        needed=frozenset({"level"}),
        wanted=(Wanted(("approved",)), Wanted(("filled",))),
    ),
    Register(
        "studios",
        Studio,
        "X",
        gettext_lazy("Studio register"),
        gettext_lazy("Studios of noted principals and secretaries, and the schools in them."),
        ("name", "status", "set_up_no", "opened_on", "members"),
        shown=("name", "status", "set_up_no", "opened_on", "members"),
        needed=frozenset({"name", "status"}),
        sorting="status",
        wanted=(
            Wanted(("set_up_no",), frozenset({"active"})),
            Wanted(("opened_on",), frozenset({"active"})),
        ),
    ),
    Register(
        "activities",
        Activity,
        "Z",
        gettext_lazy("Activity register"),
        gettext_lazy("A row for each activity: date, grades and how many took part."),
        ("kind", "title", "held_on", "branch", "grades", "classes", "heads"),
        ("partner",),
        ("held_on", "kind", "title", "branch", "grades", "heads"),
        frozenset({"kind", "title", "held_on"}),
        "kind",
        _only(("branch",), {ActivityKind.frontline, ActivityKind.party_spirit})
        | _only(("grades", "classes"), set(ActivityKind.values) - {ActivityKind.frontline}),
        (
            Wanted(("branch",), frozenset({ActivityKind.frontline})),
            Wanted(("grades",), _WITH_PUPILS),
        ),
    ),
)
REGISTERS: dict[str, Register] = {one.key: one for one in _ALL}
