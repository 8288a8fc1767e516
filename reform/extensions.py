"""The only place where one school gets a later date: asked for and decided, or given unasked."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from reform import filings, history, moves, policy, reminders, slots, steering, tallies
from reform.history import NewEvent
from reform.models import Chain, Entry, Extension
from reform.models.campaign import CampaignState
from reform.models.entry import listed, running
from reform.models.reminder import About, ExtensionState
from reform.states import OPEN, Keeper, Status
from schools import clock, scope
from schools.errors import Denied, Stale
from schools.language import listed as said
from schools.roles import Role
from schools.scope import Seat
from schools.workdays import Calendar

MOST_OFFERED = 6  # dates beyond these are too far to plan by


def offered(entry: Entry, calendar: Calendar | None = None) -> list[date]:
    """The later dates that a school may ask for: the next ends of weeks inside its terms.

    Those common to all schools of the authority, none after the period itself is over.
    """
    calendar = calendar or Calendar.of(entry.authority)
    after = max(entry.due_on, clock.today())
    until = slots.last_day(entry.slot.item, entry.slot.period, calendar)
    return calendar.offered(after, until)[:MOST_OFFERED]


def ask(entry_id: int, *, by: Seat, wanted_on: date, reason: str, key: str = "") -> Extension:
    """Ask for a later date. ValidationError names "wanted_on" or "reason"; Denied says why not."""
    steering.check_reason(reason)
    asked = {"do": "ask", "entry": entry_id, "on": wanted_on.isoformat(), "text": reason}
    with transaction.atomic():
        entry, chain = _take(entry_id)
        if answer := filings.answered(by.user, key, asked):
            return Extension.objects.get(pk=answer["extension"])
        require(by, entry)
        calendar = Calendar.of(entry.authority)
        if wanted_on not in offered(entry, calendar):
            raise ValidationError({"wanted_on": [_("Choose one of the offered dates.")]})
        _lapse(entry)
        if Extension.objects.filter(entry=entry, state=ExtensionState.waiting).exists():
            raise Stale(_("A request for this item is waiting for a decision already."))
        made = Extension.objects.create(
            entry=entry,
            asked_by=by.user,
            asked_at=clock.now(),
            reason=reason.strip(),
            was_on=entry.due_on,
            wanted_on=wanted_on,
        )
        body = {"extension": made.pk, "was": entry.due_on.isoformat(), "due_on": str(wanted_on)}
        history.append(chain, [_event("ask_extension", entry, by, body, reason)])
        reviewers = [m.user for m in scope.people(Role.reviewer, authority=entry.authority)]
        reminders.tell(
            About.asked,
            entry,
            people=reviewers,
            due_on=entry.due_on,
            cause=made.pk,
            role=Role.reviewer,
        )
        filings.remember(by.user, key, asked, {"extension": made.pk})
    return made


def require(seat: Seat, entry: Entry) -> None:
    """Denied with the sentence where this seat cannot ask now."""
    policy.require(seat, "ask_extension", entry)
    if entry.due_on < clock.today():
        raise Denied(
            _("The date is past; a later one can no longer be asked for. File as soon as you can.")
        )


def waiting(queryset: "QuerySet[Extension]") -> "QuerySet[Extension]":
    """Requests that still need a decision: open entries whose date is not late enough yet."""
    return queryset.filter(
        listed(clock.today(), "entry__"),
        state=ExtensionState.waiting,
        entry__status__in=OPEN,
        entry__due_on__lt=F("wanted_on"),
    )


def asleep(queryset: "QuerySet[Extension]") -> "QuerySet[Extension]":
    """Requests that would need a decision, were their campaign not closed over them."""
    closed = Q(
        entry__slot__withdrawn_at=None,
        entry__left_at=None,
        entry__slot__campaign__state=CampaignState.closed,
    )
    return queryset.filter(
        closed,
        ~running(clock.today(), "entry__"),
        state=ExtensionState.waiting,
        entry__status__in=OPEN,
        entry__due_on__lt=F("wanted_on"),
    )


def withdraw(extension_id: int, *, by: Seat) -> Extension:
    """The school takes its request back; a second press changes nothing."""
    with transaction.atomic():
        found = Extension.objects.get(pk=extension_id)
        entry, chain = _take(found.entry_id)
        policy.require(by, "ask_extension", entry)
        if _settle(found, ExtensionState.withdrawn):
            event = _event("withdraw_extension", entry, by, {"extension": found.pk}, "")
            history.append(chain, [event])
            reminders.cancel([entry.pk], "done", about=About.asked)
    found.refresh_from_db()
    return found


def decide(
    extension_id: int, *, by: Seat, grant: bool, answer: str = "", on: date | None = None
) -> Extension:
    """Grant (the date asked for, or another offered one) or refuse with a reason.

    Date, tally, history and reminders follow in one transaction. ValidationError names "reason"
    or "on"; Stale when a colleague was first or nothing is owed any more.
    """
    _check_answer(answer, grant=grant)
    with transaction.atomic():
        found = Extension.objects.select_related("asked_by").get(pk=extension_id)
        entry, chain = _take(found.entry_id)
        policy.require(by, "decide_extension", entry)
        if found.asked_by_id == by.user.pk:
            raise Denied(_("You asked for this yourself; a colleague has to decide it."))
        found.refresh_from_db(fields=["state", "decided_by", "granted_on", "wanted_on"])
        if not waiting(Extension.objects.filter(pk=found.pk)).exists():
            raise _gone(found)
        day = _day(entry, found, on) if grant else None
        _settle(
            found,
            ExtensionState.granted if grant else ExtensionState.refused,
            decided_by=by.user,
            granted_on=day,
            answer=answer.strip(),
        )
        was = entry.due_on
        body = {"extension": found.pk, "was": was.isoformat(), "due_on": str(day or was)}
        verb = "grant_extension" if grant else "refuse_extension"
        history.append(chain, [_event(verb, entry, by, body, answer)])
        if day:
            _move(entry, day)
        reminders.cancel([entry.pk], "done", about=About.asked)
        _tell(entry, found)
    found.refresh_from_db()
    return found


def decide_many(
    chosen: Mapping[int, date | None], *, by: Seat, grant: bool, answer: str = ""
) -> tuple[int, list[str]]:
    """Decide each by itself: how many were done, and a sentence for each that was not.

    `chosen`: request → the date granted, None for the one asked for.
    """
    _check_answer(answer, grant=grant)
    done, refused = 0, []
    for pk, on in chosen.items():
        try:
            decide(pk, by=by, grant=grant, answer=answer, on=on)
            done += 1
        except (Denied, Stale) as error:
            refused.append(error.reason)
        except ValidationError as error:
            refused += error.messages
    return done, refused


# ---- given without a request


def open_at(school_id: int, by: Seat) -> "QuerySet[Entry]":
    """What a school can be given a later date for by exactly this authority, the nearest first."""
    rows = scope.rows(Entry.objects.filter(listed(clock.today())), by)
    rows = rows.select_related("slot__campaign", "slot__item", "school", "report")
    return rows.filter(
        school=school_id,
        authority=by.place_code,
        keeper=Keeper.school,
        status__in=OPEN,
        slot__opens_on__lte=clock.today(),
    ).order_by("due_on", "slot__position", "pk")


def offered_for(entries: Iterable[Entry], calendar: Calendar) -> dict[date, list[Entry]]:
    """Each later date that is offered for some of them → those; the nearest first."""
    found: dict[date, list[Entry]] = {}
    for entry in entries:
        for day in offered(entry, calendar):
            found.setdefault(day, []).append(entry)
    return dict(sorted(found.items()))


def give(
    school_id: int, entry_ids: Collection[int], *, by: Seat, on: date, reason: str, key: str = ""
) -> int:
    """Give open entries of one school a later date that it did not ask for; how many moved.

    All or none. ValidationError names "on", "chosen" or "reason"; Denied says why not.
    """
    steering.check_reason(reason)
    wanted = sorted(set(entry_ids))
    asked = {"do": "give date", "school": school_id, "entries": wanted, "text": reason}
    asked["on"] = on.isoformat()
    with transaction.atomic():
        chains = moves.lock_schools([school_id])
        if answer := filings.answered(by.user, key, asked):
            return int(answer["moved"])
        entries = list(open_at(school_id, by).filter(pk__in=wanted))
        if not entries or len(entries) < len(wanted):
            raise ValidationError({"chosen": [_("Tick what gets the later date.")]})
        for entry in entries:
            policy.require(by, "give_date", entry)
        _require_offered(entries, on, Calendar.of(by.place_code))
        parts = [moves.Part(Entry.objects.filter(pk=one.pk), one.slot, on) for one in entries]
        moved = sum(moves.move(parts, chains, by=by, reason=reason.strip()))
        late_enough = Extension.objects.filter(entry__in=wanted, wanted_on__lte=on)
        late_enough.filter(state=ExtensionState.waiting).update(
            state=ExtensionState.lapsed, decided_at=clock.now()
        )
        filings.remember(by.user, key, asked, {"moved": moved})
    return moved


def _require_offered(entries: Iterable[Entry], on: date, calendar: Calendar) -> None:
    wrong = [entry.slot.item.code for entry in entries if on not in offered(entry, calendar)]
    if wrong:
        words = _("%(day)s is not offered for %(items)s: choose another date, or tick it off.")
        raise ValidationError({"on": [words % {"day": on, "items": said(wrong)}]})


def _check_answer(answer: str, *, grant: bool) -> None:
    if answer.strip() or not grant:
        steering.check_reason(answer)


def _day(entry: Entry, found: Extension, on: date | None) -> date:
    """The date granted: the one asked for, or another that is offered today."""
    day = on or found.wanted_on
    if day not in offered(entry):
        raise ValidationError(
            {"on": [_("%(day)s is not offered any more; choose another date.") % {"day": day}]}
        )
    return day


def _take(entry_id: int) -> tuple[Entry, Chain]:
    """Lock the school's chain, then read."""
    school = Entry.objects.values_list("school_id", flat=True).get(pk=entry_id)
    subject = f"school:{school}"
    chain = history.lock([subject])[subject]
    entries = Entry.objects.select_related("slot__campaign", "slot__item", "report", "school")
    return entries.get(pk=entry_id), chain


def _move(entry: Entry, day: date) -> None:
    """The new date with its tally; the version stays: what was typed can still be sent."""
    before = tallies.key_of(entry, entry.slot.campaign_id)
    Entry.objects.filter(pk=entry.pk).update(due_on=day)
    entry.due_on = day
    deltas: tallies.Deltas = Counter()
    tallies.moved(deltas, before, tallies.key_of(entry, entry.slot.campaign_id))
    tallies.apply(deltas)
    reminders.cancel([entry.pk], "date moved", about=About.due)


def _settle(found: Extension, state: str, **fields: object) -> bool:
    changes = {"decided_at": clock.now(), **fields}
    mine = Extension.objects.filter(pk=found.pk, state=ExtensionState.waiting)
    return mine.update(state=state, **changes) == 1


def _lapse(entry: Entry) -> None:
    """A request that its entry has outrun makes room for a new one."""
    old = Extension.objects.filter(entry=entry, state=ExtensionState.waiting)
    old.filter(Q(wanted_on__lte=entry.due_on)).update(
        state=ExtensionState.lapsed, decided_at=clock.now()
    )


def _tell(entry: Entry, found: Extension) -> None:
    """Whoever may file for the school hears the decision, the asker first of all."""
    people = reminders.people_of(entry)
    reminders.tell(
        About.extension,
        entry,
        people=people,
        due_on=entry.due_on,
        cause=found.pk,
        role=Role.filer,
    )


def _gone(found: Extension) -> Stale:
    if found.state == ExtensionState.waiting:
        return Stale(_("Nothing is owed there any more, or its date is late enough already."))
    who = str(found.decided_by) if found.decided_by else str(found.asked_by)
    words = {"who": who, "state": ExtensionState(found.state).label}
    return Stale(_("%(who)s was first: this request is now “%(state)s”.") % words)


def _event(verb: str, entry: Entry, by: Seat, body: Mapping[str, Any], text: str) -> NewEvent:
    state = Status(entry.status).name
    about = {**body, "seat": by.key}
    return NewEvent(verb, by.user, entry.pk, state, state, about, text.strip())
