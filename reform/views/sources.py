"""The only place that shows where the numbers of a bureau's entry come from, school by school."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from reform import answering, answers
from reform.checks import bureaus, facts
from reform.checks.base import Facts, Found, Window
from reform.checks.table import CHECKS
from reform.models import Check, Entry
from reform.models.catalogue import CheckKind
from reform.states import Keeper
from reform.views import register_page
from schools import clock, scope, small_counts
from schools.access import access
from schools.language import local
from schools.models import School, Studio
from schools.registers import REGISTERS


@dataclass(frozen=True)
class Part:
    """A check: the sum, and what each school adds to it; or the register that answers it alone."""

    name: str
    total: str = ""
    schools: Sequence[tuple[School, str]] = ()
    url: str = ""
    register: str = ""


@access("see_entry")
@require_safe
def entry_sources(request: HttpRequest, pk: int) -> HttpResponse:
    """Of each number: the schools by name with their counts, small ones hidden, and the sum."""
    rows = Entry.objects.select_related(
        "slot__item__measure", "slot__campaign", "school__authority", "computed"
    ).filter(keeper=Keeper.district)
    entry = get_object_or_404(scope.rows(rows, request.seat), pk=pk)
    own = request.seat.school is not None
    asked = answering.asked_of(Entry.objects.filter(pk=pk), [entry.authority])[0]
    names = {check.key: local(check, "name") for check in entry.slot.item.checks.all()}
    windows = asked.windows(clock.today())
    counts = [one for one in asked.computed if small_counts.guarded(one.registers)]
    schools = list(_supplying(entry)) if counts else []
    known = facts.load(schools, registers=_needed(counts)) if schools else {}
    parts = [
        _summed(names[one.key], one, windows[one.key], entry.school, known)
        if one in counts
        else _alone(names[one.key], one, entry.school, own=own)
        for one in asked.computed
    ]
    context = {
        "entry": entry,
        "item": entry.slot.item,
        "sentence": _sentence(entry, len(schools), bool(counts)),
        "parts": parts,
        "hides": any(small_counts.HIDDEN in told for part in parts for _s, told in part.schools),
        "covers": any(small_counts.COVER in told for part in parts for _s, told in part.schools),
        "studios": _studios(entry) if "studios" in _needed(asked.computed) else [],
    }
    return render(request, "entry/sources.html", context)


def _supplying(entry: Entry) -> Iterable[School]:
    return bureaus.supplying([entry.authority]).select_related("school_type")


def _needed(checks: Iterable[Check]) -> set[str]:
    return {key for check in checks for key in check.registers}


def _sentence(entry: Entry, schools: int, sums: bool) -> str:
    if not sums:
        return _("The numbers of %(code)s come from the registers of the bureau itself.") % {
            "code": entry.slot.item.code
        }
    if not schools:
        return _("No school leaves its counts to the bureau today; there is nothing to add up.")
    words = ngettext(
        "The numbers of %(code)s are added up over %(n)d school.",
        "The numbers of %(code)s are added up over %(n)d schools.",
        schools,
    )
    return words % {"code": entry.slot.item.code, "n": schools}


def _summed(
    name: str, check: Check, window: Window, bureau: School, known: Mapping[int, Facts]
) -> Part:
    """The same function over all schools together and over each by itself."""
    whole = Facts(bureau)
    for one in known.values():
        whole.cadre_pool += one.cadre_pool
        whole.posts += one.posts
    told = _beside(check, [_found(check, one, window) for one in known.values()])
    alone = answering.is_of_one_school(check, whole, window)
    return Part(
        name,
        _said(check, _found(check, whole, window), outside=alone),
        list(zip((one.school for one in known.values()), told, strict=True)),
    )


def _found(check: Check, known: Facts, window: Window) -> Found | None:
    return CHECKS[check.key](known, window) if known.cadre_pool or known.posts else None


def _said(check: Check, found: Found | None, *, outside: bool = False) -> str:
    if found is None:
        return _("nothing entered")
    return answers.display(check, found.num, found.den, outside=outside)


def _beside(check: Check, found: Sequence[Found | None]) -> list[str]:
    """What single schools add, such that no small count can be reckoned from the sum."""
    counted = [one if one and one.den != 0 and check.kind != CheckKind.bool else None
               for one in found]  # fmt: skip
    parts = [small_counts.beside_sum([one.num if one else None for one in counted])]
    if check.kind == CheckKind.ratio:
        parts.append(small_counts.beside_sum([one.den if one else None for one in counted]))
    numbers = [" / ".join(part) for part in zip(*parts, strict=True)]
    pairs = zip(found, counted, numbers, strict=True)
    return [said if count else _said(check, one) for one, count, said in pairs]


def _alone(name: str, check: Check, bureau: School, *, own: bool) -> Part:
    register = REGISTERS[check.registers[0]]
    url = register_page.address(bureau, register, outside=not own)
    return Part(name, url=url, register=str(register.name))


def _studios(entry: Entry) -> list[Any]:
    """Studios of the county with the schools that take part, by name."""
    found = Studio.objects.filter(removed_at=None, school__authority=entry.authority)
    return list(found.select_related("school").prefetch_related("members").order_by("name", "pk"))
