"""The only place where a test ends a process in mid-step: FAILPOINT=step or step:nth.

Without REFORM_TESTS=1, which only the tests set, nothing here does anything.
"""

import itertools
import os

_step, _, _nth = os.environ.get("FAILPOINT", "").partition(":")
_wanted = _step if os.environ.get("REFORM_TESTS") else ""
_seen = itertools.count(1)


def here(step: str) -> None:
    """End as by kill -9 when this is the step, the nth time it is reached."""
    if step == _wanted and next(_seen) == int(_nth or "1"):
        os._exit(9)
