"""The desk of a reviewer: what is laid on it, and what its pages offer to be sent."""

import re
from datetime import timedelta
from html import unescape

from reform.models import Evidence
from tests import world

REASON = "课时数与课表不一致，请核对。"


def filed(cast, code="Z2.1", **more):
    return world.file(world.entry(cast.school, code), cast.filer, **more)


def attach(entry, seat, name, *, sha="a", pages=1, kind="pdf"):
    return Evidence.objects.create(
        entry=entry,
        school=entry.school,
        sha256=(sha * 64)[:64] if pages else ("b" + sha * 64)[:64],
        name=name,
        size=2048,
        kind=kind,
        pages=pages,
        uploaded_by=seat.user,
        uploaded_at=world.NOON,
    )


def hours(n):
    return world.NOON + timedelta(hours=n)


def is_open(response):
    """Primary key of the entry that is open."""
    found = re.search(r'action="/review/(\d+)/accept/', response.content.decode())
    return int(found[1]) if found else None


def fields(response, action):
    """The hidden fields of the form that goes to `action`; one button of "return" accepts."""
    form = re.search(
        rf'<form[^>]*action="[^"]*/{action.replace("accept", "return")}/".*?</form>',
        response.content.decode(),
        re.S,
    )
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0])
    return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}
