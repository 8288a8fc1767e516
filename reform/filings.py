"""The only place that judges what a school typed before it becomes a report; answers repeats."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from reform import answers, history, uploads
from reform.checking import foreseen, says_something
from reform.models import Check, CheckValue, Entry, Evidence, IdempotencyKey, Report
from reform.models.catalogue import Source
from reform.sensitive import find_sensitive
from reform.states import Claim
from schools import clock
from schools.models import User
from schools.scope import Seat

MOST_CHARACTERS = 10_000


@dataclass(frozen=True)
class Filing:
    """What a school sends for one entry. `values`: check key → {"num": text, "den": text}."""

    note: str = ""
    claim: str = Claim.done
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    pledged: bool = False


def check_length(text: str, *, field: str = "note") -> None:
    """Refuse a text that is too long, saying by how much."""
    over = len(text) - MOST_CHARACTERS
    if over > 0:
        raise ValidationError({field: [_too_long(over)]})


def check_reason(reason: str) -> None:
    """A reason must be there, be of bearable length and hold no private numbers."""
    if not reason.strip():
        raise ValidationError({"reason": [_("Write the reason: what to change, and into what.")]})
    check_length(reason, field="reason")
    if found := private_numbers(reason):
        raise ValidationError({"reason": found})


def _too_long(over: int) -> str:
    return _("At most 10,000 characters; this is %(over)s too many.") % {"over": f"{over:,}"}


def private_numbers(text: str) -> list[str]:
    """A sentence per ID or mobile number in `text`; masked, so that the page may show it."""
    words = {
        "id": _("This holds an ID number (%(number)s). Take it out; nothing was lost."),
        "mobile": _("This holds a mobile number (%(number)s). Take it out; nothing was lost."),
    }
    return [words[hit.kind] % {"number": hit.masked} for hit in find_sensitive(text)]


def judge(
    entry: Entry,
    checks: Sequence[Check],
    filing: Filing,
    evidence: Sequence[Evidence],
    computed: Sequence[CheckValue] = (),
) -> list[CheckValue]:
    """The values of the typed checks, judged against the targets in force, and the computed ones.

    Raises ValidationError: field ("note", "pledged", "check-<key>") → sentences, all at once. Where
    no words are written and nothing is attached, nor has to be, there is nothing to confirm.
    """
    errors: dict[str, list[str]] = {}
    exempt = filing.claim == Claim.not_applicable
    typed = [] if exempt else [check for check in checks if check.source == Source.typed]
    values: list[CheckValue] = [] if exempt else list(computed)
    for check in typed:
        try:
            values.append(typed_value(entry, check, filing.values.get(check.key, {})))
        except ValidationError as error:
            errors[f"check-{check.key}"] = error.messages
    _judge_note(filing.note, exempt, values, errors)
    own_words = exempt or evidence or filing.note.strip()
    if own_words and not filing.pledged:
        errors["pledged"] = [_("Tick the line that begins “Confirmed” before you submit.")]
    if len(evidence) > uploads.MOST_FILES:
        errors["evidence"] = [
            _("At most %(most)d files; remove some.") % {"most": uploads.MOST_FILES}
        ]
    if errors:
        raise ValidationError(errors)
    return values


def wrong(
    entry: Entry, checks: Iterable[Check], filing: Filing, evidence: Iterable[Evidence]
) -> dict[str, list[str]]:
    """What sending `filing` now would be refused for, by the answers that are kept: as `judge`."""
    checks = list(checks)
    try:
        judge(entry, checks, filing, list(evidence), foreseen(entry, checks))
    except ValidationError as error:
        return error.message_dict
    return {}


def typed_value(entry: Entry, check: Check, raw: Mapping[str, str]) -> CheckValue:
    """What was typed as a value of a report; ValidationError with the sentences."""
    target = answers.target(check, entry.slot.targets)
    answer = answers.parse(check, raw)
    return CheckValue(
        check_def=check,
        num=answer.num,
        den=answer.den,
        source=Source.typed,
        target=str(target),
        met=answers.judge(check, answer.num, answer.den, target),
    )


def _judge_note(
    note: str, exempt: bool, values: Sequence[CheckValue], errors: dict[str, list[str]]
) -> None:
    over = len(note) - MOST_CHARACTERS
    short = [value for value in values if value.met is False]
    if over > 0:
        errors["note"] = [_too_long(over)]
    elif found := private_numbers(note):
        errors["note"] = found
    elif note.strip():
        return
    elif exempt:
        errors["note"] = [_("Say why this does not apply to your school.")]
    elif any(value.source == Source.typed for value in short):
        errors["note"] = [_("A number falls short of its target: say why and what comes next.")]
    elif short:
        errors["note"] = [_("The registers fall short of the target: say why and what comes next.")]
    elif not errors and not says_something(values):
        errors["note"] = [_("The registers say nothing about this yet: say how things stand.")]


def body(filing: Filing) -> dict[str, Any]:
    """A filing as the part of a request's digest."""
    values = {key: dict(raw) for key, raw in sorted(filing.values.items())}
    return {"note": filing.note, "claim": filing.claim, "values": values, "ok": filing.pledged}


def report_digest(
    filing: Filing, values: Iterable[CheckValue], evidence: Iterable[Evidence]
) -> str:
    """SHA-256 of what is sent: fields and evidence hashes; the history holds it."""
    sent = {
        "note": filing.note.strip(),
        "claim": filing.claim,
        "values": [[v.check_def.key, v.num, v.den] for v in values],
        "evidence": sorted(e.sha256 for e in evidence),
    }
    return hashlib.sha256(history.canonical(sent).encode()).hexdigest()


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(history.canonical(dict(body)).encode()).hexdigest()


def answered(user: User, key: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first answer to this very request, or None; another body under the key is a new one."""
    if not key:
        return None
    found = IdempotencyKey.objects.filter(user=user, key=key[:40], digest=_digest(body)).first()
    return found.answer if found else None


def remember(user: User, key: str, body: Mapping[str, Any], answer: dict[str, Any]) -> None:
    """Keep the answer with its change, in the same transaction."""
    if key:
        IdempotencyKey.objects.create(
            user=user, key=key[:40], digest=_digest(body), answer=answer, at=clock.now()
        )


def mark_destroyed(report: Report, by: Seat, evidence_ids: Sequence[int], reason: str) -> list[str]:
    """Mark files of this report as destroyed; hash and reason stay. Returns their hashes."""
    doomed = report.evidence.filter(pk__in=evidence_ids, destroyed_at=None)
    hashes = sorted(doomed.values_list("sha256", flat=True))
    Evidence.objects.filter(pk__in=[e.pk for e in doomed]).update(
        destroyed_at=clock.now(), destroyed_by=by.user, destroyed_reason=reason.strip()[:500]
    )
    return hashes


def wipe(evidence_ids: Sequence[int]) -> None:
    """After the change is certain, remove the bytes that no live row needs."""
    for evidence in Evidence.objects.filter(pk__in=evidence_ids).exclude(destroyed_at=None):
        uploads.erase(evidence.sha256)
