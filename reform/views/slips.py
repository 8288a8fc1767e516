"""The only place that shows slips, once and for paper, be it for accounts made with them."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from reform import people, slips
from reform.forms.hidden import key_for, key_of, number_of
from reform.slips import Sheet
from schools import noted
from schools.access import access
from schools.errors import Denied
from schools.roles import Role


@access("manage_people")
@never_cache
@require_http_methods(("GET", "HEAD", "POST"))
def people_slips(request: HttpRequest) -> HttpResponse:
    """Slips for those chosen, or for `all` who wait for one, be it a second one (`anew`).

    Who comes back to the address later, from the browser's history, is led to the list.
    """
    if request.method != "POST":
        return redirect("people")
    if "all" in request.POST:
        anew = request.POST["all"] == "anew"
        chosen = slips.wanting(request.seat, anew=anew)
        none = _("Everybody who has not activated yet holds a slip that is still valid.")
    else:
        told = (number_of(text) for text in request.POST.getlist("person"))
        chosen = [number for number in told if number is not None]
        none = _("Nobody was chosen. Tick the people whose slips you want.")
    if not chosen:
        messages.warning(request, none)
        return redirect("people")
    return _printed(request, chosen)


@access("manage_people")
@never_cache
@require_http_methods(("GET", "HEAD", "POST"))
def people_fill(request: HttpRequest) -> HttpResponse:
    """A filer's account for each school that has none, and their slips at once."""
    if not people.keeps_schools(request.seat):
        raise Denied(_("Accounts of schools are made by the manager of their authority."))
    if request.method != "POST":
        return redirect("people_gaps")
    made = slips.make_filers(request.seat, str(Role.filer.label))
    if made:
        return _printed(request, made)
    messages.warning(request, _("Every school has somebody who files; no account was made."))
    return redirect("people_gaps")


def _printed(request: HttpRequest, chosen: list[int]) -> HttpResponse:
    """The page that is the only copy of these codes."""
    base = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    try:
        sheet = slips.print_for(
            request.seat, chosen, base=base, path=reverse("activate"), key=key_of(request.POST)
        )
    except slips.Shown:
        return render(request, "people/shown.html", {"crumbs": _crumbs()}, status=409)
    noted.note(request, "slip print", f"{len(sheet.slips)} {request.seat.key}")
    context: dict[str, Any] = {
        "slips": sheet.slips,
        "refused": sheet.refused,
        "left": sheet.left,
        "sentence": _sentence(sheet),
        "crumbs": _crumbs(),
        "place": request.seat.place_name,
        "of_schools": people.keeps_schools(request.seat),
        "caller": request.user,
        "key": key_for(request),
        "shown_once": True,
    }
    return render(request, "people/slips.html", context)


def _crumbs() -> list[tuple[str, str]]:
    return [(_("People"), reverse("people")), (_("Slips"), "")]


def _sentence(sheet: Sheet) -> str:
    n = len(sheet.slips)
    if not n:
        return _("No slip was made.")
    return ngettext(
        "%(n)d slip; print it now, its code is shown this once.",
        "%(n)d slips; print them now, their codes are shown this once.",
        n,
    ) % {"n": n}
