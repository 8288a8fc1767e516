"""The only place that reads YAML so that a mistake can be told with its file, line and reason."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml
from django.utils.translation import gettext as _

_NULL = "tag:yaml.org,2002:null"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where it is built in


@dataclass(frozen=True)
class Problem:
    """One mistake in a file; line 0 means the file as a whole."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}: {self.reason}"
            if self.line
            else f"{self.file}: {self.reason}"
        )


class Problems(Exception):
    """Everything that is wrong with a set of files, in reading order; `found` is never empty."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__("\n".join(map(str, found)))
        self.found = found


class Place:
    """One value of a YAML file and where it stands. Mistakes are noted, reading goes on."""

    def __init__(self, file: str, node: yaml.Node | None, notes: list[Problem], line: int) -> None:
        self.file, self.node, self.notes = file, node, notes
        self.line = node.start_mark.line + 1 if node else line

    def fail(self, reason: str) -> None:
        """Note a mistake here."""
        self.notes.append(Problem(self.file, self.line, reason))

    def mapping(self, required: str = "", optional: str = "") -> dict[str, "Place"]:
        """The keys of a mapping and their places; missing, unknown and repeated keys are noted."""
        found: dict[str, Place] = {}
        if not isinstance(self.node, yaml.MappingNode):
            self.fail(_("keys and values belong here"))
            return found
        known = {*required.split(), *optional.split()}
        for key, value in self.node.value:
            name, place = str(key.value), Place(self.file, value, self.notes, self.line)
            at_key = Place(self.file, key, self.notes, self.line)
            if known and name not in known:
                at_key.fail(_("there is no key “%s” here") % name)
            if name in found:
                at_key.fail(_("“%s” stands here twice") % name)
            found[name] = place
        for name in required.split():
            if name not in found:
                self.fail(_("“%s” is missing") % name)
        return found

    def sequence(self) -> list["Place"]:
        """The places of a list; anything else is noted."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail(_("a list belongs here"))
            return []
        return [Place(self.file, node, self.notes, self.line) for node in self.node.value]

    def text(self, most: int | None = None) -> str:
        """A text that is not empty and has at most `most` characters."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.fail(_("a text belongs here"))
            return ""
        value = "" if self.node.tag == _NULL else self.node.value.strip()
        if not value:
            self.fail(_("a text is missing"))
        elif most and len(value) > most:
            self.fail(
                _("%(length)d characters, at most %(most)d") % {"length": len(value), "most": most}
            )
        return value

    def texts(self) -> list[str]:
        """A list of texts."""
        return [place.text() for place in self.sequence()]

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        value = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        if not re.fullmatch(r"-?\d{1,6}", value) or not low <= int(value) <= high:
            self.fail(
                _("a whole number from %(low)d to %(high)d belongs here")
                % {"low": low, "high": high}
            )
            return low
        return int(value)

    def choice(self, allowed: Iterable[str]) -> str:
        """One of the words `allowed`."""
        words = list(allowed)
        value = self.text()
        if value and value not in words:
            self.fail(
                _("“%(word)s” is none of %(words)s") % {"word": value, "words": ", ".join(words)}
            )
        return value


def read(path: Path, notes: list[Problem]) -> Place | None:
    """The root of a file; None, with the reason in `notes`, when it cannot be read at all."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), _LOADER)
    except FileNotFoundError:
        notes.append(Problem(path.name, 0, _("the file is missing")))
    except UnicodeDecodeError:
        notes.append(Problem(path.name, 0, _("the file is not in UTF-8")))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        notes.append(Problem(path.name, line, _("this is not YAML: %s") % error.problem))
    except yaml.YAMLError as error:
        notes.append(Problem(path.name, 0, _("this is not YAML: %s") % error))
    else:
        if node is not None:
            return Place(path.name, node, notes, 1)
        notes.append(Problem(path.name, 0, _("the file is empty")))
    return None
