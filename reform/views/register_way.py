"""The only place for the way from an item to the register that mends it, and back to the item."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.http import HttpRequest
from django.urls import reverse

from reform.forms.hidden import number_of
from reform.models import Entry
from schools import scope

NAME = "for"  # in the address, and in each form of the register
# Checks that begin with whose rows are counted, and are mended where their rows are lacking.
MENDED_IN = {
    "committees_complete": "committee_members",
    "groups_met": "meetings",
    "integrated_plans": "documents",
    "secretary_is_head": "committee_members",
    "secretary_report": "meetings",
    "studio_activities": "trainings",
}


@dataclass(frozen=True)
class Way:
    """The item that a reader came from; all empty where they came by themselves."""

    entry: int | None = None
    code: str = ""

    def carry(self, address: str) -> str:
        """The same address, with the way back in it."""
        return to(address, self.entry) if self.entry else address

    @property
    def back(self) -> str:
        return reverse("entry", args=[self.entry])


def mends(check: str, registers: Sequence[str]) -> str:
    """Of the registers of a check the one to add to where it falls short; "" where it has none."""
    wanted = MENDED_IN.get(check, "")
    return wanted if wanted in registers else next(iter(registers), "")


def to(address: str, entry: int, row: int | None = None) -> str:
    """The address of a register, with the item to go back to and the row that is meant."""
    parts = urlsplit(address)
    more = urlencode({NAME: entry} | ({"row": row} if row else {}))
    query = f"{parts.query}&{more}" if parts.query else more
    return urlunsplit(parts._replace(query=query))


def asked(request: HttpRequest) -> Way:
    """What the address or the form says, to be handed on; whose item it is, `found` looks."""
    said = request.POST.get(NAME) or request.GET.get(NAME) or ""
    return Way(number_of(said))


def found(request: HttpRequest) -> Way:
    """The item, where the reader's seat may read it; one query, none where no item is named."""
    pk = asked(request).entry
    if pk is None:
        return Way()
    entries = scope.rows(Entry.objects.all(), request.seat).filter(pk=pk)
    code = entries.values_list("slot__item__code", flat=True).first()
    return Way(pk, code) if code else Way()
