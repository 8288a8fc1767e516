"""The only place that does in campaigns under way what `fitting` says of a changed school."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from reform import history, issuing, reminders, rollout, slots, tallies
from reform.fitting import RUNNING, Fit
from reform.history import NewEvent
from reform.models import Enrolment, Entry, Extension
from reform.models.reminder import About, ExtensionState
from reform.states import Status
from schools import clock
from schools.models import School
from schools.scope import Seat
from schools.workdays import Calendar


def settle(
    school: School, fits: Iterable[Fit], *, by: Seat | None, reason: str, why: str
) -> dict[str, int]:
    """Do what `fits` say, with counters and history; what was done, in counts.

    Call it in a transaction that holds the chains of openings and of the school, after the school
    itself was changed. `why`: the word for reminders that nobody needs any more.
    """
    done: Counter[str] = Counter()
    joins = False
    for fit in fits:
        joins = joins or fit.enrolment is None
        if fit.enrolment and fit.changes:
            _settle_one(school, fit, done, by, reason)
            _let_go(fit, why)
    if joins:
        done["new"] += rollout.join(school)
    hold(school)
    return {name: n for name, n in done.items() if n}


def hold(school: School) -> None:
    """Lock a school while a campaign that asks it is under way, and free it afterwards."""
    asked = Enrolment.objects.filter(
        school=school, campaign__state__in=RUNNING, voided_at=None
    ).exists()
    School.objects.filter(pk=school.pk).exclude(locked=asked).update(locked=asked)
    school.locked = asked


def _settle_one(school: School, fit: Fit, done: Counter[str], by: Seat | None, reason: str) -> None:
    deltas: tallies.Deltas = Counter()
    events = _change(fit, deltas, by, reason) + _issue(school, fit, deltas, by)
    tallies.apply(deltas)
    if events:
        history.record(school.subject, *events)
    _freeze(fit)
    done.update(
        gone=len(fit.goes),
        back=len(fit.comes),
        new=len(fit.new),
        dates=len(fit.dates),
        moved=len(fit.asked) if fit.moves else 0,
    )


def _change(fit: Fit, deltas: tallies.Deltas, by: Seat | None, reason: str) -> list[NewEvent]:
    """Write what becomes of the entries that are there."""
    campaign, goes = fit.campaign.pk, {row.pk for row in fit.goes}
    rows: Sequence[Entry] = [*fit.goes, *fit.asked]
    events = []
    for row in rows:
        before = tallies.key_of(row, campaign)
        was, came, at = row.due_on, row.left_at is not None, row.authority
        row.left_at = clock.now() if row.pk in goes else None
        row.counted = fit.facts.counted and row.pk not in goes
        row.authority = fit.facts.authority
        row.due_on = fit.dates.get(row.pk, was)
        tallies.moved(deltas, before, tallies.key_of(row, campaign))
        body = {"was": was.isoformat(), "due_on": row.due_on.isoformat()}
        if row.pk in goes:
            events.append(_event("leave", row, body, by, reason))
        elif came:
            events.append(_event("come_back", row, body, by, reason))
        elif row.due_on != was:
            events.append(_event("reschedule", row, body, by, reason))
        elif at != row.authority:
            events.append(_event("hand_over", row, {"was": at, "to": row.authority}, by, reason))
    Entry.objects.bulk_update(rows, ["left_at", "counted", "authority", "due_on"])
    return events


def _event(kind: str, row: Entry, body: dict[str, Any], by: Seat | None, text: str) -> NewEvent:
    state = Status(row.status).name
    seat = {"seat": by.key} if by else {}
    return NewEvent(kind, by.user if by else None, row.pk, state, state, {**body, **seat}, text)


def _issue(school: School, fit: Fit, deltas: tallies.Deltas, by: Seat | None) -> list[NewEvent]:
    """The items that come; an authority that was never dated here gets its own dates first."""
    if fit.undated:
        codes = {fit.facts.authority, fit.campaign.region_id}
        slots.date_authorities(fit.campaign, fit.own, {**Calendar.of_each(codes)})
    if not fit.new:
        return []
    made = issuing.add(school, fit.new, fit.facts.authority, counted=fit.facts.counted)
    for row in made:
        tallies.moved(deltas, None, tallies.key_of(row, fit.campaign.pk))
    body = {"campaign": fit.campaign.pk, "entries": len(made)}
    return [NewEvent("issued", by.user if by else None, body=body)]


def _freeze(fit: Fit) -> None:
    """The enrolment says again what holds while the campaign runs."""
    held = fit.enrolment
    assert held is not None
    voided = None if fit.facts.asked else held.voided_at or clock.now()
    Enrolment.objects.filter(pk=held.pk).update(
        authority=fit.facts.authority,
        profile=fit.profile,
        counted=fit.facts.counted,
        voided_at=voided,
    )


def _let_go(fit: Fit, why: str) -> None:
    """Reminders and requests for more time that nobody needs any more."""
    gone = [row.pk for row in fit.goes]
    if gone:
        reminders.cancel(gone, why)
        Extension.objects.filter(entry__in=gone, state=ExtensionState.waiting).update(
            state=ExtensionState.lapsed, decided_at=clock.now()
        )
    if fit.dates:
        reminders.cancel(sorted(fit.dates), "date moved")
        stayed = [row.pk for row in fit.stays if row.pk in fit.dates]
        reminders.tell_schools(About.moved, stayed, cause=0)
