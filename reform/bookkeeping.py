"""The only door to a school's registers: who may write, nothing private, one event an act."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from reform import filings, history
from reform.history import NewEvent
from schools import clock, recording, small_counts
from schools.errors import Denied
from schools.models import Region, School
from schools.models.organisation import Record
from schools.models.schools import SchoolKind
from schools.recording import Written
from schools.register_forms import Desk
from schools.registers import Register
from schools.scope import Seat

KIND = "registers"


def require(seat: Seat, school: School) -> None:
    """Denied with the sentence where this seat does not keep the registers of that school."""
    if not seat.has("keep_registers"):
        raise Denied(_("Your post here does not include this step."))
    if seat.school is None or seat.school.pk != school.pk:
        raise Denied(_("This belongs to another school."))
    if school.closed_on and school.closed_on <= clock.today():
        raise Denied(_("This school was closed on %(day)s.") % {"day": school.closed_on})


def may_add(register: Register, school: School) -> bool:
    """Studios are set up by the authority; a school only looks whether it is named rightly.

    Pool and posts are counted at the schools; a bureau adds up what stands there.
    """
    if school.kind == SchoolKind.bureau:
        return register.key not in small_counts.REGISTERS
    return register.key != "studios"


def require_adding(seat: Seat, register: Register, school: School) -> None:
    """Denied with the sentence where nobody of this place adds rows."""
    require(seat, school)
    if not may_add(register, school) and school.kind == SchoolKind.bureau:
        raise Denied(_("The schools keep these counts; they are added up here."))
    if not may_add(register, school):
        raise Denied(_("Studios are entered by your authority; tell it what is wrong."))


def private(register: Register, row: Record) -> dict[str, list[str]]:
    """Column → sentences about ID and mobile numbers in its text; {} when there are none."""
    found = {
        column.name: filings.private_numbers(getattr(row, column.name) or "")
        for column in register.columns
        if column.sort == "text"
    }
    return {name: sentences for name, sentences in found.items() if sentences}


def keep(
    school: School, register: Register, rows: Sequence[Record], *, by: Seat, key: str = ""
) -> Written:
    """Store new and changed rows, as `register_forms` made them, in one act.

    ValidationError: column → sentences, for a private number in a text. Stale when a colleague
    changed a row meanwhile. A repeated request (same key) gets its first answer.
    """
    _looked_at(register, school, rows, by)
    asked = {"do": "keep", "register": register.key, "school": school.pk,
             "rows": [_digest(register, row) for row in rows]}  # fmt: skip
    return _act(school, register, asked, by, key,
                lambda: recording.write(school, register, rows))  # fmt: skip


def keep_all(
    school: School,
    register: Register,
    rounds: Callable[[Callable[[Sequence[Record]], None]], None],
    *,
    by: Seat,
    seen: str,
    key: str = "",
) -> Written:
    """Like `keep`, for rows of which some need others stored before them: still one act.

    `rounds` is given what stores rows, and calls it as often as it needs; `seen`: the digest of
    all of them.
    """
    asked = {"do": "keep_all", "register": register.key, "school": school.pk, "rows": seen}
    done = Written()

    def keep_some(rows: Sequence[Record]) -> None:
        _looked_at(register, school, rows, by)
        some = recording.write(school, register, rows)
        done.added += some.added
        done.changed += some.changed
        done.rev = some.rev

    def do() -> Written:
        rounds(keep_some)
        return done

    return _act(school, register, asked, by, key, do)


def _looked_at(register: Register, school: School, rows: Sequence[Record], by: Seat) -> None:
    """Denied or ValidationError where these rows may not be stored."""
    if any(row.pk is None for row in rows):
        require_adding(by, register, school)
    for row in rows:
        if wrong := private(register, row):
            raise ValidationError(wrong)


def remove(
    school: School, register: Register, pks: Sequence[int], *, by: Seat, key: str = ""
) -> Written:
    """Take rows out; Denied, saying which rows still name one of them."""
    asked = {"do": "remove", "register": register.key, "school": school.pk, "rows": list(pks)}
    return _act(school, register, asked, by, key,
                lambda: recording.remove(school, register, pks))  # fmt: skip


def bring_back(
    school: School, register: Register, pks: Sequence[int], *, by: Seat, key: str = ""
) -> Written:
    """Undo a removal; Denied where the row does not fit beside what was entered since."""
    asked = {"do": "bring_back", "register": register.key, "school": school.pk, "rows": list(pks)}
    return _act(school, register, asked, by, key,
                lambda: _bring_back(school, register, pks))  # fmt: skip


def _bring_back(school: School, register: Register, pks: Sequence[int]) -> Written:
    desk = Desk(register, school, names=True)
    for row in recording.taken_out(register, school).filter(pk__in=list(pks)):
        for sentences in desk.clean({}, row, remember=True).errors.values():
            words = {"row": row, "reason": sentences[0]}
            raise Denied(_("“%(row)s” cannot be brought back. %(reason)s") % words)
    return recording.bring_back(school, register, pks)


def allow_names(region: str, allowed: bool, *, by: Seat) -> bool:
    """Let the registers of a county name office-holders, or no longer; False if it was so already.

    Names that were entered stay, and nobody is shown them while it is off.
    """
    if not by.has("allow_names") or not by.is_authority(region):
        raise Denied(_("Only the manager of this region decides about names."))
    with transaction.atomic():
        subject = f"region:{region}"
        chain = history.lock([subject])[subject]
        mine = Region.objects.filter(pk=region).exclude(office_names=allowed)
        if not mine.update(office_names=allowed):
            return False
        body = {"allowed": allowed, "seat": by.key}
        history.append(chain, [NewEvent("allow_names", by.user, body=body)])
    return True


def _act(
    school: School,
    register: Register,
    asked: dict[str, Any],
    by: Seat,
    key: str,
    do: Callable[[], Written],
) -> Written:
    """Lock the school's chain, do it, append one event."""
    with transaction.atomic():
        chain = history.lock([school.subject])[school.subject]
        if answer := filings.answered(by.user, key, asked):
            return Written(**answer)
        require(by, School.objects.get(pk=school.pk))
        done = do()
        if done:
            body = {"register": register.key, "seat": by.key, **vars(done)}
            body = {name: value for name, value in body.items() if value != []}
            history.append(chain, [NewEvent(KIND, by.user, body=body)])
        filings.remember(by.user, key, asked, vars(done))
    return done


def _digest(register: Register, row: Record) -> list[str]:
    """A row as it was sent, for telling a repeat from another request."""
    values = [getattr(row, one.field.attname) for one in register.columns if one.sort != "schools"]
    return [str(row.pk or ""), *map(str, values), *map(str, getattr(row, "to_join", ()))]
