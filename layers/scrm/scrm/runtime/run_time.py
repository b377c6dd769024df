"""How long the present invocation may still run, for work that leaves what it cannot finish to another one."""

from collections.abc import Callable
from typing import Final

# What is left of a run for the last part of an audience, or the last owner of a slice, and for what follows it.
_RESERVE_MS: Final = 45_000


class Invocation:
    """How long the present one may still run; the handler says so at its begin."""

    def __init__(self) -> None:
        self._remaining_ms: Callable[[], int] = lambda: 0

    def begins(self, remaining_ms: Callable[[], int]) -> None:
        self._remaining_ms = remaining_ms

    def has_time(self) -> bool:
        return self._remaining_ms() > _RESERVE_MS


invocation: Final = Invocation()
