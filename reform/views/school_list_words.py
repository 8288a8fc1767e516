"""The only place for the sentences about a school list."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reform.models import Job
from reform.models.job import JobState
from reform.school_lists import TABLES
from reform.views.headlines import number
from schools.language import listed


def numbers(result: dict[str, Any]) -> str:
    """The four numbers; every row of the list is in exactly one of them."""
    told = {name: number(result[name]) for name in ("new", "changed", "unchanged", "refused")}
    return (
        _("%(new)s new, %(changed)s changed, %(unchanged)s unchanged, %(refused)s refused.") % told
    )


def preview(result: dict[str, Any]) -> str:
    good = result["new"] + result["changed"]
    if not good and not result["refused"]:
        return _("There is nothing to change: everything in this list stands here already.")
    if not good and result["unchanged"]:
        words = ngettext(
            "%(n)s row is refused; the others stand here already.",
            "%(n)s rows are refused; the others stand here already.",
            result["refused"],
        )
        return words % {"n": number(result["refused"])}
    if not good:
        return _("No row of this list can be taken as it is.")
    words = ngettext(
        "%(n)s school would be new or changed; nothing is written yet.",
        "%(n)s schools would be new or changed; nothing is written yet.",
        good,
    )
    return words % {"n": number(good)}


def done(result: dict[str, Any]) -> str:
    told = {"new": number(result["new"]), "changed": number(result["changed"])}
    if result["refused"]:
        words = ngettext(
            "Written: %(new)s new and %(changed)s changed; %(n)s row was left out.",
            "Written: %(new)s new and %(changed)s changed; %(n)s rows were left out.",
            result["refused"],
        )
        return words % {**told, "n": number(result["refused"])}
    return _("Written: %(new)s new and %(changed)s changed.") % told


def ended(job: Job) -> str:
    if job.state == JobState.failed:
        return _("The list was not imported, and nothing was changed.")
    return _("This list was discarded; nothing of it was written.")


def asked(shape: dict[str, Any]) -> str:
    if shape.get("reason"):
        return _("The headings of this file are not known here: say which column is which.")
    return _("Which column is which? Change what was read wrongly.")


def button(result: dict[str, Any]) -> str:
    good = result["new"] + result["changed"]
    if not result["refused"]:
        return ngettext("Import %(n)s school", "Import %(n)s schools", good) % {"n": number(good)}
    words = ngettext(
        "Import %(n)s school, leave the refused rows out",
        "Import %(n)s schools, leave the refused rows out",
        good,
    )
    return words % {"n": number(good)}


def moved(result: dict[str, Any]) -> str:
    """Why a confirmation was not followed: which rows mean something else now."""
    if not result.get("moved_rows"):
        return ""
    words = ngettext(
        "Nothing was written: schools changed after you looked, and %(n)s row means something else "
        "now (row %(rows)s). Look again.",
        "Nothing was written: schools changed after you looked, and %(n)s rows mean something else "
        "now (rows %(rows)s). Look again.",
        result["moved_rows"],
    )
    rows = listed(result["moved"])
    if result["moved_rows"] > len(result["moved"]):
        rows += " …"
    return words % {"n": number(result["moved_rows"]), "rows": rows}


def figures(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The four numbers, each leading to its rows."""
    labels = {
        "new": (_("New"), "added"),
        "changed": (_("Changed"), "changes"),
        "unchanged": (_("Unchanged"), ""),
        "refused": (_("Refused"), "refused"),
    }
    return [
        {
            "label": label,
            "value": number(result[name]),
            "url": f"#{table}" if table and result["rows"][table] else "",
        }
        for name, (label, table) in labels.items()
    ]


def tables(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables that hold something, the refused first; `more` counts those only in the file."""
    titles = {
        "refused": (_("Refused"), _("Why")),
        "held_back": (_("School changes, left out"), _("What the list says")),
        "warnings": (_("Worth a look"), _("What strikes the eye")),
        "changes": (_("Changed schools"), _("Before and after")),
        "added": (_("New schools"), _("School code")),
    }
    found = []
    for name in TABLES:
        rows = result["tables"][name]
        if rows:
            title, what = titles[name]
            found.append(
                {
                    "name": name,
                    "title": title,
                    "what": what,
                    "total": result["rows"][name],
                    "more": result["rows"][name] - len(rows),
                    "shown": len(rows),
                    "rows": [_line(name, result, *row) for row in rows],
                }
            )
    return found


def _line(table: str, result: dict[str, Any], row: int, school: str, said: str) -> dict[str, Any]:
    """A row; a school change leads to where it is made, with a reason and seeing what it moves."""
    code = result["codes"].get(str(row), "") if table == "held_back" else ""
    url = reverse("school_changes", args=[code]) if code else ""
    return {"row": row, "school": school, "said": said, "url": url}
