"""The only door to Entry.status: file, sign, withdraw, return, accept, undo, reopen."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from reform import checking, filings, history, policy, reminders, tallies, uploads
from reform.filings import Filing
from reform.history import NewEvent
from reform.models import Chain, CheckValue, Draft, Entry, Event, Evidence, Report, Review
from reform.models.report import Verdict
from reform.states import MOVES, Claim, Status
from reform.uploads import Checked
from schools import clock
from schools.errors import Stale
from schools.models import User
from schools.scope import Seat
from schools.workdays import Calendar

RETURN_DAYS = 5  # working days that a return or reopen gives at least
Change = Callable[[Entry], tuple[dict[str, Any], dict[str, Any]]]  # → fields, event body


@dataclass(frozen=True)
class Outcome:
    """What became of an entry; what a repeated request is answered with again."""

    entry: int
    status: int
    report: int | None
    version: int
    due_on: str


def save(entry_id: int, *, by: Seat, version: int, filing: Filing) -> Draft:
    """Keep what was typed, valid or not, for this person; the first save starts the entry."""
    filings.check_length(filing.note)
    with transaction.atomic():
        entry, chain = _take(entry_id)
        policy.require(by, "save", entry)
        if entry.version != version:
            raise _stale(entry, by.user, filing)
        draft, _made = Draft.objects.update_or_create(
            entry=entry,
            user=by.user,
            defaults={
                "base_version": version,
                "values": {key: dict(raw) for key, raw in filing.values.items()},
                "note": filing.note,
                "claim": filing.claim,
                "saved_at": clock.now(),
            },
        )
        _start(entry, chain, by)
    return draft


def attach(entry_id: int, checked: Checked, *, by: Seat) -> tuple[Evidence, bool]:
    """Store a checked file, and whether it is new; the same first step as saving, without a text.

    Denied where a colleague sent the entry while the file was looked at: no report would carry it.
    """
    with transaction.atomic():
        entry, chain = _take(entry_id)
        policy.require(by, "save", entry)
        _start(entry, chain, by)
        return uploads.store(entry, checked, by=by.user)


def detach(evidence: Evidence, *, by: Seat) -> bool:
    """Take a file off its entry; False when it was gone already."""
    with transaction.atomic():
        entry, _chain = _take(evidence.entry_id)
        policy.require(by, "save", entry)
        return uploads.remove(evidence)


def submit(entry_id: int, *, by: Seat, version: int, filing: Filing, key: str = "") -> Outcome:
    """Send a report for review, or for the secretary's signature where the campaign asks for one.

    What the registers answer is frozen with it, while the lock keeps them still. Raises
    ValidationError with a dict of field → sentences ("note", "pledged", "check-<key>"), Stale when
    the entry has moved since `version`, Denied when it may not be sent.
    """
    body = {"do": "submit", "entry": entry_id, "version": version, **filings.body(filing)}
    with transaction.atomic():
        entry, chain = _take(entry_id)
        if done := _done_before(by, key, body, entry):
            return done
        if entry.version != version:
            raise _stale(entry, by.user, filing)
        policy.require(by, "submit", entry)
        checks = list(entry.slot.item.checks.all())
        evidence = list(entry.evidence.filter(removed_at=None, destroyed_at=None))
        computed = checking.freeze(entry) if filing.claim == Claim.done else []
        values = filings.judge(entry, checks, filing, evidence, computed)
        report = _write_report(entry, by, filing, values, evidence)
        signs = entry.slot.campaign.sign_off and not by.has("sign_off")
        if signs:
            fields: dict[str, Any] = {"status": Status.awaiting_signoff}
        else:
            fields = _sent(entry, report, by)
        body_of_event = {"report": report.no, "digest": report.digest, "claim": report.claim}
        event = _event("submit", entry, by, fields, body_of_event, filing.note)
        outcome = _move(entry, chain, {**fields, "report": report}, event)
        Draft.objects.filter(entry=entry, user=by.user).delete()
        filings.remember(by.user, key, body, asdict(outcome))
    return outcome


def sign_off(entry_id: int, *, by: Seat, version: int, key: str = "") -> Outcome:
    """The secretary signs; from here the report counts as sent."""

    def change(entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
        assert entry.report is not None
        return _sent(entry, entry.report, by), {"report": entry.report.no}

    return _decide("sign_off", entry_id, by, version, change, key=key)


def hand_back(entry_id: int, *, by: Seat, version: int, reason: str, key: str = "") -> Outcome:
    """The secretary gives a report back to the filer, with a reason; the date stays."""

    def change(entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
        return {}, {"report": entry.report.no if entry.report else 0}

    return _decide("hand_back", entry_id, by, version, change, text=reason, key=key)


def withdraw(entry_id: int, *, by: Seat, version: int, key: str = "") -> Outcome:
    """The school takes back what nobody has judged yet."""

    def change(entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"sent_late": None}, {"report": entry.report.no if entry.report else 0}

    return _decide("withdraw", entry_id, by, version, change, key=key)


def accept(entry_id: int, *, by: Seat, version: int, report_id: int, key: str = "") -> Outcome:
    """Accept the report that was read; a claim of 不适用 makes the entry exempt."""

    def change(entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
        report = _judged(entry, report_id)
        _review(report, by, Verdict.accept)
        exempt = report.claim == Claim.not_applicable
        return {"status": Status.exempt if exempt else Status.accepted}, {"report": report.no}

    return _decide("accept", entry_id, by, version, change, key=key, ask=[report_id])


def send_back(
    entry_id: int,
    *,
    by: Seat,
    version: int,
    report_id: int,
    reason: str,
    destroy: Sequence[int] = (),
    key: str = "",
) -> Outcome:
    """Return the report that was read, with a reason; `destroy` names evidence to be wiped.

    The date becomes the first offered one at least five working days ahead, never an earlier one.
    """

    def change(entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
        report = _judged(entry, report_id)
        _review(report, by, Verdict.return_, reason)
        wiped = filings.mark_destroyed(report, by, destroy, reason)
        due_on = _new_date(entry)
        fields = {"sent_late": None, "due_on": due_on}
        return fields, {"report": report.no, "due_on": due_on.isoformat(), "destroyed": wiped}

    ask = [report_id, *destroy]
    outcome = _decide("return", entry_id, by, version, change, text=reason, key=key, ask=ask)
    if destroy:
        filings.wipe(destroy)
    return outcome


def undo_accept(entry_id: int, *, by: Seat, version: int, key: str = "") -> Outcome:
    """The reviewer takes an accept back within five minutes; it waits for review again."""

    def change(entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
        report = entry.report
        assert report is not None
        Review.objects.filter(report=report, undone_at=None).update(undone_at=clock.now())
        return {}, {"report": report.no}

    return _decide("undo", entry_id, by, version, change, key=key)


def reopen(entry_id: int, *, by: Seat, version: int, reason: str, key: str = "") -> Outcome:
    """The reviewer opens an accepted or exempt entry again, with a reason and a new date."""

    def change(entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
        assert entry.report is not None
        _review(entry.report, by, Verdict.reopen, reason)
        due_on = _new_date(entry)
        fields = {"sent_late": None, "due_on": due_on}
        return fields, {"report": entry.report.no, "due_on": due_on.isoformat()}

    return _decide("reopen", entry_id, by, version, change, text=reason, key=key)


# ---- one change


def _decide(
    verb: str,
    entry_id: int,
    by: Seat,
    version: int,
    change: Change,
    *,
    text: str = "",
    key: str = "",
    ask: Sequence[int] = (),
) -> Outcome:
    """Lock, look whether it is still as it was read and allowed, change, remember the answer.

    Where the workflow names one state for the verb, `change` need not.
    """
    move = MOVES[verb]
    if move.needs_note:
        filings.check_reason(text)
    body = {"do": verb, "entry": entry_id, "version": version, "text": text, "ask": list(ask)}
    with transaction.atomic():
        entry, chain = _take(entry_id)
        if done := _done_before(by, key, body, entry):
            return done
        if entry.version != version:
            raise _stale(entry, by.user)
        policy.require(by, verb, entry)
        fields, about = change(entry)
        if move.to is not None:
            fields["status"] = move.to
        event = _event(verb, entry, by, fields, about, text)
        outcome = _move(entry, chain, fields, event)
        filings.remember(by.user, key, body, asdict(outcome))
    return outcome


def _done_before(by: Seat, key: str, body: dict[str, Any], entry: Entry) -> Outcome | None:
    """The answer to this very request; none where it was taken back since, so it is stale now."""
    answer = filings.answered(by.user, key, body)
    if not answer:
        return None
    back = entry.version != answer["version"] and entry.status in MOVES[body["do"]].sources
    return None if back else Outcome(**answer)


def _take(entry_id: int) -> tuple[Entry, Chain]:
    """Lock the school's chain, then read: whoever comes second sees what the first did."""
    school = Entry.objects.values_list("school_id", flat=True).get(pk=entry_id)
    subject = f"school:{school}"
    chain = history.lock([subject])[subject]
    told = ("slot__campaign", "slot__item", "report", "school__school_type")
    return Entry.objects.select_related(*told).get(pk=entry_id), chain


def _move(entry: Entry, chain: Chain, fields: dict[str, Any], event: NewEvent) -> Outcome:
    """Compare and set, append the event, apply the tally delta; all or nothing."""
    was, before = entry.status, tallies.key_of(entry, entry.slot.campaign_id)
    done = Entry.objects.filter(
        pk=entry.pk, version=entry.version, status__in=MOVES[event.kind].sources
    ).update(**fields, version=F("version") + 1, changed_at=clock.now())
    if done != 1:
        raise _stale(entry, event.actor)
    for name, value in fields.items():
        setattr(entry, name, value)
    entry.version += 1
    written = history.append(chain, [event])
    reminders.after_move(entry, was, event.kind, written[0].pk)
    _recount(entry, before)
    return Outcome(
        entry=entry.pk,
        status=int(entry.status),
        report=entry.report_id,
        version=entry.version,
        due_on=entry.due_on.isoformat(),
    )


def _start(entry: Entry, chain: Chain, by: Seat) -> None:
    """not_started → in_progress, once; the version stays: nothing that anybody read changed."""
    if entry.status != Status.not_started:
        return
    before = tallies.key_of(entry, entry.slot.campaign_id)
    started = Entry.objects.filter(pk=entry.pk, status=Status.not_started).update(
        status=Status.in_progress, changed_at=clock.now()
    )
    if started != 1:
        return
    event = _event("save", entry, by, {"status": Status.in_progress}, {}, "")
    entry.status = Status.in_progress
    history.append(chain, [event])
    _recount(entry, before)


def _recount(entry: Entry, before: tallies.Key | None) -> None:
    deltas: tallies.Deltas = Counter()
    tallies.moved(deltas, before, tallies.key_of(entry, entry.slot.campaign_id))
    tallies.apply(deltas)


def _event(
    verb: str, entry: Entry, by: Seat, fields: dict[str, Any], body: dict[str, Any], text: str
) -> NewEvent:
    return NewEvent(
        kind=verb,
        actor=by.user,
        entry_id=entry.pk,
        from_state=Status(entry.status).name,
        to_state=Status(fields["status"]).name,
        body={**body, "seat": by.key},
        text=text,
    )


def _sent(entry: Entry, report: Report, by: Seat) -> dict[str, Any]:
    """Freeze when it was sent and the date then in force; on time is decided here, once."""
    moment = clock.now()
    late = clock.local_date(moment) > entry.due_on
    fields: dict[str, Any] = {"sent_at": moment, "due_on": entry.due_on}
    if by.has("sign_off"):
        fields["signed_by"] = by.user
    Report.objects.filter(pk=report.pk).update(**fields)
    return {"status": Status.submitted, "sent_late": late}


def _write_report(
    entry: Entry,
    by: Seat,
    filing: Filing,
    values: list[CheckValue],
    evidence: list[Evidence],
) -> Report:
    report = Report.objects.create(
        entry=entry,
        no=(entry.report.no if entry.report else 0) + 1,
        author=by.user,
        written_at=clock.now(),
        claim=filing.claim,
        note=filing.note.strip(),
        pledged=filing.pledged,
        digest=filings.report_digest(filing, values, evidence),
    )
    for value in values:
        value.report = report
    CheckValue.objects.bulk_create(values)
    report.evidence.set(evidence)
    return report


def _judged(entry: Entry, report_id: int) -> Report:
    if entry.report is None or entry.report.pk != report_id:
        raise Stale(_("The school has sent a newer report; read that one first."), entry=entry)
    return entry.report


def _review(report: Report, by: Seat, verdict: Verdict, reason: str = "") -> None:
    Review.objects.create(
        report=report,
        author_id=report.author_id,
        reviewer=by.user,
        verdict=verdict,
        reason=reason.strip(),
        at=clock.now(),
    )


def _new_date(entry: Entry) -> date:
    offered = Calendar.of(entry.authority).first_offered(clock.today(), RETURN_DAYS)
    return max(entry.due_on, offered)


def _stale(entry: Entry, by: User | None, filing: Filing | None = None) -> Stale:
    moves = Event.objects.filter(entry=entry, kind__in=MOVES).select_related("actor")
    last = moves.order_by("-seq").first()
    who = str(last.actor) if last and last.actor else _("Somebody")
    at = clock.now() if last is None else last.at
    words = _("%(who)s was first: this became “%(state)s” at %(time)s.")
    if last and by and last.actor_id == by.pk:
        words = _("You were first, in another window: this became “%(state)s” at %(time)s.")
    reason = words % {
        "who": who,
        "state": Status(entry.status).label,
        "time": clock.told(at),
    }
    return Stale(reason, entry=entry, theirs=entry.report, yours=filing)
