"""The only place where one school is let on in a closed campaign, by exception."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from reform import readmission
from reform.forms.extension import ReadmitForm
from reform.forms.hidden import key_for, key_of
from reform.forms.refused import complain
from reform.models import Campaign
from reform.models.campaign import CampaignState
from schools import scope
from schools.access import access
from schools.errors import Denied
from schools.names import by_name


@access("readmit")
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_readmit(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a school that left something open which it could have filed, a date and a reason."""
    found = get_object_or_404(
        scope.reaching(Campaign.objects.select_related("region"), request.seat), pk=pk
    )
    if found.state != CampaignState.closed:
        raise Denied(_("This campaign is not closed: the school can ask for a later date."))
    authority = request.seat.place_code
    later = readmission.unopened()
    left = readmission.unsettled(found).filter(authority=authority)
    counts = {"n": Count("pk", filter=~later), "later": Count("pk", filter=later)}
    owing = left.values_list("school_id", "school__name").annotate(**counts).filter(n__gt=0)
    rows = sorted(owing, key=lambda row: (by_name(row[1]), row[0]))
    form = ReadmitForm(
        request.POST if request.method == "POST" else None,
        schools=[(pk, _left(name, n, later)) for pk, name, n, later in rows],
        dates=readmission.offered(authority),
    )
    if form.is_bound and form.is_valid():
        try:
            return _let_on(request, found, form)
        except ValidationError as error:
            complain(form, error)
    context = {"campaign": found, "form": form, "schools": rows, "key": key_for(request)}
    status = 422 if form.errors else 200
    return render(request, "campaigns/readmit.html", context, status=status)


def _left(school: str, n: int, later: int) -> str:
    """A school with what it may go on with, and what no readmission opens."""
    words = _("%(school)s (%(n)d open and not settled)")
    if later:
        words = _("%(school)s (%(n)d open and not settled; %(later)d more open only later)")
    return words % {"school": school, "n": n, "later": later}


def _let_on(request: HttpRequest, found: Campaign, form: ReadmitForm) -> HttpResponse:
    said = form.cleaned_data
    n = readmission.readmit(
        found.pk,
        said["school"],
        by=request.seat,
        until=said["until"],
        reason=said["reason"],
        key=key_of(request.POST),
    )
    done = ngettext(
        "Open again until %(day)s: %(n)d item of this school alone.",
        "Open again until %(day)s: %(n)d items of this school alone.",
        n,
    )
    messages.success(request, done % {"n": n, "day": said["until"]})
    return redirect("campaign", pk=found.pk)
