"""The only place where a person takes away what is kept about oneself."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from reform import personal
from schools import clock, noted, sheets
from schools.access import SIGNED_IN, access
from schools.models import User
from schools.views.away import away


@access(SIGNED_IN)
@never_cache
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """One workbook; the taking is a line of the log."""
    user = User.objects.get(pk=request.user.pk)  # type: ignore[misc]
    noted.note(request, "own data download", user.username)
    headings = [_("Kind of record"), _("Content"), _("When, or value")]
    book = sheets.write_xlsx(headings, personal.rows(user), _("Kept about you"))
    name = f"{user.username}-{clock.today():%Y%m%d}.xlsx"
    return away(book, name)
