"""How long the present invocation may still run, for work that leaves what it cannot finish to another one."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from scrm import clock

# What is left of a run for the last part of an audience, or the last owner of a slice, and for what follows it.
_RESERVE_MS: Final = 45_000
_LONGEST_WAIT: Final = timedelta(seconds=5)


class Invocation:
    """How long the present one may still run; the handler says so at its begin."""

    def __init__(self) -> None:
        self._remaining_ms: Callable[[], int] = lambda: 0

    def begins(self, remaining_ms: Callable[[], int]) -> None:
        self._remaining_ms = remaining_ms

    def has_time(self) -> bool:
        return self._remaining_ms() > _RESERVE_MS

    def waits(self, until: datetime) -> bool:
        """Come back at that moment; False, at once, when it is more than some seconds away."""
        wait = until - clock.now()
        if wait > _LONGEST_WAIT:
            return False
        time.sleep(max(wait.total_seconds(), 0.0))
        return True

    def left_s(self) -> float:
        """Seconds, but for those that what follows needs; 0 when nothing is left."""
        return max(self._remaining_ms() - _RESERVE_MS, 0) / 1000


invocation: Final = Invocation()
