"""The only place that compares two texts: what was taken out, what was put in, what stayed."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

# A sentence with its stop: a Chinese or an English one, or the end of a line.
_SENTENCES = re.compile(r"[^\u3002\uff01\uff1f\uff1b;!?\n]*(?:[\u3002\uff01\uff1f\uff1b;!?]+|\n|$)")
# A number or a Latin word is one token, every other character is its own.
_TOKENS = re.compile(r"[0-9A-Za-z]+(?:[.,%\-][0-9A-Za-z]+)*%?|\s+|.", re.DOTALL)
LONELY = 2  # an island of at most so many tokens between two changes joins them
MOST_PAIRS = 250_000  # beyond this two passages are shown whole: the comparison would take seconds


class Piece(NamedTuple):
    """`kind`: "same", "del" or "ins"."""

    kind: str
    text: str


def compare(old: str, new: str) -> list[Piece]:
    """The way from `old` to `new`: sentence by sentence, inside a changed one by character."""
    return list(_joined(_by_sentence(_sentences(old), _sentences(new))))


def _sentences(text: str) -> list[str]:
    return [part for part in _SENTENCES.findall(text) if part]


def _by_sentence(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for before, after in _steps(old, new):
        if before == after:
            yield Piece("same", "".join(before))
        elif before and after:
            yield from _by_token(_TOKENS.findall("".join(before)), _TOKENS.findall("".join(after)))
        else:
            yield from _changed(before, after)


def _by_token(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    gone: list[str] = []
    come: list[str] = []
    steps = list(_steps(old, new))
    for at, (before, after) in enumerate(steps):
        if before == after and (len(before) > LONELY or at in (0, len(steps) - 1)):
            yield from _changed(gone, come)
            gone, come = [], []
            yield Piece("same", "".join(before))
        else:
            gone += before
            come += after
    yield from _changed(gone, come)


def _steps(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Passages of both texts side by side, equal ones and others by turns."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    yield old[:head], new[:head]
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(a) * len(b) > MOST_PAIRS:
        yield a, b
    else:
        for _kind, i, j, k, m in SequenceMatcher(None, a, b).get_opcodes():
            yield a[i:j], b[k:m]
    yield old[len(old) - tail :], new[len(new) - tail :]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many tokens both begin with."""
    pairs = zip(old, new, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    yield Piece("del", "".join(before))
    yield Piece("ins", "".join(after))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one piece, empty ones left out."""
    there = (piece for piece in pieces if piece.text)
    for kind, run in groupby(there, key=lambda piece: piece.kind):
        yield Piece(kind, "".join(piece.text for piece in run))
