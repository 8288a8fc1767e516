from schools.models.calendar import CalendarDay, Term
from schools.models.people import Activation, Membership, Throttle, User
from schools.models.regions import Region
from schools.models.schools import School, SchoolType

__all__ = [
    "Activation",
    "CalendarDay",
    "Membership",
    "Region",
    "School",
    "SchoolType",
    "Term",
    "Throttle",
    "User",
]
