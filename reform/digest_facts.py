"""The only place that words what a daily letter tells an official: who is late, what waits."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform import term_reminders
from reform.models import Entry, Reminder
from reform.models.reminder import About
from reform.states import is_late
from schools.models import User
from schools.names import by_name


@dataclass
class Fact:
    """A sentence in an official's part, with the names it is about and one link."""

    said: str
    names: list[str]
    url: str
    light: str = "due"


def link(name: str, *args: object) -> str:
    """The whole address of a page, as people type it."""
    return settings.PUBLIC_URL + reverse(name, args=args)


def of_region(reminders: Iterable[Reminder], region: str, today: date) -> list[Fact]:
    """What an official hears of a region: who is late, by name and never ranked; what waits."""
    late: Counter[str] = Counter()
    due: Counter[str] = Counter()
    asking: Counter[str] = Counter()
    talking: Counter[str] = Counter()
    over: Counter[str] = Counter()
    kept: list[Entry] = []
    refused = []
    for reminder in reminders:
        if reminder.branch is not None:
            over[reminder.branch.school.name] += 1
            continue
        if reminder.entry is None:
            refused.append(reminder.about_person)
            continue
        name = reminder.entry.school.name
        if reminder.about == About.comment:
            talking[name] += 1
        elif reminder.about == About.asked:
            asking[name] += 1
        elif reminder.entry.by_bureau:
            kept.append(reminder.entry)
        elif is_late(reminder.entry.status, reminder.entry.due_on, today):
            late[name] += 1
        else:
            due[name] += 1
    ended = of_terms(term_reminders.of_region(_names(over)))
    owed = (_late(late, region), _due(due, region), _kept(kept, today))
    found = (*owed, _asking(asking), _talking(talking), _refused(refused), *ended)
    return [fact for fact in found if fact.names]


def of_terms(terms: Iterable[term_reminders.Said]) -> list[Fact]:
    """Sentences about terms of office as facts."""
    return [Fact(said, names, link(page), light) for said, names, page, light in terms]


def _late(schools: Counter[str], region: str) -> Fact:
    said = ngettext("%(n)d school is late.", "%(n)d schools are late.", len(schools))
    url = link("board_rows", region) + "?state=late&own=1"
    return Fact(said % {"n": len(schools)}, _names(schools), url, "late")


def _due(schools: Counter[str], region: str) -> Fact:
    said = ngettext(
        "%(n)d school has something due soon.", "%(n)d schools have something due soon.",
        len(schools),
    )  # fmt: skip
    return Fact(said % {"n": len(schools)}, _names(schools), link("board_region", region))


def _kept(bureau: list[Entry], today: date) -> Fact:
    """What the bureau owes itself."""
    late = sum(is_late(one.status, one.due_on, today) for one in bureau)
    said = _("Items that the bureau itself owes: %(n)d, of them overdue: %(late)d.")
    names = [bureau[0].school.name] if bureau else []
    url = link("school_ledger", bureau[0].school.code) if bureau else ""
    return Fact(said % {"n": len(bureau), "late": late}, names, url, "late" if late else "due")


def _asking(schools: Counter[str]) -> Fact:
    n = schools.total()
    said = ngettext(
        "%(n)d request for a later date waits for you.",
        "%(n)d requests for a later date wait for you.",
        n,
    )
    return Fact(said % {"n": n}, _names(schools), link("extensions"))


def _talking(schools: Counter[str]) -> Fact:
    n = schools.total()
    said = ngettext("%(n)d comment is addressed to you.", "%(n)d comments are addressed to you.", n)
    return Fact(said % {"n": n}, _names(schools), link("inbox"))


def _refused(people: list[int]) -> Fact:
    names = sorted(str(person) for person in User.objects.filter(pk__in=people))
    said = ngettext(
        "%(n)d mail address takes no letters; ask for another.",
        "%(n)d mail addresses take no letters; ask for others.",
        len(names),
    )
    return Fact(said % {"n": len(names)}, names, link("people"))


def _names(schools: Counter[str]) -> list[str]:
    """School names in order, with how many items where more than one."""
    each = (
        _("%(school)s (%(n)d items)") % {"school": name, "n": n} if n > 1 else name
        for name, n in sorted(schools.items(), key=lambda pair: by_name(pair[0]))
    )
    return list(each)
