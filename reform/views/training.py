"""The only place for the training matrix: of one school, and summed over an authority's schools."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from reform.views.headlines import number
from reform.views.whose import Authority, Books, authority_of, school_of, year_of, years
from schools import clock, scope
from schools import training_matrix as matrices
from schools.access import access
from schools.models import School, Training
from schools.models.capability import Channel, Mode
from schools.models.schools import Ownership
from schools.names import by_name
from schools.roles import Profile
from schools.training_matrix import Cell
from schools.workdays import school_year_of

MOST = 300  # trainings listed below the matrix of one school


@access("see_school")
@require_safe
def training_matrix(request: HttpRequest) -> HttpResponse:
    """The own school's trainings of a school year, three channels by three modes."""
    return _of_school(request, school_of(request, None))


@access("see_registers")
@require_safe
def training_of_school(request: HttpRequest, code: str) -> HttpResponse:
    """The same of a school, for its officials."""
    return _of_school(request, school_of(request, code))


@access("see_structure")
@require_safe
def training_county(request: HttpRequest) -> HttpResponse:
    """An authority's schools together: sums, and how many schools have nothing in a cell."""
    where = authority_of(request, reverse("training_county"))
    year = year_of(request, clock.today())
    schools = where.schools().filter(ownership=Ownership.public).exclude(profile=Profile.joint)
    asked = matrices.cell_of(request.GET.get("cell", ""))
    trainings = scope.rows(Training.objects.all(), request.seat)
    found = matrices.of_year(trainings, year).filter(school__in=schools)
    rows, n = matrices.matrix(found), schools.count()
    context = {
        "where": where,
        "year": year,
        "years": years(request, year, _years(trainings.filter(school__in=schools))),
        "sentence": _county_sentence(where, rows, n),
        "modes": Mode.labels,
        "rows": [(row[0].channel.label, [_shared(c, n, where, year) for c in row]) for row in rows],
        "schools": n,
        "without": _without(schools, found, asked) if asked and n else None,
        "asked": asked and [label.label for label in asked],
        "loose": found.exclude(matrices.placed()).count(),
    }
    return render(request, "structure/training.html", context)


def _of_school(request: HttpRequest, school: School) -> HttpResponse:
    year = year_of(request, clock.today())
    mine = scope.rows(Training.objects.all(), request.seat).filter(school=school)
    found = matrices.of_year(mine, year)
    rows = matrices.matrix(found)
    kept = list(found.order_by("held_on", "pk")[:MOST])
    by_cell: dict[str, list[Training]] = {}
    for training in kept:
        by_cell.setdefault(f"{training.channel}-{training.mode}", []).append(training)
    context = {
        "books": (books := Books(school, request.seat)),
        "register": books.register("trainings"),
        "year": year,
        "years": years(request, year, _years(mine)),
        "sentence": _school_sentence(rows),
        "modes": Mode.labels,
        "rows": [(row[0].channel.label, row) for row in rows],
        "cells": [(cell, by_cell[cell.key]) for row in rows for cell in row if cell.key in by_cell],
        "loose": [one for one in kept if not (one.channel and one.mode)],
    }
    return render(request, "registers/training.html", context)


def _years(trainings: Any) -> set[str]:
    """School years in which there is a training; one query, a dozen days a year at most."""
    days = trainings.filter(removed_at=None).order_by().dates("held_on", "month")
    return {school_year_of(day) for day in days}


def _shared(cell: Cell, schools: int, where: Authority, year: str) -> dict[str, Any]:
    """A cell of an authority's matrix: the sum, and how many schools have nothing in it."""
    without = schools - cell.schools
    words = ngettext("%(n)s school has none", "%(n)s schools have none", without)
    return {
        "cell": cell,
        "n": number(cell.n),
        "without": words % {"n": number(without)} if without else "",
        "url": where.url(year=year, cell=cell.key),
    }


def _without(schools: Any, found: Any, asked: tuple[Channel, Mode]) -> list[School]:
    """Schools with nothing in a cell, by name."""
    channel, mode = asked
    having = found.filter(channel=channel, mode=mode).values("school")
    return sorted(schools.exclude(pk__in=having), key=lambda one: (by_name(one.name), one.pk))


def _school_sentence(rows: Sequence[Sequence[Cell]]) -> str:
    n = sum(cell.n for row in rows for cell in row)
    empty = len(matrices.empty(rows))
    if not n:
        return _("No training of this school year stands in the matrix yet.")
    if not empty:
        return _("All nine cells are filled.")
    said = ngettext(
        "%(filled)d of 9 cells are filled; %(empty)d is empty.",
        "%(filled)d of 9 cells are filled; %(empty)d are empty.",
        empty,
    )
    return said % {"empty": empty, "filled": len(matrices.CELLS) - empty}


def _county_sentence(where: Authority, rows: Sequence[Sequence[Cell]], schools: int) -> str:
    if not schools:
        return where.nothing()
    n = sum(cell.n for row in rows for cell in row)
    empty = len(matrices.empty(rows))
    words = {"n": number(n), "schools": number(schools), "empty": empty}
    said = ngettext(
        "%(n)s training of %(schools)s schools",
        "%(n)s trainings of %(schools)s schools",
        n,
    )
    if not empty:
        return _("%(what)s; no cell is empty.") % {"what": said % words}
    rest = ngettext("%(empty)d cell is empty", "%(empty)d cells are empty", empty)
    return _("%(what)s; %(rest)s.") % {"what": said % words, "rest": rest % words}
