"""The only place where a test ends a process in mid-step: FAILPOINT=step or step:nth.

Without REFORM_TESTS=1, which only the tests set, nothing here does anything.
"""

import itertools
import os


class _Point:
    step, nth, seen = "", 1, itertools.count(1)


def arm(text: str) -> None:
    """From now on end at this step, the nth time it is reached; "" disarms."""
    step, _colon, nth = text.partition(":")
    _Point.step = step if os.environ.get("REFORM_TESTS") else ""
    _Point.nth, _Point.seen = int(nth or "1"), itertools.count(1)


def here(step: str) -> None:
    """End as by kill -9 when this is the step."""
    if step == _Point.step and next(_Point.seen) == _Point.nth:
        os._exit(9)


arm(os.environ.get("FAILPOINT", ""))
