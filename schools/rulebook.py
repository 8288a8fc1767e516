"""The only place that reads the rules of Party organisation and meetings from seeds/rules.yaml.

A published framework keeps a copy of those that its checks cite; here is the book as it stands.
"""

from functools import cache
from typing import Any, NamedTuple

import yaml
from django.conf import settings

from schools.language import is_chinese

ERROR, WARN, REMIND, INFO = SEVERITIES = ("error", "warn", "remind", "info")
LOCAL = "local"  # the certainty of what is practice here and there: shown, never asked for


class Rule(NamedTuple):
    """A rule, its words in both languages: `says`, where it stands, and how sure that is."""

    id: str
    severity: str
    certainty: str  # key
    texts: dict[str, dict[str, str]]

    @property
    def says(self) -> str:
        return self._text("says")

    @property
    def cite(self) -> str:
        return self._text("cite")

    @property
    def sure(self) -> str:
        """How certain the citation is, in words."""
        return self._text("sure")

    def _text(self, name: str) -> str:
        return self.texts[name]["zh" if is_chinese() else "en"]


@cache
def rules() -> dict[str, Rule]:
    """id → rule, in the order of the book."""
    path = settings.BASE_DIR / "seeds" / "rules.yaml"
    data: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return {
        one["id"]: Rule(
            one["id"],
            one["severity"],
            one["certainty"],
            {
                "says": one["says"],
                "cite": one["cite"],
                "sure": data["certainties"][one["certainty"]],
            },
        )
        for one in data["rules"]
    }
