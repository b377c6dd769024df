"""Trying again where somebody was faster, after a wait spread at random, so that those who met do not meet again."""

import random
import time
from collections.abc import Callable
from typing import Final

_LONGEST_S: Final = 0.25


def pause_with_jitter(attempt: int) -> None:
    """Wait up to 5 ms after the first failure, twice as long after each further one, at most a quarter second."""
    time.sleep(random.uniform(0, min(_LONGEST_S, 0.005 * 2**attempt)))  # noqa: S311 - spreads load, no secret


def again_while[Result](
    stale: type[Exception],
    action: Callable[[], Result],
    attempts: int,
    pause: Callable[[int], None] = pause_with_jitter,
) -> Result:
    """Run a repeatable action from its first read again while it raises ``stale``; the last attempt's is raised."""
    for attempt in range(attempts - 1):
        try:
            return action()
        except stale:
            pause(attempt)
    return action()
