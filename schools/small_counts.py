"""The only place that hides small counts from whoever stands outside the school.

Of the cadre pool and of the posts a number under five could point at a person, so officials and
other schools read "<5". The school itself reads its numbers; sums over schools are shown.
"""

from collections.abc import Iterable, Sequence

LEAST = 5
HIDDEN, COVER = "<5", "*"
REGISTERS = frozenset({"cadre_pool", "posts"})


def shown(n: int | None, outside: bool) -> str:
    """`n` as a reader may see it; nothing where no number was entered."""
    if n is None:
        return ""
    return HIDDEN if hides(n, outside) else str(n)


def hides(n: int | None, outside: bool) -> bool:
    """Whether `n` is kept from a reader who stands outside the school."""
    return outside and n is not None and n < LEAST


def beside_sum(counts: Sequence[int | None]) -> list[str]:
    """Numbers of single schools that stand beside their sum, small ones hidden.

    The least of the others is covered then: a hidden one could be reckoned from the sum.
    """
    told = [shown(n, outside=True) for n in counts]
    others = [(n, place) for place, n in enumerate(counts) if n is not None and n >= LEAST]
    if HIDDEN in told and others:
        told[min(others)[1]] = COVER
    return told


def guarded(registers: Iterable[str]) -> bool:
    """Whether a check over these registers counts persons of the pool or of the posts."""
    return not REGISTERS.isdisjoint(registers)
