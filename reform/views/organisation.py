"""The only place that draws a school's Party organisation: a tree from top to bottom, and a table.

Boxes stand below each other, a step to the right of what they belong to: it fits a phone and a
sheet of paper alike. Nothing is coloured; what is uncovered is dashed and says so.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from unicodedata import east_asian_width

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schools.models import Branch, Unit
from schools.roles import PartyForm

WIDTH, STEP, GAP = 320, 24, 10
LINE, BASE, EDGE = 20, 13, 10  # of a text: its height and foot; of a box
CHARACTER = 15  # pixels of a full-width character at most
MOST_LINES = 2
DEEPEST = 4  # steps to the right


class Text(NamedTuple):
    x: int
    y: int
    words: str
    small: bool = False


class Box(NamedTuple):
    x: int
    y: int
    width: int
    height: int
    texts: list[Text]
    strong: bool = False  # the organisation at the top
    dashed: bool = False  # a unit that no branch covers


@dataclass
class Picture:
    width: int = WIDTH
    height: int = 0
    boxes: list[Box] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # paths


@dataclass
class Node:
    """An organisation or a unit, with what stands below it."""

    name: str
    told: str
    branch: Branch | None = None
    unit: Unit | None = None
    uncovered: bool = False
    mark: str = ""
    above: str = ""
    children: list["Node"] = field(default_factory=list)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Node"]]:
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


def tree(branches: Sequence[Branch], units: Sequence[Unit], marks: dict[int, str]) -> list[Node]:
    """The organisations with their units, and at the end the units that no branch covers.

    A branch whose parent is not on record stands below the one committee or general branch there
    is. `marks`: branch → a word for what the structure check found at it.
    """
    nodes = {row.pk: _node(row, marks.get(row.pk, "")) for row in branches}
    roots = _joined(branches, nodes)
    for unit in units:
        home = nodes.get(unit.branch_id or 0)
        covered = home is not None or unit.party_group is not None
        if home is None and covered and len(nodes) == 1:
            [home] = nodes.values()
        node = Node(unit.name, _of_unit(unit, covered), unit=unit, uncovered=not covered)
        node.above = home.name if home else ""
        (home.children if home else roots).append(node)
    return roots


def _joined(branches: Sequence[Branch], nodes: dict[int, Node]) -> list[Node]:
    """Each organisation put below its parent; those without one. A circle is cut open."""
    above = [row for row in branches if row.form in (PartyForm.committee, PartyForm.general)]
    parents = {row.pk: _parent(row, nodes, above) for row in branches}
    for row in branches:
        if parent := parents[row.pk]:
            parent.children.append(nodes[row.pk])
            nodes[row.pk].above = parent.name
    roots = [nodes[pk] for pk, parent in parents.items() if parent is None]
    seen = {node.branch.pk for root in roots for _depth, node in root.walk() if node.branch}
    for pk, parent in parents.items():
        if pk not in seen and parent:
            parent.children.remove(nodes[pk])
            nodes[pk].above = ""
            roots.append(nodes[pk])
            seen |= {node.branch.pk for _depth, node in nodes[pk].walk() if node.branch}
    return roots


def _parent(row: Branch, nodes: dict[int, Node], above: Sequence[Branch]) -> Node | None:
    if row.parent_id in nodes and row.parent_id != row.pk:
        return nodes[row.parent_id]
    if len(above) == 1 and row.pk != above[0].pk and not row.is_guest:
        return nodes[above[0].pk]
    return None


def _node(row: Branch, mark: str) -> Node:
    told = [str(row.get_form_display())]
    if row.full_members is not None:
        told.append(_("%(n)d full") % {"n": row.full_members})
    if row.probationary:
        told.append(_("%(n)d probationary") % {"n": row.probationary})
    if row.is_guest:
        told.append(_("at %(place)s") % {"place": row.host_name or _("another school")})
    return Node(row.name, _(", ").join(told), branch=row, mark=mark)


def _of_unit(unit: Unit, covered: bool) -> str:
    told = [str(unit.get_kind_display())]
    if unit.party_group is not None:
        told.append(_("Party group %(n)d") % {"n": unit.party_group})
    if not covered:
        told.append("\u25b3 " + _("no branch covers it"))
    return _(", ").join(told)


def draw(roots: Sequence[Node]) -> Picture:
    """The tree as boxes and lines."""
    picture = Picture()
    for root in roots:
        _place(picture, root, 0)
    picture.height += 1
    return picture


def _place(picture: Picture, node: Node, depth: int) -> int:
    """Draw a node and all below it; the height at which a line from above meets it."""
    x, y = 1 + STEP * min(depth, DEEPEST), picture.height + 1
    if node.unit and not node.uncovered:
        return _write(picture, node, x, y)
    box = _box(node, x, y, strong=not depth and node.branch is not None)
    picture.boxes.append(box)
    bottom = picture.height = y + box.height
    picture.height += GAP
    for child in node.children:
        meets = _place(picture, child, depth + 1)
        picture.lines.append(f"M{x + STEP // 2} {bottom}V{meets}H{x + STEP}")
        bottom = meets
    return y + EDGE + LINE // 2


def _box(node: Node, x: int, y: int, *, strong: bool) -> Box:
    room = WIDTH - x - 1
    name, told = wrap(node.name, room - 2 * EDGE), wrap(node.told, room - 2 * EDGE)
    lines = [*name, *told, *([f"\u25b2 {node.mark}"] if node.mark else [])]
    texts = [
        Text(x + EDGE, y + EDGE + LINE * n + BASE, words, n >= len(name))
        for n, words in enumerate(lines)
    ]
    return Box(x, y, room, LINE * len(lines) + 2 * EDGE - 2, texts, strong, node.uncovered)


def _write(picture: Picture, node: Node, x: int, y: int) -> int:
    """A covered unit is a line of text without a box."""
    words = _("%(name)s (%(told)s)") % {"name": node.name, "told": node.told}
    for n, line in enumerate(lines := wrap(words, WIDTH - x - EDGE)):
        picture.texts.append(Text(x + EDGE // 2, y + LINE * n + BASE, line, small=True))
    picture.height = y + LINE * len(lines) + GAP // 2
    return y + LINE // 2


_PIECE = re.compile(r"[!-~]+ ?|.", re.S)  # a word of Latin letters is not broken


def wrap(text: str, width: int) -> list[str]:
    """A text in lines of so many pixels; what does not fit into two ends with an ellipsis."""
    lines, room = [""], float(width)
    for piece in _pieces(text, width):
        too_wide = _pixels(piece.rstrip()) > room
        if too_wide and len(lines) == MOST_LINES:
            told = lines[-1].rstrip()
            full = _pixels(told) + CHARACTER > width
            lines[-1] = (told[:-1] if full else told) + "\u2026"
            break
        if too_wide:
            lines.append("")
            room = float(width)
        lines[-1] += piece
        room -= _pixels(piece)
    return [line.rstrip() for line in lines]


def _pieces(text: str, width: int) -> Iterator[str]:
    """Where a line may end: behind a word, or anywhere in one that is longer than a line."""
    for piece in _PIECE.findall(text):
        yield from piece if _pixels(piece) > width else (piece,)


def _pixels(text: str) -> float:
    return sum(CHARACTER * (1 if east_asian_width(one) in "WFA" else 0.5) for one in text)


def summary(roots: Sequence[Node]) -> str:
    """The picture in a sentence, for whoever does not see it."""
    nodes = [node for root in roots for _depth, node in root.walk()]
    branches = sum(node.branch is not None for node in nodes)
    uncovered = sum(node.uncovered for node in nodes)
    told = [
        ngettext("%(n)d organisation", "%(n)d organisations", branches) % {"n": branches},
        ngettext("%(n)d unit", "%(n)d units", len(nodes) - branches) % {"n": len(nodes) - branches},
    ]
    if uncovered:
        words = ngettext(
            "%(n)d of them not covered by a branch",
            "%(n)d of them not covered by a branch",
            uncovered,
        )
        told.append(words % {"n": uncovered})
    return _(", ").join(told)
