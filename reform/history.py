"""The only place that writes and verifies history: a hash chain per school and per region."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from reform.models import Chain, Event, EventText
from schools import clock
from schools.models import User

TRIGGERS = {
    "sqlite": ("event_no_update", "event_no_delete"),
    "postgresql": ("event_no_update", "event_no_delete", "event_no_truncate"),
}
_SQL = Path(__file__).parent / "migrations" / "triggers.sql"


@dataclass(frozen=True)
class NewEvent:
    """What is to be appended. `body` holds integers, strings, lists and objects, no floats."""

    kind: str
    actor: User | None
    entry_id: int | None = None
    from_state: str = ""
    to_state: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    text: str = ""


def lock(subjects: Iterable[str]) -> dict[str, Chain]:
    """Lock the chains of `subjects` in one order for all writers; call inside a transaction."""
    names = sorted(set(subjects))
    found = {c.subject: c for c in _locked(names)}
    missing = [name for name in names if name not in found]
    if missing:
        Chain.objects.bulk_create([Chain(subject=n) for n in missing], ignore_conflicts=True)
        found = {c.subject: c for c in _locked(names)}
    return found


def _locked(names: list[str]) -> list[Chain]:
    chains = Chain.objects.select_for_update(no_key=True)
    return list(chains.filter(subject__in=names).order_by("subject"))


def append(chain: Chain, events: Sequence[NewEvent], *, at: datetime | None = None) -> list[Event]:
    """Append `events` to a locked chain in one statement; returns them as stored."""
    written = _write([(chain, new) for new in events], at or clock.now())
    Chain.objects.filter(pk=chain.pk).update(seq=chain.seq, head=chain.head)
    return written


def append_each(
    pairs: Sequence[tuple[Chain, NewEvent]], *, at: datetime | None = None
) -> list[Event]:
    """Append one event to each of many locked chains: a statement for all events, one for heads."""
    written = _write(pairs, at or clock.now())
    Chain.objects.bulk_create(
        {chain.pk: chain for chain, _new in pairs}.values(),
        update_conflicts=True,
        unique_fields=["subject"],
        update_fields=["seq", "head"],
    )
    return written


def _write(pairs: Sequence[tuple[Chain, NewEvent]], moment: datetime) -> list[Event]:
    """Link each event to its chain, which moves on, and store all of them with their texts."""
    written: list[Event] = []
    texts: list[tuple[Event, str, str]] = []
    for chain, new in pairs:
        body = dict(new.body)
        salt = ""
        if new.text:
            salt = secrets.token_hex(16)
            body["text_sha256"] = commitment(salt, new.text)
        event = Event(
            subject=chain.subject,
            seq=chain.seq + 1,
            at=moment,
            actor=new.actor,
            kind=new.kind,
            entry_id=new.entry_id,
            from_state=new.from_state,
            to_state=new.to_state,
            body=canonical(body),
            prev_hash=chain.head,
        )
        event.hash = digest(event)
        chain.seq, chain.head = event.seq, event.hash
        written.append(event)
        if new.text:
            texts.append((event, new.text, salt))
    Event.objects.bulk_create(written)
    if texts:
        EventText.objects.bulk_create(
            EventText(event=event, text=text, salt=salt) for event, text, salt in texts
        )
    return written


def record(subject: str, *events: NewEvent) -> list[Event]:
    """Lock one subject's chain and append; call inside a transaction."""
    return append(lock([subject])[subject], events)


def canonical(body: dict[str, Any]) -> str:
    """`body` as the one text it can have; floats are refused, engines print them in many ways."""
    _refuse_floats(body)
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("A history body holds integers and strings, no floats.")
    for part in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        _refuse_floats(part)


def commitment(salt: str, text: str) -> str:
    """SHA-256 of salt and text: proves the text beside the chain, and lets it be erased."""
    return hashlib.sha256(f"{salt}{text}".encode()).hexdigest()


def digest(event: Event) -> str:
    """SHA-256, hex, over every field of an event and the hash before it."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = (
        event.prev_hash,
        event.subject,
        event.seq,
        at,
        event.actor_id or "",
        event.kind,
        event.entry_id or "",
        event.from_state,
        event.to_state,
        event.body,
    )
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def verify(
    subject: str | None = None, *, between: Callable[[], None] = lambda: None
) -> Iterator[str]:
    """Sentences about every break found, in order of subject and seq; nothing when all is whole.

    `between` is called between two chains.
    """
    if missing := missing_triggers():
        yield f"triggers missing: {', '.join(missing)}"
    chains = Chain.objects.all() if subject is None else Chain.objects.filter(subject=subject)
    heads = {chain.subject: chain for chain in chains.iterator()}
    events = Event.objects.select_related("words").order_by("subject", "seq")
    if subject is not None:
        events = events.filter(subject=subject)
    at, seq, head = "", 0, ""
    seen: dict[str, tuple[int, str]] = {}
    for event in events.iterator(chunk_size=5000):
        if event.subject != at:
            between()
            at, seq, head = event.subject, 0, ""
        seq += 1
        yield from _verify_one(event, seq, head)
        seq, head = event.seq, event.hash
        seen[at] = (seq, head)
    for name in sorted(heads.keys() | seen.keys()):
        chain = heads.get(name)
        if (chain.seq, chain.head) != seen.get(name, (0, "")) if chain else True:
            yield f"{name}: the head of the chain does not fit its last event (cut tail?)"


def _verify_one(event: Event, seq: int, head: str) -> Iterator[str]:
    where = f"{event.subject}#{event.seq}"
    if event.seq != seq:
        yield f"{where}: events {seq} to {event.seq - 1} are missing"
    if event.prev_hash != head:
        yield f"{where}: does not follow the event before it"
    if digest(event) != event.hash:
        yield f"{where}: was changed after it was written"
    words = getattr(event, "words", None)
    if words and json.loads(event.body).get("text_sha256") != commitment(words.salt, words.text):
        yield f"{where}: its text was changed after it was written"


def missing_triggers() -> list[str]:
    """Names of the triggers that should guard history and do not."""
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='reform_event'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid='reform_event'::regclass "
        "AND NOT tgisinternal AND tgenabled <> 'D'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {row[0] for row in cursor.fetchall()}
    return [name for name in TRIGGERS[connection.vendor] if name not in there]


def install_triggers(database: Any = connection) -> None:
    """Create the triggers of this engine; harmless where they exist."""
    section = _SQL.read_text().split(f"-- engine: {database.vendor}\n")[1].split("-- engine:")[0]
    with database.cursor() as cursor:
        for statement in section.split("\n--;\n"):
            if statement.strip():
                cursor.execute(statement)


def lift_triggers(database: Any = connection) -> None:
    """Drop the triggers: for undoing the migration, and for emptying a test database."""
    table = " ON reform_event" if database.vendor == "postgresql" else ""
    with database.cursor() as cursor:
        for name in TRIGGERS[database.vendor]:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{table}")
