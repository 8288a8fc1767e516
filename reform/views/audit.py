"""The only place for the page that an auditor reads: sign-ins, downloads, changes of accounts."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from reform.forms.hidden import number_of
from reform.models import AuditLine
from schools import clock, scope
from schools.access import access

PAGE = 50
# What is written → how an auditor reads it.
WORDS = {
    "sign in": gettext_lazy("Signed in"),
    "sign in failed": gettext_lazy("Sign-in failed"),
    "sign in locked": gettext_lazy("Sign-in locked for a while"),
    "sign in slowed": gettext_lazy("Sign-in slowed after many tries"),
    "sign out": gettext_lazy("Signed out"),
    "privacy read": gettext_lazy("Read what is kept"),
    "own data download": gettext_lazy("Downloaded what is kept about oneself"),
    "password change": gettext_lazy("Changed the password"),
    "password reset": gettext_lazy("Set a password for somebody"),
    "password ask": gettext_lazy("Asked for a link to a new password"),
    "password renew": gettext_lazy("Set a new password with a link"),
    "code issue": gettext_lazy("Gave out an activation code"),
    "code use": gettext_lazy("Activated the account"),
    "code refused": gettext_lazy("Activation failed"),
    "account new": gettext_lazy("Made an account"),
    "account change": gettext_lazy("Changed an account"),
    "account end": gettext_lazy("Ended a post or an account"),
    "account close": gettext_lazy("Closed the sign-in of somebody without a post"),
    "post change": gettext_lazy("Gave or ended a post"),
    "school import": gettext_lazy("Imported a list of schools"),
    "school list upload": gettext_lazy("Uploaded a list of schools to be checked"),
    "school list download": gettext_lazy("Downloaded rows of an uploaded list of schools"),
    "school export": gettext_lazy("Exported a list of schools"),
    "register file": gettext_lazy("Uploaded a file for a register to be checked"),
    "register export": gettext_lazy("Exported rows of a register"),
    "evidence add": gettext_lazy("Uploaded evidence"),
    "evidence refuse": gettext_lazy("Evidence was not taken"),
    "evidence remove": gettext_lazy("Removed evidence"),
    "evidence download": gettext_lazy("Downloaded evidence"),
}


@access("see_audit")
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Newest first, keyset paged by `before` (the number of a line)."""
    lines = scope.rows(AuditLine.objects.select_related("user"), request.seat).order_by("-pk")
    before = number_of(request.GET.get("before", ""))
    if before is not None:
        lines = lines.filter(pk__lt=before)
    shown = list(lines[: PAGE + 1])
    more = shown[PAGE - 1].pk if len(shown) > PAGE else None
    since = clock.now() - timedelta(days=1)
    today = scope.rows(AuditLine.objects.filter(at__gte=since), request.seat).count()
    context = {
        "sentence": ngettext(
            "%(n)d line was written in the last 24 hours.",
            "%(n)d lines were written in the last 24 hours.",
            today,
        )
        % {"n": today},
        "rows": [(line, WORDS.get(line.what, line.what)) for line in shown[:PAGE]],
        "next_url": f"?before={more}" if more else "",
        "first_url": "?" if before is not None else "",
    }
    return render(request, "audit/audit.html", context)
