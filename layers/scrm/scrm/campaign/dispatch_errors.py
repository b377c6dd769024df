"""What can go wrong when a task is sent, in the campaign's own words."""

from collections.abc import Callable
from datetime import datetime

from scrm.pause import again_while, pause_with_jitter


class DispatchError(Exception):
    """Base of the family."""


class DispatchPostponedError(DispatchError):
    """Nothing was done: a limit, an outage, or WeCom is not ready to tell (41063). Again at ``not_before``."""

    def __init__(self, not_before: datetime) -> None:
        super().__init__("the call has to wait")
        self.not_before = not_before


class SendOutcomeUnknownError(DispatchError):
    """The call was sent and its answer was lost: look it up before repeating."""


class SendRefusedError(DispatchError):
    """WeCom refused the whole call for good; ``errcode`` says why, ``reason`` in our words."""

    def __init__(self, errcode: int, reason: str = "") -> None:
        super().__init__(f"WeCom refused the call with errcode {errcode}")
        self.errcode = errcode
        self.reason = reason or f"errcode_{errcode}"


class SendFailedError(DispatchError):
    """WeCom took it and could not carry it out: nobody was asked to send anything; ``errcode`` says why."""

    def __init__(self, errcode: int) -> None:
        super().__init__(f"WeCom's own job failed with errcode {errcode}")
        self.errcode = errcode


class ContentRefusedError(DispatchError):
    """The content may not be sent at this moment; ``reason`` is kept with each customer who does not get it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the content may not be sent: {reason}")
        self.reason = reason


class StaleTaskError(DispatchError):
    """Someone else wrote the task in between, or holds the message; read again and repeat."""


class CallInDoubtError(DispatchError):
    """Another call of the same member's is under way or was interrupted; what became of it is known at ``known_at``."""

    def __init__(self, known_at: datetime | None) -> None:
        super().__init__("another call of the member's is in doubt")
        self.known_at = known_at


def until_current[Result](
    action: Callable[[], Result], attempts: int = 8, pause: Callable[[int], None] = pause_with_jitter
) -> Result:
    """Run a use case again from its first read while someone else was faster; use cases are repeatable by design."""
    return again_while(StaleTaskError, action, attempts, pause)
