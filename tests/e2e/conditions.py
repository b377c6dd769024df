"""Wait on a condition of a running process: bounded, and loud when the bound is reached."""

import time
from collections.abc import Callable

_POLL_S = 0.05


def eventually[T](ask: Callable[[], T], wanted: Callable[[T], bool], within_s: float = 20.0) -> T:
    """The first answer that is ``wanted``.

    Raises:
        AssertionError: none was, in time; names the last answer.
    """
    deadline = time.monotonic() + within_s
    while not wanted(answer := ask()):
        assert time.monotonic() < deadline, f"still {answer!r} after {within_s} s"
        time.sleep(_POLL_S)
    return answer
