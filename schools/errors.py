"""The only place for the two errors people meet: Denied (may not), Stale (someone was first)."""


class Denied(Exception):
    """May not. `reason` is the sentence the user reads; falsy, so `may(…)` can return it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __bool__(self) -> bool:
        return False


class Stale(Exception):
    """Someone was first. `reason` says who and what; the 409 page shows `context` beside it."""

    def __init__(self, reason: str, **context: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.context = context
