"""The only place for roles, stages and forms, and for the rights table: role × verb."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    filer = "filer", _("Filer")
    secretary = "secretary", _("Secretary")
    reviewer = "reviewer", _("Reviewer")
    manager = "manager", _("Manager")
    viewer = "viewer", _("Viewer")
    editor = "editor", _("Editor")
    auditor = "auditor", _("Auditor")
    operator = "operator", _("Operator")


SCHOOL_ROLES = frozenset({Role.filer, Role.secretary})
OFFICIAL_ROLES = frozenset({Role.reviewer, Role.manager, Role.viewer})


class Stage(TextChoices):
    """学段: the phase of schooling a school type covers and a term belongs to."""

    kindergarten = "K", _("Kindergarten")
    primary = "P", _("Primary")
    junior = "J", _("Junior high")
    senior = "S", _("Senior high")
    vocational = "V", _("Vocational")


class PartyForm(TextChoices):
    """The form of a school's Party organisation."""

    committee = "committee", _("Party committee")
    general = "general", _("General Party branch")
    branch = "branch", _("Party branch")
    joint = "joint", _("Joint Party branch")


class Profile(TextChoices):
    """What decides which items a school gets; see `schools.models.schools.derive_profile`."""

    unknown = "unknown", _("Not yet known")
    multi = "multi", _("Several branches")
    single = "single", _("One branch")
    joint = "joint", _("Joint branch or teaching point")


_SCHOOL = SCHOOL_ROLES
_OFFICIALS = OFFICIAL_ROLES
_ALL = frozenset(Role)

# verb → roles. Where a verb applies (own school, own authority) is `scope` and `policy`.
RIGHTS: dict[str, frozenset[Role]] = {
    # look
    "see_school": _SCHOOL,
    "see_board": _OFFICIALS,
    "see_schools": _OFFICIALS,
    "see_campaigns": _OFFICIALS,
    "see_entry": _SCHOOL | _OFFICIALS,
    "see_frameworks": _ALL,
    "see_audit": frozenset({Role.auditor}),
    "see_status": frozenset({Role.operator}),
    "administer": frozenset({Role.operator}),
    "see_registers": _SCHOOL | _OFFICIALS,
    "see_structure": _OFFICIALS,
    # a school's registers
    "keep_registers": _SCHOOL,
    # an entry, by its school
    "save": _SCHOOL,
    "submit": _SCHOOL,
    "withdraw": _SCHOOL,
    "sign_off": frozenset({Role.secretary}),
    "hand_back": frozenset({Role.secretary}),
    "ask_extension": _SCHOOL,
    "answer_baseline": _SCHOOL,
    "comment": _SCHOOL | frozenset({Role.reviewer}),
    "keep_phrases": _SCHOOL | frozenset({Role.reviewer}),
    "share_phrases": frozenset({Role.manager}),  # with everybody of the authority
    # an entry, by its authority
    "review": frozenset({Role.reviewer}),
    "accept": frozenset({Role.reviewer}),
    "return": frozenset({Role.reviewer}),  # and with it destroy a file
    "undo": frozenset({Role.reviewer}),
    "reopen": frozenset({Role.reviewer}),
    "nudge": frozenset({Role.reviewer}),
    "decide_extension": frozenset({Role.reviewer}),
    "give_date": frozenset({Role.reviewer, Role.manager}),  # a later one, to one school
    "readmit": frozenset({Role.reviewer, Role.manager}),
    # a campaign, by its region
    "plan": frozenset({Role.manager}),
    "open": frozenset({Role.manager}),
    "close": frozenset({Role.manager}),
    "reopen_campaign": frozenset({Role.manager}),
    "void": frozenset({Role.manager}),
    "reschedule": frozenset({Role.manager}),
    "withdraw_slot": frozenset({Role.manager}),
    # a region's schools, people, calendar and rules
    "manage_schools": frozenset({Role.manager}),
    "manage_people": frozenset({Role.manager, Role.operator}),
    "set_calendar": frozenset({Role.manager}),
    "set_reminders": frozenset({Role.manager}),
    "allow_names": frozenset({Role.manager}),  # of office-holders, in the registers of a county
    # the machine
    "send_test": frozenset({Role.operator}),
    "release_mail": frozenset({Role.operator}),
    # the catalogue
    "publish": frozenset({Role.editor}),
    # how the pages look
    "see_style": frozenset({Role.editor, Role.operator}),
}

# verb → roles that hold it at a bureau as well: who files for the bureau sits in the office whose
# region it is, and reads that region's figures. Single schools stay with reviewer, manager, viewer.
AT_BUREAU: dict[str, frozenset[Role]] = {
    "see_board": _SCHOOL,
}
