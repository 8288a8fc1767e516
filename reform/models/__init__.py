from reform.models.campaign import Campaign, Due, Enrolment, Slot
from reform.models.catalogue import Check, Clause, Framework, Item, Measure, Pillar
from reform.models.entry import Draft, Entry
from reform.models.event import AuditLine, Chain, Event, EventText
from reform.models.job import IdempotencyKey, Pulse
from reform.models.report import CheckValue, Evidence, Report, Review
from reform.models.tally import Tally

__all__ = [
    "AuditLine",
    "Campaign",
    "Chain",
    "Check",
    "CheckValue",
    "Clause",
    "Draft",
    "Due",
    "Enrolment",
    "Entry",
    "Event",
    "EventText",
    "Evidence",
    "Framework",
    "IdempotencyKey",
    "Item",
    "Measure",
    "Pillar",
    "Pulse",
    "Report",
    "Review",
    "Slot",
    "Tally",
]
