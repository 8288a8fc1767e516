"""The only place that says what to do next about an item of a school, and where that is done."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform.states import Status
from reform.views import register_way
from reform.views.ledger import Row
from schools.registers import REGISTERS


def next_step(row: Row, *, may_sign: bool) -> tuple[str, str]:
    """The verb and the thing for the link of a row, and its address."""
    if row.register:
        words = _("Complete %(register)s") if row.missing else _("Fill in %(register)s")
        words %= {"register": REGISTERS[row.register].name}
        return words, register_way.to(reverse("register", args=[row.register]), row.pk)
    return _verb(row, may_sign=may_sign), reverse("entry", args=[row.pk])


def _verb(row: Row, *, may_sign: bool) -> str:
    if row.status == Status.awaiting_signoff:
        return _("Read and sign") if may_sign else _("Ask the secretary to sign")
    if row.status == Status.returned or row.handed_back:
        return _("Correct and send again")
    if row.confirmable:
        return _("Go and confirm")
    if row.typed:
        return ngettext("Enter %(n)d number", "Enter %(n)d numbers", row.typed) % {"n": row.typed}
    return _("Complete the registers") if row.missing else _("Look and send")
