"""The only place for the table of checks: key of the catalogue → what computes it."""

from collections.abc import Callable

from reform.checks import capability, monthly, shape, soul
from reform.checks.base import Facts, Found, Window

PILLARS = (soul.CHECKS, shape.CHECKS, monthly.CHECKS, capability.CHECKS)
CHECKS: dict[str, Callable[[Facts, Window], Found]] = {
    check.__name__: check for checks in PILLARS for check in checks
}
