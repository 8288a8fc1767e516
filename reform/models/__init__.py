from reform.models.campaign import Campaign, Due, Enrolment, Slot
from reform.models.catalogue import Check, Clause, Framework, Item, Measure, Pillar
from reform.models.computed import Computed
from reform.models.entry import Draft, Entry
from reform.models.event import AuditLine, Chain, Event, EventText
from reform.models.job import IdempotencyKey, Job, Pulse
from reform.models.message import Attempt, Circuit, ClockGuard, Hold, Message
from reform.models.reminder import Extension, Nudge, Reminder, ReminderPolicy
from reform.models.report import CheckValue, Evidence, Report, Review
from reform.models.snapshot import Snapshot
from reform.models.talk import Comment, Phrase
from reform.models.tally import Tally

__all__ = [
    "Attempt",
    "AuditLine",
    "Campaign",
    "Chain",
    "Check",
    "CheckValue",
    "Circuit",
    "Clause",
    "ClockGuard",
    "Comment",
    "Computed",
    "Draft",
    "Due",
    "Enrolment",
    "Entry",
    "Event",
    "EventText",
    "Evidence",
    "Extension",
    "Framework",
    "Hold",
    "IdempotencyKey",
    "Item",
    "Job",
    "Measure",
    "Message",
    "Nudge",
    "Phrase",
    "Pillar",
    "Pulse",
    "Reminder",
    "ReminderPolicy",
    "Report",
    "Review",
    "Slot",
    "Snapshot",
    "Tally",
]
