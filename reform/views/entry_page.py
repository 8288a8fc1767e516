"""The only place that gathers what the page of an entry shows; it changes nothing."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import F, FilteredRelation, OuterRef, Q, Subquery
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from reform import (
    checking,
    dossier,
    extensions,
    filings,
    hosting,
    phrases,
    policy,
    submissions,
    uploads,
)
from reform.filings import Filing
from reform.forms.filing import from_draft, from_report
from reform.models import (
    Check,
    CheckValue,
    Clause,
    Draft,
    Enrolment,
    Entry,
    Report,
)
from reform.models.catalogue import ProfileValue, Source
from reform.models.talk import PhraseUse
from reform.states import MOVES, OPEN, Keeper, Status, light
from reform.submissions import Filed
from reform.views import check_lines, entry_missing, entry_steps, evidence, thread
from reform.views.check_lines import CheckLine, kept_line, sent_line, typed_line
from reform.views.sentences import Back, EntryFacts, awaiting, entry_sentence
from schools import clock, scope
from schools.errors import Denied
from schools.language import local
from schools.models import Region
from schools.roles import Role
from schools.scope import Seat
from schools.workdays import Calendar

WRITABLE = MOVES["save"].sources
DRAFT_FIELDS = ("pk", "base_version", "values", "note", "claim", "saved_at")


def find(request: HttpRequest, pk: int) -> Entry:
    """The entry with all its page needs in one query, the reader's own draft too; else 404.

    `frozen` is the profile that its campaign keeps of the school.
    """
    mine = FilteredRelation("drafts", condition=Q(drafts__user=request.user.pk))
    held = Enrolment.objects.filter(
        campaign=OuterRef("slot__campaign"), school=OuterRef("school"), voided_at=None
    )
    entries = Entry.objects.select_related(
        "slot__campaign",
        "slot__item__measure__pillar",
        "slot__item__framework",
        "report__author",
        "report__signed_by",
        "school__authority",
        "school__school_type",
        "computed",
    ).annotate(
        mine=mine,
        handed_back=submissions.handed_back(),
        frozen=Subquery(held.values("profile")[:1]),
        **{f"draft_{name}": F(f"mine__{name}") for name in DRAFT_FIELDS},
    )
    return get_object_or_404(scope.rows(entries, request.seat), pk=pk)


def own_draft(entry: Entry) -> Draft | None:
    """The draft that `find` brought along."""
    if entry.draft_pk is None:
        return None
    values = {name: getattr(entry, f"draft_{name}") for name in DRAFT_FIELDS}
    return Draft(entry_id=entry.pk, **values)


def page(
    entry: Entry,
    request: HttpRequest,
    *,
    filing: Filing | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Everything the template asks for. `filing` and `errors`: what was typed and is refused."""
    seat, today = request.seat, clock.today()
    own = bool(seat.school and seat.school.pk == entry.school_id)
    may = {verb: policy.may(seat, verb, entry) for verb in _verbs(entry, own=own)}
    filed = submissions.read(entry, own=own, last=own, most=submissions.COMPARED)
    report, last = _readable(entry, own=own), filed.last
    checks, values = filed.checks, filed.values
    draft = own_draft(entry) if may.get("save") else None
    sent = from_report(report, values[report.pk]) if report else Filing()
    shown = filing or (from_draft(draft) if draft else sent)
    errors = errors or {}
    kept = check_lines.kept_values(entry)
    if may.get("save") is True or not report:
        lines = _open_lines(checks, entry, shown, errors, kept if own else {})
    else:
        held = values[report.pk]
        outside = entry.hides_small(own=own)
        lines = [sent_line(c, entry, held.get(c.key), kept.get(c.key), outside=outside)
                 for c in checks]  # fmt: skip
    panel = evidence.panel(entry, seat, files=filed.attached) if own else _sent(report, filed)
    registers = _registers(entry, lines, shown, writing=may.get("save") is True, panel=panel)
    problems = entry_missing.problems(errors, lines)
    told = _told(entry, seat, filed, writing=bool(may.get("save")), own=own)
    facts = _facts(entry, lines, shown, may, own=own, back=_back(entry, told["steps"]), **registers)
    return {
        "entry": entry,
        **_allowed(entry, seat, may, own=own),
        "key": uuid.uuid4().hex,
        **_light(entry, today, signing=bool(may.get("sign_off")), own=own),
        "days": _days(entry, today),
        "sentence": entry_missing.refused(problems) or entry_sentence(facts, today),
        **_by_source(lines),
        "filing": shown,
        "report": report,
        "errors": errors,
        "problems": problems,
        "draft": draft,
        "newer": draft is not None and filing is None and draft.base_version != entry.version,
        "last": last,
        "last_lines": sent_lines(checks, values, last),
        "most": filings.MOST_CHARACTERS,
        "phrases": phrases.offered(seat, PhraseUse.note) if may.get("save") else (),
        **told,
        "panel": panel,
        **registers,
        **_guidance(entry),
    }


def answered(entry: Entry, request: HttpRequest, filing: Filing | None = None) -> dict[str, Any]:
    """What `entry/_answers.html` asks for, after the registers were asked anew, or after `filing`
    was kept."""
    may = {verb: policy.may(request.seat, verb, entry) for verb in _verbs(entry, own=True)}
    draft = own_draft(entry)
    shown = filing or (from_draft(draft) if draft else Filing())
    checks, panel = list(entry.slot.item.checks.all()), {"files": uploads.attached(entry)}
    lines = _open_lines(checks, entry, shown, {}, check_lines.kept_values(entry))
    writing = may.get("save") is True
    registers = _registers(entry, lines, shown, writing=writing, panel=panel)
    facts = _facts(entry, lines, shown, may, own=True, **registers)
    return {
        "entry": entry,
        "item": entry.slot.item,
        "key": uuid.uuid4().hex,
        "may": {verb: answer is True for verb, answer in may.items()},
        "sentence": entry_sentence(facts, clock.today()),
        "files": panel["files"],
        **_by_source(lines),
        **registers,
    }


def _open_lines(
    checks: Sequence[Check],
    entry: Entry,
    shown: Filing,
    errors: Mapping[str, Sequence[str]],
    kept: Mapping[str, Any],
) -> list[CheckLine]:
    """Checks of an entry that nobody has sent: as typed so far, and as the registers answer."""
    return [
        kept_line(one, entry, kept.get(one.key))
        if one.source == Source.computed
        else typed_line(
            one, entry, shown.values.get(one.key, {}), errors.get(f"check-{one.key}", ())
        )
        for one in checks
    ]


def _registers(
    entry: Entry,
    lines: Sequence[CheckLine],
    shown: Filing,
    *,
    writing: bool,
    panel: Mapping[str, Any],
) -> dict[str, Any]:
    """Whether the answers of the registers must be made anew, whether one click is enough, and
    what is lacking."""
    kept = getattr(entry, "computed", None)
    computed = any(not line.typed for line in lines)
    stale = writing and computed and checking.is_stale(kept, entry, clock.today())
    ready = writing and kept is not None and kept.ready and not stale
    untouched = shown == Filing() and not panel["files"] and entry.handed_back is None
    lacks = entry_missing.lacking(entry, lines, ready=ready) if writing and kept else None
    confirm = ready and untouched
    return {"kept": kept, "stale": stale, "ready": ready, "confirm": confirm, "lacking": lacks}


def _by_source(lines: Sequence[CheckLine]) -> dict[str, Sequence[CheckLine]]:
    return {
        "lines": lines,
        "typed": [line for line in lines if line.typed],
        "computed": [line for line in lines if not line.typed],
    }


def _allowed(
    entry: Entry, seat: Seat, may: Mapping[str, policy.Answer], *, own: bool
) -> dict[str, Any]:
    """Which buttons hold, why the others do not, and who comes next."""
    return {
        "own": own,
        "may": {verb: answer is True for verb, answer in may.items()},
        "why": {verb: answer.reason for verb, answer in may.items() if isinstance(answer, Denied)},
        **_extension(entry, seat, own=own),
        "to_review": not own and policy.may(seat, "accept", entry) is True,
        "steers": not own and policy.may(seat, "reschedule", entry.slot.campaign) is True,
        "gives_date": not entry.by_bureau and policy.may(seat, "give_date", entry) is True,
        "signs": entry.slot.campaign.sign_off and not seat.has("sign_off"),
    }


def _extension(entry: Entry, seat: Seat, *, own: bool) -> dict[str, Any]:
    """Whether a later date can be asked for here, and if not, why not."""
    if not own or entry.status not in OPEN:
        return {}
    try:
        extensions.require(seat, entry)
    except Denied as denied:
        return {"why_not_ask": denied.reason}
    return {"may_ask": True}


def _told(entry: Entry, seat: Seat, filed: Filed, *, writing: bool, own: bool) -> dict[str, Any]:
    """The history with what each submission changed, the last decision where its words stand over
    what is to be written, the comments, who reviews, and for those above who files."""
    pairs = submissions.side_by_side(entry, filed, own=own)
    changes = {one.report.no: one for one in pairs if one.before}
    told, said = entry_steps.steps(entry, own=own, changes=changes, most=entry_steps.MOST_EVENTS)
    last = next((step for step in told if step["kind"] in MOVES), None)
    posts = list(scope.partners(entry.school, entry.authority))
    return {
        "steps": told,
        "decided": last if last and last["note"] and writing else None,
        "reviewers": [post.user for post in posts if post.school_id is None],
        "filers": [post.user for post in posts if post.role == Role.filer and not own],
        "thread": thread.panel(entry, seat, said, posts, key=uuid.uuid4().hex),
        "submissions": len(filed.reports),
    }


def authority_name(region: Region) -> str:
    """Who reviews: the bureau by its own name, or for want of one by that of its region."""
    return region.bureau_name or _("the education authority of %(region)s") % {
        "region": region.name
    }


def _guidance(entry: Entry) -> dict[str, Any]:
    """What the item asks in words, which clauses it comes from, who leads and who reviews."""
    item = entry.slot.item
    simplified = item.profiles.get(getattr(entry, "frozen", "")) == ProfileValue.simplified
    joint = ProfileValue.host in item.profiles.values() and entry.keeper == Keeper.school
    return {
        "item": item,
        "clauses": Clause.objects.filter(framework=item.framework_id, locator__in=item.locators),
        "light_form": local(item, "light") if simplified else "",
        "lead": _unit(item, item.lead),
        "support": [_unit(item, name) for name in item.support],
        "guests": hosting.guests(entry.school) if joint else (),
        "authority": authority_name(entry.school.authority),
    }


def _readable(entry: Entry, *, own: bool) -> Report | None:
    """The last report; officials read only what was sent to them."""
    report = entry.report
    return report if report and (own or report.sent_at) else None


def _sent(report: Report | None, filed: Filed) -> dict[str, Any]:
    files = filed.carried(report) if report else []
    return {"files": [file for file in files if not file.destroyed_at]}


def _days(entry: Entry, today: date) -> int:
    """Working days to the date, negative when it is past."""
    return Calendar.days_of(entry.authority).working_days_between(today, entry.due_on)


def _verbs(entry: Entry, *, own: bool) -> tuple[str, ...]:
    """The verbs that have a button in this state; those not allowed say why."""
    if not own:
        return ("reopen",) if entry.status in MOVES["reopen"].sources else ()
    if entry.status in WRITABLE:
        return ("save", "submit")
    if entry.status == Status.awaiting_signoff:
        return ("sign_off", "hand_back", "withdraw")
    return ("withdraw",) if entry.status == Status.submitted else ()


def _facts(
    entry: Entry,
    lines: Sequence[CheckLine],
    shown: Filing,
    may: Mapping[str, policy.Answer],
    *,
    own: bool,
    ready: bool,
    confirm: bool,
    stale: bool,
    back: Back | None = None,
    **_more: Any,
) -> EntryFacts:
    missing = sum(
        (not line.num) + (line.ratio and line.den_fixed is None and not line.den) + line.unread
        for line in lines
        if line.typed
    )
    report, noted = entry.report, bool(shown.note.strip())
    short = [line for line in lines if line.met is False and not line.typed]
    by_hand = any(line.typed for line in lines)
    return EntryFacts(
        status=Status(entry.status),
        own=own,
        writing=bool(may.get("save")),
        signing=bool(may.get("sign_off")),
        opens_on=entry.slot.opens_on,
        due_on=entry.due_on,
        missing=0 if shown.claim == "not_applicable" else missing,
        stale=stale,
        answered=confirm,
        short=0 if noted else len(short),
        explained=bool(noted and short),
        silent=not noted and not ready and not by_hand,
        sent_on=clock.local_date(report.sent_at) if report and report.sent_at else None,
        settled_on=clock.local_date(entry.changed_at) if entry.changed_at else None,
        running=entry.is_listed(clock.today()),
        by_bureau=entry.by_bureau,
        back=back,
        handed=entry.handed_back is not None,
        ahead="" if noted else next((line.ahead[0] for line in lines if line.ahead), ""),
    )


def _back(entry: Entry, steps: Sequence[Mapping[str, Any]]) -> Back | None:
    """Who gave it back to the school last, while it lies there."""
    if entry.status != Status.returned:
        return None
    last = next((step for step in steps if step["kind"] in ("return", "reopen")), None)
    return last and Back(last["kind"] == "reopen", last["who"], clock.local_date(last["at"]))


def _light(entry: Entry, today: date, *, signing: bool, own: bool) -> dict[str, str]:
    """Its light; whoever signs reads that it waits for them, their school that it does, late or
    not."""
    if own and entry.status == Status.awaiting_signoff:
        said = _("Yours to sign") if signing else awaiting(entry.due_on, today)
        return {"light": "sign", "light_said": said}
    return {"light": light(entry.status, entry.due_on, today)}


def sent_lines(
    checks: Sequence[Check],
    values: Mapping[int, Mapping[str, CheckValue]],
    report: Report | None,
) -> list[tuple[str, str]]:
    """Name and value of each number a report held."""
    if report is None:
        return []
    held = values[report.pk]
    return [
        (local(check, "name"), dossier.said(check, held[check.key], outside=False))
        for check in checks
        if check.key in held
    ]


def _unit(item: Any, name: str) -> str:
    """The name of a responsible unit, as the framework words it."""
    words = item.framework.words.get("roles", {}).get(name)
    return local(words, "name") if words else name
