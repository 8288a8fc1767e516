"""The only place that gathers what a daily letter tells one person, from what is true now."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform import digest_facts, reminder_rules, term_reminders
from reform.digest_facts import Fact, link
from reform.models import Entry, Extension, Reminder
from reform.models.reminder import About, ExtensionState, ReminderState
from reform.reminder_rules import Rules
from reform.states import OPEN, SETTLED, Status, is_late
from schools import clock
from schools.language import local
from schools.models import Membership, Region, User
from schools.workdays import Calendar


class Desk:
    """What many letters of one run share: rules and calendars, each read once."""

    def __init__(self) -> None:
        self._rules: dict[str, Rules] = {}
        self._calendars: dict[str, Calendar] = {}

    def rules(self, code: str) -> Rules:
        if code not in self._rules:
            self._rules[code] = reminder_rules.of(code)
        return self._rules[code]

    def calendar(self, code: str) -> Calendar:
        if code not in self._calendars:
            self._calendars[code] = Calendar.days_of(code)
        return self._calendars[code]

    def bureau(self, code: str) -> str:
        return Region.objects.get(pk=code).office

    def hours(self, moment: datetime, code: str) -> datetime:
        """`moment` where mail may go out there then, else the next time when it may."""
        return self.rules(code).next_hours(moment, self.calendar(code))


@dataclass
class Line:
    """An entry in a school's part: what of it, what to do, where."""

    entry: Entry
    light: str
    said: list[str] = field(default_factory=list)
    step: str = ""
    url: str = ""
    later_url: str = ""  # where a later date can be asked for; "" when it is too late or settled

    @property
    def title(self) -> str:
        return str(local(self.entry.slot.item, "short"))


@dataclass
class Part:
    """What is told about one place: a school's lines, or a region's facts."""

    place: str
    name: str
    authority: str
    roles: str
    lines: list[Line] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


@dataclass
class Digest:
    """The letter before it is worded.

    `named`: reminders it tells; `gone`: those untrue by now; `silent`: true, where no mail is sent.
    """

    person: User
    parts: list[Part] = field(default_factory=list)
    named: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    silent: list[int] = field(default_factory=list)


@dataclass
class _Place:
    """A post of the person today: where, and as what."""

    key: str
    name: str
    authority: str
    roles: list[str]


# The lights of a school's lines, the most urgent first.
ORDER = ("late", "back", "due", "wait", "done")


# An item has kilobytes of guidance that no letter repeats.
_NEEDED = (
    "about", "topic", "stage", "due_on", "cause", "place", "entry__status", "entry__due_on",
    "entry__authority", "entry__readmitted_until", "entry__left_at", "entry__keeper",
    "entry__school__name", "entry__school__code", "entry__slot__period",
    "entry__slot__withdrawn_at", "entry__slot__campaign__state", "entry__slot__item__short_zh",
    "entry__slot__item__short_en", "branch__name", "branch__term_end", "branch__since",
    "branch__extension_until", "branch__extension_no", "branch__until", "branch__removed_at",
    "branch__host", "branch__school__name", "branch__school__closed_on",
)  # fmt: skip
_JOINED = ("entry__slot__item", "entry__slot__campaign", "entry__school", "branch__school")


def gather(person: User, desk: Desk) -> Digest:
    """All that waits to be told to `person` by mail and is still true; four queries at most."""
    found = Digest(person)
    waiting = list(
        Reminder.objects.filter(person=person, state=ReminderState.waiting)
        .exclude(about=About.nudge)
        .select_related(*_JOINED)
        .only(*_NEEDED)
        .order_by("due_on", "pk")
    )
    places = _places(person) if waiting else {}
    asked = _extensions(waiting)
    by_place: dict[str, list[Reminder]] = {}
    for reminder in waiting:
        here = places.get(reminder.place)
        if here is None or not _is_true(reminder, asked):
            found.gone.append(reminder.pk)
        elif not desk.rules(here.authority).mail:
            found.silent.append(reminder.pk)
        else:
            by_place.setdefault(reminder.place, []).append(reminder)
            found.named.append(reminder.pk)
    today = clock.today()
    for key, reminders in sorted(by_place.items(), key=lambda pair: (pair[0][0] != "s", pair[0])):
        here = places[key]
        part = Part(key, here.name, here.authority, ", ".join(here.roles))
        if key.startswith("s"):
            part.lines = _lines(reminders, asked, desk.calendar(here.authority), today)
            terms = [one for one in reminders if one.branch]
            part.facts = digest_facts.of_terms(term_reminders.of_school(terms, today))
        else:
            part.facts = digest_facts.of_region(reminders, here.authority, today)
        found.parts.append(part)
    return found


def heads(part: Part) -> list[str]:
    """What a part comes to, in a few words each, for the subject and the first sentence."""
    n = Counter(line.light for line in part.lines)
    words = []
    if n["late"]:
        words.append(ngettext("%(n)d overdue", "%(n)d overdue", n["late"]) % {"n": n["late"]})
    if n["back"]:
        words.append(ngettext("%(n)d returned", "%(n)d returned", n["back"]) % {"n": n["back"]})
    if n["due"]:
        last = max(line.entry.due_on for line in part.lines if line.light == "due")
        said = ngettext("%(n)d due by %(day)s", "%(n)d due by %(day)s", n["due"])
        words.append(said % {"n": n["due"], "day": f"{last:%m-%d}"})
    if settled := n["done"] + n["wait"]:
        said = ngettext("%(n)d with news", "%(n)d with news", settled)
        words.append(said % {"n": settled})
    return words + [fact.said.rstrip("\u3002.") for fact in part.facts]


_HELD = (
    "user", "role", "school__name", "school__authority_id", "region__bureau_name", "region__name",
)  # fmt: skip


def _places(person: User) -> dict[str, _Place]:
    """Where the person holds a post today."""
    held = Membership.objects.filter(user=person).live(clock.today())
    found: dict[str, _Place] = {}
    for post in held.select_related("school", "region").only(*_HELD).order_by("pk"):
        if post.school:
            place = _Place(post.place_key, post.school.name, post.school.authority_id, [])
        else:
            assert post.region is not None
            place = _Place(post.place_key, post.region.office, post.region.pk, [])
        place = found.setdefault(place.key, place)
        place.roles.append(str(post.get_role_display()))
    return found


def _extensions(reminders: Iterable[Reminder]) -> dict[int, Extension]:
    about = (About.asked, About.extension)
    wanted = [one.cause for one in reminders if one.about in about]
    return Extension.objects.in_bulk(wanted) if wanted else {}


def reaches(reminder: Reminder) -> bool:
    """Whether the place it was told at is the school of its entry, or reviews it still."""
    assert reminder.entry is not None
    at_school = reminder.place.startswith("s")
    return at_school or f"r{reminder.entry.authority}".startswith(reminder.place)


def _is_true(reminder: Reminder, asked: dict[int, Extension]) -> bool:
    """Whether it is still worth telling: the world may have moved since it was written."""
    entry = reminder.entry
    if reminder.about == About.term:
        return term_reminders.holds(reminder, clock.today())
    if entry is None:
        return reminder.about == About.bounced and _still_refused(reminder)
    if not entry.is_listed(clock.today()):
        return False
    if reminder.about in (About.asked, About.extension):
        extension = asked.get(reminder.cause)
        waits = extension is not None and extension.state == ExtensionState.waiting
        return waits if reminder.about == About.asked else extension is not None and not waits
    if reminder.about == About.comment:
        return reaches(reminder)  # it is taken back when the comment is resolved
    if reminder.about == About.decided:
        return entry.status in SETTLED
    if wanted := _STANDS.get(About(reminder.about)):
        return bool(entry.status == wanted)
    return entry.status in OPEN and entry.due_on == reminder.due_on


def _still_refused(reminder: Reminder) -> bool:
    person = User.objects.filter(pk=reminder.about_person)
    return person.filter(is_active=True).exclude(email_refused_at=None).exists()


def _lines(
    reminders: Iterable[Reminder], asked: dict[int, Extension], calendar: Calendar, today: date
) -> list[Line]:
    """One line an entry, however much there is to say of it; the most urgent first."""
    found: dict[int, Line] = {}
    for reminder in reminders:
        entry = reminder.entry
        if entry is None:
            continue
        line = found.setdefault(entry.pk, line_of(entry, calendar, today))
        said = news(reminder, asked.get(reminder.cause))
        if said and said not in line.said:
            line.said.insert(0, said)
    return sorted(found.values(), key=lambda one: (ORDER.index(one.light), one.entry.due_on))


def line_of(entry: Entry, calendar: Calendar, today: date) -> Line:
    """Where an entry stands, what to do next, and where."""
    line = Line(entry, "done", url=link("entry", entry.pk))
    if entry.status in SETTLED:
        return line
    if entry.status not in OPEN:
        line.light = "wait"
        return line
    late = is_late(entry.status, entry.due_on, today)
    line.light = "late" if late else "back" if entry.status == Status.returned else "due"
    line.said.append(when(entry.due_on, calendar, today))
    line.step = _STEPS[Status(entry.status)]()
    if not late:
        line.later_url = link("extension_ask", entry.pk)
    return line


def when(due_on: date, calendar: Calendar, today: date) -> str:
    """How far the date is, in working days."""
    day = {"day": due_on.isoformat()}
    if due_on == today:
        return _("Due today, %(day)s.") % day
    if due_on < today:
        n = calendar.working_days_between(due_on, today)
        return ngettext(
            "Was due on %(day)s, %(n)d working day ago.",
            "Was due on %(day)s, %(n)d working days ago.",
            n,
        ) % {**day, "n": n}
    n = calendar.working_days_between(today, due_on)
    return ngettext(
        "Due on %(day)s, %(n)d working day left.", "Due on %(day)s, %(n)d working days left.", n
    ) % {**day, "n": n}


def news(reminder: Reminder, extension: Extension | None) -> str:
    """What happened to an entry, beside its date; "" when nothing but time did."""
    assert reminder.entry is not None
    if reminder.about == About.moved:
        return _("The date was moved.")
    if reminder.about == About.comment:
        return _("Somebody wrote to you about it; read it on its page.")
    if reminder.about == About.returned:
        return _("The reviewer returned it; the reason is on its page.")
    if reminder.about == About.handed:
        return _("The secretary gave it back; the reason is on its page.")
    if reminder.about == About.sign:
        return _("It waits for your signature.")
    if reminder.about == About.decided:
        exempt = reminder.entry.status == Status.exempt
        return _("Found not applicable.") if exempt else _("Accepted.")
    if extension is None:
        return ""
    if extension.state == ExtensionState.granted:
        return _("The later date you asked for was granted.")
    return _("The later date you asked for was not granted; the answer is on its page.")


_STANDS = {  # news that is told while the entry is in this state
    About.returned: Status.returned,
    About.handed: Status.in_progress,
    About.sign: Status.awaiting_signoff,
}
_STEPS = {
    Status.not_started: lambda: _("Next: fill it in and send it."),
    Status.in_progress: lambda: _("Next: finish the draft and send it."),
    Status.returned: lambda: _("Next: correct it and send it again."),
    Status.awaiting_signoff: lambda: _("Next: the secretary signs it."),
}
