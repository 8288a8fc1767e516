"""The only place that reads what a school typed for an entry out of a form, and puts it back."""

from collections.abc import Iterable, Mapping

from django.http import QueryDict

from reform.filings import Filing
from reform.models import Check, CheckValue, Draft, Report
from reform.models.catalogue import Source
from reform.states import Claim

MOST_DIGITS = 40  # of a number as typed: longer nonsense is cut, and refused all the same


def from_post(post: QueryDict, checks: Iterable[Check]) -> Filing:
    """A filing from the fields note, claim, pledged, check-<key>-num and check-<key>-den.

    A browser sends line ends as CRLF; they count as one character, as the writer saw them.
    """
    values = {
        check.key: {
            part: post.get(f"check-{check.key}-{part}", "").strip()[:MOST_DIGITS]
            for part in ("num", "den")
        }
        for check in checks
        if check.source == Source.typed
    }
    claimed = post.get("claim") == Claim.not_applicable
    return Filing(
        note=with_phrase(post.get("note", "").replace("\r\n", "\n"), post),
        claim=Claim.not_applicable if claimed else Claim.done,
        values=values,
        pledged=bool(post.get("pledged")),
    )


def with_phrase(text: str, post: QueryDict) -> str:
    """What was typed, with the frequent opinion whose button was pressed below it."""
    phrase = post.get("phrase", "").replace("\r\n", "\n").strip()
    if not phrase or f"\n{phrase}\n" in f"\n{text}\n":
        return text
    return "\n".join([*filter(None, [text.rstrip()]), phrase])


def from_draft(draft: Draft) -> Filing:
    return Filing(note=draft.note, claim=draft.claim, values=draft.values)


def from_report(report: Report, values: Mapping[str, CheckValue]) -> Filing:
    """A sent report as the start of the next one; the warning is confirmed anew each time."""
    return Filing(
        note=report.note,
        claim=report.claim,
        values={
            key: {"num": _text(value.num), "den": _text(value.den)} for key, value in values.items()
        },
    )


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
