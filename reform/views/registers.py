"""The only place where a school keeps its registers: the overview, a list, a row, its removal."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reform import bookkeeping
from reform.forms.hidden import key_for, key_of, number_of
from reform.forms.register import RegisterForm
from reform.views import entry_missing
from reform.views import register_page as page
from reform.views import register_way as ways
from reform.views import register_words as words
from reform.views.register_entry import again_on, kinds, started, the_same_again
from schools import clock, recording, succession
from schools.access import access
from schools.errors import Stale
from schools.models import School
from schools.models.organisation import Record
from schools.register_forms import Desk, typed
from schools.registers import REGISTERS, Register


@access("keep_registers")
@require_safe
def registers(request: HttpRequest) -> HttpResponse:
    """The twelve registers by pillar: how many rows, what they lack, which items they answer."""
    school = request.seat.school
    found = page.summaries(school, outside=False)
    gaps = sum(one.gaps for one in found)
    rows = sum(one.rows for one in found)
    empty = sum(not one.rows for one in found if bookkeeping.may_add(one.register, school))
    context = {
        "school": school,
        "sentence": words.overview(rows, gaps, empty),
        "pillars": page.by_pillar(found),
        "steps": page.history(school),
        "before": succession.came_from(school),
        "first": not rows,
    }
    return render(request, "registers/overview.html", context)


@access("keep_registers")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, key: str) -> HttpResponse:
    """A register: what stands in it, and the form for the next row above it."""
    found = REGISTERS[key]
    if request.method != "POST":
        return _list(request, found)
    school = request.seat.school
    bookkeeping.require_adding(request.seat, found, school)
    desk = Desk(found, school, names=page.names_allowed(school))
    form = RegisterForm(request.POST, desk=desk, values=started(request, desk), fixed=_fixed(found))
    if not form.is_valid():
        return _list(request, found, form)
    done = bookkeeping.keep(
        school, found, [form.found.row], by=request.seat, key=key_of(request.POST)
    )
    _told(request, form)
    entry_missing.tell_still(request, ways.asked(request))
    query = {"done": done.added[0]}
    if found.only:
        query[found.sorting] = form.kind
    return _back(request, found, query)


def _back(request: HttpRequest, register: Register, query: Mapping[str, Any]) -> HttpResponse:
    """To the list with what was done, and still with the item to go back to."""
    address = f"{reverse('register', args=[register.key])}?{urlencode(query)}"
    return redirect(ways.asked(request).carry(address))


def _fixed(register: Register) -> str:
    """The column that was chosen before the form is shown, if the kinds of row differ."""
    return register.sorting if register.only else ""


def _told(request: HttpRequest, form: RegisterForm) -> None:
    for sentences in form.found.warnings.values():
        for sentence in sentences:
            messages.warning(request, sentence)


def _list(
    request: HttpRequest, register: Register, form: RegisterForm | None = None
) -> HttpResponse:
    school: School = request.seat.school
    desk = Desk(register, school, names=page.names_allowed(school))
    values = started(request, desk)
    pasted, may_add = "pasted" in request.GET, bookkeeping.may_add(register, school)
    if form is None and may_add and not pasted and (values or not register.only):
        form = RegisterForm(desk=desk, values=values, fixed=_fixed(register))
    way = ways.found(request)
    context = page.listing(request, school, register, outside=False)
    context |= {
        "way": way,
        "meant": number_of(request.GET.get("row", "")),
        "school": school,
        "register": register,
        "form": form,
        "to_name": [REGISTERS[key] for key in form.nothing_to_name] if form else [],
        "kinds": kinds(register, form.kind if form else "", way),
        "may_add": may_add,
        "pasted": pasted,
        "key": key_for(request),
        "items": page.answers(school).get(register.key, []),
        "out": list(recording.taken_out(register, school)[: page.MOST_OUT]),
        **_notice(request, register, school, way),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "registers/register.html", context, status=status)


def _notice(
    request: HttpRequest, register: Register, school: School, way: ways.Way
) -> dict[str, Any]:
    """What the last act did, with the way on: the same again, or undo."""
    done, gone = (number_of(request.GET.get(name, "")) for name in ("done", "gone"))
    if done is not None:
        row = recording.living(register, school).filter(pk=done).first()
        again = the_same_again(register, row)
        return {"done": row, "again": again and way.carry(again), "again_on": again_on(row)}
    if gone is not None:
        return {"gone": recording.taken_out(register, school).filter(pk=gone).first()}
    return {}


@access("keep_registers")
@require_http_methods(["GET", "HEAD", "POST"])
def register_row(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One row, to be changed, ended or removed."""
    found = REGISTERS[key]
    row = _own(request, found, pk)
    desk = Desk(found, request.seat.school, names=page.names_allowed(request.seat.school))
    if request.method != "POST":
        return _row(request, found, row, RegisterForm(desk=desk, values=typed(found, row), row=row))
    bookkeeping.require(request.seat, request.seat.school)
    form = RegisterForm(request.POST, desk=desk, values=typed(found, row), row=row)
    if not form.is_valid():
        return _row(request, found, row, form)
    if request.POST.get("version", "") != row.changed_at.isoformat():
        raise Stale(_("Somebody changed or removed this row meanwhile; nothing was overwritten."))
    bookkeeping.keep(
        request.seat.school, found, [form.found.row], by=request.seat, key=key_of(request.POST)
    )
    _told(request, form)
    entry_missing.tell_still(request, ways.asked(request))
    return _back(request, found, {"done": pk})


def _own(request: HttpRequest, register: Register, pk: int) -> Any:
    return get_object_or_404(recording.living(register, request.seat.school), pk=pk)


def _row(
    request: HttpRequest,
    register: Register,
    row: Record,
    form: RegisterForm,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "register": register,
        "row": row,
        "form": form,
        "version": row.changed_at.isoformat(),
        "key": key_for(request),
        "today": clock.today(),
        "way": ways.asked(request),
        "to_name": [REGISTERS[key] for key in form.nothing_to_name],
        **(more or {}),
    }
    status = 422 if form.errors or more else 200
    return render(request, "registers/row.html", context, status=status)


@access("keep_registers")
@require_POST
def register_end(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """A row that holds no longer: it stays, and last year's truth with it."""
    found = REGISTERS[key]
    if not found.is_lasting:
        raise Http404
    row = _own(request, found, pk)
    bookkeeping.require(request.seat, request.seat.school)
    desk = Desk(found, request.seat.school)
    form = RegisterForm(
        {**typed(found, row), "until": _day(request)}, desk=desk, values=typed(found, row), row=row
    )
    if not form.is_valid():
        return _row(request, found, row, form)
    bookkeeping.keep(request.seat.school, found, [form.found.row], by=request.seat)
    messages.success(request, _("Ended; what it held for before stays as it was."))
    return _back(request, found, {})


def _day(request: HttpRequest) -> str:
    """The last day as it was sent; today for want of one."""
    return request.POST.get("until") or date.isoformat(clock.today())


@access("keep_registers")
@require_POST
def register_remove(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Take a row out; what other rows still name is ended instead."""
    found = REGISTERS[key]
    row = _own(request, found, pk)
    bookkeeping.require(request.seat, request.seat.school)
    if named := recording.named_by(found, row):
        desk = Desk(found, request.seat.school, names=page.names_allowed(request.seat.school))
        form = RegisterForm(desk=desk, values=typed(found, row), row=row)
        places = [(REGISTERS[name], n) for name, n in named.items()]
        return _row(request, found, row, form, {"named": places})
    bookkeeping.remove(request.seat.school, found, [pk], by=request.seat)
    return _back(request, found, {"gone": pk})


@access("keep_registers")
@require_POST
def register_restore(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Bring a removed row back; a second press changes nothing."""
    found = REGISTERS[key]
    school = request.seat.school
    get_object_or_404(found.model._default_manager.filter(school=school), pk=pk)
    bookkeeping.bring_back(school, found, [pk], by=request.seat)
    return _back(request, found, {"done": pk})
