"""The only place that sends a file away to be saved, under a name in any script."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from schools.sheets import XLSX


def away(data: bytes, name: str, *, kind: str = XLSX) -> HttpResponse:
    """`name` with its ending; `kind` is the content type."""
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
