"""The only place that reads a reviewer's decision out of a form."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

from reform.forms.filing import with_phrase
from reform.forms.hidden import key_of, number_of, version_of


@dataclass(frozen=True)
class Decision:
    """`version` and `report`: what the reviewer had on the screen; `reason`: as typed, with the
    sentence that was put in where there is no script. `anyway`: accept though a reason is written;
    `held`: the acceptance that asks for it."""

    version: int = -1
    report: int = -1
    key: str = ""
    reason: str = ""
    destroy: Sequence[int] = field(default=())
    anyway: bool = False
    held: bool = False


def from_post(post: QueryDict) -> Decision:
    """Nonsense in a number is a version, a report or a file that never was."""
    return Decision(
        version=version_of(post),
        report=number_of(post.get("report", "")) or -1,
        key=key_of(post),
        reason=with_phrase(post.get("reason", "").replace("\r\n", "\n"), post),
        destroy=sorted({n for text in post.getlist("destroy") if (n := number_of(text))}),
        anyway=post.get("anyway") == "1",
    )
