"""The only place for the sentences and lights of the structure check."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from schools.checkup import Checkup
from schools.rulebook import ERROR, INFO, REMIND, WARN
from schools.structure_counts import Brief, Line
from schools.structure_plan import Numbers, branches_at_least, forms_of

# severity → the light whose shape it has, and its word
SEVERITY: dict[str, tuple[str, str | Promise]] = {
    ERROR: ("late", gettext_lazy("To settle")),
    WARN: ("due", gettext_lazy("Advice")),
    REMIND: ("wait", gettext_lazy("Coming up")),
    INFO: ("todo", gettext_lazy("For information")),
}


def check_sentence(found: Checkup) -> str:
    """The first sentence of a school's page."""
    if found.to_look_at:
        words = ngettext(
            "%(n)d place in the structure of the Party organisation needs a look.",
            "%(n)d places in the structure of the Party organisation need a look.",
            found.to_look_at,
        )
        return words % {"n": found.to_look_at}
    if not found.books.branches:
        return _("The branch register is empty; once it is filled in, it can be checked.")
    if found.open:
        words = ngettext(
            "Nothing stands out so far; %(n)d rule still lacks its facts.",
            "Nothing stands out so far; %(n)d rules still lack their facts.",
            len(found.open),
        )
        return words % {"n": len(found.open)}
    return _("All is well with the structure of the Party organisation.")


def region_sentence(found: list[Brief], unseen: int = 0) -> str:
    """The first sentence of a county's page."""
    if unseen and not found:
        return _("No school has been checked yet.")
    n = sum(bool(one.to_look_at) for one in found)
    total = sum(one.to_look_at for one in found)
    if not found:
        return _("There is no school to look at yet.")
    if not n:
        return _("Nothing was found at any school.")
    words = ngettext(
        "%(n)d of %(schools)d schools has something to look at, in %(total)d places.",
        "%(n)d of %(schools)d schools have something to look at, in %(total)d places.",
        n,
    )
    return words % {"n": n, "schools": len(found), "total": total}


def above_sentence(lines: list[Line]) -> str:
    """The first sentence of a city's or province's page."""
    schools, n = sum(one.schools for one in lines), sum(one.with_findings for one in lines)
    if not schools:
        return _("Counts are added up every night; until then, look region by region.")
    words = ngettext(
        "%(n)d of %(schools)d schools has something to look at.",
        "%(n)d of %(schools)d schools have something to look at.",
        n,
    )
    return words % {"n": n, "schools": schools}


def plan_sentence(numbers: Numbers) -> str:
    """The first sentence of an answer to what-if."""
    forms = pgettext("forms", " or ").join(str(form.label) for form in forms_of(numbers))
    if numbers.full < 3:
        words = ngettext(
            "%(n)d full member: usually a joint branch at a host school.",
            "%(n)d full members: usually a joint branch at a host school.",
            numbers.full,
        )
        return words % {"n": numbers.full}
    least = branches_at_least(numbers)
    words = ngettext(
        "%(n)d full members: usually a %(forms)s, with at least %(least)d branch.",
        "%(n)d full members: usually a %(forms)s, with at least %(least)d branches.",
        least,
    )
    return words % {"n": numbers.full, "forms": forms, "least": least}
