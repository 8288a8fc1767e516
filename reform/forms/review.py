"""The only place that reads a reviewer's decision out of a form."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext_lazy

from reform.forms.hidden import key_of, number_of, version_of

# What is said most often when something is returned; a tick puts the sentence before the reason.
PICKS = (
    gettext_lazy("The numbers do not agree with the evidence: check them and send them again."),
    gettext_lazy("The evidence cannot be read or is not complete: send another copy."),
    gettext_lazy("The dates lie outside this period: send what belongs to this one."),
)


@dataclass(frozen=True)
class Decision:
    """`version` and `report`: what the reviewer had on the screen; `picks`: indexes of PICKS."""

    version: int = -1
    report: int = -1
    key: str = ""
    typed: str = ""
    picks: Sequence[int] = ()
    destroy: Sequence[int] = field(default=())

    @property
    def reason(self) -> str:
        """The picked sentences, a line each, and what was typed."""
        lines = [str(PICKS[pick]) for pick in self.picks]
        return "\n".join([*lines, *filter(None, [self.typed.strip()])])


def from_post(post: QueryDict) -> Decision:
    """Nonsense in a number is a version, a report or a file that never was."""
    return Decision(
        version=version_of(post),
        report=number_of(post.get("report", "")) or -1,
        key=key_of(post),
        typed=post.get("reason", "").replace("\r\n", "\n"),
        picks=[n for n in range(len(PICKS)) if str(n + 1) in post.getlist("pick")],
        destroy=sorted({n for text in post.getlist("destroy") if (n := number_of(text))}),
    )
