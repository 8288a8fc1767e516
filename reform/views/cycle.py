"""The only place where a manager sets how many school years a training cycle lasts."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reform import cycles
from reform.forms.cycle import CycleForm, said
from schools.access import access
from schools.models import Region
from schools.noted import note


@access("set_calendar")
@require_http_methods(["GET", "HEAD", "POST"])
def training_cycle(request: HttpRequest) -> HttpResponse:
    """Of exactly this region; those below follow it until they have a rule of their own."""
    code = request.seat.place_code  # type: ignore[attr-defined]
    above = cycles.from_above(code)
    own = Region.objects.values_list("cycle_years", flat=True).get(pk=code)
    sent = request.POST if request.method == "POST" else None
    form = CycleForm(sent, above=above, initial={"years": own or ""})
    if form.is_valid():
        years = form.cleaned_data["years"]
        if cycles.set_own(code, years, by=request.seat):  # type: ignore[attr-defined]
            note(request, "cycle set", code)
            messages.success(
                request, _("It holds from now on; the numbers shown follow by tomorrow.")
            )
        return redirect("training_cycle")
    words = {"years": said(own or above.years)}
    sentence = (
        _("A training cycle lasts %(years)s here.")
        if own
        else _("A training cycle lasts %(years)s, as set above.")
    )
    context = {"form": form, "sentence": sentence % words}
    status = 422 if form.errors else 200
    return render(request, "setup/cycle.html", context, status=status)
