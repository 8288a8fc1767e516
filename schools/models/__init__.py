from schools.models.calendar import CalendarDay, Term
from schools.models.capability import Activity, CadrePool, Post, Studio, Training
from schools.models.organisation import (
    Branch,
    CommitteeSeat,
    Consultation,
    Document,
    LeadershipGroup,
    Meeting,
    Unit,
)
from schools.models.people import Activation, Membership, Throttle, User
from schools.models.regions import Region
from schools.models.schools import School, SchoolType, Succession
from schools.models.structure_count import StructureCount

__all__ = [
    "Activation",
    "Activity",
    "Branch",
    "CadrePool",
    "CalendarDay",
    "CommitteeSeat",
    "Consultation",
    "Document",
    "LeadershipGroup",
    "Meeting",
    "Membership",
    "Post",
    "Region",
    "School",
    "SchoolType",
    "StructureCount",
    "Studio",
    "Succession",
    "Term",
    "Throttle",
    "Training",
    "Unit",
    "User",
]
