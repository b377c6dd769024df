"""Waiting a little before trying again, spread at random so that those who met do not meet again."""

import random
import time
from typing import Final

_LONGEST_S: Final = 0.25


def pause_with_jitter(attempt: int) -> None:
    """Wait up to 5 ms after the first failure, twice as long after each further one, at most a quarter second."""
    time.sleep(random.uniform(0, min(_LONGEST_S, 0.005 * 2**attempt)))  # noqa: S311 - spreads load, no secret
